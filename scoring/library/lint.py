"""What a sound set may still be told: where it departs from its regulation, and what in it is idle or unfinished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from scoring.errors import Diagnostic, Fault, Lang, ScoringError, Text, suggest
from scoring.expression.bounds import Range
from scoring.expression.proof import Finding, prove
from scoring.expression.tree import Kind, Node, names
from scoring.indicators import Indicator, IndicatorSet
from scoring.library.catalogue import Listed
from scoring.library.profiles import (
    HEADS,
    PROFILES,
    FirstLevel,
    GradeBands,
    Head,
    Heavier,
    Level,
    Profile,
    Requirement,
    Shape,
    Share,
    heads_of,
    named,
)
from scoring.report.outline import load_outline
from scoring.rules import AnyRule, Bands, Deduct, Ladder, OwnFormula, Ratio, Steps
from scoring.values import plain, shown_percent

Place = tuple[str | int, ...]
GRAVE: dict[Level, int] = {"error": 0, "warning": 1, "note": 2}
PRINTED = ("budget", "spent", "budget_fiscal", "budget_other", "spent_fiscal", "spent_other")  # by the goal table
PROOF: dict[str, Level] = {"zero": "note", "undecided": "note", "division": "note"}  # of what the proof finds
_FACT = re.compile(r"\bfacts\.([a-z0-9_]+)")


class Note(NamedTuple):
    """One remark: how grave it is, the article it rests on (if any), and what and where."""

    level: Level
    article: str
    diagnostic: Diagnostic

    def as_json(self, lang: Lang) -> dict[str, object]:
        place, hint = self.diagnostic, self.diagnostic.hint
        said = {"message": place.message.to(lang), "hint": hint.to(lang) if hint else None}
        file = place.file.as_posix() if place.file else None
        where = {"file": file, "line": place.line, "column": place.column, "path": place.path}
        return {"level": self.level, "article": self.article or None, **where, **said}


class Remark(NamedTuple):
    """A Note that does not know its file yet."""

    level: Level
    fault: Fault
    article: str = ""


def lint(listed: Listed, profile: str | None = None) -> list[Note]:
    """Every remark on a set, the gravest first. profile: instead of the one the set names. ScoringError: unknown."""
    from scoring.source import read

    source = read(listed.file)
    made = [Note(r.level, r.article, source.diagnose(r.fault, ())) for r in remarks(listed.set, profile)]
    return sorted(made, key=lambda note: (GRAVE[note.level], note.diagnostic.line, note.diagnostic.column))


def remarks(indicator_set: IndicatorSet, profile: str | None = None) -> Iterator[Remark]:
    """The same without the places in the file."""
    yield from generic(indicator_set)
    id = profile or indicator_set.profile
    if id is None:
        return
    if id in PROFILES:
        yield from against(indicator_set, PROFILES[id])
        return
    fault = Fault(Text(f"没有规定“{id}”", f"there is no profile '{id}'"), suggest(id, PROFILES), inside=("profile",))
    if profile is not None:
        raise ScoringError(Diagnostic(fault.message, fault.hint))
    yield Remark("error", fault)


def against(indicator_set: IndicatorSet, profile: Profile) -> Iterator[Remark]:
    """Where the set departs from the regulation; every message cites the article."""
    for requirement in profile.requirements:
        if indicator_set.weights == "none" and not isinstance(requirement, GradeBands):
            continue  # the text has no weights to hold against it
        article = f"{profile.regulation} {requirement.article.text}"
        for fault in _departures(indicator_set, requirement, profile.heads):
            message = Text(f"{fault.message.zh}（{article}）", f"{fault.message.en} ({article})")
            yield Remark(requirement.article.level, Fault(message, fault.hint, inside=fault.inside), article)


def _departures(indicator_set: IndicatorSet, requirement: Requirement, among: tuple[Head, ...]) -> Iterator[Fault]:
    match requirement:
        case FirstLevel():
            yield from _first_level(indicator_set, requirement, among)
        case Share(_, heads, at_least):
            share, place = weigh(indicator_set, heads, among)
            if share < Fraction(at_least, 100):
                (zh, en), now = named(heads), shown_percent(share)
                yield _fault(place, f"{zh}占 {now}，应不低于 {at_least}%", f"{en}: {now}, below {at_least}%")
        case Heavier(_, heads, than, when):
            more, place = weigh(indicator_set, heads, among)
            less, _ = weigh(indicator_set, than, among)
            if more <= less:
                (zh, en), (low_zh, low_en) = named(heads), named(than)
                zh, low_zh = f"{zh}（{shown_percent(more)}）", f"{low_zh}（{shown_percent(less)}）"
                en, low_en = f"{en} ({shown_percent(more)})", f"{low_en} ({shown_percent(less)})"
                yield _fault(place, f"{when.zh}，{zh}应大于{low_zh}", f"{when.en}: {en} should outweigh {low_en}")
        case Shape():
            yield from _shape(indicator_set, requirement)
        case GradeBands(_, at_least_of):
            if (floors := tuple(grade.at_least for grade in indicator_set.grades)) != at_least_of:
                have, want = "/".join(map(plain, floors)), "/".join(map(str, at_least_of))
                yield _fault(("grades",), f"等级下限是 {have}，应为 {want}", f"grades begin at {have}, not {want}")


def weigh(indicator_set: IndicatorSet, heads: tuple[Head, ...], among: tuple[Head, ...]) -> tuple[Fraction, Place]:
    """The share of everything that stands under titles of these heads, and where the first such weight is written.

    Read from the top: a title of these heads only counts with all below it; one of other heads only does not; any other
    is looked into.
    """
    places: list[Place] = []

    def under(indicator: Indicator, place: Place) -> Fraction:
        found = heads_of(indicator.title, (*among, *heads))
        if found and found <= set(heads):
            places.append((*place, "weight"))
            return Fraction(indicator.weight)
        if found and not found & set(heads):
            return Fraction(0)
        parts = indicator.children or ()
        inside = sum((under(child, (*place, "children", index)) for index, child in enumerate(parts)), Fraction(0))
        whole = sum((Fraction(child.weight) for child in parts), Fraction(0))
        return Fraction(indicator.weight) * inside / whole if whole else Fraction(0)

    top = ((index, each) for index, each in enumerate(indicator_set.indicators) if each.role == "normal")
    total = sum((under(each, ("indicators", index)) for index, each in top), Fraction(0))
    return total / Fraction(indicator_set.maximum), places[0] if places else ("indicators",)


def _first_level(indicator_set: IndicatorSet, wanted: FirstLevel, among: tuple[Head, ...]) -> Iterator[Fault]:
    have: dict[Head, Fraction] = {}
    strange = False
    for index, indicator in enumerate(indicator_set.indicators):
        if indicator.role != "normal":
            continue
        found, title = heads_of(indicator.title, among), indicator.title
        if len(found) != 1:
            strange, place = True, ("indicators", index, "title")
            yield _fault(place, f"“{title}”不是规定的一级指标", f"'{title}' is none of the first-level heads")
        for head in found:
            share = Fraction(indicator.weight) / Fraction(indicator_set.maximum)
            have[head] = have.get(head, Fraction(0)) + share
    allowed = [(name, {head: Fraction(weight, 100) for head, weight in row.items()}) for name, row in wanted.variants]
    if strange or any(have == row for _, row in allowed):
        return
    zh = "；".join(f"{_row(row, 'zh')}（{name.zh}）" for name, row in allowed)
    en = "; ".join(f"{_row(row, 'en')} ({name.en})" for name, row in allowed)
    message = Text(f"一级指标权重是{_row(have, 'zh')}", f"the first level weighs {_row(have, 'en')}")
    yield Fault(message, Text(f"应为{zh}", f"should be {en}"), inside=("indicators",))


def _row(row: dict[Head, Fraction], lang: str) -> str:
    shown = ((HEADS[head][0], shown_percent(share)) for head, share in row.items())
    if lang == "zh":
        return "、".join(f"{name.zh}{share}" for name, share in shown)
    return ", ".join(f"{name.en} {share}" for name, share in shown)


def _shape(indicator_set: IndicatorSet, wanted: Shape) -> Iterator[Fault]:
    many, least = wanted.multiple, wanted.first_at_least
    for path, indicator in indicator_set.walk():
        weight, place = plain(indicator.weight), (*path, "weight")
        zh, en = f"“{indicator.title}”的分值是 {weight}", f"'{indicator.id}' weighs {weight}"
        if indicator.weight % 1:
            yield _fault(place, f"{zh}，应为整数", f"{en}, not a whole number")
        elif len(path) == 2 and indicator.weight % many:
            yield _fault(place, f"{zh}，一级指标一般为 {many} 的倍数", f"{en}, not a multiple of {many}")
        if len(path) == 2 and Fraction(indicator.weight) * 100 / Fraction(indicator_set.maximum) < least:
            yield _fault(place, f"{zh}，一级指标原则上不低于 {least}", f"{en}, below {least}")


def generic(indicator_set: IndicatorSet) -> Iterator[Remark]:
    """What is idle or unfinished, whatever the regulation."""
    used = {fact.peers.of for fact in indicator_set.facts.values() if fact.peers is not None}
    for path, indicator in indicator_set.walk():
        zh, en = f"“{indicator.title}”", f"'{indicator.id}'"
        if indicator.rule is not None:
            weight = Fraction(indicator.weight or 100)
            node = indicator.rule.lower(weight, indicator_set.kinds())
            used |= {*names(node)}
            found = prove(node, weight, ranges(indicator.rule, node, weight))
            for finding in (*found, *wrong_ways(indicator.rule, weight, indicator_set.kinds())):
                if finding.kind == "branch" and not isinstance(indicator.rule, OwnFormula):
                    continue  # a guard the rule itself puts in, such as the one against a target of zero
                yield Remark(PROOF.get(finding.kind, "warning"), Fault(finding.message, inside=(*path, "rule")))
            if not indicator.evidence:
                yield Remark("warning", _fault(path, f"{zh}没有写需要的佐证材料", f"{en} asks for no evidence"))
        if indicator.problem and not indicator.recommendation:
            place = (*path, "problem")
            yield Remark("warning", _fault(place, f"{zh}有问题没有建议", f"{en} has a problem, no recommendation"))
    printed = {*PRINTED}
    try:
        printed |= {*_FACT.findall(load_outline(indicator_set.outline)[0].model_dump_json())}
    except Fault as fault:
        yield Remark("error", fault)
    own_rules = indicator_set.rules == "none" or any(indicator.open for _, indicator in indicator_set.walk())
    for name in [name for name in indicator_set.facts if name not in used]:
        zh, en = f"事实 {name} 没有用处", f"nothing uses fact {name}"
        if name in printed:
            zh, en = f"事实 {name} 只印在报告里", f"fact {name} is printed but scores nothing"
        elif own_rules:
            zh, en = f"事实 {name} 没有规则用到，自设指标可以引用", f"no rule uses fact {name}; own indicators may"
        yield Remark("note" if name in printed or own_rules else "warning", _fault(("facts", name), zh, en))


def ranges(rule: AnyRule, node: Node, weight: Fraction) -> dict[str, Range]:
    """What the numbers a rule asks for may be: facts and actuals from 0, marks within the weight, counts whole."""
    tops: dict[str, Fraction] = {"share": Fraction(1), "mark": weight}
    if isinstance(rule, Deduct):
        tops |= {f"taken.{cause.id}": Fraction(cause.at_most) for cause in rule.causes if cause.at_most is not None}
    top = {name: tops.get(name, weight if name.startswith("mark.") else None) for name in names(node)}
    return {name: Range(Fraction(0), high, name.startswith("count.")) for name, high in top.items()}


SIDES: dict[str, Literal["higher", "lower"] | None] = {"above": "lower", "below": "higher", "both": None}
BETTER: dict[str, Literal["higher", "lower"]] = {
    **dict.fromkeys(("check", "met", "mark", "share", "at"), "higher"),
    **dict.fromkeys(("count", "taken", "reduced"), "lower"),
}


def wrong_ways(rule: AnyRule, weight: Fraction, known: Mapping[str, Kind]) -> list[Finding]:
    """Where points do not go the way they must when a number or an answer grows, or the way the rule declares."""
    match rule:
        case Bands() | Ladder() | Steps():
            rule = rule.of_actual()
            way = rule.better if not isinstance(rule, Steps) else SIDES[rule.direction]
        case Ratio(over=None, ceiling=None) if (goal := rule.goal()) and goal.quantity:
            way = None if rule.direction == "equal" else rule.direction
            rule = rule.model_copy(update={"actual": None})
        case _:
            way = None
    node = rule.lower(weight, known)
    asked = {name: name.partition(".")[0] for name in names(node)}
    better = {name: BETTER[head] for name, head in asked.items() if head in BETTER}
    better |= {"actual": way} if way and "actual" in asked else {}
    return [
        each
        for each in prove(node, weight, ranges(rule, node, weight), better=better)
        if "direction" in (each.kind, each.about)
    ]


def _fault(place: Place, zh: str, en: str) -> Fault:
    return Fault(Text(zh, en), inside=place)
