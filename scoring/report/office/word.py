"""An office's own Word template: read, checked and filled in.

The template is made in Word with {{ name }}, and {%tr for row in indicators %} … {%tr endfor %} around a table row (see
docxtpl). It can reach nothing but the names below `names`: the environment is sandboxed and knows no functions.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any, Final

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.extras import need
from scoring.report.document import Document
from scoring.report.office.check import environment, faults
from scoring.report.office.names import ALIKE, values
from scoring.result import Result

_LARGEST: Final = 50_000_000  # bytes of a template, unpacked


class Template:
    """A template as read from its file. ScoringError: it cannot be read as a Word file."""

    def __init__(self, file: Path):
        self.file = file
        self._word: Any = need("docxtpl", "template")
        self._environment = environment()
        self._found: dict[tuple[str, ...], list[Diagnostic]] = {}  # by the names of the facts
        try:
            self._data = file.read_bytes()
            with zipfile.ZipFile(io.BytesIO(self._data)) as package:
                if sum(entry.file_size for entry in package.infolist()) > _LARGEST:
                    raise ValueError("too large")
            self._open()
        except FileNotFoundError:
            raise ScoringError(Diagnostic(Text("没有这个模板文件", "there is no such template"), file=file)) from None
        except OSError as error:
            message = Text(f"模板文件读不了：{error.strerror}", f"the template cannot be read: {error.strerror}")
            raise ScoringError(Diagnostic(message, file=file)) from None
        except Exception:  # python-docx and lxml raise many kinds over a file that is no Word file
            raise ScoringError(
                Diagnostic(
                    Text("这不是 Word 文件（.docx）", "this is no Word file (.docx)"),
                    Text("用 Word 或 WPS 另存为 .docx", "save it as .docx in Word or WPS"),
                    file,
                )
            ) from None

    def _open(self) -> Any:
        template = self._word.DocxTemplate(io.BytesIO(self._data))
        template.init_docx()
        return template

    def faults(self, result: Result) -> list[Diagnostic]:
        """Every name the template gets wrong, with the paragraph or cell it stands in."""
        facts = tuple(result.figures)
        if facts not in self._found:
            self._found[facts] = [
                Diagnostic(
                    Text(f"{place.zh}：{fault.message.zh}", f"{place.en}: {fault.message.en}"), fault.hint, self.file
                )
                for place, fault in faults(self._open(), facts)
            ]
        return self._found[facts]

    def render(self, document: Document, result: Result) -> bytes:
        """The finished .docx file. ScoringError: what the template gets wrong."""
        if found := self.faults(result):
            raise ScoringError(*found)
        template = self._open()
        written = io.BytesIO()
        try:
            known = values(document, result)
            template.render_properties = lambda *_: None  # they are no XML, and would be escaped as if they were
            template.render(known, self._environment, autoescape=True)
            template.docx.core_properties.title = known["title"][:255]
            _merge(template.docx.element.body)
            template.save(written)
        except (
            Exception
        ) as error:  # whatever a template does wrong when it runs, jinja, docxtpl and lxml say in many ways
            message = Text(f"模板不能套用：{error}", f"the template fails: {error}")
            raise ScoringError(Diagnostic(message, file=self.file)) from None
        return _undated(written.getvalue())


def _merge(body: Any) -> None:
    """Make one of every cell and those below it that say they are alike."""
    from docx.oxml.ns import qn

    for table in body.iter(qn("w:tbl")):
        above: dict[int, tuple[str, Any]] = {}  # by the column it starts in: text of a cell, and the cell
        for row in table.tr_lst:
            line, column = {}, row.grid_before
            for cell in row.tc_lst:
                line[column] = ("".join(each.text or "" for each in cell.iter(qn("w:t"))), cell)
                column += cell.grid_span
            for column, (text, cell) in line.items():
                if ALIKE.match(text) and column in above and above[column][0] == text:
                    upper = above[column][1]
                    upper.vMerge = upper.vMerge or "restart"
                    cell.vMerge = "continue"
                    for each in cell.iter(qn("w:t")):
                        each.text = ""
            above = line
    for each in body.iter(qn("w:t")):
        each.text = ALIKE.sub("", each.text or "")


def _undated(data: bytes) -> bytes:
    """The same package without the time it was written at: the same input gives the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            new.writestr(entry, old.read(name))
    return written.getvalue()
