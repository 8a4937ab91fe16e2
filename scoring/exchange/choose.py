"""Which indicator set a form is scored by: a shipped one its points agree with, or one made from the points it prints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from scoring.errors import Fault, Text
from scoring.exchange.reading import label
from scoring.exchange.write import scalar
from scoring.indicators import Indicator, IndicatorSet
from scoring.load import find_set
from scoring.values import plain

SHIPPED = (  # in the order they are tried; 10/50/30/10 alone cannot tell the 2020 form from the 2021 guide
    "self-evaluation-2020",
    "central-self-evaluation-2021-cost",
    "central-self-evaluation-2021-cost-no-satisfaction",
    "central-self-evaluation-2021-no-cost-no-satisfaction",
)
_HEADS = {
    "execution-rate": r"执行率|预算执行",
    "satisfaction": r"满意",
    "cost": r"成本",
    "output": r"产出|完成指标",
    "benefit": r"效益|效果",
}


@dataclass(slots=True)
class Group:
    """A first level as printed, its weight, and the second levels its indicators stand under, one each."""

    key: str
    title: str
    weight: Decimal
    seconds: list[str]


@dataclass(slots=True)
class Choice:
    """The set, where each group of the form goes, and why. own: the text of a set made for this form."""

    set_reference: str
    why: Text
    groups: dict[str, str]  # group of the form → id in the set
    aspects: dict[str, dict[str, str]]  # group of the form → second level as printed → aspect of the set
    facts: dict[str, str]  # budget, spent → the name the set gives it
    execution: str | None
    single: str | None = None  # a group of the form that the set scores as one indicator of its own
    asks: tuple[str, ...] = ()  # facts the form does not print
    known: frozenset[str] = frozenset(("initial_budget", "budget", "spent"))  # facts the set has titles for
    outside: bool = False  # the set is not for the year of the form
    own: str = ""


def head(title: str) -> str | None:
    """Which of the usual first levels a title names."""
    return next((key for key, pattern in _HEADS.items() if re.search(pattern, title)), None)


def aspect(second: str) -> str:
    """A second level without the word 指标: 数量指标 is 数量."""
    return re.sub(r"指标等?$", "", label(second))


def fit(indicator_set: IndicatorSet, groups: list[Group], execution: Decimal | None, year: int) -> Choice | Text:
    """How the form goes into the set, or why it does not."""
    choice = Choice(indicator_set.reference, Text("", ""), {}, {}, {"spent": "spent"}, None)
    left = {group.key: group for group in groups}
    for node in indicator_set.indicators:
        key = head(node.title)
        if key == "execution-rate" and node.rule is not None:
            if execution != node.weight:
                return _differs(node, execution)
            choice.execution = node.id
            continue
        group = left.pop(key or "", None)
        if group is None or group.weight != node.weight:
            return _differs(node, group.weight if group else None)
        choice.groups[group.key] = node.id
        if node.open is None:
            if node.children is not None or len(group.seconds) != 1:
                return Text(f"体系的“{node.title}”不由评价自设", f"'{node.id}' is not open")
            choice.single = group.key
            continue
        choice.aspects[group.key] = {}
        for second in group.seconds if node.open.aspects else ():
            found = next((one for one in node.open.aspects if aspect(one) == aspect(second)), None)
            if found is None:
                return Text(
                    f"体系的“{node.title}”没有二级指标“{label(second)}”", f"'{node.id}' has no aspect '{label(second)}'"
                )
            choice.aspects[group.key][second] = found
    if left or (execution is not None and choice.execution is None):
        titles = "、".join(group.title for group in left.values()) or "预算执行率"
        return Text(f"体系没有“{titles}”", f"the set has no '{titles}'")
    choice.facts["budget"] = "budget" if "budget" in indicator_set.facts else "budget_year"
    choice.known = frozenset(indicator_set.facts)
    choice.outside = not indicator_set.effective.hold(year)
    choice.asks = tuple(name for name, fact in indicator_set.facts.items() if fact.kind == "truth")
    return choice


def _differs(node: Indicator, printed: Decimal | None) -> Text:
    zh = f"体系的“{node.title}”是 {plain(node.weight)} 分，表上" + (
        "没有" if printed is None else f"是 {plain(printed)} 分"
    )
    en = f"'{node.id}' weighs {plain(node.weight)}, the form has {'none' if printed is None else plain(printed)}"
    return Text(zh, en)


def choose(
    groups: list[Group],
    execution: Decimal | None,
    project: bool,
    wanted: str | None,
    folders: Iterable[Path],
    own_id: str,
    year: int,
) -> Choice:
    """The set for a form. wanted: the one the user asks for. Fault: the form does not fit that one."""
    split = "/".join([plain(execution or Decimal(0)), *(plain(group.weight) for group in groups)])
    if wanted is not None:
        found = fit(find_set(wanted, folders), groups, execution, year)
        if isinstance(found, Text):
            raise Fault(Text(f"表与体系 {wanted} 对不上：{found.zh}", f"the form does not fit {wanted}: {found.en}"))
        found.why = Text("由 --set 指定", "named by --set")
        return found
    reasons = []
    for id in SHIPPED if project else ():
        indicator_set = find_set(id, folders)
        found = fit(indicator_set, groups, execution, year)
        if isinstance(found, Choice):
            found.why = Text(f"分值 {split} 与它相同", f"its points are the same, {split}")
            return found
        reasons.append(found)
    zh = f"分值 {split} 与现有自评体系都不同，按表上印的分值另做一个体系"
    en = f"no self-review set has the points {split}: one is made from those printed"
    if reasons and split.startswith("10/"):
        zh, en = f"{zh}（{reasons[0].zh}）", f"{en} ({reasons[0].en})"
    if not project:
        zh, en = (
            f"部门整体自评没有通用的体系，按表上印的分值 {split} 另做一个",
            f"made from the printed points, {split}",
        )
    return Choice(
        f"{own_id}@1",
        Text(zh, en),
        {group.key: group.key for group in groups},
        {group.key: {second: aspect(second) for second in group.seconds if second} for group in groups},
        {"budget": "budget", "spent": "spent"},
        None if execution is None else "execution-rate",
        own=_own(groups, execution, project, own_id, year),
    )


def _own(groups: list[Group], execution: Decimal | None, project: bool, id: str, year: int) -> str:
    what = "项目支出" if project else "部门整体支出"
    lines = [
        f"# 按导入的{what}绩效自评表印出的一级指标和分值做成，没有找到分值相同的通用体系",
        f"id: {id}",
        f"title: {what}绩效自评表（按导入的表）",
        'version: "1"',
        f"subject: {'project' if project else 'department'}",
        "status: illustrative",
        "weights: secondary",
        "rules: illustrative",
        "note: >-",
        "  一级指标和分值取自导入的自评表，没有见到规定它们的文件。评分规则是本项目的选择：预算执行率按执行数÷预算数、最高得满分，",
        "  定量指标按完成比例，定性指标分三档，均借用财预〔2020〕10号第十六条的通常读法。",
        f"effective: {{first: {year}, last: {year}}}",
        "citations:",
        f"- {{title: 导入的{what}绩效自评表, article: 一级指标和分值}}",
        "- title: 项目支出绩效评价管理办法",
        "  number: 财预〔2020〕10号",
        "  issuer: 财政部",
        "  issued: 2020-02-25",
        "  article: 第十六条、第十八条",
        "  note: 评分规则和等级借用其规定",
        "grades_source: 借用财预〔2020〕10号第十八条的四档划分",
        "grades:",
        "- {title: 优, english: Excellent, at_least: 90}",
        "- {title: 良, english: Good, at_least: 80}",
        "- {title: 中, english: Fair, at_least: 60}",
        "- {title: 差, english: Poor, at_least: 0}",
        f"outline: general-{'project' if project else 'department'}",
        "facts:",
        "  initial_budget: {title: 年初预算数, english: initial budget, unit: 万元}",
        "  budget: {title: 全年预算数, english: budget of the whole year, unit: 万元}",
        "  spent: {title: 全年执行数, english: amount spent in the whole year, unit: 万元}",
        "indicators:",
    ]
    if execution is not None:
        lines += [
            "- id: execution-rate",
            "  title: 预算执行率",
            "  english: Budget execution rate",
            f"  weight: {plain(execution)}",
            '  rule: {kind: formula, formula: "weight * min(1, spent / budget)"}',
            "  problem: 全年预算没有执行完毕",
            "  recommendation: 加快预算执行，按实际需要编制和调整预算",
        ]
    for group in groups:
        named = dict.fromkeys(aspect(second) for second in group.seconds if second)
        # an aspect must then be given for every indicator of the group
        aspects = f"aspects: [{', '.join(map(scalar, named))}], " if named and all(group.seconds) else ""
        lines += [
            f"- id: {group.key}",
            f"  title: {scalar(group.title)}",
            f"  weight: {plain(group.weight)}",
            f"  open: {{{aspects}qualitative: levels, form: {scalar(group.title)}}}",
            "  problem: “{{ title }}”没有达到年度指标值",
            "  recommendation: 分析偏差原因，制定改进措施",
        ]
    return "\n".join(lines) + "\n"
