"""Mutation testing of sets: no shipped set may change without one of its cases noticing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scoring.library.cases import SetCases, load_cases, run_cases
from scoring.library.coverage import coverage
from scoring.library.mutate import mutants, survivors
from scoring.library.propose import missing_cases, propose
from tests.library.test_cases import SHIPPED, cases, set_of, toy

EXECUTION = {"of": "spent / budget", "name": "执行率", "unit": "%"}
TOYS: dict[str, dict[str, Any]] = {
    "ratio": {"kind": "ratio", "target": "≥95%"},
    "ratio, lower": {"kind": "ratio", "target": "≤10万元", "direction": "lower"},
    "ratio, equal": {"kind": "ratio", "target": "＝141人", "direction": "equal"},
    "ratio, floor": {"kind": "ratio", "target": "≥95%", "floor": "60%", "rescale": True},
    "ratio, over": {"kind": "ratio", "target": "100人", "over": {"start": "130%", "slope": 1}, "ceiling": "200%"},
    "ratio, facts": {"kind": "ratio", "actual": "spent", "target": "budget", "unit": "万元"},
    "bands": {"kind": "bands", **EXECUTION, "bands": [{"at_least": "90%", "points": 10}, {"at_least": "80%", "points": 6}, {"points": 0}]},
    "ladder": {"kind": "ladder", "unit": "%", "knots": [{"at": "60%", "share": "0%"}, {"at": "80%", "share": "70%"}, {"at": "100%", "share": "100%"}]},
    "steps": {"kind": "steps", "unit": "%", "limit": "100%", "direction": "below", "step": "5%", "each": 2, "count": "whole"},
    "steps, dates": {"kind": "steps", "unit": "日期", "limit": "2020-03-31", "direction": "above", "step": "1天", "each": 2, "count": "whole"},
    "deduct": {"kind": "deduct", "floor": 1, "causes": [
        {"id": "late", "title": "逾期", "each": 1, "most": 3}, {"id": "wrong", "title": "差错", "at_least": 1, "at_most": 4}]},
    "checklist": {"kind": "checklist", "items": [{"id": "a", "title": "甲", "necessary": True, "points": 6}, {"id": "b", "title": "乙", "points": 4}]},
    "checklist, shares": {"kind": "checklist", "items": [{"id": id, "title": id} for id in "abc"]},
    "yes-no": {"kind": "yes-no", "partial": True},
    "levels": {"kind": "levels"},
    "milestones": {"kind": "milestones", "milestones": [
        {"id": "june", "title": "6月底", "target": "40%", "points": 4}, {"id": "year_end", "title": "年底", "target": "100%", "points": 6}]},
    "panel": {"kind": "panel", "raters": 3, "combine": "trimmed"},
    "judged": {"kind": "judged", "at_least": 2},
    "formula": {"kind": "formula", "formula": "if audited and spent <= budget then weight else max(0, weight - 2)"},
}  # fmt: skip
# Too many values are worth trying under these for a quick test; they have cases written by hand below.
BY_HAND = {"ratio, over", "steps", "levels"}


def texts(found: list[Any]) -> list[str]:
    return [mutant.text.en for mutant in found]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_no_change_to_a_shipped_set_goes_unnoticed(file: Path) -> None:
    indicator_set, given = set_of(file), load_cases(file)
    assert texts(survivors(indicator_set, given)) == []
    assert coverage(indicator_set, given) == []


@pytest.mark.parametrize("name", [name for name in TOYS if name not in BY_HAND])
def test_proposed_cases_notice_every_change(name: str, tmp_path: Path) -> None:
    indicator_set, file = toy(TOYS[name]), tmp_path / "toy.cases.yaml"
    file.write_text(propose(indicator_set), encoding="utf-8")
    given = load_cases(file)
    assert run_cases(indicator_set, given) == []
    assert missing_cases(indicator_set, given) == []
    assert texts(survivors(indicator_set, given)) == []
    assert coverage(indicator_set, given) == []


def actuals(*pairs: tuple[str, object], **more: Any) -> SetCases:
    return cases(
        *({"indicator": "one", "answer": {"actual": actual, **more}, "points": points} for actual, points in pairs)
    )


SEEDED: dict[str, tuple[dict[str, Any], dict[str, Any], SetCases]] = {
    "an edge moved": (
        TOYS["bands"],
        {"bands": [{"at_least": "90.01%", "points": 10}, {"at_least": "80%", "points": 6}, {"points": 0}]},
        cases({"indicator": "one", "facts": {"spent": "90万元", "budget": "100万元"}, "points": 10}),
    ),
    "an edge left out of its band": (
        TOYS["bands"],
        {"bands": [{"above": "90%", "points": 10}, {"above": "80%", "points": 6}, {"points": 0}]},
        cases({"indicator": "one", "facts": {"spent": "90万元", "budget": "100万元"}, "points": 10}),
    ),
    "whole steps counted in part": (TOYS["steps"], {"count": "part"}, actuals(("100%", 10), ("96%", 10), ("95%", 8))),
    "a larger step": (TOYS["steps"], {"step": "6%"}, actuals(("95%", 8))),
    "the other side of a limit": (TOYS["steps"], {"direction": "above"}, actuals(("95%", 8))),
    "a later start": (
        TOYS["ratio, over"],
        {"over": {"start": "140%", "slope": 1}},
        actuals(("130人", 10), ("150人", 8), reason="加大了投入"),  # 10 × (1 − (1.5 − 1.3)) = 8
    ),
    "a ceiling dropped": (
        TOYS["ratio, over"], {"ceiling": None}, actuals(("200人", 3), ("201人", 0), reason="加大了投入"),
    ),
    "a level that begins later": (
        {**TOYS["levels"], "levels": [{"name": "好", "at_least": "80%", "at_most": "100%"}, {"name": "差", "at_least": "0%", "below": "80%"}]},
        {"levels": [{"name": "好", "at_least": "81%", "at_most": "100%"}, {"name": "差", "at_least": "0%", "below": "80%"}]},
        cases({"indicator": "one", "answer": {"level": "好", "share": "80%", "reason": "达成"}, "points": 8}),
    ),
    "a slip in a formula": (
        TOYS["formula"],
        {"formula": "if audited and spent < budget then weight else max(0, weight - 2)"},
        cases({"indicator": "one", "facts": {"audited": True, "spent": "3万元", "budget": "3万元"}, "points": 10}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDED)
def test_a_seeded_change_is_noticed(name: str) -> None:
    rule, change, given = SEEDED[name]
    assert [failure.render() for failure in run_cases(toy(rule), given)] == []
    assert run_cases(toy({**rule, **change}), given) != []


def test_what_no_case_notices_is_said_in_both_languages() -> None:
    found = {mutant.place: mutant for mutant in survivors(toy(TOYS["bands"]), cases())}
    mutant = found["one.rule.bands[1].at_least"]
    assert mutant.text.en.startswith("one.rule.bands[1].at_least ")
    assert mutant.text.zh == f"指标一：{mutant.text.en}"
    assert {"grades[0].at_least", "one.rule.bands[0].at_least", "one.rule.of"} <= {*found}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (TOYS["bands"], "one.rule.bands[0].at_least 90% → 90.01%"),
        (TOYS["bands"], "one.rule.bands[0].at_least at_least 90% → above"),
        (TOYS["bands"], "one.rule.bands[1].points 6 → 6.01"),
        (TOYS["steps"], "one.rule.count whole → part"),
        (TOYS["steps"], "one.rule.each 2 → 1.99"),
        (TOYS["ratio"], "one.rule.direction higher → lower"),
        (TOYS["ratio, over"], "one.rule.over.slope 1 → 1.01"),
        (TOYS["deduct"], "one.rule.causes[0].most 3 → —"),
        (TOYS["deduct"], "one.rule.causes[1] wrong → —"),
        (TOYS["checklist"], "one.rule.items[0].points 6 → 6.01"),
        (TOYS["levels"], "one.rule.levels[1].below below 80% → at_most"),
        (TOYS["judged"], "one.rule.at_least 2 → 1.99"),
        (TOYS["ladder"], "one.rule.knots[1].share 70% → 70.1%"),
        (TOYS["milestones"], "one.rule.partial True → False"),
        (TOYS["panel"], "one.rule.combine trimmed → mean"),
        ({"kind": "formula", "formula": "weight * spent / (2 * budget)"}, "one.rule.formula weight * spent / (2 * budget) → weight * spent / (3 * budget)"),
    ],
)  # fmt: skip
def test_changes_that_are_tried(rule: dict[str, Any], change: str) -> None:
    assert change in texts([mutant for mutant in mutants(toy(rule)) if mutant.fate == "changed"])


def test_a_change_that_leaves_no_valid_set_is_refused() -> None:
    found = {mutant.text.en: mutant.fate for mutant in mutants(toy(TOYS["bands"]))}
    assert found["one.rule.bands[0].points 10 → 10.01"] == "refused"
    assert found["one.weight 10 → 10.01"] == "refused"
    assert found["maximum 10 → 11"] == "refused"


def test_only_a_proof_excuses_a_change() -> None:
    def fates(rule: dict[str, Any]) -> dict[str, str]:
        return {mutant.text.en.removeprefix("one.rule."): mutant.fate for mutant in mutants(toy(rule))}

    late = {"id": "late", "title": "逾期", "each": 1}
    deep = fates({"kind": "deduct", "causes": [{**late, "most": 11}]})  # 10 points cannot lose 11
    assert deep["causes[0].most 11 → 11.01"] == "equal"
    assert deep["causes[0].most 11 → 10.99"] == "equal"
    shallow = fates({"kind": "deduct", "causes": [{**late, "most": 9}]})
    assert shallow["causes[0].most 9 → 9.01"] == "changed"
    smooth, jump = (f"if spent {{}} 10 then {part} else 10" for part in ("max(0, spent)", "0"))
    made = [
        fates({"kind": "formula", "formula": text.format("<")})[
            "formula " + text.format("<") + " → " + text.format("<=")
        ]
        for text in (smooth, jump)
    ]
    assert made == ["equal", "changed"]


def test_rounding_makes_no_difference_to_whole_points() -> None:
    def rounding(rule: dict[str, Any]) -> Counter[str]:
        return Counter(mutant.fate for mutant in mutants(toy(rule)) if mutant.place.startswith("rounding"))

    assert set(rounding(TOYS["checklist"])) == {"equal"}
    assert rounding(TOYS["checklist, shares"])["changed"] == 3  # 10 ÷ 3; a single indicator's points are the total


def test_coverage_names_what_is_not_reached_and_can_be() -> None:
    met = {"indicator": "one", "answer": {"met": True}, "points": 10}
    (uncovered,) = coverage(toy(TOYS["yes-no"]), cases(met))
    assert (uncovered.indicator, uncovered.what.zh) == ("one", "没有用例不满足 met")
    late = {"id": "late", "title": "逾期", "each": 1}
    deduct = toy({"kind": "deduct", "causes": [late]})
    one_late = {"indicator": "one", "answer": {"deductions": [{"cause": "late", "reason": "晚报"}]}, "points": 9}
    (uncovered,) = coverage(deduct, cases(one_late))
    assert uncovered.what.zh == "没有用例由 0 决定 max(0, 10 - count.late * 1)"
    # at or below a target completion is at most 1, so that the cap can never be what decides
    lower = actuals(("10万元", 10), ("20万元", 5))
    assert coverage(toy(TOYS["ratio, lower"]), lower) == []
