"""Text ⇄ tree. `formula:` in a file is this language; so is the text any tree prints as.

    expression  if A then x else y · or · and · not · comparison · + - · * / · -x · atom
    atom        12  4.10  95%  name  group.name  min(x, y)  ( … )
    signs       < <= = != >= >   also × ÷ ≤ ≥ ≠ ≦ ≧ ＝ （ ） ， as Chinese keyboards give them

Limits: 1,000 characters, 200 nodes, 30 levels. A fault carries the offset of the character at fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NoReturn, TypeVar, cast, get_args

from scoring.errors import Fault, Text, suggest
from scoring.expression.tree import (
    FUNCTIONS,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Function,
    Kind,
    Logic,
    Name,
    Named,
    Node,
    Not,
    Number,
    Order,
    Sum,
    kind,
)

LENGTH, NODES, DEPTH = 1_000, 200, 30
KEYWORDS = {"if", "then", "else", "and", "or", "not"}
_SAME = {
    "×": "*",
    "÷": "/",
    "≤": "<=",
    "≦": "<=",
    "≥": ">=",
    "≧": ">=",
    "≠": "!=",
    "==": "=",
    "＝": "=",
    "＞": ">",
    "＜": "<",
}
_SAME |= {"（": "(", "）": ")", "，": ",", "＋": "+", "－": "-", "−": "-"}
_TOKEN = re.compile(
    r"[\s\u3000]*(?:(?P<number>\d+(?:\.\d+)?)(?P<percent>[%％])?|(?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<sign><=|>=|!=|==|[-+*/<>=(),×÷≤≦≥≧≠＝＞＜（），＋－−]))",
    re.ASCII,
)
T = TypeVar("T")


class _Token:
    __slots__ = ("at", "sign", "value", "word")

    def __init__(self, at: int, sign: str = "", word: str = "", value: Fraction | None = None):
        self.at, self.sign, self.word, self.value = at, sign, word, value


def parse(text: str, known: Mapping[str, Kind] | None = None) -> Node:
    """The tree of a text. known: the names it may use and what each gives; None looks at the syntax only.

    Fault: syntax, an unknown name or function, a truth where a number belongs, or a limit, with the offset of the place.
    """
    if len(text) > LENGTH:
        _fail(0, Text(f"公式超过 {LENGTH} 个字符", f"the formula is longer than {LENGTH} characters"))
    parser = _Parser(text, known)
    node = parser.expression()
    if parser.now.sign != "end":
        _fail(parser.now.at, Text("公式到这里应当结束", "the formula should end here"), _hint_operator())
    return node


class _Parser:
    def __init__(self, text: str, known: Mapping[str, Kind] | None):
        self.tokens = _tokens(text)
        self.known = known
        self.index = 0
        self.depth = 0
        self.nodes = 0

    @property
    def now(self) -> _Token:
        return self.tokens[self.index]

    def take(self, *signs: str) -> str | None:
        """The next token's sign or keyword, if it is one of these; the parser then stands behind it."""
        token = self.now
        found = token.sign or (token.word if token.word in KEYWORDS else "")
        if found in signs:
            self.index += 1
            return found
        return None

    def need(self, sign: str) -> None:
        if not self.take(sign):
            _fail(self.now.at, Text(f"这里应当是 {sign}", f"expected {sign} here"))

    def made(self, node: T, at: int) -> T:
        self.nodes += 1
        if self.nodes > NODES:
            _fail(at, Text(f"公式超过 {NODES} 个部分", f"the formula has more than {NODES} parts"))
        return node

    def typed(self, at: int, node: Node, wanted: Kind) -> Node:
        if self.known is not None and kind(node) != wanted:
            what = (
                Text("一个数", "a number") if wanted == "number" else Text("一个判断（是或否）", "a truth (yes or no)")
            )
            _fail(at, Text(f"这里应当是{what.zh}", f"expected {what.en} here"))
        return node

    def expression(self) -> Node:
        self.depth += 1
        at = self.now.at
        if self.depth > DEPTH:
            _fail(at, Text(f"公式嵌套超过 {DEPTH} 层", f"the formula nests deeper than {DEPTH} levels"))
        node: Node
        if self.take("if"):
            inside = self.now.at
            condition = self.typed(inside, self.expression(), "truth")
            self.need("then")
            then = self.expression()
            self.need("else")
            inside = self.now.at
            node = self.made(Choose(condition, then, self.typed(inside, self.expression(), kind(then))), at)
        else:
            node = self.either()
        self.depth -= 1
        return node

    def either(self) -> Node:
        at, node = self.now.at, self.both()
        while self.take("or"):
            inside = self.now.at
            node = self.made(Logic("or", self.typed(at, node, "truth"), self.typed(inside, self.both(), "truth")), at)
        return node

    def both(self) -> Node:
        at, node = self.now.at, self.negated()
        while self.take("and"):
            inside = self.now.at
            node = self.made(
                Logic("and", self.typed(at, node, "truth"), self.typed(inside, self.negated(), "truth")), at
            )
        return node

    def negated(self) -> Node:
        at = self.now.at
        if self.take("not"):
            inside = self.now.at
            return self.made(Not(self.typed(inside, self.negated_once_more(), "truth")), at)
        return self.comparison()

    def negated_once_more(self) -> Node:
        self.depth += 1
        if self.depth > DEPTH:
            _fail(self.now.at, Text(f"公式嵌套超过 {DEPTH} 层", f"the formula nests deeper than {DEPTH} levels"))
        node = self.negated()
        self.depth -= 1
        return node

    def comparison(self) -> Node:
        at, left = self.now.at, self.total()
        order = self.take(*get_args(Order))
        if order is None:
            return left
        inside, right = self.now.at, self.total()
        node = Compare(cast(Order, order), self.typed(at, left, "number"), self.typed(inside, right, "number"))
        if self.now.sign in get_args(Order):
            _fail(
                self.now.at,
                Text("比较不能连写", "comparisons cannot be chained"),
                Text("写成 a <= b and b <= c", "write a <= b and b <= c"),
            )
        return self.made(node, at)

    def total(self) -> Node:
        at, node = self.now.at, self.product()
        while op := self.take("+", "-"):
            node = self._join(op, at, node, self.now.at, self.product())
        return node

    def product(self) -> Node:
        at, node = self.now.at, self.signed()
        while op := self.take("*", "/"):
            node = self._join(op, at, node, self.now.at, self.signed())
        return node

    def _join(self, op: str, at: int, left: Node, inside: int, right: Node) -> Node:
        return self.made(
            Arithmetic(cast(Sum, op), self.typed(at, left, "number"), self.typed(inside, right, "number")), at
        )

    def signed(self) -> Node:
        at = self.now.at
        if not self.take("-"):
            return self.atom()
        inside = self.now.at
        node = self.typed(inside, self.atom(), "number")
        if isinstance(node, Number):
            return Number(-node.value)
        return self.made(Arithmetic("-", Number(Fraction(0)), node), at)

    def atom(self) -> Node:
        token = self.now
        if token.value is not None:
            self.index += 1
            return self.made(Number(token.value), token.at)
        if self.take("("):
            node = self.expression()
            self.need(")")
            return node
        if token.word and token.word not in KEYWORDS:
            self.index += 1
            return self.call(token) if self.now.sign == "(" else self.name(token)
        if token.sign == "end":
            _fail(token.at, Text("公式没有写完", "the formula is not finished"))
        _fail(token.at, Text("这里应当是数、名称或括号", "expected a number, a name or a bracket here"))

    def name(self, token: _Token) -> Node:
        if self.known is None:
            return self.made(Name(token.word), token.at)
        if token.word not in self.known:
            _fail(
                token.at,
                Text(f"没有名为“{token.word}”的数据", f"nothing is named '{token.word}'"),
                suggest(token.word, self.known),
            )
        return self.made(Name(token.word, self.known[token.word]), token.at)

    def call(self, token: _Token) -> Node:
        if token.word not in FUNCTIONS:
            _fail(
                token.at,
                Text(f"没有函数“{token.word}”", f"there is no function '{token.word}'"),
                suggest(token.word, FUNCTIONS),
            )
        function: Function = token.word
        self.need("(")
        arguments: list[Node] = []
        while True:
            inside = self.now.at
            arguments.append(self.typed(inside, self.expression(), "number"))
            if not self.take(","):
                break
        self.need(")")
        fewest, most = FUNCTIONS[function]
        if not fewest <= len(arguments) <= most:
            count = f"{fewest}" if fewest == most else f"{fewest}–{most}"
            _fail(token.at, Text(f"{function} 要 {count} 个参数", f"{function} takes {count} arguments"))
        if function == "round" and not _whole_places(arguments[1]):
            _fail(inside, Text("round 的位数是 0 到 6 的整数", "round takes 0 to 6 places, written as a number"))
        return self.made(Call(function, tuple(arguments)), token.at)


def _whole_places(node: Node) -> bool:
    return isinstance(node, Number) and node.value.denominator == 1 and 0 <= node.value <= 6


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            at += len(text[at:]) - len(text[at:].lstrip())
            _fail(at, Text(f"不认识的字符“{text[at]}”", f"unknown character '{text[at]}'"), _hint_operator())
        start = found.start(found.lastgroup or 0) if not found["percent"] else found.start("number")
        if found["number"]:
            value = Fraction(found["number"])
            tokens.append(_Token(start, value=value / 100 if found["percent"] else value))
        elif found["word"]:
            tokens.append(_Token(start, word=found["word"]))
        else:
            tokens.append(_Token(start, sign=_SAME.get(found["sign"], found["sign"])))
        at = found.end()
    return [*tokens, _Token(len(text), sign="end")]


def _hint_operator() -> Text:
    return Text(
        "公式里只有数、名称、+ - * /、比较、and or not、if then else 和函数", "see the formula language in README"
    )


def _fail(at: int, message: Text, hint: Text | None = None) -> NoReturn:
    raise Fault(
        Text(f"公式第 {at + 1} 个字符：{message.zh}", f"formula, character {at + 1}: {message.en}"), hint, offset=at
    )


_LEVEL = {"or": 1, "and": 2, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6}


def write(node: Node) -> str:
    """The text of a tree; parse(write(tree)) is the tree, less the names given to parts (Named)."""
    return _written(node, 0)


def _bare(node: Node) -> Node:
    return _bare(node.node) if isinstance(node, Named) else node


def _written(node: Node, outer: int) -> str:
    match node:
        case Number(value):
            return _number_text(value, outer)
        case Name(id):
            return id
        case Named(_, inner):
            return _written(inner, outer)
        case Arithmetic("-", Number(zero), right) if zero == 0 and not isinstance(_bare(right), Number):
            text, level = f"-{_written(right, 8)}", 7
        case Arithmetic(op, left, right):
            level = _LEVEL[op]
            text = f"{_written(left, level)} {op} {_written(right, level + 1)}"
        case Compare(op, left, right):
            level = _LEVEL["compare"]
            text = f"{_written(left, level + 1)} {op} {_written(right, level + 1)}"
        case Logic(op, left, right):
            level = _LEVEL[op]
            text = f"{_written(left, level)} {op} {_written(right, level + 1)}"
        case Not(inner):
            text, level = f"not {_written(inner, 3)}", 3
        case Choose(condition, then, otherwise):
            text, level = f"if {_written(condition, 0)} then {_written(then, 0)} else {_written(otherwise, 0)}", 0
        case Call(function, arguments):
            return f"{function}({', '.join(_written(argument, 0) for argument in arguments)})"
    return f"({text})" if level < outer or (level == 0 and outer) else text


def _number_text(value: Fraction, outer: int) -> str:
    """Decimal digits, exactly; a number without a finite decimal form (no text has one) as a division."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"({value.numerator} / {value.denominator})"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = f"{abs(value * 10**places).numerator:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return (f"(-{text})" if outer else f"-{text}") if value < 0 else text
