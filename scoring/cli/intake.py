"""The command that takes in official forms: jixiao import."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.cli.common import Language, Sets, lang, out, say


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="自评表或指标体系表 · .docx .xlsx .html .csv")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="新建的评价文件夹、评价文件或体系文件 · the case, evaluation or set to make"
        ),
    ],
    what: Annotated[
        Literal["case", "set"] | None, typer.Option("--as", help="case 评价，set 指标体系；不写则看表 · as what")
    ] = None,
    set_id: Annotated[str | None, typer.Option("--set", help="按这个体系，不按分值选 · the set to use")] = None,
    year: Annotated[int | None, typer.Option(help="年度（表上没有时） · budget year", min=1990, max=2100)] = None,
    sets: Sets = None,
    lang_: Language = None,
) -> None:
    """导入绩效自评表、完成情况表或指标体系表 · Take in official forms as a case, or a framework as a draft set."""
    from scoring.exchange.intake import take_in
    from scoring.exchange.write import SORTS

    made = take_in(file, output, what, set_id, year, sets or ())
    for sort, title in SORTS.items():
        if mine := [text for each, text in made.notes.remarks if each == sort]:
            print(
                say(f"{title.zh}：", f"{title.en}:"),
                *(f"  {text.to(lang())}" for text in mine),
                sep="\n",
                file=sys.stderr,
            )
    for written in made.files:
        out(say(f"写出 {written}", f"wrote {written}"))
    if made.what == "set":
        out(say(f"核对后运行：jixiao sets lint {output}", f"check it, then run: jixiao sets lint {output}"))
    else:
        out(say(f"核对后运行：jixiao score {output}", f"check it, then run: jixiao score {output}"))
