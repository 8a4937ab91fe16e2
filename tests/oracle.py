"""The same answers computed a second way, for tests to compare with.

Expressions become Python source and Python evaluates it; scores are written out rule by rule; weights are dealt out one
unit at a time. Only the shapes of data are shared with the program: none of its arithmetic is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any, NamedTuple

from scoring.expression import tree as t


def half_up(value: Fraction, places: int) -> Fraction:
    """Rounded to so many places, ties away from zero."""
    sign = -1 if value < 0 else 1
    return sign * Fraction(floor(abs(value) * 10**places + Fraction(1, 2)), 10**places)


def cut(value: Fraction, places: int) -> Fraction:
    """The digits after so many places dropped."""
    return Fraction(int(value * 10**places), 10**places)


# --- expressions ------------------------------------------------------------------------------------------------------


class Absent(NamedTuple):
    why: str
    names: tuple[str, ...]


RANK = {"missing": 4, "undefined": 3, "not-demonstrated": 2, "not-applicable": 1}
_PYTHON = {"=": "=="}


def answer(node: t.Node, facts: dict[str, object]) -> object:
    """The Fraction, the bool or the Absent that Python makes of the tree."""
    given = {name: fact if isinstance(fact, Fraction | bool) else Absent(*fact) for name, fact in facts.items()}
    scope = {
        "fact": lambda name: given.get(name, Absent("missing", (name,))),
        **{f.__name__: f for f in (Fraction, either, both, lift, divide, choose, floor, ceil, half_up)},
    }
    return eval(source(node), scope)


def source(node: t.Node) -> str:
    match node:
        case t.Number(value):
            return f"Fraction({value.numerator}, {value.denominator})"
        case t.Name(id):
            return f"fact({id!r})"
        case t.Named(_, inner):
            return source(inner)
        case t.Arithmetic("/", left, right):
            return f"divide({source(left)}, {source(right)}, {_asked(right)!r})"
        case t.Arithmetic(op, left, right) | t.Compare(op, left, right):
            return f"lift(lambda a, b: a {_PYTHON.get(op, op)} b, {source(left)}, {source(right)})"
        case t.Logic(op, left, right):
            return f"{'both' if op == 'and' else 'either'}({source(left)}, {source(right)})"
        case t.Not(inner):
            return f"lift(lambda a: not a, {source(inner)})"
        case t.Choose(condition, then, otherwise):
            return f"choose({source(condition)}, lambda: {source(then)}, lambda: {source(otherwise)})"
        case t.Call("round", (value, t.Number(places))):
            return f"lift(lambda a: half_up(a, {int(places)}), {source(value)})"
        case t.Call("floor" | "ceil" as function, (value,)):
            return f"lift(lambda a: Fraction({function}(a)), {source(value)})"
        case t.Call(function, arguments):
            return f"lift({function}, {', '.join(source(argument) for argument in arguments)})"
    raise TypeError(node)


def _asked(node: t.Node) -> tuple[str, ...]:
    """The names in a tree, each once, left to right, taken from its printed form."""
    words = source(node).split("fact('")[1:]
    return tuple(dict.fromkeys(word[: word.index("'")] for word in words))


def lift(function: Callable[..., object], *operands: object) -> object:
    """The function of the operands, or the gravest absence among them with the names of all that share it."""
    absent = [operand for operand in operands if isinstance(operand, Absent)]
    if not absent:
        return function(*operands)
    gravest = max(RANK[operand.why] for operand in absent)
    alike = [operand for operand in absent if RANK[operand.why] == gravest]
    return Absent(alike[0].why, tuple(dict.fromkeys(name for operand in alike for name in operand.names)))


def divide(left: object, right: object, names: tuple[str, ...]) -> object:
    return lift(lambda a, b: a / b if b else Absent("undefined", names), left, right)


def both(left: object, right: object) -> object:
    return False if False in (left, right) else lift(lambda a, b: True, left, right)


def either(left: object, right: object) -> object:
    return True if True in (left, right) else lift(lambda a, b: False, left, right)


def choose(condition: object, then: Callable[[], object], otherwise: Callable[[], object]) -> object:
    if isinstance(condition, Absent):
        return condition
    return then() if condition else otherwise()


# --- rules ------------------------------------------------------------------------------------------------------------
# Shares come in thousandths, as the strategies draw them.


def ratio(
    weight: Fraction,
    target: Fraction,
    actual: Fraction,
    direction: str,
    *,
    floor: int = 0,
    rescale: bool = False,
    ceiling: int | None = None,
    over: tuple[int, str] | None = None,
    linear: bool = False,
) -> Fraction:
    reached = {"higher": actual >= target, "lower": actual <= target, "equal": actual == target}[direction]
    rate = Fraction(1 if reached else 0)
    if direction == "higher" and target:
        rate = actual / target
    elif not reached and target and linear:
        rate = max(Fraction(0), (2 * target - actual) / target)
    elif not reached and target:
        rate = min(actual, target) / max(actual, target)
    if rate < Fraction(floor, 1000) or (ceiling is not None and rate > Fraction(ceiling, 1000)):
        return Fraction(0)
    if over is not None and rate > Fraction(over[0], 1000):
        return weight * max(Fraction(0), 1 - Fraction(over[1]) * (rate - Fraction(over[0], 1000)))
    held = min(rate, Fraction(1))
    return weight * ((held * 1000 - floor) / (1000 - floor) if rescale else held)


def banded(weight: Fraction, edges: list[Decimal], worth: list[int], actual: Decimal, strict: bool) -> Fraction:
    """edges from high to low, worth with one entry more; on an edge the upper band counts, unless strict."""
    above = sum(actual > edge or (actual == edge and not strict) for edge in edges)
    return weight * worth[len(edges) - above] / 1000


def interpolated(weight: Fraction, knots: list[tuple[Decimal, int]], actual: Decimal) -> Fraction:
    (left, low), (right, high) = knots[0], knots[-1]
    for at, share in knots:
        if at <= actual:
            left, low = at, share
    for at, share in reversed(knots):
        if at >= actual:
            right, high = at, share
    if not left < actual < right:
        return weight * (low if actual >= left else high) / 1000
    way = Fraction(actual - left) / Fraction(right - left)
    return weight * (low * (1 - way) + high * way) / 1000


def stepped(weight: Fraction, actual: Decimal, rule: dict[str, Any]) -> Fraction:
    distance = Fraction(actual) - Fraction(rule["limit"])
    counts = {"above": distance > 0, "below": distance < 0, "both": True}[rule["direction"]]
    steps = abs(distance) / Fraction(rule["step"]) if counts else Fraction(0)
    whole = steps.numerator // steps.denominator
    if rule["count"] == "part" and whole < steps:
        steps = Fraction(whole + 1)
    elif rule["count"] == "whole":
        steps = Fraction(whole)
    left = weight - steps * Fraction(rule["each"])
    return left if left > rule["floor"] else Fraction(rule["floor"])


def deducted(weight: Fraction, floor: Fraction, taken: dict[str, Fraction], most: dict[str, Fraction]) -> Fraction:
    left = weight
    for cause, points in taken.items():
        left -= min(points, most[cause]) if cause in most else points
    return left if left > floor else floor


def listed(met: list[bool], worth: list[Fraction], needed: list[bool]) -> Fraction:
    if any(need and not is_met for need, is_met in zip(needed, met, strict=True)):
        return Fraction(0)
    return sum((points for is_met, points in zip(met, worth, strict=True) if is_met), Fraction(0))


def reached(worth: list[Fraction], targets: list[Decimal], actuals: list[Decimal], partial: bool) -> Fraction:
    total = Fraction(0)
    for points, target, actual in zip(worth, targets, actuals, strict=True):
        if actual >= target:
            total += points
        elif partial:
            total += points * Fraction(actual) / Fraction(target)
    return total


def combined(marks: list[Decimal], combine: str) -> Fraction:
    ordered = [Fraction(mark) for mark in sorted(marks)]
    middle = {
        "mean": ordered,
        "trimmed": ordered[1:-1],
        "median": ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1],
    }[combine]
    return sum(middle, Fraction(0)) / len(middle)


# --- weights ----------------------------------------------------------------------------------------------------------


@dataclass
class Leaf:
    """What a generated indicator should come to: exact points out of its own weight, or the state it ends in."""

    id: str
    weight: Fraction
    points: Fraction = Fraction(0)
    state: str = "scored"

    @property
    def applies(self) -> bool:
        return self.state != "not-applicable"


@dataclass
class Group:
    id: str
    children: list[Leaf | Group] = field(default_factory=list)

    @property
    def weight(self) -> Fraction:
        return sum((child.weight for child in self.children), Fraction(0))

    @property
    def applies(self) -> bool:
        return any(child.applies for child in self.children)

    def leaves(self) -> list[Leaf]:
        return [leaf for child in self.children for leaf in (child.leaves() if isinstance(child, Group) else [child])]


def deal(total: Fraction, shares: list[Fraction], places: int) -> list[Fraction]:
    """total dealt out in units of the last place: each unit to whoever is furthest below what is due, the first of equals."""
    unit = Fraction(1, 10**places)
    due = [total * share / sum(shares) if sum(shares) else Fraction(0) for share in shares]
    dealt = [floor(part / unit) * unit for part in due]
    while sum(dealt) < sum(due):
        behind = [part - got for part, got in zip(due, dealt, strict=True)]
        dealt[behind.index(max(behind))] += unit
    return dealt


def moved(top: Group, policy: str, places: int) -> dict[str, Fraction]:
    """The weight of every leaf once the weights of those that do not apply went where the policy sends them."""
    leaves = top.leaves()
    own = {leaf.id: leaf.weight for leaf in leaves}
    if policy == "full" or all(leaf.applies for leaf in leaves):
        return own
    if policy == "shrink":
        return {leaf.id: leaf.weight if leaf.applies else Fraction(0) for leaf in leaves}
    if policy == "whole":
        shares = [leaf.weight if leaf.applies else Fraction(0) for leaf in leaves]
        return dict(zip(own, deal(top.weight, shares, places), strict=True))
    return _within(top, top.weight, places)


def _within(group: Group, total: Fraction, places: int) -> dict[str, Fraction]:
    shares = [child.weight if child.applies else Fraction(0) for child in group.children]
    as_they_were = sum(shares) == total
    parts = shares if as_they_were else deal(total, shares, places)
    weights: dict[str, Fraction] = {}
    for child, part in zip(group.children, parts, strict=True):
        weights |= _within(child, part, places) if isinstance(child, Group) else {child.id: part}
    return weights


def due(leaf: Leaf, weight: Fraction) -> Fraction:
    """The points of a leaf, exact, where its weight is now `weight`; what does not apply has all of what is left to it."""
    return leaf.points * weight / leaf.weight if leaf.applies else weight


def combined_share(combine: str, parts: list[tuple[Fraction, Fraction]]) -> Fraction | None:
    """The share of a group whose parts that apply have these weights and shares."""
    if not parts:
        return None
    shares = sorted(share for _, share in parts)
    if combine == "weakest":
        return shares[0]
    if combine == "best":
        return shares[-1]
    if combine == "product":
        product = Fraction(1)
        for share in shares:
            product *= share
        return product
    if combine == "geometric":
        return geometric(parts)
    return sum((weight * share for weight, share in parts), Fraction(0)) / sum(weight for weight, _ in parts)


def geometric(parts: list[tuple[Fraction, Fraction]]) -> Fraction:
    """The weighted geometric mean: the fraction it is, or the last of 40 decimals still below it, by halving."""
    below = lcm(*(weight.denominator for weight, _ in parts))
    product, degree = Fraction(1), 0
    for weight, share in parts:
        product, degree = product * share ** int(weight * below), degree + int(weight * below)
    low, high, unit = 0, 10**40 + 1, 10**40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if Fraction(middle, unit) ** degree <= product else (low, middle)
    for near in (Fraction(low, unit).limit_denominator(10**9), Fraction(low + 1, unit).limit_denominator(10**9)):
        if near**degree == product:
            return near
    return Fraction(low, unit)


ROUND = {"half-up": half_up, "cut": cut}


def grade(total: Decimal, maximum: Decimal) -> str:
    """财预〔2020〕10号 第十八条, from the total as printed."""
    share = Fraction(total) / Fraction(maximum)
    return "优" if share >= Fraction(9, 10) else "良" if share >= Fraction(4, 5) else "中" if share * 5 >= 3 else "差"
