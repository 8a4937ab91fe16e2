"""The benchmarks run, on sizes that say nothing of speed: every engine comes to our totals, and what differs is noticed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks import columns
from benchmarks.measure import QUICK, Goal, Scale, a_row, at_least, at_most, installed, report
from benchmarks.measure import Cost as C
from tests.conftest import ROOT

TINY = Scale(rows=300, slow=200, growth=(50, 100, 200), cases=5, reports=3, runs=1)
RIVALS = [name for name in columns.RIVALS if find_spec(name)]


def run(subject: str) -> str:
    """What a subject prints, in a process of its own: this one is too large to measure others."""
    program = f"from benchmarks import measure, {subject}; measure.report({subject}.run(measure.{TINY!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_columns() -> None:
    said = run("columns")
    for name in columns.RIVALS:
        assert (f"skipped: columns beside {name}" in said) == (name not in RIVALS)
    if RIVALS:
        assert f"met           exact on every row — 300 totals the same as those of {', '.join(RIVALS)}" in said
    assert said.count("\nplain Decimal loop") == 1
    assert ("LibreOffice recalculating a workbook  " in said) != ("skipped: LibreOffice" in said)
    assert [line.split()[0] for line in said.splitlines() if line[:4].strip().isdigit()][-3:] == ["50", "100", "200"]


def test_columns_with_no_rival_installed() -> None:
    program = f"""
from benchmarks import columns, measure
columns.RIVALS = ("no_such_engine",)
columns._growth = lambda *_: []
measure.report(columns.run(measure.{TINY!r}))"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stderr
    for line in (
        "skipped: columns beside no_such_engine (not installed: no_such_engine)",
        "not measured  exact on every row — nothing to compare with is installed",
        "not measured  wide table, x the better of duckdb and polars exact: at most 1 — neither is installed",
    ):
        assert f"{line}\n" in done.stdout


@pytest.mark.parametrize(
    ("subject", "lines"),
    [
        (
            "start",
            ["python -c pass", "jixiao --help", "jixiao score (one evaluation)", "one evaluation and its set read"],
        ),
        ("loading", ["raw bytes", "PyYAML CSafeLoader", "PyYAML CSafeLoader + pydantic", "jixiao: read and checked"]),
        ("reports", ["jixiao docx: composed and written", "docxtpl, the same template", "python-docx, a table"]),
    ],
)
def test_other_subjects(subject: str, lines: list[str]) -> None:
    said = run(subject)
    for line in lines:
        assert f"\n{line}" in said


def test_the_command_knows_its_subjects() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "x"], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 2
    for subject in ("start", "columns", "loading", "reports"):
        assert subject in done.stderr


def test_other_totals_are_noticed(tmp_path: Path) -> None:
    for name, units in (("one", [4_00, 5_00]), ("other", [4_00, 5_01])):
        parquet.write_table(pa.table({"id": [1, 2], "total": units}), tmp_path / f"{name}.parquet")
    swapped = pa.table({"id": [2, 1], "total": pa.array(["5.00", "4.00"]).cast(pa.decimal128(9, 2))})
    parquet.write_table(swapped, tmp_path / "swapped.parquet")
    files = [str(tmp_path / f"{name}.parquet") for name in ("one", "swapped", "other")]
    columns._same(*files[:2])
    with pytest.raises(SystemExit, match=r"other\.parquet and .*one\.parquet hold other totals: nothing is timed"):
        columns._same(*files)


def test_goals_and_what_is_missing_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert not installed("no_such_module", what="something")
    report([at_most("a", 1.0, 1), at_least("b", 1.0, 2, " s"), Goal("c", "why", None)])
    assert capsys.readouterr().out.splitlines() == [
        "skipped: something (not installed: no_such_module)",
        "",
        "Goals",
        "met           a: at most 1 — 1.00",
        "NOT MET       b: at least 2 s — 1.00 s",
        "not measured  c — why",
    ]


def test_what_starting_costs_is_taken_off() -> None:
    assert a_row({10: C(1.0, 0), 110: C(2.0, 0)}) == pytest.approx(10_000)
    assert QUICK.rows < Scale().rows
