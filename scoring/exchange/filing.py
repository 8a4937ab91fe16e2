"""Files of evidence taken into a case and recorded for an indicator, with their size and SHA-256."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.exchange.evidence import FOLDER, faults, filed, seal
from scoring.exchange.record import Sheet, find_indicator
from scoring.exchange.store import Change, apply
from scoring.source import Source
from scoring.source.model import build
from scoring.source.splice import END

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # what Windows does not take in a file name


def add(
    folder: Path, sheets: Sequence[Sheet], indicator: str, file: Path, about: dict[str, str], who: str
) -> tuple[Path, str]:
    """Record the file for the indicator, copied into the case unless it lies there: the evaluation's file, and its path.

    about: title, kind and place of the evidence. ScoringError: why it cannot be done; then nothing was written.
    """
    sheet, leaf = find_indicator(sheets, indicator)
    if not file.is_file():
        what = (
            Text("这不是一个普通文件", "this is no ordinary file")
            if file.exists()
            else Text("没有这个文件", "no such file")
        )
        raise ScoringError(Diagnostic(what, file=file))
    own = [each.file.resolve() for each in sheets] + [(folder / "dossier.yaml").resolve()]
    if file.resolve() in own or (folder / ".jixiao").resolve() in file.resolve().parents:
        message = Text("评价自己的文件不能作佐证", "a file of the case itself is no evidence")
        raise ScoringError(Diagnostic(message, Text("登记证明它的材料", "record the paper that proves it"), file))
    name, copied = _taken_in(file, folder)
    try:
        for place, other, recorded in filed(sheet.result.evaluation):
            if (place[1], recorded, other.place) == (leaf.id, name, about.get("place")):
                message = Text(f"“{name}”已为这个指标登记", f"'{name}' is already recorded for this indicator")
                hint = Text("是别的页码，用 --place 写明", "if it is another place in it, say so with --place")
                raise ScoringError(sheet.source.diagnose(message, place, hint))
        now = seal(folder / name)
        value = {**about, "file": name, "sha256": now.sha256, "size": now.size}
        change = Change(("records", leaf.id, "evidence", END), value)
        apply(sheet.file, [change], who, f"evidence {name}", check=_still_reads)
    except BaseException:
        if copied:
            (folder / name).unlink()
        raise
    return sheet.file, name


def seal_all(folder: Path, sheets: Sequence[Sheet], who: str) -> dict[Path, int]:
    """Fill in the sizes and hashes that are not recorded; how many files of evidence that was, by evaluation.

    ScoringError: a file is not there or is not what was recorded; then nothing was written.
    """
    found = [fault for sheet in sheets for fault in _wrong(sheet.source, sheet.result.evaluation, folder)]
    if found:
        raise ScoringError(*found)
    filled: dict[Path, int] = {}
    for sheet in sheets:
        changes = []
        for place, evidence, name in filed(sheet.result.evaluation):
            now = seal(folder / name)
            given = {"sha256": now.sha256, "size": now.size}
            lacking = [Change((*place, key), given[key]) for key in given if getattr(evidence, key) is None]
            filled[sheet.file] = filled.get(sheet.file, 0) + bool(lacking)
            changes += lacking
        if changes:
            apply(sheet.file, changes, who, "evidence seal", check=partial(_still_holds, folder))
    return filled


def _wrong(source: Source, evaluation: Evaluation, folder: Path) -> list[Diagnostic]:
    return [source.diagnose(fault, ()) for fault in faults(evaluation, folder)]


def _still_reads(source: Source) -> None:
    """Evidence changes no score, so an evaluation stays as sound as it was if it still reads as one."""
    build(source, Evaluation)


def _still_holds(folder: Path, source: Source) -> None:
    """Somebody may have moved an entry since the case was read: then a hash would stand beside another file."""
    if found := _wrong(source, build(source, Evaluation), folder):
        raise ScoringError(*found)


def _taken_in(file: Path, folder: Path) -> tuple[str, bool]:
    """The path of the file from the case's folder, and whether it was copied there."""
    whole, home = file.resolve(), folder.resolve()
    if whole.is_relative_to(home):
        return whole.relative_to(home).as_posix(), False
    target = folder / FOLDER / _UNSAFE.sub("_", file.name)
    if not target.parent.resolve().is_relative_to(home):
        message = Text(f"“{FOLDER}”是通到评价文件夹之外的链接", f"'{FOLDER}' is a link out of the case")
        hint = Text("换成真正的文件夹", "make it a real folder")
        raise ScoringError(Diagnostic(message, hint, target.parent))
    name = target.relative_to(folder).as_posix()
    if target.exists():
        if target.is_file() and seal(target) == seal(file):
            return name, False
        message = Text(f"“{name}”已有，内容不同", f"there is another '{name}' already")
        raise ScoringError(Diagnostic(message, Text("换一个文件名再登记", "give the file another name"), file))
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(file, part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return name, True
