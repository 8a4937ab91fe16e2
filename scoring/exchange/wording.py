"""The rule that the words of a scoring standard plainly state, as YAML; None where any part of them is not understood.

Every reader is given the text with its digits and signs made plain (①, ％ and ＞ are 1, % and >) and the weight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from scoring.errors import Text
from scoring.exchange.write import scalar
from scoring.values import plain

_N = r"(\d+(?:\.\d+)?)"
_POINTS = r"(?P<points>\d+(?:\.\d+)?)"
_END = r"扣完(?:本项|该项)?(?:分值|分数)?为止"
_GRADED = (
    r"优秀|优|很好|良好|良|较好|好|合格|基本合格|一般|中|较差|很差|差|不合格|达成|部分达成|未达成"
    r"|(?:非常|比较|较|不)?(?:显著|明显)"
)
_ONE = r"(?:一|1)(?:处|例|次|起|项|个|笔|件|家|条)"
_LOWER = {  # words of a lower edge → whether the number itself is left out of the band
    **dict.fromkeys(["达到或超过", "大于或等于", "大于等于", "不低于", "不少于", "不小于", "达到", ">=", "≥", "≧"], 0),
    **dict.fromkeys(["大于", "超过", "高于", ">"], 1),
}
_UPPER = {  # words of an upper edge → whether the number itself is in the band
    **dict.fromkeys(["小于或等于", "小于等于", "不超过", "不高于", "不大于", "<=", "≤", "≦"], 1),
    **dict.fromkeys(["未达到", "小于", "低于", "不足", "少于", "<"], 0),
}
_LOW, _UP = (rf"(?<![不未没有])(?:{'|'.join(words)})" for words in (_LOWER, _UPPER))
_SUBJECT = r"([^\d,，<>≤≥≦≧=]{0,10}?)"
_RANGES = (  # the ways to print the edges of a band; above and under are the signs, low and high the numbers
    rf"(?P<low>\d+(?:\.\d+)?)%(?P<flip>{_UP})(?P<subject>[^\d%<>≤≥≦≧=]{{0,10}}?)(?P<under>{_UP})(?P<high>\d+(?:\.\d+)?)%",
    rf"(?P<subject>{_SUBJECT})(?P<above>{_LOW})(?P<low>\d+(?:\.\d+)?)%(?:且|但|并且|、|,)?(?P<under>{_UP})(?P<high>\d+(?:\.\d+)?)%",
    rf"(?P<subject>{_SUBJECT})(?P<under>{_UP})(?P<high>\d+(?:\.\d+)?)%(?:且|但|并且|、|,)?(?P<above>{_LOW})(?P<low>\d+(?:\.\d+)?)%",
    rf"(?P<subject>{_SUBJECT})(?P<low>\d+(?:\.\d+)?)%?(?P<lowin>\((?:不)?含\))?[-~至到—](?P<high>\d+(?:\.\d+)?)%(?P<highin>\((?:不)?含\))?(?:之间)?",
    rf"(?P<subject>{_SUBJECT})(?P<above>{_LOW})(?P<low>\d+(?:\.\d+)?)%",
    rf"(?P<subject>{_SUBJECT})(?P<under>{_UP})(?P<high>\d+(?:\.\d+)?)%",
    rf"(?P<subject>{_SUBJECT})(?P<low>\d+(?:\.\d+)?)%(?P<up>及以上|\(含\)以上|\(不含\)以上|以上)?",
    rf"(?P<subject>{_SUBJECT})(?P<high>\d+(?:\.\d+)?)%(?P<down>及以下|\(含\)以下|\(不含\)以下|以下)",
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule as YAML, and what the words leave open and was assumed."""

    rule: str
    assumed: tuple[Text, ...] = ()


def stated(text: str, weight: Decimal) -> Stated | None:
    """The rule the words plainly state."""
    for reader in (_checklist, _levels, _yes_no, _steps, _deduct, _bands):
        if found := reader(text, weight):
            return found
    return None


def _clauses(text: str) -> list[str]:
    return [clause for clause in re.split(r"[,，;；。、]", text) if clause]


def _yes_no(text: str, weight: Decimal) -> Stated | None:
    otherwise = r"(?:否则|否|反之|不是|不符合|(?:未|没有)\S{0,12}?)"
    nothing = r"(?:不得分|不计分|得?0分)"
    found = re.fullmatch(rf"(.{{1,40}}?),?的?得(?:满分|{_N}分)[,;。]{otherwise},?的?{nothing}。?", text)
    if not found or re.search(r"得|扣|\d%", found[1]) or (found[2] and Decimal(found[2]) != weight):
        return None
    return Stated(f"{{kind: yes-no, question: {scalar(found[1])}}}")


def _deduct(text: str, weight: Decimal) -> Stated | None:
    """每…扣N分 or 发现一处…扣N分, each cause alone, 扣完为止 or nothing after it, 按期完成得满分 at most before it."""
    clauses = [clause for clause in _clauses(text) if not re.fullmatch(_END, clause)]
    causes: list[tuple[str, str]] = []
    assumed: list[Text] = []
    for index, clause in enumerate(clauses):
        lead = re.fullmatch(rf"按(?:期|时|计划|规定时间)[^\d得扣]{{0,8}}?的?得(?:满分|{_N}分)", clause)
        if lead and not index and len(clauses) > 1 and (lead[1] is None or Decimal(lead[1]) == weight):
            continue
        found = re.fullmatch(rf"(?:发现)?(?:每有|每|凡)(.{{1,40}}?)(?:的)?扣{_N}分", clause) or re.fullmatch(
            rf"(?:发现|出现)({_ONE}.{{0,40}}?)(?:的)?扣{_N}分", clause
        )
        if not found or re.search(r"百分点|\d%|[-~至]\d|得", clause):
            return None
        if time := re.search(r"(?:一|1)个?(工作日|天|日|周|月|小时)$", found[1]):
            zh = f"不满一{time[1]}怎么扣没有写，由记录的人按次数填"
            assumed.append(Text(zh, f"what part of one {time[1]} costs is not printed: left to the count recorded"))
        causes.append((_cause(found[1]), found[2]))
    listed = ", ".join(
        f"{{id: cause_{n}, title: {scalar(title)}, each: {points}}}" for n, (title, points) in enumerate(causes, 1)
    )
    return Stated(f"{{kind: deduct, causes: [{listed}]}}", tuple(assumed)) if causes else None


def _cause(words: str) -> str:
    """What costs points, without how it is counted: 一处违规 is 违规, 迟报一次 is 迟报."""
    said = re.sub(rf"^(?:发现|出现|发生)?(?:{_ONE})?", "", words)
    return re.sub(r"(?:一|1)次$", "", said) or "发现的问题"


def _levels(text: str, weight: Decimal) -> Stated | None:
    """好得10分，较好得8分，一般得6分，差不得分."""
    levels: list[str] = []
    best: Fraction | None = None
    subjects: set[str] = set()
    for clause in _clauses(text):
        found = re.fullmatch(
            rf"(?P<subject>[^\d得计扣]{{0,8}}?)(?P<name>{_GRADED})(?:的)?(?:(?:得|计){_POINTS}分|不得分|不计分)", clause
        )
        if found is None or re.search("[不未没无非较很最]$", found["subject"]):
            return None
        share = Fraction(Decimal(found["points"] or "0")) / Fraction(weight) * 100
        if share > 100 or (share * 100).denominator != 1:
            return None
        subjects |= {found["subject"]} - {""}
        levels.append(f"{{name: {scalar(found['name'])}, share: {plain(Decimal(int(share * 100)) / 100)}%}}")
        best = share if best is None else max(best, share)
    if len(levels) < 2 or len(set(levels)) < len(levels) or len(subjects) > 1 or best != 100:
        return None
    return Stated(f"{{kind: levels, levels: [{', '.join(levels)}]}}")


def _checklist(text: str, weight: Decimal) -> Stated | None:
    """①…(1分)②…(2分), or ①…得1分②…得2分: points of each that add up to the weight."""
    item = rf"(?:\(?\d{{1,2}}\)?[.、]?)?([^(),;。\d][^(),;。]{{1,60}}?)\({_N}分\)[,;。、]*"
    if "(" not in re.sub(r"\(\d{1,2}\)", "", text):  # numbered, and no alternatives such as 健全 and 基本健全
        item = rf"\(?\d{{1,2}}\)?[.、]?((?![基较部不未否])[^(),;。\d得扣%]{{2,60}})得{_N}分[,;。、]*"
    found = re.findall(item, text)
    if len(found) < 2 or re.sub(item, "", text) or sum(Decimal(points) for _, points in found) != weight:
        return None
    if any(not Decimal(points) for _, points in found):
        return None
    items = [
        f"{{id: item_{n}, title: {scalar(title)}, points: {points}}}" for n, (title, points) in enumerate(found, 1)
    ]
    return Stated(f"{{kind: checklist, items: [{', '.join(items)}]}}")


def _steps(text: str, weight: Decimal) -> Stated | None:
    """达到100%得满分，每低于1个百分点扣1分: full marks at a limit, so much less for every step away from it."""
    clauses = [clause for clause in _clauses(text) if not re.fullmatch(_END, clause)]
    if len(clauses) != 2:
        return None
    limit = re.fullmatch(rf"[^\d<>≤≥≦≧=]{{0,10}}?({_LOW}|{_UP}){_N}%的?得(?:满分|{_N}分)", clauses[0])
    step = re.fullmatch(rf"每(降低|下降|低于|低|超过|超出|高于|高|超){_N}(?:个百分点|%)的?扣{_N}分", clauses[1])
    if not limit or not step or (limit[3] and Decimal(limit[3]) != weight):
        return None
    below = step[1][0] in "降下低"
    if limit[1] not in (_LOWER if below else _UPPER):
        return None
    at = f'{{kind: steps, unit: "%", limit: {limit[2]}%, direction: {"below" if below else "above"}'
    zh = f"不满 {step[2]} 个百分点怎么扣没有写，按满 {step[2]} 个百分点才扣"
    return Stated(
        f"{at}, step: {step[2]}%, each: {step[3]}, count: whole}}",
        (Text(zh, f"an unfinished step of {step[2]} points is not spoken of: read as costing nothing"),),
    )


@dataclass(frozen=True, slots=True)
class _Edge:
    """An edge of a band. after: whether the number belongs to the band below it; said: whether a sign says so."""

    at: Decimal
    after: int | None
    said: bool


@dataclass(frozen=True, slots=True)
class _Band:
    subject: str
    low: _Edge | None
    high: _Edge | None
    points: Decimal
    bare: bool = False  # a number without any sign: 90%得8分


def _band(clause: str, weight: Decimal) -> _Band | None:
    ended = re.fullmatch(r"(.+?)(?:的|者)?(?:得|计)?(?:(满分)|(\d+(?:\.\d+)?)分|(不得分|不计分))", clause)
    if ended is None or not (ended[4] or re.search(r"[得计](?:满分|[\d.]+分)$", clause)):
        return None
    points = weight if ended[2] else Decimal(ended[3] or "0")
    for pattern in _RANGES:
        if found := re.fullmatch(pattern, ended[1]):
            part = found.groupdict()
            subject = re.sub(r"(?:在|为|处于)$", "", part["subject"])
            if re.search("[不未没无低少超高小大]", subject):
                return None  # a word for an edge that is not known here
            return _Band(subject, _low(part), _high(part), points, not {"above", "up", "high"} & _given(part))
    return None


def _given(part: dict[str, str | None]) -> set[str]:
    return {key for key, value in part.items() if value is not None}


def _low(part: dict[str, str | None]) -> _Edge | None:
    if part.get("low") is None:
        return None
    at = Decimal(part["low"] or "")
    if above := part.get("above"):
        return _Edge(at, _LOWER[above], True)
    if flip := part.get("flip"):  # 80%≤rate
        return _Edge(at, 1 - _UPPER[flip], True)
    within = part.get("lowin") or part.get("up") or ""
    return _Edge(at, int("不含" in within), "含" in within or "及" in within)


def _high(part: dict[str, str | None]) -> _Edge | None:
    if part.get("high") is None:
        return None
    at = Decimal(part["high"] or "")
    if under := part.get("under"):
        return _Edge(at, _UPPER[under], True)
    within = part.get("highin") or part.get("down") or ""
    if within == "以下":  # with the number or without it: what the band above says
        return _Edge(at, None, False)
    return _Edge(at, int("不含" not in within), "含" in within or "及" in within)


def _bands(text: str, weight: Decimal) -> Stated | None:
    """达到95%得10分，90%得8分，低于90%不得分: every edge met from both sides, or from one that says it."""
    bands: list[_Band] = []
    for clause in re.split(r"(?<=[分])[,，;；。、]", text.rstrip("。;；,，")):
        if (band := _band(clause, weight)) is None:
            return None
        bands.append(band)
    if len(bands) > 1 and bands[0].low is None:
        bands.reverse()
    if not bands or len({band.subject for band in bands if band.subject} - {"实际"}) > 1 or bands[0].points != weight:
        return None
    assumed: list[Text] = []
    if bands[0].high is not None:
        if bands[0].high.at != 100:
            return None
        assumed.append(Text("超过 100% 的也按最高一档", "above 100% counts as the highest band"))
    if bands[-1].low is not None:
        bands.append(_Band("", None, None, Decimal(0)))
        assumed.append(Text("没有写最低一档，按不得分", "no lowest band is printed: read as none"))
    listed = []
    up: list[str] = []
    down: list[str] = []
    for band, below in pairwise(bands):
        if band.low is None or (below.low is not None and below.low.at >= band.low.at):
            return None
        after, doubtful = _side(band.low, below.high)
        if after is None:
            return None
        if doubtful:
            (down if after else up).append(f"{plain(band.low.at)}%")
        listed.append(f"{{{'above' if after else 'at_least'}: {plain(band.low.at)}%, points: {plain(band.points)}}}")
    bare = [f"{plain(band.low.at)}%" for band in bands if band.low and band.bare]
    listed.append(f"{{points: {plain(bands[-1].points)}}}")
    for edges, zh, en in (
        (bare, "没有写符号，按达到即算读", "printed without a sign: read as reaching it"),
        (up, "归哪一档没有写明，归高的一档", "belongs to no one band as printed: taken as the higher"),
        (down, "归哪一档没有写明，按符号归低的一档", "belongs to no one band as printed: taken as the lower"),
    ):
        if edges:
            assumed.append(Text(f"{'、'.join(edges)} {zh}", f"{', '.join(edges)} {en}"))
    return Stated(f'{{kind: bands, unit: "%", bands: [{", ".join(listed)}]}}', tuple(assumed))


def _side(low: _Edge, high: _Edge | None) -> tuple[int | None, bool]:
    """On which side of a cut its number stands, and whether that is in doubt; None where two signs disagree."""
    if high is None:
        return low.after, False
    if low.at != high.at or (low.said and high.said and low.after != high.after):
        return None, False
    if high.after is None:
        return low.after, not low.said
    if low.after == high.after:
        return low.after, False
    return (high.after if high.said else low.after), True
