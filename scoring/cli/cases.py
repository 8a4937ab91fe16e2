"""Commands on a case: check, score, explain, report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.common import CasePath, Format, Language, OutputFormat, Sets, lang, out, say, table
from scoring.errors import Diagnostic, ScoringError, Text

if TYPE_CHECKING:
    from scoring.load import Case, Entry
    from scoring.result import Node


def _load(path: Path, sets: list[Path] | None, whole: bool = False) -> "Case":
    from scoring.load import load_case

    if not whole:
        return load_case(path, sets or ())
    from scoring.exchange.evidence import faults
    from scoring.report.write import words

    folder = path if path.is_dir() else path.parent
    of_words = words(folder)
    return load_case(path, sets or (), lambda *of: [*of_words(*of), *faults(of[0], folder)])


def check(path: CasePath, sets: Sets = None, lang: Language = None) -> None:
    """检查一个评价的全部文件 · Check every file of a case, words of the report and files of evidence included."""
    from scoring.exchange.evidence import notes
    from scoring.report.write import documents

    case = _load(path, sets, whole=True)
    documents(case, sets or (), complete=False)
    for entry in case.entries:
        leaves = list(entry.result.leaves())
        waiting = len(entry.result.open)
        out(
            say(
                f"{entry.file}：没有问题；指标 {len(leaves)} 个，待填 {waiting} 个",
                f"{entry.file}: no fault; {len(leaves)} indicators, {waiting} waiting for data",
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
        import json

        out(json.dumps({"evaluations": [_as_json(entry) for entry in case.entries]}, ensure_ascii=False, indent=2))
        return
    for number, entry in enumerate(case.entries):
        if number:
            out()
        _print_score(entry)


def _as_json(entry: "Entry") -> dict[str, object]:
    result, tongue = entry.result, lang()
    evaluation = result.evaluation
    return {
        "id": evaluation.id,
        "title": evaluation.text.to(tongue),
        "subject": evaluation.subject.name,
        "year": evaluation.year,
        "set": result.indicator_set.reference,
        "total": str(result.total),
        "maximum": str(result.maximum),
        "grade": result.grade.text.to(tongue) if result.grade else None,
        "indicators": [
            {
                "id": leaf.id,
                "title": leaf.title.to(tongue),
                "path": [part.to(tongue) for part in leaf.path],
                "weight": str(leaf.weight),
                "points": str(leaf.points),
                "self_score": None if leaf.self_score is None else str(leaf.self_score),
                "state": leaf.state,
                "reason": leaf.reason.to(tongue),
            }
            for leaf in result.leaves()
        ],
        "ledger": [
            {
                "indicator": row.indicator,
                "points": str(row.points),
                "state": row.state,
                "reason": row.reason.to(tongue),
                "problem": row.problem or None,
                "recommendation": row.recommendation or None,
                "waiver": row.waiver or None,
                "evidence": [{"title": e.title, "place": e.place} for e in row.evidence],
                "owner": row.owner or None,
                "due": row.due.isoformat() if row.due else None,
            }
            for row in result.ledger
        ],
    }


def _print_score(entry: "Entry") -> None:
    from scoring.indicators import STATUS
    from scoring.result import STATES

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
    if result.ledger:
        out(say("失分：", "Lost:"))
        for row in result.ledger:
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


def report(
    path: CasePath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="输出文件夹 · output folder")] = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """写出各附件（Word、Markdown）和合订本 · Write every attachment as Word and Markdown, and the bound volume."""
    from scoring.report.write import write

    case = _load(path, sets, whole=True)
    folder = output or Path("reports") / case.id
    for entry in case.entries:
        result = entry.result
        grade = result.grade.text.to("zh") if result.grade else "—"
        out(
            say(
                f"{entry.label} {result.evaluation.title}：{result.total} 分，{grade}",
                f"{entry.label} {result.evaluation.text.en}: {result.total}",
            )
        )
    for file in write(case, folder, sets or ()):
        out(say(f"  写出 {file}（{file.stat().st_size:,} 字节）", f"  wrote {file} ({file.stat().st_size:,} bytes)"))
