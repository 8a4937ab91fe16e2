"""Why a leaf got its points, in both languages: what was computed, what a person said, and what moved its weight."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from scoring.binding import Bound
from scoring.errors import Lang, Text
from scoring.expression.exact import Facts
from scoring.expression.words import account, formula
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

    def told(self, lang: Lang) -> tuple[str, str]:
        """The reason in full (得8分（满分10分）：…), and in brief for a table that prints weight and points beside it."""
        zh, joint = lang == "zh", "；" if lang == "zh" else "; "
        own, most = plain(self.own_points), plain(self.bound.weight)
        full, brief = f"得{own}分（满分{most}分）" if zh else f"{own} points of {most}", ""
        if not self.by_hand:
            bound = self.bound
            found = account(bound.tree, self.facts, bound.labels, bound.weight, self.own_points, lang)
            full, brief = found.sentence(bound.weight, self.own_points, lang), found.brief(lang)
        rated = f"评为“{self.answer.level}”" if zh else f"level “{self.answer.level}”"
        said = [brief]
        if self.answer.level:
            full = f"{rated}，{full}" if zh else f"{rated}, {full}"
            said.append(rated)
        if self.answer.reason:
            full = f"{full}：{self.answer.reason}" if zh else f"{full}: {self.answer.reason}"
            said.append(self.answer.reason)
        brief = joint.join(part for part in said if part) or formula(self.bound.tree, self.bound.labels, lang)
        return full + self._note(lang), brief + self._note(lang)

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
