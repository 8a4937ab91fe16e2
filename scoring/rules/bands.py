"""Points by the band a value falls into."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Choose, Compare, Kind, Logic, Name, Named, Node, Number, Order
from scoring.expression.words import Label
from scoring.rules.base import Answer, Formula, Points, Rule, Share
from scoring.rules.ratio import measured
from scoring.source.model import Model, Str
from scoring.source.model import Number as NumberField
from scoring.values import PERCENT, UNITS, read_quantity

Edge = Str | NumberField
EDGES: dict[str, tuple[Order, bool]] = {  # key -> (comparison, whether it bounds from below)
    "at_least": (">=", True),
    "above": (">", True),
    "at_most": ("<=", False),
    "below": ("<", False),
}


class Cut(NamedTuple):
    """A place between numbers: before the value itself (0) or just after it (1)."""

    value: Fraction
    after: int


class Band(Model):
    """One band: at most one edge from below and one from above, and what it is worth."""

    at_least: Edge | None = Field(None, description="下限，含本数（≥）")
    above: Edge | None = Field(None, description="下限，不含本数（>）")
    at_most: Edge | None = Field(None, description="上限，含本数（≤）")
    below: Edge | None = Field(None, description="上限，不含本数（<）")
    points: Points | None = Field(None, description="得分")
    share: Share | None = Field(None, description="得分占满分的比例，如 80%")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if (self.points is None) == (self.share is None):
            raise Fault(Text("points 与 share 要写且只写一个", "write either points or share"))
        for one, other in (("at_least", "above"), ("at_most", "below")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise Fault(Text(f"{one} 与 {other} 只能写一个", f"write {one} or {other}, not both"), inside=(other,))
        return self


class Bands(Rule):
    """Points by the band a value falls into, first band that fits.

    Formula: the points (or weight × share) of the first band whose edges hold the value.
    Units:   edges and value in `unit`; percentages are shares.
    Errors:  refused on load when bands leave a gap or overlap, or the last one is closed on its outer side.
    Source:  the shape of 财预〔2021〕101号 三（七）2 and 4, and of most local tables.
    """

    kind: Literal["bands"] = "bands"
    title: ClassVar[Text] = Text("按区间赋分", "by bands")
    asks: ClassVar[tuple[str, ...]] = ("actual",)

    of: Formula | None = Field(None, description="用事实算出的值；不写则由记录填 actual")
    name: Str | None = Field(None, description="这个值的名称，如 预算执行率")
    unit: str = Field("", description="单位，如 %、万元、次")
    bands: tuple[Band, ...] = Field(min_length=2, description="从高到低或从低到高排列的各档")

    @model_validator(mode="after")
    def _cover_everything_once(self) -> Self:
        spans = [self._span(band, index) for index, band in enumerate(self.bands)]
        falling = spans[0][0] is not None
        inner, outer = (0, 1) if falling else (1, 0)  # the edge that faces the next band, and the one before
        for index, span in enumerate(spans):
            is_last = index == len(spans) - 1
            if index == 0 and span[outer] is not None:
                raise self._gap(index, "第一档的外侧要敞开", "the first band must be open on its outer side")
            if is_last and span[inner] is not None:
                raise self._gap(index, "最后一档的外侧要敞开", "the last band must be open on its outer side")
            if not is_last and span[inner] is None:
                raise self._gap(index, "这一档没有写与下一档的分界", "this band has no edge towards the next one")
            if index and span[outer] is not None and span[outer] != spans[index - 1][inner]:
                raise self._gap(index, "与上一档之间有空隙或重叠", "there is a gap or an overlap with the band before")
            if index and not is_last and (span[inner] >= spans[index - 1][inner]) == falling:  # type: ignore[operator]
                raise self._gap(index, "各档没有按顺序排列", "the bands are not in order")
        return self

    def _gap(self, index: int, zh: str, en: str) -> Fault:
        return Fault(
            Text(f"第 {index + 1} 档：{zh}", f"band {index + 1}: {en}"),
            Text(
                "从高到低写：at_least: 90%；at_least: 80%；最后一档只写得分",
                "from high to low: at_least 90%; at_least 80%; the last without an edge",
            ),
            inside=("bands", index),
        )

    def _edge(self, value: object, key: str, index: int) -> Fraction:
        try:
            return read_quantity(str(value)).number(self.unit)
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("bands", index, key)) from None

    def _span(self, band: Band, index: int) -> tuple[Cut | None, Cut | None]:
        low: Cut | None = None
        high: Cut | None = None
        for key, (order, from_below) in EDGES.items():
            if (value := getattr(band, key)) is not None:
                cut = Cut(self._edge(value, key, index), int(order in (">", "<=")))
                low, high = (cut, high) if from_below else (low, cut)
        return low, high

    def _worth(self, band: Band, weight: Fraction) -> Fraction:
        return Fraction(band.points) if band.points is not None else weight * (band.share or 0)

    def _is_share(self) -> bool:
        return UNITS.get(self.unit, ("", 0))[0] == "share"

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        value: Node = self._parsed("of", self.of, known) if self.of else Name("actual")
        title = Text(self.name or "实际值", self.name or "value")
        shown_as = PERCENT if self._is_share() else ""
        value = Named(title, value, shown_as) if self.of or self.name else value
        node: Node = Number(self._worth(self.bands[-1], weight))
        for index in range(len(self.bands) - 2, -1, -1):
            band = self.bands[index]
            edges = [
                Compare(order, value, Number(self._edge(edge, key, index)))
                for key, (order, _) in EDGES.items()
                if (edge := getattr(band, key)) is not None
            ]
            condition: Node = edges[0] if len(edges) == 1 else Logic("and", edges[0], edges[1])
            node = Choose(condition, Number(self._worth(band, weight)), node)
        return node

    def maximum(self, weight: Fraction) -> Fraction:
        return max(self._worth(band, weight) for band in self.bands)

    def labels(self, weight: Fraction) -> dict[str, Label]:
        return {
            "actual": Label(
                Text(self.name or "实际值", self.name or "actual"), PERCENT if self._is_share() else self.unit
            )
        }

    def needs(self) -> tuple[str, ...]:
        return () if self.of else ("actual",)

    def answers(self, answer: Answer) -> dict[str, Value]:
        if answer.actual is None or self.of:
            return {}
        return {"actual": measured(answer.actual, self.unit).number(self.unit)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if self.of and answer.actual is not None:
            yield Fault(
                Text("实际值由事实算出，不能另填", "the value is computed from facts and cannot be given"),
                Text(f"删去 actual；公式是 {self.of}", f"remove it; the formula is {self.of}"),
                inside=("actual",),
            )
        try:
            self.answers(answer)
        except Fault as fault:
            yield Fault(fault.message, fault.hint, inside=("actual",))
