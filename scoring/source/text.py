"""YAML text → data in which every value still knows its line; whatever is wrong with a file is a ScoringError."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scoring.errors import Diagnostic, Fault, ScoringError, Text, nearest
from scoring.source import nodes, quick

MAX_BYTES = 5_000_000

Steps = Sequence[str | int]


@dataclass(frozen=True)
class Source:
    """One file as data. Positions are looked up when something is wrong, and cost nothing until then."""

    file: Path
    text: str
    data: object
    _composed: Node | None = field(default=None, repr=False, compare=False)

    @cached_property
    def _root(self) -> Node:
        root = self._composed or nodes.compose(self.text)
        assert root is not None  # or there were no data
        return root

    def place(self, path: Steps) -> tuple[int, int]:
        """Line and column, from 1, of the value at path, or of the nearest value above it that exists."""
        return nodes.position(self._follow(path)[1])

    def place_of_key(self, path: Steps) -> tuple[int, int]:
        """Line and column, from 1, of the key under which that value stands; of a list's entry, the entry itself."""
        return nodes.position(self._follow(path)[0])

    def diagnose(self, fault: Fault | Text, path: Steps, hint: Text | None = None, at_key: bool = False) -> Diagnostic:
        """The fault as a Diagnostic at the value (or key) it speaks of."""
        if isinstance(fault, Text):
            fault = Fault(fault)
        path = (*path, *fault.inside)
        key, value = self._follow(path)
        at_key = at_key or fault.at_key
        line, column = nodes.position(key if at_key else value)
        if fault.offset and isinstance(value, ScalarNode) and not at_key:
            # Only where the file shows the text just as it is can the offset be counted on the line.
            for opening in (0, 1):
                if self.text.startswith(value.value, value.start_mark.index + opening) and "\n" not in value.value:
                    column += fault.offset + opening
                    break
        return Diagnostic(fault.message, hint or fault.hint, self.file, line, column, show(path))

    def _follow(self, path: Steps) -> tuple[Node, Node]:
        """The key and the value at path. Steps the document lacks are skipped: pydantic puts union tags among them."""
        key = value = self._root
        for step in path:
            if isinstance(value, MappingNode):
                key, value = next((pair for pair in value.value if pair[0].value == str(step)), (key, value))
            elif isinstance(value, SequenceNode) and isinstance(step, int) and 0 <= step < len(value.value):
                key = value = value.value[step]
        return key, value


def show(path: Steps) -> str:
    """A path as people write it: `indicators[2].rule.target`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def read(file: Path) -> Source:
    """The file as data. Errors: ScoringError, whatever is wrong with the file."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = nearest(file.name, _names_in(file.parent))
        hint = Text(f"同一文件夹里有“{near}”，是不是它？", f"did you mean {near}, beside it?") if near else None
        raise _error(file, Text("没有这个文件", "no such file"), hint) from None
    except (OSError, ValueError) as error:
        if isinstance(error, IsADirectoryError):
            message = Text("这是一个文件夹，不是文件", "this is a folder, not a file")
        elif isinstance(error, PermissionError):
            message = Text("没有读取这个文件的权限，或者它是文件夹", "no permission to read this, or it is a folder")
        else:
            message = Text("这个文件读不出来", f"this file cannot be read: {error}")
        raise _error(file, message) from None
    return parse(content, file)


def parse(text: str | bytes, file: Path) -> Source:
    """The text of a file as data. Errors: ScoringError with every fault found, for any text and any bytes."""
    if len(text) > MAX_BYTES:
        size = f"{MAX_BYTES // 1_000_000} MB"
        message = Text(f"文件太大，超过 {size}", f"the file is larger than {size}")
        raise _error(file, message, Text("请拆成几个文件", "split it into several files"))
    if isinstance(text, bytes):
        text = _decode(text, file)
    text = text.removeprefix("\ufeff")  # PyYAML would count it as a character of the first line
    if (bad := nodes.unreadable(text)) is not None:
        code = f"U+{ord(text[bad]):04X}"
        message = Text(f"这里有一个不该出现的控制字符（{code}）", f"there is a control character here ({code})")
        hint = Text(
            "请删掉它；Word、Excel 文件请先另存为 UTF-8 文本", "delete it; save Word or Excel files as UTF-8 text"
        )
        raise _error(file, message, hint, *_line_and_column(text[:bad]))
    with suppress(quick.Unsure, yaml.YAMLError, ValueError, OverflowError):
        return Source(file, text, quick.data_of(text))
    builder = nodes.Builder(text, file)
    try:
        root = nodes.compose(text)
        if root is None or (isinstance(root, ScalarNode) and not root.value and not root.style):
            raise _error(file, Text("文件是空的", "the file is empty"))
        data = builder.build(root, 1)
    except nodes.Refused as refused:
        last = Diagnostic(refused.message, refused.hint, file, *nodes.position(refused.node))
        raise ScoringError(*dict.fromkeys([*builder.faults, last])) from None
    except yaml.MarkedYAMLError as error:
        from scoring.source.syntax import explain  # only a broken file needs it

        raise ScoringError(explain(error, text, file)) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the pure parser lets chr() and int() fail
        raise _error(file, Text("文件里有 YAML 读不懂的写法", f"this is not YAML: {error}")) from None
    if builder.faults:
        raise ScoringError(*dict.fromkeys(builder.faults))  # what is wrong under an anchor is met at each alias
    return Source(file, text, data, root)


def _names_in(folder: Path) -> list[str]:
    with suppress(OSError):
        return [other.name for other in folder.iterdir()]
    return []


def _decode(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        good = content[: error.start].decode("utf-8")
        byte = error.start + 1
    encoding = ""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "UTF-16"
    else:
        with suppress(UnicodeDecodeError):
            content.decode("gbk")
            encoding = "GBK (ANSI)"
    zh, en = f"文件不是 UTF-8 编码（从第 {byte} 个字节起）", f"the file is not UTF-8 (from byte {byte} on)"
    if encoding:
        zh, en = f"{zh}，看起来是 {encoding}", f"{en}; it looks like {encoding}"
    hint = Text("用记事本打开，选“另存为”，编码选“UTF-8”", "open it in Notepad, choose Save As, and Encoding: UTF-8")
    raise _error(file, Text(zh, en), hint, *_line_and_column(good))


def _line_and_column(before: str) -> tuple[int, int]:
    lines = re.split("\r\n?|\n", before)
    return len(lines), len(lines[-1]) + 1


def _error(file: Path, message: Text, hint: Text | None = None, line: int = 0, column: int = 0) -> ScoringError:
    return ScoringError(Diagnostic(message, hint, file, line, column))
