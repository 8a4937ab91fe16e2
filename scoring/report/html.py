"""A report as one HTML page that needs nothing else: no network, no fonts, no library; it opens from a disk or a mail.

Above the report's own text stand what a screen adds to paper: charts, and the score tree, where every indicator opens to
show how it got its points. The page works without its script, which only opens and closes everything at once, opens what
a link points at in older browsers and opens all for the printer. A security policy in the page lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from scoring.errors import Lang, Text
from scoring.evaluation import EVIDENCE_KIND
from scoring.indicators import COMBINE, STATUS
from scoring.report import charts, figures
from scoring.report.document import Block, Book, Document, Figure, Heading, PageBreak, Paragraph, Table, legible
from scoring.result import STATES, Node, Result, Row
from scoring.values import plain, rounded, shown

_TEMPLATES = Path(__file__).parent / "templates" / "html"


def render(document: Document | Book, results: Sequence[Result | None], base: str = "") -> str:
    """The page of a document, or of a book; results: of each document, None where it has none.

    base: the way from the page to the folder of the case, for links to files of evidence; "" when there is none.
    """
    documents = document.documents if isinstance(document, Book) else (document,)
    parts = [
        _Part(
            each,
            f"d{number}-" if isinstance(document, Book) else "",
            _View(result, base, each.lang) if result else None,
        )
        for number, (each, result) in enumerate(zip(documents, results, strict=True), start=1)
    ]
    book = document if isinstance(document, Book) else None
    title = ("" if document.lang == "zh" else " ").join(document.title)
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
    return _template().render(
        title=title,
        lang={"zh": "zh-CN", "en": "en"}[document.lang],
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        parts=parts,
        book=book,
        totals=_totals([result for result in results if result], document.lang) if book else "",
        say=lambda zh, en: Text(zh, en).to(document.lang),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: legible(value) if type(value) is str else value,
    )
    environment.filters |= {"plain": plain}
    environment.filters["drawn"] = lambda figure: Markup(figure.svg)
    environment.tests |= {
        "heading": lambda block: isinstance(block, Heading),
        "paragraph": lambda block: isinstance(block, Paragraph),
        "table": lambda block: isinstance(block, Table),
        "figure": lambda block: isinstance(block, Figure),
        "pagebreak": lambda block: isinstance(block, PageBreak),
    }
    environment.globals |= {"STATES": STATES, "KIND": EVIDENCE_KIND}
    return environment.get_template("page.html")


def _totals(results: Sequence[Result], lang: Lang) -> Markup:
    rows = [charts.Bar(result.evaluation.text.to(lang), result.total, result.maximum) for result in results]
    return Markup(charts.bars(Text("各评价得分", "Scores").to(lang), rows).svg) if rows else Markup("")


@dataclass(frozen=True, slots=True)
class _Part:
    """One document on the page; prefix: of the ids in it, so that those of a book do not clash."""

    document: Document
    prefix: str
    view: _View | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.document.blocks


class _View:
    """What the page shows of a result beside the report's own text, in the report's language."""

    def __init__(self, result: Result, base: str, lang: Lang):
        self.result, self.base, self.lang = result, base, lang
        self.lost = result.maximum - result.total
        self.leaves = list(result.leaves())
        self.losing = len({row.indicator for row in result.ledger})
        self.numbers = {row: number for number, finding in enumerate(result.findings, 1) for row in finding.rows}
        self.known = {node.id for node in result.walk()}

    def say(self, zh: str, en: str) -> str:
        return Text(zh, en).to(self.lang)

    def to(self, text: Text) -> str:
        return text.to(self.lang)

    def bars(self) -> Markup:
        return Markup(figures.bars(self.result, self.lang).svg)

    def waterfall(self) -> Markup:
        return Markup(figures.waterfall(self.result, self.lang).svg)

    def radar(self) -> Markup:
        figure = figures.radar(self.result, self.lang)
        return Markup(figure.svg if figure else "")

    def earlier(self) -> tuple[Markup, str] | None:
        """This review beside an earlier one, both out of 100: chart and sentence."""
        review = self.result.evaluation.earlier_review
        if review is None or not self.result.maximum:
            return None
        now = Fraction(self.result.total) * 100 / Fraction(self.result.maximum)
        before, change = Fraction(review.total), now - Fraction(review.total)
        how = Text("持平", "no change")
        if change:
            by = shown(abs(change))
            how = Text(f"提高{by}分", f"up {by}") if change > 0 else Text(f"下降{by}分", f"down {by}")
        sentence = self.say(
            f"按百分制，此前评价{shown(before)}分（{review.source}），本次{shown(now)}分，{how.zh}。",
            f"Out of 100: {shown(before)} in the earlier review ({review.source}), {shown(now)} now, {how.en}.",
        )
        rows = [
            charts.Bar(self.say("此前评价", "Earlier review"), review.total, Decimal(100)),
            charts.Bar(self.say("本次评价", "This review"), rounded(now, 2), Decimal(100)),
        ]
        return Markup(charts.bars(self.say("与此前评价比较", "Against the earlier review"), rows).svg), sentence

    def lost_points(self, points: Decimal) -> str:
        return self.say(f"失{plain(points)}分", f"lost {plain(points)}")

    def about(self) -> str:
        """The set that was scored by, and how far it is official."""
        used = self.result.indicator_set
        status = self.to(STATUS[used.status])
        return self.say(f"{used.title}（{used.reference}，{status}）", f"{used.text.en} ({used.reference}, {status})")

    def share(self, node: Node) -> str:
        """Points of the weight, for the width of a bar."""
        return plain(rounded(Fraction(node.points) / Fraction(node.weight) * 100, 2)) if node.weight else "0"

    def rows(self, node: Node) -> list[Row]:
        return [row for row in self.result.ledger if row.indicator == node.id]

    def adds(self, node: Node) -> bool:
        """Whether it is a group whose points are simply those below it added up."""
        return bool(node.children) and node.reason == COMBINE["sum"]

    def uncertain(self, node: Node) -> bool:
        return node.low != node.high

    def link(self, file: str) -> str:
        """Where a file of evidence is, seen from the page; "" where no way leads there."""
        return f"{quote(self.base)}/{quote(file)}" if self.base else ""
