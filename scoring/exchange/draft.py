"""The content of an official form as an evaluation file to go on with, in the manner of one written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import Fault, Text
from scoring.exchange.choose import Choice, choose
from scoring.exchange.content import COLUMNS, Content, Part, content
from scoring.exchange.forms import Form
from scoring.exchange.reading import blank, found, line
from scoring.exchange.write import Notes, quote, scalar
from scoring.values import FIGURE, PERCENT, Target, normalised, plain, read_target

_PARTS = {
    "fiscal": "财政拨款",
    "carryover": "上年结转资金",
    "other": "其他资金",
    "basic": "基本支出",
    "projects": "项目支出",
}


@dataclass(slots=True)
class Draft:
    """The evaluation of one form: its file, and the set chosen or made for it."""

    text: str
    year: int
    unit: str
    choice: Choice


def draft(
    form: Form, id: str, notes: Notes, set_id: str | None, year: int | None, folders: Iterable[Path]
) -> Draft | None:
    """The evaluation a form gives, or None after noting the faults."""
    said = content(form, notes, year)
    if said is None:
        return None
    try:
        choice = choose(said.groups, said.weight, form.kind == "project", set_id, folders, f"{id}-set", said.year)
    except Fault as fault:
        notes.fault(None, fault.message, fault.hint)
        return None
    for cell in form.left():
        notes.remark("left", cell, Text(f"“{quote(cell)}”", f"'{quote(cell)}'"))
    return Draft(_Writer(form, said, choice, notes).written(id), said.year, said.unit, choice)


class _Writer:
    def __init__(self, form: Form, said: Content, choice: Choice, notes: Notes):
        self.form, self.said, self.choice, self.notes = form, said, choice, notes
        self.source = form.caption or ("部门整体支出绩效自评表" if form.kind == "department" else "项目支出绩效自评表")

    def written(self, id: str) -> str:
        """The file. What is remarked while it is made stands at its head."""
        form, said, choice = self.form, self.said, self.choice
        what = "部门整体支出" if form.kind == "department" else "项目支出"
        own_lines = [*self.indicator_lines()]
        record_lines = [*self.record_lines()]
        fact_lines = [*self.fact_lines()]
        goal_facts, goal_lines = self.goal_lines()
        if choice.execution and not {("budget", ""), ("spent", "")} <= said.amounts.keys():
            message = Text("表上没有预算数或执行数，预算执行率待填", "no budget or no spending is printed")
            self.notes.remark("left", None, message)
        notice = "本件由单位填报的自评表导入，尚未复核；其中的自评分由单位填报，不是评价得分。"
        department = form.fields.get("department")
        if department is not None and not blank(department.text) and line(department.text) != said.unit:
            notice += f"主管部门：{line(department.text)}。"
        outside = []
        if choice.outside:
            why = (
                "导入的表按这一体系的分值填报"
                if form.has_points
                else "导入的表没有分值，一级指标与这一体系相同，借用它的分值"
            )
            outside = [f"outside_years: {why}"]
        return "\n".join(
            [
                f"# {self.source}，由 {self.notes.file.name} 导入",
                f"# 体系 {choice.set_reference}：{choice.why.zh}{'' if form.has_points else '（分值是假定的）'}",
                *self.notes.comments(),
                f"id: {id}",
                f"title: {scalar(f'{said.year}年{said.name}{what}绩效自评')}",
                f"year: {said.year}",
                f"subject: {{name: {scalar(said.name)}, kind: {form.kind}, unit: {scalar(said.unit)}}}",
                f"set: {choice.set_reference}",
                *outside,
                f"notice: {scalar(notice)}",
                "",
                "facts:",
                *fact_lines,
                *goal_facts,
                *(["", "goals:", *goal_lines] if goal_lines else []),
                "",
                "indicators:",
                *own_lines,
                "",
                "records:",
                *record_lines,
                "",
            ]
        )

    def fact_lines(self) -> Iterator[str]:
        choice = self.choice
        for (column, part), text in self.said.amounts.items():
            name = f"{column}_{part}" if part else choice.facts.get(column, column)
            title = COLUMNS[column] + (f"中的{_PARTS[part]}" if part else "")
            place = self.form.funds[column, part].place.zh
            titled = "" if name in choice.known else f"title: {title}, "
            yield f"  {name}: {{{titled}value: {scalar(text)}, source: {scalar(f'{self.source} {place}')}}}"
        for name in choice.asks:
            self.notes.remark(
                "left", None, Text(f"表上没有 {name}，请在 facts 里填写", f"the form does not say {name}: fill it in")
            )
            yield f"  # {name}: {{value: true, source: 出处}}  # 表上没有，请填 true 或 false"

    def goal_lines(self) -> tuple[list[str], list[str]]:
        """The yearly goals; every figure in them declared once as a fact, since a report writes none out."""
        if self.form.goals is None or any(blank(cell.text) for cell in self.form.goals):
            for cell in self.form.goals or ():
                if not blank(cell.text):
                    self.notes.remark(
                        "left", cell, Text(f"“{quote(cell)}”：目标和完成情况只有一半", "half of the goals is blank")
                    )
            return [], []
        names: dict[str, str] = {}
        facts, texts = [], []
        for cell in self.form.goals:
            text = line(cell.text).replace("{{", "｛｛").replace("}}", "｝｝").replace("{%", "｛%").replace("{#", "｛#")
            made = ""
            end = 0
            for written in re.finditer(FIGURE, text):
                start, stop = written.span()
                figure = normalised(written[0])
                if figure not in names:
                    names[figure] = f"goal_{len(names) + 1}"
                    before = re.split(r"[，。；、,;（）()\d%：:]", text[:start])[-1].strip()[-15:]
                    title = before or "年度目标所列数字"
                    source = scalar(f"{self.source} {cell.place.zh}")
                    facts.append(
                        f"  {names[figure]}: {{title: {scalar(title)}, value: {scalar(figure)}, source: {source}}}"
                    )
                made += f"{text[end:start]}{{{{ facts.{names[figure]} }}}}"
                end = stop
            texts.append(made + text[end:])
        return facts, [f"- expected: {scalar(texts[0])}", f"  actual: {scalar(texts[1])}"]

    def indicator_lines(self) -> Iterator[str]:
        choice = self.choice
        for key, parts in self.said.parts.items():
            if key == choice.single:
                continue
            yield f"  {choice.groups[key]}:"
            for index, part in enumerate(parts, start=1):
                yield f"  - id: {choice.groups[key]}-{index}"
                yield f"    title: {scalar(part.title)}"
                if named := choice.aspects[key].get(part.second):
                    yield f"    aspect: {scalar(named)}"
                yield f"    weight: {plain(part.weight)}"
                yield f"    target: {scalar(part.goal.text)}"
                if part.goal.sign:
                    why = "" if part.goal.sign == "text" else "  # 原表没有印符号"
                    yield f'    sign: "{part.goal.sign}"{why}'

    def record_lines(self) -> Iterator[str]:
        choice = self.choice
        if choice.execution and self.said.score is not None:
            yield f"  {choice.execution}:"
            yield f"    self_score: {plain(self.said.score)}"
        for key, parts in self.said.parts.items():
            for index, part in enumerate(parts, start=1):
                goal, id = part.goal.goal, f"{choice.groups[key]}-{index}"
                if key == choice.single:
                    id = choice.groups[key]
                    cell = part.cells.get("target")
                    message = Text(
                        f"指标值“{part.goal.text}”：体系对“{part.title}”按区间评分，不用指标值",
                        f"the target '{part.goal.text}': the set scores this indicator by bands",
                    )
                    self.notes.remark("left", cell, message)
                    goal = goal if goal.quantity and goal.quantity.unit == PERCENT else read_target("≥90%")
                yield f"  {id}:"
                yield from self.record(part, goal)

    def record(self, part: Part, goal: Target) -> Iterator[str]:
        notes = list(part.notes)
        if not blank(part.actual):
            actual = found(part.actual, goal)
            if actual.assumed:
                self.notes.remark("assumed", part.cells["actual"], actual.assumed)
            if actual.problem:
                self.notes.remark("left", part.cells["actual"], actual.problem)
                notes.insert(0, f"原表填写的实际完成值：{line(part.actual)}")
            if actual.text is not None:
                bare = re.fullmatch(r"(0|[1-9]\d{0,14})(\.\d{1,10})?", actual.text)
                yield f"    actual: {actual.text if bare else scalar(actual.text)}"
        elif part.score is not None or part.actual.strip():
            said = f"写的是“{line(part.actual)}”" if part.actual.strip() else "是空的"
            scored = f"，自评得分却是 {plain(part.score)}" if part.score is not None else ""
            zh = f"“{part.title}”的实际完成值{said}{scored}，实际值待填"
            en = f"no actual is printed for '{part.title}'" + (", yet it has a self-score" if scored else "")
            self.notes.remark("left", part.cells.get("actual"), Text(zh, en))
        if goal.quantity is None:
            yield "    # 文字目标由人评判：补上 level（等级）、share（比例）、reason（理由）"
        if part.score is not None:
            yield f"    self_score: {plain(part.score)}"
        if notes:
            yield f"    note: {scalar('；'.join(note.rstrip('。；') for note in notes))}"
        yield f"    evidence: [{{title: {scalar(self.source)}, place: {scalar(part.cells['third'].place.zh)}}}]"
