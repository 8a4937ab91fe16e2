"""Commands for work under way: jixiao gap, plan."""

from pathlib import Path
from typing import TYPE_CHECKING

from scoring.cli.common import CasePath, Format, Language, OutputFormat, Sets, out, say, table
from scoring.cli.common import lang as tongue

if TYPE_CHECKING:
    from scoring.progress import Gap, Plan, Stake
    from scoring.result import Result


def _load(path: Path, sets: list[Path] | None) -> "list[Result]":
    """Results as they stand; a loss that is not explained yet does not hinder."""
    from scoring.exchange.record import open_sheets

    return [sheet.result for sheet in open_sheets(path, sets or ())]


def gap(path: CasePath, format: OutputFormat = Format.table, sets: Sets = None, lang: Language = None) -> None:
    """还缺什么：按分值列出未定的指标，可能的得分和等级 · What is open, by points at stake; totals still possible."""
    from scoring.progress import gap as found

    results = _load(path, sets)
    if format is Format.json:
        import json

        made = {"evaluations": [_gap_as_json(found(result)) for result in results]}
        out(json.dumps(made, ensure_ascii=False, indent=2))
        return
    for number, result in enumerate(results):
        if number:
            out()
        out(result.evaluation.text.to(tongue()))
        _print_gap(found(result))


def _gap_as_json(gap: "Gap") -> dict[str, object]:
    result, to = gap.result, tongue()
    return {
        "id": result.evaluation.id,
        "title": result.evaluation.text.to(to),
        "maximum": str(result.maximum),
        "total": str(result.total),
        "low": str(result.low),
        "high": str(result.high),
        "lowest_grade": gap.lowest.text.to(to) if gap.lowest else None,
        "highest_grade": gap.highest.text.to(to) if gap.highest else None,
        "open": [{**_stake_as_json(stake), "at_stake": str(stake.points)} for stake in gap.stakes],
        "judged_unproven": [{**_stake_as_json(stake), "lost": str(stake.points)} for stake in gap.judged],
        "unexplained": [
            {"indicator": row.indicator, "points": str(row.points), "reason": row.reason.to(to)}
            for row in gap.unexplained
        ],
    }


def _stake_as_json(stake: "Stake") -> dict[str, object]:
    node, to = stake.node, tongue()
    return {
        "id": node.id,
        "title": node.title.to(to),
        "weight": str(node.weight),
        "state": node.state,
        "reason": node.reason.to(to),
        "proof": [paper.to(to) for paper in stake.proof],
    }


def _print_gap(gap: "Gap") -> None:
    from scoring.result import STATES

    result, to = gap.result, tongue()
    if gap.stakes:
        head = [say("指标", "Indicator"), say("分值", "Weight"), say("未定", "At stake"), say("状态", "State"), "id"]
        rows = [
            [s.node.title.to(to), str(s.node.weight), str(s.points), STATES[s.node.state].to(to), s.node.id]
            for s in gap.stakes
        ]
        out(table(rows, head, "lrrll"))
        for stake in gap.stakes:
            out(say(f"  {stake.node.title.zh}：{stake.node.reason.zh}", f"  {stake.node.id}: {stake.node.reason.en}"))
            _print_proof(stake)
    for stake in gap.judged:
        node = stake.node
        out(
            say(
                f"  {node.title.zh}：完成值只重复目标值“{node.actual.zh}”，评价人评 {node.points} / {node.weight}",
                f"  {node.id}: the actual only repeats the target '{node.actual.en}'; marked {node.points} / {node.weight}",
            )
        )
        _print_proof(stake)
    for row in gap.unexplained:
        out(
            say(
                f"  {row.title.zh} −{row.points}　没有写问题，也没有写免列理由：{row.reason.zh}",
                f"  {row.indicator} −{row.points}  neither a problem nor a waiver: {row.reason.en}",
            )
        )
    if not (gap.stakes or gap.judged or gap.unexplained):
        out(say("没有待办的指标。", "Nothing is left to do."))
    low, high = (grade.text.to(to) if grade else "—" for grade in (gap.lowest, gap.highest))
    out(
        say(
            f"现在得 {result.total} / {result.maximum}；最低 {result.low}（{low}），最高 {result.high}（{high}）",
            f"Now {result.total} / {result.maximum}; at least {result.low} ({low}), at most {result.high} ({high})",
        )
    )
    if result.open and (result.evaluation.vetoes or result.evaluation.earlier_review):
        out(say("一票否决和等级下降的折扣，数据填齐后才计入。", "Vetoes and the discount count once all data are in."))


def _print_proof(stake: "Stake") -> None:
    proof = [paper.to(tongue()) for paper in stake.proof]
    out(say(f"    证明材料：{'、'.join(proof)}", f"    proof: {', '.join(proof)}"))


def plan(path: CasePath, format: OutputFormat = Format.table, sets: Sets = None, lang: Language = None) -> None:
    """要收集哪些材料和数据，按材料、按来源列出 · The evidence wanted, by paper and by source, and what is there."""
    from scoring.progress import plan as made

    results = _load(path, sets)
    if format is Format.json:
        import json

        plans = {"evaluations": [_plan_as_json(made(result)) for result in results]}
        out(json.dumps(plans, ensure_ascii=False, indent=2))
        return
    for number, result in enumerate(results):
        if number:
            out()
        out(result.evaluation.text.to(tongue()))
        _print_plan(made(result))


def _plan_as_json(plan: "Plan") -> dict[str, object]:
    to = tongue()
    return {
        "id": plan.result.evaluation.id,
        "title": plan.result.evaluation.text.to(to),
        "papers": [
            {
                "title": paper.title,
                "indicators": [
                    {
                        "id": use.node.id,
                        "title": use.node.title.to(to),
                        "standing": use.standing,
                        "evidence": [{"title": e.title, "place": e.place, "file": e.file} for e in use.evidence],
                    }
                    for use in paper.uses
                ],
            }
            for paper in plan.papers
        ],
        "sources": [
            {
                "title": source.title or None,
                "facts": [
                    {"name": f.name, "title": f.title.to(to), "unit": f.unit, "value": f.value.to(to) or None}
                    for f in source.facts
                ],
            }
            for source in plan.sources
        ],
        "silent": [node.id for node in plan.silent],
    }


def _print_plan(plan: "Plan") -> None:
    from scoring.progress import STANDING

    to = tongue()
    if plan.papers:
        head = [say("材料", "Paper"), say("用于指标", "For"), say("登记", "Recorded"), say("已有材料", "What is there")]
        rows = [
            [
                "" if index else paper.title,
                use.node.title.to(to),
                STANDING[use.standing].to(to),
                say("；", "; ").join(f"{e.title} {e.place or ''}".rstrip() for e in use.evidence),
            ]
            for paper in plan.papers
            for index, use in enumerate(paper.uses)
        ]
        out(table(rows, head, "llll"))
    if plan.sources:
        out()
        none = say("（没有写来源）", "(no source named)")
        head = [say("来源", "Source"), say("数据", "Figure"), say("已填", "Value"), say("名称", "name")]
        rows = [
            [
                "" if index else source.title or none,
                fact.title.to(to) + (say(f"（{fact.unit}）", f" ({fact.unit})") if fact.unit else ""),
                fact.value.to(to) or say("待填", "wanted"),
                fact.name,
            ]
            for source in plan.sources
            for index, fact in enumerate(source.facts)
        ]
        out(table(rows, head, "llrl"))
    uses = [use for paper in plan.papers for use in paper.uses]
    waiting = sum(use.standing in ("wanted", "other") for use in uses)
    blank = sum(not fact.value.zh for source in plan.sources for fact in source.facts)
    out(
        say(
            f"材料 {len(plan.papers)} 种，还没有登记的 {waiting} 处；数据待填 {blank} 项",
            f"{len(plan.papers)} papers, {waiting} uses not recorded; {blank} figures wanted",
        )
    )
    if plan.silent:
        titles = [f"{node.title.to(to)} {node.id}" for node in plan.silent]
        out(
            say(
                f"没有写明要什么材料的指标：{'、'.join(titles)}",
                f"indicators for which no evidence is named: {', '.join(titles)}",
            )
        )
