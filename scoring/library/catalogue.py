"""What sets there are: the list, the ones in force for a year and subject, and one of them laid out to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from scoring.errors import Diagnostic, Fault, Lang, ScoringError, Text
from scoring.expression.words import formula
from scoring.indicators import COMBINE, ORIGIN, STATUS, Indicator, IndicatorSet, Status, Subject, Years
from scoring.load import find_set, load_set, set_files

SUBJECTS: dict[Subject, Text] = {
    "department": Text("部门整体", "department"),
    "project": Text("项目", "project"),
    "policy": Text("政策", "policy"),
    "other": Text("其他", "other"),
}

ROLES = {"bonus": Text("加分项", "bonus"), "penalty": Text("扣分项", "penalty")}


@dataclass(frozen=True, slots=True)
class Listed:
    """A set and the file it is kept in."""

    file: Path
    set: IndicatorSet

    @property
    def leaves(self) -> int:
        """How many leaves and open groups there are to score."""
        return sum(indicator.children is None for _, indicator in self.set.walk())


def catalogue(folders: Iterable[Path] = ()) -> tuple[list[Listed], list[Diagnostic]]:
    """Every set of these folders and of the shipped ones by id, and what is wrong with those that do not load."""
    found: list[Listed] = []
    faults: list[Diagnostic] = []
    for file in set_files(folders):
        if file.stem.endswith(".cases"):
            continue
        try:
            found.append(Listed(file, load_set(file, folders)))
        except ScoringError as error:
            faults += error.diagnostics
    return sorted(found, key=lambda listed: listed.set.reference), faults


def as_json(listed: Listed, lang: Lang) -> dict[str, object]:
    """What `list` says of a set, for programs."""
    one = listed.set
    return {
        "id": one.id,
        "version": one.version,
        "title": one.text.to(lang),
        "subject": one.subject,
        "years": {"first": one.effective.first, "last": one.effective.last},
        "status": one.status,
        "leaves": listed.leaves,
        "weights": one.weights,
        "rules": one.rules,
        "file": listed.file.as_posix(),
    }


def row(listed: Listed, lang: Lang) -> list[str]:
    """The same for a reader: id@version, title, subject, years, status, leaves, where weights and rules come from."""
    one = listed.set
    origin = f"{ORIGIN[one.weights].to(lang)} / {ORIGIN[one.rules].to(lang)}"
    said = [one.reference, one.text.to(lang), SUBJECTS[one.subject].to(lang), span(one.effective)]
    return [*said, STATUS[one.status].to(lang), str(listed.leaves), origin]


def counts(found: Iterable[Listed]) -> dict[Status, int]:
    """How many sets there are of each status, the most reliable first."""
    counted = Counter(listed.set.status for listed in found)
    return {status: counted[status] for status in STATUS if counted[status]}


def span(years: Years) -> str:
    """2019, 2017–2018, or 2021– while it is in force."""
    if years.last == years.first:
        return str(years.first)
    return f"{years.first}–{years.last or ''}"


def pick(name: str, folders: Sequence[Path] = ()) -> Listed:
    """The set of that id, id@version or file. ScoringError: there is none, or its file is faulty."""
    if name.endswith((".yaml", ".yml")) or Path(name).is_file():
        file = Path(name)
        return Listed(file, load_set(file, folders))
    files = {listed.set.reference: listed for listed in catalogue(folders)[0]}
    try:
        return files[find_set(name, folders).reference]
    except Fault as fault:
        raise ScoringError(Diagnostic(fault.message, fault.hint)) from None


class Match(NamedTuple):
    """A set that is in force, and why it stands where it does."""

    listed: Listed
    by_issuer: bool
    reason: Text


def find(found: Iterable[Listed], year: int, subject: Subject, issuer: str = "") -> list[Match]:
    """The sets in force that year for that subject, the most specific first.

    Order: the issuer's own first, then the fewest years, then the most reliable, then by id.
    """
    matches = []
    for listed in found:
        indicator_set = listed.set
        if indicator_set.subject != subject or not indicator_set.effective.hold(year):
            continue
        own = _names(indicator_set, issuer)
        zh, en = f"适用年度 {span(indicator_set.effective)}", f"in force {span(indicator_set.effective)}"
        if issuer:
            zh += f"，{'出自' if own else '不是出自'}{issuer}"
            en += f", {'' if own else 'not '}from {issuer}"
        matches.append(Match(listed, own, Text(zh, en)))
    reliable = list(STATUS)

    def order(match: Match) -> tuple[bool, int, int, str]:
        years = match.listed.set.effective
        return (
            not match.by_issuer,
            (years.last or 9999) - years.first,
            reliable.index(match.listed.set.status),
            match.listed.set.reference,
        )

    return sorted(matches, key=order)


def _names(indicator_set: IndicatorSet, issuer: str) -> bool:
    said = [indicator_set.title, *(f"{c.issuer or ''} {c.title}" for c in indicator_set.citations)]
    return bool(issuer) and any(issuer in text for text in said)


def nearest_in_years(found: Iterable[Listed], year: int, subject: Subject) -> list[tuple[int, Listed]]:
    """The sets for that subject whose years lie nearest, with how many years away they are."""
    away = []
    for listed in found:
        if listed.set.subject == subject:
            years = listed.set.effective
            before = years.first - year
            after = 0 if years.last is None else year - years.last
            away.append((max(before, after, 0), listed))
    least = min((distance for distance, _ in away), default=0)
    return [(distance, listed) for distance, listed in away if distance == least]


class Line(NamedTuple):
    """One indicator as `show` lists it; rule is empty for a group of the set's own."""

    depth: int
    indicator: Indicator
    rule: Text


def lines(indicator_set: IndicatorSet) -> Iterator[Line]:
    """Every indicator in the order of the file, its rule in words."""
    for path, indicator in indicator_set.walk():
        words = Text(in_words(indicator_set, indicator, "zh"), in_words(indicator_set, indicator, "en"))
        yield Line(path.count("children"), indicator, words)


def in_words(indicator_set: IndicatorSet, indicator: Indicator, lang: Lang) -> str:
    """How an indicator is scored: its rule, what an open group takes, how a group combines its parts; "" when they add up.

    A rule without a weight (the text has none) is told out of 100.
    """
    said = []
    if indicator.role != "normal":
        said.append(ROLES[indicator.role].to(lang))
    if indicator.open is not None:
        opened = Text("由评价自设指标", "indicators of the evaluation's own").to(lang)
        aspects = "、".join(indicator.open.aspects)
        said.append(Text(f"{opened}（{aspects}）", f"{opened} ({aspects})").to(lang) if aspects else opened)
    elif indicator.rule is not None:
        weight = Fraction(indicator.weight or 100)
        labels = {name: fact.label() for name, fact in indicator_set.facts.items()} | indicator.rule.labels(weight)
        words = formula(indicator.rule.lower(weight, indicator_set.kinds()), labels, lang)
        title = indicator.rule.title.to(lang) + (
            "" if indicator.weight else Text("（按100分）", " (out of 100)").to(lang)
        )
        said.append(Text(f"{title}：{words}", f"{title}: {words}").to(lang))
    elif indicator.children is None:
        said.append(ORIGIN["none"].to(lang))
    elif indicator.combine != "sum":
        said.append(COMBINE[indicator.combine].to(lang))
    return Text("；", "; ").to(lang).join(said)
