"""The command that scores a table of evaluations: jixiao batch."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.common import Language, Sets, lang, out, say


def batch(
    set_id: Annotated[str, typer.Argument(metavar="SET", help="指标体系，如 id 或 id@版本 · the indicator set")],
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE",
            help="一行一个评价，或（有 indicator 列时）一行一个指标 · a row an evaluation, or an indicator: .csv .parquet .xlsx",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="总分和等级 · totals and grades: .csv .parquet")],
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
    """批量评分：一张表，一行一个评价 · Score a table, a row an evaluation."""
    from scoring.extras import need

    need("numpy", "batch")
    need("pyarrow", "batch")
    from scoring.analysis.open import opened
    from scoring.analysis.parts import errors_file, run, some
    from scoring.analysis.table import open_table

    indicator_set, base = opened(set_id, year, like, table, sets or ())
    floats = open_table(table).floats
    if floats:
        print(
            say(
                f"这些列在文件里是二进制小数，按最短的十进制写法读：{'、'.join(floats)}",
                f"held as binary floats in the file, read as the shortest decimal: {', '.join(floats)}",
            ),
            file=sys.stderr,
        )
    progress = _Progress() if sys.stderr.isatty() else None
    done = run(indicator_set, base, table, output, explain, tuple(dict.fromkeys(keep or ())), lang(), progress)
    if done.again:
        out(say(f"接着上次：{done.again} 段已经算好", f"took up where it stopped: {done.again} parts were done"))
    told = "，".join(f"{title} {count:,}" for title, count in done.grades.items() if title and count)
    out(
        say(
            f"写出 {output}：{done.rows:,} 个评价" + (f"（{told}）" if told else ""),
            f"wrote {output}: {done.rows:,} evaluations" + (f" ({told})" if told else ""),
        )
    )
    if unfinished := done.grades[""]:
        out(say(f"其中 {unfinished:,} 个缺数据，没有等级", f"{unfinished:,} of them lack data and have no grade"))
    if done.exact:
        out(say(f"{done.exact:,} 行逐行精确计算", f"{done.exact:,} rows were scored one by one"))
    if done.twice:
        count = len(done.twice)
        out(
            say(
                f"注意：{count:,} 个编号不止一行：{some(done.twice, '、')}",
                f"note: {count:,} ids have more than one row: {some(done.twice, ', ')}",
            )
        )
    if explain is not None:
        out(say(f"写出 {explain}", f"wrote {explain}"))
    if done.wrong:
        file = errors_file(output)
        out(
            say(
                f"{done.wrong:,} 行有误，没有计算，见 {file}",
                f"{done.wrong:,} rows are faulty and left out, see {file}",
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
            f"{rows:,} 行，每秒 {rows / max(spent, 0.001):,.0f} 行，还要 {left:.0f} 秒",
            f"{rows:,} rows, {rows / max(spent, 0.001):,.0f} a second, {left:.0f} s left",
        )
        print(f"\r{line}\x1b[K", end="" if read < size else "\n", file=sys.stderr, flush=True)
