"""Why a leaf got its points, in both languages: what was computed, what a person said, and what moved its weight."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from scoring.binding import Bound
from scoring.errors import Lang, Text
from scoring.expression.exact import Facts
from scoring.expression.words import account, sentence
from scoring.rules import Answer
from scoring.values import plain

REPEATED = Text("完成值只重复目标值，未经证明，由评价人评判", "the actual only repeats the target; judged by a person")


@dataclass(frozen=True, slots=True)
class Told:
    """A reason in full (得8分（满分10分）：…) and brief, for a table that prints weight and points beside it."""

    full: Text
    brief: Text


def tell(
    bound: Bound, facts: Facts, answer: Answer, weight: Decimal, points: Decimal, own_points: Decimal, by_hand: bool
) -> Told:
    """The reason of a leaf that has points. own_points: before its weight moved; by_hand: marked though computed."""
    zh = _tell(bound, facts, answer, weight, points, own_points, by_hand, "zh")
    en = _tell(bound, facts, answer, weight, points, own_points, by_hand, "en")
    return Told(Text(zh[0], en[0]), Text(zh[1], en[1]))


def _tell(
    bound: Bound,
    facts: Facts,
    answer: Answer,
    weight: Decimal,
    points: Decimal,
    own_points: Decimal,
    by_hand: bool,
    lang: Lang,
) -> tuple[str, str]:
    zh = lang == "zh"
    if by_hand:
        full = (
            f"得{plain(own_points)}分（满分{plain(bound.weight)}分）"
            if zh
            else f"{plain(own_points)} points of {plain(bound.weight)}"
        )
        brief = ""
    else:
        full = sentence(bound.tree, facts, bound.labels, bound.weight, own_points, lang)
        brief = account(bound.tree, facts, bound.labels, bound.weight, own_points, lang).brief(lang)
    said = [answer.reason] if answer.reason else []
    if answer.level:
        full = f"评为“{answer.level}”，{full}" if zh else f"level “{answer.level}”, {full}"
        said.insert(0, f"评为“{answer.level}”" if zh else f"level “{answer.level}”")
    if answer.reason:
        full = f"{full}：{answer.reason}" if zh else f"{full}: {answer.reason}"
    after = [REPEATED.to(lang)] if bound.unproven else []
    if weight != bound.weight:
        after.append(
            f"分值因不适用指标由{plain(bound.weight)}调为{plain(weight)}，折得{plain(points)}分"
            if zh
            else f"the weight moved from {plain(bound.weight)} to {plain(weight)}: {plain(points)} points"
        )
    joint = "；" if zh else "; "
    note = (f"（{joint.join(after)}）" if zh else f" ({joint.join(after)})") if after else ""
    return full + note, joint.join(part for part in [brief, *said] if part) + note
