"""What a tailored set changes in its parent: found by comparing the two, joined with the reasons its files give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel

from scoring.errors import Text
from scoring.expression.words import formula
from scoring.indicators import COMBINE, NOT_APPLICABLE, ORIGIN, STATUS, Citation, Indicator, IndicatorSet, Titled
from scoring.report.document import Block, Cell, Document, Paragraph, Table
from scoring.report.tables import head
from scoring.rules import Rule
from scoring.tailoring import Change, Replace, TailoredSet, Tailoring
from scoring.values import plain, shown_percent

OWN = ("id", "version", "title", "english", "indicators")  # what makes a set another one; its tree is compared by id
SAID = ("id", "title", "english", "children", "rule", "standard")  # of an indicator; the rest is compared by name
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
    whole = [node for node in (difference.before, difference.after) if isinstance(node, Indicator)]
    ids = {difference.id}.union(*map(_below, whole))
    for change, approver in stated:
        if isinstance(change, Tailoring):
            fits = not difference.id and difference.what in change.model_fields_set
        else:
            own = {*change.targets(), *([change.by.id] if isinstance(change, Replace) else ())}
            what = WHAT.get(change.change, "replaced")
            fits = bool(own & ids) and (what == difference.what or bool({what, difference.what} & {*WHOLE}))
        if fits:
            reasons.append(change.reason or "")
            approvers.append(approver)
    reason, approver = (
        joint.join(dict.fromkeys(filter(None, each))) for joint, each in (("；", reasons), ("、", approvers))
    )
    return replace(difference, reason=reason, approver=approver)


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
        before, after = (places[id].node.title if id else "" for places, id in ((old, place.group), (new, now.group)))
        yield Difference(node.id, node.title, "moved", before, after)
    if node.text != other.text:
        yield Difference(node.id, node.title, "title", node.text, other.text)
    if (node.rule, node.standard) != (other.rule, other.standard):
        yield Difference(node.id, node.title, "rule", node.rule, other.rule)
    for name in Indicator.model_fields:
        if name not in SAID and getattr(node, name) != getattr(other, name):
            yield Difference(node.id, node.title, name, getattr(node, name), getattr(other, name))
    yield from _of_order(node.id, node.children or (), other.children or (), node.title)


def _of_order(
    id: str, before: tuple[Indicator, ...], after: tuple[Indicator, ...], title: str = ""
) -> Iterator[Difference]:
    both = {node.id for node in before} & {node.id for node in after}
    first, then = ([node for node in nodes if node.id in both] for nodes in (before, after))
    if [node.id for node in first] != [node.id for node in then]:
        yield Difference(id, title, "order", tuple(n.title for n in first), tuple(n.title for n in then))


def annex(parent: IndicatorSet, child: IndicatorSet, label: str = "") -> Document:
    """与上级框架的差异: every difference a row, with its reason and who approved it."""
    found = differences(parent, child)
    count = f"共{len(found)}处不同，逐项列于下表。" if found else "除编号、版本和名称外没有不同。"
    names = [f"《{each.title}》（{each.reference}）" for each in (child, parent)]
    blocks: list[Block] = [Paragraph(f"{names[0]}以{names[1]}为上级框架，{count}")]
    if found:
        rows = [head("序号", "指标", "变更", "上级框架", "本体系", "理由", "批准")]
        for number, each in enumerate(found, start=1):
            before, after = _said(each.before, each, parent), _said(each.after, each, child)
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


_CHOICES = {str(key): text for words in (STATUS, ORIGIN, COMBINE, NOT_APPLICABLE) for key, text in words.items()}


def _said(value: object, of: Difference, where: IndicatorSet) -> str:
    """A value of the set in the words of its fields."""
    match value:
        case Rule():
            return next(_rule(node, where) for _, node in where.walk() if node.id == of.id)
        case Indicator():
            return _whole(value, where)
        case Text():
            return value.zh if value.en == value.zh else f"{value.zh}（{value.en}）"
        case str() if value in _CHOICES:
            return _CHOICES[value].zh
        case bool():
            return "是" if value else "否"
        case Decimal():
            return plain(value) if value or of.what != "weight" else "—"  # a weight of 0 is none
        case Fraction():
            return shown_percent(value)
        case Citation():
            return value.show()
        case BaseModel():
            fields = type(value).model_fields.items()
            parts = [
                f"{_short(field.description or name)} {_said(part, of, where)}"
                for name, field in fields
                if name not in ("id", "title", "english") and (part := getattr(value, name)) not in (None, "", ())
            ]
            inner = "，".join(parts)
            if isinstance(value, Titled):
                return f"{value.title}（{inner}）" if inner else value.title
            return inner
        case dict():
            return "、".join(_said(part, of, where) for part in value.values()) or "—"
        case tuple():
            return "；".join(_said(part, of, where) for part in value) or "—"
        case _:
            return "—" if value in (None, "") else str(value)


def _rule(node: Indicator, where: IndicatorSet) -> str:
    """比例法：得分 = …; the text of the standard where the set has one."""
    if node.rule is None:
        return "—"
    weight = Fraction(node.weight)
    if not weight:
        return f"{node.rule.title.zh}{f'：{node.standard}' if node.standard else ''}"  # no weight, so no points to speak of
    labels = {**{name: fact.label() for name, fact in where.facts.items()}, **node.rule.labels(weight)}
    return f"{node.rule.title.zh}：{node.standard or formula(node.rule.lower(weight, where.kinds()), labels)}"


def _whole(node: Indicator, where: IndicatorSet) -> str:
    """An indicator with all that is below it: 过程（20分）：资金管理（12分，…）、组织实施（8分，…）"""
    weight = f"{plain(node.weight)}分" if node.weight else ""
    how = _rule(node, where) if node.rule else "由评价自设指标" if node.open else ""
    inner = "，".join(part for part in (weight, how) if part)
    below = "、".join(_whole(child, where) for child in node.children or ())
    return f"{node.title}{f'（{inner}）' if inner else ''}{f'：{below}' if below else ''}"
