"""Which branches and cuts of each rule's expression the cases of a set reach."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from scoring.errors import Text
from scoring.expression.bounds import Range, bounds
from scoring.expression.exact import Facts, evaluate
from scoring.expression.grammar import write
from scoring.expression.tree import (
    Call,
    Choose,
    Compare,
    Logic,
    Node,
    Not,
    children,
    names,
    number,
)
from scoring.facts import read_facts, values_of
from scoring.indicators import Indicator, IndicatorSet
from scoring.library.cases import SetCase, SetCases, leaves_of, scene, testable

Mark = tuple[Node, int]  # a choice with 0 (then) or 1 (else); a min or max with the place of what won
ZERO = number(0)
TRUE = Compare("=", ZERO, ZERO)


def ranges_of(node: Node) -> dict[str, Range]:
    return {
        id: Range(Fraction(0), None, id.startswith("count."))
        for id in names(node)
        if id in ("actual", "mark", "share") or "." in id
    }


class Uncovered(NamedTuple):
    """A branch or a cut of an indicator's expression that no case reaches."""

    indicator: str
    what: Text


def coverage(indicator_set: IndicatorSet, cases: SetCases) -> list[Uncovered]:
    """Which branches, and which cuts by min and max, of each indicator's expression no case reaches."""
    found: list[Uncovered] = []
    indicator_set = testable(indicator_set)
    for leaf in leaves_of(indicator_set):
        mine = [case for case in cases.cases if case.indicator == leaf.id]
        hit = {mark for case in mine for mark in reached(indicator_set, case)}
        found += [Uncovered(leaf.id, _told(*mark)) for mark in branches(indicator_set, leaf) if mark not in hit]
    return found


def branches(indicator_set: IndicatorSet, leaf: Indicator) -> list[Mark]:
    """The branches and cuts of an indicator's expression, less those proved out of reach."""
    if leaf.rule is None:
        return []
    ways: dict[Mark, list[Node]] = {}
    for part, index, way in _ways(leaf.rule.lower(Fraction(leaf.weight), indicator_set.kinds()), TRUE):
        ways.setdefault((part, index), []).append(way)
    return [mark for mark, found in ways.items() if any(_possible(way, leaf) for way in found)]


def reached(indicator_set: IndicatorSet, case: SetCase) -> set[Mark]:
    """The branches and cuts the case reaches: a choice with 0 (then) or 1 (else), a min or max with the place that won."""
    rule = next((leaf for leaf in leaves_of(indicator_set) if leaf.id == case.indicator), None)
    if rule is None or rule.rule is None or case.not_applicable or case.fault:
        return set()
    given = values_of(read_facts(*scene(indicator_set, case))[0])
    facts: Facts = {**given, **rule.rule.answers(case.answer), "weight": Fraction(rule.weight)}
    return set(_taken(rule.rule.lower(Fraction(rule.weight), indicator_set.kinds()), facts))


def _taken(node: Node, facts: Facts) -> Iterator[Mark]:
    parts = children(node)
    match node:
        case Choose(condition, then, otherwise):
            met = evaluate(condition, facts)
            if isinstance(met, bool):
                yield node, int(not met)
                parts = (condition, then if met else otherwise)
            else:
                parts = (condition,)
        case Call("min" | "max", arguments):
            won = evaluate(node, facts)
            values = [evaluate(argument, facts) for argument in arguments]
            if len({*values}) > 1:
                yield from ((node, index) for index, value in enumerate(values) if value == won)
    for part in parts:
        yield from _taken(part, facts)


def _ways(node: Node, way: Node) -> Iterator[tuple[Node, int, Node]]:
    """Every branch and cut with the condition under which it is come to."""
    match node:
        case Choose(condition, then, otherwise):
            yes, no = Logic("and", way, condition), Logic("and", way, Not(condition))
            yield from ((node, 0, yes), (node, 1, no))
            yield from (*_ways(condition, way), *_ways(then, yes), *_ways(otherwise, no))
            return
        case Call("min" | "max", arguments) if any(not each.startswith("mark.") for each in names(node)):
            for index, mine in enumerate(arguments):
                beats = [
                    Compare("<" if node.function == "min" else ">", mine, other) for other in arguments if other != mine
                ]
                better: Node = beats[0] if beats else Not(TRUE)
                for each in beats[1:]:
                    better = Logic("or", better, each)
                yield node, index, Logic("and", way, better)
    for part in children(node):
        yield from _ways(part, way)


def _possible(way: Node, leaf: Indicator) -> bool:
    """Unless proved otherwise; facts are taken not to be negative."""
    ranges = {id: Range(Fraction(0)) for id in names(way)} | ranges_of(way)
    span = bounds(Choose(way, number(1), number(0)), {"weight": Fraction(leaf.weight)}, ranges)
    return span is not None and span.high != 0


def _told(node: Node, index: int) -> Text:
    if isinstance(node, Choose):
        condition = write(node.condition)
        return Text(
            f"没有用例{'满足' if not index else '不满足'} {condition}",
            f"{condition} is never {'true' if not index else 'false'}",
        )
    part = write(children(node)[index])
    return Text(f"没有用例由 {part} 决定 {write(node)}", f"{part} never decides {write(node)}")
