"""Score books as a person would leave them: cells of an .xlsx changed in its XML."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from scoring.exchange.plan import letters


def edited(book: Path, target: Path, sheet: str, cells: Mapping[tuple[int, int], object], drop_row: int = 0) -> Path:
    """A copy with these cells (row and column from 0) holding a number, a text, or nothing; a row number is taken out."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        names = re.findall(r'<sheet name="([^"]*)"', old.read("xl/workbook.xml").decode())
        part = f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"
        for name in old.namelist():
            text = old.read(name)
            if name == part:
                xml = text.decode()
                for (row, column), value in cells.items():
                    xml = _set(xml, f"{letters(column)}{row + 1}", value)
                if drop_row:
                    xml = re.sub(rf'<row r="{drop_row}".*?</row>', "", xml, count=1)
                text = xml.encode()
            new.writestr(name, text)
    return target


def _set(xml: str, ref: str, value: object) -> str:
    found = re.search(rf'<c r="{ref}"( s="\d+")?[^>]*?(/>|>.*?</c>)', xml)
    assert found, ref
    style = found[1] or ""
    if value is None:
        cell = f'<c r="{ref}"{style}/>'
    elif isinstance(value, str):
        cell = f'<c r="{ref}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    else:
        cell = f'<c r="{ref}"{style}><v>{value}</v></c>'
    return xml[: found.start()] + cell + xml[found.end() :]
