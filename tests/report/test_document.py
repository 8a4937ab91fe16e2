from __future__ import annotations

import pytest

from scoring.report.document import Cell, Document, Table

A, B, C = Cell("a"), Cell("b"), Cell("c")


def table(widths: int, *rows: tuple[Cell, ...]) -> Table:
    return Table("表", (1,) * widths, rows)


def test_a_plain_table_starts_a_cell_in_every_place() -> None:
    assert list(table(2, (A, B), (B, C)).grid()) == [[(A, True), (B, True)], [(B, True), (C, True)]]


def test_a_cell_over_columns_covers_the_places_to_its_right() -> None:
    wide = Cell("w", columns=2)
    assert list(table(3, (wide, A), (A, wide)).grid()) == [
        [(wide, True), None, (A, True)],
        [(A, True), (wide, True), None],
    ]


def test_a_cell_over_rows_covers_the_places_below_it() -> None:
    tall = Cell("t", rows=3)
    rows = list(table(2, (A, tall), (B,), (C,)).grid())
    assert rows == [[(A, True), (tall, True)], [(B, True), (tall, False)], [(C, True), (tall, False)]]


def test_a_cell_over_both_covers_a_block() -> None:
    block = Cell("x", rows=2, columns=2)
    rows = list(table(3, (A, block), (B,), (A, B, C)).grid())
    assert rows[0] == [(A, True), (block, True), None]
    assert rows[1] == [(B, True), (block, False), None]
    assert rows[2] == [(A, True), (B, True), (C, True)]


def test_a_row_covered_from_above_has_no_cells_of_its_own() -> None:
    tall = Cell("t", rows=2)
    assert list(table(1, (tall,), ()).grid()) == [[(tall, True)], [(tall, False)]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (((A, B), (A,)), "row 1 of table '表' has too few cells"),
        (((A, B), (A, B, C)), "row 1 of table '表' has too many cells"),
        (((A, Cell("w", columns=2)),), "row 0 of table '表' is wider than the table"),
        (((A, B), (A, Cell("t", rows=2))), "a cell of table '表' reaches below the last row"),
        (((Cell("t", rows=2), A), (B, C)), "row 1 of table '表' has too many cells"),
    ],
)
def test_cells_that_do_not_fill_the_grid_are_refused(rows: tuple[tuple[Cell, ...], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(table(2, *rows).grid())


def test_the_full_title_joins_its_lines_as_the_language_does() -> None:
    assert Document("附件1", ("总工会", "评价报告"), ()).full_title == "总工会评价报告"
    assert Document("Annex 1", ("Unions", "Report"), (), lang="en").full_title == "Unions Report"
