"""What the rules that score one value have in common: where the value comes from and how it is spoken of."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Self

from pydantic import Field

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Kind, Name, Named, Node
from scoring.expression.words import Label
from scoring.rules.base import Answer, Formula, Rule
from scoring.source.model import Str
from scoring.values import PERCENT, UNITS, Quantity, read_quantity


def measured(actual: object, unit: str) -> Quantity:
    """An actual as a quantity. Fault: a unit that does not convert, or none where several would do."""
    quantity = read_quantity(actual)
    quantity.to(unit)
    return quantity


class OfOneValue(Rule):
    """A rule over one value, computed from facts or recorded as the actual, in `unit`; percentages are shares."""

    asks: ClassVar[tuple[str, ...]] = ("actual",)

    of: Formula | None = Field(None, description="用事实算出的值；不写则由记录填 actual")
    name: Str | None = Field(None, description="这个值的名称，如 预算执行率")
    english: Str | None = Field(None, description="这个值的英文名称")
    unit: str = Field("", description="单位，如 %、万元、次；日期写 日期")

    def of_actual(self) -> Self:
        """The same rule over a recorded actual."""
        return self.model_copy(update={"of": None})

    @property
    def called(self) -> Text:
        return Text(self.name or "实际值", self.english or self.name or "value")

    @property
    def shown_as(self) -> str:
        return PERCENT if UNITS.get(self.unit, ("", 0))[0] == "share" else ""

    def value(self, known: Mapping[str, Kind]) -> Node:
        """The value as a part of the expression, named where it has a name or is computed."""
        value: Node = self._parsed("of", self.of, known) if self.of else Name("actual")
        return Named(self.called, value, self.shown_as) if self.of or self.name else value

    def number(self, text: object, *path: str | int) -> Fraction:
        """A parameter in the unit of the value. Fault at that path: not a value, or in another unit."""
        try:
            return read_quantity(text).number(self.unit)
        except Fault as fault:
            raise fault.within(*path) from None

    def labels(self, weight: Fraction) -> dict[str, Label]:
        return {"actual": Label(self.called, self.shown_as or self.unit)}

    def needs(self) -> tuple[str, ...]:
        return () if self.of else ("actual",)

    def answers(self, answer: Answer) -> dict[str, Value]:
        if answer.actual is None or self.of:
            return {}
        return {"actual": measured(answer.actual, self.unit).number(self.unit)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if self.of and answer.actual is not None:
            yield computed_already(self.of)
            return
        try:
            self.answers(answer)
        except Fault as fault:
            yield fault.within("actual")


def computed_already(formula: str) -> Fault:
    return Fault(
        Text("实际值由事实算出，不能另填", "the actual is computed from facts and cannot be given"),
        Text(f"删去 actual；公式是 {formula}", f"remove it; the formula is {formula}"),
        inside=("actual",),
    )
