"""PDFs are read back as text by poppler's tools; without these tools what needs them is skipped, and says so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scoring.errors import ScoringError
from scoring.load import load_case
from scoring.report import docx, faces, pdf
from scoring.report.document import Book, Cell, Document, Heading, Paragraph, Table, legible
from scoring.report.faces import StandIn, families, stand_ins
from scoring.report.page import shipped
from scoring.report.write import documents
from tests.conftest import EXAMPLE, run
from tests.report.conftest import HOSTILE

DOCUMENTS = documents(load_case(EXAMPLE))
MISSING = [tool for tool in ("pdftotext", "pdfinfo") if shutil.which(tool) is None]
reads_back = pytest.mark.skipif(bool(MISSING), reason=f"reading a PDF back needs {', '.join(MISSING)}")


def pages(data: bytes, *options: str) -> list[str]:
    """The text of every page, without its number."""
    command = ["pdftotext", "-enc", "UTF-8", *options, "-", "-"]
    text = subprocess.run(command, input=data, check=True, capture_output=True, timeout=60).stdout.decode()
    return text.removesuffix("\f").split("\f")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def body(data: bytes) -> str:
    """All text in the order in which it was set, without page numbers and spaces."""
    return "".join(re.sub(r"—\d+—$", "", squeezed(page)) for page in pages(data, "-raw"))


def information(data: bytes) -> dict[str, str]:
    done = subprocess.run(["pdfinfo", "-"], input=data, check=True, capture_output=True, timeout=60)
    lines = (line.partition(":") for line in done.stdout.decode().splitlines())
    return {key: value.strip() for key, _, value in lines}


def texts(document: Document) -> list[str]:
    found = [document.label, *document.title]
    for block in document.blocks:
        if isinstance(block, Heading | Paragraph):
            found.append(block.text)
        elif isinstance(block, Table):
            found += [block.caption, *(cell.text for row in block.rows for cell in row)]
    return found


# --- what it says ---------------------------------------------------------------------------------------------------


@reads_back
@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.label for document in DOCUMENTS])
def test_every_heading_paragraph_and_cell_of_the_report_is_in_the_pdf(document: Document) -> None:
    data = pdf.render(document)
    text = body(data)
    assert [each for each in texts(document) if squeezed(each) not in text] == []
    about = information(data)
    assert (about["Tagged"], about["Title"]) == ("yes", document.full_title)
    assert about["Page size"].endswith("(A4)")
    assert 4 <= int(about["Pages"]) <= 9
    assert "CreationDate" not in about


@reads_back
def test_a_book_lists_its_attachments_with_the_pages_they_begin_on() -> None:
    book = Book(("广元市利州区总工会", "2019年绩效评价报告"), tuple(DOCUMENTS))
    found = [squeezed(page) for page in pages(pdf.render(book), "-layout")]
    starts = [number for number, page in enumerate(found, start=1) if page.startswith("附件")]
    assert re.findall(r"\.{3,}(\d+)", found[0]) == [str(number) for number in starts]
    assert [found[start - 1].startswith(one.label + one.title[0]) for start, one in zip(starts, DOCUMENTS, strict=True)]
    assert all(page.endswith(f"—{number}—") for number, page in enumerate(found, start=1))
    assert "目录" in found[0]


@pytest.mark.skipif(shutil.which("pdftohtml") is None, reason="reading bookmarks needs pdftohtml")
def test_headings_are_bookmarks(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf.render(Book(("汇编",), tuple(DOCUMENTS))))
    command = ["pdftohtml", "-xml", "-i", "-stdout", str(tmp_path / "a.pdf")]
    page = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
    found = re.findall(r"<item [^>]*>([^<]*)</item>", page)
    wanted = ["汇编"]
    for document in DOCUMENTS:
        wanted.append("　".join((document.label, *document.title)))
        wanted += [block.text for block in document.blocks if isinstance(block, Heading)]
    assert found == wanted


# --- how it is laid out ---------------------------------------------------------------------------------------------


@reads_back
def test_a_page_has_22_lines_of_28_characters_and_its_number_outside() -> None:
    made = pages(pdf.render(Document("附件1", ("标题",), (Paragraph("字" * 28 * 50),))), "-layout")
    full = [len(line.strip()) for line in made[1].splitlines() if "字" in line]
    assert full == [28] * 22
    odd, even = (page.rstrip().splitlines()[-1] for page in made[:2])
    assert (squeezed(odd), squeezed(even)) == ("—1—", "—2—")
    assert len(odd) - len(odd.lstrip()) > 20 > len(even) - len(even.lstrip())


@reads_back
def test_the_page_profile_is_followed() -> None:
    page = shipped().model_copy(update={"lines": 30, "characters": 35})
    fonts = page.fonts.model_copy(update={"body": page.fonts.body.model_copy(update={"size": 12})})
    document = Document("附件1", ("标题",), (Paragraph("字" * 35 * 60),))
    made = pages(pdf.render(document, page.model_copy(update={"fonts": fonts})), "-layout")
    assert [len(line.strip()) for line in made[1].splitlines() if "字" in line] == [35] * 30


@reads_back
def test_the_label_of_merged_rows_and_the_head_stand_on_every_page() -> None:
    rows = [(Cell("一级", strong=True), Cell("二级", strong=True), Cell("说明", strong=True))]
    for number in range(90):
        first = (Cell("部门预算管理", rows=90),) if number == 0 else ()
        second = (Cell(f"第{number // 45}组", rows=45),) if number % 45 == 0 else ()
        rows.append((*first, *second, Cell(f"指标{number}")))
    made = [squeezed(page) for page in pages(pdf.render(Document("", ("表",), (Table("", (1, 1, 2), tuple(rows)),))))]
    assert len(made) > 2
    assert all("部门预算管理" in page and "一级二级说明" in page for page in made)
    assert [("第0组" in page, "第1组" in page) for page in (made[0], made[-1])] == [(True, False), (False, True)]
    assert sum(page.count("部门预算管理") for page in made) == len(made)
    assert sorted(re.findall(r"指标(\d+)", "—".join(made)), key=int) == [str(number) for number in range(90)]


@reads_back
def test_an_english_report_is_set_as_english() -> None:
    blocks = (Heading(1, "1. Overview"), Paragraph("Points lost: 2 of 10, “as recorded” — see the table."))
    text = pages(pdf.render(Document("Annex 1", ("Report on", "Performance"), blocks, lang="en")), "-layout")[0]
    assert "Annex 1" in text
    assert "“as recorded” — see the table." in text


def test_typst_has_nothing_to_complain_of() -> None:
    pdf.render(Book(("汇编",), tuple(DOCUMENTS)))
    assert pdf.compiler(pdf._TEMPLATE).compile_with_warnings(format="pdf")[1] == []


# --- safe and repeatable --------------------------------------------------------------------------------------------


def everywhere(text: str) -> Document:
    table = Table(text, (1, 1), ((Cell(text), Cell("x")), (Cell(text, strong=True), Cell(text))))
    return Document(text, (text,), (Heading(1, text), Paragraph(text), Paragraph(text, "note"), table))


@reads_back
def test_hostile_text_is_whole_and_only_text(hostile: str) -> None:
    data = pdf.render(everywhere(hostile))
    assert not re.search(rb"/URI|/JavaScript|/Launch|/EmbeddedFile", data)
    shown, text = squeezed(legible(hostile)), body(data)
    if hostile in [HOSTILE[each] for each in ("emoji", "right to left", "long")]:  # poppler has an order of its own
        wanted = Counter(character for character in shown if character.isalpha() or character == "😀")
        found = Counter(text)
        assert all(found[character] >= 9 * times for character, times in wanted.items())
    else:
        assert text.count(shown) == 9  # label, title, heading, two paragraphs, caption and three cells


def test_the_same_report_gives_the_same_bytes_from_a_new_compiler() -> None:
    one = pdf.render(DOCUMENTS[1])
    pdf.render(DOCUMENTS[0])
    again = pdf.render(DOCUMENTS[1])
    pdf.compiler.cache_clear()
    assert one == again == pdf.render(DOCUMENTS[1])


def test_without_typst_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    for kept in (pdf.compiler, pdf._page, faces.fonts, faces._installed):
        kept.cache_clear()
    with pytest.raises(ScoringError) as caught:
        pdf.render(DOCUMENTS[0])
    (fault,) = caught.value.diagnostics
    assert "pip install 'jixiao[pdf]'" in fault.render("zh")
    assert "pip install 'jixiao[pdf]'" in fault.render("en")


# --- fonts ----------------------------------------------------------------------------------------------------------


def with_fonts(monkeypatch: pytest.MonkeyPatch, *families: str) -> None:
    monkeypatch.setattr(faces, "_installed", lambda: frozenset(family.casefold() for family in families))


OFFICIAL = ("FZXiaoBiaoSong-B05S", "FangSong_GB2312", "KaiTi_GB2312", "SimHei", "SimSun", "Times New Roman")


def test_official_fonts_are_used_where_they_are_and_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fonts(monkeypatch, *OFFICIAL, "Noto Serif SC", "Noto Sans SC")
    assert stand_ins(shipped()) == []
    assert families(shipped().fonts.heading2)[0] == ["KaiTi_GB2312", "Noto Serif SC", "SimSun"]


def test_every_font_that_is_not_there_is_told_with_what_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fonts(monkeypatch, "Noto Serif SC", "Noto Sans SC", "Libertinus Serif", "SimSun", "FangSong")
    assert set(stand_ins(shipped())) == {
        StandIn("方正小标宋简体", "SimSun"),
        StandIn("仿宋_GB2312", "FangSong"),
        StandIn("楷体_GB2312", "Noto Serif SC"),
        StandIn("黑体", "Noto Sans SC"),
        StandIn("Times New Roman", "Libertinus Serif"),
    }


def test_the_program_says_which_fonts_stand_in(tmp_path: Path) -> None:
    done = run("report", EXAMPLE, "-o", tmp_path, "--format", "pdf", "--only", "附件2-1")
    assert done.returncode == 0, done.stderr
    for font in stand_ins(shipped()):
        assert f"本机没有{font.wanted}，用 {font.used} 代替" in done.stdout
    assert done.stdout.count("PDF 字体") == len(stand_ins(shipped()))
    assert [file.suffix for file in tmp_path.iterdir()] == [".pdf"]


@reads_back
def test_a_character_the_text_face_lacks_is_taken_from_another() -> None:
    assert "≧95%，10㎡" in squeezed(pages(pdf.render(Document("", ("题",), (Paragraph("≧95%，10㎡"),))))[0])


def test_word_and_pdf_break_the_same_tables() -> None:
    """Both refuse a table whose cells do not fill it."""
    broken = Document("", ("题",), (Table("表", (1, 1), ((Cell("一"),),)),))
    for render in (docx.render, pdf.render):
        with pytest.raises(ValueError, match="too few cells"):
            render(broken)


@reads_back
def test_a_long_word_stays_on_the_page() -> None:
    word = "evidence/" * 30
    table = Table("", (1, 3), ((Cell(word), Cell(word)),), head=0)
    data = pdf.render(Document("附件1", ("题",), (Paragraph(word), Heading(1, word), table)))
    command = ["pdftotext", "-bbox", "-", "-"]
    boxes = subprocess.run(command, input=data, check=True, capture_output=True, timeout=60).stdout.decode()
    edges = [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(edges) <= 595.3 - 26 / 25.4 * 72
    assert body(data).replace("\u200b", "").count(word) == 4
