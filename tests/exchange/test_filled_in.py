"""Blank books of shipped sets, filled in at random: what the sheet shows is what the engine makes of the files it is read into."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.exchange.book import book
from scoring.exchange.fields import Field
from scoring.exchange.plan import Plan, plan
from scoring.exchange.readback import updates, write
from scoring.load import Case, find_set, load_case
from scoring.result import OPEN
from scoring.rules import Levels
from scoring.scaffold import evaluation_text
from tests.exchange.edited import edited
from tests.exchange.libreoffice import cells_of, needs_soffice, recalculated
from tests.exchange.recalculate import Outcome, compare

SETS = ("jilin-electronic-supervision-2016", "hunan-department-10-60-30", "county-department-2019", "zhengzhou-goal-review",
        "central-self-evaluation-2021-cost", "omb-part-2002", "pefa-2016-pi-30", "sichuan-department-2017", "pidu-project-2025")  # fmt: skip


def typed(field: Field, pick: random.Random) -> object:
    """What a person might type into this cell: within its limits, now and then nothing."""
    low, high = field.low or Decimal(0), field.high if field.high is not None else Decimal(120)
    match field.kind:
        case "truth" | "choice":
            return pick.choice(field.choices)
        case "count":
            return pick.randint(1, 2)
        case "number" | "points":
            return field.in_cell(Decimal(pick.randint(int(low * 100), int(high * 100))) / 100)
        case "date":
            return 43_800 + pick.randint(0, 60)
        case "evidence":
            return "台账｜第3页"
    return "试验" if field.path[-1] in ("reason", "problem") else None


def filled(one: Plan, pick: random.Random) -> dict[tuple[int, int], object]:
    cells: dict[tuple[int, int], object] = {}
    for line in one.lines.values():
        if line.id.endswith("#mark") or ("#deduct." in line.id and pick.random() < 0.6):
            continue  # no deduction of this kind, nothing left by a person
        for key, field in line.fields.items():
            value = typed(field, pick)
            if value is not None:
                cells[line.row, one.column(key)] = value
    for leaf in one.leaves():
        if isinstance(leaf.rule, Levels):
            level = pick.choice(leaf.rule.levels)
            cells[one.lines[leaf.id].row, one.column("judge")] = level.name
            if level.at_least is not None:  # and the share within it
                cells[one.lines[f"{leaf.id}#share"].row, one.column("judge")] = float(level.at_least) + 0.03
    return cells


@needs_soffice
def test_filled_in_books_score_as_the_files_they_are_read_into(tmp_path: Path) -> None:
    pick, files, cases = random.Random(7), [], []
    for name in SETS:
        chosen = find_set(name)
        folder = tmp_path / name
        folder.mkdir()
        file = folder / "evaluation.yaml"
        file.write_text(evaluation_text(chosen, "某单位", chosen.effective.first, "evaluation"), encoding="utf-8")
        blank = tmp_path / f"blank-{name}.xlsx"
        case: Case = load_case(file)
        blank.write_bytes(book(case))
        assert updates([blank], file) == []
        one = plan(case.entries[0], case.entries[0].result.evaluation.subject.name[:28])
        files.append(edited(blank, tmp_path / f"{name}.xlsx", one.name, filled(one, pick)))
        cases.append(file)
    outcome = Outcome()
    for file, given, shown in zip(cases, files, recalculated(files, tmp_path), strict=True):
        write(updates([given], file), "甲", "试验")
        entry = load_case(file).entries[0]
        one = plan(entry, entry.result.evaluation.subject.name[:28])
        rows = cells_of(shown, one.name)
        now = {str(row[0]): row for row in rows}  # the file has grown rows the sheet does not have
        for line in one.lines.values():
            line.row = next((at for at, row in enumerate(rows) if row[0] == line.id), -1)
        assert set(now) >= {leaf.id for leaf in one.leaves()}
        compare(one, rows, outcome)
    assert outcome.differences == []
    assert outcome.cells > 150
    assert sum(outcome.states[state] for state in OPEN) < outcome.states["scored"] + outcome.states["judged"]


@pytest.mark.parametrize("name", SETS)
def test_blank_books_are_the_same_every_time(name: str, tmp_path: Path) -> None:
    file = tmp_path / "evaluation.yaml"
    chosen = find_set(name)
    file.write_text(evaluation_text(chosen, "某单位", chosen.effective.first, "evaluation"), encoding="utf-8")
    assert book(load_case(file)) == book(load_case(file))
