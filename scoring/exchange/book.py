"""The score book: a case as one workbook, to be filled in by hand, with every score a live formula."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from scoring.binding import Bound
from scoring.errors import Diagnostic, ScoringError, Text
from scoring.exchange.basis import basis, whose
from scoring.exchange.fields import NUMERIC, Field, current, is_decimal, unit_of_actual
from scoring.exchange.live import STUCK, WAITING, Live, places_in_cell, places_of
from scoring.exchange.plan import AFTER, FIRST, Line, Plan, letters, plan
from scoring.expression.cells import LARGEST
from scoring.expression.words import formula as in_words
from scoring.extras import need
from scoring.indicators import STATUS
from scoring.load import Case
from scoring.report.tables import LEVELS
from scoring.values import PERCENT, plain

FORMAT, MAP, LISTS = "jixiao-book-2", "_jixiao", "_lists"
LONGEST = 32_767  # characters Excel keeps in a cell
HEADS = dict(
    zip(
        AFTER,
        [
            "分值",
            "评分标准",
            "目标（指标值）",
            "单位",
            "实际完成值",
            "评判",
            "得分",
            "理由",
            "佐证材料",
            "存在问题",
            "改进建议",
            "备注",
        ],
        strict=True,
    )
)
WIDTHS = dict(zip(AFTER, (6, 20, 13, 6, 10, 10, 8, 20, 16, 16, 16, 10), strict=True))
LEVEL_WIDTH = 11
HINTS = {
    "deduct": "核查后选“已核查”；有扣分的填在下面各行",
    "checklist": "逐项选是或否",
    "panel": "专家逐人评分",
    "milestones": "逐节点填实际值",
}
TALLEST = 220  # points of row height under one merged label: where pages break is known to the printer only
INK, FILL_IN, LOCKED, HEAD = "#1F2D3D", "#FFF8DC", "#F5F6F8", "#DCE6F1"
HOW = "浅黄色的格子可以填写，其余为公式或体系内容（工作表保护，没有密码）。得分、小计、总分、等级随填随算；填完后用 jixiao sheet import 写回。"
STUCK_NOTE = (
    "得分为“待填”的指标还缺数据；“算不出”表示除数为零、填写超出范围或小数过多，"
    "或得分恰在进位的界限上而表格精度不够：请核对，以 jixiao score 为准。"
)
CLOSED_NOTE = "不适用的指标及由此调整的分值按导出时的登记固定；有变动请在评价文件中登记后重新导出。"
TOTAL_NOTE = (
    "本体系到总分才取整：总分为准，各指标的得分（带≈）是各自四舍五入的约数，报告按最大余数法印出，两者可能差最末一位。"
)
VETO_NOTE = "一票否决和等级下降折扣按导出时的登记计入总分和等级；有变动请在评价文件中登记后重新导出。"


def book(case: Case) -> bytes:
    """The workbook of a case. ScoringError: a number or a text that no cell can hold."""
    xlsxwriter = need("xlsxwriter", "office")
    plans = [plan(entry, name) for entry, name in zip(case.entries, _names(case), strict=True)]
    _check(plans)
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(target, options)
    year = case.entries[0].result.evaluation.year
    workbook.set_properties({"title": f"{_title(case)} 评分簿", "created": datetime(year, 12, 31)})
    formats = _Formats(workbook)
    sheets = [_Sheet(workbook, formats, one, index) for index, one in enumerate(plans, start=1)]
    lists = workbook.add_worksheet(LISTS)
    lists.hide()
    column = 0
    for sheet in sheets:
        column = sheet.write(lists, column)
    _write_map(workbook.add_worksheet(MAP), case, plans)
    workbook.close()
    return target.getvalue()


def refuse_taken(file: Path) -> None:
    """ScoringError: a name no spreadsheet program takes for a workbook, or a file that is there already."""
    if file.suffix.lower() != ".xlsx":
        message = Text("评分簿只写成 .xlsx", "a score book is always .xlsx")
        name = f"{file.stem}.xlsx"
        raise ScoringError(Diagnostic(message, Text(f"文件名写 {name}", f"name it {name}"), file))
    if file.exists():
        message = Text("文件已存在，可能是填好的评分簿，不覆盖", "the file exists and is not overwritten")
        hint = Text("换一个文件名（-o），或先把它移走", "choose another name (-o), or move it away first")
        raise ScoringError(Diagnostic(message, hint, file))


def _title(case: Case) -> str:
    return case.dossier.title if case.dossier else case.entries[0].result.evaluation.title


def _names(case: Case) -> list[str]:
    """Sheet names: attachment and subject, 31 characters, without what Excel forbids."""
    names: list[str] = []
    for entry in case.entries:
        text = f"{entry.label} {entry.result.evaluation.subject.name}".strip()
        text = "".join(" " if letter in "[]:*?/\\'" else letter for letter in text)[:28].strip()
        while text in names:
            text += "＋"
        names.append(text)
    return names


def _check(plans: list[Plan]) -> None:
    """Refuses what a spreadsheet cannot hold exactly."""
    faults = []
    for one in plans:
        for line in one.lines.values():
            for field in line.fields.values():
                text, path = current(field, one.evaluation), ".".join(map(str, field.path))
                if len(text) > LONGEST:
                    message = Text("文字太长，表格放不下", "the text is too long for a cell")
                    faults.append(Diagnostic(message, file=one.entry.file, path=path))
                elif abs(_number(field, text) or 0) * 10 ** places_of(field, one) >= LARGEST:
                    message = Text(f"{text} 的位数超过表格的精度", f"{text} has more digits than a spreadsheet keeps")
                    hint = Text("用大一些的单位，如 万元", "use a larger unit, such as 万元")
                    faults.append(Diagnostic(message, hint, one.entry.file, path=path))
    if faults:
        raise ScoringError(*faults)


def _number(field: Field, text: str) -> Decimal | None:
    """The number a cell holds; None when it is blank or holds a date or words."""
    return Decimal(text) if is_decimal(text) and field.kind in NUMERIC else None


class _Formats:
    """Cell formats by what they are made of, each made once."""

    def __init__(self, workbook: Any) -> None:
        self.workbook, self.made = workbook, {}  # type: ignore[var-annotated]

    def __call__(self, **more: Any) -> Any:
        key = tuple(sorted(more.items()))
        if key not in self.made:
            base = {"font_name": "宋体", "font_size": 11, "font_color": INK, "valign": "vcenter", "text_wrap": True}
            self.made[key] = self.workbook.add_format({**base, **more})
        return self.made[key]

    def cell(self, **more: Any) -> Any:
        return self(border=1, border_color="#9AA5B1", **more)


class _Sheet:
    def __init__(self, workbook: Any, formats: _Formats, plan: Plan, number: int) -> None:
        self.plan, self.formats = plan, formats
        self.sheet = workbook.add_worksheet(plan.name)
        self.hidden = workbook.add_worksheet(f"_calc{number}")
        self.hidden.hide()
        self.live = Live(plan, self.hidden.name)
        self.last = plan.column("note")
        self.heights: dict[int, float] = {}

    def write(self, lists: Any, column: int) -> int:
        """Writes both sheets; long choices go to `lists`, from that column on; gives the next free one."""
        self.lists, self.column = lists, column
        self._page()
        self._heading()
        self._head(FIRST - 1, HEADS)
        for line in self.plan.lines.values():
            self.sheet.write_string(line.row, 0, line.id)
        for leaf in self.plan.leaves():
            self._leaf(leaf)
        for node in (node for top in self.plan.bound for node in top.walk()):
            if (below := self.plan.lines.get(f"{node.id}#subtotal")) is not None:
                role = {"bonus": "（加分）", "penalty": "（扣分项）"}.get(node.role, "") if len(node.path) == 1 else ""
                self._sum_row(below, f"小计：{node.title.zh}{role}", self.plan.nodes[node.id].weight)
        self._sum_row(self.plan.lines["#total"], "总分", self.plan.result.maximum)
        self._levels()
        self._facts()
        for row, height in self.heights.items():
            self.sheet.set_row(row, min(height, 409))
        for row, cells in enumerate(self.live.cells.rows):
            for at, value in enumerate(cells):
                if isinstance(value, str):
                    self.hidden.write_formula(row, at, value, None, "")
                else:
                    self.hidden.write_number(row, at, Decimal(repr(value)))  # a float is written with 16 digits
        self.sheet.protect("", {"format_columns": True, "format_rows": True, "objects": True})
        return self.column

    def _page(self) -> None:
        sheet, plan = self.sheet, self.plan
        sheet.set_column(0, 0, 8, None, {"hidden": True})
        sheet.set_column(1, plan.depth, LEVEL_WIDTH)
        for key in AFTER:
            sheet.set_column(plan.column(key), plan.column(key), WIDTHS[key])
        sheet.freeze_panes(FIRST, 1 + plan.depth)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.4, 0.4, 0.5, 0.6)
        sheet.repeat_rows(FIRST - 1)
        sheet.set_footer("&C第 &P 页 共 &N 页")
        sheet.hide_gridlines(2)
        sheet.set_zoom(90)

    def _heading(self) -> None:
        plan, evaluation = self.plan, self.plan.evaluation
        label = f"{plan.entry.label}　" if plan.entry.label else ""
        block, formats = self._block, self.formats
        block(0, 1, 0, self.last, f"{label}{evaluation.title}", formats(bold=True, font_size=16, align="center"))
        subject = (
            f"评价对象：{evaluation.subject.name}　　预算单位：{evaluation.subject.unit}　　年度：{evaluation.year}"
        )
        block(1, 1, 1, self.last, subject, formats())
        self._fits(1, "", 100)
        status = STATUS[plan.set.status].zh
        about = f"指标体系：{plan.set.title}（{plan.set.reference}，{status}）"
        middle = plan.column("judge")
        self._fits(2, about, sum(WIDTHS[key] for key in AFTER[:5]) + LEVEL_WIDTH * plan.depth)
        block(2, 1, 2, middle, about, formats())
        strong = formats(bold=True, align="right")
        block(2, middle + 1, 2, middle + 2, "总分：", strong)
        points = plan.cell("#total", "points")
        self.sheet.write_formula(
            2, middle + 3, f"={points}", formats(bold=True, num_format=self._digits()), float(plan.result.total)
        )
        self.sheet.write_string(2, middle + 4, "等级：", strong)
        block(2, middle + 5, 2, self.last, "", formats(bold=True))
        self.sheet.write_formula(2, middle + 5, self.live.grade, formats(bold=True), self.live.grade_now)
        notes = [HOW, STUCK_NOTE]
        notes += [CLOSED_NOTE] if any(plan.closed(leaf) for leaf in plan.leaves()) else []
        notes += [TOTAL_NOTE] if plan.set.rounding.at == "total" else []
        notes += [VETO_NOTE] if evaluation.vetoes or evaluation.earlier_review else []
        width = sum(WIDTHS.values()) + LEVEL_WIDTH * plan.depth
        for row, text in ((3, "".join(notes)), (4, f"说明：{evaluation.notice}" if evaluation.notice else "")):
            block(row, 1, row, self.last, text, formats(font_size=10, font_color="#52606D"))
            self._fits(row, text, width * 1.1)
        self.sheet.set_row(0, 28)

    def _head(self, row: int, heads: dict[str, str]) -> None:
        head = self.formats.cell(bold=True, align="center", bg_color=HEAD)
        depth = self.plan.depth
        for level in range(depth) if heads is HEADS else ():
            self.sheet.write_string(row, 1 + level, LEVELS[level].zh if level < len(LEVELS) else f"{level + 1}级", head)
        for key, text in heads.items():
            self.sheet.write_string(row, self.plan.column(key), text, head)
        self._fits(row, "　" * 8, 8)

    def _block(self, top: int, left: int, bottom: int, right: int, text: str, format: Any) -> None:
        if (top, left) == (bottom, right):
            self.sheet.write_string(top, left, text, format)
        else:
            self.sheet.merge_range(top, left, bottom, right, "", format)
            self.sheet.write_string(top, left, text, format)

    def _fits(self, row: int, text: str, width: float, rows: int = 1) -> None:
        """Makes the row high enough for the text in a column (or merged rows) that wide."""
        lines = sum(max(1, -(-_half_widths(part) // max(int(width) - 1, 1))) for part in text.split("\n"))
        self.heights[row] = max(self.heights.get(row, 18), lines * 14.5 / rows + 4)

    def _levels(self) -> None:
        """The titles of groups, merged; begun anew with every second level and after a while, so that a page break hides few."""
        format = self.formats.cell(align="center")
        leaves = list(self.plan.leaves())
        for level in range(self.plan.depth):
            keys = [self._run_key(leaf, level) for leaf in leaves]
            start = 0
            for index, leaf in enumerate(leaves):
                if level >= len(leaf.path) - 1:
                    start = index + 1
                    continue
                top, bottom = self._rows(leaves[start])[0], self._rows(leaf)[1]
                following = leaves[index + 1] if index + 1 < len(leaves) and keys[index + 1] == keys[index] else None
                if following is not None and self._goes_on(top, bottom, *self._rows(following)):
                    continue
                self._block(top, 1 + level, bottom, 1 + level, self._group_title(leaf, level), format)
                start = index + 1

    def _goes_on(self, top: int, bottom: int, next_top: int, next_bottom: int) -> bool:
        """Whether one label may stand over the rows from top to next_bottom: no subtotal between, and not too tall."""
        height = sum(self.heights.get(row, 18) for row in range(top, next_bottom + 1))
        return next_top == bottom + 1 and height <= TALLEST

    def _run_key(self, leaf: Bound, level: int) -> tuple[Text, ...] | None:
        if level >= len(leaf.path) - 1:
            return None
        return leaf.path[: level + 2] if level == 0 and len(leaf.path) > 2 else leaf.path[: level + 1]

    def _group_title(self, leaf: Bound, level: int) -> str:
        path = leaf.path[: level + 1]
        node = next((node for top in self.plan.bound for node in top.walk() if node.path == path), None)
        return f"{path[-1].zh}\n（{plain(self.plan.nodes[node.id].weight)}分）" if node else path[-1].zh

    def _rows(self, leaf: Bound) -> tuple[int, int]:
        rows = [line.row for line in self.plan.parts(leaf.id) if line.kind in ("leaf", "part")]
        return rows[0], rows[-1]

    def _leaf(self, leaf: Bound) -> None:
        plan, cell = self.plan, self.formats.cell
        own, *parts = [line for line in plan.parts(leaf.id) if line.kind in ("leaf", "part")]
        top, bottom = self._rows(leaf)
        node, count = plan.nodes[leaf.id], bottom - top + 1
        role = {"bonus": "（加分）", "penalty": "（扣分项）"}.get(leaf.role, "") if len(leaf.path) == 1 else ""
        title = leaf.title.zh + role
        self._block(top, len(leaf.path), bottom, plan.depth, title, cell(align="left"))
        self._fits(top, title, LEVEL_WIDTH * (plan.depth - len(leaf.path) + 1), count)
        standard = leaf.standard or in_words(leaf.tree, leaf.labels, "zh")
        goal = leaf.goal.show() if leaf.goal else ""
        weight = plain(node.weight)
        fixed = {
            "weight": weight,
            "standard": standard,
            "target": goal,
            "unit": own.fields["actual"].unit if "actual" in own.fields else unit_of_actual(leaf),
        }
        small = {"standard": cell(font_size=9, bg_color=LOCKED), "weight": cell(align="center", bg_color=LOCKED)}
        asked = {key for line in parts for key in line.fields} | (
            {"target", "unit", "actual", "judge"} if parts else set()
        )
        hint = "" if goal or "actual" in own.fields or not parts else HINTS.get(leaf.rule.kind if leaf.rule else "", "")
        for key in AFTER:
            column, end = plan.column(key), top if key in asked else bottom
            if key == "points":
                self._points(own, end)
            elif key in own.fields:
                self._field(own, key, own.fields[key], end)
                if key == "evidence":
                    wanted = f"需要：{'、'.join(leaf.wanted)}" if leaf.wanted else ""
                    prompt = {"input_title": "佐证材料", "input_message": f"一行一份，页码写在｜之后。{wanted}"[:255]}
                    self.sheet.data_validation(top, column, top, column, {"validate": "any", **prompt})
            else:
                text = fixed.get(key, "")
                if key == "reason" and plan.closed(leaf) and leaf.record:
                    text = f"不适用：{leaf.record.not_applicable}"
                if key in ("unit", "actual") and hint:
                    continue  # the hint covers them
                if key == "target" and hint:
                    text, column, right = hint, plan.column("target"), plan.column("actual")
                    self._block(top, column, end, right, text, cell(font_size=9, bg_color=LOCKED, italic=True))
                    self._fits(top, text, 30)
                    continue
                self._block(
                    top,
                    column,
                    end,
                    column,
                    text,
                    small.get(
                        key, cell(align="center" if key in ("unit", "judge", "actual") else "left", bg_color=LOCKED)
                    ),
                )
                self._fits(top, text, WIDTHS[key] * (1.2 if key == "standard" else 1), end - top + 1)
                if key == "actual" and (value := self.live.measured(leaf)):
                    self.sheet.write_formula(top, column, value, cell(align="center", bg_color=LOCKED), "")
        for line in parts:
            assert line.part is not None
            left = plan.column("target")
            right = plan.column("unit") if "actual" in line.fields else plan.column("actual")
            self._block(line.row, left, line.row, right, line.part.title, cell(font_size=9, bg_color=LOCKED))
            self._fits(
                line.row,
                line.part.title,
                sum(WIDTHS[key] for key in ("target", "unit", "actual")[: right - left + 1]) * 1.15,
            )
            for key in asked - {"target", "unit"}:
                if key in line.fields:
                    self._field(line, key, line.fields[key], line.row)
                elif not left <= plan.column(key) <= right:
                    self.sheet.write_blank(line.row, plan.column(key), None, cell(bg_color=LOCKED))

    def _digits(self) -> str:
        places = self.plan.set.rounding.places
        return "0" + ("." + "0" * places if places else "")

    def _known(self, line: Line) -> float | str:
        """What the formula gives now, for programs that show a workbook without computing it."""
        if line.kind == "total":
            return float(self.plan.result.total)
        node = self.plan.nodes[line.id.removesuffix("#subtotal")]
        if self.plan.set.rounding.at == "total":
            return ""
        return {"missing": WAITING, "undefined": STUCK}.get(node.state, float(node.points))

    def _points(self, line: Line, end: int) -> None:
        approximate = '"≈"' if self.plan.set.rounding.at == "total" else ""
        format = self.formats.cell(align="center", bold=True, bg_color=LOCKED, num_format=approximate + self._digits())
        column = self.plan.column("points")
        self._block(line.row, column, end, column, "", format)
        self.sheet.write_formula(line.row, column, self.live.points[line.id], format, self._known(line))

    def _sum_row(self, line: Line, title: str, weight: Decimal) -> None:
        strong = self.formats.cell(bold=True, align="center", bg_color=HEAD)
        for column in range(1, self.last + 1):
            self.sheet.write_blank(line.row, column, None, strong)
        self._block(line.row, 1, line.row, self.plan.depth, title, strong)
        self.sheet.write_number(line.row, self.plan.column("weight"), weight, strong)
        total = line.kind == "total"
        approximate = '"≈"' if self.plan.set.rounding.at == "total" and not total else ""
        format = self.formats.cell(bold=True, align="center", bg_color=HEAD, num_format=approximate + self._digits())
        self.sheet.write_formula(
            line.row, self.plan.column("points"), self.live.points[line.id], format, self._known(line)
        )
        if total:
            self.sheet.merge_range(
                line.row, self.plan.column("reason"), line.row, self.plan.column("evidence"), "", strong
            )
            self.sheet.write_formula(
                line.row,
                self.plan.column("reason"),
                self.live.grade.replace("=", '="等级："&', 1),
                strong,
                f"等级：{self.live.grade_now}",
            )
        self.heights[line.row] = 22

    def _facts(self) -> None:
        lines = [line for line in self.plan.lines.values() if line.kind == "fact"]
        if not lines:
            return
        plan, cell = self.plan, self.formats.cell
        head = cell(bold=True, align="center", bg_color=HEAD)
        row = lines[0].row - 1
        weight, standard, target = (plan.column(key) for key in ("weight", "standard", "target"))
        self._block(row, 1, row, weight, "基础数据（事实）", head)
        self._block(row, standard, row, target, "出处", head)
        self._head(row, {"unit": "单位", "actual": "数值"})
        self._block(row, plan.column("judge"), row, self.last, "说明", head)
        for line in lines:
            assert line.part is not None
            fact = plan.evaluation.facts.get(line.part.id)
            figure = plan.result.figures.get(line.part.id)
            field = line.fields.get("actual")
            self._block(line.row, 1, line.row, weight, line.part.title, cell(bg_color=LOCKED))
            self._fits(line.row, (fact and fact.source) or "", WIDTHS["standard"] + WIDTHS["target"])
            if field is not None:
                self._field(line, "actual", field, line.row)
                source = line.fields["standard"]
                format = cell(bg_color=FILL_IN, locked=False)
                self._block(line.row, standard, line.row, target, current(source, plan.evaluation), format)
            else:
                value = self.live.shown(line.part.id)
                self.sheet.write_formula(
                    line.row, plan.column("actual"), value, cell(align="center", bg_color=LOCKED), ""
                )
                self._block(line.row, standard, line.row, target, (fact and fact.source) or "", cell(bg_color=LOCKED))
            unit = field.unit if field else figure.unit if figure else ""
            self.sheet.write_string(line.row, plan.column("unit"), unit, cell(align="center", bg_color=LOCKED))
            note = "；".join(text for text in ((fact and fact.note) or "", _derivation(plan, line.part.id)) if text)
            self._block(line.row, plan.column("judge"), line.row, self.last, note, cell(bg_color=LOCKED, font_size=9))
            self._fits(line.row, note, 100)

    def _field(self, line: Line, key: str, field: Field, end: int) -> None:
        """An input cell with what is recorded, and what may be typed."""
        plan, column = self.plan, self.plan.column(key)
        text = current(field, plan.evaluation)
        align = "left" if field.kind in ("text", "evidence") else "center"
        look = {"align": align, "bg_color": FILL_IN, "locked": False}
        if field.kind == "date":
            look["num_format"] = "yyyy-mm-dd"
        elif field.percent:
            look["num_format"] = "0.00##%"
        if key in ("reason", "evidence", "problem", "recommendation", "note"):
            look["font_size"] = 10
        format = self.formats.cell(**look)
        self._block(line.row, column, end, column, "", format)
        if field.kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            self.sheet.write_datetime(line.row, column, date.fromisoformat(text), format)
        elif (number := _number(field, text)) is not None:
            self.sheet.write_number(line.row, column, field.in_cell(number), format)
        elif text:
            self.sheet.write_string(line.row, column, text, format)
        self._fits(line.row, text, WIDTHS[key] * 1.05, end - line.row + 1)
        if field.choices:
            self._choices(line.row, column, field.choices)
        elif field.kind in NUMERIC:
            self._limits(line.row, column, field)

    def _choices(self, row: int, column: int, choices: tuple[str, ...]) -> None:
        source: Any = list(choices)
        if len(",".join(choices)) > 255 or any("," in choice for choice in choices):
            for index, choice in enumerate(choices):
                self.lists.write_string(index, self.column, choice)
            letter = letters(self.column)
            source = f"='{LISTS}'!${letter}$1:${letter}${len(choices)}"
            self.column += 1
        message = f"请选：{'、'.join(choices)}"[:250]
        options = {"validate": "list", "source": source, "error_title": "不在选项内", "error_message": message}
        self.sheet.data_validation(row, column, row, column, options)

    def _limits(self, row: int, column: int, field: Field) -> None:
        ref, message = f"{letters(column)}{row + 1}", "请填一个数"
        tests = [f"ISNUMBER({ref})"]
        if field.kind == "count":
            tests.append(f"{ref}=INT({ref})")
            message = "请填次数（整数）"
        elif field.kind == "date":
            message = "请填日期，如 2019-12-31"
        else:
            places = places_of(field, self.plan)
            tests.append(f"ROUND({ref},{places_in_cell(field, self.plan)})={ref}")
            message = "请填百分数，如 95%" if field.percent else message
            message += f"，最多 {places} 位小数"
            message += f"，单位 {field.unit}" if field.unit and not field.percent else ""
        sign = PERCENT if field.percent else ""
        if field.low is not None:
            tests.append(f"{ref}>={field.in_cell(field.low)}")
            message += f"，不小于 {plain(field.low)}{sign}"
        if field.high is not None:
            tests.append(f"{ref}<={field.in_cell(field.high)}")
            message += f"，不大于 {plain(field.high)}{sign}"
        options = {
            "validate": "custom",
            "value": f"=AND({','.join(tests)})",
            "error_title": "填写有误",
            "error_message": message,
        }
        self.sheet.data_validation(row, column, row, column, options)


def _derivation(plan: Plan, name: str) -> str:
    fact = plan.evaluation.facts.get(name)
    if fact is None or fact.formula is None:
        return ""
    from scoring.expression.grammar import parse

    figures = plan.result.figures
    labels = {other: figure.label() for other, figure in figures.items()}
    kinds: Any = {other: "truth" if isinstance(f.value, bool) else "number" for other, f in figures.items()}
    words = in_words(parse(fact.formula, kinds), labels, "zh").removeprefix("得分 = ")
    return f"＝{words}" if fact.value is None else f"须等于 {words}"


def _half_widths(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def _write_map(sheet: Any, case: Case, plans: list[Plan]) -> None:
    """What import needs to read the book back: which cell is which value, and what it was."""
    rows: list[tuple[str, ...]] = [(FORMAT,), ("case", case.id, *((case.dossier.body,) if case.dossier else ()))]
    for one in plans:
        rows.append(("evaluation", one.name, one.evaluation.id, one.set.reference, *whose(one.evaluation)))
        rows += [("basis", one.name, part, digest) for part, digest in basis(one.result).items()]
        for line in one.lines.values():
            rows.append(("line", one.name, str(line.row), line.id))
            for key, field in line.fields.items():
                described = json.dumps(asdict(field), ensure_ascii=False, default=str)
                base = current(field, one.evaluation)
                rows.append(("field", one.name, str(line.row), str(one.column(key)), described, base))
    digest = hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
    for index, row in enumerate([*rows, ("sha256", digest)]):
        for column, text in enumerate(row):
            sheet.write_string(index, column, text)
    sheet.very_hidden()
