"""What is wrong with an office's Word template: every name in it is followed to what it stands for.

docxtpl turns a part of the template into one text for jinja; marks put in before tell which paragraph or cell a line of it
comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from scoring.errors import Fault, Text, suggest
from scoring.report.office.names import NAMES, Names

_OPEN: Final = object()  # whatever stands here may have any attribute
_MARK: Final = re.compile(r"\{#@(.*?)@#\}")
_FILTERS: Final = ("default", "first", "join", "last", "length", "lower", "replace", "title", "trim", "upper")


def faults(template: Any, facts: Iterable[str]) -> Iterator[tuple[Text, Fault]]:
    """Every fault of a template that docxtpl has opened, with the paragraph or cell it stands in."""
    known = {**NAMES, "facts": {name: _Figure() for name in facts}}
    for part, xml in _parts(template):
        places, marked = _marked(xml, part)
        source = template.patch_xml(marked)
        checker = _Checker(known)
        try:
            checker.visit(environment().parse(source), {})
        except TemplateSyntaxError as error:
            checker.found.append((error.lineno, Fault(*_syntax(error.message or ""))))
        lines = _lines(source)
        for line, fault in checker.found:
            number = max((mark for mark in lines if mark <= line), default=0)
            yield (places[lines[number]] if number else part), fault


class _Figure(dict[str, Text]):
    """A fact in the check: it may be printed itself, and has a number and a title."""

    def __init__(self) -> None:
        super().__init__(number=Text("", ""), title=Text("", ""))


class _Sandbox(SandboxedEnvironment):
    """Nothing that could run long or reach out: no functions, few filters, no repeating or formatting of text."""

    intercepted_binops = frozenset(["*", "**", "%"])
    compiled: dict[Any, Any]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise TemplateError(f"no {operator} in a template")

    def from_string(self, source: Any, *_: Any, **__: Any) -> Any:
        """A part of a template, compiled once however many documents are made of it."""
        if source not in self.compiled:
            self.compiled[source] = super().from_string(source)
        return self.compiled[source]


def environment() -> _Sandbox:
    environment = _Sandbox(autoescape=True, undefined=StrictUndefined)
    environment.compiled = {}
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


class _Checker:
    """Follows every name through loops to what it stands for; found: line and fault of each that stands for nothing."""

    def __init__(self, known: Names):
        self.known = known
        self.found: list[tuple[int, Fault]] = []

    def note(self, node: nodes.Node, message: Text, hint: Text | None = None) -> Any:
        self.found.append((node.lineno, Fault(message, hint)))
        return _OPEN

    def visit(self, node: nodes.Node, scope: dict[str, Any]) -> Any:
        """What the node stands for: a text, a list of rows, a row, or anything."""
        match node:
            case nodes.Name():
                if node.name in scope or node.name in self.known:
                    return scope.get(node.name, self.known.get(node.name))
                names = [*scope, *self.known]
                message = Text(f"模板里没有“{node.name}”", f"templates know no '{node.name}'")
                return self.note(node, message, suggest(node.name, names))
            case nodes.Getattr():
                return self._part(node, self.visit(node.node, scope))
            case nodes.Filter(name=name):
                if name not in _FILTERS:
                    message = Text(f"模板里没有“|{name}”这种写法", f"templates know no filter '{name}'")
                    self.note(node, message, suggest(name, _FILTERS))
                for child in node.iter_child_nodes():
                    self.visit(child, scope)
            case nodes.For():
                self._loop(node, scope)
            case nodes.Assign(target=nodes.Name(name=name)):
                scope[name] = self.visit(node.node, scope)
            case nodes.Output():
                for each in node.nodes:
                    what = self.visit(each, scope)
                    if isinstance(what, list) or type(what) is dict:
                        self.note(each, *_no_text(each, what))
            case nodes.Call() | nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends() | nodes.Macro():
                self.note(
                    node,
                    Text("模板里只能引用名称、判断和逐行", "a template may only refer, choose and repeat"),
                    Text(
                        "可用的名称见 jixiao report --template-names",
                        "for the names see jixiao report --template-names",
                    ),
                )
            case _:
                for child in node.iter_child_nodes():
                    self.visit(child, scope)
        return _OPEN

    def _part(self, node: nodes.Getattr, of: Any) -> Any:
        if of is _OPEN:
            return _OPEN
        if isinstance(of, dict):
            if node.attr in of:
                return of[node.attr]
            return self.note(
                node, Text(f"没有“{node.attr}”", f"there is no '{node.attr}' here"), suggest(node.attr, of)
            )
        if isinstance(of, list):
            return self.note(node, *_no_text(node.node, of))
        return self.note(node, Text(f"它只是文字，没有“{node.attr}”", f"it is text and has no '{node.attr}'"))

    def _loop(self, node: nodes.For, scope: dict[str, Any]) -> None:
        rows = self.visit(node.iter, scope)
        if rows is not _OPEN and not isinstance(rows, list):
            tables = [name for name, what in self.known.items() if isinstance(what, list)]
            message = Text("这不是可以逐行取的表", "this cannot be taken row by row")
            hint = Text(f"可以逐行取的有：{'、'.join(tables)}", f"these can: {', '.join(tables)}")
            self.note(node.iter, message, hint)
        row = rows[0] if isinstance(rows, list) else _OPEN
        names = {target.name: row for target in node.target.find_all(nodes.Name)}
        if isinstance(node.target, nodes.Name):
            names[node.target.name] = row
        inner = {**scope, **names, "loop": _OPEN}
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            self.visit(child, inner)


def _no_text(node: nodes.Node, what: Any) -> tuple[Text, Text]:
    name = node.name if isinstance(node, nodes.Name) else node.attr if isinstance(node, nodes.Getattr) else "…"
    if isinstance(what, list):
        return (
            Text(f"“{name}”是一张表，不能直接印出", f"'{name}' is a table and cannot be printed as it is"),
            Text(f"表格里写 {{%tr for row in {name} %}} … {{%tr endfor %}}", f"write {{%tr for row in {name} %}}"),
        )
    parts = "、".join(what)
    return (
        Text(f"“{name}”有几个部分，不能直接印出", f"'{name}' has parts and cannot be printed as it is"),
        Text(f"写 {name}. 和：{parts}", f"write {name}. and one of {', '.join(what)}"),
    )


def _syntax(what: str) -> tuple[Text, Text]:
    return (
        Text(f"标记写得不对：{what}", f"a tag is wrong: {what}"),
        Text(
            "每个 {{ 要有 }}，每个 {%tr for %} 要有 {%tr endfor %}",
            "every {{ needs its }}, every {%tr for %} its {%tr endfor %}",
        ),
    )


def _parts(template: Any) -> Iterator[tuple[Text, str]]:
    """The body, headers, footers and footnotes with their XML: all that is filled in."""
    yield Text("正文", "body"), template.get_xml()
    for uri, name in ((template.HEADER_URI, Text("页眉", "header")), (template.FOOTER_URI, Text("页脚", "footer"))):
        for _, part in template.get_headers_footers(uri):
            yield name, part.blob.decode(errors="replace")
    for part in template.docx.part.package.parts:
        if part.content_type.endswith(".footnotes+xml"):
            yield Text("脚注", "footnotes"), part.blob.decode(errors="replace")


def _marked(xml: str, part: Text) -> tuple[list[Text], str]:
    """The XML with a comment on a line of its own before every row and paragraph, and the place each stands for."""
    places: list[Text] = []
    tables: list[list[int]] = []  # number, row and cell of each table around the place
    count = paragraphs = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count, paragraphs
        tag = found[1]
        if tag == "/w:tbl":
            tables.pop()
        elif tag == "w:tbl":
            count += 1
            tables.append([count, 0, 0])
        elif tag == "w:tc" and tables:
            tables[-1][2] += 1
        elif tag == "w:tr" and tables:
            tables[-1][1:] = [tables[-1][1] + 1, 0]
        elif tag == "w:p" and not tables:
            paragraphs += 1
        if tag not in ("w:p", "w:tr"):
            return found[0]
        if tables:
            number, row, cell = tables[-1]
            zh, en = f"表{number}第{row}行", f"table {number}, row {row}"
            where = Text(f"{zh}第{cell}格", f"{en}, cell {cell}") if cell else Text(zh, en)
        else:
            where = Text(f"第{paragraphs}段", f"paragraph {paragraphs}")
        places.append(Text(f"{part.zh}{where.zh}", f"{part.en}, {where.en}"))
        return f"\n{{#@{len(places) - 1}@#}}{found[0]}"

    return places, re.sub(r"<(w:tbl|/w:tbl|w:tr|w:tc|w:p)(?=[ >/])[^>]*>", mark, xml)


def _lines(source: str) -> dict[int, int]:
    """The number of the line each mark stands on, with the mark."""
    return {
        number: int(found[1])
        for number, line in enumerate(source.split("\n"), start=1)
        if (found := _MARK.search(line))
    }
