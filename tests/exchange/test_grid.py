"""Files that hold no form, or hold it badly: each refused in plain words, nothing written; and numbers kept exact."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.exchange.intake import take_in
from scoring.exchange.tabular import read_tables
from tests.conftest import run
from tests.exchange import samples, writers
from tests.exchange.writers import layout, write


def packed(file: Path, changes: dict[str, bytes | None]) -> Path:
    """A package with parts replaced, added or (None) left out."""
    with zipfile.ZipFile(file) as old:
        parts: dict[str, bytes | None] = {name: old.read(name) for name in old.namelist()}
    parts |= changes
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            if part is not None:
                new.writestr(name, part)
    return file


def word(folder: Path) -> Path:
    return write(samples.PROJECT, folder / "form.docx")


def sheet(folder: Path) -> Path:
    return write(samples.PROJECT, folder / "form.xlsx")


def part(file: Path, name: str) -> bytes:
    with zipfile.ZipFile(file) as package:
        return package.read(name)


def bytes_in(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def renamed(make: Callable[[Path], Path], name: str) -> Callable[[Path], Path]:
    return lambda folder: make(folder).rename(folder / name)


def truncated(folder: Path) -> Path:
    file = sheet(folder)
    file.write_bytes(file.read_bytes()[:-400])
    return file


def spoiled_inside(folder: Path) -> Path:
    """A byte changed in the middle of a packed part: its checksum no longer holds."""
    file = word(folder)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    return file


def bomb(folder: Path) -> Path:
    return packed(word(folder), {"word/media/image1.xml": b" " * 90_000_000})


def many_bombs(folder: Path) -> Path:
    return packed(word(folder), {f"word/media/{n}.bin": bytes(999_999) for n in range(250)})


def lying_size(folder: Path) -> Path:
    """A part that says it is small and is not."""
    file = packed(sheet(folder), {"xl/extra.xml": b"<a>" + b"x" * 500_000 + b"</a>"})
    content = bytearray(file.read_bytes())
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/extra.xml"))
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    file.write_bytes(content)
    return file


def entity_in_word(folder: Path) -> Path:
    file = word(folder)
    body = part(file, "word/document.xml").replace(
        b"?>", b'?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1
    )
    return packed(file, {"word/document.xml": body})


def entity_in_sheet(folder: Path) -> Path:
    file = sheet(folder)
    body = part(file, "xl/sharedStrings.xml").decode().replace("?>", '?><!DOCTYPE s [<!ENTITY x "y">]>', 1)
    return packed(
        file, {"xl/sharedStrings.xml": body.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")}
    )


def entity_in_html(folder: Path) -> Path:
    file = write(samples.PROJECT, folder / "form.html")
    text = file.read_text("utf-8").replace(
        "<!DOCTYPE html>", '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )
    file.write_text(text, "utf-8")
    return file


def sparse(folder: Path) -> Path:
    with (folder / "form.xlsx").open("wb") as stream:
        stream.truncate(120_000_000)
    return folder / "form.xlsx"


def far_cell(folder: Path) -> Path:
    book = xlsxwriter.Workbook(str(folder / "form.xlsx"))
    page = book.add_worksheet()
    page.write_string(0, 0, "项目名称")
    page.write_string(1_048_575, 16_383, "远处")
    book.close()
    return folder / "form.xlsx"


def wide_span(folder: Path) -> Path:
    cells = "<td colspan='999999'>甲</td>" * 300
    (folder / "form.html").write_text(f"<table><tr>{cells}</tr></table>", "utf-8")
    return folder / "form.html"


def no_document(folder: Path) -> Path:
    return packed(word(folder), {"word/document.xml": None})


def encrypted(folder: Path) -> Path:
    """The shape of an Office file with a password: an OLE container that names its encrypted package."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    (folder / "form.docx").write_bytes(head + "EncryptedPackage".encode("utf-16-le") + bytes(512))
    return folder / "form.docx"


def locked_zip(folder: Path) -> Path:
    file = sheet(folder)
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    file.write_bytes(content)
    return file


FAULTS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "docm by name": (renamed(word, "form.docm"), "文件带有宏，不读", "holds macros"),
    "xlsm by name": (renamed(sheet, "form.xlsm"), "文件带有宏，不读", "holds macros"),
    "macros inside docx": (
        lambda folder: packed(word(folder), {"word/vbaProject.bin": b"x"}),
        "文件带有宏，不读",
        "holds macros",
    ),
    "macros inside xlsx": (
        lambda folder: packed(sheet(folder), {"xl/VBAProject.BIN": b"x"}),
        "文件带有宏，不读",
        "holds macros",
    ),
    "zip bomb": (bomb, "文件展开后大得不正常", "unpacks to far more"),
    "many small bombs": (many_bombs, "文件展开后大得不正常", "unpacks to far more"),
    "a size that lies": (lying_size, "文件已损坏", "damaged"),
    "external entity in Word": (entity_in_word, "声明了外部实体，不读", "declares entities"),
    "entity in Excel, UTF-16": (entity_in_sheet, "声明了外部实体，不读", "declares entities"),
    "external entity in HTML": (entity_in_html, "声明了外部实体，不读", "declares entities"),
    "120 MB": (sparse, "文件太大，超过 20 MB", "larger than 20 MB"),
    "a cell far away": (far_cell, "表格太大，超过 200,000 个单元格", "more than 200,000 cells"),
    "a span too wide": (wide_span, "表格太大，超过 200,000 个单元格", "more than 200,000 cells"),
    "truncated": (truncated, "文件已损坏", "damaged"),
    "spoiled inside": (spoiled_inside, "文件已损坏", "damaged"),
    "no document": (no_document, "文件已损坏", "damaged"),
    "text called docx": (bytes_in("form.docx", "项目名称".encode()), "文件已损坏", "damaged"),
    "password": (encrypted, "文件有密码", "protected by a password"),
    "password on the zip": (locked_zip, "文件有密码", "protected by a password"),
    "old Word": (bytes_in("form.doc", b"\xd0\xcf\x11\xe0"), "不读 .doc 的文件", "type '.doc' are not read"),
    "old Excel by another name": (
        bytes_in("form.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "这是旧格式",
        "old format",
    ),
    "no extension": (bytes_in("form", b"x"), "不读 没有扩展名 的文件", "are not read"),
    "empty file": (bytes_in("form.xlsx", b""), "文件是空的", "the file is empty"),
    "blank csv": (bytes_in("form.csv", b"\n,,\n"), "文件里没有表格", "no table"),
    "no table": (bytes_in("form.html", "<p>没有表格</p>".encode()), "文件里没有表格", "no table"),
    "csv in no encoding": (bytes_in("form.csv", b"\xff\x00\xff\x81,"), "看不出文件的编码", "encoding"),
    "csv with a quote left open": (
        bytes_in("form.csv", '"项目名称,示例\n'.encode()),
        "这个 CSV 读不出来",
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_file_is_refused_in_words(name: str, tmp_path: Path) -> None:
    make, zh, en = FAULTS[name]
    file = make(tmp_path)
    with pytest.raises(ScoringError) as raised:
        take_in(file, tmp_path / "case")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.file == file
    assert zh in diagnostic.message.zh
    assert en in diagnostic.message.en
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["zip bomb", "external entity in Word", "120 MB", "truncated"])
def test_the_command_refuses_without_a_traceback(name: str, tmp_path: Path) -> None:
    make, zh, _ = FAULTS[name]
    done = run("import", make(tmp_path), "-o", tmp_path / "case")
    assert done.returncode == 1
    assert zh in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "没有这个文件" in run("import", tmp_path / "form.docx", "-o", tmp_path / "case").stderr
    (tmp_path / "form.csv").mkdir()
    assert "这是一个文件夹" in run("import", tmp_path / "form.csv", "-o", tmp_path / "case").stderr


@given(st.decimals(min_value=0, max_value=99_999_999, places=4, allow_nan=False), st.booleans())
def test_numbers_in_a_sheet_are_read_to_the_digit(number: Decimal, as_percent: bool) -> None:
    """What a person types into Excel, at most 12 digits of it, comes back without the traces of binary floats."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    written = number / 100 if as_percent else number
    style = book.add_format({"num_format": "0.00%"}) if as_percent else None
    book.add_worksheet().write_number(0, 0, float(written), style)
    book.close()
    from scoring.exchange.office import excel_tables

    (table,) = excel_tables(stream.getvalue(), Path("form.xlsx"))
    text = table.rows[0][0].text
    assert text.endswith("%") == as_percent
    assert Decimal(text.removesuffix("%")) == number


def test_a_percent_sign_that_is_only_text_multiplies_nothing(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(file := tmp_path / "form.xlsx"))
    page = book.add_worksheet()
    for column, code in enumerate(('0"%"', "0\\%", "0.0%", "0%;-0%")):
        page.write_number(0, column, 0.95, book.add_format({"num_format": code}))
    book.close()
    (table,) = read_tables(file)
    assert [cell.text for cell in table.rows[0]] == ["0.95", "0.95", "95%", "95%"]


@pytest.mark.parametrize("format", writers.WRITERS)
def test_a_merged_cell_stands_at_every_place_it_covers(format: str, tmp_path: Path) -> None:
    rows = [[("甲", 2, 1), ("乙", 1, 2)], [("丙", 1, 1), ("丁", 2, 1)], [("戊", 1, 2)]]
    writers.WRITERS[format](rows, file := tmp_path / f"form{format}")
    (table,) = read_tables(file)
    shown = [[cell.text for cell in row] for row in table.rows]
    if format == ".csv":  # which knows no merges
        assert shown == [["甲", "乙", ""], ["", "丙", "丁"], ["戊", "", ""]]
    else:
        assert shown == [["甲", "乙", "乙"], ["甲", "丙", "丁"], ["戊", "戊", "丁"]]
        assert table.rows[0][0] is table.rows[1][0]


def test_every_cell_knows_its_place(tmp_path: Path) -> None:
    places = {}
    for format in writers.WRITERS:
        (table,) = read_tables(write(samples.PROJECT, tmp_path / f"form{format}"))
        places[format] = next(c.place.zh for row in table.rows for c in row if c.text == "居民满意度")
    assert places == {
        ".docx": "表1 第20行第4列",
        ".html": "表1 第20行第4列",
        ".xlsx": "自评表!D20",
        ".csv": "第20行第4列",
    }


def test_word_text_in_content_controls_is_read_and_deleted_text_is_not(tmp_path: Path) -> None:
    file = word(tmp_path)
    body = part(file, "word/document.xml").decode()
    old = "<w:r><w:t>居民满意度</w:t></w:r>"
    assert body.count(old) == 1
    new = (
        "<w:del w:id='1' w:author='a'><w:r><w:delText>旧名称</w:delText></w:r></w:del>"
        "<w:ins w:id='2' w:author='a'><w:r><w:t>居民</w:t></w:r></w:ins>"
        "<w:sdt><w:sdtContent><w:r><w:t>满意度</w:t></w:r></w:sdtContent></w:sdt>"
    )
    packed(file, {"word/document.xml": body.replace(old, new).encode()})
    texts = [cell.text for table in read_tables(file) for row in table.rows for cell in row]
    assert "居民满意度" in texts
    assert not any("旧名称" in text for text in texts)


def test_a_cell_made_safe_against_formulas_reads_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "form.csv").write_text("'=100%,'-5,'quoted'\n", "utf-8")
    (table,) = read_tables(tmp_path / "form.csv")
    assert [cell.text for cell in table.rows[0]] == ["=100%", "-5", "'quoted'"]


def test_layout_is_what_the_writers_were_given() -> None:
    """The writers' own bookkeeping: every place of the grid is covered once."""
    for form in samples.SAMPLES.values():
        rows = layout(form)
        covered = [
            (row + r, column + c)
            for row, column, (_, down, across) in writers.placed(rows)
            for r in range(down)
            for c in range(across)
        ]
        assert len(covered) == len(set(covered)) == len(rows) * writers.width(rows)
