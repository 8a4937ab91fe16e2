"""Charts as SVG: bars, a waterfall, a radar; of many scores their histogram, grades and spread.

Data in, figure out, no clock and no random number in between.
A chart takes its text colour from where it stands (`currentColor`), and its own two colours stand out on white and on
black alike; what was lost is pale and dashed, so that a grey print tells it from what was earned. Every number is printed,
exact, beside its shape, and `aria-label` says the whole chart in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from html import escape

from scoring.report.document import Figure, legible
from scoring.values import plain, rounded, shown_percent

Number = Fraction | Decimal | float | int

WIDTH = 720
FONTS = (
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','黑体',SimHei,sans-serif"
)
EARNED = "#2b7fb8"
LOST = "#c2571a"
_LOST_FILL = "#e8b394"
_STEPS = (  # from the best grade to the worst, each with the colour of a number on it
    ("#1b5a86", "#ffffff"),
    (EARNED, "#ffffff"),
    ("#8fc1e3", "#000000"),
    ("#f0cdb5", "#000000"),
    ("#dd8a55", "#000000"),
    (LOST, "#ffffff"),
)
_LEFT, _RIGHT = 230, 600  # where bars begin and where the longest may end; labels left of it, numbers right


@dataclass(frozen=True, slots=True)
class Bar:
    """Points earned out of a weight; a bar of a deeper level is indented and thinner."""

    label: str
    points: Decimal
    weight: Decimal
    level: int = 1


def bars(title: str, rows: Sequence[Bar]) -> Figure:
    """One bar a row, its outline the weight, filled as far as points were earned; all on one scale."""
    scale = _Scale(Fraction(0), max((Fraction(row.weight) for row in rows), default=Fraction(1)))
    marks, words, y = [], [], 4
    for row in rows:
        indent, height = 16 * (row.level - 1), 20 if row.level == 1 else 14
        middle = y + 17
        top, full, got = middle - height // 2, scale(Fraction(row.weight)), scale(Fraction(row.points))
        numbers = f"{plain(row.points)} / {plain(row.weight)}"
        marks += [
            *_label(row.label, indent, middle, bold=row.level == 1),
            _box(_LEFT, top, got - _LEFT, height, fill=EARNED),
            *([_box(got, top, full - got, height, fill="none", stroke=LOST, dash="3 2")] if full > got else []),
            _text(full + 8, middle + 5, numbers, bold=row.level == 1),
        ]
        words.append(f"{row.label} {numbers}")
        y += 34
    return _figure(title, words, y + 4, marks)


def waterfall(
    title: str,
    start: tuple[str, Decimal],
    steps: Sequence[tuple[str, Decimal]],
    end: str,
    note: str = "横轴从 {} 分起",
) -> Figure:
    """From the starting number down (or up) step by step to the last, a row each.

    note: what is said below an axis that does not begin at zero.
    """
    levels = [Fraction(start[1])]
    for _, change in steps:
        levels.append(levels[-1] + Fraction(change))
    base, top = _axis(min(levels), max(levels))
    scale = _Scale(base, top)
    final = start[1] + sum((change for _, change in steps), Decimal(0))
    marks = list(_grid(base, top, 34 * (len(steps) + 2)))
    marks += _total(start[0], start[1], 17, scale)
    words, before, y = [f"{start[0]} {plain(start[1])}"], levels[0], 34
    for (label, change), after in zip(steps, levels[1:], strict=True):
        low, high = scale(min(before, after)), scale(max(before, after))
        sign = "−" if change < 0 else "+"
        number = f"{sign}{plain(abs(change))}"
        look = {"fill": _LOST_FILL, "stroke": LOST, "dash": "3 2"} if change < 0 else {"fill": EARNED}
        marks += [
            *_label(label, 0, y + 17),
            _line(scale(before), y - 7, scale(before), y + 7),
            _box(low, y + 7, high - low, 20, **look),
            _text(high + 8, y + 22, number),
        ]
        words.append(f"{label} {number}")
        before, y = after, y + 34
    marks += [_line(scale(before), y - 7, scale(before), y + 7), *_total(end, final, y + 17, scale)]
    words.append(f"{end} {plain(final)}")
    if base:
        marks.append(_text(_LEFT, y + 72, note.format(plain(rounded(base, 0))), size=12))
    return _figure(title, words, y + (80 if base else 62), marks)


def radar(title: str, axes: Sequence[tuple[str, Fraction]]) -> Figure:
    """Shares between 0 and 1 on three or more axes, the first pointing up, clockwise."""
    centre, y, radius = WIDTH / 2, 205.0, 130.0
    count = len(axes)

    def at(index: int, share: float) -> tuple[float, float]:
        angle = 2 * math.pi * index / count
        return centre + radius * share * math.sin(angle), y - radius * share * math.cos(angle)

    marks = []
    for ring in (0.25, 0.5, 0.75, 1):
        marks.append(_polygon([at(index, ring) for index in range(count)], fill="none", opacity="0.35"))
        marks.append(_text(centre + 4, y - radius * ring + 12, f"{ring:.0%}", size=11))
    marks += [_line(centre, y, *at(index, 1)) for index in range(count)]
    found = [at(index, float(share)) for index, (_, share) in enumerate(axes)]
    marks.append(_polygon(found, fill=EARNED, stroke=EARNED, fill_opacity="0.3", stroke_width="2"))
    marks += [f'<circle cx="{_n(x)}" cy="{_n(v)}" r="4" fill="{EARNED}"/>' for x, v in found]
    words, bottom = [], y
    for index, (label, share) in enumerate(axes):
        x, v = at(index, 1.12)
        anchor = "middle" if abs(x - centre) < 20 else "start" if x > centre else "end"
        lines = [*_wrapped(label, 11), shown_percent(share)]
        if anchor == "middle":
            v += 14 if v > y else -17 * (len(lines) - 1)
        marks += [_text(x, v + 17 * n, line, anchor=anchor, bold=n == len(lines) - 1) for n, line in enumerate(lines)]
        words.append(f"{label} {shown_percent(share)}")
        bottom = max(bottom, v + 17 * len(lines))
    return _figure(title, words, math.ceil(bottom), marks)


def stacked(title: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> Figure:
    """How many of each row have each name, a bar a row, all bars equally long; the whole number right of it."""
    looks = [_STEPS[round(at * 5 / max(len(names) - 1, 1))] for at in range(len(names))]
    marks, y = _legend([(name, _box(0, 0, 12, 12, fill=fill)) for name, (fill, _) in zip(names, looks, strict=True)])
    words = []
    for label, counts in rows:
        marks += _label(label, 0, y + 17)
        whole, x = sum(counts), Fraction(_LEFT)
        for count, (fill, ink) in zip(counts, looks, strict=True):
            if count:
                width = Fraction((_RIGHT - _LEFT) * count, whole)
                marks.append(_box(x, y + 7, width, 20, fill=fill, stroke="#ffffff"))
                if width > 8 * len(str(count)) + 4:
                    marks.append(_text(x + width / 2, y + 22, str(count), anchor="middle", size=12, fill=ink))
                x += width
        marks.append(_text(_RIGHT + 8, y + 22, str(whole)))
        words.append(" ".join([label, *(f"{name} {count}" for name, count in zip(names, counts, strict=True))]))
        y += 30
    return _figure(title, words, y + 4, marks)


@dataclass(frozen=True, slots=True)
class Span:
    """Some scores: their mean, and between which two the middle half of them lies."""

    label: str
    mean: Fraction
    low: Fraction
    median: Fraction
    high: Fraction


def spans(title: str, rows: Sequence[Span], names: tuple[str, str, str], note: str) -> Figure:
    """A row each: a bar over the middle half, a stroke at the median, a dot and a number for the mean.

    names: of dot, stroke and bar. note: what is said below an axis that does not begin at zero.
    """
    base = Fraction(min(min(row.low, row.mean) for row in rows) // 10 * 10)
    top = max(max(row.high, row.mean) for row in rows)
    scale, pale = _Scale(base, top), _STEPS[2][0]
    marks, y = _legend([*zip(names, (_dot(6, 6), _stroke(6, 0, 12), _box(0, 1, 12, 10, fill=pale)), strict=True)])
    words = []
    marks += [f'<g transform="translate(0 {y})">', *_grid(base, top, 30 * len(rows))]
    for at, row in enumerate(rows):
        middle = 30 * at + 15
        low, high, numbers = scale(row.low), scale(row.high), [row.mean, row.median, row.low, row.high]
        marks += [
            *_label(row.label, 0, middle),
            _box(low, middle - 8, high - low, 16, fill=pale),
            _stroke(scale(row.median), middle - 8, middle + 8),
            _dot(scale(row.mean), middle),
            _text(_RIGHT + 12, middle + 5, str(rounded(row.mean, 2))),
        ]
        mean, median, least, most = (str(rounded(number, 2)) for number in numbers)
        words.append(f"{row.label} {names[0]} {mean} {names[1]} {median} {names[2]} {least}–{most}")
    marks.append("</g>")
    bottom = y + 30 * len(rows) + 26
    if base:
        marks.append(_text(_LEFT, bottom + 12, note.format(plain(rounded(base, 0))), size=12))
    return _figure(title, words, bottom + (20 if base else 0), marks)


def histogram(title: str, edges: Sequence[int], counts: Sequence[int]) -> Figure:
    """A column between each two edges, as high as it counts."""
    left, top, height = 20, 24, 180
    step = Fraction(WIDTH - 2 * left, len(counts))
    most, marks = max(counts), []
    for at, count in enumerate(counts):
        tall = Fraction(height * count, most or 1)
        x, y = left + step * at, top + height - tall
        marks.append(_box(x + 1, y, step - 2, tall, fill=EARNED))
        if count:
            marks.append(_text(x + step / 2, y - 6, str(count), anchor="middle", size=12))
    marks.append(_line(left, top + height, WIDTH - left, top + height))
    for at, edge in enumerate(edges):
        marks.append(_text(left + step * at, top + height + 18, str(edge), anchor="middle", size=12))
    words = [f"{low}–{high} {count}" for low, high, count in zip(edges, edges[1:], counts, strict=False)]
    return _figure(title, words, top + height + 26, marks)


def _legend(entries: Sequence[tuple[str, str]]) -> tuple[list[str], int]:
    """Names with the shapes they stand for, right of the labels, in as many lines as it takes; and the height of them."""
    marks, x, y = [], Fraction(_LEFT), 4
    for name, shape in entries:
        width = 18 + 14 * _wide(name)
        if x > _LEFT and x + width > WIDTH:
            x, y = Fraction(_LEFT), y + 22
        marks += [f'<g transform="translate({_n(x)} {y})">{shape}</g>', _text(x + 18, y + 11, name)]
        x += width + 16
    return marks, y + 26


def _dot(x: Number, y: Number) -> str:
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="5" fill="{EARNED}" stroke="#ffffff"/>'


def _stroke(x: Number, y: Number, to_y: Number) -> str:
    return f'<path d="M{_n(x)} {_n(y)}V{_n(to_y)}" stroke="{LOST}" stroke-width="3"/>'


def _total(label: str, value: Decimal, middle: int, scale: _Scale) -> list[str]:
    end = scale(Fraction(value))
    return [
        *_label(label, 0, middle, bold=True),
        _box(_LEFT, middle - 10, end - _LEFT, 20, fill=EARNED),
        _text(end + 8, middle + 5, plain(value), bold=True),
    ]


class _Scale:
    """Where on the page a number stands."""

    def __init__(self, base: Fraction, top: Fraction):
        self.base, self.step = base, Fraction(_RIGHT - _LEFT) / ((top - base) or 1)

    def __call__(self, value: Fraction) -> Fraction:
        return _LEFT + (value - self.base) * self.step


def _axis(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Where an axis begins and ends: at zero, unless all numbers lie close together far from it."""
    unit = 10 if high > 20 else 1
    base = (low - (high - low)) // unit * unit
    return Fraction(min(low // unit * unit, 0) if low < 0 else max(base, 0)), high


def _grid(base: Fraction, top: Fraction, height: int) -> Iterator[str]:
    """Thin lines at round numbers, at most six, and the numbers below them."""
    scale, span = _Scale(base, top), top - base
    steps = (step * Fraction(10) ** power for power in range(-2, 7) for step in (1, 2, 5))
    step = next((step for step in steps if span / step <= 5), span or Fraction(1))
    value = -(-base // step) * step
    while value <= top:
        yield _line(scale(value), 0, scale(value), height)
        yield _text(scale(value), height + 16, plain(rounded(value, 2)), anchor="middle", size=12)
        value += step


def _label(text: str, x: Number, middle: Number, bold: bool = False) -> list[str]:
    """At most two lines left of the bars; a longer text is cut, and whole in the chart's words."""
    lines = _wrapped(text, 14 - int(x) // 14)
    first = Fraction(middle) + 5 - 8 * (len(lines) - 1)
    return [_text(x, first + 16 * n, line, bold=bold) for n, line in enumerate(lines)]


def _wrapped(text: str, width: int) -> list[str]:
    """The text in one or two lines of so many Chinese characters, broken between words; what is more is cut."""
    lines, room = [""], Fraction(width)
    for word in re.findall(r"[!-~]+ ?|.", " ".join(text.split())):
        for part in [word] if _wide(word) <= width else word:
            if room < _wide(part.rstrip()):
                if len(lines) == 2:
                    return [lines[0], lines[1][:-1].rstrip() + "…"]
                lines.append("")
                room = Fraction(width)
            lines[-1] += part
            room -= _wide(part)
    return [line.rstrip() for line in lines]


def _wide(text: str) -> Fraction:
    """How many Chinese characters the text is wide."""
    return sum((Fraction(1) if ord(each) > 0x2E7F else Fraction(11, 20) for each in text), Fraction(0))


def _figure(title: str, words: Sequence[str], height: int, marks: Sequence[str]) -> Figure:
    figure = Figure(title, tuple(words), "", WIDTH * 0.75, height * 0.75)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{_escaped(figure.alt())}" '
        f'font-family="{FONTS}" font-size="14" fill="currentColor">\n' + "\n".join(marks) + "\n</svg>"
    )
    return replace(figure, svg=svg)


def _box(x: Number, y: Number, width: Number, height: Number, *, dash: str = "", **look: str) -> str:
    if dash:
        look["stroke-dasharray"] = dash
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"{_look(look)}/>'


def _line(x: Number, y: Number, to_x: Number, to_y: Number) -> str:
    return f'<path d="M{_n(x)} {_n(y)}L{_n(to_x)} {_n(to_y)}" stroke="currentColor" stroke-opacity="0.35"/>'


def _polygon(points: Sequence[tuple[float, float]], stroke: str = "currentColor", **look: str) -> str:
    corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return f'<polygon points="{corners}" stroke="{stroke}"{_look(look)}/>'


def _text(
    x: Number, y: Number, text: str, *, anchor: str = "start", bold: bool = False, size: int = 14, fill: str = ""
) -> str:
    look = {} if anchor == "start" else {"text-anchor": anchor}
    look |= {"fill": fill} if fill else {}
    look |= {"font-weight": "bold"} if bold else {}
    look |= {} if size == 14 else {"font-size": str(size)}
    return f'<text x="{_n(x)}" y="{_n(y)}"{_look(look)}>{_escaped(text)}</text>'


def _look(look: dict[str, str]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())


def _n(value: Number) -> str:
    return plain(rounded(Fraction(value), 2))


def _escaped(text: str) -> str:
    return escape(legible(text))
