"""The work set as a workbook with a formula for every indicator, recalculated by LibreOffice: what an office has at hand."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.measure import Cost, installed, measured, python
from benchmarks.workset import BANDS, EACH, ITEMS, LEAVES, LEVELS, TARGETS, columns

FULL = 4
PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")


def there() -> bool:
    """Whether it can be run; says aloud if not."""
    what = "LibreOffice recalculating a workbook"
    if not PROGRAM:
        print(f"skipped: {what} (LibreOffice is not installed)")
    return bool(PROGRAM) and installed("xlsxwriter", "python_calamine", what=what)


def recalculated(folder: Path, rows: int) -> Cost:
    """The cost of opening the workbook, computing it and saving it; the totals are then in sheet.parquet."""
    assert PROGRAM
    measured(python("benchmarks.sheet", "make", "sheet.xlsx", rows), folder)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = [PROGRAM, profile, "--headless", "--convert-to", "xlsx", "--outdir", "computed", "sheet.xlsx"]
    if not (folder / "profile").exists():
        measured(convert, folder)
    cost = measured(convert, folder)
    measured(python("benchmarks.sheet", "read", "computed/sheet.xlsx", "sheet.parquet"), folder)
    return cost


def make(file: str, rows: str) -> None:
    import xlsxwriter

    made = columns(int(rows), seed=1)
    names = [*made]
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    page = book.add_worksheet()
    for row in range(int(rows)):
        page.write_number(row, 0, row)
        for at, name in enumerate(names, start=1):
            value = made[name][row].item()
            if name.endswith(".actual"):
                page.write_number(row, at, value / 100)
            elif name.endswith(".level"):
                page.write_string(row, at, LEVELS[value][0])
            else:
                page.write(row, at, value)
        for at, (id, kind) in enumerate(LEAVES, start=len(names) + 1):
            own = [_cell(row, n) for n, name in enumerate(names, start=1) if name.startswith(f"{id}.")]
            page.write_formula(row, at, f"={_formula(id, kind, own)}", None, "")
        first, last = (_cell(row, len(names) + n) for n in (1, len(LEAVES)))
        page.write_formula(row, len(names) + len(LEAVES) + 1, f"=SUM({first}:{last})", None, "")
    book.close()


def _cell(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(row, column))


def _formula(id: str, kind: str, own: list[str]) -> str:
    cell, target = own[0], TARGETS[id] // 100
    match kind:
        case "ratio":
            return f"ROUND({FULL}*MIN({cell},{target})/{target},2)"
        case "reverse":
            return f"IF({cell}<={target},{FULL},ROUND({FULL}*{target}/{cell},2))"
        case "bands":
            edges = "".join(f"IF({cell}>={target * e // 100},{FULL * s / 100}," for e, s in BANDS)
            return f"{edges}0{')' * len(BANDS)}"
        case "deduct":
            return f"MAX(0,{FULL}-{cell}*{EACH[id] / 100})"
        case "checklist":
            return f"({'+'.join(own)})*{FULL}/{ITEMS}"
        case "levels":
            return "".join(f'IF({cell}="{name}",{FULL * s / 100},' for name, s in LEVELS) + f"0{')' * len(LEVELS)}"
        case _:
            return f"ROUND({FULL}*MAX(0,2*MIN({cell},{target})-{target})/{target},2)"


def read(file: str, out: str) -> None:
    import pyarrow as pa
    from pyarrow import parquet
    from python_calamine import load_workbook

    rows = load_workbook(file).get_sheet_by_index(0).to_python()
    ids, totals = ([int(row[0]) for row in rows], [round(row[-1] * 100) for row in rows])
    parquet.write_table(pa.table({"id": ids, "total": totals}), out)


if __name__ == "__main__":
    {"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])
