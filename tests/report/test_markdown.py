"""What is written is read back by a Markdown parser: a text is inert when it comes back as the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from scoring.report import markdown
from scoring.report.document import Book, Cell, Document, Heading, PageBreak, Paragraph, Table

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LOOKALIKES = [
    *("- a", "+ a", "* a", "1. a", "12) a", "1.", "-", "# a", "a #", "> a", "---", "- - -", "***", "===", "```", "~~~"),
    *("    a", "|a|", "a|b", "`|`", "\\|", "\\", "a\\", "[a]: b", "<div>", "<!-- a", "&lt;", "~~a~~", "_a_", "2019-12"),
    *("\na", "a\n\nb", "\u3000a\u3000"),
]


def parse(text: str) -> list[Token]:
    # The parser refuses what cannot be written in UTF-8, so this also proves that nothing such is left.
    return PARSER.parse(text.encode().decode())


def texts(text: str) -> list[str]:
    """The text of every paragraph, heading and cell, <br> as a line break; fails on any other markup but bold."""
    found = []
    for token in parse(text):
        if token.type == "inline":
            kinds = {child.type for child in token.children or []}
            assert kinds <= {"text", "text_special", "html_inline", "strong_open", "strong_close"}
            breaks = [child.content for child in token.children or [] if child.type == "html_inline"]
            assert set(breaks) <= {"<br>"}
            found.append(
                "".join(
                    "\n" if c.content == "<br>" and c.type == "html_inline" else c.content for c in token.children or []
                )
            )
    return found


def shown(text: str) -> str:
    """The text as Markdown can show it: controls as U+FFFD, blank space outside dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n").replace("\t", " ")
    return "".join("\ufffd" if (c < " " and c != "\n") or "\ud800" <= c <= "\udfff" else c for c in text).strip()


def document(*blocks: Heading | Paragraph | Table | PageBreak) -> Document:
    return Document("附件1", ("标题",), blocks)


def test_a_report_reads_top_to_bottom(report: Document) -> None:
    written = markdown.render(report)
    assert written.startswith(
        "**附件2-1**\n\n# 广元市利州区总工会2019年劳模补助项目支出绩效评价报告\n\n## 一、项目概况\n\n### （一）"
    )
    assert "\n\n#### 1.立项\n\n##### （1）依据\n\n" in written
    assert "\n\n项目“资金”10.34万元……<br>其中：中央财政6.50万元。\n\n" in written
    assert "\n\n> 注：得分保留两位小数。\n\n---\n\n" in written
    assert written.endswith("发放到位。\n")
    assert not written.endswith("\n\n")


def test_a_merged_cell_stands_in_its_first_place_and_leaves_the_others_blank(scores: Table) -> None:
    assert markdown.render(document(scores)).split("\n\n")[2:] == [
        "**表1　评分表**",
        "| 一级指标 | 二级指标 | 三级指标 | 分值 | 得分 |\n"
        "| --- | --- | --- | ---: | --- |\n"
        "| 决策 | 项目立项 | 立项依据 | 3 | 3 |\n"
        "|  |  | 立项程序 | 4 | 3.5 |\n"
        "|  | 资金投入 | 预算编制 | 3 | ≧2 |\n"
        "| **合计** |  |  | 10 | 9.5 |\n",
    ]


def test_a_table_without_a_head_gets_an_empty_one(goals: Table) -> None:
    assert markdown.render(document(goals)).endswith(
        "|  |  |  |  |\n"
        "| --- | --- | --- | --- |\n"
        "| 项目名称 |  | 劳模补助 |  |\n"
        "| 预算执行 |  | 预算数 | 10.34 |\n"
        "|  |  | 执行数 | 10.34 |\n"
    )


def test_a_second_head_row_is_bold() -> None:
    two = Table("", (1,), ((Cell("甲"),), (Cell("乙"),), (Cell("丙", align="center"),)), head=2)
    assert markdown.render(document(two)).endswith("| 甲 |\n| :---: |\n| **乙** |\n| 丙 |\n")


def test_a_table_may_be_only_a_head_or_only_a_caption() -> None:
    only_head = Table("", (1,), ((Cell("甲"),),))
    assert markdown.render(document(only_head, Table("空表", (1,), ()))).endswith("| 甲 |\n| --- |\n\n**空表**\n")


def test_a_book_lists_its_documents_and_puts_them_a_level_down(book: Book) -> None:
    written = markdown.render(book)
    assert written.startswith(
        "# 广元市利州区总工会2019年度绩效评价报告汇编\n\n## 目录\n\n"
        "- 附件1 广元市利州区总工会2019年部门整体支出绩效评价报告\n"
        "- 附件2-1 广元市利州区总工会2019年劳模补助项目支出绩效评价报告\n\n---\n\n**附件1**\n\n## 广元市"
    )
    assert written.count("\n## ") == 3  # 目录 and two documents
    assert written.count("\n### 一、项目概况\n") == 2
    english = Book(("Reports", "2019"), (Document("Annex 1", ("A", "b"), ()),), lang="en")
    assert markdown.render(english).startswith("# Reports 2019\n\n## Contents\n\n- Annex 1 Ab\n")


def test_headings_stop_at_the_deepest_level_of_markdown() -> None:
    assert "\n###### 深\n" in markdown.render(document(Heading(9, "深")))


def everywhere(text: str) -> Document:
    table = Table(text, (1, 1), ((Cell(text), Cell("x")), (Cell(text, strong=True), Cell(text))))
    return Document(text, (text,), (Heading(1, text), Paragraph(text), Paragraph(text, "note"), table))


def test_hostile_text_comes_back_whole_and_inert(hostile: str) -> None:
    assert texts(markdown.render(everywhere(hostile))) == [
        *[shown(hostile)] * 6,
        *(shown(hostile), "x", shown(hostile), shown(hostile)),
    ]


@pytest.mark.parametrize("text", LOOKALIKES)
def test_text_that_looks_like_markup_stays_text(text: str) -> None:
    assert texts(markdown.render(everywhere(text))) == [*[shown(text)] * 7, "x", shown(text), shown(text)]


def test_common_text_is_left_readable() -> None:
    text = "2019-12-31，预算10.34万元（95.5%）：完成“全部”目标！1.立项；2.实施。"
    assert markdown.render(document(Paragraph(text))).endswith(f"\n\n{text}\n")


@given(st.text(st.characters()))
def test_any_text_comes_back_whole_and_inert(text: str) -> None:
    if shown(text):
        found = texts(markdown.render(everywhere(text)))
        assert found == [*[shown(text)] * 7, "x", shown(text), shown(text)]
