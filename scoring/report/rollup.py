"""A roll-up as tables and as a document: what every output of it says, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scoring.analysis.rollup import AT, BIN, Group, Grouping, Rollup
from scoring.errors import Lang, Text
from scoring.report import charts
from scoring.report.document import Block, Cell, Document, Figure, Heading, Paragraph, Table
from scoring.values import apportioned, rounded

TITLE = Text("绩效评价得分汇总", "Roll-up of scores")
BEST = 20  # evaluations on the page
QUARTILES = (0, 25, 50, 75, 100)  # what fits on it
DRAWN = 40  # groups in a chart
TITLES = {
    "id": Text("编号", "id"),
    "name": Text("名称", "name"),
    "unit": Text("单位", "unit"),
    "year": Text("年度", "year"),
    "region": Text("地区", "region"),
    "department": Text("部门", "department"),
    "kind": Text("类别", "kind"),
    "total": Text("总分", "total"),
    "maximum": Text("满分", "maximum"),
    "grade": Text("等级", "grade"),
    "open": Text("待填", "open"),
    "score": Text("得分", "score"),
    "rank": Text("名次", "rank"),
}
_SPREAD = {
    0: Text("最低", "low"),
    50: Text("中位数", "median"),
    100: Text("最高", "high"),
}

Value = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table whose numbers are numbers still; None is a blank."""

    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def beside(self, other: Sheet) -> Sheet:
        return Sheet(self.head + other.head, tuple(a + b for a, b in zip(self.rows, other.rows, strict=True)))


def title(name: str, lang: Lang) -> str:
    """A column by its name as readers say it; rank.region is the rank in the region."""
    if name in TITLES:
        return TITLES[name].to(lang)
    first, _, by = name.partition(".")
    if first == "rank" and by:
        inside = by_title(tuple(by.split(".")), lang)
        return Text(f"{inside}内名次", f"rank in {inside}").to(lang)
    return name


def by_title(by: Sequence[str], lang: Lang) -> str:
    return Text("、", ", ").to(lang).join(title(name, lang) for name in by)


def labels(group: Group, lang: Lang) -> tuple[str, ...]:
    return tuple(label or Text("（空）", "(blank)").to(lang) for label in group.labels)


def label(group: Group, lang: Lang) -> str:
    return " · ".join(labels(group, lang)) or Text("总体", "Overall").to(lang)


def weights(groups: Sequence[Group]) -> list[tuple[Decimal, ...]]:
    """The sums of the weights, exact, each with as many places as the longest takes; nothing where there are none."""
    places = 0
    while any(group.weight is not None and group.weight * 10**places % 1 for group in groups):
        places += 1
    return [() if group.weight is None else (rounded(group.weight, places),) for group in groups]


def shares(group: Group) -> list[Decimal]:
    """The grades' shares in percent, adding up to 100."""
    return apportioned(Decimal(100), [Fraction(count) for count in group.grades], 2)


def numbers(rollup: Rollup, groups: Sequence[Group], lang: Lang, at: Sequence[int] = AT) -> Sheet:
    """How many evaluations, their mean and these percentiles."""
    mean = Text("平均分", "mean") if rollup.weight is None else Text("加权平均分", "weighted mean")
    weight = () if rollup.weight is None else (Text(f"{rollup.weight} 合计", f"sum of {rollup.weight}"),)
    spread = (_SPREAD.get(each, Text(f"P{each}", f"P{each}")) for each in at)
    head = (Text("评价数", "count"), Text("计分", "scored"), *weight, mean, *spread)
    rows = tuple(_numbers(group, sum_, at) for group, sum_ in zip(groups, weights(groups), strict=True))
    return Sheet(tuple(text.to(lang) for text in head), rows)


def _numbers(group: Group, weight: tuple[Decimal, ...], at: Sequence[int]) -> tuple[Value, ...]:
    mean = None if group.mean is None else rounded(group.mean, 2)
    spread = [rounded(group.spread[AT.index(each)], 2) if group.spread else None for each in at]
    return group.count, group.scored, *weight, mean, *spread


def grades(rollup: Rollup, groups: Sequence[Group]) -> Sheet:
    """How many have each grade, and their share in percent."""
    head = tuple(name for grade in rollup.grades for name in (grade, f"{grade} %"))
    return Sheet(head, tuple(tuple(_grades(group)) for group in groups))


def _grades(group: Group) -> Iterator[Value]:
    for count, share in zip(group.grades, shares(group), strict=True):
        yield from (count, share if group.scored else None)


def standing(grouping: Grouping, lang: Lang) -> Sheet:
    """The ranks of the groups and what they are called, a column for each word."""
    head = (TITLES["rank"].to(lang), *(title(name, lang) for name in grouping.by))
    return Sheet(head, tuple((group.rank, *labels(group, lang)) for group in grouping.groups))


def named(grouping: Grouping | None, lang: Lang) -> Sheet:
    """The groups by rank and name, and below them the whole."""
    whole = Text("总体", "Overall").to(lang)
    if grouping is None:
        return Sheet(("",), ((whole,),))
    groups = standing(grouping, lang)
    return Sheet(groups.head, (*groups.rows, ("", whole, *[""] * (len(groups.head) - 2))))


def summary(rollup: Rollup, lang: Lang) -> str:
    whole = rollup.whole
    left = whole.count - whole.scored
    said = Text(f"共 {whole.count:,} 个评价，全部计分。", f"{whole.count:,} evaluations, all scored.")
    if left:
        said = Text(
            f"共 {whole.count:,} 个评价，计分 {whole.scored:,} 个；{left:,} 个还有待填的指标或没有等级，不计入平均分、百分位、等级和名次。",
            f"{whole.count:,} evaluations, {whole.scored:,} scored; {left:,} with indicators open or without a grade are left out "
            "of means, percentiles, grades and ranks.",
        )
    return said.to(lang)


def notes(rollup: Rollup, lang: Lang) -> list[str]:
    """How the numbers are reckoned."""
    found = [
        Text(
            "得分按百分制比较：总分÷满分×100，精确计算，印出时四舍五入到 0.01。",
            "Scores are compared out of 100: total ÷ maximum × 100, reckoned exactly, rounded half-up to 0.01 where printed.",
        ),
        Text(
            "百分位（P10 至 P90，中位数即 P50）取最近秩：n 个得分从低到高的第 ⌈p×n÷100⌉ 个。",
            "Percentiles (P10 to P90, the median is P50) are the nearest rank: of n scores the ⌈p × n ÷ 100⌉-th from the lowest up.",
        ),
        Text(
            "名次按未舍入的数比较，并列的名次相同，其后顺延（1、2、2、4）。",
            "Ranks compare what was not rounded; equal ones share a rank and the next is as far on (1, 2, 2, 4).",
        ),
    ]
    if rollup.weight is not None:
        found.append(
            Text(
                f"平均分按 {rollup.weight} 加权：得分×{rollup.weight} 之和÷{rollup.weight} 之和，只算计分的评价；百分位和等级按个数，不加权。",
                f"Means are weighted by {rollup.weight}: sum of score × {rollup.weight} ÷ sum of {rollup.weight}, of "
                "scored evaluations; percentiles and grades count evaluations.",
            )
        )
    return [text.to(lang) for text in found]


def bars(lang: Lang) -> str:
    return Text(
        f"得分分布每 {BIN} 分一段，含下限，不含上限；100 分在最后一段。",
        f"The distribution counts every {BIN} points, the lower limit included and the upper not; 100 is in the last.",
    ).to(lang)


# --- the page -------------------------------------------------------------------------------------------------------


def document(rollup: Rollup, best: Sheet, lang: Lang) -> Document:
    """The whole roll-up. best: the first evaluations by rank."""
    blocks: list[Block] = [Paragraph(summary(rollup, lang))]
    blocks += [Heading(1, Text("总体", "Overall").to(lang)), *_whole(rollup, lang)]
    for grouping in rollup.groupings:
        by = by_title(grouping.by, lang)
        blocks += [Heading(1, Text(f"按{by}", f"By {by}").to(lang)), *_grouping(rollup, grouping, lang)]
    first = Text(f"名次（前 {len(best.rows)} 个评价）", f"Ranks (the first {len(best.rows)} evaluations)").to(lang)
    blocks += [Heading(1, first), _table("", best)]
    more = Text("名次相同的按表中的次序。", "Of equal ranks in the order of the table.")
    blocks += [Paragraph(text, "note") for text in (more.to(lang), bars(lang), *notes(rollup, lang))]
    return Document("", (TITLE.to(lang),), tuple(blocks), lang)


def _whole(rollup: Rollup, lang: Lang) -> Iterator[Block]:
    whole = [rollup.whole]
    yield _table("", numbers(rollup, whole, lang, QUARTILES))
    yield _table("", grades(rollup, whole))
    first = next(at for at, count in enumerate(rollup.bins) if count)
    edges = range(first * BIN, 101, BIN)
    yield charts.histogram(Text("得分分布（个数）", "How many scores").to(lang), edges, rollup.bins[first:])


def _grouping(rollup: Rollup, grouping: Grouping, lang: Lang) -> Iterator[Block]:
    groups = grouping.groups
    able = [group for group in groups if group.mean is not None]
    drawn = able[:DRAWN]
    if drawn:
        some = Text(f"（前 {DRAWN} 组）", f" (the first {DRAWN})").to(lang) if len(drawn) < len(able) else ""
        yield _means(rollup, drawn, some, lang)
        rows = [(label(group, lang), group.grades) for group in (*drawn, rollup.whole)]
        yield charts.stacked(Text("等级分布", "Grades").to(lang) + some, rollup.grades, rows)
    both, names = (*groups, rollup.whole), named(grouping, lang)
    yield _table(Text("得分", "Scores").to(lang), names.beside(numbers(rollup, both, lang, QUARTILES)))
    yield _table(Text("等级", "Grades").to(lang), names.beside(grades(rollup, both)))


def _means(rollup: Rollup, groups: Sequence[Group], some: str, lang: Lang) -> Figure:
    rows = []
    for group in groups:
        assert group.mean is not None
        low, median, high = (group.spread[AT.index(at)] for at in (25, 50, 75))
        rows.append(charts.Span(label(group, lang), group.mean, low, median, high))
    names = [Text("平均分", "mean"), Text("中位数", "median"), Text("中间一半（P25–P75）", "middle half (P25–P75)")]
    if rollup.weight is not None:
        names[0] = Text("加权平均分", "weighted mean")
    dot, stroke, bar = (name.to(lang) for name in names)
    note = Text("横轴从 {} 分起", "the axis begins at {}").to(lang)
    return charts.spans(Text("得分与名次", "Scores, best first").to(lang) + some, rows, (dot, stroke, bar), note)


def _table(caption: str, sheet: Sheet) -> Table:
    def cell(value: Value) -> Cell:
        word = isinstance(value, str) and not value.isdigit()  # a year is one of the digits
        return Cell(shown(value), align="left" if word else "right")

    head = tuple(Cell(text, align="center") for text in sheet.head)
    rows = tuple(tuple(cell(value) for value in row) for row in sheet.rows)
    columns = [[wide(shown(row[at])) for row in sheet.rows] for at in range(len(head))]  # words of the head may fold
    return Table(caption, tuple(3 + min(max([4, *column]), 12) for column in columns), (head, *rows))


def shown(value: Value) -> str:
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,f}"


def wide(text: str) -> int:
    return sum(1 if letter < "\u2e80" else 2 for letter in text)


def evaluations(table: Any, weight: str | None) -> Iterator[tuple[Value, ...]]:
    """The cells of ranked evaluations; what a CSV file holds as text is a number where it has been read as one."""
    figures = [name in ("total", "maximum", "open", weight) for name in table.column_names]
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        yield tuple(
            Decimal(cell) if figure and isinstance(cell, str) else cell
            for cell, figure in zip(row, figures, strict=True)
        )
