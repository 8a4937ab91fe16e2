"""A report as headings, paragraphs, tables and figures: no format is known here, and no scoring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from scoring.errors import Lang

Align = Literal["left", "center", "right"]
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its number already written (一、 （一） 1. （1）); level counts from 1."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `body` is indented two characters; `note` is small print under a table or about the whole report."""

    text: str
    style: Literal["body", "note"] = "body"


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell; it covers `rows` × `columns` places, and covered places are left out of the rows."""

    text: str
    rows: int = 1
    columns: int = 1
    align: Align = "left"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. widths are relative (they are scaled to the page); the first `head` rows repeat on every page."""

    caption: str
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    head: int = 1

    def grid(self) -> Iterator[list[tuple[Cell, bool] | None]]:
        """Every row as one entry a column: (cell, True) where a cell starts, (cell, False) where it is covered from
        above, None where it is covered from the left.

        Errors: ValueError when the cells do not fill the grid exactly.
        """
        columns = len(self.widths)
        pending: list[tuple[Cell, int] | None] = [None] * columns  # the cell reaching down into a column, rows left
        for number, row in enumerate(self.rows):
            line: list[tuple[Cell, bool] | None] = []
            cells = iter(row)
            while len(line) < columns:
                column = len(line)
                above = pending[column]
                if above is None:
                    cell, starts, left = next(cells, None), True, 0
                    if cell is None:
                        raise ValueError(f"row {number} of table {self.caption!r} has too few cells")
                    left = cell.rows - 1
                else:
                    cell, starts, left = above[0], False, above[1] - 1
                if column + cell.columns > columns:
                    raise ValueError(f"row {number} of table {self.caption!r} is wider than the table")
                line += [(cell, starts), *[None] * (cell.columns - 1)]
                for covered in range(column, column + cell.columns):
                    pending[covered] = (cell, left) if left else None
            if next(cells, None) is not None:
                raise ValueError(f"row {number} of table {self.caption!r} has too many cells")
            yield line
        if any(pending):
            raise ValueError(f"a cell of table {self.caption!r} reaches below the last row")


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing as SVG text, its size in points; words: every number in it, for whoever or whatever shows no drawings."""

    caption: str
    words: tuple[str, ...]
    svg: str
    width: float
    height: float

    def alt(self, lang: Lang = "zh") -> str:
        """The whole figure in words."""
        colon, between = {"zh": ("：", "；"), "en": (": ", "; ")}[lang]
        return f"{self.caption}{colon}{between.join(self.words)}"

    def fitted(self, width: float, height: float) -> tuple[float, float]:
        """Its size where there is this much room: never larger than it is."""
        scale = min(1, width / self.width, height / self.height)
        return round(self.width * scale, 2), round(self.height * scale, 2)


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Heading | Paragraph | Table | Figure | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """One attachment: its label (附件2-1), its title broken at sense into lines, and its blocks."""

    label: str
    title: tuple[str, ...]
    blocks: tuple[Block, ...]
    lang: Lang = "zh"

    @property
    def full_title(self) -> str:
        return ("" if self.lang == "zh" else " ").join(self.title)


@dataclass(frozen=True, slots=True)
class Book:
    """Several attachments bound as one file: a cover title, a contents list, then the documents, pages numbered through."""

    title: tuple[str, ...]
    documents: tuple[Document, ...]
    lang: Lang = "zh"


def legible(text: str) -> str:
    """The text with U+FFFD for what is no character: controls, halves of characters."""
    return _UNWRITABLE.sub("\ufffd", text)
