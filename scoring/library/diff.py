"""Two sets side by side: what was added, dropped or changed, and what that changes for a case scored under both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from scoring.engine import assess
from scoring.errors import Text
from scoring.evaluation import Evaluation
from scoring.indicators import STATUS, Indicator, IndicatorSet
from scoring.library.catalogue import SUBJECTS, in_words, span
from scoring.load import load_case
from scoring.result import OPEN, Result
from scoring.values import plain

Sort = Literal["set", "id", "title", "weight", "rule", "place", "added", "dropped"]
SORTS: dict[Sort, Text] = {
    "set": Text("体系", "set"),
    "id": Text("编号", "id"),
    "title": Text("名称", "title"),
    "weight": Text("分值", "weight"),
    "rule": Text("规则", "rule"),
    "place": Text("位置", "place"),
    "added": Text("新增", "added"),
    "dropped": Text("取消", "dropped"),
}
NOTHING = Text("", "")


class Change(NamedTuple):
    """One difference; id is empty when the set as a whole differs."""

    sort: Sort
    id: str
    title: Text
    before: Text
    after: Text


def diff(one: IndicatorSet, other: IndicatorSet) -> list[Change]:
    """What differs: the sets as a whole, then indicator by indicator in the order of the first, then what was added.

    An indicator is the same one when its id is, or else when its title stands once in both and neither id in the other.
    """
    return [*_of_sets(one, other), *_of_indicators(one, other)]


def _of_sets(one: IndicatorSet, other: IndicatorSet) -> Iterator[Change]:
    def same(text: str) -> Text:
        return Text(text, text)

    def rounding(indicator_set: IndicatorSet) -> Text:
        policy = indicator_set.rounding
        return same(f"{policy.at} {policy.how} {policy.places}")

    def grades(indicator_set: IndicatorSet) -> Text:
        titles = [(grade.text, plain(grade.at_least)) for grade in indicator_set.grades]
        return Text("、".join(f"{t.zh}≥{n}" for t, n in titles), ", ".join(f"{t.en} ≥ {n}" for t, n in titles))

    rows = [
        (Text("名称", "title"), one.text, other.text),
        (Text("适用年度", "years"), same(span(one.effective)), same(span(other.effective))),
        (Text("评价对象", "subject"), SUBJECTS[one.subject], SUBJECTS[other.subject]),
        (Text("可信程度", "status"), STATUS[one.status], STATUS[other.status]),
        (Text("总分", "maximum"), same(plain(one.maximum)), same(plain(other.maximum))),
        (Text("等级", "grades"), grades(one), grades(other)),
        (Text("取整", "rounding"), rounding(one), rounding(other)),
        (Text("不适用", "not applicable"), same(one.not_applicable or "—"), same(other.not_applicable or "—")),
    ]
    for title, before, after in rows:
        if before != after:
            yield Change("set", "", title, before, after)


class _Placed(NamedTuple):
    """An indicator and the titles above it."""

    indicator: Indicator
    above: tuple[str, ...]


def _placed(indicator_set: IndicatorSet) -> dict[str, _Placed]:
    found: dict[str, _Placed] = {}

    def visit(indicators: tuple[Indicator, ...], above: tuple[str, ...]) -> None:
        for indicator in indicators:
            found[indicator.id] = _Placed(indicator, above)
            visit(indicator.children or (), (*above, indicator.title))

    visit(indicator_set.indicators, ())
    return found


def _pairs(old: dict[str, _Placed], new: dict[str, _Placed]) -> dict[str, str]:
    """The ids of the indicators that are the same one in both."""
    pairs = {id: id for id in old if id in new}
    by_title: dict[str, list[str]] = {}
    for id, placed in new.items():
        if id not in old:
            by_title.setdefault(placed.indicator.title, []).append(id)
    for id, placed in old.items():
        alike = [i for i in old if i not in new and old[i].indicator.title == placed.indicator.title]
        if id not in new and len(alike) == 1 and len(by_title.get(placed.indicator.title, ())) == 1:
            pairs[id] = by_title[placed.indicator.title][0]
    return pairs


def _of_indicators(one: IndicatorSet, other: IndicatorSet) -> Iterator[Change]:
    old, new = _placed(one), _placed(other)
    pairs = _pairs(old, new)
    for id, placed in old.items():
        before = placed.indicator
        if id not in pairs:
            yield Change("dropped", id, before.text, _weight(before), NOTHING)
            continue
        beside = new[pairs[id]]
        yield from _of_one(id, one, other, before, beside.indicator)
        if placed.above != beside.above:
            was, now = " / ".join(placed.above), " / ".join(beside.above)
            yield Change("place", id, before.text, Text(was, was), Text(now, now))
    for id, placed in new.items():
        if id not in pairs.values():
            yield Change("added", id, placed.indicator.text, NOTHING, _weight(placed.indicator))


def _of_one(id: str, one: IndicatorSet, other: IndicatorSet, before: Indicator, after: Indicator) -> Iterator[Change]:
    if before.id != after.id:
        yield Change("id", id, before.text, Text(before.id, before.id), Text(after.id, after.id))
    if before.title != after.title:
        yield Change("title", id, before.text, before.text, after.text)
    if before.weight != after.weight:
        yield Change("weight", id, before.text, _weight(before), _weight(after))
    alike = after.model_copy(update={"weight": before.weight})  # another weight is no other rule
    if in_words(one, before, "zh") != in_words(other, alike, "zh"):
        was = Text(in_words(one, before, "zh"), in_words(one, before, "en"))
        yield Change("rule", id, before.text, was, Text(in_words(other, after, "zh"), in_words(other, after, "en")))


def _weight(indicator: Indicator) -> Text:
    return Text(plain(indicator.weight), plain(indicator.weight))


class Under(NamedTuple):
    """An evaluation scored under a set: its result, or why there is none; left: what the set has no place for."""

    result: Result | None
    why_not: tuple[Text, ...]
    left: tuple[str, ...]


def score_under(indicator_set: IndicatorSet, evaluation: Evaluation) -> Under:
    """The evaluation as it would come out under another set, what that set has no place for left out."""
    known = {indicator.id for _, indicator in indicator_set.walk()}
    opened = {indicator.id for _, indicator in indicator_set.walk() if indicator.open}
    own = {id: mine for id, mine in evaluation.indicators.items() if id in opened}
    known |= {indicator.id for mine in own.values() for indicator in mine}
    records = {id: record for id, record in evaluation.records.items() if id in known}
    outside = None if indicator_set.effective.hold(evaluation.year) else evaluation.outside_years or "比较两个指标体系"
    moved = {"set": indicator_set.reference, "records": records, "indicators": own, "outside_years": outside}
    result, faults = assess(indicator_set, evaluation.model_copy(update=moved))
    left = tuple(id for id in (*evaluation.indicators, *evaluation.records) if id not in known | set(own))
    return Under(None if faults else result, tuple(fault.message for fault in faults), left)


class Scores(NamedTuple):
    """One evaluation under both sets, and the leaves whose points differ: id, title, points under each.

    None: the set has no such leaf, or nothing is recorded for it yet.
    """

    evaluation: Evaluation
    before: Under
    after: Under
    moved: tuple[tuple[str, Text, Decimal | None, Decimal | None], ...]


def compare(one: IndicatorSet, other: IndicatorSet, case: Path, folders: Iterable[Path] = ()) -> list[Scores]:
    """Every evaluation of the case that has the subject of both sets, scored under each. ScoringError: a faulty case."""
    found = []
    for entry in load_case(case, folders).entries:
        evaluation = entry.result.evaluation
        if evaluation.subject.kind == one.subject == other.subject:
            before, after = score_under(one, evaluation), score_under(other, evaluation)
            found.append(Scores(evaluation, before, after, tuple(_moved(before.result, after.result))))
    return found


def _moved(before: Result | None, after: Result | None) -> Iterator[tuple[str, Text, Decimal | None, Decimal | None]]:
    if before is None or after is None:
        return
    old, new = ({leaf.id: leaf for leaf in result.leaves()} for result in (before, after))
    for id in dict.fromkeys((*old, *new)):
        was, now = (
            leaves[id].points if id in leaves and leaves[id].state not in OPEN else None for leaves in (old, new)
        )
        if was != now:
            yield id, (old.get(id) or new[id]).title, was, now
