"""Full points, less so much for every step away from a limit."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.tree import Arithmetic, Call, Kind, Named, Node, Number, number
from scoring.rules.base import Points
from scoring.rules.measured import OfOneValue
from scoring.source.model import Number as NumberField
from scoring.source.model import Str
from scoring.values import DATE, read_quantity


class Steps(OfOneValue):
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
        if key == "limit" or self.unit != DATE:
            return self.number(getattr(self, key), key)
        try:
            return read_quantity(self.step).to("天").value
        except Fault as fault:
            raise fault.within("step") from None

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        value, shown_as = self.value(known), self.shown_as
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
