"""Full points, less what each finding costs."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text, suggest
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Call, Kind, Name, Named, Node, Number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Deduction, Loss, Points, Rule
from scoring.source.model import Model, Str
from scoring.source.model import Name as NameField
from scoring.values import plain, rounded


class Cause(Model):
    """Something that costs points: a fixed number each time, or a range to judge within."""

    id: NameField = Field(description="事项 id，记录用它")
    title: Str = Field(description="事项名称，如 逾期报送")
    english: Str | None = Field(None, description="英文名称")
    each: Points | None = Field(None, description="每发生一次扣几分")
    most: Points | None = Field(None, description="本事项最多扣几分")
    at_least: Points | None = Field(None, description="评判幅度的下限（分）")
    at_most: Points | None = Field(None, description="评判幅度的上限（分）")

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if (self.each is None) == (self.at_most is None):
            raise Fault(
                Text(
                    f"扣分事项“{self.title}”要写 each（每次扣）或 at_most（幅度上限）之一",
                    "write either each or at_most",
                ),
            )
        if self.at_least is not None and (self.at_most is None or self.at_least > self.at_most):
            raise Fault(Text("at_least 要不大于 at_most", "at_least must not exceed at_most"), inside=("at_least",))
        if self.most is not None and self.each is None:
            raise Fault(Text("most 只用于按次扣分（each）", "most goes with each"), inside=("most",))
        return self

    def label(self) -> Text:
        return Text(self.title, self.english or self.title)


class Deduct(Rule):
    """Full points to begin with, less what each finding costs, never below the floor (扣完为止).

    Formula: max(floor, weight − Σ deductions); a cause costs count × each (at most `most`) or the points judged within
             its range.
    Units:   points.
    Errors:  a record's cause that the rule does not list, points outside the range, a count where a range is asked.
    Source:  the 倒扣分 of 河南省政府专项债券项目资金绩效管理办法 附件4 备注3 and of local tables.
    """

    kind: Literal["deduct"] = "deduct"
    title: ClassVar[Text] = Text("倒扣分", "deduction from full marks")
    asks: ClassVar[tuple[str, ...]] = ("deductions",)

    causes: tuple[Cause, ...] = Field(min_length=1, description="扣分事项")
    floor: Points = Field(Decimal(0), description="最低得分")

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        seen: set[str] = set()
        for index, cause in enumerate(self.causes):
            if cause.id in seen:
                raise Fault(
                    Text(f"扣分事项 {cause.id} 写了两次", f"cause {cause.id} appears twice"),
                    inside=("causes", index, "id"),
                )
            seen.add(cause.id)
        return self

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        costs = [self._cost(cause) for cause in self.causes]
        total = costs[0]
        for cost in costs[1:]:
            total = Arithmetic("+", total, cost)
        taken = Named(Text("扣分", "deducted"), total)
        return Call("max", (Number(Fraction(self.floor)), Arithmetic("-", Number(weight), taken)))

    def _cost(self, cause: Cause) -> Node:
        if cause.each is None:
            return Name(f"taken.{cause.id}")
        cost = Arithmetic("*", Name(f"count.{cause.id}"), Number(Fraction(cause.each)))
        return cost if cause.most is None else Call("min", (Number(Fraction(cause.most)), cost))

    def unsound(self, weight: Fraction) -> Iterator[Fault]:
        if self.floor > weight:
            yield Fault(
                Text(
                    f"最低得分 {plain(self.floor)} 高于指标分值 {plain(rounded(weight, 2))}",
                    f"the floor {plain(self.floor)} is above the weight {plain(rounded(weight, 2))}",
                ),
                inside=("floor",),
            )

    def labels(self, weight: Fraction) -> dict[str, Label]:
        labels: dict[str, Label] = {}
        for cause in self.causes:
            zh, en = cause.label()
            if cause.each is not None:
                labels[f"count.{cause.id}"] = Label(Text(f"{zh}次数", f"times of {en}"))
            else:
                span = f"{plain(cause.at_least or Decimal(0))}–{plain(cause.at_most or Decimal(0))}"
                labels[f"taken.{cause.id}"] = Label(Text(f"{zh}扣分（{span}分）", f"points for {en} ({span})"))
        return labels

    def answers(self, answer: Answer) -> dict[str, Value]:
        if answer.deductions is None:
            return {}
        values: dict[str, Value] = {}
        for cause in self.causes:
            mine = [d for d in answer.deductions if d.cause == cause.id]
            if cause.each is not None:
                values[f"count.{cause.id}"] = Fraction(sum(d.count or 1 for d in mine))
            else:
                values[f"taken.{cause.id}"] = sum((Fraction(d.points or 0) for d in mine), Fraction(0))
        return values

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        causes = {cause.id: cause for cause in self.causes}
        for index, deduction in enumerate(answer.deductions or ()):
            if cause := causes.get(deduction.cause):
                yield from self._faults_of(deduction, cause, index)
                continue
            yield Fault(
                Text(f"规则里没有扣分事项“{deduction.cause}”", f"the rule has no cause '{deduction.cause}'"),
                suggest(deduction.cause, causes),
                inside=("deductions", index, "cause"),
            )

    def _faults_of(self, deduction: Deduction, cause: Cause, index: int) -> Iterator[Fault]:
        place = ("deductions", index)
        if cause.each is not None:
            if deduction.points is not None:
                yield Fault(
                    Text(
                        f"“{cause.title}”每次固定扣{plain(cause.each)}分，不另写 points",
                        f"'{cause.id}' costs {plain(cause.each)} each: write count, not points",
                    ),
                    inside=(*place, "points"),
                )
        elif deduction.points is None or deduction.count is not None:
            yield Fault(
                Text(
                    f"“{cause.title}”在幅度内评判：写 points，不写 count",
                    f"'{cause.id}' is judged within a range: write points",
                ),
                inside=place if deduction.count is None else (*place, "count"),
            )
        elif cause.at_most is not None and not (cause.at_least or 0) <= deduction.points <= cause.at_most:
            low, high = plain(cause.at_least or Decimal(0)), plain(cause.at_most)
            yield Fault(
                Text(
                    f"“{cause.title}”扣{plain(deduction.points)}分，超出 {low}–{high} 分的幅度",
                    f"{plain(deduction.points)} is outside {low}–{high}",
                ),
                inside=(*place, "points"),
            )

    def losses(self, answer: Answer, weight: Fraction) -> list[Loss]:
        """Each deduction in the order recorded, cut where its cause or the floor leaves nothing more to take."""
        left = weight - Fraction(self.floor)
        allowed = {c.id: Fraction(c.most) for c in self.causes if c.most is not None}
        causes = {cause.id: cause for cause in self.causes}
        parts = []
        for index, deduction in enumerate(answer.deductions or ()):
            cause = causes[deduction.cause]
            points = (
                Fraction(deduction.points or 0) if cause.each is None else Fraction(cause.each) * (deduction.count or 1)
            )
            points = min(points, left, allowed.get(cause.id, points))
            left -= points
            if cause.id in allowed:
                allowed[cause.id] -= points
            zh, en = cause.label()
            times = f"×{deduction.count}" if (deduction.count or 1) > 1 else ""
            parts.append(
                Loss(points, Text(f"{zh}{times}：{deduction.reason}", f"{en}{times}: {deduction.reason}"), index)
            )
        return parts
