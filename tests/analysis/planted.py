"""Random rows of random sets, ties planted, as columns and one by one through the engine: nothing may differ.

python -m tests.analysis.planted 1000000

Each set has every combination the dice give: rule kinds, groups, rounding, what not applicable does, bonus and penalty.
Each indicator has a pool of contents of its cells: sound ones, sorted by the exact reading into those whose points are a
tie (exactly half a unit of the last place), a whole number of units, or neither; nothing at all; the target repeated; not
applicable; a number too large for columns; and cells that are wrong. Rows are drawn from the pools. A planted row has one
tie and whole units elsewhere, so that a total rounded at the end is a tie too.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from scoring import engine
from scoring.analysis.batch import Scorer
from scoring.analysis.fields import Fields
from scoring.analysis.table import Chunk
from scoring.engine import answers_of, assess
from scoring.expression.exact import evaluate
from scoring.facts import read_facts, values_of
from scoring.rules import Answer
from tests.rules.answered import a_set, an_evaluation, dec, percent
from tests.test_engine_laws import GRADES

ROWS = 25_000  # of a set
POOL = 500  # sound contents of an indicator's cells
TARGETS = ["0", "40", "50", "80", "95", "100", "125", "137", "66.6"]
HUGE = [
    "40000000000",
    "99999999999.99",
    "123456789012345678",
    "9223372036854775808",
    "0.123456789",
    "4611686018427387903",
]
WRONG = ["", "-1", "５", "1e3", "x", "5%", "≥5", "1,000", "true", "是", "1000.5"]
CLASSES = {"tie": 0.25, "whole": 0.2, "other": 0.508, "blank": 0.02, "repeated": 0.03, "huge": 0.005, "wrong": 0.002}
SOUND = ("tie", "whole", "other", "open")
Cells = dict[str, str]  # by header
Fill = Callable[[], Cells]


@dataclass(slots=True)
class Leaf:
    """An indicator and what its cells may hold. facts: those it asks for, with their units."""

    id: str
    kind: str
    indicator: dict[str, Any]
    fill: Fill
    facts: Cells = field(default_factory=dict)
    repeated: str = ""  # its target with the sign
    pools: dict[str, list[Cells]] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        return self.kind in ("judged", "levels", "panel")


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def figure(text: str) -> bool:
    return text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def amount(chance: Random, target: str, places: int) -> str:
    """A figure near a target: a round share of it, whose points are often a tie; itself; or any."""
    around = Decimal(target) or Decimal(10)
    match chance.randrange(8):
        case 0:
            return target
        case 1:
            return plain(dec(chance.randrange(int(around * 2 * 10**places) + 1), places))
        case _:
            return plain(around * chance.randrange(1501) / 1000)


# --- one rule a function: chance, weight, places, id → the leaf ---------------------------------------------------------


def ratio(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    target, unit = chance.choice(TARGETS), chance.choice(["", "%", "人"])
    direction = chance.choice(["higher", "lower", "equal"])
    repeated = {"higher": "≥", "lower": "≤", "equal": "＝"}[direction] + target + unit
    rule: dict[str, Any] = {"kind": "ratio", "target": repeated, "direction": direction}
    facts: Cells = {}
    if chance.random() < 0.3:
        number = id.partition("-")[2]
        spent, budget = f"spent{number}", f"budget{number}"
        facts, repeated = {spent: "元", budget: "元"}, ""
        rule = {"kind": "ratio", "actual": spent, "target": budget, "unit": "元", "direction": direction}
    if chance.random() < 0.4:
        floor = chance.choice([600, 800, 999])
        rule |= {"floor": percent(floor), "rescale": chance.random() < 0.5}
    if chance.random() < 0.3:
        rule["ceiling"] = percent(chance.choice([1000, 1300, 1500]))
    if chance.random() < 0.3:
        rule["over"] = {"start": percent(chance.choice([1000, 1200])), "slope": chance.choice([1, 3, Decimal("0.5")])}
    if direction == "lower" and chance.random() < 0.5:
        rule["reverse"] = "linear"

    def fill() -> Cells:
        actual = amount(chance, target, places)
        if not facts:
            return {f"{id}.actual(%)" if unit == "%" else f"{id}.actual": actual}
        wanted = "0" if chance.random() < 0.05 else target
        return {f"{spent}(万元)": actual, f"{budget}(元)": plain(Decimal(wanted) * 10_000)}

    return Leaf(id, "ratio", {"rule": rule}, fill, facts, repeated)


def of_value(chance: Random, id: str, target: str, places: int, rule: dict[str, Any], unit: str = "") -> Leaf:
    """A leaf whose rule reads one figure: the actual, or a fact."""
    name = "figure" + id.partition("-")[2]
    if chance.random() < 0.25:
        rule["of"] = f"{name} * 2"
        header = f"{name}(%)" if unit else name
        return Leaf(id, rule["kind"], {"rule": rule}, lambda: {header: amount(chance, target, places)}, {name: unit})
    header = f"{id}.actual(%)" if unit else f"{id}.actual"
    return Leaf(id, rule["kind"], {"rule": rule}, lambda: {header: amount(chance, target, places)})


def bands(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    target = chance.choice(TARGETS[1:])
    edges = [plain(Decimal(target) * share / 100) for share in sorted(chance.sample(range(50, 130), 3), reverse=True)]
    worth = [1000, *(chance.choice([0, 333, 600, 855, 995]) for _ in edges)]
    key = chance.choice(["at_least", "above"])
    rows = [{key: Decimal(edge), "share": percent(share)} for edge, share in zip(edges, worth, strict=False)]
    rule = {"kind": "bands", "bands": [*rows, {"share": percent(worth[-1])}]}
    return of_value(chance, id, target, places, rule)


def ladder(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    target = chance.choice(TARGETS[1:])
    at = [plain(Decimal(target) * share / 100) for share in sorted(chance.sample(range(40, 130, 10), 3))]
    worth = [chance.choice([0, 300]), chance.choice([600, 333, 1000]), 1000]
    unit = chance.choice(["", "%"])
    knots = [{"at": f"{a}{unit}", "share": percent(s)} for a, s in zip(at, worth, strict=True)]
    return of_value(chance, id, target, places, {"kind": "ladder", "unit": unit, "knots": knots}, unit)


def steps(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    rule: dict[str, Any] = {"kind": "steps", "each": dec(chance.choice([5, 50, 75, 333])), "floor": dec(0)}
    rule |= {
        "direction": chance.choice(["above", "below", "both"]),
        "count": chance.choice(["whole", "part", "proportion"]),
    }
    if chance.random() < 0.2:
        rule["floor"] = weight / 4
    if chance.random() < 0.2:
        rule |= {"unit": "日期", "limit": "2019-06-30", "step": chance.choice(["1天", "7天"])}
        days = [f"2019-{month:02}-{day:02}" for month in (5, 6, 7) for day in (1, 15, 27, 30)]
        return Leaf(id, "steps", {"rule": rule}, lambda: {f"{id}.actual": chance.choice(days)})
    limit = chance.choice(TARGETS[1:])
    rule |= {"limit": Decimal(limit), "step": dec(chance.choice([5, 10, 70]), 1)}
    return of_value(chance, id, limit, places, rule)


def deduct(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    each, at_most = dec(chance.choice([25, 50, 105, 333])), dec(chance.choice([100, 250]))
    late, misuse = {"id": "late", "title": "逾期", "each": each}, {"id": "misuse", "title": "违规", "at_most": at_most}
    if chance.random() < 0.5:
        late["most"] = each * 3
    causes = [[late], [misuse], [late, misuse]][chance.randrange(3)]
    rule = {"kind": "deduct", "causes": causes, "floor": weight / 2 if chance.random() < 0.2 else 0}

    def fill() -> Cells:
        cells = {f"{id}.count.late": str(chance.choice([0, 0, 1, 2, 5]))} if late in causes else {}
        if misuse in causes:
            cells[f"{id}.taken.misuse"] = plain(
                dec(chance.randrange(int(at_most * 10 ** (places + 1)) + 1), places + 1)
            )
        return cells

    return Leaf(id, "deduct", {"rule": rule}, fill)


def checklist(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    count = chance.randint(1, 5)
    items: list[dict[str, Any]] = [{"id": f"item_{n}", "title": f"要点{n}"} for n in range(count)]
    if chance.random() < 0.3:
        for item in items:
            item["points"] = dec(int(weight * 10) // count, 1)
        items[-1]["points"] += weight - sum((item["points"] for item in items), Decimal(0))
    if chance.random() < 0.3:
        items[0]["necessary"] = True
    rule = {"kind": "checklist", "items": items, "all_or_nothing": chance.random() < 0.1}
    words = chance.choice([("true", "false"), ("是", "否")])
    return Leaf(
        id, "checklist", {"rule": rule}, lambda: {f"{id}.check.{i['id']}": words[chance.random() < 0.3] for i in items}
    )


def yes_no(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    partial = chance.random() < 0.15

    def fill() -> Cells:
        met = chance.random() < 0.8
        left = partial and not met and chance.random() < 0.1
        cells = {f"{id}.met": "true" if met else "false"}
        return cells | ({f"{id}.mark": plain(mark(chance, weight, places)) if left else ""} if partial else {})

    return Leaf(id, "yes-no", {"rule": {"kind": "yes-no", "partial": partial}}, fill)


def mark(chance: Random, weight: Decimal, places: int) -> Decimal:
    """A mark, in every other case with one more decimal than points have."""
    units = int(weight * 10**places)
    finer = chance.choice([0, 0, 5])
    return dec(min(chance.randrange(units + 1) * 10 + finer, units * 10), places + 1)


def levels(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    if chance.random() < 0.5:
        worth = {"优": 1000, "良": 855, "中": 600, "差": chance.choice([0, 333])}
        rule = {"kind": "levels", "levels": [{"name": n, "share": percent(s)} for n, s in worth.items()]}
        return Leaf(id, "levels", {"rule": rule}, lambda: {f"{id}.level": chance.choice([*worth])})
    tiers = [
        ("达成年度指标", 800, 1000),
        ("部分达成年度指标并具有一定效果", 600, 799),
        ("未达成年度指标且效果较差", 0, 599),
    ]

    def fill() -> Cells:
        name, low, high = chance.choice(tiers)
        return {f"{id}.level": name, f"{id}.share": percent(chance.randint(low, high))}

    return Leaf(id, "levels", {"rule": {"kind": "levels"}}, fill)


def milestones(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    half = dec(int(weight * 5), 1)
    rows = [("june", chance.choice(["40", "35"]), half), ("november", "80", weight - half)]
    parts = [{"id": at, "title": at, "target": f"{target}%", "points": points} for at, target, points in rows]
    rule = {"kind": "milestones", "partial": chance.random() < 0.7, "milestones": parts}
    return Leaf(
        id,
        "milestones",
        {"rule": rule},
        lambda: {f"{id}.at.{at}(%)": amount(chance, target, places) for at, target, _ in rows},
    )


def panel(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    combine = chance.choice(["mean", "trimmed", "median"])
    raters = chance.randint(3, 5)
    rule = {"kind": "panel", "raters": raters, "combine": combine}
    return Leaf(
        id,
        "panel",
        {"rule": rule},
        lambda: {f"{id}.mark.{n}": plain(mark(chance, weight, places)) for n in range(1, raters + 1)},
    )


def judged(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    return Leaf(id, "judged", {"rule": {"kind": "judged"}}, lambda: {f"{id}.mark": plain(mark(chance, weight, places))})


FORMULAS = [
    "weight * min(1, {a} / {b})",
    "if {b} = 0 then weight / 3 else weight * max(0, 1 - abs({a} - {b}) / {b})",
    "max(0, weight - ceil({a} / 7) * 0.35)",
    "round(weight * min(1, {a} / 100), 3)",
    "weight * floor(10 * min(1, {a} / {b})) / 10",
    "if {a} >= {b} and not {b} < 50 or {a} = 0 then weight else weight / 8",
]


def formula(chance: Random, weight: Decimal, places: int, id: str) -> Leaf:
    number = id.partition("-")[2]
    a, b = chance.choice([f"a{number}", "actual"]), f"b{number}"
    text = chance.choice(FORMULAS).format(a=a, b=b)
    facts = {name: "" for name in (a, b) if name in text and name != "actual"}
    target = chance.choice(TARGETS[1:])

    def fill() -> Cells:
        cells = {f"{id}.actual" if a == "actual" else a: amount(chance, target, places)}
        return cells | ({b: "0" if chance.random() < 0.05 else target} if b in facts else {})

    return Leaf(id, "formula", {"rule": {"kind": "formula", "formula": text}}, fill, facts)


KINDS = [ratio, ratio, bands, ladder, steps, deduct, checklist, yes_no, levels, milestones, panel, judged, formula]


# --- a set --------------------------------------------------------------------------------------------------------------


def geometric(seed: int) -> bool:
    """Whether the set has a geometric mean: no columns for it, every row goes through the engine."""
    return seed % 20 == 0


class Made:
    """A random set with the pools of its indicators."""

    def __init__(self, seed: int, pool: int):
        self.chance = Random(seed)
        self.places = self.chance.choice([2, 2, 2, 0, 1, 3])
        rounding = {
            "at": self.chance.choice(["leaf", "leaf", "total"]),
            "how": self.chance.choice(["half-up", "half-up", "cut"]),
            "places": self.places,
        }
        policy = self.chance.choice(["full", "parent", "whole", "shrink", None])
        self.leaves: list[Leaf] = []
        self.kinds = [KINDS[seed % len(KINDS)]]  # each its turn to be there, then as the dice say
        tops = [self._group(f"g{n}") for n in range(2)]
        if geometric(seed):
            tops[0] |= {"combine": "geometric"}
        maximum = sum((top["weight"] for top in tops), Decimal(0))
        for role in ("bonus", "penalty"):
            if self.chance.random() < 0.25:
                tops.append(self._leaf(self._weight()) | {"role": role})
        facts = {name: {"title": name, "unit": unit} for leaf in self.leaves for name, unit in leaf.facts.items()}
        parts = {"maximum": maximum, "grades": GRADES, "facts": facts, "indicators": tops}
        self.set = a_set(rounding=rounding, not_applicable=policy, **parts)
        assert list(self.set.faults()) == []
        spared = self.chance.sample(self.leaves, 3) if policy else []
        headers = ["id", *(header for leaf in self.leaves for header in self._headers(leaf, leaf in spared))]
        self.fields = Fields(self.set, headers, an_evaluation(), Path("t.parquet"))
        for leaf in self.leaves:
            self._fill(leaf, leaf in spared, pool)

    def _weight(self) -> Decimal:
        rough = [Decimal(n) for n in (1, 2, 3, 4, 5, 8, 10)]
        fine = [] if not self.places else [Decimal(n) / 2 for n in (5, 9, 15)]
        finer = [] if self.places < 2 else [Decimal("3.35"), Decimal("7.01")]
        return self.chance.choice([*rough, *rough, *fine, *finer])

    def _leaf(self, weight: Decimal) -> dict[str, Any]:
        make = self.kinds.pop() if self.kinds else self.chance.choice(KINDS)
        leaf = make(self.chance, weight, self.places, f"{make.__name__.replace('_', '')}-{len(self.leaves)}")
        leaf.indicator |= {"id": leaf.id, "title": leaf.id, "weight": weight, "problem": "有问题"}
        self.leaves.append(leaf)
        return leaf.indicator

    def _group(self, id: str, depth: int = 1) -> dict[str, Any]:
        combine = self.chance.choice(["sum", "sum", "sum", "mean", "weakest", "best", "product"])
        same = self._weight() if combine in ("weakest", "best", "product") else None
        children = [self._leaf(same or self._weight()) for _ in range(self.chance.randint(2, 3))]
        if depth and not same and self.chance.random() < 0.5:
            children.append(self._group(f"{id}-1", depth - 1))
        weight = same or sum((child["weight"] for child in children), Decimal(0))
        return {"id": id, "title": id, "weight": weight, "combine": combine, "children": children}

    def _headers(self, leaf: Leaf, spared: bool) -> Iterator[str]:
        yield from leaf.fill()
        if leaf.repeated:
            yield f"{leaf.id}.mark"
        if "over" in leaf.indicator["rule"] or (leaf.judged and self.chance.random() < 0.3):
            yield f"{leaf.id}.reason"
        if spared:
            yield f"{leaf.id}.not_applicable"

    def _fill(self, leaf: Leaf, spared: bool, pool: int) -> None:
        chance, pools = self.chance, leaf.pools
        reason = {f"{leaf.id}.reason": "试验"} if f"{leaf.id}.reason" in self.fields.by_header else {}
        for _ in range(pool):
            cells = leaf.fill() | reason
            pools.setdefault(self._class(leaf, cells), []).append(cells)
        sound = [cells for name in SOUND for cells in pools.get(name, [])]
        pools["blank"] = [{}]
        if leaf.repeated:
            shown = next(iter(leaf.fill()))
            pools["repeated"] = [{shown: leaf.repeated}, {shown: leaf.repeated, f"{leaf.id}.mark": "0.5"}]
        for name, texts in (("huge", HUGE), ("wrong", WRONG)):
            changed = [(cells, chance.choice([*cells])) for cells in chance.choices(sound, k=40)]
            pools[name] = [
                cells | {h: chance.choice(texts)} for cells, h in changed if name == "wrong" or figure(cells[h])
            ]
            if not pools[name]:
                del pools[name]
        if spared:
            own = {h: t for h, t in sound[0].items() if not h.startswith(f"{leaf.id}.")}  # facts may stay
            pools["gone"] = [own | {f"{leaf.id}.not_applicable": "无此项"}]

    def _class(self, leaf: Leaf, cells: Cells) -> str:
        """What the exact points of these cells are: a tie, whole units, other points, or none."""
        evaluation, wrong = self.fields.evaluation({"id": "甲", **{h: t for h, t in cells.items() if t}})
        assert evaluation is not None, wrong
        figures, _ = read_facts(self.set, evaluation)
        bound = self.fields.leaves[leaf.id]
        answer = evaluation.records.get(leaf.id) or Answer()
        given = {**answers_of(bound, answer), "weight": Fraction(bound.weight), "reduced": Fraction(0)}
        points = evaluate(bound.tree, {**values_of(figures), **given})
        if not isinstance(points, Fraction):
            return "open"
        return {1: "whole", 2: "tie"}.get((points * 10**self.places).denominator, "other")

    def rows(self, count: int, tally: Tally) -> dict[str, list[str]]:
        """So many rows by header, drawn from the pools."""
        dice = np.random.default_rng(self.chance.randrange(2**32))
        planted = np.where(dice.random(count) < 0.15, dice.integers(0, len(self.leaves), count), -1)
        table = {"id": [f"甲{n}" for n in range(count)]}
        alone = np.ones(count, bool)  # planted rows in which all went as planned
        for at, leaf in enumerate(self.leaves):
            names = [*leaf.pools]
            odds = np.array([CLASSES.get(name, 0.03) for name in names])
            drawn = dice.choice(len(names), count, p=odds / odds.sum())
            for name, mine in (("tie", planted == at), ("whole", (planted >= 0) & (planted != at))):
                if name in leaf.pools:
                    drawn[mine] = names.index(name)
                else:
                    alone &= ~mine
            contents = [cells for name in names for cells in leaf.pools[name]]
            sizes = np.array([len(leaf.pools[name]) for name in names])
            starts = np.cumsum(sizes) - sizes
            chosen = starts[drawn] + dice.integers(0, sizes[drawn])
            for header in dict.fromkeys(header for cells in contents for header in cells):
                texts = np.array([cells.get(header, "") for cells in contents], object)
                table[header] = texts[chosen].tolist()
            tally.kinds[leaf.kind] += count
            for number, name in enumerate(names):
                tally.cells[leaf.kind, name] += int((drawn == number).sum())
        if self.set.rounding.at == "total":
            tally.rows["one tie among whole units, rounded at the total"] += int((alone & (planted >= 0)).sum())
        return {header: table.get(header, [""] * count) for header in self.fields.by_header}


def typed(chance: Random, texts: list[str]) -> Any:
    """The cells as a column of any of the types a file may hold them in."""
    given = [text or None for text in texts]
    some = {text for text in given if text}
    if some and some <= {"true", "false"} and chance.random() < 0.7:
        return pa.array([None if text is None else text == "true" for text in given])
    if some and all(map(figure, some)):
        longest = max(len(text.partition(".")[2]) for text in some)
        kind = chance.choice(["decimal", "decimal", "integer", "float", "text"])
        if kind == "decimal" and longest <= 6 and max(len(text.partition(".")[0]) for text in some) <= 12:
            return pa.array([text and Decimal(text) for text in given], pa.decimal128(18, longest))
        if kind == "integer" and not longest and max(map(int, some)) < 2**63:
            return pa.array([text and int(text) for text in given], pa.int64())
        if kind == "float" and longest <= 3 and max(len(text) for text in some) <= 12:
            return pa.array([text and float(text) for text in given], pa.float64())
    column = pa.array(given, pa.string())
    return column.dictionary_encode() if chance.random() < 0.5 else column


# --- comparing ----------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was compared, and what differed."""

    rows: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    policies: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("rows", "kinds", "cells", "states", "policies"):
            getattr(self, name).update(getattr(other, name))
        self.differences += other.differences


def compare(seed: int, count: int, pool: int = POOL) -> Tally:
    """One random set and so many rows of it."""
    tally = Tally()
    made = Made(seed, pool)
    table, unit = made.rows(count, tally), 10**made.places
    batch = pa.RecordBatch.from_arrays([typed(made.chance, texts) for texts in table.values()], list(table))
    scored = Scorer(made.fields).score(Chunk(batch, np.arange(count)))
    columns = zip(*(c.tolist() for c in (scored.total, scored.maximum, scored.grade, scored.open)), strict=True)
    found = dict(zip(np.flatnonzero(scored.good).tolist(), columns, strict=True))
    refused = {line.row for line in scored.lines}
    for row, texts in enumerate(zip(*table.values(), strict=True)):
        cells = {header: text for header, text in zip(table, texts, strict=True) if text}
        evaluation, _ = made.fields.evaluation(cells)
        result = evaluation and assess(made.set, evaluation, words=False)[0]
        wanted = None
        if result:
            grade = -1 if result.grade is None else made.set.grades.index(result.grade)
            wanted = (result.total * unit, result.maximum * unit, grade, len(result.open))
            tally.states.update(leaf.state for leaf in result.leaves())
        if found.get(row) != wanted or (row in refused) != (wanted is None):
            tally.differences.append(f"seed {seed} row {row}: {found.get(row)}, by the engine {wanted}; {cells}")
    tally.rows += {"compared": count, "told by columns": count - len(scored.results), "refused by both": len(refused)}
    rounding = made.set.rounding
    tally.policies[f"{rounding.how} at {rounding.at} to {rounding.places}"] += count
    tally.policies[f"not applicable: {made.set.not_applicable}"] += count
    for _, indicator in made.set.walk():
        if indicator.children:
            tally.policies[f"combine {indicator.combine}"] += count
        elif indicator.role != "normal":
            tally.policies[indicator.role] += count
    return tally


def _numbers_only() -> None:
    """The engine without ledger and bounds, which take most of its time and are no part of what is compared."""
    vars(engine).update(lay_out=lambda *_: ([], []), findings_of=lambda _: ())
    engine._Walk._still_possible = lambda *_: (Fraction(0), Fraction(0))  # type: ignore[method-assign]


def run(rows: int, seed: int = 2019) -> Tally:
    whole = Tally()
    seeds = range(seed, seed + max(1, rows // ROWS))
    shares = [1 if geometric(each) else 10 for each in seeds]  # a root is slow, and needed twice
    sizes = [rows * share // sum(shares) for share in shares]
    sizes[-1] += rows - sum(sizes)
    with ProcessPoolExecutor(os.cpu_count(), initializer=_numbers_only) as pool:
        for done, tally in enumerate(pool.map(compare, seeds, sizes), start=1):
            whole.add(tally)
            print(f"\r{done} of {len(seeds)} sets", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return whole


def main() -> None:
    tally = run(*map(int, sys.argv[1:3]))
    for what in (tally.rows, tally.policies, tally.states):
        print("; ".join(f"{name} {count:,}" for name, count in sorted(what.items())))
    names = ["tie", "whole", "other", "open", "blank", "repeated", "gone", "huge", "wrong"]
    print(f"{'indicators':12}{'in all':>12}" + "".join(f"{name:>11}" for name in names))
    for kind, count in sorted(tally.kinds.items()):
        print(f"{kind:12}{count:12,}" + "".join(f"{tally.cells[kind, name]:11,}" for name in names))
    print(f"{len(tally.differences)} differences")
    for line in tally.differences[:20]:
        print("  ", line)
    sys.exit(bool(tally.differences))


if __name__ == "__main__":
    main()
