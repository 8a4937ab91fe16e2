"""The tables of a report that follow from the score: indicators, lost points, what is to be put right, evidence."""

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


def head(*texts: str, columns: int = 1) -> tuple[Cell, ...]:
    return tuple(Cell(text, columns=columns, align="center", strong=True) for text in texts)


def score_table(result: Result, lang: Lang = "zh", *, subtotals: bool = False) -> Table:
    """Every leaf with its weight, points and reason; groups merged, each with its own weight and points.

    subtotals: the points of first-level groups stand in rows of their own instead.
    """
    leaves = list(result.leaves())
    depth = max(len(leaf.path) for leaf in leaves)
    groups = {node.path: node for node in result.walk() if node.children}
    titles = [LEVELS[i].to(lang) if i < len(LEVELS) else f"{i + 1}" for i in range(depth)]
    rows = [head(*titles, *(("分值", "得分", "评分说明") if lang == "zh" else ("Weight", "Points", "Reason")))]
    tops = [top for top in result.nodes for _ in top.leaves()]
    places: list[tuple[str | Text, ...]]
    # by title, except at both ends, so that neither two tops nor a leaf and a group of one title are taken for one
    places = [(top.id, *leaf.path[:-1], leaf.id) for top, leaf in zip(tops, leaves, strict=True)]
    for index, leaf in enumerate(leaves):
        row = []
        for level in range(len(leaf.path)):
            prefix = leaf.path[: level + 1]
            last = level == len(leaf.path) - 1
            place = places[index][: level + 2]
            if not last and index and places[index - 1][: level + 2] == place:
                continue  # covered from above
            span = 1 if last else _run(places, index, place)
            columns = depth - level if last else 1
            label = prefix[-1].to(lang) if subtotals else _label(prefix, groups, lang)
            row.append(Cell(label, rows=span, columns=columns, align="left" if last else "center"))
        row += [
            Cell(plain(leaf.weight), align="center"),
            Cell(plain(leaf.points), align="center"),
            Cell(leaf.brief.to(lang)),
        ]
        rows.append(tuple(row))
        top = tops[index]
        if subtotals and top.children and (leaf is leaves[-1] or tops[index + 1] is not top):
            title = f"小计：{top.title.zh}" if lang == "zh" else f"Subtotal: {top.title.en}"
            amounts = (Cell(plain(amount), align="center", strong=True) for amount in (top.weight, top.points))
            rows.append((Cell(title, columns=depth, align="center", strong=True), *amounts, Cell("")))
    grade = f"{result.grade.text.to(lang)}" if result.grade else ""
    rows.append(
        (
            Cell("合计" if lang == "zh" else "Total", columns=depth, align="center", strong=True),
            Cell(plain(result.maximum), align="center", strong=True),
            Cell(plain(result.total), align="center", strong=True),
            Cell((f"等级：{grade}" if lang == "zh" else f"Grade: {grade}") if grade else "", strong=True),
        )
    )
    labels = {2: (17, 22), 3: (16, 17, 18), 4: (11, 11, 12, 16)}.get(depth, (12,) * depth)
    narrow = 9 if lang == "zh" else 11  # Weight, Points
    widths = (*labels, narrow, narrow, 100 - sum(labels) - 2 * narrow)
    return Table("绩效评价指标体系及评分表" if lang == "zh" else "Indicators and scores", widths, tuple(rows))


def _run(places: list[tuple[str | Text, ...]], start: int, place: tuple[str | Text, ...]) -> int:
    end = start
    while end < len(places) and places[end][: len(place)] == place:
        end += 1
    return end - start


def _label(path: tuple[Text, ...], groups: dict[tuple[Text, ...], Node], lang: Lang) -> str:
    title = path[-1].to(lang)
    if group := groups.get(path):
        return f"{title}\n({plain(group.points)}/{plain(group.weight)})"
    return title


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
        evidence = ("；" if zh else "; ").join(
            f"{e.title}{f' {e.place}' if e.place else ''}" for e in row.evidence
        ) or "—"
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


def rectification_table(result: Result, lang: Lang = "zh") -> Table:
    """存在问题整改清单: every finding with what it cost, its remedy, who does it by when; the state is filled in by hand."""
    zh = lang == "zh"
    titles = ("序号", "存在问题", "涉及指标及失分", "整改措施", "责任人", "整改期限", "整改情况")
    english = ("No.", "Finding", "Indicators and points lost", "Measure", "Owner", "Due", "State")
    rows = [head(*(titles if zh else english))]
    for number, finding in enumerate(result.findings, start=1):
        costs = [
            f"{row.title.zh}失{plain(row.points)}分" if zh else f"{row.title.en} −{plain(row.points)}"
            for row in finding.rows
        ]
        owners = dict.fromkeys(row.owner for row in finding.rows if row.owner)
        due = sorted({row.due for row in finding.rows if row.due})
        rows.append(
            (
                Cell(str(number), align="center"),
                Cell(finding.problem),
                Cell(("；" if zh else "; ").join(costs)),
                Cell(finding.recommendation),
                Cell(("、" if zh else ", ").join(owners), align="center"),
                Cell(due[0].isoformat() if due else "", align="center"),
                Cell(""),
            )
        )
    widths = (5, 24, 17, 24, 8, 13, 9) if zh else (6, 22, 18, 22, 10, 13, 9)
    return Table("存在问题整改清单" if zh else "Findings to be put right", widths, tuple(rows))


def evidence_table(result: Result, seals: Mapping[str, Seal], lang: Lang = "zh") -> Table:
    """佐证材料目录: every paper once, with its file, and below one another the places in it and what they prove.

    A paper is told by its file; one recorded without a file by its title, which may be that of a paper with one.
    """
    zh = lang == "zh"
    recorded = [(leaf.title.to(lang), evidence) for leaf in result.leaves() for evidence in leaf.evidence]
    files = {evidence.title: evidence.file for _, evidence in reversed(recorded) if evidence.file}
    papers: dict[tuple[str, str], Evidence] = {}
    uses: dict[tuple[str, str], dict[str, list[str]]] = {}  # paper → place in it → titles of indicators
    for title, evidence in recorded:
        file = evidence.file or files.get(evidence.title)
        paper = (file, "") if file else ("", evidence.title)
        known = papers.setdefault(paper, evidence)
        papers[paper] = known.model_copy(update={"file": file, "kind": known.kind or evidence.kind})
        uses.setdefault(paper, {}).setdefault(evidence.place or "—", []).append(title)
    titles = ("序号", "材料名称", "类别", "文件", "页码或位置", "大小（字节）", "SHA-256前12位", "用于指标")
    english = ("No.", "Paper", "Kind", "File", "Place", "Size (bytes)", "SHA-256, first 12", "Proves")
    rows = [head(*(titles if zh else english))]
    for number, (paper, evidence) in enumerate(papers.items(), start=1):
        seal, places = seals.get(evidence.file or ""), uses[paper]
        size, digest = (f"{seal.size:,}", seal.sha256[:12]) if seal else ("—", "—")
        kind = EVIDENCE_KIND[evidence.kind].to(lang) if evidence.kind else "—"
        for index, (place, named) in enumerate(places.items()):
            about, uses_of = Cell(place), Cell(("、" if zh else ", ").join(dict.fromkeys(named)))
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
    return Table("佐证材料目录" if zh else "Evidence", (5, 14, 8, 15, 15, 10, 14, 19), tuple(rows))
