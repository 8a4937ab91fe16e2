"""The cells reading: tree and layout → rows of spreadsheet formulas that recalculate to the same number, ties included.

A spreadsheet knows binary floats only, so no formula may trust one near an edge. Each number of the tree becomes a row:

    A  value    as a float
    B  slack    no less than what the float may be off by
    C  top      the numerator, exact, modulo MODULUS
    D, E        size and residue of a denominator only the workbook knows (where two branches of a choice differ)

Its denominator is known when the rows are written: a whole number times such factors (what was divided by). Every
decision (a comparison, a floor, the rounding of points) is the sign of one difference. Where the float is farther from
0 than its slack, it has the sign. Where not, the numerator is at most 2 × slack × denominator in size; below
MODULUS ÷ 4 its residue is the numerator itself, so its sign is exact. Above that the cell says #NUM!: no answer, never a
wrong one.

Bound: numerators up to 10^18 are always told apart. That holds for a share of two inputs with 4 decimals up to 10^9,
times a weight with 2 decimals, rounded to 2 places (10^17). Inputs with more decimals than their cell takes give #NUM!.
Residues are below 5 × 10^6 so that no product reaches 10^14, where spreadsheets begin to lose digits. SLACK is 64 times
the error of one float operation: spreadsheets snap results close to 0 to 0 themselves.

What has no value is an error value, as spreadsheets spread it: #N/A missing, #DIV/0! undefined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from scoring.expression.exact import Unknown, evaluate
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
    kind,
    names,
    number,
)

MODULUS = 4_999_999
LARGEST = 10**14  # whole numbers a cell may hold
MOST_FACTORS = 6
_HALF = MODULUS // 2
_SLACK = "1.5E-14"
_LOST = "SQRT(-1)"  # #NUM!: too close to an edge to be told apart


@dataclass(frozen=True, slots=True)
class Input:
    """A number some cell gives. ref: a formula for it; places: the most decimals it may have."""

    ref: str
    places: int = 4


Layout = Mapping[str, "Input | Node | str"]
"""name → the cell of a number, a tree over other names, or (a truth) a formula for TRUE, FALSE or #N/A."""


class Factor(NamedTuple):
    """A denominator only the workbook knows: the cells of its size and of its residue."""

    size: str
    residue: str


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one number, and its denominator: below × factors."""

    value: str
    slack: str
    top: str
    below: int = 1
    factors: tuple[Factor, ...] = ()

    @property
    def size(self) -> str:
        return "*".join([str(self.below), *(factor.size for factor in self.factors)])


class Cells:
    """A sheet of formulas. `rows` holds its cells, to be written from row 1 down."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.rows: list[tuple[str | float, ...]] = []
        self._numbers: dict[Node, Row] = {}
        self._truths: dict[Node, str] = {}

    def number(self, node: Node) -> Row:
        """The row of a tree that gives a number."""
        while isinstance(node, Named):
            node = node.node
        if node not in self._numbers:
            self._numbers[node] = self._sealed(self._number(node))
        return self._numbers[node]

    def truth(self, node: Node) -> str:
        """The cell of a tree that gives a truth."""
        while isinstance(node, Named):
            node = node.node
        if node not in self._truths:
            self._truths[node] = self._put(f"={self._truth(node)}")
        return self._truths[node]

    def put(self, formula: str) -> str:
        """The cell of a formula that does not come from a tree."""
        return self._put(formula)

    def _put(self, *cells: str | float) -> str:
        """A new row of cells; gives its first."""
        self.rows.append(cells)
        return f"A{len(self.rows)}"

    def _row(self, value: str, slack: str, top: str, below: int = 1, factors: tuple[Factor, ...] = ()) -> Row:
        """A new row; {v} in slack and top stands for its own value."""
        own = f"A{len(self.rows) + 1}"
        self._put(f"={value}", f"={slack.replace('{v}', own)}", f"={top.replace('{v}', own)}")
        return _row_at(own, below, factors)

    def _number(self, node: Node) -> Row:
        if not names(node):
            return self._constant(node)
        match node:
            case Name(id):
                return self._named(id)
            case Arithmetic("+" | "-" as op, left, right):
                return self._sum(op, self.number(left), self.number(right))
            case Arithmetic(op, left, right):
                if not names(right) and isinstance(value := evaluate(right, {}), Fraction) and value:
                    return self._times(self.number(left), value if op == "*" else 1 / value)
                if op == "/":
                    return self._quotient(self.number(left), self.number(right))
                if not names(left) and isinstance(value := evaluate(left, {}), Fraction):
                    return self._times(self.number(right), value)
                return self._product(self.number(left), self.number(right))
            case Choose(condition, then, otherwise):
                return self._choice(self.truth(condition), self.number(then), self.number(otherwise))
            case Call(function, arguments):
                return self._call(function, arguments)
        raise TypeError(node)

    def _constant(self, node: Node) -> Row:
        value = evaluate(node, {})
        if isinstance(value, Unknown):
            return self._row("1/0" if value.why == "undefined" else "NA()", "{v}", "{v}")
        assert isinstance(value, Fraction)
        own = self._put(float(value), abs(float(value)) * float(_SLACK), value.numerator % MODULUS)
        return _row_at(own, value.denominator)

    def _named(self, id: str) -> Row:
        given = self.layout.get(id)
        if given is None:
            return self._row("NA()", "{v}", "{v}")
        if not isinstance(given, Input):
            assert not isinstance(given, str)
            return self.number(given)
        scale = 10**given.places
        whole = f"ROUND({{v}}*{scale},0)"
        # what is typed is checked in a row of its own: the float nearest to so many decimals, not too large
        typed = self._put(f"={given.ref}")
        near = f"ROUND({typed}*{scale},0)"
        fits = f"AND(ABS({near})<{LARGEST},ABS({typed}*{scale}-{near})<=ABS({near})*2E-15)"
        value = f"IF(ISERROR({typed}),{typed},IF(ISNUMBER({typed}),IF({fits},{typed},{_LOST}),{_LOST}))"
        return self._row(value, f"ABS({{v}})*{_SLACK}", f"MOD({whole},{MODULUS})", scale)

    def _sealed(self, row: Row) -> Row:
        """The row with one factor in place of many: formulas nest no deeper than spreadsheets allow (64)."""
        if len(row.factors) <= MOST_FACTORS:
            return row
        below = _modular("1", row.below, row.factors)
        own = self._put(f"={row.value}", f"={row.slack}", f"={row.top}", f"={row.size}", f"={below}")
        return _row_at(own, 1, (Factor(f"D{own[1:]}", f"E{own[1:]}"),))

    def _sum(self, op: str, a: Row, b: Row) -> Row:
        below, factors = lcm(a.below, b.below), _either(a.factors, b.factors)
        slack = f"{a.slack}+{b.slack}+(ABS({a.value})+ABS({b.value}))*{_SLACK}"
        top = f"MOD({_raised(a, below, factors)}{op}{_raised(b, below, factors)},{MODULUS})"
        return self._row(f"{a.value}{op}{b.value}", slack, top, below, factors)

    def _times(self, a: Row, by: Fraction) -> Row:
        """A row times a constant, reduced."""
        if not by:
            return self._row(f"0*{a.value}", f"0*{a.value}", f"0*{a.value}")
        common = gcd(by.numerator, a.below)
        slack = f"{a.slack}*{repr(abs(float(by))).upper()}+ABS({{v}})*{_SLACK}"
        top = _modular(a.top, by.numerator // common)
        below = a.below // common * by.denominator
        return self._row(f"{a.value}*{by.numerator}/{by.denominator}", slack, top, below, a.factors)

    def _product(self, a: Row, b: Row) -> Row:
        slack = f"ABS({a.value})*{b.slack}+ABS({b.value})*{a.slack}+{a.slack}*{b.slack}+ABS({{v}})*{_SLACK}"
        factors = tuple(sorted((*a.factors, *b.factors)))
        return self._row(f"{a.value}*{b.value}", slack, f"MOD({a.top}*{b.top},{MODULUS})", a.below * b.below, factors)

    def _quotient(self, a: Row, b: Row) -> Row:
        common, shared = gcd(a.below, b.below), Counter(a.factors) & Counter(b.factors)
        divisor = Factor(f"({b.value}*{b.size})", b.top)
        top = _modular(a.top, b.below // common, (Counter(b.factors) - shared).elements())
        factors = tuple(sorted([*(Counter(a.factors) - shared).elements(), divisor]))
        # a divisor that may be 0 is 0 or too close to 0 to divide by
        by = f"IF(ABS({b.value})>2*{b.slack},{b.value},IF({_sign(b)}=0,0,{_LOST}))"
        slack = f"({a.slack}+ABS({{v}})*{b.slack})/(ABS({b.value})-{b.slack})+ABS({{v}})*{_SLACK}"
        return self._row(f"{a.value}/{by}", slack, top, a.below // common, factors)

    def _choice(self, condition: str, a: Row, b: Row) -> Row:
        def either(one: str, other: str) -> str:
            return f"IF({condition},{one},{other})"

        value, slack = either(a.value, b.value), either(a.slack, b.slack)
        if a.factors == b.factors:
            below = lcm(a.below, b.below)
            top = either(_raised(a, below, a.factors), _raised(b, below, b.factors))
            return self._row(value, slack, top, below, a.factors)
        own = self._put(
            f"={value}",
            f"={slack}",
            f"={either(a.top, b.top)}",
            f"={either(a.size, b.size)}",
            f"={either(_modular('1', a.below, a.factors), _modular('1', b.below, b.factors))}",
        )
        return _row_at(own, 1, (Factor(f"D{own[1:]}", f"E{own[1:]}"),))

    def _call(self, function: Function, arguments: tuple[Node, ...]) -> Row:
        first = arguments[0]
        match function:
            case "min" | "max":
                return self._extreme(function, arguments)
            case "abs":
                return self.number(Choose(Compare("<", first, number(0)), Arithmetic("-", number(0), first), first))
            case "floor":
                return self._floor(self.number(first))
            case "ceil":
                below = Call("floor", (Arithmetic("-", number(0), first),))
                return self.number(Arithmetic("-", number(0), below))
            case "round":
                assert isinstance(arguments[1], Number)
                scale = number(10 ** int(arguments[1].value))
                away = Arithmetic("*", Call("abs", (first,)), scale)
                whole = Call("floor", (Arithmetic("+", away, number(Fraction(1, 2))),))
                size = Arithmetic("/", whole, scale)
                return self.number(Choose(Compare("<", first, number(0)), Arithmetic("-", number(0), size), size))

    def _extreme(self, function: Function, arguments: tuple[Node, ...]) -> Row:
        rows = [self.number(argument) for argument in arguments]
        below = lcm(*(row.below for row in rows))
        if below <= 10**8 and not any(row.factors for row in rows):  # the numerator can be read off the float
            values = ",".join(row.value for row in rows)
            sure = f"(MAX({','.join(row.slack for row in rows)})+ABS({{v}})*{_SLACK})*{below}<0.25"
            return self._row(
                f"{function.upper()}({values})",
                f"MAX({','.join(row.slack for row in rows)})",
                f"IF({sure},MOD(ROUND({{v}}*{below},0),{MODULUS}),{_LOST})",
                below,
            )
        best = arguments[0]
        for other in arguments[1:]:
            best = Choose(Compare("<=" if function == "min" else ">=", best, other), best, other)
        return self.number(best)

    def _floor(self, a: Row) -> Row:
        guess = self._row(
            f"IF(AND({a.slack}<0.25,ABS({a.value})<{LARGEST}),ROUND({a.value},0),{_LOST})",
            "0*{v}",
            f"MOD({{v}},{MODULUS})",
        )
        beyond = self._sum("-", a, guess)
        return self._row(f"{guess.value}-IF({_sign(beyond)}<0,1,0)", "0*{v}", f"MOD({{v}},{MODULUS})")

    def _truth(self, node: Node) -> str:
        if not names(node):
            value = evaluate(node, {})
            return ("NA()" if value.why == "missing" else "1/0") if isinstance(value, Unknown) else str(value).upper()
        match node:
            case Name(id):
                given = self.layout.get(id)
                assert given is None or isinstance(given, str)
                return given or "NA()"
            case Compare(order, left, right):
                beyond = self.number(Arithmetic("-", left, right))
                return f"{_sign(beyond)}{'<>' if order == '!=' else order}0"
            case Logic(op, left, right):
                a, b = self.truth(left), self.truth(right)
                if op == "and":  # settled by a false operand whatever the other is
                    return f"IF(IFERROR(NOT({a}),FALSE),FALSE,IF(IFERROR(NOT({b}),FALSE),FALSE,AND({a},{b})))"
                return f"IF(IFERROR({a},FALSE),TRUE,IF(IFERROR({b},FALSE),TRUE,OR({a},{b})))"
            case Not(inner):
                return f"NOT({self.truth(inner)})"
            case Choose(condition, then, otherwise):
                assert kind(node) == "truth"
                return f"IF({self.truth(condition)},{self.truth(then)},{self.truth(otherwise)})"
        raise TypeError(node)


def _row_at(cell: str, below: int = 1, factors: tuple[Factor, ...] = ()) -> Row:
    return Row(cell, f"B{cell[1:]}", f"C{cell[1:]}", below, factors)


def rounded_units(node: Node, places: int, cut: bool = False) -> Node:
    """How many units of the last place a number that is not negative has once rounded (half-up, or cut)."""
    scaled: Node = Arithmetic("*", node, number(10**places))
    return Call("floor", (scaled if cut else Arithmetic("+", scaled, number(Fraction(1, 2))),))


def _sign(row: Row) -> str:
    """-1, 0 or 1, exact; #NUM! where it cannot be told."""
    centred = f"SIGN(MOD({row.top}+{_HALF},{MODULUS})-{_HALF})"
    told = f"{centred}*SIGN({row.size})" if row.factors else centred
    small = f"2*{row.slack}*ABS({row.size})<{MODULUS // 4}"
    return f"IF(ABS({row.value})>{row.slack},SIGN({row.value}),IF({small},{told},{_LOST}))"


def _either(one: tuple[Factor, ...], other: tuple[Factor, ...]) -> tuple[Factor, ...]:
    return tuple(sorted((Counter(one) | Counter(other)).elements()))


def _raised(row: Row, below: int, factors: tuple[Factor, ...]) -> str:
    """The numerator of a row over a larger denominator."""
    return _modular(row.top, below // row.below, (Counter(factors) - Counter(row.factors)).elements())


def _modular(top: str, by: int, factors: Iterable[Factor] = ()) -> str:
    by %= MODULUS
    text = top if by == 1 else f"MOD({top}*{by},{MODULUS})"
    for factor in factors:
        text = f"MOD({text}*{factor.residue},{MODULUS})"
    return text
