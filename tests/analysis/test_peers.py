"""Facts that come from peers: what a table is given is what Fractions give, row by row, and scores as if it were recorded."""

from __future__ import annotations

import csv
import operator
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
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
WORDING = {"problem": "{{ title }}不到满分", "recommendation": "查明原因", "evidence": ["决算"]}
INDICATORS = [{"id": id, "title": id, "weight": 10, "rule": rule, **WORDING} for id, rule in RULES.items()]
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


EVEN = ["2.50", "3.5", "4.5", "5", "10", "10.0", "99999999999", "123456789012345678901", "0.000001", "0", "1"]
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
    for first, last in pairwise(edges):
        columns = [pa.array([row[header] for row in rows[first:last]], pa.string()) for header in rows[0]]
        batch = pa.RecordBatch.from_arrays(columns, list(rows[0]))
        found.append(Chunk(batch, np.arange(first + 2, last + 2)))
    return found


def compared(headers: list[str]) -> tuple[Fields, Compared]:
    more = added(SET, headers, Path("t.csv"))
    fields = Fields(SET, [*headers, *more.values()], an_evaluation(), Path("t.csv"), tuple(more.values()))
    return fields, Compared(fields, more, Path("t.csv"))


@given(
    st.lists(ROWS, min_size=1, max_size=12),
    st.lists(st.integers(0, 12), max_size=3),
    st.lists(st.integers(0, 12), max_size=3),
)
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


def test_a_fact_that_only_peers_use_is_used() -> None:
    facts = {name: FACTS[name] for name in ("spent", "place")}
    made = a_set(maximum=10, facts=facts, indicators=[INDICATORS[3]])
    assert [remark.fault.inside for remark in generic(made)] == [("outline",)]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ("id spent(元) region kind average(元)", ["“同类平均人均支出”由全表算出，表里不能另给", "删去这一列"]),
        ("id spent(元) region kind place", ["“名次”由全表算出，表里不能另给"]),
        ("id spent(元) kind", ["表中没有 region 列，“同类平均人均支出”要用它算", "加这一列"]),
        ("id region kind", ["表中没有 spent 列，“最低”要用它算"]),
    ],
)
def test_what_a_table_must_have_and_must_not(headers: str, said: list[str]) -> None:
    with pytest.raises(ScoringError) as caught:
        compared(headers.split())
    told = "\n".join(diagnostic.render() for diagnostic in caught.value.diagnostics)
    assert all(words in told for words in said)
    assert {(diagnostic.file, diagnostic.line) for diagnostic in caught.value.diagnostics} == {(Path("t.csv"), 1)}


def test_a_fact_may_not_take_the_name_of_a_result() -> None:
    facts = {"spent": FACTS["spent"], "total": {**FACTS["average"], "title": "平均"}}
    with pytest.raises(ScoringError, match="“total”是结果里的列"):
        added(a_set(maximum=60, facts=facts, indicators=INDICATORS), ["id"], Path("t.csv"))


def beside(facts: dict[str, Any], rows: list[tuple[str, ...]], headers: list[str]) -> dict[str, list[Any]]:
    """The columns a table gets for a set that asks for these facts."""
    made = a_set(
        facts=facts, maximum=10, indicators=[{"id": "one", "title": "一", "weight": 10, "rule": {"kind": "judged"}}]
    )
    assert list(made.faults()) == []
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)] or [
        pa.array([], pa.string())
    ] * len(headers)
    batch, file = pa.RecordBatch.from_arrays(columns, headers), Path("t.csv")
    more = added(made, headers, file)
    peers = Compared(Fields(made, [*headers, *more.values()], an_evaluation(), file), more, file)
    peers.survey([batch])
    whole = peers.beside(Chunk(batch, np.arange(2, 2 + len(rows)))).batch
    return {header: whole.column(header).to_pylist() for header in more.values()}


def test_years_are_the_same_however_they_are_written() -> None:
    asked = {**FACTS["average"], "peers": {"of": "spent", "take": "mean", "by": ["year"]}}
    rows = [("甲", "2024", "1"), ("乙", "2024.0", "2"), ("丙", "二〇二四", "50"), ("丁", "2025", "9"), ("戊", "", "70")]
    told = beside({"spent": FACTS["spent"], "average": asked}, rows, ["id", "year", "spent(元)"])
    assert told == {"average(元)": [Decimal("1.50"), Decimal("1.50"), None, Decimal("9.00"), None]}


def test_percentages_are_averaged_as_they_are_printed() -> None:
    rate = {"title": "合格率", "unit": "%"}
    average = {**rate, "peers": {"of": "rate", "take": "mean", "places": 1}}
    told = beside({"rate": rate, "average": average}, [("甲", "95%"), ("乙", "0.9521比例")], ["id", "rate"])
    assert told == {"average(%)": [Decimal("95.1")] * 2}  # 95.105


def test_the_lowest_is_as_it_was_written_and_what_is_no_decimal_is_rounded() -> None:
    area = {"title": "面积", "unit": "公顷"}
    facts = {"area": area, "least": {**area, "peers": {"of": "area", "take": "lowest"}}}
    assert beside(facts, [("甲", "3.12345公顷"), ("乙", "4")], ["id", "area(公顷)"]) == {
        "least(公顷)": [Decimal("3.12345")] * 2
    }
    assert beside(facts, [("甲", "1亩"), ("乙", "4公顷")], ["id", "area"]) == {"least(公顷)": [Decimal("0.07")] * 2}


def test_a_unit_per_head_and_a_table_without_rows() -> None:
    spent = {"title": "人均支出", "unit": "元/人"}
    facts = {"spent": spent, "average": {**spent, "peers": {"of": "spent", "take": "mean", "by": ["region"]}}}
    headers = ["id", "region", "spent(元/人)"]
    assert beside(facts, [("甲", "东", "1"), ("乙", "东", "2元/人")], headers) == {
        "average(元/人)": [Decimal("1.50")] * 2
    }
    assert beside(facts, [], headers) == {"average(元/人)": []}


# --- through the program ---

WHOLE = {
    "id": "towns", "title": "乡镇支出比较", "version": "1", "subject": "project", "status": "illustrative",
    "weights": "illustrative", "rules": "illustrative", "effective": {"first": 2020}, "citations": [{"title": "试验"}],
    "grades": GRADES, "grades_source": "试验", "outline": "general-project", "maximum": 60, "facts": FACTS,
    "indicators": INDICATORS,
}  # fmt: skip
HEAD = ["id", "year", "region", "kind", "spent(元)"]
TOWNS = [
    ["甲镇", "2024", "东", "镇", "100"],
    ["乙镇", "2024", "东", "镇", "100.05"],
    ["丙镇", "2024", "东", "镇", "100.05"],
    ["丁镇", "2024", "东", "镇", "120.12"],
    ["戊镇", "2024", "西", "镇", ""],
    ["己镇", "2024", "西", "镇", "0.02万元"],
    ["庚镇", "2024", "", "镇", "90"],
    ["辛镇", "2024", "西", "镇", "很多"],
    ["", "", "", "", ""],
]
TOLD = {  # average, place in the group, place of all from the top, number in the group
    "甲镇": ("105.06", "1", "5", "4"),
    "乙镇": ("105.06", "2", "3", "4"),
    "丙镇": ("105.06", "2", "3", "4"),
    "丁镇": ("105.06", "4", "2", "4"),
    "戊镇": ("200.00", "", "", "1"),
    "己镇": ("200.00", "1", "1", "1"),
    "庚镇": ("", "", "6", ""),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "indicator_sets").mkdir()
    text = yaml.safe_dump(WHOLE, allow_unicode=True, sort_keys=False)
    (tmp_path / "indicator_sets/towns.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def write(file: Path, rows: list[list[str]]) -> None:
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([HEAD, *rows])
    elif file.suffix == ".parquet":
        columns = [pa.array([row[at] or None for row in rows]) for at in range(len(HEAD))]
        parquet.write_table(pa.table(dict(zip(HEAD, columns, strict=True))), file)
    else:
        book = pytest.importorskip("xlsxwriter").Workbook(file)
        sheet = book.add_worksheet()
        for number, row in enumerate([HEAD, *rows]):
            sheet.write_row(number, 0, [float(cell) if cell.replace(".", "").isdigit() else cell for cell in row])
        book.close()


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [*csv.DictReader(stream)]


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_the_figures_go_along_into_the_result(folder: Path, kind: str) -> None:
    write(folder / f"t.{kind}", TOWNS)
    done = run("batch", "towns", folder / f"t.{kind}", "-o", folder / "out.csv", "--explain", folder / "long.csv")
    assert done.returncode == 1
    rows = read(folder / "out.csv")
    told = {row["id"]: (row["average(元)"], row["place"], row["from_top(名)"], row["towns(个)"]) for row in rows}
    assert told == TOLD
    assert [(row["row"], row["id"]) for row in read(folder / "out.errors.csv")] == [("9", "辛镇")]
    reasons = {(row["id"], row["indicator"]): row["reason"] for row in read(folder / "long.csv")}
    assert "人均支出 > 同类平均人均支出" in reasons["丁镇", "average"]
    assert "105.06 ÷ 120.12" in reasons["丁镇", "average"]
    assert reasons["庚镇", "average"] == "同类平均人均支出：还没有数据"


def test_a_long_table_has_the_same_peers(folder: Path) -> None:
    write(folder / "wide.csv", TOWNS)
    with (folder / "long.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*HEAD, "indicator"])
        for row in TOWNS[:-1]:
            for place, id in enumerate(RULES):
                writer.writerow([row[0], *(row[1:] if place == 0 else [""] * 4), id])
    for shape in ("wide", "long"):
        assert run("batch", "towns", folder / f"{shape}.csv", "-o", folder / f"{shape}.out.csv").returncode == 1
    assert read(folder / "long.out.csv") == read(folder / "wide.out.csv")


def test_one_alone_with_the_figures_recorded_gets_the_same(folder: Path) -> None:
    write(folder / "t.csv", TOWNS)
    assert run("batch", "towns", folder / "t.csv", "-o", folder / "out.csv").returncode == 1
    row = next(row for row in read(folder / "out.csv") if row["id"] == "丁镇")
    case = folder / "one"
    done = run("new", case, "--set", "towns", "--body", "丁镇", "--year", "2024", "--sets", folder / "indicator_sets")
    assert done.returncode == 0, done.stderr
    (file,) = [file for file in case.glob("*.yaml") if file.name != "dossier.yaml"]
    text = file.read_text(encoding="utf-8")
    assert "同类平均人均支出；批量评分时取同地区、同类别“人均支出”的平均数" in text
    assert "名次；批量评分时取同地区、同类别“人均支出”从低到高的名次" in text
    facts = {"spent": "120.12元"}
    for name, asked in FACTS.items():
        if "peers" in asked:
            unit = str(asked.get("unit", ""))
            facts[name] = row[f"{name}({unit})" if unit else name] + unit
    lines = "".join(f"\n  {name}: {{value: {value}, source: 全县汇总表}}" for name, value in facts.items())
    shutil.copytree(folder / "indicator_sets", case / "indicator_sets")
    file.write_text(text.replace("\nfacts:", "\nfacts:" + lines, 1), encoding="utf-8")
    done = run("score", file)
    assert f"得分 {row['total']} / 60，" in done.stdout, done.stdout + done.stderr
    done = run("sheet", "export", file, "-o", folder / "book.xlsx")
    assert done.returncode == 0, done.stderr


def test_rules_that_compare_are_proved_like_any_other(folder: Path) -> None:
    done = run("sets", "lint", "towns", "--sets", folder / "indicator_sets")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "错误 0，警告 0，提示 3", done.stdout


def test_a_set_says_what_comes_from_peers(folder: Path) -> None:
    done = run("sets", "show", "towns", "--sets", folder / "indicator_sets", "--lang", "en")
    assert "place  名次  (in a batch the rank of '人均支出', same region, same kind, lowest first)" in done.stdout
    assert "average  同类平均人均支出 元 (in a batch the mean of '人均支出', same region, same kind)" in done.stdout


SMALL = "import scoring.analysis.table as t; t.ROWS = 300; t.BYTES = 9_000; from scoring.cli import main; main()"


def test_many_parts_give_what_one_does(folder: Path) -> None:
    spent = [f"{n * 7919 % 9973 / 100:.2f}" for n in range(3000)]
    rows = [[f"p{n}", "2024", "东西南北"[n % 4], "镇", cell] for n, cell in enumerate(spent)]
    write(folder / "t.csv", rows)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JIXIAO_LANG": "zh"}
    command = [sys.executable, "-c", SMALL, "batch", "towns", folder / "t.csv", "-o", folder / "parts.csv"]
    assert subprocess.run(command, env=env, capture_output=True).returncode == 0
    assert run("batch", "towns", folder / "t.csv", "-o", folder / "whole.csv").returncode == 0
    assert (folder / "parts.csv").read_bytes() == (folder / "whole.csv").read_bytes()
    assert not (folder / "parts.csv.parts").exists()
