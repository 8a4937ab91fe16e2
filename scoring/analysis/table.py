"""A table of evaluations in chunks: CSV, Parquet and Excel read alike, each row knowing its number in the file.

Nothing becomes a binary float on the way: the figures of a CSV stay text, whole numbers and decimals of Parquet stay what
they are. Where the file itself holds binary floats (Excel always does) the shortest decimal that reads back is taken.
"""

from __future__ import annotations

import csv as plain_csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.extras import need

ROWS = 65_536  # of a chunk
LONG = 524_288  # of a chunk of a long table, where many rows are one evaluation
BYTES = 4_000_000  # of a chunk of a CSV file; the reader keeps some 32 of them ahead
OWN = ("id", "name", "unit")  # columns in which hardly two cells are alike


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong with a row; header: the column it is in, "" for the row as a whole."""

    header: str
    message: Text
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row set aside: its number in the file, its id, and what is wrong."""

    row: int
    id: str
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True)
class Chunk:
    """Rows of the table as an Arrow record batch; numbers: the row of each in the file, the head being row 1;
    unread: rows that did not even make it into the batch."""

    batch: Any
    numbers: Any
    unread: tuple[Line, ...] = ()

    def lines(self, row: int, id: str, wrong: Sequence[Wrong]) -> list[Line]:
        """Where in the file the faults of a row of the batch are."""
        return [Line(int(self.numbers[row]), id, tuple(wrong))]

    def slice(self, start: int, rows: int) -> Chunk:
        """So many rows from there on; what is unread goes with the first."""
        unread = () if start else self.unread
        return Chunk(self.batch.slice(start, rows), self.numbers[start : start + rows], unread)


@dataclass(slots=True)
class Table:
    """An open table. size: how much there is to read, in the unit `read` counts (rows, or bytes of a CSV file)."""

    file: Path
    headers: list[str]
    size: int
    floats: tuple[str, ...]  # columns the file holds as binary floats
    chunks: Iterator[Chunk]
    read: int = field(default=0)
    shares: tuple[str, ...] = ()  # columns in % of a workbook with no number above 1: perhaps 0.95 was shown as 95%


def open_table(file: Path, only: Sequence[str] | None = None) -> Table:
    """only: the columns its chunks are to have, at least. ScoringError: the file cannot be read as a table."""
    kinds = {".csv": _csv, ".parquet": _parquet, ".xlsx": _xlsx}
    kind = file.suffix.lower()
    if kind not in kinds:
        message = Text(f"不读 {kind or '没有扩展名'} 的表", f"tables of type '{kind}' are not read")
        raise ScoringError(Diagnostic(message, Text("可读：.csv .parquet .xlsx", "one of .csv .parquet .xlsx"), file))
    if not file.is_file():
        raise ScoringError(Diagnostic(Text("没有这个文件", "no such file"), None, file))
    if not file.stat().st_size:
        raise ScoringError(Diagnostic(Text("文件是空的", "the file is empty"), None, file))
    pyarrow = need("pyarrow", "batch")
    try:
        return kinds[kind](file, only)
    except pyarrow.ArrowInvalid as error:
        raise unreadable(file, error) from None


def unreadable(file: Path, error: Exception) -> ScoringError:
    said = str(error).splitlines()[0]
    return ScoringError(Diagnostic(Text(f"表读不出来：{said}", f"the table cannot be read: {said}"), None, file))


def _csv(file: Path, only: Sequence[str] | None = None) -> Table:
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv

    encoding = _encoding(file)
    wrong: list[_Unread] = []

    def skip(row: Any) -> str:
        wrong.append(_Unread(row.number or 0, row.actual_columns, row.expected_columns))
        return "skip"

    with file.open(encoding=encoding, errors="replace", newline="") as stream:
        headers = next(plain_csv.reader(stream), [])
    if len(set(headers)) != len(headers):
        double = "、".join(sorted({name for name in headers if headers.count(name) > 1}))
        raise ScoringError(
            Diagnostic(Text(f"有重复的列：{double}", f"a column appears twice: {double}"), None, file, line=1)
        )
    table = Table(file, headers, file.stat().st_size, (), iter(()))
    if _only_a_head(file):
        return table
    reader = csv.open_csv(
        file,
        read_options=csv.ReadOptions(use_threads=False, block_size=BYTES, encoding=encoding.removesuffix("-sig")),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip),
        convert_options=csv.ConvertOptions(
            include_columns=only,
            column_types=dict.fromkeys(headers, pa.string()),
            strings_can_be_null=False,
            check_utf8=True,
        ),
    )

    def chunks() -> Iterator[Chunk]:
        first, said = 2, 0
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            except pa.ArrowInvalid as error:
                raise unreadable(file, error) from None
            table.read = min(table.read + batch.nbytes, table.size)
            # blocks are parsed ahead of the batch handed out, so a skipped row may lie behind it
            numbers = np.arange(first, first + batch.num_rows)
            start = said
            while said < len(wrong) and len(numbers) and wrong[said].number <= numbers[-1]:
                numbers[int(np.searchsorted(numbers, wrong[said].number)) :] += 1
                said += 1
            first = int(numbers[-1]) + 1 if len(numbers) else first
            yield Chunk(batch, numbers, _told(wrong[start:said]))
        if wrong[said:]:
            none = pa.RecordBatch.from_pylist([], pa.schema([(name, pa.string()) for name in headers]))
            yield Chunk(none, np.arange(0), _told(wrong[said:]))

    table.chunks = chunks()
    return table


def _only_a_head(file: Path) -> bool:
    with file.open("rb") as stream:
        return len(stream.read(1_000_000).strip().splitlines()) < 2 and not stream.read(1)


class _Unread(NamedTuple):
    """A row without the right number of cells."""

    number: int
    got: int
    want: int


def _told(rows: list[_Unread]) -> tuple[Line, ...]:
    said = [
        Text(f"这一行有 {row.got} 格，应有 {row.want} 格", f"{row.got} cells where {row.want} are asked")
        for row in rows
    ]
    hint = Text("看看逗号和引号：格里有逗号的，整格加引号", "look at commas and quotes: a cell with a comma is quoted")
    return tuple(Line(row.number, "", (Wrong("", text, hint),)) for row, text in zip(rows, said, strict=True))


def _encoding(file: Path) -> str:
    """UTF-8, or what Chinese Excel writes. ScoringError: the head is neither."""
    with file.open("rb") as stream:
        head = stream.read(1_000_000)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            head[: head.rfind(b"\n") + 1 or None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise ScoringError(
        Diagnostic(
            Text("文件编码不是 UTF-8 或 GB18030", "the encoding is neither UTF-8 nor GB18030"),
            Text("另存为 CSV UTF-8", "save it as CSV UTF-8"),
            file,
        )
    )


def _parquet(file: Path, only: Sequence[str] | None = None) -> Table:
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    source = parquet.ParquetFile(file)
    schema = source.schema_arrow
    words = [each.name for each in schema if pa.types.is_string(each.type) and each.name not in OWN]
    # read ahead, the bytes of every row group stay until the last is read
    source = parquet.ParquetFile(file, read_dictionary=words, metadata=source.metadata, pre_buffer=False)
    table = Table(
        file,
        schema.names,
        source.metadata.num_rows,
        tuple(each.name for each in schema if pa.types.is_floating(each.type)),
        iter(()),
    )

    def chunks() -> Iterator[Chunk]:
        first = 2
        rows = LONG if "indicator" in schema.names else ROWS
        for batch in source.iter_batches(batch_size=rows, columns=only, use_threads=False):
            table.read += batch.num_rows
            names = batch.schema.names
            columns = [plain(column, name) for name, column in zip(names, batch.columns, strict=True)]
            batch = pa.RecordBatch.from_arrays(columns, names)
            yield Chunk(batch, np.arange(first, first + batch.num_rows))
            first += batch.num_rows

    table.chunks = chunks()
    return table


def plain(column: Any, name: str) -> Any:
    """Text as strings, or as a dictionary of strings where cells are often alike."""
    import pyarrow as pa

    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    if pa.types.is_dictionary(column.type) and (name in OWN or column.type.value_type != pa.string()):
        return plain(column.dictionary_decode(), name)
    return column


def _xlsx(file: Path, only: Sequence[str] | None = None) -> Table:
    import numpy as np
    import pyarrow as pa

    calamine = need("python_calamine", "office")
    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python()
    except calamine.CalamineError as error:
        raise unreadable(file, error) from None
    headers = [_cell(value) for value in rows[0]] if rows else []
    body = rows[1:]
    if merged := sheet.merged_cell_ranges:
        (row, column), _ = merged[0]
        raise ScoringError(
            Diagnostic(
                Text(
                    "表里有合并的单元格，合并处只有第一行有内容",
                    "cells are merged: only the first row has what is in them",
                ),
                Text("取消合并，每行都填上", "unmerge them and fill in every row"),
                file,
                row + 1,
                column + 1,
            )
        )
    held = [name for at, name in enumerate(headers) if any(_is_broken(row[at]) for row in body)]
    table = Table(file, headers, len(body), tuple(held), iter(()))
    for at, name in enumerate(headers):
        found = [row[at] for row in body if isinstance(row[at], float)]
        if re.search("[(（]%[)）]$", name) and found and max(found) <= 1:
            table.shares += (name,)

    def chunks() -> Iterator[Chunk]:
        for start in range(0, len(body), ROWS):
            part = body[start : start + ROWS]
            data = [pa.array([_cell(row[at]) for row in part], pa.string()) for at in range(len(headers))]
            table.read += len(part)
            yield Chunk(pa.RecordBatch.from_arrays(data, headers), np.arange(start + 2, start + 2 + len(part)))

    table.chunks = chunks()
    return table


def _is_broken(value: object) -> bool:
    return isinstance(value, float) and not value.is_integer()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{Decimal(repr(value)):f}"
    return str(value).strip()
