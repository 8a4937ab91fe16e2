"""The language rules are written in: a small, total tree over exact numbers and truths.

No loops, no text built from text, no Python. Every use of a rule is a reading of this tree (exact, words, …).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from scoring.errors import Text

Kind = Literal["number", "truth"]
Sum = Literal["+", "-", "*", "/"]
Order = Literal["<", "<=", "=", "!=", ">=", ">"]
Function = Literal["min", "max", "abs", "floor", "ceil", "round"]

NEGATION: dict[Order, Order] = {"<": ">=", "<=": ">", "=": "!=", "!=": "=", ">=": "<", ">": "<="}
# function -> (fewest, most) arguments; round(x, n) keeps n decimal places, half-up
FUNCTIONS: dict[Function, tuple[int, int]] = {
    "min": (2, 20),
    "max": (2, 20),
    "abs": (1, 1),
    "floor": (1, 1),
    "ceil": (1, 1),
    "round": (2, 2),
}


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A fact, or something the record gives (actual, target, mark, check.x, count.x, …)."""

    id: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class Named:
    """A part worth a name of its own in the explanation (完成率); it changes no value. unit % shows it as a percentage."""

    title: Text
    node: Node
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    op: Sum
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare:
    op: Order
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    op: Literal["and", "or"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class Choose:
    """if condition then … else …; bands are choices inside choices."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: Function
    arguments: tuple[Node, ...]


Node = Number | Name | Named | Arithmetic | Compare | Logic | Not | Choose | Call


def number(value: Fraction | int) -> Number:
    return Number(Fraction(value))


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Arithmetic(_, left, right) | Compare(_, left, right) | Logic(_, left, right):
            return (left, right)
        case Named(_, inner) | Not(inner):
            return (inner,)
        case Choose(condition, then, otherwise):
            return (condition, then, otherwise)
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order it is read."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Node) -> tuple[str, ...]:
    """The names a tree asks for, each once, in the order they are read."""
    return tuple(dict.fromkeys(part.id for part in walk(node) if isinstance(part, Name)))


def kind(node: Node) -> Kind:
    """What a node gives. A choice gives what its branches give."""
    match node:
        case Name(_, given):
            return given
        case Named(_, inner):
            return kind(inner)
        case Compare() | Logic() | Not():
            return "truth"
        case Choose(_, then, _):
            return kind(then)
        case _:
            return "number"
