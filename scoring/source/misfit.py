"""pydantic's errors → what is wrong and what to write instead, in the words of people who keep accounts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from scoring.errors import Diagnostic, Fault, Text, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from scoring.source.text import Source

MAX_FAULTS = 100

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
TEXT_PATTERN = rf"^[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*$"
ID_PATTERN = "^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$"
NAME_PATTERN = "^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$"

NUMBER = Text("数字", "a number")
DATE = Text("日期，如 2019-12-31", "a date such as 2019-12-31")
_TEXT = Text("一段文字", "text")
_BOOL = Text("true（是）或 false（否）", "true or false")
_WHOLE = Text("整数", "a whole number")
_LIST = Text("一个列表（每项一行，以“- ”开头）", "a list (one entry a line, after a dash)")
_MAPPING = Text("一组“键: 值”", "a mapping of keys to values")
# By the first word of pydantic's error type: string_type, int_parsing, frozen_set_type …
_NOUNS = {"string": _TEXT, "bool": _BOOL, "int": _WHOLE, "decimal": NUMBER, "float": NUMBER, "date": DATE}
_NOUNS |= dict.fromkeys(("list", "tuple", "set", "frozen"), _LIST)
_NOUNS |= dict.fromkeys(("model", "dict", "mapping"), _MAPPING)
_LIMITS = {
    "greater_than": Text("应当大于 {gt}", "must be more than {gt}"),
    "greater_than_equal": Text("不能小于 {ge}", "must be at least {ge}"),
    "less_than": Text("应当小于 {lt}", "must be less than {lt}"),
    "less_than_equal": Text("不能大于 {le}", "must be at most {le}"),
    "multiple_of": Text("应当是 {multiple_of} 的倍数", "must be a multiple of {multiple_of}"),
    "decimal_max_digits": Text("最多 {max_digits} 位数字", "must have at most {max_digits} digits"),
    "decimal_max_places": Text("最多 {decimal_places} 位小数", "must have at most {decimal_places} decimal places"),
    "decimal_whole_digits": Text("整数部分最多 {whole_digits} 位", "must have at most {whole_digits} whole digits"),
    "string_too_short": Text("至少要 {min_length} 个字", "must have at least {min_length} characters"),
    "string_too_long": Text("最多 {max_length} 个字", "must have at most {max_length} characters"),
    "too_short": Text("至少要有 {min_length} 项，现有 {actual_length} 项", "must have at least {min_length} entries"),
    "too_long": Text("最多 {max_length} 项", "must have at most {max_length} entries"),
}
_BOOLS = dict.fromkeys(("true", "yes", "on", "是", "对", "有"), "true")
_BOOLS |= dict.fromkeys(("false", "no", "off", "否", "不是", "无"), "false")
_WRITE_OR_DELETE = Text("请写上内容；不需要就删去这一行", "write a value, or delete the line")


def diagnostics(
    source: Source, model: type[BaseModel], error: ValidationError, keys_of: Callable[[object], dict[str, str]]
) -> list[Diagnostic]:
    """A Diagnostic for every error; the branches of an untagged union that all refuse one value make one together.

    keys_of tells which keys a mapping of the file may have, each with its title or "".
    """
    errors = error.errors(include_url=False)
    places = [each["loc"] for each in errors]
    # pydantic does not count an entry that failed itself: the list is not too short for that
    errors = [
        each
        for each in errors
        if each["type"] != "too_short"
        or not any(len(loc) > len(each["loc"]) and loc[: len(each["loc"])] == each["loc"] for loc in places)
    ]
    kinds = _kinds(source, model, errors)
    made: list[Diagnostic] = []
    branches: dict[tuple[str | int, ...], int] = {}
    for each in errors[:MAX_FAULTS]:
        kind, steps = each["type"], each["loc"]
        of_key = kind in ("missing", "extra_forbidden")
        path, value = walk(source.data, steps[:-1] if of_key else steps)
        at_key = kind == "extra_forbidden" or steps[-1:] == ("[key]",)
        if kind == "missing":
            fault = _missing(str(steps[-1]), keys_of(value).get(str(steps[-1]), ""))
        elif kind == "extra_forbidden":
            fault, path = _unknown(str(steps[-1]), keys_of(value), value), [*path, steps[-1]]
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            key = str(each["ctx"]["discriminator"]).strip("'")
            allowed = _options(each["ctx"].get("expected_tags") or kinds.get(steps, ""))
            if isinstance(value, dict) and key in value:
                fault, path = _choice(value[key], allowed), [*path, key]
            else:
                fault = _missing(key, "", allowed)
        else:
            fault = _explain(each)
        diagnostic = source.diagnose(fault, path, at_key=at_key)
        if not of_key and not at_key and path[-1:] != list(steps[-1:]):  # the last step names a branch, not a place
            earlier = branches.setdefault(tuple(path), len(made))
            if earlier < len(made):
                made[earlier] = _either(made[earlier], diagnostic)
                continue
        made.append(diagnostic)
    if len(errors) > MAX_FAULTS:
        rest = Text("错误太多，后面的没有列出", "too many faults; the rest is not listed")
        made.append(Diagnostic(rest, file=source.file))
    return made


def _either(one: Diagnostic, other: Diagnostic) -> Diagnostic:
    message = Text(f"{one.message.zh}；或者：{other.message.zh}", f"{one.message.en}; or: {other.message.en}")
    hint = one.hint or other.hint
    if one.hint and other.hint and one.hint != other.hint:
        hint = Text(f"{one.hint.zh}；或者{other.hint.zh}", f"{one.hint.en}; or {other.hint.en}")
    return replace(one, message=message, hint=hint)


def walk(data: object, steps: Sequence[str | int]) -> tuple[list[str | int], object]:
    """The path that really is in the data, and the value there: pydantic puts the tags of unions among the steps.

    A tag that is also a key, as in `{kind: formula, formula: …}`, is told by being the mapping's own kind.
    """
    path: list[str | int] = []
    told: object = None
    for step in steps:
        if isinstance(data, dict):
            if step == data.get("kind") and told is not data:
                told = data
            elif step in data:
                path, data = [*path, step], data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            path, data = [*path, step], data[step]
    return path, data


def wanted(noun: Text, value: object) -> Fault:
    """The value is not of the sort that is wanted."""
    if value is None:
        message = Text(f"这里没有写内容，应当写{_apart(noun.zh)}", f"there is nothing here; write {noun.en}")
        return Fault(message, _WRITE_OR_DELETE)
    shown = _shown(value)
    zh = f"这里应当写{_apart(noun.zh)}，写的却是{_apart(shown.zh)}"
    message = Text(zh, f"this must be {noun.en}, not {shown.en}")
    if isinstance(value, str) and (slip := re.search(r"(?<=\S)(?:：|(?<=[^\W\d]):(?=[^\s/]))", value)):
        meant = f"{value[: slip.start()].split()[-1]}: {value[slip.end() :].strip()}"
        hint = Text(f"冒号后面要有一个空格：{meant}", f"a space follows the colon: {meant}")
        if slip[0] == "：":
            hint = Text(f"“：”是全角冒号，请改成半角冒号加空格：{meant}", f"“：” is a full-width colon; write {meant}")
        return Fault(message, hint, offset=slip.start())
    return Fault(message, _instead(noun, value))


def _instead(noun: Text, value: object) -> Text | None:
    """What to write in place of a value that is not of the sort wanted."""
    plain = unicodedata.normalize("NFKC", str(value)).strip()
    meant = None
    if noun is _TEXT and isinstance(value, bool | int | Decimal):
        return Text(f'加上引号，写成 "{_shown(value).zh}"', f'put it in quotes: "{_shown(value).en}"')
    if noun is _BOOL:
        meant = _BOOLS.get(plain.lower())
    elif noun in (NUMBER, _WHOLE) and isinstance(value, str):
        number = re.fullmatch(r"([-+]?[0-9]+(?:\.[0-9]+)?)([^0-9]*)", plain.replace(",", "").replace("−", "-"))
        if number is None:
            return Text("只写数字，例如 95", "write digits, as in 95")
        meant, unit = number[1], number[2].strip()
        if unit:
            return Text(f"只写数字 {meant}，“{unit}”是单位，不写在这里", f"write {meant}; {unit} is a unit")
        if meant == value:
            return Text(f"去掉引号，写成 {meant}", f"write {meant}, without quotes")
    elif noun is DATE and (day := re.fullmatch(r"([0-9]{4})\D?([0-9]{1,2})\D?([0-9]{1,2})\D?", plain)):
        try:
            meant = date(*map(int, day.groups())).isoformat()
        except ValueError:
            return None
    return Text(f"写成 {meant}", f"write {meant}") if meant else None


def _shown(value: object) -> Text:
    if isinstance(value, dict | list):
        return Text("一组“键: 值”", "a mapping") if isinstance(value, dict) else Text("一个列表", "a list")
    if isinstance(value, str):
        line = re.sub(r"\s*\n\s*", " ", value)
        line = line if len(line) <= 30 else line[:30] + "…"
        return Text(f"“{line}”", f'"{line}"')
    if value is None:
        return Text("空", "nothing")
    plain = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return Text(plain.lower(), plain.lower())


def _apart(words: str) -> str:
    """Words to follow Chinese ones: a space comes before Latin letters and digits."""
    return f" {words}" if words[:1].isascii() else words


def _missing(key: str, title: str, allowed: Sequence[str] = ()) -> Fault:
    message = Text(f"缺少“{key}”（{title}）", f"{key} ({title}) is missing")
    if not title:
        message = Text(f"缺少“{key}”", f"{key} is missing")
    if allowed:
        return Fault(message, Text(f"请加一行，可以写：{'、'.join(allowed)}", f"add it: {', '.join(allowed)}"))
    return Fault(message, Text(f"请加一行“{key}: …”", f"add a line {key}: …"))


def _unknown(key: str, known: dict[str, str], mapping: object) -> Fault:
    message = Text(f"这里没有{_shown(key).zh}这个键", f"there is no key {_shown(key).en} here")
    if key[:1] in ("\u3000", "\xa0"):
        return Fault(message, Text("键的前面是全角空格，缩进请用半角空格", "indent with ASCII spaces, not wide ones"))
    plain = unicodedata.normalize("NFKC", key)
    if slip := re.match(r"\s*([^\s:]+):(?=\S)(.*)", plain):
        meant = f"{slip[1]}: {slip[2].strip()}"
        return Fault(message, Text(f"冒号要用半角，后面加一个空格：{meant}", f"an ASCII colon and a space: {meant}"))
    # Without dashes, quotes, wide spaces and the invisible characters that come with text copied from elsewhere.
    name = "".join(c for c in plain if unicodedata.category(c) != "Cf").strip(" -\"'“”‘’")
    titled = {title: name for name, title in known.items() if title}
    free = set(known) - set(mapping if isinstance(mapping, dict) else ())
    if near := name if name in known else titled.get(name) or nearest(name, list(known), free):
        return Fault(message, Text(f"是不是“{near}”？", f"did you mean {near}?"))
    return Fault(
        message, Text(f"这里可以写：{'、'.join(known)}", f"the keys here: {', '.join(known)}") if known else None
    )


def _choice(value: object, allowed: Sequence[str]) -> Fault:
    shown = _shown(value)
    message = Text(f"这里不能写{_apart(shown.zh)}", f"{shown.en} is not one of the choices")
    if value is None:
        message = Text("这里没有写内容", "there is nothing here")
    zh, en = f"可以写：{'、'.join(allowed)}", f"the choices: {', '.join(allowed)}"
    if isinstance(value, str) and (near := nearest(value, list(allowed))):
        zh, en = f"是不是“{near}”？{zh}", f"did you mean {near}? ({en})"
    return Fault(message, Text(zh, en))


def _options(expected: object) -> list[str]:
    """The words in pydantic's list: `'a', 'b' or 'c'`."""
    return [word.strip("'") for word in re.split(", | or ", str(expected)) if word]


def _kinds(source: Source, model: type[BaseModel], errors: list[ErrorDetails]) -> dict[tuple[int | str, ...], str]:
    """pydantic lists the kinds allowed only where it is given a wrong one, so give it one where there is none."""
    lacking = [error for error in errors if error["type"] == "union_tag_not_found"]
    if not lacking:
        return {}
    data = deepcopy(source.data)
    for error in lacking:
        mapping = walk(data, error["loc"])[1]
        if isinstance(mapping, dict):
            mapping[str(error["ctx"]["discriminator"]).strip("'")] = ""
    try:
        model.model_validate(data)
    except ValidationError as again:
        return {e["loc"]: str(e.get("ctx", {}).get("expected_tags", "")) for e in again.errors(include_url=False)}
    return {}


def _explain(error: ErrorDetails) -> Fault:
    kind, value, details = error["type"], error["input"], error.get("ctx", {})
    raised = details.get("error")
    if isinstance(raised, Exception):
        return raised if isinstance(raised, Fault) else Fault(Text(str(raised), str(raised)))
    if kind in ("literal_error", "enum"):
        return _choice(value, _options(details["expected"]))
    if kind == "string_pattern_mismatch" and (fault := _pattern(str(value), str(details["pattern"]))):
        return fault
    shown = _shown(value)
    if kind in _LIMITS:
        zh, en = (words.format(**details) for words in _LIMITS[kind])
        if isinstance(value, dict | list):
            return Fault(Text(f"这里{zh}", f"this {en}"))
        return Fault(Text(f"写的是{_apart(shown.zh)}，{zh}", f"{shown.en} {en}"))
    noun = _NOUNS.get(kind.split("_")[0])
    if noun and kind.endswith(("_type", "_parsing", "_from_float")):
        return wanted(noun, value)
    return Fault(Text(f"这里不能写{_apart(shown.zh)}", error["msg"]))


def _pattern(text: str, pattern: str) -> Fault | None:
    """Why the text of a Str, an Id or a Name does not do."""
    if pattern == TEXT_PATTERN:
        if bad := re.search(f"[{_CONTROL}]", text):
            code = f"U+{ord(bad[0]):04X}"
            return Fault(Text(f"文字里有控制字符（{code}）", f"there is a control character ({code}) in the text"))
        return Fault(Text("这里的文字是空的", "the text here is blank"), _WRITE_OR_DELETE)
    if pattern not in (ID_PATTERN, NAME_PATTERN):
        return None
    signs, either = ("-_", Text("“-”或“_”", "- or _")) if pattern == ID_PATTERN else ("_", Text("“_”", "_"))
    zh, en = f"“{text}”不能用作标识", f'"{text}" cannot be an id'
    if odd := dict.fromkeys(re.sub(f"[a-z0-9{signs}]", "", text)):
        shown = [("空格", "spaces") if c.isspace() else (f"“{c}”", c) for c in odd][:5]
        zh, en = (
            f"{zh}：不能有{'、'.join(z for z, _ in shown)}",
            f"{en}: it cannot hold {', '.join(e for _, e in shown)}",
        )
    elif not text[:1].isalpha():
        zh, en = f"{zh}：要以小写字母开头", f"{en}: it begins with a small letter"
    else:
        zh, en = f"{zh}：{either.zh}不能连用，也不能放在最后", f"{en}: {either.en} stands only between words"
    hint = Text(f"只用小写字母、数字，中间用{either.zh}连接", f"use small letters and digits, joined by {either.en}")
    meant = signs[0].join(re.findall("[a-z0-9]+", text.lower()))
    if text.isascii() and re.match(pattern, meant):
        hint = Text(f"{hint.zh}，例如 {meant}", f"{hint.en}, as in {meant}")
    return Fault(Text(zh, en), hint)
