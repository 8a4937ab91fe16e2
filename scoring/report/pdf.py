"""A report as a PDF: the pages of the Word file, laid out here, tagged and with bookmarks.

templates/report.typ says how a page is made up. It is fixed: the report reaches it as JSON that is only shown as text.
There is no clock and no random number: with the same fonts the same input gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from scoring.errors import Lang
from scoring.extras import need
from scoring.report.document import Block, Book, Document, Figure, Heading, PageBreak, Paragraph, Table, legible
from scoring.report.faces import families, fonts
from scoring.report.page import Face, Page, shipped

_TEMPLATE: Final = Path(__file__).parent / "templates" / "report.typ"
_BREAK: Final = "\u200b"  # zero-width space
_TALL: Final = 300  # points; a row higher than that may be divided between pages


def render(document: Document | Book, page: Page | None = None) -> bytes:
    """The finished PDF, in the look of the page profile. ScoringError: the library or its fonts are not installed."""
    page = page or shipped()
    documents = document.documents if isinstance(document, Book) else (document,)
    data = {
        "lang": document.lang,
        "title": [_text(line) for line in document.title],
        "book": isinstance(document, Book),
        "documents": [
            {
                "label": _text(one.label),
                "title": [_text(line) for line in one.title],
                "blocks": [_block(block, page, one.lang) for block in one.blocks],
            }
            for one in documents
        ],
        "page": _page(page),
    }
    made: bytes = compiler(_TEMPLATE).compile(format="pdf", sys_inputs={"data": json.dumps(data)})
    return made


@cache
def compiler(template: Path) -> Any:
    """Kept, since making one takes longer than a report."""
    return need("typst", "pdf").Compiler(template, root=template.parent, font_paths=fonts())


@cache
def _page(page: Page) -> dict[str, object]:
    """Lengths in points."""
    return {
        "margins": page.margins.model_dump(),
        "pitch": page.pitch / 20,
        "character": page.character / 20,
        "number": page.page_number.model_dump(),
        "faces": {role: _face(getattr(page.fonts, role)) for role in type(page.fonts).model_fields},
    }


def _face(face: Face) -> dict[str, object]:
    chinese, latin = families(face)
    line = None if face.line is None else float(face.line)
    return {"chinese": chinese, "latin": latin, "size": float(face.size), "line": line}


def _text(text: str, room: int = 30) -> str:
    """The text as it is shown. A word that takes more room than a line has, in half-widths, may be broken anywhere."""
    text = legible(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return re.sub(rf"[^\s\u2e80-\U0010ffff]{{{room},}}", lambda word: _BREAK.join(word[0]), text)


def _block(block: Block, page: Page, lang: Lang) -> dict[str, object]:
    match block:
        case Heading():
            return {"kind": "heading", "level": block.level, "text": _text(block.text)}
        case Paragraph():
            return {"kind": "paragraph", "style": block.style, "text": _text(block.text)}
        case Table():
            return {
                "kind": "table",
                "caption": _text(block.caption),
                "widths": block.widths,
                "head": block.head,
                "rows": len(block.rows),
                "cells": list(_cells(block, page)),
            }
        case Figure():
            width, height = block.fitted(*page.room)
            words = {"caption": _text(block.caption), "alt": legible(block.alt(lang))}
            return {"kind": "figure", **words, "svg": block.svg, "width": width, "height": height}
        case PageBreak():
            return {"kind": "page"}


def _cells(table: Table, page: Page) -> Iterator[dict[str, object]]:
    """Every cell with its place. In each row one cell, of that row alone where there is one, marks where the row is."""
    half = float(page.fonts.table.size) / 2
    share = page.width / 20 / half / sum(table.widths)
    for y, line in enumerate(table.grid()):
        starts = [(x, place[0]) for x, place in enumerate(line) if place is not None and place[1]]
        marks = next((x for x, cell in reversed(starts) if cell.rows == 1), starts[-1][0] if starts else None)
        rooms = [max(int(share * sum(table.widths[x : x + cell.columns])) - 1, 2) for x, cell in starts]
        tall = any(_lines(cell.text, room) * 2.6 * half > _TALL for (_, cell), room in zip(starts, rooms, strict=True))
        for (x, cell), room in zip(starts, rooms, strict=True):
            yield {
                "x": x,
                "y": y,
                "rows": cell.rows,
                "columns": cell.columns,
                "text": _text(cell.text, room),
                "align": cell.align,
                "strong": cell.strong or y < table.head,
                "marks": x == marks,
                "tall": tall,
            }


def _lines(text: str, room: int) -> int:
    """How many lines a text takes where there is room for so many half-widths, at most."""
    return sum(1 + 2 * len(line) // room for line in text.split("\n"))
