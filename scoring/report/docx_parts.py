"""What never changes in a Word file of one language and page profile: styles, fonts, footers, settings; packed once."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Template
from typing import Final

from scoring.errors import Lang
from scoring.report.page import HEIGHT, WIDTH, Face, Page, twips

_PARTS: Final = Path(__file__).parent / "templates" / "docx"
CORE: Final = "docProps/core.xml"  # holds the title, so each document has its own
_BELOW: Final = 397  # from the last line to the middle of the page number, 7 mm

# What styles.xml leaves open. Chinese sets paragraphs apart by an indent and headings by typeface; English sets them
# apart by a gap, and by weight and slope.
_LOOK: Final[dict[Lang, dict[str, str]]] = {
    "zh": {"justify": "both", "gap": "", "strong": "", "emphasis": ""},
    "en": {
        "justify": "left",
        "tracking": "",
        "indent": "",
        "gap": '<w:spacing w:after="120"/>',
        "strong": "<w:b/><w:bCs/>",
        "emphasis": "<w:i/><w:iCs/>",
    },
}
_DASHES: Final = {"dashes": ("— ", " —"), "plain": ("", ""), "none": ("", "")}


@cache
def unchanging(lang: Lang, page: Page, figures: int = 0) -> bytes:
    """The package with every part that is the same for all documents of a language, a page and a number of figures."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        names = (path.relative_to(_PARTS).as_posix() for path in _PARTS.rglob("*") if path.is_file())
        made = {
            "word/styles.xml": _styles(lang, page),
            "word/fontTable.xml": {"fonts": _fonts(page)},
            "word/_rels/document.xml.rels": {"figures": "".join(map(_relations, range(1, figures + 1)))},
            "word/footer_odd.xml": _footer(page, "right"),
            "word/footer_even.xml": _footer(page, "left"),
        }
        for name in sorted(names):
            if name != CORE:
                add(package, name, Template(part(name)).substitute(made[name]) if name in made else part(name))
    return archive.getvalue()


@cache
def part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def add(package: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    entry = zipfile.ZipInfo(name)  # dated 1980-01-01
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0  # zipfile would write which system it runs on
    package.writestr(entry, content.encode() if isinstance(content, str) else content)


@cache
def closing(page: Page) -> str:
    """The end of the body: the size of the page, its margins and its grid of lines."""
    margins = {side: twips(getattr(page.margins, side)) for side in ("top", "right", "bottom", "left")}
    footer = max(0, margins["bottom"] - _BELOW - _points(page.fonts.page_number.size) // 2)
    placed = " ".join(f'w:{side}="{width}"' for side, width in margins.items())
    return (
        '<w:sectPr><w:footerReference w:type="default" r:id="footerOdd"/>'
        '<w:footerReference w:type="even" r:id="footerEven"/>'
        f'<w:pgSz w:w="{WIDTH}" w:h="{HEIGHT}"/>'
        f'<w:pgMar {placed} w:header="851" w:footer="{footer}" w:gutter="0"/>'
        f'<w:cols w:space="425"/><w:docGrid w:type="lines" w:linePitch="{page.pitch}"/></w:sectPr></w:body></w:document>'
    )


def _styles(lang: Lang, page: Page) -> dict[str, str]:
    tracking = page.character - _points(page.fonts.body.size)
    indent = f'<w:ind w:firstLineChars="200" w:firstLine="{2 * page.character}"/>'
    found = {"tracking": f'<w:spacing w:val="{tracking}"/>', "indent": indent, **_LOOK[lang]}
    for role, face in _faces(page).items():
        latin, half = _attribute(face.latin), int(face.size * 2)
        found[f"{role}_fonts"] = (
            f'<w:rFonts w:ascii="{latin}" w:eastAsia="{_attribute(face.chinese[0])}" w:hAnsi="{latin}" w:cs="{latin}"/>'
        )
        found[f"{role}_size"] = f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/>'
        found[f"{role}_line"] = f'w:line="{_points(face.line) if face.line else page.pitch}" w:lineRule="exact"'
    return found


def _fonts(page: Page) -> str:
    """Every font with the one that stands in for it. Word takes a single name there, so each names the next."""
    next_to: dict[str, str] = {}
    chinese: dict[str, None] = {}
    latin: dict[str, None] = {}
    for face in _faces(page).values():
        chinese |= dict.fromkeys(face.chinese)
        latin[face.latin] = None
        for name, other in zip(face.chinese, face.chinese[1:], strict=False):
            next_to.setdefault(name, other)
    entries = []
    for name in {**chinese, **latin}:
        alternative = f'<w:altName w:val="{_attribute(next_to[name])}"/>' if name in next_to else ""
        kind = '<w:charset w:val="86"/><w:family w:val="auto"/>' if name in chinese else '<w:charset w:val="00"/>'
        entries.append(f'<w:font w:name="{_attribute(name)}">{alternative}{kind}</w:font>')
    return "".join(entries)


def _footer(page: Page, side: str) -> dict[str, str]:
    before, after = _DASHES[page.page_number.style]
    away = f'<w:ind w:{side}="{_points(page.fonts.page_number.size)}"/>'  # one character in from the edge
    align = "center" if page.page_number.place == "center" else side
    return {
        "before": before,
        "after": after,
        "place": f'{"" if align == "center" else away}<w:jc w:val="{align}"/>',
        "hidden": "<w:vanish/>" if page.page_number.style == "none" else "",
    }


def _faces(page: Page) -> dict[str, Face]:
    return {role: getattr(page.fonts, role) for role in type(page.fonts).model_fields}


def _points(size: Decimal) -> int:
    """Points in twentieths."""
    return int(size * 20)


def _relations(figure: int) -> str:
    """The picture and the drawing of a figure."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    files = (("picture", "png"), ("drawing", "svg"))
    return "".join(
        f'  <Relationship Id="{id}{figure}" Type="{kind}" Target="media/figure{figure}.{suffix}"/>\n'
        for id, suffix in files
    )


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
