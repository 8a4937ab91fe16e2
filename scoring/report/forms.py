"""The official forms a unit fills in itself, row for row and column for column. They are printed in Chinese only.

Source: 财预〔2020〕10号 附1 (项目支出绩效自评表); 河南省政府专项债券项目资金绩效管理办法 附件3; published final accounts in
Sichuan (项目支出绩效目标完成情况表). No national form of a 部门整体支出绩效自评表 was found: it takes the columns of 附1.
What the evaluation does not record stays blank, to be filled in by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final

from scoring.errors import Fault
from scoring.facts import Figure
from scoring.report.document import Cell, Table
from scoring.report.tables import head
from scoring.result import Node, Result
from scoring.values import Quantity, plain, shown, shown_percent

EXECUTION: Final = "execution-rate"  # the indicator whose weight and points stand in the row of the year's funds
_FUNDS: Final = (("initial_budget",), ("budget", "budget_year"), ("spent",))  # 年初预算数, 全年预算数, 全年执行数


@dataclass(frozen=True, slots=True)
class Form:
    """How the forms of self-review differ. sources: the rows below the year's funds, each with the ending of its facts."""

    name: str
    sources: tuple[tuple[str, str], ...]
    reached: str
    deviation: str
    department: bool = False


_NATIONAL = (("其中：当年财政拨款", "fiscal"), ("上年结转资金", "carryover"), ("其他资金", "other"))
SELF_REVIEW: Final = Form("项目资金（万元）", _NATIONAL, "实际完成情况", "偏差原因分析及改进措施")
DEPARTMENT: Final = Form("部门资金（万元）", _NATIONAL, "实际完成情况", "偏差原因分析及改进措施", department=True)
BOND: Final = Form(
    "项目资金（万元）",
    (("其中：债券资金", "bond"), ("配套资金", "matching")),
    "预期目标完成情况",
    "偏差原因及改进措施",
)


def self_review(result: Result, form: Form = SELF_REVIEW) -> Table:
    """绩效自评表: funds, the year's goals, every indicator with weight and points, the total."""
    rows = [*_about(result, form), *_funds(result, form), *_goals(result, form), *_indicators(result, form)]
    rows.append(
        (
            Cell("总分", columns=6, align="center", strong=True),
            Cell(plain(result.maximum), align="center", strong=True),
            Cell(plain(result.total), align="center", strong=True),
            Cell(""),
        )
    )
    return Table("", (6, 9, 9, 14, 12, 11, 8, 10, 21), tuple(rows), head=0)


def _about(result: Result, form: Form) -> list[tuple[Cell, ...]]:
    subject = result.evaluation.subject
    if form.department:
        return [(*head("部门（单位）名称", columns=2), Cell(subject.unit, columns=7))]
    return [
        (*head("项目名称", columns=2), Cell(subject.name, columns=7)),
        (
            *head("主管部门", columns=2),
            Cell(subject.department or "", columns=2),
            *head("实施单位", columns=2),
            Cell(subject.unit, columns=3),
        ),
    ]


def _funds(result: Result, form: Form) -> list[tuple[Cell, ...]]:
    execution = next((leaf for leaf in result.leaves() if leaf.id == EXECUTION), None)
    earned = (plain(execution.weight), plain(execution.points)) if execution else ("—", "—")
    title = Cell(form.name, rows=2 + len(form.sources), align="center", strong=True)
    titles = head("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    rows = [(title, Cell("", columns=2), *titles)]
    for label, ending in (("年度资金总额", ""), *form.sources):
        amounts = [_amount(result.figures, names, ending) for names in _FUNDS]
        weight, points = ("—", "—") if ending else earned
        cells = (*map(_money, amounts), weight, _rate(amounts[1], amounts[2]), points)
        rows.append((Cell(label, columns=2, align="center"), *(Cell(text, align="center") for text in cells)))
    return rows


def _amount(figures: dict[str, Figure], names: tuple[str, ...], ending: str) -> Fraction | None:
    """The first of these facts that is recorded, in 万元."""
    for name in names:
        figure = figures.get(f"{name}_{ending}" if ending else name)
        if figure is not None and isinstance(figure.value, Quantity):
            try:
                return figure.value.to("万元").value
            except Fault:
                return None  # not a sum of money, whatever its name says
    return None


def _money(amount: Fraction | None) -> str:
    return "" if amount is None else shown(amount)


def _rate(budget: Fraction | None, spent: Fraction | None) -> str:
    return "" if budget is None or spent is None or not budget else shown_percent(spent / budget)


def _goals(result: Result, form: Form) -> list[tuple[Cell, ...]]:
    goals = [(goal.expected, goal.actual) for goal in result.evaluation.goals] or [("", "")]
    title = Cell("年度总体目标", rows=1 + len(goals), align="center", strong=True)
    rows = [(title, *head("预期目标", columns=4), *head(form.reached, columns=4))]
    return rows + [(Cell(expected, columns=4), Cell(actual, columns=4)) for expected, actual in goals]


def _indicators(result: Result, form: Form) -> list[tuple[Cell, ...]]:
    own = [(leaf, _placed(leaf)) for leaf in result.leaves() if leaf.id != EXECUTION]
    titles = head("一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", form.deviation)
    rows = [(Cell("绩效指标", rows=1 + len(own), align="center", strong=True), *titles)]
    for (leaf, (_, second)), above in zip(own, _labels([place for _, place in own]), strict=True):
        cells = (leaf.target.zh, _reached(result, leaf), plain(leaf.weight), plain(leaf.points))
        rows.append(
            (
                *above,
                Cell(leaf.title.zh, columns=1 if second else 2),
                *(Cell(text, align="center") for text in cells),
                Cell(_deviation(result, leaf)),
            )
        )
    return rows


def _placed(leaf: Node) -> tuple[str, str]:
    """The first and second level a form lists a leaf under; "" where its set has no second level there."""
    first, *between = (part.zh for part in leaf.path[:-1] or leaf.path)
    return leaf.form or (first, " ".join(between))


def _labels(places: list[tuple[str, str]]) -> list[list[Cell]]:
    """For every row the first and second level that start in it; what is the same in the rows below reaches down."""
    rows: list[list[Cell]] = [[] for _ in places]
    for level in (1, 2):
        for place, run in groupby(range(len(places)), key=lambda index: places[index][:level]):
            covered = list(run)
            if place[-1]:
                rows[covered[0]].append(Cell(place[-1], rows=len(covered), align="center"))
    return rows


def _reached(result: Result, leaf: Node) -> str:
    """The actual as recorded, of a qualitative indicator its level; of one that has neither what its score says."""
    record = result.evaluation.records.get(leaf.id)
    actual = leaf.actual.zh or (record and record.level) or leaf.brief.zh
    return f"{actual}（只重复目标值，未经证明）" if leaf.unproven else actual


def _deviation(result: Result, leaf: Node) -> str:
    """The problem behind the lost points, or why it is none, with the remedy; then what was noted."""
    lost = [row for row in result.ledger if row.indicator == leaf.id]
    causes = "；".join(dict.fromkeys((row.problem or row.waiver or row.reason.zh).rstrip("。；") for row in lost))
    measures = "；".join(dict.fromkeys(row.recommendation.rstrip("。；") for row in lost if row.recommendation))
    parts = (causes, f"改进措施：{measures}" if measures else "", leaf.note)
    return "".join(f"{part.rstrip('。')}。" for part in parts if part)


def goal_table(result: Result) -> Table:
    """项目支出绩效目标完成情况表: funds, yearly goals, and every indicator the project set itself."""
    evaluation = result.evaluation
    figures = result.figures

    def amount(name: str) -> str:
        figure = figures.get(name)
        return "—" if figure is None else figure.show().removesuffix("万元")

    funds = [
        ("预算数", "budget", "执行数", "spent"),
        ("其中：财政拨款", "budget_fiscal", "其中：财政拨款", "spent_fiscal"),
        ("其他资金", "budget_other", "其他资金", "spent_other"),
    ]
    rows: list[tuple[Cell, ...]] = [
        (*head("项目名称"), Cell(evaluation.subject.name, columns=5)),
        (*head("预算单位"), Cell(evaluation.subject.unit, columns=5)),
    ]
    for index, (left, budget, right, spent) in enumerate(funds):
        first = [Cell("预算执行情况（万元）", rows=3, align="center", strong=True)] if index == 0 else []
        rows.append(
            (
                *first,
                Cell(left, columns=2, align="center"),
                Cell(amount(budget), align="center"),
                Cell(right, align="center"),
                Cell(amount(spent), align="center"),
            )
        )
    goals = evaluation.goals
    rows.append(
        (
            Cell("年度目标完成情况", rows=1 + max(len(goals), 1), align="center", strong=True),
            Cell("预期目标", columns=3, align="center", strong=True),
            Cell("实际完成目标", columns=2, align="center", strong=True),
        )
    )
    texts = [(goal.expected, goal.actual) for goal in goals] or [("—", "—")]
    rows += [(Cell(expected, columns=3), Cell(actual, columns=2)) for expected, actual in texts]
    own = [(leaf, leaf.form) for leaf in result.leaves() if leaf.form is not None]
    rows.append(
        (
            Cell("绩效指标完成情况", rows=1 + len(own), align="center", strong=True),
            *head("一级指标", "二级指标", "三级指标", "预期指标值", "实际完成指标值"),
        )
    )
    for (leaf, _), above in zip(own, _labels([form for _, form in own]), strict=True):
        rows.append((*above, Cell(leaf.title.zh), Cell(leaf.target.zh), Cell(_reached(result, leaf))))
    return Table(f"项目支出绩效目标完成情况表（{evaluation.year}年度）", (13, 13, 13, 21, 18, 22), tuple(rows), head=0)
