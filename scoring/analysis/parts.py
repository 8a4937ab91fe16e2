"""Chunk by chunk into files: every chunk its own part, so that a run cut short goes on where it stopped.

Beside the output lies OUT.parts/ while the work goes on: a stamp of what is being done, and one folder a chunk, each put
there whole. At the end the parts are joined in their order into OUT, OUT.errors.csv and, where asked, the table of
indicators; each appears whole or not at all, and a run cut short and taken up again ends in the same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock, Timeout
from pyarrow import feather, parquet
from pyarrow.csv import CSVWriter

from scoring.analysis.output import inert
from scoring.analysis.table import OWN
from scoring.errors import Diagnostic, ScoringError, Text

C = TypeVar("C")
_SAID = b"column,message,hint"  # how the head of every file of errors ends
Progress = Callable[[int, int, int], None]  # rows so far, read so far, of how much


@dataclass(slots=True)
class Run:
    """What a run came to, counted over all its parts. twice: ids that more than one row has; left: files passed over."""

    rows: int = 0
    wrong: int = 0
    exact: int = 0
    again: int = 0
    twice: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    grades: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Whole:
    """What parts are joined into, what they depend on, and the head of the file of errors."""

    output: Path
    explain: Path | None
    stamp: str
    head: tuple[str, ...]


def in_parts(
    chunks: Iterable[C],
    pool: Executor,
    write: Callable[[Path, C], None],
    whole: Whole,
    tell: Callable[[Run], None],
    look: Callable[[Run, list[Path]], None] = lambda *_: None,
) -> Run:
    """Every chunk written by the pool as a part of its own, but for those there already; then all of them joined.

    write makes a folder of scores.arrow, reasons.arrow, errors.csv and figures.json that appears whole. look: at all parts,
    before they are joined.
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

    lock = FileLock(parts.with_suffix(".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        pool.shutdown(cancel_futures=True)
        message = Text("另一次运行正在写这个文件", "another run is writing this file")
        raise ScoringError(
            Diagnostic(message, Text("等它结束，或换一个文件名", "wait for it, or choose another name"), output)
        ) from None
    try:
        _begin(parts, whole.stamp)
        for count, chunk in enumerate(chunks, start=1):
            part = parts / f"{count:06}"
            pending.append((part, None if part.is_dir() else pool.submit(write, part, chunk)))
            if len(pending) > (os.cpu_count() or 1):
                settle()
        while pending:
            settle()
        folders = [parts / f"{n:06}" for n in range(1, count + 1)]
        look(done, folders)
        _join([folder / "scores.arrow" for folder in folders], output)
        if whole.explain is not None:
            _join([folder / "reasons.arrow" for folder in folders], whole.explain)
        _join_errors([folder / "errors.csv" for folder in folders], errors_file(output), done.wrong, whole.head)
        shutil.rmtree(parts)
        return done
    finally:
        pool.shutdown(cancel_futures=True)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def check_targets(source: Path, output: Path, explain: Path | None) -> None:
    """ScoringError: a file of a kind that is not written, or one that is to be read, is written twice or is not ours."""
    faults = []
    seen = {source.resolve(): Text("这是要读的表，不能覆盖", "this is the table to be read")}
    for target in (output, *([explain] if explain else []), errors_file(output)):
        if target.suffix.lower() not in (".csv", ".parquet"):
            message = Text(f"不能写成 {target.suffix or '没有扩展名的文件'}", f"cannot write '{target.suffix}'")
            faults.append(Diagnostic(message, Text("用 .csv 或 .parquet", "use .csv or .parquet"), target))
        elif target.is_dir():
            faults.append(
                Diagnostic(Text("这是一个文件夹", "this is a folder"), Text("写文件名", "name a file"), target)
            )
        elif (found := seen.get(target.resolve())) is not None:
            faults.append(Diagnostic(found, Text("换一个文件名", "choose another name"), target))
        seen.setdefault(target.resolve(), Text("两样结果写到同一个文件", "two results go to the same file"))
    errors = errors_file(output)
    if errors.is_file() and not errors.read_bytes().partition(b"\r\n")[0].endswith(_SAID):
        message = Text("这个文件不是批量评分写的，不能覆盖", "this file was not written by a batch and is kept")
        faults.append(Diagnostic(message, Text("给结果换一个文件名", "choose another name for the result"), errors))
    if faults:
        raise ScoringError(*faults)


def processes(make: Callable[..., Any], *given: object) -> tuple[Executor, Callable[[Path, Any], None]]:
    """Processes that write parts, each with what `make` makes there of `given`."""
    pool = ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _begin_worker, (make, given))
    return pool, _write_in_worker


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


def _begin(parts: Path, stamp: str) -> None:
    mark = parts / "stamp.json"
    if parts.is_dir() and not (mark.is_file() and mark.read_text(encoding="utf-8") == stamp):
        shutil.rmtree(parts)
    parts.mkdir(exist_ok=True)
    if not mark.is_file():
        temporary = parts / "stamp.new"
        temporary.write_text(stamp, encoding="utf-8")
        temporary.replace(mark)


def write_part(
    part: Path,
    scores: Any,
    reasons: Any | None,
    errors: Iterable[Sequence[str]],
    figures: Run,
    aside: Sequence[str] = (),
) -> None:
    """A part as a folder that appears whole. aside: ids of the rows with errors."""
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
    told = json.dumps({**counts, "aside": aside, "left": figures.left}, ensure_ascii=False)
    (making / "figures.json").write_text(told, encoding="utf-8")
    making.replace(part)


def _count(done: Run, part: Path) -> None:
    figures = json.loads((part / "figures.json").read_text(encoding="utf-8"))
    done.rows += figures["rows"]
    done.wrong += figures["wrong"]
    done.exact += figures["exact"]
    done.grades.update(figures["grades"])
    done.left += figures["left"]


def _rising(parts: list[Path]) -> bool:
    """Whether every id is above the one before, as in a sorted table: then none stands twice."""
    last = None
    for part in parts:
        ids = _ids(part)
        if not len(ids):
            continue
        if last is not None and not pc.greater(ids[0], last).as_py():
            return False
        if not pc.all(pc.greater(ids.slice(1), ids.slice(0, len(ids) - 1))).as_py() and len(ids) > 1:
            return False
        last = ids[-1]
    return True


def _ids(part: Path) -> Any:
    """The ids of a part, those of rows set aside too."""
    ids = feather.read_table(part / "scores.arrow", columns=["id"])["id"].combine_chunks()
    aside = json.loads((part / "figures.json").read_text(encoding="utf-8"))["aside"]
    return pa.concat_arrays([ids, pa.array(aside, pa.string()).cast(ids.type, safe=False)]) if aside else ids


def twice(parts: list[Path]) -> list[str]:
    """The ids that stand in more than one row: looked for by hash, so that not all ids need be kept."""
    if _rising(parts):
        return []
    marks = np.concatenate([_marks(_ids(part)) for part in parts])
    marks.sort()
    again = set(marks[1:][marks[1:] == marks[:-1]].tolist())
    if not again:
        return []
    times = Counter(str(id) for part in parts for id in _ids(part).to_pylist() if _mark(id) in again)
    return [id for id, count in times.items() if count > 1]


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
    # parts of different sets may differ in the places of their decimals
    schema = pa.unify_schemas([pa.ipc.open_file(part).schema for part in parts], promote_options="permissive")
    tables = (feather.read_table(part).cast(schema) for part in parts)
    if output.suffix.lower() == ".parquet":
        alike = [name for name in schema.names if name not in OWN]
        with parquet.ParquetWriter(making, schema, use_dictionary=alike, store_decimal_as_integer=True) as writer:
            for table in tables:
                writer.write_table(table)
    else:
        with making.open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")
            with CSVWriter(stream, inert(schema.empty_table()).schema) as writer:
                for table in tables:
                    writer.write_table(inert(table))
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
