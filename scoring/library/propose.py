"""A first cases file for a set, for its authors to review: what the engine gives today at every edge of every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, islice, permutations
from random import Random
from typing import Any, get_args

import yaml

from scoring.errors import Fault
from scoring.expression.exact import Facts, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import Kind, Node, Number, names, walk
from scoring.expression.tree import Name as NameNode
from scoring.expression.words import Label, formula
from scoring.facts import read_facts, values_of
from scoring.indicators import Indicator, IndicatorSet
from scoring.library.cases import (
    Covered,
    Outcome,
    SetCase,
    SetCases,
    leaves_of,
    outcome_of,
    own_indicators,
    scene,
    testable,
)
from scoring.library.coverage import branches, reached
from scoring.library.mutate import Mutant, mutants, notices
from scoring.result import OPEN
from scoring.rules import AnyRule, Deduct, Levels, Ratio, Steps, YesNo
from scoring.rules.measured import OfOneValue
from scoring.source.model import Model, Str
from scoring.values import DATE, PERCENT, of_number, plain, rounded


def missing_cases(indicator_set: IndicatorSet, cases: SetCases) -> list[tuple[str, Covered]]:
    """What each indicator can give and no case shows: full, part, zero, missing, not-applicable."""
    indicator_set = testable(indicator_set)
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
    targets: list[dict[str, Any]] = [
        {"own": {"target": each}} for each in ("按计划完成", "≥100人", "≥95%", "≤10万元", "＝141人")
    ]
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
    if isinstance(rule, Levels) and not leaf.reducible:
        yield from _level_rows(rule)
        return
    tree = rule.lower(weight, indicator_set.kinds())
    labels = {**{name: fact.label() for name, fact in indicator_set.facts.items()}, **rule.labels(weight)}
    kinds = {part.id: part.kind for part in walk(tree) if isinstance(part, NameNode) and part.id != "weight"}
    pools: dict[str, list[Any]] = {}
    for id, kind in kinds.items():
        values = [True, False] if kind == "truth" else _pool(rule, tree, weight, step, id, labels[id].unit)
        pools[id] = [_text(v, labels[id].unit) if isinstance(v, Fraction) else v for v in values]
    if isinstance(rule, YesNo):
        pools |= {"mark": [*pools.get("mark", ()), rounded(weight / 2, indicator_set.rounding.places)]}
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
        none: dict[str, Any] = {id: False for id, kind in kinds.items() if kind == "truth"}
        none |= {id: 0 for id in kinds if id.startswith(("count.", "taken."))}
        bases = [*rows[:3], {**rows[0], **none}] if none else rows[:3]
        yield from _at_edges(rule, tree, indicator_set.kinds(), labels)
        yield from ({**base, id: value} for base in bases for id, pool in pools.items() for value in pool)
        yield from ({k: v for k, v in rows[n].items() if k != id} for n in (0, 1) for id in pools)
        yield from ({id: shuffled.choice(pool) for id, pool in pools.items()} for _ in range(300))


def _at_edges(
    rule: AnyRule, tree: Node, known: Mapping[str, Kind], labels: Mapping[str, Label]
) -> Iterator[dict[str, Any]]:
    """Facts that bring the value of a rule computed from them to each of its edges and just beside."""
    if not isinstance(rule, OfOneValue) or not rule.of:
        return
    value = parse(rule.of, known)
    wanted = {part.value for part in walk(tree) if isinstance(part, Number)}
    if isinstance(rule, Steps):
        limit, step = rule.number(rule.limit), rule.number(rule.step)
        wanted |= {limit + step * times for times in range(-3, 4)}
    near = [edge + side for edge in sorted(wanted) for side in (0, Fraction(1, 10_000), -Fraction(1, 10_000))]
    base = dict.fromkeys(names(value), Fraction(100))
    for name in base:
        for edge in near:
            found = _solved(value, name, base, edge)
            if found is not None and found >= 0 and Fraction(rounded(found, 4)) == found:
                yield {id: _text(found if id == name else number, labels[id].unit) for id, number in base.items()}


def _solved(value: Node, name: str, base: Mapping[str, Fraction], wanted: Fraction) -> Fraction | None:
    """The fact that gives the value wanted, where it is (a·x + b) ÷ (c·x + 1) as all but a few formulas are."""
    at: list[tuple[Fraction, Fraction]] = []
    for x in map(Fraction, (30, 70, 130, 170)):
        y = evaluate(value, {**base, name: x})
        if not isinstance(y, Fraction):
            return None
        at.append((x, y))
    (x, y), *others = at
    # y·c·x + y = a·x + b: two differences leave a and c
    rows = [(other_x - x, other_x * other_y - x * y, other_y - y) for other_x, other_y in others]
    (a1, c1, r1), (a2, c2, r2), (a3, c3, r3) = rows
    whole = a2 * c1 - a1 * c2
    c, a = ((a1 * r2 - a2 * r1) / whole, (c1 * r2 - c2 * r1) / whole) if whole else (Fraction(0), r1 / a1)
    b = y + y * c * x - a * x
    if a3 * a - c3 * c != r3 or a == wanted * c:
        return None
    return (wanted - b) / (a - wanted * c)


def _level_rows(rule: Levels) -> Iterator[dict[str, Any]]:
    """Each level at its ends, just beside them, and where points have more places than are printed."""
    near, yet_nearer = Fraction(1, 10_000), Fraction(1, 800)
    yield {}
    for level in rule.levels:
        yield {"level": level.name}
        ends = [end for end in (level.share, level.at_least, level.at_most, level.below) if end is not None]
        shares = dict.fromkeys(end + side for end in ends for side in (0, -near, near, yet_nearer, -yet_nearer))
        yield from ({"level": level.name, "share": _text(s, PERCENT)} for s in shares if 0 <= s <= 1)


def _pool(rule: AnyRule, tree: Node, weight: Fraction, step: Fraction, name: str, unit: str) -> list[Any]:
    """Values worth trying for a name: the numbers of its rule, just beside them, and what can be made of two."""
    if name.startswith("count."):
        return [0, 1, 2, 3, 20]
    numbers = [part.value for part in walk(tree) if isinstance(part, Number)] + list(_numbers(rule))
    if isinstance(rule, Ratio) and (goal := rule.goal()) and goal.quantity:
        aim, rates = goal.quantity.number(), [Fraction(1, 20), *(n for n in _numbers(rule) if n > 0)]
        numbers += [n for rate in rates for n in (aim * rate, aim * (rate + Fraction(1, 20_000)), aim * (2 - rate))]
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
    indicator_set = testable(indicator_set)
    left = [mutant for mutant in mutants(indicator_set) if mutant.fate == "changed"]
    sections: list[tuple[str, list[dict[str, Any]]]] = [("等级", list(_of_grades(indicator_set)))]
    for _, drafts in sections:
        _notice(left, drafts)
    for leaf in leaves_of(indicator_set):
        mine = [mutant for mutant in left if _touches(mutant, leaf)]
        sections.append((_heading(indicator_set, leaf), drafts := _of_leaf(indicator_set, leaf, mine)))
        _notice(left, drafts)
    sections.append(("几个指标一起评", _together(indicator_set, [d for _, drafts in sections for d in drafts], left)))
    lines = [f"# {indicator_set.title}：自测用例", "# 由程序算出，请核对", f"set: {indicator_set.reference}", "cases:"]
    for heading, drafts in sections:
        lines += [f"# {heading}", *(f"- {_flow(draft)}" for draft in drafts)] if drafts else []
    return "\n".join(lines) + "\n"


DEFAULT = {"target": "按计划完成"}  # the indicator that stands in an open group where a case names none
TOGETHER = 300  # combinations tried at most
AT_TOTAL = "rounding.at"  # only several indicators together show it


def _touches(mutant: Mutant, leaf: Indicator) -> bool:
    """Whether a case of the indicator alone can show the change."""
    if mutant.place.startswith(("rounding.", "not_applicable")):
        return mutant.place != AT_TOTAL
    return leaf.id in mutant.ids or mutant.place.startswith(f"{leaf.id}.")


def _notice(left: list[Mutant], drafts: list[dict[str, Any]]) -> None:
    """Takes away the changes these cases notice."""
    for case in map(SetCase.model_validate, drafts):
        left[:] = [mutant for mutant in left if not notices(mutant, case)]


def _of_grades(indicator_set: IndicatorSet) -> Iterator[dict[str, Any]]:
    step = Decimal(1).scaleb(-indicator_set.rounding.places)
    for each in indicator_set.grades:
        for total in (each.at_least, each.at_least - step):
            grade = indicator_set.grade(total, Decimal(100)) if total >= 0 else None
            if grade is not None:
                yield {"grade": {"total": total, "is": grade.title}}


def _of_leaf(indicator_set: IndicatorSet, leaf: Indicator, left: list[Mutant]) -> list[dict[str, Any]]:
    """The cases of one indicator that show something new, or notice a change that none before noticed."""
    kept: list[dict[str, Any]] = []
    known: set[object] = set()
    wanted = {*get_args(Covered), *branches(indicator_set, leaf)}
    wanted -= set() if indicator_set.not_applicable else {"not-applicable"}
    for probe in probes(indicator_set, leaf):
        case = SetCase.model_validate(probe)
        facts = _facts(indicator_set, leaf, case)
        got = outcome_of(indicator_set, case)
        draft = _expecting(probe, got)
        case = SetCase.model_validate(draft)
        news = set() if got.fault else {got.state, got.covers(), *reached(indicator_set, case)} - known
        noticed = [mutant for mutant in left if _may_notice(mutant, leaf, case, facts) and notices(mutant, case)]
        if news or noticed:
            kept.append(draft)
            known |= news
            left = [mutant for mutant in left if mutant not in noticed]
        if known >= wanted and not left:
            break
    return kept


def _expecting(probe: dict[str, Any], got: Outcome) -> dict[str, Any]:
    """The case with what came of it."""
    name = {"full": "满分", "part": "部分得分", "zero": "零分", "missing": "没有填报", "not-applicable": "不适用"}
    draft = {
        "indicator": probe["indicator"],
        "name": "应当报错" if got.fault else name.get(got.covers() or "", "得不出分"),
    }
    draft |= {key: value for key, value in probe.items() if key not in ("fault", "indicator")}
    if got.fault:
        return draft | {"fault": got.fault}
    draft |= {"points": got.points} if got.state not in OPEN else {}
    draft |= {"state": got.state} if got.state not in ("scored", "judged") else {}
    draft |= {"total": got.total} if "weight" in draft.get("own", {}) else {}
    return draft | ({"weights": got.weights} if got.state == "not-applicable" else {})


def _stands(leaf: Indicator, case: SetCase, within: Indicator | None = None) -> AnyRule | None:
    """The rule the case is scored by; within: the open group as a change left it."""
    if leaf.open is None:
        return leaf.rule
    group = within or leaf
    try:
        return own_indicators(leaf, case)[0].scored_by(group.open) if group.open else None
    except Fault:
        return None


def _facts(indicator_set: IndicatorSet, leaf: Indicator, case: SetCase) -> Facts:
    """What the expression of the case's rule is read with."""
    rule = _stands(leaf, case)
    given = values_of(read_facts(*scene(indicator_set, case))[0])
    weight = case.own.weight if case.own and case.own.weight else leaf.weight
    return {**given, **(rule.answers(case.answer) if rule else {}), "weight": Fraction(weight)}


def _may_notice(mutant: Mutant, leaf: Indicator, case: SetCase, facts: Facts) -> bool:
    """Cheaper than scoring: not where the changed rule gives as many points, and finds as much wrong with the record."""
    weight, known = facts["weight"], mutant.set.kinds()
    assert isinstance(weight, Fraction)
    if mutant.place == "not_applicable":
        return case.not_applicable is not None
    if leaf.open is not None and mutant.place.endswith(".combine"):
        return bool(case.own and case.own.weight)
    if mutant.place.startswith("rounding."):
        rule = _stands(leaf, case)
        points = evaluate(rule.lower(weight, known), facts) if rule else None
        return isinstance(points, Fraction) and points != rounded(points, 1)
    if leaf.open is not None and ".open." in mutant.place:
        changed = next(each for _, each in mutant.set.walk() if each.id == leaf.id)
        one, other = _stands(leaf, case), _stands(leaf, case, changed)
    elif mutant.rules is not None:
        one, other = mutant.rules
    else:
        return True
    if one == other:
        return False
    if one is None or other is None:
        return True
    sound = [not any(rule.faults(case.answer, weight)) for rule in (one, other)]
    worth = [evaluate(rule.lower(weight, known), {**facts, **rule.answers(case.answer)}) for rule in (one, other)]
    return sound[0] != sound[1] or worth[0] != worth[1]


def _together(indicator_set: IndicatorSet, drafts: list[dict[str, Any]], left: list[Mutant]) -> list[dict[str, Any]]:
    """Several indicators at once, where only together they show a change that is left: all of them, then two by two."""
    pools: dict[str, list[dict[str, Any]]] = {leaf.id: [] for leaf in leaves_of(indicator_set)}
    for draft in drafts:
        if "points" in draft and draft.get("own", DEFAULT) == DEFAULT and "not_applicable" not in draft:
            pools[draft["indicator"]].append(draft)
    finer = (
        [draft for leaf in leaves_of(indicator_set) for draft in islice(_finer(indicator_set, leaf), 3)] if left else []
    )
    kept: list[dict[str, Any]] = []
    for probe in islice(_gathered(indicator_set, {id: pool for id, pool in pools.items() if pool}, finer), TOGETHER):
        if not left:
            break
        total = outcome_of(indicator_set, SetCase.model_validate({**probe, "total": 0})).total
        if total is None:
            continue
        draft = {"name": "一起评", **probe, "total": total}
        case = SetCase.model_validate(draft)
        if noticed := [mutant for mutant in left if notices(mutant, case)]:
            kept.append(draft)
            left = [mutant for mutant in left if mutant not in noticed]
    return kept


def _finer(indicator_set: IndicatorSet, leaf: Indicator) -> Iterator[dict[str, Any]]:
    """Cases of an indicator whose exact points have more places than are printed."""
    for probe in probes(indicator_set, leaf):
        case = SetCase.model_validate(probe)
        if probe.get("own", DEFAULT) != DEFAULT or not (rule := _stands(leaf, case)):
            continue
        points = evaluate(rule.lower(Fraction(leaf.weight), indicator_set.kinds()), _facts(indicator_set, leaf, case))
        if isinstance(points, Fraction) and points != rounded(points, indicator_set.rounding.places):
            yield probe


def _gathered(
    indicator_set: IndicatorSet, pools: dict[str, list[dict[str, Any]]], finer: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    def gather(drafts: tuple[dict[str, Any], ...], without: tuple[str, ...] = ()) -> dict[str, Any]:
        records = {draft["indicator"]: draft.get("answer", {}) for draft in drafts}
        records |= {id: {"not_applicable": "自测"} for id in without}
        facts = {id: value for draft in drafts for id, value in draft.get("facts", {}).items()}
        return {"records": records, **({"facts": facts} if facts else {})}

    below = [
        [each.id for path, each in indicator_set.walk() if path[1] == top and each.id in pools]
        for top in range(len(indicator_set.indicators))
    ]
    firsts = tuple(ids[0] for ids in below if ids)
    leave_out = [*((id,) for id in firsts), firsts, *map(tuple, below)] if indicator_set.not_applicable else []
    for two in combinations(finer[:24], 2):
        if two[0]["indicator"] != two[1]["indicator"]:
            yield gather(two)
    for shift in range(max(map(len, pools.values()), default=0)):
        row = tuple(pool[(shift + n) % len(pool)] for n, pool in enumerate(pools.values()))
        yield from (gather(row, without) for without in ((), *leave_out))
    for one, other in permutations(pools.values(), 2):
        yield from (gather((a, b)) for a in one for b in other)


def _heading(indicator_set: IndicatorSet, leaf: Indicator) -> str:
    """The indicator, what it weighs, and its rule in words."""
    if leaf.rule is None:
        return f"{leaf.title}（{plain(leaf.weight)}分）：由评价自设指标"
    weight = Fraction(leaf.weight)
    labels = {**{name: fact.label() for name, fact in indicator_set.facts.items()}, **leaf.rule.labels(weight)}
    told = formula(leaf.rule.lower(weight, indicator_set.kinds()), labels, "zh")
    return f"{leaf.title}（{plain(leaf.weight)}分）：{told if len(told) < 200 else leaf.rule.title.zh}"


def _flow(draft: dict[str, Any]) -> str:
    """One line of YAML."""
    text: str = yaml.dump(
        draft, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False
    )
    return text.strip()
