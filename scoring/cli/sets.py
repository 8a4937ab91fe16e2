"""Commands on the library of indicator sets: jixiao sets list, show, find, lint, test, diff, schema, docs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from scoring.cli.common import Format, Language, OutputFormat, Sets, out, say, table
from scoring.cli.common import lang as tongue
from scoring.errors import Diagnostic, ScoringError, Text, suggest

if TYPE_CHECKING:
    from scoring.library.catalogue import Listed
    from scoring.library.diff import Change, Scores, Under

app = typer.Typer(
    help="指标体系库 · The library of indicator sets.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
Subject = Literal["department", "project", "policy", "other"]  # that of scoring.indicators, which takes long to import
SetName = Annotated[str, typer.Argument(metavar="SET", help="指标体系编号、编号@版本或文件 · id, id@version or file")]
Check = Annotated[bool, typer.Option("--check", help="只核对，不写 · only compare; exit 1 when it differs")]
Target = Annotated[Path, typer.Option("-o", "--output", help="写到哪个文件夹 · the folder of the sets")]


def _json(value: object) -> None:
    out(json.dumps(value, ensure_ascii=False, indent=2))


def _complain(faults: list[Diagnostic]) -> None:
    if faults:
        raise ScoringError(*faults)


@app.command("list")
def list_(format: OutputFormat = Format.table, sets: Sets = None, lang: Language = None) -> None:
    """列出全部指标体系 · List every indicator set."""
    from scoring.library.catalogue import as_json, catalogue, counts

    found, faults = catalogue(sets or ())
    if format is Format.json:
        _json({"sets": [as_json(listed, tongue()) for listed in found], "counts": counts(found)})
    else:
        _print_sets(found)
        from scoring.indicators import STATUS

        tally = [say(f"{STATUS[s].zh} {n}", f"{STATUS[s].en}: {n}") for s, n in counts(found).items()]
        out(say(f"共 {len(found)} 个：{'，'.join(tally)}", f"{len(found)} sets: {', '.join(tally)}"))
    _complain(faults)


def _print_sets(found: list["Listed"], why: list[str] | None = None) -> None:
    from scoring.library.catalogue import row

    rows = [row(listed, tongue()) + ([why[number]] if why else []) for number, listed in enumerate(found)]
    heads = ("名称 对象 年度 可信程度 指标 分值/规则来源 为什么", "title subject years status leaves weights/rules why")
    head = ["id@version", *say(*heads).split()][: len(rows[0]) if rows else 7]
    out(table(rows, head, "lllllrll"[: len(head)]))


@app.command()
def show(name: SetName, format: OutputFormat = Format.table, sets: Sets = None, lang: Language = None) -> None:
    """显示一个指标体系：指标、分值、规则、依据 · Show a set: its tree, weights, rules in words and sources."""
    from scoring.library.catalogue import as_json, lines, pick
    from scoring.values import plain

    listed = pick(name, sets or ())
    one = listed.set
    if format is Format.json:
        rules = {line.indicator.id: say(*line.rule) for line in lines(one)}
        whole = one.model_dump(mode="json", exclude_none=True)
        _json({**as_json(listed, tongue()), "rules_in_words": rules, "set": whole})
        return
    _print_sets([listed])
    if one.note:
        out(say(f"说明：{one.note}", f"note: {one.note}"))
    rows = []
    for line in lines(one):
        title = "  " * line.depth + say(*line.indicator.text)
        rows.append(
            [title, plain(line.indicator.weight) if line.indicator.weight else "—", say(*line.rule), line.indicator.id]
        )
    out(table(rows, [*say("指标 分值 规则", "indicator weight rule").split(), "id"], "lrll"))
    out(say("依据：", "sources:"))
    for citation in one.citations:
        out(f"  {citation.show()}{say(f'（{citation.note}）', f' ({citation.note})') if citation.note else ''}")
    grades = "、".join(f"{say(*grade.text)}≥{plain(grade.at_least)}" for grade in one.grades)
    out(say(f"等级：{grades}（{one.grades_source}）", f"grades: {grades} ({one.grades_source})"))
    if one.facts:
        out(say("要提供的事实：", "facts asked:"))
    for fact, asked in one.facts.items():
        source = say(f"（{asked.source}）", f" ({asked.source})") if asked.source else ""
        unit = asked.unit or (say("是否", "yes or no") if asked.kind == "truth" else "")
        peers = one.peers(fact)
        compared = say(f"（{peers.zh}）", f" ({peers.en})") if peers else ""
        out(f"  {fact}  {say(*asked.text)} {unit}{source}{compared}".rstrip())


@app.command()
def find(
    year: Annotated[int, typer.Option(help="年度 · budget year")],
    subject: Annotated[Subject, typer.Option(help="评价对象 · what is evaluated")],
    issuer: Annotated[str, typer.Option(help="发文机关或地区，如 四川 · issuer or region")] = "",
    format: OutputFormat = Format.table,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """找某年度某对象适用的指标体系 · Find the sets in force for a year and subject, the most specific first."""
    from scoring.library.catalogue import SUBJECTS, as_json, catalogue, nearest_in_years, span
    from scoring.library.catalogue import find as find_sets

    found, faults = catalogue(sets or ())
    matches = find_sets(found, year, subject, issuer)
    if format is Format.json:
        _json({"sets": [{**as_json(m.listed, tongue()), "reason": say(*m.reason)} for m in matches]})
    elif matches:
        _print_sets([m.listed for m in matches], [say(*m.reason) for m in matches])
    if not matches:
        near = [(d, n.set.reference, span(n.set.effective)) for d, n in nearest_in_years(found, year, subject)]
        zh = "；".join(f"{ref}（{years}，相差 {away} 年）" for away, ref, years in near)
        en = "; ".join(f"{ref} ({years}, {away} years away)" for away, ref, years in near)
        kind = SUBJECTS[subject]
        message = Text(f"没有适用于 {year} 年度{kind.zh}的指标体系", f"no set is in force in {year} for a {kind.en}")
        faults = [Diagnostic(message, Text(f"年度最近的：{zh}", f"nearest in years: {en}") if near else None), *faults]
    _complain(faults)


@app.command()
def lint(
    name: SetName,
    profile: Annotated[str | None, typer.Option(help="按哪个规范核对 · the regulation to hold it against")] = None,
    format: OutputFormat = Format.table,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """核对指标体系是否合乎规范、有无多余和缺项 · Hold a set against its regulation, and find what is idle or missing."""
    from scoring.library.catalogue import pick
    from scoring.library.lint import lint as lint_set

    notes = lint_set(pick(name, sets or ()), profile)
    levels = {"error": say("错误", "error"), "warning": say("警告", "warning"), "note": say("提示", "note")}
    tally = {level: sum(note.level == level for note in notes) for level in levels}
    if format is Format.json:
        _json({"notes": [n.as_json(tongue()) for n in notes], "counts": tally})
    else:
        for note in notes:
            out(f"{levels[note.level]} {note.diagnostic.render(tongue())}")
        out(say("，", ", ").join(f"{word} {tally[level]}" for level, word in levels.items()))
    if tally["error"]:
        raise typer.Exit(1)


@app.command()
def diff(
    one: SetName,
    other: SetName,
    case: Annotated[Path | None, typer.Option(help="再比较这个评价的得分 · also score this case under both")] = None,
    format: OutputFormat = Format.table,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """比较两个指标体系，也可比较同一评价在两者下的得分 · Compare two sets, and a case's score under both."""
    from scoring.library.catalogue import pick
    from scoring.library.diff import SORTS, compare
    from scoring.library.diff import diff as diff_sets

    first, second = pick(one, sets or ()), pick(other, sets or ())
    changes = diff_sets(first.set, second.set)
    scores = compare(first.set, second.set, case, sets or ()) if case else []
    if format is Format.json:
        _json({"changes": [_change(c) for c in changes], "scores": [_scores(s) for s in scores]})
        return
    sets_of = [first.set.reference, second.set.reference]
    rows = [[say(*SORTS[c.sort]), c.id, say(*c.title), say(*c.before), say(*c.after)] for c in changes]
    head = [*say("什么 编号 名称", "what id title").split(), *sets_of]
    out(table(rows, head, "lllll") if rows else say("没有差别。", "no difference."))
    for one_case in scores:
        said = _scores(one_case)
        out(f"\n{say(*one_case.evaluation.text)}")
        rows = [[str(text or "—") for text in moved.values()] for moved in said["moved"]]
        total = say("合计", "total")
        totals = [_total(under) for under in (one_case.before, one_case.after)]
        out(table([*rows, ["", total, *totals]], [*say("编号 名称", "id title").split(), *sets_of], "llrr"))
        for under, reference in zip((one_case.before, one_case.after), sets_of, strict=True):
            for fault in under.why_not:
                out(say(f"  {reference} 不能计分：{fault.zh}", f"  {reference} cannot score it: {fault.en}"))
            if under.left:
                ids = ", ".join(under.left)
                out(say(f"  {reference} 没有这些记录的位置：{ids}", f"  {reference} has no place for: {ids}"))


def _total(under: "Under") -> str:
    grade = under.result and under.result.grade
    return f"{under.result.total} {say(*grade.text) if grade else ''}".strip() if under.result else "—"


def _scores(scores: "Scores") -> dict[str, Any]:
    keys = ("id", "title", "before", "after")
    moved = [
        dict(zip(keys, (m[0], say(*m[1]), *(None if p is None else str(p) for p in m[2:])), strict=True))
        for m in scores.moved
    ]
    both = {"before": scores.before, "after": scores.after}
    return {
        "evaluation": scores.evaluation.id,
        **{key: str(under.result.total) if under.result else None for key, under in both.items()},
        "moved": moved,
        "left_out": {key: list(under.left) for key, under in both.items()},
        "why_not": {key: [say(*text) for text in under.why_not] for key, under in both.items()},
    }


def _change(change: "Change") -> dict[str, str]:
    before, after = say(*change.before), say(*change.after)
    return {"what": change.sort, "id": change.id, "title": say(*change.title), "before": before, "after": after}


@app.command()
def schema(output: Target = Path("indicator_sets"), check: Check = False, lang: Language = None) -> None:
    """写出编辑器用的 JSON Schema · Write the JSON Schemas that editors use."""
    from scoring.library.reference import schemas

    _generate(schemas(), output, check)


@app.command()
def docs(output: Target = Path("indicator_sets"), check: Check = False, lang: Language = None) -> None:
    """写出评分规则和报告设置的参考 · Write the references of the scoring rules and of reports."""
    from scoring.library.reference import DOCS, rule_reference
    from scoring.report.reference import REPORTS, report_reference

    _generate({DOCS: rule_reference(), REPORTS: report_reference()}, output, check)


def _generate(files: dict[str, str], folder: Path, check: bool) -> None:
    from scoring.library.reference import outdated, write

    if not check:
        for file in write(files, folder):
            out(say(f"写出 {file}", f"wrote {file}"))
        return
    message = Text("与程序生成的不一致", "is not what is generated")
    hint = Text("去掉 --check 再运行一次", "run again without --check")
    _complain([Diagnostic(message, hint, file) for file in outdated(files, folder)])


@app.command("test")
def examine(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SET]...", help="不写则测试全部 · all when left out")
    ] = None,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="逐处改动体系，列出没有用例发现的改动 · list changes no case notices")
    ] = False,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """运行体系自带的用例 · Run the sets' own test cases; with --mutate also show what they would not notice."""
    from scoring.library.cases import load_cases, run_cases
    from scoring.library.catalogue import catalogue, pick
    from scoring.library.coverage import coverage
    from scoring.library.mutate import survivors
    from scoring.library.propose import missing_cases

    found, faults = catalogue(sets or ())
    failures: list[Diagnostic] = list(faults)
    if files := [name for name in names or () if name.endswith((".yaml", ".yml"))]:
        own = [pick(name, sets or ()) for name in files]
        found = [
            *own,
            *(listed for listed in found if listed.set.reference not in {each.set.reference for each in own}),
        ]
        names = [*(name for name in names or () if name not in files), *(each.set.reference for each in own)]
    known = {form: None for listed in found for form in (listed.set.id, listed.set.reference)}
    for name in names or ():
        if name not in known:
            message = Text(f"找不到指标体系“{name}”", f"there is no indicator set '{name}'")
            failures.append(Diagnostic(message, suggest(name, [listed.set.id for listed in found])))
    rows = []
    for listed in found:
        indicator_set, file = listed.set, listed.file.with_suffix(".cases.yaml")
        if names and indicator_set.id not in names and indicator_set.reference not in names:
            continue
        if not file.is_file():
            rows.append([indicator_set.reference, "0", "", "", "", ""])
            continue
        given = load_cases(file)
        wrong = run_cases(indicator_set, given)
        failures += wrong
        more = ["", "", ""]
        if mutate:
            left = survivors(indicator_set, given)
            more = [
                str(len(missing_cases(indicator_set, given))),
                str(len(coverage(indicator_set, given))),
                str(len(left)),
            ]
            for mutant in left:
                out(
                    say(
                        f"  {indicator_set.id}：没有用例发现 {mutant.text.zh}",
                        f"  {indicator_set.id}: no case notices {mutant.text.en}",
                    )
                )
        rows.append([indicator_set.reference, str(len(given.cases)), str(len(wrong)), *more])
    head = [
        ("id@version", "id@version"),
        ("用例", "cases"),
        ("不符", "wrong"),
        ("缺的情形", "lacking"),
        ("未到的分支", "branches"),
        ("漏网的改动", "unnoticed"),
    ]
    out(table(rows, [say(*each) for each in head], "lrrrrr"))
    _complain(failures)


@app.command()
def propose(
    name: SetName,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="写到这个文件；不写则打印 · the file; printed when left out")
    ] = None,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """拟出体系自测用例的初稿，供核对 · Draft a set's own test cases, for its authors to check."""
    from scoring.library.catalogue import pick
    from scoring.library.propose import propose as draft

    if output and output.exists():
        message = Text("文件已有，不覆盖", "the file is there already and is not overwritten")
        _complain(
            [Diagnostic(message, Text("换一个文件名，或先移走它", "choose another name, or move it away"), output)]
        )
    text = draft(pick(name, sets or ()).set)
    if output is None:
        out(text.rstrip("\n"))
        return
    output.write_text(text, encoding="utf-8", newline="\n")
    out(say(f"写出 {output}（由程序算出，请逐条核对）", f"wrote {output} (computed by the program: check each case)"))
