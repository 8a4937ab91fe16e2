"""What a tailored set changes in its parent: found by comparing the two, joined with the reasons its files give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel

from scoring.errors import Text
from scoring.expression.words import formula
from scoring.indicators import COMBINE, NOT_APPLICABLE, ORIGIN, STATUS, Citation, FactAsked, Indicator, IndicatorSet
from scoring.report.document import Block, Cell, Document, Paragraph, Table
from scoring.report.tables import head
from scoring.rules import Rule
from scoring.tailoring import Change, Replace, Tailoring, TailoredSet
from scoring.values import plain, shown_percent

OWN = ("id", "version", "title", "english", "indicators")  # what makes a set another one; its tree is compared by id
WHOLE = ("added", "dropped", "replaced")
WHAT = {"reweight": "weight", "rename": "title", "set_rule": "rule", "add": "added", "drop": "dropped"}
WORDS = {
    "title": "改名称",
    "weight": "改分值",
    "rule": "改评分规则",
    "added": "增加",
    "dropped": "删去",
    "replaced": "替换",
    "moved": "移到别组",
    "order": "改顺序",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. id is "" where it belongs to the whole set; what is a key of WORDS or of the model.

    before and after are as the models hold them, None where there is nothing; reason is "" when no file states one.
    """

    id: str
    title: str
    what: str
    before: object
    after: object
    reason: str = ""
    approver: str = ""


def differences(parent: IndicatorSet, child: IndicatorSet) -> list[Difference]:
    """Everything that differs, stated or not: the whole set first, then the parent's indicators, then what is new."""
    stated = _stated(parent, child)
    found = [
        Difference("", field.description or name, name, getattr(parent, name), getattr(child, name))
        for name, field in IndicatorSet.model_fields.items()
        if name not in OWN and getattr(parent, name) != getattr(child, name)
    ]
    found += _of_trees(parent, child, [change for change, _ in stated if isinstance(change, Replace)])
    return [_joined(difference, stated) for difference in found]


def _stated(parent: IndicatorSet, child: IndicatorSet) -> list[tuple[Change | Tailoring, str]]:
    """Every change on the way from the parent to the child with who approved it, and each file's own reason."""
    if not isinstance(child, TailoredSet) or child.reference == parent.reference:
        return []
    file = child.tailoring
    own = [(change, change.approver or file.approver) for change in file.changes]
    return [*_stated(parent, child.parent), (file, file.approver), *own]


def _joined(difference: Difference, stated: list[tuple[Change | Tailoring, str]]) -> Difference:
    reasons, approvers = [], []
    for change, approver in stated:
        if isinstance(change, Tailoring):
            fits = not difference.id and difference.what in change.model_fields_set
        else:
            ids = [*change.targets(), *([change.by.id] if isinstance(change, Replace) else ())]
            what = WHAT.get(change.change, "replaced")
            fits = difference.id in ids and (what == difference.what or {what, difference.what} & {*WHOLE} != set())
        if fits:
            reasons.append(change.reason or "")
            approvers.append(approver)
    unique = dict.fromkeys
    return Difference(
        *(getattr(difference, name) for name in ("id", "title", "what", "before", "after")),
        "；".join(unique(filter(None, reasons))),
        "、".join(unique(approvers)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    node: Indicator
    group: str  # "" at the top


def _places(indicators: IndicatorSet) -> dict[str, _Place]:
    nodes = dict(indicators.walk())
    return {node.id: _Place(node, nodes[path[:-2]].id if path[2:] else "") for path, node in nodes.items()}


def _below(node: Indicator) -> set[str]:
    return {node.id}.union(*(_below(child) for child in node.children or ()))


def _of_trees(parent: IndicatorSet, child: IndicatorSet, replaced: list[Replace]) -> Iterator[Difference]:
    old, new = _places(parent), _places(child)
    covered: set[str] = set()  # said with the whole they belong to
    added: set[str] = set()
    swaps = {change.id: change.by.id for change in replaced if change.id in old and change.by.id in new}
    for id, place in old.items():
        node, now = place.node, new.get(id)
        if id in covered and (now is None or id in added):
            continue
        if (other := swaps.get(id)) and (by := new[other].node) != node and new[other].group == place.group:
            yield Difference(id, node.title, "replaced", node, by)
            covered |= _below(node)
            added |= _below(by)
        elif now is None:
            yield Difference(id, node.title, "dropped", node, None)
            covered |= _below(node)
        else:
            yield from _of_one(place, now, old, new)
    for id, place in new.items():
        if id not in old and id not in added:
            yield Difference(id, place.node.title, "added", None, place.node)
            added |= _below(place.node)
    yield from _of_order("", parent.indicators, child.indicators)


def _of_one(place: _Place, now: _Place, old: dict[str, _Place], new: dict[str, _Place]) -> Iterator[Difference]:
    """What differs in an indicator that both sets have."""
    node, other = place.node, now.node
    if place.group != now.group:
        groups = [places[at].node.title if at else None for places, at in ((old, place.group), (new, now.group))]
        yield Difference(node.id, node.title, "moved", *groups)
    if node.text != other.text:
        yield Difference(node.id, node.title, "title", node.text, other.text)
    for name in Indicator.model_fields:
        if name not in ("id", "title", "english", "children") and getattr(node, name) != getattr(other, name):
            yield Difference(node.id, node.title, name, getattr(node, name), getattr(other, name))
    yield from _of_order(node.id, node.children or (), other.children or (), node.title)


def _of_order(
    id: str, before: tuple[Indicator, ...], after: tuple[Indicator, ...], title: str = ""
) -> Iterator[Difference]:
    both = {node.id for node in before} & {node.id for node in after}
    titles = [tuple(node.title for node in nodes if node.id in both) for nodes in (before, after)]
    orders = [[node.id for node in nodes if node.id in both] for nodes in (before, after)]
    if orders[0] != orders[1]:
        yield Difference(id, title, "order", *titles)


def annex(parent: IndicatorSet, child: IndicatorSet, label: str = "") -> Document:
    """与上级框架的差异: every difference a row, with its reason and who approved it."""
    found = differences(parent, child)
    count = f"共{len(found)}处不同，逐项列于下表。" if found else "除编号、版本和名称外没有不同。"
    names = [f"《{each.title}》（{each.reference}）" for each in (child, parent)]
    blocks: list[Block] = [Paragraph(f"{names[0]}以{names[1]}为上级框架，{count}")]
    if found:
        rows = [head("序号", "指标", "变更", "上级框架", "本体系", "理由", "批准")]
        for number, each in enumerate(found, start=1):
            before, after = (_said(value, indicators) for value, indicators in ((each.before, parent), (each.after, child)))
            title = f"{each.title}（{each.id}）" if each.id else "（体系）"
            what = WORDS.get(each.what) or _short(_described(each.what))
            missing = "—" if not each.id else "未说明"
            texts = (title, what, before, after, each.reason or missing, each.approver or "—")
            rows.append((Cell(str(number), align="center"), *(Cell(text) for text in texts)))
        blocks.append(Table("与上级框架的差异", (5, 16, 10, 20, 20, 19, 10), tuple(rows)))
    return Document(label, ("与上级框架的差异",), tuple(blocks))


def _described(name: str) -> str:
    field = Indicator.model_fields.get(name) or IndicatorSet.model_fields.get(name)
    return (field and field.description) or name


def _short(description: str) -> str:
    """等级，从高到低 → 等级"""
    return description.split("，")[0].split("；")[0].split("：")[0]


_CHOICES: dict[str, Text] = {**STATUS, **ORIGIN, **COMBINE, **NOT_APPLICABLE}


def _said(value: object, indicators: IndicatorSet) -> str:
    """A value of a model, in the words of its fields."""
    match value:
        case None | "" | () | {}:
            return "—"
        case Text():
            return value.zh if value.en == value.zh else f"{value.zh}（{value.en}）"
        case str():
            return _CHOICES[value].zh if value in _CHOICES else value
        case bool():
            return "是" if value else "否"
        case Decimal():
            return plain(value)
        case Fraction():
            return shown_percent(value)
        case Indicator():
            return _node(value, indicators)
        case Rule():
            return _rule(value, Decimal(0), indicators)
        case Citation():
            return value.show()
        case FactAsked():
            return f"{value.title}（{value.unit}）" if value.unit else value.title
        case BaseModel():
            fields = [(name, getattr(value, name)) for name in type(value).model_fields]
            said = [f"{_short(type(value).model_fields[name].description or name)} {_said(part, indicators)}" for name, part in fields]
            return "，".join(said)
        case dict():
            return "、".join(_said(part, indicators) for part in value.values())
        case tuple() | list():
            return "；".join(_said(part, indicators) for part in value)
        case _:
            return str(value)
