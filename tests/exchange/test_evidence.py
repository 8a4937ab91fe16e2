"""Files of evidence: what `jixiao check` says when one is gone, changed, led outside, unused or there twice; the index."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scoring.errors import Diagnostic, ScoringError
from scoring.evaluation import Evidence
from scoring.exchange.evidence import notes, seal
from scoring.load import load_case
from scoring.report.document import Table
from scoring.report.write import documents
from tests.conftest import ROOT, change, run

BASE = ROOT / "tests" / "broken" / "base"
OLD = "income: {mark: 5, reason: 有增收台账}"
CONTENT = "增收台账\n".encode()
SHA = hashlib.sha256(CONTENT).hexdigest()
REPLACED = "核对材料；确实换成新材料的，删去 sha256 和 size，再运行 jixiao evidence seal"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """The small sound case with one file of evidence, recorded nowhere yet."""
    folder = shutil.copytree(BASE, tmp_path / "case")
    (folder / "evidence").mkdir()
    (folder / "evidence" / "台账.txt").write_bytes(CONTENT)
    return folder


def record(case: Path, *entries: str, id: str = "income", answer: str = "mark: 5, reason: 有增收台账") -> None:
    lines = "".join(f"    - {entry}\n" for entry in entries)
    text = (case / "evaluation.yaml").read_text(encoding="utf-8")
    old = f"  {id}: {{{answer}}}\n"
    assert text.count(old) == 1
    new = f"  {id}:\n    {answer.replace(', ', chr(10) + '    ')}\n    evidence:\n{lines}"
    (case / "evaluation.yaml").write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def line_of(case: Path, words: str) -> int:
    lines = (case / "evaluation.yaml").read_text(encoding="utf-8").splitlines()
    (found,) = (number for number, line in enumerate(lines, start=1) if words in line)
    return found


def faults(case: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(ScoringError) as caught:
        documents(load_case(case))
    return caught.value.diagnostics


def noted(case: Path) -> list[tuple[str, int, str]]:
    """Every note as file, line and message."""
    found = notes(load_case(case))
    return [(d.file.relative_to(case).as_posix() if d.file else "", d.line, d.message.zh) for d in found]


def index_of(case: Path) -> list[Table]:
    (document,) = documents(load_case(case))
    return [block for block in document.blocks if isinstance(block, Table) and block.caption == "佐证材料目录"]


# faults


def test_a_file_as_recorded_is_no_fault_and_nothing_is_noted(case: Path) -> None:
    record(case, f"{{title: 台账, file: evidence/台账.txt, sha256: {SHA}, size: {len(CONTENT)}}}")
    assert seal(case / "evidence" / "台账.txt").sha256 == SHA
    assert len(documents(load_case(case))) == 1
    assert noted(case) == []


def test_a_hash_in_capitals_is_the_same_hash(case: Path) -> None:
    record(case, f"{{title: 台账, file: evidence/台账.txt, sha256: {SHA.upper()}, size: {len(CONTENT)}}}")
    assert len(documents(load_case(case))) == 1


@pytest.mark.parametrize("place", range(len(CONTENT)))
def test_one_byte_changed_is_a_fault_at_the_hash(case: Path, place: int) -> None:
    record(case, f"{{title: 台账, file: evidence/台账.txt, size: {len(CONTENT)},\n       sha256: {SHA}}}")
    other = bytes([*CONTENT[:place], CONTENT[place] ^ 1, *CONTENT[place + 1 :]])
    (case / "evidence" / "台账.txt").write_bytes(other)
    (found,) = faults(case)
    now = hashlib.sha256(other).hexdigest()
    assert (found.line, found.path) == (line_of(case, "sha256"), "records.income.evidence[0].sha256")
    assert found.message.zh == (f"文件“evidence/台账.txt”的内容变了：SHA-256 现在是 {now[:12]}…，登记的是 {SHA[:12]}…")
    assert found.hint is not None
    assert found.hint.zh == REPLACED


def test_one_byte_more_is_a_fault_at_the_size(case: Path) -> None:
    record(case, f"{{title: 台账, file: evidence/台账.txt, sha256: {SHA},\n       size: {len(CONTENT)}}}")
    (case / "evidence" / "台账.txt").write_bytes(CONTENT + b"\n")
    (found,) = faults(case)
    assert (found.line, found.path) == (line_of(case, "size:"), "records.income.evidence[0].size")
    assert found.message.zh == "文件“evidence/台账.txt”变了：现在 14 字节，登记的是 13 字节"
    assert found.message.en == "'evidence/台账.txt' changed: 14 bytes now, 13 recorded"


def test_a_file_misspelt_is_named(case: Path) -> None:
    record(case, "{title: 台账, file: evidence/台帐.txt}")
    (found,) = faults(case)
    assert (found.line, found.path) == (line_of(case, "台帐.txt"), "records.income.evidence[0].file")
    assert found.message.zh == "没有文件“evidence/台帐.txt”"
    assert found.hint is not None
    assert found.hint.zh == "是不是 evidence/台账.txt？"


def link(link: Path, target: Path, folder: bool = False) -> None:
    try:
        link.symlink_to(target, target_is_directory=folder)
    except OSError as error:  # Windows lets only some users make links
        pytest.skip(f"no symbolic links here: {error}")


@pytest.mark.parametrize("folder", [False, True], ids=["a file", "a folder"])
def test_a_link_out_of_the_case_is_a_fault(case: Path, folder: bool) -> None:
    outside = case.parent / "outside"
    outside.mkdir()
    (outside / "秘密.txt").write_bytes(CONTENT)
    name = "evidence/外/秘密.txt" if folder else "evidence/秘密.txt"
    if folder:
        link(case / "evidence" / "外", outside, folder=True)
    else:
        link(case / "evidence" / "秘密.txt", outside / "秘密.txt")
    record(case, f"{{title: 台账, file: {name}}}")
    (found,) = faults(case)
    assert found.path == "records.income.evidence[0].file"
    assert found.message.zh == f"文件“{name}”是链接，指向评价文件夹之外"


def test_a_link_inside_the_case_is_no_fault_and_not_a_second_copy(case: Path) -> None:
    link(case / "evidence" / "同.txt", case / "evidence" / "台账.txt")
    record(case, f"{{title: 台账, file: evidence/同.txt, sha256: {SHA}}}")
    assert noted(case) == []


@given(
    st.text(min_size=1, max_size=30) | st.from_regex(r"(\.\./|/|[A-Za-z]:|\\\\|\\|\./)[a-z./\\:]{0,12}", fullmatch=True)
)
def test_no_path_leads_out_of_the_folder(text: str) -> None:
    """Whatever is written as a file either is refused or stays below the folder, read as any system reads it."""
    from pathlib import PurePosixPath, PureWindowsPath

    try:
        file = Evidence(title="x", file=text).file
    except ValidationError:
        return
    assert file is not None
    for kind, folder in ((PurePosixPath, "/case"), (PureWindowsPath, "C:/case")):
        path = kind(folder) / file
        assert path.is_relative_to(kind(folder))
        assert ".." not in path.parts


def test_check_reports_files_together_with_everything_else(case: Path) -> None:
    record(case, "{title: 台账, file: evidence/无.pdf}")
    change(case / "evaluation.yaml", "background: 项目预算", "background: 3万元，预算")
    change(case / "evaluation.yaml", "opinion: {mark: 10", "opinion: {mark: 11")
    done = run("check", case)
    assert done.returncode == 1
    paths = [line.split(": ")[1] for line in done.stderr.splitlines() if line.startswith(str(case))]
    assert paths == ["records.opinion.mark", "records.income.evidence[0].file", "narrative.background"]


def test_scoring_never_opens_the_files(case: Path) -> None:
    record(case, f"{{title: 台账, file: evidence/无.pdf, sha256: {SHA}, size: 1}}")
    assert run("score", case).returncode == 0


# notes


def test_files_without_a_hash_unused_and_twice_are_noted_and_no_fault(case: Path) -> None:
    (case / "evidence" / "副本.txt").write_bytes(CONTENT)
    (case / "evidence" / "照片").mkdir()
    (case / "evidence" / "照片" / "1.jpg").write_bytes(b"photo")
    for name in (".DS_Store", "Thumbs.db", "~$台账.docx"):
        (case / "evidence" / name).write_bytes(b"left by a program")
    record(case, "{title: 台账, file: evidence/台账.txt}", "{title: 副本, file: evidence/副本.txt}")
    assert noted(case) == [
        ("evaluation.yaml", line_of(case, "title: 台账"), "文件“evidence/台账.txt”没有登记 SHA-256"),
        ("evaluation.yaml", line_of(case, "title: 副本"), "文件“evidence/副本.txt”没有登记 SHA-256"),
        (
            "evaluation.yaml",
            line_of(case, "title: 副本"),
            "“evidence/副本.txt”与“evidence/台账.txt”内容相同",
        ),
        ("evidence/照片/1.jpg", 0, "没有指标用到这份材料"),
    ]
    done = run("check", case)
    assert done.returncode == 0
    assert "佐证材料（不影响检查结果）：" in done.stdout
    assert f"{case / 'evidence' / '照片' / '1.jpg'}: 没有指标用到这份材料" in done.stdout
    assert done.stderr == ""


def test_an_unused_copy_is_noted_as_both(case: Path) -> None:
    (case / "evidence" / "副本.txt").write_bytes(CONTENT)
    record(case, f"{{title: 台账, file: evidence/台账.txt, sha256: {SHA}}}")
    assert noted(case) == [
        ("evidence/副本.txt", 0, "没有指标用到这份材料"),
        ("evidence/副本.txt", 0, "“evidence/副本.txt”与“evidence/台账.txt”内容相同"),
    ]


def test_one_file_for_two_indicators_is_neither_twice_nor_unused(case: Path) -> None:
    record(case, f"{{title: 台账, file: evidence/台账.txt, sha256: {SHA}}}")
    record(
        case,
        f"{{title: 台账, file: ./evidence/台账.txt, sha256: {SHA}}}",
        id="opinion",
        answer="mark: 10, reason: 群众认可",
    )
    assert noted(case) == []


def test_one_evaluation_of_a_dossier_does_not_know_what_is_unused(case: Path) -> None:
    assert notes(load_case(case / "evaluation.yaml")) == []
    assert [message for _, _, message in noted(case)] == ["没有指标用到这份材料"]


# the index of the report


@pytest.fixture
def listed(case: Path) -> Path:
    """The case with an outline that asks for the index."""
    with (case / "outlines" / "toy.yaml").open("a", encoding="utf-8", newline="\n") as outline:
        outline.write("- {block: evidence}\n")
    return case


def test_no_index_without_files(listed: Path) -> None:
    record(listed, "{title: 台账, place: 第3页}")
    assert index_of(listed) == []


def test_the_index_lists_every_paper_once_with_its_places_and_indicators(listed: Path) -> None:
    (listed / "evidence" / "纪要.pdf").write_bytes(b"minutes")
    record(
        listed,
        "{title: 增收台账, kind: working, place: 第3页, file: evidence/台账.txt}",
        "{title: 会议纪要, file: evidence/纪要.pdf}",
        "{title: 口头说明, kind: statement}",
    )
    second = "{title: 增收台账, place: 第9页}"  # the same paper by its title
    record(listed, second, second, id="opinion", answer="mark: 10, reason: 群众认可")
    (table,) = index_of(listed)
    rows = [[(cell.text, cell.rows) for cell in row] for row in table.rows]
    digest, minutes = SHA[:12], hashlib.sha256(b"minutes").hexdigest()[:12]
    titles = {leaf.id: leaf.title.zh for leaf in load_case(listed).entries[0].result.leaves()}
    income, opinion = titles["income"], titles["opinion"]
    assert rows[1:] == [
        [
            *((text, 2) for text in ("1", "增收台账", "工作资料", "evidence/台账.txt")),
            ("第9页", 1),  # in the order of the indicators
            ("13", 2),
            (digest, 2),
            (opinion, 1),
        ],
        [("第3页", 1), (income, 1)],
        [(text, 1) for text in ("2", "会议纪要", "—", "evidence/纪要.pdf", "—", "7", minutes, income)],
        [(text, 1) for text in ("3", "口头说明", "说明材料", "—", "—", "—", "—", income)],
    ]
    assert len(list(table.grid())) == len(rows)


def test_a_report_is_not_written_over_a_changed_file(case: Path, tmp_path: Path) -> None:
    record(case, f"{{title: 台账, file: evidence/台账.txt, sha256: {'a' * 64}}}")
    done = run("report", case, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "的内容变了" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "outline", sorted((ROOT / "scoring/report/templates/outlines").glob("*.yaml")), ids=lambda f: f.stem
)
def test_every_shipped_outline_asks_for_the_index(outline: Path) -> None:
    assert "{block: evidence}" in outline.read_text(encoding="utf-8")
