"""Files taken into a case and recorded: copied once, sealed, written back without touching anything else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from scoring.errors import ScoringError
from scoring.exchange import store
from scoring.exchange.evidence import notes
from scoring.exchange.filing import add, seal_all
from scoring.exchange.record import open_sheets
from scoring.load import load_case
from scoring.report.write import documents
from scoring.source import read
from scoring.source.splice import Change
from tests.conftest import change, run

CONTENT = "决算报表\n".encode()
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "决算 报表.pdf"
    file.write_bytes(CONTENT)
    return file


def evidence_of(file: Path, id: str) -> object:
    data = read(file).data
    assert isinstance(data, dict)
    return data["records"][id]["evidence"]


def inside(case: Path) -> dict[str, bytes]:
    """Every file of the case but the journal of its changes."""
    files = (file for file in case.rglob("*") if file.is_file())
    return {f.relative_to(case).as_posix(): f.read_bytes() for f in files if ".jixiao" not in f.parts}


def refused(case: Path, *arguments: str | Path) -> str:
    """What the program says; nothing in the case may have changed."""
    before = inside(case)
    done = run("evidence", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert inside(case) == before
    return done.stderr.splitlines()[0]


def test_a_file_is_copied_recorded_and_sealed(example: Path, paper: Path) -> None:
    before = inside(example)
    options = ("--kind", "voucher", "--place", "第3页", "--title", "部门决算报表", "--by", "张三")
    done = run("evidence", "add", example, "submission-time", paper, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{example / 'department.yaml'}：submission-time 登记了 evidence/决算 报表.pdf\n"
    old, new = evidence_of(example / "department.yaml", "submission-time")  # type: ignore[misc]
    assert old == {"title": "2019年度部门决算", "place": "附件1 第三部分（一）2"}
    assert new == {
        "title": "部门决算报表",
        "kind": "voucher",
        "place": "第3页",
        "file": "evidence/决算 报表.pdf",
        "sha256": SHA,
        "size": len(CONTENT),
    }
    after = inside(example)
    assert {name for name in after if after[name] != before.get(name)} == {"department.yaml", "evidence/决算 报表.pdf"}
    assert after["evidence/决算 报表.pdf"] == CONTENT
    was = before["department.yaml"].decode().splitlines()
    now = after["department.yaml"].decode().splitlines()
    assert sum(one != other for one, other in zip(was, now, strict=True)) == 1
    assert len(documents(load_case(example))) == 3
    assert notes(load_case(example)) == []
    shown = run("explain", example, "submission-time").stdout
    assert "  依据：部门决算报表 第3页 evidence/决算 报表.pdf\n" in shown
    assert "张三" in (example / ".jixiao" / "department.yaml.jsonl").read_text(encoding="utf-8")


def test_an_indicator_without_a_record_gets_one(example: Path, paper: Path) -> None:
    file = example / "model-workers.yaml"
    change(file, "  allocation: {", "  # allocation: {")
    add(example, open_sheets(file), "allocation", paper, {"title": "资金文件"}, "张三")
    assert [each["title"] for each in evidence_of(file, "allocation")] == ["资金文件"]  # type: ignore[attr-defined]
    assert next(leaf for leaf in load_case(file).entries[0].result.open).id == "allocation"


def test_the_same_file_for_another_indicator_is_not_copied_again(example: Path, paper: Path) -> None:
    for id in ("submission-time", "final-accounts"):
        assert run("evidence", "add", example, id, paper).returncode == 0
    inner = example / "evidence" / paper.name
    assert run("evidence", "add", example, "budget-quality", inner).returncode == 0
    assert [file.name for file in (example / "evidence").iterdir()] == [paper.name]
    assert notes(load_case(example)) == []


def test_an_indicator_of_several_evaluations_is_told_by_the_file(example: Path, paper: Path) -> None:
    file = example / "workers-in-difficulty.yaml"
    assert run("evidence", "add", example, "必要性", paper, "--evaluation", file.name).returncode == 0
    assert [each.get("file") for each in evidence_of(file, "necessity")] == [None, "evidence/决算 报表.pdf"]  # type: ignore[attr-defined]


def test_a_file_that_lies_in_the_case_stays_where_it_is(example: Path) -> None:
    (example / "原件").mkdir()
    (example / "原件" / "台账.txt").write_bytes(CONTENT)
    assert add(
        example, open_sheets(example), "submission-time", example / "原件" / "台账.txt", {"title": "台账"}, "x"
    ) == (
        example / "department.yaml",
        "原件/台账.txt",
    )
    assert not (example / "evidence").exists()


def test_what_cannot_be_added_changes_nothing(example: Path, paper: Path, tmp_path: Path) -> None:
    assert "没有可以记录的指标“submission-tim”" in refused(example, "add", example, "submission-tim", paper)
    assert "“necessity”不止一处" in refused(example, "add", example, "necessity", paper)
    assert "没有这个文件" in refused(example, "add", example, "submission-time", tmp_path / "无.pdf")
    assert "这不是一个普通文件" in refused(example, "add", example, "submission-time", tmp_path)
    assert "评价自己的文件不能作佐证" in refused(
        example, "add", example, "submission-time", example / "department.yaml"
    )
    blank = refused(example, "add", example, "submission-time", paper, "--title", " ")
    assert "records.submission-time.evidence[1].title: 这里的文字是空的" in blank
    assert run("evidence", "add", example, "submission-time", paper, "--kind", "x").returncode == 2
    assert run("evidence", "add", example, "submission-time", paper).returncode == 0
    again = refused(example, "add", example, "submission-time", paper)
    assert "records.submission-time.evidence[1]: “evidence/决算 报表.pdf”已为这个指标登记" in again
    paper.write_bytes(CONTENT + b"!")
    assert "“evidence/决算 报表.pdf”已有，内容不同" in refused(example, "add", example, "final-accounts", paper)


def test_a_name_windows_does_not_take_is_written_another_way(example: Path, tmp_path: Path) -> None:
    paper = tmp_path / 'a:b?"c".txt'
    try:
        paper.write_bytes(CONTENT)
    except OSError as error:  # Windows
        pytest.skip(f"no such name here: {error}")
    assert run("evidence", "add", example, "submission-time", paper).returncode == 0
    assert [file.name for file in (example / "evidence").iterdir()] == ["a_b__c_.txt"]


def test_seal_fills_in_what_is_lacking_and_nothing_else(example: Path) -> None:
    file = example / "department.yaml"
    (example / "evidence").mkdir()
    (example / "evidence" / "a.txt").write_bytes(CONTENT)
    change(file, "place: 第二部分第十项}]\n", "place: 第二部分第十项, file: evidence/a.txt}]  # 原件\n")
    change(
        file,
        "place: 附件1 第三部分（二）3}]\n",
        f"place: 附件1 第三部分（二）3, file: evidence/a.txt, sha256: {SHA}}}]\n",
    )
    done = run("evidence", "seal", example)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}：补记 2 处\n", "")
    text = file.read_text(encoding="utf-8")
    assert f"file: evidence/a.txt, sha256: {SHA}, size: {len(CONTENT)}}}]  # 原件\n" in text
    assert f"file: evidence/a.txt, sha256: {SHA}, size: {len(CONTENT)}}}]\n" in text
    assert notes(load_case(example)) == []
    assert run("evidence", "seal", example).stdout == f"{file}：补记 0 处\n"
    assert file.read_text(encoding="utf-8") == text


def test_seal_refuses_a_file_that_changed_or_is_not_there(example: Path) -> None:
    file = example / "department.yaml"
    (example / "evidence").mkdir()
    (example / "evidence" / "a.txt").write_bytes(CONTENT)
    change(file, "place: 第二部分第十项}]\n", "place: 第二部分第十项, file: evidence/a.txt, size: 3}]\n")
    change(file, "place: 附件1 第三部分（二）3}]\n", "place: 附件1 第三部分（二）3, file: evidence/b.txt}]\n")
    before = inside(example)
    done = run("evidence", "seal", example)
    assert done.returncode == 1
    assert "evidence[0].size: 文件“evidence/a.txt”变了：现在 13 字节，登记的是 3 字节" in done.stderr
    assert "没有文件“evidence/b.txt”" in done.stderr
    assert inside(example) == before


def test_a_seal_never_lands_beside_another_file(example: Path) -> None:
    """Another person took an entry out after the case was read, so that the places in the list moved."""
    file = example / "department.yaml"
    (example / "evidence").mkdir()
    for name in ("a.txt", "b.txt"):
        (example / "evidence" / name).write_bytes(name.encode())
    entries = "{title: a, file: evidence/a.txt}, {title: b, file: evidence/b.txt}, {title: a, file: evidence/a.txt}"
    change(file, "[{title: 2019年度部门决算, place: 第二部分第十项}]", f"[{entries}]")
    sheets = open_sheets(example)
    store.apply(file, [Change(("records", "performance-management", "evidence", 0), store.REMOVE)], "李四")
    before = inside(example)
    with pytest.raises(ScoringError):
        seal_all(example, sheets, "张三")
    assert inside(example) == before


def test_nothing_to_seal_is_said(example: Path) -> None:
    assert run("evidence", "seal", example, "--lang", "en").stdout == "no files of evidence are recorded\n"


def test_a_folder_of_evidence_that_leads_out_of_the_case_is_refused(example: Path, paper: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    try:
        (example / "evidence").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    assert "是通到评价文件夹之外的链接" in refused(example, "add", example, "submission-time", paper)
    assert not any(outside.iterdir())
