"""Points by a straight line between the knots of a ladder."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.tree import Arithmetic, Choose, Compare, Kind, Named, Node, Number
from scoring.rules.base import Share
from scoring.rules.measured import OfOneValue
from scoring.source.model import Model, Str
from scoring.source.model import Number as NumberField
from scoring.values import PERCENT


class Knot(Model):
    """A value and the share of the points it earns."""

    at: Str | NumberField = Field(description="值，如 60%")
    share: Share = Field(description="在这个值上得满分的比例")


class Ladder(OfOneValue):
    """插值法：a share of the points by linear interpolation between knots, flat outside them.

    Formula: weight × (s₁ + (value − a₁) ÷ (a₂ − a₁) × (s₂ − s₁)) between neighbouring knots (a₁, s₁), (a₂, s₂).
    Units:   values in `unit`; percentages are shares.
    Errors:  refused on load when the values do not rise.
    Source:  local tables that score 插值法计算; 60% → 0 and 100% → full is 财预〔2021〕101号 三（七）2 above its threshold.
    """

    kind: Literal["ladder"] = "ladder"
    title: ClassVar[Text] = Text("插值法", "interpolation")

    knots: tuple[Knot, ...] = Field(min_length=2, description="从小到大的各点")
    better: Literal["higher", "lower"] | None = Field(
        None, description="声明越高越好或越低越好，由 sets lint 核对，不影响得分"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        values = [self._at(index) for index in range(len(self.knots))]
        for index, (before, after) in enumerate(pairwise(values), start=1):
            if after <= before:
                raise Fault(Text("各点要从小到大", "the values must rise"), inside=("knots", index, "at"))
        return self

    def _at(self, index: int) -> Fraction:
        return self.number(self.knots[index].at, "knots", index, "at")

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        value = self.value(known)
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
