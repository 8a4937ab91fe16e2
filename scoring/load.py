"""Files → checked models → results. Every fault of every file of a case is reported in one go, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from scoring.engine import assess
from scoring.errors import Diagnostic, Fault, ScoringError, Text, suggest
from scoring.evaluation import Dossier, Evaluation
from scoring.facts import Figures, read_facts
from scoring.indicators import IndicatorSet
from scoring.result import Result
from scoring.source import Source, read
from scoring.source.model import build

SHIPPED = (Path(__file__).parent / "indicator_sets", Path(__file__).parent.parent / "indicator_sets")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One scored evaluation of a case: its attachment label, its file, and its result."""

    label: str
    file: Path
    result: Result


@dataclass(frozen=True, slots=True)
class Case:
    """A folder with a dossier, or one evaluation file on its own."""

    folder: Path
    dossier: Dossier | None
    entries: tuple[Entry, ...]

    @property
    def id(self) -> str:
        return self.dossier.id if self.dossier else self.entries[0].result.evaluation.id


Check = Callable[[Evaluation, IndicatorSet, Figures], Iterable[Fault]]
Find = Callable[[str, Iterable[Path]], IndicatorSet]


@dataclass
class _Loader:
    folders: tuple[Path, ...]
    check: Check | None = None
    find: Find | None = None
    words: bool = True
    faults: list[Diagnostic] = field(default_factory=list)
    sets: dict[str, IndicatorSet | None] = field(default_factory=dict)

    def attempt(self, action: Callable[[], T]) -> T | None:
        """The action's result, or None after noting what it found wrong."""
        try:
            return action()
        except ScoringError as error:
            self.faults += error.diagnostics
            return None

    def note(self, source: Source, faults: Iterable[Fault]) -> bool:
        """Whether there were faults; each is placed in its file."""
        found = [source.diagnose(fault, ()) for fault in faults]
        self.faults += found
        return bool(found)

    def find_set(self, reference: str, source: Source) -> IndicatorSet | None:
        if reference not in self.sets:
            try:
                self.sets[reference] = (self.find or find_set)(reference, self.folders)
            except Fault as fault:
                self.sets[reference] = None
                self.note(source, [Fault(fault.message, fault.hint, inside=("set",))])
            except ScoringError as error:
                self.sets[reference] = None
                self.faults += error.diagnostics
        return self.sets[reference]

    def entry(self, file: Path, label: str, dossier: Dossier | None) -> Entry | None:
        source = self.attempt(lambda: read(file))
        result, sound = self.result(source, dossier) if source else (None, False)
        return Entry(label, file, result) if result is not None and sound else None

    def result(self, source: Source, dossier: Dossier | None) -> tuple[Result | None, bool]:
        """The result of an evaluation, if there can be one, and whether it has no fault."""
        evaluation = self.attempt(lambda: build(source, Evaluation))
        if evaluation is None:
            return None, False
        if dossier is not None and evaluation.year != dossier.year:
            fault = Fault(
                Text(
                    f"年度 {evaluation.year} 与 dossier.yaml 的 {dossier.year} 不同",
                    f"year {evaluation.year} differs from the dossier's {dossier.year}",
                ),
                inside=("year",),
            )
            self.note(source, [fault])
        indicator_set = self.find_set(evaluation.set, source)
        if indicator_set is None:
            self.note(source, evaluation.faults())
            return None, False
        result, faults = assess(indicator_set, evaluation, self.words)
        if self.check is not None:
            figures, _ = read_facts(indicator_set, evaluation)
            faults += self.check(evaluation, indicator_set, figures)
        return result, not self.note(source, faults)


def set_files(folders: Iterable[Path] = ()) -> list[Path]:
    """The files of every indicator set in these folders and among the shipped ones; nearer folders first."""
    seen: dict[str, Path] = {}
    for folder in (*folders, *SHIPPED):
        for file in sorted(folder.rglob("*.yaml")) if folder.is_dir() else ():
            if file.stem.endswith(".cases"):
                continue  # the set's own test cases
            seen.setdefault(file.stem, file)
    return list(seen.values())


def find_set(reference: str, folders: Iterable[Path] = (), within: tuple[Path, ...] = ()) -> IndicatorSet:
    """The set of that id, or id@version. Fault: no such set or version; ScoringError: its file is faulty.

    within: the files that wait for this one, each tailored from the next.
    """
    id, _, version = reference.partition("@")
    files = set_files(folders)
    fitting = [file for file in files if file.stem in (id, reference)]
    if not fitting:
        names = sorted({file.stem.partition("@")[0] for file in files})
        raise Fault(
            Text(f"找不到指标体系“{id}”", f"there is no indicator set '{id}'"),
            suggest(id, names),
        )
    found = []
    for file in sorted(fitting, key=lambda file: file.stem != reference):  # id@version.yaml before id.yaml
        found.append(load_set(file, folders, within))
        if version in ("", found[-1].version):
            return found[-1]
    have = "、".join(indicator_set.reference for indicator_set in found)
    raise Fault(
        Text(f"指标体系“{id}”没有版本 {version}", f"indicator set '{id}' has no version {version}"),
        Text(f"现有 {have}", f"there is {have}"),
    )


def load_set(file: Path, folders: Iterable[Path] = (), within: tuple[Path, ...] = ()) -> IndicatorSet:
    """One indicator set, whole and sound, tailored from its parent where the file says `extends`.

    ScoringError: every fault with its line.
    """
    source = read(file)
    faults: list[Diagnostic] = []
    if isinstance(source.data, dict) and "extends" in source.data:
        from scoring.tailoring import load_tailored  # only a tailored set needs it

        find = partial(find_set, folders=(file.parent, *folders), within=(*within, file))
        indicator_set: IndicatorSet = load_tailored(source, find, within)
    else:
        indicator_set = build(source, IndicatorSet)
        faults += [source.diagnose(fault, ()) for fault in indicator_set.faults()]
    if file.stem not in (indicator_set.id, indicator_set.reference):
        message = Text(
            f"文件名 {file.stem} 与编号 {indicator_set.id} 不一致",
            f"the file {file.stem} holds the set {indicator_set.id}",
        )
        hint = Text(f"文件名用 {indicator_set.id}.yaml", f"name the file {indicator_set.id}.yaml")
        faults.append(source.diagnose(Fault(message, hint, inside=("id",)), ()))
    if faults:
        raise ScoringError(*faults)
    return indicator_set


def load_case(path: Path, folders: Iterable[Path] = (), check: Check | None = None) -> Case:
    """A folder with dossier.yaml, or one evaluation file: loaded, checked and scored.

    Sets are looked for in the folder's own indicator_sets/, then in `folders`, then among the shipped ones.
    check: what else to look at in each evaluation, so that its faults come with all others.
    ScoringError: every fault of every file.
    """
    case, faults = survey(path, folders, check)
    if faults:
        raise ScoringError(*faults)
    return case


def survey(
    path: Path,
    folders: Iterable[Path] = (),
    check: Check | None = None,
    find: Find | None = None,
    words: bool = True,
) -> tuple[Case, list[Diagnostic]]:
    """A case with the evaluations of it that are sound, and every fault of every file.

    find: what looks for a set, as `find_set` does. words: whether results say in words how they came about.
    ScoringError: the dossier itself cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    loader = _Loader((folder / "indicator_sets", *folders), check, find, words)
    dossier: Dossier | None = None
    pairs = [("", path)]
    if path.is_dir() or path.name == "dossier.yaml":
        file = folder / "dossier.yaml"
        if not file.is_file():
            raise ScoringError(
                Diagnostic(
                    Text("这个文件夹里没有 dossier.yaml", "there is no dossier.yaml in this folder"),
                    Text(
                        "用 jixiao new 新建，或直接给出一个评价文件",
                        "make one with `jixiao new`, or name an evaluation file",
                    ),
                    folder,
                )
            )
        source = read(file)
        dossier = build(source, Dossier)
        loader.note(source, dossier.faults())
        pairs = [(attachment.label, folder / attachment.file) for attachment in dossier.attachments]
        for index, (_, target) in enumerate(pairs):
            if not target.is_file():
                fault = Fault(
                    Text(f"没有文件“{target.name}”", f"there is no file '{target.name}'"),
                    inside=("attachments", index, "file"),
                )
                loader.note(source, [fault])
        pairs = [(label, target) for label, target in pairs if target.is_file()]
    entries = [loader.entry(file, label, dossier) for label, file in pairs]
    scored = [entry for entry in entries if entry]
    loader.faults += _same_ids(scored)
    faulty = {fault.file for fault in loader.faults}
    return Case(folder, dossier, tuple(entry for entry in scored if entry.file not in faulty)), loader.faults


def assess_source(source: Source, folders: Iterable[Path] = ()) -> tuple[Result | None, list[Diagnostic]]:
    """One evaluation as it stands, and every fault of it; no result when its parts do not fit together."""
    loader = _Loader((source.file.parent / "indicator_sets", *folders))
    return loader.result(source, None)[0], loader.faults


def evaluation_files(path: Path) -> list[Path]:
    """The evaluation files of a case: the file itself, or those its dossier names, in their order."""
    if path.is_file() and path.name != "dossier.yaml":
        return [path]
    folder = path if path.is_dir() else path.parent
    dossier = build(read(folder / "dossier.yaml" if path.is_dir() else path), Dossier)
    return [folder / attachment.file for attachment in dossier.attachments]


def _same_ids(entries: list[Entry]) -> list[Diagnostic]:
    seen: dict[str, Path] = {}
    found = []
    for entry in entries:
        id = entry.result.evaluation.id
        if id in seen and seen[id] != entry.file:
            message = Text(
                f"评价编号 {id} 已用于 {seen[id].name}", f"evaluation id {id} is already used in {seen[id].name}"
            )
            found.append(read(entry.file).diagnose(message, ("id",)))
        seen.setdefault(id, entry.file)
    return found
