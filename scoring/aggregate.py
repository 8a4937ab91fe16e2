"""How leaves make groups, and what an indicator that does not apply does to its neighbours. Exact; rounded once.

A *unit* is what the total adds up: a leaf, or a group that is no plain sum (mean, weakest, product, best) with all below it.
Each unit has a share of its weight; its points are that share of the weight it ends up with, rounded where the set says.
Inside such a group, parts that do not apply are left out; a group in which nothing applies does not apply itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Literal

from scoring.binding import Bound
from scoring.indicators import IndicatorSet
from scoring.values import apportioned, fitted, root, rounded

Which = Literal["points", "low", "high"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a leaf earned, exact, out of its own weight; low and high where that is still open."""

    points: Fraction
    low: Fraction
    high: Fraction
    applies: bool = True


Leaves = dict[str, Measured]


def units(nodes: list[Bound]) -> Iterator[Bound]:
    for node in nodes:
        if node.rule is not None or node.combine != "sum":
            yield node
        else:
            yield from units(node.children)


def share(bound: Bound, leaves: Leaves, which: Which = "points") -> Fraction | None:
    """The share of full points, or None when nothing in it applies.

    Formula: leaf points ÷ weight; sum and mean Σ wᵢsᵢ ÷ Σ wᵢ; geometric (Π sᵢ^wᵢ)^(1 ÷ Σ wᵢ); weakest min sᵢ; best max sᵢ;
             product Π sᵢ.
    """
    if bound.rule is not None:
        leaf = leaves[bound.id]
        return getattr(leaf, which) / Fraction(bound.weight) if leaf.applies else None
    parts = [(Fraction(c.weight), s) for c in bound.children if (s := share(c, leaves, which)) is not None]
    if not parts:
        return None
    shares = [s for _, s in parts]
    match bound.combine:
        case "weakest":
            return min(shares)
        case "best":
            return max(shares)
        case "product":
            return prod(shares, start=Fraction(1))
        case "geometric":
            common = lcm(*(w.denominator for w, _ in parts))
            powers = [int(w * common) for w, _ in parts]
            powers = [power // gcd(*powers) for power in powers]
            product = prod((s**power for s, power in zip(shares, powers, strict=True)), start=Fraction(1))
            return root(product, sum(powers))
        case _:
            return sum((w * s for w, s in parts), Fraction(0)) / sum(w for w, _ in parts)


def effective_weights(nodes: list[Bound], leaves: Leaves, indicator_set: IndicatorSet) -> dict[str, Decimal]:
    """What each unit weighs once the weights of those that do not apply went where the set sends them.

    Formula: shrink — they become 0; whole — the rest grow in proportion to fill the maximum; parent — the siblings grow in
             proportion, and a group in which nothing applies is shared like a leaf; full — nothing moves.
    Weights that moved are printed with the set's places, the parts adding up (largest remainder). Bonus and penalty keep
    theirs. Empty: nothing applies.
    """
    extra = {unit.id: unit.weight for node in nodes if node.role != "normal" for unit in units([node])}
    nodes = [node for node in nodes if node.role == "normal"]
    everyone = list(units(nodes))
    alive = {unit.id: share(unit, leaves) is not None for unit in everyone}
    if not any(alive.values()):
        return {}
    return {**extra, **_moved(nodes, everyone, alive, indicator_set)}


def _moved(
    nodes: list[Bound], everyone: list[Bound], alive: dict[str, bool], indicator_set: IndicatorSet
) -> dict[str, Decimal]:
    places = indicator_set.rounding.places
    match indicator_set.not_applicable:
        case "whole" if not all(alive.values()):
            total = sum((unit.weight for unit in everyone), Decimal(0))
            parts = [Fraction(unit.weight) if alive[unit.id] else Fraction(0) for unit in everyone]
            return dict(zip((unit.id for unit in everyone), apportioned(total, parts, places), strict=True))
        case "parent" if not all(alive.values()):
            weights: dict[str, Decimal] = {}
            _share_out(nodes, sum((node.weight for node in nodes), Decimal(0)), places, alive, weights)
            return weights
        case _:
            return {unit.id: unit.weight if alive[unit.id] else Decimal(0) for unit in everyone}


def _share_out(
    siblings: list[Bound], total: Decimal, places: int, alive: dict[str, bool], weights: dict[str, Decimal]
) -> None:
    lives = [any(alive[unit.id] for unit in units([node])) for node in siblings]
    parts = [Fraction(node.weight) if living else Fraction(0) for node, living in zip(siblings, lives, strict=True)]
    moved = not all(lives) or total != sum(node.weight for node in siblings)
    shared = apportioned(total, parts, places) if moved else [node.weight for node in siblings]
    for node, weight in zip(siblings, shared, strict=True):
        if node.id in alive:
            weights[node.id] = weight
        else:
            _share_out(node.children, weight, places, alive, weights)


def printed_points(
    nodes: list[Bound],
    leaves: Leaves,
    weights: dict[str, Decimal],
    indicator_set: IndicatorSet,
    which: Which = "points",
) -> dict[str, Decimal]:
    """The points of every unit as printed: each rounded, or the total rounded and its parts fitted to it."""
    policy = indicator_set.rounding
    exact = {unit.id: (share(unit, leaves, which) or Fraction(0)) * Fraction(weights[unit.id]) for unit in units(nodes)}
    if policy.at == "leaf":
        return {id: rounded(points, policy.places, policy.how) for id, points in exact.items()}
    if which != "points":  # what is settled keeps the points it is printed with
        settled = printed_points(nodes, leaves, weights, indicator_set)
        now = {unit.id: share(unit, leaves) for unit in units(nodes)}
        then = {unit.id: share(unit, leaves, which) for unit in units(nodes)}
        return {
            id: settled[id] if now[id] == then[id] else rounded(points, policy.places, policy.how)
            for id, points in exact.items()
        }
    total = rounded(sum(exact.values(), Fraction(0)), policy.places, policy.how)
    return dict(zip(exact, fitted(total, list(exact.values()), policy.places), strict=True))


def blame(bound: Bound, leaves: Leaves) -> dict[str, Fraction]:
    """How the loss of a unit falls on its leaves, in proportion: to what each lost and what that weighed in the result."""
    if bound.rule is not None:
        own = share(bound, leaves)
        return {} if own is None else {bound.id: 1 - own}
    parts = [(child, s) for child in bound.children if (s := share(child, leaves)) is not None]
    if bound.combine in ("weakest", "best") and parts:
        deciding = (min if bound.combine == "weakest" else max)(s for _, s in parts)
        parts = [next((child, s) for child, s in parts if s == deciding)]
    falls: dict[str, Fraction] = {}
    for child, own in parts:
        below = blame(child, leaves)
        whole = sum(below.values(), Fraction(0))
        factor = Fraction(child.weight) if bound.combine in ("sum", "mean", "geometric") else Fraction(1)
        for id, part in below.items():
            falls[id] = (1 - own) * factor * part / whole if whole else Fraction(0)
    return falls
