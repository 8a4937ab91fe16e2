"""An .xlsx file somebody sends us, as cells: nothing is read before it is known to be harmless."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.exchange.plan import letters
from scoring.extras import need

MAX_FILE, MAX_INSIDE, MAX_RATIO, MAX_PARTS = 20_000_000, 200_000_000, 200, 2000
_CELL_ERROR = re.compile(rb'<c [^>]*?\br="([A-Z]+[0-9]+)"[^>]*?\bt="e"|<c [^>]*?\bt="e"[^>]*?\br="([A-Z]+[0-9]+)"')


class Workbook:
    """The values of a workbook by sheet, row and column, as text. ScoringError: not a workbook we read, and why."""

    def __init__(self, file: Path) -> None:
        calamine = need("python_calamine", "office")
        self.file = file
        _inspect(file)
        try:
            book = calamine.load_workbook(str(file))
            self.sheets: dict[str, list[list[object]]] = {
                name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
            }
            self._errors = _errors(file)
        except Exception as error:  # the reader has no family of errors of its own
            raise refused(file, "这个工作簿读不出来，可能已经损坏", f"this workbook cannot be read: {error}") from None

    def text(self, sheet: str, row: int, column: int) -> str:
        """What a cell holds: numbers with the 15 digits a spreadsheet keeps, dates as 2019-12-31."""
        rows = self.sheets.get(sheet, [])
        value = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
        match value:
            case bool():
                return "是" if value else "否"
            case float() | int():
                text = f"{Decimal(format(float(value), '.15g')):f}"
                return text.rstrip("0").rstrip(".") if "." in text else text
            case datetime():
                return value.date().isoformat()
            case date():
                return value.isoformat()
        return str(value).replace("\r\n", "\n").strip()

    def is_number(self, sheet: str, row: int, column: int) -> bool:
        rows = self.sheets.get(sheet, [])
        value = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
        return isinstance(value, int | float | date) and not isinstance(value, bool)

    def is_error(self, sheet: str, row: int, column: int) -> bool:
        """Whether the cell shows an error such as #DIV/0!, which reads as blank."""
        return f"{letters(column)}{row + 1}" in self._errors.get(sheet, ())


def refused(file: Path, zh: str, en: str, hint: Text | None = None) -> ScoringError:
    return ScoringError(Diagnostic(Text(zh, en), hint, file))


def _inspect(file: Path) -> None:
    """Refuses what is no plain .xlsx, before anything is unpacked."""
    again = Text(
        "请用 jixiao sheet export 写出的 .xlsx 填写后交回",
        "fill in and return the .xlsx that jixiao sheet export wrote",
    )
    if not file.is_file():
        raise refused(file, "没有这个文件", "no such file")
    if file.stat().st_size > MAX_FILE:
        raise refused(
            file, f"文件超过 {MAX_FILE // 1_000_000} MB，不是评分簿", "the file is too large for a score book", again
        )
    if file.suffix.lower() in (".xlsm", ".xlsb", ".xltm", ".xls"):
        raise refused(
            file,
            f"不读取 {file.suffix} 文件",
            f"{file.suffix} files are not read",
            Text("请另存为 .xlsx", "save it as .xlsx"),
        )
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if any("vbaproject" in part.filename.lower() for part in parts):
                raise refused(file, "工作簿带有宏，不读取", "the workbook holds macros and is not read", again)
            size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
            worst = max(
                (part.file_size / max(part.compress_size, 1) for part in parts if part.file_size > 1_000_000), default=0
            )
            if size > MAX_INSIDE or worst > MAX_RATIO or size > MAX_RATIO * max(packed, 1) or len(parts) > MAX_PARTS:
                raise refused(
                    file, "文件解压后大得不正常，不读取", "the file unpacks to a suspicious size and is not read", again
                )
            if "xl/workbook.xml" not in archive.namelist():
                raise refused(file, "这不是 Excel 工作簿（.xlsx）", "this is not an Excel workbook (.xlsx)", again)
            for part in parts:
                content = archive.read(part).replace(b"\0", b"")
                if part.filename.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in content or b"<!ENTITY" in content):
                    raise refused(
                        file,
                        "工作簿里有外部实体声明，不读取",
                        "the workbook declares XML entities and is not read",
                        again,
                    )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        message = (
            "这不是 .xlsx 工作簿，或者已加密、已损坏",
            "this is not an .xlsx workbook, or it is encrypted or damaged",
        )
        raise refused(file, *message, again) from None


def _errors(file: Path) -> dict[str, set[str]]:
    """The cells of each sheet that show an error."""
    from xml.etree import ElementTree  # no entities: that was looked at before

    found: dict[str, set[str]] = {}
    with zipfile.ZipFile(file) as archive:
        kept = {
            part.get("Id"): part.get("Target", "")
            for part in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
            target = kept.get(next((value for key, value in sheet.attrib.items() if key.endswith("}id")), ""))
            if sheet.tag.endswith("}sheet") and target:
                name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                if name in archive.namelist():
                    cells = _CELL_ERROR.findall(archive.read(name))
                    found[sheet.get("name", "")] = {(one or other).decode() for one, other in cells}
    return found
