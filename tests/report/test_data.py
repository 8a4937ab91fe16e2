"""JSON and CSV hold the whole result, exact, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.facts import Figure
from scoring.load import load_case
from scoring.report import html
from scoring.report.data import SCHEMA, _exact, as_json, indicators_csv, inert, ledger_csv
from scoring.report.document import Document, legible
from scoring.result import Result
from scoring.values import read_quantity
from tests.conftest import change

NO_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def below(nodes: list[dict]) -> list[dict]:
    return [each for node in nodes for each in (node, *below(node["children"]))]


def no_float(text: str) -> float:
    raise AssertionError(f"a binary float: {text}")


def test_json_has_every_node_row_finding_and_fact(results: list[Result]) -> None:
    whole = json.loads(as_json(results), parse_float=no_float)
    assert (whole["schema"], whole["lang"]) == (SCHEMA, "zh")
    for data, result in zip(whole["evaluations"], results, strict=True):
        nodes = below(data["tree"])
        assert [node["id"] for node in nodes] == [node.id for node in result.walk()]
        for node in nodes:
            if node["children"]:
                for key in ("weight", "points", "lost"):
                    assert Decimal(node[key]) == sum(Decimal(child[key]) for child in node["children"])
        assert sum(Decimal(row["points"]) for row in data["ledger"]) == Decimal(data["maximum"]) - Decimal(
            data["total"]
        )
        assert [found["problem"] for found in data["findings"]] == [found.problem for found in result.findings]
        assert set(data["facts"]) == set(result.figures)
        papers = [paper["title"] for node in nodes for paper in node["evidence"]]
        assert papers == [paper.title for leaf in result.leaves() for paper in leaf.evidence]
    assert whole["evaluations"][1]["facts"]["spent"] | {"title": ""} == {
        "title": "", "value": "10.34", "unit": "万元", "shown": "10.34万元",
        "source": "2019年度部门决算 项目支出绩效目标完成情况表", "note": None,
    }  # fmt: skip


def test_json_speaks_english_when_asked(results: list[Result]) -> None:
    (data,) = json.loads(as_json(results[:1], "en"))["evaluations"]
    assert (data["title"], data["grade"]) == (results[0].evaluation.english, results[0].grade.text.en)
    assert data["tree"][0]["title"] == results[0].nodes[0].title.en


@pytest.mark.parametrize(
    ("written", "exact"),
    [("10.340万元", "10.34"), ("118.78%", "118.78"), ("13个", "13"), ("2019年12月31日", "2019-12-31"), (-2, "-2")],
)
def test_a_quantity_is_written_exactly(written: object, exact: str) -> None:
    assert _exact(read_quantity(written)) == exact


def test_a_quantity_that_is_no_decimal_is_a_fraction() -> None:
    from scoring.errors import Text
    from scoring.report.data import _figure
    from scoring.values import Quantity

    third = _figure(Figure(Text("甲", "a"), Quantity(Fraction(1, 3), "%")), "zh")
    assert (third["value"], third["shown"]) == ("1/3", "≈0.3333%")
    assert _figure(Figure(Text("甲", "a"), True), "zh")["value"] is True


def test_hostile_text_is_in_the_json_as_it_was(hostile_results: list[Result], hostile: str) -> None:
    text = as_json(hostile_results).encode().decode()
    for data in json.loads(text)["evaluations"]:
        assert data["title"] == data["notice"] == hostile
        assert {node["title"] for node in below(data["tree"])} == {hostile}
        assert {row["reason"] for row in data["ledger"]} == {hostile}
        assert {figure["source"] for figure in data["facts"].values()} <= {hostile, None}


def test_indicators_as_csv_have_a_row_each_and_plain_numbers(results: list[Result]) -> None:
    rows = table(indicators_csv(results))
    leaves = [leaf for result in results for leaf in result.leaves()]
    assert [row["编号"] for row in rows] == [leaf.id for leaf in leaves]
    for result in results:
        own = [row for row in rows if row["评价"] == result.evaluation.title]
        assert sum(Decimal(row["得分"]) for row in own) == result.total
        assert sum(Decimal(row["失分"]) for row in own) == result.maximum - result.total
    first = rows[0]
    assert (first["一级指标"], first["二级指标"], first["指标"]) == ("部门预算管理", "", "部门绩效目标制定")
    assert (first["分值"], first["得分"], first["年度"], first["状态"]) == ("10", "10.00", "2019", "已计算")
    assert first["依据"] == "2019年度部门决算 附件1 第三部分（一）1"


def test_what_the_body_gave_itself_stands_beside_the_points(example: Path) -> None:
    change(example / "department.yaml", "    mark: 8\n", "    mark: 8\n    self_score: 9.5\n")
    result = load_case(example).entries[0].result
    by_id = {row["编号"]: row for row in table(indicators_csv([result]))}
    assert (by_id["project-effect"]["得分"], by_id["project-effect"]["单位自评分"]) == ("8.00", "9.5")
    assert by_id["objectives"]["单位自评分"] == ""
    (data,) = json.loads(as_json([result]))["evaluations"]
    found = {leaf["id"]: leaf["self_score"] for leaf in data["indicators"]}
    assert (found["project-effect"], found["objectives"]) == ("9.5", None)
    page = html.render(Document("", ("题",), ()), [result])
    assert page.count('<dt>单位自评分</dt><dd class="text">9.5</dd>') == page.count("单位自评分") == 1


def test_the_ledger_as_csv_adds_up(results: list[Result]) -> None:
    rows = table(ledger_csv(results))
    assert sum(Decimal(row["失分"]) for row in rows) == sum(result.maximum - result.total for result in results)
    assert [row["编号"] for row in rows] == [row.indicator for result in results for row in result.ledger]


def test_hostile_text_in_csv_is_whole_and_no_formula(hostile_results: list[Result], hostile: str) -> None:
    numbers = {"年度", "分值", "得分", "失分", "单位自评分"}
    for text in (indicators_csv(hostile_results), ledger_csv(hostile_results)):
        rows = table(text.encode().decode())
        assert len({len(row) for row in rows}) == 1
        for row in rows:
            assert row["指标"].removeprefix("'") == legible(hostile).removeprefix("'")
            assert not any(cell.startswith(NO_FORMULA) for name, cell in row.items() if name not in numbers)


@given(st.text(st.characters()))
def test_any_text_isinert_in_a_cell_and_nothing_of_it_is_lost(text: str) -> None:
    shown = inert(text)
    assert not shown.startswith(NO_FORMULA)
    assert shown in (legible(text), f"'{legible(text)}")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝10.34万元", "=cmd|' /C calc'!A0"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "正常", " =1", "1-2", "≥95%"])
def test_common_text_is_left_as_it_is(text: str) -> None:
    assert inert(text) == text
