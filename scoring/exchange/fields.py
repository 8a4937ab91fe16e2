"""What a rule asks a person to fill in, as cells: which kind of value, where in the evaluation it stands, and how it is shown.

A field's value is text all the way (`10.34`, `是`, `2019-12-31`), so that what was exported, what stands in the file now
and what a person typed can be compared as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from scoring.binding import Bound
from scoring.errors import Fault
from scoring.evaluation import Evaluation
from scoring.rules import Checklist, Deduct, Judged, Levels, Milestones, OwnFormula, Panel, Ratio, YesNo
from scoring.rules.deduct import Cause
from scoring.rules.measured import OfOneValue
from scoring.values import DATE, PERCENT, Quantity, plain, read_quantity, shown_percent

Kind = Literal["number", "points", "count", "share", "date", "truth", "choice", "text", "evidence"]
Steps = tuple[str | int, ...]
YES, NO, EXAMINED = "是", "否", "已核查"
NUMERIC: tuple[Kind, ...] = ("number", "points", "count", "share", "date")


@dataclass(frozen=True, slots=True)
class Field:
    """One value a person fills in. path: its place in the evaluation; under deductions the row's cause stands before the key.

    unit: of a number, as it is written in the file. words: text a number cell may hold (a target only repeated).
    """

    path: Steps
    kind: Kind
    unit: str = ""
    choices: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    words: tuple[str, ...] = ()

    @property
    def percent(self) -> bool:
        """Whether the cell is a percent cell, which holds 0.95 and takes 95 or 95% for it. The field's text stays 95."""
        return self.unit == PERCENT and self.kind in ("number", "share")

    def in_cell(self, value: Decimal) -> Decimal:
        """What the cell holds for a number in the unit."""
        return value.scaleb(-2) if self.percent else value


@dataclass(frozen=True, slots=True)
class Part:
    """One row of an indicator: what it is called, and its fields by column. id: what it is within the indicator."""

    id: str
    title: str
    fields: dict[str, Field]


def exact(value: Fraction) -> Decimal | None:
    """The decimal that is the fraction; None when no 12 places hold it."""
    scaled = value * 10**12
    return Decimal(scaled.numerator).scaleb(-12) if scaled.denominator == 1 else None


def text_of(value: Fraction) -> str:
    number = exact(value)
    return str(value) if number is None else plain(number)


def is_decimal(text: str) -> bool:
    """Whether a field's text is a number, and not words."""
    return re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII) is not None


def unit_of_actual(bound: Bound) -> str:
    """The unit the rule reads an actual in."""
    rule = bound.rule
    if isinstance(rule, Ratio):
        goal = rule.goal()
        return rule.unit or (goal.quantity.unit if goal and goal.quantity else "")
    return rule.unit if isinstance(rule, OfOneValue | OwnFormula) else ""


def measures(bound: Bound) -> bool:
    """Whether the rule computes with a recorded actual."""
    return isinstance(bound.rule, Ratio | OfOneValue | OwnFormula) and "actual" in bound.rule.needs()


def quantity(written: object) -> Quantity | None:
    try:
        return None if written is None or isinstance(written, bool) else read_quantity(written)
    except Fault:
        return None


def measured_field(path: Steps, unit: str, written: object, words: tuple[str, ...] = (), signed: bool = True) -> Field:
    """A number in the unit it is recorded in, or in the unit asked for."""
    found = quantity(written)
    unit = found.unit if found and found.unit else unit
    return Field(path, "date" if unit == DATE else "number", unit, low=None if signed else Decimal(0), words=words)


def parts_of(bound: Bound, evaluation: Evaluation) -> list[Part]:
    """The rows of one indicator; the first is its own."""
    assert bound.rule is not None
    record, rule = bound.record, bound.rule
    place = ("records", bound.id)
    main: dict[str, Field] = {}
    if measures(bound):
        words = tuple(dict.fromkeys(w for w in _words(bound, record and record.actual) if 0 < len(w) <= 255))
        signed = not isinstance(rule, Ratio)
        main["actual"] = measured_field(
            (*place, "actual"), unit_of_actual(bound), record and record.actual, words, signed
        )
    elif bound.goal is not None and (not isinstance(rule, Ratio) or not rule.actual):
        main["actual"] = Field((*place, "actual"), "text")
    if bound.unproven and not rule.by_judgement:
        main["judge"] = Field((*place, "mark"), "points", low=Decimal(0), high=bound.weight)
    parts = [Part(id, title, {column: field}) for id, title, column, field in _parts(bound)]
    match rule:
        case Judged():
            low, high = rule.at_least or Decimal(0), bound.weight if rule.at_most is None else rule.at_most
            main["judge"] = Field((*place, "mark"), "points", low=low, high=high)
        case YesNo():
            main["judge"] = Field((*place, "met"), "truth", choices=(YES, NO))
        case Levels():
            main["judge"] = Field((*place, "level"), "choice", choices=tuple(level.name for level in rule.levels))
        case Deduct():
            main["judge"] = Field((*place, "deductions", "examined"), "choice", choices=(EXAMINED,))
            parts = [part for cause in rule.causes for part in _deductions(bound, cause)]
    if bound.reducible is not None:
        field = Field((*place, "reduce"), "points", low=Decimal(0), high=bound.reducible)
        parts.append(Part("reduce", f"人工调减（最多{plain(bound.reducible)}分，写理由）", {"judge": field}))
    for column in ("reason", "evidence", "problem", "recommendation", "note"):
        main[column] = Field((*place, column), "evidence" if column == "evidence" else "text")
    return [Part("", "", main), *parts]


def _words(bound: Bound, actual: object) -> Iterator[str]:
    """Texts that only repeat the target: as recorded, as printed, as shown. Formulas take no text above 255 characters."""
    if bound.goal is not None:
        if bound.unproven and isinstance(actual, str):
            yield actual
        if bound.goal.quantity is None or not bound.goal.assumed:
            yield from (bound.goal.printed, bound.goal.show())


def _parts(bound: Bound) -> Iterator[tuple[str, str, str, Field]]:
    """Parts with one field each: id, title, column, field."""
    rule, record, place = bound.rule, bound.record, ("records", bound.id)
    match rule:
        case Checklist():
            for item in rule.items:
                worth = plain(item.points) if item.points is not None else f"{plain(bound.weight)}÷{len(rule.items)}"
                must = "，必要项" if item.necessary or rule.all_or_nothing else ""
                field = Field((*place, "checks", item.id), "truth", choices=(YES, NO))
                yield f"check.{item.id}", f"{item.title}（{worth}分{must}）", "judge", field
        case YesNo() if rule.partial:
            field = Field((*place, "mark"), "points", low=Decimal(0), high=bound.weight)
            yield "mark", "不符合时酌情得分（写理由）", "judge", field
        case Levels() if any(level.share is None for level in rule.levels):
            spans = "、".join(f"{level.name} {level.span()}" for level in rule.levels)
            field = Field((*place, "share"), "share", PERCENT, low=Decimal(0), high=Decimal(100))
            yield "share", f"档内得分比例（%）：{spans}", "judge", field
        case Milestones():
            for milestone in rule.milestones:
                written = (record.actuals or {}).get(milestone.id) if record else None
                field = measured_field((*place, "actuals", milestone.id), rule.unit, written, signed=False)
                yield (
                    f"at.{milestone.id}",
                    f"{milestone.title}：目标 {milestone.target}（{plain(milestone.points)}分）",
                    "actual",
                    field,
                )
        case Panel():
            for n in range(rule.raters):
                field = Field((*place, "marks", n), "points", low=Decimal(0), high=bound.weight)
                yield f"mark.{n + 1}", f"专家{n + 1}评分", "judge", field


def _deductions(bound: Bound, cause: Cause) -> Iterator[Part]:
    """A row for every deduction recorded under a cause, and one to add another."""
    given = (bound.record and bound.record.deductions) or ()
    mine = [index for index, deduction in enumerate(given) if deduction.cause == cause.id]
    spare = len(given) + [c.id for c in bound.rule.causes].index(cause.id)  # type: ignore[union-attr]
    for index in (*mine, spare):
        place = ("records", bound.id, "deductions", index, cause.id)
        if cause.each is not None:
            most = f"，最多扣{plain(cause.most)}分" if cause.most is not None else ""
            title = f"扣分：{cause.title}（每次扣{plain(cause.each)}分{most}；填次数）"
            amount = Field((*place, "count"), "count", low=Decimal(1), high=Decimal(10_000))
        else:
            low, high = cause.at_least or Decimal(0), cause.at_most or Decimal(0)
            title = f"扣分：{cause.title}（{plain(low)}–{plain(high)}分；填扣几分）"
            amount = Field((*place, "points"), "points", low=low, high=high)
        texts = {key: Field((*place, key), "text") for key in ("reason", "problem", "recommendation")}
        yield Part(f"deduct.{cause.id}.{index}", title, {"judge": amount, **texts})


def current(field: Field, evaluation: Evaluation) -> str:
    """The field's value as the evaluation has it now; empty when nothing is recorded."""
    path = field.path
    if "deductions" in path[2:3]:
        return _deducted(field, evaluation)
    value: object = evaluation
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, tuple):
            value = value[step] if isinstance(step, int) and step < len(value) else None
        else:
            value = getattr(value, str(step), None)
        if value is None:
            return ""
    return shown(field, value)


def _deducted(field: Field, evaluation: Evaluation) -> str:
    record = evaluation.records.get(str(field.path[1]))
    if record is None or record.deductions is None:
        return ""
    if field.path[3] == "examined":
        return EXAMINED
    _, _, _, index, cause, key = field.path
    if not isinstance(index, int) or index >= len(record.deductions) or record.deductions[index].cause != cause:
        return ""
    value = getattr(record.deductions[index], str(key))
    return "1" if value is None and key == "count" else "" if value is None else shown(field, value)


def shown(field: Field, value: object) -> str:
    if field.kind in ("number", "date"):
        found = quantity(value)
        if found is None or value in field.words:  # ＝15 reads as a number, but only repeats its target
            return str(value)
        if found.unit and found.unit != field.unit:
            try:
                found = found.to(field.unit)
            except Fault:
                return str(value)
        return date.fromordinal(int(found.value)).isoformat() if field.kind == "date" else text_of(found.value)
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Fraction):  # a share
        return shown_percent(value).removesuffix("%") if exact(value) is None else text_of(value * 100)
    if isinstance(value, tuple):
        return "\n".join(f"{paper.title}｜{paper.place}" if paper.place else paper.title for paper in value)
    return plain(value) if isinstance(value, Decimal) else str(value)
