"""What an import writes and says: YAML scalars that read back as they were, and files that are all written or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.exchange.grid import Cell
from scoring.source import parse

Sort = Literal["assumed", "left", "differs"]
SORTS: dict[Sort, Text] = {
    "assumed": Text("假定（请核对）", "assumed, please check"),
    "left": Text("没有写入", "not taken in"),
    "differs": Text("表上前后不一致", "the form disagrees with itself"),
}


@dataclass(slots=True)
class Notes:
    """What was found while a file was read: faults, which stop the import, and remarks, which go with it."""

    file: Path
    faults: list[Diagnostic] = field(default_factory=list)
    remarks: list[tuple[Sort, Text]] = field(default_factory=list)

    def fault(self, cell: Cell | None, message: Text, hint: Text | None = None) -> None:
        self.faults.append(Diagnostic(at(cell, message), hint, self.file))

    def remark(self, sort: Sort, cell: Cell | None, message: Text) -> None:
        self.remarks.append((sort, at(cell, message)))

    def check(self) -> None:
        """ScoringError: when there were faults."""
        if self.faults:
            raise ScoringError(*self.faults)

    def comments(self) -> list[str]:
        """The remarks as the head of the file that is written."""
        lines = []
        for sort, title in SORTS.items():
            if mine := [text.zh for each, text in self.remarks if each == sort]:
                lines += [f"# {title.zh}：", *(f"# - {text}" for text in mine)]
        return lines


def at(cell: Cell | None, message: Text) -> Text:
    """The message with the place of the cell it is about."""
    return message if cell is None else Text(f"{cell.place.zh}：{message.zh}", f"{cell.place.en}: {message.en}")


def quote(cell: Cell) -> str:
    """A cell's text as a message shows it: one line, not too long."""
    text = " ".join(cell.text.split())
    return text if len(text) <= 40 else f"{text[:40]}…"


def scalar(text: str) -> str:
    """A YAML scalar that reads back as the same text, also between braces; without quotes where that is the same."""
    text = " ".join(text.split())
    if text and not any(mark in text for mark in "\"'#\\") and not text.endswith(":"):
        try:
            if parse(f"{{k: {text}}}", Path()).data == {"k": text} and parse(f"k: {text}", Path()).data == {"k": text}:
                return text
        except ScoringError:
            pass
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_all(files: dict[Path, str], verify: Callable[[Path], object], source: Path) -> None:
    """Write every file, after a trial in a folder of its own that verify is asked about. Nothing is overwritten.

    ScoringError: a file exists, or what verify finds wrong, put down to the source the files were made from.
    """
    taken = [file for file in files if file.exists()]
    if taken:
        hint = Text("换一个名称；已有的文件不会被覆盖", "choose another name; nothing is overwritten")
        raise ScoringError(*(Diagnostic(Text("文件已存在", "the file exists"), hint, file) for file in taken))
    root = _common(list(files))
    with tempfile.TemporaryDirectory() as folder:
        for file, text in files.items():
            _write(Path(folder) / file.relative_to(root), text)
        try:
            verify(Path(folder))
        except ScoringError as error:
            faults = (replace(fault, file=source, line=0, column=0) for fault in error.diagnostics)
            raise ScoringError(*faults) from None
    for file, text in files.items():
        _write(file, text)


def _common(files: list[Path]) -> Path:
    return min((file.parent for file in files), key=lambda folder: len(folder.parts))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
