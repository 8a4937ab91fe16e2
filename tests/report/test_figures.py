"""Charts in a report: which there are, and how they stand in Word, PDF, Markdown and on the page of HTML."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from markupsafe import escape

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.load import load_case
from scoring.report import charts, docx, figures, html, markdown, pdf
from scoring.report.compose import compose
from scoring.report.document import Book, Document, Figure, Heading, Paragraph, legible
from scoring.report.outline import load_outline
from scoring.report.page import shipped
from scoring.result import Result
from tests.conftest import EXAMPLE
from tests.report.test_docx import BODY, needs_layout, out_of_order, part, shown
from tests.report.test_long_table import forty
from tests.report.test_pdf import pages, reads_back, squeezed

DEPARTMENT, WORKERS, _ = (entry.result for entry in load_case(EXAMPLE).entries)
PROJECT = compose(WORKERS, load_outline("general-project")[0], "附件1", {})
DRAWN = [block for block in PROJECT.blocks if isinstance(block, Figure)]


def report(result: Result, outline: str) -> list[Figure]:
    blocks = compose(result, load_outline(outline)[0], "附件1", {}).blocks
    return [block for block in blocks if isinstance(block, Figure)]


def chart(text: str) -> Figure:
    return charts.bars(text, [charts.Bar(text, Decimal(1), Decimal(2))])


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def without_typst(monkeypatch: pytest.MonkeyPatch) -> None:
    def need(module: str, extra: str) -> Any:
        raise ScoringError(Diagnostic(Text(module, module), Text(extra, extra)))

    pdf.compiler.cache_clear()
    monkeypatch.setattr(pdf, "need", need)


# --- which there are ------------------------------------------------------------------------------------------------


def test_a_radar_needs_three_first_levels() -> None:
    assert [figure.caption for figure in report(WORKERS, "general-project")] == [
        "各级指标得分",
        "从满分到得分",
        "一级指标得分率",
    ]
    assert [figure.caption for figure in report(DEPARTMENT, "general-department")] == ["各级指标得分", "从满分到得分"]


@pytest.mark.parametrize("outline", ["self-review", "department-self-review"])
def test_official_forms_have_none(outline: str) -> None:
    assert report(WORKERS, outline) == []


def test_the_report_published_in_sichuan_has_none() -> None:
    for outline in ("sichuan-2019-project", "sichuan-2019-department"):
        assert "charts" not in [part.block for _, part in load_outline(outline)[0].parts()]


def test_what_is_too_much_for_a_page_is_summed_up_and_still_adds_up() -> None:
    result = forty()  # each of forty indicators loses 1 of 2
    bars, waterfall, _ = figures.of_report(result, "zh")
    assert len(bars.words) == 4 + 10
    assert len(waterfall.words) == 1 + 18 + 1
    assert (waterfall.words[0], *waterfall.words[-2:]) == ("满分 80", "其余23处失分 −23", "得分 40")
    assert len(figures.bars(result, "zh", 13).words) == 4
    assert len(figures.waterfall(result, "zh").words) == 1 + 40 + 1
    assert figures.waterfall(result, "en", 5).words[-2] == "36 other losses −36"


def test_a_figure_is_made_to_fit_and_keeps_its_shape() -> None:
    assert Figure("", (), "", 540, 270).fitted(442.25, 600) == (442.25, 221.12)
    assert Figure("", (), "", 540, 2700).fitted(442.25, 500) == (100, 500)
    assert Figure("", (), "", 100, 50).fitted(442.25, 500) == (100, 50)


# --- Word -----------------------------------------------------------------------------------------------------------


def test_word_gets_a_picture_and_beside_it_the_drawing() -> None:
    data = docx.render(PROJECT)
    found = parts(data)
    related = {one.get("Id"): one.get("Target") for one in etree.fromstring(found["word/_rels/document.xml.rels"])}
    body = part(data)
    assert len(DRAWN) == 3
    for number, (figure, inline) in enumerate(zip(DRAWN, body.iter("{*}inline"), strict=True), start=1):
        (picture,), (drawing,) = inline.iter("{*}blip"), inline.iter("{*}svgBlip")
        names = [
            f"word/{related[one.get('{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed')]}"
            for one in (picture, drawing)
        ]
        assert names == [f"word/media/figure{number}.png", f"word/media/figure{number}.svg"]
        about = inline.find("{*}docPr")
        assert (about.get("id"), about.get("descr")) == (str(number), figure.alt())
        wide, high = (int(inline.find("{*}extent").get(key)) / 12700 for key in ("cx", "cy"))
        assert (wide, high) == pytest.approx(figure.fitted(*shipped().room), abs=0.01)
        png = found[names[0]]
        assert png.startswith(b"\x89PNG")
        assert struct.unpack(">II", png[16:24]) == pytest.approx((wide * 200 / 72, high * 200 / 72), abs=1)
        assert b"currentColor" not in found[names[1]]
        assert etree.fromstring(found[names[1]]).tag == "{http://www.w3.org/2000/svg}svg"
    assert [wrong for name in (BODY, "word/styles.xml") for wrong in out_of_order(part(data, name))] == []
    types = {one.get("Extension"): one.get("ContentType") for one in etree.fromstring(found["[Content_Types].xml"])}
    assert (types["png"], types["svg"]) == ("image/png", "image/svg+xml")


INLINE = ["extent", "effectExtent", "docPr", "cNvGraphicFramePr", "graphic"]
# Source: ECMA-376 Part 1, wml, dml-wordprocessingDrawing, dml-picture and dml-main schemas.
DRAWING = {
    "drawing": ["inline"],
    "inline": INLINE,
    "pic": ["nvPicPr", "blipFill", "spPr"],
    "nvPicPr": ["cNvPr", "cNvPicPr"],
    "blipFill": ["blip", "stretch"],
    "spPr": ["xfrm", "prstGeom"],
    "xfrm": ["off", "ext"],
}


def test_a_picture_is_written_in_the_order_of_the_schema() -> None:
    for inline in part(docx.render(PROJECT)).iter("{*}drawing"):
        for element in inline.iter():
            name = etree.QName(element).localname
            children = [etree.QName(child).localname for child in element]
            assert name not in DRAWING or children == DRAWING[name]


def test_the_figures_of_a_book_are_numbered_through() -> None:
    data = docx.render(Book(("汇编",), (PROJECT, PROJECT)))
    assert [about.get("id") for about in part(data).iter("{*}docPr")] == list("123456")
    assert len([name for name in parts(data) if name.startswith("word/media/")]) == 12


def test_word_gives_the_same_bytes_from_a_new_compiler() -> None:
    one = docx.render(PROJECT)
    pdf.compiler.cache_clear()
    docx.unchanging.cache_clear()
    assert docx.render(PROJECT) == one


def test_a_report_without_figures_has_no_media() -> None:
    docx.render(PROJECT)
    found = parts(docx.render(Document("", ("题",), (Paragraph("文"),))))
    assert not [name for name in found if "media" in name]
    assert b"media" not in found["word/_rels/document.xml.rels"]


@pytest.mark.usefixtures("without_typst")
def test_without_typst_word_says_in_words_what_the_figure_shows() -> None:
    data = docx.render(PROJECT)
    said = ["".join(paragraph.itertext()) for paragraph in part(data).iter("{*}p")]
    for figure in DRAWN:
        assert said.count(f"{figure.alt()}。") == 1
        assert figure.caption not in said
    assert not list(part(data).iter("{*}drawing"))
    assert not [name for name in parts(data) if "media" in name]
    english = Document("", ("T",), (Figure("Points", ("A 1 / 2", "B 3 / 4"), "<svg/>", 10, 10),), "en")
    assert "Points: A 1 / 2; B 3 / 4." in "".join(part(docx.render(english)).itertext())


@needs_layout
@pytest.mark.skipif(shutil.which("pdfimages") is None, reason="listing pictures needs pdfimages")
def test_libreoffice_shows_the_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(docx.render(PROJECT))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "a.docx")], check=True, capture_output=True, timeout=180)
    made = (tmp_path / "a.pdf").read_bytes()
    listed = subprocess.run(["pdfimages", "-list", "-"], input=made, check=True, capture_output=True, timeout=60)
    drawn = [line.split() for line in listed.stdout.decode().splitlines()[2:]]
    drawn = [line for line in drawn if line[2] == "image"]
    assert len(drawn) == 3  # LibreOffice shows the picture
    text = [squeezed(page) for page in pages(made)]
    for figure, line in zip(DRAWN, drawn, strict=True):
        assert figure.caption in text[int(line[0]) - 1]  # below the picture, on its page


def told(data: bytes) -> list[str]:
    """The words a PDF gives for its pictures."""
    return [bytes.fromhex(word.decode()).decode("utf-16") for word in re.findall(rb"/Alt ?<([0-9A-Fa-f]+)>", data)]


# --- PDF ------------------------------------------------------------------------------------------------------------


@reads_back
def test_a_pdf_shows_every_figure_once_and_says_it_in_words() -> None:
    data = pdf.render(PROJECT)
    text = squeezed("".join(pages(data)))
    for figure in DRAWN:
        assert text.count(figure.caption) == 1
    assert text.count("横轴从90分起") == 1  # drawn, and as text that can be searched
    assert sorted(told(data)) == sorted(figure.alt() for figure in DRAWN)


@reads_back
@pytest.mark.parametrize("lines", [10, 13, 16])
def test_a_figure_stands_whole_on_a_page_with_its_heading_and_its_caption(lines: int) -> None:
    rows = [charts.Bar(f"第{number}项", Decimal(1), Decimal(2)) for number in range(14)]
    blocks = (
        *[Paragraph(f"第{number}行") for number in range(lines)],
        Heading(1, "一、分析"),
        charts.bars("图题", rows),
    )
    (found,) = (squeezed(page) for page in pages(pdf.render(Document("附件1", ("题",), blocks))) if "图题" in page)
    assert "一、分析" in found
    assert all(row.label + "1/2" in found for row in rows)


# --- Markdown and HTML ----------------------------------------------------------------------------------------------


def test_markdown_lists_what_a_figure_shows() -> None:
    figure = charts.bars("得分", [charts.Bar("甲", Decimal(3), Decimal(4)), charts.Bar("乙", Decimal(1), Decimal(2))])
    assert markdown.render(Document("", ("题",), (figure,))) == "# 题\n\n**得分**\n\n- 甲 3 / 4\n- 乙 1 / 2\n"


def test_a_page_draws_each_figure_once() -> None:
    page = html.render(PROJECT, [WORKERS])
    assert page.count("<svg") == 3  # those of its overview
    page = html.render(PROJECT, [None])
    assert [page.count(figure.svg) for figure in DRAWN] == [1, 1, 1]


# --- hostile text ---------------------------------------------------------------------------------------------------


def test_hostile_text_in_a_figure_is_whole_and_only_text(hostile: str) -> None:
    document = Document("", ("题",), (chart(hostile),))
    data = docx.render(document)
    (about,) = part(data).iter("{*}docPr")
    words = f"{hostile}：{hostile} 1 / 2"
    assert about.get("descr") == re.sub(r"[\n\t]", " ", shown(words))  # an attribute holds no line breaks
    tags = {element.tag for element in part(data).iter()}
    assert tags <= {element.tag for element in part(docx.render(Document("", ("题",), (chart("一\n二\t三"),)))).iter()}
    made = pdf.render(document)
    assert not re.search(rb"/URI|/JavaScript|/Launch|/EmbeddedFile", made)
    assert legible(words) in told(made)
    assert f"<figcaption>{escape(legible(hostile))}</figcaption>" in html.render(document, [None])
    assert "<script" not in markdown.render(document).replace("\\<", "")
