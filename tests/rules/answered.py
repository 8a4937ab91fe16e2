"""Random rules with random records, each with the points it must come to, worked out by tests/oracle.py; and what to put them in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet
from tests import oracle

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Answered:
    """A rule, a record of it, the facts it asks for, and what follows: exact points, or the state without points."""

    rule: dict[str, Any]
    record: dict[str, Any]
    result: Fraction | str
    facts: dict[str, Decimal] = field(default_factory=dict)


def a_set(**parts: Any) -> IndicatorSet:
    """The smallest set there can be, with these parts."""
    head = {"id": "toy", "title": "试验体系", "version": "1", "subject": "project", "status": "illustrative"}
    origin = {
        "weights": "illustrative",
        "rules": "illustrative",
        "citations": [{"title": "试验"}],
        "grades_source": "试验",
    }
    rest = {"effective": {"first": 2019}, "grades": [{"title": "合格", "at_least": 0}], "outline": "none"}
    return IndicatorSet.model_validate({**head, **origin, **rest, **parts})


def an_evaluation(**parts: Any) -> Evaluation:
    head = {"id": "e", "title": "试验", "year": 2019, "set": "toy@1"}
    return Evaluation.model_validate({**head, "subject": {"name": "甲", "kind": "project", "unit": "乙"}, **parts})


def dec(units: int, places: int = 2) -> Decimal:
    return Decimal(units).scaleb(-places)


amounts = st.one_of(st.sampled_from([0, 1, 50, 100, 150, 200]), st.integers(0, 400)).map(lambda n: dec(n, 1))
shares = st.one_of(st.sampled_from([0, 600, 800, 1000]), st.integers(0, 1000))  # in thousandths
weights = st.one_of(st.integers(1, 80).map(lambda n: dec(5 * n, 1)), st.integers(1, 4000).map(dec))


def percent(thousandths: int) -> str:
    return f"{dec(thousandths, 1)}%"


@st.composite
def ratio(draw: Draw, weight: Fraction) -> Answered:
    target, actual = draw(amounts), draw(amounts)
    direction = draw(st.sampled_from(["higher", "lower", "equal"]))
    sign = {"higher": "≥", "lower": "≤", "equal": "＝"}[direction]
    rule = {"kind": "ratio", "target": f"{sign}{target}", "direction": direction}
    if draw(st.integers(0, 9)) == 0:  # the record only repeats the target; perhaps a person then marks it
        record = {"actual": f"{sign}{target}"}
        if draw(st.booleans()):
            mark = draw(st.integers(0, int(weight * 1000))) if weight else 0
            return Answered(rule, {**record, "mark": dec(mark, 3), "reason": "试验"}, Fraction(mark, 1000))
        return Answered(rule, record, "not-demonstrated")
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["floor"] = draw(shares)
        options["rescale"] = options["floor"] < 1000 and draw(st.booleans())
    if draw(st.booleans()):
        options["ceiling"] = draw(st.integers(1000, 2000))
    if draw(st.booleans()):
        options["over"] = (draw(st.integers(1000, 2000)), draw(st.sampled_from(["0.5", "1", "3"])))
    if direction == "lower":
        options["linear"] = draw(st.booleans())
    points = oracle.ratio(weight, Fraction(target), Fraction(actual), direction, **options)
    for key in ("floor", "ceiling"):
        if key in options:
            rule[key] = percent(options[key])
    if "over" in options:
        rule["over"] = {"start": percent(options["over"][0]), "slope": Decimal(options["over"][1])}
    if options.get("rescale"):
        rule["rescale"] = True
    if options.get("linear"):
        rule["reverse"] = "linear"
    return Answered(rule, {"actual": actual, "reason": "试验"}, points)


@st.composite
def bands(draw: Draw, weight: Fraction) -> Answered:
    edges = sorted(draw(st.lists(amounts, min_size=1, max_size=4, unique=True)), reverse=True)
    worth = [1000, *(draw(shares) for _ in edges)]
    actual = draw(st.one_of(amounts, st.sampled_from(edges)))
    strict = draw(st.booleans())  # > instead of ≥
    if draw(st.booleans()):  # from high to low
        key = "above" if strict else "at_least"
        rows = [{key: edge, "share": percent(s)} for edge, s in zip(edges, worth, strict=False)]
        rows.append({"share": percent(worth[-1])})
    else:  # the same bands from low to high
        key = "at_most" if strict else "below"
        rows = [{key: edge, "share": percent(s)} for edge, s in zip(reversed(edges), reversed(worth), strict=False)]
        rows.append({"share": percent(worth[0])})
    points = oracle.banded(weight, edges, worth, actual, strict)
    return Answered({"kind": "bands", "bands": rows}, {"actual": actual}, points)


@st.composite
def ladder(draw: Draw, weight: Fraction) -> Answered:
    at = sorted(draw(st.lists(amounts, min_size=2, max_size=4, unique=True)))
    worth = [*(draw(shares) for _ in at[1:]), 1000]
    actual = draw(st.one_of(amounts, st.sampled_from(at)))
    knots = [{"at": a, "share": percent(s)} for a, s in zip(at, worth, strict=True)]
    points = oracle.interpolated(weight, list(zip(at, worth, strict=True)), actual)
    return Answered({"kind": "ladder", "knots": knots}, {"actual": actual}, points)


@st.composite
def steps(draw: Draw, weight: Fraction) -> Answered:
    rule = {
        "kind": "steps",
        "limit": draw(amounts),
        "step": dec(draw(st.integers(1, 50)), 1),
        "each": dec(draw(st.integers(0, 300))),
        "direction": draw(st.sampled_from(["above", "below", "both"])),
        "count": draw(st.sampled_from(["whole", "part", "proportion"])),
        "floor": dec(draw(st.sampled_from([0, 0, int(weight * 50)]))),
    }
    actual = draw(amounts)
    return Answered(rule, {"actual": actual}, oracle.stepped(weight, actual, rule))


@st.composite
def deduct(draw: Draw, weight: Fraction) -> Answered:
    each, most, range_top = (
        dec(draw(st.integers(0, 300))),
        dec(draw(st.integers(0, 500))),
        dec(draw(st.integers(0, 500))),
    )
    floor = dec(draw(st.sampled_from([0, 0, int(weight * 25)])))
    causes = [
        {"id": "late", "title": "逾期", "each": each},
        {"id": "error", "title": "差错", "each": each, "most": most},
        {"id": "misuse", "title": "违规", "at_most": range_top},
    ]
    deductions: list[dict[str, Any]] = []
    taken = {"late": Fraction(0), "error": Fraction(0), "misuse": Fraction(0)}
    for cause in draw(st.lists(st.sampled_from(list(taken)), max_size=5)):
        if cause == "misuse":
            points = dec(draw(st.integers(0, int(range_top * 100))))
            deductions.append({"cause": cause, "points": points, "reason": "试验"})
            taken[cause] += Fraction(points)
        else:
            count = draw(st.integers(1, 3))
            deductions.append({"cause": cause, "count": count, "reason": "试验"})
            taken[cause] += count * Fraction(each)
    rule = {"kind": "deduct", "causes": causes, "floor": floor}
    points = oracle.deducted(weight, Fraction(floor), taken, {"error": Fraction(most)})
    return Answered(rule, {"deductions": deductions}, points)


@st.composite
def checklist(draw: Draw, weight: Fraction) -> Answered:
    count = draw(st.integers(1, 5))
    items: list[dict[str, Any]] = [{"id": f"item_{n}", "title": f"要点{n}"} for n in range(count)]
    worth = [weight / count] * count
    if draw(st.booleans()):
        worth = _split(draw, weight, count)
        for item, points in zip(items, worth, strict=True):
            item["points"] = dec(int(points * 100))
    for item in items:
        if draw(st.integers(0, 4)) == 0:
            item["necessary"] = True
    rule: dict[str, Any] = {"kind": "checklist", "items": items}
    if draw(st.integers(0, 4)) == 0:
        rule["all_or_nothing"] = True
    met = [draw(st.booleans()) for _ in items]
    needed = [bool(item.get("necessary") or rule.get("all_or_nothing")) for item in items]
    checks = {item["id"]: is_met for item, is_met in zip(items, met, strict=True)}
    return Answered(rule, {"checks": checks}, oracle.listed(met, worth, needed))


def _split(draw: Draw, weight: Fraction, count: int) -> list[Fraction]:
    """The weight in so many parts of whole cents."""
    cuts = sorted(draw(st.lists(st.integers(0, int(weight * 100)), min_size=count - 1, max_size=count - 1)))
    return [Fraction(b - a, 100) for a, b in zip([0, *cuts], [*cuts, int(weight * 100)], strict=True)]


@st.composite
def yes_no(draw: Draw, weight: Fraction) -> Answered:
    met, partial = draw(st.booleans()), draw(st.booleans())
    record: dict[str, Any] = {"met": met}
    left = Fraction(0)
    if not met and partial and draw(st.booleans()):
        record |= {"mark": dec(draw(st.integers(0, int(weight * 100)))), "reason": "试验"}
        left = Fraction(record["mark"])
    return Answered({"kind": "yes-no", "partial": partial}, record, weight if met else left)


@st.composite
def levels(draw: Draw, weight: Fraction) -> Answered:
    name, low, high = draw(
        st.sampled_from(
            [
                ("达成年度指标", 800, 1000),
                ("部分达成年度指标并具有一定效果", 600, 799),
                ("未达成年度指标且效果较差", 0, 599),
            ]
        )
    )
    share = draw(st.integers(low, high))
    return Answered(
        {"kind": "levels"}, {"level": name, "share": percent(share), "reason": "试验"}, weight * share / 1000
    )


@st.composite
def milestones(draw: Draw, weight: Fraction) -> Answered:
    worth = _split(draw, weight, draw(st.integers(1, 4)))
    targets = [draw(amounts.filter(bool)) for _ in worth]
    actuals = [draw(amounts) for _ in worth]
    partial = draw(st.booleans())
    rows = [
        {"id": f"month_{n}", "title": f"{n}月", "target": target, "points": dec(int(points * 100))}
        for n, (target, points) in enumerate(zip(targets, worth, strict=True), start=1)
    ]
    rule = {"kind": "milestones", "unit": "", "partial": partial, "milestones": rows}
    record = {"actuals": {row["id"]: actual for row, actual in zip(rows, actuals, strict=True)}}
    return Answered(rule, record, oracle.reached(worth, targets, actuals, partial))


@st.composite
def panel(draw: Draw, weight: Fraction) -> Answered:
    combine = draw(st.sampled_from(["mean", "trimmed", "median"]))
    raters = draw(st.integers(3 if combine == "trimmed" else 1, 7))
    marks = [dec(draw(st.integers(0, int(weight * 100)))) for _ in range(raters)]
    rule = {"kind": "panel", "raters": raters, "combine": combine}
    return Answered(rule, {"marks": marks, "reason": "试验"}, oracle.combined(marks, combine))


@st.composite
def formula(draw: Draw, weight: Fraction) -> Answered:
    spent, budget = draw(amounts), draw(amounts)
    rule = {"kind": "formula", "formula": "weight * min(1, spent / budget)"}
    result = weight * min(Fraction(1), Fraction(spent) / Fraction(budget)) if budget else "undefined"
    return Answered(rule, {}, result, {"spent": spent, "budget": budget})


@st.composite
def judged(draw: Draw, weight: Fraction) -> Answered:
    mark = dec(draw(st.integers(0, int(weight * 1000))), 3)
    return Answered({"kind": "judged"}, {"mark": mark, "reason": "试验"}, Fraction(mark))


KINDS = {
    "ratio": ratio,
    "bands": bands,
    "ladder": ladder,
    "steps": steps,
    "deduct": deduct,
    "checklist": checklist,
    "yes-no": yes_no,
    "levels": levels,
    "milestones": milestones,
    "panel": panel,
    "formula": formula,
    "judged": judged,
}
