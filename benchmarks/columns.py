"""A table of evaluations scored by `jixiao batch`, beside what a user would write instead.

Every engine scores the same evaluations from Parquet to Parquet in a process of its own; that all come to the same totals
is checked before anything is timed. Our table holds decimals; the rivals' holds hundredths as whole numbers, which suits
them best. wide: a row an evaluation; long: a row an indicator.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks import sheet
from benchmarks.measure import Cost, Goal, Scale, a_row, at_most, in_turn, installed, jixiao, measured, python, table

RIVALS = ("duckdb", "polars", "pandas")


def run(scale: Scale) -> list[Goal]:
    if not installed("numpy", "pyarrow", what="columns"):
        return []
    rivals = [name for name in RIVALS if installed(name, what=f"columns beside {name}")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        return [
            *_beside("wide", scale, rivals, folder),
            *_beside("long", scale, rivals, folder),
            *_growth(scale, folder),
        ]


def ours(rows: int, shape: str = "wide") -> list[str]:
    return jixiao("batch", "workset", f"{rows}.{shape}.parquet", "-o", f"jixiao.{shape}.parquet", "--year", 2024)


def theirs(name: str, rows: int, shape: str) -> list[str]:
    engine = name if shape == "wide" else f"{name}_long"
    return python("benchmarks.rivals", engine, f"{rows}.{shape}.hundredths.parquet", f"{name}.{shape}.parquet")


def make(folder: Path, rows: int, shape: str, *form: str) -> None:
    measured(python("benchmarks.workset", folder, rows, shape, *form))


def same(folder: Path, names: list[str]) -> None:
    """SystemExit: these files of totals differ."""
    measured(python("benchmarks.columns", "same", *(f"{name}.parquet" for name in names)), folder)


def _beside(shape: str, scale: Scale, rivals: list[str], folder: Path) -> list[Goal]:
    mine = {"jixiao": ours(scale.rows, shape)}
    if find_spec("pandas"):
        mine["jixiao, pandas not installed"] = python("benchmarks.columns", "bare", *mine["jixiao"][3:])
    commands = {**mine, **{name: theirs(name, scale.rows, shape) for name in rivals}}
    make(folder, scale.rows, shape)
    if rivals:
        make(folder, scale.rows, shape, "hundredths")
    in_turn(commands, folder, 1)
    same(folder, [f"{name}.{shape}" for name in commands if "," not in name])
    least = in_turn(commands, folder, scale.runs)
    base = least["jixiao"]
    table(
        f"{shape}: {scale.rows:,} evaluations of 25 indicators, Parquet to Parquet"
        + (", the same totals from all" if rivals else ""),
        ["CPU s", "peak MB", "x jixiao"],
        [(name, f"{c.seconds:.2f}", c.peak, f"{c.seconds / base.seconds:.2f}") for name, c in least.items()],
    )
    if shape == "wide":
        return [_equal(least, scale), *_wide_goals(least, scale, folder)]
    what = "long table, x duckdb exact"
    if "duckdb" not in least:
        return [Goal(f"{what}: at most 0.8", "duckdb is not installed", None)]
    return [at_most(what, least["jixiao"].seconds / least["duckdb"].seconds, 0.8)]


def _equal(least: dict[str, Cost], scale: Scale) -> Goal:
    others = ", ".join(name for name in least if not name.startswith("jixiao"))
    figure = (
        f"{scale.rows:,} totals the same as those of {others}" if others else "nothing to compare with is installed"
    )
    return Goal("exact on every row", figure, True if others else None)


def _wide_goals(least: dict[str, Cost], scale: Scale, folder: Path) -> list[Goal]:
    exact = [least[name].seconds for name in ("duckdb", "polars") if name in least]
    what = "wide table, x the better of duckdb and polars exact"
    own = least["jixiao"].seconds
    command = python("benchmarks.columns", "score", f"{scale.rows}.wide.parquet")
    itself = min(float(measured(command, folder).said) for _ in range(scale.runs)) / scale.rows * 1e6
    print(f"\nscoring itself, Arrow to numbers, no file read or written: {itself:.2f} CPU s a million evaluations")
    return [
        at_most(what, own / min(exact), 1.0) if exact else Goal(f"{what}: at most 1", "neither is installed", None),
        at_most("scoring itself, a million evaluations", itself, 0.3, " s"),
    ]


def _growth(scale: Scale, folder: Path) -> list[Goal]:
    costs: dict[int, Cost] = {}
    for rows in scale.growth:
        if not (folder / f"{rows}.wide.parquet").exists():
            make(folder, rows, "wide")
        costs[rows] = in_turn({"": ours(rows)}, folder, 2)[""]
    table(
        "jixiao batch, wide: growth",
        ["CPU s", "peak MB", "µs a row"],
        [(f"{rows:,}", f"{c.seconds:.2f}", c.peak, f"{c.seconds / rows * 1e6:.2f}") for rows, c in costs.items()],
    )
    slow = _slow(scale, folder)
    *_, first, before, last = scale.growth
    early, late = (a_row({n: costs[n] for n in sizes}) for sizes in ((first, before), (before, last)))
    rows = [("jixiao batch", f"{late:.2f}", "1"), *((name, f"{a:.2f}", f"{a / late:.0f}") for name, a in slow.items())]
    table("what starting costs taken off", ["µs a row", "x jixiao"], rows)
    return [
        at_most(f"peak memory of {last:,} rows", costs[last].peak, 1000, " MB"),
        at_most(f"time linear: µs a row from {before:,} to {last:,}, x that from {first:,} on", late / early, 1.2),
        at_most(
            f"rows not bounded by memory: peak of {last:,}, x that of {before:,}",
            costs[last].peak / costs[before].peak,
            1.2,
        ),
    ]


def _slow(scale: Scale, folder: Path) -> dict[str, float]:
    """CPU microseconds a row of what is too slow for the whole table, equality checked first."""
    found = {}
    sizes = (scale.slow // 10, scale.slow)
    costs: dict[int, Cost] = {}
    for rows in sizes:
        make(folder, rows, "wide")
        measured(ours(rows), folder)
        costs[rows] = measured(
            python("benchmarks.rivals", "decimal", f"{rows}.wide.parquet", "decimal.parquet"), folder
        )
        same(folder, ["jixiao.wide", "decimal"])
    found["plain Decimal loop"] = a_row(costs)
    if sheet.there():
        costs = {}
        for rows in (scale.slow // 100, scale.slow // 10):
            make(folder, rows, "wide")
            measured(ours(rows), folder)
            costs[rows] = sheet.recalculated(folder, rows)
            same(folder, ["jixiao.wide", "sheet"])
        found["LibreOffice recalculating a workbook"] = a_row(costs)
    return found


# --- in a process of its own ----------------------------------------------------------------------------------------------


def _totals(file: str) -> tuple[object, object]:
    """The ids, and the totals in hundredths, in the order of the ids."""
    import pyarrow.compute as pc
    from pyarrow import parquet, types

    read = parquet.read_table(file, columns=["id", "total"]).sort_by("id")
    total = pc.multiply(read["total"], 100) if types.is_decimal(read["total"].type) else read["total"]
    return read["id"], pc.cast(total, "int64")


def _same(first: str, *others: str) -> None:
    wanted = _totals(first)
    for other in others:
        if _totals(other) != wanted:
            raise SystemExit(f"{other} and {first} hold other totals: nothing is timed")


def _score(file: str) -> None:
    """CPU seconds of Scorer.score alone, once a first row has imported what it needs (pyarrow imports pandas, where it is)."""
    from time import process_time

    from scoring.analysis.batch import Scorer
    from scoring.analysis.fields import Fields
    from scoring.analysis.open import opened
    from scoring.analysis.table import open_table

    path = Path(file)
    found, spent = open_table(path), 0.0
    indicator_set, base = opened("workset", 2024, None, path)
    scorer = Scorer(Fields(indicator_set, found.headers, base, path))
    for number, chunk in enumerate(found.chunks):
        if not number:
            scorer.score(chunk.slice(0, 1))
        begun = process_time()
        scorer.score(chunk)
        spent += process_time() - begun
    print(spent)


def _bare(*arguments: str) -> None:
    """jixiao as its extra installs it: pyarrow imports pandas, 0.2 s and 35 MB, wherever there is one."""
    from scoring.cli import main

    class Hidden:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "pandas":
                raise ModuleNotFoundError(name, name=name)

    sys.meta_path.insert(0, Hidden())  # type: ignore[arg-type]
    sys.argv[1:] = arguments
    main()


if __name__ == "__main__":
    {"same": _same, "score": _score, "bare": _bare}[sys.argv[1]](*sys.argv[2:])
