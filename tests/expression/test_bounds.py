"""What the points can still become: expected ends by hand for every rule, and brute force over small finite ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from fractions import Fraction
from itertools import count, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from scoring.expression.bounds import PIECES, Bounds, Range, bounds
from scoring.expression.exact import Facts, Unknown, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Kind,
    Logic,
    Name,
    Node,
    Not,
    Number,
    names,
    number,
    walk,
)
from scoring.rules import AnyRule
from tests.expression import trees

W = Fraction(10)
KNOWN: dict[str, Kind] = {"a": "number", "b": "number", "c": "number", "ok": "truth", "sure": "truth"}


def lowered(rule: dict[str, Any]) -> Node:
    return TypeAdapter(AnyRule).validate_python(rule).lower(W, KNOWN)


def spans(text: str) -> dict[str, Range]:
    """Ranges as written: `a 0..3/2, b 1.. whole` with an end left out where there is no limit."""
    found = {}
    for part in text.split(",") if text else ():
        name, ends, *whole = part.split()
        low, high = (Fraction(end) if end else None for end in ends.split(".."))
        found[name] = Range(low, high, whole == ["whole"])
    return found


def ends(text: str) -> Bounds:
    """Bounds as written: `5/2 10`; `..` no limit, `<10` or `>0` only approached."""
    low, high = text.split()
    numbers = [None if end == ".." else Fraction(end.lstrip("<>")) for end in (low, high)]
    return Bounds(numbers[0], numbers[1], low[0] not in ".>", high[0] not in ".<")


RATIO = {"kind": "ratio", "target": 100}
OF_FACTS = {"kind": "ratio", "target": "b", "actual": "a", "unit": "万元"}
BANDS = {
    "kind": "bands",
    "unit": "%",
    "bands": [
        {"at_least": "90%", "points": 10},
        {"at_least": "80%", "points": 8},
        {"at_least": "60%", "points": 5},
        {"points": 0},
    ],
}
LATE = {
    "kind": "bands",
    "unit": "次",
    "bands": [{"at_most": 5, "points": 10}, {"above": 5, "at_most": 8, "points": 6}, {"above": 8, "points": 1}],
}
DEDUCT = {
    "kind": "deduct",
    "causes": [
        {"id": "late", "title": "逾期", "each": 1},
        {"id": "wrong", "title": "差错", "each": 2, "most": 4},
        {"id": "grave", "title": "违规", "at_most": 3},
    ],
}
CHECKS = {"kind": "checklist", "items": [{"id": id, "title": id} for id in "xyz"]}
STEPS = {"kind": "steps", "unit": "次", "limit": 5, "direction": "above", "step": 2, "each": 3, "count": "whole"}
LADDER = {"kind": "ladder", "unit": "%", "knots": [{"at": "60%", "share": "20%"}, {"at": "100%", "share": "100%"}]}
POINTS_IN_TIME = [
    {"id": "june", "title": "6月", "target": "40%", "points": 4},
    {"id": "december", "title": "12月", "target": "100%", "points": 6},
]
MILESTONES = {"kind": "milestones", "milestones": POINTS_IN_TIME}
MARKS = "mark.1 0..10, mark.2 0..10, mark.3 0..10"
COUNTS = "count.late 0.. whole, count.wrong 0.. whole, taken.grave 0..3"


def formula(text: str) -> dict[str, Any]:
    return {"kind": "formula", "formula": text}


RULES: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    # name, rule, what is known, ranges of the rest, lowest and highest of 10 points
    ("ratio", RATIO, {}, "actual 0..", "0 10"),
    ("ratio, from 30 to 80", RATIO, {}, "actual 30..80", "3 8"),
    ("ratio, no range", RATIO, {}, "", ".. 10"),
    ("ratio, floor", {**RATIO, "floor": "60%"}, {}, "actual 0..", "0 10"),
    ("ratio, above the floor", {**RATIO, "floor": "60%"}, {}, "actual 61..", "61/10 10"),
    ("ratio, below the floor", {**RATIO, "floor": "60%"}, {}, "actual 0..59", "0 0"),
    ("ratio, cap", {**RATIO, "cap": "80%"}, {}, "actual 0..", "0 8"),
    ("ratio, lower", {**RATIO, "direction": "lower"}, {}, "actual 0..", ">0 10"),
    ("ratio, lower, at most 200", {**RATIO, "direction": "lower"}, {}, "actual 0..200", "5 10"),
    ("ratio, equal", {**RATIO, "direction": "equal"}, {}, "actual 50..400", "5/2 10"),
    ("ratio, target 0", {"kind": "ratio", "target": 0, "direction": "lower"}, {}, "actual 0..", "0 10"),
    ("ratio of facts, none known", OF_FACTS, {}, "a 0.., b 0..", "0 10"),
    ("ratio of facts, target known", OF_FACTS, {"b": 4}, "a 1..2", "5/2 5"),
    ("ratio of facts, target 0", OF_FACTS, {"b": 0}, "a 0..", "10 10"),
    ("ratio of facts, actual known", OF_FACTS, {"a": 4}, "b 0..8", "5 10"),
    ("bands", BANDS, {}, "", "0 10"),
    ("bands, from 65% to 85%", BANDS, {}, "actual 0.65..0.85", "5 8"),
    ("bands, below 90%", BANDS, {}, "actual 0.8..0.899", "8 8"),
    ("bands, more is worse", LATE, {}, "actual 0.. whole", "1 10"),
    ("bands, 6 or 7", LATE, {}, "actual 5.5..7.5 whole", "6 6"),
    ("bands of facts", {**BANDS, "of": "a / b"}, {}, "a 7..8, b 10..11", "5 8"),
    ("bands of facts, one known", {**BANDS, "of": "a / b"}, {"a": 8}, "b 9..10", "8 8"),
    ("steps", STEPS, {}, "actual 0..", "0 10"),
    ("steps, from 8 to 10", STEPS, {}, "actual 8..10", "4 7"),
    ("steps, a part counts", {**STEPS, "count": "part"}, {}, "actual 8..10", "1 4"),
    ("steps, in proportion", {**STEPS, "count": "proportion"}, {}, "actual 8..10", "5/2 11/2"),
    ("steps, both sides", {**STEPS, "direction": "both"}, {}, "actual 4..10", "4 10"),
    ("ladder", LADDER, {}, "actual 0..", "2 10"),
    ("ladder, from 70% to 80%", LADDER, {}, "actual 0.7..0.8", "4 6"),
    ("ladder of a saving, plan open", {**LADDER, "of": "(b - a) / b"}, {"a": 2}, "b 4..8", "2 5"),
    ("ladder of a saving, both open", {**LADDER, "of": "(b - a) / b"}, {}, "a 1..2, b 4..10", "2 8"),
    ("milestones", MILESTONES, {}, "at.june 0.., at.december 0..", "0 10"),
    ("milestones, the first known", MILESTONES, {"at.june": "0.3"}, "at.december 0..1", "3 9"),
    ("yes or no", {"kind": "yes-no"}, {}, "", "0 10"),
    ("yes or no, or in part", {"kind": "yes-no", "partial": True}, {"met": False}, "mark 0..10", "0 10"),
    ("panel, mean", {"kind": "panel", "raters": 3}, {"mark.1": 4}, MARKS, "4/3 8"),
    ("panel, median", {"kind": "panel", "raters": 3, "combine": "median"}, {"mark.1": 4, "mark.2": 6}, MARKS, "4 6"),
    ("deduct", DEDUCT, {}, COUNTS, "0 10"),
    ("deduct, one cause open", DEDUCT, {"count.late": 2, "taken.grave": 1}, COUNTS, "3 7"),
    ("deduct, two causes open", DEDUCT, {"count.late": 1}, COUNTS, "2 9"),
    ("deduct, floor", {**DEDUCT, "floor": 4}, {}, COUNTS, "4 10"),
    ("checklist", CHECKS, {}, "", "0 10"),
    ("checklist, one met", CHECKS, {"check.x": True}, "", "10/3 10"),
    ("checklist, one not", CHECKS, {"check.x": False}, "", "0 20/3"),
    ("levels", {"kind": "levels"}, {}, "share 0..1", "0 10"),
    ("levels, one of them", {"kind": "levels"}, {}, "share 0.6..0.8", "6 8"),
    ("judged", {"kind": "judged"}, {}, "mark 0..10", "0 10"),
    ("judged, at least 4", {"kind": "judged", "at_least": 4}, {}, "mark 4..10", "4 10"),
    ("formula, capped", formula("weight * min(1, a / b)"), {}, "a 0.., b 0..", "0 10"),
    ("formula, threshold", formula("if a / b < 60% then 0 else weight * (min(1, a / b) - 60%) / 40%"), {}, "a 0.., b 0..", "0 10"),
    ("formula, steps", formula("max(0, weight - ceil(a) * 2)"), {}, "a 0.5..2.5", "4 8"),
    ("formula, deviation", formula("max(0, weight - abs(a - b) * 2)"), {"b": 7}, "a 4..8", "4 10"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "known", "ranges", "expected"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
def test_what_a_rule_can_still_give(rule: dict[str, Any], known: dict[str, Any], ranges: str, expected: str) -> None:
    facts: Facts = {name: value if isinstance(value, bool) else Fraction(value) for name, value in known.items()}
    assert bounds(lowered(rule), {"weight": W, **facts}, spans(ranges)) == ends(expected)


SHAPES: list[tuple[str, str, str]] = [
    # one name, once
    ("a", "", ".. .."),
    ("a", "a -1..2", "-1 2"),
    ("3 - 2 * a", "a -1..2", "-1 5"),
    ("abs(a)", "a -1..2", "0 2"),
    ("abs(a - b)", "a 0..1, b 0..2", "0 2"),
    ("max(a, 1)", "a -1..2", "1 2"),
    ("floor(a / 2)", "a -1..2", "-1 1"),
    ("round(a / 4, 0)", "a -1..2", "0 1"),
    ("a > 0", "a -1..2", "0 1"),
    ("a > 2", "a -1..2", "0 0"),
    ("a >= 2", "a -1..2", "0 1"),
    ("a <= 2", "a -1..2", "1 1"),
    ("ok", "", "0 1"),
    ("not ok", "", "0 1"),
    # divided by what may be zero: that point is left out
    ("1 / a", "a -1..2", ".. .."),
    ("1 / a", "a 0..1", "1 .."),
    ("1 / a", "a 0..4 whole", "1/4 1"),
    ("1 / (a - 1/2)", "a 0.. whole", "-2 2"),
    ("1 / a", "a 2..", ">0 1/2"),
    ("min(1, 1 / a)", "a 0..", ">0 1"),
    ("0 / a", "a -1..2", "0 0"),
    ("a / b", "a 1..2, b -4..5", ".. .."),
    # one name, several times
    ("if a >= 4 then 1 else a / 4", "a 0..", "0 1"),
    ("if a > 4 then 0 else a / 4", "a 0..", "0 1"),
    ("if a >= 4 then 0 else a / 4", "a 0..", "0 <1"),
    ("if a = 0 then 5 else 1 / a", "a 0..1", "1 .."),
    ("if a >= 4 then 1 else if 1 / a <= 1 / 4 then 99 else 1 / a", "a 1..10", ">1/4 1"),
    ("if a > 0 then a else -a", "a -1..2", "0 2"),
    ("if a >= 9 then 10 else if a >= 12 then 99 else if a >= 3 then 5 else 0", "", "0 10"),
    ("if b >= a * 2 then 1 else b / (a * 2)", "a 3..3, b 0..", "0 1"),
    ("(if ok then 4 else 0) + (if ok then 0 else 4)", "", "4 4"),
    # a part that is written several times counts as one name
    ("if a / b >= 90% then 10 else if a / b >= 95% then 99 else 0", "a 0.., b 0..", "0 10"),
    # a rate of change
    ("(b - a) / b", "a 0..3, b 4..6", "1/4 1"),
    ("(b - a) / a", "a 2..2, b 4..6", "1 2"),
    ("(a + b) / a", "a 2..4, b 4..8", "2 5"),
    ("if a / b > 1 then 1 else a / b", "a 0.., b 0..", "0 1"),
    # gaps between the values
    ("if (if ok then 1 else 10) = 5 then 1 else 0", "", "0 0"),
    ("abs(if ok then 1 else -1)", "", "1 1"),
    ("1 / (if ok then 1 else -2)", "", "-1/2 1"),
    ("if a * 2 = 5 then 1 else 0", "a 0.. whole", "0 0"),
    # loose, as documented: true are 0 1, 0 0, 0 1, 0 1 and 0 0
    ("a * a", "a -1..1", "-1 1"),
    ("abs(a) + a", "a -1..0", ">-1 <1"),
    ("a / (a + b)", "a 0.., b 0..", "0 .."),
    ("if a >= b then 1 else a / b", "a 0.., b 0..", "0 .."),
    ("if floor(a) = 1/2 then 1 else 0", "a 0..1", "0 1"),
]


@pytest.mark.parametrize(("text", "ranges", "expected"), SHAPES)
def test_what_a_shape_can_still_be(text: str, ranges: str, expected: str) -> None:
    assert bounds(parse(text, KNOWN), {}, spans(ranges)) == ends(expected)


UNKNOWN: list[tuple[str, dict[str, Any], Bounds | None]] = [
    # what has no value is left out; nothing left is None
    ("1 / 0", {}, None),
    ("1 / (a - a)", {"a": Fraction(3)}, None),
    ("if ok then (if ok then 1 / 0 else 3) else 1 / 0", {}, None),
    ("a + b", {"a": Unknown("not-demonstrated", ("a",))}, None),
    ("a + b", {"a": Unknown("not-applicable"), "b": Fraction(1)}, None),
    ("a", {"a": Unknown("undefined")}, None),
    ("a", {"a": Unknown("missing", ("a",))}, ends(".. ..")),
    ("if ok then a else 3", {"a": Unknown("not-demonstrated")}, ends("3 3")),
    ("if ok then a else 3", {"a": Unknown("not-demonstrated"), "ok": True}, None),
    ("ok", {"ok": Unknown("not-applicable")}, None),
    ("ok and sure", {"ok": Unknown("not-applicable")}, ends("0 0")),
    ("ok or sure", {"ok": Unknown("not-applicable")}, ends("1 1")),
    ("ok or sure", {"ok": Unknown("not-applicable"), "sure": False}, None),
]


@pytest.mark.parametrize(("text", "facts", "expected"), UNKNOWN)
def test_what_has_no_value_is_left_out(text: str, facts: Facts, expected: Bounds | None) -> None:
    assert bounds(parse(text, KNOWN), facts) == expected


def test_an_empty_range_leaves_nothing() -> None:
    assert bounds(Name("a"), {}, {"a": Range(Fraction("0.2"), Fraction("0.8"), True)}) is None
    assert bounds(Name("a"), {}, {"a": Range(Fraction(2), Fraction(1))}) is None


def test_past_the_limit_bounds_are_wider_and_still_hold() -> None:
    exact = bounds(parse("a - a"), {}, {"a": Range(Fraction(1), Fraction(PIECES), True)})
    assert exact == ends("0 0")
    assert bounds(parse("a - a"), {}, {"a": Range(Fraction(0), Fraction(PIECES), True)}) == ends("-256 256")
    checks = [Choose(Name(f"check.{n}", "truth"), number(1), number(0)) for n in range(40)]
    total: Node = checks[0]
    for each in checks[1:]:
        total = Arithmetic("+", total, each)
    assert bounds(Compare("=", total, number(40)), {}) == ends("0 1")
    assert bounds(total, {}) == ends("0 40")


# --- brute force over small trees and small finite ranges -------------------------------------------------------------

constants = st.sampled_from([Fraction(n, d) for n in range(-3, 6) for d in (1, 2)]).map(Number)


def small(kind: Kind, depth: int = 3) -> st.SearchStrategy[Node]:
    """Trees over a few names and small numbers, so that comparisons, ties and zeros happen."""
    leaf: st.SearchStrategy[Node] = st.sampled_from(
        [Name(name, given) for name, given in KNOWN.items() if given == kind]
    )
    if kind == "number":
        leaf = st.one_of(leaf, leaf, constants)
    if not depth:
        return leaf
    inner, truth = small("number", depth - 1), small("truth", depth - 1)
    order = st.builds(Compare, st.sampled_from(["<", "<=", "=", "!=", ">=", ">"]), inner, inner)
    if kind == "truth":
        return st.one_of(
            leaf, order, order, st.builds(Logic, st.sampled_from(["and", "or"]), truth, truth), st.builds(Not, truth)
        )
    return st.one_of(
        leaf,
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(Choose, truth, inner, inner),
        st.builds(Call, st.sampled_from(["min", "max"]), st.tuples(inner, inner)),
        st.builds(Call, st.sampled_from(["abs", "floor", "ceil"]), st.tuples(inner)),
        st.builds(Call, st.just("round"), st.tuples(inner, st.sampled_from([number(0), number(1)]))),
    )  # fmt: skip


def rebuilt(node: Node, change: Callable[[Name], Node]) -> Node:
    """The tree with every name put through change."""
    if isinstance(node, Name):
        return change(node)
    if isinstance(node, Call):
        return replace(node, arguments=tuple(rebuilt(part, change) for part in node.arguments))
    parts = {field.name: getattr(node, field.name) for field in fields(node)}
    return replace(node, **{key: rebuilt(part, change) for key, part in parts.items() if isinstance(part, Node)})


def once(node: Node) -> Node:
    """The tree with every name standing once: four names in the order they are read, what comes after is a constant."""
    turn = count()

    def fresh(name: Name) -> Node:
        index = next(turn)
        truth = Compare("<", number(index), number(6))
        return Name(f"x{index}", name.kind) if index < 4 else number(index) if name.kind == "number" else truth

    return rebuilt(node, fresh)


@st.composite
def whole(draw: st.DrawFn) -> dict[str, Range]:
    """Small finite whole-number ranges for every name there may be."""
    found = {}
    for name in [*KNOWN, "x0", "x1", "x2", "x3"]:
        low = draw(st.integers(-3, 3))
        found[name] = Range(Fraction(low), Fraction(low + draw(st.integers(0, 2))), True)
    return found


def every(node: Node, ranges: dict[str, Range]) -> list[dict[str, Fraction | bool]]:
    """Every way to fill the names of a tree."""
    kinds = {part.id: part.kind for part in walk(node) if isinstance(part, Name)}
    choices: list[list[Fraction | bool]] = []
    for name, kind in kinds.items():
        low, high, _ = ranges[name]
        assert low is not None
        assert high is not None
        choices.append([False, True] if kind == "truth" else [Fraction(n) for n in range(int(low), int(high) + 1)])
    return [dict(zip(kinds, values, strict=True)) for values in product(*choices)]


def within(inner: Bounds | None, outer: Bounds | None) -> bool:
    if inner is None or outer is None:
        return inner is None
    low = outer.low is None or (
        inner.low is not None and (inner.low, not inner.low_reached) >= (outer.low, not outer.low_reached)
    )
    high = outer.high is None or (
        inner.high is not None and (inner.high, inner.high_reached) <= (outer.high, outer.high_reached)
    )
    return low and high


@settings(max_examples=300)
@given(st.one_of(small("number"), small("truth")).map(once), whole())
def test_where_every_name_stands_once_bounds_are_exact(tree: Node, ranges: dict[str, Range]) -> None:
    values = [value for facts in every(tree, ranges) if not isinstance(value := evaluate(tree, facts), Unknown)]
    expected = Bounds(Fraction(min(values)), Fraction(max(values))) if values else None
    assert bounds(tree, {}, ranges) == expected


@settings(max_examples=300)
@given(small("number"), whole())
def test_bounds_hold_every_value(tree: Node, ranges: dict[str, Range]) -> None:
    found = bounds(tree, {}, ranges)
    for facts in every(tree, ranges):
        value = evaluate(tree, facts)
        assert isinstance(value, Unknown) or within(Bounds(Fraction(value), Fraction(value)), found)


@given(
    trees.numbers(),
    st.dictionaries(st.sampled_from([*trees.KNOWN]), st.tuples(trees.fractions, trees.fractions)),
    trees.present,
)
def test_bounds_hold_every_value_of_any_tree(
    tree: Node, sides: dict[str, tuple[Fraction, Fraction]], facts: Facts
) -> None:
    ranges = {name: Range(min(span), max(span)) for name, span in sides.items()}
    held = dict(facts)
    for name, (low, high, _) in ranges.items():
        value = held[name]
        held[name] = value if isinstance(value, bool) else min(max(value, low), high)  # type: ignore[type-var]
    value = evaluate(tree, held)
    assert isinstance(value, Unknown) or within(Bounds(Fraction(value), Fraction(value)), bounds(tree, {}, ranges))


@st.composite
def learnt(draw: st.DrawFn) -> tuple[Node, dict[str, Range], dict[str, Fraction | bool]]:
    """A tree, ranges (with ends or without, whole or not), and facts inside them in the order they become known."""
    tree, ranges, facts = draw(small("number")), {}, {}
    for name in draw(st.permutations(names(tree))):
        value = Fraction(draw(st.integers(-4, 4)), draw(st.sampled_from([1, 1, 2])))
        below, above = (draw(st.sampled_from([None, Fraction(0), Fraction(1), Fraction(5, 2)])) for _ in range(2))
        ranges[name] = Range(
            None if below is None else value - below,
            None if above is None else value + above,
            value.denominator == 1 and draw(st.booleans()),
        )
        facts[name] = draw(st.booleans()) if KNOWN[name] == "truth" else value
    return tree, ranges, facts  # fmt: skip


@given(learnt())
def test_learning_a_fact_never_widens_the_bounds(
    case: tuple[Node, dict[str, Range], dict[str, Fraction | bool]],
) -> None:
    tree, ranges, facts = case
    known: dict[str, Fraction | bool] = {}
    before = bounds(tree, known, ranges)
    for name, value in facts.items():
        known[name] = value
        after = bounds(tree, known, ranges)
        assert within(after, before), name
        before = after
    value = evaluate(tree, known)
    assert before == (None if isinstance(value, Unknown) else Bounds(Fraction(value), Fraction(value)))
