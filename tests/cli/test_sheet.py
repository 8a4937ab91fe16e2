"""The commands on score books as a user meets them."""

from __future__ import annotations

import shutil
from pathlib import Path

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
    asked = run("sheet", "import", filled, "--case", case)
    assert asked.returncode == 1  # nobody answered
    assert "项目解决的问题与社会效益 评分：8 → 7" in asked.stdout
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
