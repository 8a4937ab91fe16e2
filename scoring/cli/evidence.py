"""Commands on files of evidence: jixiao evidence add, seal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scoring.cli.common import By, CasePath, Language, Sets, out, say, user
from scoring.cli.record import EvaluationFile

if TYPE_CHECKING:
    from scoring.exchange.record import Sheet

app = typer.Typer(
    help="佐证材料的文件 · Files of evidence.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
Kind = Literal["formal", "working", "voucher", "statement"]  # that of scoring.evaluation, which takes long to import


def _open(path: Path, sets: list[Path] | None, only: Path | None = None) -> "tuple[Path, list[Sheet]]":
    from scoring.exchange.record import open_sheets

    return path if path.is_dir() else path.parent, open_sheets(path, sets or (), only)


@app.command()
def add(
    path: CasePath,
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="指标编号或名称 · id or title")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="材料文件 · the file")],
    title: Annotated[str | None, typer.Option(help="材料名称；不写用文件名 · title, else the file's name")] = None,
    place: Annotated[str | None, typer.Option(help="页码或位置 · page or place in it")] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(help="formal 正式资料，working 工作资料，voucher 原始凭证，statement 说明材料"),
    ] = None,
    by: By = None,
    evaluation: EvaluationFile = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """把材料文件放进评价文件夹，登记为指标的佐证 · Take a file into the case and record it for an indicator."""
    from scoring.exchange import filing

    given = {"title": title or file.stem, "kind": kind, "place": place}
    about = {key: value for key, value in given.items() if value is not None}
    written, name = filing.add(*_open(path, sets, evaluation), indicator, file, about, by or user())
    out(say(f"{written}：{indicator} 登记了 {name}", f"{written}: recorded {name} for {indicator}"))


@app.command()
def seal(path: CasePath, by: By = None, sets: Sets = None, lang: Language = None) -> None:
    """给登记的材料文件补上大小和 SHA-256 · Fill in the sizes and SHA-256 of recorded files."""
    from scoring.exchange.filing import seal_all

    filled = seal_all(*_open(path, sets), by or user())
    for file, count in filled.items():
        out(say(f"{file}：补记 {count} 处", f"{file}: filled in {count}"))
    if not filled:
        out(say("没有登记材料文件", "no files of evidence are recorded"))
