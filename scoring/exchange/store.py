"""The only way files of a case are changed: under a lock, checked first, entered in the journal, and never half.

The new text is put beside the journal and flushed to disk; its entry is appended to the journal and flushed; then the new
text takes the file's place in one step. Whatever moment the power fails, the next write finds a new text without an entry
and drops it, or a torn entry and cuts it off, or both whole and takes the last step.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.exchange.journal import (
    FOLDER,
    Entry,
    Journal,
    Step,
    digest,
    exact,
    new_text_of,
    read_journal,
    state_of,
)
from scoring.source import Source, parse
from scoring.source.splice import REMOVE, Change, as_read, same, splice, value_at
from scoring.source.text import show

PATIENCE = 60  # seconds to wait for another program that is writing

__all__ = ["REMOVE", "Change", "Written", "apply", "undo"]


@dataclass(frozen=True, slots=True)
class Written:
    """The file as it was and as it is now; entry: what the journal says of it, None when nothing changed."""

    before: Source
    source: Source
    entry: Entry | None


def apply(
    file: Path,
    changes: Sequence[Change],
    who: str,
    what: str = "",
    check: Callable[[Source], None] | None = None,
    expect: Source | None = None,
    folders: Sequence[Path] = (),
) -> Written:
    """Make the changes, all or none. ScoringError: what is wrong with them, with the lines of the text as it would have
    been; nothing was written.

    check: raises a ScoringError when the file may not become so; by default, when an evaluation gets a fault it did not
    have, or what was changed has one. expect: the file as the caller saw it; what is changed must still be as it was.
    folders: where else to look for indicator sets.
    """
    with _locked(file) as journal:
        content = file.read_bytes()
        before = parse(content, file)
        steps = [
            Step(change.path, exact(value_at(before.data, change.path)), exact(_value(before, change)))
            for change in changes
        ]
        if expect is not None:
            _expected(before, expect, changes)
        text = content.decode()
        made = splice(text, changes, file)
        if made == text:
            return Written(before, before, None)
        after = parse(made, file)
        if check is None:
            no_new_faults(before, after, changes, folders)
        else:
            check(after)
        steps = [step for step in steps if step.old != step.new]
        lines = _opening(journal, file, text)
        lines.append(journal.entry("change", file, made, who, what, steps))
        _write(file, journal, lines)
        return Written(before, after, journal.last)


def undo(file: Path, who: str, what: str = "") -> Written:
    """Take the last change back, byte for byte, as an entry of its own; again, the one before it.

    ScoringError: there is none, or the file was edited by hand since.
    """
    with _locked(file) as journal:
        content = file.read_bytes()
        last = journal.undoable()
        if journal.last is not None and digest(content) != journal.last.after:
            last = None
        if last is None or last.edit is None:
            raise _nothing_to_undo(file, journal)
        text = last.edit.reversed().apply(content.decode())
        assert text is not None  # the journal was rebuilt up to here
        steps = [Step(step.path, step.new, step.old) for step in last.changes]
        line = journal.entry("undo", file, text, who, what, steps, last.seq)
        _write(file, journal, [line])
        return Written(parse(content, file), parse(text, file), journal.last)


def no_new_faults(before: Source, after: Source, changes: Sequence[Change], folders: Sequence[Path] = ()) -> None:
    """ScoringError: the faults the evaluation has now and had not, and those of what was changed."""
    from scoring.load import assess_source

    known = {(fault.path, fault.message) for fault in assess_source(before, folders)[1]}
    touched = tuple(show(change.path[:2]) for change in changes)
    bad = [
        fault
        for fault in assess_source(after, folders)[1]
        if (fault.path, fault.message) not in known
        or any(fault.path == path or fault.path.startswith((f"{path}.", f"{path}[")) for path in touched)
    ]
    if bad:
        raise ScoringError(*bad)


def _value(source: Source, change: Change) -> object:
    try:
        return as_read(change.value)
    except Fault as fault:
        raise ScoringError(source.diagnose(fault, change.path)) from None


def _expected(now: Source, seen: Source, changes: Sequence[Change]) -> None:
    message = Text("这里刚刚被别人改过，没有写入", "somebody else has just changed this; nothing was written")
    hint = Text("看过现在的内容后再填", "look at it as it is now, then record again")
    moved = [
        now.diagnose(message, change.path, hint)
        for change in changes
        if not same(value_at(now.data, change.path), value_at(seen.data, change.path))
    ]
    if moved:
        raise ScoringError(*moved)


@contextmanager
def _locked(file: Path) -> Iterator[Journal]:
    """The journal of the file, which nobody else writes meanwhile, after whatever a crash left is put in order."""
    from filelock import FileLock, Timeout

    target = file.resolve(strict=True)
    folder = target.parent / FOLDER
    folder.mkdir(exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=PATIENCE, poll_interval=0.02):
            journal = read_journal(target)
            if journal.broken:
                raise ScoringError(journal.broken)
            _recover(target, journal)
            yield journal
    except Timeout:
        message = Text(
            "另一个程序正在写这个文件夹，等了一分钟", "another program is writing in this folder; waited a minute"
        )
        raise ScoringError(Diagnostic(message, Text("请稍后再试", "try again later"), file)) from None


def _recover(target: Path, journal: Journal) -> None:
    waiting = new_text_of(target)
    if state_of(target, journal) == "pending":
        _replace(waiting, target)
        _flush_folder(target.parent)
    waiting.unlink(missing_ok=True)
    if journal.torn:
        os.truncate(journal.path, journal.whole)
        journal.torn = False


def _opening(journal: Journal, file: Path, text: str) -> list[bytes]:
    """The entry that a file new to the journal, or edited by hand since its last entry, needs before any other."""
    if journal.last is None:
        return [journal.entry("start", file, text)]
    return [] if journal.last.after == digest(text.encode()) else [journal.entry("outside", file, text)]


def _write(file: Path, journal: Journal, lines: list[bytes]) -> None:
    target = file.resolve()
    if not os.access(target, os.W_OK):  # replacing it would not ask
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    waiting = new_text_of(target)
    with waiting.open("wb") as stream:
        stream.write(journal.text.encode())
        stream.flush()
        os.fsync(stream.fileno())
    shutil.copymode(target, waiting)
    _flush_folder(waiting.parent)
    try:
        with journal.path.open("ab") as stream:
            stream.write(b"".join(lines))
            stream.flush()
            os.fsync(stream.fileno())
        _flush_folder(waiting.parent)
        _replace(waiting, target)
    except OSError:  # a full disk, a file held open by another program: as if nothing had been tried
        with suppress(OSError):
            os.truncate(journal.path, journal.whole)
            waiting.unlink()
        raise
    _flush_folder(target.parent)


def _replace(new: Path, target: Path) -> None:
    """On Windows a file that is being read cannot be replaced; readers are soon done."""
    for pause in (0.05, 0.1, 0.2, 0.4, 0.8):
        try:
            new.replace(target)
            return
        except PermissionError:
            time.sleep(pause)
    new.replace(target)


def _flush_folder(folder: Path) -> None:
    """A new name is safe only when its folder is; Windows sees to that itself."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _nothing_to_undo(file: Path, journal: Journal) -> ScoringError:
    if any(entry.kind == "change" for entry in journal.entries):
        message = Text(
            "没有可以撤销的记录：都已撤销，或者文件在记录之后又手工改过",
            "nothing can be taken back: all is, or the file was edited by hand after the last record",
        )
        hint = Text(
            "用 jixiao log 看原来的值，再重新记录", "see the earlier values with jixiao log and record them again"
        )
        return ScoringError(Diagnostic(message, hint, file))
    return ScoringError(Diagnostic(Text("还没有记录，没有可以撤销的", "nothing was recorded yet"), None, file))
