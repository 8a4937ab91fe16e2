"""A level by judgement, and a share of the points inside that level."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text, suggest
from scoring.expression.exact import Value
from scoring.expression.tree import Arithmetic, Kind, Name, Named, Node, Number
from scoring.expression.words import Label
from scoring.rules.base import Answer, Rule, Share
from scoring.source.model import Model, Str
from scoring.values import PERCENT, plain, rounded, shown_percent


class Level(Model):
    """One level: a fixed share, or a range to judge within, its upper end open (below) or closed (at_most)."""

    name: Str = Field(description="等级名称，如 达成年度指标")
    english: Str | None = Field(None, description="英文名称")
    share: Share | None = Field(None, description="固定比例")
    at_least: Share | None = Field(None, description="比例下限（含）")
    at_most: Share | None = Field(None, description="比例上限（含）")
    below: Share | None = Field(None, description="比例上限（不含）")

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        ranged = self.at_least is not None and (self.at_most is None) != (self.below is None)
        fixed = self.share is not None and (self.at_least, self.at_most, self.below) == (None, None, None)
        if not fixed and not (ranged and self.share is None):
            raise Fault(
                Text(f"等级“{self.name}”的比例没写对", f"level '{self.name}' needs one share or one range"),
                Text(
                    "写 share: 60%，或 at_least: 60% 加 below: 80%（或 at_most）",
                    "write share: 60%, or at_least: 60% with below: 80%",
                ),
            )
        top = self.at_most if self.at_most is not None else self.below
        if top is not None and self.at_least is not None and self.at_least >= top:
            raise Fault(Text(f"等级“{self.name}”的下限不低于上限", f"level '{self.name}' has no room between its ends"))
        return self

    def holds(self, share: Fraction) -> bool:
        if self.share is not None:
            return share == self.share
        return (
            (self.at_least is None or share >= self.at_least)
            and (self.at_most is None or share <= self.at_most)
            and (self.below is None or share < self.below)
        )

    def span(self) -> str:
        if self.share is not None:
            return shown_percent(self.share)
        top = (
            f"{shown_percent(self.at_most)}]"
            if self.at_most is not None
            else f"{shown_percent(self.below or Fraction(0))})"
        )
        return f"[{shown_percent(self.at_least or Fraction(0))}, {top}"


def article_16() -> tuple[Level, ...]:
    """The three levels of 财预〔2020〕10号 第十六条."""
    tiers = [
        {"name": "达成年度指标", "english": "achieved", "at_least": "80%", "at_most": "100%"},
        {"name": "部分达成年度指标并具有一定效果", "english": "partly achieved", "at_least": "60%", "below": "80%"},
        {"name": "未达成年度指标且效果较差", "english": "not achieved", "at_least": "0%", "below": "60%"},
    ]
    return tuple(Level.model_validate(tier) for tier in tiers)


def _top(level: Level) -> Fraction:
    return next(end for end in (level.share, level.at_most, level.below) if end is not None)


class Levels(Rule):
    """A qualitative indicator is put on a level; the share of the points is judged inside the level, with a reason.

    Formula: weight × share.
    Units:   share of full points.
    Errors:  a level the rule does not list, a share outside its level, no reason.
    Source:  财预〔2020〕10号 第十六条: [80%, 100%], [60%, 80%), [0, 60%); 80% and 60% belong to the upper level.
    """

    kind: Literal["levels"] = "levels"
    title: ClassVar[Text] = Text("分档评判", "judged by level")
    asks: ClassVar[tuple[str, ...]] = ("level", "share")
    by_judgement: ClassVar[bool] = True

    levels: tuple[Level, ...] = Field(
        default_factory=article_16, min_length=2, description="等级；不写则用第十六条的三档"
    )

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        seen: set[str] = set()
        for index, level in enumerate(self.levels):
            if level.name in seen:
                raise Fault(
                    Text(f"等级“{level.name}”写了两次", f"level '{level.name}' appears twice"),
                    inside=("levels", index, "name"),
                )
            seen.add(level.name)
        return self

    def lower(self, weight: Fraction, known: Mapping[str, Kind]) -> Node:
        return Arithmetic("*", Number(weight), Named(Text("评定比例", "share"), Name("share"), PERCENT))

    def maximum(self, weight: Fraction) -> Fraction:
        return weight * max(_top(level) for level in self.levels)

    def unsound(self, weight: Fraction) -> Iterator[Fault]:
        top = max(self.levels, key=_top)
        if top.below is not None:
            open_end = shown_percent(top.below)
            yield Fault(
                Text(
                    f"规则最高得不到 {plain(rounded(weight, 2))} 分：等级“{top.name}”写的是 below: {open_end}",
                    f"full marks cannot be reached: level '{top.name}' says below: {open_end}",
                ),
                Text(f"写 at_most: {open_end}", f"write at_most: {open_end}"),
            )

    def labels(self, weight: Fraction) -> dict[str, Label]:
        zh = "、".join(f"{level.name} {level.span()}" for level in self.levels)
        en = ", ".join(f"{level.english or level.name} {level.span()}" for level in self.levels)
        return {"share": Label(Text(f"等级内评定（{zh}）", f"judged within its level ({en})"), PERCENT)}

    def needs(self) -> tuple[str, ...]:
        return ("level",)

    def _level(self, name: str | None) -> Level | None:
        return next((level for level in self.levels if level.name == name), None)

    def answers(self, answer: Answer) -> dict[str, Value]:
        level = self._level(answer.level)
        share = level.share if level and level.share is not None else answer.share
        return {} if level is None or share is None else {"share": share}

    def faults(self, answer: Answer, weight: Fraction) -> Iterator[Fault]:
        if answer.level is None:
            if answer.share is not None:
                yield Fault(Text("写了比例，没有写等级 level", "a share without a level"), inside=("share",))
            return
        names = [level.name for level in self.levels]
        level = self._level(answer.level)
        if level is None:
            yield Fault(
                Text(f"规则里没有等级“{answer.level}”", f"the rule has no level '{answer.level}'"),
                suggest(answer.level, names),
                inside=("level",),
            )
            return
        if answer.share is not None and not level.holds(answer.share):
            yield Fault(
                Text(
                    f"“{level.name}”的比例是 {level.span()}，不能评 {shown_percent(answer.share)}",
                    f"level '{level.english or level.name}' takes {level.span()}, not {shown_percent(answer.share)}",
                ),
                inside=("share",),
            )
        if answer.share is None and level.share is None:
            yield Fault(
                Text(f"“{level.name}”要写比例 share", f"level '{level.english or level.name}' needs a share"),
                Text(f"在 {level.span()} 内评定", f"judge within {level.span()}"),
                inside=("level",),
            )
        if not answer.reason:
            yield Fault(Text("评判要写理由 reason", "a judgement needs a reason"), inside=("level",))
