"""Result → Document: the outline's headings, the evaluation's words, and the blocks the score tree gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

from scoring.errors import Fault, Lang, Text, listed, suggest
from scoring.evaluation import Evaluation
from scoring.exchange.evidence import Seal
from scoring.facts import Figure, Figures
from scoring.report import figures, forms, tables, template
from scoring.report.document import Block, Document, Heading, PageBreak, Paragraph
from scoring.report.outline import BlockName, Form, Outline, Part, Section
from scoring.report.prose import Prose
from scoring.result import Result

NOTHING = Text("（本项没有提供内容。）", "(Nothing was provided under this heading.)")
_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """1 → 一, 10 → 十, 23 → 二十三."""
    tens, ones = divmod(number, 10)
    return f"{'' if tens == 0 else '十' if tens == 1 else f'{_DIGITS[tens]}十'}{_DIGITS[ones] if ones else ''}"


def numbered(place: tuple[int, ...], heading: str, lang: Lang = "zh") -> str:
    """A heading with its number after GB/T 9704, 一、 （一） 1. （1）; an English one as 1. 1.1 1.1.1."""
    if lang == "en":
        return f"{'.'.join(map(str, place))}{'.' if len(place) == 1 else ''} {heading}"
    number = place[-1]
    return (f"{chinese(number)}、", f"（{chinese(number)}）", f"{number}.", f"（{number}）")[
        min(len(place), 4) - 1
    ] + heading


def compose(result: Result, outline: Outline, label: str, seals: Mapping[str, Seal]) -> Document:
    """The report of one evaluation; seals: of its evidence's files, by path.

    Fault: what its templates get wrong, inside the evaluation's narrative or goals.
    """
    lang = outline.lang
    values = template.context(result, lang)
    goals = tuple(
        goal.model_copy(
            update={key: _rendered(getattr(goal, key), values, ("goals", i, key)) for key in ("expected", "actual")}
        )
        for i, goal in enumerate(result.evaluation.goals)
    )
    result = replace(result, evaluation=result.evaluation.model_copy(update={"goals": goals}))
    writer = _Writer(result, values, seals, lang)
    title = tuple(template.render(line, values) for line in outline.title)
    blocks: list[Block] = [block for part in outline.before for block in writer.part(part)]
    blocks += writer.sections(outline.sections)
    if after := [block for part in outline.after for block in writer.part(part)]:
        blocks += [PageBreak(), *after]  # the annexed tables begin a page of their own
    return Document(label, title, tuple(blocks), lang)


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
    taken = sorted({part.narrative for _, part in outline.parts() if part.narrative})
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
    for _, part in outline.parts():
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
    for path, part in outline.parts():
        if part.of is not None and part.of not in ids:
            yield Fault(
                Text(f"体系里没有指标“{part.of}”", f"the set has no indicator '{part.of}'"),
                suggest(part.of, ids),
                inside=(*path, "of"),
            )
        if outline.lang == "en" and part.block in get_args(Form):
            yield Fault(
                Text("官方表格只有中文式样", "the official forms are Chinese only"),
                Text("删去这一项，或用中文提纲", "leave it out, or use a Chinese outline"),
                inside=(*path, "block"),
            )


def _rendered(text: str, values: Mapping[str, object], path: tuple[str | int, ...]) -> str:
    try:
        return template.render(text, values)
    except Fault as fault:
        raise Fault(fault.message, fault.hint, inside=path) from None


class _Writer:
    def __init__(self, result: Result, values: Mapping[str, object], seals: Mapping[str, Seal], lang: Lang):
        self.result, self.values, self.seals, self.lang = result, values, seals, lang
        self.prose = Prose(result, lang)
        self.nodes = {node.id: node for node in result.walk()}

    def sections(self, sections: tuple[Section, ...], above: tuple[int, ...] = ()) -> list[Block]:
        """Headings with what stands under them, numbered in a row: an optional one with nothing to say is left out,
        any other says that it has nothing."""
        blocks: list[Block] = []
        number = 1
        for section in sections:
            place = (*above, number)
            below = self.below(section, place)
            if below or not section.optional:
                empty = Paragraph(NOTHING.to(self.lang))
                blocks += [self.heading(place, section.heading), *(below or [empty])]
                number += 1
        return blocks

    def below(self, section: Section, place: tuple[int, ...]) -> list[Block]:
        blocks = [block for part in section.content for block in self.part(part)]
        blocks += self.sections(section.sections, place)
        for index, node in enumerate(self.result.nodes if section.each_indicator else (), start=1):
            title = f"{node.title.zh}情况" if self.lang == "zh" else node.title.en
            blocks.append(self.heading((*place, index), title))
            blocks += [Paragraph(text) for text in self.prose.analysis(node)]
        return blocks

    def heading(self, place: tuple[int, ...], title: str) -> Heading:
        return Heading(len(place), numbered(place, title, self.lang))

    def part(self, part: Part) -> list[Block]:
        """The evaluation's own words; where it has none, the outline's text, or the block made from the result."""
        own = self.result.evaluation.narrative.get(part.narrative or "")
        if own:
            return [Paragraph(_rendered(own, self.values, ("narrative", part.narrative or "")))]
        if part.text:
            return [Paragraph(_rendered(part.text, self.values, ()))]
        return list(self.block(part.block, part.of)) if part.block else []

    def block(self, block: BlockName, of: str | None) -> Iterator[Block]:
        result, prose = self.result, self.prose
        match block:
            case "notice" | "basis":
                yield from (Paragraph(text, "note") for text in (prose.notices if block == "notice" else prose.basis)())
            case "analysis":
                yield from (Paragraph(text) for text in prose.analysis(self.nodes[of or ""]))
            case "conclusion" | "achievements" | "findings" | "recommendations":
                yield from (Paragraph(text) for text in getattr(prose, block)())
            case "charts":
                yield from figures.of_report(result, self.lang)
            case "score_table":
                yield tables.score_table(result, self.lang)
            case "ledger":
                if result.ledger:
                    yield tables.ledger_table(result, self.lang)
            case "rectification":
                if result.findings:
                    yield tables.rectification_table(result, self.lang)
            case "evidence":
                if self.seals:
                    yield tables.evidence_table(result, self.seals, self.lang)
            case "goal_table":
                if result.evaluation.goals or any(leaf.form for leaf in result.leaves()):
                    yield forms.goal_table(result)
            case "self_review":
                yield forms.self_review(result)
            case "department_self_review":
                yield forms.self_review(result, forms.DEPARTMENT)
            case "bond_self_review":
                yield forms.self_review(result, forms.BOND)
