"""The score tree's lost points, each with its reason, its problem and its remedy; rows add up to what was lost, exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from scoring.binding import Bound
from scoring.errors import Fault, Text
from scoring.evaluation import Evaluation, Record
from scoring.indicators import PLACEHOLDER
from scoring.result import OPEN, Finding, Node, Row
from scoring.rules import Loss
from scoring.values import apportioned, plain


def lay_out(
    nodes: tuple[Node, ...], bound: dict[str, Bound], evaluation: Evaluation
) -> tuple[tuple[Row, ...], tuple[Finding, ...], list[Fault]]:
    """Ledger and findings. A fault for every loss that states neither a problem nor a waiver."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for node in nodes:
        for leaf in node.leaves():
            for row in _rows(leaf, bound[leaf.id], evaluation):
                rows.append(row)
                if not (row.problem or row.waiver or row.state in OPEN):
                    faults.append(_unexplained(row))
    return tuple(rows), findings(tuple(rows)), faults


def _rows(leaf: Node, bound: Bound, evaluation: Evaluation) -> list[Row]:
    if not leaf.lost:
        return []
    assert bound.rule is not None
    parts: list[Loss] = []
    if bound.record is not None and leaf.state == "scored":
        parts = [loss for loss in bound.rule.losses(bound.record, Fraction(bound.weight)) if loss.points]
    if not parts:
        parts = [Loss(Fraction(leaf.lost), leaf.brief)]
    places = max(0, -int(leaf.points.as_tuple().exponent), -int(leaf.weight.as_tuple().exponent))
    split = apportioned(leaf.lost, [loss.points for loss in parts], places)
    return [_row(leaf, bound, evaluation, loss, points) for loss, points in zip(parts, split, strict=True) if points]


def _row(leaf: Node, bound: Bound, evaluation: Evaluation, loss: Loss, points: Decimal) -> Row:
    record = bound.record or Record()
    problem, recommendation = record.problem, record.recommendation
    if record.same_problem_as is not None:
        other = evaluation.records[record.same_problem_as]
        problem, recommendation = other.problem, other.recommendation
    if loss.deduction is not None and record.deductions and record.deductions[loss.deduction].problem:
        deduction = record.deductions[loss.deduction]
        problem, recommendation = deduction.problem, deduction.recommendation or recommendation
    if problem is None and record.waiver is None:
        problem, recommendation = bound.wording.problem, recommendation or bound.wording.recommendation

    def fill(text: str | None) -> str:
        values = {
            "title": leaf.title.zh,
            "target": leaf.target.zh,
            "actual": leaf.actual.zh or "未填",
            "lost": plain(points),
            "weight": plain(leaf.weight),
            "points": plain(leaf.points),
        }
        return PLACEHOLDER.sub(lambda found: values[found[1]], text or "")

    return Row(
        leaf.id,
        leaf.title,
        leaf.path,
        leaf.rule,
        points,
        loss.what,
        leaf.state,
        leaf.evidence,
        fill(problem),
        fill(recommendation) if problem else "",
        record.waiver or "",
        record.owner or "",
        record.due,
    )


def _unexplained(row: Row) -> Fault:
    return Fault(
        Text(
            f"“{row.title.zh}”失{plain(row.points)}分，没有写问题，也没有写免列理由",
            f"'{row.indicator}' loses {plain(row.points)} points with neither a problem nor a waiver",
        ),
        Text(
            "在它的记录里写 problem:（存在的问题），或 waiver:（不列为问题的理由）",
            "write `problem:` in its record, or `waiver:` with the reason why it is none",
        ),
        inside=("records", row.indicator),
    )


def findings(ledger: tuple[Row, ...]) -> tuple[Finding, ...]:
    """Rows with the same problem, together; the costliest problem first, equals in the order of the indicators."""
    groups: dict[str, list[Row]] = {}
    for row in ledger:
        if row.problem and not row.waiver:
            groups.setdefault(row.problem, []).append(row)
    found = []
    for problem, rows in groups.items():
        advice = list(dict.fromkeys(row.recommendation for row in rows if row.recommendation))
        found.append(Finding(problem, "".join(advice), sum((row.points for row in rows), Decimal(0)), tuple(rows)))
    return tuple(sorted(found, key=lambda finding: -finding.points))
