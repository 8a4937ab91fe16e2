"""A report's tables as a workbook for the files: a list of what is in it, then every table on a sheet of its own.

Scores and lost points are numbers, and their sums live formulas. A sum that the set reckons otherwise than by adding
up stays the number it is, and says so. No text can turn into a formula or a link. There is no clock: the same input
gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import groupby
from typing import Any, Final

from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.extras import need
from scoring.indicators import STATUS
from scoring.report import tables
from scoring.report.document import Book, Cell, Document, Heading, Paragraph, Table, legible
from scoring.result import Result

_WIDTH: Final = 100  # characters of columns on a landscape A4 page; even with wide stand-in fonts it need not be shrunk
_PAGE: Final = 482  # points for rows on it, less a little for how programs round their heights
_LINE: Final = 14  # points
_HIGHEST: Final = 409  # points a row can be high
_LONGEST: Final = 32_767  # characters a cell can hold, counted in UTF-16
_UNNAMEABLE: Final = re.compile(r"[\[\]:*?/\\'\U00010000-\U0010FFFF]")  # in the name of a sheet
_INDEX: Final = Text("目录", "Contents")


@dataclass(slots=True)
class _Sheet:
    """A table with what makes it live. numbers and sums: by row and column; a sum is the cells it adds up."""

    name: str
    document: Document
    table: Table
    result: Result | None
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    numbers: dict[tuple[int, int], Decimal] = field(default_factory=dict)
    sums: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)
    total: tuple[int, int] | None = None

    @property
    def first(self) -> int:
        """The row on which the table begins: below its label, its name, what it is about and the notes."""
        return 3 + len(self.above)


def render(document: Document | Book, results: Sequence[Result | None], base: str = "") -> bytes:
    """The workbook; results: of each document, None for one that reports none. ScoringError: a text no cell can hold."""
    xlsxwriter = need("xlsxwriter", "office")
    documents = document.documents if isinstance(document, Book) else (document,)
    sheets: list[_Sheet] = []
    for one, result in zip(documents, results, strict=True):
        sheets += _sheets(one, result, {sheet.name.casefold() for sheet in sheets})
    _check(sheets)
    target = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": "宋体", "font_size": 11},  # sets how wide a column's character is
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        year = max((result.evaluation.year for result in results if result), default=2000)
        title = ("" if document.lang == "zh" else " ").join(document.title)
        workbook.set_properties({"title": _text(title), "created": datetime(year, 12, 31)})
        writer = _Writer(workbook, document.lang)
        writer.index(title, sheets)
        for sheet in sheets:
            writer.sheet(sheet)
    return target.getvalue()


# --- what is on the sheets ------------------------------------------------------------------------------------------


def _sheets(document: Document, result: Result | None, taken: set[str]) -> Iterator[_Sheet]:
    """Scores and lost points, then every other table of the document, and the lists for the files where it has none."""
    taken = {*taken, _INDEX.zh, _INDEX.en.casefold()}
    for sheet in _live(document, result) if result else _others(document, None):
        sheet.name = sheet_name(f"{document.label} {sheet.name}", taken)
        yield sheet


def sheet_name(text: str, taken: set[str]) -> str:
    """A name Excel takes for a sheet and that no other sheet has; it is then taken too."""
    base = _UNNAMEABLE.sub(" ", _text(text).replace("\n", " ")).strip() or "—"
    name, number = base[:31], 1
    while name.casefold() in taken:
        number += 1
        name = f"{base[: 30 - len(str(number))]}_{number}"
    taken.add(name.casefold())
    return name


def _live(document: Document, result: Result) -> Iterator[_Sheet]:
    lang = document.lang
    scores, ledger = tables.score_table(result, lang), tables.ledger_table(result, lang)
    yield _scores(document, result)
    if result.ledger:
        yield _ledger(document, ledger, result)
    others = list(_others(document, result, scores, ledger))
    yield from others
    captions = [sheet.table.caption for sheet in others]
    wanted = [tables.rectification_table(result, lang)] if result.findings else []
    if any(leaf.evidence for leaf in result.leaves()):
        wanted.append(tables.evidence_table(result, {}, lang))
    yield from (_Sheet(table.caption, document, table, result) for table in wanted if table.caption not in captions)


def _others(document: Document, result: Result | None, *but: Table) -> Iterator[_Sheet]:
    notes = ([], []) if result else _notes(document)  # these go with the scores, or else with the first table
    for block in document.blocks:
        if isinstance(block, Table) and block.rows and block not in but:
            yield _Sheet(block.caption or document.full_title, document, block, result, *notes)
            notes = [], []


def _scores(document: Document, result: Result) -> _Sheet:
    """The score table with a subtotal under every first-level group."""
    table = tables.score_table(result, document.lang, subtotals=True)
    sheet = _Sheet(table.caption, document, table, result, *_notes(document))
    weight = len(table.widths) - 3
    row, tops = 1, []
    exact = True
    for top in result.nodes:
        leaves = list(top.leaves())
        rows = range(row, row + len(leaves))
        for at, leaf in zip(rows, leaves, strict=True):
            sheet.numbers |= {(at, weight): leaf.weight, (at, weight + 1): leaf.points}
        row += len(leaves)
        if top.children:
            exact &= _add(sheet, (row, weight), list(rows), top.weight)
            exact &= _add(sheet, (row, weight + 1), list(rows), top.points)
            row += 1
        tops.append(row - 1)
    exact &= _add(sheet, (row, weight), tops, result.maximum)
    exact &= _add(sheet, (row, weight + 1), tops, result.total)
    sheet.total = (row, weight + 1)
    if not exact:
        said = Text(
            "没有公式的小计、合计按指标体系的规定计算，不是各项直接相加。",
            "Sums without a formula are reckoned as the set says, not by adding up.",
        )
        sheet.below.insert(0, said.to(document.lang))
    return sheet


def _ledger(document: Document, table: Table, result: Result) -> _Sheet:
    sheet = _Sheet(table.caption, document, table, result)
    rows = list(range(1, 1 + len(result.ledger)))
    sheet.numbers = {(at, 1): row.points for at, row in zip(rows, result.ledger, strict=True)}
    _add(sheet, (len(rows) + 1, 1), rows, sum((row.points for row in result.ledger), Decimal(0)))
    return sheet


def _add(sheet: _Sheet, place: tuple[int, int], rows: list[int], number: Decimal) -> bool:
    """Puts a number that is the sum of others in its column; gives whether it is."""
    parts = [(row, place[1]) for row in rows]
    sheet.numbers[place] = number
    if sum(sheet.numbers[part] for part in parts) != number:
        return False
    sheet.sums[place] = parts
    return True


def _notes(document: Document) -> tuple[list[str], list[str]]:
    """The small print of a document, before its first heading and after."""
    above: list[str] = []
    below: list[str] = []
    notes = above
    for block in document.blocks:
        if isinstance(block, Heading | Table):
            notes = below
        elif isinstance(block, Paragraph) and block.style == "note":
            notes.append(block.text)
    return above, below


def _text(text: str) -> str:
    return legible(text.replace("\r\n", "\n").replace("\r", "\n"))


def _check(sheets: list[_Sheet]) -> None:
    """Refuses what a cell cannot hold, rather than leave it out."""
    faults = []
    for sheet in sheets:
        cells = (cell.text for row in sheet.table.rows for cell in row)
        for text in (*sheet.above, *cells, *sheet.below):
            if len(text.encode("utf-16-le", "replace")) // 2 > _LONGEST:
                message = Text(
                    f"“{sheet.name}”里有一段文字太长，表格放不下：{text[:20]}…",
                    f"a text in '{sheet.name}' is too long for a cell: {text[:20]}…",
                )
                hint = Text(f"缩到 {_LONGEST} 字以内", f"shorten it to {_LONGEST} characters")
                faults.append(Diagnostic(message, hint))
    if faults:
        raise ScoringError(*faults)


# --- how they look --------------------------------------------------------------------------------------------------


class _Writer:
    def __init__(self, workbook: Any, lang: Lang):
        self.workbook, self.lang = workbook, lang
        self.cell_name = need("xlsxwriter.utility", "office").xl_rowcol_to_cell
        self.formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def format(self, **more: object) -> Any:
        """A format, each made once."""
        key = tuple(sorted(more.items()))
        if key not in self.formats:
            plain = {"font_name": "仿宋_GB2312", "font_size": 11, "valign": "vcenter", "text_wrap": True}
            self.formats[key] = self.workbook.add_format({**plain, **more})
        return self.formats[key]

    def index(self, title: str, sheets: list[_Sheet]) -> None:
        """Every attachment with its sheets, and its score taken from there."""
        heads = Text("附件|报告名称|表|满分|得分|等级", "Annex|Report|Table|Full marks|Points|Grade")
        rows = [tables.head(*heads.to(self.lang).split("|"))]
        for number, sheet in enumerate(sheets):
            name = Cell(sheet.name)
            if number and sheets[number - 1].document is sheet.document:
                rows.append((name,))
                continue
            span = sum(other.document is sheet.document for other in sheets)
            grade = sheet.result.grade.text.to(self.lang) if sheet.result and sheet.result.grade else "—"
            first = (Cell(text, rows=span) for text in (sheet.document.label, sheet.document.full_title))
            last = (Cell(text, rows=span, align="center") for text in ("—", "—", grade))
            rows.append((*first, name, *last))
        table = Table(title, (9, 30, 50, 7, 7, 7), tuple(rows))
        page = self.page(_INDEX.to(self.lang), table, 1)
        self.table(page, table, 1, self.line(page, 0, table, title, self.heading))
        link, cell = self.format(border=1, font_color="#0563C1", underline=1), self.format(border=1, align="center")
        for row, sheet in enumerate(sheets, start=2):
            page.write_url(row, 2, f"internal:{_quoted(sheet.name)}!A1", link, sheet.name)
            if sheet.result and sheet.total:
                for column, step, amount in ((3, -1, sheet.result.maximum), (4, 0, sheet.result.total)):
                    at = self.cell_name(sheet.first + sheet.total[0], sheet.total[1] + step, True, True)
                    page.write_formula(row, column, f"={_quoted(sheet.name)}!{at}", cell, float(amount))

    def sheet(self, sheet: _Sheet) -> None:
        page, table = self.page(sheet.name, sheet.table, sheet.first), sheet.table
        label, small = self.format(font_name="黑体", font_size=14), self.format(font_size=10, valign="top")
        lines = [
            (sheet.document.label, label),
            (table.caption or sheet.document.full_title, self.heading),
            (self.about(sheet), self.format()),
        ]
        lines += [(text, small) for text in sheet.above]
        above = sum(self.line(page, row, table, *line) for row, line in enumerate(lines))
        self.table(page, table, sheet.first, above, sheet)
        for row, text in enumerate(sheet.below, start=sheet.first + len(table.rows)):
            self.line(page, row, table, text, small)

    @property
    def heading(self) -> Any:
        return self.format(font_name="方正小标宋简体", font_size=18, align="center")

    def about(self, sheet: _Sheet) -> str:
        if sheet.result is None:
            return sheet.document.full_title
        used = sheet.result.indicator_set
        text = Text(
            f"{sheet.document.full_title}　指标体系：{used.title}（{used.reference}，{STATUS[used.status].zh}）",
            f"{sheet.document.full_title}; indicator set {used.text.en} ({used.reference}, {STATUS[used.status].en})",
        )
        return text.to(self.lang)

    def page(self, name: str, table: Table, first: int) -> Any:
        page = self.workbook.add_worksheet(name)
        for column, width in enumerate(_widths(table)):
            page.set_column(column, column, width)
        page.set_paper(9)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        page.center_horizontally()
        page.set_footer("&C— &P —")
        if table.head:
            page.repeat_rows(first, first + table.head - 1)
            page.freeze_panes(first + table.head, 0)
        return page

    def line(self, page: Any, row: int, table: Table, text: str, format: Any) -> float:
        """Writes a text right across the table; gives the height of its row."""
        last, size = len(table.widths) - 1, float(format.font_size)
        if last:
            page.merge_range(row, 0, row, last, "", format)
        page.write_string(row, 0, _text(text), format)
        height = min(_height(_text(text), _WIDTH * 11 / size, size * 1.3) + size * 0.4, _HIGHEST)
        page.set_row(row, height)
        return height

    def table(self, page: Any, table: Table, first: int, above: float, live: _Sheet | None = None) -> None:
        """Writes a table from the row `first` on, which stands `above` points below the top of the page."""
        numbers, sums = (live.numbers, live.sums) if live else ({}, {})
        heights = _heights(table)
        for y, height in enumerate(heights):
            page.set_row(first + y, height)
        pages = _pages(heights, above, table.head)
        for y, line in enumerate(table.grid()):
            for x, place in enumerate(line):
                if place is None or not place[1]:
                    continue
                cell, row = place[0], first + y
                head = y < table.head
                face = {"font_name": "黑体"} if head or cell.strong else {}
                format = self.format(border=1, align="center" if head else cell.align, **face)
                number = numbers.get((y, x))
                if (y, x) in sums and number is not None:
                    page.write_formula(row, x, self.sum(sums[y, x], first), format, float(number))
                elif number is not None:
                    page.write_number(row, x, number, format)  # a float of 0.94 is written as 0.9399999999999999
                else:
                    self.text(page, first, range(y, y + cell.rows), pages, x, cell, format)

    def text(self, page: Any, first: int, rows: range, pages: list[int], x: int, cell: Cell, format: Any) -> None:
        """A cell over several rows that come to stand on several pages is divided there, its text on each page."""
        for _, group in groupby(rows, key=lambda y: pages[y]):
            part = list(group)
            if len(part) > 1 or cell.columns > 1:
                page.merge_range(first + part[0], x, first + part[-1], x + cell.columns - 1, "", format)
            page.write_string(first + part[0], x, _text(cell.text), format)

    def sum(self, parts: list[tuple[int, int]], first: int) -> str:
        cells = [self.cell_name(first + row, column) for row, column in parts]
        together = parts[-1][0] - parts[0][0] == len(parts) - 1
        return f"=SUM({f'{cells[0]}:{cells[-1]}' if together else ','.join(cells)})"


def _widths(table: Table) -> list[float]:
    return [_WIDTH * width / sum(table.widths) for width in table.widths]


def _heights(table: Table) -> list[float]:
    """How high each row must be for its texts, in points; a text over several rows takes a share of each."""
    widths = _widths(table)
    heights = [_LINE + 6.0] * len(table.rows)
    for y, line in enumerate(table.grid()):
        for x, place in enumerate(line):
            if place is not None and place[1]:
                cell = place[0]
                needed = (_height(_text(cell.text), sum(widths[x : x + cell.columns]), _LINE) + 6) / cell.rows
                for covered in range(y, y + cell.rows):
                    heights[covered] = max(heights[covered], min(needed, _HIGHEST))
    return heights


def _pages(heights: list[float], above: float, head: int) -> list[int]:
    """The page each row is printed on; those after the first begin with the head again."""
    pages, page, used = [], 0, above
    for height in heights:
        if used + height > _PAGE:
            page, used = page + 1, sum(heights[:head])
        used += height
        pages.append(page)
    return pages


def _height(text: str, width: float, line: float) -> float:
    """The points a text takes in a column so many characters wide, roughly."""
    halves = (sum(1 if character < "\u2000" else 2 for character in part) for part in text.split("\n"))
    return sum(max(1, -(-each // max(int(width) - 2, 1))) for each in halves) * line


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
