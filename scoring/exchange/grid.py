"""A file's tables as grids of text, every cell knowing its place: Word, Excel, HTML and CSV read alike."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.extras import need

MAX_BYTES = 20_000_000
MAX_CELLS = 200_000
MACROS = (".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".xlsb")
OLD = (".doc", ".xls", ".wps", ".et", ".rtf", ".pdf", ".ods", ".odt")
_BREAK = "\ue000"  # a line break, while blanks are folded
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\ufeff]")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell as printed. A merged cell is one Cell that stands at every position it covers."""

    text: str
    place: Text


@dataclass(slots=True)
class Table:
    """One table; before: the text between the table above and this one, or the name of the sheet."""

    rows: list[list[Cell]]
    before: str = ""


def read_tables(file: Path) -> list[Table]:
    """Every table of the file, those split over pages joined. ScoringError: it cannot or must not be read."""
    kind = file.suffix.lower()
    if kind in MACROS:
        raise refused(file, MACRO, SAVE_PLAIN)
    if kind not in READERS:
        known = "、".join(READERS)
        message = Text(f"不读 {kind or '没有扩展名'} 的文件", f"files of type '{kind}' are not read")
        hint = Text(f"请另存为 {known} 之一", f"save it as one of {', '.join(READERS)}")
        raise refused(file, message, hint if kind in OLD else Text(f"可读：{known}", hint.en))
    tables = READERS[kind](_content(file), file)
    tables = [table for table in tables if any(cell.text for row in table.rows for cell in row)]
    if not tables:
        raise refused(file, Text("文件里没有表格", "there is no table in the file"))
    return tables if kind in (".xlsx", ".csv") else joined(tables)


MACRO = Text("文件带有宏，不读", "the file holds macros and is not read")
SAVE_PLAIN = Text("请另存为不带宏的 .docx 或 .xlsx", "save it as .docx or .xlsx, without macros")


def refused(file: Path, message: Text, hint: Text | None = None) -> ScoringError:
    return ScoringError(Diagnostic(message, hint, file))


def _content(file: Path) -> bytes:
    if file.is_dir():
        raise refused(file, Text("这是一个文件夹，不是文件", "this is a folder, not a file"))
    try:
        size = file.stat().st_size
    except FileNotFoundError:
        raise refused(file, Text("没有这个文件", "no such file")) from None
    if size > MAX_BYTES:
        message = Text(f"文件太大，超过 {MAX_BYTES // 1_000_000} MB", f"larger than {MAX_BYTES // 1_000_000} MB")
        raise refused(file, message, Text("只留下表格再导入", "keep only the tables"))
    if not size:
        raise refused(file, Text("文件是空的", "the file is empty"))
    return file.read_bytes()


def clean(text: str) -> str:
    """A cell's text without control characters and without blanks at the ends of its lines."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n").replace("\xa0", " "))
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def place_in(table: int, row: int, column: int) -> Text:
    """Where a cell stands, counted from 1, merged cells at their first position."""
    return Text(f"表{table} 第{row}行第{column}列", f"table {table}, row {row}, column {column}")


@dataclass(slots=True)
class Spread:
    """Lays cells that span rows and columns out on a grid, as HTML prescribes."""

    file: Path
    number: int
    rows: list[list[Cell]] = field(default_factory=list)
    _below: dict[int, tuple[int, Cell]] = field(default_factory=dict)  # column → rows still covered, by which cell
    _count: int = 0

    def add(self, cells: list[tuple[str, int, int]]) -> None:
        """One more row: text, rows and columns of each cell that begins in it."""
        row: list[Cell] = []

        def covered() -> None:
            while len(row) in self._below:
                column = len(row)
                left, cell = self._below.pop(column)
                if left > 1:
                    later[column] = (left - 1, cell)
                row.append(cell)

        later: dict[int, tuple[int, Cell]] = {}
        covered()
        for text, rows, columns in cells:
            self._count += columns
            check_count(self.file, self._count)
            cell = Cell(clean(text), place_in(self.number, len(self.rows) + 1, len(row) + 1))
            for _ in range(columns):
                if rows > 1:
                    later[len(row)] = (rows - 1, cell)
                row.append(cell)
            covered()
        for column in sorted(self._below):  # cells from above beyond the row's own
            while len(row) < column:
                row.append(Cell("", place_in(self.number, len(self.rows) + 1, len(row) + 1)))
            covered()
        self._below = later
        self.rows.append(row)
        self._count += 1

    def table(self, before: str) -> Table:
        width = max((len(row) for row in self.rows), default=0)
        check_count(self.file, width * len(self.rows))
        for number, row in enumerate(self.rows, start=1):
            row += [Cell("", place_in(self.number, number, column + 1)) for column in range(len(row), width)]
        return Table(self.rows, before)


def check_count(file: Path, count: int) -> None:
    if count > MAX_CELLS:
        message = Text(f"表格太大，超过 {MAX_CELLS:,} 个单元格", f"more than {MAX_CELLS:,} cells")
        raise refused(file, message, Text("删去空白行列再导入", "delete blank rows and columns"))


def distinct(row: list[Cell]) -> Iterator[tuple[int, Cell]]:
    """The cells of a row from left to right, a merged one once, each with the column it begins in."""
    for column, cell in enumerate(row):
        if not column or cell is not row[column - 1]:
            yield column, cell


def joined(tables: list[Table]) -> list[Table]:
    """Tables that a page break cut apart, whole again: same width, and the head repeated or nothing in between."""
    whole: list[Table] = []
    for table in tables:
        if whole and len(table.rows[0]) == len(whole[-1].rows[0]):
            above = [_texts(row) for row in whole[-1].rows]
            first = _texts(table.rows[0])
            if len(set(first)) > 2 and first in above:
                whole[-1].rows += table.rows[1:]
                continue
            if not clean(table.before) and first[0] != above[0][0] and not _heads(first):
                whole[-1].rows += table.rows
                continue
        whole.append(table)
    return whole


def _texts(row: list[Cell]) -> list[str]:
    return [re.sub(r"\s", "", cell.text) for cell in row]


def _heads(first: list[str]) -> bool:
    """Whether a row begins a form or has the column heads of a table of indicators, and so continues nothing."""
    return any(text.rstrip("：:") in ("项目名称", "部门名称", "单位名称", "一级指标") for text in first)


def _csv(content: bytes, file: Path) -> list[Table]:
    text = decoded(content, file)
    delimiter = max(",\t;", key=text[:2000].count)
    rows: list[list[Cell]] = []
    count = 0
    try:
        for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            count += len(record) + 1
            check_count(file, count)
            # a leading quote keeps a spreadsheet from taking the cell for a formula; it is not part of the text
            texts = [cell[1:] if re.match("'[=+@-]", cell) else cell for cell in record]
            rows.append([Cell(clean(cell), _csv_place(number, column)) for column, cell in enumerate(texts, 1)])
    except csv.Error as error:
        raise refused(file, Text(f"这个 CSV 读不出来：{error}", f"this CSV cannot be read: {error}")) from None
    width = max((len(row) for row in rows), default=0)
    check_count(file, width * len(rows))
    for number, row in enumerate(rows, 1):
        row += [Cell("", _csv_place(number, column + 1)) for column in range(len(row), width)]
    return [Table(rows)] if rows else []


def _csv_place(row: int, column: int) -> Text:
    return Text(f"第{row}行第{column}列", f"row {row}, column {column}")


def decoded(content: bytes, file: Path) -> str:
    """Text in UTF-8 (with or without a mark), UTF-16 with a mark, or GB 18030."""
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    message = Text("看不出文件的编码", "the encoding of the file is unknown")
    raise refused(file, message, Text("请另存为 UTF-8", "save it as UTF-8"))


def _html(content: bytes, file: Path) -> list[Table]:
    text = decoded(content, file)
    if re.search(r"<!ENTITY|<!DOCTYPE[^>]*\[", text, re.I):
        raise refused(file, Text("文件声明了外部实体，不读", "the file declares entities and is not read"))
    html, etree = need("lxml.html", "office"), need("lxml.etree", "office")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    try:
        root = html.document_fromstring(text)
    except (etree.LxmlError, ValueError):
        return []
    etree.strip_elements(root, "script", "style", with_tail=False)
    tables: list[Table] = []
    before: list[str] = []
    inner = "table[not(descendant::table)]"  # a table around tables is only layout
    for found in root.xpath(f"//{inner} | //body//text()[not(ancestor::{inner})]"):
        if isinstance(found, str):
            before.append(found)
            continue
        spread = Spread(file, len(tables) + 1)
        for tr in found.iter("tr"):
            spread.add(
                [(_shown(td), _span(td, "rowspan"), _span(td, "colspan")) for td in tr if td.tag in ("td", "th")]
            )
        if spread.rows:
            tables.append(spread.table(clean("".join(before))))
            before = []
    return tables


def _shown(td: Any) -> str:
    """The text of an HTML cell with its line breaks, and no others."""
    for node in td.iter("br", "p", "div", "li"):
        node.tail = _BREAK + (node.tail or "")
        if node.tag != "br":
            node.text = _BREAK + (node.text or "")
    return re.sub(r"\s+", " ", td.text_content()).replace(_BREAK, "\n")


def _span(td: Any, name: str) -> int:
    written = str(td.get(name) or "1")
    return min(max(int(written), 1), 1000) if re.fullmatch(r"\d{1,6}", written) else 1


def _docx(content: bytes, file: Path) -> list[Table]:
    from scoring.exchange.office import word_tables

    return word_tables(content, file)


def _xlsx(content: bytes, file: Path) -> list[Table]:
    from scoring.exchange.office import excel_tables

    return excel_tables(content, file)


READERS = {".docx": _docx, ".xlsx": _xlsx, ".html": _html, ".htm": _html, ".csv": _csv}
