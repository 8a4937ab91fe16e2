"""One attachment of many, and the names of files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.load import load_case
from scoring.report.write import safe_name, write
from tests.conftest import change, run


def names(folder: Path) -> list[str]:
    return sorted(file.name.partition(" ")[0] + file.suffix for file in folder.iterdir())


def test_only_the_attachments_asked_for_are_written(example: Path, tmp_path: Path) -> None:
    done = run("report", example, "--only", "附件2-1", "-o", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "one") == ["附件2-1.docx", "附件2-1.md"]
    assert "附件2-2" not in done.stdout
    run("report", example, "--only", "附件1", "--only", "附件2-2", "--format", "md", "-o", tmp_path / "two")
    assert names(tmp_path / "two") == ["附件1.md", "附件2-2.md"]


def test_one_that_is_ready_need_not_wait_for_the_others(example: Path, tmp_path: Path) -> None:
    change(example / "department.yaml", "subject: {name: 广元市利州区总工会", "subject: {name: （填写名称）")
    assert run("report", example, "-o", tmp_path / "all").returncode == 1
    assert not (tmp_path / "all").exists()
    assert run("report", example, "--only", "附件2-2", "-o", tmp_path / "one").returncode == 0


def test_unknown_labels_are_told_with_the_nearest_all_at_once(example: Path, tmp_path: Path) -> None:
    done = run("report", example, "--only", "附件2-3", "--only", "2-1", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "没有附件“附件2-3”\n  提示：是不是 附件2-" in done.stderr
    assert "没有附件“2-1”\n  提示：是不是 附件2-1？" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_single_evaluation_has_no_labels(example: Path, tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match="这是单独一个评价文件，不用写 --only"):
        write(load_case(example / "department.yaml"), tmp_path, only=["附件1"])


def test_the_annex_of_a_tailored_set_has_a_label_of_its_own(example: Path, tmp_path: Path) -> None:
    (example / "indicator_sets").mkdir()
    (example / "indicator_sets" / "ours.yaml").write_text(
        'extends: sichuan-project-2017@1\nid: ours\nversion: "1"\ntitle: 本单位项目体系\napprover: 局长办公会\nreason: 按本单位情况命名\n'
        "note: 与上级一致\nchanges: []\n",
        encoding="utf-8",
    )
    for file in ("model-workers.yaml", "workers-in-difficulty.yaml"):
        change(example / file, "set: sichuan-project-2017@1", "set: ours@1")
    case = load_case(example)
    written = write(case, tmp_path, formats=("md",), only=["附件2-1附表"])
    assert [file.name for file in written] == ["附件2-1附表 与上级框架的差异.md"]
    with pytest.raises(ScoringError, match="没有附件“附件2-2附表”"):
        write(case, tmp_path, only=["附件2-2附表"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("附件1 报告", "附件1 报告"),
        ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"),
        ("CON", "_CON"),
        ("con.报告", "_con.报告"),
        ("Lpt1 .x", "_Lpt1 .x"),
        ("COM¹", "_COM¹"),
        ("console", "console"),
        ("名称. .", "名称"),
        ("..", "_"),
        ("长" * 300, "长" * 66),
        ("a" * 199 + "长.", "a" * 199),
    ],
)
def test_a_file_name_is_one_everywhere(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_makes_a_file_name_that_fits(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(f"{name}（合订本）.docx".encode()) <= 255
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert name == name.strip(" .")
    assert safe_name(name) == name
