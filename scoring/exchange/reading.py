"""What is printed in the cells of an official form: numbers, targets with their signs and units, actuals, lists in one cell."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

from scoring.errors import Fault, Text
from scoring.values import DATE, PERCENT, UNITS, Sign, Target, normalised, read_quantity, read_target, repeats

_BLANK = {"", "-", "--", "—", "——", "/", "\\", "…", "……"}
_HAN = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CIRCLED = re.compile("[①-⑳]")
_NUMBERED = re.compile(r"^\s*(?:[（(]\d{1,2}[)）]|\d{1,2}(?:[、．]|\.(?!\d)))\s*")
_COUNTED = re.compile(r"^\s*\d{1,2}\.\s*")
_WORDED: dict[str, str] = {  # wordings of a sign that `read_target` leaves to us
    **dict.fromkeys(["不得低于", "不得少于", "不少於", "不低於", "至少", "高于或等于", "达到或超过", "达到"], "≥"),
    **dict.fromkeys(["不得超过", "不得高于", "不得多于", "至多", "最多", "低于或等于", "控制在"], "≤"),
}


def label(text: str) -> str:
    """A heading as it is compared: no blanks, no remarks in brackets, no colon."""
    plain = re.sub(r"\([^()]*\)", "", normalised(text))
    return re.sub(r"[:*★☆、。.]+$", "", plain).lstrip("*★☆")


def blank(text: str, no: bool = False) -> bool:
    """Whether a cell says nothing; no: whether 无 says nothing too, as it does where a number is asked."""
    clean = normalised(text)
    return clean in _BLANK or (no and clean in ("无", "N/A", "n/a", "√", "×"))


def line(text: str) -> str:
    """A cell's text on one line, with a space only where letters or numbers would run together."""
    return re.sub(r"(?<=[0-9A-Za-z])\n(?=[0-9A-Za-z])", " ", text).replace("\n", "")


def number(text: str) -> Decimal | None:
    """One plain number, such as points: `10`, `10.00`, `10分`, `1,234.5`; None when it is none."""
    found = re.fullmatch(r"(-?\d{1,3}(?:,\d{3})+(?:\.\d{1,10})?|-?\d{1,15}(?:\.\d{1,10})?)(?:分|%)?", normalised(text))
    return Decimal(found[1].replace(",", "")) if found else None


def percent_words(text: str) -> str:
    """百分之九十五 and 95百分比 as 95%."""
    text = re.sub(r"(?<=\d)\s*(?:个)?百分比", "%", text)

    def digits(found: re.Match[str]) -> str:
        words = found[1]
        if re.fullmatch(r"[\d.]+", words):
            return f"{words}%"
        whole, _, places = words.partition("点")
        if whole in ("百", "一百"):
            value = 100
        elif "十" in whole:
            tens, _, ones = whole.partition("十")
            value = (_HAN[tens] if tens else 1) * 10 + (_HAN[ones] if ones else 0)
        elif len(whole) == 1:
            value = _HAN[whole]
        else:
            return found[0]
        return f"{value}{'.' if places else ''}{''.join(str(_HAN[digit]) for digit in places)}%"

    han = "".join(_HAN)
    return re.sub(
        rf"百分之([\d.]+|一?百|[{han}]?十[{han}]?(?:点[{han}]+)?|[{han}](?:点[{han}]+)?)(?![{han}十百])", digits, text
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as it will be written: its text, the sign beside it where none is printed, and what was assumed."""

    text: str
    sign: Sign | None
    goal: Target
    assumed: tuple[Text, ...] = field(default=())


def wanted(printed: str, sign: str = "", unit: str = "", second: str = "") -> Wanted:
    """A target from its cell, and from the columns for sign and unit where the form has them. second: the second level.

    Fault: a number that cannot be one, such as a day that the calendar lacks.
    """
    text = line(printed)
    assumed: list[Text] = []
    alone = re.fullmatch(r"[+-]?[\d,]*\.?\d+%?", normalised(text)) is not None
    if alone and unit and not blank(unit):
        text = f"{text}{line(unit)}"
    if sign and not blank(sign) and (alone or not read_target(text).quantity):
        text = f"{line(sign)}{text}"
    read = percent_words(text)
    for words, plain in _WORDED.items():
        if normalised(read).startswith(words):
            read = plain + normalised(read).removeprefix(words)
            read = read.removesuffix("以内") if plain == "≤" else read
            break
    goal = read_target(read)
    if read != text and goal.quantity is not None:
        assumed.append(Text(f"“{text}”读作 {read}", f"'{text}' is read as {read}"))
        text = read
    goal = read_target(text)
    if goal.quantity is not None and goal.quantity.unit == DATE:
        assumed.append(Text(f"日期“{text}”没有比例可算，按文字目标由人评判", f"the date '{text}' is left to judgement"))
        return Wanted(text, "text", read_target(text, "text"), tuple(assumed))
    if goal.quantity is not None and goal.quantity.value < 0:
        assumed.append(
            Text(f"负数“{text}”没有比例可算，按文字目标由人评判", f"'{text}' is negative: left to judgement")
        )
        return Wanted(text, "text", read_target(text, "text"), tuple(assumed))
    if goal.quantity is None and re.search(r"\d", normalised(text)):
        zh, en = f"“{text}”不是一个数，按文字目标由人评判", f"'{text}' is not one number: left to judgement"
        assumed.append(Text(zh, en))
    if goal.quantity is not None and goal.sign in (">", "<"):
        shown = goal.quantity.show()
        zh = f"目标值“{text}”不含本数，计算完成率时达到 {shown} 即算完成"
        assumed.append(Text(zh, f"'{text}' leaves the number itself out, yet reaching {shown} counts as met"))
    if not goal.assumed:
        return Wanted(text, None, goal, tuple(assumed))
    quantity = goal.quantity
    assert quantity is not None
    less = not quantity.value or "成本" in second or UNITS.get(quantity.unit, ("",))[0] in ("time", "working time")
    assumed_sign: Sign = "<=" if less else ">="
    shown = "≤" if less else "≥"
    assumed.append(
        Text(f"目标值“{text}”没有印符号，按 {shown} 读", f"the target '{text}' has no sign: read as {shown}")
    )
    return Wanted(text, assumed_sign, read_target(text, assumed_sign), tuple(assumed))


@dataclass(frozen=True, slots=True)
class Found:
    """An actual as it will be written, what was assumed, or why it is not written."""

    text: str | None
    assumed: Text | None = None
    problem: Text | None = None


def found(printed: str, goal: Target) -> Found:
    """An actual from its cell, held against its target."""
    text = line(printed)
    if goal.quantity is None:
        return Found(text)
    read = percent_words(text)
    if repeats(goal, read):
        return Found(read)  # it demonstrates nothing, and the score will say so
    unit = goal.quantity.unit
    try:
        quantity = read_quantity(read)
        if not quantity.unit and unit in UNITS:
            if unit == PERCENT and 0 < quantity.value <= 1:
                zh, en = f"“{text}”可能是 {text}%，也可能是百分数", f"'{text}' may be a share or a percentage"
                return Found(None, None, Text(f"{zh}，没有写入", f"{en}: left out"))
            zh, en = f"实际完成值“{text}”没有写单位，按 {unit} 读", f"the actual '{text}' has no unit: read as {unit}"
            return Found(f"{read}{unit}", Text(zh, en))
        quantity.to(unit)
    except Fault as fault:
        return Found(None, None, Text(f"{fault.message.zh}，没有写入", f"{fault.message.en}: left out"))
    if quantity.value < 0:
        return Found(None, None, Text(f"“{text}”是负数，没有写入", f"'{text}' is negative: left out"))
    return Found(read, Text(f"“{text}”读作 {read}", f"'{text}' is read as {read}") if read != text else None)


def items(text: str, like: str = "") -> list[str]:
    """The parts of a cell that lists several: ①…②…, or lines; the marks taken off. One part: the cell is one.

    like: the cell beside it; where that counts its lines 1. 2. 3., `1.12期` here is the first of them, 12期.
    """
    if len(_CIRCLED.findall(text)) > 1:
        parts = _CIRCLED.split(text)
        parts = parts[1:] if not parts[0].strip() else [parts[0] + parts[1], *parts[2:]]
    else:
        parts = text.split("\n")
    mark = _COUNTED if like and _counts(like) and _counts(text) else _NUMBERED
    return [re.sub(r"[；;。，,、]+$", "", mark.sub("", line(part)).strip()) for part in parts if part.strip()]


def marked(text: str) -> bool:
    """Whether every part of a cell carries a mark of its own, and so is no line broken to fit."""
    if len(_CIRCLED.findall(text)) > 1:
        return _CIRCLED.match(text.strip()) is not None
    lines = [each for each in text.split("\n") if each.strip()]
    return len(lines) > 1 and all(_NUMBERED.match(each) for each in lines)


def _counts(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) > 1 and all(re.match(rf"{number_}\.", each.strip()) for number_, each in enumerate(lines, 1))


def split_label(item: str) -> tuple[str, str]:
    """What a listed target is called, if it says, and the target: 培训人数≥100人."""
    if read_target(item).quantity is not None:
        return "", item
    plain = unicodedata.normalize("NFKC", item)
    for start in range(1, len(plain)):
        name, rest = plain[:start], plain[start:]
        if re.search(r"\d", name):
            break
        try:
            if read_target(rest).quantity is not None:
                return name.rstrip(":： "), rest
        except Fault:
            break
    return "", item
