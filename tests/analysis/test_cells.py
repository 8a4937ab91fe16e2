"""Cells of every type a file may hold them in, read as the plain decimals a person would write."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from scoring.analysis.cells import text
from scoring.analysis.fields import with_unit


def test_binary_floats_are_read_as_the_shortest_decimal() -> None:
    floats = pa.array([40_000_000_000.0, 12_345_678_901.25, 95.5, 0.00001, None])  # written 4e+10 by the library
    assert text(floats).to_pylist() == ["40000000000", "12345678901.25", "95.5", "0.00001", None]
    assert text(pa.array([1e10, 0.1, None], pa.float32())).to_pylist() == ["10000000000", "0.1", None]
    assert text(pa.array([float("nan"), float("inf")])).to_pylist() == ["nan", "inf"]


def test_a_day_with_the_time_of_midnight_is_a_day() -> None:
    assert text(pa.array([datetime(2020, 1, 3), None])).to_pylist() == ["2020-01-03", None]


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("1,000", "1000万元"),
        ("１，２３４.５", "1234.5万元"),
        ("９９．９", "99.9万元"),
        ("1,00", "1,00"),
        ("5元", "5元"),
        ("1 000", "1000万元"),
    ],
)
def test_a_number_as_people_write_it_has_the_unit_of_its_header(cell: str, read: str) -> None:
    assert with_unit(cell, "万元") == read
