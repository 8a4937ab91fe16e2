"""Workbooks are read back with calamine, and recalculated by LibreOffice where it is installed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import pytest
from hypothesis import given, settings
from python_calamine import CalamineWorkbook

from scoring.errors import ScoringError
from scoring.load import load_case
from scoring.report import xlsx
from scoring.report.document import Book, Cell, Document, Heading, Paragraph, Table, legible
from scoring.report.tables import score_table
from scoring.report.write import papers
from scoring.result import Result
from tests.conftest import EXAMPLE
from tests.report.golden_files import is_golden
from tests.test_engine_laws import Case, cases

PAPERS = papers(load_case(EXAMPLE))
BOOK = Book(("广元市利州区总工会", "2019年绩效评价报告"), tuple(paper.document for paper in PAPERS))
RESULTS = [paper.result for paper in PAPERS]
SCORES, LEDGER = "绩效评价指标体系及评分表", "失分明细表"

Rows = list[list[Any]]


def read(data: bytes) -> dict[str, Rows]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names}


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def formulas(data: bytes) -> list[str]:
    sheets = (text for name, text in parts(data).items() if name.startswith("xl/worksheets/sheet"))
    return [unescape(found) for text in sheets for found in re.findall(r"<f[^>]*>([^<]*)</f>", text)]


def from_head(rows: Rows, first: str) -> Rows:
    """The rows of the table whose head begins with this."""
    start = next(number for number, row in enumerate(rows) if row[0] == first)
    return rows[start + 1 :]


def numbers(rows: Rows, column: int) -> list[float]:
    return [row[column] for row in rows if isinstance(row[column], float)]


def expected(result: Result) -> list[tuple[float, float]]:
    """Weight and points as the score sheet lists them: leaves, a subtotal a group, the total."""
    found = []
    for top in result.nodes:
        found += [(leaf.weight, leaf.points) for leaf in top.leaves()]
        if top.children:
            found.append((top.weight, top.points))
    found.append((result.maximum, result.total))
    return [(float(weight), float(points)) for weight, points in found]


def holds_the_scores(sheets: dict[str, Rows], results: Sequence[Result | None]) -> None:
    index = next(iter(sheets.values()))
    totals = []
    for paper, result in zip(PAPERS, results, strict=True):
        assert result is not None
        label = paper.document.label
        scores = from_head(sheets[f"{label} {SCORES}"], "一级指标")
        weight = len(score_table(result).widths) - 3
        assert list(zip(numbers(scores, weight), numbers(scores, weight + 1), strict=True)) == expected(result)
        ledger = numbers(from_head(sheets[f"{label} {LEDGER}"], "指标"), 1)
        assert ledger == [float(row.points) for row in result.ledger] + [float(result.maximum - result.total)]
        totals.append((float(result.maximum), float(result.total)))
    assert list(zip(numbers(index, 3), numbers(index, 4), strict=True)) == totals


# --- what it holds --------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_results() -> None:
    holds_the_scores(read(xlsx.render(BOOK, RESULTS)), RESULTS)


def test_every_attachment_has_its_sheets_and_the_index_lists_them() -> None:
    sheets = read(xlsx.render(BOOK, RESULTS))
    index, *names = sheets
    project = [SCORES, LEDGER, "项目支出绩效目标完成情况表（2019年度）", "存在问题整改清单", "佐证材料目录"]
    wanted = [f"附件1 {name}" for name in project if "目标完成" not in name]
    wanted += [f"{label} {name}" for label in ("附件2-1", "附件2-2") for name in project]
    assert (index, names) == ("目录", wanted)
    assert [row[2] for row in sheets["目录"][2:]] == wanted
    links = parts(xlsx.render(BOOK, RESULTS))["xl/worksheets/sheet1.xml"]
    assert re.findall(r'location="\'([^"]*)\'!A1"', links) == wanted


def test_every_table_of_the_documents_is_there_word_for_word() -> None:
    sheets = read(xlsx.render(BOOK, RESULTS))
    for paper in PAPERS:
        found = {
            str(cell)
            for name, rows in sheets.items()
            if name.startswith(f"{paper.document.label} ")
            for row in rows
            for cell in row
        }
        for block in paper.document.blocks:
            if isinstance(block, Table) and block.caption != SCORES:
                texts = {cell.text for row in block.rows for cell in row}
                assert {text for text in texts if not re.fullmatch(r"[\d.]+", text)} <= found
            elif isinstance(block, Paragraph) and block.style == "note":
                assert block.text in found


def test_the_workbook_of_a_project_is_the_golden_one() -> None:
    sheets = read(xlsx.render(PAPERS[1].document, [PAPERS[1].result]))
    lines = [
        "\t".join(str(cell).replace("\n", "⏎") for cell in row).rstrip() if row else f"# {name}"
        for name, rows in sheets.items()
        for row in ([], *rows)
    ]
    assert is_golden("附件2-1.xlsx.txt", "\n".join(lines) + "\n")


# --- formulas -------------------------------------------------------------------------------------------------------


def test_sums_are_live() -> None:
    found = formulas(xlsx.render(PAPERS[0].document, [PAPERS[0].result]))
    assert [formula for formula in found if not formula.startswith("SUM(")] == [
        f"'附件1 {SCORES}'!$D$21",
        f"'附件1 {SCORES}'!$E$21",
    ]
    assert found.count("SUM(D14,D20)") == found.count("SUM(E14,E20)") == 1
    assert len(found) == 2 + 2 * 3 + 1  # index; two subtotals and the total twice; the ledger


def test_a_total_that_is_no_sum_is_a_number_and_says_so() -> None:
    result = PAPERS[0].result
    assert result is not None
    capped = replace(result, total=Decimal("60"))
    data = xlsx.render(PAPERS[0].document, [capped])
    assert "SUM(E14,E20)" not in formulas(data)
    rows = read(data)[f"附件1 {SCORES}"]
    assert numbers(from_head(rows, "一级指标"), 4)[-1] == 60.0
    assert any("不是各项直接相加" in str(row[0]) for row in rows)


def computed(sheet: str) -> Iterator[tuple[Decimal, Decimal]]:
    """What every SUM of a sheet carries, and what it adds up to."""
    found = re.findall(r'<c r="(\w+)"[^>]*>(?:<f>([^<]*)</f>)?<v>([-.\dE]+)</v>', sheet)
    values = {place: Decimal(value) for place, _, value in found}
    for _, formula, value in found:
        if formula.startswith("SUM("):
            first, *others = re.findall(r"([A-Z]+)(\d+)", formula)
            rows = range(int(first[1]), int(others[0][1]) + 1) if ":" in formula else [n for _, n in (first, *others)]
            yield Decimal(value), sum((values[f"{first[0]}{row}"] for row in rows), Decimal(0))


@given(cases())
@settings(max_examples=40)
def test_every_sum_adds_up_whatever_the_set(case: Case) -> None:
    result = case.scored()
    data = xlsx.render(Document("附件1", ("标题",), ()), [result])
    sheet = parts(data)["xl/worksheets/sheet2.xml"]
    assert all(value == total for value, total in computed(sheet))
    rows = from_head(read(data)[f"附件1 {SCORES}"], "一级指标")
    assert numbers(rows, len(score_table(result).widths) - 2)[-1] == float(result.total)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_computes_the_same_numbers(tmp_path: Path) -> None:
    """The numbers that the file carries for its formulas are taken out first, so that they must be computed."""
    stripped = io.BytesIO()
    with zipfile.ZipFile(stripped, "w") as package:
        for name, text in parts(xlsx.render(BOOK, RESULTS)).items():
            package.writestr(name, re.sub(r"(<f>[^<]*</f>)<v>[^<]*</v>", r"\1", text))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xlsx").write_bytes(stripped.getvalue())
    with pytest.raises(AssertionError):
        holds_the_scores(read(stripped.getvalue()), RESULTS)
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to"]
    command += ["xlsx", "--outdir", str(tmp_path), str(tmp_path / "in" / "a.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    holds_the_scores(read((tmp_path / "a.xlsx").read_bytes()), RESULTS)


# --- safe and repeatable --------------------------------------------------------------------------------------------


def test_hostile_text_is_whole_and_only_text(hostile: str) -> None:
    rows = ((Cell(hostile), Cell("x")), (Cell(hostile, strong=True), Cell(hostile)))
    blocks = (Paragraph(hostile, "note"), Heading(1, hostile), Table(hostile, (1, 1), rows))
    data = xlsx.render(Document(hostile, (hostile,), blocks), [None])
    assert formulas(data) == []
    assert "hyperlinks" not in parts(data)["xl/worksheets/sheet2.xml"]
    _, sheet = read(data).values()
    shown = legible(hostile.replace("\r\n", "\n").replace("\r", "\n"))
    assert [cell for row in sheet for cell in row].count(shown) == 7
    assert all(len(name.encode("utf-16-le")) <= 62 for name in read(data))


def test_hostile_results_leave_only_our_own_formulas(hostile_results: list[Result], hostile: str) -> None:
    data = xlsx.render(BOOK, hostile_results)
    assert all(list(score_table(result).grid()) for result in hostile_results)  # every title is the same
    ours = re.compile(r"SUM\([A-Z]+\d+([:,][A-Z]+\d+)*\)|'[^'\[\]*?/\\:]{1,31}'!\$[A-Z]+\$\d+")
    assert [formula for formula in formulas(data) if not ours.fullmatch(formula)] == []
    assert len(formulas(data)) > 10
    shown = legible(hostile.replace("\r\n", "\n").replace("\r", "\n"))
    assert shown in [cell for rows in read(data).values() for row in rows for cell in row]


def test_a_text_no_cell_can_hold_is_refused() -> None:
    document = Document("附件1", ("标题",), (Table("表", (1,), ((Cell("😀" * 16_384),),)),))
    with pytest.raises(ScoringError) as caught:
        xlsx.render(document, [None])
    (fault,) = caught.value.diagnostics
    assert "太长" in fault.render("zh")
    assert "too long" in fault.render("en")


def test_the_same_report_gives_the_same_bytes() -> None:
    assert xlsx.render(BOOK, RESULTS) == xlsx.render(BOOK, RESULTS)


def test_sheets_of_one_name_are_told_apart() -> None:
    table = Table("同名的表" * 10, (1,), ((Cell("一"),),))
    names = list(read(xlsx.render(Document("附件/1", ("标题",), (table, table, table)), [None])))
    assert len({name.casefold() for name in names}) == 4
    assert all(len(name) <= 31 and "/" not in name for name in names)


# --- printing -------------------------------------------------------------------------------------------------------


def test_sheets_are_set_up_for_printing() -> None:
    files = parts(xlsx.render(BOOK, RESULTS))
    sheets = [text for name, text in files.items() if name.startswith("xl/worksheets/sheet")]
    for text in sheets:
        assert re.search(r'<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>', text)
        assert '<pageSetUpPr fitToPage="1"/>' in text
        assert "— &amp;P —" in text
    titles = re.findall(r'<definedName name="_xlnm.Print_Titles"[^>]*>([^<]*)<', files["xl/workbook.xml"])
    assert f"'附件1 {SCORES}'!$6:$6" in titles
    assert len(titles) == len(sheets) - 2  # the tables of goals have no head


def test_a_merged_label_is_repeated_on_the_next_page() -> None:
    rows = [(Cell("一级", strong=True), Cell("说明", strong=True))]
    rows += [
        (*((Cell("部门预算管理", rows=60),) if number == 0 else ()), Cell(f"指标{number}")) for number in range(60)
    ]
    document = Document("附件1", ("标题",), (Table("表", (1, 3), tuple(rows)),))
    sheet = read(xlsx.render(document, [None]))["附件1 表"]
    labels = [number for number, row in enumerate(sheet) if row[0] == "部门预算管理"]
    heights = {round(b - a, -1) for a, b in pairwise(labels)}
    assert len(labels) == 3
    assert heights == {20}
