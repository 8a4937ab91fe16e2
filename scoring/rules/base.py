"""What every rule is, what a record answers it with, and what a rule's losses are made of."""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from scoring.errors import Fault, Text
from scoring.expression.exact import Value
from scoring.expression.grammar import parse
from scoring.expression.tree import Kind, Node, kind
from scoring.expression.words import Label
from scoring.source.model import Bool, Int, Model, Name, Number, Str
from scoring.values import Target, normalised, unfolded


def _share(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    text = normalised(value) if isinstance(value, str) else ""
    if found := re.fullmatch(r"(\d{1,10}(?:\.\d{1,10})?)%", text, re.ASCII):
        return Fraction(found[1]) / 100
    raise Fault(
        Text(f"“{value}”不是百分比", f"'{value}' is not a percentage"),
        Text("写成 80% 这样，带百分号", "write it with the sign, such as 80%"),
    )


def _formula(value: object) -> object:
    if isinstance(value, str):
        parse(value)
    return value


Share = Annotated[
    Fraction,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?%$", "description": "百分比，如 80%"}),
]
Formula = Annotated[Str, BeforeValidator(_formula)]
Prose = Annotated[Str, AfterValidator(unfolded)]
Points = Annotated[Number, Field(ge=0)]


class Deduction(Model):
    """One finding that costs points under a `deduct` rule."""

    cause: Name = Field(description="扣分事项的 id")
    count: Annotated[Int, Field(ge=1, le=10_000)] | None = Field(None, description="次数（按次扣分的事项）")
    points: Points | None = Field(None, description="扣分（在幅度内评判的事项）")
    reason: Prose = Field(description="为什么扣：事实和依据")
    problem: Prose | None = Field(None, description="存在的问题（写进报告）")
    recommendation: Prose | None = Field(None, description="改进建议（写进报告）")


class Answer(Model):
    """The part of a record that a rule scores. Each rule reads the keys it asks for; another key is a fault."""

    actual: Str | Number | None = Field(None, description="实际完成值，如 95%、141人、10.34万元")
    level: Str | None = Field(None, description="评定等级的名称")
    share: Share | None = Field(None, description="等级内评定的比例，如 90%")
    mark: Points | None = Field(None, description="人工评分（分）")
    marks: tuple[Points, ...] | None = Field(None, description="各位专家的评分")
    met: Bool | None = Field(None, description="是否符合：true 或 false")
    actuals: dict[Name, Str | Number] | None = Field(None, description="各节点的实际值：节点 id: 值")
    reduce: Points | None = Field(None, description="在算出的得分上调减几分（指标写了 reducible 才可以）")
    checks: dict[Name, Bool] | None = Field(None, description="要点是否满足：要点 id: true 或 false")
    deductions: tuple[Deduction, ...] | None = Field(None, description="扣分记录；没有扣分写 []")
    reason: Prose | None = Field(None, description="评判理由")


ANSWERS = ("actual", "actuals", "level", "share", "mark", "marks", "met", "reduce", "checks", "deductions")


class Loss(NamedTuple):
    """One part of what a rule took away, exact; deduction is its place in the record when a deduction caused it."""

    points: Fraction
    what: Text
    deduction: int | None = None


class Rule(Model):
    """A way to turn facts and a record into points. It only lowers to an expression; readings do the rest.

    Subclasses add `kind` and their parameters, and cite their source in the docstring.
    """

    kind: str
    title: ClassVar[Text]
    asks: ClassVar[tuple[str, ...]] = ()
    by_judgement: ClassVar[bool] = False

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        """The expression of the points. known: the names of facts it may use. Fault: a name that is not known."""
        raise NotImplementedError

    def maximum(self, weight: Fraction) -> Fraction | None:
        """The most it can give, when its parameters tell; it must equal the indicator's weight."""
        return weight

    def unsound(self, weight: Fraction) -> Iterator[Fault]:
        """What its parameters get wrong for this weight, beyond the maximum."""
        yield from ()

    def labels(self, weight: Fraction) -> dict[str, Label]:
        """How the names that the record fills are spoken of."""
        return {}

    def needs(self) -> tuple[str, ...]:
        """The keys a record must fill before this rule can be scored."""
        return self.asks

    def answers(self, answer: Answer) -> dict[str, Value]:
        """The values of those names; a name left out is missing."""
        return {}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        """What is wrong with a record under this rule; Fault.inside names the key."""
        yield from ()

    def due(self, facts: Mapping[str, Value], answer: Answer, known: Mapping[str, Kind]) -> Iterator[Fault]:
        """What the record owes once the value is known, such as a reason for far exceeding a target."""
        yield from ()

    def losses(self, answer: Answer, weight: Fraction) -> list[Loss]:
        """The parts of weight − points, where the rule has parts; empty lets the engine make one of the whole."""
        return []

    def goal(self) -> Target | None:
        """The target an actual is held against, if the rule has one."""
        return None

    def _parsed(self, key: str, text: str, known: Mapping[str, Kind]) -> Node:
        try:
            node = parse(text, known)
        except Fault as fault:
            raise fault.within(key) from None
        if kind(node) != "number":
            raise Fault(
                Text("公式的结果应是一个数，不是判断", "the formula gives a truth, not a number"), inside=(key,)
            )
        return node
