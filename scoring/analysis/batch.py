"""A chunk of evaluations scored as columns: totals and grades as scoring.engine.assess gives them, row by row.

Leaves are read by their own expressions; what groups, weights that moved and rounding do is written as expressions over the
leaves and read the same way. Rows with the same indicators not applicable share the weights the engine gives them. What
columns cannot do — a cell that is no plain value, a number beyond int64, a geometric mean, a veto, a reduction, an earlier
review, anything that might be a fault — goes through the engine itself, a row at a time. A loss that states no problem is
no fault here: that is owed by a report, not by a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from scoring.aggregate import Measured, effective_weights, units
from scoring.analysis.cells import Answers, Asked, controlled, given, is_text, numbers, text, truths
from scoring.analysis.fields import JUDGED, NO_REASON, Field, Fields, put_answer, reason_in
from scoring.analysis.table import Chunk, Line, Wrong
from scoring.binding import Bound
from scoring.engine import assess
from scoring.errors import Fault, Text
from scoring.evaluation import Evaluation
from scoring.expression.bounds import Range, bounds
from scoring.expression.columns import BEYOND, STATES, Numbers, Read, Truths, columns, spread, state_of
from scoring.expression.tree import Arithmetic, Call, Compare, Name, Node, Number, names, number
from scoring.indicators import Grade
from scoring.result import Result
from scoring.rules import Answer
from scoring.rules.base import Rule
from scoring.values import read_quantity, repeats

JOINT = (("level", "share"), ("met", "mark"))  # cells of one record that only mean something together


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the rows have in common whose not-applicable indicators are the same: the total as an expression, its limit,
    what penalties may take, and what each unit weighs."""

    tree: Node
    maximum: int
    penalty: int
    weights: dict[str, Decimal]


@dataclass(slots=True)
class Scored:
    """What a chunk came to. good: the rows that were scored; the columns after it are theirs. total and maximum count
    units of the last place the set rounds to; grade is the place in the set's grades, −1 while something is open.
    results: by row, what the engine gave, where it was asked. patterns: what the other rows weigh, each with its rows."""

    good: Any
    total: Any
    maximum: Any
    grade: Any
    open: Any
    lines: list[Line]
    results: dict[int, Result | None]
    patterns: list[tuple[Any, Pattern]]


class Scorer:
    """Scores chunks of one table. explain: so that every indicator can be explained, which columns cannot do where the
    points of one are settled by those of others (rounding at the total)."""

    def __init__(self, fields: Fields, explain: bool = False):
        self.fields, self.set, self.explain = fields, fields.set, explain
        self.unit = 10**self.set.rounding.places
        self.tops = [node for node in fields.bound if node.role == "normal"]
        self.leaves = list(fields.leaves.values())
        self.by_columns = all(node.combine != "geometric" for top in fields.bound for node in top.walk())
        self.by_columns &= not explain or self.set.rounding.at == "leaf"
        self.readers = {leaf.id: list(self._readers(leaf)) for leaf in self.leaves}
        self.proven = {leaf.id for leaf in self.leaves if _within(leaf)}
        self.patterns: dict[tuple[bool, ...], Pattern | None] = {}

    def score(self, chunk: Chunk) -> Scored:
        rows = chunk.batch.num_rows
        total, maximum = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        grade, open_ = np.full(rows, -1, np.int8), np.zeros(rows, np.int16)
        hard, patterns = np.ones(rows, bool), list[tuple[Any, Pattern]]()
        if self.by_columns and rows:
            hard, patterns = self._columns(chunk.batch, total, maximum, grade, open_)
        good, lines, results = np.ones(rows, bool), [*chunk.unread], dict[int, Result | None]()
        for row in np.flatnonzero(hard).tolist():
            result, wrong, id = self.exact(chunk.batch, row)
            results[row] = result if self.explain else None
            if result is None:
                good[row] = False
                lines += chunk.lines(row, id, wrong) if wrong else []
                continue
            total[row], maximum[row] = int(result.total * self.unit), int(result.maximum * self.unit)
            grade[row] = -1 if result.grade is None else self.set.grades.index(result.grade)
            open_[row] = len(result.open)
        lines.sort(key=lambda line: line.row)
        return Scored(good, total[good], maximum[good], grade[good], open_[good], lines, results, patterns)

    def exact(self, batch: Any, row: int) -> tuple[Result | None, list[Wrong], str]:
        """One row as the engine scores it, or what is wrong with it (nothing, where all of it is blank); and its id."""
        cells = {header: text(batch.column(header).slice(row, 1))[0].as_py() for header in self.fields.by_header}
        cells = {header: cell for header, cell in cells.items() if cell is not None}
        if not cells:
            return None, [], ""
        id = next((cells[h] for h, each in self.fields.by_header.items() if each.path == ("id",) and h in cells), "")
        evaluation, wrong = self.fields.evaluation(cells)
        if evaluation is None:
            return None, wrong, id
        result, faults = assess(self.set, evaluation, words=self.explain)
        if result is None:
            return None, [self._wrong(evaluation, fault) for fault in faults], id
        return result, [], id

    def _wrong(self, evaluation: Evaluation, fault: Fault) -> Wrong:
        header, hint = self.fields.header_of(_by_name(evaluation, fault.inside)), fault.hint
        if fault.inside[:1] == ("year",):
            hint = Text("换一个体系", "choose another set")
        elif fault.inside[:1] == ("records",) and hint is not None:
            if "`reason:`" in hint.en:
                hint = reason_in(str(fault.inside[1]))
            elif len(fault.inside) == 2:  # a leaf as a whole: the hint is for who writes its rule
                hint = Text("看看这一行的数", "look at the figures of this row")
        return Wrong(header, fault.message, hint)

    # --- cells ---

    def _readers(self, leaf: Bound) -> Iterator[_Cells]:
        """How the record's columns of a leaf are read."""
        mine = {each.path[2:]: each for each in self.fields.of_record.get(leaf.id, ())}
        for pair in JOINT:
            keys = [(key,) for key in pair if (key,) in mine]
            if keys and set(pair) <= set(leaf.rule.asks):  # type: ignore[union-attr]
                together = [mine.pop(key) for key in keys]
                if pair[0] == "met" and len(together) == 1 and together[0].path[2] == "met":
                    yield _Cells(leaf, together, "met", truth=True)
                elif pair[0] == "level":
                    yield _Cells(leaf, together, "share", self._asked(leaf, together, "share"))
                else:
                    yield _Cells(leaf, together, "met", mark=True)
        for path, each in mine.items():
            key, *item = path
            if key in ("reason", "not_applicable"):
                continue
            if key == "checks" or key == "met":
                yield _Cells(leaf, [each], f"check.{item[0]}" if item else "met", truth=True)
                continue
            name = {"marks": "mark", "actuals": "at"}.get(key, key) + (f".{item[0]}" if item else "")
            if key == "deductions":
                name = each.header.split("(")[0].split("（")[0].strip().partition(".")[2]
            if key == "reduce" or name not in names(leaf.tree) or (key == "actual" and self._by_words(leaf)):
                yield _Cells(leaf, [each], "")
                continue
            yield _Cells(leaf, [each], name, self._asked(leaf, [each], name), self._linear(leaf, each, name))

    def _by_words(self, leaf: Bound) -> bool:
        return leaf.goal is not None and leaf.goal.quantity is None

    def _asked(self, leaf: Bound, fields: list[Field], name: str) -> Asked:
        def ask(cells: tuple[str | None, ...]) -> Answers | None:
            return self._answers(
                leaf, {each: cell for each, cell in zip(fields, cells, strict=True) if cell is not None}
            )

        return Asked((name,), ask)

    def _answers(self, leaf: Bound, cells: dict[Field, str]) -> Answers | None:
        """What the rule makes of these cells of a record; None where it finds fault or they repeat the target."""
        record: dict[str, Any] = {"reason": NO_REASON}
        assert leaf.rule is not None
        try:
            for each, cell in cells.items():
                put_answer(record, each.path[2:], cell, each)
            for deduction in record.get("deductions", ()):
                deduction["reason"] = NO_REASON
            if "marks" in record:  # each mark is looked at as if all experts had given it
                record["marks"] = list(record["marks"].values()) * sum(
                    each.path[2] == "marks" for each in self.fields.of_record[leaf.id]
                )
            answer = Answer.model_validate(record)
            if isinstance(answer.actual, str) and leaf.goal and repeats(leaf.goal, answer.actual):
                return None
            return None if any(leaf.rule.faults(answer, Fraction(leaf.weight))) else leaf.rule.answers(answer)
        except (Fault, ValidationError):
            return None

    def _linear(self, leaf: Bound, each: Field, name: str) -> Fraction | None:
        """What a plain number in this column is multiplied by to be the rule's; None where it is not as simple as that."""
        if each.path[2] not in ("actual", "actuals"):
            return None
        found = [(self._answers(leaf, {each: shown}) or {}).get(name) for shown in ("0", "1", "7.25")]
        factor = found[1]
        if isinstance(factor, Fraction) and factor > 0 and found == [0, factor, factor * Fraction("7.25")]:
            return factor
        return None

    def _fact(self, each: Field, column: Any) -> Read:
        asked = self.set.facts[each.path[1]]
        if asked.kind == "truth":
            return truths(column)
        try:
            factor = read_quantity(f"1{each.unit}").to(asked.unit).number()
        except Fault:
            return Numbers(
                np.zeros(len(column), np.int64),
                state=np.where(given(column), BEYOND, STATES["missing"]).astype(np.uint8),
            )
        found = numbers(column)
        return replace(found, scale=found.scale * factor)

    def _years(self, year: Numbers) -> Any:
        """Rows with a year the set is for."""
        one, last = int(1 / year.scale), self.set.effective.last or 2100
        fits = (year.num >= self.set.effective.first * one) & (year.num <= last * one) & (year.num % one == 0)
        return fits if year.state is None else fits & (year.state == 0)

    # --- columns ---

    def _columns(
        self, batch: Any, total: Any, maximum: Any, grade: Any, open_: Any
    ) -> tuple[Any, list[tuple[Any, Pattern]]]:
        """Fills in what columns can tell, says which rows they cannot, and what the others weigh."""
        fields, rows = self.fields, batch.num_rows
        hard = ~given(batch.column(fields.headed("id").header))  # type: ignore[union-attr]
        facts: dict[str, Read] = {}
        for header, each in fields.by_header.items():
            column = batch.column(header)
            match each.path:
                case ("facts", name):
                    facts[name] = self._fact(each, column)
                    if (state := state_of(facts[name])) is not None:
                        hard |= state == BEYOND
                case ("vetoes", _) | ("earlier_review",):
                    hard |= given(column)
                case ("year",):
                    hard |= ~self._years(numbers(column))
                case (_,) if is_text(column.type):
                    hard |= controlled(column)
                case _:
                    pass
        points: dict[str, Any] = {}
        absent = np.zeros((len(self.leaves), rows), bool)
        for at, leaf in enumerate(self.leaves):
            points[leaf.id] = self._leaf(leaf, facts, batch, hard, open_, absent[at])
        groups = [((False,) * len(self.leaves), np.arange(rows))]
        if absent.any():
            _, starts, which = np.unique(np.packbits(absent, axis=0), axis=1, return_index=True, return_inverse=True)
            alike = [np.flatnonzero(which.ravel() == group) for group in range(len(starts))]
            groups = [(tuple(absent[:, some[0]].tolist()), some) for some in alike]
        patterns = []
        for gone, some in groups:
            pattern = self._pattern_of(gone)
            if pattern is None:
                hard[some] = True
            else:
                patterns.append((some, pattern))
                self._totals(pattern, points, some if len(groups) > 1 else slice(None), hard, total, maximum)
        with np.errstate(all="ignore"):
            for place, step in reversed(list(enumerate(self.set.grades))):
                least = Fraction(step.at_least) / 100
                grade[total * least.denominator >= maximum * least.numerator] = place
        grade[open_ > 0] = -1
        return hard, patterns

    def _leaf(self, leaf: Bound, facts: dict[str, Read], batch: Any, hard: Any, open_: Any, absent: Any) -> Numbers:
        """The exact points of a leaf on every row, 0 where there are none yet."""
        rule, rows = leaf.rule, batch.num_rows
        assert rule is not None
        known: dict[str, Read] = {**facts, "weight": Fraction(leaf.weight), "reduced": Fraction(0)}
        known |= rule.answers(Answer())
        reason = self.fields.headed("records", leaf.id, "reason")
        absence = self.fields.headed("records", leaf.id, "not_applicable")
        judged = any(each.path[2] in JUDGED for each in self.fields.of_record.get(leaf.id, ()))
        owing = (
            judged if reason is not None else type(rule).due is not Rule.due and getattr(rule, "over", None) is not None
        )
        filled = np.zeros(rows, bool)
        lists: dict[str, list[Any]] = {}
        for reader in self.readers[leaf.id]:
            for each in reader.fields if owing or absence or not reader.name else ():
                filled |= given(batch.column(each.header))
            for each in reader.fields:
                if len(each.path) == 4 and each.path[2] in ("deductions", "marks"):
                    lists.setdefault(each.path[2], []).append(each)
            if reader.name:
                value = reader.read(batch, hard)
                if (state := state_of(value)) is not None:
                    hard |= state == BEYOND
                known[reader.name] = value
            else:
                hard |= np.any([given(batch.column(each.header)) for each in reader.fields], axis=0)
        for fields in lists.values():  # a list counts whole or not at all
            if len(fields) > 1:
                parts = [given(batch.column(each.header)) for each in fields]
                hard |= np.any(parts, axis=0) & ~np.all(parts, axis=0)
        if owing:
            hard |= filled if reason is None else filled & ~given(batch.column(reason.header))
        if absence is not None:
            absent |= given(batch.column(absence.header))
            hard |= absent & (filled | (self.set.not_applicable is None))
        value = spread(columns(leaf.tree, known), rows)
        if value.state is not None:
            hard |= value.state == BEYOND
            open_ += ((value.state == STATES["missing"]) | (value.state == STATES["undefined"])) & ~absent
            value = replace(value, num=np.where(value.state != 0, 0, value.num), state=None)
        if leaf.id not in self.proven:
            hard |= (_exceeds(value, Fraction(leaf.weight)) | (value.num < 0)) & ~absent
        return value

    def _totals(self, pattern: Pattern, points: dict[str, Any], rows: Any, hard: Any, total: Any, maximum: Any) -> None:
        some = {id: _rows(value, rows) for id, value in points.items()} if not isinstance(rows, slice) else points
        sums = columns(pattern.tree, some)
        if isinstance(sums, Fraction):
            units_ = np.full(len(total[rows]), int(sums * self.unit), np.int64)
        else:
            assert isinstance(sums, Numbers)
            units_ = sums.num * int(sums.scale * self.unit)
            if sums.state is not None:
                hard[rows] |= sums.state == BEYOND
        total[rows] = np.clip(units_ - pattern.penalty, 0, pattern.maximum)
        maximum[rows] = pattern.maximum

    def _pattern_of(self, absent: tuple[bool, ...]) -> Pattern | None:
        if absent not in self.patterns:
            self.patterns[absent] = self._pattern(absent)
        return self.patterns[absent]

    def _pattern(self, absent: tuple[bool, ...]) -> Pattern | None:
        """The total as an expression over the leaves, where these do not apply; None where nothing does."""
        zero = Fraction(0)
        leaves: dict[str, Measured] = {}
        full: set[str] = set()
        for leaf, gone in zip(self.leaves, absent, strict=True):
            if gone and (leaf.role == "penalty" or (leaf.role == "normal" and self.set.not_applicable == "full")):
                full.add(leaf.id)
            leaves[leaf.id] = Measured(zero, zero, zero, applies=not gone or leaf.id in full)
        weights = effective_weights(self.fields.bound, leaves, self.set)
        if not weights:
            return None
        parts = []
        for unit in units(self.fields.bound):
            share = _share(unit, leaves, full)
            if share is not None:
                exact = Arithmetic("*", share, Number(Fraction(weights[unit.id])))
                parts.append(self._rounded(exact) if self.set.rounding.at == "leaf" else exact)
        tree = _sum(parts) if parts else number(0)
        if self.set.rounding.at == "total":
            tree = self._rounded(tree)
        own = {unit.id for top in self.tops for unit in units([top])}
        most = sum((weight for id, weight in weights.items() if id in own), Decimal(0))
        lost = sum((top.weight for top in self.fields.bound if top.role == "penalty"), Decimal(0))
        return Pattern(tree, int(most * self.unit), int(lost * self.unit), weights)

    def _rounded(self, node: Node) -> Node:
        if self.set.rounding.how == "half-up":
            return Call("round", (node, number(self.set.rounding.places)))
        unit = number(self.unit)
        return Arithmetic("/", Call("floor", (Arithmetic("*", node, unit),)), unit)  # points are never below 0

    def grade(self, place: int) -> Grade | None:
        return self.set.grades[place] if place >= 0 else None


@dataclass(frozen=True, slots=True)
class _Cells:
    """One or two columns of a record and the name they fill; "" where a filled cell sends the row to the engine."""

    leaf: Bound
    fields: list[Field]
    name: str
    asked: Asked | None = None
    factor: Fraction | None = None
    truth: bool = False
    mark: bool = False

    def read(self, batch: Any, hard: Any) -> Read:
        values = [batch.column(each.header) for each in self.fields]
        if self.mark:  # a mark beside met is rare and has rules of its own
            for each, column in zip(self.fields, values, strict=True):
                if each.path[2] == "mark":
                    hard |= given(column)
            met = next((c for each, c in zip(self.fields, values, strict=True) if each.path[2] == "met"), None)
            return truths(met) if met is not None else truths(pa.nulls(batch.num_rows, pa.bool_()))
        if self.truth:
            return truths(values[0])
        if self.factor is not None:
            found = numbers(values[0])
            if found.state is None or not (found.state == BEYOND).any() or not is_text(values[0].type):
                return replace(found, scale=found.scale * self.factor)
        assert self.asked is not None
        return self.asked.read(values)[self.name]


def _by_name(evaluation: Evaluation, inside: Sequence[str | int]) -> tuple[str | int, ...]:
    """The path of a fault, a deduction by its cause and a mark by its number, as columns have them."""
    match tuple(inside):
        case ("records", str(id), "deductions", int(index), *rest):
            return ("records", id, "deductions", (evaluation.records[id].deductions or ())[index].cause, *rest)
        case ("records", id, "marks", int(index), *rest):
            return ("records", id, "marks", str(index + 1), *rest)
    return tuple(inside)


def _within(leaf: Bound) -> bool:
    """Whether the points lie within the weight whatever the cells hold; no number in them is below 0."""
    ranges = {name: Range(Fraction(0)) for name in names(leaf.tree)}
    found = bounds(leaf.tree, {"weight": Fraction(leaf.weight), "reduced": Fraction(0)}, ranges)
    return found is None or (
        found.low is not None and found.low >= 0 and found.high is not None and found.high <= leaf.weight
    )


def _exceeds(value: Numbers, weight: Fraction) -> Any:
    """Rows with more points than there are, or so many that nobody can say."""
    more = columns(Compare(">", Name("points"), Number(weight)), {"points": value})
    assert isinstance(more, Truths)
    return more.value if more.state is None else more.value | (more.state == BEYOND)


def _rows(value: Numbers, rows: Any) -> Numbers:
    return replace(value, num=value.num[rows], den=None if value.den is None else value.den[rows])


def _sum(nodes: list[Node]) -> Node:
    total = nodes[0]
    for node in nodes[1:]:
        total = Arithmetic("+", total, node)
    return total


def _share(bound: Bound, leaves: dict[str, Measured], full: set[str]) -> Node | None:
    """aggregate.share as an expression over the points of the leaves."""
    if bound.rule is not None:
        if not leaves[bound.id].applies:
            return None
        return number(1) if bound.id in full else Arithmetic("/", Name(bound.id), Number(Fraction(bound.weight)))
    parts = [(Fraction(c.weight), s) for c in bound.children if (s := _share(c, leaves, full)) is not None]
    if not parts:
        return None
    shares = [share for _, share in parts]
    match bound.combine:
        case "weakest" | "best":
            return Call("min" if bound.combine == "weakest" else "max", tuple(shares))
        case "product":
            node = shares[0]
            for share in shares[1:]:
                node = Arithmetic("*", node, share)
            return node
        case _:
            weighted = [Arithmetic("*", share, Number(weight)) for weight, share in parts]
            return Arithmetic("/", _sum(list(weighted)), Number(sum((w for w, _ in parts), Fraction(0))))
