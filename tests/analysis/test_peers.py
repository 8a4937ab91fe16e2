"""Facts that come from peers: what a table is given is what Fractions give, row by row, and scores as if it were recorded."""

from __future__ import annotations

import csv
import operator
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

from scoring.analysis.batch import Scorer
from scoring.analysis.fields import Fields
from scoring.analysis.peers import Compared, added
from scoring.analysis.table import Chunk
from scoring.engine import assess
from scoring.errors import ScoringError
from scoring.library.lint import generic
from scoring.load import load_set
from tests.conftest import ROOT, run
from tests.rules.answered import a_set, an_evaluation

Draw = Callable[[st.SearchStrategy[Any]], Any]
BY: dict[str, Any] = {"by": ["region", "kind"]}
FACTS = {
    "spent": {"title": "人均支出", "unit": "元"},
    "average": {"title": "同类平均人均支出", "unit": "元", "peers": {"of": "spent", "take": "mean", **BY}},
    "middle": {"title": "中位数", "unit": "元", "peers": {"of": "spent", "take": "median", "places": 1, **BY}},
    "least": {"title": "最低", "unit": "元", "peers": {"of": "spent", "take": "lowest"}},
    "most": {"title": "最高", "unit": "元", "peers": {"of": "spent", "take": "highest", **BY}},
    "place": {"title": "名次", "peers": {"of": "spent", "take": "rank", "order": "lowest-first", **BY}},
    "from_top": {"title": "从高到低的名次", "unit": "名", "peers": {"of": "spent", "take": "rank"}},
    "towns": {"title": "同类个数", "unit": "个", "peers": {"of": "spent", "take": "count", **BY}},
}  # fmt: skip
BANDS = [{"at_most": 1, "share": "100%"}, {"at_most": 3, "share": "60%"}, {"share": "0%"}]
RULES = {
    "average": {"kind": "ratio", "direction": "lower", "target": "average", "unit": "元", "actual": "spent"},
    "middle": {"kind": "ratio", "target": "middle", "unit": "元", "actual": "spent"},
    "span": {"kind": "formula", "formula": "weight * max(0, min(1, (most - spent) / (most - least)))"},
    "place": {"kind": "bands", "of": "place", "name": "名次", "bands": BANDS},
    "standing": {"kind": "formula", "formula": "weight * max(0, min(1, (towns - place + 1) / towns))"},
    "from-top": {"kind": "bands", "of": "from_top", "unit": "名", "bands": BANDS},
}
GRADES = [{"title": "优", "at_least": 90}, {"title": "良", "at_least": 60}, {"title": "差", "at_least": 0}]
INDICATORS = [{"id": id, "title": id, "weight": 10, "rule": rule} for id, rule in RULES.items()]
SET = a_set(maximum=60, facts=FACTS, indicators=INDICATORS, grades=GRADES)


def half_up(value: Fraction, places: int) -> Fraction:
    scaled = abs(value) * 10**places
    whole = (2 * scaled + 1) // 2
    return Fraction(-whole if value < 0 else whole, 10**places)


def money(cell: str) -> Fraction | None:
    """What a cell of yuan says; None where it says nothing or is at fault."""
    factor = 1
    if cell.endswith("万元"):
        cell, factor = cell.removesuffix("万元"), 10_000
    try:
        return Fraction(Decimal(cell)) * factor if cell and "e" not in cell else None
    except ArithmeticError:
        return None


def reckoned(rows: list[dict[str, str]], name: str, row: dict[str, str]) -> Fraction | None:
    """A fact of a row, the plainest way."""
    peers: Any = FACTS[name]["peers"]
    by, places, mine = peers.get("by", []), peers.get("places", 2), money(row["spent(元)"])
    if not row["id"] or not all(row[key] for key in by):
        return None
    alike = [money(other["spent(元)"]) for other in rows if all(other[key] == row[key] for key in by)]
    figures = sorted(value for value in alike if value is not None)
    count = len(figures)
    if peers["take"] == "count":
        return Fraction(count)
    if peers["take"] == "rank":
        ahead = operator.lt if peers.get("order") == "lowest-first" else operator.gt
        return None if mine is None else Fraction(1 + sum(ahead(value, mine) for value in figures))
    if not figures:
        return None
    match peers["take"]:
        case "mean":
            return half_up(sum(figures) / Fraction(count), places)
        case "median":
            return half_up((figures[count // 2] + figures[(count - 1) // 2]) / 2, places)
        case "lowest":
            return figures[0]
        case _:
            return figures[-1]


EVEN = "2.50 3.5 4.5 5 10 10.0 99999999999 123456789012345678901 0.000001 0 1".split()
CELLS = st.one_of(
    st.sampled_from([*EVEN, "", "", "-3", "0.02万元", "1.00005万元", "很多", "1e3", "7"]),
    st.integers(0, 3000).map(lambda n: str(Decimal(n).scaleb(-2))),
)
ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["甲", "乙", "丙", ""]),
        "region": st.sampled_from(["东", "西", ""]),
        "kind": st.sampled_from(["镇", "乡"]),
        "spent(元)": CELLS,
    }
)


def chunks(rows: list[dict[str, str]], cuts: list[int]) -> list[Chunk]:
    edges, found = [0, *sorted({cut % (len(rows) + 1) for cut in cuts}), len(rows)], []
    for first, last in zip(edges, edges[1:], strict=False):
        columns = [pa.array([row[header] for row in rows[first:last]], pa.string()) for header in rows[0]]
        batch = pa.RecordBatch.from_arrays(columns, list(rows[0]))
        found.append(Chunk(batch, np.arange(first + 2, last + 2)))
    return found


def compared(headers: list[str]) -> tuple[Fields, Compared]:
    more = added(SET, headers, Path("t.csv"))
    fields = Fields(SET, [*headers, *more.values()], an_evaluation(), Path("t.csv"), tuple(more.values()))
    return fields, Compared(fields, more, Path("t.csv"))


@given(st.lists(ROWS, min_size=1, max_size=12), st.lists(st.integers(0, 12), max_size=3), st.lists(st.integers(0, 12), max_size=3))
@example([{"id": "甲", "region": "东", "kind": "镇", "spent(元)": cell} for cell in ("1", "2", "2", "9", "")], [2], [])
def test_a_table_scores_as_if_what_comes_of_peers_were_recorded(
    rows: list[dict[str, str]], first: list[int], second: list[int]
) -> None:
    fields, peers = compared(list(rows[0]))
    peers.survey(chunk.batch for chunk in chunks(rows, first))
    scorer, left = Scorer(fields), iter(rows)
    for chunk in chunks(rows, second):
        made = peers.beside(chunk)
        scored, expected = scorer.score(made), []
        for at, number in enumerate(chunk.numbers.tolist()):
            row = next(left)
            facts = {"spent": row["spent(元)"] + ("元" if row["spent(元)"][-1:].isdigit() else "")}
            for name, header in peers.columns.items():
                cell, value = made.batch.column(header)[at].as_py(), reckoned(rows, name, row)
                assert (None if cell is None else Fraction(cell)) == value, name
                facts[name] = "" if value is None else f"{written(value)}{FACTS[name].get('unit', '')}"
            recorded = {name: {"value": said} for name, said in facts.items() if said}
            result, faults = assess(SET, an_evaluation(facts=recorded))
            if result is None or not row["id"]:
                assert number in [line.row for line in scored.lines] or not any(row.values())
                assert faults or not row["id"]
                continue
            grade = -1 if result.grade is None else SET.grades.index(result.grade)
            expected.append((int(result.total * 100), grade, len(result.open)))
        assert [*zip(scored.total.tolist(), scored.grade.tolist(), scored.open.tolist(), strict=True)] == expected


def written(value: Fraction) -> str:
    """All its digits."""
    places = next(n for n in range(40) if 10**n % value.denominator == 0)
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}".rstrip(".")
