"""What scoring gives: the score tree, in which every point won or lost has a reason, its ledger and its findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from scoring.errors import Text
from scoring.evaluation import Evaluation, Evidence
from scoring.facts import Figure
from scoring.indicators import Grade, IndicatorSet, Role

State = Literal["scored", "judged", "missing", "undefined", "not-demonstrated", "not-applicable", "group"]
STATES: dict[State, Text] = {
    "scored": Text("已计算", "scored"),
    "judged": Text("已评判", "judged"),
    "missing": Text("缺数据", "missing"),
    "undefined": Text("无法计算", "undefined"),
    "not-demonstrated": Text("未证明", "not demonstrated"),
    "not-applicable": Text("不适用", "not applicable"),
    "group": Text("", ""),
}
NO_TEXT = Text("", "")
OPEN: tuple[State, ...] = ("missing", "undefined")  # nothing can be said of these yet


@dataclass(frozen=True, slots=True)
class Node:
    """One indicator of the score tree. weight and points are as printed; the points of children add up to their parent's.

    low and high bound the points that are still possible; they differ only where something is open or not demonstrated.
    self_score: what the body gave itself, out of the indicator's own weight; it is compared, never counted.
    unproven: the recorded actual only repeats the target, whoever judged it.
    brief: the reason without weight and points, for a table that prints them beside it.
    form: first and second level under which the completion table lists an indicator the evaluation set itself.
    """

    id: str
    title: Text
    path: tuple[Text, ...]
    weight: Decimal
    points: Decimal
    state: State
    low: Decimal
    high: Decimal
    reason: Text
    brief: Text
    children: tuple[Node, ...] = ()
    rule: Text = NO_TEXT
    formula: Text = NO_TEXT
    standard: str = ""
    target: Text = NO_TEXT
    actual: Text = NO_TEXT
    form: tuple[str, str] | None = None
    unproven: bool = False
    note: str = ""
    inputs: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    role: Role = "normal"
    self_score: Decimal | None = None

    @property
    def lost(self) -> Decimal:
        return self.weight - self.points

    def leaves(self) -> Iterator[Node]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger: points lost in one place, why, and what is to be done about it."""

    indicator: str
    title: Text
    path: tuple[Text, ...]
    rule: Text
    points: Decimal
    reason: Text
    state: State
    evidence: tuple[Evidence, ...] = ()
    problem: str = ""
    recommendation: str = ""
    waiver: str = ""
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, the points it costs, and the ledger rows it comes from."""

    problem: str
    recommendation: str
    points: Decimal
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The score of one evaluation. ledger: the points of its rows add up to maximum − total, exactly."""

    evaluation: Evaluation
    indicator_set: IndicatorSet
    figures: dict[str, Figure]
    nodes: tuple[Node, ...]
    maximum: Decimal
    total: Decimal
    low: Decimal
    high: Decimal
    grade: Grade | None
    ledger: tuple[Row, ...]
    findings: tuple[Finding, ...]

    def leaves(self) -> Iterator[Node]:
        for node in self.nodes:
            yield from node.leaves()

    def walk(self) -> Iterator[Node]:
        def below(nodes: tuple[Node, ...]) -> Iterator[Node]:
            for node in nodes:
                yield node
                yield from below(node.children)

        yield from below(self.nodes)

    @property
    def open(self) -> tuple[Node, ...]:
        """The indicators nothing can be said of yet; a report waits for them."""
        return tuple(leaf for leaf in self.leaves() if leaf.state in OPEN)
