"""Rounding, and what printed numbers mean."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import Fault
from scoring.values import (
    DATE,
    UNITS,
    Quantity,
    apportioned,
    of_number,
    plain,
    read_quantity,
    read_target,
    repeats,
    root,
    rounded,
    shown,
    shown_percent,
    unfolded,
)

# --- rounding ---------------------------------------------------------------------------------------------------------

ROUNDED = [
    # value, places, half-up, cut
    ("4.344999", 2, "4.34", "4.34"),
    ("4.345", 2, "4.35", "4.34"),
    ("-4.345", 2, "-4.35", "-4.34"),
    ("0.005", 2, "0.01", "0.00"),
    ("-0.005", 2, "-0.01", "0.00"),
    ("-0.004", 2, "0.00", "0.00"),
    ("89.995", 2, "90.00", "89.99"),
    ("2.5", 0, "3", "2"),
    ("-2.5", 0, "-3", "-2"),
    ("3.5", 0, "4", "3"),
    ("9.95", 1, "10.0", "9.9"),
    ("2/3", 2, "0.67", "0.66"),
    ("-1/3", 4, "-0.3333", "-0.3333"),
    ("1", 6, "1.000000", "1.000000"),
]


@pytest.mark.parametrize(("value", "places", "half_up", "cut"), ROUNDED)
def test_rounded(value: str, places: int, half_up: str, cut: str) -> None:
    assert str(rounded(Fraction(value), places)) == half_up
    assert str(rounded(Fraction(value), places, "cut")) == cut


ties = st.builds(lambda n, places: Fraction(2 * n + 1, 2 * 10**places), st.integers(-(10**9), 10**9), st.integers(0, 6))
fractions = st.one_of(ties, st.fractions(-(10**9), 10**9, max_denominator=10**6))


@given(fractions, st.integers(0, 6))
def test_rounding_is_what_decimal_does_with_many_digits(value: Fraction, places: int) -> None:
    with localcontext(prec=60):
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        unit = Decimal(1).scaleb(-places)
        assert rounded(value, places) == exact.quantize(unit, ROUND_HALF_UP)
        assert rounded(value, places, "cut") == exact.quantize(unit, ROUND_DOWN)


def test_long_numbers_are_rounded_exactly() -> None:
    value = Fraction(10**30 + 1)
    assert Fraction(rounded(value, 2)) == value


APPORTIONED = [
    # total, shares, parts
    ("10", [1, 1, 1], ["3.34", "3.33", "3.33"]),
    ("0.01", [1, 1], ["0.01", "0.00"]),
    ("100", [30, 0, 50], ["37.50", "0.00", "62.50"]),
    ("5", [1, 2, 4], ["0.71", "1.43", "2.86"]),
    ("5", [0, 0], ["0", "0"]),
    ("5", [], []),
]


@pytest.mark.parametrize(("total", "shares", "parts"), APPORTIONED)
def test_apportioned(total: str, shares: list[int], parts: list[str]) -> None:
    assert [str(part) for part in apportioned(Decimal(total), list(map(Fraction, shares)), 2)] == parts


@given(
    st.integers(0, 10**6),
    st.lists(st.fractions(0, 100, max_denominator=99), min_size=1, max_size=12).filter(any),
    st.integers(0, 4),
)
def test_parts_add_up_and_none_is_a_unit_off(units: int, shares: list[Fraction], places: int) -> None:
    total = Decimal(units).scaleb(-places)
    parts = apportioned(total, shares, places)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(Fraction(part) - Fraction(total) * share / sum(shares)) < Fraction(1, 10**places)
        assert part.as_tuple().exponent == -places
        assert share or not part


# --- targets and quantities as printed --------------------------------------------------------------------------------

TARGETS = [
    # printed, sign, value, unit, shown again
    ("≧95%", ">=", "95", "%", "≥95%"),
    ("≥95%", ">=", "95", "%", "≥95%"),
    (" ≥ 95 ％ ", ">=", "95", "%", "≥95%"),
    (">=95%", ">=", "95", "%", "≥95%"),
    ("不低于95%", ">=", "95", "%", "≥95%"),
    ("不少于3次", ">=", "3", "次", "≥3次"),
    ("大于等于3次", ">=", "3", "次", "≥3次"),
    ("90%以上", ">=", "90", "%", "≥90%"),
    ("90%（含）以上", ">=", "90", "%", "≥90%"),
    ("90%及以上", ">=", "90", "%", "≥90%"),
    ("≤10万元", "<=", "10", "万元", "≤10万元"),
    ("≦10万元", "<=", "10", "万元", "≤10万元"),
    ("不超过5%", "<=", "5", "%", "≤5%"),
    ("不高于5%", "<=", "5", "%", "≤5%"),
    ("15%及其以下", "<=", "15", "%", "≤15%"),
    ("15%及以下", "<=", "15", "%", "≤15%"),
    ("3天以内", "<=", "3", "天", "≤3天"),
    ("＝100%", "=", "100", "%", "＝100%"),
    ("═100%", "=", "100", "%", "＝100%"),
    ("等于100%", "=", "100", "%", "＝100%"),
    ("１００％", "=", "100", "%", "＝100%"),
    ("10.34万元", "=", "10.34", "万元", "＝10.34万元"),
    ("141人", "=", "141", "人", "＝141人"),
    ("5批次", "=", "5", "批次", "＝5批次"),
    ("1,234.5元", "=", "1234.5", "元", "＝1234.5元"),
    ("5‰", "=", "5", "‰", "＝5‰"),
    ("100㎡", "=", "100", "平方米", "＝100平方米"),
    ("-5%", "=", "-5", "%", "＝-5%"),
    ("0", "=", "0", "", "＝0"),
    ("＞3次", ">", "3", "次", "＞3次"),
    ("高于3次", ">", "3", "次", "＞3次"),
    ("＜3次", "<", "3", "次", "＜3次"),
    ("低于3次", "<", "3", "次", "＜3次"),
]


@pytest.mark.parametrize(("printed", "sign", "value", "unit", "shown_again"), TARGETS)
def test_a_target_that_is_a_number(printed: str, sign: str, value: str, unit: str, shown_again: str) -> None:
    target = read_target(printed)
    assert (target.sign, target.quantity) == (sign, Quantity(Fraction(value), unit))
    assert (target.printed, target.show()) == (printed.strip(), shown_again)


DATES = [
    ("2019-12-31", "<=", (2019, 12, 31)),
    ("2019年12月31日前", "<=", (2019, 12, 31)),
    ("2019年12月31日以前", "<=", (2019, 12, 31)),
    ("2019年12月31日之前", "<=", (2019, 12, 31)),
    ("不超过2019/12/31", "<=", (2019, 12, 31)),
    ("＝2020.2.29", "=", (2020, 2, 29)),
    ("２０１９年１月１日", "<=", (2019, 1, 1)),
]


@pytest.mark.parametrize(("printed", "sign", "day"), DATES)
def test_a_target_that_is_a_date(printed: str, sign: str, day: tuple[int, int, int]) -> None:
    target = read_target(printed)
    assert (target.sign, target.quantity) == (sign, Quantity(Fraction(date(*day).toordinal()), DATE))


def test_a_date_is_shown_in_the_readers_language() -> None:
    target = read_target("2019年12月31日前")
    assert (target.show("zh"), target.show("en")) == ("≤2019年12月31日", "≤2019-12-31")


@pytest.mark.parametrize("words", ["关爱各级劳模", "长期", "5-10人", "约95%", "2019年12月", "≥", "1.2.3", "1,23元"])
def test_a_target_that_is_words(words: str) -> None:
    target = read_target(words)
    assert (target.sign, target.quantity, target.show()) == ("text", None, words)


SIGNS = [
    # printed, sign beside it, what counts
    ("95%", ">=", ">="),
    ("≥95%", ">=", ">="),
    ("95%", None, "="),
    ("2019-12-31", "<=", "<="),
    ("95%", "text", "text"),
]


@pytest.mark.parametrize(("printed", "beside", "sign"), SIGNS)
def test_a_sign_beside_the_target(printed: str, beside: str, sign: str) -> None:
    assert read_target(printed, beside).sign == sign


BAD_TARGETS = [
    ("", None, "目标值是空的"),
    (" \u3000", None, "目标值是空的"),
    ("≥95%", "<=", "sign 写的是 <=，目标值里却是“≥95%”"),
    ("关爱劳模", ">=", "目标值“关爱劳模”不是一个数"),
    ("2019年2月29日", None, "日历上没有这一天：2019年2月29日"),
    ("9" * 41, None, f"数字太长：{'9' * 20}…"),
]


@pytest.mark.parametrize(("printed", "sign", "words"), BAD_TARGETS)
def test_a_faulty_target(printed: str, sign: str, words: str) -> None:
    with pytest.raises(Fault) as caught:
        read_target(printed, sign)
    assert caught.value.message.zh == words


QUANTITIES = [
    ("10.34万元", "10.34", "万元"),
    ("141人", "141", "人"),
    ("＝141人", "141", "人"),
    ("95％", "95", "%"),
    ("-3.5", "-3.5", ""),
    ("+3", "3", ""),
    ("12,345,678元", "12345678", "元"),
]


@pytest.mark.parametrize(("printed", "value", "unit"), QUANTITIES)
def test_a_quantity(printed: str, value: str, unit: str) -> None:
    assert read_quantity(printed) == Quantity(Fraction(value), unit)


@pytest.mark.parametrize(
    "printed", ["≥95%", "90%以上", "不超过5%", "2019年12月31日前", "≤2019-12-31", "关爱劳模", "5-10人", ""]
)
def test_a_quantity_has_no_sign_and_is_one(printed: str) -> None:
    with pytest.raises(Fault) as caught:
        read_quantity(printed)
    assert caught.value.message.zh == f"“{printed}”不是一个数值"
    assert caught.value.hint is not None


@given(
    st.one_of(
        st.text(max_size=20), st.text("≥≤=＝<>%％,.-/0123456789年月日前以上下内含()（）万元不超过低于", max_size=15)
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_target, read_quantity):
        with suppress(Fault):
            read(text)


def test_a_date_is_not_a_unit_to_write() -> None:
    with pytest.raises(Fault):
        read_quantity("0日期").to("%")


# --- units ------------------------------------------------------------------------------------------------------------

CONVERTED = [
    ("10.34万元", "元", "103400"),
    ("103400元", "万元", "10.34"),
    ("1.5亿元", "万元", "15000"),
    ("250千元", "万元", "25"),
    ("3百万元", "亿元", "0.03"),
    ("95%", "比例", "0.95"),
    ("0.95比例", "%", "95"),
    ("5‰", "%", "0.5"),
    ("2天", "小时", "48"),
    ("90分钟", "小时", "1.5"),
    ("1年", "个月", "12"),
    ("1公顷", "亩", "15"),
    ("1.5吨", "公斤", "1500"),
    ("2公里", "米", "2000"),
    ("141", "人", "141"),
    ("141人", "人", "141"),
]


@pytest.mark.parametrize(("printed", "unit", "value"), CONVERTED)
def test_conversion(printed: str, unit: str, value: str) -> None:
    assert read_quantity(printed).to(unit) == Quantity(Fraction(value), unit)


REFUSED = [
    ("5元", "%", "“5元”不能换算成“%”", None),
    ("95", "%", "“95”不能换算成“%”", "写明单位，如 95%"),
    ("10", "万元", "“10”不能换算成“万元”", "写明单位，如 10万元"),
    ("141人", "", "“141人”不能换算成“无单位的数”", None),
    ("141人", "户", "“141人”不能换算成“户”", None),
    ("3天", "工作日", "“3天”不能换算成“工作日”", None),
    ("2019-12-31", "天", "“2019年12月31日”不能换算成“天”", None),
]


@pytest.mark.parametrize(("printed", "unit", "words", "hint"), REFUSED)
def test_what_does_not_convert(printed: str, unit: str, words: str, hint: str | None) -> None:
    with pytest.raises(Fault) as caught:
        read_quantity(printed).to(unit)
    assert caught.value.message.zh == words
    assert (caught.value.hint.zh if caught.value.hint else None) == hint


@given(fractions, st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_there_and_back(value: Fraction, unit: str, other: str) -> None:
    quantity = Quantity(value, unit)
    assert of_number(quantity.number(), unit) == quantity
    if UNITS[unit][0] == UNITS[other][0]:
        assert quantity.to(other).to(unit) == quantity
        assert quantity.number(other) == quantity.to(other).number()


@pytest.mark.parametrize(
    ("printed", "unit", "number"), [("95%", "%", "0.95"), ("5‰", "%", "0.005"), ("10万元", "元", "100000")]
)
def test_expressions_work_with_shares(printed: str, unit: str, number: str) -> None:
    assert read_quantity(printed).number(unit) == Fraction(number)


# --- an actual that only repeats its target ---------------------------------------------------------------------------

REPEATS = [
    # target, actual, whether nothing is demonstrated
    ("≧95%", "≧95%", True),
    ("≧95%", "≥95%", True),
    ("≧95%", " ≥ ９５％ ", True),
    ("≧95%", "不低于95%", True),
    ("≧95%", "95%以上", True),
    ("≤10万元", "≤100000元", True),
    ("＝100%", "＝100%", True),
    ("100%", "=100%", True),
    ("2019年12月31日前", "2019年12月31日前", True),
    ("关爱各级劳模", "关爱各级劳模", True),
    ("关爱各级劳模。", "关爱 各级劳模", True),
    ("＝100%", "100%", False),
    ("141人", "141人", False),
    ("≧95%", "95%", False),
    ("≧95%", "≧96%", False),
    ("≧95%", "＞95%", False),
    ("≧95%", "≧95元", False),
    ("≧95%", "关爱各级劳模", False),
    ("2019年12月31日前", "2019年12月31日", False),
    ("2019年12月31日前", "2019年2月31日前", False),
    ("关爱各级劳模", "关爱劳模", False),
    ("关爱各级劳模", "已关爱各级劳模", False),
]


@pytest.mark.parametrize(("target", "actual", "expected"), REPEATS)
def test_repeats(target: str, actual: str, expected: bool) -> None:
    assert repeats(read_target(target), actual) is expected


# --- how numbers and prose are shown ----------------------------------------------------------------------------------

SHOWN = [
    # value, as a number, as a percentage
    ("0", "0", "0%"),
    ("5", "5", "500%"),
    ("0.95", "0.95", "95%"),
    ("22.50", "22.5", "2250%"),
    ("100", "100", "10000%"),
    ("-0.5", "-0.5", "-50%"),
    ("0.8704", "0.8704", "87.04%"),
    ("0.12345", "≈0.1235", "12.345%"),
    ("1/3", "≈0.3333", "≈33.33%"),
    ("2/3", "≈0.6667", "≈66.67%"),
    ("1/30", "≈0.0333", "≈3.33%"),
    ("0.9999999", "≈1", "≈100.00%"),
]


@pytest.mark.parametrize(("value", "number", "percent"), SHOWN)
def test_shown(value: str, number: str, percent: str) -> None:
    assert (shown(Fraction(value)), shown_percent(Fraction(value))) == (number, percent)


@pytest.mark.parametrize(
    ("number", "text"), [("100", "100"), ("1E+2", "100"), ("22.50", "22.5"), ("0.00", "0"), ("-4.10", "-4.1")]
)
def test_plain(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


UNFOLDED = [
    ("关爱\n  劳模", "关爱劳模"),
    ("关爱，\n劳模", "关爱，劳模"),
    ("执行 10 万元", "执行 10 万元"),
    ("a b\nc", "a b\nc"),
    ("预算 {{ facts.budget }} 已执行", "预算{{ facts.budget }}已执行"),
    ("  用 Word 写  ", "用 Word 写"),
]


@pytest.mark.parametrize(("folded", "text"), UNFOLDED)
def test_unfolded(folded: str, text: str) -> None:
    assert unfolded(folded) == text


@pytest.mark.parametrize("text", ["10²", "①完成", "2019年", "100%完成"])
def test_what_only_looks_like_a_number_is_words(text: str) -> None:
    assert read_target(text).quantity is None
    with pytest.raises(Fault):
        read_quantity(text)


@given(st.fractions(min_value=0, max_value=1000), st.integers(1, 40))
def test_a_root_is_exact_or_the_last_below(number: Fraction, degree: int) -> None:
    assert root(number**degree, degree) == number
    found = root(number, degree, digits=20)
    assert found**degree <= number < (found + Fraction(1, 10**20)) ** degree
