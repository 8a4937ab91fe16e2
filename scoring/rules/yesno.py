"""Met or not met."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Choose, Kind, Name, Node, Number, number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Rule
from scoring.rules.judged import mark_faults
from scoring.source.model import Bool, Str


class YesNo(Rule):
    """直接赋分: full points when met; when not, none — or, where the set allows it, what a person leaves, with a reason.

    Formula: weight if met, else 0 (or the mark).
    Errors:  a mark where the rule allows none, out of range or without a reason, or given although the point is met.
    Source:  财预〔2021〕101号 三（七）1: 不符合 scores 0 or takes a corresponding deduction.
    """

    kind: Literal["yes-no"] = "yes-no"
    title: ClassVar[Text] = Text("直接赋分", "yes or no")
    asks: ClassVar[tuple[str, ...]] = ("met", "mark")

    question: Str | None = Field(None, description="判断什么")
    partial: Bool = Field(False, description="不符合时能否酌情给分")

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        return Choose(Name("met", "truth"), Number(weight), Name("mark") if self.partial else number(0))

    def labels(self, weight: Fraction) -> dict[str, Label]:
        return {
            "met": Label(Text(self.question or "符合要求", self.question or "met")),
            "mark": Label(Text("酌情得分", "points left")),
        }

    def needs(self) -> tuple[str, ...]:
        return ("met",)

    def answers(self, answer: Answer) -> dict[str, Value]:
        given: dict[str, Value] = {} if answer.met is None else {"met": answer.met}
        return {**given, "mark": Fraction(answer.mark or 0)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if answer.mark is None:
            return
        if not self.partial or answer.met is not False:
            yield Fault(
                Text("这里不能酌情给分", "no mark can be given here"),
                Text("删去 mark", "remove mark"),
                inside=("mark",),
            )
        else:
            yield from mark_faults(answer, Fraction(0), weight)
