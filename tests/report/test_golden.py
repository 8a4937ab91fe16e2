"""The example's reports, word for word. After a change that is meant: JIXIAO_UPDATE_GOLDEN=1 pytest tests/report/test_golden.py"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scoring.load import load_case
from scoring.report import docx, markdown
from scoring.report.write import documents, write
from tests.conftest import EXAMPLE
from tests.report.golden_files import is_golden

CASE = load_case(EXAMPLE)
DOCUMENTS = documents(CASE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.label for document in DOCUMENTS])
def test_report_is_the_golden_one(document) -> None:
    assert is_golden(f"{document.label}.md", markdown.render(document))


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.label for document in DOCUMENTS])
def test_word_says_what_markdown_says(document) -> None:
    """Every heading, paragraph and cell of the document stands in the Word file."""
    from io import BytesIO

    from docx import Document as Word

    word = Word(BytesIO(docx.render(document)))
    cells = {cell.text for table in word.tables for row in table.rows for cell in row.cells}
    paragraphs = {paragraph.text for paragraph in word.paragraphs}
    for block in document.blocks:
        if hasattr(block, "rows"):
            for cell in (cell for row in block.rows for cell in row):
                assert cell.text.replace("≧", "≥") in cells
        elif hasattr(block, "text"):
            assert block.text in paragraphs


@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")), reason="LibreOffice or pdftotext is not installed"
)
def test_the_dossier_opens_in_libreoffice(tmp_path: Path) -> None:
    """Every attachment and the bound volume become PDFs with their text, whole; the contents list has page numbers."""
    files = [file for file in write(CASE, tmp_path) if file.suffix == ".docx"]
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    for file, document in zip(files, DOCUMENTS, strict=False):
        text = _text(file.with_suffix(".pdf"))
        for heading in (block.text for block in document.blocks if hasattr(block, "level")):
            assert heading.replace(" ", "") in text
        assert "None" not in text
    bound = _text(files[-1].with_suffix(".pdf"))
    assert bound.index("目录") < bound.index("附件1") < bound.index("附件2-1") < bound.index("附件2-2")
    contents = bound[bound.index("目录") :][:300]
    assert contents.count("....") >= 3
    assert "报告......" in contents.replace("…", "...")


def _text(file: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], check=True, capture_output=True, timeout=60)
    return "".join(done.stdout.decode().split())
