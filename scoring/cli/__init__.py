"""The program `jixiao`: load, call, print. What it does, `import scoring` does in as many lines."""

from __future__ import annotations

import sys

import typer

from scoring.cli import cases, common, evidence, record, scaffold, sets, work
from scoring.errors import Diagnostic, ScoringError, Text

app = typer.Typer(
    name="jixiao",
    help="绩效评价记分引擎 · Score budget performance evaluations, every lost point with its reason.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(version: common.Version = False, lang: common.Language = None) -> None:
    pass


app.command()(scaffold.new)
app.command()(cases.check)
app.command()(cases.score)
app.command()(cases.explain)
app.command()(cases.report)
app.command()(record.record)
app.command()(record.log)
app.command()(record.undo)
app.command()(work.gap)
app.command()(work.plan)
app.add_typer(evidence.app, name="evidence")
app.add_typer(sets.app, name="sets")


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
