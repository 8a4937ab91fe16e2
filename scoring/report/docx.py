"""A report as a Word file in the page format of Chinese official documents.

Source: GB/T 9704-2012 as public pages reproduce it (page, type sizes, faces, page numbers, place of the attachment's
label and title); not checked against a bought copy. The standard says nothing of tables: theirs is common practice.
Everything that never changes (styles, settings, footers) lies as files under templates/docx and is packed once; a
document adds only its text. There is no clock and no random number: the same input gives the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from math import ceil
from string import Template
from typing import Final

from scoring.errors import Lang
from scoring.report.document import Block, Book, Cell, Document, Figure, Heading, PageBreak, Paragraph, Table
from scoring.report.docx_figures import Figures
from scoring.report.docx_parts import CORE, add, closing, part, unchanging
from scoring.report.page import Page, shipped

_LEVELS: Final = 4  # 一、 （一） 1. （1）

# Quotation marks, dashes and dots belong to both scripts: the hint has Word take them from the Chinese font.
_RUN: Final[dict[Lang, str]] = {"zh": '<w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr>', "en": "<w:r>"}
_TEXT: Final = '<w:t xml:space="preserve">'
_AGAIN: Final[dict[Lang, str]] = {"zh": "（续）", "en": " (continued)"}
_STOP: Final[dict[Lang, str]] = {"zh": "。", "en": "."}
_CONTENTS: Final[dict[Lang, str]] = {"zh": "目录", "en": "Contents"}

# XML 1.0 has no way to write these at all, not even as a character reference.
_FORBIDDEN: Final = [*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
_PLAIN: Final = {
    **dict.fromkeys(_FORBIDDEN, "\ufffd"),
    **str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "\t", "\n": "\n"}),
    **str.maketrans({"≧": "≥", "≦": "≤"}),  # the form that 仿宋 fonts have
}
_RICH: Final = {
    **_PLAIN,
    **str.maketrans({"\t": f"</w:t><w:tab/>{_TEXT}", "\n": f"</w:t><w:br/>{_TEXT}"}),
}

_OPEN: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>'
)
_EMPTY: Final = "<w:p/>"
_NEW_PAGE: Final = "<w:pageBreakBefore/>"


def render(document: Document | Book, page: Page | None = None) -> bytes:
    """The finished .docx file, in the look of the page profile (without one, that of GB/T 9704)."""
    page = page or shipped()
    figures = Figures(page)
    body = "".join(_book(document, page, figures) if isinstance(document, Book) else _document(document, page, figures))
    title = ("" if document.lang == "zh" else " ").join(document.title)
    archive = io.BytesIO(unchanging(document.lang, page, len(figures)))
    with zipfile.ZipFile(archive, "a") as package:
        add(package, CORE, Template(part(CORE)).substitute(title=_escape(title, _PLAIN)))
        add(package, "word/document.xml", f"{_OPEN}{body}{closing(page)}")
        figures.add_to(package)
    return archive.getvalue()


def _escape(text: str, table: dict[int, str]) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(table)


def _run(text: str, lang: Lang) -> str:
    return f"{_RUN[lang]}{_TEXT}{_escape(text, _RICH)}</w:t></w:r>" if text else ""


def _paragraph(style: str, content: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def _document(document: Document, page: Page, figures: Figures, label: str | None = None) -> Iterator[str]:
    """Label on the first line, title from the third, text after an empty line. Without a label its line stays empty."""
    yield label or _paragraph("Label", _run(document.label, document.lang))
    yield _EMPTY
    yield from _title(document.title, document.lang, page)
    yield _EMPTY
    yield from _blocks(document.blocks, document.lang, page, figures)


def _title(lines: Iterable[str], lang: Lang, page: Page) -> Iterator[str]:
    """A paragraph a line. A Chinese line may turn anywhere: a little too long, it is set tighter so as not to leave its
    last character alone; much too long, it is narrowed to turn near its middle."""
    half = (int(page.fonts.title.size * 20) - 10) // 2  # half a character: the style takes 0.5 pt off
    fits = page.width // half - 3  # halves on a line, with room for the space that Word puts between digits and Chinese
    tight = page.width // (half - 10) - 1  # the same in the style TitleTight, 1 pt closer
    for line in lines:
        width, style, indent = _width(line), "Title", ""
        if lang == "zh" and width > tight:
            share = ceil(width / ceil(width / fits)) + 2  # two halves to let a punctuation mark move over
            margin = max(0, (page.width - share * half) // 2)
            indent = f'<w:ind w:left="{margin}" w:right="{margin}"/>'
        elif lang == "zh" and width > fits:
            style = "TitleTight"
        yield _paragraph(style, _run(line, lang), indent)


def _width(text: str) -> int:
    """Roughly, in half-widths: letters and digits are one, Chinese characters and punctuation two."""
    return sum(1 if character < "\u2000" else 2 for character in text)


def _book(book: Book, page: Page, figures: Figures) -> Iterator[str]:
    """The first page names the book and lists its documents; each document starts a page, numbered through."""
    yield _EMPTY
    yield _EMPTY
    yield from _title(book.title, book.lang, page)
    yield _EMPTY
    yield _paragraph("TOCHeading", _run(_CONTENTS[book.lang], book.lang))
    yield _EMPTY
    labels = max((_width(document.label) for document in book.documents), default=0)
    hang = (labels + 2) * page.character // 2 if labels else 0
    for number, document in enumerate(book.documents, start=1):
        yield _entry(number, document, hang, book.lang, page)
    for number, document in enumerate(book.documents, start=1):
        mark = (
            f'<w:bookmarkStart w:id="{number}" w:name="_document{number}"/>{_run(document.label, document.lang)}'
            f'<w:bookmarkEnd w:id="{number}"/>'
        )
        yield from _document(document, page, figures, _paragraph("Label", mark, _NEW_PAGE))


def _entry(number: int, document: Document, hang: int, lang: Lang, page: Page) -> str:
    """One line of the contents: label, title, dots, page. The page is left to the reader's program to fill in, since
    only that knows where pages end; the field is marked stale so that Word does so on opening."""
    room = (page.width - hang) * 2 // page.character - 6  # for some dots and the number
    title = document.full_title if _width(document.full_title) <= room else "\n".join(document.title)
    text = f"{document.label}\t{title}\t" if hang else f"{title}\t"
    field = (
        '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> PAGEREF _document{number} \\h </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    after_label = f'<w:tab w:val="left" w:pos="{hang}"/>' if hang else ""
    properties = (
        f'<w:tabs>{after_label}<w:tab w:val="right" w:leader="dot" w:pos="{page.width}"/></w:tabs>'
        f'<w:ind w:left="{hang}" w:hanging="{hang}"/>'
    )
    link = f'<w:hyperlink w:anchor="_document{number}" w:history="1">{_run(text, lang)}{field}</w:hyperlink>'
    return _paragraph("TOC1", link, properties)


def _blocks(blocks: Iterable[Block], lang: Lang, page: Page, figures: Figures) -> Iterator[str]:
    start = ""  # the property that puts the next block on a new page
    for block in blocks:
        match block:
            case PageBreak():
                start = _NEW_PAGE
                continue
            case Heading():
                yield _paragraph(f"Heading{min(block.level, _LEVELS)}", _run(block.text, lang), start)
            case Paragraph():
                style = "BodyText" if block.style == "body" else "Note"
                yield _paragraph(style, _run(block.text, lang), start)
            case Table():
                if block.caption:
                    yield _paragraph("Caption", _run(block.caption, lang), start)
                elif start:
                    yield _paragraph("Gap", "", start)
                if block.rows:
                    yield from _table(block, lang, page)
            case Figure():
                drawn = figures.run(block, _escape(block.alt(lang), _PLAIN).replace('"', "&quot;"))
                if drawn:
                    yield _paragraph("Figure", drawn, start)
                    yield _paragraph("FigureCaption", _run(block.caption, lang))
                else:
                    yield _paragraph("BodyText", _run(block.alt(lang) + _STOP[lang], lang), start)
        start = ""


def _table(table: Table, lang: Lang, page: Page) -> Iterator[str]:
    total, edges = sum(table.widths), [0]
    for reach in accumulate(table.widths):
        edges.append(page.width * reach // total)
    yield (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="ReportTable"/><w:tblW w:w="{page.width}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
    )
    yield from (f'<w:gridCol w:w="{right - left}"/>' for left, right in pairwise(edges))
    yield "</w:tblGrid>"
    lines = list(table.grid())
    # Word shows the text of a cell that reaches down on its first page only, and only Word knows where pages end: so in
    # a table longer than a page it is repeated where a group beside it begins. A form, which has no head, stays as it is.
    repeats = bool(table.head) and _is_long(lines, edges, page)
    for number, line in enumerate(lines):
        head = number < table.head
        yield f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>"
        for column, place in enumerate(line):
            if place is not None:
                cell, starts = place
                right = column + cell.columns
                beside = line[right] if right < len(line) else None
                if repeats and not starts and beside and beside[1] and beside[0].rows > 1:
                    cell, starts = replace(cell, text=cell.text.partition("\n")[0] + _AGAIN[lang]), True
                yield _cell(cell, starts, edges[right] - edges[column], head, lang)
        yield "</w:tr>"
    # Without a paragraph between them Word would join two tables; and it wants one after the last.
    yield f"</w:tbl>{_paragraph('Gap', '')}"


Line = list[tuple[Cell, bool] | None]


def _is_long(lines: list[Line], edges: list[int], page: Page) -> bool:
    """Whether a table hardly fits one page, by a rough count of the lines its cells take."""
    half = int(page.fonts.table.size * 10)
    count = 0
    for line in lines:
        cells = [(column, place[0]) for column, place in enumerate(line) if place and place[1] and place[0].rows == 1]
        widths = ((edges[column + cell.columns] - edges[column] - 114, cell.text) for column, cell in cells)
        count += max((ceil(_width(text) * half / max(width, half)) for width, text in widths), default=1)
    return count * half * 2.6 > page.height


def _cell(cell: Cell, starts: bool, width: int, head: bool, lang: Lang) -> str:
    span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
    merge = ('<w:vMerge w:val="restart"/>' if starts else "<w:vMerge/>") if cell.rows > 1 else ""
    style = "TableHead" if head else "TableStrong" if cell.strong else "TableText"
    align = f'<w:jc w:val="{cell.align}"/>' if cell.align != "left" else ""
    text = _paragraph(style, _run(cell.text, lang) if starts else "", align)
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{merge}<w:vAlign w:val="center"/></w:tcPr>'
        f"{text}</w:tc>"
    )
