"""Results for other programs: JSON with everything a result holds, and CSV tables of indicators and lost points for Excel.

JSON: numbers are strings, so that no reader turns them into binary floats; `schema` names this shape and its version,
which grows when a key changes its meaning or goes. CSV: UTF-8 with a byte order mark, without which Excel reads Chinese
wrongly; a text that a spreadsheet would run as a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from scoring.errors import Lang
from scoring.evaluation import Evidence
from scoring.facts import Figure
from scoring.report.document import legible
from scoring.result import STATES, Finding, Node, Result, Row
from scoring.values import DATE, Quantity, rounded

SCHEMA = "jixiao-result/1"
_LEVELS = "一二三四五六七八九"
# What opens a formula; the full-width ones do in East Asian Excel. Source: OWASP, CSV Injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_json(results: Iterable[Result], lang: Lang = "zh") -> str:
    """The results with their texts in one language."""
    whole = {"schema": SCHEMA, "lang": lang, "evaluations": [_result(result, lang) for result in results]}
    text = json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)  # half a character is not in UTF-8


def _result(result: Result, lang: Lang) -> dict[str, object]:
    evaluation = result.evaluation
    earlier = evaluation.earlier_review
    return {
        "id": evaluation.id,
        "title": evaluation.text.to(lang),
        "subject": evaluation.subject.name,
        "unit": evaluation.subject.unit,
        "department": evaluation.subject.department,
        "year": evaluation.year,
        "set": result.indicator_set.reference,
        "set_status": result.indicator_set.status,
        "notice": evaluation.notice,
        "total": _number(result.total),
        "maximum": _number(result.maximum),
        "low": _number(result.low),
        "high": _number(result.high),
        "grade": result.grade.text.to(lang) if result.grade else None,
        "earlier_review": {"total": _number(earlier.total), "source": earlier.source} if earlier else None,
        "indicators": [_leaf(leaf, lang) for leaf in result.leaves()],
        "tree": [_node(node, lang) for node in result.nodes],
        "ledger": [_row(row, lang) for row in result.ledger],
        "findings": [_finding(finding) for finding in result.findings],
        "facts": {name: _figure(figure, lang) for name, figure in result.figures.items()},
    }


def _leaf(leaf: Node, lang: Lang) -> dict[str, object]:
    """The score of an indicator in brief; the tree has the rest."""
    return {
        "id": leaf.id,
        "title": leaf.title.to(lang),
        "path": [part.to(lang) for part in leaf.path],
        "weight": _number(leaf.weight),
        "points": _number(leaf.points),
        "self_score": None if leaf.self_score is None else _number(leaf.self_score),
        "state": leaf.state,
        "reason": leaf.reason.to(lang),
    }


def _node(node: Node, lang: Lang) -> dict[str, object]:
    return {
        **_leaf(node, lang),
        "lost": _number(node.lost),
        "low": _number(node.low),
        "high": _number(node.high),
        "role": node.role,
        "brief": node.brief.to(lang),
        "rule": node.rule.to(lang) or None,
        "formula": node.formula.to(lang) or None,
        "standard": node.standard or None,
        "target": node.target.to(lang) or None,
        "actual": node.actual.to(lang) or None,
        "unproven": node.unproven,
        "form": node.form,
        "facts": node.inputs,
        "evidence": [_evidence(each) for each in node.evidence],
        "note": node.note or None,
        "children": [_node(child, lang) for child in node.children],
    }


def _row(row: Row, lang: Lang) -> dict[str, object]:
    return {
        "indicator": row.indicator,
        "title": row.title.to(lang),
        "path": [part.to(lang) for part in row.path],
        "rule": row.rule.to(lang),
        "points": _number(row.points),
        "state": row.state,
        "reason": row.reason.to(lang),
        "problem": row.problem or None,
        "recommendation": row.recommendation or None,
        "waiver": row.waiver or None,
        "evidence": [_evidence(each) for each in row.evidence],
        "owner": row.owner or None,
        "due": row.due.isoformat() if row.due else None,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "problem": finding.problem,
        "recommendation": finding.recommendation or None,
        "points": _number(finding.points),
        "indicators": [row.indicator for row in finding.rows],
    }


def _figure(figure: Figure, lang: Lang) -> dict[str, object]:
    return {
        "title": figure.title.to(lang),
        "value": _exact(figure.value) if isinstance(figure.value, Quantity) else figure.value,
        "unit": figure.unit or None,
        "shown": figure.show(lang),
        "source": figure.source or None,
        "note": figure.note or None,
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return evidence.model_dump(mode="json")


def _number(number: Decimal) -> str:
    return f"{number:f}"


def _exact(quantity: Quantity) -> str:
    """A decimal where there is one, else a fraction such as 1/3; a date as 2019-12-31."""
    if quantity.unit == DATE:
        return quantity.show("en")
    value, places = quantity.value, 0
    while places < 30 and (value * 10**places).denominator != 1:
        places += 1
    near = rounded(value, places)
    return f"{near:f}" if Fraction(near) == value else str(value)


def indicators_csv(results: Sequence[Result]) -> str:
    """Every indicator of every evaluation that earns points itself; the groups it stands in are columns."""
    depth = max((len(leaf.path) for result in results for leaf in result.leaves()), default=1) - 1
    levels = [f"{_LEVELS[level]}级指标" if level < len(_LEVELS) else f"第{level + 1}级" for level in range(depth)]
    head = [*_HEAD, *levels, "指标", "编号", "分值", "得分", "失分", "单位自评分", "状态"]
    head += ["评分说明", "评分规则", "评分标准", "目标值", "实际值", "依据", "备注"]
    rows: list[list[str | Decimal]] = []
    for result in results:
        for leaf in result.leaves():
            groups = [part.zh for part in leaf.path[:-1]]
            rows.append([*_about(result), *groups, *[""] * (depth - len(groups)), leaf.title.zh, leaf.id])
            rows[-1] += [leaf.weight, leaf.points, leaf.lost, "" if leaf.self_score is None else leaf.self_score]
            rows[-1] += [STATES[leaf.state].zh, leaf.reason.zh, _rule(leaf)]
            rows[-1] += [leaf.standard, leaf.target.zh, leaf.actual.zh, _papers(leaf.evidence), leaf.note]
    return csv_table(head, rows)


def ledger_csv(results: Sequence[Result]) -> str:
    """Every lost point of every evaluation; a gain is negative."""
    head = [*_HEAD, "指标", "编号", "失分", "状态", "失分原因", "存在问题", "改进建议", "不列为问题的理由"]
    head += ["责任人", "整改期限", "依据"]
    rows: list[list[str | Decimal]] = []
    for result in results:
        for row in result.ledger:
            rows.append([*_about(result), row.title.zh, row.indicator, row.points, STATES[row.state].zh, row.reason.zh])
            rows[-1] += [row.problem, row.recommendation, row.waiver, row.owner]
            rows[-1] += [row.due.isoformat() if row.due else "", _papers(row.evidence)]
    return csv_table(head, rows)


_HEAD = ("评价", "评价对象", "年度")


def _about(result: Result) -> tuple[str | Decimal, ...]:
    evaluation = result.evaluation
    return evaluation.title, evaluation.subject.name, Decimal(evaluation.year)


def _rule(leaf: Node) -> str:
    return "：".join(part for part in (leaf.rule.zh, leaf.formula.zh) if part)


def _papers(evidence: Iterable[Evidence]) -> str:
    return "；".join(" ".join(filter(None, (each.title, each.place, each.file))) for each in evidence)


def csv_table(head: Sequence[str], rows: Iterable[Sequence[str | Decimal]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(map(inert, head))
    writer.writerows([_number(cell) if isinstance(cell, Decimal) else inert(cell) for cell in row] for row in rows)
    return "\ufeff" + stream.getvalue()


def inert(text: str) -> str:
    """The text as a spreadsheet shows it rather than runs it; what no file can hold becomes U+FFFD."""
    text = legible(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
