"""The value of a tree, or the reason why there is none."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import pytest
from hypothesis import given

from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import Kind, Node
from tests import oracle
from tests.expression.trees import facts, present, trees

Given: TypeAlias = dict[str, int | str | bool]
KINDS: dict[str, Kind] = {"a": "number", "b": "number", "c": "number", "p": "truth", "q": "truth", "r": "truth"}
M, U, D, N = "missing", "undefined", "not-demonstrated", "not-applicable"


def valued(given: Given) -> dict[str, Value]:
    """Facts from a table row: the name of an absence stands for it, and it comes from the fact itself."""
    return {
        name: Unknown(value, (name,))
        if isinstance(value, str)
        else value
        if isinstance(value, bool)
        else Fraction(value)
        for name, value in given.items()
    }  # type: ignore[arg-type]


VALUES = [
    ("-7 / 2", "-7/2"),
    ("floor(-7 / 2)", "-4"),
    ("ceil(-7 / 2)", "-3"),
    ("floor(3)", "3"),
    ("abs(-7 / 2)", "7/2"),
    ("min(3, -1, 2)", "-1"),
    ("max(3, -1, 2)", "3"),
    ("round(4.345, 2)", "4.35"),
    ("round(-4.345, 2)", "-4.35"),
    ("round(2.5, 0)", "3"),
    ("round(2 / 3, 4)", "0.6667"),
    ("0.1 + 0.2", "0.3"),
    ("1 / 3 * 3", "1"),
    ("2 - 3 * 4", "-10"),
    ("10 * 8704%", "870.4"),
    ("if 1 < 2 and not 2 < 1 then 5 else 6", "5"),
    ("if 1 >= 1 and 1 <= 1 and 1 = 1 and not (1 != 1 or 1 > 1 or 1 < 1) then 5 else 6", "5"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: str) -> None:
    assert evaluate(parse(text, KINDS), {}) == Fraction(value)


ABSENCES: list[tuple[str, Given, int | bool | tuple[str, ...]]] = [
    # an operand without a value leaves none, and says whose fault it is
    ("a + 1", {}, (M, "a")),
    ("1 - a", {"a": U}, (U, "a")),
    ("a * b", {"a": D, "b": 0}, (D, "a")),
    ("a < b", {"a": 1, "b": N}, (N, "b")),
    ("min(1, a, 2)", {"a": D}, (D, "a")),
    ("not p", {"p": M}, (M, "p")),
    # of several the gravest counts, wherever it stands
    ("a + b", {"a": U, "b": M}, (M, "b")),
    ("a + b", {"a": D, "b": U}, (U, "b")),
    ("a + b", {"a": N, "b": D}, (D, "b")),
    ("a + b + c", {"a": N, "b": U, "c": M}, (M, "c")),
    ("max(a, b, c)", {"a": D, "b": U, "c": N}, (U, "b")),
    ("p and q", {"p": D, "q": M}, (M, "q")),
    # alike ones are all named, each once, in the order they are read
    ("b + a * b", {}, (M, "b", "a")),
    ("a + b + c", {"a": N, "b": D, "c": D}, (D, "b", "c")),
    # division by zero
    ("1 / 0", {}, (U,)),
    ("a / b", {"a": 1, "b": 0}, (U, "b")),
    ("a / (b - c)", {"a": 0, "b": 3, "c": 3}, (U, "b", "c")),
    ("a / b", {"b": 0}, (M, "a")),
    ("a / b + c", {"a": 1, "b": 0, "c": D}, (U, "b")),
    ("0 * (1 / 0)", {}, (U,)),
    # and, or: settled by one operand alone
    ("p and q", {"p": False, "q": M}, False),
    ("p and q", {"p": M, "q": False}, False),
    ("p or q", {"p": True, "q": U}, True),
    ("p or q", {"p": U, "q": True}, True),
    ("p and q", {"p": True, "q": M}, (M, "q")),
    ("p or q", {"p": D, "q": False}, (D, "p")),
    ("p and q", {"p": True, "q": True}, True),
    ("p and q", {"p": True, "q": False}, False),
    ("p or q", {"p": False, "q": False}, False),
    ("p and q and r", {"p": M, "q": U, "r": False}, False),
    ("1 / 0 > 1 or p", {"p": True}, True),
    # a choice looks at its condition and at the branch taken, at nothing else
    ("if p then 1 else a", {"p": True}, 1),
    ("if p then a else 1", {"p": False}, 1),
    ("if p then 1 / 0 else 2", {"p": False}, 2),
    ("if p then a else 1", {"p": True, "a": D}, (D, "a")),
    ("if p then 1 else 1", {}, (M, "p")),
    ("if p then a else b", {"p": N}, (N, "p")),
    ("if b = 0 then 0 else a / b", {"a": 1, "b": 0}, 0),
    ("if p or q then 1 else 2", {"p": True}, 1),
]


@pytest.mark.parametrize(("text", "given_facts", "expected"), ABSENCES)
def test_absences(text: str, given_facts: Given, expected: int | bool | tuple[str, ...]) -> None:
    result = evaluate(parse(text, KINDS), valued(given_facts))
    if isinstance(expected, tuple):
        assert result == Unknown(expected[0], expected[1:])  # type: ignore[arg-type]
    else:
        assert type(result) is (bool if isinstance(expected, bool) else Fraction)
        assert result == expected


def seen_by_oracle(value: object) -> object:
    return (value.why, value.names) if isinstance(value, Unknown) else value


@given(trees, facts)
def test_python_comes_to_the_same(tree: Node, known: dict[str, Value]) -> None:
    expected = oracle.answer(tree, {name: seen_by_oracle(value) for name, value in known.items()})
    assert seen_by_oracle(evaluate(tree, known)) == expected


@given(trees, present)
def test_with_every_fact_there_only_a_division_can_fail(tree: Node, known: dict[str, Value]) -> None:
    value = evaluate(tree, known)
    assert not isinstance(value, Unknown) or value.why == "undefined"
