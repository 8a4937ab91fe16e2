"""Laws of scoring that hold for any set and any evaluation, exact, no tolerance."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.engine import assess
from scoring.result import OPEN, Node, Result
from tests import oracle
from tests.oracle import Group, Leaf
from tests.rules.answered import KINDS, Answered, a_set, an_evaluation, dec

GRADES = [{"title": title, "at_least": least} for title, least in [("优", 90), ("良", 80), ("中", 60), ("差", 0)]]
POLICIES = ["full", "parent", "whole", "shrink"]
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Case:
    """The two files of an evaluation as data, and the trees the oracle scores: what counts, and bonus and penalty."""

    settings: dict[str, Any]
    tree: Group = field(default_factory=lambda: Group("top"))
    bonus: Group = field(default_factory=lambda: Group("bonus"))
    penalty: Group = field(default_factory=lambda: Group("penalty"))
    facts_asked: dict[str, Any] = field(default_factory=dict)
    indicators: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    own: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def places(self) -> int:
        return int(self.settings["rounding"]["places"])

    def leaves(self) -> list[Leaf]:
        return [*self.tree.leaves(), *self.bonus.leaves(), *self.penalty.leaves()]

    def scored(self) -> Result:
        maximum = Decimal(self.tree.weight.numerator) / self.tree.weight.denominator
        parts = {"maximum": maximum, "grades": GRADES, "facts": self.facts_asked, "indicators": self.indicators}
        indicator_set = a_set(**parts, **self.settings)
        assert list(indicator_set.faults()) == []
        evaluation = an_evaluation(facts=self.facts, indicators=self.own, records=self.records)
        result, faults = assess(indicator_set, evaluation)
        assert faults == []
        assert result is not None
        return result


@st.composite
def cases(draw: Draw, at: str = "leaf") -> Case:
    """Sets of one to three levels with every kind of rule, and evaluations that leave things open in every way."""
    rounding = {"at": at, "places": draw(st.integers(0, 3)), "how": draw(st.sampled_from(["half-up", "cut"]))}
    case = Case({"not_applicable": draw(st.sampled_from([None, *POLICIES])), "rounding": rounding})
    for _ in range(draw(st.integers(1, 3))):
        case.indicators.append(_node(draw, case, case.tree, draw(st.integers(0, 2))))
    assume(case.settings["not_applicable"] in (None, "full") or case.tree.applies)
    for role in draw(st.lists(st.sampled_from(["bonus", "penalty"]), max_size=2)):
        node = _node(draw, case, getattr(case, role), draw(st.integers(0, 1)), optional=False)
        case.indicators.append({**node, "role": role})
    return case


def _node(draw: Draw, case: Case, above: Group, depth: int, optional: bool = True) -> dict[str, Any]:
    if not depth:
        return _leaf(draw, case, above, optional)
    group = Group(f"g{len(case.records)}-{depth}-{len(above.children)}")
    above.children.append(group)
    children = [
        _node(draw, case, group, draw(st.integers(0, depth - 1)), optional) for _ in range(draw(st.integers(1, 3)))
    ]
    weight = sum((child["weight"] for child in children), Decimal(0))
    node: dict[str, Any] = {"id": group.id, "title": group.id, "weight": weight}
    if all("rule" in child and "reducible" not in child for child in children) and draw(st.booleans()):
        for child in children:  # the evaluation sets these itself
            child["target"] = child["rule"].get("target", "见评分标准")
        case.own[group.id] = children
        return {**node, "open": {}}
    return {**node, "children": children}


def _leaf(draw: Draw, case: Case, above: Group, optional: bool) -> dict[str, Any]:
    places = min(case.places, 2)
    weight = dec(draw(st.integers(1, 40 * 10**places)), places)
    kind = draw(st.sampled_from(sorted(KINDS)))
    number = len(case.records)
    id = f"{kind}-{number}"
    answered: Answered = draw(KINDS[kind](Fraction(weight)))
    rule, record, result = answered.rule, answered.record, answered.result
    leaf: dict[str, Any] = {"id": id, "title": id, "weight": weight, "rule": rule, "problem": f"{kind}有问题"}
    for name, value in answered.facts.items():
        rule["formula"] = rule["formula"].replace(name, f"{name}{number}")
        case.facts_asked[f"{name}{number}"] = {"title": name}
        case.facts[f"{name}{number}"] = {"value": value}
    if isinstance(result, Fraction) and "mark" not in record and draw(st.integers(0, 3)) == 0:
        leaf["reducible"] = dec(200)
        record = {**record, "reduce": dec(draw(st.integers(0, 200))), "reason": "试验"}
        result = max(Fraction(0), result - Fraction(record["reduce"]))
    fate = draw(st.integers(0, 9))
    if fate == 0:
        result, record = "missing", {}
        for name in answered.facts:
            del case.facts[f"{name}{number}"]
    elif fate in (1, 2) and case.settings["not_applicable"] and optional:
        result, record = "not-applicable", {"not_applicable": "无此项"}
    case.records[id] = record
    scored = {"points": result} if isinstance(result, Fraction) else {"state": result}
    above.children.append(Leaf(id, Fraction(weight), **scored))
    return leaf


def expected(case: Case) -> dict[str, tuple[Fraction, Fraction]]:
    """Weight and exact points of every leaf, worked out by the oracle."""
    weights = oracle.moved(case.tree, case.settings["not_applicable"] or "full", case.places)
    weights |= {leaf.id: leaf.weight for leaf in [*case.bonus.leaves(), *case.penalty.leaves()]}
    return {leaf.id: (weights[leaf.id], oracle.due(leaf, weights[leaf.id])) for leaf in case.leaves()}


def rounded(case: Case, value: Fraction) -> Fraction:
    return oracle.ROUND[case.settings["rounding"]["how"]](value, case.places)


def total(case: Case, points: Fraction) -> Fraction:
    """The total where all leaves together have so many points: what a penalty lost is taken away, bonus adds up to no
    more than full marks."""
    maximum = sum(
        (weight for id, (weight, _) in expected(case).items() if id in {n.id for n in case.tree.leaves()}), Fraction(0)
    )
    return min(max(points - case.penalty.weight, Fraction(0)), maximum)


@given(cases())
def test_every_leaf_and_the_total_are_what_the_oracle_says(case: Case) -> None:
    result = case.scored()
    want = {id: (weight, rounded(case, points)) for id, (weight, points) in expected(case).items()}
    assert {leaf.id: (leaf.weight, leaf.points) for leaf in result.leaves()} == want
    assert result.total == total(case, sum((points for _, points in want.values()), Fraction(0)))
    states = {leaf.id: leaf.state.replace("judged", "scored") for leaf in result.leaves()}
    assert states == {leaf.id: leaf.state for leaf in case.leaves()}


@given(cases(at="total"))
def test_rounded_at_the_total_only_the_total_is_rounded(case: Case) -> None:
    result, want = case.scored(), expected(case)
    assert result.total == total(case, rounded(case, sum((points for _, points in want.values()), Fraction(0))))
    for leaf in result.leaves():
        weight, points = want[leaf.id]
        assert leaf.weight == weight
        assert abs(Fraction(leaf.points) - points) < Fraction(1, 10**case.places)


def check_bounds(result: Result) -> None:
    """Points lie between nothing and the weight, and between what they may still become (nothing, while data are missing)."""
    for node in result.walk():
        assert 0 <= node.points <= node.high <= node.weight
        assert 0 <= node.low <= node.high
        assert node.low <= node.points or any(leaf.state in OPEN for leaf in node.leaves())
    assert 0 <= result.total <= result.high <= result.maximum
    assert 0 <= result.low <= result.high
    assert result.low <= result.total or result.open


def check_ledger(result: Result) -> None:
    """What was lost is in the ledger, leaf by leaf."""
    assert sum(row.points for row in result.ledger) == result.maximum - result.total
    for leaf in [leaf for node in result.nodes if node.role != "bonus" for leaf in node.leaves()]:
        rows = [row.points for row in result.ledger if row.indicator == leaf.id]
        assert sum(rows) == leaf.lost
        assert all(points > 0 for points in rows)


@given(st.one_of(cases(), cases(at="total")))
def test_points_are_never_below_nothing_nor_above_the_weight(case: Case) -> None:
    result = case.scored()
    check_bounds(result)
    for leaf in result.leaves():
        may_still_come = leaf.state in (*OPEN, "not-demonstrated")
        if leaf.state not in OPEN:
            assert (leaf.low, leaf.high) == (leaf.points, leaf.weight if may_still_come else leaf.points)


@given(st.one_of(cases(), cases(at="total")))
def test_a_group_is_the_sum_of_its_parts(case: Case) -> None:
    def of(nodes: tuple[Node, ...]) -> list[Decimal]:
        return [sum((getattr(n, key) for n in nodes), Decimal(0)) for key in ("weight", "points", "low", "high")]

    result = case.scored()
    for node in result.walk():
        if node.children:
            assert [node.weight, node.points, node.low, node.high] == of(node.children)
    if all(node.role == "normal" for node in result.nodes):
        assert [result.maximum, result.total, result.low, result.high] == of(result.nodes)


@given(cases())
def test_printed_weights_add_up(case: Case) -> None:
    result = case.scored()
    weight = sum(leaf.weight for node in result.nodes if node.role == "normal" for leaf in node.leaves())
    assert weight == result.maximum
    gone = case.settings["not_applicable"] == "shrink"
    assert weight == sum(leaf.weight for leaf in case.tree.leaves() if leaf.applies or not gone)


@given(st.one_of(cases(), cases(at="total")))
def test_the_ledger_adds_up_to_what_was_lost(case: Case) -> None:
    result = case.scored()
    check_ledger(result)
    for found in result.findings:
        assert found.points == sum(row.points for row in found.rows)
    rows = [row for found in result.findings for row in found.rows]
    assert sorted(row.points for row in rows) == sorted(row.points for row in result.ledger if not row.waiver)


@given(cases())
def test_every_lost_point_has_a_reason(case: Case) -> None:
    for row in case.scored().ledger:
        assert row.reason.zh
        assert row.reason.en


FORMULAS = [  # a formula over a = 5, b = 5, c = 2, and why it gives nothing or little
    ("weight * min(1, (a - b) / c)", "10 × ((5 − 5) ÷ 2) = 0"),
    ("a - b", "5 − 5 = 0"),
    ("c", "得分 = c"),
]


@pytest.mark.parametrize(("written", "reason"), FORMULAS)
def test_a_formula_that_gives_little_says_why(written: str, reason: str) -> None:
    facts = {name: {"value": value} for name, value in {"a": 5, "b": 5, "c": 2}.items()}
    leaf = {"id": "one", "title": "一", "weight": 10, "rule": {"kind": "formula", "formula": written}}
    made = a_set(maximum=10, facts={name: {"title": name} for name in facts}, indicators=[leaf])
    result, _ = assess(made, an_evaluation(facts=facts))
    assert result is not None
    assert [row.reason.zh for row in result.ledger] == [reason]


@given(cases())
def test_the_grade_is_read_from_the_printed_total_once_nothing_is_open(case: Case) -> None:
    result = case.scored()
    states = [leaf.state for leaf in result.leaves()]
    if any(state in OPEN for state in states):
        assert result.grade is None
        assert len(result.open) == sum(state in OPEN for state in states)
    else:
        assert result.grade is not None
        assert result.grade.title == oracle.grade(result.total, result.maximum)


@given(cases(), st.integers())
def test_the_order_of_keys_changes_nothing(case: Case, seed: int) -> None:
    def shuffled(mapping: dict[str, Any]) -> dict[str, Any]:
        keys = sorted(mapping)
        random.Random(seed).shuffle(keys)
        return {key: shuffled(mapping[key]) if isinstance(mapping[key], dict) else mapping[key] for key in keys}

    one = case.scored()
    other = replace(case, records=shuffled(case.records), facts=shuffled(case.facts), own=shuffled(case.own)).scored()
    assert (one.nodes, one.ledger, one.findings) == (other.nodes, other.ledger, other.findings)
    assert (one.total, one.grade, one.figures) == (other.total, other.grade, other.figures)


# --- groups that are no plain sum -------------------------------------------------------------------------------------


@st.composite
def groups(draw: Draw) -> tuple[dict[str, Any], dict[str, Any], Fraction]:
    """A set of marks under groups of every kind, its records, and the exact total."""
    policy = draw(st.sampled_from([None, "full", "shrink"]))
    records: dict[str, Any] = {}

    def leaf(weight: int) -> tuple[dict[str, Any], Fraction | None]:
        id, mark = f"a{len(records)}", draw(st.integers(0, weight * 1000))
        applies = policy is None or draw(st.integers(0, 3)) > 0
        if draw(st.integers(0, 7)) == 0:
            records[id] = {}
            return judged(id, str(weight)), Fraction(0)
        records[id] = marked(str(dec(mark, 3))) if applies else NONE
        share = Fraction(mark, weight * 1000) if applies else Fraction(1) if policy == "full" else None
        return judged(id, str(weight)), share

    def part(weight: int, depth: int) -> tuple[dict[str, Any], Fraction | None]:
        if not depth or draw(st.booleans()):
            return leaf(weight)
        combine = draw(st.sampled_from(["sum", "mean", "geometric", "weakest", "best", "product"]))
        count = draw(st.integers(1, min(3, weight)))
        each = {"sum": [1] * (count - 1) + [weight - count + 1], "mean": draw(st.permutations([1, 2, 3]))[:count]}
        each["geometric"] = each["mean"]
        parts = [part(own, depth - 1) for own in each.get(combine, [weight] * count)]
        node = group(f"g{len(records)}-{depth}", str(weight), *(child for child, _ in parts))
        counted = [(Fraction(child["weight"]), share) for child, share in parts if share is not None]
        return {**node, "combine": combine}, oracle.combined_share(combine, counted)

    weight = draw(st.integers(1, 40))
    (node, share), (other, rest) = part(weight, 2), leaf(10)
    assume(share is not None or rest is not None)
    exact = oracle.half_up((share or Fraction(0)) * weight, 2) + oracle.half_up((rest or Fraction(0)) * 10, 2)
    assume(node.get("combine") != "sum")  # its parts are rounded each
    return {"not_applicable": policy, "maximum": weight + 10, "indicators": [node, other]}, records, exact


@given(groups())
def test_groups_of_every_kind(case: tuple[dict[str, Any], dict[str, Any], Fraction]) -> None:
    parts, records, exact = case
    indicator_set = a_set(**parts)
    assert list(indicator_set.faults()) == []
    result, faults = assess(indicator_set, an_evaluation(records=records))
    assert faults == []
    assert result is not None
    check_bounds(result)
    assert result.total == exact
    assert sum(row.points for row in result.ledger) == result.maximum - result.total
    assert all(row.points > 0 for row in result.ledger)


def test_nothing_applies() -> None:
    result, faults = assess(
        a_set(not_applicable="whole", maximum=5, indicators=[judged("a", "5")]), an_evaluation(records={"a": NONE})
    )
    assert result is None
    assert [fault.message.zh for fault in faults] == ["所有指标都不适用，没有可评的内容"]


GRADED = [
    ("100", "优"), ("90", "优"), ("89.995", "优"), ("89.99", "良"), ("80", "良"), ("79.995", "良"), ("79.99", "中"),
    ("60", "中"), ("59.99", "差"), ("0", "差"),
]  # fmt: skip


@pytest.mark.parametrize(("mark", "grade"), GRADED)
def test_grades_of_article_18(mark: str, grade: str) -> None:
    result = assess(a_set(grades=GRADES, indicators=[judged("a", "100")]), an_evaluation(records={"a": marked(mark)}))[
        0
    ]
    assert result is not None
    assert result.grade is not None
    assert result.grade.title == grade


# --- cases in which a law once broke ----------------------------------------------------------------------------------

NONE = {"not_applicable": "无此项"}


def judged(id: str, weight: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "title": id, "weight": Decimal(weight), "rule": {"kind": "judged"}, "problem": "有问题", **more}


def marked(mark: str) -> dict[str, Any]:
    return {"mark": Decimal(mark), "reason": "试验"}


def group(id: str, weight: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "title": id, "weight": Decimal(weight), "children": children}


WITH_BONUS = [judged("a", "60"), judged("b", "40"), judged("c", "10", role="bonus")]
WITH_PENALTY = [judged("a", "60"), judged("b", "40"), judged("c", "10", role="penalty")]
ODD: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    # what, the set, the records, the total out of the maximum
    (
        "points with one decimal, and weights that moved",
        {
            "rounding": {"places": 1},
            "not_applicable": "whole",
            "maximum": 10,
            "indicators": [judged("a", "3"), judged("b", "3"), judged("c", "3"), judged("d", "1")],
        },
        {"a": marked("3"), "b": marked("3"), "c": marked("3"), "d": NONE},
        "10/10",
    ),
    (
        "rounded at the total, full marks stay full marks",
        {
            "rounding": {"at": "total"},
            "indicators": [judged("a", "60"), judged("b", "10"), judged("c", "20"), judged("d", "10")],
        },
        {"a": marked("60"), "b": marked("6.662"), "c": marked("6.662"), "d": marked("6.671")},
        "80/100",
    ),
    ("a penalty nobody recorded yet", {"indicators": WITH_PENALTY}, {"a": marked("5"), "b": marked("40")}, "35/100"),
    (
        "a weight that moves does not go to the bonus",
        {"not_applicable": "whole", "indicators": WITH_BONUS},
        {"a": NONE, "b": marked("40"), "c": marked("0")},
        "100/100",
    ),
]


def outcome(parts: dict[str, Any], records: dict[str, Any]) -> str:
    result, faults = assess(a_set(**parts), an_evaluation(records=records))
    assert faults == []
    assert result is not None
    check_bounds(result)
    check_ledger(result)
    return f"{result.total:.0f}/{result.maximum:.0f}"


@pytest.mark.parametrize(("parts", "records", "expected"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_laws_in_odd_cases(parts: dict[str, Any], records: dict[str, Any], expected: str) -> None:
    assert outcome(parts, records) == expected


@pytest.mark.parametrize("role", ["bonus", "penalty"])
@pytest.mark.parametrize("policy", POLICIES)
def test_what_does_not_apply_neither_adds_nor_takes(role: str, policy: str) -> None:
    indicators = WITH_BONUS if role == "bonus" else WITH_PENALTY
    records = {"a": marked("50"), "b": marked("40"), "c": NONE}
    assert outcome({"not_applicable": policy, "indicators": indicators}, records) == "90/100"


def test_a_loss_in_parts_has_a_row_for_each() -> None:
    deduct = {"kind": "deduct", "causes": [{"id": "late", "title": "逾期", "each": 1}]}
    items = [{"id": item, "title": item} for item in ("x", "y", "z")]
    leaves = [
        {**judged("a", "5"), "rule": deduct},
        {**judged("b", "10"), "rule": {"kind": "checklist", "items": items}},
    ]
    records = {
        "a": {"deductions": [{"cause": "late", "count": 2, "reason": "甲"}, {"cause": "late", "reason": "乙"}]},
        "b": {"checks": {"x": False, "y": True, "z": False}},
    }
    result, _ = assess(a_set(maximum=15, indicators=leaves), an_evaluation(records=records))
    assert result is not None
    assert [(row.indicator, str(row.points), row.reason.zh) for row in result.ledger] == [
        ("a", "2.00", "逾期×2：甲"),
        ("a", "1.00", "逾期：乙"),
        ("b", "3.34", "未满足“x”"),
        ("b", "3.33", "未满足“z”"),
    ]


FINE = [
    ({"places": 0}, [judged("a", "2.5"), judged("b", "7.5")], "分值 2.5 的小数比得分的 0 位多"),
    ({}, [group("g", "3.125", judged("a", "1.125"), judged("b", "2")), judged("c", "6.875")], "分值 1.125 的小数比得分的 2 位多"),
]  # fmt: skip


@pytest.mark.parametrize(("rounding", "indicators", "words"), FINE)
def test_a_weight_is_no_finer_than_points(rounding: dict[str, int], indicators: list[Any], words: str) -> None:
    faults = [fault.message.zh for fault in a_set(rounding=rounding, maximum=10, indicators=indicators).faults()]
    assert words in faults


def test_a_reduction_does_not_go_with_a_mark() -> None:
    leaf = {**judged("a", "10"), "rule": {"kind": "ratio", "target": "≥95%"}, "reducible": 5}
    record = {"actual": "≥95%", "reduce": 3, **marked("8")}
    _, faults = assess(a_set(maximum=10, indicators=[leaf]), an_evaluation(records={"a": record}))
    assert [fault.message.zh for fault in faults] == ["没有算出的得分，不能调减"]


def test_a_mark_does_not_go_with_levels() -> None:
    own = {"id": "b", "title": "b", "weight": 10, "target": "关爱各级劳模", "problem": "有问题"}
    opened = {"id": "g", "title": "g", "weight": 10, "open": {}}
    record = {"actual": "关爱各级劳模", **marked("4")}
    evaluation = an_evaluation(indicators={"g": [own]}, records={"b": record})
    _, faults = assess(a_set(maximum=10, indicators=[opened]), evaluation)
    assert [fault.message.zh for fault in faults] == ["“b”的规则是“分档评判”，不用 mark"]


def test_a_repeated_target_demonstrates_nothing_under_any_rule() -> None:
    rule = {"kind": "bands", "unit": "%", "bands": [{"at_least": "95%", "share": "100%"}, {"share": "50%"}]}
    own = {"id": "b", "title": "b", "weight": 10, "target": "≥95%", "rule": rule, "problem": "有问题"}
    opened = {"id": "g", "title": "g", "weight": 10, "open": {}}
    records = {"b": {"actual": "≥95%"}}
    result, faults = assess(
        a_set(maximum=10, indicators=[opened]), an_evaluation(indicators={"g": [own]}, records=records)
    )
    assert faults == []
    assert result is not None
    assert [(leaf.state, leaf.points) for leaf in result.leaves()] == [("not-demonstrated", 0)]
