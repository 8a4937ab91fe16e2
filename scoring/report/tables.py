"""The tables of a report: scores, goals, ledger, index of evidence."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.errors import Lang, Text
from scoring.evaluation import EVIDENCE_KIND, Evidence
from scoring.exchange.evidence import Seal
from scoring.report.document import Cell, Table
from scoring.result import STATES, Node, Result
from scoring.values import plain

LEVELS = (
    Text("一级指标", "Level 1"),
    Text("二级指标", "Level 2"),
    Text("三级指标", "Level 3"),
    Text("具体指标", "Level 4"),
)


def head(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text, align="center", strong=True) for text in texts)


def score_table(result: Result, lang: Lang = "zh") -> Table:
    """Every leaf with its weight, points and reason; groups merged, each with its own weight and points."""
    leaves = list(result.leaves())
    depth = max(len(leaf.path) for leaf in leaves)
    groups = {node.path: node for node in result.walk() if node.children}
    titles = [LEVELS[i].to(lang) if i < len(LEVELS) else f"{i + 1}" for i in range(depth)]
    rows = [head(*titles, *(("分值", "得分", "评分说明") if lang == "zh" else ("Weight", "Points", "Reason")))]
    for index, leaf in enumerate(leaves):
        row = []
        for level in range(len(leaf.path)):
            prefix = leaf.path[: level + 1]
            last = level == len(leaf.path) - 1
            if not last and index and leaves[index - 1].path[: level + 1] == prefix:
                continue  # covered from above
            span = 1 if last else _run(leaves, index, prefix)
            columns = depth - level if last else 1
            row.append(
                Cell(_label(prefix, groups, lang), rows=span, columns=columns, align="left" if last else "center")
            )
        row += [
            Cell(plain(leaf.weight), align="center"),
            Cell(plain(leaf.points), align="center"),
            Cell(leaf.brief.to(lang)),
        ]
        rows.append(tuple(row))
    grade = f"{result.grade.text.to(lang)}" if result.grade else ""
    rows.append(
        (
            Cell("合计" if lang == "zh" else "Total", columns=depth, align="center", strong=True),
            Cell(plain(result.maximum), align="center", strong=True),
            Cell(plain(result.total), align="center", strong=True),
            Cell((f"等级：{grade}" if lang == "zh" else f"Grade: {grade}") if grade else "", strong=True),
        )
    )
    labels = {3: (16, 17, 18), 4: (11, 11, 12, 16)}.get(depth, (12,) * depth)
    widths = (*labels, 9, 9, 100 - sum(labels) - 18)
    return Table("绩效评价指标体系及评分表" if lang == "zh" else "Indicators and scores", widths, tuple(rows))


def _run(leaves: list[Node], start: int, prefix: tuple[Text, ...]) -> int:
    end = start
    while end < len(leaves) and leaves[end].path[: len(prefix)] == prefix:
        end += 1
    return end - start


def _label(path: tuple[Text, ...], groups: dict[tuple[Text, ...], Node], lang: Lang) -> str:
    title = path[-1].to(lang)
    if group := groups.get(path):
        return f"{title}\n({plain(group.points)}/{plain(group.weight)})"
    return title


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
    forms = [form for _, form in own]
    for index, (leaf, form) in enumerate(own):
        before = forms[index - 1] if index else ("", "")
        row = []
        if form[0] != before[0]:
            row.append(Cell(form[0], rows=_same(forms, index, 1), align="center"))
        if form != before:
            row.append(Cell(form[1], rows=_same(forms, index, 2), align="center"))
        actual = leaf.actual.zh or STATES[leaf.state].zh
        if leaf.unproven:
            actual += "（只重复目标值，未经证明）"
        rows.append((*row, Cell(leaf.title.zh), Cell(leaf.target.zh), Cell(actual)))
    return Table(f"项目支出绩效目标完成情况表（{evaluation.year}年度）", (13, 13, 13, 21, 18, 22), tuple(rows), head=0)


def _same(forms: list[tuple[str, str]], start: int, levels: int) -> int:
    end = start
    while end < len(forms) and forms[end][:levels] == forms[start][:levels]:
        end += 1
    return end - start


def ledger_table(result: Result, lang: Lang = "zh") -> Table:
    """Every lost point: where, how many, why, and the number of the finding it belongs to."""
    numbers = {row: number for number, finding in enumerate(result.findings, start=1) for row in finding.rows}
    zh = lang == "zh"
    rows = [
        head(
            *(
                ("指标", "失分", "失分原因", "对应问题", "依据")
                if zh
                else ("Indicator", "Lost", "Why", "Finding", "Evidence")
            )
        )
    ]
    for row in result.ledger:
        if row in numbers:
            about = f"问题{numbers[row]}" if zh else f"Finding {numbers[row]}"
        else:
            about = (row.waiver and (f"不列为问题：{row.waiver}" if zh else f"Waived: {row.waiver}")) or STATES[
                row.state
            ].to(lang)
        evidence = "；".join(f"{e.title}{f' {e.place}' if e.place else ''}" for e in row.evidence) or "—"
        rows.append(
            (
                Cell(row.title.to(lang)),
                Cell(plain(row.points), align="center"),
                Cell(row.reason.to(lang)),
                Cell(about, align="center"),
                Cell(evidence),
            )
        )
    total = sum((row.points for row in result.ledger), result.maximum * 0)
    rows.append(
        (
            Cell("合计" if zh else "Total", align="center", strong=True),
            Cell(plain(total), align="center", strong=True),
            Cell(
                f"总分{plain(result.maximum)}分 − 失分{plain(total)}分 = 得分{plain(result.total)}分"
                if zh
                else f"{plain(result.maximum)} − {plain(total)} = {plain(result.total)}",
                columns=3,
                strong=True,
            ),
        )
    )
    return Table("失分明细表" if zh else "Lost points", (20, 9, 37, 13, 21), tuple(rows))


def evidence_table(result: Result, seals: Mapping[str, Seal]) -> Table:
    """佐证材料目录: every paper once, with its file, and below one another the places in it and what they prove.

    A paper is told by its file; one recorded without a file by its title, which may be that of a paper with one.
    """
    recorded = [(leaf.title.zh, evidence) for leaf in result.leaves() for evidence in leaf.evidence]
    files = {evidence.title: evidence.file for _, evidence in reversed(recorded) if evidence.file}
    papers: dict[tuple[str, str], Evidence] = {}
    uses: dict[tuple[str, str], dict[str, list[str]]] = {}  # paper → place in it → titles of indicators
    for title, evidence in recorded:
        file = evidence.file or files.get(evidence.title)
        paper = (file, "") if file else ("", evidence.title)
        known = papers.setdefault(paper, evidence)
        papers[paper] = known.model_copy(update={"file": file, "kind": known.kind or evidence.kind})
        uses.setdefault(paper, {}).setdefault(evidence.place or "—", []).append(title)
    rows = [head("序号", "材料名称", "类别", "文件", "页码或位置", "大小（字节）", "SHA-256前12位", "用于指标")]
    for number, (paper, evidence) in enumerate(papers.items(), start=1):
        seal, places = seals.get(evidence.file or ""), uses[paper]
        size, digest = (f"{seal.size:,}", seal.sha256[:12]) if seal else ("—", "—")
        kind = EVIDENCE_KIND[evidence.kind].zh if evidence.kind else "—"
        for index, (place, titles) in enumerate(places.items()):
            about, uses_of = Cell(place), Cell("、".join(dict.fromkeys(titles)))
            if index:  # the paper's own cells reach down from above
                rows.append((about, uses_of))
                continue
            span = len(places)
            rows.append(
                (
                    Cell(str(number), rows=span, align="center"),
                    Cell(evidence.title, rows=span),
                    Cell(kind, rows=span, align="center"),
                    Cell(evidence.file or "—", rows=span),
                    about,
                    Cell(size, rows=span, align="right"),
                    Cell(digest, rows=span),
                    uses_of,
                )
            )
    return Table("佐证材料目录", (5, 14, 8, 15, 15, 10, 14, 19), tuple(rows))
