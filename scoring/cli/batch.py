"""The command that scores a table of evaluations, or a folder of them: jixiao batch."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.common import Language, Sets, lang, out, say
from scoring.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.analysis.parts import Run


def batch(
    set_id: Annotated[
        str,
        typer.Argument(
            metavar="SET|FOLDER",
            help="指标体系，如 id 或 id@版本；或只写一个评价文件夹 · the indicator set, or a folder of cases alone",
        ),
    ],
    table: Annotated[
        Path | None,
        typer.Argument(
            metavar="[TABLE]",
            help="一行一个评价，或（有 indicator 列时）一行一个指标 · a row an evaluation, or an indicator: .csv .parquet .xlsx",
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="总分和等级 · totals and grades: .csv .parquet")
    ] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="列出这个体系的表可有的列 · list the columns a table of the set may have")
    ] = False,
    explain: Annotated[
        Path | None, typer.Option(help="各指标的得分、状态和理由 · points, state and reason of every indicator")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="年度（表中没有 year 列时） · budget year", min=1990, max=2100)
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="原样带到结果里的列，可写多次 · a column that goes along")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="开放组的自设指标取自这个评价文件 · an evaluation whose own indicators every row has"),
    ] = None,
    sets: Sets = None,
    lang_: Language = None,
) -> None:
    """批量评分：一张表，一行一个评价；或一个文件夹里的全部评价 · Score a table, or every evaluation below a folder."""
    from scoring.extras import need

    need("numpy", "batch")
    need("pyarrow", "batch")
    progress = _Progress() if sys.stderr.isatty() else None
    if columns:
        _print_columns(set_id, like, table, output, sets or ())
        return
    if output is None:
        raise typer.BadParameter(say("用 -o 写明输出文件", "name the output with -o"))
    if table is None:
        from scoring.analysis.folder import run_folder

        folder = _folder(set_id, {"--year": year, "--keep": keep, "--like": like})
        _tell(
            run_folder(folder, output, explain, sets or (), lang(), progress), output, explain, Text("个文件", "files")
        )
        return
    from scoring.analysis.open import opened
    from scoring.analysis.table import open_table
    from scoring.analysis.tables import run

    indicator_set, base = opened(set_id, year, like, table, sets or ())
    held = open_table(table)
    if held.floats:
        print(
            say(
                f"这些列在文件里是二进制小数，按最短的十进制写法读：{'、'.join(held.floats)}",
                f"held as binary floats in the file, read as the shortest decimal: {', '.join(held.floats)}",
            ),
            file=sys.stderr,
        )
    if held.shares:
        print(
            say(
                f"注意：{'、'.join(held.shares)} 以 % 计而没有大于 1 的数；百分比格式的单元格显示 95%，存的是 0.95，这里读作 0.95%",
                f"note: {', '.join(held.shares)}: in %, yet no number is above 1; a percent cell shows 95% but holds 0.95, "
                "which is read as 0.95%",
            ),
            file=sys.stderr,
        )
    done = run(indicator_set, base, table, output, explain, tuple(dict.fromkeys(keep or ())), lang(), progress)
    _tell(done, output, explain, Text("行", "rows"))


def _print_columns(
    set_id: str, like: Path | None, given: Path | None, output: Path | None, sets: "Sequence[Path]"
) -> None:
    """The head of a table; with -o also an empty table."""
    from scoring.analysis.fields import tree_of
    from scoring.analysis.head import columns
    from scoring.analysis.open import shared
    from scoring.cli.common import table

    if given is not None or output is not None:
        raise typer.BadParameter(
            say("--columns 只列出列，不读写表", "--columns lists columns and reads or writes no table")
        )
    indicator_set, base = shared(set_id, like, (Path("indicator_sets"), *sets))
    found = columns(indicator_set, tree_of(indicator_set, base))
    rows = [[each.header, each.of.to(lang()), each.what.to(lang())] for each in found]
    out(table(rows, [say("列", "Column"), say("属于", "Of"), say("填什么", "What")], "lll"))


def _folder(given: str, options: dict[str, object]) -> Path:
    """The folder given alone. Wrong usage: it is none, or there are options that go with a table."""
    folder = Path(given)
    if not folder.is_dir():
        table = folder.suffix.lower() in (".csv", ".parquet", ".xlsx")
        said = say(
            f"没有文件夹 {given}：写 jixiao batch 体系 表，或 jixiao batch 文件夹"
            + ("；只给出了表，没有写体系" if table else ""),
            f"there is no folder {given}: write jixiao batch SET TABLE, or jixiao batch FOLDER"
            + ("; this is a table without its set" if table else ""),
        )
        raise typer.BadParameter(said)
    if wrong := "、".join(name for name, value in options.items() if value):
        raise typer.BadParameter(
            say(
                f"{wrong} 只用于表：每个评价写明自己的体系和年度",
                f"{wrong} goes with a table: each evaluation says its own",
            )
        )
    return folder


def _tell(done: "Run", output: Path, explain: Path | None, things: Text) -> None:
    from scoring.analysis.parts import errors_file, some

    if done.again:
        out(say(f"接着上次：{done.again} 段已经算好", f"took up where it stopped: {done.again} parts were done"))
    told = say("，", ", ").join(f"{title} {count:,}" for title, count in done.grades.items() if title and count)
    out(
        say(
            f"写出 {output}：{done.rows:,} 个评价" + (f"（{told}）" if told else ""),
            f"wrote {output}: {done.rows:,} evaluations" + (f" ({told})" if told else ""),
        )
    )
    if unfinished := done.grades[""]:
        out(say(f"其中 {unfinished:,} 个缺数据，没有等级", f"{unfinished:,} of them lack data and have no grade"))
    if done.twice:
        count = len(done.twice)
        out(
            say(
                f"注意：{count:,} 个编号不止一行：{some(done.twice, '、')}",
                f"note: {count:,} ids have more than one row: {some(done.twice, ', ')}",
            )
        )
    if done.left:
        count = len(done.left)
        out(
            say(
                f"注意：{count:,} 个文件不在 dossier.yaml 的附件里，没有计算：{some(done.left, '、')}",
                f"note: {count:,} files are no attachment of their dossier.yaml and not scored: {some(done.left, ', ')}",
            )
        )
    if explain is not None:
        out(say(f"写出 {explain}", f"wrote {explain}"))
    if done.wrong:
        file = errors_file(output)
        out(
            say(
                f"{done.wrong:,} {things.zh}有误，没有计算，见 {file}",
                f"{done.wrong:,} {things.en} are faulty and left out, see {file}",
            )
        )
        raise typer.Exit(1)


class _Progress:
    """One line on a terminal: rows, rate and the time left."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self, rows: int, read: int, size: int) -> None:
        spent = time.monotonic() - self.start
        left = spent * (size - read) / read if read else 0
        line = say(
            f"{rows:,} 个评价，每秒 {rows / max(spent, 0.001):,.0f} 个，还要 {left:.0f} 秒",
            f"{rows:,} evaluations, {rows / max(spent, 0.001):,.0f} a second, {left:.0f} s left",
        )
        print(f"\r{line}\x1b[K", end="" if read < size else "\n", file=sys.stderr, flush=True)
