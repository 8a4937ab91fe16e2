"""A case → its attachments as files: composed in memory first, then written one by one, each whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.exchange import evidence
from scoring.facts import Figures
from scoring.indicators import IndicatorSet
from scoring.load import Case, Check, Entry, set_files
from scoring.report import docx, markdown
from scoring.report.annex import annex
from scoring.report.compose import compose, faults_of_defaults, faults_of_outline, faults_of_words
from scoring.report.document import Book, Document
from scoring.report.outline import load_outline
from scoring.result import Node
from scoring.source import read
from scoring.tailoring import TailoredSet

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # what Windows does not take in a file name


def words(case_folder: Path, folders: Iterable[Path] = ()) -> Check:
    """A check for load_case: the words of each evaluation against the outline its set names."""

    def check(evaluation: Evaluation, indicator_set: IndicatorSet, figures: Figures) -> list[Fault]:
        try:
            outline, _ = load_outline(indicator_set.outline, (case_folder / "outlines",))
        except Fault:
            return []  # reported where the set names it
        return list(faults_of_words(evaluation, figures, outline))

    return check


def documents(case: Case, folders: Iterable[Path] = (), *, complete: bool = True) -> list[Document]:
    """The document of every evaluation that has its data. ScoringError: everything wrong with their words and the files
    of their evidence; with `complete` also the data that are missing."""
    made: list[Document] = []
    found: list[Diagnostic] = []
    annexed: set[str] = set()
    for entry in case.entries:
        result, source = entry.result, read(entry.file)
        try:
            outline, outline_source = load_outline(result.indicator_set.outline, (case.folder / "outlines",))
        except Fault as fault:
            found.append(_in_set(result.indicator_set, (case.folder / "indicator_sets", *folders), fault))
            continue
        waiting = _waiting(entry)
        evaluation, figures = result.evaluation, result.figures
        faults = [*faults_of_words(evaluation, figures, outline), *evidence.faults(evaluation, case.folder)]
        if not waiting:
            faults += faults_of_defaults(evaluation, figures, outline)
        elif complete:
            faults += waiting
        misfits = [outline_source.diagnose(fault, ()) for fault in faults_of_outline(result, outline)]
        found += [*misfits, *(source.diagnose(fault, ()) for fault in faults)]
        if not faults and not waiting and not misfits:
            made.append(compose(result, outline, entry.label, evidence.seals(evaluation, case.folder)))
            if isinstance(result.indicator_set, TailoredSet) and result.indicator_set.reference not in annexed:
                annexed.add(result.indicator_set.reference)
                made.append(annex(result.indicator_set.parent, result.indicator_set, f"{entry.label}附表"))
    if found:
        raise ScoringError(*found)
    return made


def _in_set(indicator_set: IndicatorSet, folders: Iterable[Path], fault: Fault) -> Diagnostic:
    names = (indicator_set.id, indicator_set.reference)
    file = next(file for file in set_files(folders) if file.stem in names)
    return read(file).diagnose(fault, ())


def _waiting(entry: Entry) -> list[Fault]:
    """What keeps a report from being filed: indicators without data, and blanks of a new case left unfilled."""
    return [*_blanks(entry.result.evaluation), *(_missing(leaf) for leaf in entry.result.open)]


def _missing(leaf: Node) -> Fault:
    message = Text(
        f"“{leaf.title.zh}”没有数据，报告不能写出：{leaf.reason.zh}",
        f"'{leaf.id}' has no data, so no report: {leaf.reason.en}",
    )
    if leaf.state == "undefined":
        hint = Text("核对作除数的事实或目标值", "check the facts or the target it divides by")
        return Fault(message, hint, inside=("facts",), at_key=True)
    hint = Text(f"在 records: 下填写 {leaf.id}", f"fill in {leaf.id} under records:")
    return Fault(message, hint, inside=("records",), at_key=True)


def _blanks(evaluation: Evaluation) -> Iterator[Fault]:
    texts: list[tuple[tuple[str | int, ...], str]] = [
        (("title",), evaluation.title),
        (("subject", "name"), evaluation.subject.name),
        (("outside_years",), evaluation.outside_years or ""),
    ]
    for group, own in evaluation.indicators.items():
        for index, each in enumerate(own):
            here = ("indicators", group, index)
            texts += [((*here, "title"), each.title), ((*here, "target"), each.target)]
    for path, text in texts:
        if "（填写" in text:
            yield Fault(
                Text(f"还没有填写：{text}", f"still to be filled in: {text}"),
                Text("换成实际内容", "write the real thing"),
                inside=path,
            )


def write(case: Case, folder: Path, folders: Iterable[Path] = ()) -> list[Path]:
    """Write every attachment as .docx and .md, and for a dossier the bound volume; the files written, in order."""
    made = documents(case, folders)
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
