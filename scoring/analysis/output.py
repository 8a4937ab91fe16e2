"""What was scored as Arrow tables: a row an evaluation, a row an indicator, and the lines of the file of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.analysis.batch import Line, Scored, Scorer
from scoring.analysis.cells import is_text, text
from scoring.analysis.fields import ABOUT
from scoring.analysis.table import Chunk
from scoring.errors import Lang
from scoring.result import STATES, Result


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


def reasons_schema(scorer: Scorer) -> Any:
    points = [pa.field(name, pa.decimal128(18, scorer.set.rounding.places)) for name in ("weight", "points")]
    words = [pa.field(name, pa.string()) for name in ("state", "reason")]
    return pa.schema([pa.field(name, pa.string()) for name in ("id", "indicator", "title")] + points + words)


def reasons(chunk: Chunk, scored: Scored, scorer: Scorer, lang: Lang) -> Any:
    """A row an indicator, with its points, its state and why."""
    ids = text(chunk.batch.column(scorer.fields.headed("id").header))  # type: ignore[union-attr]
    rows = [cells for row, result in scored.results.items() for cells in of_leaves(ids[row].as_py(), result, lang)]
    schema = reasons_schema(scorer)
    if not rows:
        return schema.empty_table()
    return pa.table([pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)], schema)


def of_leaves(id: str, result: Result, lang: Lang) -> Iterator[tuple[object, ...]]:
    for leaf in result.leaves():
        state, reason = STATES[leaf.state].to(lang), leaf.reason.to(lang)
        yield id, leaf.id, leaf.title.to(lang), leaf.weight, leaf.points, state, reason


def errors(line: Line, lang: Lang) -> Iterator[tuple[str, ...]]:
    """What is wrong with a row: its number, id, column, message and hint."""
    for wrong in line.wrong:
        hint = wrong.hint.to(lang) if wrong.hint else ""
        yield tuple(inert_cell(cell) for cell in (str(line.row), line.id, wrong.header, wrong.message.to(lang), hint))


def inert(table: Any) -> Any:
    """The table with text that no spreadsheet takes for a formula."""
    for at, each in enumerate(table.schema):
        if pa.types.is_string(each.type):
            safe = pc.replace_substring_regex(table[each.name], r"^([=+\-@\t\r])", r"'\1")
            table = table.set_column(at, each.name, safe)
    return table


def inert_cell(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _decimals(units: Any, places: int) -> Any:
    """Whole units of the last place as decimals, exact."""
    wide = np.column_stack([units, units >> 63]).astype(np.int64)
    return pa.Array.from_buffers(pa.decimal128(18, places), len(units), [None, pa.py_buffer(wide)])


def _plain(values: Any) -> Any:
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])
