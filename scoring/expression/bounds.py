"""The bounds reading: tree, what is known and what may still come → the lowest and the highest value. Exact, no floats.

Meaning  Every way to fill the missing facts inside their ranges counts; ways that leave the tree without a value (a
         division by zero, a fact that is not demonstrated or not applicable) are left out.
Sound    No value lies outside the bounds.
Exact    They are the lowest and the highest value, or the limit approached, where every missing name stands once.
Tighter  A name that stands several times is read piece by piece, cut where it alone turns a comparison, min, max, abs or
         divisor, open ends kept open. A part written several times (a rate) counts as one name if its names stand
         nowhere else; (a - b) / b is read as a / b - 1.
Loose    and still sound: what remains of a repeated name on one piece, as in x / (x + 1) or a / (a + b); two missing
         names compared with each other and used again behind it; gaps that floor, ceil, round or two missing names
         compared leave for =, !=, abs or a divisor. Past PIECES to read (fewer of a tree with more than 78 parts), or
         as many whole numbers in a range, nothing more is cut.
Shrinks  Learning a fact that lies inside its range never widens the bounds, short of that limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from scoring.expression.exact import Facts, Unknown, apply, evaluate
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
    children,
    kind,
    number,
    walk,
)

PIECES, READS = 256, 20_000


class Range(NamedTuple):
    """What a missing number may still become, ends included; None is no limit."""

    low: Fraction | None = None
    high: Fraction | None = None
    whole: bool = False


class Bounds(NamedTuple):
    """The lowest and the highest value; None is no limit. A truth counts as 0 or 1.

    An end said not to be reached is a limit, approached and never attained. One said to be reached is attained where
    every name stands once; elsewhere it may be more than is attained.
    """

    low: Fraction | None
    high: Fraction | None
    low_reached: bool = True
    high_reached: bool = True


# a place: (-1 at −∞, 0 at a number, 1 at +∞; the number; -1 just below it, 0 at it, 1 just above it)
Place: TypeAlias = tuple[int, Fraction, int]


class Span(NamedTuple):
    """All numbers from one place to another; a truth is 0 or 1."""

    low: Place
    high: Place


Box: TypeAlias = Mapping[Node, Span | None]  # what a name, or a part that counts as one, may be; None: it has no value


def at(value: Fraction | int, beside: int = 0) -> Place:
    return 0, Fraction(value), beside


ZERO, LOWEST, HIGHEST = at(0), (-1, Fraction(0), 0), (1, Fraction(0), 0)
NO, YES, EITHER = Span(at(0), at(0)), Span(at(1), at(1)), Span(at(0), at(1))


def bounds(node: Node, facts: Facts, ranges: Mapping[str, Range] = {}) -> Bounds | None:
    """What the node can still become. A missing name without a range may be any number. None: it will have no value."""
    if (span := _span(changed(node, _divided), start(node, facts, ranges), ranges)) is None:
        return None
    (below, low, over), (above, high, under) = span
    return Bounds(None if below else low, None if above else high, not (below or over), not (above or under))


def start(node: Node, facts: Facts, ranges: Mapping[str, Range]) -> dict[Node, Span | None]:
    """What each name may be before anything is cut."""
    box: dict[Node, Span | None] = {}
    for name in (part for part in walk(node) if isinstance(part, Name)):
        value = facts.get(name.id, Unknown("missing"))
        low, high, whole = _range(name, ranges)
        span = Span(LOWEST if low is None else at(low), HIGHEST if high is None else at(high))
        if isinstance(value, Unknown):
            box[name] = joined(pieces(span, (), whole)) if value.why == "missing" else None
        else:
            box[name] = Span(at(value), at(value))
    return box


def changed(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with every part put through change, from the names up."""
    parts: dict[str, Any] = {field.name: getattr(node, field.name) for field in fields(node)}
    parts = {key: changed(part, change) for key, part in parts.items() if isinstance(part, Node)}
    if isinstance(node, Call):
        parts["arguments"] = tuple(changed(part, change) for part in node.arguments)
    return change(replace(node, **parts))


def _divided(node: Node) -> Node:
    """(a − b) ÷ b as a ÷ b − 1, so that a rate of change reads a divisor once."""
    match node:
        case Arithmetic("/", Arithmetic("+" | "-" as op, left, right), divisor) if right == divisor:
            return Arithmetic(op, Arithmetic("/", left, divisor), number(1))
        case Arithmetic("/", Arithmetic("+" | "-" as op, left, right), divisor) if left == divisor:
            return Arithmetic(op, number(1), Arithmetic("/", right, divisor))
    return node


def _range(node: Node, ranges: Mapping[str, Range]) -> Range:
    if kind(node) == "truth":
        return Range(Fraction(0), Fraction(1), whole=True)
    return ranges.get(node.id, Range()) if isinstance(node, Name) else Range()


def _span(node: Node, box: Box, ranges: Mapping[str, Range]) -> Span | None:
    times = Counter(walk(node))
    shared = {part: _span(part, box, ranges) for part in times if times[part] > 1 and _stands_alone(part, times)}
    minded = {name for part in times for inner in _minding_gaps(part) for name in walk(inner)}
    cuttable = {*shared, *(name for name in box if times[name] > 1 or name in minded)}
    limit = min(PIECES, READS // times.total())
    return joined(span for _, span in leaves(node, {**box, **shared}, ranges, cuttable, limit))


def _stands_alone(part: Node, times: Counter[Node]) -> bool:
    inside = Counter(name for name in walk(part) if isinstance(name, Name))
    return part not in inside and bool(inside) and all(times[n] == times[part] * k for n, k in inside.items())


def _minding_gaps(node: Node) -> tuple[Node, ...]:
    """The parts of a node of which not only the lowest and the highest count, but what lies between as well."""
    match node:
        case Compare("=" | "!=") | Call("abs"):
            return children(node)
        case Arithmetic("/", _, divisor):
            return (divisor,)
    return ()


def leaves(
    node: Node, box: Box, ranges: Mapping[str, Range], cuttable: Collection[Node], limit: int
) -> Iterator[tuple[Box, Span]]:
    """The box in pieces that no turn of a cuttable name goes through, and what the node may be on each."""
    reader = _Reader(box)
    span = reader.read(node)
    settled = span is None or (span.low == span.high and not reader.partial)
    for name in [name for name in reader.turns if name in cuttable and not settled]:
        parts = pieces(box[name] or NO, reader.turns[name], _range(name, ranges).whole)
        if 1 < len(parts) <= limit:
            for part in parts:
                yield from leaves(node, {**box, name: part}, ranges, cuttable, limit // len(parts))
            return
    if span:
        yield box, span


def pieces(span: Span, turns: Iterable[Fraction], whole: bool) -> list[Span]:
    """The span cut at each turn; of whole numbers, each piece from its first to its last, and few of them one by one."""
    (below, first, _), (above, last, _) = span
    if whole and not below and not above and last - first < PIECES:
        turns = map(Fraction, range(int(first), int(last) + 1))
    found, low = [], span.low
    for turn in sorted({turn for turn in turns if span.low <= at(turn) <= span.high}):
        found += [Span(low, at(turn, -1)), Span(at(turn), at(turn))]
        low = at(turn, 1)
    found.append(Span(low, span.high))
    found = [Span(_step("ceil", low), _step("floor", high)) for low, high in found] if whole else found
    return [piece for piece in found if piece.low <= piece.high]


class _Reader:
    """One reading of a tree over a box. Notes the turns: the values of a name that decide something on their own."""

    def __init__(self, box: Box):
        self.box = box
        self.turns: dict[Node, list[Fraction]] = {}
        self.spans: dict[int, Span | None] = {}  # by identity, what was read already
        self.partial = False  # whether somewhere in the box something has no value

    def read(self, node: Node) -> Span | None:
        if node in self.box:
            self.turns.setdefault(node, [])
            span = self.box[node]
            self.partial |= span is None
        elif isinstance(node, Choose):
            when = self.read(node.condition)
            sides = ((node.then, YES), (node.otherwise, NO))
            span = joined([self.read(part) for part, truth in sides if when in (truth, EITHER)])
        else:
            parts = [self.read(part) for part in children(node)]
            found = [part for part in parts if part]
            if len(found) == len(parts):
                span = self.composed(node, found)
            else:  # `false and x` is false, `true or x` is true whatever x is
                settled = {"and": NO, "or": YES}[node.op] if isinstance(node, Logic) else None
                span = settled if settled in found or EITHER in found else None
        self.spans[id(node)] = span
        return span

    def composed(self, node: Node, parts: list[Span]) -> Span | None:
        """What a node may be whose parts all have a value."""
        match node:
            case Number(value):
                return Span(at(value), at(value))
            case Arithmetic("+"):
                return _plus(*parts)
            case Arithmetic("-"):
                return _plus(parts[0], _minus(parts[1]))
            case Arithmetic("*"):
                return _times(*parts)
            case Arithmetic("/", _, divisor):
                self.turn(divisor, Fraction(0))
                low, high = parts[1]
                self.partial |= low <= ZERO <= high
                sides = [Span(low, min(high, at(0, -1))), Span(max(low, at(0, 1)), high)]
                return joined(_times(parts[0], _inverse(side)) for side in sides if side.low <= side.high)
            case Compare(order):
                self.meet(node, parts)
                low, high = _plus(parts[0], _minus(parts[1]))
                signs = {-1: low < ZERO, 0: low <= ZERO <= high, 1: high > ZERO}
                truths = [evaluate(Compare(order, number(sign), number(0)), {}) for sign in signs if signs[sign]]
                return joined(YES if truth else NO for truth in truths)
            case Not():
                return _plus(YES, _minus(parts[0]))
            case Logic(op) | Call("min" | "max" as op):
                self.meet(node, parts)
                pick = min if op in ("and", "min") else max
                return Span(pick(part.low for part in parts), pick(part.high for part in parts))
            case Call("abs", (inner,)):
                self.turn(inner, Fraction(0))
                other = _minus(parts[0])
                return Span(max(ZERO, parts[0].low, other.low), max(parts[0].high, other.high))
            case Call(function):
                places = parts[1].low[1] if function == "round" else Fraction(0)
                return Span(*(_step(function, place, places) for place in parts[0]))
        return parts[0]

    def meet(self, node: Node, parts: list[Span]) -> None:
        """Note where a part comes to equal another one that is known."""
        known = {part.low[1] for part in parts if part.low == part.high}
        for part, span in zip(children(node), parts, strict=True):
            for value in known if span.low != span.high else ():
                self.turn(part, value)

    def turn(self, node: Node, value: Fraction) -> None:
        """Note which value of each name in the node, the rest being known, brings it to this value."""
        if node in self.turns:
            self.turns[node].append(value)
        match node:
            case Arithmetic(op, left, right):
                spans = [self.spans.get(id(side)) for side in (left, right)]
                a, b = (span.low[1] if span and span.low == span.high else None for span in spans)
                if b is not None and (b or op in "+-"):
                    self.turn(left, {"+": value - b, "-": value + b, "*": value / (b or 1), "/": value * b}[op])
                elif a is not None and (op in "+-" or (a if op == "*" else value)):
                    self.turn(right, {"+": value - a, "-": a - value, "*": value / (a or 1), "/": a / (value or 1)}[op])
            case Named() | Choose() | Call("min" | "max" | "abs"):
                for part in children(node):
                    self.turn(part, value)


def joined(spans: Iterable[Span | None]) -> Span | None:
    """The smallest span that holds them all."""
    found = [span for span in spans if span]
    return Span(min(span.low for span in found), max(span.high for span in found)) if found else None


# The places beside a number lean inwards, low ends up and high ends down, and so do their sums and the corners of a
# product that are its lowest and highest.
def _plus(a: Span, b: Span) -> Span:
    low, high = ((s or t, v + w, e or f) for (s, v, e), (t, w, f) in zip(a, b, strict=True))
    return Span(LOWEST if low[0] else low, HIGHEST if high[0] else high)


def _minus(span: Span) -> Span:
    high, low = ((-infinite, -value, -beside) for infinite, value, beside in span)
    return Span(low, high)


def _times(a: Span, b: Span) -> Span:
    corners = [_product(one, other) for one in a for other in b]
    return Span(min(corners), max(corners))


def _product(one: Place, other: Place) -> Place:
    (s, v, e), (t, w, f) = one, other
    sign = _sign(s or v or e) * _sign(t or w or f)
    if sign and (s or t):
        return sign, Fraction(0), 0
    return 0, v * w, _sign(v * f + w * e or e * f) if sign else 0


def _sign(value: Fraction | int) -> int:
    return (value > 0) - (value < 0)


def _inverse(span: Span) -> Span:
    """1 ÷ a span on one side of zero."""
    high, low = (
        (0, Fraction(0), s) if s else (0, 1 / value, -beside) if value else (beside, Fraction(0), 0)
        for s, value, beside in span
    )
    return Span(low, high)


def _step(function: Function, place: Place, places: Fraction = ZERO[1]) -> Place:
    """floor, ceil or round at a place; a place beside a number is nearer to it than any other step."""
    infinite, value, beside = place
    near = value + Fraction(beside, 4 * 10 ** int(places) * value.denominator)
    return place if infinite else at(apply(function, [near, places]))
