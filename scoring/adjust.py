"""What happens to the total after the indicators are added up: bonus, penalty, discount, veto. Each leaves a ledger row.

In this order: bonus points are added and penalties taken, the total held between 0 and the maximum; a grade that dropped
against an earlier review takes the set's discount; a veto takes the whole total, or holds the grade under a ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scoring.errors import Text
from scoring.evaluation import Evaluation
from scoring.indicators import Grade, IndicatorSet
from scoring.result import OPEN, Node, Row
from scoring.values import plain, rounded, shown_percent

RULE = Text("总分调整", "adjustment of the total")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final total out of its maximum, the least and most it can still become, the grade (None while data are
    missing), and the rows of what was adjusted."""

    maximum: Decimal
    total: Decimal
    low: Decimal
    high: Decimal
    grade: Grade | None
    rows: tuple[Row, ...]


def adjusted(nodes: tuple[Node, ...], indicator_set: IndicatorSet, evaluation: Evaluation) -> Outcome:
    """The outcome of these first-level nodes. Rows hold points lost; a gain is negative."""
    rows: list[Row] = []
    maximum = sum((node.weight for node in nodes if node.role == "normal"), Decimal(0))
    total = sum((node.points for node in nodes if node.role == "normal"), Decimal(0))
    for node in nodes:
        if node.role == "penalty":
            total -= node.lost  # its rows are in the ledger already
        if node.role == "bonus" and node.points:
            total += node.points
            rows.append(_row(node.id, node.title, -node.points, Text("加分项得分", "bonus points")))
    held = min(max(total, Decimal(0)), maximum)
    if held != total:
        limit = (
            Text("总分不超过满分", "no more than the maximum")
            if held < total
            else Text("扣完为止", "no less than zero")
        )
        rows.append(_row("limit", limit, total - held, limit))
    total = rounded(Fraction(held), indicator_set.rounding.places, indicator_set.rounding.how)
    if any(leaf.state in OPEN for node in nodes for leaf in node.leaves()):
        return Outcome(maximum, total, *_limits(nodes, maximum), None, tuple(rows))
    grade = indicator_set.grade(total, maximum)
    if discount := _discount(grade, indicator_set, evaluation):
        after = rounded(Fraction(total) * discount[0], indicator_set.rounding.places, indicator_set.rounding.how)
        rows.append(_row("grade-drop", Text("等级下降折扣", "discount for a lower grade"), total - after, discount[1]))
        total = after
        grade = indicator_set.grade(total, maximum)
    for veto in indicator_set.vetoes:
        if veto.id in evaluation.vetoes:
            fact = evaluation.vetoes[veto.id]
            reason = Text(f"一票否决：{fact}", f"veto: {fact}")
            if veto.effect == "zero":
                rows.append(_row(veto.id, veto.text, total, reason, problem=f"{veto.title}：{fact}"))
                total -= total
                grade = indicator_set.grade(total, maximum)
            else:
                ceiling = next(g for g in indicator_set.grades if g.title == veto.grade)
                if grade is not None and grade.at_least > ceiling.at_least:
                    grade = ceiling
    low, high = _limits(nodes, maximum) if total == held else (total, total)
    return Outcome(maximum, total, low, high, grade, tuple(rows))


def _limits(nodes: tuple[Node, ...], maximum: Decimal) -> tuple[Decimal, Decimal]:
    """The least and most the total can still become: bonus and penalty counted, held between 0 and the maximum."""

    def total(which: str) -> Decimal:
        parts = (getattr(node, which) - (node.weight if node.role == "penalty" else Decimal(0)) for node in nodes)
        return min(max(sum(parts, Decimal(0)), Decimal(0)), maximum)

    return total("low"), total("high")


def _discount(grade: Grade | None, indicator_set: IndicatorSet, evaluation: Evaluation) -> tuple[Fraction, Text] | None:
    """The factor for a grade that dropped against the earlier review, and why."""
    earlier = evaluation.earlier_review
    if earlier is None or grade is None or not indicator_set.grade_drop:
        return None
    before = indicator_set.grade(earlier.total, Decimal(100))
    if before is None:
        return None
    drop = indicator_set.grades.index(grade) - indicator_set.grades.index(before)
    if drop <= 0:
        return None
    factor = indicator_set.grade_drop[min(drop, len(indicator_set.grade_drop)) - 1]
    return factor, Text(
        f"此前评价 {plain(earlier.total)} 分为“{before.title}”，本次为“{grade.title}”，降 {drop} 档，按 {shown_percent(factor)} 计",
        f"{plain(earlier.total)} earlier was {before.text.en}, now {grade.text.en}: {drop} lower, counted at {shown_percent(factor)}",
    )


def _row(id: str, title: Text, points: Decimal, reason: Text, problem: str = "") -> Row:
    waiver = "" if problem else reason.zh
    return Row(id, title, (title,), RULE, points, reason, "scored", problem=problem, waiver=waiver)
