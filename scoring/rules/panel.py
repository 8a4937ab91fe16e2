"""The marks of a panel of experts, combined."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Call, Kind, Name, Named, Node, Number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Rule
from scoring.source.model import Int


class Panel(Rule):
    """Several experts mark the same indicator; their marks are combined.

    Formula: mean = Σ marks ÷ n; trimmed = (Σ − highest − lowest) ÷ (n − 2); median, of an even number the mean of the
             middle two.
    Units:   points, each mark from 0 to the weight.
    Errors:  another number of marks than `raters`, a mark out of range, trimmed with fewer than 3 raters.
    Source:  expert panels as 去掉一个最高分和一个最低分; no regulation prints the arithmetic.
    """

    kind: Literal["panel"] = "panel"
    title: ClassVar[Text] = Text("专家评分", "expert panel")
    asks: ClassVar[tuple[str, ...]] = ("marks",)
    by_judgement: ClassVar[bool] = True

    raters: Int = Field(ge=1, le=9, description="专家人数")
    combine: Literal["mean", "trimmed", "median"] = Field("mean", description="平均、去掉最高最低后平均、中位数")

    @model_validator(mode="after")
    def _has_enough(self) -> Self:
        if self.combine == "trimmed" and self.raters < 3:
            raise Fault(Text("去掉最高最低至少要 3 人", "trimmed needs at least 3 raters"), inside=("raters",))
        return self

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        marks: tuple[Node, ...] = tuple(Name(f"mark.{n}") for n in range(1, self.raters + 1))
        if self.raters == 1:
            return marks[0]
        if self.combine == "median":
            half = self.raters // 2
            upper = _ranked(marks, self.raters - half)
            value = upper if self.raters % 2 else _mean((upper, _ranked(marks, half + 1)))
            return Named(Text("中位数", "median"), value)
        if self.combine == "trimmed":
            total = Arithmetic("-", Arithmetic("-", _sum(marks), Call("max", marks)), Call("min", marks))
            return Named(
                Text("去掉最高最低后的平均分", "trimmed mean"),
                Arithmetic("/", total, Number(Fraction(self.raters - 2))),
            )
        return Named(Text("平均分", "mean"), _mean(marks))

    def labels(self, weight: Fraction) -> dict[str, Label]:
        return {f"mark.{n}": Label(Text(f"专家{n}评分", f"mark of expert {n}")) for n in range(1, self.raters + 1)}

    def answers(self, answer: Answer) -> dict[str, Value]:
        return {f"mark.{n}": Fraction(mark) for n, mark in enumerate(answer.marks or (), start=1)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        marks = answer.marks or ()
        if answer.marks is not None and len(marks) != self.raters:
            yield Fault(
                Text(
                    f"有 {len(marks)} 个评分，规则要 {self.raters} 个",
                    f"{len(marks)} marks where {self.raters} are asked",
                ),
                inside=("marks",),
            )
        for index, mark in enumerate(marks):
            if mark > weight:
                yield Fault(Text(f"评分 {mark} 超出分值", f"mark {mark} exceeds the weight"), inside=("marks", index))
        if marks and not answer.reason:
            yield Fault(Text("专家评分要写理由 reason", "the panel's marks need a reason"), inside=("marks",))


def _sum(nodes: tuple[Node, ...]) -> Node:
    total = nodes[0]
    for node in nodes[1:]:
        total = Arithmetic("+", total, node)
    return total


def _mean(nodes: tuple[Node, ...]) -> Node:
    return Arithmetic("/", _sum(nodes), Number(Fraction(len(nodes))))


def _ranked(nodes: tuple[Node, ...], rank: int) -> Node:
    """The rank-th highest: the greatest of the least of every `rank` of them."""
    least: list[Node] = [Call("min", chosen) if rank > 1 else chosen[0] for chosen in combinations(nodes, rank)]
    return Call("max", tuple(least)) if len(least) > 1 else least[0]
