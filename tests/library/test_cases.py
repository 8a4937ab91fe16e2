"""A set's own test cases: every shipped set has a file of them that passes and shows all an indicator can give."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import ScoringError
from scoring.indicators import IndicatorSet
from scoring.library.cases import SetCase, SetCases, load_cases, run_cases
from scoring.library.propose import missing_cases, propose
from scoring.load import load_set, set_files
from tests.conftest import ROOT
from tests.library.second_opinion import Reckoner, raw

SHIPPED = sorted((ROOT / "indicator_sets").rglob("*.cases.yaml"))


def set_of(file: Path) -> IndicatorSet:
    return load_set(file.with_name(file.name.replace(".cases.", ".")))


def toy(rule: dict[str, Any] | None, weight: int = 10, **keys: Any) -> IndicatorSet:
    """A set of one indicator, or of those given; points of whole numbers are easy to check by hand."""
    one = {"id": "one", "title": "指标一", "weight": weight, **({"rule": rule} if rule else {"open": {}})}
    data = {
        "id": "toy",
        "title": "玩具体系",
        "version": "1",
        "subject": "project",
        "status": "illustrative",
        "weights": "illustrative",
        "rules": "illustrative",
        "effective": {"first": 2020},
        "citations": [{"title": "测试"}],
        "maximum": weight,
        "grades": [{"title": "合格", "at_least": 60}, {"title": "不合格", "at_least": 0}],
        "grades_source": "测试",
        "outline": "general-project",
        "facts": {
            "spent": {"title": "执行数", "unit": "万元"},
            "budget": {"title": "预算数", "unit": "万元"},
            "audited": {"title": "已审计", "kind": "truth"},
        },
        "indicators": [one],
        **keys,
    }
    made = IndicatorSet.model_validate(data)
    assert not [fault.message.zh for fault in made.faults()]
    return made


def cases(*given: dict[str, Any]) -> SetCases:
    return SetCases(set="toy@1", cases=tuple(SetCase.model_validate(each) for each in given))


def wrong(indicator_set: IndicatorSet, *given: dict[str, Any]) -> list[tuple[str, str]]:
    return [(failure.expected, failure.got) for failure in run_cases(indicator_set, cases(*given))]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_cases_pass(file: Path) -> None:
    indicator_set, given = set_of(file), load_cases(file)
    assert [failure.render() for failure in run_cases(indicator_set, given)] == []


def test_every_shipped_set_has_cases() -> None:
    assert {file.stem for file in set_files()} == {file.stem.removesuffix(".cases") for file in SHIPPED}


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_cases_leave_nothing_out(file: Path) -> None:
    assert missing_cases(set_of(file), load_cases(file)) == []


def test_a_wrong_expectation_fails_at_its_line(tmp_path: Path) -> None:
    source = ROOT / "indicator_sets" / "sichuan" / "county-department-2019.cases.yaml"
    text = source.read_text(encoding="utf-8").replace(
        "reason: 缺两张表}]}, points: 8}", "reason: 缺两张表}]}, points: 9}"
    )
    file = tmp_path / source.name
    file.write_text(text, encoding="utf-8")
    (failure,) = run_cases(set_of(source), load_cases(file))
    line = next(n for n, words in enumerate(text.splitlines(), start=1) if "缺两张表" in words)
    assert (failure.line, failure.column, failure.expected, failure.got) == (line, 3, "9分", "8分")
    assert failure.render("en").startswith(f"{file}:{line}:3: ")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("set: toy@1\ncases:\n- {indicator: one}\n", 3, "没有写应得的结果"),
        ("set: toy@1\ncases:\n- {points: 5}\n", 3, "写且只写一个"),
        ("set: toy@1\ncases:\n- {indicator: one, points: 5, anwser: {mark: 5}}\n", 3, "anwser"),
        ("set: toy@1\ncases:\n- {indicator: one, points: '5'}\n", 3, "数字"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = tmp_path / "toy.cases.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScoringError) as caught:
        load_cases(file)
    (fault,) = caught.value.diagnostics
    assert fault.line == line
    assert words in fault.message.zh


def test_what_is_expected_and_what_came() -> None:
    one = toy({"kind": "judged"})
    said = {"indicator": "one", "answer": {"mark": 4, "reason": "一般"}}
    assert wrong(one, {**said, "points": 4}) == []
    assert wrong(one, {**said, "points": 5}) == [("5分", "4分")]
    assert wrong(one, {**said, "state": "missing"}) == [("4分 missing", "4分")]
    assert wrong(one, {**said, "fault": "超出"}) == [("超出", "4分")]
    assert wrong(one, {"indicator": "one", "points": 0}) == [("0分", "0分 missing")]
    assert wrong(one, {"indicator": "one", "answer": {"mark": 11, "reason": "好"}, "fault": "超出 0–10"}) == []
    assert wrong(one, {"indicator": "one", "answer": {"mark": 11, "reason": "好"}, "points": 10}) == [
        ("10分", "评分 11 超出 0–10 分的范围")
    ]
    ((_, came),) = wrong(one, {"indicator": "two", "points": 1})
    assert "two" in came
    assert wrong(one, {"grade": {"total": 6, "maximum": 10, "is": "不合格"}}) == [("不合格", "合格")]


def test_cases_of_another_version_fail() -> None:
    (failure,) = run_cases(toy({"kind": "judged"}), SetCases(set="toy@2", cases=()))
    assert (failure.expected, failure.got) == ("toy@1", "toy@2")


def test_weights_move_where_an_indicator_does_not_apply() -> None:
    parts = [
        {"id": id, "title": id, "weight": w, "rule": {"kind": "judged"}} for id, w in (("a", 2), ("b", 3), ("c", 5))
    ]
    left_out = {"indicator": "a", "not_applicable": "没有这项工作"}
    for policy, weights in {
        "full": {"a": 2, "b": 3, "c": 5},
        "shrink": {"a": 0, "b": 3, "c": 5},
        "whole": {"a": 0, "b": "3.75", "c": "6.25"},  # 10 × 3 ÷ 8, 10 × 5 ÷ 8
    }.items():
        indicator_set = toy(None, indicators=parts, not_applicable=policy)
        exact = {id: Decimal(weight) for id, weight in weights.items()}
        assert wrong(indicator_set, {**left_out, "state": "not-applicable", "weights": exact}) == []
        assert wrong(indicator_set, {**left_out, "weights": {**exact, "b": 4}}) != []


def test_missing_cases_are_named() -> None:
    indicator_set = toy({"kind": "yes-no"})
    assert missing_cases(indicator_set, cases()) == [("one", "full"), ("one", "zero"), ("one", "missing")]
    met = {"indicator": "one", "answer": {"met": True}, "points": 10}
    assert missing_cases(indicator_set, cases(met)) == [("one", "zero"), ("one", "missing")]
    allowed = toy({"kind": "yes-no"}, not_applicable="full")
    assert ("one", "not-applicable") in missing_cases(allowed, cases(met))


def test_a_proposed_file_says_so_and_passes(tmp_path: Path) -> None:
    indicator_set = toy({"kind": "yes-no", "partial": True})
    file = tmp_path / "toy.cases.yaml"
    file.write_text(text := propose(indicator_set), encoding="utf-8")
    assert text.splitlines()[1] == "# 由程序算出，请核对"
    assert run_cases(indicator_set, load_cases(file)) == []
    assert missing_cases(indicator_set, load_cases(file)) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_second_reckoning_comes_to_the_same(file: Path) -> None:
    """Every number a shipped case expects, from the raw files and without the program."""
    reckoner = Reckoner(raw(file.with_name(file.name.replace(".cases.", "."))))
    for case in raw(file)["cases"]:
        if "grade" in case:
            assert reckoner.grade(case["grade"]) == case["grade"]["is"], case
        elif "records" in case:
            assert reckoner.total(case) == Fraction(case["total"]), case
        elif "points" in case and "state" not in case:
            assert reckoner.points(case) == Fraction(case["points"]), case
