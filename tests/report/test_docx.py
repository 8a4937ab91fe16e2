"""What is written is read back: by an XML parser, by python-docx, and as pages by LibreOffice where it is installed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx as reader
import pytest
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from scoring.report import docx
from scoring.report.document import Book, Cell, Document, Heading, PageBreak, Paragraph, Table

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BODY = "word/document.xml"


def part(data: bytes, name: str = BODY) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return etree.fromstring(package.read(name))


def read(document: Document | Book) -> WordDocument:
    return reader.Document(io.BytesIO(docx.render(document)))


def everywhere(text: str) -> Document:
    table = Table(text, (1, 1), ((Cell(text), Cell("x")), (Cell(text, strong=True), Cell(text))))
    return Document(text, (text,), (Heading(1, text), Paragraph(text), Paragraph(text, "note"), table))


def shown(text: str) -> str:
    """The text as XML can hold it: line breaks made one, forbidden characters as U+FFFD, ≧ in the form fonts have."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("≧", "≥").replace("≦", "≤")
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


# --- text -----------------------------------------------------------------------------------------------------------


def test_a_report_reads_top_to_bottom(report: Document) -> None:
    found = [(p.style.name, p.text) for p in read(report).paragraphs if p.style is not None]
    assert found[:11] == [
        ("Label", "附件2-1"),
        ("Normal", ""),
        ("Title", "广元市利州区总工会"),
        ("Title", "2019年劳模补助项目支出绩效评价报告"),
        ("Normal", ""),
        ("Heading 1", "一、项目概况"),
        ("Heading 2", "（一）基本情况"),
        ("Heading 3", "1.立项"),
        ("Heading 4", "（1）依据"),
        ("Body Text", "项目“资金”10.34万元……\n其中：中央财政6.50万元。"),
        ("Caption", "表1　评分表"),
    ]
    assert found[11:] == [
        ("Gap", ""),
        ("Note", "注：得分保留两位小数。"),
        ("Caption", "项目支出绩效目标完成情况表\n（2019年度）"),
        ("Gap", ""),
        ("Caption", "项目支出绩效目标完成情况表\n（2019年度）"),
        ("Gap", ""),
        ("Heading 1", "二、评价结论"),
        ("Body Text", "满意度≥95%、≤100%。" + "项目资金专账核算、专款专用，按期足额发放到位。" * 40),
    ]


def test_tables_keep_their_text_and_merges(report: Document) -> None:
    scores, goals, _ = read(report).tables
    assert [[cell.text for cell in row.cells] for row in scores.rows] == [
        ["一级指标", "二级指标", "三级指标", "分值", "得分"],
        ["决策", "项目立项", "立项依据", "3", "3"],
        ["决策", "项目立项", "立项程序", "4", "3.5"],
        ["决策", "资金投入", "预算编制", "3", "≥2"],
        ["合计", "合计", "合计", "10", "9.5"],
    ]
    assert scores.cell(1, 0)._tc is scores.cell(3, 0)._tc
    assert scores.cell(2, 1)._tc is not scores.cell(3, 1)._tc
    assert [[cell.text for cell in row.cells] for row in goals.rows] == [
        ["项目名称", "项目名称", "劳模补助", "劳模补助"],
        ["预算执行", "预算执行", "预算数", "10.34"],
        ["预算执行", "预算执行", "执行数", "10.34"],
    ]
    assert goals.cell(1, 0)._tc is goals.cell(2, 1)._tc


def test_only_head_rows_repeat_and_stand_out(report: Document) -> None:
    scores, goals, _ = part(docx.render(report)).iter(f"{W}tbl")
    assert [len(row.findall(f"{W}trPr/{W}tblHeader")) for row in scores.iter(f"{W}tr")] == [1, 0, 0, 0, 0]
    assert [len(row.findall(f"{W}trPr/{W}tblHeader")) for row in goals.iter(f"{W}tr")] == [0, 0, 0]
    styles = [[p.get(f"{W}val") for p in row.iter(f"{W}pStyle")] for row in scores.iter(f"{W}tr")]
    assert styles[0] == ["TableHead"] * 5
    assert styles[1] == ["TableText"] * 5
    assert styles[4] == ["TableStrong", "TableText", "TableText"]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in scores.iter(f"{W}tr"))


def test_columns_fill_the_type_area_in_the_proportions_given() -> None:
    thirds = Table("", (1, 1, 1), ((Cell("甲"), Cell("乙丙", columns=2)),))
    body = part(docx.render(Document("附件1", ("标题",), (thirds,))))
    grid = [int(column.get(f"{W}w", "")) for column in body.iter(f"{W}gridCol")]
    cells = [int(width.get(f"{W}w", "")) for width in body.iter(f"{W}tcW")]
    assert grid == [2948, 2948, 2949]
    assert cells == [2948, 5897]
    assert sum(grid) == 11906 - 1587 - 1474  # A4 less the margins


def test_cells_are_aligned_as_asked() -> None:
    row = tuple(Cell(align, align=align) for align in ("left", "center", "right"))
    (table,) = read(Document("附件1", ("标题",), (Table("", (1, 1, 1), (row,)),))).tables
    assert [cell.paragraphs[0].alignment for cell in table._cells] == [
        None,  # as the style has it
        WD_ALIGN_PARAGRAPH.CENTER,
        WD_ALIGN_PARAGRAPH.RIGHT,
    ]


def test_a_table_without_rows_is_only_its_caption() -> None:
    word = read(Document("附件1", ("标题",), (Table("空表", (1,), ()), Paragraph("文"))))
    assert word.tables == []
    assert [p.text for p in word.paragraphs[-2:]] == ["空表", "文"]


def test_a_page_break_belongs_to_what_follows_it() -> None:
    plain = Table("", (1,), ((Cell("甲"),),))
    blocks = (
        Paragraph("一"),
        PageBreak(),
        Heading(1, "二"),
        PageBreak(),
        PageBreak(),
        plain,
        Paragraph("三"),
        PageBreak(),
    )
    body = part(docx.render(Document("附件1", ("标题",), blocks)))
    starting = [brk.getparent().getparent() for brk in body.iter(f"{W}pageBreakBefore")]
    assert ["".join(p.itertext()) for p in starting] == ["二", ""]
    assert starting[1].getnext().tag == f"{W}tbl"


def test_a_book_opens_with_its_contents(book: Book) -> None:
    short = Document("", ("短标题", "分两行"), ())
    found = [(p.style.name, p.text) for p in read(Book(book.title, (*book.documents, short))).paragraphs if p.style]
    assert found[:11] == [
        ("Normal", ""),
        ("Normal", ""),
        ("Title", "广元市利州区总工会"),
        ("Title", "2019年度绩效评价报告汇编"),
        ("Normal", ""),
        ("TOC Heading", "目录"),
        ("Normal", ""),
        # Too long for a line: broken where the title is.
        ("toc 1", "附件1\t广元市利州区总工会\n2019年部门整体支出绩效评价报告\t"),
        ("toc 1", "附件2-1\t广元市利州区总工会\n2019年劳模补助项目支出绩效评价报告\t"),
        ("toc 1", "\t短标题分两行\t"),
        ("Label", "附件1"),
    ]
    (unlabelled,) = (p.text for p in read(Book((), (short,))).paragraphs if p.style and p.style.name == "toc 1")
    assert unlabelled == "短标题分两行\t"


def test_a_title_line_that_does_not_fit_is_set_tighter_or_turns_near_its_middle() -> None:
    def look(line: str) -> tuple[list[str | None], list[int]]:
        body = part(docx.render(Document("附件1", (line,), ())))
        styles = [style.get(f"{W}val") for style in body.iter(f"{W}pStyle")]
        return styles[1:], [int(ind.get(f"{W}left", "")) for ind in body.iter(f"{W}ind")]

    assert look("绩" * 19) == look("2019年" + "绩" * 16) == (["Title"], [])
    assert look("绩" * 20) == look("绩" * 21) == (["TitleTight"], [])
    styles, (margin,) = look("绩" * 22)
    assert styles == ["Title"]
    assert 22 / 2 <= (8845 - 2 * margin) / 430 < 14  # room for half of it, and not for much more


# --- hostile text ---------------------------------------------------------------------------------------------------


def check_inert(text: str) -> None:
    word = read(everywhere(text))
    paragraphs = [p.text for p in word.paragraphs if p.style is not None and p.style.name not in ("Normal", "Gap")]
    assert paragraphs == [shown(text)] * (6 if text else 5)  # no caption without text
    assert [cell.text for cell in word.tables[0]._cells] == [shown(text), "x", shown(text), shown(text)]
    assert word.core_properties.title == shown(text)


def test_hostile_text_comes_back_whole_and_inert(hostile: str) -> None:
    check_inert(hostile)
    tags = {element.tag for element in part(docx.render(everywhere(hostile))).iter()}
    assert tags <= {element.tag for element in part(docx.render(everywhere("一\n二\t三"))).iter()} | {f"{W}ind"}


def test_breaks_and_spaces_are_written_so_that_every_reader_keeps_them() -> None:
    body = part(docx.render(Document("附件1", ("标题",), (Paragraph(" 一\n二\r\n三\r四\t五  "),))))
    *_, run = body.iter(f"{W}r")
    assert [etree.QName(child).localname for child in run] == ["rPr", "t", "br", "t", "br", "t", "br", "t", "tab", "t"]
    assert [child.text for child in run.iter(f"{W}t")] == [" 一", "二", "三", "四", "五  "]
    assert {child.get("{http://www.w3.org/XML/1998/namespace}space") for child in run.iter(f"{W}t")} == {"preserve"}


@given(st.text(st.characters()))
def test_any_text_comes_back_whole_and_inert(text: str) -> None:
    check_inert(text)


# --- the package ----------------------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes(report: Document, book: Book) -> None:
    first = docx.render(report), docx.render(book)
    docx.unchanging.cache_clear()
    docx.part.cache_clear()
    assert (docx.render(report), docx.render(book)) == first


def test_nothing_in_the_package_tells_of_the_machine_or_the_day(report: Document) -> None:
    with zipfile.ZipFile(io.BytesIO(docx.render(report))) as package:
        assert package.testzip() is None
        assert {(i.date_time, i.create_system) for i in package.infolist()} == {((1980, 1, 1, 0, 0, 0), 0)}
        assert not re.search(rb"<dcterms:|<dc:creator|20[0-9]{2}-[0-9]{2}-[0-9]{2}T", package.read("docProps/core.xml"))


def test_every_part_is_declared_and_every_reference_leads_somewhere(book: Book) -> None:
    with zipfile.ZipFile(io.BytesIO(docx.render(book))) as package:
        names = package.namelist()
        types = etree.fromstring(package.read("[Content_Types].xml"))
        relations = etree.fromstring(package.read("word/_rels/document.xml.rels"))
        body = etree.fromstring(package.read(BODY))
        styles = etree.fromstring(package.read("word/styles.xml"))
    assert names[0] == "[Content_Types].xml"
    assert len(names) == len(set(names))
    declared = {override.get("PartName", "").removeprefix("/") for override in types.iter("{*}Override")}
    assert declared == {name for name in names if name.endswith(".xml") and name != "[Content_Types].xml"}
    assert {f"word/{relation.get('Target')}" for relation in relations} <= set(names)
    ids = {relation.get("Id") for relation in relations}
    assert {footer.get(etree.QName(footer.nsmap["r"], "id")) for footer in body.iter(f"{W}footerReference")} <= ids
    used = {style.get(f"{W}val") for tag in ("pStyle", "tblStyle") for style in body.iter(f"{W}{tag}")}
    known = {style.get(f"{W}styleId") for style in styles.iter(f"{W}style")}
    assert used <= known
    assert {based.get(f"{W}val") for tag in ("basedOn", "next") for based in styles.iter(f"{W}{tag}")} <= known
    marks = [mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")]
    assert [link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")] == marks == ["_document1", "_document2"]
    assert re.findall(r"PAGEREF (\S+)", "".join(body.itertext())) == marks


def some(names: str) -> str:
    """A content model: these children in this order, none of them needed, none twice."""
    return "".join(f"({name} )?" for name in names.split())


RUN = "(r |hyperlink |bookmarkStart |bookmarkEnd )*"
BORDERS = some("top left bottom right insideH insideV")
# Content models of the elements written here, as regular expressions over the names of the children; elements not
# named have no children. Source: ECMA-376 Part 1 (transitional), wml.xsd. Word may refuse a file that breaks them.
CONTENT = {
    "document": "body ",
    "body": "(p |tbl )*p sectPr ",
    "p": f"(pPr )?{RUN}",
    "hyperlink": RUN,
    "r": "(rPr )?(t |br |tab |fldChar |instrText |drawing )*",
    "pPr": some(
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
        "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
        "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
        "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
    ),
    "rPr": some(
        "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid "
        "vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em "
        "lang eastAsianLayout specVanish oMath"
    ),
    "tabs": "(tab )+",
    "tbl": "tblPr tblGrid (tr )+",
    "tblPr": some(
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd "
        "tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription"
    ),
    "tblBorders": BORDERS,
    "tblCellMar": BORDERS,
    "tblGrid": "(gridCol )+",
    "tr": "(trPr )?(tc )+",
    "trPr": "(cantSplit |tblHeader )*",
    "tc": "(tcPr )?(p )+",
    "tcPr": some(
        "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark"
    ),
    "sectPr": "(headerReference |footerReference )*"
    + some(
        "footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols formProt vAlign noEndnote "
        "titlePg textDirection bidi rtlGutter docGrid printerSettings"
    ),
    "ftr": "(p )+",
    "styles": "docDefaults (style )+",
    "docDefaults": "rPrDefault pPrDefault ",
    "rPrDefault": "(rPr )?",
    "pPrDefault": "(pPr )?",
    "style": some(
        "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat locked "
        "personal personalCompose personalReply rsid pPr rPr tblPr trPr tcPr"
    ),
    "fonts": "(font )+",
    "font": some("altName panose1 charset family notTrueType pitch sig"),
    "settings": some(
        "zoom defaultTabStop evenAndOddHeaders characterSpacingControl compat themeFontLang decimalSymbol listSeparator"
    ),
    "compat": some("doNotExpandShiftReturn useFELayout") + "(compatSetting )*",
}


def out_of_order(root: etree._Element) -> list[str]:
    wrong = []
    for element in root.iter(f"{W}*"):
        name = etree.QName(element).localname
        children = "".join(f"{etree.QName(child).localname} " for child in element.iterchildren(f"{W}*"))
        if not re.fullmatch(CONTENT.get(name, ""), children):
            wrong.append(f"{name}: {children}")
    return wrong


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_elements_stand_in_the_order_of_the_schema(book: Book, lang: docx.Lang) -> None:
    data = docx.render(Book(book.title, book.documents, lang))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = [name for name in package.namelist() if name.startswith("word/") and name.endswith(".xml")]
    assert [f"{name}: {wrong}" for name in names for wrong in out_of_order(part(data, name))] == []


def test_the_order_check_sees_a_wrong_order(report: Document) -> None:
    body = part(docx.render(report))
    (properties,) = (
        p
        for p in body.iter(f"{W}pPr")
        if len(p) == 2 and p[1].tag == f"{W}pageBreakBefore" and p[0].get(f"{W}val") == "Heading1"
    )
    properties.append(properties[0])
    assert out_of_order(body) == ["pPr: pageBreakBefore pStyle "]


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_is_that_of_an_official_document(report: Document) -> None:
    (section,) = read(report).sections
    sizes = (section.page_width, section.page_height, section.top_margin, section.bottom_margin)
    assert [round(size.mm) for size in sizes if size is not None] == [210, 297, 37, 35]
    assert [round(size.mm) for size in (section.left_margin, section.right_margin) if size is not None] == [28, 26]
    assert section.footer_distance is not None
    assert round(section.footer_distance.mm, 1) == 25.5  # where LibreOffice draws the dash 7 mm below the text
    grid = part(docx.render(report)).find(f".//{W}docGrid")
    lines = part(docx.render(report), "word/styles.xml").find(f"{W}style[@{W}styleId='Normal']/{W}pPr/{W}spacing")
    assert grid is not None
    assert lines is not None
    assert dict(grid.attrib) == {f"{W}type": "lines", f"{W}linePitch": "579"}
    assert dict(lines.attrib) == {f"{W}lineRule": "exact", f"{W}line": "579"}


def test_every_paragraph_style_names_a_font_for_every_script(report: Document) -> None:
    styles = part(docx.render(report), "word/styles.xml")
    fonts = {
        style.get(f"{W}styleId"): {etree.QName(key).localname: value for key, value in fonts.attrib.items()}
        for style in styles.iter(f"{W}style")
        if style.get(f"{W}type") == "paragraph"
        for fonts in style.findall(f"{W}rPr/{W}rFonts")
    }
    assert len(fonts) == len(styles.findall(f"{W}style[@{W}type='paragraph']"))
    assert all(set(names) == {"ascii", "hAnsi", "cs", "eastAsia"} for names in fonts.values())
    chinese = {style: names["eastAsia"] for style, names in fonts.items()}
    assert chinese["BodyText"] == chinese["Heading3"] == chinese["Heading4"] == chinese["TableText"] == "仿宋_GB2312"
    assert chinese["Label"] == chinese["Heading1"] == chinese["TableHead"] == "黑体"
    assert (chinese["Heading2"], chinese["Title"]) == ("楷体_GB2312", "方正小标宋简体")
    assert {names["ascii"] for style, names in fonts.items() if style != "Footer"} == {"Times New Roman"}
    assert set(fonts["Footer"].values()) == {"宋体"}
    table = part(docx.render(report), "word/fontTable.xml")
    described = {font.get(f"{W}name"): font.find(f"{W}altName") for font in table}
    assert {name for names in fonts.values() for name in names.values()} <= set(described)
    assert all(alt is None or len(alt.get(f"{W}val", "")) <= 31 for alt in described.values())


def test_chinese_runs_take_shared_punctuation_from_the_chinese_font(report: Document) -> None:
    runs = list(part(docx.render(report)).iter(f"{W}r"))
    assert runs
    assert all(run.find(f"{W}rPr/{W}rFonts[@{W}hint='eastAsia']") is not None for run in runs)
    english = part(docx.render(Document("Annex 1", ("Report",), (Paragraph("“a” — b…"),), lang="en")))
    assert not list(english.iter(f"{W}rFonts"))


def test_an_english_document_is_indented_and_spaced_as_english() -> None:
    def looks(lang: docx.Lang) -> tuple[int, int, int]:
        styles = part(docx.render(Document("1", ("t",), (), lang=lang)), "word/styles.xml")
        indents, bold = styles.findall(f".//{W}ind"), styles.findall(f".//{W}b")
        return len(indents), len(bold), len(styles.findall(f".//{W}jc[@{W}val='both']"))

    assert looks("zh") == (5, 0, 1)
    indents, bold, justified = looks("en")
    assert (indents, justified) == (0, 0)
    assert bold > 0


# --- as LibreOffice lays it out -------------------------------------------------------------------------------------


def missing_for_layout() -> list[str]:
    missing = [tool for tool in ("soffice", "pdftotext", "fc-list") if shutil.which(tool) is None]
    if not missing and not subprocess.run(["fc-list", ":lang=zh"], check=True, capture_output=True).stdout:
        missing.append("a Chinese font")  # the stand-ins for missing characters are not square
    return missing


MISSING = missing_for_layout()
needs_layout = pytest.mark.skipif(bool(MISSING), reason=f"laying out pages needs {', '.join(MISSING)}")
FULL = "字" * 28 * 50  # with its indent, 51 lines


@pytest.fixture
def pages(report: Document, book: Book, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The text of every page of a report, a book and a plain page, laid out by one LibreOffice."""
    folder = tmp_path_factory.mktemp("pdf")
    plain = Document("附件1", ("标题",), (Paragraph(FULL),))
    for name, document in {"report": report, "book": book, "plain": plain}.items():
        (folder / f"{name}.docx").write_bytes(docx.render(document))
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
    files = sorted(map(str, folder.glob("*.docx")))
    subprocess.run([*command, "--outdir", str(folder), *files], check=True, capture_output=True, timeout=180)
    return {path.stem: read_pdf(path) for path in folder.glob("*.pdf")}


def read_pdf(path: Path) -> list[str]:
    command = ["pdftotext", "-layout", "-enc", "UTF-8", str(path), "-"]
    text = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
    return text.removesuffix("\f").split("\f")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@needs_layout
def test_pages_as_libreoffice_lays_them_out(pages: dict[str, list[str]]) -> None:
    # One conversion, several facts: starting LibreOffice takes seconds.
    first, *_, last = report = [squeezed(page) for page in pages["report"]]
    assert len(report) == 4
    assert first.startswith("附件2-1广元市利州区总工会2019年劳模补助项目支出绩效评价报告一、项目概况（一）基本情况")
    assert all(text in first for text in ("“资金”10.34万元", "一级指标", "立项程序", "合计"))
    assert [page.endswith(f"—{number}—") for number, page in enumerate(report, start=1)] == [True] * 4
    assert report[1].startswith("项目支出绩效目标完成情况表（2019年度）项目名称")
    assert report[2].startswith("二、评价结论满意度≥95%、≤100%。")
    assert ("".join(report[2:]).count("专款专用"), last.count("二、评价结论")) == (40, 0)

    book = [squeezed(page) for page in pages["book"]]
    starts = [number for number, page in enumerate(book, start=1) if page.startswith("附件")]
    assert starts == [2, 6]
    assert re.findall(r"\.{3,}(\d+)", book[0]) == [str(number) for number in starts]
    assert book[0].startswith("广元市利州区总工会2019年度绩效评价报告汇编目录附件1广元市利州区总工会")
    assert book[-1].endswith(f"—{len(book)}—")

    full = [len(line.strip()) for line in pages["plain"][1].splitlines() if "字" in line]
    assert full == [28] * 22
    odd, even = (page.rstrip().splitlines()[-1] for page in pages["plain"][:2])
    assert len(odd) - len(odd.lstrip()) > 20 > len(even) - len(even.lstrip())
