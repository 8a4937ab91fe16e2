"""A framework of indicators in a table made into a draft indicator set: weights as printed, rules where their words are plain.

What the words leave open is `judged`, the wording kept as the standard; a draft is for a person to finish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from scoring.errors import Fault, Text
from scoring.exchange.forms import Form, Line
from scoring.exchange.grid import Cell
from scoring.exchange.reading import blank, label, line, number, percent_words, wanted
from scoring.exchange.wording import stated
from scoring.exchange.write import Notes, quote, scalar
from scoring.values import normalised, plain

_N = r"(\d+(?:\.\d+)?)"
_RATIO = re.compile(r"按(?:实际)?(?:完成)?(?:情况)?比例(?:计|得|赋|给)?分|(?:率|满意度)[×*x]\S{0,8}(?:分|权重)")


@dataclass(slots=True)
class Leaf:
    """One third-level indicator: its row, its weight and its rule as YAML."""

    row: Line
    title: str
    weight: Decimal | None
    rule: str
    standard: str


@dataclass(slots=True)
class Branch:
    """A first or second level with what stands under it."""

    title: str
    cell: Cell
    printed: Decimal | None
    leaves: list[Leaf] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)

    def weight(self) -> Decimal:
        return sum((leaf.weight or Decimal(0) for leaf in self.every()), Decimal(0))

    def every(self) -> Iterator[Leaf]:
        yield from self.leaves
        for branch in self.branches:
            yield from branch.every()


def framework(form: Form, id: str, notes: Notes, year: int | None) -> str:
    """The text of the draft; faults are noted, and then the text is not to be used."""
    year = year or form.year
    if year is None:
        message = Text("表上没有年度，不知道体系从哪一年适用", "the table prints no year to be in force from")
        notes.fault(form.table.rows[0][0], message, Text("加上 --year 年度", "add --year"))
    weighted = form.has_points
    top: list[Branch] = []
    for row in form.lines:
        for extra in row.sub:
            cell = extra.get("third")
            notes.fault(cell, Text("几个指标合用一个分值，不知道各是多少", "several indicators share one weight"))
        leaf = _leaf(row, weighted, notes)
        if not row.first:
            notes.fault(row.cells["third"], Text("这一行没有一级指标", "this row has no first level"))
            continue
        if not top or top[-1].title != label(row.first):
            top.append(_branch(row, "first", row.first, notes))
        branch = top[-1]
        if row.second:
            if not branch.branches or branch.branches[-1].title != label(row.second):
                branch.branches.append(_branch(row, "second", row.second, notes))
            branch = branch.branches[-1]
        branch.leaves.append(leaf)
    maximum = _check(form, top, weighted, notes)
    for cell in form.left():
        notes.remark("left", cell, Text(f"“{quote(cell)}”", f"'{quote(cell)}'"))
    return _written(form, id, notes, top, weighted, maximum, year or 0)


def _branch(row: Line, level: str, title: str, notes: Notes) -> Branch:
    """A group; its weight stands in a column of its own or in brackets after its title."""
    cell = row.cells.get(level) or row.cells["third"]
    beside = row.cells.get(f"weight_{level}")
    inside = re.search(rf"[（(]{_N}(?:分|%)?[)）]\s*$", title)
    printed = number(beside.text) if beside is not None and not blank(beside.text, no=True) else None
    if beside is not None and printed is None and not blank(beside.text, no=True):
        notes.fault(
            beside,
            Text(f"分值应当是一个数，写的是“{quote(beside)}”", f"the weight must be a number, not '{quote(beside)}'"),
        )
    return Branch(label(title), cell, printed if printed is not None else Decimal(inside[1]) if inside else None)


def _leaf(row: Line, weighted: bool, notes: Notes) -> Leaf:
    cell = row.cells.get("weight")
    weight = number(cell.text) if cell is not None else None
    title = line(row.text("third"))
    if weighted and not weight:
        said = f"写的是“{quote(cell)}”" if cell is not None and cell.text else "这里是空的"
        zh, en = f"“{title}”的分值应当是一个大于 0 的数，{said}", f"'{title}' needs a weight above 0"
        notes.fault(cell or row.cells["third"], Text(zh, en))
    texts = [row.text(key) for key in ("standard", "explanation") if not blank(row.text(key))]
    standard = "；".join(dict.fromkeys(line(text) for text in texts))
    rule = "{kind: judged}"
    if weighted and weight:
        rule = _rule(row, weight, notes) or rule
    return Leaf(row, title, weight, rule, standard)


def _check(form: Form, top: list[Branch], weighted: bool, notes: Notes) -> Decimal:
    """The maximum; notes every level whose parts do not add up to what it prints."""
    cell = form.totals.get("weight")
    printed = number(cell.text) if cell is not None else None
    whole = printed or Decimal(100)
    if not weighted or notes.faults:
        return whole
    for branch in (each for first in top for each in (first, *first.branches)):
        if branch.printed is not None and branch.printed != branch.weight():
            added = " + ".join(plain(leaf.weight or Decimal(0)) for leaf in branch.every())
            zh = f"“{branch.title}”印的是 {plain(branch.printed)} 分，下级合计 {added} = {plain(branch.weight())}"
            en = f"'{branch.title}' prints {plain(branch.printed)}, its parts add up to {plain(branch.weight())}"
            notes.fault(
                branch.cell, Text(zh, en), Text("表要先改对，导入不替它改", "mend the table: an import does not")
            )
    total = sum((branch.weight() for branch in top), Decimal(0))
    if total != whole:
        zh = f"各指标分值合计 {plain(total)}，应为 {plain(whole)}"
        zh += f"（{' + '.join(f'{branch.title} {plain(branch.weight())}' for branch in top)}）"
        notes.fault(
            cell or form.columns["weight"], Text(zh, f"the weights add up to {plain(total)}, not {plain(whole)}")
        )
    return whole


def _rule(row: Line, weight: Decimal, notes: Notes) -> str | None:
    """The rule the words plainly state, or None."""
    text = normalised(percent_words(row.text("standard")))
    target = row.text("target")
    place = row.cells.get("standard") or row.cells["third"]
    if plainly := stated(text, weight):
        for assumed in plainly.assumed:
            notes.remark("assumed", place, assumed)
        return plainly.rule
    if (_RATIO.search(text) and not re.search(r"扣|以上|以下|低于|超过|高于|否则|不得分", text)) or (
        not text and not blank(target)
    ):
        return _ratio(target, place, notes)
    if text:
        notes.remark(
            "assumed",
            place,
            Text("评分标准不能照字面计算，由人评判，原文留在 standard", "no plain rule: judged, the wording kept"),
        )
    return None


def _ratio(target: str, cell: Cell, notes: Notes) -> str | None:
    if blank(target):
        notes.remark(
            "assumed", cell, Text("没有指标值，完成率按 100% 为满分", "no target is printed: full marks at 100%")
        )
        return "{kind: ratio, target: 100%}"
    try:
        goal = wanted(target)
    except Fault as fault:
        notes.fault(cell, fault.message, fault.hint)
        return None
    for assumed in goal.assumed:
        notes.remark("assumed", cell, assumed)
    if goal.goal.quantity is None:
        return None
    direction = {">=": "higher", ">": "higher", "<=": "lower", "<": "lower"}.get(goal.goal.sign, "equal")
    shown = goal.text if goal.sign is None else f"{goal.sign}{goal.text}"
    return f"{{kind: ratio, target: {scalar(shown)}, direction: {direction}}}"


def _written(form: Form, id: str, notes: Notes, top: list[Branch], weighted: bool, maximum: Decimal, year: int) -> str:
    what = "项目支出" if form.kind == "project" else "部门整体支出"
    lines = [
        f"# {form.caption or what + '绩效评价指标体系'}，由 {notes.file.name} 导入的草稿，请逐项核对",
        *notes.comments(),
        f"id: {id}",
        f"title: {scalar(form.caption or f'{what}绩效评价指标体系（导入的草稿）')}",
        'version: "1"',
        f"subject: {form.kind}",
        "status: unconfirmed",
        f"weights: {'secondary' if weighted else 'none'}",
        f"rules: {'secondary' if weighted else 'none'}",
        "note: 由表格导入的草稿，分值照表；评分标准能照字面计算的写成规则，其余由人评判并保留原文。没有与正式文件核对。",
        f"effective: {{first: {year}}}",
        "citations:",
        f"- {{title: {scalar(form.caption or '导入的指标体系表')}, article: {scalar(notes.file.name)}}}",
        "grades_source: 表上没有等级；借用财预〔2020〕10号第十八条的四档划分",
        "grades:",
        "- {title: 优, english: Excellent, at_least: 90}",
        "- {title: 良, english: Good, at_least: 80}",
        "- {title: 中, english: Fair, at_least: 60}",
        "- {title: 差, english: Poor, at_least: 0}",
        *([f"maximum: {plain(maximum)}"] if maximum != 100 else []),
        f"outline: general-{form.kind}",
        "",
        "indicators:",
        *_tree(top, "i", "", weighted),
    ]
    return "\n".join(lines) + "\n"


def _tree(branches: list[Branch], id: str, indent: str, weighted: bool) -> Iterator[str]:
    for index, branch in enumerate(branches, start=1):
        mine = f"{id}{index}" if id == "i" else f"{id}-{index}"
        yield f"{indent}- id: {mine}"
        yield f"{indent}  title: {scalar(branch.title)}"
        if weighted:
            yield f"{indent}  weight: {plain(branch.weight())}"
        yield f"{indent}  children:"
        yield from _tree(branch.branches, mine, f"{indent}  ", weighted)
        for number_, leaf in enumerate(branch.leaves, start=1 + len(branch.branches)):
            yield f"{indent}  - id: {mine}-{number_}"
            yield f"{indent}    title: {scalar(leaf.title)}"
            if weighted:
                yield f"{indent}    weight: {plain(leaf.weight or Decimal(0))}"
            if leaf.standard:
                yield f"{indent}    standard: {scalar(leaf.standard)}"
            yield f"{indent}    rule: {leaf.rule}"
