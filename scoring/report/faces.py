"""Which of the fonts on this computer a PDF is set in, and which of them only stand in for those a page asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from scoring.extras import need
from scoring.report.page import Face, Page

# Font files bear English names as well, and typst goes by those.
_ALSO: Final = {
    "方正小标宋简体": "FZXiaoBiaoSong-B05S",
    "方正小标宋_GBK": "FZXiaoBiaoSong-B05",
    "仿宋_GB2312": "FangSong_GB2312",
    "仿宋": "FangSong",
    "楷体_GB2312": "KaiTi_GB2312",
    "楷体": "KaiTi",
    "黑体": "SimHei",
    "宋体": "SimSun",
    "华文中宋": "STZhongsong",
    "微软雅黑": "Microsoft YaHei",
}
_SERIF: Final = ("Noto Serif SC", "Noto Serif CJK SC", "Source Han Serif SC")  # the first comes with the extra
_SANS: Final = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC")
_LATIN: Final = (
    "Liberation Serif",
    "Tinos",
    "Nimbus Roman",
    "TeX Gyre Termes",
    "Libertinus Serif",
)  # the last with typst
# What may take the place of a font with such a word in its name, the likest first.
_LIKE: Final = (
    ("小标宋", ("FZXiaoBiaoSong-B05S", "STZhongsong", "FandolSong", *_SERIF)),
    ("仿宋", ("FangSong_GB2312", "FangSong", "STFangsong", "FZFangSong-Z02", "FandolFang", *_SERIF)),
    ("楷", ("KaiTi_GB2312", "KaiTi", "STKaiti", "FZKai-Z03", "FandolKai", "AR PL KaitiM GB", "LXGW WenKai", *_SERIF)),
    ("黑", ("SimHei", "STHeiti", "Heiti SC", "FZHei-B01", "FandolHei", *_SANS)),
    ("", ("SimSun", "STSong", "Songti SC", "FZShuSong-Z01", "FandolSong", *_SERIF)),
)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A font this computer does not have, and the one that takes its place."""

    wanted: str
    used: str


@cache
def fonts() -> Any:
    """The fonts of the system, those of the extra, and those typst carries. ScoringError: it is not installed."""
    package = need("pylopdf_fonts_zh_cn", "pdf")
    return need("typst", "pdf").Fonts(font_paths=[Path(str(package.__file__)).parent])


def families(face: Face) -> tuple[list[str], list[str]]:
    """For Chinese and for Latin text: the families there are, the best first. What one lacks is taken from the next."""
    chinese = [name for wanted in face.chinese for name in _names(wanted)]
    chinese += [name for wanted in face.chinese for name in _like(wanted)]
    latin = [*_names(face.latin), *(_like(face.latin) if _is_chinese(face.latin) else _LATIN)]
    return list(_known(chinese)), list(_known(latin))


def stand_ins(page: Page) -> list[StandIn]:
    """Every font the page asks for first that is missing here, and what is used; whoever orders a PDF is told."""
    found: dict[str, str] = {}
    for role in type(page.fonts).model_fields:
        face: Face = getattr(page.fonts, role)
        for wanted, used in zip((face.chinese[0], face.latin), families(face), strict=True):
            if used[0].casefold() not in [name.casefold() for name in _names(wanted)]:
                found.setdefault(wanted, used[0])
    return [StandIn(*pair) for pair in found.items()]


def _names(font: str) -> tuple[str, ...]:
    return (font, _ALSO[font]) if font in _ALSO else (font,)


def _is_chinese(font: str) -> bool:
    return any(character >= "\u2e80" for character in font)


def _like(font: str) -> tuple[str, ...]:
    return next(families for word, families in _LIKE if word in font)


def _known(names: Iterable[str]) -> Iterator[str]:
    known = _installed()
    return (name for name in dict.fromkeys(names) if name.casefold() in known)


@cache
def _installed() -> frozenset[str]:
    return frozenset(family.casefold() for family in fonts().families())
