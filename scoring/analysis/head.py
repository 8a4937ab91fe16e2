"""The columns a table for a set may have, each with what goes into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scoring.analysis.fields import parts
from scoring.binding import Bound
from scoring.errors import Text, listed
from scoring.indicators import IndicatorSet

ABOUT = (
    ("id", Text("编号，必有", "what the row is called; wanted")),
    ("year", Text("年度；不写列就用 --year", "budget year; or --year for all")),
    ("name", Text("对象名称", "name of the subject")),
    ("unit", Text("预算单位", "budget unit")),
    ("region", Text("地区", "region")),
    ("department", Text("主管部门", "department")),
    ("kind", Text("类别", "kind")),
)
PARTS = {
    "actual": Text("实际完成值", "actual"),
    "level": Text("评定等级", "level"),
    "share": Text("等级内比例，如 90%", "share inside the level, such as 90%"),
    "mark": Text("评分", "mark"),
    "met": Text("是否符合，true 或 false", "whether it is met, true or false"),
    "reduce": Text("人工调减（分）", "points a person takes off"),
    "reason": Text("评判理由", "reason"),
    "not_applicable": Text("不适用的理由", "why it does not apply"),
    "check": Text("满足，true 或 false", "met, true or false"),
    "at": Text("实际完成值", "actual"),
}
RATER = Text("第几位专家的评分", "mark of an expert, by number")


class Column(NamedTuple):
    """One column: its header, what it belongs to, and what goes into it."""

    header: str
    of: Text
    what: Text


def columns(indicator_set: IndicatorSet, tree: list[Bound]) -> Iterator[Column]:
    """In the order of the set: about the row, facts, the parts of every indicator, vetoes, an earlier review."""
    nothing = Text("", "")
    for header, what in ABOUT:
        yield Column(header, nothing, what)
    for name, fact in indicator_set.facts.items():
        if fact.peers is None:
            value = Text("true 或 false", "true or false") if fact.kind == "truth" else Text("数值", "number")
            yield Column(f"{name}({fact.unit})" if fact.unit else name, fact.text, value)
    for leaf in (leaf for top in tree for leaf in top.leaves()):
        for part in parts(leaf):
            if part == "not_applicable" and indicator_set.not_applicable is None:
                continue
            yield Column(f"{leaf.id}.{part}", leaf.title, _what(leaf, part))
    for veto in indicator_set.vetoes:
        yield Column(
            f"veto.{veto.id}", veto.text, Text("发生的事实；没有发生就空着", "the fact; blank where there is none")
        )
    if indicator_set.grade_drop:
        yield Column(
            "earlier_review", nothing, Text("此前评价的得分（百分制）", "the score of an earlier review, out of 100")
        )


def _what(leaf: Bound, part: str) -> Text:
    key, _, item = part.partition(".")
    if key == "mark" and item:
        return RATER
    if key in ("count", "taken"):
        return leaf.labels[part].title
    what = PARTS[key]
    if item:
        title = leaf.labels[part].title
        return Text(f"{title.zh}：{what.zh}", f"{title.en}: {what.en}")
    if key == "actual" and leaf.goal is not None:
        return Text(f"{what.zh}，目标 {leaf.goal.show()}", f"{what.en}, target {leaf.goal.show('en')}")
    if key == "level":
        names = listed(level.name for level in getattr(leaf.rule, "levels", ()))
        return Text(f"{what.zh}：{names.zh}", f"{what.en}: {names.en}")
    return what
