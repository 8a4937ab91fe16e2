"""The program as a user meets it: help, tables, explanations, exit codes, and a case started from nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from wcwidth import wcswidth

from scoring.cli import COMMANDS
from scoring.indicators import IndicatorSet
from scoring.load import load_case, load_set, set_files
from scoring.report.write import documents, words
from scoring.scaffold import evaluation_text, quoted
from scoring.source import parse
from tests.conftest import EXAMPLE, ROOT, change, run


def test_help_names_every_command_and_readme_does_too() -> None:
    listed = run("--help").stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", listed, re.M)
        assert run(command, "--help").returncode == 0
        assert f"jixiao {command}" in readme


def test_score_table_aligns_at_one_display_width() -> None:
    lines = run("score", EXAMPLE / "department.yaml").stdout.splitlines()
    rule = next(i for i, line in enumerate(lines) if line.startswith("---"))
    where = [found.start() for found in re.finditer("-+", lines[rule])]
    for line in lines[rule + 1 : rule + 15]:
        # before the column of weights there are blanks up to the same display column
        weight = re.search(r"\d+ +\d+\.\d\d", line)
        assert weight
        assert wcswidth(line[: weight.start()]) >= where[1]
        assert wcswidth(line[: weight.end()]) == wcswidth(lines[rule][: where[3]].rstrip())


@pytest.mark.parametrize(
    ("indicator", "zh", "en"),
    [
        (
            "aid-paid",
            "理由：完成率 = 10.34 ÷ 10.34 = 100%，得5分（满分5分）",
            "reason: completion = 10.34 ÷ 10.34 = 100%, 5 points of 5",
        ),
        (
            "execution-rigour",
            "理由：扣分 = 2，得 10 − 2 = 8分（满分10分）",
            "reason: deducted = 2, 10 − 2 = 8 points of 10",
        ),
        (
            "performance-management",
            "得 10 × ((2 + 2 + 2 + 2) ÷ (4 × 2)) = 10分",
            "10 × ((2 + 2 + 2 + 2) ÷ (4 × 2)) = 10 points of 10",
        ),
    ],
)
def test_explain_in_both_languages(indicator: str, zh: str, en: str) -> None:
    assert zh in run("explain", EXAMPLE, indicator).stdout
    assert en in run("explain", EXAMPLE, indicator, "--lang", "en").stdout


def test_explain_names_the_nearest_indicator() -> None:
    done = run("explain", EXAMPLE, "aid-payed")
    assert done.returncode == 1
    assert "没有指标“aid-payed”" in done.stderr
    assert "aid-paid" in done.stderr


def test_faults_go_to_stderr_with_exit_1_and_wrong_usage_is_2(example: Path) -> None:
    change(example / "department.yaml", "mark: 8", "mark: 80")
    done = run("score", example)
    assert (done.returncode, done.stdout) == (1, "")
    line = (example / "department.yaml").read_text(encoding="utf-8").splitlines().index("    mark: 80") + 1
    assert done.stderr.splitlines()[0] == (
        f"{example / 'department.yaml'}:{line}:11: records.project-effect.mark: 评分 80 超出 0–10 分的范围"
    )
    english = run("score", example, "--lang", "en")
    assert "the mark 80 is outside 0–10" in english.stderr
    assert run("score").returncode == 2
    assert run("scoer", EXAMPLE).returncode == 2


def test_a_path_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    done = run("score", tmp_path / "nothing.yaml")
    assert done.returncode == 1
    assert "没有这个文件" in done.stderr
    assert "Traceback" not in done.stderr


def test_language_follows_option_then_environment_then_locale() -> None:
    english = "Total 93.00 / 100, lost 7.00, grade Excellent"
    case = EXAMPLE / "department.yaml"
    assert english in run("score", case, "--lang", "en").stdout
    assert english in run("--lang", "en", "score", case).stdout
    assert english in run("score", case, env={"JIXIAO_LANG": "en"}).stdout
    assert english in run("score", case, env={"JIXIAO_LANG": "", "LC_ALL": "en_US.UTF-8"}).stdout
    assert "得分 93.00 / 100" in run("score", case, env={"JIXIAO_LANG": "", "LC_ALL": "C.UTF-8"}).stdout


SHIPPED = {file: load_set(file) for file in set_files()}
SCORABLE = [s for s in SHIPPED.values() if "none" not in (s.weights, s.rules)]


@pytest.mark.parametrize("indicator_set", SCORABLE, ids=lambda indicator_set: indicator_set.id)
def test_a_new_case_of_every_shipped_set_checks_and_waits_for_data(indicator_set: IndicatorSet, tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(evaluation_text(indicator_set, "某区: 总工会 #1", 2019, "case"), encoding="utf-8")
    case = load_case(file, check=words(tmp_path))
    assert documents(case, complete=False) == []
    (entry,) = case.entries
    assert entry.result.grade is None
    assert entry.result.open
    assert entry.result.evaluation.subject.unit == "某区: 总工会 #1"


def test_a_new_case_from_the_command_line(tmp_path: Path) -> None:
    sets = ("--set", "county-department-2019", "--set", "sichuan-project-2017", "--set", "sichuan-project-2017@1")
    made = run("new", tmp_path / "case", *sets, "--body", "某区总工会", "--year", "2019")
    assert made.returncode == 0, made.stderr
    assert run("check", tmp_path / "case").returncode == 0
    assert [entry.label for entry in load_case(tmp_path / "case").entries] == ["附件1", "附件2-1", "附件2-2"]
    refused = run("report", tmp_path / "case", "-o", tmp_path / "out")
    assert refused.returncode == 1
    assert "没有数据，报告不能写出" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_a_set_without_weights_starts_no_case(tmp_path: Path) -> None:
    made = run("new", tmp_path / "case", "--set", "common-project-2013", "--body", "某区", "--year", "2015")
    assert made.returncode == 1
    assert "不能直接评分" in made.stderr
    assert not (tmp_path / "case").exists()


def test_new_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    done = run("new", tmp_path, "--set", "sichuan-project-2017", "--body", "某区总工会", "--year", "2019")
    assert done.returncode == 1
    assert "不会被覆盖" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    "text", ["某区总工会", "true", "12", "a: b", "# x", '"引"号', "\\", "- x", "~", "2019年", "x\ty"]
)
def test_quoted_text_reads_back(text: str) -> None:
    assert parse(f"key: {quoted(text)}\n", Path("x.yaml")).data == {"key": text}


def test_an_unwritable_folder_is_said_plainly(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    done = run("report", EXAMPLE, "-o", blocked / "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "文件不能读写" in done.stderr
