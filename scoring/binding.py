"""A set and an evaluation put together: every leaf with its rule, its expression and its record, and all that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from scoring.errors import Fault, Text, listed, suggest
from scoring.evaluation import Evaluation, OwnIndicator, Record
from scoring.expression.tree import Arithmetic, Call, Kind, Name, Named, Node, Number, names
from scoring.expression.words import Label
from scoring.facts import Figure, read_facts
from scoring.goals import goal_faults, share_faults
from scoring.indicators import (
    Combine,
    Indicator,
    IndicatorSet,
    Role,
    Wording,
    places_faults,
    rule_faults,
    sum_faults,
    wording_faults,
)
from scoring.rules import ANSWERS, AnyRule, mark_faults
from scoring.values import Target, plain, repeats

NOTHING: Node = Number(Fraction(0))


@dataclass(slots=True)
class Bound:
    """One indicator as this evaluation has it: from the set, or its own inside an open group."""

    id: str
    title: Text
    weight: Decimal
    path: tuple[Text, ...]
    wording: Wording
    wanted: tuple[str, ...] = ()
    standard: str = ""
    form: tuple[str, str] | None = None
    children: list[Bound] = field(default_factory=list)
    combine: Combine = "sum"
    role: Role = "normal"
    reducible: Decimal | None = None
    rule: AnyRule | None = None
    tree: Node = NOTHING
    labels: dict[str, Label] = field(default_factory=dict)
    known: dict[str, Kind] = field(default_factory=dict)
    record: Record | None = None
    goal: Target | None = None
    unproven: bool = False

    def answered(self, record: Record | None) -> Bound:
        """With that record, and whether its actual only repeats the target."""
        self.record, actual = record, record.actual if record else None
        self.unproven = bool(self.goal and isinstance(actual, str) and repeats(self.goal, actual))
        return self

    def walk(self) -> Iterator[Bound]:
        yield self
        for child in self.children:
            yield from child.walk()

    def leaves(self) -> Iterator[Bound]:
        if self.rule is not None:
            yield self
        for child in self.children:
            yield from child.leaves()


def bind(indicator_set: IndicatorSet, evaluation: Evaluation) -> tuple[list[Bound], dict[str, Figure], list[Fault]]:
    """The bound tree, the figures and every fault; Fault.inside is the path from the top of the evaluation."""
    figures, faults = read_facts(indicator_set, evaluation)
    faults += [*evaluation.faults(), *share_faults(evaluation), *_faults_of_subject(indicator_set, evaluation)]
    binder = _Binder(indicator_set, evaluation, figures, faults)
    nodes = [binder.bind(indicator, ()) for indicator in indicator_set.indicators]
    for top, indicator in zip(nodes, indicator_set.indicators, strict=True):
        for node in top.walk():
            node.role = indicator.role
    binder.check_groups()
    binder.check_records(nodes)
    return nodes, figures, faults


def rebound(leaf: Bound, evaluation: Evaluation, figures: Mapping[str, Figure]) -> Bound:
    """An indicator as another evaluation of the same set, with the same own indicators, has it."""
    labels = {**leaf.labels, **{name: figure.label() for name, figure in figures.items()}}
    return replace(leaf, labels=labels).answered(evaluation.records.get(leaf.id))


def unscorable(indicator_set: IndicatorSet) -> Fault | None:
    """Why a set cannot be scored as it is: its text has no weights or no rules."""
    if "none" not in (indicator_set.weights, indicator_set.rules):
        return None
    return Fault(
        Text(
            f"体系 {indicator_set.id} 的原文没有分值或评分规则，不能直接评分",
            f"the text of set {indicator_set.id} has no weights or rules: it cannot be scored as it is",
        ),
        Text("用 extends 写一个补上分值和规则的体系", "write a set that extends it and supplies them"),
    )


def _faults_of_subject(indicator_set: IndicatorSet, evaluation: Evaluation) -> Iterator[Fault]:
    if evaluation.subject.kind != indicator_set.subject:
        yield Fault(
            Text(
                f"体系 {indicator_set.id} 评价 {indicator_set.subject}，本评价的对象是 {evaluation.subject.kind}",
                f"set {indicator_set.id} is for a {indicator_set.subject}, this evaluation is of a {evaluation.subject.kind}",
            ),
            inside=("subject", "kind"),
        )
    if incomplete := unscorable(indicator_set):
        yield incomplete.within("set")
    known = [veto.id for veto in indicator_set.vetoes]
    for id in evaluation.vetoes:
        if id not in known:
            yield Fault(
                Text(f"体系里没有一票否决事项“{id}”", f"the set has no veto '{id}'"),
                suggest(id, known),
                inside=("vetoes", id),
                at_key=True,
            )
    if evaluation.earlier_review is not None and not indicator_set.grade_drop:
        yield Fault(
            Text("体系没有规定等级下降怎样打折", "the set has no discount for a lower grade"),
            inside=("earlier_review",),
        )
    years = indicator_set.effective
    if not years.hold(evaluation.year) and evaluation.outside_years is None:
        span = f"{years.first}–{years.last or ''}"
        yield Fault(
            Text(f"体系 {indicator_set.id} 适用于 {span} 年度", f"set {indicator_set.id} is for the years {span}"),
            Text(
                "换一个体系，或写 outside_years: 仍采用它的理由",
                "choose another set, or write outside_years: why it is used",
            ),
            inside=("year",),
        )


def _named(aspect: str) -> str:
    return aspect if aspect.endswith("指标") else f"{aspect}指标"


def _faults_of_reduction(record: Record, leaf: Bound) -> Iterator[Fault]:
    most = leaf.reducible
    if record.reduce is None or most is None:
        return
    if leaf.unproven:
        yield Fault(
            Text("没有算出的得分，不能调减", "there is no computed score to reduce"),
            Text("直接评 mark", "give a mark instead"),
            inside=("reduce",),
        )
    if record.reduce > most:
        yield Fault(
            Text(
                f"调减 {record.reduce} 分超过上限 {most} 分",
                f"{record.reduce} exceeds the most that may be taken, {most}",
            ),
            inside=("reduce",),
        )
    if not record.reason:
        yield Fault(Text("调减要写理由 reason", "a reduction needs a reason"), inside=("reduce",))


class _Binder:
    def __init__(
        self, indicator_set: IndicatorSet, evaluation: Evaluation, figures: dict[str, Figure], faults: list[Fault]
    ):
        self.set, self.evaluation, self.figures, self.faults = indicator_set, evaluation, figures, faults
        given: dict[str, Kind] = {
            name: "truth" if isinstance(fact.value, bool) else "number" for name, fact in evaluation.facts.items()
        }
        self.known: dict[str, Kind] = {**indicator_set.kinds(), **given}
        self.labels = {name: fact.label() for name, fact in indicator_set.facts.items()}
        self.labels |= {name: figure.label() for name, figure in figures.items()}
        self.ids = {indicator.id: indicator.title for _, indicator in indicator_set.walk()}

    def bind(self, indicator: Indicator, above: tuple[Text, ...]) -> Bound:
        path = (*above, indicator.text)
        bound = Bound(
            indicator.id,
            indicator.text,
            indicator.weight,
            path,
            indicator,
            indicator.evidence,
            indicator.standard or "",
        )
        bound.combine = indicator.combine
        if indicator.children is not None:
            bound.children = [self.bind(child, path) for child in indicator.children]
        elif indicator.open is not None:
            bound.children = list(self.own(indicator, path))
        elif indicator.rule is not None:
            bound.reducible = indicator.reducible
            self.leaf(bound, indicator.rule)
        return bound

    def leaf(self, bound: Bound, rule: AnyRule) -> None:
        weight = Fraction(bound.weight)
        bound.rule, bound.known = rule, self.known
        try:
            bound.tree = rule.lower(weight, self.known)
        except Fault:
            return  # reported where the rule is written
        if bound.reducible is not None:
            less = Arithmetic("-", bound.tree, Named(Text("人工调减", "reduced by a person"), Name("reduced")))
            bound.tree = Call("max", (NOTHING, less))
        bound.labels = {**self.labels, **rule.labels(weight)}
        bound.goal = bound.goal or rule.goal()
        bound.answered(self.evaluation.records.get(bound.id))

    def own(self, group: Indicator, path: tuple[Text, ...]) -> Iterator[Bound]:
        """The indicators the evaluation sets itself in an open group."""
        assert group.open is not None
        place = ("indicators", group.id)
        mine = self.evaluation.indicators.get(group.id, ())
        if not mine:
            self.faults.append(
                Fault(
                    Text(
                        f"开放组“{group.title}”（{group.weight}分）没有自设指标",
                        f"the open group '{group.id}' ({group.weight} points) has no indicators",
                    ),
                    Text(
                        f"在 indicators: 下写 {group.id}: 和它的指标",
                        f"write {group.id}: and its indicators under indicators:",
                    ),
                    inside=("indicators",),
                    at_key=True,
                )
            )
            return
        self.faults += sum_faults(mine, group.weight, group.title, place)
        self.faults += goal_faults(self.evaluation, group, mine)
        for index, own in enumerate(mine):
            self.faults += places_faults(own.weight, self.set.rounding, (*place, index, "weight"))
        for index, own in enumerate(mine):
            here = (*place, index)
            if own.id in self.ids:
                self.faults.append(
                    Fault(
                        Text(
                            f"编号 {own.id} 已用于“{self.ids[own.id]}”",
                            f"id {own.id} is already used for '{self.ids[own.id]}'",
                        ),
                        inside=(*here, "id"),
                    )
                )
            self.ids.setdefault(own.id, own.title)
            self.check_aspect(own, group, here)
            for key in ("problem", "recommendation"):
                self.faults += wording_faults(getattr(own, key), (*here, key))
            try:
                rule = own.scored_by(group.open)
            except Fault as fault:
                self.faults.append(fault.within(*here))
                continue
            self.faults += rule_faults(rule, own.weight, self.known, (*here, "rule") if own.rule else here)
            # the aspect is the second level: below a first-level group, in place of a deeper one
            above = (*(path if len(path) == 1 else path[:-1]), Text(own.aspect, own.aspect)) if own.aspect else path
            wording = Wording(
                problem=own.problem or group.problem, recommendation=own.recommendation or group.recommendation
            )
            bound = Bound(own.id, own.text, own.weight, (*above, own.text), wording, own.evidence)
            bound.form = (group.open.form or group.title, group.open.second or _named(own.aspect or group.title))
            bound.goal = own.goal()
            self.leaf(bound, rule)
            yield bound

    def check_aspect(self, own: OwnIndicator, group: Indicator, here: tuple[str | int, ...]) -> None:
        aspects = group.open.aspects if group.open else ()
        if aspects and own.aspect not in aspects:
            choices = listed(aspects)
            self.faults.append(
                Fault(
                    Text(
                        f"“{own.title}”要写属于哪一个二级指标 aspect"
                        if own.aspect is None
                        else f"没有二级指标“{own.aspect}”",
                        f"'{own.id}' needs one of the aspects of its group",
                    ),
                    Text(f"可选：{choices.zh}", f"choose from: {choices.en}"),
                    inside=(*here, "aspect") if own.aspect else here,
                )
            )

    def check_groups(self) -> None:
        """Own indicators go into open groups only."""
        groups = {indicator.id: indicator for _, indicator in self.set.walk()}
        names = [id for id, indicator in groups.items() if indicator.open]
        for id in self.evaluation.indicators:
            if id not in names:
                self.faults.append(
                    Fault(
                        Text(
                            f"“{id}”不是开放组" if id in groups else f"体系里没有开放组“{id}”",
                            f"'{id}' is not an open group of the set",
                        ),
                        suggest(id, names),
                        inside=("indicators", id),
                        at_key=True,
                    )
                )

    def check_records(self, nodes: list[Bound]) -> None:
        leaves = {leaf.id: leaf for node in nodes for leaf in node.leaves()}
        for id, record in self.evaluation.records.items():
            place = ("records", id)
            if leaf := leaves.get(id):
                for fault in self.faults_of_record(leaf, record):
                    self.faults.append(fault.within(*place))
                continue
            hint = suggest(id, leaves)
            message = Text(f"没有编号为“{id}”的指标", f"there is no indicator '{id}'")
            if group := next((node for top in nodes for node in top.walk() if node.id == id), None):
                message = Text(f"“{id}”是一组指标，不能直接记录", f"'{id}' is a group and has no record of its own")
                parts = listed(leaf.id for leaf in group.leaves())
                hint = Text(f"记录它的下级指标：{parts.zh}", f"record its indicators: {parts.en}")
            self.faults.append(
                Fault(
                    message,
                    hint,
                    inside=place,
                    at_key=True,
                )
            )

    def faults_of_record(self, leaf: Bound, record: Record) -> Iterator[Fault]:
        assert leaf.rule is not None
        if record.self_score is not None and record.self_score > leaf.weight:
            yield Fault(
                Text(
                    f"自评分 {plain(record.self_score)} 超过分值 {plain(leaf.weight)}",
                    f"the self-score {plain(record.self_score)} is above the weight {plain(leaf.weight)}",
                ),
                inside=("self_score",),
            )
        given = [key for key in ANSWERS if getattr(record, key) is not None]
        if record.not_applicable is not None:
            if self.set.not_applicable is None:
                yield Fault(
                    Text(
                        f"体系 {self.set.id} 没有规定不适用怎么办",
                        f"set {self.set.id} does not provide for not applicable",
                    ),
                    inside=("not_applicable",),
                )
            if given:
                yield Fault(
                    Text("不适用的指标不再填结果", "an indicator that does not apply takes no answer"),
                    inside=(given[0],),
                )
            return
        allowed = {*leaf.rule.asks}
        if leaf.goal is not None:
            allowed.add("actual")  # the completion table prints it even where a person judges
        if leaf.reducible is not None:
            allowed.add("reduce")
            yield from _faults_of_reduction(record, leaf)
        if leaf.unproven and not leaf.rule.by_judgement:
            allowed.add("mark")  # nothing can be computed from a repeated target, so a person may mark it
            yield from mark_faults(record, Fraction(0), Fraction(leaf.weight)) if record.mark is not None else ()
        for key in given:
            if key not in allowed:
                asked = listed(leaf.rule.asks)
                facts = listed(name for name in names(leaf.tree) if name in leaf.known)
                hint = Text(f"填 {asked.zh}", f"give {asked.en}")
                if not leaf.rule.needs() and facts.zh != "无":
                    hint = Text(
                        f"得分由事实算出：在 facts: 里填 {facts.zh}（jixiao record 用 --fact）",
                        f"the points are computed from facts: give {facts.en} under facts: (jixiao record --fact)",
                    )
                yield Fault(
                    Text(
                        f"“{leaf.title.zh}”的规则是“{leaf.rule.title.zh}”，不用 {key}",
                        f"'{leaf.id}' is scored by {leaf.rule.kind}, which does not take {key}",
                    ),
                    hint,
                    inside=(key,),
                )
        answer = record.model_copy(update={"actual": None}) if leaf.unproven else record
        yield from leaf.rule.faults(answer, Fraction(leaf.weight))
        if (other := record.same_problem_as) is not None:
            yield from self._faults_of_shared_problem(leaf.id, other)
        if record.problem is not None and record.waiver is not None:
            yield Fault(
                Text("problem 与 waiver 只能写一个", "write problem or waiver, not both"),
                Text("是问题就删去 waiver，不是问题就删去 problem", "a loss is either a problem or waived"),
                inside=("waiver",),
            )
        for key in ("problem", "recommendation"):
            yield from wording_faults(getattr(record, key), (key,))
            for index, deduction in enumerate(record.deductions or ()):
                yield from wording_faults(getattr(deduction, key), ("deductions", index, key))

    def _faults_of_shared_problem(self, id: str, other: str) -> Iterator[Fault]:
        message: Text | None = None
        hint: Text | None = None
        source = self.evaluation.records.get(other)
        if other == id:
            message = Text("same_problem_as 指向了自己", "same_problem_as points at itself")
        elif source is None:
            message = Text(f"没有编号为“{other}”的记录", f"there is no record '{other}'")
            hint = suggest(other, self.evaluation.records)
        elif source.problem is None:
            message = Text(f"指标“{other}”的记录里没有写问题", f"the record of '{other}' states no problem")
        if message:
            yield Fault(message, hint, inside=("same_problem_as",))
