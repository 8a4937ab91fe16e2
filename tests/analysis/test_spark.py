"""The scorer on Spark, in local mode: the same scores as the command writes, however the table is cut."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scoring.analysis.open import opened
from scoring.analysis.spark import score_frame
from scoring.errors import ScoringError
from tests.analysis.test_parts import GOOD, folder, read, write  # noqa: F401
from tests.conftest import run

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'jixiao[spark]'")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17, which is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # what its workers run
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def test_the_same_scores_however_the_table_is_cut(folder: Path, spark: Any) -> None:  # noqa: F811
    numbers = random.Random(11)
    rows = []
    for n in range(500):
        changed = {
            "ratio.actual": f"{numbers.randint(0, 12000) / 100}",
            "mark.mark": numbers.choice(["7.5", "", "10.5"]),
        }
        rows.append({**GOOD, "id": f"p{n:03}", "level.share(%)": numbers.choice(["90", "40"]), **changed})
    write(folder / "t.csv", rows)
    assert run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv").returncode == 1
    want = {row["id"]: row for row in read(folder / "out.csv")}
    wrong = {row["id"] for row in read(folder / "out.errors.csv")}
    indicator_set, base = opened("toy", None, None, folder / "t.csv")
    frame = spark.createDataFrame([tuple(row.values()) for row in rows], list(GOOD))
    seen = []
    for cut in (frame.coalesce(1), frame.repartition(7), frame.repartition(3, "id")):
        found = [row.asDict() for row in score_frame(cut, indicator_set, base).collect()]
        seen.append(sorted(found, key=lambda row: row["id"]))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 500
    for row in seen[0]:
        if row["id"] in wrong:
            assert (row["total"], row["grade"]) == (None, None)
            assert row["fault"]
            continue
        expected = want[row["id"]]
        got = [str(row["total"]), str(row["maximum"]), row["grade"] or "", str(row["open"])]
        assert got == [expected[key] for key in ("total", "maximum", "grade", "open")]
        assert row["fault"] is None


def test_columns_that_do_not_fit_are_refused_before_anything_runs(folder: Path, spark: Any) -> None:  # noqa: F811
    write(folder / "t.csv", [GOOD])
    indicator_set, base = opened("toy", None, None, folder / "t.csv")
    with pytest.raises(ScoringError) as caught:
        score_frame(spark.createDataFrame([("p1", "5")], ["id", "ratio.actul"]), indicator_set, base)
    assert "“ratio”没有“actul”这一列" in caught.value.diagnostics[0].message.zh
