"""Commands on score books: jixiao sheet export, import."""

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.common import By, CasePath, Language, Sets, confirmed, out, say, user

app = typer.Typer(
    help="评分簿（Excel） · Score books for Excel.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


@app.command()
def export(
    path: CasePath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写到哪个文件 · the file to write")] = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """写出评分簿：可填写，得分随填随算 · Write the score book: to fill in, with live scores."""
    from scoring.exchange.book import book, refuse_taken
    from scoring.exchange.files import save
    from scoring.load import load_case

    case = load_case(path, sets or ())
    file = output or Path(f"{case.id}.xlsx")
    refuse_taken(file)
    content = book(case)
    file.parent.mkdir(parents=True, exist_ok=True)
    save(file, content)
    count = len(case.entries)
    out(say(f"写出 {file}：{count} 张评分表", f"wrote {file}: {count} sheet{'s' if count > 1 else ''}"))


@app.command("import")
def import_(
    books: Annotated[
        list[Path], typer.Argument(metavar="BOOK...", help="填好的评分簿，可以几本 · filled-in score books")
    ],
    case: Annotated[Path | None, typer.Option("--case", help="评价文件夹或文件 · case folder or file")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问 · do not ask")] = False,
    by: By = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """读回评分簿，先列出改动再写入 · Read score books back: shows what changes, then writes it."""
    from scoring.exchange.readback import updates, write

    found = updates(books, case, sets or ())
    if not found:
        out(say("没有改动。", "nothing changed."))
        return
    for update in found:
        out(f"{update.entry.label} {update.entry.file}".strip())
        for edit in update.edits:
            out(f"  {edit.title}：{_shown(edit.shown(edit.old))} → {_shown(edit.shown(edit.new))}")
    count = sum(len(update.edits) for update in found)
    if not yes and not confirmed(say(f"写入这 {count} 处改动？", f"write these {count} changes?")):
        out(say("没有写入。", "nothing was written."))
        raise typer.Exit(1)
    names = "、".join(book.name for book in books)
    write(found, by or user(), say(f"评分簿 {names}", f"score book {names}"), sets or ())
    out(say(f"已写入 {count} 处改动。", f"wrote {count} changes."))


def _shown(text: str) -> str:
    return text.replace("\n", "；") or say("（空）", "(blank)")
