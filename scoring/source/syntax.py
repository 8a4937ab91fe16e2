"""PyYAML's complaint about a file → what a person did, where, and what to write instead.

YAML often notices a slip only on the next line, so the lines nearby are searched for the slips people make most.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from yaml import MarkedYAMLError

from scoring.errors import Diagnostic, Text


class _Cause(NamedTuple):
    """`when` is searched for in PyYAML's complaint, `slip` on the lines nearby; group 1 of it is where it lies."""

    when: str
    message: Text
    hint: Text | None = None
    slip: str = ""
    at_start: bool = False  # what is wrong is where the quote or bracket opens, not where YAML gave up


_QUOTES = Text("请给整个值加上半角引号", "put the whole value in ASCII quotes")
_STRUCTURE = "mapping values|expected ':'|block mapping|block collection|document start|sequence entries"
_KEY = r"^\s*(?:- +)*"  # what may stand before a key

_SLIPS = (
    _Cause(
        "tab|any token",
        Text("缩进里有制表符（Tab）", "there is a tab in the indentation"),
        Text("请改用空格，每层两个", "use spaces, two a level"),
        r"^ *(\t)",
    ),
    _Cause(
        _STRUCTURE,
        Text("缩进里有全角空格", "there is a wide space in the indentation"),
        Text("请改用半角空格", "use ASCII spaces"),
        r"^ *([\u3000\u00a0])",
    ),
    _Cause(
        _STRUCTURE,
        Text("“：”是全角冒号，不能用来分隔键和值", "“：” is a full-width colon; it does not separate key from value"),
        Text("请改成半角冒号加一个空格“: ”", "write an ASCII colon and a space"),
        _KEY + r"[^\s\"'\[{#|>&*!:：][^:：#]*(：)",
    ),
    _Cause(
        _STRUCTURE,
        Text("冒号后面少了一个空格", "there is no space after the colon"),
        Text("例如 weight: 4", "as in weight: 4"),
        _KEY + r"[^\W\d][\w-]*(:)[^\s:/]",
    ),
    _Cause(
        _STRUCTURE,
        Text("“:”前面没有写键的名字", "there is no key before the colon"),
        Text("请写成“键: 值”", "write key: value"),
        _KEY + r"(:)(?:\s|$)",
    ),
    _Cause(
        _STRUCTURE,
        Text("“-”后面少了一个空格", "there is no space after the dash"),
        Text("列表的每一项以“- ”开头", "every entry of a list begins with a dash and a space"),
        r"^\s*(-)[^\s\d.-]",
    ),
    _Cause(
        "mapping values",
        Text("中文引号不起引号的作用", "full-width quotes do not quote here"),
        Text("请在整个值外面加半角引号", "put ASCII quotes round the whole value"),
        _KEY + r"[^:：#]*: +([“”‘’「『＂＇]).*: ",
    ),
    _Cause(
        "mapping values",
        Text("值里面又出现了“: ”", "there is another colon and space in the value"),
        Text("请给整个值加上引号；若是另一个键，请另起一行", "put the value in quotes; a new key begins a new line"),
        _KEY + r"[^:#]*: [^\"'\[{#].*?(:)(?:\s|$)",
    ),
    _Cause(
        "block mapping|document start",
        Text("引号已经结束，后面又有别的文字", "there is more text after the closing quote"),
        Text("引号里还要引号时，里面请用“”", "inside quotes, quote with the other kind"),
        _KEY + r"(?:[^:#'\"]*: +)?(?:\"[^\"]*\"|'[^']*')\s*([^\s:#,\]}])",
    ),
)

_CAUSES = (
    _Cause(
        "maximum nesting depth",
        Text("嵌套太深", "nested too deep"),
        Text("请检查括号是否成对、有没有多余的“- ”", "look for brackets left open and needless dashes"),
    ),
    _Cause(
        "quoted scalar.* (?:end of stream|document)",
        Text("从这里开始的引号没有结束", "the quote that opens here is not closed"),
        Text("请在文字末尾补上同样的引号", "close it with the same quote"),
        at_start=True,
    ),
    _Cause(
        "escape|hexdec|Unicode character",
        Text("双引号里的反斜杠“\\”后面不能这样写", "this is no escape that double quotes know"),
        Text("请改用单引号，或把反斜杠写成两个“\\\\”", "use single quotes, or write the backslash twice"),
    ),
    _Cause(
        r"flow (?:sequence|mapping).* '[]}]'",
        Text("从这里开始的括号没有结束，或者里面少了逗号", "this bracket is not closed, or lacks a comma"),
        Text("请检查括号是否成对、各项之间是否有半角逗号", "close the bracket, and put commas between the entries"),
        at_start=True,
    ),
    _Cause(
        "undefined alias",
        Text("“*”是引用别处的内容，但前面没有用“&”定义它", "* refers to an anchor (&) that is not there"),
        _QUOTES,
    ),
    _Cause(
        "duplicate anchor",
        Text("“&”后面的这个名字前面已经用过", "this anchor (&name) has been given before"),
        Text("请换一个名字", "use another name"),
    ),
    _Cause(
        "scanning an a(?:lias|nchor)",
        Text("值不能以“*”或“&”开头", "a value cannot begin with * or &"),
        _QUOTES,
        at_start=True,
    ),
    _Cause(
        "single document",
        Text("一个文件只能有一份内容，这里用“---”又开始了一份", "a file holds one document, and another begins here"),
        Text("请删去“---”，或把后一份另存为一个文件", "delete the ---, or keep the second in a file of its own"),
    ),
    _Cause("cannot start any token", Text("值不能以这个符号开头", "a value cannot begin with this character"), _QUOTES),
    _Cause(
        "tab character",
        Text("缩进里有制表符（Tab）", "there is a tab in the indentation"),
        Text("请改用空格", "use spaces"),
    ),
    _Cause(
        "expected ':'",
        Text("这一行没有冒号，不是“键: 值”", "this line has no colon, so it is not key: value"),
        Text("请写成“键: 值”；若是上一行文字的延续，请加缩进", "write key: value, or indent it"),
        at_start=True,
    ),
    _Cause(
        "mapping values",
        Text("这里不能出现“键: 值”", "key: value is not possible here"),
        Text("请检查这一行和上一行的缩进：同一组的键左边要对齐", "keys of one group begin at the same column"),
    ),
    _Cause(
        "sequence entries",
        Text("“- ”不能跟在键的同一行", "a list cannot begin on the line of its key"),
        Text("请另起一行写“- ”", "begin a new line"),
    ),
    _Cause(
        "document start",
        Text("这里与文件开头的内容接不上", "this does not belong to what the file begins with"),
        Text("最外层的各行要从同一列开始", "the outermost lines begin at the same column"),
    ),
    _Cause(
        "block mapping",
        Text("这里与同组的键对不齐，或者多了符号", "this does not line up with the keys above, or is out of place"),
        Text("同一组的键左边要对齐，只用空格缩进", "keys of one group begin at the same column"),
    ),
    _Cause(
        "block collection",
        Text("这里应当是以“- ”开头的一项", "an entry that begins with a dash was expected here"),
        Text("列表的各项左边要对齐；列表和键不能混在同一层", "entries line up, and do not mix with keys"),
    ),
    _Cause("tag", Text("这里不支持以“!”开头的类型标签", "tags (!name) are not supported here"), _QUOTES),
    _Cause(
        "block scalar",
        Text("“|”或“>”后面要先换行", "text after | or > begins on the next line"),
        Text("若它只是文字，请给整个值加上引号", "if it is only text, put the whole value in quotes"),
        at_start=True,
    ),
    _Cause(
        "directive|YAML document",
        Text("以“%”开头的行在这里用不着", "lines that begin with % have no use here"),
        Text("请删掉这一行，或给文字加上引号", "delete the line, or put the text in quotes"),
    ),
    _Cause(
        "node content",
        Text("这里应当写一个值", "a value was expected here"),
        Text("请检查括号和逗号；以括号或逗号开头的文字请加引号", "check brackets and commas; quote such text"),
    ),
    _Cause("", Text("这里的写法读不懂", "this cannot be read")),
)


def explain(error: MarkedYAMLError, text: str, file: Path) -> Diagnostic:
    """The complaint as a Diagnostic; the English text ends with PyYAML's own words, which can be looked up."""
    complaint = f"{error.context or ''} {error.problem or ''}"
    begin, end = error.context_mark or error.problem_mark, error.problem_mark or error.context_mark
    lines = text.splitlines()
    words = (error.problem or complaint).removeprefix("but ")
    if end and re.search(f"{_SLIPS[0].when}|{_STRUCTURE}", complaint):
        last = begin.line if begin and "simple key" in complaint else end.line
        before = next((n for n in range(min(last, len(lines)) - 1, -1, -1) if re.match(r"\s*[^\s#]", lines[n])), last)
        for number in (n for n in (last, before) if n < len(lines)):
            for cause in _SLIPS:
                if re.search(cause.when, complaint) and (slip := re.search(cause.slip, lines[number][:400])):
                    return _diagnostic(cause, words, file, number, slip.start(1))
    cause = next(cause for cause in _CAUSES if re.search(cause.when, complaint))
    mark = begin if cause.at_start else end
    return _diagnostic(cause, words, file, mark.line, mark.column) if mark else _diagnostic(cause, words, file, -1, -1)


def _diagnostic(cause: _Cause, words: str, file: Path, line: int, column: int) -> Diagnostic:
    message = Text(cause.message.zh, f"{cause.message.en} (YAML: {words})")
    return Diagnostic(message, cause.hint, file, line + 1, column + 1)
