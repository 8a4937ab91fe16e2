"""Points for each point of a list that is met."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text, suggest
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Choose, Kind, Name, Node, Number, number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Loss, Points, Rule
from scoring.source.model import Bool, Model, Str
from scoring.source.model import Name as NameField


class Item(Model):
    """One 要点."""

    id: NameField = Field(description="要点 id，记录用它")
    title: Str = Field(description="要点")
    english: Str | None = Field(None, description="英文")
    points: Points | None = Field(None, description="分值；全都不写则平均分配")
    necessary: Bool = Field(False, description="必要项：不满足则整个指标不得分")

    def label(self) -> Text:
        return Text(self.title, self.english or self.title)


class Checklist(Rule):
    """Each item met earns its points; items without points share the weight equally.

    Formula: Σ points of the items met, or weight ÷ n each; 0 when a necessary item is not met, or with `all_or_nothing`
             any item.
    Errors:  some items with points and some without; points that do not add up to the weight; an item not answered.
    Source:  the 要点 of 财预〔2013〕53号 and 财预〔2020〕10号 附2, which carry no points: equal shares are our choice.
    """

    kind: Literal["checklist"] = "checklist"
    title: ClassVar[Text] = Text("按要点赋分", "checklist")
    asks: ClassVar[tuple[str, ...]] = ("checks",)

    items: tuple[Item, ...] = Field(min_length=1, description="要点")
    all_or_nothing: Bool = Field(False, description="全部满足才得分")

    @model_validator(mode="after")
    def _are_alike_and_different(self) -> Self:
        seen: set[str] = set()
        for index, item in enumerate(self.items):
            if item.id in seen:
                raise Fault(
                    Text(f"要点 {item.id} 写了两次", f"item {item.id} appears twice"), inside=("items", index, "id")
                )
            if (item.points is None) != (self.items[0].points is None):
                raise Fault(
                    Text("要点的分值要么都写，要么都不写", "give points to all items or to none"),
                    inside=("items", index),
                )
            seen.add(item.id)
        return self

    def _worth(self, item: Item, weight: Fraction) -> Fraction:
        return weight / len(self.items) if item.points is None else Fraction(item.points)

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        parts: list[Node] = [
            Choose(Name(f"check.{item.id}", "truth"), Number(self._worth(item, weight)), number(0))
            for item in self.items
        ]
        total = parts[0]
        for part in parts[1:]:
            total = Arithmetic("+", total, part)
        for item in reversed(self.items):
            if item.necessary or self.all_or_nothing:
                total = Choose(Name(f"check.{item.id}", "truth"), total, number(0))
        return total

    def maximum(self, weight: Fraction) -> Fraction:
        return sum((self._worth(item, weight) for item in self.items), Fraction(0))

    def labels(self, weight: Fraction) -> dict[str, Label]:
        return {f"check.{item.id}": Label(item.label()) for item in self.items}

    def answers(self, answer: Answer) -> dict[str, Value]:
        return {f"check.{id}": met for id, met in (answer.checks or {}).items()}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        known = [item.id for item in self.items]
        for id in answer.checks or ():
            if id not in known:
                yield Fault(
                    Text(f"规则里没有要点“{id}”", f"the rule has no item '{id}'"),
                    suggest(id, known),
                    inside=("checks", id),
                    at_key=True,
                )

    def losses(self, answer: Answer, weight: Fraction) -> list[Loss]:
        if any(
            (answer.checks or {}).get(item.id) is False for item in self.items if item.necessary or self.all_or_nothing
        ):
            return []  # the whole is lost for one item: the reason names it
        missed = [item for item in self.items if (answer.checks or {}).get(item.id) is False]
        return [
            Loss(self._worth(item, weight), Text(f"未满足“{item.title}”", f"not met: {item.label().en}"))
            for item in missed
        ]
