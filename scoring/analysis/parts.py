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
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import feather, parquet
from pyarrow.csv import CSVWriter

from scoring import __version__
from scoring.analysis.batch import Scorer
from scoring.analysis.explain import Explainer
from scoring.analysis.fields import Fields
from scoring.analysis.output import errors, inert, scores
from scoring.analysis.rows import Rows
from scoring.analysis.table import BYTES, LONG, OWN, ROWS, Chunk
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet

EXPLAINED = 8192  # rows of a part whose every indicator is explained


@dataclass(slots=True)
class Run:
    """What a run came to, counted over all its parts. twice: ids that more than one row has."""

    rows: int = 0
    wrong: int = 0
    exact: int = 0
    again: int = 0
    twice: list[str] = field(default_factory=list)
    grades: Counter[str] = field(default_factory=Counter)


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
    for target in (output, explain):
        if target is not None and target.suffix.lower() not in (".csv", ".parquet"):
            raise ScoringError(
                Diagnostic(
                    Text(f"不能写成 {target.suffix or '没有扩展名的文件'}", f"cannot write '{target.suffix}'"),
                    Text("用 .csv 或 .parquet", "use .csv or .parquet"),
                    target,
                )
            )
    rows = Rows(indicator_set, base, file, keep)
    scorer = Scorer(rows.fields, explain is not None)
    output.parent.mkdir(parents=True, exist_ok=True)
    parts = output.with_name(output.name + ".parts")
    _begin(parts, _stamp(indicator_set, base, file, scorer, lang))
    rows.survey()
    done, count, pending = Run(), 0, deque[tuple[Path, Future[None] | None]]()

    def settle() -> None:
        part, future = pending.popleft()
        if future is None:
            done.again += 1
        else:
            future.result()
        _count(done, part)
        if progress:
            progress(done.rows + done.wrong, rows.table.read, rows.table.size)

    workers = os.cpu_count() or 1
    pool, write = _pool(scorer, rows, workers, lang)
    try:
        for count, chunk in enumerate(_cut(rows, scorer), start=1):
            part = parts / f"{count:06}"
            pending.append((part, None if part.is_dir() else pool.submit(write, part, chunk)))
            if len(pending) > workers:
                settle()
        while pending:
            settle()
    finally:
        pool.shutdown(cancel_futures=True)
    folders = [parts / f"{n:06}" for n in range(1, count + 1)]
    done.twice = _twice(folders)
    if rows.long and done.twice:
        message = Text(
            f"同一个评价的各行没有放在一起：{some(done.twice, '、')}",
            f"rows of one evaluation stand apart: {some(done.twice, ', ')}",
        )
        raise ScoringError(Diagnostic(message, Text("先按 id 排序", "sort the table by id first"), file))
    _join([folder / "scores.arrow" for folder in folders], output)
    if explain is not None:
        _join([folder / "reasons.arrow" for folder in folders], explain)
    _join_errors([folder / "errors.csv" for folder in folders], errors_file(output), done.wrong)
    shutil.rmtree(parts)
    return done


def _cut(rows: Rows, scorer: Scorer) -> Iterator[Chunk]:
    """The chunks of the parts."""
    for chunk in rows.pieces():
        if not scorer.explain:
            yield chunk
            continue
        ready = rows.ready(chunk)
        for start in range(0, max(len(ready.numbers), 1), EXPLAINED):
            yield ready.slice(start, EXPLAINED)


def _pool(scorer: Scorer, rows: Rows, workers: int, lang: Lang) -> tuple[Executor, Callable[[Path, Chunk], None]]:
    """Threads where numpy does the work, processes where Python does; and what they are to do with a chunk."""
    if not scorer.explain:

        def write(part: Path, chunk: Chunk) -> None:
            _write_part(scorer, None, lang, part, rows.ready(chunk))

        return ThreadPoolExecutor(workers), write
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin_worker, (scorer.fields, lang))
    return pool, _write_in_worker


_worker: Callable[[Path, Chunk], None]  # of a process of its own


def _begin_worker(fields: Fields, lang: Lang) -> None:
    global _worker
    scorer = Scorer(fields, explain=True)
    _worker = partial(_write_part, scorer, Explainer(scorer, lang), lang)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker does not outlive a run that was killed."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _write_in_worker(part: Path, chunk: Chunk) -> None:
    _worker(part, chunk)


def errors_file(output: Path) -> Path:
    return output.with_name(output.stem + ".errors.csv")


def _stamp(indicator_set: IndicatorSet, base: Evaluation, file: Path, scorer: Scorer, lang: Lang) -> str:
    """What the parts depend on: parts of anything else are thrown away."""
    state = file.stat()
    told = [indicator_set.model_dump_json(), base.model_dump_json()]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    cut = [ROWS, LONG, BYTES, EXPLAINED, scorer.explain]
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


def _write_part(scorer: Scorer, explainer: Explainer | None, lang: Lang, part: Path, chunk: Chunk) -> None:
    """One chunk scored into a folder that appears whole."""
    scored = scorer.score(chunk)
    making = part.with_suffix(".new")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir()
    feather.write_feather(scores(chunk, scored, scorer), making / "scores.arrow", compression="uncompressed")
    if explainer is not None:
        told = explainer.explain(chunk, scored)
        feather.write_feather(told, making / "reasons.arrow", compression="uncompressed")
    with (making / "errors.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for line in scored.lines:
            writer.writerows(errors(line, lang))
    counts = np.bincount(scored.grade + 1, minlength=len(scorer.set.grades) + 1).tolist()
    grades = {grade.text.to(lang): count for grade, count in zip(scorer.set.grades, counts[1:], strict=True)}
    aside = sorted({line.id for line in scored.lines if line.id})
    figures = {
        "rows": len(scored.total),
        "aside": aside,
        "wrong": len(scored.lines),
        "exact": len(scored.results),
        "grades": grades,
    }
    (making / "figures.json").write_text(
        json.dumps({**figures, "open": counts[0]}, ensure_ascii=False), encoding="utf-8"
    )
    making.replace(part)


def _count(done: Run, part: Path) -> None:
    figures = json.loads((part / "figures.json").read_text(encoding="utf-8"))
    done.rows += figures["rows"]
    done.wrong += figures["wrong"]
    done.exact += figures["exact"]
    done.grades.update(figures["grades"])
    done.grades[""] += figures["open"]


def _twice(parts: list[Path]) -> list[str]:
    """The ids that stand in more than one row: looked for by hash, so that not all ids need be kept."""
    marks = np.concatenate([_marks(_ids(part)) for part in parts])
    marks.sort()
    again = set(marks[1:][marks[1:] == marks[:-1]].tolist())
    if not again:
        return []
    times = Counter(str(id) for part in parts for id in _ids(part).to_pylist() if _mark(id) in again)
    return [id for id, count in times.items() if count > 1]


def _ids(part: Path) -> Any:
    """The ids of a part, those of rows set aside too."""
    ids = feather.read_table(part / "scores.arrow", columns=["id"])["id"].combine_chunks()
    aside = json.loads((part / "figures.json").read_text(encoding="utf-8"))["aside"]
    return pa.concat_arrays([ids, pa.array(aside, pa.string()).cast(ids.type, safe=False)]) if aside else ids


def _marks(ids: Any) -> Any:
    if ids.type == pa.int64():
        return ids.to_numpy()
    return np.fromiter(map(_mark, ids.to_pylist()), np.int64, len(ids))


def _mark(id: object) -> int:
    return id if isinstance(id, int) and -(2**63) <= id < 2**63 else hash(id)


def some(ids: list[str], joint: str) -> str:
    """The first few of them."""
    return joint.join(ids[:5]) + ("…" if len(ids) > 5 else "")


def _join(parts: list[Path], output: Path) -> None:
    making = output.with_name(output.name + ".new")
    first = feather.read_table(parts[0])
    if output.suffix.lower() == ".parquet":
        alike = [name for name in first.schema.names if name not in OWN]
        with parquet.ParquetWriter(making, first.schema, use_dictionary=alike, store_decimal_as_integer=True) as writer:
            for part in parts:
                writer.write_table(feather.read_table(part))
    else:
        with making.open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")
            with CSVWriter(stream, inert(first).schema) as writer:
                for part in parts:
                    writer.write_table(inert(feather.read_table(part)))
    making.replace(output)


def _join_errors(parts: list[Path], output: Path, wrong: int) -> None:
    if not wrong:
        output.unlink(missing_ok=True)
        return
    making = output.with_name(output.name + ".new")
    with making.open("wb") as stream:
        stream.write("\ufeffrow,id,column,message,hint\r\n".encode())
        for part in parts:
            stream.write(part.read_bytes())
    making.replace(output)
