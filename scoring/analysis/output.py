"""What was scored as Arrow tables: a row an evaluation, a row an indicator, and the lines of the file of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.analysis.batch import Scored, Scorer
from scoring.analysis.cells import is_text, text
from scoring.analysis.fields import ABOUT
from scoring.analysis.table import Chunk, Line
from scoring.errors import Lang


def carried(scorer: Scorer) -> list[tuple[str, str]]:
    """Names and headers of the columns that go along unchanged: what is about the subject, and what was asked for."""
    fields = scorer.fields
    found = {each.path[0]: header for header, each in fields.by_header.items() if len(each.path) == 1}
    return [(name, found[name]) for name in ABOUT if name in found] + [(name, name) for name in fields.keep]


def scores(chunk: Chunk, scored: Scored, scorer: Scorer) -> Any:
    """A row an evaluation: what goes along, total, maximum, grade and how many indicators are open."""
    places = scorer.set.rounding.places
    mask = None if scored.good.all() else pa.array(scored.good)
    columns = {}
    for name, header in carried(scorer):
        column = chunk.batch.column(header)
        column = text(column) if is_text(column.type) else column
        columns[name] = column if mask is None else column.filter(mask)
    columns["total"], columns["maximum"] = _decimals(scored.total, places), _decimals(scored.maximum, places)
    titles = pa.array([*(grade.title for grade in scorer.set.grades), None], pa.string())
    columns["grade"] = titles.take(_plain(np.where(scored.grade < 0, len(titles) - 1, scored.grade).astype(np.int8)))
    columns["open"] = _plain(scored.open)
    return pa.table(columns)


def errors(line: Line, lang: Lang) -> Iterator[tuple[str, ...]]:
    """What is wrong with a row: its number, id, column, message and hint."""
    for wrong in line.wrong:
        hint = wrong.hint.to(lang) if wrong.hint else ""
        yield tuple(_inert(cell) for cell in (str(line.row), line.id, wrong.header, wrong.message.to(lang), hint))


def inert(table: Any) -> Any:
    """The table with text that no spreadsheet takes for a formula."""
    for at, each in enumerate(table.schema):
        if is_text(each.type):
            safe = pc.replace_substring_regex(table[each.name].cast(pa.string()), r"^([=+\-@\t\r])", r"'\1")
            table = table.set_column(at, each.name, safe)
    return table


def _inert(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _decimals(units: Any, places: int) -> Any:
    """Whole units of the last place as decimals, exact."""
    wide = np.column_stack([units, units >> 63]).astype(np.int64)
    return pa.Array.from_buffers(pa.decimal128(18, places), len(units), [None, pa.py_buffer(wide)])


def _plain(values: Any) -> Any:
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])
