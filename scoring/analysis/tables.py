"""A table of evaluations scored into files, in parts that a later run takes up."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from scoring import __version__
from scoring.analysis.batch import Scorer
from scoring.analysis.explain import Explainer
from scoring.analysis.fields import Fields
from scoring.analysis.output import errors, scores
from scoring.analysis.parts import Progress, Run, Whole, check_targets, in_parts, processes, some, twice, write_part
from scoring.analysis.rows import Rows
from scoring.analysis.table import BYTES, LONG, ROWS, Chunk
from scoring.errors import Diagnostic, Lang, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet

EXPLAINED = 8192  # rows of a part whose every indicator is explained
HEAD = ("row", "id", "column", "message", "hint")


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
    check_targets(file, output, explain)
    rows = Rows(indicator_set, base, file, keep)
    scorer = Scorer(rows.fields, explain is not None)
    rows.survey()
    pool, write = _pool(scorer, rows, lang)

    def tell(done: Run) -> None:
        if progress:
            progress(done.rows + done.wrong, rows.table.read, rows.table.size)

    def look(done: Run, parts: list[Path]) -> None:
        done.twice = twice(parts)
        if rows.long and done.twice:
            message = Text(
                f"同一个评价的各行没有放在一起：{some(done.twice, '、')}",
                f"rows of one evaluation stand apart: {some(done.twice, ', ')}",
            )
            raise ScoringError(Diagnostic(message, Text("先按 id 排序", "sort the table by id first"), file))

    whole = Whole(output, explain, _stamp(indicator_set, base, file, scorer, lang), HEAD)
    return in_parts(_cut(rows, scorer), pool, write, whole, tell, look)


def _cut(rows: Rows, scorer: Scorer) -> Iterator[Chunk]:
    """The chunks of the parts."""
    for chunk in rows.pieces():
        if not scorer.explain:
            yield chunk
            continue
        ready = rows.ready(chunk)
        for start in range(0, max(len(ready.numbers), 1), EXPLAINED):
            yield ready.slice(start, EXPLAINED)


def _pool(scorer: Scorer, rows: Rows, lang: Lang) -> tuple[Executor, Callable[[Path, Chunk], None]]:
    """Threads where numpy does the work, processes where Python does; and what they are to do with a chunk."""
    if scorer.explain:
        return processes(_explaining, scorer.fields, lang)

    def write(part: Path, chunk: Chunk) -> None:
        _write(scorer, None, lang, part, rows.ready(chunk))

    return ThreadPoolExecutor(os.cpu_count()), write


def _explaining(fields: Fields, lang: Lang) -> Callable[[Path, Chunk], None]:
    scorer = Scorer(fields, explain=True)
    return partial(_write, scorer, Explainer(scorer, lang), lang)


def _write(scorer: Scorer, explainer: Explainer | None, lang: Lang, part: Path, chunk: Chunk) -> None:
    """One chunk scored into a part."""
    scored = scorer.score(chunk)
    counts = np.bincount(scored.grade + 1, minlength=len(scorer.set.grades) + 1).tolist()
    grades = {grade.text.to(lang): count for grade, count in zip(scorer.set.grades, counts[1:], strict=True)}
    write_part(
        part,
        scores(chunk, scored, scorer),
        explainer.explain(chunk, scored) if explainer else None,
        (cells for line in scored.lines for cells in errors(line, lang)),
        Run(
            rows=len(scored.total),
            wrong=len({line.row for line in scored.lines}),
            exact=len(scored.results),
            grades=Counter({**grades, "": counts[0]}),
        ),
        sorted({line.id for line in scored.lines if line.id}),
    )


def _stamp(indicator_set: IndicatorSet, base: Evaluation, file: Path, scorer: Scorer, lang: Lang) -> str:
    """What the parts depend on: parts of anything else are thrown away."""
    state = file.stat()
    told = [indicator_set.model_dump_json(), base.model_dump_json()]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    cut = [ROWS, LONG, BYTES, EXPLAINED, scorer.explain]
    source = [str(file.resolve()), state.st_size, state.st_mtime_ns]
    return json.dumps([__version__, *cut, digest, *source, *scorer.fields.keep, lang])
