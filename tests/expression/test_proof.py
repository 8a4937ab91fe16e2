"""What is proved of a tree of points holds, what is found is confirmed by facts, and seeded faults are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.expression.bounds import Range
from scoring.expression.exact import Facts, Unknown, evaluate
from scoring.expression.grammar import parse, write
from scoring.expression.proof import Finding, prove
from scoring.expression.tree import Call, Choose, Name, Node, Not, children, number, walk
from tests.expression.test_bounds import (
    BANDS,
    CHECKS,
    COUNTS,
    DEDUCT,
    KNOWN,
    LADDER,
    LATE,
    MARKS,
    MILESTONES,
    OF_FACTS,
    RATIO,
    STEPS,
    W,
    every,
    formula,
    lowered,
    small,
    spans,
    whole,
)

Better = Literal["higher", "lower"]
FACTS = "a 0.., b 0.."


def betters(text: str) -> dict[str, Better]:
    """Directions as written: `+actual -late`."""
    return {part[1:]: "higher" if part[0] == "+" else "lower" for part in text.split()}


def kinds(found: list[Finding]) -> list[str]:
    return [f"undecided {each.about}" if each.about else each.kind for each in found]


RULES: list[tuple[str, dict[str, Any], str, str, list[str]]] = [
    # name, rule, ranges, names that are better when higher (+) or lower (-), what is found
    ("ratio", RATIO, "actual 0..", "+actual", []),
    ("ratio, floor", {**RATIO, "floor": "60%"}, "actual 0..", "+actual", []),
    ("ratio, cap", {**RATIO, "cap": "80%"}, "actual 0..", "+actual", ["full"]),
    ("ratio, lower", {**RATIO, "direction": "lower"}, "actual 0..", "-actual", ["zero"]),
    ("ratio, equal", {**RATIO, "direction": "equal"}, "actual 0..", "", []),
    ("ratio of facts", OF_FACTS, FACTS, "+a", ["branch"]),  # a target of 0 is always reached
    ("bands", BANDS, "", "+actual", []),
    ("bands, more is worse", LATE, "actual 0.. whole", "-actual", ["zero"]),
    ("bands of facts", {**BANDS, "of": "a / b"}, "a 0.., b 1..", "+a -b", []),
    ("steps", STEPS, "actual 0..", "-actual", []),
    ("steps, both sides", {**STEPS, "direction": "both"}, "actual 0..", "", []),
    ("ladder", LADDER, "actual 0..", "+actual", ["zero"]),
    ("ladder of a saving", {**LADDER, "of": "(b - a) / b"}, "a 0.., b 1..", "-a", ["zero"]),
    ("milestones", MILESTONES, "at.june 0.., at.december 0..", "+at.june", []),
    ("yes or no", {"kind": "yes-no", "partial": True}, "mark 0..10", "+met +mark", []),
    ("panel, mean", {"kind": "panel", "raters": 3}, MARKS, "+mark.1", []),
    ("panel, median", {"kind": "panel", "raters": 4, "combine": "median"}, f"{MARKS}, mark.4 0..10", "+mark.1", []),
    ("deduct", DEDUCT, COUNTS, "-count.late -count.wrong -taken.grave", []),
    ("deduct, floor", {**DEDUCT, "floor": 4}, COUNTS, "-count.late", ["zero"]),
    ("checklist", CHECKS, "", "+check.x +check.y +check.z", []),
    ("levels", {"kind": "levels"}, "share 0..1", "+share", []),
    ("judged", {"kind": "judged"}, "mark 0..10", "+mark", []),
    ("judged, at least 4", {"kind": "judged", "at_least": 4}, "mark 4..10", "+mark", ["zero"]),
    ("formula, capped", formula("weight * min(1, a / b)"), "a 0.., b 1..", "+a -b", []),
    ("formula, threshold", formula("if a / b < 60% then 0 else weight * (min(1, a / b) - 60%) / 40%"), "a 0.., b 1..", "+a", []),
    ("formula, guarded", formula("if b != 0 and a / b >= 1 then weight else 0"), FACTS, "+a", []),
    ("formula, guarded first", formula("if a / b >= 1 and b > 0 then weight else 0"), FACTS, "+a", []),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "ranges", "better", "expected"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
def test_what_is_proved_of_a_rule(rule: dict[str, Any], ranges: str, better: str, expected: list[str]) -> None:
    assert kinds(prove(lowered(rule), W, spans(ranges), better=betters(better))) == expected


SEEDED: list[tuple[str, str, str, list[tuple[str, str]]]] = [
    # formula of 10 points, ranges, directions, what is found and in which words
    ("weight * a / 4", "a 0..", "+a", [("above", "得分高于分值 10（a = 5 → 12.5）")]),
    ("weight - a", "a 0..", "", [("below", "得分低于 0（a = 11 → -1）")]),
    (
        "weight * a / b",
        FACTS,
        "",
        [("above", "得分高于分值 10（a = 1, b = 0.5 → 20）"), ("division", "除数 b 为 0（b = 0, a = 1）")],
    ),
    (
        "if a >= 90% then 10 else if a >= 95% then 8 else 0",
        "a 0..",
        "+a",
        [("branch", "到不了的分支：a >= 0.95 → 8")],
    ),
    (
        "if a / b >= 90% then 10 else if a / b >= 95% then 8 else 0",
        "a 0.., b 1..",
        "+a",
        [("branch", "到不了的分支：a / b >= 0.95 → 8")],
    ),
    (
        "if a >= 90% then 10 else if a >= 80% then 5 else if a >= 60% then 8 else 0",
        "a 0..",
        "+a",
        [("direction", "a 变大时得分减少（a = 0.7 → 8; a = 0.8 → 5）")],
    ),
    ("9 * min(1, a)", "a 0..", "+a", [("full", "得不到满分 10：得分 ≤ 9")]),
    ("12 * min(1, a)", "a 0..", "+a", [("above", "得分高于分值 10（a = 11 / 12 → 11）")]),
    ("if a > 1 then 10 else 10 - a", "a 0..1", "", [("zero", "不会得 0 分：得分 ≥ 9"), ("branch", "到不了的分支：a > 1 → 10")]),
    ("10 / max(1, a)", "a 0..", "-a", [("zero", "不会得 0 分：得分 > 0")]),
    ("if ok then 0 else 10", "", "+ok", [("direction", "ok 变大时得分减少（ok = false → 10; ok = true → 0）")]),
    (
        "10 * min(1, a / (a + b))",
        FACTS,
        "",
        [("division", "除数 a + b 为 0（a = 0, b = 0）")],
    ),
    ("if a = 5 then 0 else 10", "a 0..", "+a", [("direction", "a 变大时得分减少（a = 1 → 10; a = 5 → 0）")]),
    ("if 1 / a > 0 and 1 / a < 5 then 10 else 0", "a 0..", "", [("division", "除数 a 为 0（a = 0）")]),
    (
        "if 1 / (a + 1) > 0 or 1 / a > 2 then 10 else 0",  # where a is 0 the other side settles it
        "a 0..",
        "",
        [
            ("zero", "不会得 0 分：得分 ≥ 10"),
            ("branch", "到不了的分支：not (1 / (a + 1) > 0 or 1 / a > 2) → 0"),
            ("undecided division", "不能确定：除数 a 为 0"),
        ],
    ),
    # loose, as documented: neither shown nor refuted
    ("if a >= b then 10 else 10 * a / b", FACTS, "", [("undecided above", "不能确定：得分高于分值 10")]),
    ("10 * a / (a + 1)", "a 0..", "", [("undecided above", "不能确定：得分高于分值 10"), ("undecided full", "不能确定：得不到满分 10：得分")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ranges", "better", "expected"), SEEDED)
def test_a_seeded_fault_is_found(text: str, ranges: str, better: str, expected: list[tuple[str, str]]) -> None:
    node = parse(text, {**KNOWN, "weight": "number"})
    found = prove(node, W, spans(ranges), better=betters(better))
    assert list(zip(kinds(found), (each.message.zh for each in found), strict=True)) == expected
    for each in found:
        confirm(node, each, betters(better))


def confirm(node: Node, finding: Finding, better: dict[str, Better]) -> None:
    """The facts of a finding show what it says, by evaluation alone."""
    values = [evaluate(node, {"weight": W, **witness}) for witness in finding.witnesses]
    match finding.kind:
        case "below":
            assert values[0] < 0
        case "above":
            assert values[0] > W
        case "division":
            assert isinstance(values[0], Unknown)
            assert values[0].why == "undefined"
        case "direction":
            first, second = finding.witnesses
            (name,) = [name for name in first if first[name] != second[name]]
            assert first[name] < second[name]
            assert values[0] > values[1] if better[name] == "higher" else values[0] < values[1]
        case _:
            assert not values


def test_messages_are_in_both_languages() -> None:
    (above, *_) = prove(parse("weight * a"), W, spans("a 0.."))
    assert above.message.en == "points above the weight 10 (a = 2 → 20)"


def named(node: Choose) -> tuple[str, str]:
    """The branches of a choice, as a finding names them."""
    return (
        f"{write(node.condition)} → {write(node.then)}",
        f"{write(Not(node.condition))} → {write(node.otherwise)}",
    )


def taken(node: Node, facts: Facts) -> Iterator[str]:
    """Every branch that evaluation goes through."""
    parts = children(node)
    if isinstance(node, Choose):
        way = evaluate(node.condition, facts)
        parts = (node.condition, node.then) if way is True else (node.condition, node.otherwise)
        if isinstance(way, Unknown):
            parts = (node.condition,)
        else:
            yield named(node)[0 if way else 1]
    for part in parts:
        yield from taken(part, facts)


def held(node: Node) -> Node:
    return Call("max", (number(0), Call("min", (number(10), node))))


@settings(max_examples=200)
@given(st.one_of(small("number", 2), small("number", 2).map(held)), whole(), st.sampled_from(["higher", "lower"]))
def test_what_is_proved_holds_for_all_facts(tree: Node, ranges: dict[str, Range], way: Better) -> None:
    used = {part.id for part in walk(tree) if isinstance(part, Name)}
    better = dict.fromkeys(used, way)
    found = prove(tree, W, ranges, better=better)
    open_or_faulty = {each.about or each.kind for each in found}
    known = {each.kind for each in found}
    dead = {each.message.zh.removeprefix("到不了的分支：") for each in found if each.kind == "branch"}
    branches = [text for part in {*walk(tree)} if isinstance(part, Choose) for text in named(part)]
    alone = {text for text in branches if branches.count(text) == 1}
    for each in found:
        confirm(tree, each, better)
    cases = every(tree, ranges)
    for facts in cases:
        value = evaluate(tree, facts)
        if isinstance(value, Unknown):
            assert "division" in open_or_faulty
        else:
            assert "below" in open_or_faulty or value >= 0
            assert "above" in open_or_faulty or value <= W
            assert "full" not in known or value != W
            assert "zero" not in known or value != 0
        assert not dead & alone & {*taken(tree, facts)}
    if "direction" not in open_or_faulty:
        for name in used:
            by_rest: dict[tuple[object, ...], list[tuple[Any, Any]]] = {}
            for facts in cases:
                rest = tuple((key, value) for key, value in facts.items() if key != name)
                by_rest.setdefault(rest, []).append((facts[name], evaluate(tree, facts)))
            for row in by_rest.values():
                points = [value for _, value in sorted(row, key=lambda pair: pair[0]) if not isinstance(value, Unknown)]
                assert points == sorted(points, reverse=way == "lower"), name
