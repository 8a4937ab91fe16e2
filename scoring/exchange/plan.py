"""Where everything stands on the sheet of one evaluation: lines from the top down, columns from the left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from scoring.binding import Bound, bind
from scoring.evaluation import Evaluation
from scoring.exchange.fields import Field, Part, measured_field, parts_of, quantity
from scoring.indicators import IndicatorSet
from scoring.load import Entry
from scoring.result import Node, Result

FIRST = 6  # rows above the first indicator: title, subject, set, result, how to fill in, head
AFTER = ("weight", "standard", "target", "unit", "actual", "judge", "points", "reason", "evidence", "problem",
         "recommendation", "note")  # fmt: skip


@dataclass(slots=True)
class Line:
    """One row of the sheet. id: what stands in its hidden first cell, so that a moved row is noticed."""

    id: str
    row: int
    kind: Literal["leaf", "part", "subtotal", "total", "fact"]
    part: Part | None = None
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """The lines of one evaluation, and the tree they show."""

    name: str
    entry: Entry
    bound: list[Bound]
    nodes: dict[str, Node]
    depth: int
    lines: dict[str, Line] = field(default_factory=dict)

    @property
    def result(self) -> Result:
        return self.entry.result

    @property
    def evaluation(self) -> Evaluation:
        return self.entry.result.evaluation

    @property
    def set(self) -> IndicatorSet:
        return self.entry.result.indicator_set

    def column(self, key: str) -> int:
        """The column of a key, from 0; column 0 is hidden and holds the ids, then come the titles by level."""
        return 1 + self.depth + AFTER.index(key)

    def cell(self, line: str, key: str) -> str:
        """A reference to a cell of this sheet, good on any sheet."""
        return f"'{self.name}'!${letters(self.column(key))}${self.lines[line].row + 1}"

    def leaves(self) -> Iterator[Bound]:
        for node in self.bound:
            yield from node.leaves()

    def parts(self, leaf: str) -> list[Line]:
        return [line for line in self.lines.values() if line.id == leaf or line.id.startswith(f"{leaf}#")]

    def closed(self, leaf: Bound) -> bool:
        """Whether it was declared not to apply: then nothing is asked."""
        return self.nodes[leaf.id].state == "not-applicable"


def letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def plan(entry: Entry, name: str) -> Plan:
    result = entry.result
    bound, _, _ = bind(result.indicator_set, result.evaluation)
    depth = max(len(leaf.path) for node in bound for leaf in node.leaves())
    made = Plan(name, entry, bound, {node.id: node for node in result.walk()}, depth)
    row = FIRST

    def add(id: str, kind: Literal["leaf", "part", "subtotal", "total", "fact"], part: Part | None = None) -> Line:
        nonlocal row
        made.lines[id] = line = Line(id, row, kind, part, dict(part.fields) if part else {})
        row += 1
        return line

    def indicator(node: Bound) -> None:
        if node.rule is not None:
            parts = [Part("", "", {})] if made.closed(node) else parts_of(node, result.evaluation)
            for part in parts:
                add(f"{node.id}#{part.id}" if part.id else node.id, "part" if part.id else "leaf", part)
        for child in node.children:
            indicator(child)
        if node.rule is None and (len(node.path) == 1 or node.combine != "sum"):
            add(f"{node.id}#subtotal", "subtotal")

    for node in bound:
        indicator(node)
    add("#total", "total")
    row += 2  # an empty row, and the head of the facts
    for fact, part in _facts(made):
        add(f"facts.{fact}", "fact", part)
    return made


def _facts(made: Plan) -> Iterator[tuple[str, Part]]:
    """Every fact that is recorded or that the set asks for; one derived from others has no field."""
    asked, given = made.set.facts, made.evaluation.facts
    for name in dict.fromkeys([*asked, *given]):
        fact, place = given.get(name), ("facts", name)
        title = asked[name].title if name in asked else (fact and fact.title) or name
        source = {"standard": Field((*place, "source"), "text")}
        if (name in asked and asked[name].kind == "truth") or (fact and isinstance(fact.value, bool)):
            yield name, Part(name, title, {"actual": Field((*place, "value"), "truth", choices=("是", "否")), **source})
        elif fact is not None and fact.value is None:
            yield name, Part(name, title, {})
        else:
            unit = asked[name].unit if name in asked else ""
            written = fact.value if fact else None
            found = quantity(written)
            yield (
                name,
                Part(name, title, {"actual": measured_field((*place, "value"), unit, found and written), **source}),
            )
