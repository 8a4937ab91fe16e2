"""A long table comes to what the wide one does, however it is cut; what cannot be placed is told in its own row."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.analysis.batch import Scorer
from scoring.analysis.fields import Fields, tree_of
from scoring.analysis.long import Long
from scoring.analysis.table import Chunk, Table
from scoring.errors import ScoringError
from tests.analysis.test_batch import batch_of, indicator_set, tables
from tests.analysis.test_parts import folder, read  # noqa: F401
from tests.conftest import run
from tests.rules.answered import a_set, an_evaluation
from tests.test_engine_laws import Case

Row = dict[str, str]


def table_of(rows: list[Row], cut: list[int]) -> Table:
    """A table read in chunks that end at these rows."""
    edges = [0, *sorted(cut), len(rows)]
    batch = batch_of(rows)
    chunks = (Chunk(batch.slice(a, b - a), np.arange(a + 2, b + 2)) for a, b in pairwise(edges) if b > a)
    return Table(Path("t.csv"), list(rows[0]), len(rows), (), chunks)


def lengthened(rows: list[Row], leaves: list[str], shuffled: st.DataObject | None = None) -> list[Row]:
    """Wide rows as long ones: a row an indicator, what is about the evaluation in the first."""
    parts = sorted({key.partition(".")[2] for key in rows[0] if key.partition(".")[0] in leaves})
    about = [key for key in rows[0] if key.partition(".")[0] not in leaves]
    made = []
    for row in rows:
        order = shuffled.draw(st.permutations(leaves)) if shuffled else leaves
        for place, leaf in enumerate(order):
            cells = {part: row.get(f"{leaf}.{part}", "") for part in parts}
            own = {key: row[key] if place == 0 or key == "id" else "" for key in about}
            made.append({**own, "indicator": leaf, **cells})
    return made


@given(tables(), st.data())
def test_a_long_table_is_its_wide_one(table: tuple[Case, list[Row]], data: st.DataObject) -> None:
    case, rows = table
    rows = [{**row, "id": f"e{n}"} for n, row in enumerate(rows)]
    made, base = indicator_set(case), an_evaluation(indicators=case.own)
    tree = tree_of(made, base)
    leaves = [leaf.id for top in tree for leaf in top.leaves()]
    long_rows = lengthened(rows, leaves, data)
    cut = data.draw(st.lists(st.integers(0, len(long_rows)), max_size=4))
    source = table_of(long_rows, cut)
    long = Long(source, tree)
    scorer = Scorer(Fields(made, long.headers, base, Path("t.csv")))
    got, wrong = [], set()
    for chunk in long.pieces(source, data.draw(st.sampled_from([1, 7, 10_000]))):
        wide = long.widen(chunk)
        scored = scorer.score(wide)
        ids = [id for id, good in zip(wide.batch.column("id").to_pylist(), scored.good.tolist(), strict=True) if good]
        got += zip(
            ids, *(each.tolist() for each in (scored.total, scored.maximum, scored.grade, scored.open)), strict=True
        )
        wrong |= {line.id for line in scored.lines}
    plain = Scorer(Fields(made, list(rows[0]), base, Path("t.csv")))
    want = plain.score(Chunk(batch_of(rows), np.arange(2, 2 + len(rows))))
    ids = [row["id"] for row, good in zip(rows, want.good.tolist(), strict=True) if good]
    columns = (want.total, want.maximum, want.grade, want.open)
    assert got == [*zip(ids, *(each.tolist() for each in columns), strict=True)]
    assert wrong == {line.id for line in want.lines}


FIRST = {"id": "p1", "year": "2024", "indicator": "ratio", "paid(万元)": "9.995", "budget(万元)": "10"}
PARTS = ("actual", "mark", "level", "share(%)", "check.plan", "count.day", "count.fault", "mark.1", "mark.2")
LONG = [
    FIRST | {"actual": "99.9"},
    {"indicator": "spent", "actual": "95%"},
    {"indicator": "mark", "mark": "7.5"},
    {"indicator": "level", "level": "达成年度指标", "share(%)": "90"},
    {"indicator": "check", "check.plan": "是"},
    {"indicator": "late", "count.day": "1", "count.fault": "0"},
    {"indicator": "own"},
    {"indicator": "panel", "mark.1": "8", "mark.2": "9"},
]  # fmt: skip
HEADERS = [*FIRST, *PARTS]


def evaluation(id: str, **changed: Row) -> list[Row]:
    """The rows of one evaluation; changed: other cells for an indicator."""
    return [{**dict.fromkeys(HEADERS, ""), **row, "id": id, **changed.get(row["indicator"], {})} for row in LONG]


WRONG = [  # the indicator whose row differs, its cells, the row and column named, and what is said
    ("ratio", {"actual": "很多"}, 0, "actual", "“很多”不是一个数值"),
    ("mark", {"mark": "10.5"}, 2, "mark", "评分 10.5 超出 0–10 分的范围"),
    ("level", {"share(%)": "50"}, 3, "share(%)", "不能评 50%"),
    ("late", {"count.fault": ""}, 5, "count.fault", "同组其他列已填，这一格空着"),
    ("own", {"actual": "5"}, 6, "actual", "“own”不用这一列，应空着"),
    ("own", {"indicator": "onw"}, 6, "indicator", "没有编号为“onw”的指标"),
    ("own", {"indicator": ""}, 6, "indicator", "没有写是哪个指标"),
    ("own", {"indicator": "late"}, 5, "indicator", "“late”有两行"),
    ("panel", {"budget(万元)": "11"}, 7, "budget(万元)", "与这个评价第一行的不一致"),
    ("panel", {"id": ""}, 7, "id", "没有编号"),
    ("ratio", {"budget(万元)": "十"}, 0, "budget(万元)", "“十”不是一个数值"),
    ("ratio", {"year": "2031"}, 0, "year", "适用于 2020–2029 年度"),
]  # fmt: skip


def write(file: Path, rows: list[Row]) -> None:
    lines = [",".join(HEADERS), *(",".join(row[header] for header in HEADERS) for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_what_cannot_be_placed_is_told_in_its_row(folder: Path) -> None:  # noqa: F811
    rows, expected = [], []
    for number, (leaf, cells, place, column, said) in enumerate(WRONG):
        expected.append((str(len(rows) + place + 2), column, said))
        rows += evaluation(f"bad{number}", **{leaf: cells})
        rows += evaluation(f"good{number}")
    write(folder / "t.csv", rows)
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert (done.returncode, done.stderr) == (1, "")
    wrong = read(folder / "out.errors.csv")
    assert [(row["row"], row["column"]) for row in wrong] == [(row, column) for row, column, _ in expected]
    for row, (_, _, said) in zip(wrong, expected, strict=True):
        assert said in row["message"]
    scored = {row["id"]: row for row in read(folder / "out.csv")}
    # of the evaluation that lost its last row to a blank id, the rest stands, with data missing and so no grade
    assert [id for id in scored if id.startswith("bad")] == ["bad9"]
    assert (scored["bad9"]["open"], scored["bad9"]["grade"]) == ("1", "")
    assert {row["total"] for id, row in scored.items() if id.startswith("good")} == {"73.99"}


def test_rows_that_stand_apart_stop_the_run(folder: Path) -> None:  # noqa: F811
    first, other = evaluation("p1"), evaluation("p2")
    write(folder / "t.csv", [*first[:5], *other, *first[5:]])
    done = run("batch", "toy", folder / "t.csv", "-o", folder / "out.csv")
    assert done.returncode == 1
    assert "同一个评价的各行没有放在一起：p1" in done.stderr
    assert "先按 id 排序" in done.stderr
    assert not (folder / "out.csv").exists()


def test_a_long_table_has_ids() -> None:
    rule = {"kind": "ratio", "target": "≥10人"}
    made = a_set(maximum=10, indicators=[{"id": "one", "title": "一", "weight": 10, "rule": rule}])
    with pytest.raises(ScoringError) as caught:
        Long(table_of([{"indicator": "one", "actual": "1"}], []), tree_of(made, an_evaluation()))
    assert [each.message.zh for each in caught.value.diagnostics] == ["表中没有 id 列"]
