"""Why a leaf got its points, in both languages: what was computed, what a person said, and what moved its weight."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from scoring.binding import Bound
from scoring.errors import Lang, Text
from scoring.expression.exact import Facts
from scoring.expression.words import account, formula, sentence
from scoring.rules import Answer
from scoring.values import plain

REPEATED = Text("完成值只重复目标值，未经证明，由评价人评判", "the actual only repeats the target; judged by a person")


@dataclass(frozen=True, slots=True)
class Earned:
    """A leaf that has points, and what its reason is told from. own_points: before its weight moved; by_hand: marked
    though its rule computes."""

    bound: Bound
    facts: Facts
    answer: Answer
    weight: Decimal
    points: Decimal
    own_points: Decimal
    by_hand: bool

    def full(self, lang: Lang) -> str:
        """得8分（满分10分）：…"""
        own, most = plain(self.own_points), plain(self.bound.weight)
        told = f"得{own}分（满分{most}分）" if lang == "zh" else f"{own} points of {most}"
        if not self.by_hand:
            told = sentence(self.bound.tree, self.facts, self.bound.labels, self.bound.weight, self.own_points, lang)
        level, reason = self.answer.level, self.answer.reason
        if level:
            told = f"评为“{level}”，{told}" if lang == "zh" else f"level “{level}”, {told}"
        if reason:
            told = f"{told}：{reason}" if lang == "zh" else f"{told}: {reason}"
        return told + self._note(lang)

    def brief(self, lang: Lang) -> str:
        """For a table that prints weight and points beside it."""
        brief = ""
        if not self.by_hand:
            bound = self.bound
            brief = account(bound.tree, self.facts, bound.labels, bound.weight, self.own_points, lang).brief(lang)
        level = self.answer.level
        rated = level and (f"评为“{level}”" if lang == "zh" else f"level “{level}”")
        joint = "；" if lang == "zh" else "; "
        told = joint.join(part for part in (brief, rated, self.answer.reason) if part)
        return (told or formula(self.bound.tree, self.bound.labels, lang)) + self._note(lang)

    def _note(self, lang: Lang) -> str:
        zh, weight, after = lang == "zh", self.bound.weight, []
        if self.bound.unproven:
            after.append(REPEATED.to(lang))
        if self.weight != weight:
            before, now, points = plain(weight), plain(self.weight), plain(self.points)
            after.append(
                f"分值因不适用指标由{before}调为{now}，折得{points}分"
                if zh
                else f"the weight moved from {before} to {now}: {points} points"
            )
        if not after:
            return ""
        return f"（{'；'.join(after)}）" if zh else f" ({'; '.join(after)})"
