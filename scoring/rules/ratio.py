"""Points in proportion to how much of a target was reached."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.tree import Arithmetic, Call, Choose, Compare, Kind, Name, Named, Node, Number, number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Formula, Points, Rule, Share
from scoring.rules.measured import computed_already, measured
from scoring.source.model import Bool, Model, Str
from scoring.source.model import Number as NumberField
from scoring.values import DATE, PERCENT, UNITS, Target, read_target, repeats, shown_percent

RATE, SHARE = Text("完成率", "completion"), Text("得分比例", "share")


class Over(Model):
    """How completion far above the target is reduced."""

    start: Share = Field(description="完成率超过多少开始调减，如 130%")
    slope: Points = Field(Decimal(1), description="每超 1 个百分点调减几个百分点")


class Ratio(Rule):
    """Full points when the target is reached, else points in proportion to the completion.

    Formula: weight × completion, completion held to `cap`.
             higher: actual ÷ target. lower: 1 when actual ≤ target, else target ÷ actual, or with `reverse: linear`
             2 − actual ÷ target, 0 from twice the target on.
             equal: the smaller of actual ÷ target and target ÷ actual.
             floor: 0 below it; with `rescale`, (completion − floor) ÷ (cap − floor) from it on.
             ceiling: 0 above it. over: 1 − slope × (completion − start) above `start`, at least 0, with a reason.
    Units:   actual and target in the unit of the target; percentages are shares; completion is a share.
    Signs:   ＞ and ＜ are read as ≥ and ≤: a completion of 100% earns full points (our choice; write ≥191人 for more than 190).
    Zero:    a target of 0 counts as reached (completion 1) when actual meets it, else completion is 0.
    Errors:  refused on load when the target is not one quantity, is negative or a date, when sign and direction
             disagree, when floor > cap, or ceiling or over.start is below cap; when scored, far over the target without
             a reason.
    Source:  财预〔2020〕10号 第十六条 for `higher` and for reducing by the deviation where a target was clearly set too low
             (it prints no start and no slope: the set dates them); it is silent on lower, equal and zero targets: those
             are our choice. 财预〔2021〕101号 三（七）2 for floor 60% with rescale.
    """

    kind: Literal["ratio"] = "ratio"
    title: ClassVar[Text] = Text("按完成比例赋分", "in proportion to completion")
    asks: ClassVar[tuple[str, ...]] = ("actual",)

    target: Str | NumberField = Field(description="目标值：一个数加单位，如 ≥95%、10.34万元；或引用事实的公式")
    unit: str | None = Field(None, description="目标值是公式时的单位，如 万元、%")
    actual: Formula | None = Field(None, description="用事实算出实际值的公式；不写则由记录填 actual")
    direction: Literal["higher", "lower", "equal"] = Field("higher", description="越高越好、越低越好，或越接近越好")
    cap: Share = Field(Fraction(1), description="完成率上限")
    floor: Share = Field(Fraction(0), description="完成率低于此值得 0 分")
    rescale: Bool = Field(False, description="达到 floor 后按 (完成率 − floor) ÷ (cap − floor) 计")
    ceiling: Share | None = Field(None, description="完成率高于此值得 0 分")
    over: Over | None = Field(None, description="完成率过高时按偏离度调减，并要求写理由")
    reverse: Literal["inverse", "linear"] = Field(
        "inverse", description="越低越好时：inverse 目标÷实际，linear 到两倍目标减为零"
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.floor > self.cap:
            raise Fault(Text("floor 大于 cap", "floor is above cap"), inside=("floor",))
        if self.rescale and not self.floor < self.cap:
            raise Fault(Text("rescale 要求 floor 小于 cap", "rescale needs floor below cap"), inside=("rescale",))
        if self.ceiling is not None and self.ceiling < self.cap:
            raise Fault(Text("ceiling 小于 cap", "ceiling is below cap"), inside=("ceiling",))
        if self.over is not None and self.over.start < self.cap:
            raise Fault(Text("over 的 start 小于 cap", "over starts below cap"), inside=("over", "start"))
        if self.reverse == "linear" and self.direction != "lower":
            raise Fault(
                Text("reverse: linear 用于 direction: lower", "reverse: linear goes with direction: lower"),
                inside=("reverse",),
            )
        goal = self.goal()
        if goal is None:
            return self
        assert goal.quantity is not None
        if goal.quantity.value < 0 or goal.quantity.unit == DATE:
            raise Fault(
                Text(f"比例法的目标值不能是“{goal.printed}”", f"a ratio cannot be taken to '{goal.printed}'"),
                Text(
                    "日期和负数不能相除，请换 bands 或 judged",
                    "dates and negatives cannot be divided: use bands or judged",
                ),
                inside=("target",),
            )
        wanted = {">=": "higher", ">": "higher", "<=": "lower", "<": "lower"}.get(goal.sign)
        if wanted and wanted != self.direction:
            raise Fault(
                Text(
                    f"目标值“{goal.printed}”与 direction: {self.direction} 相反",
                    f"the target '{goal.printed}' contradicts direction: {self.direction}",
                ),
                Text(f"写 direction: {wanted}", f"write direction: {wanted}"),
                inside=("direction",) if "direction" in self.model_fields_set else ("target",),
            )
        return self

    def goal(self) -> Target | None:
        """The target when it is written as a quantity; None when it is a formula over facts."""
        if self.unit is not None:
            return None
        goal = read_target(str(self.target))
        if goal.quantity is None:
            raise Fault(
                Text(f"目标值“{self.target}”不是一个数", f"the target '{self.target}' is not one number"),
                Text(
                    "写一个数加单位，如 ≥95%；若是公式，同时写 unit",
                    "write a number and unit; with a formula also write unit",
                ),
                inside=("target",),
            )
        return goal

    def _unit(self) -> str:
        goal = self.goal()
        return self.unit or (goal.quantity.unit if goal and goal.quantity else "")

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        rate = self.completion(known)
        # only more of what should be more can exceed the target
        held: Node = Call("min", (Number(self.cap), rate)) if self.direction == "higher" or self.cap < 1 else rate
        if self.rescale:
            held = Arithmetic("/", Arithmetic("-", held, Number(self.floor)), Number(1 - self.floor / self.cap))
        if self.over is not None:
            beyond = Arithmetic("-", rate, Number(self.over.start))
            cut = Arithmetic("-", Number(self.cap), Arithmetic("*", Number(Fraction(self.over.slope)), beyond))
            held = Choose(Compare(">", rate, Number(self.over.start)), Call("max", (number(0), cut)), held)
        if self.ceiling is not None:
            held = Choose(Compare(">", rate, Number(self.ceiling)), number(0), held)
        if self.floor:
            held = Choose(Compare("<", rate, Number(self.floor)), number(0), held)
        if held is not rate and not isinstance(held, Call):
            held = Named(SHARE, held, PERCENT)
        return Arithmetic("*", Number(weight), held)

    def completion(self, known: Mapping[str, Kind]) -> Node:
        """The completion, before anything is cut."""
        goal = self.goal()
        target: Node = (
            Number(goal.quantity.number())
            if goal and goal.quantity
            else self._parsed("target", str(self.target), known)
        )
        actual: Node = self._parsed("actual", self.actual, known) if self.actual else Name("actual")
        return Named(RATE, self._rate(actual, target), PERCENT)

    def _rate(self, actual: Node, target: Node) -> Node:
        share = Arithmetic("/", actual, target)
        inverse: Node = Arithmetic("/", target, actual)
        met: Node
        match self.direction:
            case "higher":
                met = Compare(">=", actual, target)
                rate: Node = share
            case "lower":
                met = Compare("<=", actual, target)
                if self.reverse == "linear":
                    inverse = Call("max", (number(0), Arithmetic("-", number(2), share)))
                rate = Choose(met, number(1), inverse)
            case "equal":
                met = Compare("=", actual, target)
                rate = Choose(met, number(1), Choose(Compare("<", actual, target), share, inverse))
        if isinstance(target, Number):
            return rate if target.value else Choose(met, number(1), number(0))
        # a target only the facts know may be zero: that is settled before anything is divided
        return Choose(Compare("=", target, number(0)), Choose(met, number(1), number(0)), rate)

    def due(self, facts: Mapping[str, Value], answer: Answer, known: Mapping[str, Kind]) -> Iterator[Fault]:
        if self.over is None or answer.reason:
            return
        rate = evaluate(self.completion(known), facts)
        if isinstance(rate, Fraction) and rate > self.over.start:
            yield Fault(
                Text(
                    f"完成率 {shown_percent(rate)} 超过 {shown_percent(self.over.start)}，要写理由 reason",
                    f"completion {shown_percent(rate)} is above {shown_percent(self.over.start)} and needs a reason",
                ),
                Text("说明为什么远超目标，目标是否偏低", "say why the target was far exceeded"),
            )

    def maximum(self, weight: Fraction) -> Fraction:
        return weight * self.cap

    def labels(self, weight: Fraction) -> dict[str, Label]:
        return {"actual": Label(Text("实际值", "actual"), PERCENT if self._is_share() else self._unit())}

    def _is_share(self) -> bool:
        return UNITS.get(self._unit(), ("", 0))[0] == "share"

    def needs(self) -> tuple[str, ...]:
        return () if self.actual else ("actual",)

    def answers(self, answer: Answer) -> dict[str, Value]:
        if answer.actual is None or self.actual:
            return {}
        goal = self.goal()
        if isinstance(answer.actual, str) and goal and repeats(goal, answer.actual):
            return {"actual": Unknown("not-demonstrated", ("actual",))}
        return {"actual": measured(answer.actual, self._unit()).number(self._unit())}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if self.actual and answer.actual is not None:
            yield computed_already(self.actual)
        try:
            value = self.answers(answer).get("actual")
        except Fault as fault:
            yield Fault(fault.message, fault.hint, inside=("actual",))
            return
        if isinstance(value, Fraction) and value < 0:
            yield Fault(Text("实际值不能是负数", "the actual cannot be negative"), inside=("actual",))
