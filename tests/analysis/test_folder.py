"""A folder of cases through the program: the numbers and the faults of `jixiao score`, and a faulty file stops no other."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from pyarrow import parquet

from benchmarks.loading import evaluation
from benchmarks.workset import write_set
from scoring.errors import ScoringError
from scoring.load import load_case
from tests.analysis.test_parts import killed, read
from tests.conftest import EXAMPLE, ROOT, change, run

BROKEN = [  # the text put in place of another, the line and what is said
    ("reason: ", "reson: ", "没有“reson”这个键"),
    ("set: workset@1", "set: workset@2", "没有版本 2"),
    ("set: workset@1", "set: no-such-set@1", "找不到指标体系"),
    ("id: project-", "id: 007 #", "以 0 开头"),
    ("year: 20", "year: 2019 # ", "适用于 2020"),
    ("  ratio-1:", "  ratio-9:", "没有编号为“ratio-9”的指标"),
    ("records:", "records: [", "括号没有结束"),
    ("    problem: ", "    note: ", "没有写问题"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve evaluations in two folders, the example as a case, and what is no evaluation."""
    cases = tmp_path / "cases"
    write_set(cases)
    for number in range(12):
        place = cases / ("甲" if number % 2 else "b")
        place.mkdir(exist_ok=True)
        (place / f"p{number:02}.yaml").write_text(evaluation(number), encoding="utf-8")
    shutil.copytree(EXAMPLE, cases / EXAMPLE.name)
    for aside in ("outlines/o.yaml", ".jixiao/j.yaml", "b/page.yaml", f"{EXAMPLE.name}/drafts/d.yaml"):
        (cases / aside).parent.mkdir(exist_ok=True)
        (cases / aside).write_text("no: evaluation\n", encoding="utf-8")
    return cases


def test_every_evaluation_has_the_numbers_score_gives(folder: Path) -> None:
    done = run("batch", folder, "-o", folder / "out.csv", "--explain", folder / "long.parquet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "15 个评价" in done.stdout
    assert f"1 个文件不在 dossier.yaml 的附件里，没有计算：{EXAMPLE.name}/drafts/d.yaml" in done.stdout
    rows = read(folder / "out.csv")
    assert list(rows[0]) == ["id", "name", "unit", "year", "kind", "total", "maximum", "grade", "open", "set", "file"]
    dossier = [f"{EXAMPLE.name}/{name}.yaml" for name in ("department", "model-workers", "workers-in-difficulty")]
    single = [f"{place}/p{n:02}.yaml" for place, first in (("b", 0), ("甲", 1)) for n in range(first, 12, 2)]
    assert [row["file"] for row in rows] == [*single[:6], *dossier, *single[6:]]
    told = parquet.read_table(folder / "long.parquet").to_pylist()
    for row in rows:
        shown = run("score", folder / row["file"], "--sets", folder / "indicator_sets", "--format", "json")
        (one,) = json.loads(shown.stdout)["evaluations"]
        assert (row["total"], row["grade"], row["set"]) == (one["total"], one["grade"], one["set"])
        assert Decimal(row["maximum"]) == Decimal(one["maximum"])
        leaves = [leaf for leaf in told if leaf["file"] == row["file"]]
        assert sum(leaf["points"] for leaf in leaves) == Decimal(row["total"])
        assert {leaf["id"] for leaf in leaves} == {row["id"]}


def test_an_id_that_stands_twice_is_said(folder: Path) -> None:
    shutil.copy(folder / "b/p00.yaml", folder / "b/p00 copy.yaml")
    done = run("batch", folder, "-o", folder / "out.csv")
    assert done.returncode == 0
    assert "注意：1 个编号不止一行：project-0" in done.stdout


def test_faulty_files_are_set_aside_with_the_faults_score_finds(folder: Path) -> None:
    files = sorted(folder.glob("*/p[0-9]*.yaml"))
    for file, (old, new, _) in zip(files, BROKEN, strict=False):
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1 if "problem" not in old else -1), encoding="utf-8")
    change(folder / EXAMPLE.name / "model-workers.yaml", "year: 2019", "year: 2018")
    done = run("batch", folder, "-o", folder / "out.csv")
    assert done.returncode == 1
    assert f"{len(BROKEN) + 1} 个文件有误" in done.stdout
    assert len(read(folder / "out.csv")) == 15 - len(BROKEN) - 1
    wrong = read(folder / "out.errors.csv")
    for file, (_, _, said) in zip(files, BROKEN, strict=False):
        with pytest.raises(ScoringError) as caught:
            load_case(file, [folder / "indicator_sets"])
        mine = [row for row in wrong if folder / row["file"] == file]
        found = [(str(f.line or ""), str(f.column or ""), f.message.zh) for f in caught.value.diagnostics]
        assert [(row["line"], row["column"], row["message"]) for row in mine] == [*dict.fromkeys(found)]
        assert any(said in row["message"] for row in mine)
    (year,) = (row for row in wrong if row["file"].startswith(EXAMPLE.name))
    assert "与 dossier.yaml 的 2019 不同" in year["message"]


def test_a_faulty_set_is_told_with_each_evaluation_that_names_it(folder: Path) -> None:
    change(folder / "indicator_sets" / "workset.yaml", "outline: department-2019", "outlin: department-2019")
    done = run("batch", folder, "-o", folder / "out.csv")
    assert "12 个文件有误" in done.stdout
    wrong = read(folder / "out.errors.csv")
    assert {row["file"] for row in wrong if "所用的体系有误" not in row["message"]} == {"indicator_sets/workset.yaml"}
    assert sum("所用的体系有误" in row["message"] for row in wrong) == 12
    assert len(read(folder / "out.csv")) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 2, "没有文件夹 nowhere"),
        (["t.csv"], 2, "只给出了表，没有写体系"),
        ([".", "--year", "2024"], 2, "--year 只用于表"),
        (["."], 1, "这个文件夹里没有评价"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    (tmp_path / "indicator_sets").mkdir()
    (tmp_path / "indicator_sets" / "x.yaml").write_text("a: 1\n")
    first, *rest = arguments
    given = tmp_path if first == "." else tmp_path / first
    done = run("batch", given, *rest, "-o", tmp_path / "out.csv")
    assert done.returncode == code
    assert said.replace("nowhere", str(tmp_path / "nowhere")) in done.stderr
    assert not (tmp_path / "out.csv").exists()


SMALL = "import scoring.analysis.folder as f; f.EACH = 3; from scoring.cli import main; main()"


def test_a_run_killed_twice_ends_in_the_same_bytes(tmp_path: Path) -> None:
    write_set(tmp_path)
    for number in range(60):
        (tmp_path / f"p{number:02}.yaml").write_text(evaluation(number), encoding="utf-8")
    change(tmp_path / "p30.yaml", "year: 20", "yeer: 20")
    command = [sys.executable, "-c", SMALL, "batch", str(tmp_path), "-o"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JIXIAO_LANG": "zh"}
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    assert subprocess.run([*command, str(whole)], env=env, capture_output=True).returncode == 1
    chance = random.Random(5)
    for _ in range(2):
        killed([*command, str(cut)], env, tmp_path / "cut.csv.parts", chance.randint(1, 3))
        assert not cut.exists()
    done = subprocess.run([*command, str(cut)], env=env, capture_output=True, encoding="utf-8")
    assert "接着上次" in done.stdout
    assert cut.read_bytes() == whole.read_bytes()
    assert (tmp_path / "cut.errors.csv").read_bytes() == (tmp_path / "whole.errors.csv").read_bytes()
    assert [row["id"] for row in read(cut)] == [f"project-{n}" for n in range(60) if n != 30]


def test_sets_that_round_differently_share_a_table(tmp_path: Path) -> None:
    text = write_set(tmp_path).read_text(encoding="utf-8").replace("id: workset", "id: fine", 1)
    (tmp_path / "indicator_sets" / "fine.yaml").write_text(text + "rounding: {places: 4}\n", encoding="utf-8")
    for number in range(8):
        one = evaluation(number).replace("workset@1", "fine@1" if number > 3 else "workset@1")
        (tmp_path / f"p{number}.yaml").write_text(one, encoding="utf-8")
    command = [sys.executable, "-c", SMALL, "batch", str(tmp_path), "-o", str(tmp_path / "out.parquet")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JIXIAO_LANG": "zh"}
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    exact = [load_case(tmp_path / f"p{number}.yaml").entries[0].result.total for number in range(8)]
    assert [row["total"] for row in rows] == exact
    assert {-row["total"].as_tuple().exponent for row in rows} == {4}
    assert any(total != round(total, 2) for total in exact)
