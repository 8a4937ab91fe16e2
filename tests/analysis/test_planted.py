"""A small run of tests/analysis/planted.py, and that it would notice a column that is wrong."""

from __future__ import annotations

import pytest

from scoring.analysis.batch import Scorer
from scoring.expression.tree import Call, Node, number
from tests.analysis.planted import KINDS, Tally, compare


@pytest.fixture(scope="module")
def tally() -> Tally:
    whole = Tally()
    for seed in range(len(KINDS)):
        whole.add(compare(seed, 31, 60))
    return whole


def test_columns_come_to_what_the_engine_does(tally: Tally) -> None:
    assert tally.differences == []


def test_every_kind_and_every_way_of_rounding_was_there(tally: Tally) -> None:
    assert {*tally.kinds} == {make.__name__.replace("_", "-") for make in KINDS}
    assert sum(count for (_, name), count in tally.cells.items() if name == "tie") > 200
    assert {"scored", "judged", "missing", "undefined", "not-demonstrated", "not-applicable"} == {*tally.states}
    assert tally.rows["told by columns"] > tally.rows["compared"] / 2
    assert tally.rows["one tie among whole units, rounded at the total"] > 0
    assert tally.rows["refused by both"] > 0


def test_a_tie_rounded_the_wrong_way_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(self: Scorer, node: Node) -> Node:
        return Call("floor", (node,)) if self.unit == 1 else Call("round", (node, number(self.set.rounding.places + 1)))

    monkeypatch.setattr(Scorer, "_rounded", cut)
    assert any(compare(seed, 50, 60).differences for seed in range(3))
