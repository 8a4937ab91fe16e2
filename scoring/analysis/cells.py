"""The cells of one column of a table as columns of the expression language: numbers, truths, and what any text stands for.

A cell read here is one of which nothing can be wrong. Any other (a unit in the cell, a word where a number should be) is
BEYOND: its row is read on its own, as an evaluation file would be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.expression.columns import BEYOND, LIMIT, STATES, Numbers, State, Truths
from scoring.expression.exact import Unknown, Value

MISSING = np.uint8(STATES["missing"])
PLACES = (2, 6)  # decimals that text is looked at for, the fewer first: shorter numbers multiply further
KEPT = 100_000  # answers remembered per column
FEW = 1000  # whole numbers below it are their own numbers
Answers = Mapping[str, Value]


def text(column: Any) -> Any:
    """The column as text, blank cells null."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    elif pa.types.is_floating(column.type):
        column = pc.cast(column, pa.string())
        if pc.any(far := pc.match_substring(column, "e")).as_py():  # 4e+10: the same figure, written out
            column = pc.replace_with_mask(column, pc.fill_null(far, False), _written_out(column.filter(far)))
    elif pa.types.is_timestamp(column.type):  # a day, as many a program writes it
        column = pc.replace_substring_regex(pc.cast(column, pa.string()), r" 00:00:00(\.0+)?$", "")
    elif not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    column = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _written_out(column: Any) -> Any:
    return pa.array([f"{Decimal(cell):f}" for cell in column.to_pylist()], pa.string())


def given(column: Any) -> Any:
    """Which rows have something in this column."""
    if pa.types.is_dictionary(column.type) and not column.null_count:
        return given(column.dictionary)[column.indices.to_numpy()]
    if is_text(column.type):
        return _flags(text(column).is_valid())
    return _flags(column.is_valid()) if column.null_count else np.ones(len(column), bool)


def controlled(column: Any) -> Any:
    """Which rows have text with control characters."""
    if pa.types.is_dictionary(column.type) and not column.null_count:
        return controlled(column.dictionary)[column.indices.to_numpy()]
    return _flags(pc.match_substring_regex(column.cast(pa.string()), "[\\x00-\\x1f\\x7f]"))


def is_text(kind: Any) -> bool:
    """Text, or text kept once for all cells that are alike."""
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _flags(column: Any) -> Any:
    return (pc.fill_null(column, False) if column.null_count else column).to_numpy(zero_copy_only=False)


def numbers(column: Any) -> Numbers:
    """Plain numbers from 0 on; blank is missing, everything else BEYOND."""
    kind = column.type
    absent = None
    if pa.types.is_integer(kind) and kind != pa.uint64():
        if column.null_count:
            absent = _flags(column.is_null())
            column = column.fill_null(0)
        return _counted(column.to_numpy().astype(np.int64, copy=False), Fraction(1), absent, None)
    if pa.types.is_decimal(kind) and kind.bit_width == 128 and kind.precision <= 18 and kind.scale >= 0:
        absent = _flags(column.is_null()) if column.null_count else None
        return _counted(_units(column), Fraction(1, 10**kind.scale), absent, None)
    shown = text(column)
    absent = _flags(shown.is_null()) if shown.null_count else None
    for places in PLACES:
        plain = _flags(pc.match_substring_regex(shown, rf"^[0-9]{{1,{16 - places}}}(\.[0-9]{{1,{places}}})?$"))
        odd = ~plain if absent is None else ~(plain | absent)
        if places == PLACES[-1] or not odd.any():
            break
    if odd.any():
        shown = pc.if_else(pa.array(plain), shown, pa.scalar(None, pa.string()))
    units = _units(pc.cast(shown, pa.decimal128(18, places)))
    return _counted(units, Fraction(1, 10**places), absent, odd if odd.any() else None)


def _units(column: Any) -> Any:
    """The whole numbers behind decimals of at most 18 digits: the low halves of their 128 bits; null is 0."""
    if column.null_count:
        column = column.fill_null(pa.scalar(Decimal(0), column.type))
    low = np.frombuffer(column.buffers()[1], np.int64)[::2]
    return np.ascontiguousarray(low[column.offset : column.offset + len(column)])


def _counted(units: Any, scale: Fraction, absent: Any, odd: Any) -> Numbers:
    if units.min(initial=0) < 0 or units.max(initial=0) >= LIMIT:
        far = (units < 0) | (units >= LIMIT)
        odd = far if odd is None else odd | far
        units = np.where(far, 0, units)
    state: State = None
    if absent is not None or odd is not None:
        state = np.zeros(len(units), np.uint8)
        if absent is not None:
            state[absent] = MISSING
        if odd is not None:
            state[odd] = BEYOND
    return Numbers(units, None, scale, state, int(units.max(initial=0)))


def truths(column: Any) -> Truths:
    """true, false, 是, 否; blank is missing, everything else BEYOND."""
    if pa.types.is_boolean(column.type):
        state = np.where(_flags(column.is_null()), MISSING, np.uint8(0)) if column.null_count else None
        return Truths(_flags(column), state)
    shown = pc.utf8_lower(text(column))
    yes, no = (_flags(pc.is_in(shown, pa.array(words))) for words in (["true", "是"], ["false", "否"]))
    state = np.where(yes | no, np.uint8(0), np.where(_flags(shown.is_null()), MISSING, np.uint8(BEYOND)))
    return Truths(yes, state if state.any() else None)


class Asked:
    """What a few cells together stand for, asked of the rule itself once for each different content.

    ask: the cells' texts → the values of names, or None where they are at fault; nothing is asked of blank cells.
    """

    def __init__(self, names: tuple[str, ...], ask: Callable[[tuple[str | None, ...]], Answers | None]):
        self.names, self.ask = names, ask
        self.known: dict[tuple[str | None, ...], Answers | None] = {}

    def read(self, columns: list[Any]) -> dict[str, Numbers]:
        codes, contents = coded(columns)
        known = self.known if len(self.known) < KEPT else {}
        for content in contents:
            if content not in known:
                known[content] = self.ask(content) if any(cell is not None for cell in content) else {}
        self.known, found = known, [known[content] for content in contents]
        return {name: _gathered(name, found, codes) for name in self.names}


def coded(columns: list[Any]) -> tuple[Any, list[tuple[str | None, ...]]]:
    """A number for each different content of the cells of a row, and the contents."""
    parts = [_dictionary(column) for column in columns]
    codes, cells = parts[0]
    contents: list[tuple[str | None, ...]] = [(cell,) for cell in cells]
    for more, cells in parts[1:]:
        there, codes = np.unique(codes * len(cells) + more, return_inverse=True)
        contents = [
            (*contents[one], cells[other]) for one, other in (divmod(code, len(cells)) for code in there.tolist())
        ]
    return codes, contents


def _dictionary(column: Any) -> tuple[Any, list[str | None]]:
    """A number for each cell, and the text each number stands for."""
    if pa.types.is_integer(column.type) and not column.null_count and column.type != pa.uint64():
        values = column.to_numpy()
        if values.min(initial=0) >= 0 and (most := int(values.max(initial=0))) < FEW:
            return values, [str(value) for value in range(most + 1)]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode(null_encoding="encode")
    elif column.null_count:
        column = column.dictionary_decode().dictionary_encode(null_encoding="encode")
    return column.indices.to_numpy(), text(column.dictionary).to_pylist()


def _gathered(name: str, found: list[Answers | None], codes: Any) -> Numbers:
    values = [None if answers is None else answers.get(name, Unknown("missing")) for answers in found]
    fractions = [value for value in values if isinstance(value, Fraction)]
    common = 1
    for each in fractions:
        common = lcm(common, each.denominator)
        if common > 10**9:
            break
    units = np.zeros(len(values), np.int64)
    state = np.zeros(len(values), np.uint8)
    for at, value in enumerate(values):
        if isinstance(value, Unknown):
            state[at] = STATES[value.why]
        elif not isinstance(value, Fraction) or (value * common).denominator > 1 or not 0 <= value * common < LIMIT:
            state[at] = BEYOND
        else:
            units[at] = int(value * common)
    states = state[codes] if state.any() else None
    return Numbers(units[codes], None, Fraction(1, common), states, int(units.max(initial=0)))
