"""Full points, less so much for every step away from a limit."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Call, Kind, Name, Named, Node, Number, number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Formula, Points, Rule
from scoring.rules.ratio import measured
from scoring.source.model import Number as NumberField
from scoring.source.model import Str
from scoring.values import DATE, PERCENT, UNITS, Quantity, read_quantity


class Steps(Rule):
    """每超（每低）一步扣几分：full points at the limit, less `each` for every step beyond it.

    Formula: max(floor, weight − each × n); n = deviation ÷ step, counted whole (an unfinished step is free), part (it
             costs as a whole one) or in proportion. Deviation: value − limit (above), limit − value (below) or either.
    Units:   value, limit and step in `unit`; percentages are shares; days for dates (limit 2019-12-31, step 1天).
    Errors:  refused on load when the step is not positive or limit and step do not fit the unit.
    Source:  湖南 部门整体支出评分表 (每低于5%扣2分, 每超1个百分点扣0.5分) and like local tables. They do not say how an
             unfinished step counts; one filled-in form (92.8% scored 3 of 5) suggests whole steps: the set must choose.
    """

    kind: Literal["steps"] = "steps"
    title: ClassVar[Text] = Text("按步扣分", "deduction by step")
    asks: ClassVar[tuple[str, ...]] = ("actual",)

    of: Formula | None = Field(None, description="用事实算出的值；不写则由记录填 actual")
    name: Str | None = Field(None, description="这个值的名称")
    unit: str = Field("", description="单位，如 %、天；日期写 日期")
    limit: Str | NumberField = Field(description="界限，如 100%、2019-12-31")
    direction: Literal["above", "below", "both"] = Field(description="超过扣、低于扣，或两边都扣")
    step: Str | NumberField = Field(description="一步多大，如 5%、1天")
    each: Points = Field(description="每步扣几分")
    count: Literal["whole", "part", "proportion"] = Field(
        description="whole 满一步才扣，part 不满一步也扣，proportion 按比例"
    )
    floor: Points = Field(Decimal(0), description="最低得分")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self._number("step") <= 0:
            raise Fault(Text("一步要大于零", "the step must be positive"), inside=("step",))
        self._number("limit")
        return self

    def _number(self, key: Literal["limit", "step"]) -> Fraction:
        unit = "天" if key == "step" and self.unit == DATE else self.unit
        try:
            quantity: Quantity = read_quantity(str(getattr(self, key))).to(unit)
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=(key,)) from None
        return quantity.value if unit == "天" else quantity.number()

    def _is_share(self) -> bool:
        return UNITS.get(self.unit, ("", 0))[0] == "share"

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        value: Node = self._parsed("of", self.of, known) if self.of else Name("actual")
        shown_as = PERCENT if self._is_share() else ""
        if self.of or self.name:
            value = Named(Text(self.name or "实际值", self.name or "value"), value, shown_as)
        limit = Number(self._number("limit"))
        match self.direction:
            case "above":
                beyond: Node = Call("max", (number(0), Arithmetic("-", value, limit)))
            case "below":
                beyond = Call("max", (number(0), Arithmetic("-", limit, value)))
            case "both":
                beyond = Call("abs", (Arithmetic("-", value, limit),))
        steps: Node = Arithmetic("/", Named(Text("偏离", "deviation"), beyond, shown_as), Number(self._number("step")))
        if self.count != "proportion":
            steps = Call("floor" if self.count == "whole" else "ceil", (steps,))
        counted = Named(Text("扣分步数", "steps"), steps)
        taken = Arithmetic("*", counted, Number(Fraction(self.each)))
        return Call("max", (Number(Fraction(self.floor)), Arithmetic("-", Number(weight), taken)))

    def labels(self, weight: Fraction) -> dict[str, Label]:
        name = self.name or "实际值"
        return {"actual": Label(Text(name, self.name or "actual"), PERCENT if self._is_share() else self.unit)}

    def needs(self) -> tuple[str, ...]:
        return () if self.of else ("actual",)

    def answers(self, answer: Answer) -> dict[str, Value]:
        if answer.actual is None or self.of:
            return {}
        return {"actual": measured(answer.actual, self.unit).number(self.unit)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        yield from faults_of_actual(self, self.of, answer)


def faults_of_actual(rule: Rule, formula: str | None, answer: Answer) -> Iterator[Fault]:
    """What is wrong with the actual of a rule that takes one: not a value, or given where facts compute it."""
    if formula and answer.actual is not None:
        yield Fault(
            Text("实际值由事实算出，不能另填", "the actual is computed from facts and cannot be given"),
            Text(f"删去 actual；公式是 {formula}", f"remove it; the formula is {formula}"),
            inside=("actual",),
        )
        return
    try:
        rule.answers(answer)
    except Fault as fault:
        yield Fault(fault.message, fault.hint, inside=("actual",))
