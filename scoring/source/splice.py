"""Values written into YAML text where they belong, while every other byte stays as it is.

The text is cut at the marks PyYAML leaves on its nodes, so comments, quotes, order and line ends survive. What comes out
is read again and compared with the data changed in memory: a place that cannot be written this way is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from scoring.errors import Fault, ScoringError, Text
from scoring.source.nodes import unreadable
from scoring.source.text import Source, parse

WIDTH = 60  # a list or mapping longer than this is written over several lines


class _Remove(Enum):
    REMOVE = "remove"


REMOVE: Final = _Remove.REMOVE
"""In place of a value: the key or the entry of a list is taken out."""
END: Final = "-"
"""As a step into a list: after its last entry."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value to be written. Parents that are not there yet are made."""

    path: tuple[str | int, ...]
    value: object  # str, int, Decimal, bool, date, None, a dict or list of these, or REMOVE


_DASH = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n))*[ \t]*-")  # the next one, past comments


class _Refused(Exception):
    """An anchor or an alias stands where the text would be cut."""


class _Day(str):
    """A day of the calendar, written without quotes."""


class _Parent(dict[str, object]):
    """A mapping made for what is to stand inside it: it gets lines of its own, however short."""


def splice(text: str, changes: Sequence[Change], file: Path = Path("-")) -> str:
    """The text with the changes made. ScoringError: it is faulty, or a place in it cannot be written."""
    bare = text.removeprefix("\ufeff")
    source = parse(bare, file)
    for change in changes:
        source = _spliced(source, change)
    return text[: len(text) - len(bare)] + source.text


def value_at(data: object, path: Sequence[str | int]) -> object:
    """What stands at the path; REMOVE where nothing does."""
    for step in path:
        inside = dict(enumerate(data)) if isinstance(data, list) else data
        if not isinstance(inside, dict) or step not in inside:
            return REMOVE
        data = inside[step]
    return data


def same(one: object, other: object) -> bool:
    """Equal to the digit: 4.1 is not 4.10, true is not 1, and keys stand in the same order."""
    if isinstance(one, str) or isinstance(other, str) or type(one) is not type(other):
        return isinstance(one, str) and isinstance(other, str) and one == other
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return str(one) == str(other) if isinstance(one, Decimal) else one == other


def as_read(value: object) -> object:
    """The value as it will be read back from the file."""
    match value:
        case str():
            if unreadable(value) is not None or re.search("[\ud800-\udfff]", value):
                raise Fault(Text("文字里有控制字符，不能写进文件", "the text holds a control character"))
            return value
        case None | bool() | int() | _Remove.REMOVE:
            return value
        case Decimal() if value.is_finite():
            written = f"{value:f}"
            return Decimal(written) if "." in written else int(written)
        case date() if not isinstance(value, datetime):
            return _Day(value.isoformat())
        case dict():
            return {key: as_read(each) for key, each in value.items()}
        case list() | tuple():
            return [as_read(each) for each in value]
    raise TypeError(f"{value!r} cannot be written to a file")


def _spliced(source: Source, change: Change) -> Source:
    path = change.path
    try:
        value = as_read(change.value)
        wanted = _changed(source.data, path, value)
    except Fault as fault:
        raise ScoringError(source.diagnose(fault, path)) from None
    if same(wanted, source.data):
        return source
    message = Text("这个位置的写法不能自动修改", "this place is written in a way that cannot be changed automatically")
    hint = Text("请手工修改", "change it by hand")
    for block in (True, False):
        try:
            made = parse(_Writer(source, block).write(path, value), source.file)
        except ScoringError:
            continue
        except _Refused:
            message = Text(
                "这里用了“&”“*”引用，改一处会动到别处",
                "with & and * here, a change in one place would be one in others",
            )
            hint = Text("请先把引用的内容直接写出来", "write out what they stand for first")
            break
        if same(made.data, wanted):
            return made
    raise ScoringError(source.diagnose(Fault(message, hint), path))


def _changed(data: object, path: tuple[str | int, ...], value: object) -> object:
    """The data with the value at path; what is not touched is shared with the original."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if data is None:
        if value is REMOVE:
            return data
        data = [] if step in (0, END) else {}
    if isinstance(data, dict) and isinstance(step, str):
        if value is REMOVE and (step not in data or not rest):
            return {key: each for key, each in data.items() if key != step}
        return {**data, step: _changed(data.get(step), rest, value)}
    if isinstance(data, list):
        index = len(data) if step == END else step
        if value is REMOVE and index == len(data):
            return data
        if isinstance(index, int) and 0 <= index <= len(data):
            new = [] if value is REMOVE and not rest else [_changed((*data, None)[index], rest, value)]
            return [*data[:index], *new, *data[index + 1 :]]
    raise Fault(Text(f"这里没有地方写“{step}”", f"there is no place for '{step}' here"))


class _Writer:
    """Cuts one text. block: collections and long texts may take lines of their own; otherwise all stays on the line."""

    def __init__(self, source: Source, block: bool):
        self.text, self.root, self.block = source.text, source._root, block
        self.newline = found[0] if (found := re.search("\r\n?|\n", self.text)) else "\n"
        self.shared = set(_shared(self.root)) if "*" in self.text else set()
        self.step = 2
        if isinstance(self.root, MappingNode) and not _flow(self.root):
            inner = [v for _, v in self.root.value if isinstance(v, MappingNode) and v.value and not _flow(v)]
            self.step = max(self.column(inner[0]), 1) if inner else 2

    def write(self, path: tuple[str | int, ...], value: object) -> str:
        node, trail = self.root, list[tuple[Node, int]]()
        for depth, step in enumerate(path):
            index = _index(node, step)
            if index is None:
                for later in reversed(path[depth + 1 :]):
                    value = _made(later, value)
                if isinstance(node, ScalarNode) or not node.value:
                    return self.replace(trail, _made(step, value))
                return self.add(node, str(step), value)
            trail.append((node, index))
            node = _child(node, index)
            if id(node) in self.shared:
                raise _Refused
        return self.remove(trail) if value is REMOVE else self.replace(trail, value)

    # Where things stand

    def column(self, node: Node) -> int:
        """Where the keys or the dashes of a block collection stand."""
        first = node.value[0][0] if isinstance(node, MappingNode) else node
        column: int = first.start_mark.column
        return column

    def end(self, node: Node) -> int:
        """Where the node's own text ends: PyYAML puts the end of a block after the comments that follow it."""
        if id(node) in self.shared:
            raise _Refused
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, ScalarNode):
            if node.style in ("|", ">"):  # with a plus the blank lines below are part of it
                written = self.text[start:end]
                kept = re.sub(r"(?:\r\n?|\n)\Z", "", written) if re.match(r".\d?\+", written) else written.rstrip()
                end = start + len(kept)
            return int(end)
        if _flow(node) or not node.value:
            return int(end)
        return self.end(_child(node, len(node.value) - 1))

    def slot(self, parent: Node, index: int) -> int:
        """Where the value begins to be written: after the colon or the dash."""
        if isinstance(parent, MappingNode):
            end: int = parent.value[index][0].end_mark.index
            colon = re.compile(r"\s*:").match(self.text, end)
            return colon.end() if colon else end
        if _flow(parent):
            return int(_child(parent, index).start_mark.index)
        dash = _DASH.match(self.text, self.end(_child(parent, index - 1)) if index else parent.start_mark.index)
        if dash is None:
            raise _Refused
        return dash.end()

    def line(self, at: int) -> int:
        """Where the line begins."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def next_line(self, at: int) -> int:
        found = re.compile("\r\n?|\n").search(self.text, at)
        return found.end() if found else len(self.text)

    def after_comments(self, at: int, column: int) -> int:
        """Past the comments that belong to a block, being indented as deep as its entries."""
        place = at
        for found in re.compile(r"([ ]*)(#[^\r\n]*)?(?:\r\n?|\n|\Z)").finditer(self.text, at):
            if found.start() != at or at == len(self.text) or (found[2] and len(found[1]) < column):
                break
            at = found.end()
            place = at if found[2] else place
        return place

    # How things are cut

    def lines(self, start: int, end: int, lines: Sequence[str]) -> str:
        """The text with whole lines in place of others; a last line without a line end stays without."""
        before, after = self.text[:start], self.text[end:]
        if before and before[-1] not in "\r\n":
            before += self.newline
        made = before + "".join(line + self.newline for line in lines) + after
        return made if after or self.text[-1:] in ("\r", "\n") else made.removesuffix(self.newline)

    def replace(self, trail: list[tuple[Node, int]], value: object) -> str:
        if not trail:
            start, end = self.line(self.root.start_mark.index), self.next_line(self.end(self.root))
            return self.lines(start, end, list(self.body(value, 0)) if value else [inline(value)])
        parent, index = trail[-1]
        old, slot = _child(parent, index), self.slot(parent, index)
        start, end = old.start_mark.index, self.end(old)
        if _flow(parent):
            colon = "" if self.text[slot - 1] == ":" else ":"
            new = inline(value) if start < end else f"{colon} {inline(value)}"
            return self.text[: start if start < end else slot] + new + self.text[end if start < end else slot :]
        in_list = isinstance(parent, SequenceNode)
        head, *lines = self.tail(value, self.column(parent), in_list)
        below = self.line(start) > slot
        block = not isinstance(old, ScalarNode) and not _flow(old)
        if below and (block or lines):
            made = self.lines(self.line(start), self.next_line(end), lines)
            return made[:slot] + head + made[slot:]
        if lines:
            at = self.next_line(end)
            if not old.value or (isinstance(old, ScalarNode) and old.value in ("~", "null")):
                at = self.after_comments(at, self.column(parent) + 1)
            made = self.lines(at, at, lines)
            return made[:slot] + head + made[end:]
        if start == end:
            return self.text[:slot] + head + self.text[slot:]
        return self.text[:start] + head[1:] + self.text[end:]

    def add(self, node: Node, key: str, value: object) -> str:
        new: object = {key: value} if isinstance(node, MappingNode) else [value]
        if _flow(node):
            end = self.end(_child(node, len(node.value) - 1))
            return f"{self.text[:end]}, {inline(new)[1:-1]}{self.text[end:]}"
        at = self.next_line(self.end(node))
        if isinstance(node, MappingNode):
            at = self.after_comments(at, self.column(node))
        return self.lines(at, at, list(self.body(new, self.column(node))))

    def remove(self, trail: list[tuple[Node, int]]) -> str:
        parent, index = trail[-1]
        if len(parent.value) == 1:
            return self.replace(trail[:-1], {} if isinstance(parent, MappingNode) else [])
        start, end = self.start(parent, index), self.end(_child(parent, index))
        if not _flow(parent) and not self.text[self.line(start) : start].strip():
            return self.lines(self.line(start), self.next_line(end), ())
        if index:
            return self.text[: self.end(_child(parent, index - 1))] + self.text[end:]
        return self.text[:start] + self.text[self.start(parent, 1) :]

    def start(self, parent: Node, index: int) -> int:
        """Where the pair or the entry begins, its dash included."""
        if isinstance(parent, MappingNode) or _flow(parent):
            pair = parent.value[index]
            return int((pair[0] if isinstance(parent, MappingNode) else pair).start_mark.index)
        return self.slot(parent, index) - 1

    # How things are written

    def tail(self, value: object, column: int, in_list: bool) -> list[str]:
        """What follows the colon or the dash on its line, and the lines below it."""
        line = inline(value)
        if self.block and isinstance(value, dict | list) and (len(line) > WIDTH or isinstance(value, _Parent)):
            if in_list:
                first, *rest = self.body(value, column + 2)
                return [first[column + 1 :], *rest]
            return ["", *self.body(value, column + (0 if isinstance(value, list) else self.step))]
        if self.block and isinstance(value, str) and "\n" in value and value[:1].strip() and value[-1:] != "\n":
            indent = " " * (column + self.step)
            return [" |-", *(indent + each if each else "" for each in value.split("\n"))]
        return [f" {line}"]

    def body(self, value: object, column: int) -> Iterator[str]:
        """The lines of a collection whose keys or dashes stand at the column."""
        pairs = value.items() if isinstance(value, dict) else [("", each) for each in value]  # type: ignore[attr-defined]
        for key, each in pairs:
            head, *lines = self.tail(each, column, not isinstance(value, dict))
            yield " " * column + (f"{inline(key)}:" if isinstance(value, dict) else "-") + head
            yield from lines


def _shared(root: Node) -> Iterator[int]:
    """The nodes that stand in several places by way of an alias."""
    seen, waiting = set[int](), [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            yield id(node)
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, SequenceNode):
            waiting += node.value


def _flow(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def _child(node: Node, index: int) -> Node:
    """The value of a mapping's pair, or a list's entry."""
    child: Node = node.value[index][1] if isinstance(node, MappingNode) else node.value[index]
    return child


def _index(node: Node, step: str | int) -> int | None:
    """Which pair or entry the step leads to, if it is there."""
    if isinstance(node, MappingNode):
        return next((number for number, (key, _) in enumerate(node.value) if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return step
    return None


def _made(step: str | int, value: object) -> object:
    return [value] if step in (0, END) else _Parent({str(step): value})


# What reads as the same text wherever it stands, and what YAML 1.1 or 1.2 would read as something else.
_PLAIN = re.compile(r"[\w（《“【〔](?:[^\s:#,\[\]{}'\"\\\ufeff]| (?=\S))*")
_MISREAD = re.compile(r"(?i:null|true|false|yes|no|on|off|y|n|\d[\d._:e+tz-]*|0[xob][\da-f_]+)")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\ufeff": "\\uFEFF"})


def inline(value: object) -> str:
    """The value on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}"
        case _Day():
            return str(value)
        case str():
            if _PLAIN.fullmatch(value) and not _MISREAD.fullmatch(value):
                return value
            return f'"{value.translate(_ESCAPES)}"'
        case dict():
            return "{" + ", ".join(f"{inline(key)}: {inline(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(inline, value)) + "]"
    return str(value)
