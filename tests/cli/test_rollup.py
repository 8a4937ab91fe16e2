"""jixiao rollup as a user runs it: every output read back. All evaluations here are made up by `table`."""

from __future__ import annotations

import csv
import json
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
import yaml
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from tests.analysis.test_parts import GOOD, WHOLE, write
from tests.conftest import run

HEAD = ["id", "name", "unit", "year", "region", "department", "kind", "budget", "total", "maximum", "grade", "open"]
BY = ("--by", "region", "--by", "kind,year", "--weight", "budget")


def table(file: Path, rows: int = 300) -> Path:
    """Made-up evaluations of regions that differ, some open, some with indicators that do not apply."""
    chance = random.Random(6)
    regions = {"甲市": 3, "乙市": 0, "丙县": -4, "=1+1": 2, "己区": -7}
    kinds = {"项目支出": 0, "部门整体支出": 2}
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        for number in range(rows):
            region, kind = chance.choice([*regions]), chance.choice([*kinds])
            maximum = chance.choice([10000, 10000, 10000, 9500])
            mean = 0.86 + (regions[region] + kinds[kind]) / 100
            total = min(maximum, max(3000, int(chance.gauss(mean, 0.075) * maximum)))
            share = Decimal(total) / maximum
            grade = "优" if share >= Decimal("0.9") else "良" if share >= Decimal("0.8") else "中"
            waits = chance.random() < 0.04
            about = (
                f"P{number:03}",
                f"虚构项目{number:03}",
                "虚构单位",
                chance.choice([2023, 2024]),
                region,
                "虚构局",
                kind,
            )
            scores = (f"{Decimal(total) / 100}", f"{maximum // 100}.00", "" if waits else grade, int(waits))
            writer.writerow([*about, f"{chance.lognormvariate(5, 1.3):.2f}", *scores])
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table and all that is made of it."""
    folder = tmp_path_factory.mktemp("rollup")
    outputs = [part for kind in ("csv", "xlsx", "html") for part in ("-o", folder / f"out.{kind}")]
    done = run("rollup", table(folder / "s.csv"), *BY, *outputs, "--ranks", folder / "ranks.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("共 ")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["写出"] * 4
    assert sorted(file.name for file in folder.iterdir()) == ["out.csv", "out.html", "out.xlsx", "ranks.csv", "s.csv"]
    return folder


@pytest.fixture(scope="module")
def told(made: Path) -> Any:
    """What it comes to, as JSON; its numbers are held against plain fractions in tests/analysis."""
    return json.loads(run("rollup", made / "s.csv", *BY, "--format", "json").stdout)


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [*csv.DictReader(stream)]


def test_json_has_every_group_and_numbers_as_text(told: Any) -> None:
    assert (told["schema"], told["weight"], told["grades"]) == ("jixiao-rollup/1", "budget", ["优", "良", "中"])
    assert [(grouping["by"], len(grouping["groups"])) for grouping in told["groupings"]] == [
        (["region"], 5), (["kind", "year"], 4),
    ]  # fmt: skip
    whole = told["overall"]
    assert whole["evaluations"] == 300
    assert 0 < whole["scored"] < 300
    assert sum(each["count"] for each in told["histogram"]) == whole["scored"]
    for groups in ([whole], *(grouping["groups"] for grouping in told["groupings"])):
        assert sum(Decimal(group["weight"]) for group in groups) == Decimal(whole["weight"])
        assert sum(group["scored"] for group in groups) == whole["scored"]
        for group in groups:
            assert sum(Decimal(grade["percent"]) for grade in group["grades"].values()) == 100
            assert re.fullmatch(r"\d+\.\d\d", group["mean"])


def test_the_terminal_shows_both_tables_of_a_grouping(made: Path, told: Any) -> None:
    done = run("rollup", made / "s.csv", *BY)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"共 300 个评价，计分 {told['overall']['scored']} 个；" in done.stdout
    assert "百分位（P10 至 P90，中位数即 P50）取最近秩" in done.stdout
    for grouping in told["groupings"]:
        for group in grouping["groups"]:
            (scores, grades) = [
                line for line in done.stdout.splitlines() if re.match(rf"{group['rank']} +{' +'.join(map(re.escape, group['group'].values()))} ", line)
            ]  # fmt: skip
            assert f" {group['mean']} " in scores
            assert all(f" {each['percent']}" in grades for each in group["grades"].values())
    english = run("rollup", made / "s.csv", "--lang", "en").stdout
    assert "300 evaluations, " in english
    assert not re.search("[\u4e00-\u9fff]", english.replace("优", "").replace("良", "").replace("中", ""))


def test_csv_is_the_same_numbers_and_runs_nothing(made: Path, told: Any) -> None:
    whole, *rows = read(made / "out.csv")
    groups = [(grouping["by"], group) for grouping in told["groupings"] for group in grouping["groups"]]
    assert (whole["by"], whole["evaluations"], whole["mean"]) == ("", "300", told["overall"]["mean"])
    assert len(rows) == len(groups)
    for row, (by, group) in zip(rows, groups, strict=True):
        assert row["by"] == ",".join(by)
        cells = group["group"] | ({"region": "'=1+1"} if group["group"].get("region") == "=1+1" else {})
        assert {name: row[name] for name in by} == cells
        assert (row["rank"], row["mean"], row["median"]) == (
            str(group["rank"]),
            group["mean"],
            group["percentiles"]["50"],
        )
        assert Decimal(row["sum.budget"]) == Decimal(group["weight"])
        assert row["percent.优"] == group["grades"]["优"]["percent"]


def test_the_workbook_holds_numbers_and_no_formula(made: Path, told: Any) -> None:
    book = CalamineWorkbook.from_path(str(made / "out.xlsx"))
    assert book.sheet_names == ["总表", "说明", "按地区", "按类别、年度", "名次"]
    head, *rows = book.get_sheet_by_name("按地区").to_python()
    for row, group in zip(rows, told["groupings"][0]["groups"], strict=True):
        cells = dict(zip(head, row, strict=True))
        assert (cells["名次"], cells["地区"], cells["加权平均分"]) == (
            group["rank"],
            group["group"]["region"],
            float(group["mean"]),
        )
    head, *rows = book.get_sheet_by_name("名次").to_python()
    assert head[:4] == ["名次", "得分", "编号", "名称"]
    assert head[-2:] == ["地区内名次", "类别、年度内名次"]
    ranks = [row[0] for row in rows if row[0] != ""]
    assert len(rows) == 300
    assert ranks == sorted(ranks)
    assert len(ranks) == told["overall"]["scored"]
    with ZipFile(made / "out.xlsx") as parts:
        sheets = "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name)
    assert "<f>" not in sheets
    assert f"<v>{told['overall']['mean']}</v>" in sheets  # the digits themselves, no neighbour in binary


def test_a_number_too_long_for_a_cell_is_text_there(tmp_path: Path) -> None:
    lines = ["甲,乙,90,100,优,0,1234567890123456.78", "丙,丁,80,100,良,0,1"]
    (tmp_path / "s.csv").write_text("\n".join(["id,region,total,maximum,grade,open,budget", *lines]), encoding="utf-8")
    assert run("rollup", tmp_path / "s.csv", "--weight", "budget", "-o", tmp_path / "out.xlsx").returncode == 0
    book = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx"))
    assert dict(map(tuple, book.get_sheet_by_name("总表").to_python()))["budget 合计"] == "1234567890123457.78"
    head, first, second = book.get_sheet_by_name("名次").to_python()
    assert [dict(zip(head, row, strict=True))["budget"] for row in (first, second)] == ["1234567890123456.78", 1]


def test_the_page_needs_nothing_and_draws_every_group(made: Path, told: Any) -> None:
    page = (made / "out.html").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:https?|file)://[^\"' ]*", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(?:img|link|iframe)|@import|url\(", page)
    drawings = [ElementTree.fromstring(svg) for svg in re.findall("<svg.*?</svg>", page, re.S)]
    words = [svg.attrib["aria-label"] for svg in drawings]
    assert [each.partition("：")[0] for each in words] == ["得分分布（个数）", *["得分与名次", "等级分布"] * 2]
    for index, grouping in enumerate(told["groupings"]):
        for group in grouping["groups"]:
            name = " · ".join(group["group"].values())
            assert f"{name} 加权平均分 {group['mean']} 中位数 {group['percentiles']['50']}" in words[2 * index + 1]
            counts = " ".join(f"{grade} {each['count']}" for grade, each in group["grades"].items())
            assert f"{name} {counts}" in words[2 * index + 2]
    assert "前 20 个评价" in page


def test_ranks_are_written_in_the_order_of_the_table(made: Path, tmp_path: Path) -> None:
    rows = read(made / "ranks.csv")
    assert [row["id"] for row in rows] == [f"P{number:03}" for number in range(300)]
    assert [*rows[0]][-4:] == ["score", "rank", "rank.region", "rank.kind.year"]
    assert {row["region"] for row in rows if "1" in row["region"]} == {"'=1+1"}
    done = run("rollup", made / "s.csv", "--by", "region", "--ranks", tmp_path / "deep" / "ranks.parquet")
    assert done.returncode == 0
    other = parquet.read_table(tmp_path / "deep" / "ranks.parquet").to_pylist()
    assert [str(row["rank"] or "") for row in other] == [row["rank"] for row in rows]
    assert [row["open"] for row in other if row["rank"] is None] == ["1"] * sum(row["open"] == "1" for row in rows)


def test_the_same_scores_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    for kind in ("csv", "xlsx", "html"):
        run("rollup", made / "s.csv", *BY, "-o", tmp_path / f"out.{kind}")
        assert (tmp_path / f"out.{kind}").read_bytes() == (made / f"out.{kind}").read_bytes()


def test_what_batch_writes_rolls_up(tmp_path: Path) -> None:
    (tmp_path / "indicator_sets").mkdir()
    (tmp_path / "indicator_sets" / "toy.yaml").write_text(
        yaml.safe_dump(json.loads(json.dumps(WHOLE)), allow_unicode=True), encoding="utf-8"
    )
    write(tmp_path / "t.csv", [GOOD, {**GOOD, "id": "p2", "mark.mark": "6"}, {**GOOD, "id": "p3", "mark.mark": ""}])
    for kind in ("csv", "parquet"):
        run("batch", "toy", tmp_path / "t.csv", "-o", tmp_path / f"s.{kind}")
        done = run("rollup", tmp_path / f"s.{kind}", "--by", "year", "--format", "json")
        assert (done.returncode, done.stderr) == (0, "")
        (group,) = json.loads(done.stdout)["groupings"][0]["groups"]
        # 73.99 and 72.49 of 80
        assert (group["group"], group["evaluations"], group["scored"], group["mean"]) == (
            {"year": "2024"},
            3,
            2,
            "91.55",
        )


FAULTY = [
    (["--by", "regoin", "--by", "kind,预算"], ["regoin: 表中没有这一列", "是不是 region？", "预算: 表中没有这一列", "共 2 处"]),
    (["--weight", "name"], ["s.csv:2: name: “虚构项目000”不是这里能用的数", "不带单位", "还有"]),
    (["-o", "a.docx", "--ranks", "b.xlsx"], ["a.docx: 不能写成 .docx", "b.xlsx: 不能写成 .xlsx", "用 .csv .parquet", "共 2 处"]),
    (["-o", "s.csv"], ["这是要读的表，不能覆盖"]),
    (["-o", "a.csv", "--ranks", "a.csv"], ["两样结果写到同一个文件"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), FAULTY)
def test_faults_are_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: list[str]
) -> None:
    before = table(tmp_path / "s.csv", rows=40).read_bytes()
    monkeypatch.chdir(tmp_path)
    done = run("rollup", "s.csv", "-o", "out.html", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    for words in said:
        assert words in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["s.csv"]
    assert (tmp_path / "s.csv").read_bytes() == before
