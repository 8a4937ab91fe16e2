"""The rows of a table as the scorer takes them: long ones widened, and beside them what comes of their peers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from scoring.analysis.fields import Fields, tree_of
from scoring.analysis.long import INDICATOR, Long
from scoring.analysis.peers import Compared, added
from scoring.analysis.table import Chunk, open_table
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet


class Rows:
    """A table read for one set. `pieces` come in order; `ready` may be called on them anywhere.

    ScoringError: the table does not fit the set.
    """

    def __init__(self, indicator_set: IndicatorSet, base: Evaluation, file: Path, keep: tuple[str, ...] = ()):
        self.file, self.table, self.tree = file, open_table(file), tree_of(indicator_set, base)
        self.long = Long(self.table, self.tree) if INDICATOR in self.table.headers else None
        headers = self.long.headers if self.long else self.table.headers
        more = added(indicator_set, headers, file)
        self.fields = Fields(indicator_set, [*headers, *more.values()], base, file, (*keep, *more.values()))
        self.compared = Compared(self.fields, more, file)

    def survey(self) -> None:
        """Reads the table a first time, where facts come from peers."""
        if not self.compared.columns:
            return
        needs = self.compared.needs
        if self.long is None:
            self.compared.survey(chunk.batch for chunk in open_table(self.file, needs).chunks)
            return
        table = open_table(self.file, [*dict.fromkeys(["id", INDICATOR, *needs])])
        table.headers = [header for header in table.headers if header in ("id", INDICATOR, *needs)]
        long = Long(table, self.tree)
        self.compared.survey(long.widen(chunk).batch for chunk in long.pieces(table))

    def pieces(self) -> Iterator[Chunk]:
        """The chunks of the table; at least one, so that an empty table has its columns too."""
        none = True
        for chunk in self.long.pieces(self.table) if self.long else self.table.chunks:
            none = False
            yield chunk
        if none:
            schema = pa.schema([(header, pa.string()) for header in self.table.headers])
            yield Chunk(pa.RecordBatch.from_pylist([], schema), np.arange(0))

    def ready(self, chunk: Chunk) -> Chunk:
        return self.compared.beside(self.long.widen(chunk) if self.long else chunk)
