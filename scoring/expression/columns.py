"""The columns reading: tree and columns of facts → a column of values, each the one the exact reading gives for its row.

A column of numbers is scale × num ÷ den, row by row: num and den are int64, den positive, and scale one exact fraction for
the whole column. So a constant costs no arithmetic on rows, a comparison is a cross-multiplication, and nothing is rounded
before the tree says so. Beside a column a constant is a column of one row, which numpy spreads over all. Where a row could
leave int64 it is marked BEYOND, whatever it would have come to, and the caller gives that row to the exact reading. States
are small numbers in the order in which absences win over each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from scoring.expression.exact import SEVERITY, Absence, Unknown, apply
from scoring.expression.exact import worst as worst_of
from scoring.expression.tree import Arithmetic, Call, Choose, Compare, Logic, Name, Named, Node, Not, Number, Order

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
State: TypeAlias = npt.NDArray[np.uint8] | None  # None: every row has a value

LIMIT = 1 << 62  # two numbers below it can still be added
STATES: dict[Absence, int] = {why: len(SEVERITY) - rank for rank, why in enumerate(SEVERITY)}
BEYOND = len(SEVERITY) + 1
_MIRRORED: dict[Order, Order] = {"<": ">", "<=": ">=", "=": "=", "!=": "!=", ">=": "<=", ">": "<"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """scale × num ÷ den where state is 0. top, bottom: no row that counts has a larger |num| or den."""

    num: Ints
    den: Ints | None = None
    scale: Fraction = Fraction(1)
    state: State = None
    top: int = LIMIT
    bottom: int = 1


@dataclass(frozen=True, slots=True)
class Truths:
    value: Flags
    state: State = None


Column: TypeAlias = Numbers | Truths
Read: TypeAlias = Column | Fraction | bool | Unknown  # what is the same on every row stays one value
_NUMPY: dict[Order, Any] = {
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
    ">=": np.greater_equal,
    ">": np.greater,
}


def columns(node: Node, facts: Mapping[str, Read]) -> Read:
    """The value on every row; a name left out is missing on every row."""
    match node:
        case Number(value):
            return value
        case Name(id):
            return facts.get(id, Unknown("missing", (id,)))
        case Named(_, inner):
            return columns(inner, facts)
        case Arithmetic(op, left, right):
            return _arithmetic(op, columns(left, facts), columns(right, facts))
        case Compare(order, left, right):
            return _compared(order, columns(left, facts), columns(right, facts))
        case Logic(op, left, right):
            return _logic(op == "or", columns(left, facts), columns(right, facts))
        case Not(inner):
            truth = columns(inner, facts)
            if isinstance(truth, Truths):
                return replace(truth, value=~truth.value)
            return truth if isinstance(truth, Unknown) else not truth
        case Choose(condition, then, otherwise):
            truth = columns(condition, facts)
            if isinstance(truth, Unknown):
                return truth
            if isinstance(truth, Truths):
                return _chosen(truth, columns(then, facts), columns(otherwise, facts))
            return columns(then if truth else otherwise, facts)
        case Call(function, arguments):
            values = [columns(argument, facts) for argument in arguments]
            if function in ("min", "max"):
                return reduce(lambda a, b: _extreme(function == "max", a, b), values)
            if not isinstance(values[0], Numbers):
                unknown = worst_of(*values)  # type: ignore[arg-type]
                return unknown or apply(function, values)  # type: ignore[arg-type]
            if function == "abs":
                return replace(values[0], num=np.abs(values[0].num))
            return _whole(function, values[0], int(values[1]) if len(values) > 1 else 0)  # type: ignore[arg-type]


def value_at(column: Read, row: int) -> Fraction | bool | Unknown | None:
    """The value of one row, absences without their names; None where only the exact reading can tell."""
    if not isinstance(column, Numbers | Truths):
        return column
    if column.state is not None and (state := int(column.state[row])):
        return None if state == BEYOND else Unknown(SEVERITY[len(SEVERITY) - state])
    if isinstance(column, Truths):
        return bool(column.value[row])
    return column.scale * int(column.num[row]) / (1 if column.den is None else int(column.den[row]))


def state_of(column: Read) -> State | int:
    if isinstance(column, Unknown):
        return STATES[column.why]
    return column.state if isinstance(column, Numbers | Truths) else None


def graver(one: State | int, other: State | int) -> Any:
    """The state of what needs both."""
    if one is None or other is None:
        return other if one is None else one
    return np.maximum(one, other).astype(np.uint8)


def beyond(state: State, rows: Flags | None) -> State:
    if rows is None:
        return state
    return np.where(rows, np.uint8(BEYOND), np.uint8(0) if state is None else state)


def _times(values: Ints, top: int, by: Ints | int, by_top: int) -> tuple[Ints, int, Flags | None]:
    """The product, its bound, and the rows in which it could leave int64 (which then hold 1)."""
    if isinstance(by, int) and by == 1:
        return values, top, None
    if top * by_top < LIMIT:
        return values * by, top * by_top, None
    top = int(np.abs(values).max(initial=0))
    by_top = abs(by) if isinstance(by, int) else int(np.abs(by).max(initial=0))
    if top * by_top < LIMIT:
        return values * by, top * by_top, None
    if isinstance(by, int):
        over = np.abs(values) > (LIMIT - 1) // by_top
        by = by if by_top < LIMIT else 1
    else:
        over = np.abs(values.astype(np.float64)) * np.abs(by.astype(np.float64)) >= float(LIMIT - (1 << 52))
    product = values * by
    product[over] = 1
    return product, LIMIT - 1, over


def _scaled(column: Numbers, by: int) -> Numbers:
    """num × by; the scale is the caller's to mend."""
    num, top, over = _times(column.num, column.top, by, abs(by))
    return replace(column, num=num, top=top, state=beyond(column.state, over))


def _signed(column: Numbers) -> Numbers:
    """The same with a positive scale."""
    if column.scale > 0:
        return column
    if not column.scale:
        return replace(column, num=np.zeros_like(column.num), scale=Fraction(1), top=0)
    return replace(column, num=-column.num, scale=-column.scale)


def common(one: Fraction, other: Fraction) -> Fraction:
    """The largest fraction both are whole multiples of."""
    return Fraction(
        gcd(one.numerator * other.denominator, other.numerator * one.denominator), one.denominator * other.denominator
    )


def _alike(a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
    """Both with the same scale."""
    if a.scale == b.scale:
        return a, b
    scale = common(a.scale, b.scale)
    a, b = _scaled(a, int(a.scale / scale)), _scaled(b, int(b.scale / scale))
    return replace(a, scale=scale), replace(b, scale=scale)


def spread(value: Read, rows: int) -> Numbers:
    """A number as a column of so many rows, also where it is the same on every row."""
    column = _beside(value, rows)
    return column if len(column.num) == rows else replace(column, num=np.repeat(column.num, rows))


def _beside(value: Read, rows: int) -> Numbers:
    """A number to be read beside a column of so many rows."""
    if isinstance(value, Unknown):
        return Numbers(np.zeros(rows, np.int64), state=np.full(rows, STATES[value.why], np.uint8), top=0)
    if isinstance(value, Fraction):
        sign = (value > 0) - (value < 0)
        return Numbers(np.full(1, sign, np.int64), scale=abs(value) or Fraction(1), top=abs(sign))
    assert isinstance(value, Numbers)
    return value


def _by_den(column: Numbers, den: Ints | None, bottom: int) -> Numbers:
    """num × den; the caller mends the denominator."""
    if den is None:
        return column
    num, top, over = _times(column.num, column.top, den, bottom)
    return replace(column, num=num, top=top, state=beyond(column.state, over))


def _common_den(a: Numbers, b: Numbers) -> tuple[Numbers, Numbers, Ints | None, int, Flags | None]:
    """Numerators over one denominator, that denominator, its bound, and the rows in which it leaves int64."""
    if a.den is b.den:
        return a, b, a.den, a.bottom, None
    x, y = _by_den(a, b.den, b.bottom), _by_den(b, a.den, a.bottom)
    if a.den is None or b.den is None:
        return x, y, b.den if a.den is None else a.den, max(a.bottom, b.bottom), None
    den, bottom, over = _times(a.den, a.bottom, b.den, b.bottom)
    return x, y, den, bottom, over


def _arithmetic(op: str, a: Read, b: Read) -> Read:
    if not isinstance(a, Numbers) and not isinstance(b, Numbers):
        if unknown := worst_of(a, b):  # type: ignore[arg-type]
            return unknown
        assert isinstance(a, Fraction)
        assert isinstance(b, Fraction)
        if op == "/":
            return a / b if b else Unknown("undefined")
        return a + b if op == "+" else a - b if op == "-" else a * b
    if op in ("*", "/") and isinstance(a, Numbers) and isinstance(b, Fraction):
        if op == "/" and not b:
            zero = np.ones(len(a.num), bool)
            return replace(a, state=_undefined(a.state, zero))
        return _signed(replace(a, scale=a.scale * b if op == "*" else a.scale / b))
    if op == "*" and isinstance(b, Numbers) and isinstance(a, Fraction):
        return _signed(replace(b, scale=b.scale * a))
    rows = len(a.num if isinstance(a, Numbers) else b.num)  # type: ignore[union-attr]
    a, b = _beside(a, rows), _beside(b, rows)
    if op == "*":
        return _product(a, b)
    if op == "/":
        return _quotient(a, b)
    a, b = _alike(a, b)
    x, y, den, bottom, over = _common_den(a, b)
    # each summand is below the limit, so the sum cannot wrap; it may pass the limit
    total = x.num + y.num if op == "+" else x.num - y.num
    top = x.top + y.top
    state = beyond(graver(x.state, y.state), over)
    if top >= LIMIT:
        far = np.abs(total) >= LIMIT
        if far.any():
            total[far] = 1
            state = beyond(state, far)
        top = LIMIT - 1
    return Numbers(total, den, a.scale, state, top, bottom)


def _product(a: Numbers, b: Numbers) -> Numbers:
    num, top, over = _times(a.num, a.top, b.num, b.top)
    state = beyond(graver(a.state, b.state), over)
    if a.den is None or b.den is None:
        den = b.den if a.den is None else a.den
        return Numbers(num, den, a.scale * b.scale, state, top, max(a.bottom, b.bottom))
    den, bottom, over = _times(a.den, a.bottom, b.den, b.bottom)
    return Numbers(num, den, a.scale * b.scale, beyond(state, over), top, bottom)


def _undefined(state: State, zero: Flags) -> State:
    """Division by zero, where nothing else is absent."""
    if state is None:
        return np.where(zero, np.uint8(STATES["undefined"]), np.uint8(0))
    return np.where(zero & (state == 0), np.uint8(STATES["undefined"]), state)


def _quotient(a: Numbers, b: Numbers) -> Numbers:
    state, under, up = graver(a.state, b.state), b.num, np.broadcast_to(a.num, b.num.shape)
    if b.num.min(initial=1) <= 0:
        zero = b.num == 0
        state = _undefined(state, zero)
        under, up = np.where(zero, 1, np.abs(b.num)), up * np.sign(b.num)
    upper = replace(a, num=up, state=state)
    upper = _by_den(upper, b.den, b.bottom)
    if a.den is None:
        return Numbers(upper.num, under, a.scale / b.scale, upper.state, upper.top, max(b.top, 1))
    den, bottom, over = _times(a.den, a.bottom, under, max(b.top, 1))
    return Numbers(upper.num, den, a.scale / b.scale, beyond(upper.state, over), upper.top, bottom)


def _compared(order: Order, a: Read, b: Read) -> Read:
    if not isinstance(a, Numbers) and not isinstance(b, Numbers):
        if unknown := worst_of(a, b):  # type: ignore[arg-type]
            return unknown
        return bool(_NUMPY[order](a, b))
    if not isinstance(a, Numbers):
        return _compared(_MIRRORED[order], b, a)
    if isinstance(b, Fraction) and a.den is None:
        return Truths(_against(order, a.num, b / a.scale), a.state)
    if isinstance(b, Fraction):
        b = _beside(b, len(a.num))
    elif isinstance(b, Unknown):
        return Truths(np.zeros(len(a.num), bool), graver(a.state, np.full(len(a.num), STATES[b.why], np.uint8)))
    assert isinstance(b, Numbers)
    a, b = _alike(a, b)
    x, y = (a, b) if a.den is b.den else (_by_den(a, b.den, b.bottom), _by_den(b, a.den, a.bottom))
    return Truths(_NUMPY[order](x.num, y.num), graver(x.state, y.state))


def _against(order: Order, num: Ints, edge: Fraction) -> Flags:
    """Whole numbers against a fraction: against the whole number below it."""
    whole = max(min(edge.__floor__(), LIMIT), -LIMIT)
    if edge == whole:
        return _NUMPY[order](num, whole)  # type: ignore[no-any-return]
    if order in ("=", "!="):
        return np.full(len(num), order == "!=")
    return num <= whole if order in ("<", "<=") else num > whole


def _logic(settles: bool, a: Read, b: Read) -> Read:
    if not isinstance(a, Truths) and not isinstance(b, Truths):
        if a is settles or b is settles:
            return settles
        return worst_of(a, b) or (not settles)  # type: ignore[arg-type]
    like = a if isinstance(a, Truths) else b
    assert isinstance(like, Truths)
    (x, absent_x), (y, absent_y) = (_truth(value, like) for value in (a, b))
    settled_x, settled_y = x == settles, y == settles
    if absent_x is not None:
        settled_x &= absent_x == 0
    if absent_y is not None:
        settled_y &= absent_y == 0
    settled = settled_x | settled_y
    state = graver(absent_x, absent_y)
    return Truths(settled if settles else ~settled, None if state is None else np.where(settled, np.uint8(0), state))


def _truth(value: Read, like: Truths) -> tuple[Flags, State]:
    if isinstance(value, Truths):
        return value.value, value.state
    rows = len(like.value)
    if isinstance(value, Unknown):
        return np.zeros(rows, bool), np.full(rows, STATES[value.why], np.uint8)
    return np.full(rows, bool(value)), None


def _chosen(condition: Truths, a: Read, b: Read) -> Read:
    """a where the condition holds, else b; what the other branch would have come to does not matter."""
    take, rows = condition.value, len(condition.value)
    picked: Column
    if any(isinstance(branch, Truths | bool) for branch in (a, b)):
        (x, absent_x), (y, absent_y) = (_truth(branch, condition) for branch in (a, b))
        picked = Truths(np.where(take, x, y), _picked_state(take, absent_x, absent_y))
    else:
        picked = _picked(take, _beside(a, rows), _beside(b, rows))
    return picked if condition.state is None else _under(condition.state, picked)


def _under(state: npt.NDArray[np.uint8], picked: Column) -> Column:
    """The absence of a condition leaves no choice."""
    inner = np.uint8(0) if picked.state is None else picked.state
    return replace(picked, state=np.where(state != 0, state, inner))


def _picked_state(take: Flags, a: State, b: State) -> State:
    if a is None and b is None:
        return None
    return np.where(take, np.uint8(0) if a is None else a, np.uint8(0) if b is None else b)


def _picked(take: Flags, a: Numbers, b: Numbers) -> Numbers:
    a, b = _alike(a, b)
    den, bottom = a.den, max(a.bottom, b.bottom)
    if a.den is not b.den:
        den = np.where(take, 1 if a.den is None else a.den, 1 if b.den is None else b.den)
    # quicker than a choice; both are below the limit, so neither step wraps
    num = np.broadcast_to(a.num - b.num, take.shape) * take
    num += b.num
    return Numbers(num, den, a.scale, _picked_state(take, a.state, b.state), max(a.top, b.top), bottom)


def _extreme(greatest: bool, a: Read, b: Read) -> Read:
    if not isinstance(a, Numbers) and not isinstance(b, Numbers):
        if unknown := worst_of(a, b):  # type: ignore[arg-type]
            return unknown
        return max(a, b) if greatest else min(a, b)  # type: ignore[type-var]
    rows = len(a.num if isinstance(a, Numbers) else b.num)  # type: ignore[union-attr]
    a, b = _beside(a, rows), _beside(b, rows)
    if a.den is b.den:
        a, b = _alike(a, b)
        num = np.maximum(a.num, b.num) if greatest else np.minimum(a.num, b.num)
        return Numbers(num, a.den, a.scale, graver(a.state, b.state), max(a.top, b.top), a.bottom)
    over = _compared(">=" if greatest else "<=", a, b)
    assert isinstance(over, Truths)
    picked = _picked(over.value, a, b)
    return replace(picked, state=graver(picked.state, graver(over.state, graver(a.state, b.state))))


def _whole(function: str, column: Numbers, places: int) -> Numbers:
    """floor, ceil, or round half-up (a tie goes away from zero)."""
    by = column.scale * 10**places
    up = _scaled(column, by.numerator)
    if by.denominator >= LIMIT:
        return Numbers(np.zeros_like(column.num), state=np.full(len(column.num), BEYOND, np.uint8), top=0)
    den, bottom, over = (
        (None, 1, None) if column.den is None else _times(column.den, column.bottom, by.denominator, by.denominator)
    )
    under: Ints | int = by.denominator if den is None else den
    bottom = max(bottom, by.denominator)
    num, state, top = up.num, beyond(up.state, over), up.top
    if function == "floor":
        num = num // under
    elif function == "ceil":
        num = -(-num // under)
    elif den is not None or by.denominator > 1:
        if 2 * top + bottom >= LIMIT << 1:
            far = (np.abs(num) >= LIMIT >> 1) | (np.asarray(under) >= LIMIT >> 1)
            num = np.where(far, 0, num)
            state, top = beyond(state, far if far.any() else None), LIMIT >> 1
        negative = num.min(initial=0) < 0
        whole = 2 * (np.abs(num) if negative else num)
        whole += under
        whole //= 2 * np.asarray(under)
        num = np.where(num < 0, -whole, whole) if negative else whole
    return Numbers(num, None, Fraction(1, 10**places), state, top)
