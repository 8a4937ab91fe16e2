"""Formulas recalculated by LibreOffice give what the exact reading gives, on and beside every edge."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import gcd
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from scoring.expression.cells import Cells, Input, Layout, rounded_units
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import Arithmetic, Call, Compare, Kind, Node, kind
from tests.exchange.libreoffice import cells_of, needs_soffice, recalculated
from tests.expression.trees import KNOWN, decimals, trees

NUMBERS: dict[str, Kind] = dict.fromkeys(("a", "b", "c", "d"), "number")


@dataclass
class Case:
    """Trees and the facts they are computed from; `tops` are the cells of the answers."""

    trees: list[Node]
    facts: dict[str, Value]
    tops: list[str] = field(default_factory=list)


def computed(cases: list[Case], folder: Path) -> list[list[object]]:
    """What LibreOffice makes of every tree of every case: facts in one sheet, formulas in a sheet a hundred cases."""
    import xlsxwriter

    file = folder / "trees.xlsx"
    with xlsxwriter.Workbook(file) as workbook:
        given_sheet = workbook.add_worksheet("facts")
        for row, case in enumerate(cases):
            layout: dict[str, Input | Node | str] = {}
            for column, (name, value) in enumerate(case.facts.items()):
                ref = f"facts!{chr(65 + column)}{row + 1}"
                asked = f"IF(ISBLANK({ref}),NA(),{ref})"
                if isinstance(value, bool):
                    given_sheet.write_boolean(row, column, value)
                elif isinstance(value, Fraction):
                    given_sheet.write_number(row, column, float(value))
                layout[name] = asked if isinstance(value, bool) or KNOWN.get(name) == "truth" else Input(asked)
            sheet = workbook.add_worksheet(f"case{row}")
            _write(sheet, layout, case)
    (shown,) = recalculated([file], folder)
    found = []
    for row, case in enumerate(cases):
        rows = cells_of(shown, f"case{row}")
        found.append([rows[int(top[1:]) - 1][0] if int(top[1:]) <= len(rows) else "" for top in case.tops])
    return found


def _write(sheet: Any, layout: Layout, case: Case) -> None:
    cells = Cells(layout)
    case.tops = [cells.truth(tree) if kind(tree) == "truth" else cells.number(tree).value for tree in case.trees]
    for row, contents in enumerate(cells.rows):
        for column, content in enumerate(contents):
            if isinstance(content, str):
                sheet.write_formula(row, column, content, None, "")
            else:
                sheet.write_number(row, column, content)


def differences(cases: list[Case], folder: Path) -> list[str]:
    told = []
    for case, found in zip(cases, computed(cases, folder), strict=True):
        for tree, value in zip(case.trees, found, strict=True):
            wanted = evaluate(tree, {name: v for name, v in case.facts.items() if v is not None})
            if isinstance(wanted, Unknown):
                right = value == ""
            elif isinstance(wanted, bool):
                right = value is wanted
            elif wanted.denominator == 1 and abs(wanted) < 10**14:
                right = value == int(wanted)
            else:
                right = isinstance(value, float) and abs(Fraction(value) - wanted) <= abs(wanted) / 10**9 + Fraction(
                    1, 10**9
                )
            if not right:
                told.append(f"{tree} with {case.facts}: {value!r}, not {wanted!r}")
    return told


def drawn(count: int, number: int) -> list[Case]:
    """Random trees; each number also cut to a whole one, where a wrong edge would show."""
    found: list[Case] = []
    some = st.one_of(decimals, st.integers(0, 4).map(Fraction), st.none())
    facts = {name: some if kind == "number" else st.one_of(st.booleans(), st.none()) for name, kind in KNOWN.items()}

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(trees, st.fixed_dictionaries(facts))
    def collect(tree: Node, facts: dict[str, Value]) -> None:
        found.append(Case([tree] if kind(tree) == "truth" else [tree, Call("floor", (tree,))], facts))

    collect()
    return found


@needs_soffice
def test_random_trees(tmp_path: Path) -> None:
    assert differences(drawn(150, 3), tmp_path) == []


def points(weight: Decimal, share: str) -> Node:
    return rounded_units(parse(f"{weight} * min(1, {share})", NUMBERS), 2)


def nearest(pick: Callable[[int, int], int], size: int, share: int, of: int, beside: int) -> tuple[Fraction, Fraction]:
    """An amount and a budget of that size whose share misses share/of by beside/(of × budget): by as little as can be."""
    budget = pick(size // (2 * of), size // of - 1) * of + beside * pow(share, -1, of) % of
    return Fraction((share * budget - beside) // of, 10**4), Fraction(budget, 10**4)


def coprime(pick: Callable[[int, int], int], of: int) -> int:
    return next(k for k in iter(lambda: pick(1, of - 1), 0) if gcd(k, of) == 1)


def edges(pick: Callable[[int, int], int]) -> list[Case]:
    """Shares of amounts up to 10^9 with 4 decimals: on a tie or on the edge of a band, and beside it as near as can be."""
    cases = []
    for size in (10**6, 10**8, 10**10, 10**13):
        for cents in (500, 1000, 333, 3333, 4999, 5000, 10_000):
            tie, percent = coprime(pick, 2 * cents), coprime(pick, 100)
            for beside in (-1, 0, 1):
                spent, budget = nearest(pick, size, tie, 2 * cents, beside)
                value, limit = nearest(pick, size, percent, 100, beside)
                facts: dict[str, Value] = {"a": spent, "b": budget, "c": value, "d": limit}
                bands = [
                    Compare(order, parse("c / d", NUMBERS), parse(f"{percent}%", {})) for order in (">=", "=", "<")
                ]  # type: ignore[arg-type]
                cases.append(Case([points(Decimal(cents).scaleb(-2), "a / b"), *bands], facts))
    return cases


@needs_soffice
def test_ties_and_bands_that_the_last_decimal_decides(tmp_path: Path) -> None:
    cases = edges(random.Random(2019).randint)
    assert differences(cases, tmp_path) == []
    ties = [case for case in cases if _is_tie(case)]
    assert len(ties) == len(cases) / 3


def _is_tie(case: Case) -> bool:
    before = case.trees[0]
    assert isinstance(before, Call)
    value = evaluate(before.arguments[0], case.facts)  # the points in cents, and one half
    return isinstance(value, Fraction) and value.denominator == 1


@needs_soffice
def test_the_tie_that_floats_miss(tmp_path: Path) -> None:
    """99.9% of 5 is 4.995: points 5.00, though the float is below it; and the like for what is added up and divided."""
    facts: dict[str, Value] = {
        name: Fraction(value) for name, value in [("a", "99.9"), ("b", 100), ("c", "4.99"), ("d", 5)]
    }
    texts = [
        "round(5 * a / b, 2) * 100",
        "round((c + d) / 2, 2) * 100",
        "floor(1000 * (a / b))",
        "ceil(-(a / b) * 1000)",
    ]
    assert [evaluate(parse(text, NUMBERS), facts) for text in texts] == [500, 500, 999, -999]
    assert differences([Case([parse(text, NUMBERS) for text in texts], facts)], tmp_path) == []


@needs_soffice
def test_no_answer_rather_than_a_wrong_one(tmp_path: Path) -> None:
    """Inputs with more decimals or digits than their cells take, and a tie beyond what can be told apart."""
    facts: dict[str, Value] = {
        "a": Fraction("0.00001"),
        "b": Fraction(10**11),
        "c": Fraction(10**9) - Fraction(1, 10**4),
        "d": Fraction(1),
    }
    lost = [parse(text, NUMBERS) for text in ("a + 1", "b + 1")]
    tie = rounded_units(parse("(c / c) * (c / c) * (c / c) * d / 200", {**NUMBERS}), 2)
    ((one, two, three),) = computed([Case([*lost, tie], facts)], tmp_path)
    assert (one, two) == ("", "")
    assert three in ("", 1.0)


@needs_soffice
def test_many_denominators_nest_no_deeper_than_spreadsheets_allow(tmp_path: Path) -> None:
    facts: dict[str, Value] = {
        f"n{i}": Fraction(pick, 4) for i, pick in enumerate((3, 7, 11, 13, 17, 19, 23, 29, 31, 37))
    }
    known: dict[str, Kind] = dict.fromkeys(facts, "number")
    parts = [parse(f"min(1, {a} / {b})", known) for a in facts for b in facts if a != b]
    total = reduce(lambda left, right: Arithmetic("+", left, right), parts)
    trees: list[Node] = [total, parse(f"{' + '.join(f'1 / {b}' for b in facts)} > 0", known)]
    cells = Cells({name: Input(name) for name in facts})
    cells.number(trees[0])
    formulas = [content for row in cells.rows for content in row if isinstance(content, str)]
    assert max(map(len, formulas)) < 2000
    assert max(_depth(formula) for formula in formulas) < 40
    assert differences([Case(trees, facts)], tmp_path) == []


def _depth(formula: str) -> int:
    open_, deepest = 0, 0
    for letter in formula:
        open_ += (letter == "(") - (letter == ")")
        deepest = max(deepest, open_)
    return deepest


def test_a_tree_without_names_is_worked_out_beforehand() -> None:
    cells = Cells({})
    cells.number(parse("1 / 3 + 2 * min(4, 5)", {}))
    assert len(cells.rows) == 1
    assert cells.rows[0][2] == 25


@pytest.mark.parametrize("text", ["a + 1", "min(a, b)", "a / b"])
def test_a_name_without_a_cell_is_missing(text: str) -> None:
    cells = Cells({})
    cells.number(parse(text, NUMBERS))
    assert cells.rows[0][0] == "=NA()"
