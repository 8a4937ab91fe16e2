"""A formula of the user's own."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.grammar import parse
from scoring.expression.tree import Kind, Node, names
from scoring.expression.words import Label
from scoring.rules.base import Answer, Formula, Rule
from scoring.rules.measured import measured
from scoring.values import PERCENT, UNITS


class OwnFormula(Rule):
    """Points by a formula over facts, `weight` and, where the record gives one, `actual`.

    Formula: as written, in the language of README, section “Formulas”.
    Units:   facts in the unit they are declared in, percentages as shares; the result is points.
    Errors:  syntax, an unknown name, a result that is no number; points outside 0 to weight are refused when scored.
    Source:  the indicator set that writes it.
    """

    kind: Literal["formula"] = "formula"
    title: ClassVar[Text] = Text("公式", "formula")
    asks: ClassVar[tuple[str, ...]] = ("actual",)

    formula: Formula = Field(description="得分公式，如 weight * min(1, spent / budget)")
    unit: str = Field("", description="actual 的单位")

    def _tree(self, known: Mapping[str, Kind]) -> Node:
        return self._parsed("formula", self.formula, {**known, "weight": "number", "actual": "number"})

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        return self._tree(known)

    def maximum(self, weight: Fraction) -> None:
        return None  # only the proof reading can tell

    def labels(self, weight: Fraction) -> dict[str, Label]:
        unit = PERCENT if UNITS.get(self.unit, ("", 0))[0] == "share" else self.unit
        return {"actual": Label(Text("实际值", "actual"), unit), "weight": Label(Text("分值", "weight"))}

    def needs(self) -> tuple[str, ...]:
        return ("actual",) if "actual" in names(parse(self.formula)) else ()

    def answers(self, answer: Answer) -> dict[str, Value]:
        return {} if answer.actual is None else {"actual": measured(answer.actual, self.unit).number(self.unit)}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if answer.actual is not None and not self.needs():
            yield Fault(
                Text("公式没有用到 actual", "the formula does not use actual"),
                Text("删去 actual", "remove it"),
                inside=("actual",),
            )
            return
        try:
            self.answers(answer)
        except Fault as fault:
            yield Fault(fault.message, fault.hint, inside=("actual",))
