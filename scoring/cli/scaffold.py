"""The command that starts a case: jixiao new."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.common import Language, Sets, out, say
from scoring.errors import Diagnostic, Fault, ScoringError, Text

if TYPE_CHECKING:
    from scoring.indicators import IndicatorSet


def new(
    folder: Annotated[Path, typer.Argument(metavar="CASE", help="新建的文件夹 · the folder to make")],
    set_ids: Annotated[list[str], typer.Option("--set", help="指标体系，可多次给出 · indicator set, may be repeated")],
    body: Annotated[str, typer.Option(help="单位名称 · name of the body")],
    year: Annotated[int, typer.Option(help="年度 · budget year", min=1990, max=2100)],
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """新建一个评价文件夹，按体系列好要填的内容 · Start a case: every key to fill, explained."""
    from scoring.binding import unscorable
    from scoring.load import find_set
    from scoring.scaffold import dossier_text, evaluation_text, file_names

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ScoringError(
            Diagnostic(
                Text("文件夹已存在并且不是空的", "the folder exists and is not empty"),
                Text("换一个名称；已有的文件不会被覆盖", "choose another name; nothing is overwritten"),
                folder,
            )
        )
    try:
        chosen: list[IndicatorSet] = [find_set(reference, sets or ()) for reference in set_ids]
        if incomplete := next((found for s in chosen if (found := unscorable(s))), None):
            raise incomplete
    except Fault as fault:
        raise ScoringError(Diagnostic(fault.message, fault.hint, path="--set")) from None
    names = file_names(chosen)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"dossier.yaml": dossier_text(folder.resolve().name, body, year, chosen)}
    files |= {name: evaluation_text(s, body, year, Path(name).stem) for name, s in zip(names, chosen, strict=True)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        out(say(f"写出 {folder / name}", f"wrote {folder / name}"))
    out(say(f"填好后运行：jixiao check {folder}", f"when filled in, run: jixiao check {folder}"))
