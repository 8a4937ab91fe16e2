"""The forms of self-review: the rows and columns of 财预〔2020〕10号 附1, and two filled in, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.load import find_set, load_case
from scoring.report import forms, markdown
from scoring.report.document import Cell, Table
from scoring.report.write import documents
from tests.conftest import EXAMPLE
from tests.report.golden_files import is_golden

CASE = load_case(Path(__file__).parent / "self-review")
DOCUMENTS = documents(CASE)
MEALS, BOND = (entry.result for entry in CASE.entries)
SELF_REVIEWS = (
    "self-evaluation-2020",
    "central-self-evaluation-2021-cost",
    "central-self-evaluation-2021-no-cost-no-satisfaction",
    "henan-bond-self-review-operating",
    "sichuan-selfeval-operating-expense",
)


def texts(table: Table) -> list[list[str]]:
    """Every row with the texts of the cells that start in it."""
    return [[cell.text for cell in row] for row in table.rows]


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.label for document in DOCUMENTS])
def test_a_self_review_is_the_golden_one(document) -> None:
    assert is_golden(f"self-review-{document.label}.md", markdown.render(document))


def test_the_form_has_the_columns_of_the_regulation() -> None:
    rows = texts(forms.self_review(MEALS))
    assert rows[0] == ["项目名称", "农村学生营养改善计划"]
    assert rows[1] == ["主管部门", "某县教育局", "实施单位", "某县学生资助中心"]
    assert rows[2] == ["项目资金（万元）", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"]
    assert [row[0] for row in rows[3:7]] == ["年度资金总额", "其中：当年财政拨款", "上年结转资金", "其他资金"]
    assert rows[3][1:] == ["900", "1000", "950.5", "10", "95.05%", "9.51"]
    assert rows[4][1:] == ["900", "1000", "950.5", "—", "95.05%", "—"]
    assert rows[5][1:] == ["", "", "", "—", "", "—"]  # not recorded: left to be filled in by hand
    assert rows[7] == ["年度总体目标", "预期目标", "实际完成情况"]
    head = rows.index(next(row for row in rows if row[0] == "绩效指标"))
    assert rows[head][1:] == [
        *("一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "偏差原因分析及改进措施")
    ]
    assert rows[head + 1][:3] == ["产出指标", "数量指标", "受益学生人数"]
    assert rows[-1] == ["总分", "100", "93.91", ""]


def test_every_indicator_but_the_execution_rate_is_a_row_and_weights_add_up() -> None:
    table = forms.self_review(MEALS)
    head = next(number for number, row in enumerate(table.rows) if row[0].text == "绩效指标")
    listed = table.rows[head + 1 : -1]
    assert len(listed) == sum(1 for leaf in MEALS.leaves()) - 1
    assert sum(int(row[-3].text) for row in listed) + 10 == 100
    assert len(list(table.grid())) == len(table.rows)  # the cells fill the grid


def test_a_bond_project_lists_its_own_sources_of_money() -> None:
    rows = texts(forms.self_review(BOND, forms.BOND))
    assert [row[0] for row in rows[3:6]] == ["年度资金总额", "其中：债券资金", "配套资金"]
    assert rows[4][1:] == ["", "1600", "1600", "—", "100%", "—"]
    assert rows[6][1:] == ["预期目标", "预期目标完成情况"]


def test_a_departments_form_lists_every_indicator_of_any_set() -> None:
    result = load_case(EXAMPLE).entries[0].result
    table = forms.self_review(result, forms.DEPARTMENT)
    assert texts(table)[0] == ["部门（单位）名称", "广元市利州区总工会"]
    assert len(list(table.grid())) == len(table.rows)
    titles = {cell.text for row in table.rows for cell in row}
    assert {leaf.title.zh for leaf in result.leaves()} <= titles


def test_a_loss_tells_its_cause_and_remedy_and_a_gain_its_note() -> None:
    rows = {row[-6].text: row[-1].text for row in forms.self_review(MEALS).rows if len(row) > 5}
    assert rows["受益学生人数"] == "两所教学点学生转学。改进措施：按学期核定受益人数。"
    assert rows["供餐天数"] == "秋季学期比计划多供餐5天。"
    assert rows["供餐学校"] == ""


@pytest.mark.parametrize("id", SELF_REVIEWS)
def test_a_self_review_prints_the_form_and_no_report(id: str) -> None:
    assert find_set(id).outline in ("self-review", "bond-self-review")


@given(st.lists(st.tuples(st.sampled_from("甲乙"), st.sampled_from(["", "子", "丑"])), max_size=12))
def test_levels_in_any_order_fill_the_grid(places: list[tuple[str, str]]) -> None:
    labels = forms._labels(places)
    rows = [(*above, Cell("题", columns=1 if second else 2)) for above, (_, second) in zip(labels, places, strict=True)]
    grid = list(Table("", (1, 1, 1), tuple(rows)).grid())
    for line, (first, second) in zip(grid, places, strict=True):
        texts = [place[0].text for place in line if place]
        assert texts == [first, *([second] if second else []), "题"]
