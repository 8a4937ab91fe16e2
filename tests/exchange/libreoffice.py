"""LibreOffice as the judge of formulas: workbooks recalculated in one start, and their cells read back."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_soffice = pytest.mark.skipif(
    SOFFICE is None, reason="LibreOffice is not installed: formulas are not recalculated"
)


def recalculated(files: list[Path], folder: Path) -> list[Path]:
    """The workbooks as LibreOffice saves them after computing every formula, which it does where no result is stored."""
    assert SOFFICE
    files = [_without_results(file, folder / "bare" / file.name) for file in files]
    target = folder / "recalculated"
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(target), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=1800)
    return [target / file.name for file in files]


def _without_results(file: Path, target: Path) -> Path:
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"</f><v>[^<]*</v>", b"</f><v></v>", old.read(name)))
    return target


def cells_of(file: Path, sheet: str) -> list[list[object]]:
    """Values by row and column, from the top left cell of the sheet."""
    from python_calamine import load_workbook

    return load_workbook(str(file)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
