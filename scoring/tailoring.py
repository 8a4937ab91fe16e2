"""A framework written as its differences from another: a file that `extends` a set, each change saying why."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scoring import indicators as sets
from scoring.errors import Fault, ScoringError, Text, listed, suggest
from scoring.indicators import Indicator, IndicatorSet
from scoring.rules import AnyRule, Prose
from scoring.source.model import Id, Model, Name, Number, Str, build
from scoring.source.text import Source, show

Steps = tuple[str | int, ...]
SCORED = ("rounding", "not_applicable", "grades")  # keys that move scores or grades: they too need a reason


class Change(Model):
    """One difference from the parent, and why."""

    change: str
    reason: Prose = Field(description="理由")
    approver: Str | None = Field(None, description="批准单位；不写则是文件的 approver")

    def targets(self) -> dict[str, Steps]:
        """The indicators it is about, each with the place in the change that says so."""
        key = next(key for key in ("weights", "rules", "indicator", "id") if key in type(self).model_fields)
        value = getattr(self, key)
        if isinstance(value, dict):
            return {id: (key, id) for id in value}
        return {value.id if isinstance(value, Indicator) else value: (key,)}


class Reweight(Change):
    change: Literal["reweight"]
    weights: dict[Id, Annotated[Number, Field(gt=0)]] = Field(min_length=1, description="指标编号: 新的分值")


class Rename(Change):
    change: Literal["rename"]
    id: Id = Field(description="指标编号")
    title: Str = Field(description="新的名称")
    english: Str | None = Field(None, description="新的英文名称；旧的不再使用")


class SetRule(Change):
    change: Literal["set_rule"]
    rules: dict[Id, AnyRule] = Field(min_length=1, description="指标编号: 新的评分规则")


class Add(Change):
    change: Literal["add"]
    indicator: Indicator = Field(description="新的指标")
    under: Id | None = Field(None, description="加在哪一组之下；不写则在最上层")
    after: Id | None = Field(None, description="排在哪个指标之后；不写则在最后")


class Drop(Change):
    change: Literal["drop"]
    id: Id = Field(description="指标编号")


class Replace(Change):
    change: Literal["replace"]
    id: Id = Field(description="指标编号")
    by: Indicator = Field(alias="with", description="放在同一位置的指标")


AnyChange = Annotated[Reweight | Rename | SetRule | Add | Drop | Replace, Field(discriminator="change")]


def _with_version(reference: str) -> str:
    if not all(reference.partition("@")):
        message = Text(f"“{reference}”没有写明版本", f"'{reference}' does not name a version")
        raise Fault(message, Text("写 编号@版本，如 province-2020@1", "write id@version, as in province-2020@1"))
    return reference


class Tailoring(Model):
    """The file: which set it `extends`, the keys of that set it gives anew, and the changes to its indicators."""

    id: Id = Field(description="体系编号")
    extends: Annotated[Str, AfterValidator(_with_version)] = Field(description="上级框架，写 编号@版本")
    version: Str = Field(description="版本，如 '1'")
    approver: Str = Field(description="批准单位")
    reason: Prose | None = Field(None, description="改写等级、取整等总体规定的理由")
    changes: tuple[AnyChange, ...] = Field((), description="对指标的变更，按顺序")
    title: Str | None = Field(None, description="名称")
    english: Str | None = Field(None, description="英文名称")
    status: sets.Status | None = Field(None, description="可信程度")
    note: Prose | None = Field(None, description="必须让读者看到的说明")
    weights: sets.Origin | None = Field(None, description="分值的来源")
    rules: sets.Origin | None = Field(None, description="评分规则的来源")
    profile: Id | None = Field(None, description="应当符合的规定")
    effective: sets.Years | None = Field(None, description="适用年度")
    citations: tuple[sets.Citation, ...] = Field((), description="依据，加在上级框架的依据之后")
    rounding: sets.RoundingPolicy | None = Field(None, description="取整方法")
    not_applicable: sets.NotApplicable | None = Field(None, description="不适用指标的分值怎么办")
    grades: tuple[sets.Grade, ...] | None = Field(None, min_length=1, description="等级，从高到低")
    grades_source: Prose | None = Field(None, description="等级划分的依据")
    facts: dict[Name, sets.FactAsked] = Field(default_factory=dict, description="另要提供的事实")
    outline: Id | None = Field(None, description="报告提纲")


class TailoredSet(IndicatorSet):
    """A whole set like any other, which remembers what it was made of."""

    parent: IndicatorSet
    tailoring: Tailoring


def tailor(parent: IndicatorSet, tailoring: Tailoring) -> tuple[TailoredSet | None, list[Fault]]:
    """The set that the file makes of its parent, or what is wrong; Fault.inside is the path from the top of the file."""
    tree = _Tree(parent, tailoring.changes)
    faults = []
    for index, change in enumerate(tailoring.changes):
        for id, steps in change.targets().items():
            try:
                tree.apply(change, id, ("changes", index, *steps))
            except Fault as fault:
                faults.append(fault)
    for key in SCORED:
        if getattr(tailoring, key) not in (None, getattr(parent, key)) and tailoring.reason is None:
            message = Text(
                f"改写 {key} 要说明理由，加一行 reason: …", f"add a line reason: … that says why {key} changes"
            )
            faults.append(Fault(message, inside=(key,)))
    for name in tailoring.facts.keys() & parent.facts.keys():
        message = Text(f"上级框架已有事实“{name}”，不再写", f"the parent already asks for '{name}': leave it out")
        faults.append(Fault(message, inside=("facts", name)))
    for (id, kind), at in tree.done.items():
        if kind == "drop" and not faults and not tree.parts[tree.group[id]]:
            message = Text(f"“{id}”是这一组最后的指标，请删去整组", f"'{id}' is the last of its group: drop the group")
            faults.append(Fault(message, inside=at))
    if faults:
        return None, faults
    child = tree.child(parent, tailoring)
    faults = [tree.placed(fault, child) for fault in child.faults()]
    return (None, faults) if faults else (child, [])


class _Tree:
    """The parent's tree, taken apart while the changes go over it. Each thing is changed once, so each change shows."""

    def __init__(self, parent: IndicatorSet, changes: tuple[AnyChange, ...]) -> None:
        self.nodes: dict[str, Indicator] = {}
        self.group: dict[str, str | None] = {}  # None: the top
        self.parts: dict[str | None, list[str]] = {None: [node.id for node in parent.indicators]}
        self.fresh: dict[str, Steps] = {}  # what a change brings → where it is written
        self.gone: dict[str, Steps] = {}  # what a change takes away → the change
        self.done: dict[tuple[str, str], Steps] = {}  # indicator and kind of change → where it is written
        for node in parent.indicators:
            self.lay(node, None, ())
        for index, change in enumerate(changes):
            for id in self.family(change.id) if isinstance(change, Drop | Replace) else ():
                self.gone.setdefault(id, ("changes", index))

    def lay(self, node: Indicator, group: str | None, at: Steps) -> None:
        """Take in an indicator with all below it; at is where the file has it, empty for the parent's own."""
        if node.id in self.nodes or self.gone.get(node.id, at[:2]) != at[:2]:
            message = Text(f"编号 {node.id} 已经用了", f"id {node.id} is already used")
            raise Fault(message, Text("换一个编号", "choose another"), inside=(*at, "id"))
        self.nodes[node.id], self.group[node.id] = node, group
        if at:
            self.fresh[node.id] = at
        if node.children is not None:
            self.parts[node.id] = [child.id for child in node.children]
        for index, child in enumerate(node.children or ()):
            self.lay(child, node.id, (*at, "children", index) if at else ())

    def family(self, id: str) -> list[str]:
        return [id, *(below for child in self.parts.get(id, ()) for below in self.family(child))]

    def built(self, id: str) -> Indicator:
        if id not in self.parts:
            return self.nodes[id]
        return self.nodes[id].model_copy(update={"children": tuple(map(self.built, self.parts[id]))})

    def find(self, id: str, at: Steps) -> Indicator:
        """The parent's indicator of that id, if the change at that place may speak of it."""
        for other in (self.gone.get(id, at), self.fresh.get(id, at)):
            if other[:2] != at[:2]:
                raise _twice(id, other[:2], at)
        if id not in self.nodes:
            raise _unknown(id, self.nodes, at)
        return self.nodes[id]

    def apply(self, change: AnyChange, id: str, at: Steps) -> None:
        """Fault: the change does not go with the parent, or with another change."""
        if (other := self.done.setdefault((id, change.change), at)) != at:
            raise _twice(id, other[:2], at)
        if isinstance(change, Add):
            return self.add(change, at[:2])
        node = self.find(id, at)
        match change:
            case Reweight():
                self.nodes[id] = node.model_copy(update={"weight": change.weights[id]})
            case Rename():
                self.nodes[id] = node.model_copy(update={"title": change.title, "english": change.english})
            case SetRule() if id not in self.parts and node.open is None:
                self.nodes[id] = node.model_copy(update={"rule": change.rules[id], "standard": None})
            case SetRule():
                message = Text(f"“{node.title}”是分组，没有评分规则", f"'{id}' is a group, which has no rule")
                raise Fault(message, Text("改它下级的规则", "set the rules of its parts"), inside=at)
            case Drop() | Replace():
                self.swap(id, change.by if isinstance(change, Replace) else None, (*at[:2], "with"))
        if self.nodes.get(id) == node:
            message = Text(f"“{node.title}”本来就是这样", f"'{id}' is so already")
            raise Fault(message, Text("删去这一条", "leave this change out"), inside=at)
        return None

    def swap(self, id: str, by: Indicator | None, at: Steps) -> None:
        level = self.parts[self.group[id]]
        place = level.index(id)
        for below in self.family(id):
            del self.nodes[below]
            self.parts.pop(below, None)
        level[place : place + 1] = [by.id] if by else []
        if by:
            self.lay(by, self.group[id], at)

    def add(self, change: Add, at: Steps) -> None:
        if change.under is not None:
            self.find(change.under, (*at, "under"))
        if (level := self.parts.get(change.under)) is None:
            message = Text(f"“{change.under}”没有下级指标", f"'{change.under}' is not a group with parts")
            raise Fault(message, inside=(*at, "under"))
        if change.after is not None and change.after not in level:
            raise _unknown(change.after, level, (*at, "after"))
        self.lay(change.indicator, change.under, (*at, "indicator"))
        level.insert(level.index(change.after) + 1 if change.after else len(level), change.indicator.id)

    def child(self, parent: IndicatorSet, tailoring: Tailoring) -> TailoredSet:
        """The set as it stands. What changes no longer rests on the parent's sources, unless the file says so."""
        values = {name: getattr(parent, name) for name in IndicatorSet.model_fields}
        kinds, nodes = {kind for _, kind in self.done}, self.nodes.values()
        if kinds - {"rename", "set_rule"} and any(node.weight for node in nodes):
            values["weights"] = "illustrative"
        if kinds & {"set_rule", "add", "replace"} and all(n.id in self.parts or n.open or n.rule for n in nodes):
            values["rules"] = "illustrative"
        if kinds and parent.status == "official":
            values["status"] = "unconfirmed"
        if tailoring.title is not None:
            values["english"] = None
        values |= {key: getattr(tailoring, key) for key in values if getattr(tailoring, key, None) is not None}
        values["indicators"] = tuple(map(self.built, self.parts[None]))
        values["citations"] = (*parent.citations, *tailoring.citations)
        values["facts"] = parent.facts | tailoring.facts
        return TailoredSet.model_validate(values | {"parent": parent, "tailoring": tailoring})

    def placed(self, fault: Fault, child: TailoredSet) -> Fault:
        """A fault of the whole set, put where the file causes it; of weights, with every change that had a part in it."""
        nodes, inside, message = dict(child.walk()), fault.inside, fault.message
        path: Steps = max((path for path in nodes if inside[: len(path)] == path), key=len, default=())
        id, rest = nodes[path].id if path else None, inside[len(path) :]
        if id in self.fresh:
            inside = (*self.fresh[id], *rest)
        elif rest[:1] == ("rule",) and (at := self.done.get((str(id), "set_rule"))):
            inside = (*at, *rest[1:])
        elif path or inside == ("indicators",):
            ids = {id, *(part for part, group in self.group.items() if group == id)}
            felt = [at for (of, kind), at in self.done.items() if of in ids and kind not in ("rename", "set_rule")]
            inside = felt[-1] if felt else ("extends",)
            if len(by := dict.fromkeys(show(at[:2]) for at in felt)) > 1:
                message = Text(f"{message.zh}（由 {listed(by).zh} 改动）", f"{message.en} (after {listed(by).en})")
        elif inside[0] not in child.tailoring.model_fields_set:
            inside = ("extends",)
        return Fault(message, fault.hint, inside=inside, offset=fault.offset, at_key=fault.at_key)


def _twice(id: str, other: Steps, at: Steps) -> Fault:
    message = Text(f"“{id}”还由 {show(other)} 变更", f"'{id}' is changed by {show(other)} too")
    return Fault(message, Text("两条只留一条", "keep one of the two"), inside=at, at_key=at[-1] == id)


def _unknown(id: str, known: Iterable[str], at: Steps) -> Fault:
    message = Text(f"上级框架这里没有指标“{id}”", f"the parent has no indicator '{id}' here")
    return Fault(message, suggest(id, known), inside=at, at_key=at[-1] == id)


def load_tailored(source: Source, find: Callable[[str], IndicatorSet], within: tuple[Path, ...] = ()) -> TailoredSet:
    """The set such a file describes. ScoringError: everything wrong with it.

    find gives the parent, or raises Fault; within are the files that extend this one, directly or by others.
    """
    tailoring = build(source, Tailoring)
    try:
        if source.file in within:
            ring = " → ".join(file.stem for file in (*within, source.file))
            raise Fault(Text(f"extends 绕成了一圈：{ring}", f"extends goes round in a ring: {ring}"))
        parent = find(tailoring.extends)
    except Fault as fault:
        raise ScoringError(source.diagnose(Fault(fault.message, fault.hint), ("extends",))) from None
    child, faults = tailor(parent, tailoring)
    if child is not None:
        return child
    raise ScoringError(*(source.diagnose(fault, ()) for fault in faults))
