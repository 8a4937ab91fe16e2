"""What rules speak of: exact numbers, units, percentages and dates; and rounding, in one place.

Numbers are `Fraction` inside and `Decimal` at the edges; no binary float ever holds one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from scoring.errors import Fault, Lang, Text

Rounding = Literal["half-up", "cut"]
Sign = Literal[">=", "<=", "=", ">", "<", "text"]

PERCENT, DATE = "%", "日期"

# unit -> (what it measures, how many of the base unit it is)
UNITS: dict[str, tuple[str, Fraction]] = {
    "元": ("money", Fraction(1)),
    "千元": ("money", Fraction(1_000)),
    "万元": ("money", Fraction(10_000)),
    "百万元": ("money", Fraction(1_000_000)),
    "亿元": ("money", Fraction(100_000_000)),
    "%": ("share", Fraction(1, 100)),
    "‰": ("share", Fraction(1, 1000)),
    "比例": ("share", Fraction(1)),
    "分钟": ("time", Fraction(1)),
    "小时": ("time", Fraction(60)),
    "天": ("time", Fraction(1440)),
    "日": ("time", Fraction(1440)),
    "工作日": ("working time", Fraction(1)),
    "月": ("months", Fraction(1)),
    "个月": ("months", Fraction(1)),
    "年": ("months", Fraction(12)),
    "米": ("length", Fraction(1)),
    "公里": ("length", Fraction(1000)),
    "千米": ("length", Fraction(1000)),
    "平方米": ("area", Fraction(1)),
    "㎡": ("area", Fraction(1)),
    "亩": ("area", Fraction(2000, 3)),
    "公顷": ("area", Fraction(10_000)),
    "平方公里": ("area", Fraction(1_000_000)),
    "公斤": ("mass", Fraction(1)),
    "千克": ("mass", Fraction(1)),
    "吨": ("mass", Fraction(1000)),
    DATE: ("date", Fraction(1)),
}


def rounded(value: Fraction, places: int, how: Rounding = "half-up") -> Decimal:
    """value with so many decimal places: the only rounding there is. half-up: a tie goes away from zero."""
    whole, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    if how == "half-up" and 2 * rest >= value.denominator:
        whole += 1
    return _decimal(-whole if value < 0 else whole, places)


def _decimal(units: int, places: int) -> Decimal:
    """units × 10^-places, every digit kept however long (arithmetic on Decimals keeps 28)."""
    return Decimal(f"{units}E-{places}")


def root(value: Fraction, degree: int, digits: int = 60) -> Fraction:
    """The root of a number from 0 on: exact where it is a fraction, else cut after so many decimal places.

    What is no fraction is no tie either: cut far behind the places points are rounded to, it rounds as the root itself.
    """
    over, under = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
    if over**degree == value.numerator and under**degree == value.denominator:
        return Fraction(over, under)
    scale = 10**digits
    return Fraction(_whole_root(value.numerator * scale**degree // value.denominator, degree), scale)


def _whole_root(number: int, degree: int) -> int:
    """The largest whole number whose power is not above (Newton, from above)."""
    if not number:
        return 0
    guess = 1 << -(-number.bit_length() // degree)
    while (better := ((degree - 1) * guess + number // guess ** (degree - 1)) // degree) < guess:
        guess = better
    return guess


def fitted(total: Decimal, exact: list[Fraction], places: int) -> list[Decimal]:
    """The parts of a total that was rounded, each printed with so many places, adding up to it (largest remainder).

    The parts add up to the total but for its rounding; a part that needs no rounding is printed as it is.
    """
    unit = Fraction(1, 10**places)
    whole = [part // unit for part in exact]
    rest = int(Fraction(total) / unit) - sum(whole)
    for index in sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i] / unit, i))[:rest]:
        whole[index] += 1
    return [_decimal(units, places) for units in whole]


def apportioned(total: Decimal, shares: list[Fraction], places: int) -> list[Decimal]:
    """total split in proportion to the shares, each part printed with so many places, the parts adding up to total.

    Formula: largest remainder; equal remainders go to the earlier part.
    """
    if not shares or not sum(shares):
        return [Decimal(0)] * len(shares)
    unit = Fraction(1, 10**places)
    exact = [Fraction(total) * share / sum(shares) / unit for share in shares]
    whole = [part.numerator // part.denominator for part in exact]
    rest = int(Fraction(total) / unit) - sum(whole)
    for index in sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))[:rest]:
        whole[index] += 1
    return [_decimal(part, places) for part in whole]


def plain(number: Decimal) -> str:
    """A decimal without needless zeros: 5, 22.5, 100."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: Fraction) -> str:
    """A number as a reader wants it: exact up to 4 places, else rounded to 4 and marked ≈."""
    near = rounded(value, 4)
    return plain(near) if Fraction(near) == value else f"≈{plain(near)}"


def shown_percent(share: Fraction) -> str:
    """A share as a percentage: exact up to 4 places, else rounded to 2 and marked ≈."""
    exact = rounded(share * 100, 4)
    return f"{plain(exact)}%" if Fraction(exact) == share * 100 else f"≈{rounded(share * 100, 2)}%"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit as written: 10.34 万元, 95 %, 141 人. A date counts days, unit 日期."""

    value: Fraction
    unit: str = ""

    def to(self, unit: str) -> Quantity:
        """The same quantity in another unit. Fault: when the two do not measure the same thing."""
        if unit == self.unit:
            return self
        if not self.unit and unit not in UNITS:
            return Quantity(self.value, unit)  # 141 against 141人: a count may leave its unit out
        mine, other = UNITS.get(self.unit), UNITS.get(unit)
        if mine is None or other is None or mine[0] != other[0]:
            raise Fault(
                Text(
                    f"“{self.show()}”不能换算成“{unit or '无单位的数'}”",
                    f"'{self.show('en')}' cannot be converted to '{unit or 'a plain number'}'",
                ),
                None if self.unit else self._with_unit(unit),
            )
        return Quantity(self.value * mine[1] / other[1], unit)

    def _with_unit(self, unit: str) -> Text:
        """What to write for a number without its unit; 0.95 where percent is asked is mostly meant as 95%."""
        if unit == DATE:
            return Text("写成 2019-12-31 这样的日期", "write a date such as 2019-12-31")
        likely = shown(self.value * 100 if unit == "%" and 0 < self.value <= 1 else self.value)
        return Text(f"写明单位，如 {likely}{unit}", f"write the unit, such as {likely}{unit}")

    def number(self, unit: str | None = None) -> Fraction:
        """The number an expression works with: in `unit`, and percentages as shares (95% is 0.95)."""
        quantity = self if unit is None else self.to(unit)
        kind = UNITS.get(quantity.unit)
        return quantity.value * kind[1] if kind and kind[0] == "share" else quantity.value

    def show(self, lang: Lang = "zh") -> str:
        if self.unit == DATE:
            day = date.fromordinal(int(self.value))
            return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else day.isoformat()
        gap = " " if lang == "en" and self.unit[:1].isascii() and self.unit[:1].isalpha() else ""  # 12 km, but 95%
        return f"{shown(self.value)}{gap}{self.unit}"


def of_number(value: Fraction, unit: str) -> Quantity:
    """The quantity whose expression number in that unit is value: the inverse of Quantity.number."""
    kind = UNITS.get(unit)
    return Quantity(value / kind[1] if kind and kind[0] == "share" else value, unit)


@dataclass(frozen=True, slots=True)
class Target:
    """An indicator's target: a sign and a quantity (≥95%), or words for a qualitative one. printed: as the file has it."""

    sign: Sign
    quantity: Quantity | None
    printed: str
    assumed: bool = False  # no sign was printed or given

    def show(self, lang: Lang = "zh") -> str:
        if self.quantity is None:
            return self.printed
        sign = {">=": "≥", "<=": "≤", "=": "＝", ">": "＞", "<": "＜"}[self.sign]
        return f"{sign}{self.quantity.show(lang)}"


_SIGNS: dict[str, Sign] = {
    **dict.fromkeys([">=", "≥", "≧", "⩾", "=>", "不低于", "不少于", "不小于", "大于等于", "大于或等于"], ">="),
    **dict.fromkeys(
        ["<=", "≤", "≦", "⩽", "=<", "不超过", "不高于", "不大于", "不多于", "小于等于", "小于或等于"], "<="
    ),
    **dict.fromkeys(["=", "═", "等于"], "="),
    **dict.fromkeys([">", "大于", "高于", "超过"], ">"),
    **dict.fromkeys(["<", "小于", "低于", "少于"], "<"),
}
_SUFFIXES: dict[str, Sign] = {
    **dict.fromkeys(["及以上", "(含)以上", "以上", "及其以上"], ">="),
    **dict.fromkeys(["及以下", "(含)以下", "以下", "以内", "及其以下"], "<="),
}
_SIGN = "|".join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))
_SUFFIX = "|".join(sorted(map(re.escape, _SUFFIXES), key=len, reverse=True))
_NUMBER = re.compile(
    rf"({_SIGN})?\s*([+-]?\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?)\s*(\D{{0,12}}?)({_SUFFIX})?"
)
_DATE = re.compile(
    rf"({_SIGN})?\s*(\d{{4}})(?:年|-|/|\.)(\d{{1,2}})(?:月|-|/|\.)(\d{{1,2}})日?(?:({_SUFFIX})|以?前|之前)?"
)
FIGURE = (  # a figure with its unit, as a text writes it out
    r"\d[\d,]*(?:\.\d+)?\s*(?:万元|亿元|元|%|％|个百分点|人次|人|名|个|次|户|批次|批|家|场|份|项|公里|平方米|亩|吨)"
)
_HAN = set("〇一二三四五六七八九十百千万亿两")
_LONGEST = 40  # digits of a printed number


def normalised(text: str) -> str:
    """Printed text with full-width digits and signs made plain and spaces gone: `＝１００％` → `=100%`."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.replace("㎡", "平方米")))


_WIDE = "\u2014\u2018-\u201d\u2026\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_FOLD = rf"(?<=[{_WIDE}])\s+(?=[{_WIDE}{{])|(?<=[{_WIDE}}}])\s+(?=[{_WIDE}])"


def unfolded(text: str) -> str:
    """Prose whose lines were folded in the file, joined as Chinese is: no space between Chinese characters."""
    return re.sub(_FOLD, "", text).strip() if " " in text or "\n" in text else text  # compiled when first needed


@lru_cache(maxsize=4096)  # the same few targets, over and over
def read_target(text: str, sign: Sign | None = None) -> Target:
    """A target as printed in forms: `≧95%`, `≤10万元`, `＝100%`, `不低于95%`, `141人`, `2019年12月31日前`, or words.

    A sign given beside the text wins over none printed; two that differ are a fault. A number without any sign is `=`;
    a date is `<=`. Text that is not one number with a unit is qualitative.
    """
    clean = normalised(text)
    if not clean:
        raise Fault(Text("目标值是空的", "the target is empty"))
    if sign == "text":
        return Target("text", None, text.strip())
    printed: Sign | None = None
    quantity: Quantity | None = None
    if found := _DATE.fullmatch(clean):
        before, year, month, day, after = found.groups()
        quantity = _date(int(year), int(month), int(day), text)
        printed = _SIGNS.get(before or "") or _SUFFIXES.get(after or "") or "<="
    elif found := _number(text, clean):
        before, digits, unit, after = found.groups()
        quantity = _quantity(digits, unit, text)
        printed = _SIGNS.get(before or "") or _SUFFIXES.get(after or "")
    if quantity is None:
        if sign is not None:
            raise Fault(
                Text(f"目标值“{text}”不是一个数", f"the target '{text}' is not one number"),
                Text(
                    "定量目标写成一个数加单位，如 ≥95%；定性目标不写 sign",
                    "write one number and its unit, such as ≥95%",
                ),
            )
        return Target("text", None, text.strip())
    if sign is not None and printed is not None and sign != printed:
        raise Fault(
            Text(f"sign 写的是 {sign}，目标值里却是“{text}”", f"sign says {sign} but the target reads '{text}'")
        )
    return Target(sign or printed or "=", quantity, text.strip(), not (sign or printed))


def read_quantity(written: object) -> Quantity:
    """One plain quantity: `10.34万元`, `141人`, `95%`, `2019-12-31`. Fault: when there is a sign, no number or two."""
    return _quantity_in(f"{written:f}" if isinstance(written, Decimal) else str(written))


@lru_cache(maxsize=4096)  # the targets and limits of a set, over and over
def _quantity_in(text: str) -> Quantity:
    clean = normalised(text)
    if found := _DATE.fullmatch(clean):
        sign, year, month, day, after = found.groups()
        if sign or after or clean.endswith("前"):
            raise _not_one_value(text)
        return _date(int(year), int(month), int(day), text)
    found = _number(text, clean)
    if not found or (found[1] and _SIGNS[found[1]] != "=") or found[4]:
        raise _not_one_value(text)
    return _quantity(found[2], found[3], text)


def _number(text: str, clean: str) -> re.Match[str] | None:
    """One number with a unit; not 10², ①完成, 100%完成 or the year 2019年, which only look like one."""
    found = _NUMBER.fullmatch(clean)
    if found is None or any(letter.isnumeric() and not letter.isdecimal() for letter in set(text) - _HAN):
        return None
    year = found[3] == "年" and "." not in found[2] and len(found[2]) == 4
    return None if year or re.match(r"[%‰].", found[3]) else found


def repeats(target: Target, actual: str) -> bool:
    """Whether an actual only repeats the target, with its sign or its wording, and so demonstrates nothing.

    `≧95%` against `≧95%` and 关爱各级劳模 against 关爱各级劳模 repeat; a plain 100% against ＝100% is an actual.
    """
    clean, wanted = _bare(actual), _bare(target.printed)
    if target.quantity is None:
        return clean == wanted
    found = _NUMBER.fullmatch(normalised(actual)) or _DATE.fullmatch(normalised(actual))
    if not found or not (found[1] or found[found.re.groups] or normalised(actual).endswith("前")):
        return False
    try:
        same = read_target(actual)
        return same.quantity is not None and same.sign == target.sign and _alike(same.quantity, target.quantity)
    except Fault:
        return False


def _alike(one: Quantity, other: Quantity) -> bool:
    try:
        return one.to(other.unit).value == other.value
    except Fault:
        return False


def _bare(text: str) -> str:
    return re.sub(r"[。．.，,、；;：:！!“”\"'（）()]", "", normalised(text))


def _quantity(digits: str, unit: str, text: str) -> Quantity:
    digits = digits.replace(",", "")
    if unit == DATE:
        raise _not_one_value(text)
    if len(digits) > _LONGEST:
        raise Fault(Text(f"数字太长：{text[:20]}…", f"the number is too long: {text[:20]}…"))
    return Quantity(Fraction(digits), unit)


def _date(year: int, month: int, day: int, text: str) -> Quantity:
    try:
        return Quantity(Fraction(date(year, month, day).toordinal()), DATE)
    except ValueError:
        raise Fault(Text(f"日历上没有这一天：{text}", f"no such day: {text}")) from None


def _not_one_value(text: str) -> Fault:
    return Fault(
        Text(f"“{text}”不是一个数值", f"'{text}' is not one value"),
        Text(
            "写一个数和单位，如 10.34万元、141人、95%、2019-12-31",
            "write one number and its unit, such as 10.34万元, 141人, 95% or 2019-12-31",
        ),
    )
