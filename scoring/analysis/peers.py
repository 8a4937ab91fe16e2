"""Facts that compare one evaluation with all of its table (average, rank …), in two passes.

First every figure asked about is read with its group and counted; then each chunk gets what comes of it as columns, and the
scorer knows them as facts like any other. A figure counts where it and its group can be read, whatever else is wrong with
its row. A row without a figure has no rank, one without a group nothing to be compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from scoring.analysis.cells import coded, given, numbers, text
from scoring.analysis.fields import RESULT, Field, Fields, in_two, number, with_unit
from scoring.analysis.table import Chunk
from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.expression.columns import BEYOND, LIMIT, Ints, common
from scoring.indicators import FactAsked, IndicatorSet
from scoring.peers import Peers
from scoring.source.misfit import TEXT_PATTERN
from scoring.values import read_quantity, rounded

MANY = 1_000_000  # different values that wait before they are put together with those before them
HALF = 32  # bits: numbers are summed in an upper and a lower part, so that no sum leaves int64
LONGEST = 30  # decimals a cell may have


def added(indicator_set: IndicatorSet, headers: Iterable[str], file: Path) -> dict[str, str]:
    """The columns a table gets, by the names of their facts. ScoringError: it has one of them already."""
    asked = {name: fact for name, fact in indicator_set.facts.items() if fact.peers is not None}
    wrong = []
    for header in headers:
        if (name := in_two(header)[0]) in asked:
            title = asked[name].text
            message = Text(
                f"“{title.zh}”由全表算出，表里不能另给",
                f"'{title.en}' is reckoned from the table, which cannot give it",
            )
            wrong.append(Diagnostic(message, Text("删去这一列", "remove this column"), file, 1, path=header))
    for name in asked.keys() & set(RESULT):
        message = Text(f"“{name}”是结果里的列，由同类算出的事实不能叫这个名称", f"'{name}' is a column of the result")
        wrong.append(Diagnostic(message, Text("换一个名称", "choose another name"), path=f"facts.{name}"))
    if wrong:
        raise ScoringError(*wrong)
    return {name: f"{name}({fact.unit})" if fact.unit else name for name, fact in asked.items()}


@dataclass(frozen=True, slots=True)
class Counted:
    """How often each figure occurs in each group, in the order of groups and figures: scale × values, int64 or, where one
    leaves int64, Python's own numbers."""

    codes: Any
    values: Any
    counts: Any
    scale: Fraction

    def groups(self) -> tuple[Any, Any]:
        """The groups there are, and where each begins; one place more, where the last ends."""
        found, starts = np.unique(self.codes, return_index=True)
        return found, np.append(starts, len(self.codes))


def _together(pieces: list[Counted]) -> Counted:
    """The pieces as one; they are taken out of the list, since there may hardly be room for both."""
    scale = reduce(common, (piece.scale for piece in pieces))
    codes = np.concatenate([piece.codes for piece in pieces])
    values = np.concatenate([_times(piece.values, int(piece.scale / scale)) for piece in pieces])
    counts = np.concatenate([piece.counts for piece in pieces])
    pieces.clear()
    order = np.lexsort((values, codes))
    codes, values, counts = codes[order], values[order], counts[order]
    first = np.flatnonzero((np.diff(codes, prepend=-1) != 0) | (np.diff(values, prepend=values[:1] - 1) != 0))
    return Counted(codes[first], values[first], np.add.reduceat(counts, first, dtype=np.int32), scale)


def _times(values: Any, by: int) -> Any:
    if by == 1:
        return values
    if values.dtype != object and int(np.abs(values).max(initial=0)) * by >= LIMIT:
        values = values.astype(object)
    return values * by


@dataclass(slots=True)
class Group:
    """What the figures of a group come to."""

    count: int
    total: Fraction
    lowest: Fraction
    highest: Fraction

    def __add__(self, other: Group) -> Group:
        return Group(
            self.count + other.count,
            self.total + other.total,
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
        )


class Survey:
    """One figure of all rows, by groups. each: every figure is kept, for ranks and medians."""

    def __init__(self, figure: Field, asked: FactAsked, by: tuple[Field, ...]):
        self.figure, self.asked, self.by, self.each = figure, asked, by, False
        self.codes: dict[tuple[str, ...], int] = {} if by else {(): 0}
        self.groups: dict[int, Group] = {}
        self.pieces: list[Counted] = []
        try:
            self.factor: Fraction | None = read_quantity(f"1{figure.unit}").to(asked.unit).value
        except Fault:
            self.factor = None  # every cell says its own unit

    def add(self, batch: Any) -> None:
        codes, values, scale, there = self.read(batch)
        rows = there & (codes >= 0)
        if not rows.any():
            return
        found = _together([Counted(codes[rows], values[rows], np.ones(int(rows.sum()), np.int32), scale)])
        self._sum(found)
        if self.each:
            self.pieces.append(found)
            if sum(len(piece.codes) for piece in self.pieces[1:]) > max(len(self.pieces[0].codes), MANY):
                self.pieces.append(_together(self.pieces))

    def _sum(self, found: Counted) -> None:
        codes, starts = found.groups()
        high, low, rows = (
            np.append(0, np.cumsum(part.astype(np.int64 if part.dtype != object else object)))[starts]
            for part in (
                (found.values >> HALF) * found.counts,
                (found.values & ((1 << HALF) - 1)) * found.counts,
                found.counts,
            )
        )
        for at, code in enumerate(codes.tolist()):
            total = ((int(high[at + 1]) - int(high[at])) << HALF) + int(low[at + 1]) - int(low[at])
            lowest, highest = int(found.values[starts[at]]), int(found.values[starts[at + 1] - 1])
            one = Group(int(rows[at + 1] - rows[at]), total * found.scale, lowest * found.scale, highest * found.scale)
            self.groups[code] = self.groups[code] + one if code in self.groups else one

    def read(self, batch: Any) -> tuple[Ints, Any, Fraction, Any]:
        """The group of each row (−1: none), and scale × value of its figure where there is one."""
        codes = np.zeros(batch.num_rows, np.int32)
        if self.by:
            local, contents = coded([batch.column(each.header) for each in self.by])
            codes = np.array([self._code(content) for content in contents], np.int32)[local]
        column = batch.column(self.figure.header)
        found = numbers(column)
        state = np.zeros(len(column), np.uint8) if found.state is None else found.state
        odd = state == BEYOND if self.factor is not None else given(column)
        scale = found.scale * (self.factor or 1)
        if not odd.any():
            return codes, found.num, scale, state == 0
        cells = text(column.filter(pa.array(odd))).dictionary_encode()
        meant = [self._meant(cell) for cell in cells.dictionary.to_pylist()]
        fine = reduce(common, (value for value in meant if value), scale)
        values, which = _times(found.num.astype(object), int(scale / fine)), cells.indices.to_numpy()
        values[odd] = np.array([int((value or 0) / fine) for value in meant], object)[which]
        there = state == 0
        there[odd] = np.array([value is not None for value in meant])[which]
        far = max(map(abs, values)) >= LIMIT
        return codes, values if far else values.astype(np.int64), fine, there

    def _code(self, cells: tuple[str | None, ...]) -> int:
        """The number of the group these cells name; −1 where one is blank or no year."""
        told = []
        for each, cell in zip(self.by, cells, strict=True):
            if cell is None:
                return -1
            try:
                told.append(str(int(number(cell))) if each.path == ("year",) else cell)
            except Fault:
                return -1
        return self.codes.setdefault(tuple(told), len(self.codes))

    def _meant(self, cell: str) -> Fraction | None:
        """What a cell that is no plain number says, read as a fact of an evaluation is."""
        if not re.fullmatch(TEXT_PATTERN, cell):
            return None
        try:
            return read_quantity(with_unit(cell, self.figure.unit)).to(self.asked.unit).value
        except Fault:
            return None

    # --- what comes of it, once all rows are in ---

    def close(self) -> None:
        if not self.pieces:
            return
        found = _together(self.pieces)
        codes, starts = found.groups()
        self.spans = {code: (starts[at], starts[at + 1]) for at, code in enumerate(codes.tolist())}
        self.values, self.scale = found.values, found.scale
        self.before = np.append(0, np.cumsum(found.counts, dtype=np.int64))  # how many rows come before each value

    def of_group(self, code: int, peers: Peers) -> Fraction | None:
        """The figure all rows of a group share; None where nothing was counted."""
        group = self.groups.get(code)
        if peers.take == "count":
            return Fraction(group.count if group else 0)
        if group is None:
            return None
        match peers.take:
            case "mean":
                return Fraction(rounded(group.total / group.count, peers.places))
            case "median":
                return Fraction(rounded(self._median(code, group.count), peers.places))
            case "lowest":
                return group.lowest
            case _:
                return group.highest

    def _median(self, code: int, count: int) -> Fraction:
        first = self.before[self.spans[code][0]]
        at = [int(np.searchsorted(self.before, first + half, "right")) - 1 for half in ((count - 1) // 2, count // 2)]
        return self.scale * sum(int(self.values[place]) for place in at) / 2

    def ranks(self, peers: Peers, codes: Ints, values: Any, scale: Fraction) -> Ints:
        """The places of figures in their groups; equal ones share a place, and as many after it stay empty."""
        places = np.zeros(len(codes), np.int64)
        if not len(codes):
            return places
        step = scale / self.scale
        values = _times(values, step.numerator) // step.denominator  # whole: each of them was counted before
        order = np.lexsort((values, codes))  # looked up in their order, which is quicker
        for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
            first, last = self.spans[int(codes[rows[0]])]
            at = first + np.searchsorted(self.values[first:last], values[rows])
            ahead = (
                self.before[last] - self.before[at + 1]
                if peers.order == "highest-first"
                else self.before[at] - self.before[first]
            )
            places[rows] = ahead + 1
        return places


class Compared:
    """The facts of a set that come from peers, reckoned for one table. columns: their headers by their names."""

    def __init__(self, fields: Fields, columns: dict[str, str], file: Path):
        """ScoringError: the table lacks a column they are reckoned from."""
        self.fields, self.columns = fields, columns
        self.asked: dict[str, tuple[Peers, Survey]] = {}
        self.told: dict[str, Any] = {}
        surveys: dict[tuple[str, tuple[Field, ...]], Survey] = {}
        wrong = []
        for name in columns:
            asked = fields.set.facts[name]
            assert asked.peers is not None
            peers = asked.peers
            figure = fields.headed("facts", peers.of)
            # where the table has no years, all its rows are of the one year given beside it
            wanted = [by for by in peers.by if by != "year" or fields.headed(by)]
            by = tuple(each for column in wanted if (each := fields.headed(column)))
            have = {each.header for each in by}
            for column in [*([] if figure else [peers.of]), *(column for column in wanted if column not in have)]:
                message = Text(
                    f"表中没有 {column} 列，“{asked.title}”要用它算",
                    f"the table has no column {column}, which '{asked.text.en}' is reckoned from",
                )
                wrong.append(Diagnostic(message, Text("加这一列", "add it"), file, 1))
            if figure is None:
                continue
            survey = surveys.setdefault((peers.of, by), Survey(figure, fields.set.facts[peers.of], by))
            survey.each |= peers.take in ("rank", "median")
            self.asked[name] = (peers, survey)
        if wrong:
            raise ScoringError(*wrong)
        self.surveys = list(surveys.values())

    @property
    def needs(self) -> list[str]:
        """The columns the first pass reads."""
        return [*dict.fromkeys(each.header for survey in self.surveys for each in (survey.figure, *survey.by))]

    def survey(self, batches: Iterable[Any]) -> None:
        """The first pass."""
        for batch in batches:
            for survey in self.surveys:
                survey.add(batch)
        for survey in self.surveys:
            survey.close()
        for name, (peers, survey) in self.asked.items():
            if peers.take != "rank":
                self.told[name] = _column([survey.of_group(code, peers) for code in range(len(survey.codes))], peers)

    def beside(self, chunk: Chunk) -> Chunk:
        """The chunk with the facts as columns; they stay blank where a row has no id and so is no evaluation."""
        batch = chunk.batch
        if not self.columns:
            return chunk
        named = given(batch.column(self.fields.headed("id").header))  # type: ignore[union-attr]
        read = {id(survey): survey.read(batch) for survey in self.surveys}
        for name, header in self.columns.items():
            peers, survey = self.asked[name]
            codes, values, scale, there = read[id(survey)]
            rows = named & (codes >= 0)
            if peers.take == "rank":
                rows &= there
                places = np.zeros(len(codes), np.int64)
                places[rows] = survey.ranks(peers, codes[rows], values[rows], scale)
                column = pa.array(places, mask=~rows)
            else:
                column = self.told[name].take(pa.array(codes, mask=~rows))
            batch = batch.append_column(header, column)
        return replace(chunk, batch=batch)


def _column(figures: list[Fraction | None], peers: Peers) -> Any:
    """A figure a group as Arrow has it: whole numbers, or decimals with the places the longest needs, or else their text."""
    if peers.take == "count":
        return pa.array([int(each) for each in figures if each is not None], pa.int64())
    known = [each for each in figures if each is not None]
    places = max((_places(each, peers.places) for each in known), default=peers.places)
    shown = [None if each is None else rounded(each, places) for each in figures]
    if places < 18 and all(abs(each) < 10 ** (18 - places) for each in known):
        return pa.array(shown, pa.decimal128(18, places))
    return pa.array([None if each is None else f"{each:f}" for each in shown], pa.string())


def _places(figure: Fraction, least: int) -> int:
    """The decimals it needs to be written out; what is no decimal (an area given in 亩, in 公顷) is rounded to the least."""
    return next((n for n in range(least, LONGEST + 1) if 10**n % figure.denominator == 0), least)
