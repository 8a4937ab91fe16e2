"""The command that rolls up a table of scores: jixiao rollup."""

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scoring.cli.common import Format, Language, OutputFormat, lang, out, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.analysis.rollup import Grouping, Rollup

WRITTEN = (".csv", ".xlsx", ".html")


def rollup(
    scores: Annotated[
        Path, typer.Argument(metavar="SCORES", help="jixiao batch 写出的表 · what jixiao batch wrote: .csv .parquet")
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="按这一列分组，可写多次；几列交叉写成 region,kind · a column to group by, several crossed with commas",
        ),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="平均分按这一列加权，如预算 · a column that weighs means, such as a budget"
        ),
    ] = None,
    output: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="写成文件，可写多次 · write it too: .csv .xlsx .html")
    ] = None,
    ranks: Annotated[
        Path | None, typer.Option(help="写出每个评价的得分和名次 · scores and ranks of every evaluation: .csv .parquet")
    ] = None,
    format: OutputFormat = Format.table,
    lang_: Language = None,
) -> None:
    """汇总批量评分的结果：平均分、百分位、等级分布、名次 · Roll up scores: means, percentiles, grades, ranks."""
    from scoring.extras import need

    need("numpy", "batch")
    need("pyarrow", "batch")
    from scoring.analysis import ranked
    from scoring.analysis.rollup import rollup as roll_up
    from scoring.analysis.scores import read_scores
    from scoring.analysis.table import open_table
    from scoring.exchange.files import save
    from scoring.report import rollup_files
    from scoring.report.rollup import summary

    _check_outputs(scores, output or [], ranks)
    headers = open_table(scores).headers
    groupings = [*dict.fromkeys(_columns(each, headers) for each in by or ())]
    read = read_scores(scores, [*dict.fromkeys(name for names in groupings for name in names)], weight)
    if read.floats:
        print(
            say(
                f"这些列在文件里是二进制小数，按最短的十进制写法读：{'、'.join(read.floats)}",
                f"held as binary floats in the file, read as the shortest decimal: {', '.join(read.floats)}",
            ),
            file=sys.stderr,
        )
    result = roll_up(read, groupings)
    rows = partial(ranked.ranked, scores, read, groupings, [weight] if weight else [])
    if format is Format.json:
        out(rollup_files.as_json(result, lang()))
    elif not output and ranks is None:
        _print(result)
    else:
        out(summary(result, lang()))
    for file in output or ():
        file.parent.mkdir(parents=True, exist_ok=True)
        save(file, _renderer(file)(result, rows, lang()))
        _wrote(file, format)
    if ranks is not None:
        ranks.parent.mkdir(parents=True, exist_ok=True)
        rollup_files.write_ranks(rows(), ranks)
        _wrote(ranks, format)


def _columns(written: str, headers: "Sequence[str]") -> tuple[str, ...]:
    """The columns of one --by: a name as it is, or several with commas between."""
    if written in headers:
        return (written,)
    return tuple(dict.fromkeys(name.strip() for name in re.split("[,，]", written)))


def _check_outputs(scores: Path, outputs: list[Path], ranks: Path | None) -> None:
    """Refuses all files that cannot be written, before anything is read."""
    from scoring.errors import Diagnostic, ScoringError, Text

    faults = []
    if scores.suffix.lower() not in (".csv", ".parquet"):
        message = Text("不是 jixiao batch 写出的表", "this is no table that jixiao batch wrote")
        faults.append(Diagnostic(message, Text("可读：.csv .parquet", "one of .csv .parquet"), scores))
    known = [(file, WRITTEN) for file in outputs] + ([(ranks, (".csv", ".parquet"))] if ranks else [])
    for at, (file, kinds) in enumerate(known):
        if file.suffix.lower() not in kinds:
            message = Text(f"不能写成 {file.suffix or '没有扩展名的文件'}", f"cannot write '{file.suffix}'")
            faults.append(Diagnostic(message, Text(f"用 {' '.join(kinds)}", f"use {' '.join(kinds)}"), file))
        elif file.resolve() == scores.resolve():
            faults.append(Diagnostic(Text("这是要读的表，不能覆盖", "this is the table to be read"), None, file))
        elif file.resolve() in {other.resolve() for other, _ in known[:at]}:
            faults.append(Diagnostic(Text("两样结果写到同一个文件", "two results go to the same file"), None, file))
    if faults:
        raise ScoringError(*faults)


def _renderer(file: Path) -> Any:
    """What makes a file of this type of a roll-up, its ranked evaluations and a language."""
    from scoring.report import rollup_files

    match file.suffix.lower():
        case ".csv":
            return rollup_files.as_csv
        case ".html":
            return rollup_files.as_html
        case _:
            from scoring.report.rollup_book import as_xlsx

            return as_xlsx


def _wrote(file: Path, format: Format) -> None:
    print(say(f"写出 {file}", f"wrote {file}"), file=sys.stderr if format is Format.json else sys.stdout)


def _print(rollup: "Rollup") -> None:
    from scoring.report.rollup import by_title, notes, summary

    tongue = lang()
    out(summary(rollup, tongue))
    for grouping in rollup.groupings:
        out()
        out(say(f"按{by_title(grouping.by, tongue)}", f"By {by_title(grouping.by, tongue)}"))
        _print_groups(rollup, grouping)
    if not rollup.groupings:
        out()
        _print_groups(rollup, None)
    out()
    for note in notes(rollup, tongue):
        out(note)


def _print_groups(rollup: "Rollup", grouping: "Grouping | None") -> None:
    """Scores, and below them grades; the whole in the last row."""
    from scoring.report.rollup import grades, named, numbers, shown

    names = named(grouping, lang())
    groups = (*(grouping.groups if grouping else ()), rollup.whole)
    for number, figures in enumerate((numbers(rollup, groups, lang()), grades(rollup, groups))):
        if number:
            out()
        sheet = names.beside(figures)
        align = "l" * len(names.head) + "r" * len(figures.head)
        out(table([[shown(value) for value in row] for row in sheet.rows], [*sheet.head], align))
