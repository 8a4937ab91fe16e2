"""A long table, a row an indicator, as the wide one it stands for: the rows of an evaluation become one row.

    id, indicator         which evaluation, and which indicator of it; the rows of an evaluation stand together
    <part>                what a record gives the rule of that indicator: actual, mark, level, count.<cause> …
    everything else       about the evaluation (name, year, facts …): in its first row; the others repeat it or are blank

A row that cannot be placed sets its whole evaluation aside, for what is left of it would be another evaluation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.analysis.cells import given, text
from scoring.analysis.fields import in_two, listed_parts, parts
from scoring.analysis.table import LONG, Chunk, Line, Table, Wrong
from scoring.binding import Bound
from scoring.errors import Diagnostic, ScoringError, Text, suggest

INDICATOR = "indicator"


@dataclass(frozen=True)
class Widened(Chunk):
    """A chunk whose rows were several in the file. rows: the row of each; places: by indicator, for each evaluation the
    place of its record among these, or −1."""

    rows: Any = None
    places: dict[str, Any] = field(default_factory=dict)

    def lines(self, row: int, id: str, wrong: Sequence[Wrong]) -> list[Line]:
        found: dict[int, list[Wrong]] = {}
        for each in wrong:
            leaf, _, part = each.header.partition(".")
            at = int(self.places[leaf][row]) if leaf in self.places else -1
            number = int(self.numbers[row] if at < 0 else self.rows[at])
            found.setdefault(number, []).append(each if at < 0 else Wrong(part, each.message, each.hint))
        return [Line(number, id, tuple(said)) for number, said in found.items()]

    def slice(self, start: int, rows: int) -> Widened:
        part = super().slice(start, rows)
        places = {id: own[start : start + rows] for id, own in self.places.items()}
        return Widened(part.batch, part.numbers, part.unread, self.rows, places)


class Long:
    """The columns of a long table by the columns of the wide one; it is read with `pieces` and `widen`."""

    def __init__(self, table: Table, tree: list[Bound]):
        self.leaves = {leaf.id: leaf for top in tree for leaf in top.leaves()}
        if missing := [name for name in ("id", INDICATOR) if name not in table.headers]:
            raise ScoringError(
                *(
                    Diagnostic(Text(f"表中没有 {n} 列", f"the table has no column {n}"), None, table.file, 1)
                    for n in missing
                )
            )
        asked = {id: parts(leaf) for id, leaf in self.leaves.items()}
        self.parts = {  # header: the indicators that have such a column
            header: having
            for header in table.headers
            if (having := [id for id, own in asked.items() if in_two(header)[0] in own])
        }
        self.own = [header for header in table.headers if header not in self.parts and header != INDICATOR]
        placed = [f"{id}.{header}" for header, having in self.parts.items() for id in having]
        lists = {id: listed_parts(leaf) for id, leaf in self.leaves.items()}
        self.blank = [  # no row of the table has them, but they count together with columns it has
            f"{id}.{part}"
            for id, together in lists.items()
            if any(f"{id}.{part}" in placed for part in together)
            for part in together
            if f"{id}.{part}" not in placed
        ]
        self.headers = [*self.own, *placed, *self.blank]

    def pieces(self, table: Table, rows: int = LONG) -> Iterator[Chunk]:
        """The rows in chunks no evaluation is spread over, so many rows each at least, as far as there are."""
        kept: list[Chunk] = []
        for chunk in table.chunks:
            kept.append(_named(chunk))
            if sum(len(each.numbers) for each in kept) < rows:
                continue
            whole = _joined(kept)
            cut = _last_run(whole.batch.column("id"))
            kept = [Chunk(whole.batch.slice(cut), whole.numbers[cut:])]
            if cut or whole.unread:
                yield Chunk(whole.batch.slice(0, cut), whole.numbers[:cut], whole.unread)
        if kept:
            yield _joined(kept)

    def widen(self, chunk: Chunk) -> Widened:
        """A row an evaluation."""
        piece = _Piece(self, chunk)
        position = piece.positions()
        columns = piece.own() | piece.parts(position)
        columns |= dict.fromkeys(self.blank, pa.nulls(len(piece.starts), pa.string()))
        wide = pa.RecordBatch.from_pydict({header: columns[header] for header in self.headers})
        first, places = chunk.numbers[piece.starts], dict(zip(self.leaves, position, strict=True))
        if piece.bad.any():
            good = ~piece.bad
            wide, first = wide.filter(pa.array(good)), first[good]
            places = {id: own[good] for id, own in places.items()}
        return Widened(wide, first, tuple(piece.lines), chunk.numbers, places)


class _Piece:
    """A chunk of long rows on its way. starts: the first row of every evaluation; which: the evaluation of every row;
    bad: the evaluations set aside, for what `lines` tell."""

    def __init__(self, long: Long, chunk: Chunk):
        self.long, self.batch, self.numbers, self.lines = long, chunk.batch, chunk.numbers, [*chunk.unread]
        self.starts, self.which = _runs(self.batch.column("id"))
        self.bad = np.zeros(len(self.starts), bool)
        self.codes, self.names = _codes(self.batch.column(INDICATOR))

    def refuse(self, row: int, header: str, message: Text, hint: Text | None = None) -> None:
        id = text(self.batch.column("id").slice(row, 1))[0].as_py()
        self.lines.append(Line(int(self.numbers[row]), id, (Wrong(header, message, hint),)))
        self.bad[self.which[row]] = True

    def title(self, row: int) -> Text:
        return self.long.leaves[self.names[self.codes[row]]].title

    def positions(self) -> Any:
        """For each indicator, in the order of the set, and each evaluation its row, or −1."""
        order = {id: at for at, id in enumerate(self.long.leaves)}
        known = np.array([order.get(name, -1) for name in self.names], np.int32)
        leaf, which, rows = known[self.codes], self.which, np.arange(len(self.codes), dtype=np.int32)
        if (leaf < 0).any():
            for row in rows[leaf < 0].tolist():
                self._refuse_indicator(row)
            rows = rows[leaf >= 0]
            leaf, which = leaf[rows], which[rows]
        found = np.full(len(order) * len(self.starts), -1, np.int32)
        flat = leaf * len(self.starts) + which
        found[flat] = rows
        if np.count_nonzero(found >= 0) < len(rows):
            for row in rows[found[flat] != rows].tolist():
                title = self.title(row)
                self.refuse(row, INDICATOR, Text(f"“{title.zh}”有两行", f"'{title.en}' has two rows"))
        return found.reshape(len(order), len(self.starts))

    def _refuse_indicator(self, row: int) -> None:
        name = self.names[self.codes[row]]
        message = Text("没有写是哪个指标", "it does not say which indicator")
        if name:
            message = Text(f"没有编号为“{name}”的指标", f"there is no indicator '{name}'")
        self.refuse(row, INDICATOR, message, suggest(name, self.long.leaves))

    def own(self) -> dict[str, Any]:
        """What is about the evaluation, from its first row."""
        for header in self.long.own:
            for row in _differing(self.batch.column(header), self.starts, self.which) if header != "id" else ():
                self.refuse(row, header, *DIFFERS)
        starts = pa.array(self.starts)
        return {header: self.batch.column(header).take(starts) for header in self.long.own}

    def parts(self, position: Any) -> dict[str, Any]:
        """The columns of the indicators; a cell none of them asks for is told."""
        columns = {}
        indices = {id: _indices(rows) for id, rows in zip(self.long.leaves, position, strict=True)}
        for header, having in self.long.parts.items():
            column, placed = self.batch.column(header), 0
            for id in having:
                columns[f"{id}.{header}"] = made = column.take(indices[id])
                placed += _filled(made)
            if placed < _filled(column):
                idle = np.array([name in self.long.leaves and name not in having for name in self.names])
                for row in np.flatnonzero(given(column) & idle[self.codes]).tolist():
                    title = self.title(row)
                    message = Text(f"“{title.zh}”不用这一列，应空着", f"'{title.en}' has no use for this column")
                    self.refuse(row, header, message)
        return columns


DIFFERS = (
    Text("与这个评价第一行的不一致", "this is not what the first row of the evaluation says"),
    Text("写在第一行，其余各行空着或照写", "write it in the first row; the others repeat it or are blank"),
)


def _flags(column: Any) -> Any:
    return pc.fill_null(column, False).to_numpy(zero_copy_only=False)


def _runs(ids: Any) -> tuple[Any, Any]:
    """The first row of every run of one id, and the run each row is in."""
    if not len(ids):
        return np.arange(0), np.arange(0)
    changes = np.concatenate([[True], _flags(pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)))])
    return np.flatnonzero(changes), np.cumsum(changes, dtype=np.int32) - 1


def _last_run(ids: Any) -> int:
    """The first row of the last run."""
    rows = len(ids)
    size = min(rows, 256)
    while size:
        other = np.flatnonzero(_flags(pc.not_equal(ids.slice(rows - size), ids[-1])))
        if len(other) or size == rows:
            return rows - size + int(other[-1]) + 1 if len(other) else 0
        size = min(rows, 2 * size)
    return 0


def _named(chunk: Chunk) -> Chunk:
    """The rows with an id; the others that are not wholly blank are at fault."""
    named, batch = given(chunk.batch.column("id")), chunk.batch
    if named.all():
        return chunk
    wrong = (Wrong("id", Text("没有编号", "there is no id")),)
    lines = [
        Line(int(chunk.numbers[row]), "", wrong)
        for row in np.flatnonzero(~named).tolist()
        if any(text(column.slice(row, 1))[0].is_valid for column in batch.columns)
    ]
    return Chunk(batch.filter(pa.array(named)), chunk.numbers[named], (*chunk.unread, *lines))


def _codes(column: Any) -> tuple[Any, list[str]]:
    """A number for each cell, and the text each stands for, "" for a blank one."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names = [name or "" for name in (*text(column.dictionary).to_pylist(), "")]
    indices = column.indices.fill_null(len(names) - 1) if column.null_count else column.indices
    return indices.to_numpy(), names


def _indices(rows: Any) -> Any:
    absent = rows < 0
    return pa.array(rows, mask=absent) if absent.any() else pa.array(rows)


def _filled(column: Any) -> int:
    if pa.types.is_string(column.type):
        return int(given(column).sum())
    return len(column) - int(column.null_count)


def _differing(column: Any, starts: Any, which: Any) -> list[int]:
    """The rows whose cell is neither blank nor that of the first row of their run."""
    if column.null_count == len(column):
        return []
    codes, names = _codes(column)
    blank = np.array([not name for name in names])
    return np.flatnonzero((codes != codes[starts][which]) & ~blank[codes]).tolist()


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    table = pa.Table.from_batches([chunk.batch for chunk in chunks]).combine_chunks()
    batch = (table.to_batches() or [chunks[0].batch])[0]
    unread = tuple(line for chunk in chunks for line in chunk.unread)
    return Chunk(batch, np.concatenate([chunk.numbers for chunk in chunks]), unread)
