"""Figures in a Word file: a picture every program shows, and beside it the drawing for those that can draw it sharp.

Source: ECMA-376 Part 1, DrawingML; the drawing beside the picture is Microsoft's extension, [MS-ODRAWXML] svgBlip.
The picture is made by typst; where that is not installed a figure is printed as its words.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from string import Template
from typing import Final

from scoring.errors import ScoringError
from scoring.report.document import Figure
from scoring.report.docx_parts import add
from scoring.report.page import Page
from scoring.report.pdf import compiler

_DPI: Final = 200
_POINT: Final = 12700  # English Metric Units
_TEMPLATE: Final = Path(__file__).parent / "templates" / "figure.typ"
_INLINE: Final = Template(
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' distT="0" distB="0" distL="0" distR="0"><wp:extent cx="$width" cy="$height"/>'
    '<wp:effectExtent l="0" t="0" r="0" b="0"/><wp:docPr id="$number" name="Figure $number" descr="$alt"/>'
    '<wp:cNvGraphicFramePr/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:nvPicPr><pic:cNvPr id="$number" name="figure$number.png"/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip r:embed="picture$number"><a:extLst><a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}">'
    '<asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="drawing$number"/>'
    "</a:ext></a:extLst></a:blip><a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="$width" cy="$height"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
    "</wp:inline></w:drawing></w:r>"
)


class Figures:
    """The figures of one Word file, in their order."""

    def __init__(self, page: Page):
        self._page = page
        self._files: list[tuple[bytes, str]] = []

    def __len__(self) -> int:
        return len(self._files)

    def run(self, figure: Figure, alt: str) -> str | None:
        """The run that shows a figure; None where no picture can be made. alt: its words, escaped for an attribute."""
        width, height = figure.fitted(*self._page.room)
        # Not every program knows the colour of the text around a drawing.
        svg = figure.svg.replace('="currentColor"', '="#000000"')
        data = json.dumps({"svg": svg, "width": width, "height": height})
        try:
            draw = compiler(_TEMPLATE)
        except ScoringError:
            return None
        png = draw.compile(format="png", ppi=_DPI, sys_inputs={"data": data})
        self._files.append((png, svg))
        return _INLINE.substitute(number=len(self), alt=alt, width=round(width * _POINT), height=round(height * _POINT))

    def add_to(self, package: zipfile.ZipFile) -> None:
        for number, (png, svg) in enumerate(self._files, start=1):
            add(package, f"word/media/figure{number}.png", png)
            add(package, f"word/media/figure{number}.svg", svg)
