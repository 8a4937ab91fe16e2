"""A table scored into files, chunk by chunk: every chunk its own part, so that a run cut short goes on where it stopped.

Beside the output lies OUT.parts/ while the work goes on: a stamp of what is being done, and one folder a chunk, each put
there whole. At the end the parts are joined in their order into OUT, OUT.errors.csv and, where asked, the table of
indicators; each appears whole or not at all, and a run cut short and taken up again ends in the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import feather, parquet
from pyarrow.csv import CSVWriter

from scoring import __version__
from scoring.analysis.batch import Line, Scored, Scorer
from scoring.analysis.cells import text
from scoring.analysis.fields import Fields
from scoring.analysis.table import BYTES, ROWS, Chunk, Table, open_table
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet
from scoring.result import STATES

CARRIED = ("id", "name", "unit", "year", "region", "department", "kind")


@dataclass(slots=True)
class Run:
    """What a run came to, counted over all its parts."""

    rows: int = 0
    wrong: int = 0
    exact: int = 0
    again: int = 0
    grades: Counter[str] = field(default_factory=Counter)


Progress = Callable[[int, int, int], None]  # rows so far, read so far, of how much


def run(
    indicator_set: IndicatorSet,
    base: Evaluation,
    file: Path,
    output: Path,
    explain: Path | None = None,
    lang: Lang = "zh",
    progress: Progress | None = None,
) -> Run:
    """Score a table into files. ScoringError: the table does not fit the set, or a file cannot be written as asked."""
    for target in (output, explain):
        if target is not None and target.suffix.lower() not in (".csv", ".parquet"):
            raise ScoringError(
                Diagnostic(
                    Text(f"不能写成 {target.suffix or '没有扩展名的文件'}", f"cannot write '{target.suffix}'"),
                    Text("用 .csv 或 .parquet", "use .csv or .parquet"),
                    target,
                )
            )
    table = open_table(file)
    fields = Fields(indicator_set, table.headers, base, file)
    scorer = Scorer(fields, every=explain is not None)
    output.parent.mkdir(parents=True, exist_ok=True)
    parts = output.with_name(output.name + ".parts")
    _begin(parts, _stamp(indicator_set, base, file, output, explain, lang))
    done = Run()
    count = 0
    for count, chunk in enumerate(table.chunks, start=1):
        part = parts / f"{count:06}"
        if not part.is_dir():
            _write_part(part, chunk, scorer, lang)
        else:
            done.again += 1
        _count(done, part)
        if progress:
            progress(done.rows + done.wrong, table.read, table.size)
    folders = [parts / f"{n:06}" for n in range(1, count + 1)]
    schema = _schema(scorer, table)
    _join([folder / "main.arrow" for folder in folders], schema, output)
    if explain is not None:
        _join([folder / "long.arrow" for folder in folders], _long_schema(scorer.set.rounding.places), explain)
    _join_errors([folder / "errors.csv" for folder in folders], errors_file(output), done.wrong)
    shutil.rmtree(parts)
    return done


def errors_file(output: Path) -> Path:
    return output.with_name(output.stem + ".errors.csv")


def _stamp(
    indicator_set: IndicatorSet, base: Evaluation, file: Path, output: Path, explain: Path | None, lang: Lang
) -> str:
    """What the parts depend on: parts of anything else are thrown away."""
    state = file.stat()
    told = [indicator_set.model_dump_json(), base.model_dump_json()]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    what = [
        __version__,
        ROWS,
        BYTES,
        digest,
        str(file.resolve()),
        state.st_size,
        state.st_mtime_ns,
        explain is not None,
        lang,
    ]
    return json.dumps(what)


def _begin(parts: Path, stamp: str) -> None:
    mark = parts / "stamp.json"
    if parts.is_dir() and not (mark.is_file() and mark.read_text(encoding="utf-8") == stamp):
        shutil.rmtree(parts)
    parts.mkdir(exist_ok=True)
    if not mark.is_file():
        temporary = parts / "stamp.new"
        temporary.write_text(stamp, encoding="utf-8")
        temporary.replace(mark)


def _write_part(part: Path, chunk: Chunk, scorer: Scorer, lang: Lang) -> None:
    """One chunk scored into a folder that appears whole."""
    scored = scorer.score(chunk)
    making = part.with_suffix(".new")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir()
    feather.write_feather(_main(chunk, scored, scorer), making / "main.arrow", compression="uncompressed")
    if scorer.every:
        feather.write_feather(_long(chunk, scored, scorer, lang), making / "long.arrow", compression="uncompressed")
    with (making / "errors.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for line in scored.lines:
            writer.writerows(_told(line, lang))
    counts = np.bincount(scored.grade + 1, minlength=len(scorer.set.grades) + 1).tolist()
    grades = {grade.text.to(lang): count for grade, count in zip(scorer.set.grades, counts[1:], strict=True)}
    figures = {"rows": len(scored.total), "wrong": len(scored.lines), "exact": scored.exact, "grades": grades}
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


def _decimals(units: Any, places: int) -> Any:
    """Whole units of the last place as decimals, exact."""
    wide = np.column_stack([units, units >> 63]).astype(np.int64)
    return pa.Array.from_buffers(pa.decimal128(18, places), len(units), [None, pa.py_buffer(wide.tobytes())])


def _carried(scorer: Scorer) -> list[tuple[str, str]]:
    """Names and headers of the columns that go along."""
    found = {each.path[0]: header for header, each in scorer.fields.by_header.items() if len(each.path) == 1}
    return [(name, found[name]) for name in CARRIED if name in found]


def _schema(scorer: Scorer, table: Table) -> Any:
    places = scorer.set.rounding.places
    about = [pa.field(name, pa.string()) for name, _ in _carried(scorer)]
    points = [pa.field(name, pa.decimal128(18, places)) for name in ("total", "maximum")]
    return pa.schema([*about, *points, pa.field("grade", pa.string()), pa.field("open", pa.int16())])


def _main(chunk: Chunk, scored: Scored, scorer: Scorer) -> Any:
    places = scorer.set.rounding.places
    mask = None if scored.good.all() else pa.array(scored.good)
    columns = {}
    for name, header in _carried(scorer):
        column = text(chunk.batch.column(header))
        columns[name] = column if mask is None else column.filter(mask)
    columns["total"], columns["maximum"] = _decimals(scored.total, places), _decimals(scored.maximum, places)
    titles = pa.array([grade.title for grade in scorer.set.grades], pa.string())
    places_of = pa.array(scored.grade, mask=scored.grade < 0)
    columns["grade"] = titles.take(places_of)
    columns["open"] = pa.array(scored.open, pa.int16())
    return pa.table(columns)


def _long_schema(places: int) -> Any:
    points = [pa.field(name, pa.decimal128(18, places)) for name in ("weight", "points")]
    words = [pa.field(name, pa.string()) for name in ("state", "reason")]
    return pa.schema([pa.field(name, pa.string()) for name in ("id", "indicator", "title")] + points + words)


def _long(chunk: Chunk, scored: Scored, scorer: Scorer, lang: Lang) -> Any:
    places = scorer.set.rounding.places
    ids = text(chunk.batch.column(scorer.fields.headed("id").header))  # type: ignore[union-attr]
    rows = [
        (
            ids[row].as_py(),
            leaf.id,
            leaf.title.to(lang),
            leaf.weight,
            leaf.points,
            STATES[leaf.state].to(lang),
            leaf.reason.to(lang),
        )
        for row, result in scored.results.items()
        for leaf in result.leaves()
    ]
    schema = _long_schema(places)
    return (
        pa.table([pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)], schema)
        if rows
        else schema.empty_table()
    )


def _told(line: Line, lang: Lang) -> Iterator[tuple[str, ...]]:
    for wrong in line.wrong:
        hint = wrong.hint.to(lang) if wrong.hint else ""
        yield tuple(_inert(cell) for cell in (str(line.row), line.id, wrong.header, wrong.message.to(lang), hint))


def _inert(cell: str) -> str:
    """Text a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _join(parts: list[Path], schema: Any, output: Path) -> None:
    making = output.with_name(output.name + ".new")
    if output.suffix.lower() == ".parquet":
        with parquet.ParquetWriter(making, schema) as writer:
            for part in parts:
                writer.write_table(feather.read_table(part).cast(schema))
    else:
        with making.open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")
            with CSVWriter(stream, _texts(schema.empty_table()).schema) as writer:
                for part in parts:
                    writer.write_table(_texts(feather.read_table(part)))
    making.replace(output)


def _texts(table: Any) -> Any:
    """The table with text that no spreadsheet takes for a formula."""
    import pyarrow.compute as pc

    for at, each in enumerate(table.schema):
        if pa.types.is_string(each.type):
            table = table.set_column(
                at, each.name, pc.replace_substring_regex(table[each.name], r"^([=+\-@\t\r])", r"'\1")
            )
    return table


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
