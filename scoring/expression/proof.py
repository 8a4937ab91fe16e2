"""The proof reading: tree and ranges, no facts → what can go wrong with the points, each with facts that show it.

Every fault is a question to the tree (points above the weight? this branch reached? this divisor zero?) with one of
three answers:

    never      proved: the bounds reading shows that no facts inside their ranges bring it about
    witness    found: facts that `evaluate` confirms. Sought in the pieces the bounds reading cuts: at their ends, just
               inside, in the middle and far out, one name fixed after the other, TRIES times at most
    undecided  neither; reported as such, never passed over

So no finding at all proves that points stay within 0 and the weight and reach both, that every branch is reached, that
nothing is divided by zero, and that points move as `better` declares or not at all. This last is proved from the signs
of factors and divisors and the jumps between branches, each within its bounds. What the bounds reading reads loosely
may end as undecided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import reduce
from math import floor
from typing import Literal, NamedTuple, TypeAlias

from scoring.errors import Text
from scoring.expression.bounds import Range, Span, at, bounds, changed, leaves, start
from scoring.expression.exact import Facts, Unknown, Value, evaluate
from scoring.expression.grammar import write
from scoring.expression.tree import Arithmetic, Call, Choose, Compare, Logic, Name, Node, Not, children, number, walk

TRIES, PIECES, FAR, NEAR = 60, 16, Fraction(2000), Fraction(1, 1000)
NOTHING, ALWAYS = number(0), Compare("=", number(0), number(0))
NO_VALUE = Arithmetic("/", NOTHING, NOTHING)
Kind: TypeAlias = Literal["below", "above", "full", "zero", "branch", "division", "direction", "undecided"]
Witness: TypeAlias = dict[str, Value]


class Finding(NamedTuple):
    """A fault and the facts that show it. `zero` only informs: a rule may well give no less than some points."""

    kind: Kind
    message: Text
    witnesses: tuple[Witness, ...] = ()
    about: Kind | None = None  # what an undecided finding is about


def prove(
    node: Node,
    weight: Fraction,
    ranges: Mapping[str, Range],
    *,
    better: Mapping[str, Literal["higher", "lower"]] = {},
) -> list[Finding]:
    """What is wrong with a tree of points, or cannot be told. The name `weight` stands for the weight."""
    prover = _Prover(node, weight, ranges)
    found = [*prover.points(), *prover.branches(), *prover.divisions()]
    for name, which in better.items():
        found += prover.direction(name, which)
    return found


class _Prover:
    def __init__(self, node: Node, weight: Fraction, ranges: Mapping[str, Range]):
        self.node, self.weight, self.ranges, self.tries = node, weight, dict(ranges), 0
        self.facts: Facts = {"weight": weight}

    def points(self) -> Iterator[Finding]:
        extent, full, all_of_it = bounds(self.node, self.facts, self.ranges), _shown(self.weight), number(self.weight)
        most = least = ""
        if extent and extent.high is not None:
            most = f" {'≤' if extent.high_reached else '<'} {_shown(extent.high)}"
        if extent and extent.low is not None:
            least = f" {'≥' if extent.low_reached else '>'} {_shown(extent.low)}"
        yield from self.report("below", Text("得分低于 0", "points below 0"), [Compare("<", self.node, NOTHING)])
        above = Text(f"得分高于分值 {full}", f"points above the weight {full}")
        yield from self.report("above", above, [Compare(">", self.node, all_of_it)])
        reach = Text(f"得不到满分 {full}：得分{most}", f"full marks {full} are out of reach: points{most}")
        yield from self.report("full", reach, [Compare("=", self.node, all_of_it)], wanted=True)
        reach = Text(f"不会得 0 分：得分{least}", f"0 points are never given: points{least}")
        yield from self.report("zero", reach, [Compare("=", self.node, NOTHING)], wanted=True)

    def branches(self) -> Iterator[Finding]:
        """A choice written several times has a branch reached if one place reaches it."""
        reached: dict[tuple[Node, Node], list[Node]] = {}
        for part, path, _ in _places(self.node):
            if isinstance(part, Choose):
                for way in (part.condition, Not(part.condition)):
                    reached.setdefault((part, way), []).append(_all(*path, way))
        for (part, way), questions in reached.items():
            told = f"{write(way)} → {write(children(part)[1 if way == children(part)[0] else 2])}"
            text = Text(f"到不了的分支：{told}", f"a branch never reached: {told}")
            yield from self.report("branch", text, questions, wanted=True)

    def divisions(self) -> Iterator[Finding]:
        divided: dict[Node, list[Node]] = {}
        for part, path, beside in _places(self.node):
            if isinstance(part, Arithmetic) and part.op == "/":
                divided.setdefault(part.right, []).append(_all(*path, *beside, Compare("=", part.right, NOTHING)))
        for divisor, questions in divided.items():
            text = Text(f"除数 {write(divisor)} 为 0", f"division by {write(divisor)}, which is 0")
            yield from self.report("division", text, questions)

    def direction(self, name: str, better: Literal["higher", "lower"]) -> Iterator[Finding]:
        """Asks the tree beside itself, with more of the name in one: does the better one get less?"""
        old = next((part for part in walk(self.node) if isinstance(part, Name) and part.id == name), None)
        if old is None or (-1 if better == "higher" else 1) not in self.ways(self.node, old, ALWAYS):
            return
        more = Name(f"{name}'", old.kind)
        self.ranges[more.id] = self.ranges.get(name, Range())
        rises = Logic("and", Not(old), more) if old.kind == "truth" else Compare("<", old, more)
        wrong = Compare(
            ">" if better == "higher" else "<",
            self.node,
            changed(self.node, lambda part: more if part == old else part),
        )
        zh, en = ("减少", "fall") if better == "higher" else ("增加", "rise")
        text = Text(f"{name} 变大时得分{zh}", f"points {en} as {name} rises")
        yield from self.report("direction", text, [Logic("and", rises, wrong)])

    def report(self, kind: Kind, text: Text, questions: list[Node], wanted: bool = False) -> Iterator[Finding]:
        """wanted: it is a fault if no question can come true; otherwise, if one can."""
        undecided = False
        for question in questions:  # a witness is the quicker answer where one is hoped for
            if not wanted and self.never(question):
                continue
            self.tries = TRIES
            if witness := self.witness(question, self.facts, kind == "division"):
                if not wanted:
                    yield self.shown(kind, text, witness)
                return
            undecided |= not wanted or not self.never(question)
        if undecided:
            yield Finding("undecided", Text(f"不能确定：{text.zh}", f"cannot tell: {text.en}"), about=kind)
        elif wanted:
            yield Finding(kind, text)

    def never(self, question: Node) -> bool:
        span = bounds(question, self.facts, self.ranges)
        return span is None or span.high == 0

    def shown(self, kind: Kind, text: Text, witness: Witness) -> Finding:
        cases = [{name: value for name, value in witness.items() if not name.endswith("'")}]
        cases += [cases[0] | {name[:-1]: value} for name, value in witness.items() if name.endswith("'")]
        told = []
        for case in cases:
            points = evaluate(self.node, {**self.facts, **case})
            got = f" → {_shown(points)}" if isinstance(points, Fraction) else ""
            told.append(", ".join(f"{name} = {_shown(value)}" for name, value in case.items()) + got)
        shown = "; ".join(told)
        return Finding(kind, Text(f"{text.zh}（{shown}）", f"{text.en} ({shown})"), tuple(cases))

    def witness(self, question: Node, facts: Facts, undefined: bool) -> Witness | None:
        """Facts that bring the question about and, if that is asked, leave the points undefined."""
        self.tries -= 1
        box = start(Choose(question, self.node, self.node), facts, self.ranges)
        for piece, truth in leaves(question, box, self.ranges, box, PIECES):
            if self.tries <= 0 or truth.high != at(1):
                continue
            choices = {n.id: self.samples(n, span) for n, span in piece.items() if isinstance(n, Name) and span}
            tried = {name: values[0] for name, values in choices.items()}
            if evaluate(question, tried) is True and isinstance(evaluate(self.node, tried), Unknown) >= undefined:
                return {name: value for name, value in tried.items() if name not in self.facts}
            several = next((name for name, values in choices.items() if len(values) > 1), "")
            for value in choices.get(several, ()):
                if found := self.witness(question, {**facts, several: value}, undefined):
                    return found
        return None

    def samples(self, name: Name, span: Span) -> list[Value]:
        """Values of a span: plain ones, its ends, the middle, just inside the ends; far out where there is no end."""
        (below, low, _), (above, high, _) = span
        if name.kind == "truth":
            return [truth for truth in (True, False) if low <= truth <= high]
        low, high = high - FAR if below else low, low + FAR if above else high
        inside = [low + (high - low) * part for part in (Fraction(1, 2), NEAR, 1 - NEAR)]
        tried = [Fraction(1), Fraction(floor(low) + 1), low, high, *inside, Fraction(0)]
        if self.ranges.get(name.id, Range()).whole:
            tried = [Fraction(floor(value)) for value in tried]
        return [value for value in dict.fromkeys(tried) if span.low <= at(value) <= span.high]

    def ways(self, node: Node, name: Name, when: Node) -> set[int]:
        """Whether a value may rise (1) or fall (-1) between two cases of `when` that differ in more of name only."""
        if name not in walk(node):
            return set()
        if isinstance(node, Choose):
            yes, no = _all(when, node.condition), _all(when, Not(node.condition))
            found = self.ways(node.then, name, yes) | self.ways(node.otherwise, name, no)
            for way in self.ways(node.condition, name, when):  # 1: the condition comes true, -1: it stops being true
                found |= {sign * way for sign in self.signs(node.then, yes, node.otherwise, no)}
            return found
        parts = [self.ways(part, name, when) for part in children(node)]
        match node:
            case Name():
                return {1}
            case Arithmetic("*", left, right):
                return _times(parts[0], self.signs(right, when)) | _times(parts[1], self.signs(left, when))
            case Arithmetic("/", left, right):
                divisor = self.signs(right, when)
                against = _times(_times(parts[1], {-1}), self.signs(left, when))
                return {1, -1} if parts[1] and len(divisor) > 1 else _times(parts[0], divisor) | against
            case Arithmetic("-") | Compare(">" | ">="):
                return parts[0] | _times(parts[1], {-1})
            case Compare("<" | "<="):
                return _times(parts[0], {-1}) | parts[1]
            case Compare():
                return {1, -1}
            case Not():
                return _times(parts[0], {-1})
            case Call("abs", (inner,)):
                return _times(parts[0], self.signs(inner, when))
        return {way for part in parts for way in part}

    def signs(self, node: Node, when: Node, other: Node = NOTHING, then: Node = ALWAYS) -> set[int]:
        """Whether node, where `when` holds, may lie above (1) or below (-1) another, where `then` holds."""
        a, b = (bounds(Choose(c, n, NO_VALUE), self.facts, self.ranges) for n, c in ((node, when), (other, then)))
        if not a or not b:
            return set()
        above = a.high is None or b.low is None or a.high > b.low
        below = a.low is None or b.high is None or a.low < b.high
        return {way for way, may in ((1, above), (-1, below)) if may}


def _places(
    node: Node, path: tuple[Node, ...] = (), beside: tuple[Node, ...] = ()
) -> Iterator[tuple[Node, tuple[Node, ...], tuple[Node, ...]]]:
    """Every part, the conditions on the way to it, and those beside it without which it does not matter."""
    yield node, path, beside
    match node:
        case Choose(condition, then, otherwise):
            yield from _places(condition, path, beside)
            yield from _places(then, (*path, condition), beside)
            yield from _places(otherwise, (*path, Not(condition)), beside)
        case Logic(op, left, right):
            for part, other in ((left, right), (right, left)):
                divides = any(isinstance(below, Arithmetic) and below.op == "/" for below in walk(other))
                matters = () if divides else (other if op == "and" else Not(other),)
                yield from _places(part, path, (*beside, *matters))
        case _:
            for part in children(node):
                yield from _places(part, path, beside)


def _all(*conditions: Node) -> Node:
    return reduce(lambda one, other: Logic("and", one, other), conditions)


def _times(ways: set[int], signs: set[int]) -> set[int]:
    return {way * sign for way in ways for sign in signs}


def _shown(value: Value) -> str:
    return write(number(value)).strip("()") if isinstance(value, Fraction) else str(value).lower()
