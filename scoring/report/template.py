"""The words of a report: sandboxed templates whose figures are references to declared facts.

A figure written out in a narrative is a fault: it could come to differ from the fact it repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple, TypeVar

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scoring.errors import Fault, Lang, Text, listed, nearest, suggest
from scoring.facts import Figures
from scoring.result import Result
from scoring.values import FIGURE, plain, shown, unfolded

N = TypeVar("N", bound=nodes.Node)
_LITERAL = re.compile(FIGURE)
REFERENCES = (nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr)
NAMES = ("facts", "year", "unit", "subject", "total", "maximum", "lost", "grade")


class Shown:
    """A figure in a template: {{ facts.spent }} with its unit, {{ facts.spent.number }} without."""

    def __init__(self, text: str, number: str, title: str):
        self.text, self.number, self.title = text, number, title

    def __str__(self) -> str:
        return self.text


class Facts:
    """The facts by name; a name that is not there is undefined, not empty."""

    def __init__(self, shown_facts: Mapping[str, Shown]):
        self._facts = shown_facts

    def __getattr__(self, name: str) -> Shown:
        try:
            return self._facts[name]
        except KeyError:
            raise AttributeError(name) from None


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
    )
    environment.globals.clear()
    return environment


def context(result: Result, lang: Lang = "zh") -> dict[str, object]:
    """What a template may speak of."""
    evaluation = result.evaluation
    facts = {
        name: Shown(
            figure.show(lang),
            figure.show(lang) if isinstance(figure.value, bool) else shown(figure.value.value),
            figure.title.to(lang),
        )
        for name, figure in result.figures.items()
    }
    return {
        "facts": Facts(facts),
        "year": str(evaluation.year),
        "unit": evaluation.subject.unit,
        "subject": evaluation.subject.name,
        "total": plain(result.total),
        "maximum": plain(result.maximum),
        "lost": plain(result.maximum - result.total),
        "grade": result.grade.text.to(lang) if result.grade else "",
    }


@lru_cache(maxsize=1024)  # the words of an outline are the same for every report
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


class _Parsed(NamedTuple):
    """A template as nodes: all of them, whether they only refer, and the names they use."""

    below: tuple[nodes.Node, ...]
    refers: bool
    used: frozenset[str]

    def all(self, kind: type[N]) -> Iterator[N]:
        return (node for node in self.below if isinstance(node, kind))


@lru_cache(maxsize=1024)
def _parsed(template: str) -> _Parsed:
    tree = _environment().parse(template)
    below = tuple(_below(tree))
    if all(isinstance(node, REFERENCES) for node in below):  # no name of its own: no need to look for those
        return _Parsed(below, True, frozenset(node.name for node in below if isinstance(node, nodes.Name)))
    return _Parsed(below, False, frozenset(meta.find_undeclared_variables(tree)))


def _text(template: str, values: Mapping[str, object]) -> str:
    """What only refers is put together from its parts, which is faster than compiling it for one report."""
    if "{" not in template:
        return template
    parsed = _parsed(template)
    if not parsed.refers:
        return _compiled(template).render(values)
    return "".join(str(_part(part, values)) for output in parsed.all(nodes.Output) for part in output.nodes)


def _part(node: nodes.Node, values: Mapping[str, object]) -> object:
    match node:
        case nodes.TemplateData():
            return node.data
        case nodes.Name():
            return values[node.name] if node.name in values else _environment().undefined(name=node.name)
        case nodes.Getattr():
            return _environment().getattr(_part(node.node, values), node.attr)
    raise TypeError(node)


def render(template: str, values: Mapping[str, object]) -> str:
    """The text of a template. Fault: what is wrong with it."""
    try:
        text = _text(template, values)
    except TemplateSyntaxError as error:
        raise _syntax(error) from None
    except (SecurityError, TemplateError, ArithmeticError, TypeError, ValueError, AttributeError) as error:
        raise Fault(Text(f"模板不能计算：{error}", f"the template fails: {error}")) from None
    return unfolded(text)


def faults(template: str, figures: Figures, *, narrative: bool = True) -> Iterator[Fault]:
    """Everything wrong with a template before it is used: syntax, unknown names and facts.

    A narrative may only refer, and may not write a figure out; an outline's template may also choose and repeat.
    """
    try:
        parsed = _parsed(template)
    except TemplateSyntaxError as error:
        yield _syntax(error)
        return
    if narrative and not parsed.refers:
        found = next(node for node in parsed.below if not isinstance(node, REFERENCES))
        what = f"“{found.name}”这种写法" if isinstance(found, nodes.Filter | nodes.Test) else ""
        yield Fault(
            Text(f"模板里没有{what}" if what else "模板里不能计算，只能引用", "a narrative may only refer to facts"),
            Text("引用写成 {{ facts.名称 }}", "write references as {{ facts.name }}")
            if what
            else Text("把结果登记为事实，用 formula 算", "declare the result as a fact with a formula"),
        )
        return
    for name in sorted(parsed.used - set(NAMES)):
        known = listed(NAMES)
        near = nearest(name, NAMES)
        yield Fault(
            Text(f"模板里没有“{name}”", f"templates know no '{name}'"),
            Text(f"是不是 {near}？事实写作 facts.名称", f"did you mean {near}? facts are written facts.name")
            if near
            else Text(f"可用：{known.zh}", f"known: {known.en}"),
        )
    for node in parsed.all(nodes.Getattr):
        yield from _faults_of_reference(node, figures)
    yield from _bare_facts(parsed)
    if narrative:
        yield from _written_out(parsed)


def _below(tree: nodes.Node) -> Iterator[nodes.Node]:
    for node in tree.iter_child_nodes():
        yield node
        yield from _below(node)


def _faults_of_reference(node: nodes.Getattr, figures: Figures) -> Iterator[Fault]:
    inner = node.node
    if isinstance(inner, nodes.Name) and inner.name == "facts" and node.attr not in figures:
        near = nearest(node.attr, list(figures))
        yield Fault(
            Text(f"没有事实“{node.attr}”", f"there is no fact '{node.attr}'"),
            Text(f"是不是 {near}？", f"did you mean {near}?")
            if near
            else Text("先在 facts: 里登记", "declare it under facts: first"),
        )
    of_a_fact = isinstance(inner, nodes.Getattr) and isinstance(inner.node, nodes.Name) and inner.node.name == "facts"
    if of_a_fact and node.attr not in ("number", "title"):
        yield Fault(
            Text(f"事实只有 number、title，没有“{node.attr}”", f"a fact has number and title, not '{node.attr}'"),
            suggest(node.attr, ("number", "title")),
        )


def _bare_facts(parsed: _Parsed) -> Iterator[Fault]:
    """`{{ facts }}` on its own would print nothing a reader wants."""
    named = [node.node for node in parsed.all(nodes.Getattr)]
    for node in parsed.all(nodes.Name):
        if node.name == "facts" and not any(node is other for other in named):
            yield Fault(
                Text("要写哪一个事实", "name the fact"), Text("引用写成 {{ facts.名称 }}", "write {{ facts.name }}")
            )


def _written_out(parsed: _Parsed) -> Iterator[Fault]:
    for data in parsed.all(nodes.TemplateData):
        if found := _LITERAL.search(data.data):
            yield Fault(
                Text(f"文字里直接写了数字“{found[0]}”", f"a figure is written out: '{found[0]}'"),
                Text(
                    "登记为事实，再写 {{ facts.名称 }}，同一个数才不会出现两个值",
                    "declare it as a fact and write {{ facts.name }}, so that it cannot have two values",
                ),
            )


def _syntax(error: TemplateSyntaxError) -> Fault:
    what = Text("“{{ … }}”没有写完整", "a {{ … }} is not complete")
    if found := re.match(r"No (filter|test) named '(\w+)'", error.message or ""):
        return Fault(
            Text(f"模板里没有“{found[2]}”这种写法", f"templates know no {found[1]} '{found[2]}'"),
            Text("引用写成 {{ facts.名称 }}", "write references as {{ facts.name }}"),
        )
    return Fault(
        Text(f"模板写法不对（第 {error.lineno} 行）：{what.zh}", f"template syntax, line {error.lineno}: {what.en}"),
        Text("引用写成 {{ facts.名称 }}", "write references as {{ facts.name }}"),
    )
