"""A roll-up as CSV, JSON and a page, and the ranks of all evaluations as a table. Keys of CSV and JSON are English."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from scoring.analysis.rollup import AT, BIN, Group, Rollup
from scoring.errors import Lang
from scoring.report import html
from scoring.report.data import csv_table, inert
from scoring.report.document import legible
from scoring.report.rollup import (
    BEST,
    Sheet,
    Value,
    document,
    evaluations,
    grades,
    notes,
    numbers,
    shares,
    title,
    weights,
)
from scoring.values import rounded

SCHEMA = "jixiao-rollup/1"
Ranked = Callable[[], Iterable[Any]]  # the ranked evaluations as Arrow tables, each time from the beginning


def as_csv(rollup: Rollup, ranked: Ranked, lang: Lang) -> str:
    """A row a group, the whole first; `by` says what made the group, and its cells stand in the columns of that name."""
    columns = tuple(dict.fromkeys(name for grouping in rollup.groupings for name in grouping.by))
    spread = {0: "lowest", 50: "median", 100: "highest"}
    weight = () if rollup.weight is None else (f"sum.{rollup.weight}",)
    head = ["by", *columns, "rank", "evaluations", "scored", *weight, "mean", *(spread.get(at, f"p{at}") for at in AT)]
    head += [f"{part}.{grade}" for grade in rollup.grades for part in ("count", "percent")]
    rows: list[list[str | Decimal]] = []
    for by, groups in [((), (rollup.whole,)), *((grouping.by, grouping.groups) for grouping in rollup.groupings)]:
        figures = numbers(rollup, groups, lang).beside(grades(rollup, groups))
        for group, values in zip(groups, figures.rows, strict=True):
            cells = dict(zip(by, group.labels, strict=True))
            row: Sequence[Value] = (",".join(by), *(cells.get(name, "") for name in columns), group.rank, *values)
            rows.append([_plain(value) for value in row])
    return csv_table(head, rows)


def _plain(value: Value) -> str | Decimal:
    return "" if value is None else Decimal(value) if isinstance(value, int) else value


def as_json(rollup: Rollup, lang: Lang) -> str:
    """Numbers that are not counts are strings, so that no reader turns them into binary floats."""
    whole = {
        "schema": SCHEMA,
        "lang": lang,
        "weight": rollup.weight,
        "grades": rollup.grades,
        "overall": _group(rollup, rollup.whole),
        "histogram": [{"from": at * BIN, "to": (at + 1) * BIN, "count": n} for at, n in enumerate(rollup.bins)],
        "groupings": [
            {
                "by": grouping.by,
                "groups": [
                    {"group": dict(zip(grouping.by, group.labels, strict=True)), "rank": group.rank}
                    | _group(rollup, group)
                    for group in grouping.groups
                ],
            }
            for grouping in rollup.groupings
        ],
        "notes": notes(rollup, lang),
    }
    return legible(json.dumps(whole, ensure_ascii=False, indent=2))


def _group(rollup: Rollup, group: Group) -> dict[str, object]:
    percentiles = {str(at): f"{rounded(score, 2):f}" for at, score in zip(AT, group.spread, strict=False)}
    percent = [f"{share:f}" if group.scored else None for share in shares(group)]
    return {
        "evaluations": group.count,
        "scored": group.scored,
        "weight": next((f"{sum_:f}" for sum_ in weights([group])[0]), None),
        "mean": None if group.mean is None else f"{rounded(group.mean, 2):f}",
        "percentiles": percentiles,
        "grades": {
            grade: {"count": count, "percent": part}
            for grade, count, part in zip(rollup.grades, group.grades, percent, strict=True)
        },
    }


def as_html(rollup: Rollup, ranked: Ranked, lang: Lang) -> str:
    import pyarrow as pa
    import pyarrow.compute as pc

    best = pa.concat_tables([table.filter(pc.less_equal(table["rank"], BEST)) for table in ranked()])
    best = led(best.take(pc.sort_indices(best, [("rank", "ascending")])[:BEST]))
    by = [name for grouping in rollup.groupings for name in grouping.by]
    fit = [name for name in best.column_names if name in ("rank", "score", "id", "name", "grade", *by)]
    best = best.select(fit)
    rows = [
        (*row[:2], *(None if cell is None else str(cell) for cell in row[2:]))
        for row in evaluations(best, rollup.weight)
    ]
    first = Sheet(tuple(title(name, lang) for name in fit), tuple(rows))  # a year is no amount
    return html.render(document(rollup, first, lang), [None])


def led(table: Any) -> Any:
    """The rank first, then the score, then all else."""
    first = ["rank", "score"]
    return table.select([*first, *(name for name in table.column_names if name not in first)])


def write_ranks(tables: Iterable[Any], output: Path) -> None:
    """All evaluations, in the order of the scores they were read from, as .csv or .parquet."""
    from pyarrow import csv, parquet

    from scoring.analysis.output import inert as inert_cells

    making = output.with_name(output.name + ".new")
    try:
        with making.open("wb") as stream:
            writer: Any = None
            for table in tables:
                if output.suffix.lower() == ".csv":
                    table = inert_cells(table).rename_columns([inert(name) for name in table.column_names])
                if writer is None and output.suffix.lower() == ".csv":
                    stream.write(b"\xef\xbb\xbf")
                    writer = csv.CSVWriter(stream, table.schema)
                elif writer is None:
                    writer = parquet.ParquetWriter(stream, table.schema, store_decimal_as_integer=True)
                writer.write_table(table)
            writer.close()
        making.replace(output)
    finally:
        making.unlink(missing_ok=True)
