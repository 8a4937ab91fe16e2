"""Official forms written from one description each, in four formats, by means of their own: nothing here comes from the package.

A description becomes rows of boxes (text, rows, columns); a writer knows boxes and one format.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import docx
import xlsxwriter
from docx.document import Document

Box = tuple[str, int, int]  # text, rows, columns


@dataclass
class Row:
    """One indicator as a form prints it."""

    first: str
    second: str
    third: str
    target: str
    actual: str
    weight: str = ""
    score: str = ""
    why: str = ""
    sign: str = ""
    unit: str = ""
    standard: str = ""


@dataclass
class Form:
    """What one form says. shape: project (附1), cost (signs and units in columns), department, completion (Sichuan)."""

    shape: str
    title: str
    year: int
    name: str
    unit: str
    rows: list[Row]
    funds: list[tuple[str, str, str, str]] = field(default_factory=list)  # label, initial, budget, spent
    execution: tuple[str, str, str] = ("", "", "")  # weight, rate, score
    goals: tuple[str, str] = ("", "")
    department: str = ""
    money: str = "万元"
    total: tuple[str, str] = ("100", "")


HEADS = {
    "project": "一级指标 二级指标 三级指标 年度指标值 实际完成值 分值 得分 偏差原因分析及改进措施",
    "cost": "一级指标 二级指标 三级指标 指标性质 指标值 度量单位 全年完成值 权重 自评得分 偏差原因分析及改进措施",
    "department": "一级指标 二级指标 三级指标 指标解释 年度指标值 实际完成值 分值 自评得分 评分标准",
    "completion": "一级指标 二级指标 三级指标 预期指标值(包含数字及文字描述) 实际完成指标值(包含数字及文字描述)",
}
KEYS = {
    "project": "third target actual weight score why",
    "cost": "third sign target unit actual weight score why",
    "department": "third - target actual weight score standard",
    "completion": "third target actual",
}


def layout(form: Form) -> list[list[Box]]:
    heads = HEADS[form.shape].split()
    lead = "绩效指标完成情况" if form.shape == "completion" else "绩效指标"
    width = 1 + len(heads)
    rows: list[list[Box]] = [[(f"{form.title}\n（{form.year}年度）", 1, width)]]
    if form.shape == "completion":
        rows += [[("项目名称", 1, 2), (form.name, 1, width - 2)], [("预算单位", 1, 2), (form.unit, 1, width - 2)]]
        for index, (label, _, budget, spent) in enumerate(form.funds):
            names = [f"{label or name}:" for name in ("预算数", "执行数")]
            side = [(f"预算执行情况({form.money})", len(form.funds), 1)] if not index else []
            rows.append([*side, (names[0], 1, 1), (budget, 1, 1), (names[1], 1, 1), (spent, 1, width - 4)])
        rows.append([("年度目标完成情况", 2, 1), ("预期目标", 1, 2), ("实际完成目标", 1, width - 3)])
        rows.append([(form.goals[0], 1, 2), (form.goals[1], 1, width - 3)])
    else:
        name = "部门（单位）名称" if form.shape == "department" else "项目名称"
        rows.append([(name, 1, 2), (form.name, 1, width - 2)])
        if form.department:
            rows.append([("主管部门", 1, 2), (form.department, 1, 2), ("实施单位", 1, 1), (form.unit, 1, width - 5)])
        block = "部门资金" if form.shape == "department" else "项目资金"
        side = (f"{block}\n（{form.money}）", 1 + len(form.funds), 1)
        columns = ("年初预算数", "全年预算数（A）", "全年执行数（B）", "分值", "执行率（B/A）", "得分")
        rows.append([side, ("", 1, 1), *((each, 1, 1) for each in columns[:-1]), (columns[-1], 1, width - 7)])
        for index, (label, initial, budget, spent) in enumerate(form.funds):
            weight, rate, score = form.execution if not index else ("—", "", "—")
            boxes = [(each, 1, 1) for each in (label, initial, budget, spent, weight, rate)]
            rows.append([*boxes, (score, 1, width - 7)])
        if form.goals[0]:
            half = width // 2
            rows.append([("年度总体目标", 2, 1), ("预期目标", 1, half - 1), ("实际完成情况", 1, width - half)])
            rows.append([(form.goals[0], 1, half - 1), (form.goals[1], 1, width - half)])
    rows.append([(lead, 1 + len(form.rows), 1), *((head, 1, 1) for head in heads)])
    keys = KEYS[form.shape].split()
    for index, row in enumerate(form.rows):
        boxes: list[Box] = []
        above = form.rows[index - 1] if index else None
        if above is None or row.first != above.first:
            boxes.append((row.first, run(form.rows[index:], "first"), 1))
        if above is None or (row.first, row.second) != (above.first, above.second):
            boxes.append((row.second, run(form.rows[index:], "first", "second"), 1))
        boxes += [(getattr(row, key, "") if key != "-" else "", 1, 1) for key in keys]
        rows.append(boxes)
    if form.shape != "completion":
        at = 1 + heads.index("权重" if form.shape == "cost" else "分值")
        rest = width - at - 2
        rows.append([("总分", 1, at), (form.total[0], 1, 1), (form.total[1], 1, 1), *([("", 1, rest)] if rest else [])])
    return rows


def run(rows: list[Row], *keys: str) -> int:
    """How many rows from the first on have the same values."""
    same = [all(getattr(row, key) == getattr(rows[0], key) for key in keys) for row in rows]
    return same.index(False) if False in same else len(same)


def placed(rows: list[list[Box]]) -> Iterator[tuple[int, int, Box]]:
    """Row and column, from 0, at which each box begins."""
    covered: set[tuple[int, int]] = set()
    for number, boxes in enumerate(rows):
        column = 0
        for box in boxes:
            while (number, column) in covered:
                column += 1
            yield number, column, box
            covered |= {(number + r, column + c) for r in range(box[1]) for c in range(box[2])}
            column += box[2]


def width(rows: list[list[Box]]) -> int:
    return max(column + box[2] for _, column, box in placed(rows))


def write_docx(rows: list[list[Box]], file: Path) -> None:
    document: Document = docx.Document()
    document.add_paragraph("附件1")
    table = document.add_table(len(rows), width(rows))
    for number, column, (text, down, across) in placed(rows):
        cell = table.cell(number, column)
        if down > 1 or across > 1:
            cell = cell.merge(table.cell(number + down - 1, column + across - 1))
        cell.text = text
    document.save(str(file))


def write_xlsx(rows: list[list[Box]], file: Path) -> None:
    """Numbers as numbers and percentages as formatted shares, as people type them into a sheet."""
    book = xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("自评表")
    percent = book.add_format({"num_format": "0.00%"})
    for number, column, (text, down, across) in placed(rows):
        if down > 1 or across > 1:
            sheet.merge_range(number, column, number + down - 1, column + across - 1, "")
        if re.fullmatch(r"\d+(\.\d+)?", text):
            sheet.write_number(number, column, float(text))
        elif re.fullmatch(r"\d+(\.\d+)?%", text):
            sheet.write_number(number, column, float(text[:-1]) / 100, percent)
        else:
            sheet.write_string(number, column, text)
    book.close()


def write_html(rows: list[list[Box]], file: Path) -> None:
    lines = [
        "<!DOCTYPE html><html><head><meta charset='utf-8'><style>td{border:1px solid}</style></head><body><p>附件1</p><table>"
    ]
    for boxes in rows:
        cells = [
            f"<td rowspan='{down}' colspan=\"{across}\">{html.escape(text).replace(chr(10), '<br>')}</td>"
            for text, down, across in boxes
        ]
        lines.append(f"<tr>\n  {chr(10).join(cells)}\n</tr>")
    file.write_text("\n".join([*lines, "</table></body></html>"]), encoding="utf-8")


def write_csv(rows: list[list[Box]], file: Path, encoding: str = "utf-8-sig") -> None:
    """As a spreadsheet saves it: a merged cell's text at its first place, blanks at the rest."""
    grid = [[""] * width(rows) for _ in rows]
    for number, column, (text, _, _) in placed(rows):
        grid[number][column] = text
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(grid)


WRITERS = {".docx": write_docx, ".xlsx": write_xlsx, ".html": write_html, ".csv": write_csv}


def write(form: Form, file: Path) -> Path:
    WRITERS[file.suffix](layout(form), file)
    return file
