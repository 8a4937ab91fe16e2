"""What a person finds, as changes to an evaluation file: which file an indicator is in, and what a record replaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from scoring.binding import Bound, bind
from scoring.errors import Diagnostic, Fault, ScoringError, Text, suggest
from scoring.evaluation import Record
from scoring.load import assess_source, evaluation_files
from scoring.result import OPEN, Node, Result, Row
from scoring.rules import ANSWERS
from scoring.source import Source, parse, read
from scoring.source.model import build
from scoring.source.splice import END, REMOVE, Change, splice, value_at

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_LISTS, _MAPPINGS = ("evidence",), ("checks", "actuals")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One evaluation file as it stands, open for recording."""

    source: Source
    result: Result
    bound: dict[str, Bound]

    @property
    def file(self) -> Path:
        return self.source.file

    def node(self, id: str) -> Node:
        return next(leaf for leaf in self.result.leaves() if leaf.id == id)


def open_sheet(source: Source, folders: Iterable[Path] = ()) -> Sheet:
    """ScoringError: the file cannot be scored, not even in part. A loss without its problem does not hinder."""
    result, faults = assess_source(source, folders)
    if result is None:
        raise ScoringError(*faults)
    bound, _, _ = bind(result.indicator_set, result.evaluation)
    return Sheet(source, result, {leaf.id: leaf for node in bound for leaf in node.leaves()})


def open_sheets(path: Path, folders: Sequence[Path] = (), only: Path | None = None) -> list[Sheet]:
    """Every evaluation of a case, or one of them. ScoringError: what keeps them from being scored."""
    files = evaluation_files(path)
    if only is not None:
        named = [file for file in files if file.name == only.name or file.resolve() == only.resolve()]
        if not named:
            hint = suggest(only.name, [file.name for file in files])
            message = Text(f"这个评价里没有文件“{only}”", f"the case has no file '{only}'")
            raise ScoringError(Diagnostic(message, hint, path="--evaluation"))
        files = named
    sheets: list[Sheet] = []
    faults: list[Diagnostic] = []
    for file in files:
        try:
            sheets.append(open_sheet(read(file), folders))
        except ScoringError as error:
            faults += error.diagnostics
    if faults:
        raise ScoringError(*faults)
    return sheets


def find_indicator(sheets: Sequence[Sheet], wanted: str) -> tuple[Sheet, Bound]:
    """The sheet that has the indicator of that id or title. ScoringError: none has, or several have."""
    found = [
        (sheet, leaf)
        for sheet in sheets
        for leaf in sheet.bound.values()
        if wanted in (leaf.id, leaf.title.zh, leaf.title.en)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        files = "、".join(dict.fromkeys(sheet.file.name for sheet, _ in found))
        message = Text(f"“{wanted}”不止一处：{files}", f"'{wanted}' is found more than once: {files}")
        hint = Text(
            "用 --evaluation 指明文件，用编号指明指标", "name the file with --evaluation, and the indicator by its id"
        )
        raise ScoringError(Diagnostic(message, hint))
    message = Text(f"没有可以记录的指标“{wanted}”", f"there is no indicator '{wanted}' to record")
    raise ScoringError(Diagnostic(message, suggest(wanted, [id for sheet in sheets for id in sheet.bound])))


def as_written(text: str) -> int | Decimal | str:
    """What the text would be in the file: `5` and `4.10` are numbers, `95%` and `10.34万元` are text."""
    if not _NUMBER.fullmatch(text):
        return text
    return Decimal(text) if "." in text else int(text)


def changes_of(
    sheet: Sheet, id: str, given: Mapping[str, object], facts: Mapping[str, object] | None = None
) -> list[Change]:
    """The changes that record what is given. Evidence is appended, checks and milestones are added to those there are;
    a result replaces "not applicable" and the other way round, a problem replaces a waiver and the other way round."""
    there = value_at(sheet.source.data, ("records", id))
    recorded = there if isinstance(there, dict) else {}
    given = {key: given[key] for key in Record.model_fields if key in given}  # in the order of the reference
    gone: list[str] = []
    if "not_applicable" in given:
        gone += ANSWERS
    elif any(key in given for key in ANSWERS):
        gone.append("not_applicable")
    for one, other in (("problem", "waiver"), ("waiver", "problem")):
        if one in given and other not in given:
            gone.append(other)
    changes = [Change(("facts", name, "value"), value) for name, value in (facts or {}).items()]
    changes += [Change(("records", id, key), REMOVE) for key in gone if key in recorded and key not in given]
    for key, value in given.items():
        here = ("records", id, key)
        if key in _LISTS and isinstance(value, list):
            changes += [Change((*here, END), each) for each in value]
        elif key in _MAPPINGS and isinstance(value, dict):
            changes += [Change((*here, name), each) for name, each in value.items()]
        else:
            changes.append(Change(here, value))
    return changes


def unexplained(result: Result) -> list[Row]:
    """The losses for which neither a problem nor a waiver is written."""
    return [row for row in result.ledger if not (row.problem or row.waiver or row.state in OPEN)]


def check_answer(leaf: Bound, given: Mapping[str, object]) -> None:
    """ScoringError: what is wrong with an answer by itself, in the words a faulty file would get.

    The reason it may need is asked for later.
    """
    text = splice("reason: 理由\n", [Change((key,), value) for key, value in given.items()])
    source = parse(text, Path("-"))
    record = build(source, Record)
    assert leaf.rule is not None
    faults: list[Fault] = list(leaf.rule.faults(record, Fraction(leaf.weight)))
    if faults:
        raise ScoringError(*(Diagnostic(fault.message, fault.hint) for fault in faults))
