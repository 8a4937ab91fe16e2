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
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from scoring import __version__
from scoring.analysis.output import inert_cell, of_leaves
from scoring.analysis.parts import Progress, Run, Whole, check_targets, in_parts, processes, write_part
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.indicators import IndicatorSet
from scoring.load import Entry, find_set, survey

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
    check_targets(output, explain)
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
        pool, write = processes(min(os.cpu_count() or 1, len(chunks)), _writer, *given)
    settled = 0

    def tell(done: Run) -> None:
        nonlocal settled
        settled = min(settled + EACH, len(paths))
        if progress:
            progress(done.rows + done.wrong, settled, len(paths))

    stamp = json.dumps([__version__, EACH, lang, explain is not None, str(folder.resolve()), _digest(seen)])
    return in_parts(chunks, pool, write, Whole(output, explain, stamp, HEAD), tell)


def _found(folder: Path) -> tuple[list[Path], list[Path]]:
    """The cases and single evaluations below, and every YAML file that may bear on them."""
    cases: list[Path] = []
    seen: list[Path] = []
    within: set[Path] = set()  # folders of a case and all below them
    for name, below, names in os.walk(folder, onerror=_refuse):
        place = Path(name)
        below[:] = sorted(each for each in below if not each.startswith("."))
        files = sorted(place / each for each in names if each.lower().endswith((".yaml", ".yml")) and each[0] != ".")
        seen += files
        if place / "dossier.yaml" in files:
            cases.append(place)
            within.add(place)
        elif place.parent in within:
            within.add(place)
        elif not set(place.relative_to(folder).parts) & set(ASIDE):
            cases += [file for file in files if file.name != "page.yaml"]
    return sorted(cases), seen


def _refuse(error: OSError) -> None:
    raise error  # a folder passed over in silence would be evaluations left out


def _digest(files: Iterable[Path]) -> str:
    states = [(str(file), state.st_size, state.st_mtime_ns) for file in files for state in [file.lstat()]]
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()


def _writer(root: Path, folders: tuple[Path, ...], lang: Lang, explain: bool) -> Callable[[Path, Sequence[Path]], None]:
    return partial(_write, root, folders, cache(find_set), lang, explain)


def _write(
    root: Path,
    folders: tuple[Path, ...],
    known: Callable[[str, tuple[Path, ...]], IndicatorSet],
    lang: Lang,
    explain: bool,
    part: Path,
    paths: Sequence[Path],
) -> None:
    """Some cases scored into a part."""

    def find(
        reference: str, places: Iterable[Path]
    ) -> IndicatorSet:  # one set for all folders without sets of their own
        return known(reference, tuple(place for place in places if place.is_dir()))

    def shown(file: Path | None) -> str:
        return "" if file is None else (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()

    entries: list[tuple[str, Entry]] = []
    faults: dict[Diagnostic, None] = {}
    wrong = 0
    for path in paths:
        sound, found, own = _surveyed(path, folders, find, explain)
        entries += [(shown(entry.file), entry) for entry in sound]
        faults |= dict.fromkeys(found)
        wrong += len(own & {fault.file for fault in found})
    rows = [(*_row(entry), file) for file, entry in entries]
    told = [(*cells, file) for file, e in entries for cells in of_leaves(e.result.evaluation.id, e.result, lang)]
    places = max((entry.result.indicator_set.rounding.places for _, entry in entries), default=0)
    grades = Counter(e.result.grade.text.to(lang) if e.result.grade else "" for _, e in entries)
    write_part(
        part,
        _table(rows, SCORES, places),
        _table(told, REASONS, places) if explain else None,
        (tuple(map(inert_cell, _cells(fault, shown(fault.file), lang))) for fault in faults),
        Run(len(rows), wrong, grades=grades),
    )


def _surveyed(
    path: Path, folders: tuple[Path, ...], find: Any, words: bool
) -> tuple[tuple[Entry, ...], list[Diagnostic], set[Path | None]]:
    """The sound evaluations of a case, what is wrong with the others, and its own files."""
    own: set[Path | None] = {path / "dossier.yaml" if path.is_dir() else path}
    try:
        case, faults = survey(path, folders, find=find, words=words)
    except (ScoringError, OSError) as error:
        faults = [*error.diagnostics] if isinstance(error, ScoringError) else [_unreadable(error, path)]
        return (), faults, own
    files = [path]
    if case.dossier is not None:
        files = [path / attachment.file for attachment in case.dossier.attachments]
        own |= {*files}
    told = {*(entry.file for entry in case.entries), *(fault.file for fault in faults)}
    message = Text("所用的体系有误，没有计算", "not scored: the set it names is faulty")
    hint = Text("先改正体系的文件", "correct the file of the set first")
    faults += [Diagnostic(message, hint, file) for file in files if file not in told and file.is_file()]
    return case.entries, faults, own


def _unreadable(error: OSError, path: Path) -> Diagnostic:
    return Diagnostic(Text(f"读不出来：{error.strerror}", f"cannot be read: {error.strerror}"), file=path)


def _row(entry: Entry) -> tuple[object, ...]:
    result, evaluation = entry.result, entry.result.evaluation
    subject = evaluation.subject
    about = evaluation.id, subject.name, subject.unit, evaluation.year, subject.kind
    grade = result.grade.title if result.grade else None
    return *about, result.total, result.maximum, grade, len(result.open), result.indicator_set.reference


def _table(rows: list[tuple[object, ...]], types: dict[str, Any], places: int) -> Any:
    points = pa.decimal128(DIGITS + places, places)
    schema = pa.schema([(name, kind or points) for name, kind in types.items()])
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    return pa.table([pa.array(cells, each.type) for cells, each in zip(columns, schema, strict=True)], schema)


def _cells(fault: Diagnostic, file: str, lang: Lang) -> Iterator[str]:
    yield file
    yield from (str(number or "") for number in (fault.line, fault.column))
    yield fault.message.to(lang)
    yield fault.hint.to(lang) if fault.hint else ""
