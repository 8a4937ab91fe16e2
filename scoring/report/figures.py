"""Which charts a result gives: those of the page on a screen, and those of a report on paper."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from scoring.errors import Lang, Text
from scoring.report import charts
from scoring.report.document import Figure
from scoring.result import Result

_MOST: Final = 20  # bars of a figure on paper, so that they can be read when it stands on one page


def of_report(result: Result, lang: Lang) -> Iterator[Figure]:
    """Every chart that has something to show."""
    yield bars(result, lang, _MOST)
    if result.ledger:
        yield waterfall(result, lang, _MOST - 2)
    if (shares := radar(result, lang)) is not None:
        yield shares


def bars(result: Result, lang: Lang, most: int | None = None) -> Figure:
    """First- and second-level indicators; the first level alone where both are more than `most`."""
    rows = []
    for node in result.nodes:
        rows.append(charts.Bar(node.title.to(lang), node.points, node.weight))
        rows += [charts.Bar(child.title.to(lang), child.points, child.weight, 2) for child in node.children]
    if most is not None and len(rows) > most:
        rows = [row for row in rows if row.level == 1]
    return charts.bars(Text("各级指标得分", "Points by indicator").to(lang), rows)


def waterfall(result: Result, lang: Lang, most: int | None = None) -> Figure:
    """A step for every loss; where there are more than `most`, the smallest ones together as the last step."""
    rows = result.ledger
    by_size = sorted(range(len(rows)), key=lambda index: rows[index].points, reverse=True)
    if most is None or len(rows) <= most:
        most = len(rows)
    else:
        most -= 1
    steps = [(rows[index].title.to(lang), -rows[index].points) for index in sorted(by_size[:most])]
    if rest := by_size[most:]:
        label = Text(f"其余{len(rest)}处失分", f"{len(rest)} other losses").to(lang)
        steps.append((label, -sum((rows[index].points for index in rest), Decimal(0))))
    title = Text("从满分到得分", "From the maximum to the score").to(lang)
    start = Text("满分", "Maximum").to(lang), result.maximum
    note = Text("横轴从 {} 分起", "The axis begins at {}").to(lang)
    return charts.waterfall(title, start, steps, Text("得分", "Score").to(lang), note)


def radar(result: Result, lang: Lang) -> Figure | None:
    """Shares earned of the first-level indicators; nothing for fewer than three."""
    nodes = [node for node in result.nodes if node.role == "normal" and node.weight]
    if len(nodes) < 3:
        return None
    axes = [(node.title.to(lang), Fraction(node.points) / Fraction(node.weight)) for node in nodes]
    return charts.radar(Text("一级指标得分率", "Share of points earned").to(lang), axes)
