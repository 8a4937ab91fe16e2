"""YAML nodes → plain data, strictly: nothing is guessed, nothing is dropped, and no file can exhaust the machine.

Scalars are read by the YAML 1.2 core schema (`NO`, `1:30` and `2019-12-31` are text), less what hides mistakes:
duplicate keys, `<<`, tags, numbers with leading zeros. A fraction becomes a Decimal, so `4.10` keeps its digits.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from scoring.errors import Diagnostic, Text

MAX_DEPTH = 50
MAX_NODES = 200_000  # an alias counts as everything it stands for
MAX_SCALAR = 1_000_000
MAX_DIGITS = 40
MAX_EXPONENT = 30
MAX_FAULTS = 100

WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NUMBER = re.compile(
    r"(?P<whole>[-+]?[0-9]+)"
    r"|(?P<fraction>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE](?P<exponent>[-+]?[0-9]+))?)"
    r"|(?P<based>0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<endless>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_LINE_ENDS = "\x85\u2028\u2029"  # separators that count as a line end in some programs and not in others
_TAG = re.compile(r"(?:&\S+\s+)?(!\S*)")
_QUOTE_IT = Text("如果它只是文字，请给它加上引号", "if it is only text, put it in quotes")


def unreadable(text: str) -> int | None:
    """Where the first character stands that YAML cannot hold, or that is a line end only to some."""
    found = Reader.NON_PRINTABLE.search(text)
    places = [found.start()] if found else []
    places += [text.index(end) for end in _LINE_ENDS if end in text]
    return min(places, default=None)


def position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


class Refused(Exception):
    """Reading must stop here: going on would cost too much."""

    def __init__(self, node: Node, zh: str, en: str, hint: Text | None = None) -> None:
        super().__init__(zh)
        self.node, self.message, self.hint = node, Text(zh, en), hint


class _Counting:
    """What a PyYAML composer asks of its resolver. Ours resolves no tags; it counts, so that no file can exhaust us."""

    depth = nodes = 0

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        self.depth += 1
        self.nodes += 1
        if parent is not None and (self.depth > MAX_DEPTH or self.nodes > MAX_NODES):
            raise _too_deep(parent) if self.depth > MAX_DEPTH else _too_many(parent)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: type[Node], value: str | None, implicit: object) -> str:
        return ""  # so a node that has a tag was given it in the file


class _PureComposer(_Counting, Reader, Scanner, Parser, Composer):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _FastComposer(_Counting, CParser):
        pass

    COMPOSER: type[_FastComposer | _PureComposer] = _FastComposer
else:
    COMPOSER = _PureComposer


def compose(text: str) -> Node | None:
    """The node the text holds, if any. PyYAML's own errors, or Refused."""
    root: Node | None = COMPOSER(text).get_single_node()
    return root


class Builder:
    """Nodes → data. Faults are collected, so that one reading reports them all."""

    def __init__(self, text: str, file: Path) -> None:
        self.text, self.file = text, file
        self.faults: list[Diagnostic] = []
        self.nodes = 1
        # What has to be looked at node by node; most files hold none of it.
        self.careful = "!" in text or "\\" in text or len(text) > MAX_SCALAR

    def build(self, node: Node, depth: int) -> object:
        if self.careful:
            self.inspect(node)
        if isinstance(node, ScalarNode):
            value: str = node.value
            if node.style or node.tag:
                return value
            if value in WORDS:
                return WORDS[value]
            return self.number(node) if value[0] in "+-.0123456789" else value
        self.nodes += len(node.value) * (2 if isinstance(node, MappingNode) else 1)
        if self.nodes > MAX_NODES:
            raise _too_many(node)
        if depth > MAX_DEPTH:
            raise _too_deep(node)
        if isinstance(node, SequenceNode):
            return [self.build(child, depth + 1) for child in node.value]
        mapping: dict[str, object] = {}
        for key, child in node.value:
            if self.careful:
                self.inspect(key)
            name = key.value
            if not isinstance(key, ScalarNode) or not name or name in mapping or name == "<<":
                self.refuse_key(node, key)
            else:
                mapping[name] = None
            built = self.build(child, depth + 1)
            if isinstance(name, str):
                mapping[name] = built
        return mapping

    def number(self, node: ScalarNode) -> int | Decimal | str | None:
        """The number a plain scalar stands for, or its text when it is none."""
        text: str = node.value
        found = NUMBER.fullmatch(text)
        if found is None:
            return text
        if found["endless"]:
            self.fault(node, Text(f"“{text}”不是一个确定的数", f"{text} is not a definite number"), _QUOTE_IT)
            return None
        digits = re.split("[eE]", text.lstrip("+-"))[0].replace(".", "") if not found["based"] else text[2:]
        power = (found["exponent"] or "").lstrip("+-").lstrip("0")
        if len(digits) > MAX_DIGITS or len(power) > 2 or int(power or 0) > MAX_EXPONENT:
            zh = f"数字太长：最多 {MAX_DIGITS} 位，指数在 ±{MAX_EXPONENT} 以内"
            en = f"the number is too long: at most {MAX_DIGITS} digits, and an exponent within ±{MAX_EXPONENT}"
            self.fault(node, Text(zh, en), Text("编号、账号请加上引号", "put a code or an account number in quotes"))
            return None
        if found["based"]:
            return int(text, 0)
        if re.match("[-+]?0[0-9]", text):
            message = Text(
                f"“{text}”以 0 开头，作为数字会丢掉这个 0", f"{text} begins with a 0 that a number would lose"
            )
            zh, en = (
                f'若是编号，写成 "{text}"；若是数字，去掉开头的 0',
                f'if it is a code, write "{text}"; else drop the 0',
            )
            self.fault(node, message, Text(zh, en))
            return None
        return int(text) if found["whole"] else Decimal(text)

    def refuse_key(self, mapping: Node, key: Node) -> None:
        name = key.value
        if not isinstance(key, ScalarNode):
            message = Text("键应当是文字，不能是列表或一组“键: 值”", "a key must be text, not a list or a mapping")
            self.fault(
                key, message, Text("以 { 或 [ 开头的文字请加上引号", "put text that begins with { or [ in quotes")
            )
        elif not name:
            self.fault(key, Text("“:”前面没有写键的名字", "there is no key before the colon"))
        elif name == "<<" and not key.style:
            message = Text("这里不支持合并键“<<”", "the merge key << is not supported here")
            self.fault(key, message, Text("请把要合并的各个键直接写出来", "write the merged keys out"))
        elif (earlier := next(other for other, _ in mapping.value if other.value == name)) is not key:
            first, here = earlier.start_mark.line + 1, key.start_mark.line + 1
            zh = f"键“{name}”写了两次：第 {first} 行和第 {here} 行"
            en = f"the key {name} is given twice: on line {first} and on line {here}"
            self.fault(key, Text(zh, en), Text("请只保留一个", "keep only one of them"))

    def inspect(self, node: Node) -> None:
        start = node.start_mark.index
        written = _TAG.match(self.text, start) if self.text[start : start + 1] in ("!", "&") else None
        tag = written[1] if written else node.tag
        if tag and not (isinstance(node, ScalarNode) and tag == "!!str" and node.tag == "tag:yaml.org,2002:str"):
            message = Text(f"这里不支持“{tag}”这样的类型标签", f"a tag such as {tag} is not supported here")
            self.fault(
                node, message, Text("若“!”是文字，请给整个值加上引号", "if the ! is text, put the value in quotes")
            )
        if not isinstance(node, ScalarNode):
            return
        if len(node.value) > MAX_SCALAR:
            zh, en = f"这段文字太长，超过 {MAX_SCALAR:,} 个字", f"this text is longer than {MAX_SCALAR:,} characters"
            self.fault(node, Text(zh, en))
        if (bad := unreadable(node.value)) is not None:
            code = f"U+{ord(node.value[bad]):04X}"
            zh, en = f"引号里的“\\”写出了控制字符（{code}）", f"an escape stands for a control character ({code})"
            hint = Text("若反斜杠是文字，请改用单引号", "if the backslash is text, use single quotes")
            self.fault(node, Text(zh, en), hint)

    def fault(self, node: Node, message: Text, hint: Text | None = None) -> None:
        self.faults.append(Diagnostic(message, hint, self.file, *position(node)))
        if len(self.faults) == MAX_FAULTS:
            raise Refused(node, "错误太多，后面的没有再查", "too many faults; the rest was not checked")


def _too_deep(node: Node) -> Refused:
    zh, en = f"嵌套太深，超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} deep"
    return Refused(node, zh, en, Text("也可能是“*别名”引用了自己", "an alias (*name) may stand for itself"))


def _too_many(node: Node) -> Refused:
    zh, en = f"内容太多，超过 {MAX_NODES:,} 个值", f"more than {MAX_NODES:,} values"
    hint = Text("别名“*名字”按展开后的个数计算；请拆成几个文件", "an alias counts as all it stands for; split the file")
    return Refused(node, zh, en, hint)
