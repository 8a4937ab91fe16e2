"""A table scored as columns is every row scored by the engine; what is wrong with a row is said, and only that row left out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from scoring.analysis.batch import Scorer
from scoring.analysis.explain import Explainer
from scoring.analysis.fields import Fields, in_two, tree_of
from scoring.analysis.head import columns
from scoring.analysis.table import Chunk
from scoring.result import OPEN, STATES
from tests.rules.answered import a_set, an_evaluation
from tests.test_engine_laws import GRADES, Case, cases

Draw = Callable[[st.SearchStrategy[Any]], Any]
KEYS = {"checks": "check", "actuals": "at"}


def indicator_set(case: Case) -> Any:
    maximum = Decimal(case.tree.weight.numerator) / case.tree.weight.denominator
    parts = {"maximum": maximum, "grades": GRADES, "facts": case.facts_asked, "indicators": case.indicators}
    return a_set(**parts, **case.settings)


def cells_of(case: Case) -> dict[str, str]:
    """The evaluation of a case as a row."""
    row = {"id": "甲"} | {name: str(fact["value"]) for name, fact in case.facts.items()}
    rules = dict(_rules(case.indicators)) | dict(_rules([own for group in case.own.values() for own in group]))
    for id, record in case.records.items():
        for key, value in record.items():
            if key in KEYS:
                row |= {f"{id}.{KEYS[key]}.{item}": _text(cell) for item, cell in value.items()}
            elif key == "marks":
                row |= {f"{id}.mark.{n}": _text(mark) for n, mark in enumerate(value, start=1)}
            elif key == "deductions":
                for cause in rules[id]["causes"]:
                    mine = [d for d in value if d["cause"] == cause["id"]]
                    name = "taken" if "at_most" in cause else "count"
                    row[f"{id}.{name}.{cause['id']}"] = _text(sum(d.get("count", d.get("points")) for d in mine))
            elif key != "reason":
                row[f"{id}.{key}"] = _text(value)
    return row


def _rules(indicators: list[dict[str, Any]]) -> Any:
    for indicator in indicators:
        if "rule" in indicator:
            yield indicator["id"], indicator["rule"]
        yield from _rules(indicator.get("children", []))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


OTHER = st.one_of(
    st.just(""),
    st.integers(0, 2000).map(lambda n: str(Decimal(n).scaleb(-1))),
    st.integers(0, 100_000).map(lambda n: str(Decimal(n).scaleb(-2))),
    st.sampled_from(
        ["true", "false", "是", "否", "0", "1", "3", "-1", "≥5", "１２", "5%", "1e3", "x", "99999999999", "无此项"]
    ),
)


@st.composite
def tables(draw: Draw) -> tuple[Case, list[dict[str, str]]]:
    """A case and rows like it: some as it is, some with cells of another row or of another kind."""
    case = draw(st.one_of(cases(), cases(at="total")))
    first = cells_of(case)
    keys = [key for key in first if key != "id"]
    rows = [first]
    for _ in range(draw(st.integers(1, 5))):
        changed = draw(st.lists(st.sampled_from(keys), max_size=4)) if keys else []
        rows.append({**first, **{key: draw(OTHER) for key in changed}})
    return case, rows


def batch_of(rows: list[dict[str, str]]) -> Any:
    headers = list(rows[0])
    return pa.RecordBatch.from_arrays([pa.array([row[h] for row in rows], pa.string()) for h in headers], headers)


@given(tables())
def test_columns_give_what_the_engine_gives(table: tuple[Case, list[dict[str, str]]]) -> None:
    case, rows = table
    made = indicator_set(case)
    fields = Fields(made, list(rows[0]), an_evaluation(indicators=case.own), Path("t.csv"))
    chunk = Chunk(batch_of(rows), np.arange(2, 2 + len(rows)))
    scorer = Scorer(fields)
    scored, unit = scorer.score(chunk), 10**case.places
    expected, wrong = [], []
    for row in range(len(rows)):
        result, faults, _ = scorer.exact(chunk.batch, row)
        if result is None:
            wrong.append((row + 2, tuple(faults)))
            continue
        grade = -1 if result.grade is None else made.grades.index(result.grade)
        expected.append((result.total * unit, result.maximum * unit, grade, len(result.open)))
    got = zip(*(column.tolist() for column in (scored.total, scored.maximum, scored.grade, scored.open)), strict=True)
    assert [*got] == expected
    assert [(line.row, line.wrong) for line in scored.lines] == wrong
    assert all(faults for _, faults in wrong)


@given(tables())
def test_what_is_told_of_an_indicator_is_what_the_engine_tells(table: tuple[Case, list[dict[str, str]]]) -> None:
    case, rows = table
    fields = Fields(indicator_set(case), list(rows[0]), an_evaluation(indicators=case.own), Path("t.csv"))
    chunk = Chunk(batch_of(rows), np.arange(2, 2 + len(rows)))
    scorer = Scorer(fields, explain=True)
    told = Explainer(scorer, "zh").explain(chunk, scorer.score(chunk)).to_pylist()
    results = [result for row in range(len(rows)) if (result := scorer.exact(chunk.batch, row)[0]) is not None]
    assert [(t["indicator"], t["weight"], t["points"], t["state"], t["reason"]) for t in told] == [
        (leaf.id, leaf.weight, None if leaf.state in OPEN else leaf.points, STATES[leaf.state].zh, leaf.reason.zh)
        for result in results
        for leaf in result.leaves()
    ]


@given(cases())
def test_every_column_that_is_listed_is_known(case: Case) -> None:
    made, base = indicator_set(case), an_evaluation(indicators=case.own)
    listed = [*columns(made, tree_of(made, base))]
    fields = Fields(made, [each.header for each in listed], base, Path("t.csv"))
    assert {*cells_of(case)} <= {in_two(header)[0] for header in fields.by_header}
    assert all(each.what.zh and each.what.en for each in listed)


@given(cases())
def test_a_row_comes_to_what_its_evaluation_file_does(case: Case) -> None:
    row, want = cells_of(case), case.scored()
    row |= {f"{id}.reason": record["reason"] for id, record in case.records.items() if "reason" in record}
    fields = Fields(indicator_set(case), list(row), an_evaluation(indicators=case.own), Path("t.csv"))
    scored = Scorer(fields).score(Chunk(batch_of([row]), np.arange(2, 3)))
    if scored.good.all():  # several judged deductions of one cause may together pass what one may take
        assert scored.total.tolist() == [want.total * 10**case.places]
    else:
        assert all("taken" in wrong.header for line in scored.lines for wrong in line.wrong)


def test_a_fault_names_the_column_of_its_own_cause() -> None:
    causes = [
        {"id": "late", "title": "逾期", "each": 1},
        {"id": "misuse", "title": "违规", "at_least": 1, "at_most": 2},
    ]
    rule = {"kind": "deduct", "causes": causes}
    made = a_set(maximum=10, indicators=[{"id": "one", "title": "一", "weight": 10, "rule": rule}])
    row = {"id": "甲", "one.count.late": "0", "one.taken.misuse": "3"}
    fields = Fields(made, list(row), an_evaluation(), Path("t.csv"))
    (line,) = Scorer(fields).score(Chunk(batch_of([row]), np.arange(2, 3))).lines
    assert [(wrong.header, wrong.message.zh) for wrong in line.wrong] == [
        ("one.taken.misuse", "“违规”扣3分，超出 1–2 分的幅度")
    ]
