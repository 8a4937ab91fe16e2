"""Commands that write what was found: record, log, undo."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.common import By, CasePath, Format, Language, OutputFormat, Sets, complain, lang, out, say, user
from scoring.cli.telling import tell
from scoring.errors import Diagnostic, ScoringError, Text

if TYPE_CHECKING:
    from scoring.exchange.journal import Entry

Some = list[str] | None
Maybe = str | None
_FLAGS = {"deductions": "--deduct", "checks": "--check", "actuals": "--milestone", "not_applicable": "--not-applicable"}
_YES = {"yes": True, "y": True, "true": True, "是": True, "no": False, "n": False, "false": False, "否": False}

EvaluationFile = Annotated[
    Path | None, typer.Option("--evaluation", help="文件夹里的哪一个评价文件 · which file of the case")
]


def record(
    path: CasePath,
    indicator: Annotated[Maybe, typer.Argument(metavar="[INDICATOR]", help="指标编号或名称 · id or title")] = None,
    actual: Annotated[Maybe, typer.Option(help="实际完成值，如 95% · actual value")] = None,
    mark: Annotated[Maybe, typer.Option(help="评分 · mark")] = None,
    marks: Annotated[Maybe, typer.Option(help="各位专家的评分，用逗号分开 · marks of the panel")] = None,
    level: Annotated[Maybe, typer.Option(help="等级 · level")] = None,
    share: Annotated[Maybe, typer.Option(help="等级内的比例，如 90% · share")] = None,
    met: Annotated[bool | None, typer.Option("--met/--not-met", help="是否符合 · met or not")] = None,
    deduct: Annotated[
        Some,
        typer.Option(metavar="CAUSE[=N]:REASON", help="扣分事项=次数或分数:理由，可多次；没有扣分写 none · deductions"),
    ] = None,
    check: Annotated[
        Some, typer.Option(metavar="ID=yes|no", help="要点是否满足，可多次 · items of a checklist")
    ] = None,
    milestone: Annotated[Some, typer.Option(metavar="ID=VALUE", help="节点的实际值，可多次 · milestones")] = None,
    reduce: Annotated[Maybe, typer.Option(help="人工调减几分 · points taken off")] = None,
    reason: Annotated[Maybe, typer.Option(help="评判理由 · reason")] = None,
    not_applicable: Annotated[Maybe, typer.Option(metavar="WHY", help="不适用的理由 · why it does not apply")] = None,
    evidence: Annotated[
        Some, typer.Option(metavar="TITLE[@PLACE]", help="佐证材料@页码，可多次 · evidence, added to what is there")
    ] = None,
    problem: Annotated[Maybe, typer.Option(help="存在的问题 · problem")] = None,
    recommendation: Annotated[Maybe, typer.Option(help="改进建议 · recommendation")] = None,
    waiver: Annotated[Maybe, typer.Option(help="失分但不列为问题的理由 · waiver")] = None,
    owner: Annotated[Maybe, typer.Option(help="整改责任人 · owner")] = None,
    due: Annotated[Maybe, typer.Option(help="整改期限，如 2020-06-30 · due date")] = None,
    note: Annotated[Maybe, typer.Option(help="备注 · note")] = None,
    fact: Annotated[Some, typer.Option(metavar="NAME=VALUE", help="事实，可多次 · facts")] = None,
    by: By = None,
    evaluation: EvaluationFile = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """登记一个指标的结果；不带选项时逐项提问 · Record what was found; without options, asks for it."""
    from scoring.exchange.record import as_written, changes_of, find_indicator, open_sheet, open_sheets
    from scoring.exchange.store import apply

    texts = {"level": level, "share": share, "reason": reason, "not_applicable": not_applicable, "problem": problem}
    texts |= {"recommendation": recommendation, "waiver": waiver, "owner": owner, "note": note}
    numbers = {"actual": actual, "mark": mark, "reduce": reduce}
    given: dict[str, object] = {key: as_written(text) for key, text in numbers.items() if text is not None}
    given |= {key: text for key, text in texts.items() if text is not None}
    given |= {} if met is None else {"met": met}
    given |= {} if due is None else {"due": _day(due)}
    given |= (
        {} if marks is None else {"marks": [as_written(each.strip()) for each in marks.replace("，", ",").split(",")]}
    )
    given |= {"checks": dict(_check(each) for each in check)} if check else {}
    given |= {"actuals": dict(_pair("--milestone", each) for each in milestone)} if milestone else {}
    given |= {"evidence": [_evidence(each) for each in evidence]} if evidence else {}
    facts = dict(_fact(each) for each in fact or ())
    sheets = open_sheets(path, sets or (), evaluation)
    if indicator is None and len(sheets) == 1 and facts and not (given or deduct):
        sheet, id = sheets[0], ""
    elif indicator is None and (given or facts or deduct):
        message = Text("没有写是哪一个指标", "no indicator is named")
        raise ScoringError(Diagnostic(message, Text("写在文件夹后面", "name it after the case"), path="INDICATOR"))
    elif not (given or facts or deduct):
        from scoring.cli.interview import interview

        interview(sheets, indicator, by or user(), sets or ())
        return
    else:
        sheet, leaf = find_indicator(sheets, indicator or "")
        id = leaf.id
        given |= (
            {"deductions": [] if deduct == ["none"] else [_deduction(each, leaf.rule) for each in deduct]}
            if deduct
            else {}
        )
        given |= {"by": by} if by is not None else {}
    try:
        written = apply(sheet.file, changes_of(sheet, id, given, facts), by or user(), folders=sets or ())
    except ScoringError as error:
        raise ScoringError(*(_by_flag(each, id) for each in error.diagnostics)) from None
    if written.entry is None:
        out(say("没有变化，原来就是这样记录的", "no change: it was recorded like this"))
        return
    tell(sheet, open_sheet(written.source, sets or ()), id)
    out(say(f"已写入 {sheet.file}（用 jixiao undo 可以撤销）", f"written to {sheet.file} (jixiao undo takes it back)"))


def log(
    path: CasePath, format: OutputFormat = Format.table, evaluation: EvaluationFile = None, lang: Language = None
) -> None:
    """列出改动日志并核对它 · Every change: when, who, what; and whether the journal is whole."""
    from scoring.exchange.journal import read_journal, state_of

    files = _files(path, evaluation)
    journals = {file: read_journal(file) for file in files}
    if format is Format.json:
        import json

        shown = [
            {
                "file": str(file),
                "state": state_of(file, journal),
                "whole": journal.broken is None,
                "entries": [
                    {key: value for key, value in each.as_json().items() if key not in ("text", "edit")}
                    for each in journal.entries
                ],
            }
            for file, journal in journals.items()
        ]
        out(json.dumps({"journals": shown}, ensure_ascii=False, indent=2))
    else:
        for file, journal in journals.items():
            if journal.entries or len(files) == 1:
                out(say(f"{file}：{len(journal.entries)} 条", f"{file}: {len(journal.entries)} entries"))
            for entry in journal.entries:
                _print_entry(entry)
            if state_of(file, journal) == "differs" and not journal.broken:
                zh = "文件和最后一条对不上：之后手工改过，或者日志末尾少了几行"
                out(
                    say(
                        f"  注意：{zh}",
                        "  note: the file is not as the last entry left it: edited by hand, or entries are gone",
                    )
                )
    if broken := [journal.broken for journal in journals.values() if journal.broken]:
        complain(ScoringError(*broken))


def _print_entry(entry: "Entry") -> None:
    from scoring.exchange.journal import moment, original
    from scoring.source.splice import REMOVE, inline

    kinds = {
        "start": Text("开始记日志时的全文", "the text the journal begins with"),
        "outside": Text("手工改过的全文", "the text as edited by hand"),
        "change": Text("", ""),
        "undo": Text(f"撤销第 {entry.undoes} 条", f"takes back entry {entry.undoes}"),
    }
    about = "  ".join(part for part in (kinds[entry.kind].to(lang()), entry.what) if part)
    out(f"  {entry.seq}  {moment(entry)}  {entry.who}  {about}".rstrip())
    for step in entry.changes:
        old, new = ("—" if value is REMOVE else inline(value) for value in (original(step.old), original(step.new)))
        place = ".".join(str(part) for part in step.path if part not in ("records", "-"))
        out(f"       {place}: {old} → {new}")


def undo(
    path: CasePath, by: By = None, evaluation: EvaluationFile = None, sets: Sets = None, lang: Language = None
) -> None:
    """撤销最近一次记录 · Take the last change back."""
    from scoring.exchange.journal import read_journal
    from scoring.exchange.record import open_sheet
    from scoring.exchange.store import undo as take_back

    files = _files(path, evaluation)
    when = {file: last.when for file in files if (last := read_journal(file).undoable())}
    file = max(when, key=lambda file: when[file]) if when else files[0]
    written = take_back(file, by or user())
    assert written.entry is not None
    out(say(f"已撤销 {file} 的最近一次记录：", f"the last change to {file} is taken back:"))
    _print_entry(written.entry)
    try:
        tell(open_sheet(written.before, sets or ()), open_sheet(written.source, sets or ()))
    except ScoringError as error:
        complain(error)


def _files(path: Path, evaluation: Path | None) -> list[Path]:
    from scoring.load import evaluation_files

    if evaluation is None:
        return evaluation_files(path)
    return [evaluation if evaluation.exists() else (path if path.is_dir() else path.parent) / evaluation]


def _wrong(flag: str, text: str, zh: str, en: str) -> ScoringError:
    return ScoringError(
        Diagnostic(Text(f"“{text}”读不懂", f"'{text}' cannot be read"), Text(f"写成 {zh}", f"write {en}"), path=flag)
    )


def _pair(flag: str, text: str) -> tuple[str, object]:
    from scoring.exchange.record import as_written

    name, sign, value = text.partition("=")
    if not (sign and name.strip() and value.strip()):
        raise _wrong(flag, text, "名称=值", "NAME=VALUE")
    return name.strip(), as_written(value.strip())


def _check(text: str) -> tuple[str, object]:
    name, value = _pair("--check", text)
    answer = _YES.get(str(value).lower())
    if answer is None:
        raise _wrong("--check", text, "要点=yes 或 要点=no", "ID=yes or ID=no")
    return name, answer


def _fact(text: str) -> tuple[str, object]:
    name, value = _pair("--fact", text)
    return name, {"true": True, "false": False}.get(str(value), value)


def _evidence(text: str) -> dict[str, str]:
    title, sign, place = text.partition("@")
    return {"title": title.strip(), "place": place.strip()} if sign else {"title": text.strip()}


def _deduction(text: str, rule: object) -> dict[str, object]:
    """CAUSE[=COUNT or POINTS]:REASON; which of the two it is, the rule's cause tells."""
    import re

    from scoring.exchange.record import as_written
    from scoring.rules import Deduct

    found = re.fullmatch(r"\s*([^=:：\s]+)\s*(?:=\s*([^:：]+?)\s*)?[:：]\s*(.*\S)\s*", text, re.DOTALL)
    if not found:
        raise _wrong("--deduct", text, "事项=次数或分数:理由", "CAUSE=COUNT:REASON or CAUSE=POINTS:REASON")
    each = isinstance(rule, Deduct) and any(cause.id == found[1] and cause.each is not None for cause in rule.causes)
    made: dict[str, object] = {"cause": found[1]}
    if found[2]:
        made["count" if each else "points"] = as_written(found[2])
    return {**made, "reason": found[3]}


def _day(text: str) -> object:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        return text  # the model says what is wrong with it


def _by_flag(diagnostic: Diagnostic, id: str) -> Diagnostic:
    """A fault of what a flag would write, named by the flag: the file was not written, so its lines say nothing."""
    steps = diagnostic.path.replace("[", ".").split(".")
    if steps[:2] == ["records", id]:
        key = steps[2] if len(steps) > 2 else ""
        path = _FLAGS.get(key, f"--{key}") if key else id
        return replace(diagnostic, file=None, line=0, column=0, path=path)
    if steps[0] == "facts" and len(steps) > 1:
        return replace(diagnostic, file=None, line=0, column=0, path=f"--fact {steps[1]}")
    return replace(diagnostic, line=0, column=0)
