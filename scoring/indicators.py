"""An indicator set: the framework an evaluation is scored by, as a policy officer writes it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text, listed, suggest
from scoring.expression.tree import Kind
from scoring.expression.words import Label
from scoring.library.profiles import ProfileId
from scoring.peers import TAKES, Peers
from scoring.rules import AnyRule, Level, Over, Points, Prose, Share
from scoring.source.model import Bool, Date, Id, Int, Model, Name, Number, Str
from scoring.values import DATE, PERCENT, UNITS, Rounding, plain, rounded, shown

Status = Literal["official", "partly-confirmed", "unconfirmed", "illustrative"]
STATUS: dict[Status, Text] = {
    "official": Text("正式文件", "official text"),
    "partly-confirmed": Text("部分已核实", "partly confirmed"),
    "unconfirmed": Text("未核实", "unconfirmed"),
    "illustrative": Text("示例性（非官方）", "illustrative, not official"),
}
Subject = Literal["department", "project", "policy", "other"]
PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")
WORDS = ("title", "target", "actual", "lost", "weight", "points")  # what a wording may speak of
RESERVED = ("weight", "reduced", "at", "met", "actual", "target", "mark", "share", "check", "count", "taken")


class Titled(Model):
    """Anything with a Chinese title and, where wanted, an English one."""

    title: Str = Field(description="名称")
    english: Str | None = Field(None, description="英文名称（--lang en 时用）")

    @property
    def text(self) -> Text:
        return Text(self.title, self.english or self.title)


class Citation(Model):
    """Where something comes from."""

    title: Str = Field(description="文件或来源名称")
    number: Str | None = Field(None, description="文号")
    issuer: Str | None = Field(None, description="发文机关")
    issued: Date | None = Field(None, description="发文日期")
    article: Str | None = Field(None, description="条款或位置")
    note: Prose | None = Field(None, description="说明")

    def show(self) -> str:
        number = f"（{self.number}）" if self.number else ""
        return f"{self.issuer or ''}《{self.title}》{number}{self.article or ''}"


class FactAsked(Titled):
    """A fact the set works with: what it is called and the unit its number is in."""

    unit: str = Field("", description="单位，如 万元、人、%；不写为无单位的数")
    kind: Literal["number", "truth"] = Field("number", description="number 数，truth 是或否")
    source: Str | None = Field(None, description="从哪里取得")
    peers: Peers | None = Field(
        None, description="与同类比较的事实：批量评分时由全表算出，表里不填；单个评价照常填写，写明出处"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "truth" and self.peers:
            raise Fault(
                Text("是或否的事实不由同类算出", "a true-or-false fact does not come from peers"), inside=("peers",)
            )
        if self.kind == "truth" and self.unit:
            raise Fault(
                Text("是或否的事实没有单位", "a true-or-false fact has no unit"),
                Text("删去 unit", "remove unit"),
                inside=("unit",),
            )
        return self

    def label(self) -> Label:
        return Label(self.text, PERCENT if UNITS.get(self.unit, ("", 0))[0] == "share" else self.unit)


class Grade(Titled):
    """One grade: the lowest total, out of 100, that earns it."""

    at_least: Annotated[Number, Field(ge=0, le=100)] = Field(description="下限（含）")


class RoundingPolicy(Model):
    """Where and how points are rounded, once."""

    at: Literal["leaf", "total"] = Field(
        "leaf", description="leaf 每个指标取整；total 到总分才取整，各指标按最大余数法印出"
    )
    places: Annotated[Int, Field(ge=0, le=6)] = Field(2, description="小数位数")
    how: Rounding = Field("half-up", description="half-up 四舍五入；cut 舍去")


class Years(Model):
    """The budget years a set is for; `last` is left open while it is in force."""

    first: Annotated[Int, Field(ge=1990, le=2100)] = Field(description="第一个适用年度")
    last: Annotated[Int, Field(ge=1990, le=2100)] | None = Field(None, description="最后一个适用年度")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise Fault(Text("last 早于 first", "last is before first"), inside=("last",))
        return self

    def hold(self, year: int) -> bool:
        return self.first <= year and (self.last is None or year <= self.last)


NotApplicable = Literal["full", "parent", "whole", "shrink"]
NOT_APPLICABLE: dict[NotApplicable, Text] = {
    "full": Text("不适用的指标按满分计", "an indicator that does not apply counts in full"),
    "parent": Text("不适用指标的分值由同级指标按比例分摊", "its weight is shared by its siblings in proportion"),
    "whole": Text("不适用指标的分值由全部适用指标按比例分摊", "its weight is shared by all indicators that apply"),
    "shrink": Text("不适用指标的分值从总分中扣除", "its weight leaves the maximum"),
}


Combine = Literal["sum", "mean", "geometric", "weakest", "product", "best"]
COMBINE: dict[Combine, Text] = {
    "sum": Text("各下级得分相加", "the sum of its parts"),
    "mean": Text("各下级得分率按分值加权平均", "the weighted mean of its parts"),
    "geometric": Text("各下级得分率按分值几何平均", "the weighted geometric mean of its parts"),
    "weakest": Text("取得分率最低的下级", "its weakest part"),
    "product": Text("各下级得分率相乘", "the product of its parts"),
    "best": Text("几个下级择优计一个", "the best of its parts"),
}
Role = Literal["normal", "bonus", "penalty"]


class Quantitative(Model):
    """How an open group scores its quantitative indicators, where not simply in proportion."""

    floor: Share = Field(Fraction(0), description="完成率低于此值得 0 分")
    rescale: Bool = Field(False, description="达到 floor 后按 (完成率 − floor) ÷ (1 − floor) 计")
    ceiling: Share | None = Field(None, description="完成率高于此值得 0 分")
    over: Over | None = Field(None, description="完成率过高时按偏离度调减")
    reverse: Literal["inverse", "linear"] = Field("inverse", description="越低越好时怎样算")


class Open(Model):
    """A group whose indicators each evaluation sets itself; the weight stays fixed."""

    aspects: tuple[Str, ...] = Field((), description="可选的二级指标名称，如 社会效益")
    quantitative: Quantitative = Field(Quantitative(), description="定量目标的算法；不写则按完成比例")
    qualitative: Literal["levels", "judged"] = Field("levels", description="定性目标默认用哪种评分规则")
    levels: tuple[Level, ...] | None = Field(None, min_length=2, description="定性目标的等级；不写则用第十六条的三档")
    form: Str | None = Field(None, description="在绩效目标完成情况表中的一级指标名称")
    second: Str | None = Field(None, description="在绩效目标完成情况表中的二级指标名称；不写用 aspect")
    hint: Str | None = Field(None, description="怎样设置的说明")

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        for index, aspect in enumerate(self.aspects):
            if aspect in self.aspects[:index]:
                raise Fault(
                    Text(f"二级指标“{aspect}”写了两次", f"aspect '{aspect}' appears twice"), inside=("aspects", index)
                )
        return self


class Wording(Model):
    """What the report says when points are lost and the record says nothing; {{ title }} {{ target }} {{ actual }} {{ lost }}."""

    problem: Prose | None = Field(None, description="存在问题的模板")
    recommendation: Prose | None = Field(None, description="改进建议的模板")


class Indicator(Titled, Wording):
    """A node of the framework: a group with children, an open group, or a leaf with a rule."""

    id: Id = Field(description="编号，英文小写，如 budget-execution")
    weight: Annotated[Number, Field(ge=0)] = Field(Decimal(0), description="分值")
    combine: Combine = Field(
        "sum", description="下级怎样合成：sum 相加，mean 加权平均，weakest 取最低，product 相乘，best 择优"
    )
    role: Role = Field("normal", description="normal 计入总分；bonus 在总分之外加分；penalty 在总分之外扣分")
    children: tuple["Indicator", ...] | None = Field(None, min_length=1, description="下级指标")
    open: Open | None = Field(None, description="由评价自设指标的组")
    rule: AnyRule | None = Field(None, description="评分规则")
    reducible: Points | None = Field(None, description="算出得分后，评价人最多可调减几分")
    standard: Prose | None = Field(None, description="评分标准原文")
    evidence: tuple[Str, ...] = Field((), description="需要的佐证材料")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        given = [key for key in ("children", "open", "rule") if getattr(self, key) is not None]
        if len(given) > 1:
            raise Fault(
                Text(
                    f"指标“{self.title}”要写 children、open、rule 三者之一，现在写了 {'、'.join(given)}",
                    f"indicator '{self.id}' needs exactly one of children, open and rule",
                )
            )
        if self.combine != "sum" and self.children is None and self.open is None:
            raise Fault(Text("combine 用于有下级的指标", "combine is for an indicator with parts"), inside=("combine",))
        return self


Origin = Literal["confirmed", "secondary", "illustrative", "none"]
ORIGIN: dict[Origin, Text] = {
    "confirmed": Text("有出处", "confirmed"),
    "secondary": Text("二手资料", "from a secondary source"),
    "illustrative": Text("本项目拟定", "ours, illustrative"),
    "none": Text("原文没有", "none in the text"),
}


class Veto(Titled):
    """An event that overrules the score: the whole score is lost, or the grade goes no higher than a ceiling."""

    id: Name = Field(description="事项 id")
    effect: Literal["zero", "ceiling"] = Field(description="zero 总分计零，ceiling 等级不高于 grade")
    grade: Str | None = Field(None, description="最高等级")

    @model_validator(mode="after")
    def _names_a_grade(self) -> Self:
        if (self.effect == "ceiling") != (self.grade is not None):
            raise Fault(Text("effect: ceiling 时写 grade", "a ceiling needs a grade"), inside=("effect",))
        return self


class IndicatorSet(Titled):
    """A whole framework with its citations, grades and rounding."""

    id: Id = Field(description="体系编号")
    version: Str = Field(description="版本，如 '1'")
    subject: Subject = Field(description="评价对象：department 部门整体，project 项目支出")
    status: Status = Field(description="可信程度")
    note: Prose | None = Field(None, description="必须让读者看到的说明")
    weights: Origin = Field(
        description="分值的来源：confirmed 有出处，secondary 二手资料，illustrative 本项目拟定，none 原文没有"
    )
    rules: Origin = Field(
        description="评分规则的来源：confirmed 有出处，secondary 二手资料，illustrative 本项目拟定，none 原文没有"
    )
    profile: ProfileId | None = Field(None, description="应当符合的规定，供 sets lint 核对")
    vetoes: tuple[Veto, ...] = Field((), description="一票否决事项")
    grade_drop: tuple[Share, ...] = Field((), description="复核等级比此前低一档、两档……时的折扣，如 [90%, 80%, 70%]")
    effective: Years = Field(description="适用年度")
    citations: tuple[Citation, ...] = Field(min_length=1, description="依据")
    maximum: Annotated[Number, Field(gt=0)] = Field(Decimal(100), description="总分")
    rounding: RoundingPolicy = Field(RoundingPolicy(), description="取整方法")
    not_applicable: NotApplicable | None = Field(None, description="不适用指标的分值怎么办；不写则不许填不适用")
    grades: tuple[Grade, ...] = Field(min_length=1, description="等级，从高到低")
    grades_source: Prose = Field(description="等级划分的依据")
    facts: dict[Name, FactAsked] = Field(default_factory=dict, description="评价要提供的事实")
    outline: Id = Field(description="报告提纲")
    indicators: tuple[Indicator, ...] = Field(min_length=1, description="指标")

    @property
    def reference(self) -> str:
        return f"{self.id}@{self.version}"

    def kinds(self) -> dict[str, Kind]:
        return {name: fact.kind for name, fact in self.facts.items()}

    def peers(self, fact: str) -> Text | None:
        """How a fact comes from peers, in words."""
        found = self.facts[fact].peers
        return found.text(self.facts[found.of].text) if found else None

    def grade(self, total: Decimal, maximum: Decimal) -> Grade | None:
        """The grade of a printed total; totals out of another maximum are compared out of 100."""
        share = Fraction(total) * 100 / Fraction(maximum)
        return next((grade for grade in self.grades if share >= Fraction(grade.at_least)), None)

    def walk(self) -> Iterator[tuple[tuple[str | int, ...], Indicator]]:
        """Every indicator with its path in the file, parents first."""
        yield from _walk(self.indicators, ("indicators",))

    def faults(self) -> Iterator[Fault]:
        """What is wrong with the set as a whole; Fault.inside is the path from the top of the file."""
        yield from self._faults_of_grades()
        for name in self.facts:
            if name in RESERVED:
                yield reserved(name)
        for name, asked in self.facts.items():
            if asked.peers is not None:
                yield from (fault.within("facts", name) for fault in self._faults_of_peers(asked, asked.peers))
        grades = [grade.title for grade in self.grades]
        for index, veto in enumerate(self.vetoes):
            if veto.grade is not None and veto.grade not in grades:
                listed = "、".join(grades)
                yield Fault(
                    Text(f"没有等级“{veto.grade}”", f"there is no grade '{veto.grade}'"),
                    Text(f"有：{listed}", f"there are: {listed}"),
                    inside=("vetoes", index, "grade"),
                )
        seen: dict[str, str] = {}
        for path, indicator in self.walk():
            if indicator.id in seen:
                yield Fault(
                    Text(
                        f"编号 {indicator.id} 已用于“{seen[indicator.id]}”",
                        f"id {indicator.id} is already used for '{seen[indicator.id]}'",
                    ),
                    Text("每个指标的编号要不同", "every indicator needs an id of its own"),
                    inside=(*path, "id"),
                )
            seen.setdefault(indicator.id, indicator.title)
            yield from self._faults_of(indicator, path)
            yield from places_faults(indicator.weight, self.rounding, (*path, "weight"))
            if indicator.children is not None and self.weights != "none":
                yield from parts_faults(indicator.children, indicator, (*path, "weight"))
            for key in ("problem", "recommendation"):
                yield from wording_faults(getattr(indicator, key), (*path, key))
            if indicator.rule is not None:
                yield from rule_faults(indicator.rule, indicator.weight, self.kinds(), (*path, "rule"))
        if self.weights != "none":
            counted = tuple(indicator for indicator in self.indicators if indicator.role == "normal")
            yield from sum_faults(counted, self.maximum, "总分", ("indicators",))

    def _faults_of_peers(self, asked: FactAsked, peers: Peers) -> Iterator[Fault]:
        """What such a fact is reckoned from must be a number that is recorded, and the unit must be what comes of it."""
        recorded = [name for name, fact in self.facts.items() if fact.peers is None and fact.kind == "number"]
        of, at = self.facts.get(peers.of), ("peers", "of")
        if of is None:
            yield Fault(
                Text(f"没有事实“{peers.of}”", f"there is no fact '{peers.of}'"), suggest(peers.of, recorded), inside=at
            )
        elif peers.of not in recorded or of.unit == DATE:
            why = Text("不是数", "is no number")
            if of.peers is not None:
                why = Text("本身由同类算出", "comes from peers itself")
            names = listed(name for name in recorded if self.facts[name].unit != DATE)
            yield Fault(
                Text(f"“{of.title}”{why.zh}，不能与同类比较", f"'{peers.of}' {why.en}: peers need a recorded number"),
                Text(f"可用：{names.zh}", f"there are: {names.en}"),
                inside=at,
            )
        elif peers.take in ("rank", "count"):
            if asked.unit in UNITS:
                message = Text(
                    f"{TAKES[peers.take].zh}没有单位“{asked.unit}”", f"the unit '{asked.unit}' is of no count"
                )
                yield Fault(message, Text("删去 unit，或写 名、个", "remove unit, or write 名 or 个"), inside=("unit",))
        elif asked.unit != of.unit:
            unit = Text(f"单位是“{of.unit}”", f"the unit '{of.unit}'") if of.unit else Text("没有单位", "no unit")
            hint = (
                Text(f"写 unit: {of.unit}", f"write unit: {of.unit}") if of.unit else Text("删去 unit", "remove unit")
            )
            yield Fault(
                Text(
                    f"“{of.title}”{unit.zh}，由它算出的也一样", f"'{peers.of}' has {unit.en}, so has what comes of it"
                ),
                hint,
                inside=("unit",) if asked.unit else at,
            )

    def _faults_of(self, indicator: Indicator, path: tuple[str | int, ...]) -> Iterator[Fault]:
        """A weight or a rule left out where the set does not say that the text has none; a role below the first level."""
        if self.weights != "none" and not indicator.weight:
            yield Fault(
                Text(f"指标“{indicator.title}”没有分值", f"indicator '{indicator.id}' has no weight"),
                Text(
                    "写大于 0 的 weight；原文没有分值的体系写 weights: none",
                    "write a weight above 0, or weights: none for the set",
                ),
                inside=path if "weight" not in indicator.model_fields_set else (*path, "weight"),
            )
        if self.rules != "none" and not (indicator.children or indicator.open or indicator.rule):
            yield Fault(
                Text(
                    f"指标“{indicator.title}”要写 children、open、rule 三者之一",
                    f"'{indicator.id}' needs children, open or rule",
                ),
                Text("原文没有评分规则的体系写 rules: none", "write rules: none for a set whose text has none"),
                inside=path,
            )
        if indicator.role != "normal" and len(path) > 2:
            yield Fault(
                Text("加分、扣分项只能是一级指标", "bonus and penalty stand at the first level"), inside=(*path, "role")
            )

    def _faults_of_grades(self) -> Iterator[Fault]:
        for index, (higher, lower) in enumerate(zip(self.grades, self.grades[1:], strict=False), start=1):
            if lower.at_least >= higher.at_least:
                yield Fault(
                    Text(
                        f"等级“{lower.title}”的下限不低于“{higher.title}”",
                        f"grade {lower.title} is not below {higher.title}",
                    ),
                    Text("从高到低排列", "list grades from high to low"),
                    inside=("grades", index, "at_least"),
                )
        if self.grades[-1].at_least != 0:
            yield Fault(
                Text(
                    f"{plain(self.grades[-1].at_least)} 分以下没有等级",
                    f"no grade below {plain(self.grades[-1].at_least)}",
                ),
                Text("最后一个等级写 at_least: 0", "give the last grade at_least: 0"),
                inside=("grades", len(self.grades) - 1, "at_least"),
            )


def reserved(name: str) -> Fault:
    """A fact may not take a name that rules use for what a record gives."""
    message = Text(f"“{name}”是保留名称", f"'{name}' is a reserved name")
    return Fault(message, Text("换一个名称", "choose another name"), inside=("facts", name), at_key=True)


def _walk(
    indicators: tuple[Indicator, ...], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Indicator]]:
    for index, indicator in enumerate(indicators):
        here = (*path, index)
        yield here, indicator
        if indicator.children:
            yield from _walk(indicator.children, (*here, "children"))


class Weighted(Titled):
    """Anything that carries a weight."""

    weight: Annotated[Number, Field(gt=0)] = Field(description="分值")


def sum_faults(
    parts: tuple[Indicator, ...] | tuple[Weighted, ...], whole: Decimal, title: str, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    """A fault unless the weights of the parts add up to the whole."""
    total = sum((part.weight for part in parts), Decimal(0))
    if total != whole:
        terms = " + ".join(plain(part.weight) for part in parts)
        listed = f"{terms} = {plain(total)}" if len(parts) > 1 else terms
        yield Fault(
            Text(
                f"“{title}”分值 {plain(whole)}，下级合计 {listed}",
                f"'{title}' weighs {plain(whole)} but its parts add up to {listed}",
            ),
            Text(f"相差 {plain(whole - total)}", f"off by {plain(whole - total)}"),
            inside=path,
        )


def places_faults(weight: Decimal, rounding: RoundingPolicy, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """A weight finer than points are rounded: full marks could not be printed."""
    if weight != rounded(Fraction(weight), rounding.places, "cut"):
        yield Fault(
            Text(
                f"分值 {plain(weight)} 的小数比得分的 {rounding.places} 位多",
                f"the weight {plain(weight)} is finer than points are rounded, {rounding.places} places",
            ),
            Text("减少分值的小数，或改 rounding: {places: …}", "write fewer decimals, or change rounding: {places: …}"),
            inside=path,
        )


def parts_faults(parts: tuple[Indicator, ...], whole: Indicator, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Weights of parts against their group: a sum adds up, a choice or product gives each part the whole weight."""
    if whole.combine == "sum":
        yield from sum_faults(parts, whole.weight, whole.title, path)
    elif whole.combine not in ("mean", "geometric"):
        for part in parts:
            if part.weight != whole.weight:
                yield Fault(
                    Text(
                        f"“{whole.title}”的下级各按 {plain(whole.weight)} 分评，“{part.title}”写的是 {plain(part.weight)}",
                        f"each part of '{whole.id}' is scored out of {plain(whole.weight)}, '{part.id}' says {plain(part.weight)}",
                    ),
                    inside=path,
                )


def rule_faults(rule: AnyRule, weight: Decimal, known: dict[str, Kind], path: tuple[str | int, ...]) -> Iterator[Fault]:
    """A fault when a rule names what does not exist, or its most differs from the weight."""
    try:
        rule.lower(Fraction(weight or 1), known)
    except Fault as fault:
        yield Fault(fault.message, fault.hint, inside=(*path, *fault.inside), offset=fault.offset)
        return
    if not weight:
        return  # the text gives none: only the names can be checked
    for unsound in rule.unsound(Fraction(weight)):
        yield unsound.within(*path)
    most = rule.maximum(Fraction(weight))
    if most is not None and most != weight:
        yield Fault(
            Text(
                f"规则最高得 {shown(most)} 分，指标分值是 {plain(weight)}",
                f"the rule gives at most {shown(most)} points, the indicator weighs {plain(weight)}",
            ),
            Text("两者要相等", "make the two equal"),
            inside=path,
        )


def wording_faults(text: str | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """A placeholder in a problem or recommendation that stands for nothing."""
    for found in PLACEHOLDER.finditer(text or ""):
        if found[1] not in WORDS:
            yield Fault(
                Text(f"模板里没有“{found[1]}”", f"the template knows no '{found[1]}'"),
                suggest(found[1], WORDS),
                inside=path,
            )
