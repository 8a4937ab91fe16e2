"""What an official form says, in values: every row as an indicator, every amount with its unit, the sums compared.

What the form does not say is not made up: it is asked for, assumed aloud, or left out and listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from scoring.errors import Fault, Text
from scoring.exchange.choose import Group, head
from scoring.exchange.forms import Form, Line, amount
from scoring.exchange.grid import Cell
from scoring.exchange.reading import Wanted, blank, items, label, line, marked, number, split_label, wanted
from scoring.exchange.write import Notes, quote
from scoring.values import apportioned, normalised, plain, read_quantity, rounded

USUAL = {"output": Decimal(50), "benefit": Decimal(30), "satisfaction": Decimal(10)}  # 财预〔2020〕10号 第十三条
NO_TARGET = "（原表没有填写指标值）"
COLUMNS = {"initial_budget": "年初预算数", "budget": "全年预算数", "spent": "全年执行数"}


@dataclass(slots=True)
class Part:
    """One indicator to be: a row of the form, or one of several that share a row or a weight."""

    title: str
    second: str
    cells: dict[str, Cell]
    target: str
    actual: str
    weight: Decimal
    goal: Wanted
    score: Decimal | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Content:
    """One form in values. weight and score are those of the budget row."""

    name: str
    unit: str
    year: int
    weight: Decimal | None
    score: Decimal | None
    groups: list[Group]
    parts: dict[str, list[Part]]  # the indicators of each group
    amounts: dict[tuple[str, str], str]  # (column, part) → amount with its unit


def content(form: Form, notes: Notes, year: int | None) -> Content | None:
    """The form in values, or None after noting the faults. year: as given by the user, for a form that prints none."""
    reader = _Reader(form, notes)
    name, unit = reader.named()
    of_year = reader.year(year)
    weight, score = reader.execution()
    reader.lay_out()
    amounts = reader.amounts()
    if notes.faults or of_year is None:
        return None
    reader.check_sums(weight, score)
    if notes.faults:
        return None
    return Content(name, unit, of_year, weight, score, reader.groups, reader.parts, amounts)


class _Reader:
    def __init__(self, form: Form, notes: Notes):
        self.form, self.notes = form, notes
        self.parts: dict[str, list[Part]] = {}
        self.groups: list[Group] = []
        self.rate: Cell | None = None

    def named(self) -> tuple[str, str]:
        fields = {key: line(cell.text) for key, cell in self.form.fields.items() if not blank(cell.text)}
        name = fields.get("name", "")
        unit = fields.get("unit") or fields.get("department") or (name if self.form.kind == "department" else "")
        first = self.form.table.rows[0][0]
        if not name:
            self.notes.fault(first, Text("表上没有项目（部门）名称", "the form names no project or department"))
        if not unit:
            self.notes.fault(first, Text("表上没有实施（预算）单位", "the form names no unit"))
        return name, unit

    def year(self, given: int | None) -> int | None:
        printed = self.form.year
        if given is None and printed is None:
            message = Text("表上没有年度", "the form prints no year")
            self.notes.fault(self.form.table.rows[0][0], message, Text("加上 --year 年度", "add --year"))
        if given is not None and printed not in (None, given):
            message = Text(f"表上是 {printed} 年度，按 --year 写作 {given}", f"prints {printed}; --year says {given}")
            self.notes.remark("differs", self.form.table.rows[0][0], message)
        return given or printed

    def points(self, cell: Cell | None, what: str, en: str) -> Decimal | None:
        """The number in a cell of points; blank is none, anything else a fault."""
        if cell is None or blank(cell.text, no=True):
            return None
        parts = [number(item) for item in items(cell.text)]
        value = sum((part for part in parts if part is not None), Decimal(0))
        if not parts or None in parts or any(part is not None and part < 0 for part in parts):
            message = Text(
                f"{what}应当是一个数，写的是“{quote(cell)}”", f"the {en} must be a number, not '{quote(cell)}'"
            )
            self.notes.fault(cell, message, Text("写成 10 这样", "write it as 10"))
            return None
        return value

    def execution(self) -> tuple[Decimal | None, Decimal | None]:
        """Weight and score of the budget row, which some forms print among the indicators."""
        cells = dict(self.form.execution)
        if "weight" not in cells or blank(cells["weight"].text, no=True):
            for row in self.form.lines:
                if re.fullmatch(r".*(执行率|预算执行(情况)?)", label(row.text("third")) or label(row.first)):
                    self.form.lines.remove(row)
                    cells |= {key: row.cells[key] for key in ("weight", "score") if key in row.cells}
                    if not blank(row.text("actual")):
                        cells.setdefault("rate", row.cells["actual"])
                    break
        self.rate = cells.get("rate")
        weight = self.points(cells.get("weight"), "分值", "weight")
        if weight is None and not self.form.has_points and ("spent", "") in self.form.funds:
            weight = Decimal(10)
            message = Text(
                "表上没有分值，预算执行率按通常的 10 分", "no points are printed: the usual 10 for execution"
            )
            self.notes.remark("assumed", self.form.funds["spent", ""], message)
        return weight, self.points(cells.get("score"), "得分", "score")

    def lay_out(self) -> None:
        """Every row as one indicator or several, under its first level."""
        with_points = self.form.has_points
        rows: dict[str, list[Line]] = {}
        for row in self.form.lines:
            if not row.first:
                self.notes.fault(row.cells["third"], Text("这一行没有一级指标", "this row has no first level"))
            rows.setdefault(label(row.first), []).append(row)
        keys: dict[str, str] = {}
        for title in rows:
            key = head(title)
            keys[title] = (
                key if key and key not in keys.values() and key != "execution-rate" else f"group-{len(keys) + 1}"
            )
        for title, mine in rows.items():
            weights = self.weights(title, keys[title], mine) if with_points else self.assumed(title, keys[title], mine)
            key = keys[title]
            self.parts[key] = []
            for row, weight in zip(mine, weights, strict=True):
                self.parts[key] += self.parted(row, weight)
            self.check_group(title, mine, sum(weights, Decimal(0)))
            self.groups.append(Group(key, title, sum(weights, Decimal(0)), [part.second for part in self.parts[key]]))

    def check_group(self, title: str, rows: list[Line], added: Decimal) -> None:
        """The points printed for a first level, beside it or in brackets, against what its rows add up to."""
        cell = rows[0].cells.get("weight_first")
        inside = re.search(r"[（(](\d{1,3}(?:\.\d+)?)(?:分|%)?[)）]", rows[0].first)
        printed = number(inside[1]) if inside else self.points(cell, "分值", "weight")
        if printed is not None and printed != added and self.form.has_points:
            zh = f"“{title}”印的是 {plain(printed)} 分，各行合计 {plain(added)} 分"
            self.notes.remark(
                "differs",
                cell or rows[0].cells.get("first"),
                Text(zh, f"prints {plain(printed)}, its rows {plain(added)}"),
            )

    def weights(self, title: str, key: str, rows: list[Line]) -> list[Decimal]:
        weights = []
        for row in rows:
            cell = row.cells.get("weight")
            weight = self.points(cell, "分值", "weight")
            if cell is not None and not weight and (weight == 0 or blank(cell.text, no=True)):
                name = line(row.text("third"))
                self.notes.fault(cell, Text(f"“{name}”没有分值", f"'{name}' has no points"))
            weights.append(weight or Decimal(0))
        return weights

    def assumed(self, title: str, key: str, rows: list[Line]) -> list[Decimal]:
        """Equal parts of the usual weight, for a form that prints no points."""
        printed = re.search(r"[（(](\d{1,3})分?[)）]", rows[0].first)
        whole = Decimal(printed[1]) if printed else USUAL.get(key)
        if whole is None:
            message = Text(
                f"表上没有分值，“{title}”也没有通常的分值", f"no points are printed, and none are usual for '{title}'"
            )
            self.notes.fault(rows[0].cells["third"], message, Text("在表上补一列分值再导入", "add a column of points"))
            return [Decimal(0)] * len(rows)
        weights = apportioned(whole, [Fraction(1)] * len(rows), 2)
        zh = f"表上没有分值，“{title}”按 {plain(whole)} 分由 {len(rows)} 个指标平分"
        en = f"no points are printed: {plain(whole)} for '{title}', in equal parts"
        self.notes.remark("assumed", rows[0].cells["third"], Text(zh, en))
        return weights

    def parted(self, row: Line, weight: Decimal) -> list[Part]:
        """The indicators of one row: usually one; several where the row, or a merged weight, lists several targets."""
        title = re.sub(r"^指标\d+[:：]\s*", "", line(row.text("third")))
        if blank(title):
            title = label(row.second) or label(row.first)
            message = Text(f"没有三级指标名称，用“{title}”", f"no third level is printed: '{title}' is used")
            self.notes.remark("assumed", row.cells["third"], message)
        score = self.points(row.cells.get("score"), "得分", "score")
        score_cell = row.cells.get("score")
        if score is not None and score > weight and self.form.has_points:
            over = f"得分 {plain(score)} 大于分值 {plain(weight)}，没有写入自评分"
            self.notes.remark("left", score_cell, Text(over, f"{plain(score)} is above {plain(weight)}: left out"))
            score = None
        elif score is not None and score > weight:
            zh = f"表上没有分值，平分每项 {plain(weight)} 分，而得分是 {plain(score)}，说明分值不是平分的"
            en = f"no points are printed, and the score {plain(score)} shows that they are not equal parts"
            self.notes.fault(
                score_cell, Text(zh, en), Text("在表上补一列分值再导入", "add a column of points to the form")
            )
        notes = []
        for key in ("explanation", "standard", "deviation", "note"):
            if not blank(row.text(key), no=True):
                notes.append(f"{label(self.form.columns[key].text)}：{line(row.text(key))}")
        if row.sub:
            listed = [
                (
                    line(cells["third"].text) if "third" in cells else "",
                    text_in(cells, "target"),
                    text_in(cells, "actual"),
                    cells,
                )
                for cells in (row.cells, *row.sub)
            ]
        else:
            listed = [(*each, row.cells) for each in self.listed(row, title)]
        if len(listed) == 1:
            _, target, actual, cells = listed[0]
            return [Part(title, row.second, cells, target, actual, weight, self.goal(row, cells, target), score, notes)]
        weights = self.shares(row, weight, len(listed))
        printed = self.each(row.cells.get("score"), len(listed))
        scores: list[Decimal | None]
        if printed is not None:
            scores = list(printed)
        elif score is None or score == weight:
            scores = [None if score is None else each for each in weights]  # full marks for all are full marks for each
        else:
            scores = [None] * len(listed)
            said = f"得分 {plain(score)} 属于 {len(listed)} 个分项，不能分开，写在备注里"
            self.notes.remark(
                "left", score_cell, Text(said, f"{plain(score)} belongs to {len(listed)} parts: kept as a note")
            )
            notes.append(f"原表各分项合计得分：{plain(score)}")
        whole = row.sub or (marked(row.text("third")) and len(items(row.text("third"))) == len(listed))
        named = [name if whole else f"{title}（{name or number_ + 1}）" for number_, (name, *_) in enumerate(listed)]
        return [
            Part(
                name or title,
                row.second,
                cells,
                target,
                actual,
                each,
                self.goal(row, cells, target),
                mark,
                notes if not index else [],
            )
            for index, (name, (_, target, actual, cells), each, mark) in enumerate(
                zip(named, listed, weights, scores, strict=True)
            )
        ]

    def shares(self, row: Line, weight: Decimal, count: int) -> list[Decimal]:
        """The points of the parts of a row: as listed in its cell, else equal."""
        if printed := self.each(row.cells.get("weight"), count):
            return printed
        weights = apportioned(weight, [Fraction(1)] * count, 2)
        zh = f"{count} 个分项共 {plain(weight)} 分，平分为 {'、'.join(map(plain, weights))}"
        self.notes.remark(
            "assumed",
            row.cells.get("weight") or row.cells["third"],
            Text(zh, f"{count} parts share {plain(weight)} points equally"),
        )
        return weights

    def each(self, cell: Cell | None, count: int) -> list[Decimal] | None:
        """The numbers a cell of points lists, when it lists one for each part."""
        numbers = [number(item) for item in items(cell.text)] if cell is not None else []
        known = [value for value in numbers if value is not None]
        return known if len(known) == len(numbers) == count > 1 else None

    def goal(self, row: Line, cells: dict[str, Cell], target: str) -> Wanted:
        """The target of one part, with what is assumed of it."""
        cell = cells.get("target") or cells["third"]
        if blank(target):
            self.notes.remark(
                "assumed", cell, Text("没有指标值，按文字目标写入", "no target is printed: taken in as words")
            )
            return wanted(NO_TARGET)
        try:
            goal = wanted(target, text_in(cells, "sign"), text_in(cells, "unit"), row.second)
        except Fault as fault:
            self.notes.fault(cell, fault.message, fault.hint)
            return wanted(NO_TARGET)
        for assumed in goal.assumed:
            self.notes.remark("assumed", cell, assumed)
        return goal

    def listed(self, row: Line, title: str) -> list[tuple[str, str, str]]:
        """Name, target and actual of each part a row lists; one when its target is one, or its cells do not agree."""
        whole = [("", row.text("target"), row.text("actual"))]
        targets = items(row.text("target"))
        if len(targets) < 2:
            return whole
        pairs = [split_label(target) for target in targets]
        if not all(wanted(target).goal.quantity for _, target in pairs):
            return whole
        names, actuals = items(row.text("third")), items(row.text("actual"), like=row.text("target"))
        if actuals and len(actuals) != len(targets):
            zh = f"目标值列了 {len(targets)} 项，实际完成值 {len(actuals)} 项，对不上，按一个文字目标写入"
            en = f"{len(targets)} targets but {len(actuals)} actuals: taken in as one target in words"
            self.notes.remark("assumed", row.cells["target"], Text(zh, en))
            return whole
        called = names if len(names) == len(targets) else [name for name, _ in pairs]
        return [
            (called[index], target, split_label(actuals[index])[1] if actuals else "")
            for index, (_, target) in enumerate(pairs)
        ]

    def check_sums(self, execution: Decimal | None, execution_score: Decimal | None) -> None:
        """The points against 100 and the printed total; the printed scores against theirs."""
        weights = [execution or Decimal(0), *(group.weight for group in self.groups)]
        total = sum(weights, Decimal(0))
        cell = self.form.totals.get("weight")
        printed = self.points(cell, "总分", "total")
        terms = " + ".join(plain(weight) for weight in weights if weight)
        if total != 100:
            if not self.form.has_points:
                zh = f"表上没有分值，又不是通常的一级指标都有，合计只有 {plain(total)} 分（{terms}）"
                hint = Text("在表上补一列分值再导入", "add a column of points to the form")
            else:
                zh = f"各项分值合计 {plain(total)} 分（{terms}），应为 100 分"
                hint = Text("核对各行分值；表要先改对，导入不替它改", "mend the form: an import does not")
            zh += f"，表上总分印的是 {plain(printed)}" if printed is not None else ""
            en = f"the points add up to {plain(total)} ({terms}), not to 100"
            self.notes.fault(cell or self.form.columns.get("weight"), Text(zh, en), hint)
        elif printed not in (None, total):
            message = Text(
                f"总分印的是 {cell and quote(cell)}，各项合计 {plain(total)}", f"the parts add up to {plain(total)}"
            )
            self.notes.remark("differs", cell, message)
        scores = [row.cells.get("score") for row in self.form.lines]
        given = [number(each.text) for each in scores if each is not None]
        cell = self.form.totals.get("score")
        said = self.points(cell, "总得分", "total score")
        if said is not None and all(value is not None for value in given):
            added = sum((value for value in given if value is not None), execution_score or Decimal(0))
            if added != said:
                zh = f"总分栏得分印的是 {plain(said)}，各项得分合计 {plain(added)}"
                self.notes.remark(
                    "differs", cell, Text(zh, f"prints {plain(said)}, the scores add up to {plain(added)}")
                )

    def amounts(self) -> dict[tuple[str, str], str]:
        """Each amount with its unit: the cell's own, else the one over the table, else assumed."""
        facts: dict[tuple[str, str], str] = {}
        bare: list[Cell] = []
        for key, cell in self.form.funds.items():
            if blank(cell.text, no=True):
                continue
            if not amount(cell):
                message = Text(
                    f"金额应当是一个数，写的是“{quote(cell)}”", f"the amount must be a number, not '{quote(cell)}'"
                )
                self.notes.fault(cell, message)
                continue
            text = normalised(cell.text)
            own = re.search(r"[^\d.,-]+$", text)
            if own and self.form.money and own[0] != self.form.money:
                zh = f"表头单位是{self.form.money}，这一格写的是 {text}，按这一格"
                self.notes.remark("differs", cell, Text(zh, f"the table is in {self.form.money}; the cell says {text}"))
            if not own and not self.form.money:
                bare.append(cell)
            facts[key] = text if own else f"{text}{self.form.money or '万元'}"
            try:
                read_quantity(facts[key])
            except Fault as fault:
                self.notes.fault(cell, fault.message, fault.hint)
        if bare:
            self.notes.remark(
                "assumed", bare[0], Text("金额没有写单位，按万元读", "amounts have no unit: read as 万元")
            )
        if not self.notes.faults:
            self.check_amounts(facts)
        return facts

    def check_amounts(self, facts: dict[tuple[str, str], str]) -> None:
        values = {key: read_quantity(text).to("元").value for key, text in facts.items()}
        for column in COLUMNS:
            parts = [v for (c, part), v in values.items() if c == column and part in ("fiscal", "carryover", "other")]
            whole = values.get((column, ""))
            if parts and whole is not None and sum(parts) != whole:
                zh = f"{COLUMNS[column]}各部分相加与总额 {facts[column, '']} 不等"
                self.notes.remark(
                    "differs", self.form.funds[column, ""], Text(zh, f"the parts of {column} do not add up")
                )
        budget, spent = values.get(("budget", "")), values.get(("spent", ""))
        rate = number(self.rate.text) if self.rate is not None else None
        if budget and spent is not None and rate is not None and self.rate is not None:
            share = spent / budget * (100 if "%" in normalised(self.rate.text) or rate > 2 else 1)
            places = max(0, -int(rate.as_tuple().exponent))
            if rounded(share, places) != rate:
                said, real = quote(self.rate), rounded(spent / budget * 100, 2)
                zh = f"执行率印的是 {said}，按金额是 {real}%"
                self.notes.remark("differs", self.rate, Text(zh, f"prints {said}; the amounts give {real}%"))


def text_in(cells: dict[str, Cell], key: str) -> str:
    return cells[key].text if key in cells else ""
