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
from functools import cache
from itertools import accumulate, pairwise
from math import ceil
from pathlib import Path
from string import Template
from typing import Final

from scoring.errors import Lang
from scoring.report.document import Block, Book, Cell, Document, Heading, PageBreak, Paragraph, Table

_PARTS: Final = Path(__file__).parent / "templates" / "docx"
_CORE: Final = "docProps/core.xml"
_STYLES: Final = "word/styles.xml"
_AREA: Final = 8845  # the type area, 156 mm, in twentieths of a point (Word's unit for lengths)
_CHARACTER: Final = 315  # one character of body text: 16 pt less the 0.25 pt that puts 28 of them on a line
_TITLE_HALF: Final = 215  # half a character of the title: 22 pt less 0.5 pt
_TITLE_LINE: Final = 38  # halves on a line, with room for the space that Word puts between digits and Chinese
_TITLE_TIGHT: Final = 42  # halves on a line in the style TitleTight, 1 pt closer
_LEVELS: Final = 4  # 一、 （一） 1. （1）

# What styles.xml leaves open. Chinese sets paragraphs apart by an indent and headings by typeface; English sets them
# apart by a gap, and by weight and slope.
_LOOK: Final[dict[Lang, dict[str, str]]] = {
    "zh": {
        "justify": "both",
        "tracking": '<w:spacing w:val="-5"/>',
        "indent": '<w:ind w:firstLineChars="200" w:firstLine="630"/>',
        "gap": "",
        "strong": "",
        "emphasis": "",
    },
    "en": {
        "justify": "left",
        "tracking": "",
        "indent": "",
        "gap": '<w:spacing w:after="120"/>',
        "strong": "<w:b/><w:bCs/>",
        "emphasis": "<w:i/><w:iCs/>",
    },
}

# Quotation marks, dashes and dots belong to both scripts: the hint has Word take them from the Chinese font.
_RUN: Final[dict[Lang, str]] = {"zh": '<w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr>', "en": "<w:r>"}
_TEXT: Final = '<w:t xml:space="preserve">'
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
# A4 less the margins is 156 × 225 mm: 22 lines of 28.95 pt. The footer stands so that its dash is 7 mm below them.
_CLOSE: Final = (
    '<w:sectPr><w:footerReference w:type="default" r:id="footerOdd"/>'
    '<w:footerReference w:type="even" r:id="footerEven"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1587" w:header="851" w:footer="1445" w:gutter="0"/>'
    '<w:cols w:space="425"/><w:docGrid w:type="lines" w:linePitch="579"/></w:sectPr></w:body></w:document>'
)
_EMPTY: Final = "<w:p/>"
_NEW_PAGE: Final = "<w:pageBreakBefore/>"


def render(document: Document | Book) -> bytes:
    """The finished .docx file."""
    body = "".join(_book(document) if isinstance(document, Book) else _document(document))
    title = ("" if document.lang == "zh" else " ").join(document.title)
    archive = io.BytesIO(_unchanging(document.lang))
    with zipfile.ZipFile(archive, "a") as package:
        _add(package, _CORE, Template(_part(_CORE)).substitute(title=_escape(title, _PLAIN)))
        _add(package, "word/document.xml", f"{_OPEN}{body}{_CLOSE}")
    return archive.getvalue()


@cache
def _unchanging(lang: Lang) -> bytes:
    """The package with every part that is the same for all documents of a language."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        names = (path.relative_to(_PARTS).as_posix() for path in _PARTS.rglob("*") if path.is_file())
        for name in sorted(names):
            if name == _STYLES:
                _add(package, name, Template(_part(name)).substitute(_LOOK[lang]))
            elif name != _CORE:
                _add(package, name, _part(name))
    return archive.getvalue()


@cache
def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _add(package: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name)  # dated 1980-01-01
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0  # zipfile would write which system it runs on
    package.writestr(entry, text.encode())


def _escape(text: str, table: dict[int, str]) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(table)


def _run(text: str, lang: Lang) -> str:
    return f"{_RUN[lang]}{_TEXT}{_escape(text, _RICH)}</w:t></w:r>" if text else ""


def _paragraph(style: str, content: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def _document(document: Document, label: str | None = None) -> Iterator[str]:
    """Label on the first line, title from the third, text after an empty line. Without a label its line stays empty."""
    yield label or _paragraph("Label", _run(document.label, document.lang))
    yield _EMPTY
    yield from _title(document.title, document.lang)
    yield _EMPTY
    yield from _blocks(document.blocks, document.lang)


def _title(lines: Iterable[str], lang: Lang) -> Iterator[str]:
    """A paragraph a line. A Chinese line may turn anywhere: a little too long, it is set tighter so as not to leave its
    last character alone; much too long, it is narrowed to turn near its middle."""
    for line in lines:
        width, style, indent = _width(line), "Title", ""
        if lang == "zh" and width > _TITLE_TIGHT:
            share = ceil(width / ceil(width / _TITLE_LINE)) + 2  # two halves to let a punctuation mark move over
            margin = max(0, (_AREA - share * _TITLE_HALF) // 2)
            indent = f'<w:ind w:left="{margin}" w:right="{margin}"/>'
        elif lang == "zh" and width > _TITLE_LINE:
            style = "TitleTight"
        yield _paragraph(style, _run(line, lang), indent)


def _width(text: str) -> int:
    """Roughly, in half-widths: letters and digits are one, Chinese characters and punctuation two."""
    return sum(1 if character < "\u2000" else 2 for character in text)


def _book(book: Book) -> Iterator[str]:
    """The first page names the book and lists its documents; each document starts a page, numbered through."""
    yield _EMPTY
    yield _EMPTY
    yield from _title(book.title, book.lang)
    yield _EMPTY
    yield _paragraph("TOCHeading", _run(_CONTENTS[book.lang], book.lang))
    yield _EMPTY
    labels = max((_width(document.label) for document in book.documents), default=0)
    hang = (labels + 2) * _CHARACTER // 2 if labels else 0
    for number, document in enumerate(book.documents, start=1):
        yield _entry(number, document, hang, book.lang)
    for number, document in enumerate(book.documents, start=1):
        mark = (
            f'<w:bookmarkStart w:id="{number}" w:name="_document{number}"/>{_run(document.label, document.lang)}'
            f'<w:bookmarkEnd w:id="{number}"/>'
        )
        yield from _document(document, _paragraph("Label", mark, _NEW_PAGE))


def _entry(number: int, document: Document, hang: int, lang: Lang) -> str:
    """One line of the contents: label, title, dots, page. The page is left to the reader's program to fill in, since
    only that knows where pages end; the field is marked stale so that Word does so on opening."""
    room = (_AREA - hang) * 2 // _CHARACTER - 6  # for some dots and the number
    title = document.full_title if _width(document.full_title) <= room else "\n".join(document.title)
    text = f"{document.label}\t{title}\t" if hang else f"{title}\t"
    field = (
        '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> PAGEREF _document{number} \\h </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    after_label = f'<w:tab w:val="left" w:pos="{hang}"/>' if hang else ""
    properties = (
        f'<w:tabs>{after_label}<w:tab w:val="right" w:leader="dot" w:pos="{_AREA}"/></w:tabs>'
        f'<w:ind w:left="{hang}" w:hanging="{hang}"/>'
    )
    link = f'<w:hyperlink w:anchor="_document{number}" w:history="1">{_run(text, lang)}{field}</w:hyperlink>'
    return _paragraph("TOC1", link, properties)


def _blocks(blocks: Iterable[Block], lang: Lang) -> Iterator[str]:
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
                    yield from _table(block, lang)
        start = ""


def _table(table: Table, lang: Lang) -> Iterator[str]:
    total, edges = sum(table.widths), [0]
    for reach in accumulate(table.widths):
        edges.append(_AREA * reach // total)
    yield (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="ReportTable"/><w:tblW w:w="{_AREA}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
    )
    yield from (f'<w:gridCol w:w="{right - left}"/>' for left, right in pairwise(edges))
    yield "</w:tblGrid>"
    for number, line in enumerate(table.grid()):
        head = number < table.head
        yield f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>"
        for column, place in enumerate(line):
            if place is not None:
                cell, starts = place
                yield _cell(cell, starts, edges[column + cell.columns] - edges[column], head, lang)
        yield "</w:tr>"
    # Without a paragraph between them Word would join two tables; and it wants one after the last.
    yield f"</w:tbl>{_paragraph('Gap', '')}"


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
