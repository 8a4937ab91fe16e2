"""Commands on a case: check, score, explain, report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.common import CasePath, Format, Language, OutputFormat, Sets, lang, out, say, table
from scoring.errors import Diagnostic, ScoringError, Text, listed
from scoring.report.formats import ALL, FORMATS, chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.load import Case, Entry
    from scoring.result import Node


def _load(path: Path, sets: list[Path] | None, whole: bool = False) -> "Case":
    from scoring.load import load_case

    if not whole:
        return load_case(path, sets or ())
    from scoring.report.write import thorough

    return load_case(path, sets or (), thorough(path))


def check(path: CasePath, sets: Sets = None, lang: Language = None) -> None:
    """检查一个评价的全部文件 · Check every file of a case, words of the report and files of evidence included."""
    from scoring.exchange.evidence import notes
    from scoring.report.write import blanks, documents

    case = _load(path, sets, whole=True)
    documents(case, sets or (), complete=False)
    for entry in case.entries:
        leaves = list(entry.result.leaves())
        waiting = len(entry.result.open)
        unnamed = len(list(blanks(entry.result.evaluation)))
        out(
            say(
                f"{entry.file}：没有问题；指标 {len(leaves)} 个，待填 {waiting} 个"
                + (f"；还有 {unnamed} 处“（填写……）”没有换成实际内容，写报告前要换" if unnamed else ""),
                f"{entry.file}: no fault; {len(leaves)} indicators, {waiting} waiting for data"
                + (f"; {unnamed} blanks （填写……） still to be filled in before a report" if unnamed else ""),
            )
        )
    for number, note in enumerate(notes(case)):
        if not number:
            out(say("佐证材料（不影响检查结果）：", "evidence (no fault):"))
        out(say(note.render("zh"), note.render("en")))


def score(path: CasePath, format: OutputFormat = Format.table, sets: Sets = None, lang: Language = None) -> None:
    """计算得分、等级和失分明细 · Score: points, grade and the ledger of lost points."""
    case = _load(path, sets)
    if format is Format.json:
        out(_as_json(case))
        return
    for number, entry in enumerate(case.entries):
        if number:
            out()
        _print_score(entry)


def _as_json(case: "Case") -> str:
    from scoring.report.data import as_json

    return as_json((entry.result for entry in case.entries), lang()).rstrip()


def _print_score(entry: "Entry") -> None:
    from scoring.indicators import STATUS
    from scoring.result import OPEN, STATES

    result, tongue = entry.result, lang()
    label = f"{entry.label} " if entry.label else ""
    out(f"{label}{result.evaluation.text.to(tongue)}")
    rows = []

    def add(node: "Node", depth: int) -> None:
        state = STATES[node.state].to(tongue)
        rows.append(
            [
                "  " * depth + node.title.to(tongue),
                str(node.weight),
                str(node.points),
                state,
                "" if node.children else node.id,
            ]
        )
        for child in node.children:
            add(child, depth + 1)

    for node in result.nodes:
        add(node, 0)
    head = [say("指标", "Indicator"), say("分值", "Weight"), say("得分", "Points"), say("状态", "State"), "id"]
    out(table(rows, head, "lrrll"))
    waits = [row for row in result.ledger if row.state in OPEN]
    if settled := [row for row in result.ledger if row not in waits]:
        out(say("失分：", "Lost:"))
        for row in settled:
            out(
                say(
                    f"  {row.title.zh} −{row.points}　{row.reason.zh}",
                    f"  {row.title.en} −{row.points}  {row.reason.en}",
                )
            )
            if row.problem:
                out(say(f"    问题：{row.problem}", f"    problem: {row.problem}"))
            if row.recommendation:
                out(say(f"    建议：{row.recommendation}", f"    recommendation: {row.recommendation}"))
            if row.waiver:
                out(say(f"    不列为问题：{row.waiver}", f"    waived: {row.waiver}"))
    if waits:
        out(say("待填：", "Waiting for data:"))
        for row in waits:
            out(say(f"  {row.title.zh}（{row.points}分）", f"  {row.title.en} ({row.points} points)"))
    waiting = sum((node.lost for node in result.open), result.maximum * 0)
    lost = result.maximum - result.total - waiting
    grade = result.grade.text.to(tongue) if result.grade else say("待定", "open")
    if result.open:
        out(
            say(
                f"还有 {len(result.open)} 个指标待填，得分可能在 {result.low} 到 {result.high} 之间。",
                f"{len(result.open)} indicators wait for data; the total lies between {result.low} and {result.high}.",
            )
        )
    out(
        say(
            f"得分 {result.total} / {result.maximum}，失分 {lost}，等级 {grade}",
            f"Total {result.total} / {result.maximum}, lost {lost}, grade {grade}",
        )
    )
    status = STATUS[result.indicator_set.status].to(tongue)
    out(say(f"体系 {result.indicator_set.reference}（{status}）", f"set {result.indicator_set.reference} ({status})"))
    if result.evaluation.notice:
        out(say(f"说明：{result.evaluation.notice}", f"notice: {result.evaluation.notice}"))


def explain(
    path: CasePath,
    indicator: Annotated[str | None, typer.Argument(metavar="[INDICATOR]", help="指标编号或名称 · id or title")] = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """说明每个指标怎样得分 · Explain how an indicator (or every one) got its points."""
    case = _load(path, sets)
    found = 0
    for entry in case.entries:
        for node in entry.result.walk():
            wanted = indicator in (node.id, node.title.zh, node.title.en) if indicator else not node.children
            if not wanted:
                continue
            for leaf in node.leaves():
                if found:
                    out()
                found += 1
                _explain(entry, leaf)
    if not found:
        from scoring.errors import nearest

        ids = [node.id for entry in case.entries for node in entry.result.walk()]
        near = nearest(indicator or "", ids)
        raise ScoringError(
            Diagnostic(
                Text(f"没有指标“{indicator}”", f"there is no indicator '{indicator}'"),
                Text(f"是不是 {near}？", f"did you mean {near}?") if near else None,
                case.folder,
            )
        )


def _explain(entry: "Entry", leaf: "Node") -> None:
    from scoring.result import STATES
    from scoring.values import plain

    tongue = lang()
    label = f"{entry.label} " if entry.label else ""
    out(
        f"{label}{' / '.join(part.to(tongue) for part in leaf.path)}（{leaf.id}）"
        if tongue == "zh"
        else f"{label}{' / '.join(part.to(tongue) for part in leaf.path)} ({leaf.id})"
    )

    def line(zh: str, en: str, text: str) -> None:
        if text:
            out(say(f"  {zh}：{text}", f"  {en}: {text}"))

    line(
        "得分",
        "points",
        f"{leaf.points} / {leaf.weight}（{STATES[leaf.state].zh}）"
        if tongue == "zh"
        else f"{leaf.points} / {leaf.weight} ({leaf.state})",
    )
    if leaf.self_score is not None:
        beside = Text(*_beside(leaf))
        line("单位自评分", "self-score", f"{plain(leaf.self_score)}{say('，', ', ')}{beside.to(tongue)}")
    line("理由", "reason", leaf.reason.to(tongue))
    line(
        "规则",
        "rule",
        f"{leaf.rule.zh}：{leaf.formula.zh}" if tongue == "zh" else f"{leaf.rule.en}: {leaf.formula.en}",
    )
    line("标准", "standard", leaf.standard)
    line("目标", "target", leaf.target.to(tongue))
    line("实际", "actual", leaf.actual.to(tongue))
    for name in leaf.inputs:
        figure = entry.result.figures[name]
        source = say(f"（{figure.source}）", f" ({figure.source})") if figure.source else ""
        line("事实", "fact", f"{figure.title.to(tongue)} {figure.show(tongue)}{source}")
        line("　注", "  note", figure.note)
    if leaf.state not in ("scored", "judged", "not-applicable"):
        line("可能得分", "possible points", f"{leaf.low}–{leaf.high}")
    for evidence in leaf.evidence:
        line("依据", "evidence", " ".join(filter(None, (evidence.title, evidence.place, evidence.file))))
    for row in entry.result.ledger:
        if row.indicator == leaf.id:
            line(
                "失分", "lost", f"{row.points}　{row.reason.zh}" if tongue == "zh" else f"{row.points}  {row.reason.en}"
            )
            line("　问题", "  problem", row.problem)
            line("　建议", "  recommendation", row.recommendation)
            line("　不列为问题", "  waived", row.waiver)
    line("备注", "note", leaf.note)


def _beside(leaf: "Node") -> tuple[str, str]:
    """How the body's own score stands beside the computed one."""
    from scoring.result import OPEN
    from scoring.values import plain

    assert leaf.self_score is not None
    more = leaf.self_score - leaf.points
    if leaf.state in OPEN:
        return "计算得分待定", "nothing computed yet to hold it against"
    if not more:
        return "与计算得分相同", "the same as computed"
    over = more > 0
    return (
        f"比计算得分{'高' if over else '低'} {plain(abs(more))} 分",
        f"{plain(abs(more))} {'above' if over else 'below'} what is computed",
    )


def _formats(names: list[str] | None) -> list[str] | None:
    known = listed((*FORMATS, ALL))
    for name in names or ():
        if name not in (*FORMATS, ALL):
            message = say(f"没有格式“{name}”；有：{known.zh}", f"there is no format '{name}'; there are: {known.en}")
            raise typer.BadParameter(message)
    return names


def _print_names(wanted: bool) -> None:
    if wanted:
        from scoring.report.office.names import reference

        out(reference())
        raise typer.Exit


def _write_sample(file: Path | None) -> None:
    if file is not None:
        from scoring.report import docx
        from scoring.report.office.sample import sample

        if file.exists():
            hint = Text("换一个文件名，或先移走原来的文件", "choose another name, or move the file away first")
            raise ScoringError(Diagnostic(Text("已经有这个文件", "there is such a file already"), hint, file))
        file.write_bytes(docx.render(sample()))
        out(say(f"写出 {file}", f"wrote {file}"))
        raise typer.Exit


def report(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="CASE...", help="评价文件夹或评价文件，可以很多个 · case folders or files, any number"),
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="输出文件夹 · output folder")] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            callback=_formats,
            metavar=f"[{'|'.join((*FORMATS, ALL))}]",
            help="文件格式，可写几次；不写是 docx 和 md，all 是全部 · format, repeatable; if none docx and md; all is all",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="LABEL", help="只写这个附件，可写几次 · only this attachment, repeatable"),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="版面文件；不写用评价文件夹里的 page.yaml · page profile")
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="套用单位自己的 Word 模板 · the office's own Word template")
    ] = None,
    template_check: Annotated[
        bool, typer.Option("--template-check", help="只核对模板里的名称 · only check the template")
    ] = False,
    template_names: Annotated[
        bool,
        typer.Option(
            "--template-names", is_eager=True, callback=_print_names, help="模板可用的名称 · names it may use"
        ),
    ] = False,
    template_sample: Annotated[
        Path | None,
        typer.Option("--template-sample", is_eager=True, callback=_write_sample, help="写出模板样本 · write a sample"),
    ] = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """写出各附件和合订本 · Write every attachment, by default as Word and Markdown, and the bound volume."""
    from scoring.report.write import check_template, write, write_by_template

    if template is None and template_check:
        raise typer.BadParameter(say("--template-check 要和 --template 一起写", "--template-check needs --template"))
    if template is not None and (format or page):
        raise typer.BadParameter(say("模板自带版面，只写 docx", "a template has its own look and is always docx"))
    if len(paths) > 1:
        if template is not None:
            raise typer.BadParameter(say("套用模板一次写一个评价", "a template takes one case at a time"))
        _report_many(paths, output or Path("reports"), chosen(format), only or [], page, sets or [])
        return
    path = paths[0]
    case = _load(path, sets, whole=True)
    if template is not None and template_check:
        if found := check_template(case, template):
            raise ScoringError(*found)
        out(say(f"{template}：没有问题", f"{template}: no fault"))
        return
    folder = output or Path("reports") / case.id
    if template is not None:
        files = write_by_template(case, folder, template, sets or (), only=only or ())
    else:
        files = write(case, folder, sets or (), chosen(format), only=only or (), page=page)
    for entry in case.entries:
        if only and entry.label not in only:
            continue
        result = entry.result
        label = f"{entry.label} " if entry.label else ""
        grade = result.grade.text.to("zh") if result.grade else "—"
        out(
            say(
                f"{label}{result.evaluation.title}：{result.total} 分，{grade}",
                f"{label}{result.evaluation.text.en}: {result.total}",
            )
        )
    for file in files:
        out(say(f"  写出 {file}（{file.stat().st_size:,} 字节）", f"  wrote {file} ({file.stat().st_size:,} bytes)"))
    if any(file.suffix == ".pdf" for file in files):
        _say_stand_ins(case, page)


def _report_many(
    paths: list[Path], output: Path, formats: "Sequence[str]", only: list[str], page: Path | None, sets: list[Path]
) -> None:
    """A line for each case, and for those with faults all of them at the end; progress only on a terminal."""
    import sys
    from time import monotonic

    from scoring.report.many import Task, write_many

    names = [path.name if path.is_dir() else path.stem for path in paths]
    if twice := next((name for name in names if names.count(name) > 1), None):
        message = Text(f"有两个评价叫“{twice}”，会写到同一个文件夹", f"two cases are called '{twice}'")
        raise ScoringError(
            Diagnostic(message, Text("分开写，用 -o 分别指定文件夹", "write them apart, each with its -o"))
        )
    begun = monotonic()
    found: list[Diagnostic] = []
    for number, done in enumerate(write_many(paths, Task(output, tuple(sets), formats, only, page)), start=1):
        found += done.faults
        if sys.stderr.isatty():
            rate = number / max(monotonic() - begun, 0.001)
            left = (len(paths) - number) / rate
            told = say(f"每秒 {rate:.0f} 个，还要 {left:.0f} 秒", f"{rate:.0f} a second, {left:.0f} s left")
            print(f"\r{number}/{len(paths)}  {told}   ", end="", file=sys.stderr)
        if not done.faults:
            out(say(f"{done.path}：写出 {len(done.files)} 个文件", f"{done.path}: wrote {len(done.files)} files"))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if found:
        raise ScoringError(*found)


def _say_stand_ins(case: "Case", page: Path | None) -> None:
    from scoring.report.faces import stand_ins
    from scoring.report.page import profile

    for font in stand_ins(profile(page, case.folder)):
        out(
            say(
                f"  PDF 字体：本机没有{font.wanted}，用 {font.used} 代替",
                f"  PDF font: {font.wanted} is not installed here, {font.used} stands in",
            )
        )
