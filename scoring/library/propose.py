"""A first cases file for a set, for its authors to review: what the engine gives today at every edge of every rule."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from random import Random
from typing import Any, get_args

import yaml

from scoring.expression.tree import Name as NameNode
from scoring.expression.tree import Node, Number, walk
from scoring.indicators import Indicator, IndicatorSet
from scoring.library.cases import Covered, SetCase, SetCases, leaves_of, outcome_of, own_indicators
from scoring.library.coverage import branches, reached
from scoring.library.mutate import mutants, notices
from scoring.result import OPEN
from scoring.rules import AnyRule, Deduct, Levels
from scoring.source.model import Model, Str
from scoring.values import DATE, PERCENT, of_number, plain, rounded


def missing_cases(indicator_set: IndicatorSet, cases: SetCases) -> list[tuple[str, Covered]]:
    """What each indicator can give and no case shows: full, part, zero, missing, not-applicable."""
    lacking: list[tuple[str, Covered]] = []
    wanted = [each for each in get_args(Covered) if each != "not-applicable" or indicator_set.not_applicable]
    for leaf in leaves_of(indicator_set):
        shown = {outcome_of(indicator_set, case).covers() for case in cases.cases if case.indicator == leaf.id}
        unseen = {each for each in wanted if each not in shown}
        can: set[Covered | None] = set()
        for probe in probes(indicator_set, leaf) if unseen else ():
            can.add(outcome_of(indicator_set, SetCase.model_validate(probe)).covers())
            if can >= unseen:
                break
        lacking += [(leaf.id, each) for each in wanted if each in unseen & can]
    return lacking


def probes(indicator_set: IndicatorSet, leaf: Indicator) -> Iterator[dict[str, Any]]:
    """Cases worth trying, by the parameters of the rule: nothing recorded, ends, edges and just beside them."""
    yield {"indicator": leaf.id, "not_applicable": "自测", "fault": "?"}
    targets: list[dict[str, Any]] = [{"own": {"target": each}} for each in ("按计划完成", "≥95%", "≤10万元", "＝141人")]
    targets.append({"own": {"target": "≥95%", "weight": leaf.weight / 2}})
    for own in targets if leaf.open else [{}]:
        draft: dict[str, Any] = {"indicator": leaf.id, **own, "fault": "?"}
        stands = own_indicators(leaf, SetCase.model_validate(draft))[0].scored_by(leaf.open) if leaf.open else leaf.rule
        assert stands is not None
        for row in _rows(indicator_set, leaf, stands):
            given = {
                "facts": {id: v for id, v in row.items() if id in indicator_set.facts},
                "answer": _answer(stands, row),
            }
            yield draft | {key: value for key, value in given.items() if value}


def _rows(indicator_set: IndicatorSet, leaf: Indicator, rule: AnyRule) -> Iterator[dict[str, Any]]:
    """Values for the names of a rule's expression: none; each alone through all worth trying; some shuffled."""
    weight, step = Fraction(leaf.weight), Fraction(1, 10**indicator_set.rounding.places)
    tree = rule.lower(weight, indicator_set.kinds())
    labels = {**{name: fact.label() for name, fact in indicator_set.facts.items()}, **rule.labels(weight)}
    kinds = {part.id: part.kind for part in walk(tree) if isinstance(part, NameNode) and part.id != "weight"}
    pools: dict[str, list[Any]] = {}
    for id, kind in kinds.items():
        values = [True, False] if kind == "truth" else _pool(rule, tree, weight, step, id, labels[id].unit)
        pools[id] = [_text(v, labels[id].unit) if isinstance(v, Fraction) else v for v in values]
    if isinstance(rule, Levels):
        pools["level"] = [level.name for level in rule.levels]
    if leaf.reducible:
        pools["reduce"] = [
            Decimal(0),
            leaf.reducible,
            leaf.reducible + Decimal(1).scaleb(-indicator_set.rounding.places),
        ]
    shuffled, longest = Random(1), max((len(pool) for pool in pools.values()), default=0)
    together = longest if len(pools) < 2 else min(longest, 20)
    rows = [{id: pool[n % len(pool)] for id, pool in pools.items()} for n in range(max(together, 3) if pools else 0)]
    yield from ({}, *rows)
    if len(pools) > 1:
        yield from ({k: v for k, v in rows[n].items() if k != id} for n in (0, 1) for id in pools)
        yield from ({**rows[n], id: value} for n in (0, 1, 2) for id, pool in pools.items() for value in pool)
        yield from ({id: shuffled.choice(pool) for id, pool in pools.items()} for _ in range(300))


def _pool(rule: AnyRule, tree: Node, weight: Fraction, step: Fraction, name: str, unit: str) -> list[Any]:
    """Values worth trying for a name: the numbers of its rule, just beside them, and what can be made of two."""
    if name.startswith("count."):
        return [0, 1, 2, 3, 20]
    numbers = [part.value for part in walk(tree) if isinstance(part, Number)] + list(_numbers(rule))
    fixed, small = list(dict.fromkeys([weight, *numbers])), Fraction(1, 10_000) if unit == PERCENT else step
    if unit == DATE:
        return [value + side for value in fixed if value > 500_000 for side in range(-9, 10)]
    coarse = Fraction(1, 100) if unit == PERCENT else Fraction(1)
    sides = (0, -small, small, -coarse, coarse, coarse / 8 if unit == PERCENT else step / 2)
    near = [value + side for value in fixed for side in sides]
    pairs = [c for a, b in permutations(fixed[:8], 2) for c in (a + b, a - b, a * b)]
    more = [a + b * k for a, b in permutations(fixed[:8], 2) for k in map(Fraction, ("1/2", "-1/2", "-2", "5", "-5"))]
    pool = [weight, Fraction(0), weight / 2 + step / 2, *near, *(v * k for v in fixed for k in (2, 20, Fraction(1, 2)))]
    pool += [pair + side for pair in pairs for side in sides] + more
    if (
        name not in ("actual", "mark", "share") and "." not in name and unit != PERCENT
    ):  # a fact, often divided by another
        scaled = [(value + side) * 100 for value in fixed for side in (0, Fraction(-1, 10_000), Fraction(1, 10_000))]
        pool = [Fraction(100), Fraction(3), Fraction(0), *scaled, *near]
    return [value for value in dict.fromkeys(pool) if value >= 0]


def _numbers(data: object) -> Iterator[Fraction]:
    if isinstance(data, tuple | Model):
        for part in data if isinstance(data, tuple) else dict(data).values():
            yield from _numbers(part)
    elif isinstance(data, Decimal | Fraction):
        yield Fraction(data)


def _text(number: Fraction, unit: str) -> Str | Decimal:
    """A number of an expression as a file has it, to 4 places."""
    text = plain(rounded(of_number(number, unit).value, 4))
    return f"{text}{unit}" if unit and unit != DATE else of_number(number, unit).show("en") if unit else Decimal(text)


def _answer(rule: AnyRule, row: dict[str, Any]) -> dict[str, Any]:
    """The record that gives the names these values."""
    answer: dict[str, Any] = {
        key: row[key] for key in ("actual", "mark", "met", "level", "share", "reduce") if key in row
    }
    ranges = {cause.id: cause.at_most for cause in rule.causes} if isinstance(rule, Deduct) else {}
    for name, value in row.items():
        head, _, tail = name.partition(".")
        if head in ("at", "check"):
            answer.setdefault("actuals" if head == "at" else "checks", {})[tail] = value
        elif head == "mark" and tail:
            answer.setdefault("marks", []).append(value)
        elif head in ("count", "taken"):
            most = ranges.get(tail) or Decimal(1)
            times = int(value / most) if head == "taken" and value > most and value % most == 0 else 1
            cost = {"count": value} if head == "count" else {"points": value / times}
            answer.setdefault("deductions", [])
            answer["deductions"] += [{"cause": tail, **cost, "reason": "自测"}] * (times if value else 0)
    return (
        {**answer, "reason": "自测"}
        if answer and (rule.by_judgement or "mark" in answer or "reduce" in answer or getattr(rule, "over", None))
        else answer
    )


class _Dumper(yaml.SafeDumper):
    """Exact numbers as they are, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(
    Decimal,
    lambda dumper, v: dumper.represent_scalar(f"tag:yaml.org,2002:{'int' if v == int(v) else 'float'}", plain(v)),
)


def propose(indicator_set: IndicatorSet) -> str:
    """A first cases file, for the authors of the set to check: its results are what the engine gives today."""
    step = Decimal(1).scaleb(-indicator_set.rounding.places)
    left = [mutant for mutant in mutants(indicator_set) if mutant.fate == "changed"]
    kept: list[dict[str, Any]] = []

    def keep(draft: dict[str, Any], news: object = None) -> None:
        """Keep a case that shows something new or notices a change that none before it noticed."""
        case = SetCase.model_validate(draft)
        if (noticed := [mutant for mutant in left if notices(mutant, case)]) or news:
            left[:] = [mutant for mutant in left if mutant not in noticed]
            kept.append(draft)

    for total in (
        total for each in indicator_set.grades for total in (each.at_least, each.at_least - step) if total >= 0
    ):
        grade = indicator_set.grade(total, Decimal(100))
        keep({"grade": {"total": total, "is": grade.title if grade else ""}}, news=True)
    for leaf in leaves_of(indicator_set):
        known: set[object] = set()
        wanted = {*get_args(Covered), *branches(indicator_set, leaf)} - (
            {"not-applicable"} if not indicator_set.not_applicable else set()
        )
        for draft in probes(indicator_set, leaf):
            got = outcome_of(indicator_set, SetCase.model_validate(draft))
            draft = {key: value for key, value in draft.items() if key != "fault"}
            draft |= {"fault": got.fault} if got.fault else {}
            draft |= {"points": got.points} if not got.fault and got.state not in OPEN else {}
            draft |= {"state": got.state} if not got.fault and got.state not in ("scored", "judged") else {}
            draft |= {"total": got.total} if not got.fault and "weight" in draft.get("own", {}) else {}
            draft |= {"weights": got.weights} if got.state == "not-applicable" else {}
            news = (
                set()
                if got.fault
                else {got.state, got.covers(), *reached(indicator_set, SetCase.model_validate(draft))}
            )
            keep(draft, news - known)
            known |= news
            if known >= wanted and all(
                (mutant.ids and leaf.id not in mutant.ids) or mutant.place == "rounding.at" for mutant in left
            ):
                break
    for one, other in permutations(
        [draft for draft in kept if "answer" in draft and "points" in draft and not draft.get("own")], 2
    ):
        if one["indicator"] != other["indicator"] and any(mutant.place == "rounding.at" for mutant in left):
            records = {draft["indicator"]: draft["answer"] for draft in (one, other)}
            both = {"records": records, "facts": one.get("facts", {}) | other.get("facts", {})}
            keep({**both, "total": outcome_of(indicator_set, SetCase.model_validate({**both, "total": 0})).total})
    lines = [f"# {indicator_set.title}：自测用例", "# 由程序算出，请核对", f"set: {indicator_set.reference}", "cases:"]
    shown: dict[str, Any] = {
        "Dumper": _Dumper,
        "default_flow_style": True,
        "allow_unicode": True,
        "width": 10**6,
        "sort_keys": False,
    }
    return "\n".join([*lines, *(f"- {yaml.dump(draft, **shown).strip()}" for draft in kept)]) + "\n"
