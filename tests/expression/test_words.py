"""What a reader is told: the rule in words, and how the points came about."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.errors import Lang, Text
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import Arithmetic, Call, Choose, Compare, Kind, Name, Named, Node, number
from scoring.expression.words import Label, absence, account, formula
from scoring.values import plain, rounded
from tests.expression.trees import KNOWN, numbers, present

LABELS = {
    "actual": Label(Text("实际值", "actual"), "%"),
    "spent": Label(Text("执行数", "spent"), "万元"),
    "budget": Label(Text("预算数", "budget"), "万元"),
    "count.late": Label(Text("逾期次数", "times late")),
    "ok": Label(Text("资金已到位", "funds received")),
    "check.plan": Label(Text("有方案", "has a plan")),
    "check.report": Label(Text("有报告", "has a report")),
}
KINDS: dict[str, Kind] = {"actual": "number", **KNOWN, "check.report": "truth"}
RATE = Named(Text("完成率", "completion"), parse("spent / budget", KINDS), "%")
TAKEN = Named(Text("扣分", "deducted"), parse("count.late * 0.5", KINDS))


def at_least(percent: int, points: int, otherwise: Node) -> Node:
    return Choose(Compare(">=", RATE, number(Fraction(percent, 100))), number(points), otherwise)


def met(name: str, points: int) -> Node:
    return Choose(Name(name, "truth"), number(points), number(0))


TREES: dict[str, Node] = {
    "capped": Arithmetic("*", number(5), Call("min", (number(1), RATE))),
    "bands": at_least(95, 10, at_least(80, 8, number(0))),
    "floored": Call("max", (number(1), Arithmetic("-", number(5), TAKEN))),
    "list": Arithmetic("+", met("check.plan", 3), met("check.report", 2)),
    "truth": parse("if ok and not check.plan then 4 else 1", KINDS),
    "percent": parse("if actual < 60% then 0 else 10 * (actual - 60%) / 0.4", KINDS),
    "brackets": parse("10 * (1 - budget / spent) + abs(spent - budget)", KINDS),
    "nested": parse("10 - (if ok then spent else 0)", KINDS),
    "rounded": parse("round(spent / budget, 2)", KINDS),
}

FORMULAS = {
    "capped": (
        "完成率 = 执行数 ÷ 预算数；得分 = 5 × min(1, 完成率)",
        "completion = spent ÷ budget; points = 5 × min(1, completion)",
    ),
    "bands": (
        "完成率 = 执行数 ÷ 预算数；得分 = 完成率 ≥ 95%：10；完成率 ≥ 80%：8；其余：0",
        "completion = spent ÷ budget; points = completion ≥ 95%: 10; completion ≥ 80%: 8; otherwise: 0",
    ),
    "floored": (
        "扣分 = 逾期次数 × 0.5；得分 = max(1, 5 − 扣分)",
        "deducted = times late × 0.5; points = max(1, 5 − deducted)",
    ),
    "list": ("得分 = 有方案（3） + 有报告（2）", "points = has a plan (3) + has a report (2)"),
    "truth": (
        "得分 = 资金已到位 且 并非 有方案：4；其余：1",
        "points = funds received and not has a plan: 4; otherwise: 1",
    ),
    "percent": (
        "得分 = 实际值 < 60%：0；其余：10 × (实际值 − 60%) ÷ 0.4",
        "points = actual < 60%: 0; otherwise: 10 × (actual − 60%) ÷ 0.4",
    ),
    "brackets": (
        "得分 = 10 × (1 − 预算数 ÷ 执行数) + abs(执行数 − 预算数)",
        "points = 10 × (1 − budget ÷ spent) + abs(spent − budget)",
    ),
    "nested": ("得分 = 10 − [资金已到位：执行数；其余：0]", "points = 10 − [funds received: spent; otherwise: 0]"),
    "rounded": ("得分 = round(执行数 ÷ 预算数, 2)", "points = round(spent ÷ budget, 2)"),
}


@pytest.mark.parametrize("name", TREES)
def test_the_rule_in_words(name: str) -> None:
    assert (formula(TREES[name], LABELS, "zh"), formula(TREES[name], LABELS, "en")) == FORMULAS[name]


SENTENCES: list[tuple[str, str, dict[str, str | bool], str, str]] = [
    # tree, weight, facts, 中文, English
    (
        "capped", "5", {"spent": "9", "budget": "10.34"},
        "完成率 = 9 ÷ 10.34 ≈ 87.04%，得 5 × 87.04% ≈ 4.35分（满分5分）",
        "completion = 9 ÷ 10.34 ≈ 87.04%, 5 × 87.04% ≈ 4.35 points of 5",
    ),
    (
        "capped", "5", {"spent": "8", "budget": "10"},
        "完成率 = 8 ÷ 10 = 80%，得 5 × 80% = 4分（满分5分）",
        "completion = 8 ÷ 10 = 80%, 5 × 80% = 4 points of 5",
    ),
    (
        "capped", "5", {"spent": "12", "budget": "10"},
        "完成率 = 12 ÷ 10 = 120%；超过上限，按100%计，得5分（满分5分）",
        "completion = 12 ÷ 10 = 120%; above the cap, taken as 100%, 5 points of 5",
    ),
    (
        "capped", "5", {"spent": "10", "budget": "10"},
        "完成率 = 10 ÷ 10 = 100%，得5分（满分5分）",
        "completion = 10 ÷ 10 = 100%, 5 points of 5",
    ),
    (
        "bands", "10", {"spent": "99", "budget": "100"},
        "完成率 = 99 ÷ 100 = 99%；完成率 ≥ 95%，得10分（满分10分）",
        "completion = 99 ÷ 100 = 99%; completion ≥ 95%, 10 points of 10",
    ),
    (
        "bands", "10", {"spent": "90", "budget": "100"},
        "完成率 = 90 ÷ 100 = 90%；完成率 < 95% 且 完成率 ≥ 80%，得8分（满分10分）",
        "completion = 90 ÷ 100 = 90%; completion < 95% and completion ≥ 80%, 8 points of 10",
    ),
    (
        "bands", "10", {"spent": "1", "budget": "3"},
        "完成率 = 1 ÷ 3 ≈ 33.33%；完成率 < 80%，得0分（满分10分）",
        "completion = 1 ÷ 3 ≈ 33.33%; completion < 80%, 0 points of 10",
    ),
    (
        "floored", "5", {"count.late": "3"},
        "扣分 = 3 × 0.5 = 1.5，得 5 − 1.5 = 3.5分（满分5分）",
        "deducted = 3 × 0.5 = 1.5, 5 − 1.5 = 3.5 points of 5",
    ),
    (
        "floored", "5", {"count.late": "20"},
        "扣分 = 20 × 0.5 = 10；低于下限，按1计，得1分（满分5分）",
        "deducted = 20 × 0.5 = 10; below the floor, taken as 1, 1 points of 5",
    ),
    (
        "list", "5", {"check.plan": True, "check.report": False},
        "未满足“有报告”，得3分（满分5分）",
        "not met: has a report, 3 points of 5",
    ),
    (
        "list", "5", {"check.plan": False, "check.report": False},
        "未满足“有方案”；未满足“有报告”，得0分（满分5分）",
        "not met: has a plan; not met: has a report, 0 points of 5",
    ),
    (
        "list", "5", {"check.plan": True, "check.report": True},
        "得 3 + 2 = 5分（满分5分）",
        "3 + 2 = 5 points of 5",
    ),
    (
        "truth", "4", {"ok": True, "check.plan": False},
        "资金已到位 且 并非 有方案，得4分（满分4分）",
        "funds received and not has a plan, 4 points of 4",
    ),
    (
        "truth", "4", {"ok": True, "check.plan": True},
        "并非（资金已到位 且 并非 有方案），得1分（满分4分）",
        "not (funds received and not has a plan), 1 points of 4",
    ),
    (
        "percent", "10", {"actual": "0.95"},
        "实际值 ≥ 60%，得 10 × (95% − 60%) ÷ 0.4 = 8.75分（满分10分）",
        "actual ≥ 60%, 10 × (95% − 60%) ÷ 0.4 = 8.75 points of 10",
    ),
    (
        "percent", "10", {"actual": "0.5"},
        "实际值 < 60%，得0分（满分10分）",
        "actual < 60%, 0 points of 10",
    ),
    (
        "brackets", "10", {"spent": "3", "budget": "1"},
        "得 10 × (1 − 1 ÷ 3) + abs(3 − 1) ≈ 8.67分（满分10分）",
        "10 × (1 − 1 ÷ 3) + abs(3 − 1) ≈ 8.67 points of 10",
    ),
    ("nested", "10", {"ok": True, "spent": "1"}, "得 10 − 1 = 9分（满分10分）", "10 − 1 = 9 points of 10"),
    (
        "rounded", "10", {"spent": "1", "budget": "3"},
        "得 round(1 ÷ 3, 2) = 0.33分（满分10分）",
        "round(1 ÷ 3, 2) = 0.33 points of 10",
    ),
]  # fmt: skip


def said(tree: Node, facts: dict[str, Value], weight: Decimal, lang: Lang) -> str:
    value = evaluate(tree, facts)
    assert isinstance(value, Fraction)
    return account(tree, facts, LABELS, weight, rounded(value, 2), lang).sentence(weight, rounded(value, 2), lang)


def facts_of(row: dict[str, str | bool]) -> dict[str, Value]:
    return {name: value if isinstance(value, bool) else Fraction(value) for name, value in row.items()}


@pytest.mark.parametrize(("name", "weight", "row", "zh", "en"), SENTENCES)
def test_how_the_points_came_about(name: str, weight: str, row: dict[str, str | bool], zh: str, en: str) -> None:
    facts = facts_of(row)
    assert said(TREES[name], facts, Decimal(weight), "zh") == zh
    assert said(TREES[name], facts, Decimal(weight), "en") == en


@pytest.mark.parametrize(
    ("order", "negated", "spent"),
    [("<", "≥", 1), ("<=", ">", 2), ("=", "≠", 2), ("!=", "=", 1), (">=", "<", 0), (">", "≤", 1)],
)
def test_a_condition_that_failed_is_said_the_other_way_round(order: str, negated: str, spent: int) -> None:
    tree = parse(f"if spent {order} 1 then 0 else 5", KINDS)
    assert said(tree, {"spent": Fraction(spent)}, Decimal(5), "zh") == f"执行数 {negated} 1，得5分（满分5分）"


ABSENCES = [
    (Unknown("missing", ("spent", "budget")), "执行数、预算数：还没有数据", "spent, budget: no data yet"),
    (Unknown("undefined", ("budget",)), "预算数：除数为零，无法计算", "budget: division by zero"),
    (Unknown("undefined"), "除数为零，无法计算", "division by zero"),
    (Unknown("not-applicable", ("other",)), "other：不适用", "other: not applicable"),
    (
        Unknown("not-demonstrated", ("actual",)),
        "实际值：实际值只重复目标值，未经证明",
        "actual: the actual only repeats its target and demonstrates nothing",
    ),
]


@pytest.mark.parametrize(("unknown", "zh", "en"), ABSENCES)
def test_why_there_are_no_points(unknown: Unknown, zh: str, en: str) -> None:
    assert (absence(unknown, LABELS, "zh"), absence(unknown, LABELS, "en")) == (zh, en)


@given(numbers(), present, st.sampled_from(["zh", "en"]))
def test_every_tree_that_has_a_value_can_be_told(tree: Node, facts: dict[str, Value], lang: Lang) -> None:
    assert formula(tree, LABELS, lang)
    value = evaluate(tree, facts)
    assume(isinstance(value, Fraction))
    points = plain(rounded(value, 2))
    ends = f"{points}分（满分100分）" if lang == "zh" else f"{points} points of 100"
    assert said(tree, facts, Decimal(100), lang).endswith(ends)


BRACKETS = [
    ("if ok and (check.plan or check.report) then 4 else 1", "if ok and check.plan or check.report then 4 else 1"),
    ("if not (ok or check.plan) then 4 else 1", "if not ok or check.plan then 4 else 1"),
]


@pytest.mark.parametrize(("one", "other"), BRACKETS)
def test_different_conditions_read_differently(one: str, other: str) -> None:
    assert formula(parse(one, KINDS), LABELS) != formula(parse(other, KINDS), LABELS)


def test_nearly_is_said_once_at_the_end() -> None:
    facts: dict[str, Value] = {"spent": Fraction(10), "budget": Fraction(1, 3)}
    assert said(parse("spent - budget", KINDS), facts, Decimal(10), "zh") == "得 10 − 0.3333 ≈ 9.67分（满分10分）"
