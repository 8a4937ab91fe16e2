"""The program `jixiao`: load, call, print. What it does, `import scoring` does in as many lines."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from scoring.cli import common
from scoring.errors import Diagnostic, ScoringError, Text

COMMANDS = {  # name: module of this package, and what in it
    "new": ("scaffold", "new"),
    "check": ("cases", "check"),
    "score": ("cases", "score"),
    "explain": ("cases", "explain"),
    "report": ("cases", "report"),
    "record": ("record", "record"),
    "log": ("record", "log"),
    "undo": ("record", "undo"),
    "gap": ("work", "gap"),
    "plan": ("work", "plan"),
    "evidence": ("evidence", "app"),
    "batch": ("batch", "batch"),
    "rollup": ("rollup", "rollup"),
    "sheet": ("sheet", "app"),
    "import": ("intake", "import_"),
    "sets": ("sets", "app"),
}


class _Commands(TyperGroup):
    """Imports and builds a command when it is called: to build all of them takes longer than most of them run."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        found = _found(cmd_name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(rich_markup_mode=None, add_completion=False)
            alone.command(cmd_name)(found)
            found = alone
        return get_command(found)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        found = {name: _found(name) for name in COMMANDS}
        told = {name: made.info.help if isinstance(made, typer.Typer) else made.__doc__ for name, made in found.items()}
        with formatter.section("Commands"):
            formatter.write_dl([*told.items()])


def _found(name: str) -> Any:
    module, attribute = COMMANDS[name]
    return getattr(import_module(f"scoring.cli.{module}"), attribute)


app = typer.Typer(
    name="jixiao",
    help="绩效评价记分引擎 · Score budget performance evaluations, every lost point with its reason.",
    cls=_Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(version: common.Version = False, lang: common.Language = None) -> None:
    pass


def main() -> None:
    """Run the program. Exit 0 fine, 1 the content is faulty, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except ScoringError as error:
        common.complain(error)
    except OSError as error:
        message = Text(f"文件不能读写：{error.strerror or error}", f"cannot read or write: {error.strerror or error}")
        common.complain(ScoringError(Diagnostic(message, file=common.path_of(error))))
