"""What the commands share: language, output format, tables that align in Chinese, diagnostics on stderr."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from scoring import __version__
from scoring.errors import Lang, ScoringError, Text

YES = {"y": True, "yes": True, "是": True, "n": False, "no": False, "否": False}


class Format(StrEnum):
    table = "table"
    json = "json"


class _Tongue(StrEnum):
    zh = "zh"
    en = "en"


def _by_environment() -> Lang:
    """JIXIAO_LANG, else an English locale, else Chinese."""
    if (wanted := os.environ.get("JIXIAO_LANG", "")) in ("zh", "en"):
        return "en" if wanted == "en" else "zh"
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.startswith("en") else "zh"


_lang: list[Lang] = []  # the language asked for on the command line, if any


def _remember(value: _Tongue | None) -> _Tongue | None:
    if value is not None:
        _lang[:] = [value.value]
    return value


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"jixiao {__version__}")
        raise typer.Exit


Language = Annotated[
    _Tongue | None, typer.Option("--lang", callback=_remember, is_eager=True, help="zh 中文 · en English")
]
Version = Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="版本 · version")]
CasePath = Annotated[
    Path,
    typer.Argument(
        metavar="CASE", help="评价文件夹（内有 dossier.yaml）或一个评价文件 · case folder or evaluation file"
    ),
]
Sets = Annotated[
    list[Path] | None, typer.Option("--sets", help="另外到这个文件夹找指标体系 · also look for indicator sets here")
]
By = Annotated[
    str | None,
    typer.Option("--by", help="谁登记的；不写则为系统用户名 · who did it, by default the user of the system"),
]
OutputFormat = Annotated[Format, typer.Option("--format", help="输出格式 · output format")]


def user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "?"


def lang() -> Lang:
    return _lang[0] if _lang else _by_environment()


def say(zh: str, en: str) -> str:
    return Text(zh, en).to(lang())


def out(text: str = "") -> None:
    """Print a line; a reader that went away (| head) is not an error."""
    try:
        print(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def confirmed(question: str) -> bool:
    """The answer to a yes-or-no question; Enter, the end of input and Ctrl-C are no."""
    while True:
        print(f"{question}（y/n）" if lang() == "zh" else f"{question} (y/n) ", end="", flush=True)
        try:
            typed = input().strip().lower()
        except (EOFError, KeyboardInterrupt):
            out()
            return False
        if typed in YES or not typed:
            return YES.get(typed, False)
        out(say("请答 y（是）或 n（否）", "answer y or n"))


def table(rows: list[list[str]], head: list[str], align: str) -> str:
    """A table whose columns align with double-width characters. align: one letter a column, l or r."""
    from tabulate import tabulate

    sides = [{"l": "left", "r": "right"}[letter] for letter in align]
    text: str = tabulate(rows, head, tablefmt="simple", colalign=sides, disable_numparse=True, preserve_whitespace=True)
    return text


def complain(error: ScoringError) -> NoReturn:
    """All diagnostics on stderr, the hint below each, and exit 1."""
    for diagnostic in error.diagnostics:
        print(diagnostic.render(lang()), file=sys.stderr)
    count = len(error.diagnostics)
    print(say(f"共 {count} 处问题。", f"{count} fault{'s' if count > 1 else ''}."), file=sys.stderr)
    sys.exit(1)


def path_of(error: OSError) -> Path | None:
    return Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
