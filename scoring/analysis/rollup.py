"""Many scores as few numbers: means, percentiles, grades and ranks, overall and by group.

Scores are compared out of 100, as total ÷ maximum × 100, because the maximum differs where indicators did not apply.
Everything is exact: sums are whole numbers for each maximum, means are fractions, ranks compare what was not rounded.

Percentile: the nearest rank, that is the ⌈p × n ÷ 100⌉-th of n scores from the lowest up; 0 is the lowest, 50 the median.
Rank: one more than there are better ones, so equal ones share it and the next is as far on (1, 2, 2, 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from scoring.analysis.scores import Scores, wide

AT = (0, 10, 25, 50, 75, 90, 100)  # the percentiles told
BIN = 5  # points out of 100 in a bar of the histogram

By = tuple[str, ...]  # columns whose cells together make a group


@dataclass(frozen=True, slots=True)
class Group:
    """Evaluations with the same cells in some columns. count: all of them; the rest tells of those that are scored.

    weight: the sum of the weights; mean: weighted by them where there are any, None where nothing is scored or all weigh 0.
    spread: the scores at AT. grades: how many have each.
    """

    labels: tuple[str, ...]
    count: int
    scored: int
    grades: tuple[int, ...]
    mean: Fraction | None
    spread: tuple[Fraction, ...]
    weight: Fraction | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups some columns make, best first, those without a mean last."""

    by: By
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Rollup:
    """grades: best first. weight: the column weighed by. bins: how many scores there are in every five points out of 100, the full 100 in the last."""

    grades: tuple[str, ...]
    weight: str | None
    whole: Group
    bins: tuple[int, ...]
    groupings: tuple[Grouping, ...]


def rollup(scores: Scores, groupings: Sequence[By]) -> Rollup:
    place, first = levels(scores)
    graded = scores.grade.code[scores.scored]
    # A veto or a cap may hold a high score in a low grade, never a low score in a high one: the lowest tells the order.
    lowest = {code: int(place[graded == code].min()) for code in np.unique(graded).tolist()}
    grades = sorted(lowest, key=lambda code: -lowest[code])
    groups = _Groups(scores, place, first, graded, grades)
    (whole,) = groups.of(())
    most = 100 // BIN
    bins = np.minimum(wide(scores.total[scores.scored], most) * most // scores.maximum[scores.scored], most - 1)
    return Rollup(
        tuple(scores.grade.words[code] for code in grades),
        scores.weighed_by,
        replace(whole, rank=None),  # it is compared with nothing
        tuple(np.bincount(bins.astype(np.int64), minlength=most).tolist()),
        tuple(Grouping(by, tuple(groups.of(by))) for by in groupings),
    )


def levels(scores: Scores) -> tuple[Any, Any]:
    """Of the scored rows: the place of each among the different scores, lowest first; and a row for each place."""
    total, maximum = scores.total[scores.scored], scores.maximum[scores.scored]
    # Fractions over at most M differ by at least 1/M², so whole parts of M² times them are in the same order.
    # The least common multiple of the maxima does it too, and is smaller where there are few.
    some = np.unique(maximum).tolist()
    factor = int(some[-1]) ** 2
    if len(some) < 1000:
        factor = min(factor, lcm(*map(int, some)))
    key = wide(total, factor) * factor // maximum
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return place.ravel(), first


def coded(scores: Scores, by: By) -> tuple[Any, list[tuple[str, ...]]]:
    """A number for the group of each row, and the cells that make each group."""
    code, labels = np.zeros(len(scores.total), np.int64), list[tuple[str, ...]]([()])
    for name in by:
        column = scores.columns[name]
        there, code = np.unique(code * len(column.words) + column.code, return_inverse=True)
        pairs = (divmod(both, len(column.words)) for both in there.tolist())
        labels = [(*labels[group], column.words[word]) for group, word in pairs]
    return code.ravel(), labels


class _Groups:
    """What groups of any kind are made from: columns of the scored rows."""

    def __init__(self, scores: Scores, place: Any, first: Any, graded: Any, grades: list[int]):
        self.scores, self.place, self.graded, self.grades = scores, place, graded, grades
        self.total, self.maximum = scores.total[scores.scored], scores.maximum[scores.scored]
        self.weight = None if scores.weight is None else scores.weight[scores.scored]
        self.first = first

    def of(self, by: By) -> list[Group]:
        scores = self.scores
        every, labels = coded(scores, by)
        size = len(labels)
        count = np.bincount(every, minlength=size).tolist()
        code = every[scores.scored]
        scored = np.bincount(code, minlength=size)
        ends = np.cumsum(scored)
        sorted_ = self.place[np.lexsort((self.place, code))]
        kinds = len(scores.grade.words)
        grades = np.bincount(code * kinds + self.graded, minlength=size * kinds).reshape(size, kinds)
        means, weights = self._means(code, scored.tolist())
        groups = []
        for group, (n, end) in enumerate(zip(scored.tolist(), ends.tolist(), strict=True)):
            at = [sorted_[end - n + max(-(-n * p // 100), 1) - 1] for p in AT] if n else []
            groups.append(
                Group(
                    labels[group],
                    count[group],
                    n,
                    tuple(int(grades[group, code]) for code in self.grades),
                    means[group],
                    tuple(self._score(int(place)) for place in at),
                    weights[group] if weights else None,
                )
            )
        return _ranked(groups)

    def _score(self, place: int) -> Fraction:
        row = self.first[place]
        return Fraction(int(self.total[row]) * 100, int(self.maximum[row]))

    def _means(self, code: Any, scored: list[int]) -> tuple[list[Fraction | None], list[Fraction] | None]:
        """The mean of each group, and the sum of its weights: totals are added up for each maximum, then divided by it."""
        maxima, which = np.unique(self.maximum, return_inverse=True)
        cells, cell = np.unique(code * len(maxima) + which.ravel(), return_inverse=True)
        cell = cell.ravel()
        points, parts = self.total, scored
        if self.weight is not None:
            points = wide(self.total, int(self.weight.max(initial=0))) * self.weight
            parts = _sums(self.weight, code, len(scored))
        found: list[list[tuple[int, int]]] = [[] for _ in scored]
        for both, points_ in zip(cells.tolist(), _sums(points, cell, len(cells)), strict=True):
            group, at = divmod(both, len(maxima))
            found[group].append((points_, int(maxima[at])))
        means = [100 * _fraction(each) / part if part else None for each, part in zip(found, parts, strict=True)]
        return means, None if self.weight is None else [part * self.scores.unit for part in parts]


def _sums(values: Any, code: Any, size: int) -> list[int]:
    """The sum of the values of each code, exact."""
    values = wide(values, len(values))
    sums = np.zeros(size, values.dtype)
    np.add.at(sums, code, values)
    return [int(each) for each in sums]


def _fraction(parts: list[tuple[int, int]]) -> Fraction:
    """The sum of fractions, over one common denominator: quicker than one by one."""
    under = lcm(*(below for _, below in parts))
    return Fraction(sum(above * (under // below) for above, below in parts), under)


def _ranked(groups: list[Group]) -> list[Group]:
    """The groups with their ranks, best first."""
    with_mean = sorted((each for each in groups if each.mean is not None), key=lambda each: (-_mean(each), each.labels))
    found: list[Group] = []
    for number, each in enumerate(with_mean, start=1):
        tied = found and found[-1].mean == each.mean
        found.append(replace(each, rank=found[-1].rank if tied else number))
    return [*found, *sorted((each for each in groups if each.mean is None), key=lambda each: each.labels)]


def _mean(group: Group) -> Fraction:
    assert group.mean is not None
    return group.mean
