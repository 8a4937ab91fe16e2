"""Random evaluations of all rule kinds as score books, recalculated by LibreOffice and compared with the engine.

python -m tests.exchange.recalculate 200
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from scoring.engine import assess
from scoring.exchange.book import book
from scoring.exchange.plan import Plan, plan
from scoring.load import Case, Entry
from scoring.result import OPEN, Result
from tests.exchange.libreoffice import cells_of, recalculated
from tests.rules.answered import Draw, a_set, an_evaluation
from tests.test_engine_laws import GRADES, cases, groups

IN_ONE_BOOK = 20


@st.composite
def results(draw: Draw) -> Result:
    """A scored evaluation: every rule kind, or groups of every kind; now and then a discount and a veto."""
    if draw(st.integers(0, 3)):
        result = draw(cases(draw(st.sampled_from(["leaf", "leaf", "leaf", "leaf", "total"])))).scored()
        indicator_set, evaluation = result.indicator_set, result.evaluation
    else:
        parts, records, _ = draw(groups())
        indicator_set, evaluation = a_set(grades=GRADES, **parts), an_evaluation(records=records)
    more: dict[str, object] = {}
    assume(all(each.combine != "geometric" for _, each in indicator_set.walk()))  # refused: no formula is exact
    told: dict[str, object] = {}
    if draw(st.integers(0, 3)) == 0:
        more["grade_drop"] = draw(st.sampled_from([["90%", "80%", "70%"], ["85%"]]))
        told["earlier_review"] = {"total": draw(st.integers(50, 100)), "source": "试验"}
    if draw(st.integers(0, 5)) == 0:
        effect = draw(st.sampled_from([{"effect": "zero"}, {"effect": "ceiling", "grade": "中"}]))
        more["vetoes"] = [{"id": "fraud", "title": "弄虚作假", **effect}]
        told["vetoes"] = {"fraud": "试验"}
    indicator_set = type(indicator_set).model_validate({**_given(indicator_set), **more})
    evaluation = type(evaluation).model_validate({**_given(evaluation), **told})
    scored, faults = assess(indicator_set, evaluation)
    assert scored is not None
    assert faults == []
    return scored


def _given(model: object) -> dict[str, object]:
    return {name: getattr(model, name) for name in model.model_fields_set}  # type: ignore[attr-defined]


def drawn(count: int, number: int) -> list[Result]:
    found: list[Result] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(results())
    def collect(result: Result) -> None:
        found.append(result)

    collect()
    return found


@dataclass
class Outcome:
    """What was compared and what differed."""

    evaluations: int = 0
    cells: int = 0
    ties: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def check(self, where: str, found: object, wanted: object) -> None:
        self.cells += 1
        if type(found) is not type(wanted) or found != wanted:
            self.differences.append(f"{where}: {found!r}, not {wanted!r}")


def compare(one: Plan, sheet: list[list[object]], outcome: Outcome) -> None:
    outcome.evaluations += 1
    result, places = one.result, one.set.rounding.places
    column = one.column("points")
    printed = one.set.rounding.at == "leaf"  # else the book shows leaves rounded each, and says so

    def at(line: str) -> object:
        value = sheet[one.lines[line].row][column]
        return f"{value:.{places}f}" if isinstance(value, float) and value == float(f"{value:.{places}f}") else value

    for leaf in one.leaves():
        node = one.nodes[leaf.id]
        outcome.kinds[leaf.rule.kind if leaf.rule else ""] += 1
        outcome.states[node.state] += 1
        mark = leaf.record.mark if leaf.record else None
        outcome.ties += mark is not None and (Fraction(mark) * 10**places) % 1 == Fraction(1, 2)
        if node.state in OPEN:
            outcome.check(f"{one.name} {leaf.id}", at(leaf.id), {"missing": "待填", "undefined": "算不出"}[node.state])
        elif printed:
            outcome.check(f"{one.name} {leaf.id}", at(leaf.id), str(node.points))
    for line in one.lines.values():
        if line.kind == "subtotal" and printed:
            outcome.check(
                f"{one.name} {line.id}", at(line.id), str(one.nodes[line.id.removesuffix("#subtotal")].points)
            )
    outcome.check(f"{one.name} 总分", at("#total"), str(result.total))
    grade = result.grade.title if result.grade else f"待定（还有{len(result.open)}项）"
    outcome.check(f"{one.name} 等级", sheet[one.lines["#total"].row][one.column("reason")], f"等级：{grade}")


def run(count: int, number: int, folder: Path) -> Outcome:
    outcome = Outcome()
    files, plans = [], []
    found = [r for n in range(-(-count // 50)) for r in drawn(50, number + n)][:count]
    for start in range(0, len(found), IN_ONE_BOOK):
        entries = tuple(
            Entry(f"附件{n}", Path(f"e{n}.yaml"), r) for n, r in enumerate(found[start : start + IN_ONE_BOOK], 1)
        )
        file = folder / f"book{start}.xlsx"
        file.write_bytes(book(Case(folder, None, entries)))
        files.append(file)
        plans.append([plan(entry, f"{entry.label} 甲") for entry in entries])
    for made, shown in zip(plans, recalculated(files, folder), strict=True):
        for one in made:
            compare(one, cells_of(shown, one.name), outcome)
    return outcome


def main() -> None:
    count, number = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2019
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(count, number, Path(folder))
    print(
        f"{outcome.evaluations} evaluations, {outcome.cells} cells ({outcome.ties} marks on a tie), {len(outcome.differences)} differences"
    )
    print("rules:", ", ".join(f"{kind} {n}" for kind, n in sorted(outcome.kinds.items())))
    print("states:", ", ".join(f"{state} {n}" for state, n in sorted(outcome.states.items())))
    for line in outcome.differences[:40]:
        print("  ", line)
    sys.exit(bool(outcome.differences))


if __name__ == "__main__":
    main()
