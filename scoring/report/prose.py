"""The paragraphs a report says by itself, from the score tree, its ledger and its findings; in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from scoring.errors import Lang, Text
from scoring.indicators import ORIGIN, STATUS, Citation
from scoring.result import Node, Result
from scoring.values import plain, shown_percent

_NAMED, _LISTED = 3, 5  # of more than five indicators three are named and the rest only counted
_ENDS = "。；;."


class Prose:
    def __init__(self, result: Result, lang: Lang):
        self.result, self.lang = result, lang

    def say(self, zh: str, en: str) -> str:
        return Text(zh, en).to(self.lang)

    def title(self, node: Node) -> str:
        return f"“{node.title.to(self.lang)}”"

    def joined(self, parts: Iterable[str], zh: str = "、", en: str = ", ") -> str:
        return self.say(zh, en).join(parts)

    def sentence(self, text: str) -> str:
        return f"{text.rstrip(_ENDS)}{self.say('。', '. ')}"

    def notices(self) -> Iterator[str]:
        """What a reader must see first: what is reconstructed, unconfirmed or used outside its years."""
        evaluation, indicator_set = self.result.evaluation, self.result.indicator_set
        if evaluation.notice:
            yield self.say("说明：", "Note: ") + evaluation.notice
        if indicator_set.note:
            yield self.say("指标体系说明：", "On the indicator set: ") + indicator_set.note
        if evaluation.outside_years:
            years, why = indicator_set.effective, evaluation.outside_years
            span = f"{years.first}–{years.last}" if years.last else f"{years.first}年度起"
            english = f"{years.first}–{years.last}" if years.last else f"{years.first} and later"
            yield self.say(
                f"适用年度说明：本体系适用于{span}年度。{why}。",
                f"On the years: the set is for {english}. {why.rstrip('.')}.",
            )

    def conclusion(self) -> Iterator[str]:
        result = self.result
        grade = result.grade.text.to(self.lang) if result.grade else ""
        total, maximum, lost = plain(result.total), plain(result.maximum), plain(result.maximum - result.total)
        if self.lang == "zh":
            parts = "、".join(f"{n.title.zh}{plain(n.points)}分（满分{plain(n.weight)}分）" for n in result.nodes)
            yield (
                f"总体得分{total}分（满分{maximum}分）{f'，评价等级为“{grade}”' if grade else ''}。其中{parts}。"
                + (f"共失{lost}分，失分原因见失分明细表。" if result.ledger else "没有失分。")
            )
            return
        parts = ", ".join(f"{n.title.en} {plain(n.points)} of {plain(n.weight)}" for n in result.nodes)
        yield (
            f"The total is {total} of {maximum} points{f'; the grade is {grade}' if grade else ''}. Of these: {parts}. "
            + (f"{lost} points were lost; the table of lost points says why." if result.ledger else "None was lost.")
        )

    def analysis(self, node: Node) -> Iterator[str]:
        """What one indicator or group earned, what it did well, where and why it lost, and what was noted of it."""
        whole = not node.children
        text = self.say(
            f"本{'项' if whole else '部分'}满分{plain(node.weight)}分，得{plain(node.points)}分",
            f"{plain(node.points)} of {plain(node.weight)} points",
        )
        if not whole and node.lost and node.weight:
            rate = shown_percent(Fraction(node.points) / Fraction(node.weight))
            text += self.say(f"，得分率{rate.replace('≈', '约')}", f", {rate}")
        text = self.sentence(text)
        if whole:
            if node.lost:
                text += self.say("失分原因：", "Why: ") + self._reasons(node)
        elif not node.lost:
            text += self.say("各项指标均未失分。", "No indicator lost points. ")
        else:
            text += self._all_won(node.leaves())
            for leaf in node.leaves():
                if leaf.lost:
                    earned = self.say(
                        f"{plain(leaf.weight)}分得{plain(leaf.points)}分：",
                        f" earned {plain(leaf.points)} of {plain(leaf.weight)}: ",
                    )
                    text += f"{self.title(leaf)}{earned}{self._reasons(leaf)}"
        yield (text + self._notes(node.leaves(), named=not whole)).strip()

    def achievements(self) -> Iterator[str]:
        """What was won in full: first levels, then indicators of the others, with what was noted of them."""
        won = [node for node in self.result.nodes if _is_won(node)]
        if won:
            listed = self.joined(
                self.say(f"{self.title(node)}（{plain(node.weight)}分）", f"{self.title(node)} ({plain(node.weight)})")
                for node in won
            )
            text = self.say(f"{listed}得满分。", f"Full marks: {listed}. ")
            yield (text + self._notes(leaf for node in won for leaf in node.leaves())).strip()
        for node in self.result.nodes:
            if node not in won and (all_won := self._all_won(node.leaves())):
                notes = self._notes(leaf for leaf in node.leaves() if _is_won(leaf))
                text = self.say(f"{self.title(node)}中，", f"Within {self.title(node)}: ")
                yield (text + all_won + notes).strip()

    def _all_won(self, leaves: Iterable[Node]) -> str:
        won = [self.title(leaf) for leaf in leaves if _is_won(leaf)]
        if not won:
            return ""
        more = len(won) > _LISTED
        named = self.joined(won[:_NAMED] if more else won)
        return self.say(
            f"{named}{f'等{len(won)}项指标' if more else ''}得满分。",
            f"{named}{f' and {len(won) - _NAMED} more' if more else ''} won full marks. ",
        )

    def _notes(self, leaves: Iterable[Node], named: bool = True) -> str:
        noted = [leaf for leaf in leaves if leaf.note]
        return "".join(
            self.sentence(f"{self.title(leaf)}{self.say('：', ': ')}{leaf.note}" if named else leaf.note)
            for leaf in noted
        )

    def _reasons(self, leaf: Node) -> str:
        reasons = [row.reason.to(self.lang).rstrip(_ENDS) for row in self.result.ledger if row.indicator == leaf.id]
        return self.sentence(self.joined(reasons, "；", "; "))

    def findings(self) -> Iterator[str]:
        if not self.result.findings:
            yield self.say("本次评价没有发现问题。", "The evaluation found no problem.")
        for number, finding in enumerate(self.result.findings, start=1):
            problem = finding.problem.rstrip(_ENDS)
            if self.lang == "zh":
                cited = "、".join(f"“{row.title.zh}”失{plain(row.points)}分" for row in finding.rows)
                yield f"{number}.{problem}（{cited}）。"
            else:
                cited = ", ".join(f"{row.title.en} −{plain(row.points)}" for row in finding.rows)
                yield f"{number}. {problem} ({cited})."

    def recommendations(self) -> Iterator[str]:
        """One recommendation a finding, under the same number; a finding without one is said to have none."""
        if not self.result.findings:
            yield self.say("继续保持，没有需要整改的事项。", "Nothing needs to be put right.")
        for number, finding in enumerate(self.result.findings, start=1):
            advice = finding.recommendation.rstrip(_ENDS) or self.say("尚未提出建议", "none has been made yet")
            yield self.say(f"{number}.针对问题{number}：{advice}。", f"{number}. On finding {number}: {advice}.")

    def basis(self) -> Iterator[str]:
        used = self.result.indicator_set
        status, weights, rules = (
            text.to(self.lang) for text in (STATUS[used.status], ORIGIN[used.weights], ORIGIN[used.rules])
        )
        yield self.say(
            f"注：1.评分依据{used.title}（{used.reference}，{status}），"
            f"分值{weights}，评分规则{rules}；{used.grades_source}。",
            f"Notes: 1. Scored by {used.text.en} ({used.reference}, {status}); weights: {weights}; rules: {rules}. "
            f"Grades: {used.grades_source.rstrip('.')}.",
        )
        how = {"half-up": Text("四舍五入", "half up"), "cut": Text("舍去", "down")}[used.rounding.how].to(self.lang)
        places = used.rounding.places
        yield self.say(
            f"2.各指标得分按规则精确计算后{how}保留{places}位小数，总分为各指标得分之和。",
            f"2. Points are computed exactly and rounded {how} to {places} places; the total is their sum.",
        )
        cited = self.joined((self._cited(citation) for citation in used.citations), "；", "; ")
        yield self.say(f"3.依据文件：{cited}。", f"3. Sources: {cited}.")

    def _cited(self, citation: Citation) -> str:
        if self.lang == "zh":
            return f"{citation.show()}{f'（{citation.note}）' if citation.note else ''}"
        note = f" ({citation.note})" if citation.note else ""
        return ", ".join(filter(None, (citation.issuer, citation.title, citation.number, citation.article))) + note


def _is_won(node: Node) -> bool:
    """Whether it earned full marks; one that does not apply or weighs nothing earned none."""
    return bool(node.weight) and not node.lost and node.role == "normal" and node.state != "not-applicable"
