"""The exact reading: tree and facts → Fraction, truth, or the reason why there is none.

The domain has four values that are no number, settled here once for every rule:

    missing           a fact nobody has recorded yet
    undefined         arithmetic that has no answer: division by zero
    not-demonstrated  an actual that only repeats its target
    not-applicable    declared not to apply, with a reason

Any of them in an operand is the result; of several the first in this order wins (while something is missing nobody can
say more), and the names that caused it are kept. Two exceptions, as in everyday logic: `false and x` is false and
`true or x` is true whatever x is. The branch not taken is never looked at; an unknown condition makes a choice unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from scoring.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Function,
    Logic,
    Name,
    Named,
    Node,
    Not,
    Number,
    Order,
    names,
)
from scoring.values import rounded

Absence = Literal["missing", "undefined", "not-demonstrated", "not-applicable"]
SEVERITY: tuple[Absence, ...] = ("missing", "undefined", "not-demonstrated", "not-applicable")


@dataclass(frozen=True, slots=True)
class Unknown:
    """No value, why, and the names it comes from."""

    why: Absence
    names: tuple[str, ...] = ()


Value: TypeAlias = Fraction | bool | Unknown
Facts: TypeAlias = Mapping[str, Value]

_ORDER: dict[Order, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


def worst(*values: Value) -> Unknown | None:
    """The absence among the values that counts, with the names of all alike; None when every value is there."""
    absent = [value for value in values if isinstance(value, Unknown)]
    if not absent:
        return None
    why = min((value.why for value in absent), key=SEVERITY.index)
    return Unknown(why, tuple(dict.fromkeys(name for value in absent if value.why == why for name in value.names)))


def evaluate(node: Node, facts: Facts) -> Value:
    match node:
        case Number(value):
            return value
        case Name(id):
            return facts.get(id, Unknown("missing", (id,)))
        case Named(_, inner):
            return evaluate(inner, facts)
        case Arithmetic(op, left, right):
            a, b = evaluate(left, facts), evaluate(right, facts)
            if unknown := worst(a, b):
                return unknown
            assert isinstance(a, Fraction)
            assert isinstance(b, Fraction)
            match op:
                case "+":
                    return a + b
                case "-":
                    return a - b
                case "*":
                    return a * b
                case "/":
                    return a / b if b else Unknown("undefined", names(right))
        case Compare(order, left, right):
            a, b = evaluate(left, facts), evaluate(right, facts)
            if unknown := worst(a, b):
                return unknown
            assert isinstance(a, Fraction)
            assert isinstance(b, Fraction)
            return _ORDER[order](a, b)
        case Logic(op, left, right):
            a, b = evaluate(left, facts), evaluate(right, facts)
            settles = op == "or"  # `or` is settled by a true operand, `and` by a false one
            if a is settles or b is settles:
                return settles
            return worst(a, b) or (not settles)
        case Not(inner):
            a = evaluate(inner, facts)
            return a if isinstance(a, Unknown) else not a
        case Choose(condition, then, otherwise):
            a = evaluate(condition, facts)
            return a if isinstance(a, Unknown) else evaluate(then if a else otherwise, facts)
        case Call(function, arguments):
            values = [evaluate(argument, facts) for argument in arguments]
            return worst(*values) or apply(function, [v for v in values if isinstance(v, Fraction)])


def apply(function: Function, values: list[Fraction]) -> Fraction:
    match function:
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "abs":
            return abs(values[0])
        case "floor":
            return Fraction(values[0].__floor__())
        case "ceil":
            return Fraction(values[0].__ceil__())
        case "round":
            return Fraction(rounded(values[0], int(values[1])))
