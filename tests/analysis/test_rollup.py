"""A roll-up is what plain fractions come to, whatever the numbers; and what files cannot be is said, row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from scoring.analysis import table
from scoring.analysis.ranked import ranked, ranks
from scoring.analysis.rollup import AT, Group, rollup
from scoring.analysis.scores import read_scores
from scoring.errors import ScoringError
from scoring.report.rollup import shares
from scoring.values import rounded

Draw = Callable[[st.SearchStrategy[Any]], Any]
Row = dict[str, str]
HEAD = ("id", "region", "kind", "budget", "total", "maximum", "grade", "open")
BY = [("region",), ("kind", "region")]


def decimals(most: int, places: int) -> st.SearchStrategy[str]:
    return st.integers(0, most).map(lambda units: f"{Decimal(units).scaleb(-places):f}")


@st.composite
def rows(draw: Draw) -> list[Row]:
    """Evaluations, some of them open, in few groups; numbers small and alike, or too large for 64 bits."""
    top, places = draw(st.sampled_from([(200, 0), (10_000, 2), (10**6, 4), (10**16 - 1, 2)]))
    maxima = draw(st.lists(decimals(top, places).filter(Decimal), min_size=1, max_size=4))
    weights = st.one_of(decimals(9, 0), decimals(10**16 - 1, draw(st.sampled_from([1, 2]))), decimals(99, 6))
    found = []
    for number in range(draw(st.integers(1, 12))):
        maximum = draw(st.sampled_from(maxima))
        share = draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), Fraction(1)]))
        total = f"{rounded(Fraction(maximum) * share, places, 'cut'):f}"
        grade = draw(st.sampled_from(["优", "良", "优", "良", ""]))
        region, kind = draw(st.sampled_from(["甲", "乙", "丙", ""])), draw(st.sampled_from(["子", "丑"]))
        cells = (str(number), region, kind, draw(weights), total, maximum, grade, draw(st.sampled_from("00001")))
        found.append(dict(zip(HEAD, cells, strict=True)))
    found[0] |= {"grade": "优", "open": "0"}
    return found


def written(folder: str | Path, table: Sequence[Row]) -> Path:
    file = Path(folder) / "scores.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return file


# --- the same, reckoned plainly -------------------------------------------------------------------------------------


def score(row: Row) -> Fraction:
    return Fraction(row["total"]) / Fraction(row["maximum"]) * 100


def done(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["grade"] and row["open"] == "0"]


def at_percent(scores: list[Fraction], percent: int) -> Fraction:
    """The lowest score that at least so many percent of all do not exceed."""
    return min(s for s in scores if 100 * sum(other <= s for other in scores) >= percent * len(scores))


def plain(rows: list[Row], grades: Sequence[str], weighted: bool) -> dict[str, Any]:
    some = done(rows)
    weights = [Fraction(row["budget"]) if weighted else Fraction(1) for row in some]
    scores = [score(row) for row in some]
    return {
        "count": len(rows),
        "scored": len(some),
        "grades": tuple(sum(row["grade"] == grade for row in some) for grade in grades),
        "mean": sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights) if sum(weights) else None,
        "spread": tuple(at_percent(scores, p) for p in AT) if scores else (),
        "weight": sum(weights, Fraction(0)) if weighted else None,
    }


def told(group: Group) -> dict[str, Any]:
    return {name: getattr(group, name) for name in ("count", "scored", "grades", "mean", "spread", "weight")}


@given(rows(), st.booleans())
def test_a_rollup_is_what_plain_fractions_come_to(table: list[Row], weighted: bool) -> None:
    with TemporaryDirectory() as folder:
        scores = read_scores(written(folder, table), ["region", "kind"], "budget" if weighted else None)
    found = rollup(scores, BY)
    assert told(found.whole) == plain(table, found.grades, weighted)
    lowest = [min(score(row) for row in done(table) if row["grade"] == grade) for grade in found.grades]
    assert lowest == sorted(lowest, reverse=True)
    for grouping in found.groupings:
        cells = {tuple(row[name] for name in grouping.by) for row in table}
        assert {group.labels for group in grouping.groups} == cells
        means = [group.mean for group in grouping.groups if group.mean is not None]
        assert means == sorted(means, reverse=True)
        for group in grouping.groups:
            mine = [row for row in table if tuple(row[name] for name in grouping.by) == group.labels]
            assert told(group) == plain(mine, found.grades, weighted)
            better = None if group.mean is None else 1 + sum(mean > group.mean for mean in means)
            assert group.rank == better
            assert sum(shares(group)) == (100 if group.scored else 0)
    edges = [sum(5 * at <= score(row) < 5 * at + 5 for row in done(table)) for at in range(20)]
    assert found.bins == (*edges[:-1], edges[-1] + sum(score(row) == 100 for row in done(table)))


@given(rows())
def test_a_rank_is_one_more_than_there_are_better_ones(table: list[Row]) -> None:
    with TemporaryDirectory() as folder:
        file = written(folder, table)
        scores = read_scores(file, ["region", "kind"])
        out = pa.concat_tables(ranked(file, scores, BY))
    for by in ((), *BY):
        expected = []
        for row in table:
            peers = [score(other) for other in done(table) if all(other[name] == row[name] for name in by)]
            expected.append(1 + sum(other > score(row) for other in peers) if row in done(table) else 0)
        assert ranks(scores, by).tolist() == expected
        assert [rank or 0 for rank in out[".".join(["rank", *by])].to_pylist()] == expected
    assert out["score"].to_pylist() == [rounded(score(row), 2) if row in done(table) else None for row in table]
    assert out["id"].to_pylist() == [row["id"] for row in table]


# --- by hand --------------------------------------------------------------------------------------------------------


def a_table(*cells: str) -> list[Row]:
    """region total [maximum [budget]], everything scored."""
    found = []
    for number, line in enumerate(cells):
        region, total, maximum, budget = [*line.split(), *["100", "1"][len(line.split()) - 2 :]]
        grade = "优" if Fraction(total) / Fraction(maximum) >= Fraction(9, 10) else "中"
        found.append(dict(zip(HEAD, (f"p{number}", region, "", budget, total, maximum, grade, "0"), strict=True)))
    return found


def test_ties_share_a_rank_and_the_next_is_as_far_on(tmp_path: Path) -> None:
    file = written(tmp_path, a_table("甲 70", "乙 80", "丙 40 50", "丁 90"))  # 40 of 50 is 80 of 100
    scores = read_scores(file, ["region"])
    (grouping,) = rollup(scores, [("region",)]).groupings
    assert [(group.labels, group.rank) for group in grouping.groups] == [
        (("丁",), 1), (("丙",), 2), (("乙",), 2), (("甲",), 4),
    ]  # fmt: skip
    assert ranks(scores).tolist() == [4, 2, 2, 1]
    assert ranks(scores, ("region",)).tolist() == [1, 1, 1, 1]


def test_percentiles_are_the_nearest_rank(tmp_path: Path) -> None:
    """Source: the worked examples of the nearest-rank method, Wikipedia, Percentile: 20 of 5 and of 10 numbers."""
    five = rollup(read_scores(written(tmp_path, a_table(*[f"甲 {n}" for n in (50, 15, 40, 20, 35)]))), []).whole
    assert dict(zip(AT, five.spread, strict=True)) == {0: 15, 10: 15, 25: 20, 50: 35, 75: 40, 90: 50, 100: 50}
    ten = rollup(read_scores(written(tmp_path, a_table(*[f"甲 {n}" for n in (3, 6, 7, 8, 8, 10, 13, 15, 16, 20)]))), [])
    assert dict(zip(AT, ten.whole.spread, strict=True)) == {0: 3, 10: 3, 25: 7, 50: 8, 75: 15, 90: 16, 100: 20}


def test_a_mean_is_weighted_and_a_group_that_weighs_nothing_has_none(tmp_path: Path) -> None:
    table = a_table("甲 80 100 1.5", "甲 90 100 0.5", "乙 95 100 0")
    found = rollup(read_scores(written(tmp_path, table), ["region"], "budget"), [("region",)])
    first, last = found.groupings[0].groups
    assert (first.mean, first.weight, first.rank) == (Fraction(165, 2), 2, 1)
    assert (last.labels, last.mean, last.weight, last.rank, last.scored) == (("乙",), None, 0, None, 1)
    assert found.whole.mean == Fraction(165, 2)


def test_a_capped_high_score_does_not_turn_the_grades_round(tmp_path: Path) -> None:
    table = [*a_table("甲 95", "甲 91", "甲 70"), {**a_table("甲 99")[0], "grade": "中"}]
    assert rollup(read_scores(written(tmp_path, table)), []).grades == ("优", "中")


def test_parquet_in_chunks_is_csv_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{'甲乙丙'[n % 3]} {n % 101}.{n % 10}5 {[101, 110, 125][n % 3]} {n}.25" for n in range(200)]
    one = written(tmp_path, a_table(*lines))
    found = rollup(read_scores(one, ["region"], "budget"), [("region",)])
    monkeypatch.setattr(table, "ROWS", 7)
    kinds = {"budget": pa.decimal128(12, 2), "total": pa.decimal128(18, 2), "maximum": pa.decimal128(18, 2)}
    data = pa.Table.from_pylist(a_table(*lines))
    for name, kind in (kinds | {"open": pa.int16()}).items():
        data = data.set_column(data.column_names.index(name), name, data[name].cast(kind))
    other = tmp_path / "scores.parquet"
    parquet.write_table(data, other)
    scores = read_scores(other, ["region"], "budget")
    assert rollup(scores, [("region",)]) == found
    assert sum(part.num_rows for part in ranked(other, scores, [("region",)])) == 200


@pytest.mark.parametrize("kind", [pa.decimal128(38, 12), pa.decimal256(60, 2), pa.float64(), pa.uint64(), pa.string()])
def test_a_weight_of_any_type_is_exact(tmp_path: Path, kind: pa.DataType) -> None:
    data = pa.Table.from_pylist(a_table("甲 80 100 3", "乙 90 100 9000000000000000", "丙 70 100 0"))
    weights = pa.array([3, 9_000_000_000_000_000, 0]).cast(kind)
    parquet.write_table(data.set_column(data.column_names.index("budget"), "budget", weights), tmp_path / "s.parquet")
    scores = read_scores(tmp_path / "s.parquet", [], "budget")
    whole = rollup(scores, []).whole
    assert whole.weight == 9_000_000_000_000_003
    assert whole.mean == Fraction(240 + 90 * 9_000_000_000_000_000, 9_000_000_000_000_003)
    assert scores.floats == (("budget",) if kind == pa.float64() else ())


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    file = written(tmp_path, a_table("甲 70", "乙 80"))
    file.write_text(file.read_text(encoding="utf-8-sig").replace("p1", ",,,,,,,\np1") + ",,,,,,,\n", encoding="utf-8")
    scores = read_scores(file)
    assert rollup(scores, []).whole.count == 2
    assert [row["rank"] for part in ranked(file, scores, []) for row in part.to_pylist()] == [2, 1]


# --- what cannot be -------------------------------------------------------------------------------------------------

WRONG = [  # the cells that differ, the column named, what is said in Chinese and in English
    ({"total": ""}, "total", "这一格空着", "this cell is blank"),
    ({"total": "九十"}, "total", "“九十”不是这里能用的数", "'九十' is no number"),
    ({"total": "-1"}, "total", "“-1”不是这里能用的数", "'-1' is no number"),
    ({"total": "100.01"}, "total", "总分 100.01 超过满分 100", "the total 100.01 is above the maximum 100"),
    ({"total": "0", "maximum": "0"}, "maximum", "满分是 0", "the maximum is 0"),
    ({"open": ""}, "open", "这一格空着", "this cell is blank"),
    ({"budget": "-0.5"}, "budget", "“-0.5”不是这里能用的数", "'-0.5' is no number"),
    ({"budget": ""}, "budget", "这一格空着", "this cell is blank"),
    ({"budget": "12万元"}, "budget", "“12万元”不是这里能用的数", "'12万元' is no number"),
    ({"budget": "1,200"}, "budget", "“1,200”不是这里能用的数", "'1,200' is no number"),
    ({"budget": "1e3"}, "budget", "“1e3”不是这里能用的数", "'1e3' is no number"),
    ({"budget": "0.1234567890123456789"}, "budget", "“0.1234567890123456789”不是", "'0.1234567890123456789' is no"),
]  # fmt: skip


def refused(file: Path, by: Sequence[str] = (), weight: str | None = None) -> list[Any]:
    with pytest.raises(ScoringError) as error:
        read_scores(file, by, weight)
    return list(error.value.diagnostics)


def test_every_cell_that_cannot_be_is_told_with_its_row(tmp_path: Path) -> None:
    good = a_table("甲 90")[0]
    table = [good, *({**good, **cells} for cells, *_ in WRONG)]
    found = refused(written(tmp_path, table), weight="budget")
    assert [(each.line, each.path) for each in found] == [(n, name) for n, (_, name, *_) in enumerate(WRONG, start=3)]
    for each, (_, _, zh, en) in zip(found, WRONG, strict=True):
        assert zh in each.message.zh
        assert en in each.message.en
    # without a weight nobody minds its column
    assert {each.path for each in refused(written(tmp_path, table))} == {"total", "maximum", "open"}


def test_of_very_many_faults_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    found = refused(written(tmp_path, [{**a_table("甲 90")[0], "total": "x"}] * 1000))
    assert [each.line for each in found[:-1]] == list(range(2, 32))
    assert found[-1].message.zh == "还有 970 处同类问题"


def test_all_columns_that_are_not_there_are_told_at_once(tmp_path: Path) -> None:
    table = [{key: cell for key, cell in row.items() if key not in ("open", "grade")} for row in a_table("甲 90")]
    found = refused(written(tmp_path, table), ["regoin"], "预算")
    assert [(each.path, each.line) for each in found] == [("grade", 1), ("open", 1), ("regoin", 1), ("预算", 1)]
    assert "jixiao batch" in found[0].hint.zh
    assert found[2].hint.zh == "是不是 region？"


def test_a_table_in_which_nothing_is_finished_is_refused(tmp_path: Path) -> None:
    (found,) = refused(written(tmp_path, [{**a_table("甲 90")[0], "open": "2"}, {**a_table("甲 90")[0], "grade": ""}]))
    assert found.message.zh == "没有一个评价是算完的"


def test_a_short_row_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, a_table("甲 90"))
    file.write_text(file.read_text(encoding="utf-8") + "p9,甲\n", encoding="utf-8")
    (found,) = refused(file)
    assert (found.line, found.message.zh) == (3, "这一行有 2 格，应有 8 格")
