"""A new case as text: every key an evaluation of a set can have, explained where it is to be filled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from scoring.expression.words import formula
from scoring.indicators import Indicator, IndicatorSet
from scoring.report.outline import Section, load_outline
from scoring.rules import AnyRule, Checklist, Deduct, Judged, Levels
from scoring.values import plain

WORDS = {"department": "部门整体支出", "project": "项目支出", "policy": "政策", "other": ""}


def quoted(text: str) -> str:
    """A YAML scalar that reads back as the same text."""
    if re.fullmatch(r"[\w《》（）、，。·“”〔〕\-]+", text) and not re.fullmatch(r"[\d.eE+-]+|true|false|null|~", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def file_names(chosen: list[IndicatorSet]) -> list[str]:
    """department.yaml for the department, project-1.yaml, project-2.yaml … for the rest."""
    names: list[str] = []
    for indicator_set in chosen:
        kind = indicator_set.subject
        count = sum(1 for other in chosen if other.subject == kind)
        number = sum(1 for name in names if name.startswith(kind)) + 1
        names.append(f"{kind}.yaml" if count == 1 else f"{kind}-{number}.yaml")
    return names


def attachment_labels(chosen: list[IndicatorSet]) -> list[str]:
    """附件1 for the department, 附件2-1, 附件2-2 … for projects; a single evaluation is 附件1."""
    if len(chosen) == 1:
        return ["附件1"]
    made, projects = [], 0
    departments = 0
    for indicator_set in chosen:
        if indicator_set.subject == "department":
            departments += 1
            made.append("附件1" if departments == 1 else f"附件1-{departments}")
        else:
            projects += 1
            made.append(f"附件2-{projects}")
    return made


def dossier_text(id: str, body: str, year: int, chosen: list[IndicatorSet]) -> str:
    clean = re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")
    clean = clean if re.match(r"[a-z]", clean) else f"case-{year}"
    lines = [
        "# 一个单位一个年度的全部评价，按附件的顺序排列",
        f"id: {clean}",
        f"title: {quoted(f'{body}{year}年绩效评价报告')}",
        f"body: {quoted(body)}",
        f"year: {year}",
        "attachments:",
        *(
            f"- {{label: {label}, file: {name}}}"
            for label, name in zip(attachment_labels(chosen), file_names(chosen), strict=True)
        ),
    ]
    return "\n".join(lines) + "\n"


def evaluation_text(indicator_set: IndicatorSet, body: str, year: int, id: str) -> str:
    """An evaluation file that loads as it is, every indicator waiting for data."""
    what = WORDS[indicator_set.subject]
    subject = body if indicator_set.subject == "department" else "（填写项目名称）"
    title = f"{year}年{'' if indicator_set.subject == 'department' else subject}{what}绩效评价"
    lines = [
        f"# {indicator_set.title}（{indicator_set.reference}）",
        "# 以 # 开头的行是说明；去掉行首的 # 并填写，就成为内容。检查：jixiao check；算分：jixiao score",
        f"id: {id}  # 编号：英文小写、数字和连字符",
        f"title: {quoted(title)}",
        f"year: {year}",
        "subject:",
        f"  name: {quoted(subject)}  # 部门或项目名称",
        f"  kind: {indicator_set.subject}",
        f"  unit: {quoted(body)}  # 预算单位",
        f"set: {indicator_set.reference}  # 指标体系@版本",
    ]
    if not indicator_set.effective.hold(year):
        lines.append("outside_years: （填写体系不适用于本年度而仍采用的理由）")
    lines.append("# notice: 读者必须看到的说明，印在报告最前面")
    lines += [
        "",
        *_facts(indicator_set),
        "",
        *_own(indicator_set),
        "",
        *_records(indicator_set),
        *_words(indicator_set),
    ]
    return "\n".join(lines) + "\n"


def _facts(indicator_set: IndicatorSet) -> Iterator[str]:
    yield "# 事实：一个数只写一次，报告里用 {{ facts.名称 }} 引用。value 写数值和单位，source 写出处；"
    yield "# 能由别的事实算出的写 formula（有 value 时核对它）；体系没有列出的事实另写 title。"
    yield "facts:"
    for name, fact in indicator_set.facts.items():
        example = "true" if fact.kind == "truth" else f"数值{fact.unit}"
        peers = indicator_set.peers(name)
        told = filter(None, (fact.title, fact.source, peers and peers.zh))
        yield f"  # {name}: {{value: {example}, source: 出处}}  # {'；'.join(told)}"


def _own(indicator_set: IndicatorSet) -> Iterator[str]:
    groups = [indicator for _, indicator in indicator_set.walk() if indicator.open]
    if not groups:
        return
    yield "# 自设指标：每组分值合计要等于该组分值。target 写符号和数值（≥95%、＝141人、≤10万元）或文字；"
    yield "# 实际值由事实算出的写 actual: 公式，否则在 records 里填。"
    yield "indicators:"
    for group in groups:
        assert group.open is not None
        hint = f"；{group.open.hint}" if group.open.hint else ""
        yield f"  # {group.title}（{plain(group.weight)}分）{hint}"
        yield f"  {group.id}:"
        yield f"  - id: {group.id}-1"
        yield "    title: （填写指标名称）"
        if group.open.aspects:
            yield f"    aspect: {group.open.aspects[0]}  # 可选：{'、'.join(group.open.aspects)}"
        yield f"    weight: {plain(group.weight)}"
        yield "    target: （填写预期指标值）"


def _records(indicator_set: IndicatorSet) -> Iterator[str]:
    yield "# 记录：每个指标填它的规则要的内容；失分的写 problem（问题）和 recommendation（建议），或 waiver（不列为问题的理由）。"
    yield "# 每条都可写 evidence（佐证材料）、by（填写人）、on（日期）、note（备注）、owner（整改责任人）、due（整改期限）。"
    yield "# 材料有文件的，用 jixiao evidence add 放进 evidence 文件夹并登记。"
    yield "records:"
    for _, indicator in indicator_set.walk():
        if indicator.rule is not None:
            yield from _record(indicator, indicator.rule, indicator_set)
        elif indicator.open is not None:
            yield f"  # {indicator.title}：自设指标"
            yield "  #   定量目标（≥ ＝ ≤）填 actual: 实际数值和单位；文字目标由人评判，不能只照抄目标值："
            yield f"  #   {'level、share、reason（等级、比例、理由）' if indicator.open.qualitative == 'levels' else 'mark、reason（评分、理由）'}"
            answer = "level: 达成年度指标, share: 90%" if indicator.open.qualitative == "levels" else "mark: 分数"
            yield f"  # {indicator.id}-1: {{actual: 实际完成值, evidence: [{{title: 材料, place: 页码}}]}}  # 定量"
            yield f"  # {indicator.id}-1: {{actual: 实际情况, {answer}, reason: 理由, evidence: [{{title: 材料, place: 页码}}]}}  # 文字"


def _record(indicator: Indicator, rule: AnyRule, indicator_set: IndicatorSet) -> Iterator[str]:
    weight = Fraction(indicator.weight)
    labels = {**{name: fact.label() for name, fact in indicator_set.facts.items()}, **rule.labels(weight)}
    standard = indicator.standard or formula(rule.lower(weight, indicator_set.kinds()), labels)
    yield f"  # {indicator.title}（{plain(indicator.weight)}分）{rule.title.zh}：{standard}"
    if indicator.evidence:
        yield f"  #   佐证：{'、'.join(indicator.evidence)}"
    yield f"  # {indicator.id}: {{{_answer(rule)}evidence: [{{title: 材料, place: 页码}}]}}"


def _answer(rule: AnyRule) -> str:
    match rule:
        case Judged():
            return "mark: 分数, reason: 理由, "
        case Levels():
            return f"level: {rule.levels[0].name}, share: 100%, reason: 理由, "
        case Checklist():
            return f"checks: {{{', '.join(f'{item.id}: true' for item in rule.items)}}}, "
        case Deduct():
            return "deductions: [], "
        case _:
            return "actual: 实际完成值, " if rule.needs() else ""


def _words(indicator_set: IndicatorSet) -> Iterator[str]:
    yield ""
    if indicator_set.subject == "project":
        yield "# 年度目标，印在项目支出绩效目标完成情况表里"
        yield "# goals:"
        yield "# - {expected: 预期目标, actual: 实际完成目标}"
        yield ""
    yield "# 报告文字：数字不直接写，写成 {{ facts.名称 }} 这样的引用"
    yield "narrative:"
    outline, _ = load_outline(indicator_set.outline)
    for section in outline.sections:
        yield from _headings(section)


def _headings(section: Section) -> Iterator[str]:
    for part in section.content:
        if part.narrative:
            yield f"  # {part.narrative}: {section.heading}的文字"
    for child in section.sections:
        yield from _headings(child)
