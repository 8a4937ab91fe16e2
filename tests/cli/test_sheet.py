"""The commands on score books as a user meets them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scoring.exchange.plan import plan
from scoring.load import load_case
from tests.conftest import EXAMPLE, run
from tests.exchange.edited import edited

SHEET = "附件1 广元市利州区总工会"


def test_out_and_in(tmp_path: Path) -> None:
    case, blank = tmp_path / "case", tmp_path / "book.xlsx"
    shutil.copytree(EXAMPLE, case)
    told = run("sheet", "export", case, "-o", blank)
    assert told.stdout == f"写出 {blank}：3 张评分表\n"
    assert run("sheet", "import", blank, "--case", case).stdout == "没有改动。\n"
    one = plan(load_case(case).entries[0], SHEET)
    cell = (one.lines["project-effect"].row, one.column("judge"))
    filled = edited(blank, tmp_path / "filled.xlsx", SHEET, {cell: 7})
    asked = run("sheet", "import", filled, "--case", case, typed="")
    assert asked.returncode == 1  # nobody answered
    assert "项目解决的问题与社会效益 评分：8 → 7" in asked.stdout
    assert asked.stdout.endswith("写入这 1 处改动？（y/n）\n没有写入。\n")
    assert asked.stderr == ""
    assert "mark: 7" not in (case / "department.yaml").read_text(encoding="utf-8")
    done = run("sheet", "import", filled, "--case", case, "--yes", "--lang", "en")
    assert done.stdout.endswith("wrote 1 changes.\n")
    assert "mark: 7" in (case / "department.yaml").read_text(encoding="utf-8")
    assert (
        "评分簿" in run("log", case / "department.yaml").stdout
        or "score book" in run("log", case / "department.yaml").stdout
    )


def test_what_is_wrong_is_told_with_the_cell(tmp_path: Path) -> None:
    case, blank = tmp_path / "case", tmp_path / "book.xlsx"
    shutil.copytree(EXAMPLE, case)
    run("sheet", "export", case, "-o", blank)
    one = plan(load_case(case).entries[0], SHEET)
    cell = (one.lines["project-effect"].row, one.column("judge"))
    filled = edited(blank, tmp_path / "filled.xlsx", SHEET, {cell: "七分"})
    told = run("sheet", "import", filled, "--case", case, "--yes")
    assert told.returncode == 1
    assert told.stderr.startswith(f"{filled}!{SHEET}!J")
    assert "“七分”不是数字" in told.stderr


@pytest.mark.parametrize(
    ("typed", "lang", "written", "said"),
    [
        ("是\n", "zh", True, "已写入 1 处改动。"),
        ("也许\ny\n", "zh", True, "请答 y（是）或 n（否）"),
        ("Yes\n", "en", True, "write these 1 changes? (y/n)"),
        ("否\n", "zh", False, "没有写入。"),
        ("\n", "en", False, "nothing was written."),
    ],
)
def test_the_question_before_anything_is_written(
    typed: str, lang: str, written: bool, said: str, example: Path, tmp_path: Path
) -> None:
    run("sheet", "export", example, "-o", tmp_path / "book.xlsx")
    one = plan(load_case(example).entries[0], SHEET)
    cell = (one.lines["project-effect"].row, one.column("judge"))
    filled = edited(tmp_path / "book.xlsx", tmp_path / "filled.xlsx", SHEET, {cell: 7})
    told = run("sheet", "import", filled, "--case", example, "--lang", lang, typed=typed)
    assert said in told.stdout
    assert told.stderr == ""
    assert told.returncode == (0 if written else 1)
    assert ("mark: 7" in (example / "department.yaml").read_text(encoding="utf-8")) is written


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("filled.xlsx", ("文件已存在", "换一个文件名（-o），或先把它移走")),
        ("department.yaml", ("评分簿只写成 .xlsx", "文件名写 department.xlsx")),
        ("book.xls", ("评分簿只写成 .xlsx", "文件名写 book.xlsx")),
    ],
)
def test_export_overwrites_nothing(name: str, words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(b"filled in")
    told = run("sheet", "export", EXAMPLE, "-o", file)
    assert told.returncode == 1
    assert all(each in told.stderr for each in words)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(name, b"filled in")]
