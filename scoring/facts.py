"""The facts of an evaluation: each figure read once, in its unit, or derived by a formula; a written one is checked against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from scoring.errors import Fault, Lang, Text, listed
from scoring.evaluation import Evaluation, Fact
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import Kind, Node, kind, names
from scoring.expression.words import Label, absence
from scoring.indicators import FactAsked, IndicatorSet
from scoring.values import PERCENT, UNITS, Quantity, of_number, read_quantity, rounded


@dataclass(frozen=True, slots=True)
class Figure:
    """One fact as known: its title, its quantity (or truth) and where it comes from."""

    title: Text
    value: Quantity | bool
    source: str = ""
    note: str = ""

    @property
    def unit(self) -> str:
        return self.value.unit if isinstance(self.value, Quantity) else ""

    def number(self) -> Value:
        return self.value.number() if isinstance(self.value, Quantity) else self.value

    def show(self, lang: Lang = "zh") -> str:
        if isinstance(self.value, bool):
            return Text("是" if self.value else "否", "yes" if self.value else "no").to(lang)
        return self.value.show(lang)

    def label(self) -> Label:
        return Label(self.title, PERCENT if UNITS.get(self.unit, ("", 0))[0] == "share" else self.unit)


Figures = Mapping[str, Figure]


def read_facts(indicator_set: IndicatorSet, evaluation: Evaluation) -> tuple[dict[str, Figure], list[Fault]]:
    """Every fact in its unit, and all that is wrong with them; Fault.inside is the path from the top of the evaluation."""
    reader = _Reader(indicator_set, evaluation)
    for name in evaluation.facts:
        reader.figure(name)
    for name, fact in evaluation.facts.items():
        if fact.formula is not None and fact.value is not None and name in reader.figures:
            reader.guarded(name, lambda name=name: reader.verify(name))  # type: ignore[misc]
    return {name: reader.figures[name] for name in evaluation.facts if name in reader.figures}, reader.faults


def values_of(figures: Figures) -> dict[str, Value]:
    return {name: figure.number() for name, figure in figures.items()}


class _Follows(Fault):
    """A fact that cannot be known because another is at fault."""

    def __init__(self) -> None:
        super().__init__(Text("", ""))


class _Reader:
    def __init__(self, indicator_set: IndicatorSet, evaluation: Evaluation):
        self.asked, self.facts = indicator_set.facts, evaluation.facts
        self.figures: dict[str, Figure] = {}
        self.faults: list[Fault] = []
        self.under_way: list[str] = []
        self.failed: set[str] = set()

    def guarded(self, name: str, action: Callable[[], None]) -> None:
        """Run the action and note a fault it raises at the fact's place."""
        try:
            action()
        except _Follows:
            self.failed.add(name)  # what it depends on has been reported
        except Fault as fault:
            self.failed.add(name)
            self.faults.append(fault.within("facts", name))

    def figure(self, name: str) -> None:
        """Read or derive one fact, and before it the facts its formula uses."""
        if name in self.figures or name in self.failed:
            return
        fact = self.facts[name]

        def make() -> None:
            title = self.title(name, fact)
            if fact.value is None:
                self.figures[name] = Figure(title, self.derived(name, fact), fact.source or "", fact.note or "")
            else:
                self.figures[name] = Figure(title, self.written(name, fact, title), fact.source or "", fact.note or "")

        self.guarded(name, make)

    def title(self, name: str, fact: Fact) -> Text:
        if name in self.asked:
            return self.asked[name].text
        if fact.title is None:
            asked = listed(self.asked)
            raise Fault(
                Text(f"事实“{name}”不在体系里，要写名称 title", f"fact '{name}' is not in the set: give it a title"),
                Text(f"体系里的事实有：{asked.zh}", f"the set asks for: {asked.en}"),
                at_key=True,
            )
        return Text(fact.title, fact.english or fact.title)

    def written(self, name: str, fact: Fact, title: Text) -> Quantity | bool:
        asked: FactAsked | None = self.asked.get(name)
        wants_truth = asked is not None and asked.kind == "truth"
        if isinstance(fact.value, bool) and (asked is None or wants_truth):
            return fact.value
        if isinstance(fact.value, bool) or wants_truth:
            if not wants_truth:
                raise Fault(Text(f"“{title.zh}”应当写一个数", f"'{name}' should be a number"), inside=("value",))
            meant = {"是": "true", "否": "false"}.get(str(fact.value).strip())
            raise Fault(
                Text(f"“{title.zh}”应当写是或否", f"'{name}' should be true or false"),
                Text(f"写成 {meant}" if meant else "写 true 或 false", f"write {meant or 'true or false'}"),
                inside=("value",),
            )
        try:
            quantity = read_quantity(fact.value)
            return quantity.to(asked.unit) if asked else quantity
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("value",)) from None

    def known(self) -> dict[str, Kind]:
        """What each fact gives, as far as that can be told before it is read."""

        def gives(name: str) -> Kind:
            asked = self.asked.get(name)
            return (
                "truth" if isinstance(self.facts[name].value, bool) or (asked and asked.kind == "truth") else "number"
            )

        return {name: gives(name) for name in self.facts}

    def tree(self, fact: Fact) -> Node:
        assert fact.formula is not None
        try:
            tree = parse(fact.formula, self.known())
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("formula",), offset=fault.offset) from None
        if kind(tree) != "number":
            raise Fault(Text("公式的结果应是一个数", "the formula should give a number"), inside=("formula",))
        return tree

    def derived(self, name: str, fact: Fact) -> Quantity:
        """The quantity the formula gives, in the fact's own unit."""
        tree = self.tree(fact)
        if name in self.under_way:
            raise _ring([*self.under_way[self.under_way.index(name) :], name])
        self.under_way.append(name)
        for other in names(tree):
            self.figure(other)
        self.under_way.pop()
        if any(other in self.failed for other in names(tree)):
            raise _Follows
        labels = {other: figure.label() for other, figure in self.figures.items()}
        found = evaluate(tree, values_of(self.figures))
        if isinstance(found, Unknown):
            message = Text(f"公式算不出来：{absence(found, labels)}", f"no result: {absence(found, labels, 'en')}")
            raise Fault(message, inside=("formula",))
        assert not isinstance(found, bool)
        asked = self.asked.get(name)
        if asked is not None and asked.kind == "truth":
            raise Fault(Text("是或否的事实不写公式", "a true-or-false fact takes no formula"), inside=("formula",))
        written = self.figures.get(name)
        unit = written.unit if written else asked.unit if asked else (fact.formula_unit or "")
        try:
            return of_number(found, fact.formula_unit or unit).to(unit)
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("formula_unit",)) from None

    def _stands_alone(self, name: str, way: list[str]) -> None:
        """Fault when a written fact is checked against facts that are derived from it: such a check always passes."""
        formula = self.facts[way[-1]].formula
        if formula is None or (way[-1] != name and self.facts[way[-1]].value is not None):
            return
        for other in names(self.tree(self.facts[way[-1]])):
            if other == name:
                raise _ring([*way, name])
            self._stands_alone(name, [*way, other])

    def verify(self, name: str) -> None:
        """Fault unless the formula gives the written value, at the decimals it is written with."""
        fact, figure = self.facts[name], self.figures[name]
        if isinstance(figure.value, bool):
            raise Fault(Text("是或否的事实不写公式", "a true-or-false fact takes no formula"), inside=("formula",))
        self._stands_alone(name, [name])
        derived = self.derived(name, fact)
        raw = read_quantity(fact.value)
        if Fraction(rounded(derived.to(raw.unit).value, _places(str(fact.value)))) != raw.value:
            raise Fault(
                Text(
                    f"“{figure.title.zh}”写的是 {raw.show()}，公式算得 {derived.to(raw.unit).show()}",
                    f"'{name}' says {raw.show('en')} but its formula gives {derived.to(raw.unit).show('en')}",
                ),
                Text("核对数字和公式，改正其中之一", "check both and correct one of them"),
                inside=("value",),
            )


def _ring(names: list[str]) -> Fault:
    ring = " → ".join(names)
    return Fault(Text(f"公式互相引用：{ring}", f"the formulas refer to each other: {ring}"), inside=("formula",))


def _places(text: str) -> int:
    found = re.search(r"\.(\d+)", text)
    return len(found[1]) if found else 0
