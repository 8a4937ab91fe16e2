"""The names an office's Word template may use, and what they stand for in a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scoring.errors import Lang, Text
from scoring.report.document import Document, Heading, Paragraph
from scoring.report.template import context
from scoring.result import STATES, Node, Result
from scoring.values import plain

Names = Mapping[str, Any]
ALIKE: Final = re.compile("\ue000([^\ue001]*)\ue001")  # opens the text of cells that become one where they are alike
_NO_TEXT: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ue000\ue001\ufffe\uffff]"
)  # and what XML cannot hold

_ROW: Final = {
    "title": Text("指标", "indicator"),
    "lost": Text("失分", "points lost"),
    "reason": Text("失分原因", "why"),
    "problem": Text("对应的问题", "the problem"),
    "recommendation": Text("改进建议", "the recommendation"),
    "waiver": Text("不列为问题的理由", "why it is no problem"),
    "owner": Text("责任人", "owner"),
    "due": Text("期限", "due"),
}
NAMES: Final[Names] = {
    "label": Text("附件号", "label of the attachment"),
    "title": Text("报告标题", "title of the report"),
    "title_lines": Text("报告标题，按意义分行", "the title broken into lines"),
    "subject": Text("评价对象", "what is evaluated"),
    "unit": Text("预算单位", "the unit"),
    "department": Text("主管部门", "supervising department"),
    "year": Text("年度", "year"),
    "total": Text("得分", "points"),
    "maximum": Text("满分", "full marks"),
    "lost": Text("失分", "points lost"),
    "grade": Text("等级", "grade"),
    "set": Text("指标体系的名称和编号", "the indicator set"),
    "notice": Text("读者必须看到的说明", "what a reader must see"),
    "facts": Text(
        "事实：facts.名称，facts.名称.number 只要数字", "facts: facts.name; facts.name.number without its unit"
    ),
    "sections": [
        {
            "level": Text("标题的级别，从 1 起", "level of the heading, from 1"),
            "heading": Text("标题，带序号", "heading with its number"),
            "paragraphs": [Text("段落文字", "text of a paragraph")],
        }
    ],
    "indicators": [
        {
            "group1": Text("一级指标，格子往下合并", "first level, its cells merged"),
            "group2": Text("二级指标，格子往下合并", "second level, its cells merged"),
            "level1": Text("一级指标", "first level"),
            "level2": Text("二级指标", "second level"),
            "title": Text("指标", "indicator"),
            "weight": Text("分值", "weight"),
            "points": Text("得分", "points"),
            "state": Text("状态", "state"),
            "target": Text("目标值", "target"),
            "actual": Text("实际完成值", "actual"),
            "reason": Text("评分说明", "reason"),
            "note": Text("备注", "note"),
        }
    ],
    "ledger": [_ROW],
    "findings": [
        {
            "number": Text("序号", "number"),
            "problem": Text("存在的问题", "problem"),
            "recommendation": Text("改进建议", "recommendation"),
            "lost": Text("失分", "points lost"),
            "indicators": Text("涉及的指标", "indicators"),
            "owner": Text("责任人", "owner"),
            "due": Text("期限", "due"),
        }
    ],
}


def reference() -> str:
    """The names as a Markdown list, for people who make a template."""
    return "\n".join(_listed(NAMES, ""))


def _listed(names: Names, above: str) -> Iterator[str]:
    for name, what in names.items():
        path = f"{above}{name}"
        match what:
            case Text():
                yield f"- `{path}`：{what.zh} · {what.en}"
            case [Text() as each]:
                yield f"- `{path}`：{each.zh}，逐段 · {each.en}, in a loop"
            case [each]:
                one = {"ledger": "row", "indicators": "row", "findings": "finding", "sections": "section"}[name]
                yield f"- `{path}`：逐行，`{{% for {one} in {path} %}}` · in a loop"
                yield from (f"  {line}" for line in _listed(each, f"{one}."))


def values(document: Document, result: Result) -> dict[str, Any]:
    """What NAMES promises, of one report."""
    lang, evaluation = document.lang, result.evaluation
    known = context(result, lang)
    ledger = [
        {
            "title": row.title.to(lang),
            "lost": plain(row.points),
            "reason": row.reason.to(lang),
            "problem": row.problem,
            "recommendation": row.recommendation,
            "waiver": row.waiver,
            "owner": row.owner,
            "due": row.due.isoformat() if row.due else "",
        }
        for row in result.ledger
    ]
    findings = [
        {
            "number": str(number),
            "problem": finding.problem,
            "recommendation": finding.recommendation,
            "lost": plain(finding.points),
            "indicators": ("、" if lang == "zh" else ", ").join(row.title.to(lang) for row in finding.rows),
            "owner": "、".join(dict.fromkeys(row.owner for row in finding.rows if row.owner)),
            "due": min((row.due.isoformat() for row in finding.rows if row.due), default=""),
        }
        for number, finding in enumerate(result.findings, start=1)
    ]
    made = {
        **known,
        "label": document.label,
        "title": document.full_title,
        "title_lines": "\n".join(document.title),
        "department": evaluation.subject.department or "",
        "set": f"{result.indicator_set.text.to(lang)}（{result.indicator_set.reference}）",
        "notice": evaluation.notice or "",
        "sections": list(_sections(document)),
        "indicators": list(_indicators(result, document)),
        "ledger": ledger,
        "findings": findings,
    }
    clean: dict[str, Any] = {name: made[name] if name == "facts" else _writable(made[name]) for name in NAMES}
    rows: list[dict[str, str]] = clean["indicators"]
    for row in rows:
        row["group1"] = f"\ue000\ue001{row['level1']}"
        row["group2"] = f"\ue000{row['level1']}\ue001{row['level2']}"
    return clean


def _writable(value: Any) -> Any:
    """The same with every character replaced that XML cannot hold or that means something here."""
    match value:
        case str():
            return _NO_TEXT.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
        case list():
            return [_writable(each) for each in value]
        case dict():
            return {key: _writable(each) for key, each in value.items()}
        case _:
            return value


def _sections(document: Document) -> Iterator[dict[str, Any]]:
    """The text of the report heading by heading; tables and small print are the template's own affair."""
    section: dict[str, Any] | None = None
    for block in document.blocks:
        match block:
            case Heading():
                if section:
                    yield section
                section = {"level": block.level, "heading": block.text, "paragraphs": []}
            case Paragraph(style="body") if section:
                section["paragraphs"].append(block.text)
    if section:
        yield section


def _indicators(result: Result, document: Document) -> Iterator[dict[str, str]]:
    lang = document.lang
    for leaf in result.leaves():
        yield {
            "level1": _level(leaf, 0, lang),
            "level2": _level(leaf, 1, lang),
            "title": leaf.title.to(lang),
            "weight": plain(leaf.weight),
            "points": plain(leaf.points),
            "state": STATES[leaf.state].to(lang),
            "target": leaf.target.to(lang),
            "actual": leaf.actual.to(lang),
            "reason": leaf.brief.to(lang),
            "note": leaf.note,
        }


def _level(leaf: Node, level: int, lang: Lang) -> str:
    """The group above the indicator at that level; "" where it stands higher."""
    above = leaf.path[:-1]
    return above[level].to(lang) if level < len(above) else ""
