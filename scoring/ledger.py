"""The score tree's lost points, each with its reason, its problem and its remedy; rows add up to what was lost, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from scoring.aggregate import Leaves, blame, units
from scoring.binding import Bound
from scoring.errors import Fault, Text
from scoring.evaluation import Evaluation, Record
from scoring.indicators import PLACEHOLDER
from scoring.result import OPEN, Finding, Node, Row
from scoring.rules import Loss
from scoring.values import apportioned, plain

UNPROVEN = ("“{{ title }}”的完成值只重复目标值，没有材料证明", "收集能证明“{{ title }}”实际完成情况的材料，如实填列")


def lay_out(
    nodes: tuple[Node, ...], bound: list[Bound], leaves: Leaves, evaluation: Evaluation
) -> tuple[list[Row], list[Fault]]:
    """The rows of every loss, and a fault for each that states neither a problem nor a waiver.

    A group that is no plain sum loses as a whole; its loss falls on the leaves that caused it. A bonus loses nothing.
    """
    found = {node.id: node for top in nodes for node in _walk(top)}
    rows: list[Row] = []
    for top in bound:
        for unit in units([top]) if top.role != "bonus" else ():
            node = found[unit.id]
            falls = {id: part for id, part in blame(unit, leaves).items() if part}
            places = max(0, -int(node.points.as_tuple().exponent), -int(node.weight.as_tuple().exponent))
            split = apportioned(node.lost, list(falls.values()), places)
            below = {leaf.id: leaf for leaf in unit.leaves()}
            for id, lost in zip(falls, split, strict=True):
                rows += _rows(found[id], below[id], evaluation, lost, places)
    faults = [
        _unexplained(row, row.indicator in evaluation.records)
        for row in rows
        if not (row.problem or row.waiver or row.state in OPEN)
    ]
    return rows, faults


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _rows(leaf: Node, bound: Bound, evaluation: Evaluation, lost: Decimal, places: int) -> list[Row]:
    assert bound.rule is not None
    parts: list[Loss] = []
    if bound.record is not None and leaf.state == "scored" and not bound.record.reduce:
        parts = [loss for loss in bound.rule.losses(bound.record, Fraction(bound.weight)) if loss.points]
    if not parts:
        parts = [Loss(Fraction(1), leaf.brief)]
    split = apportioned(lost, [loss.points for loss in parts], places)
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
    if problem is None and record.waiver is None and leaf.state == "not-demonstrated":
        problem, recommendation = UNPROVEN
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


def _unexplained(row: Row, recorded: bool) -> Fault:
    message = Text(
        f"“{row.title.zh}”失{plain(row.points)}分，没有写问题，也没有写免列理由",
        f"'{row.indicator}' loses {plain(row.points)} points with neither a problem nor a waiver",
    )
    if recorded:
        hint = Text(
            "在它的记录里写 problem:（存在的问题），或 waiver:（不列为问题的理由）",
            "write `problem:` in its record, or `waiver:` with the reason why it is none",
        )
    else:
        hint = Text(
            f"在 records: 下写 {row.indicator}: 和它的 problem:（存在的问题），或 waiver:（不列为问题的理由）",
            f"write `{row.indicator}:` under `records:` with `problem:`, or `waiver:` with the reason why it is none",
        )
    return Fault(message, hint, inside=("records", row.indicator), at_key=not recorded)


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
