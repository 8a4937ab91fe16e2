"""The journal of one file of a case: every change as a line of JSON, each bound to the one before by its hash.

`.jixiao/<file>.jsonl`, append-only. The first line holds the file's whole text, every later one the piece that was cut
out and the piece put in its place, so that the file can be rebuilt from the journal alone. A file edited by hand between
two changes gets a line with its whole text. The chain shows a line that was altered, taken out or moved; lines taken off
the end show only as a file that differs from its journal.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.source.splice import REMOVE

FOLDER = ".jixiao"

Kind = Literal["start", "outside", "change", "undo"]
"""The text as it was first met; as it was found edited by hand; changed here; a change taken back."""
State = Literal["same", "pending", "differs"]
"""The file against its journal: as the last entry says; one entry behind after a crash; edited by hand."""

_HASH = re.compile(rb',"hash":"([0-9a-f]{64})"\}')


@dataclass(frozen=True, slots=True)
class Step:
    """One value changed: where, and what it was and became, in JSON (see `exact`)."""

    path: tuple[str | int, ...]
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class Edit:
    """The one piece of the text in which all that changed lies."""

    at: int
    removed: str
    inserted: str

    def apply(self, text: str) -> str | None:
        """The text after it, or None where it does not fit."""
        end = self.at + len(self.removed)
        fits = self.at >= 0 and text[self.at : end] == self.removed
        return text[: self.at] + self.inserted + text[end:] if fits else None

    def reversed(self) -> Edit:
        return Edit(self.at, self.inserted, self.removed)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. before and after: SHA-256 of the file; text: the whole of it, where no edit leads to it."""

    seq: int
    when: str
    who: str
    what: str
    kind: Kind
    file: str
    changes: tuple[Step, ...]
    edit: Edit | None
    text: str | None
    undoes: int | None
    before: str
    after: str
    previous: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def line(self) -> bytes:
        body = json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":")).encode()
        return body[:-1] + f',"hash":"{digest(body)}"}}\n'.encode()


@dataclass(slots=True)
class Journal:
    """A journal as read. whole: the length of its complete lines; broken: the first line that cannot be trusted."""

    path: Path
    entries: list[Entry] = field(default_factory=list)
    text: str = ""
    last_hash: str = ""
    whole: int = 0
    torn: bool = False
    broken: Diagnostic | None = None

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    def entry(
        self,
        kind: Kind,
        file: Path,
        text: str,
        who: str = "",
        what: str = "",
        changes: Iterable[Step] = (),
        undoes: int | None = None,
    ) -> bytes:
        """Adds the entry that leads to the text; gives its line, which is still to be written."""
        whole = kind in ("start", "outside")
        made = Entry(
            seq=len(self.entries) + 1,
            when=datetime.now(UTC).isoformat(timespec="milliseconds"),
            who=who,
            what=what,
            kind=kind,
            file=file.name,
            changes=tuple(changes),
            edit=None if whole else difference(self.text, text),
            text=text if whole else None,
            undoes=undoes,
            before=self.entries[-1].after if self.entries else "",
            after=digest(text.encode()),
            previous=self.last_hash,
        )
        line = made.line()
        self.entries.append(made)
        self.text, self.last_hash = text, _HASH.findall(line)[-1].decode()
        return line

    def undoable(self) -> Entry | None:
        """The last change that was not taken back, if nobody edited the file since."""
        stack: list[Entry] = []
        for entry in self.entries:
            if entry.kind == "change":
                stack.append(entry)
            elif entry.kind == "undo":
                stack.pop()
            else:
                stack.clear()
        return stack[-1] if stack else None


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def difference(before: str, after: str) -> Edit:
    """The one piece that turns a text into another."""
    start = _alike(zip(before, after, strict=False))
    end = _alike(zip(reversed(before[start:]), reversed(after[start:]), strict=False))
    return Edit(start, before[start : len(before) - end], after[start : len(after) - end])


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def exact(value: object) -> object:
    """A value as JSON that loses nothing: a number as its text, a mapping as such, `absent` for none."""
    if value is REMOVE:
        return {"absent": True}
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return {"number": f"{value:f}" if isinstance(value, Decimal) else str(value)}
    if isinstance(value, dict):
        return {"mapping": {key: exact(each) for key, each in value.items()}}
    return [exact(each) for each in value] if isinstance(value, list) else value


def original(kept: object) -> object:
    """The value that `exact` kept."""
    if isinstance(kept, list):
        return [original(each) for each in kept]
    if not isinstance(kept, dict):
        return kept
    if "number" in kept:
        return Decimal(kept["number"]) if "." in kept["number"] else int(kept["number"])
    return {key: original(each) for key, each in kept["mapping"].items()} if "mapping" in kept else REMOVE


def moment(entry: Entry) -> str:
    """When it was, by the clock of the reader's place."""
    return datetime.fromisoformat(entry.when).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def path_of(file: Path) -> Path:
    return file.parent / FOLDER / f"{file.name}.jsonl"


def new_text_of(file: Path) -> Path:
    """Where a new text waits until its entry is safe."""
    return file.parent / FOLDER / f"{file.name}.new"


def read_journal(file: Path) -> Journal:
    """The journal of a file, checked line by line and rebuilt to the text its last entry leads to."""
    file = file.resolve()
    journal = Journal(path_of(file))
    content = journal.path.read_bytes() if journal.path.exists() else b""
    journal.whole = content.rfind(b"\n") + 1
    journal.torn = journal.whole < len(content)
    for number, line in enumerate(content[: journal.whole].split(b"\n")[:-1], start=1):
        if fault := _take(journal, line):
            journal.broken = Diagnostic(fault, _MENDING, journal.path, number)
            break
    return journal


def state_of(file: Path, journal: Journal) -> State:
    file = file.resolve()
    now = digest(file.read_bytes()) if file.exists() else ""
    last = journal.last
    if last is None or now == last.after:
        return "same"
    waiting = new_text_of(file)
    ready = waiting.exists() and digest(waiting.read_bytes()) == last.after
    return "pending" if now == last.before and ready else "differs"


def verify(file: Path) -> Journal:
    """The journal of a file. ScoringError: a line of it was altered, taken out or moved, or it does not rebuild."""
    journal = read_journal(file)
    if journal.broken:
        raise ScoringError(journal.broken)
    return journal


_MENDING = Text(
    "这一行和后面的都不能作准；把日志移到别处保存，下一次记录就重新开始",
    "this line and those below cannot be trusted; move the journal away and keep it: the next record starts anew",
)


def _take(journal: Journal, line: bytes) -> Text | None:
    """Adds the entry of a line to the journal, or says what is wrong with it."""
    found = _HASH.fullmatch(line, max(0, len(line) - 75))
    if found is None or digest(line[: found.start()] + b"}") != found[1].decode():
        return Text("日志的这一行被改动过", "this line of the journal was altered")
    try:
        entry = _entry(json.loads(line))
        datetime.fromisoformat(entry.when)
        text = entry.text if entry.edit is None else entry.edit.apply(journal.text)
        after = "" if text is None else digest(text.encode())
    except (ValueError, KeyError, TypeError, AttributeError):
        return Text("日志的这一行不是一条记录", "this line of the journal is no entry")
    if entry.seq != len(journal.entries) + 1 or entry.previous != journal.last_hash:
        return Text("日志缺了几行，或者次序被动过", "lines of the journal are missing or out of order")
    before = journal.entries[-1].after if journal.entries else ""
    if text is None or entry.before != before or entry.after != after:
        return Text("照日志的这一行恢复不出文件", "the file cannot be rebuilt from this line of the journal")
    journal.entries.append(entry)
    journal.text, journal.last_hash = text, found[1].decode()
    return None


def _entry(kept: dict[str, Any]) -> Entry:
    del kept["hash"]
    steps: Sequence[dict[str, Any]] = kept.pop("changes")
    edit = kept.pop("edit")
    changes = tuple(Step(tuple(step["path"]), step["old"], step["new"]) for step in steps)
    return Entry(**kept, changes=changes, edit=Edit(**edit) if edit else None)
