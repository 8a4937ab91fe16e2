"""The work set as a user would score it without us, exact in whole numbers: totals in hundredths, rounded leaf by leaf.

    python benchmarks/rivals.py duckdb TABLE OUT

TABLE holds figures in hundredths as whole numbers, the form that suits these engines best. Every leaf weighs 4 points.
"""

from __future__ import annotations

import sys

from benchmarks.workset import BANDS, EACH, ITEMS, LEAVES, LEVELS, TARGETS

FULL = 400  # hundredths of a point
SHARES = {name: share * FULL // 100 for name, share in LEVELS}


def duckdb(table: str, out: str) -> None:
    import duckdb

    terms = []
    for id, kind in LEAVES:
        actual, target = f'"{id}.actual"::BIGINT', TARGETS[id]
        match kind:
            case "ratio":
                terms.append(f"((2 * least({actual}, {target}) * {FULL} + {target}) // {2 * target})")
            case "reverse":
                term = f"((2 * {target} * {FULL} + {actual}) // (2 * {actual}))"
                terms.append(f"(CASE WHEN {actual} <= {target} THEN {FULL} ELSE {term} END)")
            case "bands":
                cases = " ".join(f"WHEN {actual} >= {edge(target, e)} THEN {FULL * s // 100}" for e, s in BANDS)
                terms.append(f"(CASE {cases} ELSE 0 END)")
            case "deduct":
                terms.append(f'greatest(0, {FULL} - "{id}.count.late" * {EACH[id]})')
            case "checklist":
                met = " + ".join(f'"{id}.check.item{n}"::BIGINT' for n in range(1, ITEMS + 1))
                terms.append(f"(({met}) * {FULL // ITEMS})")
            case "levels":
                cases = " ".join(f"WHEN '{name}' THEN {points}" for name, points in SHARES.items())
                terms.append(f'(CASE "{id}.level" {cases} END)')
            case _:
                above = f"greatest(0, least({actual}, {target}) * 2 - {target})"
                terms.append(f"((2 * {above} * {FULL} + {target}) // {2 * target})")
    query = f"COPY (SELECT id, {' + '.join(terms)} AS total FROM '{table}') TO '{out}' (FORMAT parquet)"
    duckdb.sql(query)


def polars(table: str, out: str) -> None:
    import polars as pl

    terms = []
    for id, kind in LEAVES:
        actual, target = pl.col(f"{id}.actual"), TARGETS[id]
        match kind:
            case "ratio":
                terms.append((actual.clip(upper_bound=target) * (2 * FULL) + target) // (2 * target))
            case "reverse":
                term = (2 * target * FULL + actual) // (2 * actual)
                terms.append(pl.when(actual <= target).then(FULL).otherwise(term))
            case "bands":
                (e1, s1), (e2, s2), (e3, s3) = [(edge(target, e), FULL * s // 100) for e, s in BANDS]
                chain = pl.when(actual >= e1).then(s1).when(actual >= e2).then(s2).when(actual >= e3).then(s3)
                terms.append(chain.otherwise(0))
            case "deduct":
                terms.append((FULL - pl.col(f"{id}.count.late") * EACH[id]).clip(lower_bound=0))
            case "checklist":
                met = sum((pl.col(f"{id}.check.item{n}").cast(pl.Int64) for n in range(1, ITEMS + 1)), pl.lit(0))
                terms.append(met * (FULL // ITEMS))
            case "levels":
                terms.append(pl.col(f"{id}.level").replace_strict(SHARES, return_dtype=pl.Int64))
            case _:
                above = (actual.clip(upper_bound=target) * 2 - target).clip(lower_bound=0)
                terms.append((above * (2 * FULL) + target) // (2 * target))
    total = sum(terms[1:], terms[0]).alias("total")
    pl.scan_parquet(table).select("id", total).sink_parquet(out)


def pandas(table: str, out: str) -> None:
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(table)
    total = 0
    for id, kind in LEAVES:
        target = TARGETS[id]
        actual = frame.get(f"{id}.actual")
        match kind:
            case "ratio":
                total = total + (actual.clip(upper=target) * (2 * FULL) + target) // (2 * target)
            case "reverse":
                total = total + np.where(actual <= target, FULL, (2 * target * FULL + actual) // (2 * actual))
            case "bands":
                edges = [actual >= edge(target, e) for e, _ in BANDS]
                total = total + np.select(edges, [FULL * s // 100 for _, s in BANDS], 0)
            case "deduct":
                total = total + (FULL - frame[f"{id}.count.late"] * EACH[id]).clip(lower=0)
            case "checklist":
                met = sum(frame[f"{id}.check.item{n}"].astype("int64") for n in range(1, ITEMS + 1))
                total = total + met * (FULL // ITEMS)
            case "levels":
                total = total + frame[f"{id}.level"].map(SHARES).astype("int64")
            case _:
                above = (actual.clip(upper=target) * 2 - target).clip(lower=0)
                total = total + (above * (2 * FULL) + target) // (2 * target)
    pd.DataFrame({"id": frame["id"], "total": total}).to_parquet(out)


def edge(target: int, percent: int) -> int:
    """Where a band begins, as the set has it: whole numbers."""
    return target // 100 * percent // 100 * 100


if __name__ == "__main__":
    {"duckdb": duckdb, "polars": polars, "pandas": pandas}[sys.argv[1]](sys.argv[2], sys.argv[3])
