"""Every evaluation with its score out of 100 and its ranks, overall and in its groups, beside what the table says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.analysis.cells import text
from scoring.analysis.fields import RESULT
from scoring.analysis.rollup import By, coded, levels
from scoring.analysis.scores import Scores, filled, wide
from scoring.analysis.table import open_table


def ranks(scores: Scores, by: By = ()) -> Any:
    """The rank of each row in its group, 0 where it is not scored."""
    place, first = levels(scores)
    code = coded(scores, by)[0][scores.scored]
    there, which, count = np.unique(code * len(first) + place, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    last = np.searchsorted(there, (there // len(first) + 1) * len(first)) - 1  # the best score of the same group
    found = np.zeros(len(scores.total), np.int64)
    found[scores.scored] = (upto[last] - upto + 1)[which.ravel()]
    return found


def ranked(file: Path, scores: Scores, groupings: Sequence[By], also: Sequence[str] = ()) -> Iterator[Any]:
    """The rows of the file in their order, as Arrow tables: what identifies and groups them, scores and ranks.

    file: what `scores` was read from. also: further columns that go along.
    """
    added = {"rank": _some(ranks(scores))} | {f"rank.{'.'.join(by)}": _some(ranks(scores, by)) for by in groupings}
    added = {"score": _out_of_100(scores), **added}
    table = open_table(file)
    known = (*RESULT, *(name for by in groupings for name in by), *also)
    kept = [name for name in dict.fromkeys(known) if name in table.headers and name not in added]
    first = 0
    for chunk in filled(table):
        rows = chunk.batch.num_rows
        columns = {name: chunk.batch.column(name) for name in kept}
        columns = {name: column if _is_number(column.type) else text(column) for name, column in columns.items()}
        yield pa.table(columns | {name: column.slice(first, rows) for name, column in added.items()})
        first += rows


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _some(ranks: Any) -> Any:
    return pa.array(ranks, mask=ranks == 0)


def _out_of_100(scores: Scores) -> Any:
    """Rounded once, half-up, to two places."""
    total, maximum = wide(scores.total, 20_001), wide(scores.maximum, 20_001)
    hundredths = pa.array(((20_000 * total + maximum) // (2 * maximum)).astype(np.int64), mask=~scores.scored)
    return pc.multiply(hundredths, pa.scalar(Decimal("0.01"))).cast(pa.decimal128(5, 2))
