"""Outlines: every shipped one composes, empty sections, numbering, an English report word for word, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring.errors import ScoringError
from scoring.load import load_case, load_set, set_files
from scoring.report import docx, markdown
from scoring.report.compose import compose, faults_of_outline, numbered
from scoring.report.document import Document, Figure, Heading, PageBreak, Paragraph, Table
from scoring.report.outline import SHIPPED, Outline, load_outline
from scoring.report.prose import Prose
from scoring.report.write import documents
from scoring.result import Result
from tests.conftest import EXAMPLE
from tests.report.golden_files import is_golden

ENGLISH = load_case(Path(__file__).parent / "english" / "bridges.yaml")
DEPARTMENT, WORKERS, _ = (entry.result for entry in load_case(EXAMPLE).entries)
OUTLINES = sorted(file.stem for file in SHIPPED.glob("*.yaml"))


def composed(result: Result, **outline: object) -> Document:
    head = {"id": "x", "title": ["题"], **outline}
    return compose(result, Outline.model_validate(head), "附件1", {})


def lines(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Heading | Paragraph)]


def test_every_set_names_an_outline_that_fits_it() -> None:
    for file in set_files():
        indicator_set = load_set(file)
        outline, _ = load_outline(indicator_set.outline)
        ids = {indicator.id for _, indicator in indicator_set.walk()}
        assert {part.of for _, part in outline.parts() if part.of} <= ids, file


@pytest.mark.parametrize("id", OUTLINES)
def test_every_shipped_outline_composes_and_leaves_no_heading_empty(id: str) -> None:
    outline, _ = load_outline(id)
    if not id.startswith("sichuan"):  # these analyse the indicators of their own sets, as the golden reports show
        blocks = compose(WORKERS, outline, "附件1", {}).blocks
        assert blocks
        for block, after in zip(blocks, (*blocks[1:], PageBreak()), strict=True):
            deeper = isinstance(block, Heading) and isinstance(after, Heading) and after.level > block.level
            assert not isinstance(block, Heading) or deeper or isinstance(after, Paragraph | Table | Figure), block


def test_the_national_outline_has_its_seven_parts_in_order() -> None:
    outline, _ = load_outline("general-project")
    assert [section.heading for section in outline.sections] == [
        "基本情况",
        "绩效评价工作开展情况",
        "综合评价情况及评价结论",
        "绩效评价指标分析",
        "主要经验及做法、存在的问题及原因分析",
        "有关建议",
        "其他需要说明的问题",
    ]


def test_an_optional_section_without_content_is_left_out_and_the_numbers_close_up() -> None:
    sections = [
        {"heading": "甲", "content": [{"narrative": "nothing"}], "optional": True},
        {"heading": "乙", "content": [{"narrative": "nothing"}]},
        {
            "heading": "丙",
            "sections": [
                {"heading": "子", "content": [{"narrative": "nothing"}], "optional": True},
                {"heading": "丑", "content": [{"text": "有。"}]},
            ],
        },
        {"heading": "丁", "optional": True, "sections": [{"heading": "寅", "optional": True}]},
        {"heading": "戊", "sections": [{"heading": "卯", "optional": True}]},
    ]
    nothing = "（本项没有提供内容。）"
    expected = ["一、乙", nothing, "二、丙", "（一）丑", "有。", "三、戊", nothing]
    assert lines(composed(WORKERS, sections=sections)) == expected


def test_own_words_come_before_what_the_score_tree_says() -> None:
    part = {"narrative": "background", "block": "achievements"}
    assert lines(composed(WORKERS, before=[part]))[0].startswith("广元市利州区总工会在元旦、春节期间")
    part = {"narrative": "experience", "block": "achievements"}
    assert lines(composed(WORKERS, before=[part])) == [
        "“项目决策”（20分）、“项目管理”（10分）得满分。",
        "“项目绩效”中，“劳模慰问、生活补助和特困帮扶金额”、“按标准足额发放”、“春节前发放”、“补助支出控制在预算内”得满分。",
    ]


def test_achievements_name_only_what_won_every_point() -> None:
    for result in (DEPARTMENT, WORKERS, ENGLISH.entries[0].result):
        said = "".join(Prose(result, "en").achievements())
        for leaf in result.leaves():
            assert leaf.lost == 0 or f"“{leaf.title.en}”" not in said


@pytest.mark.parametrize(
    ("place", "zh", "en"),
    [
        ((3,), "三、题", "3. 题"),
        ((3, 2), "（二）题", "3.2 题"),
        ((3, 2, 10), "10.题", "3.2.10 题"),
        ((3, 2, 10, 4), "（4）题", "3.2.10.4 题"),
    ],
)
def test_headings_are_numbered_as_their_language_does(place: tuple[int, ...], zh: str, en: str) -> None:
    assert (numbered(place, "题"), numbered(place, "题", "en")) == (zh, en)


def test_the_english_report_is_the_golden_one_and_holds_no_chinese() -> None:
    (document,) = documents(ENGLISH)
    text = markdown.render(document)
    assert is_golden("english.md", text)
    assert re.findall(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]", text) == []
    assert b'w:val="Title"' in _body(document)


def _body(document: Document) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(docx.render(document))) as package:
        return package.read("word/document.xml")


def faults(text: str, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScoringError) as error:
        load_outline("own", (tmp_path,))
    return (f"{each.line}: {each.path}: {each.message.zh}" for each in error.value.diagnostics)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("- {of: design}", "5: sections[0].content[0]: 写 narrative、text 或 block"),
        ("- {block: ledger, text: 无}", "5: sections[0].content[0].text: text 与 block 只能写一个"),
        ("- {block: ledger, of: design}", "5: sections[0].content[0]: of 与 block: analysis 一起写"),
    ],
)
def test_a_part_that_is_not_one_thing_is_refused_at_its_line(content: str, expected: str, tmp_path: Path) -> None:
    text = f"id: own\ntitle: [题]\nsections:\n- heading: 甲\n  content: [{content.removeprefix('- ')}]\n"
    assert list(faults(text, tmp_path)) == [expected]


def test_an_outline_that_says_nothing_is_refused(tmp_path: Path) -> None:
    assert list(faults("id: own\ntitle: [题]\n", tmp_path)) == ["1: : 提纲没有内容"]


def test_official_forms_are_refused_in_an_english_outline() -> None:
    outline = Outline.model_validate(
        {"id": "x", "lang": "en", "title": ["t"], "before": [{"block": "self_review"}, {"block": "ledger"}]}
    )
    (fault,) = faults_of_outline(WORKERS, outline)
    assert (fault.message.zh, fault.inside) == ("官方表格只有中文式样", ("before", 0, "block"))


def test_findings_to_be_put_right_are_listed_with_owner_and_date() -> None:
    document = documents(ENGLISH)[0]
    (table,) = (block for block in document.blocks if isinstance(block, Table) and block.caption.startswith("Findings"))
    assert [cell.text for cell in table.rows[2]] == [
        "2",
        "Two sites serve the same villages",
        "Choice of sites −2",
        "Choose sites by the number of users",
        "Planning unit",
        "2024-06-30",
        "",
    ]
    assert len(table.rows) == 1 + len(ENGLISH.entries[0].result.findings)
