"""Reports of many cases: each whole or not at all, one faulty case never stopping the others, on every core."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import Diagnostic, ScoringError
from scoring.load import load_case
from scoring.report.formats import USUAL
from scoring.report.write import thorough, write

FEW = 8  # below this it takes longer to start other processes


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be written, and how."""

    output: Path
    folders: tuple[Path, ...] = ()
    formats: Sequence[str] = USUAL
    only: Collection[str] = ()
    page: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """One case: the files written, or what is wrong with it."""

    path: Path
    files: tuple[Path, ...] = ()
    faults: tuple[Diagnostic, ...] = ()


def write_many(paths: Sequence[Path], task: Task) -> Iterator[Done]:
    """Each case in a folder of its own under the output, named as the case's folder or file; in the order given."""
    if len(paths) < FEW:
        yield from (_one(path, task) for path in paths)
        return
    waiting: deque[Future[Done]] = deque()
    rest = iter(paths)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for path in rest:
            waiting.append(pool.submit(_one, path, task))
            if len(waiting) >= 64:  # so that what waits does not grow with the number of cases
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _one(path: Path, task: Task) -> Done:
    try:
        case = load_case(path, task.folders, thorough(path))
        name = path.name if path.is_dir() else path.stem
        files = write(case, task.output / name, task.folders, task.formats, only=task.only, page=task.page)
        return Done(path, tuple(files))
    except ScoringError as error:
        return Done(path, faults=error.diagnostics)
