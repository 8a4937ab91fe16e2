"""jixiao gap and plan as a user meets them, on an evaluation under way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring.exchange.record import open_sheets
from tests.conftest import EXAMPLE, change, run


@pytest.fixture
def under_way(example: Path) -> Path:
    """One indicator without a record, one target repeated and not marked, one loss without a problem."""
    file = example / "model-workers.yaml"
    change(file, "  allocation: {", "  # allocation: {")
    change(
        file,
        "    mark: 8\n    reason: 完成值栏照抄目标值，没有附满意度调查，扣2分\n    same_problem_as: care-for-model-workers\n",
        "",
    )
    change(
        file,
        "    problem: 个别劳模的示范带动作用发挥不足\n    recommendation: 各级各部门为劳模搭建平台，发挥劳模的带动作用\n",
        "",
    )
    return file


def test_gap_lists_what_is_open_by_points_and_the_totals_still_possible(under_way: Path) -> None:
    done = run("gap", under_way)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    rows = [line.split() for line in lines[3:5]]
    assert rows == [
        ["补助对象满意度", "10", "10.00", "未证明", "satisfaction-of-model-workers"],
        ["资金分配", "3", "3.00", "缺数据", "allocation"],
    ]
    assert "    证明材料：资金分配文件" in lines
    assert "  关爱各级劳模：完成值只重复目标值“关爱各级劳模”，评价人评 19.00 / 20" in lines
    assert any(line.startswith("  劳模示范带动作用 −2.00　没有写问题，也没有写免列理由") for line in lines)
    assert lines[-1] == "现在得 84.00 / 100；最低 84.00（良），最高 97.00（优）"
    result = open_sheets(under_way)[0].result
    assert (str(result.low), str(result.high)) == ("84.00", "97.00")


def test_gap_as_json_in_english(under_way: Path) -> None:
    (found,) = json.loads(run("gap", under_way, "--format", "json", "--lang", "en").stdout)["evaluations"]
    assert {key: found[key] for key in ("total", "low", "high", "lowest_grade", "highest_grade")} == {
        "total": "84.00",
        "low": "84.00",
        "high": "97.00",
        "lowest_grade": "Good",
        "highest_grade": "Excellent",
    }
    assert [(each["id"], each["state"], each["at_stake"]) for each in found["open"]] == [
        ("satisfaction-of-model-workers", "not-demonstrated", "10.00"),
        ("allocation", "missing", "3.00"),
    ]
    assert [each["id"] for each in found["judged_unproven"]] == ["care-for-model-workers"]
    assert [(each["indicator"], each["points"]) for each in found["unexplained"]] == [("leading-role", "2.00")]


def test_a_loss_without_a_problem_is_let_through_by_gap_and_plan_alone(under_way: Path) -> None:
    for command, code in (("gap", 0), ("plan", 0), ("score", 1), ("check", 1)):
        assert run(command, under_way).returncode == code


def test_gap_of_a_faulty_case_names_the_fault(under_way: Path) -> None:
    change(under_way, "mark: 18", "mark: 180")
    done = run("gap", under_way)
    assert (done.returncode, done.stdout) == (1, "")
    assert "records.leading-role.mark" in done.stderr


def test_gap_of_finished_work() -> None:
    lines = run("gap", EXAMPLE / "department.yaml", "--lang", "en").stdout.splitlines()
    assert lines == [
        "Department-wide expenditure 2019",
        "Nothing is left to do.",
        "Now 93.00 / 100; at least 93.00 (Excellent), at most 93.00 (Excellent)",
    ]


def test_plan_lists_papers_and_sources_with_what_is_there() -> None:
    done = run("plan", EXAMPLE)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert ["部门决算", "预算执行刚性", "已登记", "2019年度部门决算 第二部分第五项；附件1 第三部分（一）2"] in rows
    assert ["绩效目标申报表", "部门绩效目标制定", "登记了别的材料", "2019年度部门决算 附件1 第三部分（一）1"] in rows
    assert ["部门决算", "本年收入（万元）", "368.21万元", "income"] in rows
    assert "材料 17 种，还没有登记的 18 处；数据待填 0 项" in done.stdout


def test_plan_as_json_of_a_new_case(tmp_path: Path) -> None:
    made = run("new", tmp_path / "case", "--set", "county-department-2019", "--body", "某区", "--year", "2019")
    assert made.returncode == 0
    (found,) = json.loads(run("plan", tmp_path / "case", "--format", "json").stdout)["evaluations"]
    (paper,) = (paper for paper in found["papers"] if paper["title"] == "部门决算")
    assert [(use["id"], use["standing"]) for use in paper["indicators"]] == [("execution-rigour", "wanted")]
    assert {fact["value"] for source in found["sources"] for fact in source["facts"]} == {None}
