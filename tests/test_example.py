"""The first real input, all the way through: published totals, explained losses, one fact with one value everywhere."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from scoring.errors import ScoringError
from scoring.load import load_case
from scoring.report.write import documents, write
from tests.conftest import EXAMPLE, change, run


def test_totals_are_the_published_ones() -> None:
    case = load_case(EXAMPLE)
    assert [(entry.label, str(entry.result.total), entry.result.grade.title) for entry in case.entries] == [
        ("附件1", "93.00", "优"),
        ("附件2-1", "95.00", "优"),
        ("附件2-2", "95.00", "优"),
    ]


def test_every_lost_point_has_a_reason_and_a_problem() -> None:
    for entry in load_case(EXAMPLE).entries:
        ledger = entry.result.ledger
        assert sum(row.points for row in ledger) == entry.result.maximum - entry.result.total
        assert all(row.reason.zh and row.problem and row.evidence for row in ledger)
        found = [row for finding in entry.result.findings for row in finding.rows]
        assert sorted(found, key=ledger.index) == list(ledger)


def test_reconstruction_is_said_where_a_reader_sees_it() -> None:
    for entry, document in zip((case := load_case(EXAMPLE)).entries, documents(case), strict=True):
        assert entry.result.evaluation.notice
        first = document.blocks[0]
        assert "重建" in first.text
        assert first.style == "note"


def test_facts_of_the_source_are_checked_against_each_other(example: Path) -> None:
    change(example / "department.yaml", "value: 193.82万元", "value: 193.28万元")
    with pytest.raises(ScoringError) as caught:
        load_case(example)
    (fault,) = caught.value.diagnostics
    assert (fault.path, fault.message.zh) == (
        "facts.spending_basic.value",
        "“基本支出”写的是 224.82万元，公式算得 224.28万元",
    )


def test_one_changed_fact_changes_everything_together(example: Path) -> None:
    """Spent of project one to 9.00: score, sentence, table, ledger and report move as one."""
    change(example / "model-workers.yaml", "spent: {value: 10.34万元", "spent: {value: 9.00万元")
    case = load_case(example)
    result = case.entries[1].result
    leaf = next(leaf for leaf in result.leaves() if leaf.id == "aid-paid")
    assert leaf.points == Decimal("4.35")  # 5 × 9 ÷ 10.34 = 4.3520…
    assert Fraction(5 * 9 * 100, 1034) == pytest.approx(4.352, abs=1e-3)
    assert result.total == Decimal("94.35")
    assert leaf.reason.zh == "完成率 = 9 ÷ 10.34 ≈ 87.04%，得 5 × 87.04% ≈ 4.35分（满分5分）"
    (row,) = [row for row in result.ledger if row.indicator == "aid-paid"]
    assert (str(row.points), row.problem) == (
        "0.65",
        "劳模慰问、生活补助和特困帮扶金额没有达到目标：目标≥10.34万元，实际9万元",
    )
    files = {file.name: file for file in write(case, example / "out")}
    text = files["附件2-1 2019年省部级劳模补助项目支出绩效评价报告.md"].read_text(encoding="utf-8")
    for words in (
        "执行9万元",
        "总体得分94.35分",
        "实际9万元",
        "已发放9万元",
        "完成率 = 9 ÷ 10.34 ≈ 87.04%",
        "失0.65分",
    ):
        assert words in text
    assert "执行10.34万元" not in text


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    once = {file.name: file.read_bytes() for file in write(load_case(EXAMPLE), tmp_path / "a")}
    again = {file.name: file.read_bytes() for file in write(load_case(EXAMPLE), tmp_path / "b")}
    assert once == again
    assert len(once) == 7


def test_the_outline_is_the_one_of_the_published_reports() -> None:
    department, project, _ = documents(load_case(EXAMPLE))
    assert [b.text for b in department.blocks if getattr(b, "level", 0) in (1, 2)] == [
        "一、部门（单位）概况",
        "（一）机构组成",
        "（二）机构职能",
        "（三）人员概况",
        "二、部门财政资金收支情况",
        "（一）部门财政资金收入情况",
        "（二）部门财政资金支出情况",
        "三、部门整体预算绩效管理情况",
        "（一）部门预算管理",
        "（二）专项预算管理",
        "四、评价结论及建议",
        "（一）评价结论",
        "（二）存在问题",
        "（三）改进建议",
    ]
    assert [b.text for b in project.blocks if hasattr(b, "level")] == [
        "一、评价工作开展及项目情况",
        "二、评价结论及绩效分析",
        "（一）评价结论",
        "（二）绩效分析",
        "1.项目决策",
        "2.项目管理",
        "3.项目绩效",
        "三、存在主要问题",
        "四、相关措施建议",
    ]


def test_nothing_is_blank_or_none_in_the_reports(tmp_path: Path) -> None:
    for file in write(load_case(EXAMPLE), tmp_path):
        if file.suffix == ".md":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"None|\{\{|\}\}|Undefined|nan", text)


def test_score_as_json_has_the_agreed_keys() -> None:
    done = run("score", EXAMPLE, "--format", "json")
    assert done.returncode == 0, done.stderr
    (department, *_), keys = (data := json.loads(done.stdout)["evaluations"]), set(data[0])
    assert keys >= {
        "id", "title", "subject", "year", "set", "total", "maximum", "grade", "indicators", "ledger",
    }  # fmt: skip
    assert (department["total"], department["maximum"], department["grade"]) == ("93.00", "100", "优")
    assert set(department["indicators"][0]) == {
        "id",
        "title",
        "path",
        "weight",
        "points",
        "self_score",
        "state",
        "reason",
    }
    lost = sum(Decimal(row["points"]) for row in department["ledger"])
    assert lost + Decimal(department["total"]) == Decimal(department["maximum"])
    leaves = sum(Decimal(leaf["points"]) for leaf in department["indicators"])
    assert leaves == Decimal(department["total"])
