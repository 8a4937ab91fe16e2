"""The page profile: the shipped one, an office's own in the Word file, and every fault at its line."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx as reader
import pytest
from lxml import etree

from scoring.errors import ScoringError
from scoring.report import docx
from scoring.report.document import Document, Paragraph
from scoring.report.page import SHIPPED, Page, profile, shipped
from tests.conftest import change, run
from tests.report.test_docx import W, out_of_order, part

TEXT = SHIPPED.read_text(encoding="utf-8")


def own(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    file = tmp_path / "page.yaml"
    file.write_text(TEXT, encoding="utf-8")
    for old, new in changes:
        change(file, old, new)
    return file


def test_the_shipped_page_is_that_of_the_standard() -> None:
    page = shipped()
    assert (page.width, page.height, page.pitch, page.character) == (8845, 12756, 579, 315)
    assert page.pitch / 20 == 28.95
    assert page.fonts.title.chinese == ("方正小标宋简体", "宋体", "SimSun")


def test_a_case_with_a_page_of_its_own_uses_it(tmp_path: Path) -> None:
    assert profile(None, tmp_path) == shipped()
    file = own(tmp_path, ("left: 28", "left: 30"))
    assert profile(None, tmp_path).margins.left == 30
    assert profile(file, Path("elsewhere")).margins.left == 30


def test_an_offices_page_reaches_every_part_of_the_word_file(tmp_path: Path, report: Document) -> None:
    file = own(
        tmp_path,
        ("top: 37, bottom: 35, left: 28, right: 26", "top: 25, bottom: 25, left: 30, right: 20"),
        ("lines: 22", "lines: 25"),
        ("characters: 28", "characters: 28"),
        ("table: {chinese: [仿宋_GB2312, 仿宋, FangSong], size: 10.5}", "table: {chinese: [宋体, Songti SC], size: 9}"),
        ("page_number: {style: dashes, place: outside}", "page_number: {style: plain, place: center}"),
    )
    data = docx.render(report, profile(file, tmp_path))
    (section,) = reader.Document(io.BytesIO(data)).sections
    assert section.top_margin is not None
    assert section.left_margin is not None
    assert [round(margin.mm) for margin in (section.top_margin, section.left_margin)] == [25, 30]
    grid = part(data).find(f".//{W}docGrid")
    assert grid is not None
    assert grid.get(f"{W}linePitch") == str((16838 - 1417 * 2) // 25)
    styles = part(data, "word/styles.xml")
    table = styles.find(f"{W}style[@{W}styleId='TableText']/{W}rPr")
    assert table is not None
    fonts, size = table.find(f"{W}rFonts"), table.find(f"{W}sz")
    assert fonts is not None
    assert size is not None
    assert (fonts.get(f"{W}eastAsia"), size.get(f"{W}val")) == ("宋体", "18")
    names = {font.get(f"{W}name"): font.find(f"{W}altName") for font in part(data, "word/fontTable.xml")}
    assert names["Songti SC"] is None
    for side in ("odd", "even"):
        footer = part(data, f"word/footer_{side}.xml")
        assert "".join(footer.itertext()).split() == ["PAGE", "1"]
        assert [jc.get(f"{W}val") for jc in footer.iter(f"{W}jc")] == ["center"]
    tables = [int(width.get(f"{W}w", "")) for width in part(data).iter(f"{W}tblW")]
    assert set(tables) == {11906 - 1701 - 1134}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [name for name in package.namelist() if name.startswith("word/") and name.endswith(".xml")]
    assert [wrong for name in parts for wrong in out_of_order(part(data, name))] == []


def test_a_page_without_numbers_hides_them(tmp_path: Path, report: Document) -> None:
    file = own(tmp_path, ("style: dashes", "style: none"))
    footer = part(docx.render(report, profile(file, tmp_path)), "word/footer_odd.xml")
    runs = [run for run in footer.iter(f"{W}r") if etree.QName(run).localname == "r"]
    assert runs
    assert all(run.find(f"{W}rPr/{W}vanish") is not None for run in runs)


def test_a_font_with_any_name_is_only_a_name(tmp_path: Path) -> None:
    file = own(tmp_path, ("label: {chinese: [黑体, SimHei]", "label: {chinese: ['a\"/><b>&', SimHei]"))
    data = docx.render(Document("附件1", ("题",), (Paragraph("文"),)), profile(file, tmp_path))
    fonts = part(data, "word/styles.xml").find(f"{W}style[@{W}styleId='Label']/{W}rPr/{W}rFonts")
    assert fonts is not None
    assert fonts.get(f"{W}eastAsia") == 'a"/><b>&'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("top: 37", "top: 371", "3:16: margins.top"),
        ("top: 37", "tpo: 37", "3:11: margins.tpo: 这里没有“tpo”这个键"),
        ("lines: 22", "lines: 45", "4:8: lines: 每页 45 行放不下 16 磅的字"),
        ("characters: 28", "characters: 60", "5:13: characters: 每行 60 字太密，字会相叠"),
        ("size: 16}\n  title", "size: 16.3}\n  title", "8:52: fonts.body.size: 字号 16.3 不是半磅的倍数"),
        ("line: 20}", "line: 10}", "15:52: fonts.caption.line: 行距 10 小于字号 12，字会被截去"),
        ("style: dashes", "style: dots", "20:22: page_number.style"),
    ],
)
def test_a_fault_is_told_at_its_place(old: str, new: str, expected: str, tmp_path: Path) -> None:
    file = own(tmp_path, (old, new))
    with pytest.raises(ScoringError) as error:
        profile(file, tmp_path)
    told = [each.render().partition("page.yaml:")[2] for each in error.value.diagnostics]
    assert any(each.startswith(expected) for each in told), told


def test_a_missing_key_and_a_missing_file_are_told(tmp_path: Path, example: Path) -> None:
    file = own(tmp_path, ("lines: 22  # 每页行数\n", ""), ("characters: 28", "characters: '28'"))
    with pytest.raises(ScoringError) as error:
        profile(file, tmp_path)
    assert len(error.value.diagnostics) == 2
    done = run("report", example, "--page", tmp_path / "none.yaml", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "没有这个版面文件" in done.stderr
    assert not (tmp_path / "out").exists()


def test_check_looks_at_the_page_of_the_case(example: Path) -> None:
    own(example, ("lines: 22", "lines: two"), ("top: 37", "top: 1"))
    done = run("check", example)
    assert done.returncode == 1
    assert done.stderr.count("page.yaml:") == 2


def test_the_command_takes_a_page(tmp_path: Path, example: Path) -> None:
    file = own(tmp_path, ("lines: 22", "lines: 20"))
    done = run("report", example, "--page", file, "--only", "附件1", "--format", "docx", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (written,) = (tmp_path / "out").iterdir()
    grid = part(written.read_bytes()).find(f".//{W}docGrid")
    assert grid is not None
    assert grid.get(f"{W}linePitch") == str(12756 // 20)


def test_profiles_that_are_equal_share_the_packed_parts() -> None:
    docx.unchanging.cache_clear()
    page = Page.model_validate(shipped().model_dump())
    docx.render(Document("a", ("b",), ()), page)
    docx.render(Document("a", ("b",), ()))
    assert docx.unchanging.cache_info().currsize == 1
