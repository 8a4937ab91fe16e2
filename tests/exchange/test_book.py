"""Score books: what is written, what is read back, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from scoring.engine import assess
from scoring.errors import ScoringError
from scoring.exchange.basis import basis
from scoring.exchange.book import book
from scoring.exchange.plan import Plan, letters, plan
from scoring.exchange.readback import updates, write
from scoring.load import Case, Entry, load_case
from tests.conftest import EXAMPLE, ROOT, change
from tests.exchange.edited import edited
from tests.exchange.libreoffice import cells_of, needs_soffice, recalculated
from tests.exchange.recalculate import run
from tests.rules.answered import a_set, an_evaluation
from tests.test_engine_laws import group, judged

DEPARTMENT, WORKERS = "附件1 广元市利州区总工会", "附件2-1 省部级劳模补助"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def exported(case: Path, tmp_path: Path) -> Path:
    (tmp_path / "book.xlsx").write_bytes(book(load_case(case)))
    return tmp_path / "book.xlsx"


@pytest.fixture
def fill(exported: Path, case: Path, tmp_path: Path) -> Callable[..., Path]:
    """Fills cells of a sheet: {"project-effect judge": 7, …}; gives the copy."""
    entries = load_case(case).entries
    plans = {f"{e.label} {e.result.evaluation.subject.name}": plan(e, "x") for e in entries}

    def filled(cells: dict[str, Any], sheet: str = DEPARTMENT, name: str = "filled.xlsx", drop_row: int = 0) -> Path:
        one: Plan = plans[sheet]
        places = {}
        for where, value in cells.items():
            line, _, key = where.partition(" ")
            places[one.lines[line].row, one.column(key)] = value
        return edited(exported, tmp_path / name, sheet, places, drop_row)

    return filled


def imported(case: Path, *files: Path) -> list[str]:
    """Reads the books back and writes them; the changes as shown."""
    found = updates(files, case)
    write(found, "甲", "试验")
    return [
        f"{edit.title}：{edit.shown(edit.old)} → {edit.shown(edit.new)}" for update in found for edit in update.edits
    ]


def refusals(case: Path, *files: Path) -> str:
    before = {file: file.read_bytes() for file in case.glob("*.yaml")}
    with pytest.raises(ScoringError) as caught:
        imported(case, *files)
    assert {file: file.read_bytes() for file in case.glob("*.yaml")} == before
    return "\n".join(diagnostic.render() for diagnostic in caught.value.diagnostics)


def changed_lines(case: Path, name: str) -> list[str]:
    """The lines of a file that are not in the example."""
    old = (EXAMPLE / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in (case / name).read_text(encoding="utf-8").splitlines() if line not in old]


# --- what is written --------------------------------------------------------------------------------------------------


def test_the_same_case_gives_the_same_book() -> None:
    case = load_case(EXAMPLE)
    assert book(case) == book(case)


def test_a_sheet_for_every_evaluation_and_nothing_but_hidden_ones_beside(exported: Path) -> None:
    workbook = load_workbook(str(exported))
    visible = [sheet.name for sheet in workbook.sheets_metadata if str(sheet.visible).endswith("Visible")]
    assert visible == [DEPARTMENT, WORKERS, "附件2-2 困难职工补助"]
    with zipfile.ZipFile(exported) as archive:
        assert 'name="_jixiao" sheetId="8" state="veryHidden"' in archive.read("xl/workbook.xml").decode()


def test_what_looks_like_a_formula_stays_text(case: Path, tmp_path: Path) -> None:
    file = case / "department.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "    mark: 5\n    reason: 帮扶工作", "    mark: 5\n    note: '=1+1'\n    reason: 帮扶工作"
    )
    file.write_text(text, encoding="utf-8")
    target = tmp_path / "b.xlsx"
    target.write_bytes(book(load_case(case)))
    with zipfile.ZipFile(target) as archive:
        assert "<f>1+1</f>" not in archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<t>=1+1</t>" in archive.read("xl/sharedStrings.xml").decode()


def test_choices_too_long_for_a_list_stand_on_a_sheet_of_their_own(tmp_path: Path) -> None:
    levels = [{"name": f"{name}，{'很长' * 70}", "share": share} for name, share in (("好", "100%"), ("差", "0%"))]
    leaf = {**judged("a", "10"), "rule": {"kind": "levels", "levels": levels}}
    result, _ = assess(a_set(maximum=10, indicators=[leaf]), an_evaluation())
    assert result is not None
    (tmp_path / "b.xlsx").write_bytes(book(Case(tmp_path, None, (Entry("附件1", tmp_path / "e.yaml", result),))))
    listed = load_workbook(str(tmp_path / "b.xlsx")).get_sheet_by_name("_lists").to_python()
    assert [row[0] for row in listed] == [level["name"] for level in levels]
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        assert "'_lists'!$A$1:$A$2" in archive.read("xl/worksheets/sheet1.xml").decode()


def test_a_number_no_spreadsheet_holds_is_refused(case: Path) -> None:
    file = case / "department.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "  hospitality_guests: {title: 公务接待人次",
        "  large: {title: 很大的数, value: 123456789012.5元}\n  hospitality_guests: {title: 公务接待人次",
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScoringError) as caught:
        book(load_case(case))
    assert "facts.large.value: 123456789012.5 的位数超过表格的精度" in str(caught.value)


@needs_soffice
def test_random_evaluations_recalculate_to_what_the_engine_says(tmp_path: Path) -> None:
    outcome = run(20, 1, tmp_path)
    assert outcome.differences == []
    assert outcome.cells > 60


@needs_soffice
def test_a_filled_in_cell_moves_points_total_and_grade(fill: Callable[..., Path], tmp_path: Path) -> None:
    cells = {"project-effect judge": 0, "objectives#check.goals_set judge": "否", "facts.projects_reviewed actual": 1}
    (file,) = recalculated([fill(cells)], tmp_path)
    rows = cells_of(file, DEPARTMENT)
    assert [
        row[10] for row in rows if row[0] in ("project-effect", "objectives", "performance-management", "#total")
    ] == [6, 8.75, 0, 79.75]
    assert "等级：中" in rows[[row[0] for row in rows].index("#total")]


@needs_soffice
def test_a_blank_cell_waits_and_leaves_no_grade(fill: Callable[..., Path], tmp_path: Path) -> None:
    (file,) = recalculated([fill({"project-effect judge": None, "facts.projects actual": 0})], tmp_path)
    rows = {row[0]: row for row in cells_of(file, DEPARTMENT)}
    assert (rows["project-effect"][10], rows["performance-management"][10]) == ("待填", "算不出")
    assert "等级：待定（还有2项）" in rows["#total"]


# --- what is read back ------------------------------------------------------------------------------------------------


def test_an_untouched_book_changes_nothing(case: Path, exported: Path) -> None:
    assert updates([exported], case) == []


@needs_soffice
def test_a_book_saved_by_another_program_changes_nothing(case: Path, exported: Path, tmp_path: Path) -> None:
    assert updates(recalculated([exported], tmp_path), case) == []


CHANGES: list[tuple[dict[str, Any], str, list[str], list[str]]] = [
    # cells, file, changes as shown, lines as written
    (
        {"project-effect judge": 7.5, "project-effect reason": "核减"},
        "department.yaml",
        [
            "项目解决的问题与社会效益 评分：8 → 7.5",
            "项目解决的问题与社会效益 理由：两个项目按计划惠及劳模和困难职工；"
            "困难职工档案没有随脱困情况及时更新，影响帮扶的准确性 → 核减",
        ],
        ["mark: 7.5", "reason: 核减"],
    ),
    (
        {"objectives#check.goals_set judge": "否", "objectives problem": "没有编制目标"},
        "department.yaml",
        ["部门绩效目标制定 存在问题： → 没有编制目标", "部门绩效目标制定 要点 编制了部门和项目绩效目标：是 → 否"],
        ["checks: {goals_set: false, goals_assigned: true, goals_measurable: true}", "problem: 没有编制目标"],
    ),
    (
        {"facts.projects_reviewed actual": 1, "performance-management problem": "一个项目没有自评"},
        "department.yaml",
        ["项目绩效管理 存在问题： → 一个项目没有自评", "事实 开展绩效自评的项目数 数值：2个 → 1个"],
        ["projects_reviewed: {value: 1个, source: 2019年度部门决算 第二部分第十项}", "problem: 一个项目没有自评"],
    ),
    (
        {
            "submission-time#deduct.late.0 judge": 2,
            "submission-time#deduct.late.0 reason": "晚报两次",
            "submission-time#deduct.late.0 problem": "没有按时报送",
        },
        "department.yaml",
        ["报送时效 扣分 逾期报送 次数： → 2", "报送时效 扣分 逾期报送 理由： → 晚报两次", "报送时效 扣分 逾期报送 存在问题： → 没有按时报送"],
        ["deductions: [{cause: late, count: 2, reason: 晚报两次, problem: 没有按时报送}]"],
    ),
    (
        {
            "project-evaluation#deduct.funds_carried_over.0 judge": None,
            "project-evaluation#deduct.funds_carried_over.0 reason": None,
        },
        "department.yaml",
        ["项目绩效评价 扣分 项目资金未按计划使用 扣分：1 → ", "项目绩效评价 扣分 项目资金未按计划使用 理由：项目资金的使用进度没有与业务部室衔接 → "],
        [],
    ),
    (
        {"final-accounts evidence": "2019年度部门决算｜附件1\n批复文件"},
        "department.yaml",
        ["部门决算编制和审查 佐证材料：2019年度部门决算｜附件1 第三部分（一）2 → 2019年度部门决算｜附件1\n批复文件"],
        ["evidence: [{title: 2019年度部门决算, place: 附件1}, {title: 批复文件}]"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "name", "shown", "lines"), CHANGES)
def test_filled_in_cells_are_written_where_they_belong(
    case: Path, fill: Callable[..., Path], cells: dict[str, Any], name: str, shown: list[str], lines: list[str]
) -> None:
    assert imported(case, fill(cells)) == shown
    assert changed_lines(case, name) == lines
    load_case(case)


def test_a_number_takes_the_unit_of_its_row(case: Path, fill: Callable[..., Path]) -> None:
    cells = {"satisfaction-of-model-workers actual": 0.965, "satisfaction-of-model-workers judge": None}
    texts = {f"satisfaction-of-model-workers {key}": None for key in ("reason",)}
    imported(case, fill({**cells, **texts}, WORKERS))
    assert "actual: 96.5%" in changed_lines(case, "model-workers.yaml")


@pytest.mark.parametrize(
    ("held", "written"), [(0.95, "95%"), (58.7 / 100, "58.7%"), (0.07 * 3, "21%"), (0.005, "0.5%"), (1.2, "120%")]
)
def test_a_percent_cell_holds_the_share(held: float, written: str, case: Path, fill: Callable[..., Path]) -> None:
    cells = {"satisfaction-of-model-workers actual": held, "satisfaction-of-model-workers judge": None}
    imported(case, fill({**cells, "satisfaction-of-model-workers reason": None}, WORKERS))
    assert f"actual: {written}" in changed_lines(case, "model-workers.yaml")


def test_every_cell_in_percent_is_a_percent_cell(tmp_path: Path) -> None:
    """Spreadsheets take 95 and 95% alike there, and show what they made of it."""
    leaf = {**judged("a", "10"), "rule": {"kind": "levels"}}
    record = {"level": "达成年度指标", "share": "94%", "reason": "试验"}
    facts = {"rate": {"title": "比率", "value": "99.125%"}, "income": {"title": "收入", "value": "0.94万元"}}
    result, faults = assess(a_set(maximum=10, indicators=[leaf]), an_evaluation(records={"a": record}, facts=facts))
    assert faults == []
    assert result is not None
    entry = Entry("附件1", tmp_path / "e.yaml", result)
    (tmp_path / "b.xlsx").write_bytes(book(Case(tmp_path, None, (entry,))))
    one = plan(entry, "x")
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        sheet, styles = archive.read("xl/worksheets/sheet1.xml").decode(), archive.read("xl/styles.xml").decode()
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.partition("<cellXfs")[2])
    percent = re.search(r'numFmtId="(\d+)" formatCode="0.00##%"', styles)
    assert percent

    def cell(line: str, key: str) -> tuple[bool, str]:
        found = re.search(
            rf'<c r="{letters(one.column(key))}{one.lines[line].row + 1}" s="(\d+)"><v>([^<]*)</v>', sheet
        )
        assert found
        return formats[int(found[1])] == percent[1], found[2]

    assert cell("a#share", "judge") == (True, "0.94")
    assert cell("facts.rate", "actual") == (True, "0.99125")
    assert cell("facts.income", "actual") == (False, "0.94")


SECOND = "budget-quality#deduct.wrong_data.1"
ERRORS = {f"{SECOND} judge": 2, f"{SECOND} reason": "两处差错", f"{SECOND} problem": "基础信息有差错"}


def test_a_book_read_back_twice_changes_nothing_the_second_time(case: Path, fill: Callable[..., Path]) -> None:
    filled = fill(ERRORS)
    assert len(imported(case, filled)) == 3
    assert updates([filled], case) == []


def test_deductions_that_changed_on_both_sides_are_a_conflict(case: Path, fill: Callable[..., Path]) -> None:
    one, two = fill(ERRORS, name="甲.xlsx"), fill({**ERRORS, f"{SECOND} judge": 3}, name="乙.xlsx")
    imported(case, one)
    assert "扣分记录在导出后改过" in refusals(case, two)


def test_a_deduction_without_an_amount_is_refused(case: Path, fill: Callable[..., Path]) -> None:
    assert "没有填次数或扣分" in refusals(case, fill({f"{SECOND} reason": "两处差错"}))


def test_two_books_are_merged(case: Path, fill: Callable[..., Path]) -> None:
    one = fill({"project-effect judge": 7}, name="甲.xlsx")
    two = fill({"project-feasibility note": "已复核"}, name="乙.xlsx")
    assert imported(case, one, two) == ["项目解决的问题与社会效益 评分：8 → 7", "项目可行性 备注： → 已复核"]
    assert changed_lines(case, "department.yaml") == ["note: 已复核", "mark: 7"]


def test_two_books_that_agree_are_no_conflict(case: Path, fill: Callable[..., Path]) -> None:
    books = [fill({"project-effect judge": 7}, name=name) for name in ("甲.xlsx", "乙.xlsx")]
    assert imported(case, *books) == ["项目解决的问题与社会效益 评分：8 → 7"]


def test_two_books_that_differ_are_refused_cell_by_cell(case: Path, fill: Callable[..., Path]) -> None:
    one = fill({"project-effect judge": 7, "project-feasibility judge": 4}, name="甲.xlsx")
    two = fill({"project-effect judge": 6, "project-feasibility judge": 3}, name="乙.xlsx")
    told = refusals(case, one, two)
    assert told.count("不一致") == 2
    assert f"乙.xlsx!{DEPARTMENT}!J" in told


def test_what_changed_in_the_file_since_the_export_is_a_conflict(case: Path, fill: Callable[..., Path]) -> None:
    filled = fill({"project-effect judge": 7})
    file = case / "department.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("mark: 8", "mark: 9"), encoding="utf-8")
    assert "评价文件里已改为“9”（导出时是“8”），本簿填的是“7”" in refusals(case, filled)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_every_fault_is_told_with_its_cell(case: Path, fill: Callable[..., Path]) -> None:
    cells = {
        "project-effect judge": "八分",
        "objectives#check.goals_set judge": "好",
        "facts.income actual": "368.21万元",
    }
    told = refusals(case, fill(cells))
    assert f"!{DEPARTMENT}!J" in told
    for words in (
        "“八分”不是数字",
        "“好”不在选项内；可选：是、否",
        "“368.21万元”不是数字，这里只填数字，单位“万元”不用写",
    ):
        assert words in told


def test_what_the_engine_refuses_is_told_at_the_cell(case: Path, fill: Callable[..., Path]) -> None:
    told = refusals(case, fill({"project-effect judge": 11, "project-feasibility reason": None}))
    assert "评分 11 超出 0–10 分的范围" in told
    assert "人工评分要写理由" in told
    assert told.count(f"!{DEPARTMENT}!") == 2


def test_a_row_that_went_missing(case: Path, fill: Callable[..., Path]) -> None:
    assert "有行被删除、插入或移动" in refusals(case, fill({}, drop_row=9))


def test_a_book_of_another_version_of_the_set(case: Path, exported: Path) -> None:
    (case / "indicator_sets").mkdir()
    source = (ROOT / "indicator_sets/sichuan/county-department-2019.yaml").read_text(encoding="utf-8")
    target = case / "indicator_sets" / "county-department-2019@2.yaml"
    target.write_text(source.replace('version: "1"', 'version: "2"'), encoding="utf-8")
    file = case / "department.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("2019@1", "2019@2"), encoding="utf-8")
    assert "按体系 county-department-2019@1 导出，评价现在用的是 county-department-2019@2" in refusals(case, exported)


def test_a_book_of_another_evaluation(case: Path, exported: Path) -> None:
    file = case / "department.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("id: department", "id: other"), encoding="utf-8")
    assert "是评价“department”" in refusals(case, exported)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("dossier.yaml", "id: lizhou-union-2019", "id: other", "评分簿属于“广元市利州区总工会”的评价“lizhou-union-2019”，这里是“广元市利州区总工会”的“other”"),
        ("dossier.yaml", "body: 广元市利州区总工会", "body: 乙单位", "这里是“乙单位”的“lizhou-union-2019”"),
        ("department.yaml", "unit: 广元市利州区总工会", "unit: 乙单位", "这里是 广元市利州区总工会，乙单位，2019"),
        ("department.yaml", "subject: {name: 广元市利州区总工会", "subject: {name: 乙单位", "这里是 乙单位，广元市利州区总工会，2019"),
    ],
)  # fmt: skip
def test_a_book_of_another_case(
    name: str, old: str, new: str, words: str, case: Path, fill: Callable[..., Path]
) -> None:
    """Many cases call their only evaluation `project`."""
    filled = fill({"project-effect judge": 7})
    change(case / name, old, new)
    assert words in refusals(case, filled)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"paid-before-festival": "paid-in-time"}, "指标"),
        ({"title: 按标准足额发放": "title: 足额发放"}, "指标"),
        ({"target: 春节前发放到位": "target: 元旦前发放到位"}, "目标"),
        ({"target: ≥10.34万元": "target: ≥9.34万元"}, "目标"),
        ({"  completion-quantity:\n": "  completion-quantity:\n  - {id: more, title: 又一个, weight: 2, target: 很好}\n",
          "    weight: 5\n    target: ≥10.34万元": "    weight: 3\n    target: ≥10.34万元"}, "指标"),
        ({"    target: 足额发放到劳模本人": "    target: 足额发放到劳模本人\n    rule: {kind: judged, at_least: 1}"}, "评分规则"),
    ],
)  # fmt: skip
def test_a_book_made_from_other_indicators(
    changes: dict[str, str], part: str, case: Path, fill: Callable[..., Path]
) -> None:
    filled = fill({"project-effect judge": 7})
    file = case / "model-workers.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    assert f"工作表“{WORKERS}”：评价文件的{part}在导出后改过" in refusals(case, filled)


def test_units_of_the_set_belong_to_what_a_book_is_made_from() -> None:
    result = load_case(EXAMPLE).entries[0].result
    facts = {name: fact.model_copy(update={"unit": "万元"}) for name, fact in result.indicator_set.facts.items()}
    other = replace(result, indicator_set=result.indicator_set.model_copy(update={"facts": facts}))
    before, after = basis(result), basis(other)
    assert {part for part in before if before[part] != after[part]} == {"units"}


def test_a_book_of_an_earlier_format(case: Path, exported: Path, tmp_path: Path) -> None:
    """Its cells in % hold 95, not 0.95."""
    old = edited(exported, tmp_path / "old.xlsx", "_jixiao", {(0, 0): "jixiao-book-1"})
    assert "请重新导出" in refusals(case, old)


def test_a_map_that_was_tampered_with(case: Path, exported: Path, tmp_path: Path) -> None:
    target = edited(exported, tmp_path / "t.xlsx", "_jixiao", {(3, 3): "project-effect"})
    assert "对照表被改动过" in refusals(case, target)


def test_a_map_made_up_to_reach_other_places(case: Path, exported: Path, tmp_path: Path) -> None:
    rows = [row for row in load_workbook(str(exported)).get_sheet_by_name("_jixiao").to_python() if row[0] != "sha256"]
    at = next(index for index, row in enumerate(rows) if row[0] == "field")
    texts = [[str(cell) for cell in row] for row in rows]
    texts[at][4] = texts[at][4].replace('"records"', '"set"')
    kept = [row[: max(i for i, text in enumerate(row, 1) if text)] for row in texts]
    kept = [[*row, ""] if row[0] == "field" and len(row) == 5 else row for row in kept]
    digest = hashlib.sha256(json.dumps(kept, ensure_ascii=False).encode()).hexdigest()
    target = edited(exported, tmp_path / "t.xlsx", "_jixiao", {(at, 4): texts[at][4], (len(rows), 1): digest})
    assert "对照表被改动过" in refusals(case, target)


@pytest.mark.parametrize("depth", [2, 4])
def test_groups_within_groups_have_their_subtotals(depth: int, tmp_path: Path) -> None:
    node = judged("a0", "10")
    for level in range(1, depth):
        leaves = [judged(f"{side}{level}", "10") for side in ("left", "right")]
        node = {**group(f"g{level}", "10", leaves[0], node, leaves[1]), "combine": "weakest"}
    result, faults = assess(a_set(maximum=10, indicators=[node]), an_evaluation())
    assert faults == []
    assert result is not None
    one = Entry("附件1", tmp_path / "e.yaml", result)
    assert len(book(Case(tmp_path, None, (one,)))) > 5000
    assert sum(line.kind == "subtotal" for line in plan(one, "x").lines.values()) == depth - 1


def test_a_geometric_mean_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    node = {**group("g", "10", judged("a", "5"), judged("b", "5")), "combine": "geometric"}
    result, _ = assess(a_set(maximum=10, indicators=[node]), an_evaluation())
    assert result is not None
    with pytest.raises(ScoringError, match="取几何平均，评分簿的公式算不出精确的数"):
        book(Case(tmp_path, None, (Entry("附件1", tmp_path / "e.yaml", result),)))


def repacked(book: Path, target: Path, more: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, more.pop(name, old.read(name)))
        for name, content in more.items():
            new.writestr(name, content)
    return target


ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet/>'
HARMFUL: list[tuple[str, dict[str, bytes], str]] = [
    ("macros.xlsx", {"xl/vbaProject.bin": b"x"}, "带有宏"),
    ("macros.xlsm", {}, "不读取 .xlsm 文件"),
    ("bomb.xlsx", {"xl/media/x.bin": bytes(30_000_000)}, "大得不正常"),
    ("entity.xlsx", {"xl/worksheets/sheet9.xml": ENTITY}, "外部实体"),
    ("wide.xlsx", {"xl/worksheets/sheet9.xml": ENTITY.decode().encode("utf-16")}, "外部实体"),
]


@pytest.mark.parametrize(("name", "more", "words"), HARMFUL, ids=[row[0] for row in HARMFUL])
def test_harmful_files(
    case: Path, exported: Path, tmp_path: Path, name: str, more: dict[str, bytes], words: str
) -> None:
    assert words in refusals(case, repacked(exported, tmp_path / name, dict(more)))


def test_a_file_of_a_hundred_megabytes(case: Path, tmp_path: Path) -> None:
    file = tmp_path / "big.xlsx"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    assert "文件超过 20 MB" in refusals(case, file)


@pytest.mark.parametrize(
    "content", [b"", b"not a workbook", b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_files_that_are_no_workbook(case: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(content)
    assert "不是 .xlsx 工作簿" in refusals(case, file)


def test_a_workbook_that_is_no_score_book(case: Path, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "w.xlsx") as workbook:
        workbook.add_worksheet()
    assert "这不是评分簿" in refusals(case, tmp_path / "w.xlsx")
