"""The scores `jixiao batch` wrote, read back as exact columns; what cannot be read is told row by row, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoring.analysis.cells import given, is_text, numbers, text
from scoring.analysis.table import Chunk, Table, open_table
from scoring.errors import MANY, Diagnostic, ScoringError, Text, suggest
from scoring.expression.columns import Numbers

NEEDED = ("id", "total", "maximum", "grade", "open")  # columns every table of scores has
INT64 = 1 << 63
_PLACES = 18
_LONG = re.compile(rf"(\d{{1,30}})(?:\.(\d{{1,{_PLACES}}})0*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of words: a number for each row, and the words behind the numbers; "" is a blank cell."""

    code: Any
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Columns of equal length. total and maximum count the same unit, weight its own (`unit`).

    scored: rows with a grade and nothing open; only these enter means, percentiles and ranks.
    """

    total: Any
    maximum: Any
    scored: Any
    grade: Labels
    columns: dict[str, Labels]
    weight: Any = None
    weighed_by: str | None = None
    unit: Fraction = Fraction(1)
    floats: tuple[str, ...] = ()  # columns in use that the file holds as binary floats


def read_scores(file: Path, by: Sequence[str] = (), weight: str | None = None) -> Scores:
    """by: columns to group by later. ScoringError: columns that are not there, or cells that cannot be right."""
    table = open_table(file)
    wanted = (*NEEDED, *by, *([weight] if weight else []))
    _there(table, wanted)
    figures = {name: list[Numbers]() for name in ("total", "maximum", "open", *([weight] if weight else []))}
    words = {name: _Words() for name in ("grade", *by)}
    faults = _Faults(file)
    for chunk in filled(table):
        for line in chunk.unread:
            faults.add(line.row, "", line.wrong[0].message)
        found = {name: _numbers(chunk.batch.column(name)) for name in figures}
        _check(chunk, found, faults)
        for name, column in found.items():
            figures[name].append(column)
        for name, each in words.items():
            each.add(chunk.batch.column(name))
    faults.tell()
    rows = sum(len(column.num) for column in figures["open"])
    both, _ = _together(figures["total"] + figures["maximum"])
    grade = words.pop("grade").labels()
    open_, _ = _together(figures["open"])
    graded = np.array([bool(word) for word in grade.words], bool)
    scored = (open_ == 0) & graded[grade.code] if rows else np.zeros(0, bool)
    if not scored.any():
        raise ScoringError(
            Diagnostic(
                Text("没有一个评价是算完的", "no evaluation is finished"),
                Text(
                    "要有等级（grade），且没有待填的指标（open 为 0）",
                    "it needs a grade, and no indicator open (open is 0)",
                ),
                file,
            )
        )
    weights, unit = _together(figures[weight]) if weight else (None, Fraction(1))
    return Scores(
        both[:rows],
        both[rows:],
        scored,
        grade,
        {name: each.labels() for name, each in words.items()},
        weights,
        weight,
        unit,
        tuple(name for name in table.floats if name in wanted),
    )


def filled(table: Table) -> Iterator[Chunk]:
    """The chunks of a table of scores without its blank lines."""
    for chunk in table.chunks:
        blank = ~given(chunk.batch.column("total"))
        for column in chunk.batch.columns if blank.any() else ():
            blank &= ~given(column)
        if blank.any():
            keep = np.flatnonzero(~blank)
            chunk = Chunk(chunk.batch.take(keep), chunk.numbers[keep], chunk.unread)
        yield chunk


def _numbers(column: Any) -> Numbers:
    """Numbers from 0 on; where some are too long for int64, all of them as Python's own whole numbers."""
    found = numbers(column)
    if found.state is None:
        return found
    cells = (text(column) if is_text(column.type) else column).to_pylist()
    parts = [_LONG.fullmatch(_plain(cell)) for cell in cells]
    units = [int(part[1] + (part[2] or "").ljust(_PLACES, "0")) if part else 0 for part in parts]
    state = np.array([part is None for part in parts], np.uint8)
    return Numbers(np.array(units, object), None, Fraction(1, 10**_PLACES), state if state.any() else None)


def _plain(cell: Any) -> str:
    """A cell as digits; of a binary float the shortest decimal that reads back."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    return f"{Decimal(str(cell)):f}"


def _there(table: Table, wanted: Iterable[str]) -> None:
    missing = [name for name in dict.fromkeys(wanted) if name not in table.headers]
    faults = []
    for name in missing:
        hint = suggest(name, table.headers)
        if name in NEEDED:
            hint = Text("要的是 jixiao batch 写出的表", "what is read is a table that jixiao batch wrote")
        faults.append(
            Diagnostic(Text("表中没有这一列", "the table has no such column"), hint, table.file, 1, path=name)
        )
    if faults:
        raise ScoringError(*faults)


class _Faults:
    """Faults by row: the first of them in full, of the others how many there are."""

    def __init__(self, file: Path):
        self.file, self.said, self.more = file, list[Diagnostic](), 0

    def add(self, row: int, header: str, message: Text, hint: Text | None = None) -> None:
        if len(self.said) < MANY:
            self.said.append(Diagnostic(message, hint, self.file, row, path=header))
        else:
            self.more += 1

    def of(self, chunk: Chunk, wrong: Any, header: str, say: Callable[[int], Text], hint: Text | None = None) -> None:
        """Rows of a chunk. say: what is wrong with one of them; asked only of those that are told."""
        rows = np.flatnonzero(wrong)
        told = rows[: MANY - len(self.said)].tolist()
        for row in told:
            self.add(int(chunk.numbers[row]), header, say(row), hint)
        self.more += len(rows) - len(told)

    def tell(self) -> None:
        if self.more:
            message = Text(f"还有 {self.more:,} 处同类问题", f"and {self.more:,} more such faults")
            self.said.append(Diagnostic(message, None, self.file, self.said[-1].line))
        if self.said:
            raise ScoringError(*self.said)


_NOTHING = Text("满分是 0，没有得分可比", "the maximum is 0, so there is no score to compare")
_PLAIN = Text(
    "写成从 0 起的数，不带单位、符号和千分位，小数至多 18 位",
    "write a number from 0 on without unit, sign or separators, at most 18 decimals",
)


def _check(chunk: Chunk, found: dict[str, Numbers], faults: _Faults) -> None:
    """Cells that are no plain number, and totals that do not lie between 0 and the maximum."""
    odd = np.zeros(chunk.batch.num_rows, bool)
    for name, column in found.items():
        if column.state is not None:
            odd |= column.state != 0
            faults.of(chunk, column.state != 0, name, partial(_no_number, chunk, name), _PLAIN)
    (total, maximum), _ = _aligned([found["total"], found["maximum"]])
    faults.of(chunk, ~odd & (maximum == 0), "maximum", lambda _: _NOTHING)
    faults.of(chunk, ~odd & (maximum > 0) & (total > maximum), "total", partial(_too_much, chunk))


def _no_number(chunk: Chunk, name: str, row: int) -> Text:
    cell = _cell(chunk, name, row)
    if cell is None:
        return Text("这一格空着", "this cell is blank")
    return Text(f"“{cell}”不是这里能用的数", f"'{cell}' is no number that can be used here")


def _too_much(chunk: Chunk, row: int) -> Text:
    total, maximum = _cell(chunk, "total", row), _cell(chunk, "maximum", row)
    return Text(f"总分 {total} 超过满分 {maximum}", f"the total {total} is above the maximum {maximum}")


def _cell(chunk: Chunk, name: str, row: int) -> str | None:
    shown: str | None = text(chunk.batch.column(name).slice(row, 1))[0].as_py()
    return shown


def wide(values: Any, times: int = 1) -> Any:
    """The values, as Python's own whole numbers where int64 could not hold them that many times."""
    return values.astype(object) if int(values.max(initial=0)) * times >= INT64 else values


def _aligned(columns: Sequence[Numbers]) -> tuple[list[Any], Fraction]:
    """Whole numbers of one unit, and that unit."""
    unit = min((column.scale for column in columns), default=Fraction(1))
    factors = [int(column.scale / unit) for column in columns]  # scales are powers of ten
    return [wide(column.num, by) * by for column, by in zip(columns, factors, strict=True)], unit


def _together(columns: Sequence[Numbers]) -> tuple[Any, Fraction]:
    parts, unit = _aligned(columns)
    return np.concatenate(parts) if parts else np.zeros(0, np.int64), unit


@dataclass(slots=True)
class _Words:
    """A column of words, chunk by chunk."""

    number: dict[str, int] = field(default_factory=dict)
    codes: list[Any] = field(default_factory=list)

    def add(self, column: Any) -> None:
        found = text(column).fill_null("").dictionary_encode()
        mine = [self.number.setdefault(word, len(self.number)) for word in found.dictionary.to_pylist()]
        self.codes.append(np.array(mine, np.int32)[found.indices.to_numpy()] if mine else np.zeros(0, np.int32))

    def labels(self) -> Labels:
        return Labels(np.concatenate(self.codes) if self.codes else np.zeros(0, np.int32), tuple(self.number))
