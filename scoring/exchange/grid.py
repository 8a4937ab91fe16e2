"""Tables as grids of text, every cell knowing its place, whatever file they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scoring.errors import Diagnostic, ScoringError, Text

MAX_CELLS = 200_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\ufeff]")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell as printed. A merged cell is one Cell that stands at every position it covers."""

    text: str
    place: Text


@dataclass(slots=True)
class Table:
    """One table; before: the text between the table above and this one, or the name of the sheet."""

    rows: list[list[Cell]]
    before: str = ""


MACRO = Text("文件带有宏，不读", "the file holds macros and is not read")
SAVE_PLAIN = Text("请另存为不带宏的 .docx 或 .xlsx", "save it as .docx or .xlsx, without macros")


def refused(file: Path, message: Text, hint: Text | None = None) -> ScoringError:
    return ScoringError(Diagnostic(message, hint, file))


def clean(text: str) -> str:
    """A cell's text without control characters and without blanks at the ends of its lines."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n").replace("\xa0", " "))
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def place_in(table: int, row: int, column: int) -> Text:
    """Where a cell stands, counted from 1, merged cells at their first position."""
    return Text(f"表{table} 第{row}行第{column}列", f"table {table}, row {row}, column {column}")


@dataclass(slots=True)
class Spread:
    """Lays cells that span rows and columns out on a grid, as HTML prescribes."""

    file: Path
    number: int
    rows: list[list[Cell]] = field(default_factory=list)
    _below: dict[int, tuple[int, Cell]] = field(default_factory=dict)  # column → rows still covered, by which cell
    _count: int = 0

    def add(self, cells: list[tuple[str, int, int]]) -> None:
        """One more row: text, rows and columns of each cell that begins in it."""
        row: list[Cell] = []

        def covered() -> None:
            while len(row) in self._below:
                column = len(row)
                left, cell = self._below.pop(column)
                if left > 1:
                    later[column] = (left - 1, cell)
                row.append(cell)

        later: dict[int, tuple[int, Cell]] = {}
        covered()
        for text, rows, columns in cells:
            self._count += columns
            check_count(self.file, self._count)
            cell = Cell(clean(text), place_in(self.number, len(self.rows) + 1, len(row) + 1))
            for _ in range(columns):
                if rows > 1:
                    later[len(row)] = (rows - 1, cell)
                row.append(cell)
            covered()
        for column in sorted(self._below):  # cells from above beyond the row's own
            while len(row) < column:
                row.append(Cell("", place_in(self.number, len(self.rows) + 1, len(row) + 1)))
            covered()
        self._below = later
        self.rows.append(row)
        self._count += 1

    def table(self, before: str) -> Table:
        width = max((len(row) for row in self.rows), default=0)
        check_count(self.file, width * len(self.rows))
        for number, row in enumerate(self.rows, start=1):
            row += [Cell("", place_in(self.number, number, column + 1)) for column in range(len(row), width)]
        return Table(self.rows, before)


def check_count(file: Path, count: int) -> None:
    if count > MAX_CELLS:
        message = Text(f"表格太大，超过 {MAX_CELLS:,} 个单元格", f"more than {MAX_CELLS:,} cells")
        raise refused(file, message, Text("删去空白行列再导入", "delete blank rows and columns"))


def distinct(row: list[Cell]) -> Iterator[tuple[int, Cell]]:
    """The cells of a row from left to right, a merged one once, each with the column it begins in."""
    for column, cell in enumerate(row):
        if not column or cell is not row[column - 1]:
            yield column, cell


def joined(tables: list[Table]) -> list[Table]:
    """Tables that a page break cut apart, whole again: same width, and the head repeated or nothing in between."""
    whole: list[Table] = []
    for table in tables:
        if whole and len(table.rows[0]) == len(whole[-1].rows[0]):
            above = [_texts(row) for row in whole[-1].rows]
            first = _texts(table.rows[0])
            if len(set(first)) > 2 and first in above:
                whole[-1].rows += table.rows[1:]
                continue
            if not clean(table.before) and first[0] != above[0][0] and not _heads(first):
                whole[-1].rows += table.rows
                continue
        whole.append(table)
    return whole


def _texts(row: list[Cell]) -> list[str]:
    return [re.sub(r"\s", "", cell.text) for cell in row]


def _heads(first: list[str]) -> bool:
    """Whether a row begins a form or has the column heads of a table of indicators, and so continues nothing."""
    return any(text.rstrip("：:") in ("项目名称", "部门名称", "单位名称", "一级指标") for text in first)
