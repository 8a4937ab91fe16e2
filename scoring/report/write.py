"""A case → its attachments as files: composed in memory first, then written one by one, each whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.load import Case, Entry
from scoring.report import docx, markdown
from scoring.report.compose import compose, default_faults, narrative_faults, outline_faults
from scoring.report.document import Book, Document
from scoring.report.outline import load_outline
from scoring.source import read

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # what Windows does not take in a file name


def documents(case: Case, *, complete: bool = True) -> list[Document]:
    """The document of every evaluation that has its data. ScoringError: everything wrong with their words; with
    `complete` also the data that are missing."""
    made: list[Document] = []
    found: list[Diagnostic] = []
    for entry in case.entries:
        outline = load_outline(entry.result.indicator_set.outline, (case.folder / "outlines",))
        waiting = _waiting(entry)
        faults = [*narrative_faults(entry.result), *outline_faults(entry.result, outline)]
        if not waiting:
            faults += default_faults(entry.result, outline)
        elif complete:
            faults += waiting
        if not faults and not waiting:
            try:
                made.append(compose(entry.result, outline, entry.label))
            except Fault as fault:
                faults = [fault]
        if faults:
            source = read(entry.file)
            found += [source.diagnose(fault, ()) for fault in faults]
    if found:
        raise ScoringError(*found)
    return made


def _waiting(entry: Entry) -> list[Fault]:
    return [
        Fault(
            Text(
                f"“{leaf.title.zh}”没有数据，报告不能写出：{leaf.reason.zh}",
                f"'{leaf.id}' has no data, so no report: {leaf.reason.en}",
            ),
            Text(f"在 records: 下填写 {leaf.id}", f"fill in {leaf.id} under records:"),
            inside=("records",),
        )
        for leaf in entry.result.open
    ]


def write(case: Case, folder: Path) -> list[Path]:
    """Write every attachment as .docx and .md, and for a dossier the bound volume; the files written, in order."""
    made = documents(case)
    files: list[tuple[str, bytes]] = []
    for document in made:
        name = safe_name(f"{document.label} {document.full_title}".strip())
        files += [(f"{name}.docx", docx.render(document)), (f"{name}.md", markdown.render(document).encode())]
    if case.dossier is not None:
        book = Book((case.dossier.body, case.dossier.title.removeprefix(case.dossier.body)), tuple(made))
        files.append((f"{safe_name(case.dossier.title)}（合订本）.docx", docx.render(book)))
    folder.mkdir(parents=True, exist_ok=True)
    return [_save(folder / name, data) for name, data in files]


def safe_name(text: str) -> str:
    """A file name that Windows, Linux and macOS all take."""
    name = _UNSAFE.sub("_", text).strip(" .")[:80]
    reserved = re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)", name)
    return f"_{name}" if reserved or not name else name


def _save(file: Path, data: bytes) -> Path:
    """Write beside the file and rename, so that a reader finds the old file or the new one, never a half."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return file
