"""A table scored into files, chunk by chunk: every chunk its own part, so that a run cut short goes on where it stopped.

Beside the output lies OUT.parts/ while the work goes on: a stamp of what is being done, and one folder a chunk, each put
there whole. At the end the parts are joined in their order into OUT, OUT.errors.csv and, where asked, the table of
indicators; each appears whole or not at all, and a run cut short and taken up again ends in the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import feather, parquet
from pyarrow.csv import CSVWriter

from scoring import __version__
from scoring.analysis.batch import Scorer
from scoring.analysis.fields import Fields
from scoring.analysis.output import errors, inert, reasons, scores
from scoring.analysis.table import BYTES, OWN, ROWS, Chunk, Table, open_table
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet

EXPLAINED = 2048  # rows of a part where every row goes through the engine


@dataclass(slots=True)
class Run:
    """What a run came to, counted over all its parts."""

    rows: int = 0
    wrong: int = 0
    exact: int = 0
    again: int = 0
    grades: Counter[str] = field(default_factory=Counter)


C = TypeVar("C")
Progress = Callable[[int, int, int], None]  # rows so far, read so far, of how much


def run(
    indicator_set: IndicatorSet,
    base: Evaluation,
    file: Path,
    output: Path,
    explain: Path | None = None,
    keep: tuple[str, ...] = (),
    lang: Lang = "zh",
    progress: Progress | None = None,
) -> Run:
    """Score a table into files. keep: headers of columns that go along unchanged.

    ScoringError: the table does not fit the set, or a file cannot be written as asked.
    """
    check_targets(output, explain)
    table = open_table(file)
    fields = Fields(indicator_set, table.headers, base, file, keep)
    scorer = Scorer(fields, every=explain is not None)
    workers = os.cpu_count() or 1
    pool, write = _pool(scorer, workers, lang)

    def tell(done: Run) -> None:
        if progress:
            progress(done.rows + done.wrong, table.read, table.size)

    stamp = _stamp(indicator_set, base, file, scorer, lang)
    head = ("row", "id", "column", "message", "hint")
    return in_parts(_cut(table, scorer), pool, write, Whole(output, explain, stamp, head), tell)


@dataclass(frozen=True, slots=True)
class Whole:
    """What parts are joined into, what they depend on, and the head of the file of errors."""

    output: Path
    explain: Path | None
    stamp: str
    head: tuple[str, ...]


def in_parts(
    chunks: Iterable[C], pool: Executor, write: Callable[[Path, C], None], whole: Whole, tell: Callable[[Run], None]
) -> Run:
    """Every chunk written by the pool as a part of its own, but for those there already; then all of them joined.

    write makes a folder of scores.arrow, reasons.arrow, errors.csv and figures.json that appears whole.
    """
    output = whole.output
    output.parent.mkdir(parents=True, exist_ok=True)
    parts = output.with_name(output.name + ".parts")
    done, count, pending = Run(), 0, deque[tuple[Path, Future[None] | None]]()

    def settle() -> None:
        part, future = pending.popleft()
        if future is None:
            done.again += 1
        else:
            future.result()
        _count(done, part)
        tell(done)

    try:
        _begin(parts, whole.stamp)
        for count, chunk in enumerate(chunks, start=1):
            part = parts / f"{count:06}"
            pending.append((part, None if part.is_dir() else pool.submit(write, part, chunk)))
            if len(pending) > (os.cpu_count() or 1):
                settle()
        while pending:
            settle()
    finally:
        pool.shutdown(cancel_futures=True)
    folders = [parts / f"{n:06}" for n in range(1, count + 1)]
    _join([folder / "scores.arrow" for folder in folders], output)
    if whole.explain is not None:
        _join([folder / "reasons.arrow" for folder in folders], whole.explain)
    _join_errors([folder / "errors.csv" for folder in folders], errors_file(output), done.wrong, whole.head)
    shutil.rmtree(parts)
    return done


def check_targets(*targets: Path | None) -> None:
    """ScoringError: a file of a kind that is not written."""
    for target in targets:
        if target is not None and target.suffix.lower() not in (".csv", ".parquet"):
            raise ScoringError(
                Diagnostic(
                    Text(f"不能写成 {target.suffix or '没有扩展名的文件'}", f"cannot write '{target.suffix}'"),
                    Text("用 .csv 或 .parquet", "use .csv or .parquet"),
                    target,
                )
            )


def _cut(table: Table, scorer: Scorer) -> Iterator[Chunk]:
    """The chunks of the parts; at least one, so that an empty table has its columns too."""
    none = True
    for chunk in table.chunks:
        none, rows = False, chunk.batch.num_rows
        step = EXPLAINED if scorer.every else max(rows, 1)
        for start in range(0, max(rows, 1), step):
            numbers = chunk.numbers[start : start + step]
            yield Chunk(chunk.batch.slice(start, step), numbers, () if start else chunk.unread)
    if none:
        schema = pa.schema([(header, pa.string()) for header in table.headers])
        yield Chunk(pa.RecordBatch.from_pylist([], schema), np.arange(0))


def _pool(scorer: Scorer, workers: int, lang: Lang) -> tuple[Executor, Callable[[Path, Chunk], None]]:
    """Threads where numpy does the work, processes where Python does; and what they are to do with a chunk."""
    if not scorer.every:
        return ThreadPoolExecutor(workers), partial(_write_part, scorer, lang)
    return processes(workers, _explaining, scorer.fields, lang)


def _explaining(fields: Fields, lang: Lang) -> Callable[[Path, Chunk], None]:
    return partial(_write_part, Scorer(fields, every=True), lang)


def processes(workers: int, make: Callable[..., Any], *given: object) -> tuple[Executor, Callable[[Path, Any], None]]:
    """Processes that write parts, each with what `make` makes there of `given`."""
    return ProcessPoolExecutor(workers, get_context("spawn"), _begin_worker, (make, given)), _write_in_worker


_worker: Callable[[Path, Any], None]  # of a process of its own


def _begin_worker(make: Callable[..., Any], given: tuple[object, ...]) -> None:
    global _worker
    _worker = make(*given)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker does not outlive a run that was killed."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _write_in_worker(part: Path, chunk: object) -> None:
    _worker(part, chunk)


def errors_file(output: Path) -> Path:
    return output.with_name(output.stem + ".errors.csv")


def _stamp(indicator_set: IndicatorSet, base: Evaluation, file: Path, scorer: Scorer, lang: Lang) -> str:
    """What the parts depend on: parts of anything else are thrown away."""
    state = file.stat()
    told = [indicator_set.model_dump_json(), base.model_dump_json()]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    cut = [ROWS, BYTES, EXPLAINED, scorer.every]
    source = [str(file.resolve()), state.st_size, state.st_mtime_ns]
    return json.dumps([__version__, *cut, digest, *source, *scorer.fields.keep, lang])


def _begin(parts: Path, stamp: str) -> None:
    mark = parts / "stamp.json"
    if parts.is_dir() and not (mark.is_file() and mark.read_text(encoding="utf-8") == stamp):
        shutil.rmtree(parts)
    parts.mkdir(exist_ok=True)
    if not mark.is_file():
        temporary = parts / "stamp.new"
        temporary.write_text(stamp, encoding="utf-8")
        temporary.replace(mark)


def _write_part(scorer: Scorer, lang: Lang, part: Path, chunk: Chunk) -> None:
    """One chunk scored into a part."""
    scored = scorer.score(chunk)
    counts = np.bincount(scored.grade + 1, minlength=len(scorer.set.grades) + 1).tolist()
    grades = {grade.text.to(lang): count for grade, count in zip(scorer.set.grades, counts[1:], strict=True)}
    write_part(
        part,
        scores(chunk, scored, scorer),
        reasons(chunk, scored, scorer, lang) if scorer.every else None,
        (cells for line in scored.lines for cells in errors(line, lang)),
        Run(len(scored.total), len(scored.lines), scored.exact, grades=Counter({**grades, "": counts[0]})),
    )


def write_part(part: Path, scores: Any, reasons: Any | None, errors: Iterable[Sequence[str]], figures: Run) -> None:
    """A part as a folder that appears whole."""
    making = part.with_suffix(".new")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir()
    feather.write_feather(scores, making / "scores.arrow", compression="uncompressed")
    if reasons is not None:
        feather.write_feather(reasons, making / "reasons.arrow", compression="uncompressed")
    with (making / "errors.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(errors)
    counts = {"rows": figures.rows, "wrong": figures.wrong, "exact": figures.exact, "grades": figures.grades}
    (making / "figures.json").write_text(json.dumps(counts, ensure_ascii=False), encoding="utf-8")
    making.replace(part)


def _count(done: Run, part: Path) -> None:
    figures = json.loads((part / "figures.json").read_text(encoding="utf-8"))
    done.rows += figures["rows"]
    done.wrong += figures["wrong"]
    done.exact += figures["exact"]
    done.grades.update(figures["grades"])


def _join(parts: list[Path], output: Path) -> None:
    making = output.with_name(output.name + ".new")
    # parts of different sets may differ in the places of their decimals
    schema = pa.unify_schemas([feather.read_table(part).schema for part in parts], promote_options="permissive")
    first = feather.read_table(parts[0]).cast(schema)
    if output.suffix.lower() == ".parquet":
        alike = [name for name in first.schema.names if name not in OWN]
        with parquet.ParquetWriter(making, first.schema, use_dictionary=alike, store_decimal_as_integer=True) as writer:
            for part in parts:
                writer.write_table(feather.read_table(part).cast(schema))
    else:
        with making.open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")
            with CSVWriter(stream, inert(first).schema) as writer:
                for part in parts:
                    writer.write_table(inert(feather.read_table(part).cast(schema)))
    making.replace(output)


def _join_errors(parts: list[Path], output: Path, wrong: int, head: tuple[str, ...]) -> None:
    if not wrong:
        output.unlink(missing_ok=True)
        return
    making = output.with_name(output.name + ".new")
    with making.open("wb") as stream:
        stream.write(f"\ufeff{','.join(head)}\r\n".encode())
        for part in parts:
            stream.write(part.read_bytes())
    making.replace(output)
