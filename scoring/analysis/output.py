"""What was scored as Arrow tables: a row an evaluation, a row an indicator, and the lines of the file of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.analysis.batch import Scored, Scorer
from scoring.analysis.cells import is_text, text
from scoring.analysis.fields import ABOUT, RESULT, year
from scoring.analysis.table import Chunk, Line, plain
from scoring.errors import Lang
from scoring.result import OPEN, STATES, Result


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
        column = column if mask is None else column.filter(mask)
        columns[name] = _years(column) if name == "year" else text(column) if is_text(column.type) else column
    columns["total"], columns["maximum"] = _decimals(scored.total, places), _decimals(scored.maximum, places)
    titles = pa.array([*(grade.title for grade in scorer.set.grades), None], pa.string())
    columns["grade"] = titles.take(_buffer(np.where(scored.grade < 0, len(titles) - 1, scored.grade).astype(np.int8)))
    columns["open"] = _buffer(scored.open)
    return pa.table(columns)


def _years(column: Any) -> Any:
    """Years as whole numbers, however they were written."""
    if pa.types.is_integer(column.type):
        return column
    codes = text(column).dictionary_encode()
    return pa.array([year(cell) for cell in codes.dictionary.to_pylist()], pa.int16()).take(codes.indices)


def answers(scorer: Scorer, batch: Any, lang: Lang) -> Any:
    """A batch of evaluations → a batch of the same rows: what goes along, their scores, and for a faulty one why."""
    rows = batch.num_rows
    columns = [plain(column, name) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
    chunk = Chunk(pa.RecordBatch.from_arrays(columns, batch.schema.names), np.arange(rows))
    scored = scorer.score(chunk)
    made = scores(chunk, scored, scorer)
    places = pa.array(np.cumsum(scored.good) - 1, mask=~scored.good)
    found = {name: batch.column(header) for name, header in carried(scorer)}
    found |= {name: made[name].combine_chunks().take(places) for name in RESULT if name not in ABOUT}
    said = {line.row: "；".join(f"{w.header}：{w.message.to(lang)}" for w in line.wrong) for line in scored.lines}
    found["fault"] = pa.array([said.get(row) for row in range(rows)], pa.string())
    return pa.RecordBatch.from_pydict(found)


def of_leaves(id: str, result: Result, lang: Lang) -> Iterator[tuple[Any, ...]]:
    """A row an indicator: id, indicator, title, weight, points (none yet where data are missing), state, reason."""
    for leaf in result.leaves():
        state, reason = STATES[leaf.state].to(lang), leaf.reason.to(lang)
        points = None if leaf.state in OPEN else leaf.points
        yield id, leaf.id, leaf.title.to(lang), leaf.weight, points, state, reason


def errors(line: Line, lang: Lang) -> Iterator[tuple[str, ...]]:
    """What is wrong with a row: its number, id, column, message and hint."""
    for wrong in line.wrong:
        hint = wrong.hint.to(lang) if wrong.hint else ""
        yield tuple(inert_cell(cell) for cell in (str(line.row), line.id, wrong.header, wrong.message.to(lang), hint))


def inert(table: Any) -> Any:
    """The table with text that no spreadsheet takes for a formula."""
    for at, each in enumerate(table.schema):
        if is_text(each.type):
            column = table[each.name].cast(pa.string())
            safe = pc.replace_substring_regex(column, r"^([=+\-@\t\r])", r"'\1")
            plainly = pc.match_substring_regex(column, r"^[+-]?[0-9]+(\.[0-9]+)?$")  # −5 is no formula
            table = table.set_column(at, each.name, pc.if_else(plainly, column, safe))
    return table


def inert_cell(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _decimals(units: Any, places: int) -> Any:
    """Whole units of the last place as decimals, exact."""
    wide = np.column_stack([units, units >> 63]).astype(np.int64)
    return pa.Array.from_buffers(pa.decimal128(18, places), len(units), [None, pa.py_buffer(wide)])


def _buffer(values: Any) -> Any:
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])
