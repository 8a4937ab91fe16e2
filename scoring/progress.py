"""How far an evaluation has come: what may still be won or lost, and which papers and figures are still wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from scoring.errors import Text
from scoring.evaluation import Evaluation, Evidence
from scoring.indicators import Grade, Indicator, IndicatorSet
from scoring.result import OPEN, Node, Result, Row

# 财预〔2021〕101号 三（八）: 说明材料 only where there is no direct proof
PROOF = Text(
    "能直接证明实际完成情况的正式资料、工作资料或原始凭证",
    "official papers, working papers or vouchers that prove directly what was done",
)


@dataclass(frozen=True, slots=True)
class Stake:
    """An indicator whose points are not settled. points: between the least and the most it can still become.

    proof: the papers it asks for and the sources of its figures; where neither is named, what proves anything.
    """

    node: Node
    points: Decimal
    proof: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What is still open, the most points first; the grades of the lowest and the highest total; unexplained losses.

    judged: indicators whose actual only repeats the target and which a person marked all the same; nothing is open
    there, so `points` is what the mark took off.
    """

    result: Result
    stakes: tuple[Stake, ...]
    judged: tuple[Stake, ...]
    lowest: Grade | None
    highest: Grade | None
    unexplained: tuple[Row, ...]


def gap(result: Result) -> Gap:
    """The state of an evaluation, be it finished or not."""
    asked = wanted(result.indicator_set, result.evaluation)
    stakes = [
        Stake(leaf, leaf.high - leaf.low, _proof(leaf, asked.get(leaf.id, ()), result))
        for leaf in result.leaves()
        if leaf.state in (*OPEN, "not-demonstrated")
    ]
    judged = [
        Stake(leaf, leaf.lost, _proof(leaf, asked.get(leaf.id, ()), result))
        for leaf in result.leaves()
        if leaf.unproven and leaf.state == "judged"
    ]
    unexplained = [row for row in result.ledger if not (row.problem or row.waiver or row.state in OPEN)]
    return Gap(
        result,
        tuple(sorted(stakes, key=lambda stake: -stake.points)),
        tuple(judged),
        _grade(result, result.low),
        _grade(result, result.high),
        tuple(unexplained),
    )


def _grade(result: Result, total: Decimal) -> Grade | None:
    if result.grade is not None and total == result.total:
        return result.grade  # a veto may hold it lower than the total says
    return result.indicator_set.grade(total, result.maximum)


def _proof(leaf: Node, papers: tuple[str, ...], result: Result) -> tuple[Text, ...]:
    found = [Text(paper, paper) for paper in papers]
    for name in leaf.inputs:
        fact = result.indicator_set.facts.get(name)
        if fact is not None and fact.source and fact.source not in papers:
            found.append(Text(f"{fact.source}（{fact.text.zh}）", f"{fact.source} ({fact.text.en})"))
    return tuple(dict.fromkeys(found)) or (PROOF,)


def wanted(indicator_set: IndicatorSet, evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """The papers each scored indicator asks for: its own, then those of the groups it stands in."""
    return dict(
        pair for indicator in indicator_set.indicators for pair in _wanted(indicator, (), evaluation) if pair[1]
    )


def _wanted(
    indicator: Indicator, above: tuple[str, ...], evaluation: Evaluation
) -> Iterator[tuple[str, tuple[str, ...]]]:
    papers = tuple(dict.fromkeys((*indicator.evidence, *above)))
    if indicator.rule is not None:
        yield indicator.id, papers
    for child in indicator.children or ():
        yield from _wanted(child, papers, evaluation)
    for own in evaluation.indicators.get(indicator.id, ()):
        yield own.id, tuple(dict.fromkeys((*own.evidence, *papers)))


Standing = Literal["recorded", "other", "wanted", "not-applicable"]
STANDING: dict[Standing, Text] = {
    "recorded": Text("已登记", "recorded"),
    "other": Text("登记了别的材料", "others recorded"),
    "wanted": Text("待收集", "wanted"),
    "not-applicable": Text("不适用", "not applicable"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """One indicator that asks for a paper, and what is recorded for it: that paper, or others."""

    node: Node
    standing: Standing
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper and every indicator that asks for it."""

    title: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure the set asks for; value is "" until it is recorded."""

    name: str
    title: Text
    unit: str
    value: Text


@dataclass(frozen=True, slots=True)
class Source:
    """One place figures come from, "" where none is named, and the figures asked of it."""

    title: str
    facts: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The papers and figures an evaluation wants. silent: indicators for which nobody has said what proves them."""

    result: Result
    papers: tuple[Paper, ...]
    sources: tuple[Source, ...]
    silent: tuple[Node, ...]


def plan(result: Result) -> Plan:
    """What is to be collected, by paper and by source, with what is already recorded."""
    asked = wanted(result.indicator_set, result.evaluation)
    papers: dict[str, list[Use]] = {}
    silent = []
    for leaf in result.leaves():
        for title in asked.get(leaf.id, ()):
            papers.setdefault(title, []).append(_use(leaf, title))
        if leaf.id not in asked and not leaf.inputs and not leaf.evidence and leaf.state != "not-applicable":
            silent.append(leaf)
    return Plan(
        result,
        tuple(Paper(title, tuple(uses)) for title, uses in papers.items()),
        tuple(Source(title, tuple(facts)) for title, facts in _by_source(result).items()),
        tuple(silent),
    )


def _use(leaf: Node, title: str) -> Use:
    """A paper counts as recorded under any title that holds the one asked for: 2019年度部门决算 is 部门决算."""
    if leaf.state == "not-applicable":
        return Use(leaf, "not-applicable", ())
    same = tuple(evidence for evidence in leaf.evidence if title in evidence.title)
    if same:
        return Use(leaf, "recorded", same)
    return Use(leaf, "other" if leaf.evidence else "wanted", leaf.evidence)


def _by_source(result: Result) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {}
    for name, fact in result.indicator_set.facts.items():
        figure = result.figures.get(name)
        value = Text(figure.show("zh"), figure.show("en")) if figure else Text("", "")
        source = fact.source or (figure.source if figure else "")
        found.setdefault(source, []).append(Asked(name, fact.text, fact.unit, value))
    return found
