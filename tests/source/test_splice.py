"""Values written into YAML text: what is written reads back, and every line that was not touched is the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.source import Source, nodes, parse
from scoring.source.splice import END, REMOVE, Change, _changed, as_read, same, splice, value_at

HERE = Path("case.yaml")


@pytest.fixture(params=["C", "Python"], autouse=True, scope="module")
def _parser(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "Python":
            patch.setattr(nodes, "COMPOSER", nodes._PureComposer)
        yield


# name, text before, changes, text after
CASES: list[tuple[str, str, list[Change], str]] = [
    ("scalar", "a: 1   # 注\nb: 2\n", [Change(("a",), 4)], "a: 4   # 注\nb: 2\n"),
    ("digits are kept", "a: 1\n", [Change(("a",), Decimal("4.10"))], "a: 4.10\n"),
    ("quotes change", "a: 'x'\n", [Change(("a",), "no")], 'a: "no"\n'),
    ("a day and its text", "a: 1\nb: 1\n", [Change(("a",), date(2019, 12, 31)), Change(("b",), "2019-12-31")],
     'a: 2019-12-31\nb: "2019-12-31"\n'),
    ("nothing yet", "a:  # 注\nb: 2\n", [Change(("a",), "x")], "a: x  # 注\nb: 2\n"),
    ("windows line ends", "a: 1\r\nb:\r\n  c: 2\r\n", [Change(("b", "d"), True)], "a: 1\r\nb:\r\n  c: 2\r\n  d: true\r\n"),
    ("no line end at the end", "a: 1\nb: 2", [Change(("c",), 3)], "a: 1\nb: 2\nc: 3"),
    ("byte order mark", "\ufeffa: 1\n", [Change(("a",), 2)], "\ufeffa: 2\n"),
    ("key before the next section", "a:\n  b: 1\n  # 属于 a\n\n# 属于 c\nc: 1\n", [Change(("a", "d"), 2)],
     "a:\n  b: 1\n  # 属于 a\n  d: 2\n\n# 属于 c\nc: 1\n"),
    ("only comments below", "records:\n  # x: {mark: 1}\n\nb: 1\n", [Change(("records", "x", "mark"), 5)],
     "records:\n  # x: {mark: 1}\n  x:\n    mark: 5\n\nb: 1\n"),
    ("empty mapping", "records: {}  # 注\n", [Change(("records", "x", "mark"), 5)], "records:  # 注\n  x:\n    mark: 5\n"),
    ("flow mapping", "a: {b: 1}\n", [Change(("a", "c"), "x, y")], 'a: {b: 1, c: "x, y"}\n'),
    ("flow mapping over lines", "a: {\n  b: 1,  # 注\n}\n", [Change(("a", "c"), 2)], "a: {\n  b: 1, c: 2,  # 注\n}\n"),
    ("parents in a flow mapping", "a: {b: 1}\n", [Change(("a", "c", "d", END), 2)], "a: {b: 1, c: {d: [2]}}\n"),
    ("list grows", "a:\n- 1\n# 注\nb: 1\n", [Change(("a", END), 2)], "a:\n- 1\n- 2\n# 注\nb: 1\n"),
    ("list of mappings grows", "a: [{b: 1}]\n", [Change(("a", END), {"b": 2})], "a: [{b: 1}, {b: 2}]\n"),
    ("long entry", "a:\n  - b: 1\n", [Change(("a", END), {"b": "长" * 60, "c": "x\ny"})],
     f"a:\n  - b: 1\n  - b: {'长' * 60}\n    c: |-\n      x\n      y\n"),
    ("lines", "a: 1  # 注\nb: 2\n", [Change(("a",), "x\n\n y")], "a: |-  # 注\n  x\n\n   y\nb: 2\n"),
    ("block scalar replaced", "a: >-\n  x\n  y\n\nb: 2\n", [Change(("a",), "z")], "a: z\n\nb: 2\n"),
    ("kept blank lines", "a: |+\n  x\n\n\nb: 2\n", [Change(("a",), "z")], "a: z\nb: 2\n"),
    ("block becomes scalar", "a:\n  b: 1\n  c: 2\nd: 3\n", [Change(("a",), 1)], "a: 1\nd: 3\n"),
    ("key removed", "a: 1\nb: 2  # 注\nc: 3\n", [Change(("b",), REMOVE)], "a: 1\nc: 3\n"),
    ("last key removed", "a:\n  b: 1\nc: 3", [Change(("a", "b"), REMOVE)], "a: {}\nc: 3"),
    ("only the last line", "a: 1\nb: 2", [Change(("b",), REMOVE)], "a: 1"),
    ("first of a flow mapping", "a: {b: 1, c: 2}\n", [Change(("a", "b"), REMOVE)], "a: {c: 2}\n"),
    ("last of a flow mapping", "a: {b: 1, c: 2}\n", [Change(("a", "c"), REMOVE)], "a: {b: 1}\n"),
    ("entry removed", "a: [1, 2, 3]\nb:\n- 1\n- 2\n", [Change(("a", 1), REMOVE), Change(("b", 0), REMOVE)],
     "a: [1, 3]\nb:\n- 2\n"),
    ("first key of an entry", "a:\n- b: 1\n  c: 2\n", [Change(("a", 0, "b"), REMOVE)], "a:\n- c: 2\n"),
    ("a dash in a comment", "a:\n-  # - x\n b: 1\n- # - y\n  2\n", [Change(("a", 0), REMOVE), Change(("a", 0), 3)],
     "a:\n- # - y\n  3\n"),
    ("the same value is no change", "a: 0x10\nb: 'x'\n", [Change(("a",), 16), Change(("b",), "x")], "a: 0x10\nb: 'x'\n"),
    ("nothing to remove", "a: 1\n", [Change(("b", "c"), REMOVE), Change(("b",), REMOVE)], "a: 1\n"),
    ("an alias elsewhere", "a: &x [1]\nb: *x\nc: 1\n", [Change(("c",), 2)], "a: &x [1]\nb: *x\nc: 2\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "changes", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_written(before: str, changes: list[Change], after: str) -> None:
    assert splice(before, changes) == after


MISREAD = [
    "no",
    "Yes",
    "12:30",
    "2019-12-31",
    "1e3",
    "0x1F",
    "0o17",
    "null",
    "~",
    "",
    " a",
    "a ",
    "> x",
    "≥95%",
    "- a",
    "-5",
]
MISREAD += [
    "a: b",
    "a #b",
    "#",
    "[a",
    "{a",
    "a,b",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
    "'a",
    '"a',
    "a\\b",
    "---",
    "...",
    "?",
    "|",
]
MISREAD += [
    "1_000",
    ".5",
    "+1",
    "=",
    "<<",
    "y",
    "中：文",
    "中 文",
    "中\u3000文",
    "a\tb",
    "a\n",
    "\n",
    "a\n\nb",
    " a\nb",
    "a\r\nb",
]
MISREAD += ["a\ufeff", "😀", "{{ facts.spent }}", "1.", "１２", "true", "10.34万元", "a\n b\n\tc", "a\n   \nb"]


@pytest.mark.parametrize("text", MISREAD)
def test_text_reads_back_as_text_by_any_reader(text: str) -> None:
    places: list[tuple[str, tuple[str | int, ...]]] = [
        ("a: 1\n", ("a",)),
        ("a: {b: 1}\n", ("a", "b")),
        ("a:\n- 1\n", ("a", 0)),
    ]
    for before, path in places:
        made = splice(before, [Change(path, text)])
        assert value_at(parse(made, HERE).data, path) == text
        assert value_at(yaml.safe_load(made), path) == text  # YAML 1.1, which reads no and 12:30 otherwise


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: &x {b: 1}\nc: *x\n", ("a", "b")),
        ("a: &x {b: 1}\nc: *x\n", ("c", "b")),
        ("a: &x {b: 1}\nc: *x\n", ("c",)),
        ("a: &x 1\nc:\n  d: *x\n", ("c", "e")),
        ("a: 5\n", ("a", "b")),
        ("a: {b: 1}\n", ("a", 0)),
        ("a: [1]\n", ("a", 5)),
        ("a: [1]\n", ("a", "b")),
    ],
)
def test_what_cannot_be_written_is_refused(text: str, path: tuple[str | int, ...]) -> None:
    with pytest.raises(ScoringError):
        splice(text, [Change(path, 2)])


def test_control_characters_are_refused_and_floats_are_a_mistake_in_the_program() -> None:
    with pytest.raises(ScoringError, match="控制字符"):
        splice("a: 1\n", [Change(("a",), "\x07")])
    with pytest.raises(TypeError):
        splice("a: 1\n", [Change(("a",), 1.5)])


# A random document, written in random ways, and random changes to it.

KEYS = st.sampled_from(["a", "b", "c", "d-e", "名称", "no", "12"])
LETTERS = st.sampled_from([*"ab0:#-'\"\\ \n,[]{}&*!|>%@", "中", "：", "≥", "😀", ": ", " #", "12:30", "no", "　"])
TEXTS = st.lists(LETTERS, max_size=8).map("".join) | st.sampled_from([text for text in MISREAD if text != "a\r\nb"])
NUMBERS = st.integers(-(10**6), 10**6) | st.decimals(-1000, 1000, places=2, allow_nan=False)
SCALARS = TEXTS | NUMBERS | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
COMMENTS = ["# 注", "#", "# a: 1", "# - x", "# 引号 ' \""]


class Scribe:
    """Writes data as YAML, drawing every choice of style."""

    def __init__(self, draw: Any):
        self.draw = draw

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def note(self) -> str:
        return self.choose("", "", "", "  " + self.draw(st.sampled_from(COMMENTS)))

    def above(self, column: int) -> Iterator[str]:
        if self.choose(False, False, False, True):
            yield self.choose("", " " * column + self.draw(st.sampled_from(COMMENTS)), "# 左")

    def scalar(self, value: object) -> str:
        match value:
            case None:
                return str(self.choose("~", "null"))
            case bool():
                return str(value).lower()
            case str():
                plain = value.replace(" ", "").isalnum() and value == value.strip() and not value[0].isdigit()
                if plain and value not in ("no", "true", "null", "Yes", "y", "yes") and self.choose(True, False):
                    return value
                if value.isprintable() and self.choose(True, False):
                    return "'" + value.replace("'", "''") + "'"
                escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\ufeff": "\\uFEFF"}
                return '"' + value.translate(str.maketrans(escapes)) + '"'
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    def flow(self, value: object) -> str:
        comma = self.choose(", ", ",", " , ")
        if isinstance(value, dict):
            end = "," if value and self.choose(False, False, True) else ""
            return "{" + comma.join(f"{self.scalar(key)}: {self.flow(each)}" for key, each in value.items()) + end + "}"
        if isinstance(value, list):
            return "[" + comma.join(map(self.flow, value)) + "]"
        return self.scalar(value)

    def value(self, value: object, column: int, in_list: bool) -> Iterator[str]:
        """What follows the colon or the dash, and the lines below; column is the parent's."""
        if isinstance(value, dict | list) and value and self.choose(True, True, False):
            step = self.choose(1, 2, 4)
            inner = column if isinstance(value, list) and not in_list and self.choose(True, False) else column + step
            if in_list and self.choose(True, False):
                first, *rest = self.block(value, column + 2, bare=True)
                yield from (" " + first.lstrip(), *rest)
            else:
                yield from (self.note(), *self.above(inner), *self.block(value, inner))
        elif (
            isinstance(value, str)
            and "\n" in value
            and value[0] not in " \n\t"
            and "\r" not in value
            and self.choose(True, False)
        ):
            body = value.rstrip("\n")
            keep = len(value) - len(body)
            if any(line.strip() == "" and line for line in body.split("\n")) or "\ufeff" in value or not body:
                yield f" {self.scalar(value)}"
                return
            yield " |" + ("-" if keep == 0 else "" if keep == 1 else "+") + self.note()
            step = self.choose(1, 2, 3)
            yield from (" " * (column + step) + line if line else "" for line in body.split("\n"))
            yield from ("" for _ in range(keep - 1))
        elif value is None and not in_list and self.choose(True, False):
            yield self.note()
        else:
            yield self.choose(" ", "  ") + self.flow(value) + self.note()

    def block(self, value: Any, column: int, bare: bool = False) -> Iterator[str]:
        for number, each in enumerate(value):
            if not (bare and number == 0):
                yield from self.above(column)
            mark = "-" if isinstance(value, list) else f"{self.scalar(each)}:"
            child = each if isinstance(value, list) else value[each]
            first, *rest = self.value(child, column, isinstance(value, list))
            yield " " * column + mark + first
            yield from rest


@st.composite
def documents(draw: Any) -> str:
    data = draw(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5))
    scribe = Scribe(draw)
    lines = list(scribe.block(data, 0)) if scribe.choose(True, True, True, False) else [scribe.flow(data)]
    if scribe.choose(True, False):
        lines = ["# 开头", "", *lines]
    newline = scribe.choose("\n", "\n", "\r\n")
    text = newline.join(lines) + scribe.choose(newline, newline, newline * 2, "")
    text = scribe.choose("", "", "\ufeff") + text
    try:
        parse(text, HERE)
    except ScoringError:
        assume(False)  # the scribe wrote what this parser refuses, such as a text that becomes a number
    return str(text)


def paths_in(data: object) -> Iterator[tuple[str | int, ...]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, child in pairs:
        yield (step,)
        yield from ((step, *rest) for rest in paths_in(child))


@st.composite
def changes_to(draw: Any, data: object) -> Change:
    path = draw(st.sampled_from(list(paths_in(data))))
    target = data
    for step in path:
        target = target[step]  # type: ignore[index]
    if target is None or isinstance(target, dict):
        path += tuple(draw(st.lists(KEYS, max_size=2)))
    if isinstance(target, list) and draw(st.booleans()):
        path += (END,)
    return Change(path, draw(st.just(REMOVE) | VALUES))


def lines_of(source: Source, change: Change) -> tuple[int, int]:
    """The first line that the change may touch, and the line after the last."""
    path, above = change.path, source.data
    while value_at(above, path) is REMOVE:
        path = path[:-1]  # it is added to what there is
    if change.value is REMOVE:
        while len(path) > 1 and len(value_at(above, path[:-1])) == 1:  # type: ignore[arg-type]
            path = path[:-1]  # with its last entry the collection itself is written anew
    key, node = source._follow(path)
    if path and isinstance(path[-1], int):  # its dash stands before it, maybe on a line of its own
        key = source._follow((*path[:-1], path[-1] - 1) if path[-1] else path[:-1])[0]
    last = node.end_mark.line
    above = value_at(source.data, path[:-1])
    if change.value is REMOVE and path and isinstance(above, dict | list) and len(above) > 1:
        second = list(above)[1] if isinstance(above, dict) else 1  # it may move up to the dash of the first
        last = max(last, source._follow((*path[:-1], second))[0].start_mark.line)
    return (key.start_mark.line if path else 0), last + 1


@settings(max_examples=400)
@given(st.data())
def test_what_is_written_reads_back_and_the_rest_is_untouched(data: st.DataObject) -> None:
    text = data.draw(documents())
    change = data.draw(changes_to(parse(text, HERE).data))
    assume(not (change.path[-1] == END and change.value is REMOVE))
    before = parse(text, HERE).data
    try:
        wanted = _changed(before, change.path, as_read(change.value))
    except ScoringError:
        return
    except ValueError:
        assume(False)  # a key below a scalar that the random path met
    made = splice(text, [change])
    assert same(parse(made, HERE).data, wanted)
    assert made.startswith("\ufeff") == text.startswith("\ufeff")
    if "\n" in text:
        assert (made.count("\r\n") == made.count("\n")) or "\r\n" not in text
    # What differs lies between the line of what was touched and the line where PyYAML sees its end.
    old, new = (re.split("\r\n|\n", each.removeprefix("\ufeff")) for each in (text, made))
    top, bottom = lines_of(parse(text, HERE), change)
    while bottom < len(old) and old[bottom].lstrip()[:1] in ("", "#"):
        bottom += 1  # comments that belong to the block
    assert new[:top] == old[:top]
    assert old[bottom:] == new[len(new) - max(0, len(old) - bottom) :]
