"""Rules as data: each case a rule, what the record says, and the points worked by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from scoring.expression.exact import Unknown, evaluate
from scoring.expression.words import account, formula
from scoring.rules import Answer, AnyRule, Rule
from scoring.source import parse
from scoring.values import rounded

FILE = Path(__file__).parent / "local.yaml"
CASES: list[dict[str, Any]] = parse(FILE.read_text(encoding="utf-8"), FILE).data  # type: ignore[assignment]
RULE: TypeAdapter[Rule] = TypeAdapter(AnyRule)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['rule']['kind']}: {case['name']}" for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    rule, weight = RULE.validate_python(case["rule"]), Fraction(str(case["weight"]))
    answer = Answer.model_validate(case.get("answer", {}))
    found = [fault.message.zh for fault in rule.faults(answer, weight)]
    if "fault" in case:
        assert found == [case["fault"]]
        return
    assert found == []
    given = case.get("facts", {})
    known = {name: "truth" if isinstance(value, bool) else "number" for name, value in given.items()}
    facts = {name: value if isinstance(value, bool) else Fraction(str(value)) for name, value in given.items()}
    tree = rule.lower(weight, known)
    facts |= {**rule.answers(answer), "weight": weight}
    points = evaluate(tree, facts)
    if "state" in case:
        assert isinstance(points, Unknown)
        assert points.why == case["state"]
        return
    assert isinstance(points, Fraction)
    assert str(rounded(points, 2)) == str(case["points"])
    printed = Decimal(str(case["weight"])), rounded(points, 2)
    told = account(tree, facts, rule.labels(weight), *printed).sentence(*printed, "zh")
    assert told.endswith(f"（满分{case['weight']}分）")
    assert formula(tree, rule.labels(weight), "en")
    if losses := rule.losses(answer, weight):
        assert sum(loss.points for loss in losses) == weight - points


def test_the_file_covers_every_new_kind() -> None:
    assert {case["rule"]["kind"] for case in CASES} >= {"steps", "ladder", "yes-no", "milestones", "panel", "ratio"}
