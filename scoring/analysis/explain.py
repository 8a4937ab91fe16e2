"""Why every indicator of every row got its points: told once for all rows that say the same of it.

What a leaf comes to depends on the cells of its record, the facts its rule uses, and its weight. Each different content
is read by the engine, exact and in words; rows only point at what was told. Rows the engine scored keep its own words.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from scoring.analysis.batch import Scored, Scorer
from scoring.analysis.cells import KEPT, coded, text
from scoring.analysis.output import of_leaves
from scoring.analysis.table import Chunk
from scoring.binding import Bound, rebound
from scoring.engine import score_leaf
from scoring.errors import Lang
from scoring.expression.tree import names
from scoring.facts import read_facts, values_of
from scoring.result import OPEN, STATES

Told = tuple[Decimal, Decimal | None, str, str]  # weight, points (none yet where data are missing), state, reason
Content = tuple[str | None, ...]


class Explainer:
    """Explains chunks the scorer has scored. `told` keeps what was told, over all chunks."""

    def __init__(self, scorer: Scorer, lang: Lang):
        self.scorer, self.lang = scorer, lang
        self.headers = {leaf.id: self._headers(leaf) for leaf in scorer.leaves}
        self.told: dict[tuple[str, Decimal, Content], Told] = {}
        words = [pa.field(name, pa.dictionary(pa.int32(), pa.string())) for name in ("state", "reason")]
        points = [pa.field(name, pa.decimal128(18, scorer.set.rounding.places)) for name in ("weight", "points")]
        named = [pa.field(name, pa.dictionary(pa.int32(), pa.string())) for name in ("indicator", "title")]
        self.schema = pa.schema([pa.field("id", pa.string()), *named, *points, *words])

    def _headers(self, leaf: Bound) -> list[str]:
        fields = self.scorer.fields
        used = [fields.headed("facts", name) for name in names(leaf.tree)]
        return [each.header for each in (*fields.of_record.get(leaf.id, ()), *used) if each is not None]

    def explain(self, chunk: Chunk, scored: Scored) -> Any:
        """A row an indicator of every good row, in the order of the rows."""
        leaves, rows = self.scorer.leaves, chunk.batch.num_rows
        told: list[Told] = []
        codes = np.zeros((rows, len(leaves)), np.int32)
        for at, leaf in enumerate(leaves):
            codes[:, at] = self._leaf(leaf, chunk.batch, scored, told)
        for row, result in scored.results.items():
            if result is not None:
                codes[row] = range(len(told), len(told) + len(leaves))
                told += [cells[3:] for cells in of_leaves("", result, self.lang)]
        good, flat = np.flatnonzero(scored.good), pa.array(codes[scored.good].ravel())
        ids = text(chunk.batch.column(self.scorer.fields.headed("id").header))  # type: ignore[union-attr]
        own = pa.array(np.tile(np.arange(len(leaves), dtype=np.int32), len(good)))
        weights, points, states, reasons = zip(*told, strict=True) if told else ((), (), (), ())
        columns = [
            ids.take(pa.array(np.repeat(good, len(leaves)))),
            pa.DictionaryArray.from_arrays(own, pa.array([leaf.id for leaf in leaves])),
            pa.DictionaryArray.from_arrays(own, pa.array([leaf.title.to(self.lang) for leaf in leaves])),
            pa.array(weights, self.schema.field("weight").type).take(flat),
            pa.array(points, self.schema.field("points").type).take(flat),
            pa.DictionaryArray.from_arrays(flat, pa.array(states, pa.string())),
            pa.DictionaryArray.from_arrays(flat, pa.array(reasons, pa.string())),
        ]
        return pa.table(columns, self.schema)

    def _leaf(self, leaf: Bound, batch: Any, scored: Scored, told: list[Told]) -> Any:
        """For each row the place in `told` of what its cells come to; 0 where the engine has told it."""
        places, columns = np.zeros(batch.num_rows, np.int32), [batch.column(header) for header in self.headers[leaf.id]]
        codes, contents = coded(columns) if columns else (np.zeros(batch.num_rows, np.int64), [()])
        open_ = np.ones(batch.num_rows, bool)
        open_[[*scored.results]] = False
        for rows, pattern in scored.patterns:
            weight, rows = pattern.weights.get(leaf.id, leaf.weight), rows[open_[rows]]
            there, which = np.unique(codes[rows], return_inverse=True)
            places[rows] = len(told) + which
            told += [self._told(leaf, weight, contents[code]) for code in there.tolist()]
        return places

    def _told(self, leaf: Bound, weight: Decimal, content: Content) -> Told:
        key = (leaf.id, weight, content)
        if key not in self.told:
            if len(self.told) >= KEPT * len(self.headers):
                self.told.clear()
            self.told[key] = self._tell(leaf, weight, content)
        return self.told[key]

    def _tell(self, leaf: Bound, weight: Decimal, content: Content) -> Told:
        fields, headers = self.scorer.fields, self.headers[leaf.id]
        cells = {header: cell for header, cell in zip(headers, content, strict=True) if cell is not None}
        evaluation, _ = fields.evaluation(cells, whole=False)
        assert evaluation is not None  # cells with a fault go to the engine
        figures, _ = read_facts(fields.set, evaluation)
        bound = rebound(leaf, evaluation, figures)
        points, state, reason = score_leaf(fields.set, bound, values_of(figures), weight, self.lang)
        return weight, None if state in OPEN else points, STATES[state].to(self.lang), reason
