"""The formats a report can be written in: light to import, so that the command line can list them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from scoring.extras import need


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is written, by a module of scoring.report that is imported when it is wanted.

    of: what its renderer takes: `document` a document or a book; `result` the same, then a list with the result of each
    document (None for an annex), then the path of links to the folder of the case; `case` the results of the whole case.
    bound: a dossier also gets all documents as one file.
    parts: the files of it, each by what its name adds and the function that renders it, as bytes or as text in UTF-8.
    paged: whether its renderer takes the page profile, as `page`.
    library: what it needs that is not always installed, and the extra of the package that brings it.
    """

    module: str
    of: Literal["document", "result", "case"]
    bound: bool = False
    parts: tuple[tuple[str, str], ...] = (("", "render"),)
    paged: bool = False
    library: str = ""
    extra: str = ""

    @property
    def installed(self) -> bool:
        return not self.library or find_spec(self.library) is not None

    def renderers(self, page: object) -> list[tuple[str, Callable[..., bytes | str]]]:
        """What each file's name adds, and its renderer. ScoringError: the library is not installed."""
        if self.library:
            need(self.library, self.extra)
        module: Any = import_module(f"scoring.report.{self.module}")
        found = ((adds, getattr(module, name)) for adds, name in self.parts)
        return [(adds, partial(render, page=page) if self.paged else render) for adds, render in found]


FORMATS: dict[str, Format] = {  # by the suffix of its files
    "docx": Format("docx", "document", bound=True, paged=True),
    "md": Format("markdown", "document"),
    "html": Format("html", "result", bound=True),
    "pdf": Format("pdf", "document", bound=True, paged=True, library="typst", extra="pdf"),
    "xlsx": Format("xlsx", "result", bound=True, library="xlsxwriter", extra="office"),
    "json": Format("data", "case", parts=(("", "as_json"),)),
    "csv": Format("data", "case", parts=(("（指标）", "indicators_csv"), ("（失分）", "ledger_csv"))),
}
USUAL = ("docx", "md")
ALL = "all"


def chosen(names: list[str] | None) -> tuple[str, ...]:
    """The formats meant, each once, in the order asked for: the usual ones for none, every installed one for `all`."""
    found: list[str] = []
    for name in names or USUAL:
        found += [each for each, how in FORMATS.items() if how.installed] if name == ALL else [name]
    return tuple(dict.fromkeys(found))
