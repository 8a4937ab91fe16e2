"""Several goals of one project, each with a share: in every open group its indicators weigh that share of the group."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from scoring.errors import Fault, Text, suggest
from scoring.evaluation import Evaluation, OwnIndicator
from scoring.indicators import Indicator
from scoring.values import shown, shown_percent


def goal_faults(evaluation: Evaluation, group: Indicator, own: tuple[OwnIndicator, ...]) -> Iterator[Fault]:
    """Indicators of an open group against the goals they serve. A group that names no goal serves them all together.

    Formula: Σ weights of the goal's indicators in the group = share × weight of the group.
    """
    shares = {goal.id: goal.share for goal in evaluation.goals if goal.id}
    place = ("indicators", group.id)
    for index, each in enumerate(own):
        if each.serves is not None and each.serves not in shares:
            message = Text(f"没有目标“{each.serves}”", f"there is no goal '{each.serves}'")
            none = Text("先在 goals 里给目标写 id", "give the goals an id under goals: first")
            yield Fault(message, suggest(each.serves, [*shares]) if shares else none, inside=(*place, index, "serves"))
    if not any(each.serves for each in own) or not any(shares.values()):
        return
    for index, each in enumerate(own):
        if each.serves is None:
            message = Text(f"“{each.title}”没有写属于哪个目标", f"'{each.id}' does not say which goal it serves")
            yield Fault(
                message, Text("加一行 serves: 目标编号", "add serves: and the id of the goal"), inside=(*place, index)
            )
    due = {id: share * Fraction(group.weight) for id, share in shares.items() if share is not None}
    have = {id: sum((Fraction(each.weight) for each in own if each.serves == id), Fraction(0)) for id in due}
    if have != due:
        told = [", ".join(f"{id} {shown(points)}" for id, points in side.items()) for side in (due, have)]
        yield Fault(
            Text(
                f"按目标的比例，“{group.title}”里各目标的指标应合计 {told[0]} 分，现在是 {told[1]} 分",
                f"by the shares of the goals, their indicators in '{group.id}' should weigh {told[0]}, not {told[1]}",
            ),
            inside=place,
        )


def share_faults(evaluation: Evaluation) -> Iterator[Fault]:
    """Goals with shares: each has an id of its own and a share, and the shares add up to 100%."""
    ids = [goal.id for goal in evaluation.goals if goal.id]
    for index, goal in enumerate(evaluation.goals):
        if goal.id and ids.count(goal.id) > 1 and goal.id in [each.id for each in evaluation.goals[:index]]:
            yield Fault(
                Text(f"目标编号 {goal.id} 用了两次", f"two goals have the id {goal.id}"), inside=("goals", index, "id")
            )
    shares = [goal.share for goal in evaluation.goals]
    if not any(share is not None for share in shares):
        return
    for index, goal in enumerate(evaluation.goals):
        if goal.id is None or goal.share is None:
            message = Text(
                "目标分了比例，每个目标都要写 id 和 share", "where goals have shares each needs an id and a share"
            )
            yield Fault(message, inside=("goals", index))
    total = sum((share or Fraction(0) for share in shares), Fraction(0))
    if None not in shares and total != 1:
        message = Text(
            f"各目标的比例合计 {shown_percent(total)}，应为 100%", f"shares of goals add up to {shown_percent(total)}"
        )
        yield Fault(message, inside=("goals",))
