"""A mark given by a person."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.tree import Kind, Name, Node
from scoring.expression.words import Label
from scoring.rules.base import Answer, Points, Rule
from scoring.values import plain, rounded


class Judged(Rule):
    """A person gives a mark between `at_least` and the weight, and says why.

    Formula: mark.
    Units:   points.
    Errors:  a mark outside the range, no reason.
    Source:  for indicators whose published table gives a weight and no scoring rule.
    """

    kind: Literal["judged"] = "judged"
    title: ClassVar[Text] = Text("人工评分", "judged")
    asks: ClassVar[tuple[str, ...]] = ("mark",)
    by_judgement: ClassVar[bool] = True

    at_least: Points | None = Field(None, description="最低可评几分；不写为 0")
    at_most: Points | None = Field(None, description="最高可评几分；不写为分值")

    def _range(self, weight: Fraction) -> tuple[Fraction, Fraction]:
        return Fraction(self.at_least or 0), weight if self.at_most is None else Fraction(self.at_most)

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        return Name("mark")

    def maximum(self, weight: Fraction) -> Fraction:
        return self._range(weight)[1]

    def unsound(self, weight: Fraction) -> Iterator[Fault]:
        low, high = self._range(weight)
        if low > high:
            yield Fault(
                Text(
                    f"最低分 {plain(rounded(low, 2))} 高于最高分 {plain(rounded(high, 2))}",
                    "at_least is above the most",
                ),
                inside=("at_least",),
            )

    def labels(self, weight: Fraction) -> dict[str, Label]:
        low, high = (plain(rounded(bound, 2)) for bound in self._range(weight))
        return {
            "mark": Label(
                Text(f"评价人在 {low}–{high} 分内评定，并写明理由", f"a mark from {low} to {high}, with a reason")
            )
        }

    def answers(self, answer: Answer) -> dict[str, Value]:
        return {} if answer.mark is None else {"mark": Fraction(answer.mark)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if answer.mark is None:
            return
        low, high = self._range(weight)
        yield from mark_faults(answer, low, high)


def mark_faults(answer: Answer, low: Fraction, high: Fraction) -> Iterator[Fault]:
    """What is wrong with a person's mark, wherever one is given."""
    if answer.mark is not None and not low <= Fraction(answer.mark) <= high:
        span = f"{plain(rounded(low, 2))}–{plain(rounded(high, 2))}"
        yield Fault(
            Text(f"评分 {plain(answer.mark)} 超出 {span} 分的范围", f"the mark {plain(answer.mark)} is outside {span}"),
            inside=("mark",),
        )
    if not answer.reason:
        yield Fault(
            Text("人工评分要写理由 reason", "a person's mark needs a reason"),
            Text("加一行 reason: 事实和依据", "add a line `reason:` with facts and grounds"),
            inside=("mark",),
        )
