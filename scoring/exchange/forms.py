"""A table recognised as an official form: its head, its funds, its yearly goals, its indicators and its total, cell by cell.

Nothing is interpreted here; every cell that has found no place is known, so that it can be reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from scoring.exchange.grid import Cell, Table, distinct
from scoring.exchange.reading import blank, label
from scoring.values import normalised

_HEADS = {  # what a column of the indicators holds, by its heading
    "first": r"一级指标(名称)?",
    "second": r"二级指标(名称)?",
    "third": r"(三级|四级|具体)?指标(名称)|三级指标|具体指标|绩效指标名称",
    "target": r"(年度|全年|预期|年初|计划|设定|当年|绩效)?(设定)?(绩效)?(目标|指标)(目标)?值|预期(指标)?(目标)?值|计划完成值|年初目标|年度目标",
    "actual": r"(全年|年度|本年|自评|实际)?(实际)?(完成|达到)(指标|目标)?(值|情况|数)|(全年)?实际值|完成结果",
    "weight": r"(指标)?(标准)?(分值|权重|满分)(分值|权重)?|标准分",
    "score": r"(单位)?(自评|评价)?(得分|评分)|自评分",
    "deviation": r"(偏差|未完成)原因(分析)?(及|和|与)?(改进措施|拟采取的改进措施|说明)?|原因分析.*|改进措施",
    "sign": r"(计量|运算|指标)?符号|指标性质|目标值符号",
    "unit": r"(计量|度量|指标)?单位",
    "explanation": r"指标(解释|说明|内容|释义)",
    "standard": r"(评分|评价|计分|打分|考核)(标准|规则|办法|方法|细则|要点|说明)(及说明)?|(指标)?计算(公式|方法)(及数据来源)?|得分计算方法",
    "note": r"备注|说明|数据来源|佐证材料",
}
_NAME = r"(评价)?项目名称|(部门|单位|部门单位)名称|专项名称"
_FIELDS = {
    "name": _NAME,
    "department": r"(项目)?(一级)?主管部门(及代码)?",
    "unit": r"(项目)?(实施|预算|填报|承担|资金使用)单位|项目单位",
}
_FUND_COLUMNS = {
    "initial_budget": r"年初预算(数|金额)?",
    "budget": r"(全年|年度|调整后?)?(全年)?预算(数|金额)",
    "spent": r"(全年|年度|实际|预算)?(执行|支出)(数|金额)",
    "weight": r"分值|权重",
    "rate": r"(预算)?执行率",
    "score": r"(自评)?得分",
}
_FUND_ROWS = {  # the parts first: a part may well be called a sum of its own
    "fiscal": r"财政拨款|财政资金拨款|一般公共预算",
    "carryover": r"结转",
    "other": r"其他|其它",
    "basic": r"基本支出",
    "projects": r"项目支出",
    "": r"总额|合计|总量|总数|整体支出|预算执行|年度预算|年度资金",
}
_TOTAL = r"(自评|评价)?(总分|合计|总计|总得分|得分合计|总评分)(值|数)?"
_MONEY = r"亿元|百万元|万元|千元|元"
_CAPTIONS = (
    r"(年度)?(总体)?(绩效)?目标(完成情况)?|(年度)?绩效(指标)?(指标完成情况|指标|情况)?|(项目|部门)?(预算)?资金(情况)?"
    r"|(部门)?(年度)?(预算|资金)(执行)?情况|.*(自评表|完成情况表|评价表|计分表|指标体系)"
)
Kind = Literal["project", "department"]


@dataclass(slots=True)
class Line:
    """One row of indicators. sub: further rows whose weight is the same merged cell: parts of this indicator."""

    cells: dict[str, Cell]
    first: str
    second: str
    row: list[Cell]
    sub: list[dict[str, Cell]] = field(default_factory=list)

    def text(self, key: str) -> str:
        return self.cells[key].text if key in self.cells else ""


@dataclass(slots=True)
class Form:
    """One official form, or a framework of indicators when it has no column of actuals."""

    table: Table
    caption: str
    year: int | None
    kind: Kind
    columns: dict[str, Cell]
    fields: dict[str, Cell] = field(default_factory=dict)
    money: str | None = None  # the unit printed over the amounts
    funds: dict[tuple[str, str], Cell] = field(default_factory=dict)  # (column, part) → amount
    execution: dict[str, Cell] = field(default_factory=dict)  # weight, rate and score of the budget row
    goals: tuple[Cell, Cell] | None = None
    lines: list[Line] = field(default_factory=list)
    totals: dict[str, Cell] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    @property
    def is_framework(self) -> bool:
        return "actual" not in self.columns

    @property
    def has_points(self) -> bool:
        return any(not blank(line.text("weight"), no=True) for line in self.lines)

    def use(self, *cells: Cell) -> None:
        self.used |= {id(cell) for cell in cells}

    def left(self) -> Iterator[Cell]:
        """The cells that say something and have found no place, each once."""
        seen: set[int] = set()
        for row in self.table.rows:
            for _, cell in distinct(row):
                if id(cell) not in self.used | seen and not blank(cell.text, no=True):
                    seen.add(id(cell))
                    yield cell


def recognise(table: Table) -> list[Form]:
    """The forms in a table, one below the other; none when it is something else."""
    found = []
    for part in _apart(table):
        if form := _form(part):
            found.append(form)
    return found


def _apart(table: Table) -> list[Table]:
    """A sheet with several forms, cut before the title of each."""
    cuts, seen_head = [0], False
    for number_, row in enumerate(table.rows):
        if _columns(row).keys() >= {"third"}:
            seen_head = True
        elif seen_head and any(re.fullmatch(_NAME, label(cell.text)) for _, cell in distinct(row)):
            start = number_
            while start > cuts[-1] + 1 and _is_title(table.rows[start - 1]):
                start -= 1
            cuts.append(start)
            seen_head = False
    parts = [Table(table.rows[a:b], table.before) for a, b in zip(cuts, [*cuts[1:], None], strict=True)]
    return parts if len(parts) > 1 else [table]


def _is_title(row: list[Cell]) -> bool:
    texts = [cell.text for _, cell in distinct(row) if cell.text]
    return not texts or (len(texts) == 1 and re.search(r"表|年度|单位", texts[0]) is not None)


def _columns(row: list[Cell]) -> dict[str, int]:
    """The columns of indicators a row of headings names."""
    found: dict[str, int] = {}
    for column, cell in distinct(row):
        text = label(cell.text).rstrip("AB")
        above = next((level for level in ("third", "second", "first") if level in found), "third")
        if above != "third" and re.fullmatch(_HEADS["weight"], text):
            found.setdefault(f"weight_{above}", column)  # the weight of a level, beside it
            continue
        for key, pattern in _HEADS.items():
            if key not in found and text and re.fullmatch(pattern, text):
                found[key] = column
                break
    return found if {"first", "second", "target", "weight"} & found.keys() else {}


def _form(table: Table) -> Form | None:
    at = next((n for n, row in enumerate(table.rows) if "third" in _columns(row)), None)
    if at is None:
        return None
    columns = _columns(table.rows[at])
    heads = {key: table.rows[at][column] for key, column in columns.items()}
    body = at + 1
    if body < len(table.rows):  # a head of two rows: 指标值 over 预期值 and 实际值
        fresh = {key: column for key, column in _columns(table.rows[body]).items() if key not in columns}
        if fresh and table.rows[body][columns["third"]] is heads["third"]:
            columns |= fresh
            heads |= {key: table.rows[body][column] for key, column in fresh.items()}
            body += 1
    if not {"actual", "weight", "standard"} & columns.keys():
        return None
    above = table.rows[:at]
    words = [table.before, *(cell.text for row in above for _, cell in distinct(row))]
    form = Form(table, _caption(words), _year(table.before, above), _kind(words), heads)
    form.use(*heads.values())
    _read_head(form, above)
    _read_lines(form, table.rows[body:], columns)
    for row in table.rows:
        for _, cell in distinct(row):
            if re.fullmatch(_CAPTIONS, label(cell.text)) or re.fullmatch(
                r"\(?(20\d\d)?年度?\)?", normalised(cell.text)
            ):
                form.use(cell)
    return form if form.lines else None


def _caption(words: list[str]) -> str:
    for text in reversed("\n".join(words).split("\n")):
        if re.search(r"自评表|完成情况表|指标体系|评价表|计分表", text):
            return re.sub(r"\s+", "", text)
    return ""


def _kind(words: list[str]) -> Kind:
    text = re.sub(r"\s", "", "".join(words))
    return "department" if re.search(r"整体支出|部门整体|整体绩效|部门(\(单位\)|（单位）)?名称", text) else "project"


def _year(before: str, above: list[list[Cell]]) -> int | None:
    texts = [*(cell.text for row in above for _, cell in distinct(row)), *reversed(before.split("\n"))]
    for text in texts:
        if found := re.search(r"(20\d\d)\s*年(?:度|\s*[)）]|\S*(?:自评表|完成情况表|评价表))", text):
            return int(found[1])
    named = [re.search(r"(20\d\d)\s*年\S*(?:指标体系|计分表|评分表)", text) for text in texts]
    title = next((found for found in named if found), None)
    years = set(re.findall(r"(?<!\d)20\d\d(?=\s*年)", "\n".join(texts)))
    return int(title[1]) if title and len(years) == 1 else None  # of two years one may be that of a document cited


def _read_head(form: Form, rows: list[list[Cell]]) -> None:
    """The cells above the indicators: pairs of label and value, the funds, the yearly goals."""
    around = "\n".join([form.table.before, *(cell.text for row in rows for _, cell in distinct(row))])
    if found := re.search(rf"[（(](?:金额)?(?:单位[:：])?\s*({_MONEY})\s*[)）]", around) or re.search(
        rf"单位[:：]\s*({_MONEY})", around
    ):
        form.money = found[1]
    for row in rows:
        for _, cell in distinct(row):
            if re.fullmatch(rf"(?:金额)?单位[:：]\s*({_MONEY})", cell.text.strip()):
                form.use(cell)
    at = 0
    while at < len(rows):
        if taken := _funds(form, rows, at) or _goals(form, rows, at):
            at += taken
            continue
        _pairs(form, rows[at])
        at += 1


def _pairs(form: Form, row: list[Cell]) -> None:
    cells = [cell for _, cell in distinct(row) if cell.text]
    for index, cell in enumerate(cells):
        name, _, inline = cell.text.partition("：") if "：" in cell.text else cell.text.partition(":")
        for key, pattern in _FIELDS.items():
            if key in form.fields or not re.fullmatch(pattern, label(name)):
                continue
            form.use(cell)
            if inline.strip():
                form.fields[key] = Cell(inline.strip(), cell.place)
            elif index + 1 < len(cells) and not any(
                re.fullmatch(each, label(cells[index + 1].text)) for each in _FIELDS.values()
            ):
                form.fields[key] = cells[index + 1]
                form.use(cells[index + 1])


def _fund_columns(row: list[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in distinct(row):
        for key, pattern in _FUND_COLUMNS.items():
            if key not in found and re.fullmatch(pattern, label(cell.text).rstrip("AB/")):
                found[key] = column
                break
    return found if {"budget", "spent"} <= found.keys() else {}


def _funds(form: Form, rows: list[list[Cell]], at: int) -> int:
    """How many rows from here are the funds; 0 when none are."""
    columns = _fund_columns(rows[at])
    if not columns:
        return 0
    if not any(re.fullmatch(r"[\d.,]+", cell.text) for cell in rows[at]):
        return _fund_table(form, rows, at, columns)
    taken = 0
    for row in rows[at:]:  # 预算数: 10.34 | 执行数: 10.34, and the parts below in the same pairs
        cells = [cell for _, cell in distinct(row) if cell.text]
        pairs = [(a, b) for a, b in pairwise(cells) if amount(b) and not amount(a)]
        if len(pairs) != 2 or (taken and not any(_part(a.text) for a, _ in pairs)):
            break
        for column, (name, value) in zip(("budget", "spent"), pairs, strict=True):
            form.funds[column, _part(name.text) if taken else ""] = value
            form.use(name, value)
        taken += 1
    for cell in rows[at]:
        if re.search(r"预算执行情况|资金", cell.text):
            form.use(cell)
    return taken


def amount(cell: Cell) -> bool:
    return re.fullmatch(rf"-?[\d,，.]+\s*({_MONEY})?", cell.text) is not None or blank(cell.text)


def _part(text: str) -> str:
    clean = label(text)
    return next((part for part, pattern in _FUND_ROWS.items() if re.search(pattern, clean)), "")


def _fund_table(form: Form, rows: list[list[Cell]], at: int, columns: dict[str, int]) -> int:
    form.use(*(rows[at][column] for column in columns.values()))
    first = min(columns.values())
    for column, cell in distinct(rows[at]):
        if column < first and re.search(r"预算|资金|经费|收支", cell.text):
            form.use(cell)  # the heading beside the table
    taken = 1
    for row in rows[at + 1 :]:
        names = [
            cell for column, cell in distinct(row) if column < first and cell.text and cell is not rows[at][column]
        ]
        name = "".join(cell.text for cell in names[-1:])
        known = next((p for p, pattern in _FUND_ROWS.items() if re.search(pattern, label(name))), None)
        filled = any(row[column].text for column in columns.values())
        if (
            known is None
            and name
            and any(row[columns[key]].text and amount(row[columns[key]]) for key in ("budget", "spent"))
        ):
            taken += 1  # funds of a kind of their own: left, and so reported
            continue
        if known is None and (name or not filled or taken > 1):
            break
        part = known or ""
        for key in ("initial_budget", "budget", "spent"):
            if key in columns and (key, part) not in form.funds:
                form.funds[key, part] = row[columns[key]]
                form.use(row[columns[key]])
        form.use(*names)
        for key in ("weight", "rate", "score"):
            if key in columns and part == "" and key not in form.execution:
                form.execution[key] = row[columns[key]]
                form.use(row[columns[key]])
            elif key == "rate" and key in columns:
                form.use(row[columns[key]])  # the parts' rates follow from their amounts
        taken += 1
    return taken


def _goals(form: Form, rows: list[list[Cell]], at: int) -> int:
    """How many rows from here are the yearly goals: the heads, then what was expected and what was done."""
    found = {}
    for column, cell in distinct(rows[at]):
        text = label(cell.text)
        if re.fullmatch(r"(年度)?(年初)?(预期|设定|绩效|总体)目标", text):
            found["expected"] = (column, cell)
        elif re.fullmatch(r"(目标)?(年度)?(全年)?实际完成(情况|目标)|(目标)?完成情况", text):
            found["actual"] = (column, cell)
    if len(found) != 2 or at + 1 >= len(rows):
        return 0
    expected, actual = (rows[at + 1][found[key][0]] for key in ("expected", "actual"))
    form.use(found["expected"][1], found["actual"][1], expected, actual)
    form.goals = (expected, actual)
    return 2


def _read_lines(form: Form, rows: list[list[Cell]], columns: dict[str, int]) -> None:
    first = second = ""
    ended = False
    for row in rows:
        cells = {key: row[column] for key, column in columns.items()}
        for key in sorted(cells, key=lambda key: -columns[key]):  # a cell merged over several columns is the leftmost's
            if key != "third" and any(columns[other] < columns[key] and cells[other] is cells[key] for other in cells):
                del cells[key]
        if cells.get("second") is cells["third"]:
            del cells["second"]
        said = [cell for _, cell in distinct(row) if cell.text]
        if total := next((cell for cell in said if re.fullmatch(_TOTAL, label(cell.text))), None):
            ended = True
            form.use(total)
            for key in ("weight", "score"):
                if key in cells and not blank(cells[key].text):
                    form.totals.setdefault(key, cells[key])
                    form.use(cells[key])
            continue
        if ended or not said:
            continue
        if any(re.fullmatch(_HEADS["third"], label(cell.text)) for cell in said) and len(_columns(row)) > 2:
            form.use(*said)  # the head, repeated on the next page
            continue
        if re.match(r"[(（]?(说明|备?注|填表|填报|联系|评价人|自评人|审核)", said[0].text):
            ended = True
            continue
        if "first" in cells and cells["first"].text:
            if label(cells["first"].text) != label(first):
                second = ""
            first = cells["first"].text
            form.use(cells["first"])
        if "second" in cells:
            if cells["second"].text:
                second = cells["second"].text
            form.use(cells["second"])
        else:
            second = ""  # 满意度指标 printed over both levels
        content = [cells[key] for key in ("third", "target", "actual", "weight", "score") if key in cells]
        if all(blank(cell.text) or re.fullmatch(r"(指标\d*[:：]?|…+)", cell.text) for cell in content):
            form.use(*content)
            continue
        form.use(*cells.values())
        last = form.lines[-1] if form.lines else None
        weight = cells.get("weight")
        if last and weight is not None and weight is last.cells.get("weight"):
            last.sub.append(cells)
            continue
        form.lines.append(Line(cells, first, second, row))
