"""Would a set's own test cases notice a change? One change at a time to every weight, number, comparison and formula.

A change that leaves no valid set is refused where the set is loaded. One that provably gives the same points counts for
nothing; the proof is the bounds reading: where the changed part differs, the points do not. All others a case must notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm
from random import Random
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from scoring.errors import Fault, Text
from scoring.expression.bounds import Range, bounds
from scoring.expression.exact import Facts, evaluate
from scoring.expression.grammar import parse, write
from scoring.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Logic,
    Name,
    Node,
    Not,
    Number,
    children,
    names,
    number,
    walk,
)
from scoring.expression.tree import kind as kind_of
from scoring.indicators import Indicator, IndicatorSet, rule_faults
from scoring.library.cases import SetCase, SetCases, leaves_of, mismatch, outcome_of, testable
from scoring.library.coverage import ranges_of
from scoring.rules import AnyRule, Judged, Levels
from scoring.rules.deduct import Cause
from scoring.source.text import show
from scoring.values import DATE, UNITS, plain, read_target, shown_percent

WORDS = {
    "id",
    "title",
    "english",
    "name",
    "unit",
    "kind",
    "better",
    "question",
    "grade",
    "aspects",
    "form",
    "second",
    "hint",
}  # fields that say and do not score
EDGES = {"at_least", "above", "at_most", "below", "ceiling"}  # where points jump, so that the least change shows
OF_SET = ("maximum", "rounding", "not_applicable", "grades", "grade_drop", "vetoes")
OF_INDICATOR = ("weight", "combine", "role", "open", "reducible")
TWINS = (("at_least", "above"), ("above", "at_least"), ("at_most", "below"), ("below", "at_most"))
OTHER: dict[str, Any] = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "=": "!=",
    "!=": "=",
}
OTHER |= {"and": "or", "or": "and", "min": "max", "max": "min", "floor": "ceil", "ceil": "floor"}
Steps = tuple[str | int, ...]
Edits = dict[Steps, Any]
Fate = Literal["changed", "refused", "equal"]
GRADES = "grades"
ZERO = number(0)
TRUE = Compare("=", ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Mutant:
    """The set with one change, and what that made of it. ids: the indicators it touches; empty for the whole set."""

    place: str
    was: str
    now: str
    fate: Fate
    set: IndicatorSet
    ids: frozenset[str] = frozenset()
    title: str = ""
    rules: tuple[AnyRule, AnyRule] | None = None  # before and after

    @property
    def text(self) -> Text:
        change = f"{self.place} {self.was} → {self.now}"
        return Text(f"{self.title}：{change}" if self.title else change, change)


def mutants(indicator_set: IndicatorSet) -> Iterator[Mutant]:
    """Every change worth noticing."""
    indicator_set = testable(indicator_set)
    yield from _of_set(indicator_set)
    known, step = indicator_set.kinds(), Decimal(1).scaleb(-indicator_set.rounding.places)
    for leaf in leaves_of(indicator_set):
        if (rule := leaf.rule) is None:
            continue
        for path, was, now, edits in _edits(rule, (), step, Fraction(leaf.weight)):
            fate: Fate = "refused"
            changed, rules = indicator_set, None
            try:
                other: AnyRule = type(rule).model_validate(_edited(rule, edits))
                if not any(rule_faults(other, leaf.weight, known, ())):
                    before, after = (each.lower(Fraction(leaf.weight), known) for each in (rule, other))
                    rules = (rule, other)
                    days = [id for id, label in rule.labels(Fraction(leaf.weight)).items() if label.unit == DATE]
                    same = _same_points(before, after, leaf.weight, days)
                    fate, changed = "equal" if same else "changed", _with_rule(indicator_set, leaf.id, other)
            except (ValidationError, Fault):
                pass
            place = f"{leaf.id}.rule.{show(path)}"
            yield Mutant(place, _shown(was), _shown(now), fate, changed, frozenset([leaf.id]), leaf.title, rules)


def survivors(indicator_set: IndicatorSet, cases: SetCases) -> list[Mutant]:
    """The changes no case notices. A case that fails without any change notices nothing."""
    indicator_set = testable(indicator_set)
    sound = [case for case in cases.cases if mismatch(indicator_set, case) is None]
    changed = [mutant for mutant in mutants(indicator_set) if mutant.fate == "changed"]
    return [mutant for mutant in changed if not any(notices(mutant, case) for case in sound)]


def notices(mutant: Mutant, case: SetCase) -> bool:
    """Whether the case fails for the mutant. A fault that only reads differently is no difference."""
    about = {case.indicator, *(case.records or {}), *([GRADES] if case.grade or case.rated else [])}
    if mutant.ids and not mutant.ids & about:
        return False
    return not outcome_of(mutant.set, case).fault if case.fault else mismatch(mutant.set, case) is not None


def _with_rule(indicator_set: IndicatorSet, id: str, rule: AnyRule) -> IndicatorSet:
    def inside(each: Indicator) -> Indicator:
        if each.children is None:
            return each.model_copy(update={"rule": rule}) if each.id == id else each
        return each.model_copy(update={"children": tuple(map(inside, each.children))})

    return indicator_set.model_copy(update={"indicators": tuple(map(inside, indicator_set.indicators))})


def _edited(model: BaseModel, edits: Edits) -> Any:
    """A model's data as its file would have it, with these places changed."""

    def at(value: Any, path: Steps) -> Any:
        if path in edits:
            return edits[path]
        if isinstance(value, tuple):
            return [at(part, (*path, n)) for n, part in enumerate(value)]
        if not isinstance(value, BaseModel):
            return value
        kept = value.model_fields_set | {str(edit[len(path)]) for edit in edits if edit[: len(path)] == path}
        return {key: at(getattr(value, key), (*path, key)) for key in type(value).model_fields if key in kept}

    return at(model, ())


def _edits(model: BaseModel, path: Steps, step: Decimal, weight: Fraction) -> Iterator[tuple[Steps, Any, Any, Edits]]:
    """Where, what it was, what it is instead, and the edits that make it so."""
    for key, field in type(model).model_fields.items():
        value, here = getattr(model, key), (*path, key)
        if value is None or key in WORDS:
            continue
        if _idle(model, key):
            continue
        if isinstance(value, BaseModel):
            yield from _edits(value, here, step, weight)
        elif isinstance(value, tuple):
            yield from _edits_of_list(value, here, step, weight)
        else:
            kinds = (field.annotation, *get_args(field.annotation))
            others = [word for each in kinds if get_origin(each) is Literal for word in get_args(each)]
            if not others and field.default is None:
                others = [*_others(key, value, step, weight), None]
            for other in others or _others(key, value, step, weight):
                if other != value and not _alike(model, {other, value}):
                    yield here, value, other, {here: other}
        for one, twin in TWINS:
            if key == one and twin in type(model).model_fields:
                yield here, f"{one} {_shown(value)}", twin, {here: None, (*path, twin): value}
        if key == "direction" and (goal := _goal(model)) and goal.sign in (">=", "<="):
            sign, other = ("≤", "lower") if goal.sign == ">=" else ("≥", "higher")
            yield here, value, other, {here: other, (*path, "target"): f"{sign}{goal.quantity.show()}"}


def _alike(model: BaseModel, pair: set[Any]) -> bool:
    """Two that give the same: parts that add up; three or four marks without the extremes; a least of 0 left out."""
    if pair == {Decimal(0), None}:
        return isinstance(model, Cause | Judged)
    return pair == {"sum", "mean"} or (pair == {"trimmed", "median"} and getattr(model, "raters", 0) < 5)


def _idle(model: BaseModel, key: str) -> bool:
    """Whether the field makes no difference beside its neighbours: one part, two marks, a floor of 0, steps of a day."""
    match key:
        case "combine":
            return getattr(model, "raters", 3) < 3 or len(getattr(model, "children", None) or "..") < 2
        case "rescale":
            return not getattr(model, "floor", 1)
        case "reverse":
            return bool((goal := _goal(model)) and not goal.quantity.value)
        case "count":
            return getattr(model, "unit", "") == DATE and str(getattr(model, "step", "")) in ("1天", "1日")
    return False


def _goal(model: BaseModel) -> Any:
    goal = model.goal() if hasattr(model, "goal") else None
    return goal if goal is not None and goal.quantity is not None else None


def _edits_of_list(
    items: tuple[Any, ...], path: Steps, step: Decimal, weight: Fraction
) -> Iterator[tuple[Steps, Any, Any, Edits]]:
    """Each entry changed, each left out, and points moved between neighbours, as parts must go on adding up."""
    for index, item in enumerate(items):
        here = (*path, index)
        if isinstance(item, BaseModel):
            yield from _edits(item, here, step, weight)
        else:
            for other in _others(str(path[-1]), item, step, weight):
                yield here, item, other, {here: other}
        if len(items) > 1:
            rest = [each for each in items if each is not item]
            yield here, getattr(item, "id", getattr(item, "name", "")), "—", {path: rest}
    for index, (one, other) in enumerate(pairwise(items)):
        for key, small in (("points", step), ("share", _visible(step, weight))):
            a, b = getattr(one, key, None), getattr(other, key, None)
            if a is not None and b is not None:
                edits = {(*path, index, key): a + small, (*path, index + 1, key): b - small}
                yield (*path, index, key), a, a + small, edits


def _visible(step: Decimal, weight: Fraction) -> Fraction:
    """A share of the weight that shows in printed points."""
    least = Fraction(step) / (weight or 1)
    return next((share for share in map(Fraction, ("1/1000", "1/100", "1/10")) if share >= least), least)


def _others(key: str, value: Any, step: Decimal, weight: Fraction) -> list[Any]:
    """A little less, a little more, and the next plausible value."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value - 1, value + 1]
    small: Any = step
    if isinstance(value, Decimal):
        return [each for each in (value - small, value + small, value + 1) if each >= 0]
    if isinstance(value, Fraction):
        small = Fraction(1, 10_000) if key in EDGES else _visible(step, weight)
        near = [value - small, value + small] if value else []  # so near to 0 no printed points change
        return [each for each in (*near, value + Fraction(1, 10)) if each >= 0]
    if not isinstance(value, str):
        return []
    try:
        return (
            [write(tree) for tree in _trees(parse(value))]
            if _is_formula(value)
            else _quantities(key, value, step, weight)
        )
    except Fault:
        return []


def _is_formula(text: str) -> bool:
    try:
        return bool(names(parse(text)))
    except Fault:
        return False


def _quantities(key: str, text: str, step: Decimal, weight: Fraction) -> list[str]:
    """A target, an edge or a limit: by as little as shows, or by one."""
    quantity = read_target(text).quantity
    if quantity is None:
        return []
    if quantity.unit == DATE:
        days = [date.fromordinal(int(quantity.value) + side).isoformat() for side in (-1, 1)]
        return [re.sub(r"\d.*", day, text) for day in days]
    whole = quantity.unit and UNITS.get(quantity.unit, ("time",))[0] in ("time", "working time", "months")
    counted = whole and quantity.value.denominator == 1
    least = 0 if key in EDGES else 2 * quantity.value * Fraction(step) / (weight or 1)
    small = Decimal(1) if counted else next((s for s in map(Decimal, ("0.01", "0.1", "1")) if s >= least), Decimal(10))
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    assert found is not None
    number = Decimal(found[0].replace(",", ""))
    return [text.replace(found[0], plain(each), 1) for each in (number - small, number + small, number + 1) if each > 0]


def _trees(node: Any) -> Iterator[Any]:
    """The tree with one constant or one operator changed."""
    match node:
        case Number(value):
            yield from (Number(other) for other in (value + 1, abs(value - 1)) if other != value)
        case Call(function) if function in OTHER:
            yield replace(node, function=OTHER[function])
        case Arithmetic(op) | Compare(op) | Logic(op):
            yield replace(node, op=OTHER[op])
        case Not(inner):
            yield inner
    for part in fields(node):
        value = getattr(node, part.name)
        if part.name == "arguments":
            for n, each in enumerate(value):
                yield from (replace(node, arguments=(*value[:n], tree, *value[n + 1 :])) for tree in _trees(each))
        elif isinstance(value, Node):
            yield from (replace(node, **{part.name: tree}) for tree in _trees(value))


def _of_set(indicator_set: IndicatorSet) -> Iterator[Mutant]:
    """Changes to weights, to how parts are put together, to rounding, grades and what overrules the score."""
    step = Decimal(1).scaleb(-indicator_set.rounding.places)
    some = OF_SET if leaves_of(indicator_set) else (GRADES,)  # a text with neither weights nor rules scores nothing
    found = [edit for edit in _edits(indicator_set, (), step, Fraction(1)) if edit[0][0] in some]
    for path, each in indicator_set.walk() if some is OF_SET else ():
        for key in OF_INDICATOR:
            found += [edit for edit in _edits(each, path, step, Fraction(1)) if edit[0][len(path)] == key]
    owners: dict[Steps, Indicator] = dict(indicator_set.walk())
    for path, was, now, edits in [*found, *_moved(indicator_set, step)]:
        fate: Fate = "refused"
        changed, owner = (
            indicator_set,
            next((owners[path[:n]] for n in range(len(path), 0, -1) if path[:n] in owners), None),
        )
        try:
            other = IndicatorSet.model_validate(_edited(indicator_set, edits))
            if not any(other.faults()):
                changed, fate = other, "equal" if _no_difference(indicator_set, other) else "changed"
        except (ValidationError, Fault):
            pass
        below = next(n for n in range(len(path), -1, -1) if path[:n] in owners or not n)
        place = f"{owner.id}.{show(path[below:])}" if owner else show(path)
        ids = {owners[at[:-1]].id for at in edits if at[:-1] in owners} | ({owner.id} if owner else set())
        ids = {GRADES} if path[0] == "grades" else ids if path[-1] == "weight" or "open" in path else set()
        yield Mutant(place, _shown(was), _shown(now), fate, changed, frozenset(ids), owner.title if owner else "")


def _moved(indicator_set: IndicatorSet, step: Decimal) -> Iterator[tuple[Steps, Any, Any, Edits]]:
    """A little weight moved from each leaf to the one before it, the groups above going along."""
    at = {each.id: path for path, each in indicator_set.walk()}
    weights = {path: each.weight for path, each in indicator_set.walk()}
    leaves = leaves_of(indicator_set)
    for one, other in pairwise([*leaves, *leaves[:1]] if len(leaves) > 1 else ()):
        edits = dict(weights)
        for leaf, side in ((one, step), (other, -step)):
            for n in range(2, len(at[leaf.id]) + 1, 2):
                edits[at[leaf.id][:n]] += side
        changed = {(*path, "weight"): weight for path, weight in edits.items() if weight != weights[path]}
        yield (*at[one.id], "weight"), one.weight, f"{plain(one.weight + step)}, {other.id} −{plain(step)}", changed


def _no_difference(one: IndicatorSet, other: IndicatorSet) -> bool:
    """Whether the two differ only in what can make none: rounding of points that have no more places than the coarser
    of them keeps; or where the weight of what does not apply goes, when there is nowhere else for it to go.
    """
    leaves, grid = leaves_of(one), Fraction(1, 10 ** min(one.rounding.places, other.rounding.places))
    alone = len(one.indicators) == 1 and one.indicators[0].combine in ("weakest", "best", "product")
    if (
        alone
        and "full" not in (one.not_applicable, other.not_applicable)
        and None not in (one.not_applicable, other.not_applicable)
    ):
        one = one.model_copy(update={"not_applicable": other.not_applicable})
    flat = all(each.children is None or each.combine != "sum" for each in one.indicators)
    if flat and {one.not_applicable, other.not_applicable} == {"parent", "whole"}:
        one = one.model_copy(update={"not_applicable": other.not_applicable})  # all that share stand side by side
    if one == other:
        return True
    if one.model_copy(update={"rounding": other.rounding}) != other:
        return False
    if (alone or len(leaves) == 1) and one.rounding.at != other.rounding.at:
        return True  # its points are the total
    if not alone and one.not_applicable in ("parent", "whole"):
        return False  # weights are shared, and may come out finer
    found = [_grid_of(leaf, one) for leaf in leaves]
    return all(each is not None and (each / grid).denominator == 1 for each in found)


def _grid_of(leaf: Indicator, indicator_set: IndicatorSet) -> Fraction | None:
    rule = leaf.rule
    if isinstance(rule, Levels) and all(each.share is not None for each in rule.levels):
        points = [Fraction(leaf.weight) * (each.share or 0) for each in rule.levels]
        below = lcm(*(each.denominator for each in points))
        return Fraction(gcd(*(int(each * below) for each in points)), below)
    return _grid(rule.lower(Fraction(leaf.weight), indicator_set.kinds()), leaf.weight) if rule else None


def _grid(node: Node, weight: Decimal) -> Fraction | None:
    """A number that every value of the tree is a multiple of; None where there need be none."""
    match node:
        case Number(value):
            return abs(value)
        case Name("weight"):
            return Fraction(weight)
        case Name(id):
            return Fraction(1) if id.startswith("count.") else None
        case Call("floor" | "ceil"):
            return Fraction(1)
        case Arithmetic("/") | Call("round"):
            return None
    parts = [_grid(part, weight) for part in children(node) if kind_of(part) == "number"]
    some = [part for part in parts if part]
    if None in parts or not some:
        return None if None in parts else Fraction(0)
    if isinstance(node, Arithmetic) and node.op == "*":
        return some[0] * some[1] if len(some) == 2 else Fraction(0)
    below = lcm(*(part.denominator for part in some))
    return Fraction(gcd(*(int(part * below) for part in some)), below)


def _same_points(one: Node, other: Node, weight: Decimal, days: list[str]) -> bool:
    """A proof that two expressions differ nowhere: where the part that was changed differs, the points do not."""
    if one == other:
        return False  # what was changed is not in the expression
    asked = sorted({part for part in walk(one) if isinstance(part, Name)}, key=lambda name: name.id)
    drawn = Random(1)
    for _ in range(50):  # most differ wherever one looks
        facts: Facts = {
            n.id: drawn.random() < 0.5
            if n.kind == "truth"
            else Fraction(drawn.randrange(9), 1 if n.id.startswith("count.") else 2)
            for n in asked
        }
        if evaluate(one, {**facts, "weight": Fraction(weight)}) != evaluate(
            other, {**facts, "weight": Fraction(weight)}
        ):
            return False
    a, b = _difference(one, other)
    ranges = ranges_of(one) | {id: Range(None, None, True) for id in days}
    if kind_of(a) == "truth":
        apart: Node = Logic("or", Logic("and", a, Not(b)), Logic("and", Not(a), b))
    elif (
        (times := [part for part in children(a) if isinstance(part, Name) and part in children(b)])
        and {
            type(a),
            type(b),
        }
        == {Arithmetic}
        and times[0].id.startswith("count.")
    ):
        apart = Compare(">=", times[0], number(1))  # so many times one number, or times another
    else:
        apart = Compare("!=", a, b)
    for each in (name for name in asked if name.kind == "number"):
        # compared with a number it is cut there, and not read inside a larger part
        apart = Logic("and", Logic("or", Compare(">=", each, ZERO), Compare("<", each, ZERO)), apart)
    span = bounds(Choose(apart, Arithmetic("-", one, other), ZERO), {"weight": Fraction(weight)}, ranges)
    return span is not None and span.low == span.high == 0


def _difference(one: Node, other: Node) -> tuple[Node, Node]:
    """The smallest part with names in it that differs, in both."""
    mine, its = children(one), children(other)
    apart = [(a, b) for a, b in zip(mine, its, strict=False) if a != b]
    sign, its_sign = ([getattr(each, key, "") for key in ("op", "function")] for each in (one, other))
    alike = type(one) is type(other) and len(mine) == len(its) and sign == its_sign
    return _difference(*apart[0]) if alike and len(apart) == 1 and names(apart[0][0]) else (one, other)


def _shown(value: Any) -> str:
    if isinstance(value, Fraction):
        return shown_percent(value)
    return plain(value) if isinstance(value, Decimal) else "—" if value is None else str(value)
