"""Points for each milestone reached."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text, suggest
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Call, Choose, Compare, Kind, Name, Named, Node, Number, number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Loss, Points, Rule
from scoring.rules.measured import measured
from scoring.source.model import Bool, Model, Str
from scoring.source.model import Name as NameField
from scoring.source.model import Number as NumberField
from scoring.values import PERCENT, UNITS, Quantity, read_quantity


class Milestone(Model):
    """One point in time: what should have been reached by then, and what that is worth."""

    id: NameField = Field(description="编号，如 june")
    title: Str = Field(description="名称，如 6月底")
    english: Str | None = Field(None, description="英文名称")
    target: Str | NumberField = Field(description="应达到的值，如 40%")
    points: Points = Field(description="分值")


class Milestones(Rule):
    """按月按节点考核: each milestone earns its points in proportion to what was reached, or all or nothing.

    Formula: Σ points × min(1, actual ÷ target); with `partial: false`, points where actual ≥ target, else 0.
    Units:   actuals and targets in `unit`; percentages are shares.
    Errors:  points that do not add up to the weight, a target of zero, an actual for no milestone, one left out.
    Source:  预算执行进度 by month, as a filled-in 电子监管 project sheet (7月 40%, 11月 80.21%) prints it.
    """

    kind: Literal["milestones"] = "milestones"
    title: ClassVar[Text] = Text("按节点赋分", "milestones")
    asks: ClassVar[tuple[str, ...]] = ("actuals",)

    unit: str = Field("%", description="单位")
    partial: Bool = Field(True, description="没有达到时是否按比例得分")
    milestones: tuple[Milestone, ...] = Field(min_length=1, description="各节点")

    @model_validator(mode="after")
    def _are_sound(self) -> Self:
        seen: set[str] = set()
        for index, milestone in enumerate(self.milestones):
            if milestone.id in seen:
                raise Fault(
                    Text(f"节点 {milestone.id} 写了两次", f"milestone {milestone.id} appears twice"),
                    inside=("milestones", index, "id"),
                )
            if any(other.title == milestone.title for other in self.milestones[:index]):
                raise Fault(
                    Text(f"节点“{milestone.title}”写了两次", f"milestone '{milestone.title}' appears twice"),
                    inside=("milestones", index, "title"),
                )
            seen.add(milestone.id)
            if self._target(index) <= 0:
                raise Fault(Text("目标要大于零", "the target must be positive"), inside=("milestones", index, "target"))
        return self

    def _target(self, index: int) -> Fraction:
        try:
            quantity: Quantity = read_quantity(self.milestones[index].target)
            return quantity.number(self.unit)
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("milestones", index, "target")) from None

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        parts = [self._part(index) for index in range(len(self.milestones))]
        total = parts[0]
        for part in parts[1:]:
            total = Arithmetic("+", total, part)
        return total

    def _part(self, index: int) -> Node:
        milestone = self.milestones[index]
        actual, target = Name(f"at.{milestone.id}"), Number(self._target(index))
        points = Number(Fraction(milestone.points))
        if not self.partial:
            return Choose(Compare(">=", actual, target), points, number(0))
        title = Text(f"{milestone.title}完成率", f"completion at {milestone.english or milestone.title}")
        rate = Named(title, Arithmetic("/", actual, target), PERCENT)
        return Arithmetic("*", points, Call("min", (number(1), rate)))

    def maximum(self, weight: Fraction) -> Fraction:
        return sum((Fraction(milestone.points) for milestone in self.milestones), Fraction(0))

    def labels(self, weight: Fraction) -> dict[str, Label]:
        unit = PERCENT if UNITS.get(self.unit, ("", 0))[0] == "share" else self.unit
        return {f"at.{m.id}": Label(Text(m.title, m.english or m.title), unit) for m in self.milestones}

    def answers(self, answer: Answer) -> dict[str, Value]:
        known = {milestone.id for milestone in self.milestones}
        given = {id: value for id, value in (answer.actuals or {}).items() if id in known}
        return {f"at.{id}": measured(value, self.unit).number(self.unit) for id, value in given.items()}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        known = [milestone.id for milestone in self.milestones]
        for id, value in (answer.actuals or {}).items():
            if id not in known:
                yield Fault(
                    Text(f"规则里没有节点“{id}”", f"the rule has no milestone '{id}'"),
                    suggest(id, known),
                    inside=("actuals", id),
                    at_key=True,
                )
                continue
            try:
                if measured(value, self.unit).value < 0:
                    raise Fault(Text("实际值不能是负数", "the actual cannot be negative"))
            except Fault as fault:
                yield Fault(fault.message, fault.hint, inside=("actuals", id))

    def losses(self, answer: Answer, weight: Fraction) -> list[Loss]:
        from scoring.expression.exact import evaluate

        facts = self.answers(answer)
        parts = []
        for index, milestone in enumerate(self.milestones):
            got = evaluate(self._part(index), facts)
            if isinstance(got, Fraction):
                lost = Fraction(milestone.points) - got
                parts.append(
                    Loss(lost, Text(f"{milestone.title}没有达到目标", f"{milestone.english or milestone.title} missed"))
                )
        return parts
