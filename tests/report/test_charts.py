"""Coordinates worked out by hand: bars run from x = 230 to at most 600, so 370 wide; rows are 34 high."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.report.charts import Bar, Span, bars, histogram, radar, spans, stacked, waterfall
from scoring.values import plain

SVG = "{http://www.w3.org/2000/svg}"
TWO = [Bar("甲", Decimal("3.00"), Decimal(4)), Bar("乙", Decimal(1), Decimal(2), level=2)]
labels = st.text(st.characters())


def boxes(svg: str) -> list[tuple[str, ...]]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}rect")
    return [tuple(each.attrib[key] for key in ("x", "y", "width", "height")) for each in found]


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_bars_are_on_the_scale_of_the_heaviest() -> None:
    svg = bars("得分", TWO).svg  # 370 / 4 = 92.5 a point
    assert boxes(svg) == [
        ("230", "11", "277.5", "20"),  # 3 points earned, and the one that was not
        ("507.5", "11", "92.5", "20"),
        ("230", "48", "92.5", "14"),
        ("322.5", "48", "92.5", "14"),
    ]
    assert texts(svg) == ["甲", "3 / 4", "乙", "1 / 2"]
    assert ElementTree.fromstring(svg).attrib["aria-label"] == "得分：甲 3 / 4；乙 1 / 2"


def test_a_full_bar_has_nothing_dashed() -> None:
    svg = bars("得分", [Bar("甲", Decimal(4), Decimal(4))]).svg
    assert boxes(svg) == [("230", "11", "370", "20")]
    assert "dasharray" not in svg


def test_a_waterfall_starts_its_axis_near_the_numbers_and_says_so() -> None:
    steps = [("甲", Decimal(-4)), ("乙", Decimal("-8.5")), ("加分", Decimal("2.5"))]
    svg = waterfall("失分", ("满分", Decimal(100)), steps, "得分").svg
    # between 87.5 and 100: 87.5 - 12.5 = 75, so from 70; 370 / 30 a point
    assert boxes(svg) == [
        ("230", "7", "370", "20"),
        ("550.67", "41", "49.33", "20"),
        ("445.83", "75", "104.83", "20"),
        ("445.83", "109", "30.83", "20"),
        ("230", "143", "246.67", "20"),
    ]
    assert [text for text in texts(svg) if "分" in text or "−" in text] == [
        "满分", "−4", "−8.5", "加分", "得分", "横轴从 70 分起",
    ]  # fmt: skip
    said = ElementTree.fromstring(svg).attrib["aria-label"]
    assert said == "失分：满分 100；甲 −4；乙 −8.5；加分 +2.5；得分 90"


def test_a_waterfall_of_much_starts_at_zero() -> None:
    svg = waterfall("失分", ("满分", Decimal(100)), [("甲", Decimal(-60))], "得分").svg
    assert boxes(svg) == [("230", "7", "370", "20"), ("378", "41", "222", "20"), ("230", "75", "148", "20")]
    assert "横轴" not in svg
    assert [text for text in texts(svg) if text.isdigit()] == ["0", "20", "40", "60", "80", "100", "100", "40"]


def test_a_waterfall_may_go_below_zero_on_its_way() -> None:
    svg = waterfall("失分", ("满分", Decimal(10)), [("甲", Decimal(-15)), ("扣完为止", Decimal(5))], "得分").svg
    assert boxes(svg)[1] == ("230", "41", "370", "20")  # from -5 to 10
    assert boxes(svg)[3][2] == "123.33"  # from -5 to 0


def test_a_radar_goes_clockwise_from_the_top() -> None:
    axes = [("甲", Fraction(1)), ("乙", Fraction(1, 2)), ("丙", Fraction(0)), ("丁", Fraction(1, 3))]
    polygons = [each.attrib["points"] for each in ElementTree.fromstring(radar("率", axes).svg).iter(f"{SVG}polygon")]
    assert polygons[3] == "360,75 490,205 360,335 230,205"  # the ring of 100%: 130 around (360, 205)
    assert polygons[4] == "360,75 425,205 360,205 316.67,205"
    assert [text for text in texts(radar("率", axes).svg) if text not in ("25%", "75%")] == [
        "50%", "100%", "甲", "100%", "乙", "50%", "丙", "0%", "丁", "≈33.33%",
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["项" * 40, "W" * 60])
def test_a_long_label_is_cut_to_two_lines_and_whole_in_the_words(label: str) -> None:
    svg = bars("得分", [Bar(label, Decimal(1), Decimal(1))]).svg
    assert len(texts(svg)) == 3
    assert texts(svg)[1].endswith("…")
    assert label in ElementTree.fromstring(svg).attrib["aria-label"]


@pytest.mark.parametrize(("label", "lines"), [
    ("Satisfaction of those aided by the fund", ["Satisfaction of those", "aided by the fund"]),
    ("项目解决的问题与社会效益和可持续影响", ["项目解决的问题与社会效益和可", "持续影响"]),
    ("2019年GDP增长", ["2019年GDP增长"]),
    ("  两  词\n", ["两 词"]),
])  # fmt: skip
def test_a_label_is_broken_between_words(label: str, lines: list[str]) -> None:
    svg = bars("得分", [Bar(label, Decimal(1), Decimal(1))]).svg
    assert texts(svg)[:-1] == lines


def test_grades_are_stacked_to_the_same_length_and_said_in_full() -> None:
    svg = stacked("等级", ["优", "良", "差"], [("甲", [37, 0, 0]), ("乙", [1, 35, 1])]).svg
    assert boxes(svg)[3:] == [  # the first three stand in the legend
        ("230", "37", "370", "20"),
        ("230", "67", "10", "20"),
        ("240", "67", "350", "20"),
        ("590", "67", "10", "20"),
    ]
    assert texts(svg) == ["优", "良", "差", "甲", "37", "37", "乙", "35", "37"]  # a 1 does not fit into its box
    said = ElementTree.fromstring(svg).attrib["aria-label"]
    assert said == "等级：甲 优 37 良 0 差 0；乙 优 1 良 35 差 1"


def test_spans_begin_at_the_ten_below_and_say_so() -> None:
    rows = [Span("甲", Fraction(251, 3), Fraction(80), Fraction(85), Fraction(97)), Span("乙", *[Fraction(75)] * 4)]
    svg = spans("得分", rows, ("平均分", "中位数", "中间一半"), "横轴从 {} 分起").svg  # from 70 to 97
    assert boxes(svg)[1:] == [("367.04", "7", "232.96", "16"), ("298.52", "37", "0", "16")]
    assert "横轴从 70 分起" in texts(svg)
    assert [text for text in texts(svg) if "." in text] == ["83.67", "75.00"]
    said = ElementTree.fromstring(svg).attrib["aria-label"]
    assert said.startswith("得分：甲 平均分 83.67 中位数 85.00 中间一半 80.00–97.00；乙")


def test_a_histogram_is_as_high_as_it_counts() -> None:
    svg = histogram("分布", range(90, 101, 5), [3, 6]).svg
    assert boxes(svg) == [("21", "114", "338", "90"), ("361", "24", "338", "180")]
    assert texts(svg) == ["3", "6", "90", "95", "100"]
    assert ElementTree.fromstring(svg).attrib["aria-label"] == "分布：90–95 3；95–100 6"


@given(labels, st.decimals(0, 1000, places=3), st.decimals(0, 1000, places=3))
def test_any_text_and_number_makes_a_sound_drawing(label: str, one: Decimal, other: Decimal) -> None:
    points, weight = sorted((one, other))
    drawn = [
        bars(label, [Bar(label, points, weight)]),
        waterfall(label, (label, weight), [(label, points - weight)], label),
        radar(label, [(label, Fraction(points) / Fraction(weight or 1))] * 3),
        stacked(label, [label], [(label, [int(weight) + 1])]),
        spans(label, [Span(label, *map(Fraction, (points, points, weight, weight)))], (label, label, label), label[:0]),
        histogram(label, [0, 5], [int(weight)]),
    ]
    edges = [600] * (len(drawn) - 1) + [700]  # columns of a histogram have no labels left and right
    for figure, edge in zip(drawn, edges, strict=True):
        svg = figure.svg
        ElementTree.fromstring(svg.encode())
        for box in boxes(svg):
            assert all(Decimal(number) >= 0 for number in box)
            assert Decimal(box[0]) + Decimal(box[2]) <= edge + Decimal("0.01")
    assert f"{plain(points)} / {plain(weight)}" in ElementTree.fromstring(drawn[0].svg).attrib["aria-label"]
