"""Columns are the exact reading, row by row: values, truths, absences; what leaves int64 is said and not guessed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.expression.columns import BEYOND, STATES, Numbers, Read, Truths, columns, value_at
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import Node
from tests.expression.trees import KNOWN, facts, present, trees


def column(name: str, rows: list[dict[str, Value]]) -> Read:
    """The column of one fact: its numbers in units of 1/10000 where they are decimals, else over denominators."""
    values = [row.get(name, Unknown("missing", (name,))) for row in rows]
    state = np.array([STATES[v.why] if isinstance(v, Unknown) else 0 for v in values], np.uint8)
    absences = state if state.any() else None
    if KNOWN[name] == "truth":
        return Truths(np.array([v is True for v in values]), absences)
    numbers = [Fraction(0) if isinstance(v, Unknown) else Fraction(v) for v in values]
    if all(10_000 % number.denominator == 0 and abs(number) < 10**14 for number in numbers):
        units = [int(number * 10_000) for number in numbers]
        return Numbers(np.array(units, np.int64), None, Fraction(1, 10_000), absences, max(map(abs, units)))
    num, den = (np.array([getattr(n, part) for n in numbers], np.int64) for part in ("numerator", "denominator"))
    bottom = int(den.max())
    return Numbers(num, den if bottom > 1 else None, Fraction(1), absences, int(np.abs(num).max()), bottom)


def read(tree: Node, rows: list[dict[str, Value]]) -> tuple[list[Value], int]:
    """The tree's value on every row, and how many of them only the exact reading could tell."""
    found = columns(tree, {name: column(name, rows) for name in KNOWN})
    values = [value_at(found, index) for index in range(len(rows))]
    told = [evaluate(tree, row) if value is None else value for value, row in zip(values, rows, strict=True)]
    return told, values.count(None)


def plain(value: object) -> object:
    return value.why if isinstance(value, Unknown) else value


@given(trees, st.lists(facts, min_size=1, max_size=8))
def test_columns_are_the_exact_reading_on_every_row(tree: Node, rows: list[dict[str, Value]]) -> None:
    values, _ = read(tree, rows)
    assert [plain(v) for v in values] == [plain(evaluate(tree, row)) for row in rows]


HUGE = st.sampled_from([2**31, 2**40, 2**61, -(2**40), 3 * 10**18 // 7, 1, 0, -1]).map(Fraction)
huge = st.fixed_dictionaries(
    {
        name: st.booleans() if kind == "truth" else st.one_of(HUGE, st.integers(-9, 9).map(Fraction))
        for name, kind in KNOWN.items()
    }
)


@given(trees, st.lists(huge, min_size=1, max_size=6))
def test_what_could_leave_int64_is_left_to_the_exact_reading(tree: Node, rows: list[dict[str, Value]]) -> None:
    values, _ = read(tree, rows)
    assert [plain(v) for v in values] == [plain(evaluate(tree, row)) for row in rows]


@given(trees, st.lists(present, min_size=1, max_size=4))
def test_a_row_does_not_depend_on_its_neighbours(tree: Node, rows: list[dict[str, Value]]) -> None:
    alone = [value for row in rows for value in read(tree, [row])[0]]
    together, _ = read(tree, rows)
    assert [plain(v) for v in together] == [plain(v) for v in alone]


TIES = [
    ("round(spent * 5 / 100, 2)", "99.9", "5.00"),  # 4.995
    ("round(spent / 3, 2)", "0.015", "0.01"),
    ("round(spent / 3, 2)", "0.045", "0.02"),
    ("round(0 - spent, 1)", "0.25", "-0.3"),
    ("floor(spent * 100) / 100", "4.995", "4.99"),
    ("round(10 * min(1, spent / budget), 2)", "2.345", "2.35"),
    ("round(10 * min(1, budget / 3 / spent), 2)", "1", "3.33"),
]


@pytest.mark.parametrize(("text", "spent", "expected"), TIES)
def test_ties(text: str, spent: str, expected: str) -> None:
    tree, row = parse(text, KNOWN), {"spent": Fraction(spent), "budget": Fraction(10 if "min(1, spent" in text else 1)}
    values, count = read(tree, [row] * 3)
    assert (values, count) == ([Fraction(expected)] * 3, 0)


def test_only_the_row_that_overflows_is_beyond() -> None:
    spent = Numbers(np.array([3, 2**61, 5], np.int64), top=2**61)
    found = columns(parse("spent * spent / 100", KNOWN), {"spent": spent})
    assert isinstance(found, Numbers)
    assert found.state is not None
    assert found.state.tolist() == [0, BEYOND, 0]
    assert [value_at(found, row) for row in (0, 2)] == [Fraction(9, 100), Fraction(1, 4)]


def test_the_branch_not_taken_never_poisons() -> None:
    spent = Numbers(np.array([0, 2**61, 4], np.int64), top=2**61)
    found = columns(parse("if spent = 0 then 1 else if spent > 100 then 2 else 8 / spent", KNOWN), {"spent": spent})
    assert [value_at(found, row) for row in range(3)] == [1, 2, 2]
