"""A small report with everything a report can hold, and texts that try to be more than text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from scoring.errors import Text
from scoring.evaluation import Evaluation, Evidence
from scoring.load import load_case
from scoring.report.document import Book, Cell, Document, Heading, PageBreak, Paragraph, Table
from scoring.result import Result
from tests.conftest import EXAMPLE

HOSTILE = {
    "script": "<script>alert('x')</script>",
    "entity": "&amp; &#65; & &lt;b&gt;",
    "cdata end": "]]> <![CDATA[ <!-- --> <?xml?>",
    "template": "{{ 7*7 }} {% raw %} $title ${title} {title} %s",
    "formula": "=cmd|' /C calc'!A0",
    "emoji": "😀👨‍👩‍👧‍👦🇨🇳",
    "right to left": "\u202eabc\u202c مرحبا שלום",
    "controls": "a\x00b\x08c\x0bd\x0ce\x1bf\x1fg",
    "surrogates": "\ud800 \udfff \ud83d",
    "noncharacters": "\ufffe\uffff",
    "lines": "一\n二\r\n三\r四\t五",
    "spaces": "  two  spaces  ",
    "long": "长" * 10_000,
    "markup": "# * _ ` ~~ | \\ [a](javascript:b) ![c](d) <https://e> **f** 1. - > $g$",
}


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


_KEPT = {"id", "indicator", "state", "role", "inputs", "file", "kind"}  # names and choices, no words


def poisoned(value: Any, text: str, name: str = "") -> Any:
    """A result with this text wherever it has words."""
    if isinstance(value, Text):
        return Text(text, text)
    if isinstance(value, str):
        return value if name in _KEPT or not value else text
    if isinstance(value, tuple):
        return tuple(poisoned(each, text, name) for each in value)
    if isinstance(value, Evaluation):
        subject = value.subject.model_copy(update={"name": text, "unit": text})
        return value.model_copy(update={"title": text, "notice": text, "subject": subject})
    if isinstance(value, Evidence):
        return value.model_copy(update={"title": text, "place": text})
    if name == "figures":
        return {key: replace(figure, title=Text(text, text), source=text, note=text) for key, figure in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: poisoned(getattr(value, each.name), text, each.name) for each in fields(value)}
        )
    return value


@pytest.fixture(scope="session")
def results() -> list[Result]:
    """The results of the example: a department and two projects."""
    return [entry.result for entry in load_case(EXAMPLE).entries]


@pytest.fixture
def hostile_results(results: list[Result], hostile: str) -> list[Result]:
    return [poisoned(result, hostile) for result in results]


@pytest.fixture
def scores() -> Table:
    """一级 and 二级 cells merged downwards, a total merged across."""
    head = tuple(Cell(text, align="center") for text in ("一级指标", "二级指标", "三级指标", "分值", "得分"))
    return Table(
        caption="表1　评分表",
        widths=(10, 10, 20, 7, 7),
        rows=(
            head,
            (Cell("决策", rows=3), Cell("项目立项", rows=2), Cell("立项依据"), Cell("3", align="right"), Cell("3")),
            (Cell("立项程序"), Cell("4", align="right"), Cell("3.5")),
            (Cell("资金投入"), Cell("预算编制"), Cell("3", align="right"), Cell("≧2")),
            (Cell("合计", columns=3, strong=True), Cell("10", align="right"), Cell("9.5")),
        ),
    )


@pytest.fixture
def goals() -> Table:
    """No head, and merges both ways at once, as in 项目支出绩效目标完成情况表."""
    return Table(
        caption="项目支出绩效目标完成情况表\n（2019年度）",
        widths=(1, 1, 1, 1),
        rows=(
            (Cell("项目名称", columns=2), Cell("劳模补助", columns=2)),
            (Cell("预算执行", rows=2, columns=2), Cell("预算数"), Cell("10.34")),
            (Cell("执行数"), Cell("10.34")),
        ),
        head=0,
    )


@pytest.fixture
def report(scores: Table, goals: Table) -> Document:
    return Document(
        label="附件2-1",
        title=("广元市利州区总工会", "2019年劳模补助项目支出绩效评价报告"),
        blocks=(
            Heading(1, "一、项目概况"),
            Heading(2, "（一）基本情况"),
            Heading(3, "1.立项"),
            Heading(4, "（1）依据"),
            Paragraph("项目“资金”10.34万元……\n其中：中央财政6.50万元。"),
            scores,
            Paragraph("注：得分保留两位小数。", "note"),
            PageBreak(),
            goals,
            goals,
            PageBreak(),
            Heading(1, "二、评价结论"),
            Paragraph("满意度≧95%、≦100%。" + "项目资金专账核算、专款专用，按期足额发放到位。" * 40),
        ),
    )


@pytest.fixture
def book(report: Document) -> Book:
    other = Document("附件1", ("广元市利州区总工会", "2019年部门整体支出绩效评价报告"), report.blocks)
    return Book(("广元市利州区总工会", "2019年度绩效评价报告汇编"), (other, report))
