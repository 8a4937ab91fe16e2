"""Files of a case are changed whole or not at all, and the journal knows every change: rebuilt, checked, taken back."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.exchange import journal, store
from scoring.exchange.journal import difference, exact, new_text_of, original, path_of, read_journal, state_of, verify
from scoring.exchange.store import REMOVE, Change, apply, undo
from scoring.load import load_case
from scoring.source import parse, read
from scoring.source.splice import value_at
from tests.conftest import change
from tests.exchange import stress

MARK = ("records", "project-effect", "mark")


@pytest.fixture
def file(example: Path) -> Path:
    return example / "department.yaml"


def mark(file: Path) -> object:
    return value_at(read(file).data, MARK)


def test_a_change_is_written_and_entered(file: Path) -> None:
    before = file.read_bytes()
    written = apply(file, [Change(MARK, Decimal("7.50")), Change(MARK, Decimal("7.50"))], "张三", "复核")
    assert file.read_bytes() == before.replace(b"mark: 8\n", b"mark: 7.50\n")
    assert (written.before.text, written.source.text) == (before.decode(), file.read_text(encoding="utf-8"))
    start, entry = verify(file).entries
    assert (start.kind, start.text, start.before) == ("start", before.decode(), "")
    assert written.entry == entry
    assert (entry.seq, entry.kind, entry.who, entry.what, entry.file) == (
        2,
        "change",
        "张三",
        "复核",
        "department.yaml",
    )
    assert entry.edit == journal.Edit(before.decode().index("mark: 8") + 6, "8", "7.50")
    assert [(step.path, step.old, step.new) for step in entry.changes] == [
        (MARK, {"number": "8"}, {"number": "7.50"})
    ] * 2
    assert entry.when.endswith("+00:00")
    assert sorted(path.name for path in (file.parent / ".jixiao").iterdir()) == ["department.yaml.jsonl", "lock"]


def test_no_change_leaves_no_entry(file: Path) -> None:
    before = file.stat().st_mtime_ns
    assert apply(file, [Change(MARK, 8)], "张三").entry is None
    assert file.stat().st_mtime_ns == before
    assert not verify(file).entries


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (MARK, 11, "评分 11 超出 0–10 分的范围"),
        (MARK, "7", "去掉引号"),
        (("records", "project-efect", "mark"), 5, "是不是 project-effect"),
        (("records", "project-effect", "reason"), REMOVE, "人工评分要写理由"),
        (("facts", "spending", "value"), "378.49万元", "公式算得 378.48万元"),
    ],
)
def test_what_would_be_faulty_is_not_written(file: Path, path: tuple[str, ...], value: object, said: str) -> None:
    before = file.read_bytes()
    with pytest.raises(ScoringError) as caught:
        apply(file, [Change(("records", "objectives", "note"), "好的部分"), Change(path, value)], "张三")
    assert said in str(caught.value)
    assert file.read_bytes() == before
    assert not verify(file).entries


def test_a_fault_elsewhere_hinders_nobody_but_one_in_the_record_does(file: Path) -> None:
    change(file, "mark: 5\n", "mark: 6\n")
    apply(file, [Change(MARK, 7)], "张三")
    assert mark(file) == 7
    with pytest.raises(ScoringError, match="超出 0–5 分"):
        apply(file, [Change(("records", "project-feasibility", "note"), "x")], "张三")


def test_a_check_of_the_callers_own(file: Path) -> None:
    def check(source: Any) -> None:
        raise ScoringError(source.diagnose(store.Text("不行", "no"), MARK))

    with pytest.raises(ScoringError, match="不行"):
        apply(file, [Change(MARK, 7)], "张三", check=check)
    assert mark(file) == 8


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(file: Path) -> None:
    seen = read(file)
    apply(file, [Change(MARK, 7)], "李四")
    with pytest.raises(ScoringError, match="刚刚被别人改过"):
        apply(file, [Change(MARK, 6)], "张三", expect=seen)
    apply(file, [Change(("records", "project-feasibility", "mark"), 4)], "张三", expect=seen)
    assert mark(file) == 7


def test_undo_goes_back_byte_for_byte_one_change_at_a_time(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    states = [file.read_bytes()]
    for value in (7, 6, 5):
        apply(file, [Change(MARK, value), Change(("records", "project-effect", "note"), f"第{value}次\n改")], "张三")
        states.append(file.read_bytes())
    for number, state in ((2, states[2]), (1, states[1])):
        assert undo(file, "李四").entry.undoes == number + 2  # type: ignore[union-attr]
        assert file.read_bytes() == state
    apply(file, [Change(MARK, 9)], "张三")
    undo(file, "李四")
    undo(file, "李四")
    assert file.read_bytes() == states[0]
    with pytest.raises(ScoringError, match="没有可以撤销的记录"):
        undo(file, "李四")
    assert [entry.kind for entry in verify(file).entries] == ["start"] + ["change"] * 3 + ["undo"] * 2 + ["change"] + [
        "undo"
    ] * 2


def test_edited_by_hand_is_entered_and_not_undone(file: Path) -> None:
    apply(file, [Change(MARK, 7)], "张三")
    change(file, "mark: 7", "mark: 6")
    assert state_of(file, verify(file)) == "differs"
    with pytest.raises(ScoringError, match="手工改过"):
        undo(file, "张三")
    apply(file, [Change(MARK, 5)], "张三")
    found = verify(file)
    assert [entry.kind for entry in found.entries] == ["start", "change", "outside", "change"]
    assert found.text.encode() == file.read_bytes()
    undo(file, "张三")
    assert mark(file) == 6
    with pytest.raises(ScoringError, match="手工改过"):
        undo(file, "张三")


# The chain


def _drop(lines: list[bytes]) -> list[bytes]:
    return [*lines[:1], *lines[2:]]


def _first(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def _swap(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _edit(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace("张三".encode(), "李四".encode()), *lines[2:]]


def _value(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b'"inserted":"6"', b'"inserted":"9"'), *lines[3:]]


def _rehashed(lines: list[bytes]) -> list[bytes]:
    """A line altered by someone who knows how the hash of a line is made."""
    body = lines[1][:-76].replace("张三".encode(), "李四".encode()) + b"}"
    return [lines[0], body[:-1] + f',"hash":"{journal.digest(body)}"}}\n'.encode(), *lines[2:]]


def _blank(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], b"\n", *lines[2:]]


@pytest.mark.parametrize(
    ("tamper", "line"), [(_drop, 2), (_first, 1), (_swap, 2), (_edit, 2), (_value, 3), (_rehashed, 3), (_blank, 3)]
)
def test_tampering_is_found_where_it_is(file: Path, tamper: Callable[[list[bytes]], list[bytes]], line: int) -> None:
    for value in (7, 6, 5):
        apply(file, [Change(MARK, value)], "张三")
    path = path_of(file)
    lines = path.read_bytes().splitlines(keepends=True)
    changed = tamper(lines)
    assert changed != lines
    path.write_bytes(b"".join(changed))
    with pytest.raises(ScoringError) as caught:
        verify(file)
    (found,) = caught.value.diagnostics
    assert (found.file, found.line) == (path.resolve(), line)
    with pytest.raises(ScoringError):  # and nothing is added to it
        apply(file, [Change(MARK, 9)], "张三")
    assert mark(file) == 5


def test_lines_taken_off_the_end_show_as_a_file_that_differs(file: Path) -> None:
    for value in (7, 6):
        apply(file, [Change(MARK, value)], "张三")
    path = path_of(file)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert state_of(file, verify(file)) == "differs"


@given(st.text(alphabet="ab\n中"), st.text(alphabet="ab\n中"))
def test_the_difference_of_two_texts_leads_there_and_back(one: str, other: str) -> None:
    edit = difference(one, other)
    assert edit.apply(one) == other
    assert edit.reversed().apply(other) == one
    assert len(edit.removed) + len(edit.inserted) <= len(one) + len(other)


@pytest.mark.parametrize(
    "value", ["5", "", None, True, 5, Decimal("4.10"), Decimal("1E+2"), [1, {"number": "x"}], {"absent": True}, REMOVE]
)
def test_a_value_is_kept_exactly(value: object) -> None:
    kept = original(json.loads(json.dumps(exact(value))))
    assert kept == value
    assert type(kept) is type(value) or value == Decimal("1E+2")
    assert str(kept) == str(value) or value == Decimal("1E+2")


# Crashes


class Cut(BaseException):
    """The power fails here."""


def interrupted(monkeypatch: pytest.MonkeyPatch, file: Path, moment: int) -> bool:
    """Whether a change that is cut off at that step was cut off; every step is one call that reaches the disk."""
    left = [moment]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise Cut
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        for where, name in (
            (os, "fsync"),
            (store.shutil, "copymode"),
            (Path, "replace"),
            (Path, "unlink"),
            (os, "truncate"),
        ):
            patch.setattr(where, name, counted(getattr(where, name)))
        try:
            apply(file, [Change(MARK, 6)], "张三")
        except Cut:
            return True
    return False


def test_cut_off_at_any_step_the_next_write_puts_it_right(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(file, [Change(MARK, 7)], "张三")
    states = set()
    for moment in range(1, 50):
        if not interrupted(monkeypatch, file, moment):
            break
        assert mark(file) in (6, 7)
        load_case(file)
        states.add((state_of(file, read_journal(file)), new_text_of(file).exists(), mark(file)))
        apply(file, [Change(("records", "project-effect", "note"), f"第{moment}次")], "李四")
        found = verify(file)
        assert found.text.encode() == file.read_bytes()
        assert all(entry.kind in ("start", "change") for entry in found.entries)
        steps = [step.new for entry in found.entries for step in entry.changes if step.path == MARK]
        assert steps[-1] == {"number": str(mark(file))}
        apply(file, [Change(MARK, 7)], "张三")
    assert moment > 6
    assert states >= {("same", True, 7), ("pending", True, 7), ("same", False, 6)}


def test_a_torn_last_line_is_cut_off_wherever_it_tore(file: Path) -> None:
    apply(file, [Change(MARK, 7)], "张三")
    before, kept = file.read_bytes(), path_of(file).read_bytes()
    apply(file, [Change(MARK, 6)], "张三")
    after, full = file.read_bytes(), path_of(file).read_bytes()
    for length in [*range(len(kept) + 1, len(full), 97), len(full) - 1]:
        file.write_bytes(before)
        path_of(file).write_bytes(full[:length])
        new_text_of(file).write_bytes(after)
        assert read_journal(file).torn
        apply(file, [Change(MARK, 5)], "张三")
        assert [entry.changes[0].new for entry in verify(file).entries[1:]] == [{"number": "7"}, {"number": "5"}]


def test_what_was_reverted_by_hand_is_not_done_again(file: Path) -> None:
    before = file.read_bytes()
    apply(file, [Change(MARK, 7)], "张三")
    file.write_bytes(before)  # as version control would
    apply(file, [Change(("records", "project-effect", "note"), "x")], "张三")
    assert mark(file) == 8
    assert [entry.kind for entry in verify(file).entries] == ["start", "change", "outside", "change"]


def test_a_file_that_cannot_be_replaced_leaves_no_trace(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(file, [Change(MARK, 7)], "张三")
    kept = path_of(file).read_bytes()

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "in use", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(store.time, "sleep", lambda seconds: None)
    with pytest.raises(PermissionError):
        apply(file, [Change(MARK, 6)], "张三")
    assert path_of(file).read_bytes() == kept
    assert not new_text_of(file).exists()
    assert mark(file) == 7


def test_eight_writers_two_of_them_killed(tmp_path: Path) -> None:
    seen = stress.Counter[str]()
    chance = random.Random(1)
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        seen.update(stress.one_round(folder, chance))
    assert seen["acknowledged"] >= 3 * (stress.WRITERS - stress.KILLED) * stress.RECORDS


def test_a_folder_that_another_program_holds_is_said_plainly(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(file, [Change(MARK, 7)], "张三")
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    holder = stress.processes.Process(target=_hold, args=(file, ready := stress.processes.Event()))
    holder.start()
    try:
        ready.wait(20)
        with pytest.raises(ScoringError, match="另一个程序正在写"):
            apply(file, [Change(MARK, 6)], "张三")
    finally:
        holder.kill()
        holder.join()
    apply(file, [Change(MARK, 6)], "张三")
    assert parse(file.read_bytes(), file).data


def _hold(file: Path, ready: Any) -> None:
    with store._locked(file):
        ready.set()
        store.time.sleep(60)
