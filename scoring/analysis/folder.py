"""A folder of cases scored into one table, as `jixiao score` scores each of them; a faulty file stops no other.

A folder with a dossier.yaml is one case: the evaluations its dossier names. Every other YAML file is an evaluation by
itself, but for what stands in indicator_sets/ and outlines/ or is a page.yaml. Sets are looked for where `score` looks,
and in the indicator_sets/ of the whole folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from scoring import __version__
from scoring.analysis.output import inert_cell, of_leaves
from scoring.analysis.parts import Progress, Run, Whole, check_targets, in_parts, processes, twice, write_part
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.indicators import IndicatorSet
from scoring.load import Entry, find_set, survey
from scoring.result import Result

EACH = 64  # cases of a part
ASIDE = ("indicator_sets", "outlines")
HEAD = ("file", "line", "column", "message", "hint")
DIGITS = 30  # of points before the point
SCORES = {"id": pa.string(), "name": pa.string(), "unit": pa.string(), "year": pa.int16(), "kind": pa.string(),
          "total": None, "maximum": None, "grade": pa.string(), "open": pa.int32(), "set": pa.string(), "file": pa.string()}  # fmt: skip
REASONS = {"id": pa.string(), "indicator": pa.string(), "title": pa.string(), "weight": None, "points": None,
           "state": pa.string(), "reason": pa.string(), "file": pa.string()}  # fmt: skip


def run_folder(
    folder: Path,
    output: Path,
    explain: Path | None = None,
    folders: Sequence[Path] = (),
    lang: Lang = "zh",
    progress: Progress | None = None,
) -> Run:
    """Score every evaluation below the folder into a row, in the order of paths. folders: where else sets may be.

    ScoringError: there is none, or a file cannot be written as asked. What is wrong with evaluations is in OUT.errors.csv.
    """
    check_targets(folder, output, explain)
    paths, seen = _found(folder)
    if not paths:
        message = Text("这个文件夹里没有评价", "there is no evaluation in this folder")
        raise ScoringError(
            Diagnostic(message, Text("评价文件以 .yaml 结尾", "an evaluation is a file that ends in .yaml"), folder)
        )
    for more in folders:
        seen += sorted(more.rglob("*.yaml"))
    chunks = [paths[start : start + EACH] for start in range(0, len(paths), EACH)]
    given = (folder, (folder / "indicator_sets", *folders), lang, explain is not None)
    pool: Executor
    write: Callable[[Path, Sequence[Path]], None]
    if len(chunks) == 1:  # other processes would take longer to start
        pool, write = ThreadPoolExecutor(1), _writer(*given)
    else:
        pool, write = processes(_writer, *given)
    settled = 0

    def tell(done: Run) -> None:
        nonlocal settled
        settled = min(settled + EACH, len(paths))
        if progress:
            progress(done.rows + done.wrong, settled, len(paths))

    stamp = json.dumps([__version__, EACH, lang, explain is not None, str(folder.resolve()), _digest(seen)])

    def look(done: Run, parts: list[Path]) -> None:
        done.twice = twice(parts)

    return in_parts(chunks, pool, write, Whole(output, explain, stamp, HEAD), tell, look)


def _found(folder: Path) -> tuple[list[Path], list[Path]]:
    """The cases and single evaluations below, and every YAML file that may bear on them."""
    cases: list[Path] = []
    seen: list[Path] = []
    within: set[Path] = set()  # folders of a case and all below them
    for name, below, names in os.walk(folder, onerror=_refuse):
        place = Path(name)
        below[:] = sorted(each for each in below if not each.startswith("."))
        files = sorted(place / each for each in names if _is_yaml(each))
        seen += files
        if place / "dossier.yaml" in files:
            cases.append(place)
            within.add(place)
        elif place.parent in within:
            within.add(place)
        elif not set(place.relative_to(folder).parts) & set(ASIDE):
            cases += [file for file in files if file.name != "page.yaml"]
    return sorted(cases), seen


def _beside(case: Path) -> list[Path]:
    """The files of a case that could be evaluations; a case within it has its own."""
    found = []
    for name, below, names in os.walk(case) if case.is_dir() else ():
        place = Path(name)
        inner = [each for each in below if not (place / each / "dossier.yaml").is_file()]
        below[:] = [each for each in inner if each not in ASIDE and not each.startswith(".")]
        found += [place / each for each in names if _is_yaml(each) and each not in ("dossier.yaml", "page.yaml")]
    return sorted(found)


def _is_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml")) and name[0] != "."


def _refuse(error: OSError) -> None:
    raise error  # a folder passed over in silence would be evaluations left out


def _digest(files: Iterable[Path]) -> str:
    states = [(str(file), state.st_size, state.st_mtime_ns) for file in files for state in [file.lstat()]]
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()


def _writer(*given: Any) -> Callable[[Path, Sequence[Path]], None]:
    return _Writer(*given).write


class _Writer:
    """Scores some cases into a part, in a process of its own that keeps the sets it has read."""

    def __init__(self, root: Path, folders: tuple[Path, ...], lang: Lang, explain: bool):
        self.root, self.folders, self.lang, self.explain = root, folders, lang, explain
        self.known = cache(find_set)

    def write(self, part: Path, paths: Sequence[Path]) -> None:
        rows: list[tuple[object, ...]] = []
        told: list[tuple[object, ...]] = []
        faults: dict[Diagnostic, None] = {}
        grades: Counter[str] = Counter()
        left: list[str] = []
        wrong = places = 0
        for path in paths:
            entries, found, own = self.surveyed(path)
            left += [self.shown(file) for file in _beside(path) if file not in own]
            faults |= dict.fromkeys(found)
            wrong += len(own & {fault.file for fault in found})
            for entry in entries:
                result, file = entry.result, self.shown(entry.file)
                rows.append((*_row(result), file))
                if self.explain:
                    told += [(*cells, file) for cells in of_leaves(result.evaluation.id, result, self.lang)]
                grades[result.grade.text.to(self.lang) if result.grade else ""] += 1
                places = max(places, result.indicator_set.rounding.places)
        write_part(
            part,
            _table(rows, SCORES, places),
            _table(told, REASONS, places) if self.explain else None,
            (tuple(map(inert_cell, self.cells(fault))) for fault in faults),
            Run(len(rows), wrong, left=left, grades=grades),
        )

    def surveyed(self, path: Path) -> tuple[tuple[Entry, ...], list[Diagnostic], set[Path | None]]:
        """The sound evaluations of a case, what is wrong with the others, and its own files."""
        own: set[Path | None] = {path / "dossier.yaml" if path.is_dir() else path}
        try:
            case, faults = survey(path, self.folders, find=self.find, words=self.explain)
        except ScoringError as error:
            return (), [*error.diagnostics], own
        files = [path]
        if case.dossier is not None:
            files = [path / attachment.file for attachment in case.dossier.attachments]
            own |= {*files}
        told = {*(entry.file for entry in case.entries), *(fault.file for fault in faults)}
        message = Text("所用的体系有误，没有计算", "not scored: the set it names is faulty")
        hint = Text("先改正体系的文件", "correct the file of the set first")
        faults += [Diagnostic(message, hint, file) for file in files if file not in told and file.is_file()]
        return case.entries, faults, own

    def find(self, reference: str, folders: Iterable[Path]) -> IndicatorSet:
        """The set, read once for all cases that have no sets of their own."""
        return self.known(reference, tuple(folder for folder in folders if folder.is_dir()))

    def shown(self, file: Path) -> str:
        return (file.relative_to(self.root) if file.is_relative_to(self.root) else file).as_posix()

    def cells(self, fault: Diagnostic) -> Iterator[str]:
        yield self.shown(fault.file) if fault.file else ""
        yield from (str(number or "") for number in (fault.line, fault.column))
        yield fault.message.to(self.lang)
        yield fault.hint.to(self.lang) if fault.hint else ""


def _row(result: Result) -> tuple[object, ...]:
    evaluation, subject = result.evaluation, result.evaluation.subject
    about = evaluation.id, subject.name, subject.unit, evaluation.year, subject.kind
    grade = result.grade.title if result.grade else None
    return *about, result.total, result.maximum, grade, len(result.open), result.indicator_set.reference


def _table(rows: list[tuple[object, ...]], types: dict[str, Any], places: int) -> Any:
    points = pa.decimal128(DIGITS + places, places)
    schema = pa.schema([(name, kind or points) for name, kind in types.items()])
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    return pa.table([pa.array(cells, each.type) for cells, each in zip(columns, schema, strict=True)], schema)
