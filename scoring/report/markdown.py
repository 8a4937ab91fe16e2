"""A report as GitHub-flavoured Markdown, for reading in a browser or comparing two versions line by line.

Source: CommonMark 0.31 and the GFM table extension.
Markdown has no merged cells: the text of one stands in its first row and first column, and the places it covers stay
blank, so that the rows below read as they do on paper. A table has one head row; further ones are bold. A page break is
a rule. Notes are quoted. A figure is what it says, as a list. Whatever the text contains is shown as it is: nothing in it can turn into markup or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scoring.report.document import Align, Block, Book, Cell, Document, Figure, Heading, PageBreak, Paragraph, Table

_DEEPEST: Final = 6  # Markdown has no seventh level
_RULES: Final[dict[Align, str]] = {"left": "---", "center": ":---:", "right": "---:"}
_CONTENTS: Final = {"zh": "目录", "en": "Contents"}

# What can be markup anywhere in a line: emphasis, code, links, HTML, entities, columns, strike-out, formulas, headings.
_INERT: Final = {
    **dict.fromkeys([*range(0x20), *range(0xD800, 0xE000)], "\ufffd"),  # not text, or not to be written in UTF-8
    **{ord(mark): f"\\{mark}" for mark in "\\`*_[<&|~$#"},
    **str.maketrans({"\t": " ", "\n": "<br>"}),
}
# What is a list, a rule or a quotation at the start of a line only: it takes a backslash, after the digits if any.
_OPENING: Final = re.compile(r"\A(?:(?=[-+>])|(\d{1,9})(?=[.)](?:\s|\Z)))")


def render(document: Document | Book) -> str:
    """The whole report; ends with one newline."""
    parts = _book(document) if isinstance(document, Book) else _document(document, 1)
    return "\n\n".join(filter(None, parts)) + "\n"


def _book(book: Book) -> Iterator[str]:
    yield _heading(1, ("" if book.lang == "zh" else " ").join(book.title))
    yield _heading(2, _CONTENTS[book.lang])
    yield "\n".join(f"- {_line(f'{document.label} {document.full_title}')}" for document in book.documents)
    for document in book.documents:
        yield _RULES["left"]
        yield from _document(document, 2)


def _document(document: Document, level: int) -> Iterator[str]:
    """`level` is that of the title; the headings follow below it."""
    if document.label:
        yield _bold(document.label)
    yield _heading(level, document.full_title)
    yield from _blocks(document.blocks, level)


def _blocks(blocks: Iterable[Block], level: int) -> Iterator[str]:
    for block in blocks:
        match block:
            case PageBreak():
                yield _RULES["left"]
            case Heading():
                yield _heading(level + block.level, block.text)
            case Paragraph():
                yield _line(block.text) if block.style == "body" else f"> {_line(block.text)}"
            case Table():
                if block.caption:
                    yield _bold(block.caption)
                if block.rows:
                    yield "\n".join(_rows(block))
            case Figure():
                yield _bold(block.caption)
                yield "\n".join(f"- {_line(words)}" for words in block.words)


def _rows(table: Table) -> Iterator[str]:
    grid = list(table.grid())
    if not table.head:  # Markdown wants a head row, so this table gets an empty one
        grid.insert(0, [None] * len(table.widths))
    yield _row(_place(place) for place in grid[0])
    first = next(iter(grid[max(table.head, 1) :]), grid[0])  # a column is aligned as its first cell below the head
    yield _row(_RULES[place[0].align] if place else _RULES["left"] for place in first)
    for number, line in enumerate(grid[1:], start=1):
        yield _row(_place(place, strong=number < table.head) for place in line)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _place(place: tuple[Cell, bool] | None, strong: bool = False) -> str:
    if place is None or not place[1]:
        return ""
    cell = place[0]
    return _bold(cell.text) if strong or cell.strong else _text(cell.text)


def _heading(level: int, text: str) -> str:
    return f"{'#' * min(level, _DEEPEST)} {_text(text)}"


def _bold(text: str) -> str:
    return f"**{written}**" if (written := _text(text)) else ""


def _line(text: str) -> str:
    """The text where it opens a line."""
    return _OPENING.sub(r"\1\\", _text(text))


def _text(text: str) -> str:
    """The text within a line, its line breaks written as <br>."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")
    return lines.translate(_INERT).strip()
