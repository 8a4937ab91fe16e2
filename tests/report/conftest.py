"""A small report with everything a report can hold, and texts that try to be more than text."""

from __future__ import annotations

import pytest

from scoring.report.document import Book, Cell, Document, Heading, PageBreak, Paragraph, Table

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
