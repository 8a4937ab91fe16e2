"""Official forms in four formats, written by the tests' own writers, read back row for row; and what may not be guessed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import docx
import pytest
import xlsxwriter
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.exchange.intake import Imported, take_in
from scoring.load import load_case
from scoring.result import Result
from tests.conftest import run
from tests.exchange import samples, writers
from tests.exchange.samples import SAMPLES
from tests.exchange.writers import Form, Row, layout, write

FORMATS = (".docx", ".xlsx", ".html", ".csv")
# title, second level, weight, sign, number, unit, actual as taken in, self-score; by hand from the samples
READ = {
    "project": [
        ("新建图书角数量", "数量", "10", ">=", "12", "个", "12个", "10"),
        ("添置图书册数", "数量", "10", ">=", "5000", "册", "4800", "9.6"),
        ("图书验收合格率", "质量", "10", "=", "100", "%", "100%", "10"),
        ("分类上架差错率", "质量", "5", "<=", "2", "%", "1.5%", "5"),
        ("按期完成率", "时效", "10", ">=", "95", "%", "96%", "10"),
        ("每个图书角成本", "成本", "5", "<=", "9", "万元", "8.75万元", "5"),
        ("居民阅读条件", "社会效益", "15", "text", "明显改善", "", "居民到馆人次增加", "14"),
        ("志愿管理员人数", "可持续影响", "15", ">=", "24", "人", "26人", "15"),
        ("居民满意度", None, "10", ">=", "90", "%", "92.5%", "10"),
    ],
    "cost": [
        ("单台设备采购成本", "经济成本", "20", "<=", "15", "万元", "14.2万元", "20"),
        ("更新设备数量", "数量", "20", ">=", "20", "台", "19", "19"),
        ("设备验收合格率", "质量", "20", "=", "100", "%", "100%", "20"),
        ("预报准确程度", "社会效益", "20", "text", "有所提高", "", "有所提高，见年报", "18"),
    ],
    "department": [
        ("接收档案", "数量", "25", ">", "3000", "卷", "3210卷", "25"),
        ("办结时限", "时效", "25", "<=", "5", "个工作日", "4个工作日", "24"),
        ("查档便利程度", "社会效益", "20", "text", "便利", "", "实行一次办结", "18"),
        ("查档群众满意度", "满意度", "10", ">=", "95", "%", "97%", "10"),
    ],
    "completion": [
        (
            "省部级劳模补助",
            "数量",
            "50",
            "text",
            "省部级劳模春节慰问、生活补助、特困帮扶10.34万元。",
            "",
            "已完成省部级劳模春节慰问、生活补助、特困帮扶10.34万元。",
            None,
        ),
        ("省部级劳模补助", "社会效益", "30", "text", "关爱各级劳模。", "", "关爱各级劳模。", None),
        ("省部级劳模补助、特困职工补助", None, "10", ">=", "95", "%", "≧95%", None),
    ],
}
SETS = {
    "project": "self-evaluation-2020@1",
    "cost": "central-self-evaluation-2021-cost@1",
    "department": "department-set@1",
    "completion": "self-evaluation-2020@1",
}


def taken(file: Path) -> tuple[Imported, Result]:
    made = take_in(file, file.parent / "case")
    (entry,) = load_case(file.parent / "case").entries
    return made, entry.result


def indicators(result: Result) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for own in (each for group in result.evaluation.indicators.values() for each in group):
        goal, record = own.goal(), result.evaluation.records[own.id]
        number = f"{float(goal.quantity.value):g}" if goal.quantity else goal.printed
        unit = goal.quantity.unit if goal.quantity else ""
        score = None if record.self_score is None else str(record.self_score)
        rows.append((own.title, own.aspect, str(own.weight), goal.sign, number, unit, str(record.actual), score))
    return rows


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_row_is_read_as_printed(name: str, format: str, tmp_path: Path) -> None:
    form = SAMPLES[name]
    _, result = taken(write(form, tmp_path / f"form{format}"))
    evaluation = result.evaluation
    assert indicators(result) == READ[name]
    assert evaluation.set == SETS[name]
    assert (evaluation.year, evaluation.subject.name, evaluation.subject.unit) == (form.year, form.name, form.unit)
    assert [leaf.self_score for leaf in result.leaves() if leaf.id == "execution-rate"] == [
        Decimal(form.execution[2]) if form.execution[2] else None
    ]
    # every amount, in the unit over the table
    amounts = [value for _, *values in form.funds for value in values if value]
    facts = [str(fact.value) for key, fact in evaluation.facts.items() if not key.startswith("goal")]
    assert sorted(facts) == sorted(f"{value}{form.money}" for value in amounts)
    # the yearly goals read as printed once their figures are put back
    for goal in evaluation.goals:
        for printed, text in zip(form.goals, (goal.expected, goal.actual), strict=True):
            assert (
                re.sub(r"\{\{ facts\.(\w+) \}\}", lambda found: str(evaluation.facts[found[1]].value), text) == printed
            )
    notes = "".join(record.note or "" for record in evaluation.records.values())
    assert all(row.why in notes and row.standard in notes for row in form.rows)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SAMPLES)
def test_no_cell_is_lost_silently(name: str, format: str, tmp_path: Path) -> None:
    """What a form says stands in the files, or in a remark; a row nobody asked for too."""
    boxes = layout(SAMPLES[name])
    across = writers.width(boxes)
    boxes.insert(2, [("项目负责人", 1, 2), ("王某某（示例）", 1, across - 2)])
    writers.WRITERS[format](boxes, file := tmp_path / f"form{format}")
    made, _ = taken(file)
    said = "".join(text.zh for _, text in made.notes.remarks) + "".join(f.read_text("utf-8") for f in made.files)
    said = re.sub(r"\s", "", said)
    assert "王某某（示例）" in said
    for row in SAMPLES[name].rows:
        for text in (row.third, row.actual, row.why, row.standard):
            assert re.sub(r"\s", "", text) in said


def test_a_level_printed_over_two_columns(tmp_path: Path) -> None:
    """满意度指标 over the first two levels, and a satisfaction with no third level of its own."""
    for across, wide in ((2, "居民满意度"), (3, None)):
        boxes = layout(samples.PROJECT)
        at = next(n for n, row in enumerate(boxes) if any(text == "居民满意度" for text, *_ in row))
        kept = boxes[at][2:] if wide else boxes[at][3:]
        boxes[at] = [("满意度指标", 1, across), *kept]
        writers.write_docx(boxes, file := tmp_path / f"form{across}.docx")
        take_in(file, tmp_path / f"case{across}")
        (entry,) = load_case(tmp_path / f"case{across}").entries
        (own,) = entry.result.evaluation.indicators["satisfaction"]
        assert (own.title, own.target) == (wide or "满意度指标", "≥90%")


def test_funds_of_another_kind_are_reported_and_the_known_ones_kept(tmp_path: Path) -> None:
    funds = [*samples.PROJECT.funds[:2], ("中央对地方转移支付", "5", "6", "7"), *samples.PROJECT.funds[2:]]
    made, result = taken(write(replace(samples.PROJECT, funds=funds), tmp_path / "form.docx"))
    assert str(result.evaluation.facts["spent_other"].value) == "0万元"
    left = " ".join(remarks(made, "left"))
    assert "中央对地方转移支付" in left
    assert all(f"“{number}”" in left for number in "567")


SIGNS = {"≥": ">=", "≧": ">=", "≤": "<=", "＝": "=", "不低于": ">=", "不超过": "<=", "＞": ">", "小于": "<"}
TITLES = st.text("建设项目数量质量完成情况abAB（）《》、“”-/%:#&*!|>'\"[]{}\\", min_size=1, max_size=12).filter(
    lambda text: re.sub(r"\W", "", text) and not re.search("执行率|指标|合计|总分|预算", text) and text == text.strip()
)
LINES = st.tuples(
    TITLES,
    st.sampled_from(sorted(SIGNS)),
    st.decimals(min_value="0.01", max_value=99999, places=2),
    st.sampled_from(["人", "%", "万元", "场次"]),
    st.decimals(min_value=0, max_value=99999, places=2),
    st.integers(min_value=0, max_value=10),
)


@settings(max_examples=40)
@given(st.lists(LINES, min_size=5, max_size=5), st.lists(LINES, min_size=3, max_size=3), st.sampled_from(FORMATS))
def test_whatever_a_form_says_is_read_back(output: list[Any], benefit: list[Any], format: str) -> None:
    """The law behind the samples: titles, signs, numbers, units, actuals and scores come back as they went in."""
    both = [("产出指标", "数量指标", line) for line in output] + [
        ("效益指标", "社会效益指标", line) for line in benefit
    ]
    rows = [
        Row(first, second, title, f"{sign}{number}{unit}", f"{actual}{unit}", "10", str(score))
        for first, second, (title, sign, number, unit, actual, score) in both
    ]
    satisfied = samples.PROJECT.rows[-1]
    form = replace(samples.PROJECT, rows=[*rows, satisfied], total=("100", ""))
    with tempfile.TemporaryDirectory() as folder:
        _, result = taken(write(form, Path(folder) / f"form{format}"))
    own = [each for group in result.evaluation.indicators.values() for each in group][:-1]
    for indicator, (_, _, (title, sign, number, unit, actual, score)) in zip(own, both, strict=True):
        record = result.evaluation.records[indicator.id]
        assert re.sub(r"\s", "", indicator.title) == re.sub(r"\s", "", title)
        goal = indicator.goal()
        assert goal.quantity is not None
        assert (goal.sign, goal.quantity.value, goal.quantity.unit) == (SIGNS[sign], Fraction(number), unit)
        assert record.actual == f"{actual}{unit}" or Decimal(str(record.actual).removesuffix(unit)) == actual
        assert record.self_score == score


def test_the_second_satisfaction_calls_for_a_set_of_its_own(tmp_path: Path) -> None:
    """The set for 10/20/40/20/10 takes one satisfaction; a form with two is not squeezed into it."""
    rows = [*samples.COST.rows[:-1]]
    rows += [
        replace(samples.COST.rows[-1], third=third, weight="5", score="5") for third in ("用户满意度", "同行满意度")
    ]
    _, result = taken(write(replace(samples.COST, rows=rows), tmp_path / "form.docx"))
    assert result.evaluation.set == "project-set@1"
    assert [str(node.weight) for node in result.nodes] == ["10", "20", "40", "20", "10"]


def changed(form: Form, index: int, **values: str) -> Form:
    rows = [replace(row, **values) if at == index else row for at, row in enumerate(form.rows)]
    return replace(form, rows=rows)


def remarks(made: Imported, sort: str) -> list[str]:
    return [text.zh for each, text in made.notes.remarks if each == sort]


PUBLISHED = Form(  # 永德县明朗中学 2022, as published
    "project",
    "项目支出绩效自评表",
    2022,
    "义务教育营养改善计划专项资金",
    "永德县明朗中学",
    money="元",
    funds=[("年度资金总额", "387664.62", "387664.62", "387664.62")],
    execution=("10", "100%", "10"),
    department="永德县教育体育局",
    rows=[
        Row("产出指标", "数量指标", "学生受资助人数", "≧735人次", "735", "10", "10"),
        Row("产出指标", "质量指标", "营养改善计划覆盖率", "≧100%", "100%", "10", "10"),
        Row("产出指标", "时效指标", "资金到位及时率", "≧100%", "100%", "10", "7"),
        Row("产出指标", "成本指标", "生均补助标准达标率", "═100%", "100%", "10", "10"),
        Row("效益指标", "经济效益指标", "减轻贫困学生家庭经济负担", "有效", "有效", "10", "10"),
        Row("效益指标", "社会效益指标", "政策知晓率", "═100%", "98%", "10", "9"),
        Row("效益指标", "可持续影响指标", "促进学校教育事业健康发展", "≧100%", "100%", "10", "10"),
        Row("满意度指标", "服务对象满意度指标等", "学生满意度", "≧95%", "100%", "10", "10"),
        Row("满意度指标", "服务对象满意度指标等", "家长满意度", "≧95%", "100%", "10", "10"),
    ],
    total=("100", "96"),
)


def test_a_published_form_keeps_its_scores_beside_ours(tmp_path: Path) -> None:
    made, result = taken(write(PUBLISHED, tmp_path / "form.xlsx"))
    assert [str(node.weight) for node in result.nodes] == ["10", "40", "30", "20"]  # its own split, so a set of its own
    beside = {leaf.title.zh: (str(leaf.points), leaf.self_score) for leaf in result.leaves()}
    assert beside["资金到位及时率"] == ("10.00", 7)  # met in full, yet scored 7
    assert beside["政策知晓率"] == ("9.80", 9)
    assert str(result.evaluation.facts["budget"].value) == "387664.62元"
    assert sum(leaf.self_score or 0 for leaf in result.leaves()) == 96
    assert not remarks(made, "differs")


def test_printed_totals_and_rates_that_do_not_agree_are_reported_not_mended(tmp_path: Path) -> None:
    form = replace(samples.PROJECT, total=("100", "98"), execution=("10", "100%", "9"))
    made, result = taken(write(form, tmp_path / "form.docx"))
    assert remarks(made, "differs") == [
        "表1 第5行第7列：执行率印的是 100%，按金额是 90.00%",
        "表1 第21行第8列：总分栏得分印的是 98，各项得分合计 97.6",
    ]
    assert result.evaluation.records["execution-rate"].self_score == 9


@pytest.mark.parametrize(
    ("target", "actual", "read"),
    [
        ("①≥10期\n②≥200人", "①12期\n②180人", [("（1）", "5", "≥10期", "12期"), ("（2）", "5", "≥200人", "180人")]),
        ("1.≥10期\n2.≥200人", "1.12期\n2.180人", [("（1）", "5", "≥10期", "12期"), ("（2）", "5", "≥200人", "180人")]),
        (
            "①培训≥10期；②参训≥200人。",
            "①培训12期；②参训180人。",
            [("（培训）", "5", "≥10期", "12期"), ("（参训）", "5", "≥200人", "180人")],
        ),
        ("≥10期\n≥200人", "", [("（1）", "5", "≥10期", None), ("（2）", "5", "≥200人", None)]),
    ],
)
def test_several_targets_in_one_cell(target: str, actual: str, read: list[tuple[str, ...]], tmp_path: Path) -> None:
    form = changed(samples.PROJECT, 0, third="培训", target=target, actual=actual)
    made, result = taken(write(form, tmp_path / "form.docx"))
    parts = result.evaluation.indicators["output"][:2]
    records = result.evaluation.records
    got = [(p.title, str(p.weight), p.target, records[p.id].actual) for p in parts]
    assert got == [(f"培训{name}", *rest) for name, *rest in read]
    assert [records[p.id].self_score for p in parts] == [5, 5]  # full marks for both are full marks for each
    assert any("平分" in text for text in remarks(made, "assumed"))


@pytest.mark.parametrize(
    ("third", "titles"),
    [
        ("1.帮扶人数\n2.慰问人数", ["帮扶人数", "慰问人数"]),
        ("①帮扶人数②慰问人数", ["帮扶人数", "慰问人数"]),
        ("帮扶和慰问\n人数", ["帮扶和慰问人数（帮扶和慰问）", "帮扶和慰问人数（人数）"]),  # perhaps one title, broken
    ],
)
def test_titles_listed_beside_several_targets(third: str, titles: list[str], tmp_path: Path) -> None:
    form = changed(samples.PROJECT, 0, third=third, target="①≥10人\n②≥200人", actual="①12人\n②210人")
    _, result = taken(write(form, tmp_path / "form.docx"))
    assert [part.title for part in result.evaluation.indicators["output"][:2]] == titles


@pytest.mark.parametrize("format", FORMATS)
def test_the_heading_beside_the_funds_is_not_listed_as_left(format: str, tmp_path: Path) -> None:
    boxes = [
        [(text.replace("部门资金", "部门预算"), *spans) for text, *spans in row] for row in layout(samples.DEPARTMENT)
    ]
    assert any("部门预算" in text for row in boxes for text, *_ in row)
    writers.WRITERS[format](boxes, file := tmp_path / f"form{format}")  # type: ignore[arg-type]
    made, _ = taken(file)
    assert not [text for text in remarks(made, "left") if "部门预算" in text]


def test_a_score_for_several_parts_is_not_divided(tmp_path: Path) -> None:
    form = changed(samples.PROJECT, 0, target="①≥10期\n②≥200人", actual="①9期\n②200人", score="9")
    made, result = taken(write(replace(form, total=("100", "96.6")), tmp_path / "form.docx"))
    first, second = (result.evaluation.records[f"output-{n}"] for n in (1, 2))
    assert (first.self_score, second.self_score) == (None, None)
    assert "原表各分项合计得分：9" in (first.note or "")
    assert any("不能分开" in text for text in remarks(made, "left"))


def test_points_listed_for_each_part_are_kept(tmp_path: Path) -> None:
    form = changed(
        samples.PROJECT, 0, target="①≥10期\n②≥200人", actual="①9期\n②200人", weight="①4\n②6", score="①3.6\n②6"
    )
    _, result = taken(write(replace(form, total=("100", "97.2")), tmp_path / "form.html"))
    records = result.evaluation.records
    assert [str(own.weight) for own in result.evaluation.indicators["output"][:2]] == ["4", "6"]
    assert [str(records[f"output-{n}"].self_score) for n in (1, 2)] == ["3.6", "6"]


def test_rows_that_share_one_merged_weight_are_parts_of_it(tmp_path: Path) -> None:
    boxes = layout(samples.PROJECT)
    at = next(n for n, row in enumerate(boxes) if any(text == "新建图书角数量" for text, *_ in row))
    for row, text in ((at, "10"), (at + 1, "")):
        boxes[row] = [box for box in boxes[row] if box[0] not in ("10", "9.6")]
        if text:
            boxes[row].insert(-1, ("20", 2, 1))
            boxes[row].insert(-1, ("20", 2, 1))
    boxes[-1][2] = ("98", 1, 1)
    writers.write_docx(boxes, file := tmp_path / "form.docx")
    _, result = taken(file)
    first, second = result.evaluation.indicators["output"][:2]
    assert [(own.title, str(own.weight)) for own in (first, second)] == [
        ("新建图书角数量", "10"),
        ("添置图书册数", "10"),
    ]
    assert result.evaluation.records[second.id].actual == 4800


def split(rows: list[list[writers.Box]], at: int, repeat: int | None) -> list[list[list[writers.Box]]]:
    """A table as two, cut above a row where nothing spans; the head row repeated or not."""
    return [rows[:at], [*([[(text, 1, across) for text, _, across in rows[repeat]]] if repeat else []), *rows[at:]]]


@pytest.mark.parametrize("repeated", [True, False])
def test_a_table_cut_by_a_page_break_is_joined(repeated: bool, tmp_path: Path) -> None:
    boxes = [
        [(text, 1 if text == "绩效指标" else down, across) for text, down, across in row]
        for row in layout(samples.PROJECT)
    ]
    head = next(n for n, row in enumerate(boxes) if row[0][0] == "绩效指标")
    for row in boxes[head + 1 : -1]:
        row.insert(0, ("", 1, 1))
    cut = next(n for n, row in enumerate(boxes) if any(text == "居民阅读条件" for text, *_ in row))
    document = docx.Document()
    for part in split(boxes, cut, head if repeated else None):
        table = document.add_table(len(part), writers.width(part))
        for number, column, (text, down, across) in writers.placed(part):
            cell = table.cell(number, column)
            cell = cell.merge(table.cell(number + down - 1, column + across - 1)) if (down, across) != (1, 1) else cell
            cell.text = text
        document.element.body.remove(document.add_paragraph()._p) if not repeated else document.add_paragraph("续表")
    document.save(str(file := tmp_path / "form.docx"))
    _, result = taken(file)
    assert indicators(result) == READ["project"]


def test_several_forms_in_one_file(tmp_path: Path) -> None:
    other = replace(samples.PROJECT, name="示例社区健身角建设")
    writers.write_xlsx([*layout(samples.PROJECT), *layout(other)], stacked := tmp_path / "forms.xlsx")
    made = take_in(stacked, tmp_path / "case")
    case = load_case(tmp_path / "case")
    assert [entry.result.evaluation.subject.name for entry in case.entries] == [samples.PROJECT.name, other.name]
    assert [entry.label for entry in case.entries] == ["附件2-1", "附件2-2"]
    assert not remarks(made, "left")
    with pytest.raises(ScoringError, match="要写成一个文件夹"):
        take_in(stacked, tmp_path / "one.yaml")
    writers.write_xlsx([*layout(samples.PROJECT), *layout(replace(other, year=2020))], mixed := tmp_path / "years.xlsx")
    with pytest.raises(ScoringError, match="年度不同：2020、2021"):
        take_in(mixed, tmp_path / "years")
    take_in(mixed, tmp_path / "years", year=2021)
    assert load_case(tmp_path / "years").dossier


@pytest.mark.parametrize(
    ("head", "cell", "value", "sort", "words"),
    [
        ("元", "1084500", "1084500元", "", ""),
        ("万元", "108.45", "108.45万元", "", ""),
        ("万元", "1084500元", "1084500元", "differs", "表头单位是万元，这一格写的是 1084500元，按这一格"),
        ("", "108.45", "108.45万元", "assumed", "金额没有写单位，按万元读"),
        ("", "1,084,500 元", "1084500元", "", ""),
    ],
)
def test_money_is_never_mixed_silently(head: str, cell: str, value: str, sort: str, words: str, tmp_path: Path) -> None:
    funds = [("年度资金总额", cell if not head else "", cell, cell)]
    boxes = layout(replace(samples.PROJECT, money="％％", funds=funds, execution=("10", "", "9")))
    boxes = [
        [(text.replace("（％％）", f"（{head}）" if head else ""), *spans) for text, *spans in row] for row in boxes
    ]  # type: ignore[misc]
    writers.write_docx(boxes, file := tmp_path / "form.docx")
    made, result = taken(file)
    assert str(result.evaluation.facts["spent"].value).replace(",", "") == value
    assert (
        (words in " ".join(remarks(made, sort)))
        if sort
        else not remarks(made, "differs") + remarks(made, "assumed")[1:]
    )


def test_a_report_with_two_completion_tables_as_published(tmp_path: Path) -> None:
    """The trade union's document: two tables under headings of their own, the second headed 2018 by mistake."""
    document = docx.Document()
    names = ((2019, "省部级劳模补助"), (2018, "特困职工补助"))
    for year, name in names:
        document.add_paragraph("项目支出绩效目标完成情况表")
        document.add_paragraph(f"({year}年度)")
        boxes = layout(replace(samples.COMPLETION, name=name))[1:]
        table = document.add_table(len(boxes), writers.width(boxes))
        for number, column, (text, down, across) in writers.placed(boxes):
            table.cell(number, column).merge(table.cell(number + down - 1, column + across - 1)).text = text
    document.add_table(1, 2).cell(0, 0).text = "另一张表"
    document.save(str(file := tmp_path / "report.docx"))
    with pytest.raises(ScoringError, match="年度不同：2018、2019"):
        take_in(file, tmp_path / "case")
    made = take_in(file, tmp_path / "case", year=2019)
    assert remarks(made, "differs") == ["表2 第1行第1列：表上是 2018 年度，按 --year 写作 2019"]
    assert remarks(made, "left") == ["表3 第1行第1列：表3不是自评表或指标体系表，没有导入"]
    case = load_case(tmp_path / "case")
    assert [entry.result.evaluation.subject.name for entry in case.entries] == [name for _, name in names]


def test_one_file_instead_of_a_folder(tmp_path: Path) -> None:
    file = write(samples.DEPARTMENT, tmp_path / "form.csv")
    made = take_in(file, tmp_path / "new" / "archive.yaml")
    assert made.files == (tmp_path / "new/archive.yaml", tmp_path / "new/indicator_sets/archive-set.yaml")
    assert load_case(made.files[0]).entries[0].result.evaluation.id == "archive"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_offices_use(encoding: str, tmp_path: Path) -> None:
    writers.write_csv(layout(samples.COST), file := tmp_path / "form.csv", encoding)
    assert indicators(taken(file)[1]) == READ["cost"]


def test_the_set_can_be_named(tmp_path: Path) -> None:
    file = write(samples.PROJECT, tmp_path / "form.docx")
    with pytest.raises(ScoringError, match="central-self-evaluation-2021-no-cost 对不上"):
        take_in(file, tmp_path / "case", set_id="central-self-evaluation-2021-no-cost")  # it has no 可持续影响
    form = replace(
        samples.PROJECT,
        rows=[replace(row, second=row.second.replace("可持续影响", "经济效益")) for row in samples.PROJECT.rows],
    )
    form = changed(form, 5, second="时效指标")
    take_in(write(form, tmp_path / "b.docx"), tmp_path / "case", set_id="central-self-evaluation-2021-no-cost")
    assert load_case(tmp_path / "case").entries[0].result.indicator_set.id == "central-self-evaluation-2021-no-cost"


def spoiled(**values: str) -> Callable[[Path], Path]:
    return lambda folder: write(changed(samples.PROJECT, 0, **values), folder / "form.docx")


def titled(form: Form) -> Callable[[Path], Path]:
    return lambda folder: write(form, folder / "form.docx")


def plain_table(*rows: tuple[str, ...]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        writers.write_docx([[(text, 1, 1) for text in row] for row in rows], file := folder / "form.docx")
        return file

    return make


ZHONGJIANG = replace(  # 中江县水利局 2022, as published: the rows add to 110, the total prints 100
    PUBLISHED,
    rows=[
        *(
            Row("产出指标", "数量指标", third, target, target, "10", "10")
            for third, target in (("安装坡面水标尺", "≥266米"), ("水标尺宽度", "≥50厘米"))
        ),
        Row("产出指标", "质量指标", "项目（工程）验收合格率", "100%", "100%", "20", "20"),
        *(Row("产出指标", "时效指标", third, "≥90%", "≥90%", "10", "10") for third in ("及时开工率", "及时完工率")),
        Row("产出指标", "成本指标", "项目计划总投资", "20万元", "20万元", "10", "10"),
        *(
            Row("效益指标", "社会效益指标", third, "显著提升", "显著提升", "10", "10")
            for third in ("受益人口", "条件改善状况")
        ),
        Row("满意度指标", "服务对象满意度指标", "受益户满意度", "≥95%", "≥95%", "10", "10"),
    ],
    total=("100", "100"),
)
FAULTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "words for points": (spoiled(weight="十分"), "表1 第12行第7列：分值应当是一个数，写的是“十分”"),
    "words for a score": (spoiled(score="满分"), "表1 第12行第8列：得分应当是一个数，写的是“满分”"),
    "no points in one row": (spoiled(weight=""), "表1 第12行第7列：“新建图书角数量”没有分值"),
    "negative points": (spoiled(weight="-5"), "表1 第12行第7列：分值应当是一个数，写的是“-5”"),
    "a day that is none": (spoiled(target="2021年2月30日前"), "表1 第12行第5列：日历上没有这一天"),
    "rows that add to 110": (
        titled(ZHONGJIANG),
        "各项分值合计 110 分（10 + 70 + 20 + 10），应为 100 分，表上总分印的是 100",
    ),
    "words for an amount": (
        titled(replace(samples.PROJECT, funds=[("年度资金总额", "100", "一百万", "90")])),
        "表1 第5行第4列：金额应当是一个数，写的是“一百万”",
    ),
    "no year": (titled(replace(samples.PROJECT, title="自评表", year=0)), "表上没有年度"),
    "no name": (titled(replace(samples.PROJECT, name="")), "表上没有项目（部门）名称"),
    "no unit": (titled(replace(samples.PROJECT, department="")), "表上没有实施（预算）单位"),
    "no actuals": (
        plain_table(
            ("项目名称", "示例", "", ""), ("一级指标", "二级指标", "三级指标", "指标值"), ("产出", "数量", "册数", "≥5")
        ),
        "没有认出绩效自评表",
    ),
    "some other table": (plain_table(("姓名", "金额"), ("甲某", "5")), "没有认出绩效自评表"),
    "no points, and scores that are no equal parts": (
        titled(
            replace(
                samples.COST, execution=("", "", ""), rows=[replace(row, weight="") for row in samples.PROJECT.rows]
            )
        ),
        "表1 第10行第10列：表上没有分值，平分每项 8.34 分，而得分是 10，说明分值不是平分的",
    ),
    "no points and no satisfaction": (
        titled(replace(samples.COMPLETION, rows=samples.COMPLETION.rows[:2])),
        "表上没有分值，又不是通常的一级指标都有，合计只有 90 分",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_understood_is_said_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    make, message = FAULTS[name]
    file = make(tmp_path)
    with pytest.raises(ScoringError) as raised:
        take_in(file, tmp_path / "case")
    assert message in str(raised.value)
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_exits_1_on_a_faulty_form(tmp_path: Path) -> None:
    file = FAULTS["rows that add to 110"][0](tmp_path)
    done = run("import", file, "-o", tmp_path / "case", "--lang", "en")
    assert done.returncode == 1
    assert "the points add up to 110 (10 + 70 + 20 + 10), not to 100" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_faults_at_once(tmp_path: Path) -> None:
    form = changed(changed(samples.PROJECT, 0, weight="十"), 3, score="好")
    with pytest.raises(ScoringError) as raised:
        take_in(write(replace(form, name=""), tmp_path / "form.docx"), tmp_path / "case")
    assert len(raised.value.diagnostics) == 3


def test_what_a_case_may_not_hold_is_put_down_to_the_form(tmp_path: Path) -> None:
    """Points finer than scores are rounded: only the finished evaluation shows it, and it is not written."""
    form = changed(changed(samples.PROJECT, 0, weight="9.995"), 1, weight="10.005")
    file = write(form, tmp_path / "form.docx")
    with pytest.raises(ScoringError, match=r"分值 9.995 的小数比得分的 2 位多") as raised:
        take_in(file, tmp_path / "case")
    assert {diagnostic.file for diagnostic in raised.value.diagnostics} == {file}
    assert list(tmp_path.iterdir()) == [file]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = write(samples.PROJECT, tmp_path / "form.docx")
    assert run("import", file, "-o", tmp_path / "case").returncode == 0
    before = (tmp_path / "case/project.yaml").read_bytes()
    again = run("import", file, "-o", tmp_path / "case", "--lang", "en")
    assert again.returncode == 1
    assert "the folder exists and is not empty" in again.stderr
    taken_file = run("import", file, "-o", tmp_path / "case/project.yaml")
    assert taken_file.returncode == 1
    assert "文件已存在" in taken_file.stderr
    assert (tmp_path / "case/project.yaml").read_bytes() == before


def test_the_command_says_what_it_assumed_and_score_runs_on_what_it_wrote(tmp_path: Path) -> None:
    file = write(changed(samples.PROJECT, 0, target="12个"), tmp_path / "form.xlsx")
    done = run("import", file, "-o", tmp_path / "case")
    assert done.returncode == 0
    assert "自评表!E12：目标值“12个”没有印符号，按 ≥ 读" in done.stderr
    assert "# - 自评表!E12：目标值“12个”没有印符号，按 ≥ 读" in (tmp_path / "case/project.yaml").read_text("utf-8")
    assert "得分 83.60 / 100" in run("score", tmp_path / "case").stdout
    told = run("explain", tmp_path / "case", "benefit-1").stdout
    assert "单位自评分：14，计算得分待定" in told
    assert "单位自评分：9.6，与计算得分相同" in run("explain", tmp_path / "case", "output-2").stdout
    text = (tmp_path / "case/project.yaml").read_text("utf-8")
    (tmp_path / "case/project.yaml").write_text(text.replace("self_score: 9.6", "self_score: 9.9"), "utf-8")
    assert (
        "self-score: 9.9, 0.3 above what is computed"
        in run("explain", tmp_path / "case", "output-2", "--lang", "en").stdout
    )
    (tmp_path / "case/project.yaml").write_text(text, "utf-8")
    assert '"self_score": "9.6"' in run("score", tmp_path / "case", "--format", "json").stdout
    assert run("check", tmp_path / "case").returncode == 0  # the figures of the goals are declared once
    english = run("import", file, "-o", tmp_path / "english", "--lang", "en")
    assert "自评表!E12: the target '12个' has no sign: read as ≥" in english.stderr


def test_a_self_score_above_the_weight_is_a_fault(tmp_path: Path) -> None:
    file = write(samples.PROJECT, tmp_path / "form.docx")
    take_in(file, tmp_path / "case")
    text = (tmp_path / "case/project.yaml").read_text("utf-8")
    (tmp_path / "case/project.yaml").write_text(text.replace("self_score: 9.6", "self_score: 10.6"), "utf-8")
    done = run("score", tmp_path / "case")
    assert done.returncode == 1
    assert "自评分 10.6 超过分值 10" in done.stderr


def test_a_score_above_its_points_is_reported_and_left_out(tmp_path: Path) -> None:
    form = replace(changed(samples.PROJECT, 0, score="12"), total=("100", "99.6"))
    made, result = taken(write(form, tmp_path / "form.docx"))
    assert result.evaluation.records["output-1"].self_score is None
    assert remarks(made, "left") == ["表1 第12行第8列：得分 12 大于分值 10，没有写入自评分"]


CASES = yaml.safe_load((Path(__file__).parent / "cells.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES["targets"], ids=lambda case: str(case["printed"]))
def test_targets_as_forms_print_them(case: dict[str, str]) -> None:
    from scoring.exchange.reading import wanted

    goal = wanted(case["printed"], case.get("column", ""), case.get("unit_column", ""), case.get("second", ""))
    number = (
        str(Decimal(goal.goal.quantity.value.numerator) / goal.goal.quantity.value.denominator)
        if goal.goal.quantity
        else ""
    )
    unit = goal.goal.quantity.unit if goal.goal.quantity else ""
    assert (goal.goal.sign, number, unit) == (case["sign"], case.get("number", ""), case.get("unit", ""))
    assert bool(goal.assumed) == case.get("assumed", False)


@pytest.mark.parametrize("case", CASES["actuals"], ids=lambda case: f"{case['target']} {case['printed']}")
def test_actuals_as_forms_print_them(case: dict[str, str]) -> None:
    from scoring.exchange.reading import found
    from scoring.values import read_target

    read = found(case["printed"], read_target(case["target"]))
    assert read.text == case["read"]
    assert (read.assumed is not None, read.problem is not None) == (case.get("assumed", False), case["read"] is None)


def test_a_bare_share_is_neither_a_percentage_nor_lost(tmp_path: Path) -> None:
    """0.95 typed into an unformatted cell against ≥95%: it is left out of the score and kept in sight."""
    made, result = taken(write(changed(samples.PROJECT, 8, actual="0.95"), tmp_path / "form.xlsx"))
    record = result.evaluation.records["satisfaction-1"]
    assert record.actual is None
    assert "0.95" in (record.note or "")
    assert any("可能是 0.95%" in text for text in remarks(made, "left"))


@pytest.mark.parametrize(
    ("cells", "sort", "said"),
    [
        ({"target": "＞12个"}, "assumed", "表1 第12行第5列：目标值“＞12个”不含本数，计算完成率时达到 12个 即算完成"),
        ({"target": "＜12个"}, "assumed", "表1 第12行第5列：目标值“＜12个”不含本数，计算完成率时达到 12个 即算完成"),
        ({"target": "≥10个；≥3批"}, "assumed", "表1 第12行第5列：“≥10个；≥3批”不是一个数，按文字目标由人评判"),
        ({"target": "10-14个"}, "assumed", "表1 第12行第5列：“10-14个”不是一个数，按文字目标由人评判"),
        ({"target": "达到100%", "actual": "100%"}, "assumed", "表1 第12行第5列：“达到100%”读作 ≥100%"),
        (
            {"actual": "——"},
            "left",
            "表1 第12行第6列：“新建图书角数量”的实际完成值写的是“——”，自评得分却是 10，实际值待填",
        ),
        ({"actual": ""}, "left", "表1 第12行第6列：“新建图书角数量”的实际完成值是空的，自评得分却是 10，实际值待填"),
    ],
)
def test_what_is_not_scored_as_printed_is_said_with_its_cell(
    cells: dict[str, str], sort: str, said: str, tmp_path: Path
) -> None:
    made, _ = taken(write(changed(samples.PROJECT, 0, **cells), tmp_path / "form.docx"))
    assert said in remarks(made, sort)


def test_sheets_that_are_hidden_are_not_read(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(file := tmp_path / "form.xlsx"))
    book.add_worksheet("说明").write_string(0, 0, "填表说明")
    sheet = book.add_worksheet("隐藏")
    sheet.write_string(0, 0, "一级指标")
    sheet.hide()
    book.close()
    with pytest.raises(ScoringError, match="没有认出"):
        take_in(file, tmp_path / "case")
