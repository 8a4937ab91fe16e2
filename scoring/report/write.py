"""A case → its attachments as files: composed in memory first, then written one by one, each whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import Diagnostic, Fault, ScoringError, Text, suggest
from scoring.evaluation import Evaluation
from scoring.exchange import evidence
from scoring.exchange.files import save
from scoring.facts import Figures
from scoring.indicators import IndicatorSet
from scoring.load import Case, Check, Entry, set_files
from scoring.report import docx
from scoring.report.annex import annex
from scoring.report.compose import compose, faults_of_defaults, faults_of_outline, faults_of_words
from scoring.report.document import Book, Document
from scoring.report.formats import FORMATS, USUAL
from scoring.report.office.word import Template
from scoring.report.outline import load_outline
from scoring.report.page import profile
from scoring.result import Node, Result
from scoring.source import read
from scoring.tailoring import TailoredSet

_LONGEST = 200  # bytes of a file's name; most systems take 255
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


@dataclass(frozen=True, slots=True)
class Paper:
    """One document and the result it reports; an annex has none of its own."""

    document: Document
    result: Result | None = None

    @property
    def name(self) -> str:
        return safe_name(f"{self.document.label} {self.document.full_title}".strip())


def thorough(path: Path) -> Check:
    """A check for load_case: words of the report and files of evidence."""
    folder = path if path.is_dir() else path.parent
    of_words = words(folder)
    return lambda *of: [*of_words(*of), *evidence.faults(of[0], folder)]


def documents(case: Case, folders: Iterable[Path] = (), *, complete: bool = True) -> list[Document]:
    """The document of every evaluation that has its data, as `papers` makes them."""
    return [paper.document for paper in papers(case, folders, complete=complete)]


def papers(
    case: Case, folders: Iterable[Path] = (), *, complete: bool = True, only: Collection[str] = ()
) -> list[Paper]:
    """Every evaluation that has its data, with its document; `only` keeps those with these labels.

    ScoringError: everything wrong with their words, the files of their evidence and the case's own page profile, and
    labels that do not exist; with `complete` also the data that are missing.
    """
    made: list[Paper] = []
    labels = _labels(case)
    found = [_unknown(case, label, [*labels]) for label in only if label not in labels]
    try:
        profile(None, case.folder)
    except ScoringError as error:
        found += error.diagnostics
    annexed: set[str] = set()
    for entry in case.entries:
        if only and not {label for label, owner in labels.items() if owner is entry} & {*only}:
            continue
        result = entry.result
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
        found += misfits
        if faults:
            source = read(entry.file)
            found += [source.diagnose(fault, ()) for fault in faults]
        if not faults and not waiting and not misfits:
            seals = evidence.seals(evaluation, case.folder)
            made.append(Paper(compose(result, outline, entry.label, seals), result))
            if isinstance(result.indicator_set, TailoredSet) and result.indicator_set.reference not in annexed:
                annexed.add(result.indicator_set.reference)
                made.append(Paper(annex(result.indicator_set.parent, result.indicator_set, _annexed(entry))))
    if found:
        raise ScoringError(*found)
    return [paper for paper in made if not only or paper.document.label in only]


def _labels(case: Case) -> dict[str, Entry]:
    """Every label of a case, those of annexes included, with the evaluation it comes from."""
    labels = {entry.label: entry for entry in case.entries if entry.label}
    tailored: set[str] = set()
    for entry in case.entries:
        used = entry.result.indicator_set
        if entry.label and isinstance(used, TailoredSet) and used.reference not in tailored:
            tailored.add(used.reference)
            labels[_annexed(entry)] = entry
    return labels


def _annexed(entry: Entry) -> str:
    return f"{entry.label}附表"


def _unknown(case: Case, label: str, labels: list[str]) -> Diagnostic:
    message = Text(f"没有附件“{label}”", f"there is no attachment '{label}'")
    if case.dossier is None:
        hint = Text("这是单独一个评价文件，不用写 --only", "this is one evaluation file: leave out --only")
        return Diagnostic(message, hint, case.entries[0].file)
    return Diagnostic(message, suggest(label, labels), case.folder / "dossier.yaml")


def _in_set(indicator_set: IndicatorSet, folders: Iterable[Path], fault: Fault) -> Diagnostic:
    names = (indicator_set.id, indicator_set.reference)
    file = next(file for file in set_files(folders) if file.stem in names)
    return read(file).diagnose(fault, ())


def _waiting(entry: Entry) -> list[Fault]:
    """What keeps a report from being filed: indicators without data, and blanks of a new case left unfilled."""
    return [*blanks(entry.result.evaluation), *(_missing(leaf) for leaf in entry.result.open)]


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


def blanks(evaluation: Evaluation) -> Iterator[Fault]:
    """Places of a new case that still hold the words that ask for their content."""
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


def write(
    case: Case,
    folder: Path,
    folders: Iterable[Path] = (),
    formats: Sequence[str] = USUAL,
    *,
    only: Collection[str] = (),
    page: Path | None = None,
) -> list[Path]:
    """Write every attachment in these formats, and for a dossier the bound volume; the files written, in order.

    only: labels of the attachments wanted; then there is no bound volume.
    page: the page profile, else page.yaml in the case's folder, else that of GB/T 9704.
    """
    made = papers(case, folders, only=only)
    looks = profile(page, case.folder)
    ways = [(suffix, FORMATS[suffix], FORMATS[suffix].renderers(looks)) for suffix in formats]
    base = _way_to(case.folder, folder)
    files: list[tuple[str, bytes | str]] = []

    def add(name: str, *given: object, of: str, bound: bool = False) -> None:
        for suffix, way, renderers in ways:
            if way.of == of and way.bound >= bound:
                files.extend((f"{name}{adds}.{suffix}", render(*given)) for adds, render in renderers)

    for paper in made:
        add(paper.name, paper.document, of="document")
        add(paper.name, paper.document, [paper.result], base, of="result")
    whole = made[0].name
    if case.dossier is not None and not only:
        whole = safe_name(case.dossier.title)
        title = (case.dossier.body, case.dossier.title.removeprefix(case.dossier.body))
        book = Book(title, tuple(paper.document for paper in made))
        add(f"{whole}（合订本）", book, of="document", bound=True)
        add(f"{whole}（合订本）", book, [paper.result for paper in made], base, of="result", bound=True)
    if results := [paper.result for paper in made if paper.result]:
        add(whole, results, of="case")
    return _saved(folder, files)


def write_by_template(
    case: Case, folder: Path, template: Path, folders: Iterable[Path] = (), *, only: Collection[str] = ()
) -> list[Path]:
    """Write every attachment into the office's own Word template; the annexes of tailored sets are in the house style."""
    made = papers(case, folders, only=only)
    office = Template(template)
    found = [fault for paper in made if paper.result for fault in office.faults(paper.result)]
    if found:
        raise ScoringError(*dict.fromkeys(found))
    files = [
        (
            f"{paper.name}.docx",
            office.render(paper.document, paper.result) if paper.result else docx.render(paper.document),
        )
        for paper in made
    ]
    return _saved(folder, files)


def check_template(case: Case, template: Path) -> list[Diagnostic]:
    """Everything wrong with the office's template, held against every evaluation of a case."""
    office = Template(template)
    return list(dict.fromkeys(fault for entry in case.entries for fault in office.faults(entry.result)))


def _saved(folder: Path, files: Iterable[tuple[str, bytes | str]]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return [save(folder / name, data) for name, data in files]


def _way_to(target: Path, start: Path) -> str:
    """The path of links from one folder to another; "" where there is none, as between two drives."""
    try:
        return Path(os.path.relpath(target, start)).as_posix()
    except ValueError:
        return ""


def safe_name(text: str) -> str:
    """A file name that Windows, Linux and macOS all take, with room for what is added to it."""
    name = _UNSAFE.sub("_", text).encode()[:_LONGEST].decode(errors="ignore").strip(" .")
    reserved = re.match(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³])\s*(\.|\Z)", name)
    return f"_{name}" if reserved or not name else name
