"""The work set as a user would score it without us, exact in whole numbers: totals in hundredths, rounded leaf by leaf.

    python -m benchmarks.rivals duckdb TABLE OUT

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
    duckdb.execute(query)


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


def duckdb_long(table: str, out: str) -> None:
    import duckdb

    rules = ", ".join(f"('{id}', '{kind}', {TARGETS[id]}::BIGINT, {EACH.get(id, 0)}::BIGINT)" for id, kind in LEAVES)
    bands = " ".join(f"WHEN actual >= target // 100 * {e} // 100 * 100 THEN {FULL * s // 100}" for e, s in BANDS)
    levels = " ".join(f"WHEN '{name}' THEN {points}" for name, points in SHARES.items())
    met = " + ".join(f'"check.item{n}"::BIGINT' for n in range(1, ITEMS + 1))
    points = f"""CASE kind
        WHEN 'ratio' THEN (2 * least(actual, target) * {FULL} + target) // (2 * target)
        WHEN 'reverse' THEN CASE WHEN actual <= target THEN {FULL} ELSE (2 * target * {FULL} + actual) // (2 * actual) END
        WHEN 'bands' THEN CASE {bands} ELSE 0 END
        WHEN 'deduct' THEN greatest(0, {FULL} - "count.late" * each)
        WHEN 'checklist' THEN ({met}) * {FULL // ITEMS}
        WHEN 'levels' THEN CASE level {levels} END
        ELSE (2 * greatest(0, least(actual, target) * 2 - target) * {FULL} + target) // (2 * target) END"""
    query = f"""SELECT id, sum({points})::BIGINT AS total
        FROM '{table}' JOIN (VALUES {rules}) rules(indicator, kind, target, each) USING (indicator) GROUP BY id"""
    duckdb.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")


def polars_long(table: str, out: str) -> None:
    import polars as pl

    names = [id for id, _ in LEAVES]
    kinds = pl.DataFrame(
        {
            "indicator": names,
            "rule": [kind for _, kind in LEAVES],
            "target": [TARGETS[id] for id in names],
            "each": [EACH.get(id, 0) for id in names],
        }
    ).lazy()
    actual, target, rule = pl.col("actual"), pl.col("target"), pl.col("rule")
    edges = [(target // 100 * e // 100 * 100, FULL * s // 100) for e, s in BANDS]
    chain = pl.when(actual >= edges[0][0]).then(edges[0][1])
    for at, points in edges[1:]:
        chain = chain.when(actual >= at).then(points)
    met = sum((pl.col(f"check.item{n}").cast(pl.Int64) for n in range(1, ITEMS + 1)), pl.lit(0))
    lower = pl.when(actual <= target).then(FULL).otherwise((2 * target * FULL + actual) // (2 * actual))
    above = (pl.min_horizontal(actual, target) * 2 - target).clip(lower_bound=0)
    points = (
        pl.when(rule == "ratio")
        .then((pl.min_horizontal(actual, target) * (2 * FULL) + target) // (2 * target))
        .when(rule == "reverse")
        .then(lower)
        .when(rule == "bands")
        .then(chain.otherwise(0))
        .when(rule == "deduct")
        .then((FULL - pl.col("count.late") * pl.col("each")).clip(lower_bound=0))
        .when(rule == "checklist")
        .then(met * (FULL // ITEMS))
        .when(rule == "levels")
        .then(pl.col("level").cast(pl.String).replace_strict(SHARES, default=None, return_dtype=pl.Int64))
        .otherwise((above * (2 * FULL) + target) // (2 * target))
    )
    rows = pl.scan_parquet(table).with_columns(pl.col("indicator").cast(pl.String)).join(kinds, on="indicator")
    rows.select("id", points.alias("total")).group_by("id").agg(pl.col("total").sum()).sink_parquet(out)


def pandas_long(table: str, out: str) -> None:
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(table)
    rule, target = (frame["indicator"].astype("object").map(of) for of in (dict(LEAVES), TARGETS))
    actual = frame["actual"].fillna(1).astype("int64")
    reached, edges = np.minimum(actual, target), [target // 100 * e // 100 * 100 for e, _ in BANDS]
    met = sum(frame[f"check.item{n}"].fillna(False).astype("int64") for n in range(1, ITEMS + 1))
    taken = frame["count.late"].fillna(0).astype("int64") * frame["indicator"].astype("object").map(EACH).fillna(
        0
    ).astype("int64")
    points = {
        "ratio": (reached * (2 * FULL) + target) // (2 * target),
        "reverse": np.where(actual <= target, FULL, (2 * target * FULL + actual) // (2 * actual)),
        "bands": np.select([actual >= at for at in edges], [FULL * s // 100 for _, s in BANDS], 0),
        "deduct": (FULL - taken).clip(lower=0),
        "checklist": met * (FULL // ITEMS),
        "levels": frame["level"].astype("object").map(SHARES).fillna(0).astype("int64"),
        "ladder": ((2 * reached - target).clip(lower=0) * (2 * FULL) + target) // (2 * target),
    }
    frame["total"] = np.select([rule == kind for kind in points], list(points.values()))
    frame.groupby("id", as_index=False)["total"].sum().to_parquet(out)


def decimal(table: str, out: str) -> None:
    """A loop over plain Decimals, a product before a quotient; reads our own table."""
    from decimal import ROUND_HALF_UP, Decimal

    import pyarrow as pa
    from pyarrow import parquet

    cent, full, ids, totals = Decimal("0.01"), Decimal(4), [], []
    targets = {id: Decimal(target) / 100 for id, target in TARGETS.items()}
    edges = {id: [(Decimal(edge(TARGETS[id], e)) / 100, Decimal(4 * s) / 100) for e, s in BANDS] for id in targets}
    each = {id: Decimal(cost) / 100 for id, cost in EACH.items()}
    shares = {name: Decimal(4 * share) / 100 for name, share in LEVELS}
    for row in parquet.read_table(table).to_pylist():
        total = Decimal(0)
        for id, kind in LEAVES:
            actual, target = row.get(f"{id}.actual"), targets[id]
            match kind:
                case "ratio":
                    points = full * min(actual, target) / target
                case "reverse":
                    points = full if actual <= target else full * target / actual
                case "bands":
                    points = next((worth for at, worth in edges[id] if actual >= at), Decimal(0))
                case "deduct":
                    points = max(Decimal(0), full - row[f"{id}.count.late"] * each[id])
                case "checklist":
                    points = full * sum(row[f"{id}.check.item{n}"] for n in range(1, ITEMS + 1)) / ITEMS
                case "levels":
                    points = shares[row[f"{id}.level"]]
                case _:
                    points = full * max(Decimal(0), 2 * min(actual, target) - target) / target
            total += points.quantize(cent, ROUND_HALF_UP)
        ids.append(row["id"])
        totals.append(int(total * 100))
    parquet.write_table(pa.table({"id": ids, "total": totals}), out)


def edge(target: int, percent: int) -> int:
    """Where a band begins, as the set has it: whole numbers."""
    return target // 100 * percent // 100 * 100


ENGINES = {each.__name__: each for each in (duckdb, polars, pandas, duckdb_long, polars_long, pandas_long, decimal)}

if __name__ == "__main__":
    ENGINES[sys.argv[1]](sys.argv[2], sys.argv[3])
