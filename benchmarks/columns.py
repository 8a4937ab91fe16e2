"""A table of evaluations scored by `jixiao batch`, beside what a user would write instead: python -m benchmarks columns

Every engine scores the same evaluations from Parquet to Parquet in a process of its own; that all come to the same totals
is checked before anything is timed. CPU seconds are user + system of the process, imports included, the least of RUNS taken
in turn; memory is its peak. Our table holds decimals; the rivals' holds hundredths as whole numbers, which suits them best.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.workset import write_set, write_table

ROOT = Path(__file__).parent.parent
RIVALS = ("duckdb", "polars", "pandas")
ROWS = 1_000_000
GROWTH = (10_000, 100_000, 1_000_000)
RUNS = 5
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPATH": str(ROOT),
    "JIXIAO_LANG": "en",
}


class Cost(NamedTuple):
    seconds: float
    peak: int  # MB


def measured(command: list[str], folder: Path) -> Cost:
    """The cost of one process."""
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


def ours(rows: int) -> list[str]:
    program = "from scoring.cli import main; main()"
    return [
        sys.executable,
        "-c",
        program,
        "batch",
        "workset",
        f"{rows}.parquet",
        "-o",
        "jixiao.out.parquet",
        "--year",
        "2024",
    ]


def theirs(name: str, rows: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.rivals", name, f"{rows}.hundredths.parquet", f"{name}.out.parquet"]


def totals(folder: Path, name: str) -> object:
    """The totals an engine wrote, in hundredths."""
    import pyarrow.compute as pc
    from pyarrow import parquet

    column = parquet.read_table(folder / f"{name}.out.parquet", columns=["total"])["total"]
    return pc.cast(pc.multiply(column, 100), "int64") if name == "jixiao" else pc.cast(column, "int64")


def main() -> None:
    missing = [name for name in ("numpy", "pyarrow", "yaml") if find_spec(name) is None]
    if missing:
        print(f"columns: skipped, not installed: {', '.join(missing)}")
        return
    engines = [name for name in RIVALS if find_spec(name)]
    for name in RIVALS:
        if name not in engines:
            print(f"{name}: skipped, not installed")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_set(folder)
        for rows in GROWTH:
            write_table(folder / f"{rows}.parquet", rows)
        write_table(folder / f"{ROWS}.hundredths.parquet", ROWS, hundredths=True)
        commands = {"jixiao": ours(ROWS), **{name: theirs(name, ROWS) for name in engines}}
        for command in commands.values():
            measured(command, folder)
        own = totals(folder, "jixiao")
        for name in engines:
            if not own.equals(totals(folder, name)):  # type: ignore[attr-defined]
                raise SystemExit(f"{name} comes to other totals: nothing is timed")
        print(f"{ROWS:,} evaluations of 25 indicators: the same totals from {', '.join(commands)}")
        taken: dict[str, list[Cost]] = {name: [] for name in commands}
        for turn in range(RUNS):
            for name, command in commands.items():
                taken[name].append(measured(command, folder))
            print(f"\rround {turn + 1} of {RUNS}", end="", file=sys.stderr)
        print(file=sys.stderr)
        least = {name: min(costs) for name, costs in taken.items()}
        peak = {name: max(cost.peak for cost in costs) for name, costs in taken.items()}
        print(f"{'whole process, Parquet to Parquet':36} {'CPU s':>7} {'peak MB':>8} {'x jixiao':>9}")
        for name, cost in least.items():
            print(f"{name:36} {cost.seconds:7.2f} {peak[name]:8} {cost.seconds / least['jixiao'].seconds:9.2f}")
        print()
        print(f"{'growth':36} {'CPU s':>7} {'peak MB':>8} {'µs a row':>9}")
        for rows in GROWTH:
            cost = min(measured(ours(rows), folder) for _ in range(2))
            print(f"{rows:36,} {cost.seconds:7.2f} {cost.peak:8} {cost.seconds / rows * 1e6:9.2f}")
        print()
        exact = [least[name].seconds for name in ("duckdb", "polars") if name in least]
        if exact:
            ratio = least["jixiao"].seconds / min(exact)
            print(
                f"{'met    ' if ratio <= 1 else 'NOT MET'} at most 1.0 x the better of duckdb and polars: {ratio:.2f}"
            )
        print(f"{'met    ' if peak['jixiao'] <= 1000 else 'NOT MET'} at most 1 GB: {peak['jixiao']} MB")


if __name__ == "__main__":
    main()
