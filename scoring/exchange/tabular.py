"""A file → its tables: Word, Excel, HTML and CSV read alike."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from scoring.errors import Text
from scoring.exchange.grid import MACRO, SAVE_PLAIN, Cell, Spread, Table, check_count, clean, joined, refused
from scoring.exchange.office import excel_tables, word_tables
from scoring.extras import need

MAX_BYTES = 20_000_000
MACROS = (".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".xlsb")
OLD = (".doc", ".xls", ".wps", ".et", ".rtf", ".pdf", ".ods", ".odt")
_BREAK = "\ue000"  # a line break, while blanks are folded


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


READERS = {".docx": word_tables, ".xlsx": excel_tables, ".html": _html, ".htm": _html, ".csv": _csv}
