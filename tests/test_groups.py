"""Groups, roles, rounding, vetoes and discounts as data: worked by hand, each with its arithmetic."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from textwrap import indent

import pytest
import yaml

from scoring.engine import assess
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet
from scoring.source import parse
from scoring.source.model import build

SET = """
id: toy
title: 试验体系
version: "1"
subject: project
status: illustrative
weights: illustrative
rules: illustrative
effective: {first: 2019}
citations: [{title: 试验}]
grades_source: 试验
grades: [{title: 优, at_least: 90}, {title: 良, at_least: 80}, {title: 中, at_least: 60}, {title: 差, at_least: 0}]
outline: sichuan-2019-project
"""
EVALUATION = """
id: e
title: 试验
year: 2019
subject: {name: 甲, kind: project, unit: 乙}
set: toy@1
"""
CASES = yaml.safe_load((Path(__file__).parent / "groups.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, str]) -> None:
    text = f"{SET}{case.get('set', '')}\nindicators:\n{indent(case['indicators'], '  ')}"
    indicator_set = build(parse(text, Path("set")), IndicatorSet)
    assert [fault.message.zh for fault in indicator_set.faults()] == []
    text = f"{EVALUATION}{case.get('evaluation', '')}\nrecords:\n{indent(case['records'], '  ')}"
    result, faults = assess(indicator_set, build(parse(text, Path("evaluation")), Evaluation))
    if "fault" in case:
        assert [fault.message.zh for fault in faults] == [case["fault"]]
        return
    assert result is not None
    assert faults == []
    assert f"{result.total}/{result.maximum} {result.grade.title}" == case["total"]
    points = {node.id: f"{node.points}/{node.weight}" for node in result.walk()}
    assert {id: points[id] for id in case.get("points", {})} == case.get("points", {})
    assert {row.indicator: str(row.points) for row in result.ledger} == case["ledger"]
    assert sum((row.points for row in result.ledger), Decimal(0)) == result.maximum - result.total
