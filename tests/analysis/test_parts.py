"""A table through the program: what is written, what is said of bad rows, and a run that was killed and taken up again."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from pyarrow import parquet

from tests.conftest import ROOT, run

GRADES = [{"title": title, "at_least": least} for title, least in [("优", 90), ("良", 80), ("差", 0)]]
BANDS = [{"at_least": "90%", "share": "100%"}, {"share": "0%"}]
LEAVES = [
    {"id": "ratio", "rule": {"kind": "ratio", "target": "≥100人"}},
    {"id": "spent", "rule": {"kind": "bands", "unit": "%", "bands": BANDS}},
    {"id": "mark", "rule": {"kind": "judged"}},
    {"id": "level", "rule": {"kind": "levels"}},
    {"id": "check", "rule": {"kind": "checklist", "items": [{"id": "plan", "title": "计划"}]}},
    {"id": "late", "rule": {"kind": "deduct", "causes": [{"id": "day", "title": "逾期", "each": 1}, {"id": "fault", "title": "差错", "each": 2}]}},
    {"id": "own", "rule": {"kind": "formula", "formula": "weight * min(1, paid / budget)"}},
    {"id": "panel", "rule": {"kind": "panel", "raters": 2}},
]  # fmt: skip
WHOLE = {
    "id": "toy", "title": "试验", "version": "1", "subject": "project", "status": "illustrative",
    "weights": "illustrative", "rules": "illustrative", "effective": {"first": 2020, "last": 2029},
    "citations": [{"title": "试验"}], "grades": GRADES, "grades_source": "试验", "outline": "department-2019",
    "maximum": 80, "not_applicable": "whole", "vetoes": [{"id": "fraud", "title": "弄虚作假", "effect": "zero"}],
    "facts": {"paid": {"title": "支出", "unit": "万元"}, "budget": {"title": "预算", "unit": "万元"}},
    "indicators": [{"title": leaf["id"], "weight": 10, **leaf} for leaf in LEAVES],
}  # fmt: skip
GOOD = {
    "id": "p1", "year": "2024", "ratio.actual": "99.9", "spent.actual(%)": "95", "mark.mark": "7.5",
    "level.level": "达成年度指标", "level.share(%)": "90", "check.check.plan": "是", "late.count.day": "1",
    "late.count.fault": "0", "paid(万元)": "9.995", "budget(万元)": "10", "panel.mark.1": "8", "panel.mark.2": "9",
    "ratio.not_applicable": "", "veto.fraud": "",
}  # fmt: skip
TOTAL = Decimal("9.99") + 10 + Decimal("7.5") + 9 + 10 + 9 + 10 + Decimal("8.5")  # 9.995 → 10.00 by the half

BAD = [  # the cells that differ, the column named, and what is said
    ({"ratio.actual": "很多"}, "ratio.actual", "“很多”不是一个数值"),
    ({"ratio.actual": "-1"}, "ratio.actual", "实际值不能是负数"),
    ({"spent.actual(%)": "95元"}, "spent.actual(%)", "不能换算"),
    ({"mark.mark": "10.5"}, "mark.mark", "评分 10.5 超出 0–10 分的范围"),
    ({"mark.mark": "七分"}, "mark.mark", "“七分”不是一个数"),
    ({"level.level": "很好"}, "level.level", "规则里没有等级“很好”"),
    ({"level.share(%)": "50"}, "level.share(%)", "不能评 50%"),
    ({"check.check.plan": "大概"}, "check.check.plan", "“大概”不是 true 或 false"),
    ({"late.count.day": "1.5"}, "late.count.day", "次数“1.5”不是整数"),
    ({"late.count.fault": ""}, "late.count.fault", "同组其他列已填，这一格空着"),
    ({"panel.mark.2": ""}, "panel.mark.2", "同组其他列已填，这一格空着"),
    ({"id": ""}, "id", "没有编号"),
    ({"year": "2031"}, "year", "适用于 2020–2029 年度"),
    ({"year": ""}, "year", "没有年度"),
    ({"paid(万元)": "9.9人"}, "paid(万元)", "不能换算"),
    ({"ratio.not_applicable": "无此项"}, "ratio.actual", "不适用的指标不再填结果"),
    ({"paid(万元)": "11\x07"}, "paid(万元)", "控制字符"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sets = tmp_path / "indicator_sets"
    sets.mkdir()
    (sets / "toy.yaml").write_text(yaml.safe_dump(_plain(WHOLE), allow_unicode=True), encoding="utf-8")
    return tmp_path


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def write(file: Path, rows: list[dict[str, str]], encoding: str = "utf-8-sig") -> None:
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(GOOD))
        writer.writeheader()
        writer.writerows(rows)


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [*csv.DictReader(stream)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_totals_and_grades(folder: Path, encoding: str) -> None:
    write(
        folder / "t.csv",
        [GOOD, {**GOOD, "id": "p2", "mark.mark": ""}, {**GOOD, "id": "p3", "veto.fraud": "虚报"}],
        encoding,
    )
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = read(folder / "out.csv")
    assert (Decimal(first["total"]), first["grade"], first["maximum"]) == (TOTAL, "优", "80.00")
    assert (Decimal(second["total"]), second["grade"], second["open"]) == (TOTAL - Decimal("7.5"), "", "1")
    assert (Decimal(third["total"]), third["grade"]) == (0, "差")


def test_bad_rows_are_set_aside_each_with_what_is_wrong(folder: Path) -> None:
    rows = [GOOD]
    for number, (cells, _, _) in enumerate(BAD, start=1):
        rows += [{**GOOD, "id": f"bad{number}", **cells}, {**GOOD, "id": f"good{number}"}]
    write(folder / "t.csv", rows)
    with (folder / "t.csv").open("a", encoding="utf-8") as stream:
        stream.write("short,2024,1\r\n")
        stream.write(",".join(["last", *[GOOD[key] for key in list(GOOD)[1:]]]) + "\r\n")
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert done.returncode == 1
    assert "18 行有误" in done.stdout
    assert [row["id"] for row in read(folder / "out.csv")] == ["p1", *(f"good{n}" for n in range(1, 18)), "last"]
    assert {row["total"] for row in read(folder / "out.csv")} == {str(TOTAL)}
    wrong = read(folder / "out.errors.csv")
    assert [(row["row"], row["column"]) for row in wrong[:-1]] == [
        (str(2 * n + 1), column) for n, (_, column, _) in enumerate(BAD, start=1)
    ]
    for row, (_, _, said) in zip(wrong, BAD, strict=False):
        assert said in row["message"]
    assert (wrong[-1]["row"], wrong[-1]["message"]) == ("37", "这一行有 3 格，应有 16 格")


def test_rows_keep_their_numbers_past_blank_and_short_lines(folder: Path) -> None:
    lines = ["id,ratio.actual"]
    expected = []
    for number in range(2, 5000):
        kind = number % 7
        lines.append("" if kind == 0 else f"p{number}" if kind == 3 else f"p{number},{'x' if kind == 5 else 7}")
        expected += [str(number)] if kind in (3, 5) else []
    (folder / "t.csv").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        SMALL,
        "batch",
        "toy",
        str(folder / "t.csv"),
        "-o",
        str(folder / "out.csv"),
        "--year",
        "2024",
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JIXIAO_LANG": "zh"}
    assert subprocess.run(command, env=env, capture_output=True).returncode == 1
    assert [row["row"] for row in read(folder / "out.errors.csv")] == expected


def test_the_columns_of_a_set_are_listed(folder: Path) -> None:
    done = run("batch", "toy", "--columns", "--sets", folder / "indicator_sets")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()[2:]}
    assert lines["paid(万元)"] == ["支出", "数值"]
    assert lines["ratio.actual"] == ["ratio", "实际完成值，目标", "≥100人"]
    assert lines["late.count.day"] == ["late", "逾期次数"]
    assert lines["level.level"][1].startswith("评定等级：达成年度指标、")
    assert run("batch", "toy", "--columns", "-o", folder / "out.csv").returncode == 2
    assert run("batch", "toy", folder / "t.csv").returncode == 2


def test_every_fault_of_the_head_is_said_at_once(folder: Path) -> None:
    (folder / "t.csv").write_text("编号,ratio.actul,late.count.day\n1,2,3\n", encoding="utf-8")
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv", "--year", "2024")
    assert done.returncode == 1
    for said in ("“编号”", "是不是 ratio.actual", "没有 id 列", "缺少 late.count.fault 列"):
        assert said in done.stderr
    assert not (folder / "out.csv").exists()


def test_a_column_goes_along_unchanged(folder: Path) -> None:
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*GOOD, "预算额"])
        writer.writeheader()
        writer.writerows([{**GOOD, "预算额": " 010.50"}, {**GOOD, "id": "p2", "预算额": "=1+1"}])
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv", "--keep", "预算额")
    assert done.returncode == 0
    assert [row["预算额"] for row in read(folder / "out.csv")] == ["010.50", "'=1+1"]
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv", "--keep", "预算", "--keep", "total")
    assert done.returncode == 1
    assert "要带上的列“预算”不在表中" in done.stderr
    assert "“total”是结果里的列，不能另带" in done.stderr


def test_nothing_is_written_over_what_is_not_the_result(folder: Path) -> None:
    write(folder / "t.csv", [GOOD])
    (folder / "out.errors.csv").write_text("我的笔记\n", encoding="utf-8")
    (folder / "place.csv").mkdir()
    before = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    for said, arguments in [
        ("t.csv: 这是要读的表，不能覆盖", ("-o", "t.csv")),
        ("t.csv: 这是要读的表，不能覆盖", ("-o", "other.csv", "--explain", "t.csv")),
        ("other.csv: 两样结果写到同一个文件", ("-o", "other.csv", "--explain", "other.csv")),
        ("out.errors.csv: 这个文件不是批量评分写的，不能覆盖", ("-o", "out.csv")),
        ("place.csv: 这是一个文件夹", ("-o", "place.csv")),
        ("out.txt: 不能写成 .txt", ("-o", "out.txt")),
    ]:
        names = [folder / each if each.endswith(("csv", "txt")) else each for each in arguments]
        done = run("batch", "toy", folder / "t.csv", *names)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert {file: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


def test_two_runs_do_not_write_one_file(folder: Path) -> None:
    write(folder / "t.csv", [GOOD])
    with FileLock(folder / "out.csv.lock"):
        done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert done.returncode == 1
    assert "另一次运行正在写这个文件" in done.stderr


def test_an_id_that_stands_twice_is_said(folder: Path) -> None:
    write(folder / "t.csv", [GOOD, {**GOOD, "id": "p2"}, GOOD, {**GOOD, "id": "p2", "mark.mark": "x"}])
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert "注意：2 个编号不止一行：p1、p2" in done.stdout
    assert len(read(folder / "out.csv")) == 3


def test_heads_in_chinese_are_told_their_names(folder: Path) -> None:
    (folder / "t.csv").write_text("编号,年度,支出,ID\n1,2024,3,4\n", encoding="utf-8")
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert done.returncode == 1
    for said in ("“编号”", "写 id", "写 year", "写 paid", "表中没有 id 列"):
        assert said in done.stderr


def test_a_deduction_needs_its_reason_where_the_table_has_a_column_for_it(folder: Path) -> None:
    head = "id,year,late.count.day,late.count.fault,late.reason\n"
    (folder / "t.csv").write_text(head + "p1,2024,1,0,逾期一天\np2,2024,1,0,\np3,2024,0,0,\n", encoding="utf-8")
    assert run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv").returncode == 1
    assert [(row["id"], row["total"]) for row in read(folder / "out.csv")] == [("p1", "9.00"), ("p3", "10.00")]
    (wrong,) = read(folder / "out.errors.csv")
    assert (wrong["row"], wrong["column"], wrong["message"]) == ("3", "late.reason", "扣分没有写理由")
    assert wrong["hint"] == "在 late.reason 列写理由"


def test_years_and_figures_go_along_as_what_they_are(folder: Path) -> None:
    (folder / "t.csv").write_text("id,year,change\np1,2024.0,-5\np2,２０２４,-5+1\np3,19,+1\n", encoding="utf-8")
    assert run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv", "--keep", "change").returncode == 1
    told = [(row["id"], row["year"], row["change"]) for row in read(folder / "out.csv")]
    assert told == [("p1", "2024", "-5"), ("p2", "2024", "'-5+1")]
    assert [(row["id"], row["message"]) for row in read(folder / "out.errors.csv")] == [("p3", "“19”不是年度")]


def test_a_head_alone_is_a_table_without_rows(folder: Path) -> None:
    (folder / "t.csv").write_text("id,year,ratio.actual", encoding="utf-8")
    assert run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv").returncode == 0
    assert read(folder / "out.csv") == []


def test_merged_cells_of_a_workbook_are_refused(folder: Path) -> None:
    book = pytest.importorskip("xlsxwriter").Workbook(folder / "t.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "year", "region"])
    sheet.write_column(1, 0, ["p1", "p2"])
    sheet.merge_range(1, 2, 2, 2, "东")
    book.close()
    done = run("batch", "toy", folder / "t.xlsx", "-o", folder / "out.csv", "--year", "2024")
    assert done.returncode == 1
    assert "t.xlsx:2:3: 表里有合并的单元格" in done.stderr
    assert not (folder / "out.csv").exists()


def test_percent_cells_of_a_workbook_are_warned_of(folder: Path) -> None:
    book = pytest.importorskip("xlsxwriter").Workbook(folder / "t.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "year", "spent.actual(%)", "ratio.actual", "paid(万元)"])
    sheet.write_row(1, 0, ["p1", 2024, 0.95, 0.5, 0.00001])
    book.close()
    done = run("batch", "toy", folder / "t.xlsx", "-o", folder / "out.csv")
    assert done.returncode == 0
    assert "注意：spent.actual(%) 以 % 计而没有大于 1 的数" in done.stderr
    assert [row["total"] for row in read(folder / "out.csv")] == ["0.05"]


def test_every_indicator_says_why(folder: Path) -> None:
    write(folder / "t.csv", [GOOD, {**GOOD, "id": "p2", "mark.mark": ""}])
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.parquet", "--explain", folder / "long.csv")
    assert done.returncode == 0
    assert [row["total"] for row in parquet.read_table(folder / "out.parquet").to_pylist()] == [
        TOTAL,
        TOTAL - Decimal("7.5"),
    ]
    rows = read(folder / "long.csv")
    assert len(rows) == 16
    assert sum(Decimal(row["points"]) for row in rows[:8]) == TOTAL
    assert "99.9 ÷ 100" in rows[0]["reason"]
    assert rows[10]["state"] == "缺数据"


HERE = Path(__file__).parent
SMALL = "import scoring.analysis.table as t; t.ROWS = 300; t.BYTES = 40_000; from scoring.cli import main; main()"


def killed(command: list[str], env: dict[str, str], parts: Path, more: int) -> None:
    """The command killed once it has made so many parts more."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wanted = len(list(parts.glob("0*"))) + more
    while process.poll() is None and len(list(parts.glob("0*"))) < wanted:
        time.sleep(0.001)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_run_killed_three_times_ends_in_the_same_bytes(folder: Path, kind: str) -> None:
    numbers = random.Random(7)
    rows = [{**GOOD, "id": f"p{n}", "ratio.actual": f"{numbers.randint(0, 12000) / 100}"} for n in range(9000)]
    rows[4000]["mark.mark"] = "11"
    write(folder / "t.csv", rows)
    command = [sys.executable, "-c", SMALL, "batch", "toy", str(folder / "t.csv"), "-o"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JIXIAO_LANG": "zh"}
    whole, cut = folder / f"whole.{kind}", folder / f"cut.{kind}"
    assert subprocess.run([*command, str(whole)], env=env, capture_output=True).returncode == 1
    for _ in range(3):
        killed([*command, str(cut)], env, folder / f"cut.{kind}.parts", numbers.randint(1, 5))
        assert not cut.exists()
    done = subprocess.run([*command, str(cut)], env=env, capture_output=True, encoding="utf-8")
    assert "接着上次" in done.stdout
    assert cut.read_bytes() == whole.read_bytes()
    assert (folder / "cut.errors.csv").read_bytes() == (folder / "whole.errors.csv").read_bytes()
    assert not (folder / f"cut.{kind}.parts").exists()


def test_a_made_up_table_of_faults_says_of_each_what_to_write_instead(tmp_path: Path) -> None:
    done = run("batch", "county-department-2019", HERE / "made_up.csv", "-o", tmp_path / "out.csv")
    assert done.returncode == 1
    assert [(row["id"], row["total"]) for row in read(tmp_path / "out.csv")] == [
        ("甲局", "93.00"),
        ("乙局", "93.50"),
        ("丙局", "88.75"),
    ]
    assert (tmp_path / "out.errors.csv").read_text(encoding="utf-8-sig") == (HERE / "made_up.errors.csv").read_text(
        encoding="utf-8-sig"
    )
