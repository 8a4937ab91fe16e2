"""What a change moved: the points of indicators, and the total before and after."""

from typing import TYPE_CHECKING

from scoring.cli.common import lang, out, say

if TYPE_CHECKING:
    from scoring.exchange.record import Sheet
    from scoring.result import Result


def tell(before: "Sheet", now: "Sheet", id: str = "") -> None:
    """The new points of the indicator, and of any other whose points moved; the total before and after."""
    from scoring.result import STATES

    tongue = lang()
    earlier = {leaf.id: leaf for leaf in before.result.leaves()}
    for leaf in now.result.leaves():
        was = earlier[leaf.id]
        if leaf.id != id and (leaf.points, leaf.state) == (was.points, was.state):
            continue
        state = STATES[leaf.state].to(tongue)
        moved = f"{was.points} → {leaf.points}" if was.points != leaf.points else f"{leaf.points}"
        if leaf.low != leaf.high:
            state += say(f"，可能得 {leaf.low}–{leaf.high}", f", {leaf.low}–{leaf.high} possible")
        out(f"{leaf.title.to(tongue)} ({leaf.id}): {moved} / {leaf.weight} ({state})")
        out(f"  {leaf.reason.to(tongue)}")
    was_total, total = _total(before.result), _total(now.result)
    moved = total if was_total == total else f"{was_total} → {total}"
    out(say(f"总分：{moved}", f"total: {moved}"))
    if now.result.open:
        count, low, high = len(now.result.open), now.result.low, now.result.high
        out(
            say(
                f"还有 {count} 个指标待填，得分在 {low} 到 {high} 之间", f"{count} still open: between {low} and {high}"
            )
        )


def _total(result: "Result") -> str:
    grade = f" {result.grade.text.to(lang())}" if result.grade else ""
    return f"{result.total} / {result.maximum}{grade}"
