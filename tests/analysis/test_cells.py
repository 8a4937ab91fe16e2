"""Cells of every type a file may hold them in, read as the plain decimals a person would write."""

from __future__ import annotations

import pyarrow as pa

from scoring.analysis.cells import text


def test_binary_floats_are_read_as_the_shortest_decimal() -> None:
    floats = pa.array([40_000_000_000.0, 12_345_678_901.25, 95.5, 0.00001, None])  # written 4e+10 by the library
    assert text(floats).to_pylist() == ["40000000000", "12345678901.25", "95.5", "0.00001", None]
    assert text(pa.array([1e10, 0.1, None], pa.float32())).to_pylist() == ["10000000000", "0.1", None]
    assert text(pa.array([float("nan"), float("inf")])).to_pylist() == ["nan", "inf"]
