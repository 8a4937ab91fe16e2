"""What a score may still become while data are missing: the bounds reading in the engine."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.engine import assess
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet

CHECKS = {
    "kind": "checklist",
    "items": [{"id": "x", "title": "甲", "points": 10}, {"id": "y", "title": "乙", "points": 30}],
}
BANDS = {
    "kind": "bands",
    "unit": "%",
    "bands": [{"at_least": "90%", "points": 40}, {"at_least": "60%", "points": 30}, {"points": 20}],
}


@pytest.mark.parametrize(
    ("rule", "record", "low", "high"),
    [
        (CHECKS, {}, "0.00", "40.00"),
        (CHECKS, {"checks": {"x": True}}, "10.00", "40.00"),
        (CHECKS, {"checks": {"y": False}}, "0.00", "10.00"),
        (BANDS, {}, "20.00", "40.00"),
        ({"kind": "ratio", "target": "100人"}, {}, "0.00", "40.00"),
        ({"kind": "ratio", "target": "100人", "actual": "paid + owed"}, {}, "16.00", "40.00"),
        ({"kind": "formula", "formula": "if done then weight else 15"}, {}, "15.00", "40.00"),
    ],
    ids=["nothing", "one met", "one not met", "lowest band", "ratio", "one of two facts", "either branch"],
)
def test_what_a_leaf_may_still_earn(rule: dict[str, object], record: dict[str, object], low: str, high: str) -> None:
    leaf = {"id": "a", "title": "甲", "weight": 40, "rule": rule, "problem": "有问题"}
    facts = {
        "paid": {"title": "已付", "unit": "人"},
        "owed": {"title": "应付", "unit": "人"},
        "done": {"title": "完成", "kind": "truth"},
    }
    indicator_set = IndicatorSet.model_validate(
        {
            "id": "toy",
            "title": "试验",
            "version": "1",
            "subject": "project",
            "status": "illustrative",
            "weights": "illustrative",
            "rules": "illustrative",
            "effective": {"first": 2019},
            "citations": [{"title": "试验"}],
            "grades_source": "试验",
            "grades": [{"title": "有", "at_least": 0}],
            "outline": "general-project",
            "maximum": 40,
            "facts": facts,
            "indicators": [leaf],
        }
    )
    assert list(indicator_set.faults()) == []
    subject = {"name": "甲", "kind": "project", "unit": "乙"}
    given = {"paid": {"value": "40人"}} if "paid" in str(rule) else {}
    evaluation = {
        "id": "e",
        "title": "试验",
        "year": 2019,
        "subject": subject,
        "set": "toy@1",
        "facts": given,
        "records": {"a": record},
    }
    result, faults = assess(indicator_set, Evaluation.model_validate(evaluation))
    assert faults == []
    assert result is not None
    assert (str(result.low), str(result.high)) == (low, high)
    assert result.total == Decimal(0)
    assert result.grade is None
