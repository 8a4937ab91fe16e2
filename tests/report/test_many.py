"""Reports of many cases in one run: in order, each whole or not at all, the same whether one process writes or several."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scoring.report.many import FEW, Task, write_many
from tests.conftest import EXAMPLE, change, run


def cases(folder: Path, count: int) -> list[Path]:
    made = [folder / f"case{number}" for number in range(count)]
    for path in made:
        shutil.copytree(EXAMPLE, path)
    return made


def written(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("count", [2, FEW])
def test_one_faulty_case_stops_no_other(count: int, tmp_path: Path) -> None:
    paths = cases(tmp_path / "in", count)
    change(paths[1] / "department.yaml", "year: 2019", "year: 20x9")
    done = list(write_many(paths, Task(tmp_path / "out", formats=("docx", "md"))))
    assert [each.path for each in done] == paths
    assert [len(each.files) for each in done] == [7, 0, *[7] * (count - 2)]
    assert [fault.path for each in done for fault in each.faults] == ["year"]
    assert not (tmp_path / "out" / "case1").exists()
    alone = list(write_many(paths[:1], Task(tmp_path / "alone", formats=("docx", "md"))))
    assert len(alone[0].files) == 7
    assert written(tmp_path / "alone" / "case0") == written(tmp_path / "out" / "case0")


def test_the_command_says_what_it_wrote_and_what_is_wrong(tmp_path: Path) -> None:
    one, other = cases(tmp_path, 2)
    change(other / "department.yaml", "year: 2019", "year: 20x9")
    done = run("report", one, other, "-o", tmp_path / "out", "--only", "附件2-1")
    assert done.returncode == 1
    assert done.stdout == f"{one}：写出 2 个文件\n"
    assert f"{other / 'department.yaml'}:" in done.stderr
    assert len(written(tmp_path / "out" / "case0")) == 2


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    (one,), (other,) = cases(tmp_path / "a", 1), cases(tmp_path / "b", 1)
    done = run("report", one, other, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "有两个评价叫“case0”" in done.stderr
    assert not (tmp_path / "out").exists()
