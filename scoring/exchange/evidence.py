"""The files behind a case's evidence: are they there, are they still what was recorded, and does something use them.

A case keeps them in its folder `evidence`, below it in any order; `file` of an evidence is the path from the case's own
folder. Only what is said here opens them: loading and scoring a case never does.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from scoring.errors import Diagnostic, Fault, Text, nearest
from scoring.evaluation import Evaluation, Evidence
from scoring.load import Case
from scoring.source import read
from scoring.source.text import Source

FOLDER = "evidence"
_LITTER = ("Thumbs.db", "desktop.ini")  # what Windows leaves in a folder

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """What tells a file from another: its SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    size: int


def seal(file: Path) -> Seal:
    """The seal of a file as it is now."""
    found = file.stat()
    return _seal(file, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4096)
def _seal(file: Path, size: int, changed: int) -> Seal:  # a file that did not change is read once in a run
    with file.open("rb") as stream:
        return Seal(hashlib.file_digest(stream, "sha256").hexdigest(), size)


def filed(evaluation: Evaluation) -> Iterator[tuple[Place, Evidence, str]]:
    """Every evidence with a file: its place in the evaluation's file, itself, and the path of its file."""
    for id, record in evaluation.records.items():
        for index, evidence in enumerate(record.evidence):
            if evidence.file is not None:
                yield ("records", id, "evidence", index), evidence, evidence.file


def faults(evaluation: Evaluation, folder: Path) -> Iterator[Fault]:
    """Files of an evaluation that are not there, lie outside the folder, or changed; Fault.inside is their place."""
    for place, evidence, file in filed(evaluation):
        if fault := _astray(file, folder) or _changed(evidence, folder / file):
            yield fault.within(*place)


def seals(evaluation: Evaluation, folder: Path) -> dict[str, Seal]:
    """The seal of every file of an evaluation without faults, by the path it is recorded with."""
    return {file: seal(folder / file) for _, _, file in filed(evaluation)}


def _astray(file: str, folder: Path) -> Fault | None:
    """Why there is no such file inside the folder."""
    path = folder / file
    if path.is_file():
        if path.resolve().is_relative_to(folder.resolve()):
            return None
        return Fault(
            Text(f"文件“{file}”是链接，指向评价文件夹之外", f"'{file}' is a link that leads out of the case's folder"),
            Text("把文件本身复制到评价文件夹里", "copy the file itself into the folder of the case"),
            inside=("file",),
        )
    if path.is_dir():
        return Fault(
            Text(f"“{file}”是文件夹，不是文件", f"'{file}' is a folder, not a file"),
            Text("逐个文件登记", "record its files one by one"),
            inside=("file",),
        )
    hint = Text("把材料放到这个位置，或改正 file", "put the paper there, or correct `file`")
    if near := nearest(file, [found.relative_to(folder).as_posix() for found in kept(folder)]):
        hint = Text(f"是不是 {near}？", f"did you mean {near}?")
    return Fault(Text(f"没有文件“{file}”", f"there is no file '{file}'"), hint, inside=("file",))


def _changed(evidence: Evidence, path: Path) -> Fault | None:
    """How the file differs from what was recorded of it."""
    hint = Text(
        "核对材料；确实换成新材料的，删去 sha256 和 size，再运行 jixiao evidence seal",
        "check the paper; if it was replaced on purpose, delete sha256 and size and run jixiao evidence seal",
    )
    if evidence.size is not None and evidence.size != (size := path.stat().st_size):
        message = Text(
            f"文件“{evidence.file}”变了：现在 {size} 字节，登记的是 {evidence.size} 字节",
            f"'{evidence.file}' changed: {size} bytes now, {evidence.size} recorded",
        )
        return Fault(message, hint, inside=("size",))
    if evidence.sha256 is not None and evidence.sha256 != (now := seal(path).sha256):
        message = Text(
            f"文件“{evidence.file}”的内容变了：SHA-256 现在是 {now[:12]}…，登记的是 {evidence.sha256[:12]}…",
            f"the content of '{evidence.file}' changed: SHA-256 {now[:12]}… now, {evidence.sha256[:12]}… recorded",
        )
        return Fault(message, hint, inside=("sha256",))
    return None


def kept(folder: Path) -> list[Path]:
    """The files in the case's folder of evidence, in order; what systems and programs leave there is not counted."""
    found = [Path(parent) / name for parent, _, names in os.walk(folder / FOLDER) for name in names]
    return sorted(
        file for file in found if file.is_file() and not file.name.startswith((".", "~$")) and file.name not in _LITTER
    )


def notes(case: Case) -> list[Diagnostic]:
    """What is no fault but worth a look: files without a seal, the same content twice, files nothing uses.

    Only a whole dossier tells what is not used: one of its evaluations knows nothing of the others' files.
    """
    found: list[Diagnostic] = []
    unsealed: set[str] = set()
    places: dict[Path, tuple[str, Source | None, Place]] = {}  # file → its path in the case, and where it is recorded
    for entry in case.entries:
        source = read(entry.file)
        for place, evidence, name in filed(entry.result.evaluation):
            places.setdefault((case.folder / name).resolve(), (name, source, (*place, "file")))
            if evidence.sha256 is None and name not in unsealed:
                unsealed.add(name)
                message = Text(f"文件“{name}”没有登记 SHA-256", f"no SHA-256 is recorded for '{name}'")
                hint = Text("运行 jixiao evidence seal 补上", "run jixiao evidence seal to fill it in")
                found.append(source.diagnose(message, (*place, "file"), hint))
    for file in kept(case.folder) if case.dossier else ():
        if file.resolve() not in places:
            places[file] = (file.relative_to(case.folder).as_posix(), None, ())
            message = Text("没有指标用到这份材料", "no indicator uses this paper")
            hint = Text(
                "用 jixiao evidence add 登记，或移出文件夹", "record it with jixiao evidence add, or move it away"
            )
            found.append(Diagnostic(message, hint, file))
    first: dict[str, str] = {}  # content → the file that had it first
    for file, (name, recorded, place) in places.items():
        if (other := first.setdefault(seal(file).sha256, name)) != name:
            message = Text(f"“{name}”与“{other}”内容相同", f"'{name}' has the same content as '{other}'")
            hint = Text("只留一份，各处都登记它", "keep one, and record it wherever it is evidence")
            found.append(recorded.diagnose(message, place, hint) if recorded else Diagnostic(message, hint, file))
    return sorted(found, key=lambda d: (str(d.file), d.line, d.column))
