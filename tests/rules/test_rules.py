"""Rules: cases worked by hand or printed in a regulation, as data in cases.yaml; and laws that hold for any numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scoring.engine import assess
from scoring.errors import Fault
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.result import Node
from scoring.rules import Answer, AnyRule, Rule, Share
from scoring.source import read
from scoring.values import read_quantity
from tests.rules.answered import KINDS, Answered, a_set, amounts, an_evaluation, dec, weights

GROUPS: list[dict[str, Any]] = read(Path(__file__).parent / "cases.yaml").data  # type: ignore[assignment]
CASES = [{**group, **case} for group in GROUPS for case in group["cases"]]


def name(case: dict[str, Any]) -> str:
    told = case.get("case") or "、".join(
        f"{k} {v}" for k, v in {**case.get("facts", {}), **(case["answer"] or {})}.items()
    )
    return f"{case['name']} [{told}]"


def asked(name: str, value: object) -> dict[str, Any]:
    """What a set says of a fact: its unit is the one the case writes."""
    if isinstance(value, bool):
        return {"title": name, "kind": "truth"}
    return {"title": name, "unit": "" if value is None else read_quantity(str(value)).unit}


def scored(case: dict[str, Any]) -> Node | list[str]:
    """The one indicator of a set, scored; or everything that is wrong with it."""
    facts = case.get("facts", {})
    leaf = {"id": "a", "title": "指标", "weight": case["weight"], "rule": case["rule"], "problem": "试验"}
    if "reducible" in case:
        leaf["reducible"] = case["reducible"]
    records = {} if case["answer"] is None else {"a": case["answer"]}
    try:
        wanted = {fact: asked(fact, value) for fact, value in facts.items()}
        indicator_set = a_set(maximum=case["weight"], indicators=[leaf], facts=wanted)
        known = {fact: {"value": value} for fact, value in facts.items() if value is not None}
        evaluation = an_evaluation(facts=known, records=records)
    except ValidationError as error:
        causes = [found.get("ctx", {}).get("error") for found in error.errors()]
        return [cause.message.zh for cause in causes if isinstance(cause, Fault)]
    faults = list(indicator_set.faults())
    if not faults:
        result, faults = assess(indicator_set, evaluation)
        if result and not faults:
            return result.nodes[0]
    return [fault.message.zh for fault in faults]


@pytest.mark.parametrize("case", CASES, ids=map(name, CASES))
def test_case(case: dict[str, Any]) -> None:
    outcome = scored(case)
    if "fault" in case:
        assert isinstance(outcome, list), outcome
        assert len(outcome) == 1
        assert case["fault"] in outcome[0]
    else:
        assert isinstance(outcome, Node), outcome
        assert outcome.state == case.get("state", "judged" if outcome.state == "judged" else "scored")
        assert "points" in case or outcome.state not in ("scored", "judged")
        assert str(outcome.points) == case.get("points", "0.00")


def test_every_kind_of_rule_has_cases_and_laws() -> None:
    kinds = [rule.model_fields["kind"].default for rule in get_args(get_args(AnyRule)[0])]
    assert sorted(KINDS) == sorted(kinds)
    count = {kind: sum(case["rule"]["kind"] == kind for case in CASES) for kind in kinds}
    assert {kind: n for kind, n in count.items() if n < 8} == {}


def test_every_case_names_its_source() -> None:
    assert [group["name"] for group in GROUPS if not group.get("source")] == []


# --- laws -------------------------------------------------------------------------------------------------------------

ADAPTER: TypeAdapter[Rule] = TypeAdapter(AnyRule)


def exact(rule: Rule, weight: Fraction, answer: Answer, facts: dict[str, Decimal] | None = None) -> Value:
    """The points before anything is rounded."""
    given_facts = {name: Fraction(value) for name, value in (facts or {}).items()}
    tree = rule.lower(weight, dict.fromkeys(given_facts, "number"))
    return evaluate(tree, {**given_facts, **rule.answers(answer), "weight": weight})


def points(rule: dict[str, Any], weight: Decimal, **record: Any) -> Fraction:
    value = exact(ADAPTER.validate_python(rule), Fraction(weight), Answer.model_validate(record))
    assert isinstance(value, Fraction)
    return value


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), weight=weights)
def test_the_points_are_what_the_rule_says(kind: str, data: st.DataObject, weight: Decimal) -> None:
    case: Answered = data.draw(KINDS[kind](Fraction(weight)))
    rule, answer = ADAPTER.validate_python(case.rule), Answer.model_validate(case.record)
    value = exact(rule, Fraction(weight), answer, case.facts)
    if isinstance(value, Unknown):
        assert case.result == value.why or (value.why == "not-demonstrated" and answer.mark is not None)
        return
    assert value == case.result
    assert 0 <= value <= weight
    assert [*rule.faults(answer, Fraction(weight)), *rule.unsound(Fraction(weight))] == []
    assert rule.maximum(Fraction(weight)) in (weight, None)


@pytest.mark.parametrize("kind", ["deduct", "checklist", "milestones"])
@given(data=st.data(), weight=weights)
def test_losses_are_what_was_lost(kind: str, data: st.DataObject, weight: Decimal) -> None:
    case: Answered = data.draw(KINDS[kind](Fraction(weight)))
    assert isinstance(case.result, Fraction)
    rule, answer = ADAPTER.validate_python(case.rule), Answer.model_validate(case.record)
    losses = rule.losses(answer, Fraction(weight))
    as_a_whole = kind == "checklist" and not losses  # for an item that is necessary
    assert as_a_whole or sum(loss.points for loss in losses) == Fraction(weight) - case.result
    assert all(loss.points >= 0 for loss in losses)


@given(
    st.sampled_from(["higher", "lower"]), amounts, amounts, amounts, st.integers(0, 1000), st.booleans(), st.booleans()
)
def test_a_better_actual_never_scores_less(
    direction: str, target: Decimal, one: Decimal, other: Decimal, floor: int, rescale: bool, linear: bool
) -> None:
    worse, better = sorted([one, other], reverse=direction == "lower")
    rule = {"kind": "ratio", "target": target, "direction": direction, "floor": f"{dec(floor, 1)}%"}
    rule |= {"rescale": rescale and floor < 1000, "reverse": "linear" if linear and direction == "lower" else "inverse"}
    assert points(rule, dec(1000), actual=worse) <= points(rule, dec(1000), actual=better)


@given(amounts, amounts, amounts)
def test_nearer_an_equal_target_never_scores_less(target: Decimal, one: Decimal, other: Decimal) -> None:
    near, far = sorted([one, other], key=lambda actual: abs(actual - target))
    assume((near - target) * (far - target) >= 0)  # on one side of it
    rule = {"kind": "ratio", "target": target, "direction": "equal"}
    assert points(rule, dec(1000), actual=far) <= points(rule, dec(1000), actual=near)


@given(KINDS["deduct"](Fraction(10)), st.integers(1, 3))
def test_one_more_deduction_never_scores_more(case: Answered, count: int) -> None:
    before = points(case.rule, dec(1000), **case.record)
    for cause in ("late", "error"):
        more = [*case.record["deductions"], {"cause": cause, "count": count, "reason": "试验"}]
        assert points(case.rule, dec(1000), deductions=more) <= before


@given(KINDS["checklist"](Fraction(10)))
def test_one_more_item_met_never_scores_less(case: Answered) -> None:
    before = points(case.rule, dec(1000), **case.record)
    for item in case.record["checks"]:
        assert points(case.rule, dec(1000), checks={**case.record["checks"], item: True}) >= before


BEST = {  # the record that earns full points
    "ratio": lambda rule: {"actual": rule["target"].strip("≥≤＝")},
    "ladder": lambda rule: {"actual": rule["knots"][-1]["at"]},
    "steps": lambda rule: {"actual": rule["limit"]},
    "deduct": lambda rule: {"deductions": []},
    "checklist": lambda rule: {"checks": {item["id"]: True for item in rule["items"]}},
    "yes-no": lambda rule: {"met": True},
    "levels": lambda rule: {"level": "达成年度指标", "share": "100%"},
    "milestones": lambda rule: {"actuals": {row["id"]: row["target"] for row in rule["milestones"]}},
    "panel": lambda rule: {"marks": [dec(1000)] * rule["raters"]},
    "judged": lambda rule: {"mark": dec(1000)},
}


@pytest.mark.parametrize("kind", BEST)
@given(data=st.data())
def test_the_maximum_is_reached(kind: str, data: st.DataObject) -> None:
    rule = data.draw(KINDS[kind](Fraction(10))).rule
    assert points(rule, dec(1000), **BEST[kind](rule)) == ADAPTER.validate_python(rule).maximum(Fraction(10))


@given(KINDS["bands"](Fraction(10)))
def test_the_best_band_can_be_reached(case: Answered) -> None:
    edges = [value for band in case.rule["bands"] for key, value in band.items() if key != "share"]
    somewhere_in_each = [actual for edge in edges for actual in (edge, edge - dec(1), edge + dec(1))]
    reached = max(points(case.rule, dec(1000), actual=actual) for actual in somewhere_in_each)
    assert reached == ADAPTER.validate_python(case.rule).maximum(Fraction(10))


@pytest.mark.parametrize("share", ["1/0%", "1/2%", "1e3%", "1_0%"])
def test_a_share_is_a_percentage(share: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Share).validate_python(share)
