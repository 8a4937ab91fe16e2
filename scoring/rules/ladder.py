"""Points by a straight line between the knots of a ladder."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Choose, Compare, Kind, Name, Named, Node, Number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Formula, Rule, Share
from scoring.rules.ratio import measured
from scoring.rules.steps import faults_of_actual
from scoring.source.model import Model, Str
from scoring.source.model import Number as NumberField
from scoring.values import PERCENT, UNITS, read_quantity


class Knot(Model):
    """A value and the share of the points it earns."""

    at: Str | NumberField = Field(description="值，如 60%")
    share: Share = Field(description="在这个值上得满分的比例")


class Ladder(Rule):
    """插值法：a share of the points by linear interpolation between knots, flat outside them.

    Formula: weight × (s₁ + (value − a₁) ÷ (a₂ − a₁) × (s₂ − s₁)) between neighbouring knots (a₁, s₁), (a₂, s₂).
    Units:   values in `unit`; percentages are shares.
    Errors:  refused on load when the values do not rise.
    Source:  local tables that score 插值法计算; 60% → 0 and 100% → full is 财预〔2021〕101号 三（七）2 above its threshold.
    """

    kind: Literal["ladder"] = "ladder"
    title: ClassVar[Text] = Text("插值法", "interpolation")
    asks: ClassVar[tuple[str, ...]] = ("actual",)

    of: Formula | None = Field(None, description="用事实算出的值；不写则由记录填 actual")
    name: Str | None = Field(None, description="这个值的名称")
    unit: str = Field("", description="单位")
    knots: tuple[Knot, ...] = Field(min_length=2, description="从小到大的各点")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        values = [self._at(index) for index in range(len(self.knots))]
        for index, (before, after) in enumerate(pairwise(values), start=1):
            if after <= before:
                raise Fault(Text("各点要从小到大", "the values must rise"), inside=("knots", index, "at"))
        return self

    def _at(self, index: int) -> Fraction:
        try:
            return read_quantity(str(self.knots[index].at)).number(self.unit)
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("knots", index, "at")) from None

    def _is_share(self) -> bool:
        return UNITS.get(self.unit, ("", 0))[0] == "share"

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        value: Node = self._parsed("of", self.of, known) if self.of else Name("actual")
        if self.of or self.name:
            title = Text(self.name or "实际值", self.name or "value")
            value = Named(title, value, PERCENT if self._is_share() else "")
        share: Node = Number(self.knots[-1].share)
        for index in range(len(self.knots) - 2, -1, -1):
            low, high = self._at(index), self._at(index + 1)
            start, rise = self.knots[index].share, self.knots[index + 1].share - self.knots[index].share
            way = Arithmetic("/", Arithmetic("-", value, Number(low)), Number(high - low))
            line = Arithmetic("+", Number(start), Arithmetic("*", way, Number(rise)))
            share = Choose(Compare("<", value, Number(high)), line if rise else Number(start), share)
        share = Choose(Compare("<=", value, Number(self._at(0))), Number(self.knots[0].share), share)
        return Arithmetic("*", Number(weight), Named(Text("得分比例", "share"), share, PERCENT))

    def maximum(self, weight: Fraction) -> Fraction:
        return weight * max(knot.share for knot in self.knots)

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
