"""Points by the band a value falls into."""

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.tree import Choose, Compare, Kind, Logic, Node, Number, Order
from scoring.rules.base import Points, Share
from scoring.rules.measured import OfOneValue
from scoring.source.model import Model, Str
from scoring.source.model import Number as NumberField

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


class Bands(OfOneValue):
    """Points by the band a value falls into, first band that fits.

    Formula: the points (or weight × share) of the first band whose edges hold the value.
    Units:   edges and value in `unit`; percentages are shares.
    Errors:  refused on load when bands leave a gap or overlap, or the last one is closed on its outer side.
    Source:  the shape of 财预〔2021〕101号 三（七）2 and 4, and of most local tables.
    """

    kind: Literal["bands"] = "bands"
    title: ClassVar[Text] = Text("按区间赋分", "by bands")

    bands: tuple[Band, ...] = Field(min_length=2, description="从高到低或从低到高排列的各档")
    better: Literal["higher", "lower"] | None = Field(
        None, description="声明越高越好或越低越好，由 sets lint 核对，不影响得分"
    )

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

    def _span(self, band: Band, index: int) -> tuple[Cut | None, Cut | None]:
        low: Cut | None = None
        high: Cut | None = None
        for key, (order, from_below) in EDGES.items():
            if (value := getattr(band, key)) is not None:
                cut = Cut(self.number(value, "bands", index, key), int(order in (">", "<=")))
                low, high = (cut, high) if from_below else (low, cut)
        return low, high

    def _worth(self, band: Band, weight: Fraction) -> Fraction:
        return Fraction(band.points) if band.points is not None else weight * (band.share or 0)

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        value = self.value(known)
        node: Node = Number(self._worth(self.bands[-1], weight))
        for index in range(len(self.bands) - 2, -1, -1):
            band = self.bands[index]
            edges = [
                Compare(order, value, Number(self.number(edge, "bands", index, key)))
                for key, (order, _) in EDGES.items()
                if (edge := getattr(band, key)) is not None
            ]
            condition: Node = edges[0] if len(edges) == 1 else Logic("and", edges[0], edges[1])
            node = Choose(condition, Number(self._worth(band, weight)), node)
        return node

    def maximum(self, weight: Fraction) -> Fraction:
        return max(self._worth(band, weight) for band in self.bands)
