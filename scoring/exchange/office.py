"""Word and Excel files, opened with care: what is packed is looked at before it is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from scoring.errors import ScoringError, Text
from scoring.exchange.grid import MACRO, SAVE_PLAIN, Cell, Table, check_count, clean, place_in, refused
from scoring.extras import need
from scoring.values import plain

MAX_UNPACKED = 200_000_000
MAX_PART = 100_000_000
MAX_RATIO = 200
MAX_PARTS = 5_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PERCENT = (9, 10)  # the built-in formats 0% and 0.00%


def _unpacked(content: bytes, file: Path) -> dict[str, bytes]:
    """Every part of the package, none of them a bomb, a macro or an XML with entities. ScoringError: what it holds."""
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            message = Text("文件有密码，读不出来", "the file is protected by a password")
            raise refused(file, message, Text("在 Word、Excel 或 WPS 里去掉密码再导入", "remove the password first"))
        message = Text("这是旧格式（.doc、.xls）的文件", "this is a file in the old format (.doc, .xls)")
        raise refused(file, message, SAVE_PLAIN)
    parts: dict[str, bytes] = {}
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            infos = package.infolist()
            if len(infos) > MAX_PARTS:
                raise _bomb(file)
            for info in infos:
                if info.flag_bits & 1:
                    message = Text("文件有密码，读不出来", "the file is protected by a password")
                    raise refused(file, message, Text("去掉密码再导入", "remove the password first"))
                total += info.file_size
                packed = max(info.compress_size, 1)
                if total > MAX_UNPACKED or info.file_size > MAX_PART:
                    raise _bomb(file)
                if info.file_size > 1_000_000 and info.file_size / packed > MAX_RATIO:
                    raise _bomb(file)
                parts[info.filename] = package.read(info)  # no longer than it says, and its checksum is compared
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
        raise _damaged(file) from None
    except Exception as error:
        if isinstance(error, ScoringError):
            raise
        raise _damaged(file) from None  # zlib has an error class of its own
    names = [name.lower() for name in parts]
    kinds = parts.get("[Content_Types].xml", b"")
    if any(name.endswith("vbaproject.bin") for name in names) or b"macroEnabled" in kinds:
        raise refused(file, MACRO, SAVE_PLAIN)
    for name, part in parts.items():
        if name.lower().endswith((".xml", ".rels")) and re.search(rb"<!(?:DOCTYPE|ENTITY)", part.replace(b"\0", b"")):
            message = Text(f"文件里的 {name} 声明了外部实体，不读", f"{name} declares entities and is not read")
            raise refused(
                file, message, Text("请用 Word、Excel 或 WPS 重新另存", "save it again from an office program")
            )
    return parts


def _bomb(file: Path) -> ScoringError:
    return refused(
        file,
        Text("文件展开后大得不正常，不读", "the file unpacks to far more than it should and is not read"),
        Text("把表格复制到新文件再导入", "copy the tables into a new file"),
    )


def _damaged(file: Path) -> ScoringError:
    return refused(
        file,
        Text("文件已损坏，或不是 Word、Excel 文件", "the file is damaged, or no Word or Excel file"),
        Text("在 Word、Excel 或 WPS 里打开并另存", "open it in an office program and save it again"),
    )


def word_tables(content: bytes, file: Path) -> list[Table]:
    """The tables of a .docx in order, tables inside cells left out; text deleted with tracked changes is not read."""
    parts = _unpacked(content, file)
    docx, qn = need("docx", "office"), need("docx.oxml.ns", "office").qn
    if "word/document.xml" not in parts:
        raise _damaged(file)
    try:
        body = docx.Document(io.BytesIO(content)).element.body
    except Exception:  # whatever python-docx meets in a damaged package
        raise _damaged(file) from None

    def text(element: Any) -> str:
        pieces = {qn("w:t"): None, qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
        lines = []
        for paragraph in element.iter(qn("w:p")):
            found = (pieces[node.tag] or node.text or "" for node in paragraph.iter(*pieces))
            lines.append("".join(found))
        return "\n".join(lines)

    tables: list[Table] = []
    before: list[str] = []
    for element in body.iter(qn("w:p"), qn("w:tbl")):
        if any(above.tag == qn("w:tbl") for above in element.iterancestors()):
            continue
        if element.tag == qn("w:p"):
            before.append(text(element))
            continue
        rows: list[list[Cell]] = []
        count = 0
        for tr in _direct(element, qn("w:tr"), qn("w:tbl")):
            row: list[Cell] = []
            for _ in range(min(int(getattr(tr, "grid_before", 0) or 0), 100)):
                row.append(Cell("", place_in(len(tables) + 1, len(rows) + 1, len(row) + 1)))
            for tc in _direct(tr, qn("w:tc"), qn("w:tr")):
                column, span = len(row), min(max(tc.grid_span, 1), 1000)
                continues = tc.vMerge == "continue" and rows and column < len(rows[-1])
                place = place_in(len(tables) + 1, len(rows) + 1, column + 1)
                cell = rows[-1][column] if continues else Cell(clean(text(tc)), place)
                row += [cell] * span
                count += span
                check_count(file, count)
            rows.append(row)
        width = max((len(row) for row in rows), default=0)
        check_count(file, width * len(rows))
        for number, row in enumerate(rows, 1):
            row += [Cell("", place_in(len(tables) + 1, number, column + 1)) for column in range(len(row), width)]
        if width:
            tables.append(Table(rows, clean("\n".join(before))))
            before = []
    return tables


def _direct(element: Any, tag: str, stop: str) -> Iterator[Any]:
    """The parts of that tag, those inside content controls too, but not those of a table further in."""
    for part in element.iter(tag):
        if next(above for above in part.iterancestors() if above.tag == stop) is element:
            yield part


def excel_tables(content: bytes, file: Path) -> list[Table]:
    """Every visible sheet of an .xlsx as a table. Numbers keep the 15 digits Excel keeps; 95% stays 95%."""
    parts = _unpacked(content, file)
    calamine, etree = need("python_calamine", "office"), need("lxml.etree", "office")
    try:
        styles = _styles(parts, etree)
        sheets = dict(_sheets(parts, etree))
        special = {name: _special(parts[path], styles, file, etree) for name, path in sheets.items()}
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        tables = []
        for meta in book.sheets_metadata:
            if meta.visible != calamine.SheetVisibleEnum.Visible or meta.name not in special:
                continue
            sheet = book.get_sheet_by_name(meta.name)
            values = sheet.to_python(skip_empty_area=False)
            merges = sheet.merged_cell_ranges or []
            tables.append(_laid_out(meta.name, values, merges, special[meta.name], file))
    except ScoringError:
        raise
    except Exception:  # whatever the readers meet in a damaged package
        raise _damaged(file) from None
    return tables


def _parser(etree: Any) -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _styles(parts: dict[str, bytes], etree: Any) -> set[str]:
    """The numbers of the cell styles that show a share as a percentage."""
    if "xl/styles.xml" not in parts:
        return set()
    root = etree.fromstring(parts["xl/styles.xml"], _parser(etree))
    own = {fmt.get("numFmtId") for fmt in root.iter(f"{_S}numFmt") if "%" in _bare(fmt.get("formatCode", ""))}
    own |= {str(number) for number in _PERCENT}
    formats = root.find(f"{_S}cellXfs")
    return {str(n) for n, xf in enumerate(formats if formats is not None else ()) if xf.get("numFmtId") in own}


def _bare(code: str) -> str:
    """A number format without the text it adds: in 0"%" the sign is text and nothing is multiplied."""
    return re.sub(r'"[^"]*"|\\.|_.|\*.', "", code)


def _sheets(parts: dict[str, bytes], etree: Any) -> Iterator[tuple[str, str]]:
    """The name of each sheet and the part that holds it."""
    book = etree.fromstring(parts["xl/workbook.xml"], _parser(etree))
    links = etree.fromstring(parts["xl/_rels/workbook.xml.rels"], _parser(etree))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for sheet in book.iter(f"{_S}sheet"):
        target = targets.get(sheet.get(f"{_R}id"), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if path in parts:
            yield sheet.get("name"), path


def _special(part: bytes, styles: set[str], file: Path, etree: Any) -> dict[tuple[int, int], str]:
    """What the values do not tell, by position: `%` for a percentage, the text of an error. Refuses a sheet too wide."""
    found: dict[tuple[int, int], str] = {}
    rows = columns = 0
    events = etree.iterparse(io.BytesIO(part), tag=f"{_S}c", resolve_entities=False, no_network=True, load_dtd=False)
    for _, cell in events:
        if at := re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", cell.get("r", "")):
            row, column = int(at[2]) - 1, _column(at[1])
            value = cell.findtext(f"{_S}v") or ""
            if value or cell.get("t") == "inlineStr":
                rows, columns = max(rows, row + 1), max(columns, column + 1)
            if cell.get("t") == "e":
                found[row, column] = value
            elif cell.get("s") in styles and cell.get("t", "n") == "n":
                found[row, column] = "%"
        cell.clear()
    check_count(file, rows * columns)
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _laid_out(
    name: str, values: list[list[Any]], merges: list[Any], special: dict[tuple[int, int], str], file: Path
) -> Table:
    rows = [
        [
            Cell(
                clean(_shown(value, special.get((r, c), ""))),
                Text(f"{name}!{_letters(c)}{r + 1}", f"{name}!{_letters(c)}{r + 1}"),
            )
            for c, value in enumerate(row)
        ]
        for r, row in enumerate(values)
    ]
    for (top, left), (bottom, right) in merges:
        if top < len(rows) and left < len(rows[top]):
            corner = rows[top][left]
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [corner] * len(row[left : right + 1])
    return Table(rows, name)


def _shown(value: object, special: str) -> str:
    """A value as the sheet shows it."""
    if special not in ("", "%"):
        return special
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float | int):
        number = Decimal(f"{value:.15g}")  # the digits Excel itself keeps
        return f"{plain(number * 100)}%" if special else plain(number)
    if isinstance(value, datetime | date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)
