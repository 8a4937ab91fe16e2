"""The page read back by an HTML parser, and opened, clicked and printed by Chromium where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest

from scoring.evaluation import EarlierReview
from scoring.load import load_case
from scoring.report import charts, html
from scoring.report.document import Book, Cell, Document, Heading, Paragraph, Table, legible
from scoring.report.write import papers, write
from scoring.result import Result
from tests.conftest import EXAMPLE, change
from tests.report.golden_files import is_golden

PAPERS = papers(load_case(EXAMPLE))
STYLE = (Path(html.__file__).parent / "templates" / "html" / "page.css").read_text(encoding="utf-8")
VOID = {"meta", "col", "hr", "rect", "path", "polygon", "circle"}
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
browser = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")


class Page(HTMLParser):
    """Elements in order, each as tag, attributes and its own text; fails on an element that is not closed."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag not in VOID:
            self.open.append((tag, text))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1][1].append(data)

    def texts(self, tag: str, css: str = "") -> list[str]:
        return [
            "".join(text) for name, attrs, text in self.elements if name == tag and css in (attrs.get("class") or "")
        ]

    def tags(self) -> Counter[str]:
        return Counter(tag for tag, _, _ in self.elements)


def page(number: int = 0, base: str = "") -> str:
    return html.render(PAPERS[number].document, [PAPERS[number].result], base)


def book() -> str:
    return html.render(Book(("总工会", "报告"), tuple(p.document for p in PAPERS)), [p.result for p in PAPERS])


def test_the_page_is_the_golden_one() -> None:
    assert is_golden("附件1.html", page())


@pytest.mark.parametrize("number", range(3))
def test_every_indicator_opens_to_its_trace(number: int) -> None:
    result, written = PAPERS[number].result, page(number)
    found = Page(written)
    nodes = list(result.walk())
    assert found.tags()["details"] == found.tags()["summary"] == len(nodes)
    assert found.texts("span", "name") == [node.title.zh for node in nodes]
    ids = [attrs["id"] for _, attrs, _ in found.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for node in nodes:
        assert f"i-{node.id}" in ids
    said = found.texts("dd") + found.texts("bdi") + found.texts("td") + found.texts("th")
    for leaf in result.leaves():
        for text in (leaf.reason.zh, leaf.standard, leaf.target.zh, leaf.actual.zh, leaf.note):
            assert not text or text in said
        assert f"{leaf.rule.zh}：{leaf.formula.zh}" in said
        for paper in leaf.evidence:
            assert paper.title in said
        for name in leaf.inputs:
            assert result.figures[name].show() in said
    for row in result.ledger:
        assert {row.reason.zh, *filter(None, (row.problem, row.recommendation))} <= set(said)
    targets = [attrs["href"] for tag, attrs, _ in found.elements if tag == "a"]
    assert all(target.startswith("#") and target[1:] in ids for target in targets)


@pytest.mark.parametrize("number", range(3))
def test_the_page_says_what_the_document_says(number: int) -> None:
    document, found = PAPERS[number].document, Page(page(number))
    cells = Counter(found.texts("td") + found.texts("th"))
    for block in document.blocks:
        match block:
            case Heading():
                assert block.text in found.texts(f"h{min(block.level + 2, 6)}")
            case Paragraph():
                assert block.text in found.texts("p", block.style)
            case Table():
                assert block.caption in found.texts("caption")
                assert not Counter(cell.text for row in block.rows for cell in row) - cells


def test_a_book_holds_every_page_and_its_links_stay_apart() -> None:
    found = Page(book())
    ids = [attrs["id"] for _, attrs, _ in found.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"] for tag, attrs, _ in found.elements if tag == "a"} <= {f"#{id}" for id in ids}
    assert found.texts("span", "name") == [node.title.zh for paper in PAPERS for node in paper.result.walk()]
    assert [text for text in found.texts("h2") if text != "目录"] == [""] * 3  # their lines are in spans
    assert "各评价得分：2019年部门整体支出绩效评价 93 / 100；" in book()


def test_headings_follow_one_another_without_a_gap() -> None:
    for text in (page(), book()):
        levels = [int(tag[1]) for tag, _, _ in Page(text).elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_group_says_how_its_points_add_up() -> None:
    text = re.sub("<[^>]+>", "", page(1))
    assert "\n科学决策 10 + 绩效目标 10 = 20\n" in text
    assert "\n关爱各级劳模 19 + 劳模示范带动作用 18 = 37\n" in text


def test_tables_have_heads_with_a_scope_and_charts_have_words() -> None:
    for tag, attrs, _ in Page(page(1)).elements:
        if tag == "th":
            assert attrs["scope"] in ("row", "col", "rowgroup", "colgroup")
        if tag == "svg":
            assert attrs["role"] == "img"
            assert attrs["aria-label"]


def test_merged_cells_stay_merged(scores: Table) -> None:
    written = html.render(Document("附件", ("题",), (scores,)), [None])
    assert '<td rowspan="3" class="left">决策</td>' in written
    assert '<th scope="rowgroup" colspan="3"' not in written
    assert '<th scope="row" colspan="3" class="left strong">合计</th>' in written


def test_a_radar_needs_three_first_level_indicators() -> None:
    assert len(PAPERS[0].result.nodes) == 2
    assert "一级指标得分率：" not in page(0)
    assert "一级指标得分率：项目决策 100%；项目管理 100%；项目绩效 ≈92.86%" in page(1)


def test_nothing_is_fetched_from_anywhere() -> None:
    for text in (page(0, "../case"), page(1), page(2), book()):
        assert not re.search(
            r"""(?:src|href|action|data|poster|url\(|@import)\s*[=("']*\s*(?:[a-z]+:)?//""", text, re.I
        )
        assert not Page(text).tags().keys() & {"link", "img", "iframe", "object", "embed", "base", "form", "video"}
        assert "default-src 'none'" in text


def test_an_english_report_is_english_throughout() -> None:
    result = PAPERS[1].result
    written = html.render(Document("Annex 2-1", ("Model workers", "2019"), (), "en"), [result])
    found = Page(written)
    assert '<html lang="en">' in written
    assert found.texts("title") == ["Model workers 2019"]
    assert found.texts("span", "name") == [node.title.en for node in result.walk()]
    leaf = next(result.leaves())
    assert {leaf.reason.en, f"{leaf.rule.en}: {leaf.formula.en}"} <= set(found.texts("dd"))
    labels = [text for tag in ("h2", "h3", "dt", "figcaption", "summary", "button", "nav") for text in found.texts(tag)]
    labels += [attrs["aria-label"] for _, attrs, _ in found.elements if "aria-label" in attrs]
    labels += found.texts("span", "state") + found.texts("span", "said")
    assert "Overview" in labels
    assert not [label for label in labels if re.search("[\u4e00-\u9fff]", label)]


@pytest.mark.parametrize(("total", "sentence"), [
    ("90.5", "按百分制，此前评价90.5分（2018年度评价），本次93分，提高2.5分。"),
    ("93", "按百分制，此前评价93分（2018年度评价），本次93分，持平。"),
    ("96", "按百分制，此前评价96分（2018年度评价），本次93分，下降3分。"),
])  # fmt: skip
def test_an_earlier_review_stands_beside_this_one(total: str, sentence: str) -> None:
    result = PAPERS[0].result
    review = EarlierReview(total=Decimal(total), source="2018年度评价")
    later = replace(result, evaluation=result.evaluation.model_copy(update={"earlier_review": review}))
    written = html.render(PAPERS[0].document, [later])
    assert sentence in Page(written).texts("p")
    assert f"与此前评价比较：此前评价 {total} / 100；本次评价 93 / 100" in written
    assert "此前评价" not in page()


def test_a_file_of_evidence_is_linked_from_where_the_page_lies(example: Path, tmp_path: Path) -> None:
    (example / "evidence").mkdir()
    (example / "evidence" / "决算 #1?.txt").write_text("x", encoding="utf-8")
    place = "evidence: [{title: 2019年度部门决算, place: 附件1 第三部分（一）1}]"
    change(example / "department.yaml", place, place.replace("}]", ", file: 'evidence/决算 #1?.txt'}]"))
    for folder in (tmp_path / "out" / "deep", example, example / "reports"):
        files = write(load_case(example), folder, formats=["html"])
        links = [
            attrs["href"] or "" for tag, attrs, _ in Page(files[0].read_text(encoding="utf-8")).elements if tag == "a"
        ]
        (link,) = [link for link in links if not link.startswith("#")]
        assert (folder / unquote(link)).samefile(example / "evidence" / "决算 #1?.txt")
        assert not set("#?: ") & set(link)
        assert not Path(unquote(link)).is_absolute()


def everywhere(text: str) -> Document:
    table = Table(text, (1, 1), ((Cell(text), Cell("x")), (Cell(text, strong=True), Cell(text))))
    return Document(text, (text,), (Heading(1, text), Paragraph(text), Paragraph(text, "note"), table))


def test_hostile_text_is_shown_whole_and_inert(
    hostile: str, hostile_results: list[Result], results: list[Result]
) -> None:
    plain = [Page(html.render(everywhere("x"), [result])) for result in results]
    for harmless, result in zip(plain, hostile_results, strict=True):
        found = Page(html.render(everywhere(hostile), [result]).encode().decode())
        assert found.texts("script") == harmless.texts("script")
        assert set(found.tags()) <= set(harmless.tags()) | {"abbr"}
        assert not [name for _, attrs, _ in found.elements for name in attrs if name.startswith("on")]
        shown = legible(hostile)
        assert set(found.texts("span", "name")) == {shown}
        assert found.texts("p", "body") == [shown]
        assert found.texts("title") == [shown]
        assert shown in found.texts("dd")
        ids = [attrs["id"] for _, attrs, _ in found.elements if "id" in attrs]
        assert ids == [attrs["id"] for _, attrs, _ in harmless.elements if "id" in attrs]


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css))


def _contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, contrast ratio."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


LIGHT = _colours(STYLE.split("@media", 1)[0])
DARK = LIGHT | _colours(STYLE.split("prefers-color-scheme: dark", 1)[1].split("}", 1)[0])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme: dict[str, str]) -> None:
    assert LIGHT["page"] != DARK["page"]
    for ground in ("page", "panel", "shade"):
        for text in ("text", "muted", "link", "lost"):
            assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        for shape in (theme["fill"], theme["rule"], charts.EARNED, charts.LOST):
            assert _contrast(shape, theme[ground]) >= 3, (shape, ground)


def test_text_takes_its_colours_from_the_theme() -> None:
    colours = re.findall(r"(?<![-\w])color: ([^;]+);", STYLE)
    assert {*colours} <= {f"var(--{name})" for name in ("text", "muted", "link", "lost")} | {"inherit"}


def chromium(folder: Path, file: Path, *flags: str, at: str = "") -> str:
    quiet = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    quiet += " --disable-component-update --disable-sync"
    command = [CHROMIUM, *quiet.split(), f"--user-data-dir={folder / 'profile'}", *flags, f"{file.as_uri()}{at}"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def state(dom: str, id: str) -> bool:
    """Whether the indicator's details are open."""
    (found,) = re.findall(rf"<details([^>]*)>\s*<summary(?:(?!<details).)*?<div id=\"i-{id}\"", dom, re.S)
    return " open" in found


@browser
def test_a_browser_opens_what_is_clicked_or_linked_to(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(), encoding="utf-8")
    dom = chromium(tmp_path, file, "--dump-dom")
    assert not state(dom, "objectives")
    assert state(dom, PAPERS[0].result.nodes[0].id)
    assert 'data-open="all" hidden' not in dom  # the page's own script ran
    linked = chromium(tmp_path, file, "--dump-dom", at="#i-objectives")
    assert state(linked, "objectives")
    assert not state(linked, "submission-time")
    policy = re.compile("<meta http-equiv=[^>]*>")
    click = "<script>document.querySelector('#i-objectives').previousElementSibling.click()</script></body>"
    file.write_text(policy.sub("", page()).replace("</body>", click), encoding="utf-8")
    assert state(chromium(tmp_path, file, "--dump-dom"), "objectives")
    file.write_text(page().replace("</body>", click), encoding="utf-8")
    assert not state(chromium(tmp_path, file, "--dump-dom"), "objectives")  # the policy lets no other script run


@browser
def test_a_browser_shows_the_page(tmp_path: Path) -> None:
    file, png = tmp_path / "page.html", tmp_path / "page.png"
    file.write_text(page(), encoding="utf-8")
    chromium(tmp_path, file, f"--screenshot={png}", "--window-size=1100,1400")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.stat().st_size > 20_000


@browser
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
@pytest.mark.parametrize(
    "without", ["<script>.*</script>", "details::details-content {[^}]*}"], ids=["script", "style"]
)
def test_what_is_closed_on_the_screen_is_open_on_paper(without: str, tmp_path: Path) -> None:
    """Newer browsers open it by style, older ones by script: either alone does."""
    file, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    text, count = re.subn(without, "", page(), flags=re.S)
    assert count == 1
    file.write_text(text, encoding="utf-8")
    chromium(tmp_path, file, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    done = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, timeout=60)
    printed = "".join(done.stdout.decode().split())
    for leaf in PAPERS[0].result.leaves():
        assert "".join(leaf.reason.zh.split()) in printed
    assert "全部展开" not in printed
