"""Result → Document: the outline's headings, the evaluation's words, and the blocks the score tree gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from scoring.errors import Fault, Text, listed, suggest
from scoring.evaluation import Evaluation
from scoring.exchange.evidence import Seal
from scoring.facts import Figure, Figures
from scoring.indicators import ORIGIN, STATUS
from scoring.report import tables, template
from scoring.report.document import Block, Document, Heading, PageBreak, Paragraph
from scoring.report.outline import Outline, Part, Section
from scoring.result import Node, Result
from scoring.values import plain

_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """1 → 一, 10 → 十, 23 → 二十三."""
    tens, ones = divmod(number, 10)
    return f"{'' if tens == 0 else '十' if tens == 1 else f'{_DIGITS[tens]}十'}{_DIGITS[ones] if ones else ''}"


def numbered(level: int, number: int, heading: str) -> str:
    """A heading with its number after GB/T 9704: 一、 （一） 1. （1）"""
    return (f"{chinese(number)}、", f"（{chinese(number)}）", f"{number}.", f"（{number}）")[
        min(level, 4) - 1
    ] + heading


def compose(result: Result, outline: Outline, label: str, seals: Mapping[str, Seal]) -> Document:
    """The report of one evaluation; seals: of its evidence's files, by path.

    Fault: what its templates get wrong, inside the evaluation's narrative or goals.
    """
    values = template.context(result)
    goals = tuple(
        goal.model_copy(
            update={key: _rendered(getattr(goal, key), values, ("goals", i, key)) for key in ("expected", "actual")}
        )
        for i, goal in enumerate(result.evaluation.goals)
    )
    result = replace(result, evaluation=result.evaluation.model_copy(update={"goals": goals}))
    writer = _Writer(result, values, seals)
    title = tuple(template.render(line, values) for line in outline.title)
    blocks: list[Block] = [block for part in outline.before for block in writer.part(part)]
    for number, section in enumerate(outline.sections, start=1):
        blocks += writer.section(section, 1, number)
    if after := [block for part in outline.after for block in writer.part(part)]:
        blocks += [PageBreak(), *after]  # the annexed tables begin a page of their own
    return Document(label, title, tuple(blocks))


def faults_of_words(evaluation: Evaluation, figures: Figures, outline: Outline) -> Iterator[Fault]:
    """What is wrong with the words of an evaluation; Fault.inside is the path from the top of its file."""
    texts: list[tuple[tuple[str | int, ...], str]] = [(("narrative", k), t) for k, t in evaluation.narrative.items()]
    for index, goal in enumerate(evaluation.goals):
        texts += [(("goals", index, "expected"), goal.expected), (("goals", index, "actual"), goal.actual)]
    nothing = Figure(Text("", ""), False)  # a fact at fault is there all the same
    named = {**dict.fromkeys(evaluation.facts, nothing), **figures}
    for path, text in texts:
        for fault in template.faults(text, named):
            yield fault.within(*path)
    taken = sorted({part.narrative for part in _parts(outline) if part.narrative})
    for key in evaluation.narrative:
        if key not in taken:
            known = listed(taken)
            yield Fault(
                Text(f"报告提纲 {outline.id} 没有“{key}”这一段", f"outline {outline.id} has no place for '{key}'"),
                Text(f"可写：{known.zh}", f"it takes: {known.en}"),
                inside=("narrative", key),
                at_key=True,
            )


def faults_of_defaults(evaluation: Evaluation, figures: Figures, outline: Outline) -> Iterator[Fault]:
    """Facts the outline's own words need and the evaluation does not give."""
    for part in _parts(outline):
        if part.text and part.narrative not in evaluation.narrative:
            for fault in template.faults(part.text, figures, narrative=False):
                where = f"报告提纲 {outline.id} 的“{part.narrative or part.text[:12]}”"
                message = Text(f"{where}：{fault.message.zh}", f"outline {outline.id}: {fault.message.en}")
                hint = Text(
                    f"在 facts: 里登记，或在 narrative: 里自己写 {part.narrative}",
                    f"declare it under facts:, or write {part.narrative} under narrative:",
                )
                yield Fault(message, hint, inside=("facts",), at_key=True)


def faults_of_outline(result: Result, outline: Outline) -> Iterator[Fault]:
    """What an outline gets wrong for this set; Fault.inside is the path from the top of the outline."""
    for index, line in enumerate(outline.title):
        for fault in template.faults(line, result.figures, narrative=False):
            yield fault.within("title", index)
    ids = [node.id for node in result.walk()]
    for path, part in _placed(outline):
        if part.of is not None and part.of not in ids:
            yield Fault(
                Text(f"体系里没有指标“{part.of}”", f"the set has no indicator '{part.of}'"),
                suggest(part.of, ids),
                inside=(*path, "of"),
            )


def _placed(outline: Outline) -> Iterator[tuple[tuple[str | int, ...], Part]]:
    def below(
        sections: tuple[Section, ...], path: tuple[str | int, ...]
    ) -> Iterator[tuple[tuple[str | int, ...], Part]]:
        for index, section in enumerate(sections):
            here = (*path, index)
            yield from (((*here, "content", i), part) for i, part in enumerate(section.content))
            yield from below(section.sections, (*here, "sections"))

    yield from ((("before", i), part) for i, part in enumerate(outline.before))
    yield from below(outline.sections, ("sections",))
    yield from ((("after", i), part) for i, part in enumerate(outline.after))


def _parts(outline: Outline) -> Iterator[Part]:
    return (part for _, part in _placed(outline))


def _rendered(text: str, values: Mapping[str, object], path: tuple[str | int, ...]) -> str:
    try:
        return template.render(text, values)
    except Fault as fault:
        raise Fault(fault.message, fault.hint, inside=path) from None


class _Writer:
    def __init__(self, result: Result, values: Mapping[str, object], seals: Mapping[str, Seal]):
        self.result, self.values, self.seals = result, values, seals
        self.nodes = {node.id: node for node in result.walk()}

    def section(self, section: Section, level: int, number: int) -> list[Block]:
        """Heading and content; a section with nothing to say says so rather than stand empty."""
        blocks: list[Block] = [Heading(level, numbered(level, number, section.heading))]
        for part in section.content:
            blocks += self.part(part)
        for index, child in enumerate(section.sections, start=1):
            blocks += self.section(child, level + 1, index)
        for index, node in enumerate(self.result.nodes if section.each_indicator else (), start=1):
            blocks.append(Heading(level + 1, numbered(level + 1, index, f"{node.title.zh}情况")))
            blocks += [Paragraph(text) for text in self.analysis(node.id)]
        if len(blocks) == 1:
            blocks.append(Paragraph("（本项没有提供内容。）"))
        return blocks

    def part(self, part: Part) -> list[Block]:
        if part.block is None:
            own = self.result.evaluation.narrative.get(part.narrative or "")
            text = own or part.text
            path = ("narrative", part.narrative or "") if own else ()
            return [Paragraph(_rendered(text, self.values, path))] if text else []
        match part.block:
            case "notice":
                return [Paragraph(text, "note") for text in self.notices()]
            case "conclusion":
                return [Paragraph(self.conclusion())]
            case "analysis":
                return [Paragraph(text) for text in self.analysis(part.of or "")]
            case "findings":
                return [Paragraph(text) for text in self.findings()]
            case "recommendations":
                return [Paragraph(text) for text in self.recommendations()]
            case "score_table":
                return [tables.score_table(self.result)]
            case "goal_table":
                wanted = self.result.evaluation.goals or any(leaf.form for leaf in self.result.leaves())
                return [tables.goal_table(self.result)] if wanted else []
            case "ledger":
                return [tables.ledger_table(self.result)] if self.result.ledger else []
            case "evidence":
                return [tables.evidence_table(self.result, self.seals)] if self.seals else []
            case "basis":
                return [Paragraph(text, "note") for text in self.basis()]

    def notices(self) -> Iterator[str]:
        """What a reader must see first: what is reconstructed, unconfirmed or used outside its years."""
        evaluation, indicator_set = self.result.evaluation, self.result.indicator_set
        if evaluation.notice:
            yield f"说明：{evaluation.notice}"
        if indicator_set.note:
            yield f"指标体系说明：{indicator_set.note}"
        if evaluation.outside_years:
            years = indicator_set.effective
            span = f"{years.first}–{years.last}" if years.last else f"{years.first}年度起"
            yield f"适用年度说明：本体系适用于{span}年度。{evaluation.outside_years}。"

    def conclusion(self) -> str:
        result = self.result
        grade = f"，评价等级为“{result.grade.title}”" if result.grade else ""
        parts = "、".join(
            f"{node.title.zh}{plain(node.points)}分（满分{plain(node.weight)}分）" for node in result.nodes
        )
        lost = (
            f"共失{plain(result.maximum - result.total)}分，失分原因见失分明细表。" if result.ledger else "没有失分。"
        )
        return f"总体得分{plain(result.total)}分（满分{plain(result.maximum)}分）{grade}。其中{parts}。{lost}"

    def analysis(self, id: str) -> Iterator[str]:
        """What one indicator or group earned, and where and why it lost."""
        node = self.nodes.get(id)
        if node is None:
            raise Fault(
                Text(f"报告提纲要分析的指标“{id}”不在体系里", f"the outline analyses '{id}', which the set lacks")
            )
        if not node.children:
            yield f"本项满分{plain(node.weight)}分，得{plain(node.points)}分。{self._why(node)}"
            return
        yield (
            f"本部分满分{plain(node.weight)}分，得{plain(node.points)}分。"
            + ("" if node.lost else "各项指标均未失分。")
            + "".join(self._of(leaf) for leaf in node.leaves() if leaf.lost)
        )

    def _of(self, leaf: Node) -> str:
        return f"“{leaf.title.zh}”{plain(leaf.weight)}分得{plain(leaf.points)}分：{self._reasons(leaf)}"

    def _why(self, leaf: Node) -> str:
        return f"失分原因：{self._reasons(leaf)}" if leaf.lost else ""

    def _reasons(self, leaf: Node) -> str:
        reasons = [row.reason.zh.rstrip("。；") for row in self.result.ledger if row.indicator == leaf.id]
        return "；".join(reasons) + "。"

    def findings(self) -> Iterator[str]:
        if not self.result.findings:
            yield "本次评价没有发现问题。"
        for number, finding in enumerate(self.result.findings, start=1):
            cited = "、".join(f"“{row.title.zh}”失{plain(row.points)}分" for row in finding.rows)
            yield f"{number}.{finding.problem.rstrip('。')}（{cited}）。"

    def recommendations(self) -> Iterator[str]:
        """One recommendation a finding, under the same number; a finding without one is said to have none."""
        if not self.result.findings:
            yield "继续保持，没有需要整改的事项。"
        for number, finding in enumerate(self.result.findings, start=1):
            advice = finding.recommendation.rstrip("。") or "尚未提出建议"
            yield f"{number}.针对问题{number}：{advice}。"

    def basis(self) -> Iterator[str]:
        indicator_set = self.result.indicator_set
        yield (
            f"注：1.评分依据{indicator_set.title}（{indicator_set.reference}，{STATUS[indicator_set.status].zh}），"
            f"分值{ORIGIN[indicator_set.weights].zh}，评分规则{ORIGIN[indicator_set.rules].zh}；{indicator_set.grades_source}。"
        )
        how = {"half-up": "四舍五入", "cut": "舍去"}[indicator_set.rounding.how]
        yield f"2.各指标得分按规则精确计算后{how}保留{indicator_set.rounding.places}位小数，总分为各指标得分之和。"
        cited = "；".join(f"{c.show()}{f'（{c.note}）' if c.note else ''}" for c in indicator_set.citations)
        yield f"3.依据文件：{cited}。"
