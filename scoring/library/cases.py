"""An indicator set's own test cases, `<set id>.cases.yaml` beside it: what comes of what is recorded, one case a line.

Each is scored by the engine itself, its indicator standing alone; a case of `records`, or of an indicator that does not
apply, is scored within the whole set. `propose` writes a first file for the authors of a set to review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, PrivateAttr, model_validator

from scoring.engine import assess
from scoring.errors import Diagnostic, Fault, Text
from scoring.evaluation import About, EarlierReview, Evaluation, Fact, OwnIndicator, Record
from scoring.indicators import Indicator, IndicatorSet
from scoring.rules import Answer, AnyRule, Points, Prose
from scoring.source import Source, read
from scoring.source.model import Bool, Id, Model, Name, Str, build
from scoring.source.model import Number as NumberField
from scoring.values import Sign, plain

Covered = Literal["full", "part", "zero", "missing", "not-applicable"]


class Own(Model):
    """The indicator an evaluation sets in an open group; without a weight it has the whole of the group's."""

    target: Str = Field(description="目标值，如 ≥95%，或文字")
    weight: Points | None = Field(None, description="分值")
    sign: Sign | None = Field(None, description="目标值里没有写的符号")
    aspect: Str | None = Field(None, description="二级指标")
    rule: AnyRule | None = Field(None, description="评分规则")


class GradeCase(Model):
    """A total as printed and the grade it earns."""

    total: Points = Field(description="总分")
    maximum: NumberField = Field(Decimal(100), description="满分")
    grade: Str = Field(validation_alias="is", description="应得等级")


class SetCase(Model):
    """One case: of one indicator, of several records together, or of a grade; and what should come of it."""

    indicator: Id | None = Field(None, description="哪个指标")
    name: Str | None = Field(None, description="是什么情形")
    own: Own | None = Field(None, description="开放组里自设的指标；不写为一个定性目标")
    facts: dict[Name, Str | NumberField | Bool] = Field(default_factory=dict, description="事实")
    answer: Answer = Field(Answer(), description="记录")
    not_applicable: Prose | None = Field(None, description="不适用的理由")
    records: dict[Id, Record] | None = Field(None, description="几个指标一起评的记录；开放组写组的编号")
    vetoes: dict[Name, Prose] = Field(default_factory=dict, description="发生的一票否决事项")
    earlier_review: EarlierReview | None = Field(None, description="此前的评价")
    grade: GradeCase | None = Field(None, description="总分和等级")
    points: NumberField | None = Field(None, description="应得分")
    total: NumberField | None = Field(None, description="应得总分：几个指标一起评，或开放组里还有别的指标时")
    state: Literal["missing", "undefined", "not-demonstrated", "not-applicable"] | None = Field(
        None, description="没有得分时的状态"
    )
    weights: dict[Id, NumberField] = Field(default_factory=dict, description="应占的分值（有指标不适用时）")
    rated: Str | None = Field(None, description="几个指标一起评时应得的等级")
    fault: Str | None = Field(None, description="应当报出的错误里的词句")
    source: Str | None = Field(None, description="应得分的算法或出处")

    @model_validator(mode="after")
    def _says_what_and_what_for(self) -> Self:
        if [self.indicator, self.records, self.grade].count(None) != 2:
            raise Fault(Text("indicator、records、grade 写且只写一个", "write one of indicator, records and grade"))
        if (
            not self.grade
            and not self.weights
            and (self.points, self.total, self.state, self.rated, self.fault) == (None,) * 5
        ):
            raise Fault(Text("没有写应得的结果，如 points", "what should come of it is not written, such as points"))
        return self


@dataclass(frozen=True, slots=True)
class Failure(Diagnostic):
    """A case that did not come out as it says."""

    expected: str = ""
    got: str = ""


class SetCases(Model):
    """The test cases of one indicator set."""

    set: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*@\S+$")] = Field(description="指标体系@版本")
    cases: tuple[SetCase, ...] = Field(description="自测用例")
    _source: Source | None = PrivateAttr(None)

    def failure(self, path: tuple[str | int, ...], expected: str, got: str) -> Failure:
        source = self._source
        line, column = source.place(path) if source else (0, 0)
        message = Text(f"应为 {expected}，实为 {got}", f"expected {expected}, got {got}")
        return Failure(message, None, source.file if source else None, line, column, str(path[-1]), expected, got)


class Outcome(NamedTuple):
    """What the engine makes of a case."""

    points: Decimal | None = None
    total: Decimal | None = None
    state: str = ""
    weights: Mapping[str, Decimal] = MappingProxyType({})
    rated: str = ""
    fault: str = ""
    weight: Decimal = Decimal(0)

    def show(self) -> str:
        weights = "、".join(f"{id} {plain(weight)}" for id, weight in self.weights.items())
        points = "" if self.points is None else f"{plain(self.points)}分"
        points += "" if self.total in (None, self.points) else f"（总分{plain(self.total or Decimal(0))}分）"
        state = "" if self.state in ("scored", "judged", "group") else self.state
        return self.fault or " ".join(part for part in (points, state, weights, self.rated) if part)

    def covers(self) -> Covered | None:
        if self.state in ("scored", "judged"):
            return "full" if self.points == self.weight else "part" if self.points else "zero"
        return self.state if self.state in ("missing", "not-applicable") else None  # type: ignore[return-value]


def load_cases(file: Path) -> SetCases:
    """The cases of one file. ScoringError: every fault with its line."""
    source = read(file)
    cases = build(source, SetCases)
    cases._source = source
    return cases


def testable(indicator_set: IndicatorSet) -> IndicatorSet:
    """The set; where its text gives no weights, its rules side by side, each standing for itself out of 100 points."""
    leaves = [each for _, each in indicator_set.walk() if each.rule or each.open]
    if indicator_set.weights != "none" or not leaves:
        return indicator_set
    of_100 = tuple(each.model_copy(update={"weight": Decimal(100)}) for each in leaves)
    flat = {
        "indicators": of_100,
        "maximum": Decimal(100 * len(leaves)),
        "weights": "illustrative",
        "rules": "illustrative",
    }
    return indicator_set.model_copy(update=flat)


def run_cases(indicator_set: IndicatorSet, cases: SetCases) -> list[Failure]:
    """Every case that does not come out as it says, at its line."""
    indicator_set = testable(indicator_set)
    found = [(index, mismatch(indicator_set, case)) for index, case in enumerate(cases.cases)]
    failures = [cases.failure(("cases", index), *wrong) for index, wrong in found if wrong]
    if cases.set != indicator_set.reference:
        failures.insert(0, cases.failure(("set",), indicator_set.reference, cases.set))
    return failures


def mismatch(indicator_set: IndicatorSet, case: SetCase) -> tuple[str, str] | None:
    """What was expected and what came, where they differ."""
    if case.grade is not None:
        grade = indicator_set.grade(case.grade.total, case.grade.maximum)
        return None if grade and grade.title == case.grade.grade else (case.grade.grade, grade.title if grade else "")
    got = outcome_of(indicator_set, case)._replace(weight=Decimal(0))
    got = got if case.total is not None else got._replace(total=None)
    got = got._replace(weights={id: weight for id, weight in got.weights.items() if id in case.weights})
    valued = got.state in ("scored", "judged", "group") or case.not_applicable is not None
    wanted = Outcome(
        got.points if case.points is None else case.points,
        case.total,
        case.state or (got.state if valued or case.points is None else "scored"),
        case.weights,
        case.rated or got.rated,
        case.fault if case.fault and case.fault in got.fault else case.fault or "",
    )
    met = bool(case.fault and case.fault in got.fault) if case.fault or got.fault else got == wanted
    return None if met else (wanted.show(), got.show())


def outcome_of(indicator_set: IndicatorSet, case: SetCase) -> Outcome:
    """What the engine makes of the case."""
    part, evaluation = scene(indicator_set, case)
    result, faults = assess(part, evaluation)
    if result is None:
        return Outcome(fault="；".join(fault.message.zh for fault in faults))
    leaves = {leaf.id: leaf for leaf in result.leaves()}
    if case.indicator is None:
        return Outcome(None, result.total, "group", rated=result.grade.title if result.grade else "")
    leaf = leaves[next(iter(evaluation.records))]
    weights = {id: each.weight for id, each in leaves.items()}
    return Outcome(leaf.points, result.total, leaf.state, weights, weight=leaf.weight)


def scene(indicator_set: IndicatorSet, case: SetCase) -> tuple[IndicatorSet, Evaluation]:
    """What the engine is given: the indicator standing alone, or the whole set, and an evaluation with the records."""
    part, indicator = indicator_set, next((i for _, i in indicator_set.walk() if i.id == case.indicator), None)
    if indicator is not None and case.not_applicable is None:
        alone = indicator.model_copy(update={"role": "normal"})
        part = indicator_set.model_copy(update={"indicators": (alone,), "maximum": indicator.weight})
    own = {group.id: own_indicators(group, case) for _, group in part.walk() if group.open}
    mine = case.indicator and {case.indicator: Record(**dict(case.answer), not_applicable=case.not_applicable)}
    return part, Evaluation(
        id="case",
        title="自测",
        year=indicator_set.effective.first,
        subject=About(name="自测", kind=indicator_set.subject, unit="自测"),
        set=indicator_set.reference,
        facts={name: Fact(value=value) for name, value in case.facts.items()},
        indicators=own,
        records={own[id][0].id if id in own else id: r for id, r in (mine or case.records or {}).items()},
        vetoes=case.vetoes,
        earlier_review=case.earlier_review,
    )


def own_indicators(group: Indicator, case: SetCase) -> tuple[OwnIndicator, ...]:
    """What stands in an open group: the case's own indicator or one in words, and the rest of the weight."""
    assert group.open is not None
    own = case.own if case.own and group.id == case.indicator else Own(target="按计划完成")
    given = {key: value for key, value in dict(own).items() if value is not None}
    given = {"title": "自设指标", "weight": group.weight, "aspect": next(iter(group.open.aspects), None), **given}
    first, left = OwnIndicator(id=f"own-{group.id}", **given), group.weight - given["weight"]
    rest = {"id": f"{first.id}-rest", "title": "其余", "weight": left, "target": "按计划完成", "aspect": first.aspect}
    return (first, OwnIndicator(**rest)) if left > 0 else (first,)


def leaves_of(indicator_set: IndicatorSet) -> list[Indicator]:
    """What can be scored: indicators with a rule, and open groups."""
    return [each for _, each in indicator_set.walk() if (each.rule or each.open) and each.weight]
