"""The words reading: tree and facts → the sentence that explains the points, in Chinese or English.

With facts, the sentence shows what was put in and what came out: 完成率 = 9 ÷ 10.34 ≈ 87.04%，得 5 × 87.04% ≈ 4.35分（满分5分）.
Without, it is the rule itself: 得分 = 5 × min(1, 完成值 ÷ 目标值).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from scoring.errors import Lang, Text
from scoring.expression.exact import Facts, Unknown, Value, evaluate
from scoring.expression.tree import (
    NEGATION,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Logic,
    Name,
    Named,
    Node,
    Not,
    Number,
    Order,
)
from scoring.values import PERCENT, plain, shown, shown_percent


@dataclass(frozen=True, slots=True)
class Label:
    """How a name is spoken of: its title and the unit its number is in."""

    title: Text
    unit: str = ""


Labels = Mapping[str, Label]

ABSENCE = {
    "missing": Text("还没有数据", "no data yet"),
    "undefined": Text("除数为零，无法计算", "division by zero"),
    "not-demonstrated": Text(
        "实际值只重复目标值，未经证明", "the actual only repeats its target and demonstrates nothing"
    ),
    "not-applicable": Text("不适用", "not applicable"),
}
_SIGN = {"+": "+", "-": "−", "*": "×", "/": "÷", "<=": "≤", ">=": "≥", "!=": "≠", "=": "=", "<": "<", ">": ">"}
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}


def formula(node: Node, labels: Labels, lang: Lang = "zh") -> str:
    """The rule in words, no facts needed; the parts with a name of their own are defined first."""
    reader = _Reader(labels, lang)
    last = reader.symbolic(node, 0)
    parts = [f"{title} = {text}" for title, text in reader.defined.items()]
    return ("；" if lang == "zh" else "; ").join([*parts, f"{'得分' if lang == 'zh' else 'points'} = {last}"])


class Account(NamedTuple):
    """How points came about: the steps (完成率 = 9 ÷ 10.34 ≈ 87.04%) and the last arithmetic (5 × 87.04% ≈ 4.35), if any."""

    steps: str
    last: str

    def brief(self, lang: Lang) -> str:
        return ("，" if lang == "zh" else ", ").join(part for part in self if part)

    def sentence(self, weight: Decimal, points: Decimal, lang: Lang) -> str:
        """One sentence that ends in points and weight."""
        if lang == "zh":
            last = f"得 {self.last}分" if self.last else f"得{plain(points)}分"
            return "，".join(part for part in (self.steps, f"{last}（满分{plain(weight)}分）") if part)
        return ", ".join(
            part for part in (self.steps, f"{self.last or plain(points)} points of {plain(weight)}") if part
        )


def account(node: Node, facts: Facts, labels: Labels, weight: Decimal, points: Decimal, lang: Lang = "zh") -> Account:
    """The account of points as printed. The tree must have a value for these facts."""
    reader = _Reader(labels, lang, facts)
    last = reader.valued(node, 0)
    steps = [*reader.steps, *reader.reasons]
    got = shown(value) if isinstance(value := reader.of(node), Fraction) else ""
    printed = plain(points)
    if not steps and points < weight and last == "0":  # nothing else says why it is nothing
        last = _Reader(labels, lang, facts, short=False).valued(node, 0)
    told = last in (got, printed) or (points == weight and steps)  # full marks need no more than the steps
    last = "" if told else f"{last} {'=' if got == printed else '≈'} {printed}"
    return Account(("；" if lang == "zh" else "; ").join(steps), last)


def absence(unknown: Unknown, labels: Labels, lang: Lang = "zh") -> str:
    """Why there is no value, and of what."""
    titles = [labels[name].title.to(lang) if name in labels else name for name in unknown.names]
    what = ("、" if lang == "zh" else ", ").join(titles)
    reason = ABSENCE[unknown.why].to(lang)
    return (f"{what}：{reason}" if lang == "zh" else f"{what}: {reason}") if what else reason


@dataclass
class _Reader:
    labels: Labels
    lang: Lang
    facts: Facts = field(default_factory=dict)
    short: bool = True  # a product with nothing in it is 0, without its other parts
    defined: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    values: dict[int, Value] = field(default_factory=dict)

    def of(self, node: Node) -> Value:
        """The value of a part of the tree, which is asked for once at every level above it."""
        if id(node) not in self.values:
            self.values[id(node)] = evaluate(node, self.facts)
        return self.values[id(node)]

    def title(self, name: str) -> str:
        return self.labels[name].title.to(self.lang) if name in self.labels else name

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def symbolic(self, node: Node, outer: int) -> str:
        match node:
            case Number(value):
                return shown(value)
            case Name(id):
                return self.title(id)
            case Named(title, inner, _):
                name = title.to(self.lang)
                if name not in self.defined:
                    text = self.symbolic(inner, 0)
                    self.defined.setdefault(name, text)
                return name
            case Arithmetic(op, left, right):
                level = _LEVEL[op]
                text = f"{self.symbolic(left, level)} {_SIGN[op]} {self.symbolic(right, level + 1)}"
                if op != "*" and (like := self._in_percent(left, right)):
                    text = f"{like[0]} {_SIGN[op]} {like[1]}"
                return f"({text})" if level < outer else text
            case Compare(op, left, right):
                sides = self._in_percent(left, right) or (self.symbolic(left, 1), self.symbolic(right, 1))
                return f"{sides[0]} {_SIGN[op]} {sides[1]}"
            case Logic(op, left, right):
                joint = self.say({"and": " 且 ", "or": " 或 "}[op], f" {op} ")
                level = {"or": 1, "and": 2}[op]
                text = f"{self.symbolic(left, level)}{joint}{self.symbolic(right, level)}"
                return self.say(f"（{text}）", f"({text})") if level < outer else text
            case Not(inner):
                return self.say("并非 ", "not ") + self.symbolic(inner, 3)
            case Choose(Name(id), Number(value), Number(none)) if not none:
                return self.say(f"{self.title(id)}（{shown(value)}）", f"{self.title(id)} ({shown(value)})")
            case Choose(Compare("=", _, Number(zero)), then, otherwise) if not zero:
                when = self.symbolic(node.condition, 0)
                aside = self.say(
                    f"（{when} 时：{self.symbolic(then, 0)}）", f" (when {when}: {self.symbolic(then, 0)})"
                )
                text = self.symbolic(otherwise, 0) + aside
                return f"[{text}]" if outer else text
            case Choose():
                text = self._listed(node)
                return f"[{text}]" if outer else text
            case Call(function, arguments):
                return f"{function}({', '.join(self.symbolic(argument, 0) for argument in arguments)})"

    def _listed(self, node: Node) -> str:
        """A chain of choices as a list of cases: 完成率 ≥ 95%：10；完成率 ≥ 80%：8；其余：0."""
        cases = []
        while isinstance(node, Choose):
            cases.append((self.symbolic(node.condition, 0), self.symbolic(node.then, 0)))
            node = node.otherwise
        cases.append((self.say("其余", "otherwise"), self.symbolic(node, 0)))
        colon, joint = self.say("：", ": "), self.say("；", "; ")
        return joint.join(f"{when}{colon}{value}" for when, value in cases)

    def _in_percent(self, left: Node, right: Node) -> tuple[str, str] | None:
        """Both sides, where one is a bare number beside something in percent: the number is then shown in percent."""
        if isinstance(right, Number) and self._unit(left) == PERCENT:
            return self.symbolic(left, 2), shown_percent(right.value)
        if isinstance(left, Number) and self._unit(right) == PERCENT:
            return shown_percent(left.value), self.symbolic(right, 2)
        return None

    def _unit(self, node: Node) -> str:
        match node:
            case Named(_, _, unit):
                return unit
            case Name(id):
                return self.labels[id].unit if id in self.labels else ""
            case Call("min" | "max", parts):
                return next((unit for part in parts if (unit := self._unit(part))), "")
            case Arithmetic("+" | "-", left, right):
                return self._unit(left) or self._unit(right)
            case _:
                return ""

    def value(self, value: Value, unit: str) -> str:
        if isinstance(value, Fraction):
            return shown_percent(value) if unit == PERCENT else shown(value)
        if isinstance(value, bool):
            return self.say("是", "yes") if value else self.say("否", "no")
        return ABSENCE[value.why].to(self.lang)

    def valued(self, node: Node, outer: int) -> str:
        """The node with values in place of names; steps and reasons are gathered on the way."""
        match node:
            case Number(value):
                return shown(value)
            case Name():
                return self.value(self.of(node), self._unit(node)).lstrip("≈")
            case Named(title, inner, unit):
                result = self.value(self.of(inner), unit)
                name = title.to(self.lang)
                if name not in self.told:
                    self.told.add(name)
                    text = self.valued(inner, 0)
                    found = self.of(inner)
                    same = {result.lstrip("≈"), shown(found).lstrip("≈") if isinstance(found, Fraction) else ""}
                    plainly = text.lstrip("≈") in same
                    near = " ≈ " if result.startswith("≈") else " = "
                    step = (
                        f"{name}{near}{result.lstrip('≈')}" if plainly else f"{name} = {text}{near}{result.lstrip('≈')}"
                    )
                    if step not in self.steps:
                        self.steps.append(step)
                return result.lstrip("≈")
            case Arithmetic("+" | "*" as op, left, right) if (
                short := self._without_zero(op, left, right, outer)
            ) is not None:
                return short
            case Arithmetic(op, left, right):
                level = _LEVEL[op]
                texts = [self.valued(left, level), self.valued(right, level + 1)]
                if op != "*" and self._in_percent(left, right):
                    texts = [
                        shown_percent(n.value) if isinstance(n, Number) else t
                        for n, t in zip((left, right), texts, strict=True)
                    ]
                text = f"{texts[0]} {_SIGN[op]} {texts[1]}"
                return f"({text})" if level < outer else text
            case Choose():
                return self._chosen(node, outer)
            case Call("min" | "max" as function, arguments):
                return self._extreme(function, arguments, outer)
            case Call(function, arguments):
                inner_text = ", ".join(self.valued(argument, 0) for argument in arguments)
                return f"{function}({inner_text})"
            case _:
                return self.value(self.of(node), "")

    def _without_zero(self, op: str, left: Node, right: Node, outer: int) -> str | None:
        """A sum or product with a part that is nothing, said short; that part still tells its steps and reasons."""
        empty = [self.of(part) == 0 for part in (left, right)]
        if not any(empty) or not self.short:
            return None
        texts = [self.valued(part, outer) for part in (left, right)]
        return "0" if op == "*" or all(empty) else texts[empty.index(False)]

    def _chosen(self, node: Choose, outer: int) -> str:
        """The branch taken, and as its reason the condition that chose it (with the last one that failed before it)."""
        failed: Node | None = None
        here: Node = node
        while isinstance(here, Choose):
            self._tell(here.condition)
            if self.of(here.condition) is True:
                self._reason(failed, here.condition)
                return self.valued(here.then, outer)
            failed, here = here.condition, here.otherwise
            if isinstance(failed, Compare) and failed.op == "=" and failed.right == Number(Fraction(0)):
                failed = None  # that nothing is divided by zero is no reason worth telling
        self._reason(failed, None)
        return self.valued(here, outer)

    def _tell(self, condition: Node) -> None:
        """Write down the steps of the named parts a condition looks at."""
        match condition:
            case Named():
                self.valued(condition, 0)
            case Compare(_, left, right) | Logic(_, left, right):
                self._tell(left)
                self._tell(right)
            case Not(inner):
                self._tell(inner)
            case _:
                pass

    def _reason(self, failed: Node | None, taken: Node | None) -> None:
        parts = []
        if failed is not None:
            parts.append(self._negated(failed))
        if taken is not None and not isinstance(taken, Name):
            parts.append(self.symbolic(taken, 0))
        text = self.say(" 且 ", " and ").join(part for part in parts if part)
        if text and text not in self.reasons:
            self.reasons.append(text)

    def _negated(self, node: Node) -> str:
        match node:
            case Compare(op, left, right):
                opposite: Order = NEGATION[op]
                return self.symbolic(Compare(opposite, left, right), 0)
            case Name(id):
                return self.say(f"未满足“{self.title(id)}”", f"not met: {self.title(id)}")
            case Not(inner):
                return self.symbolic(inner, 0)
            case _:
                return self.say(f"并非（{self.symbolic(node, 0)}）", f"not ({self.symbolic(node, 0)})")

    def _extreme(self, function: str, arguments: tuple[Node, ...], outer: int) -> str:
        """min and max show the argument that won; a bound that cuts the part it bounds says so."""
        values = [self.of(argument) for argument in arguments]
        numbers = [value for value in values if isinstance(value, Fraction)]
        if len(numbers) < len(values):
            return self.value(next(value for value in values if isinstance(value, Unknown)), "")
        best = (min if function == "min" else max)(numbers)
        texts = [self.valued(argument, outer) for argument in arguments]
        won = [i for i, value in enumerate(numbers) if value == best]
        index = next((i for i in won if not isinstance(arguments[i], Number)), won[0])
        unit = next((self._unit(a) for a in arguments if self._unit(a)), "")
        if not isinstance(arguments[index], Number):
            return texts[index]
        limit = self.value(best, unit)
        reason = self.say(
            f"{'超过上限，按' if function == 'min' else '低于下限，按'}{limit}计",
            f"{'above the cap' if function == 'min' else 'below the floor'}, taken as {limit}",
        )
        if reason not in self.reasons:
            self.reasons.append(reason)
        return limit
