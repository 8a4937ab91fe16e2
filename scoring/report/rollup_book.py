"""A roll-up as a workbook: overall, a sheet a grouping, and all evaluations by rank. No text in it runs as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import chain, islice
from typing import Any, Final

from scoring.analysis.rollup import BIN, Rollup
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.extras import need
from scoring.report.document import legible
from scoring.report.rollup import (
    Value,
    bars,
    by_title,
    evaluations,
    grades,
    notes,
    numbers,
    shown,
    standing,
    summary,
    title,
    wide,
)
from scoring.report.rollup_files import Ranked, led
from scoring.report.xlsx import sheet_name

_ROWS: Final = 1_048_575  # of a sheet, below its head
_DIGITS: Final = 15  # a number in a cell has; one with more is written as text, or it would change
_LONGEST: Final = 32_767  # characters a cell can hold
_WIDEST: Final = 40  # characters a column is wide, or the text folds
_LINE: Final = 16  # points


def as_xlsx(rollup: Rollup, ranked: Ranked, lang: Lang) -> bytes:
    """ScoringError: there are more evaluations than a sheet has rows."""
    import pyarrow as pa

    xlsxwriter = need("xlsxwriter", "office")
    if rollup.whole.count > _ROWS:
        message = Text(
            f"{rollup.whole.count:,} 个评价，一张工作表只有 {_ROWS:,} 行",
            f"{rollup.whole.count:,} evaluations, and a sheet has only {_ROWS:,} rows",
        )
        hint = Text(
            "汇总写成 .html 或 .csv，名次用 --ranks 写成 .csv 或 .parquet",
            "write the roll-up as .html or .csv, the ranks as .csv or .parquet with --ranks",
        )
        raise ScoringError(Diagnostic(message, hint))
    ranks = led(pa.concat_tables(ranked()).sort_by([("rank", "ascending")]))
    target = BytesIO()
    options = {
        "constant_memory": True,  # a sheet is written row by row
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": "宋体", "font_size": 11},
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        workbook.set_properties({"created": datetime(2000, 1, 1)})  # no clock: the same scores give the same bytes
        book = _Book(workbook)
        book.sheet(Text("总表", "Overall").to(lang), ("", Text("总体", "Overall").to(lang)), _overall(rollup, lang))
        said = [(text,) for text in (summary(rollup, lang), bars(lang), *notes(rollup, lang))]
        book.sheet(Text("说明", "Notes").to(lang), (Text("说明", "Notes").to(lang),), said)
        for grouping in rollup.groupings:
            sheet = standing(grouping, lang).beside(numbers(rollup, grouping.groups, lang))
            sheet = sheet.beside(grades(rollup, grouping.groups))
            book.sheet(
                Text(f"按{by_title(grouping.by, lang)}", f"By {by_title(grouping.by, lang)}").to(lang),
                sheet.head,
                sheet.rows,
            )
        rows = (row for batch in ranks.to_batches(10_000) for row in evaluations(batch, rollup.weight))
        book.sheet(Text("名次", "Ranks").to(lang), tuple(title(name, lang) for name in ranks.column_names), rows)
    return target.getvalue()


def _overall(rollup: Rollup, lang: Lang) -> Iterator[tuple[Value, ...]]:
    whole = numbers(rollup, [rollup.whole], lang).beside(grades(rollup, [rollup.whole]))
    yield from zip(whole.head, whole.rows[0], strict=True)
    first = next(at for at, count in enumerate(rollup.bins) if count)
    for at, count in enumerate(rollup.bins[first:], start=first):
        yield Text(f"{at * BIN}–{(at + 1) * BIN} 分", f"{at * BIN}–{(at + 1) * BIN}").to(lang), count


def _lines(value: Value, width: int) -> int:
    return -(-wide(value) // width) if isinstance(value, str) and 2 * len(value) > width else 1


class _Book:
    def __init__(self, workbook: Any):
        self.workbook, self.taken = workbook, set[str]()
        self.formats: dict[int, Any] = {}  # of decimals, by their places
        self.head = workbook.add_format(
            {"bold": True, "border": 1, "bg_color": "#eef2f6", "text_wrap": True, "align": "center"}
        )
        self.text = workbook.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
        self.count = workbook.add_format({"border": 1, "valign": "vcenter"})

    def sheet(self, name: str, head: tuple[str, ...], rows: Iterable[tuple[Value, ...]]) -> None:
        page = self.workbook.add_worksheet(sheet_name(name, self.taken))
        rows = iter(rows)
        some = list(islice(rows, 200))
        most = _WIDEST if len(head) > 1 else 2 * _WIDEST
        widths = [min(max(wide(shown(row[at])) for row in (head, *some)), most) for at in range(len(head))]
        for column, text in enumerate(head):
            page.set_column(column, column, widths[column] + 3)  # room for the arrow of the filter
            page.write_string(0, column, text, self.head)
        last = 0
        for last, row in enumerate(chain(some, rows), start=1):
            page.set_row(last, _LINE * max(_lines(value, width) for value, width in zip(row, widths, strict=True)))
            for column, value in enumerate(row):
                self.write(page, last, column, value)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, last, len(head) - 1)
        page.repeat_rows(0)
        page.set_paper(9)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_footer("&C— &P —")

    def write(self, page: Any, row: int, column: int, value: Value) -> None:
        if isinstance(value, int | Decimal) and len(Decimal(value).as_tuple().digits) > _DIGITS:
            value = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if value is None:
            page.write_blank(row, column, None, self.count)
        elif isinstance(value, str):
            value = legible(value)
            page.write_string(row, column, value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…", self.text)
        else:
            page.write_number(row, column, value, self.decimal(value))

    def decimal(self, value: int | Decimal) -> Any:
        if isinstance(value, int):
            return self.count
        places = -int(value.as_tuple().exponent)
        if places not in self.formats:
            shape = "#,##0" + ("." + "0" * places if places > 0 else "")
            self.formats[places] = self.workbook.add_format({"border": 1, "num_format": shape, "valign": "vcenter"})
        return self.formats[places]
