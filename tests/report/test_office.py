"""An office's own Word template: the sample, what every name prints, faults with their place, and what must not happen."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx as reader
import pytest

from scoring.errors import ScoringError, Text
from scoring.load import load_case
from scoring.report import docx
from scoring.report.document import Block, Cell, Document, Heading, Paragraph, Table
from scoring.report.office.names import NAMES, reference, values
from scoring.report.office.sample import sample
from scoring.report.office.word import Template
from scoring.report.write import papers
from tests.conftest import EXAMPLE, run

CASE = load_case(EXAMPLE)
PAPERS = papers(CASE)
DOCUMENT, RESULT = PAPERS[1].document, CASE.entries[1].result


def template(folder: Path, *blocks: Block) -> Template:
    """A template made of these blocks, as Word would save it."""
    file = folder / "ours.docx"
    file.write_bytes(docx.render(Document("", ("t",), blocks)))
    return Template(file)


def printed(folder: Path, *blocks: Block, document: Document = DOCUMENT, result: Any = RESULT) -> list[str]:
    """The paragraphs below the title, once filled in."""
    word = reader.Document(io.BytesIO(template(folder, *blocks).render(document, result)))
    return [paragraph.text for paragraph in word.paragraphs][4:]


def told(folder: Path, *blocks: Block) -> list[str]:
    return [each.message.zh for each in template(folder, *blocks).faults(RESULT)]


# --- what it prints -------------------------------------------------------------------------------------------------


def test_the_sample_prints_the_whole_report(tmp_path: Path) -> None:
    file = tmp_path / "sample.docx"
    file.write_bytes(docx.render(sample()))
    office = Template(file)
    assert office.faults(RESULT) == []
    word = reader.Document(io.BytesIO(office.render(DOCUMENT, RESULT)))
    paragraphs = [(each.style.name, each.text) for each in word.paragraphs if each.style]
    assert paragraphs[0] == ("Label", "附件2-1")
    assert [text for style, text in paragraphs if style == "Title"] == ["\n".join(DOCUMENT.title)]
    assert word.core_properties.title == DOCUMENT.full_title
    headings = [block.text for block in DOCUMENT.blocks if isinstance(block, Heading)]
    assert [text for style, text in paragraphs if style.startswith("Heading")] == headings
    said = [block.text for block in DOCUMENT.blocks if isinstance(block, Paragraph) and block.style == "body"]
    assert [text for style, text in paragraphs if style == "Body Text"] == said
    scores, findings = word.tables
    leaves = list(RESULT.leaves())
    assert [row.cells[2].text for row in scores.rows][1:-1] == [leaf.title.zh for leaf in leaves]
    assert list(dict.fromkeys(row.cells[0].text for row in scores.rows)) == [
        *("一级指标", "项目决策", "项目管理", "项目绩效", "合计")
    ]
    tops = [row.cells[0]._tc for row in scores.rows]
    assert [tops[0] is tops[1], tops[1] is tops[4], tops[4] is tops[5]] == [False, True, False]  # four indicators
    assert [cell.text for cell in scores.rows[-1].cells][-3:] == ["100", "95", "等级：优"]
    assert len(findings.rows) == 1 + len(RESULT.findings)


def shape(names: Any) -> Any:
    match names:
        case str() | int() | Text():
            return "text"
        case dict():
            return {name: shape(what) for name, what in names.items()}
        case [each, *_]:
            return [shape(each)]
        case _:
            raise AssertionError(names)


def test_what_is_documented_is_what_there_is() -> None:
    made = values(DOCUMENT, RESULT)
    made["facts"] = ""
    expected = shape(NAMES)
    assert shape(made) == expected
    for line in ("- `total`：得分", "  - `row.reason`：评分说明", "  - `section.paragraphs`：段落文字，逐段"):
        assert line in reference()


def test_names_stand_anywhere_in_headers_too(tmp_path: Path) -> None:
    word = reader.Document()
    word.sections[0].header.paragraphs[0].text = "{{ unit }}"
    run_ = word.add_paragraph().add_run("{{ tot")
    run_.bold = True
    word.paragraphs[0].add_run("al }}分，{{ facts.spent }}，{{ facts.spent.number }}")
    word.save(str(tmp_path / "ours.docx"))
    done = reader.Document(io.BytesIO(Template(tmp_path / "ours.docx").render(DOCUMENT, RESULT)))
    assert done.paragraphs[0].text == "95分，10.34万元，10.34"
    assert done.sections[0].header.paragraphs[0].text == "广元市利州区总工会"


def test_the_same_input_gives_the_same_bytes_without_a_date(tmp_path: Path) -> None:
    office = template(tmp_path, Paragraph("{{ total }}"))
    one, two = (office.render(DOCUMENT, RESULT) for _ in range(2))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_hostile_text_is_only_text(tmp_path: Path, hostile: str) -> None:
    subject = RESULT.evaluation.subject.model_copy(update={"name": hostile})
    result = replace(RESULT, evaluation=RESULT.evaluation.model_copy(update={"subject": subject}))
    (text, *_) = printed(tmp_path, Paragraph("{{ subject }}"), document=DOCUMENT, result=result)
    clean = "".join("\ufffd" if ord(c) < 32 and c not in "\t\n\r" else c for c in hostile)
    clean = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 or c in "\ufffe\uffff" else c for c in clean)
    assert text == clean.replace("\r\n", "\n").replace("\r", "\n")


def test_cells_become_one_where_the_rows_that_are_left_are_alike(tmp_path: Path) -> None:
    rows = (
        (Cell("{%tr for row in indicators if row.weight == '20' or row.weight == '3' %}", columns=2),),
        (Cell("{{ row.group2 }}"), Cell("{{ row.title }}")),
        (Cell("{%tr endfor %}", columns=2),),
    )
    data = template(
        tmp_path, Table("", (1, 1), rows), Paragraph("{% for row in indicators %}{{ row.group1 }}{% endfor %}")
    )
    word = reader.Document(io.BytesIO(data.render(DOCUMENT, RESULT)))
    cells = [row.cells[0] for row in word.tables[0].rows]
    assert [cell.text for cell in cells] == ["资金管理", "项目执行", "项目效益", "项目效益"]
    assert cells[2]._tc is cells[3]._tc
    assert "项目决策项目决策" in word.paragraphs[-1].text
    assert "\ue000" not in word.element.xml


# --- what is wrong with it ------------------------------------------------------------------------------------------


def test_every_unknown_name_is_told_with_its_place_and_the_nearest(tmp_path: Path) -> None:
    rows = (
        (Cell("指标"), Cell("{{ totl }}")),
        (Cell("{%tr for row in indicatrs %}", columns=2),),
        (Cell("{{ row.titel }}"), Cell("x")),
        (Cell("{%tr endfor %}", columns=2),),
        (Cell("{%tr for row in ledger %}", columns=2),),
        (Cell("{{ row.title }}"), Cell("{{ row.wieght }}")),
        (Cell("{%tr endfor %}", columns=2),),
    )
    office = template(tmp_path, Paragraph("{{ grade }}，{{ grad }}"), Table("", (1, 1), rows))
    found = office.faults(RESULT)
    assert [each.message.zh for each in found] == [
        "正文第5段：模板里没有“grad”",
        "正文表1第1行第2格：模板里没有“totl”",
        "正文表1第2行：模板里没有“indicatrs”",
        "正文表1第6行第2格：没有“wieght”",
    ]
    assert [each.hint.zh for each in found if each.hint][:3] == [
        "是不是 grade？",
        "是不是 total？",
        "是不是 indicators？",
    ]
    assert [each.message.en for each in found][1] == "body, table 1, row 1, cell 2: templates know no 'totl'"
    assert {each.file for each in found} == {office.file}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ facts.spend }}", "没有“spend”"),
        ("{{ facts.spent.unit }}", "没有“unit”"),
        ("{{ total.number }}", "它只是文字，没有“number”"),
        ("{{ indicators }}", "“indicators”是一张表，不能直接印出"),
        ("{{ indicators.title }}", "“indicators”是一张表，不能直接印出"),
        ("{{ facts }}", "“facts”有几个部分，不能直接印出"),
        ("{% for x in total %}{{ x }}{% endfor %}", "这不是可以逐行取的表"),
        ("{{ total | upcase }}", "模板里没有“|upcase”这种写法"),
        ("{{ total", "标记写得不对"),
        ("{% for x in ledger %}", "标记写得不对"),
        ("{{ range(9) }}", "模板里只能引用名称、判断和逐行"),
        ("{{ ''.join(total) }}", "模板里只能引用名称、判断和逐行"),
        ("{% include 'x' %}", "模板里只能引用名称、判断和逐行"),
        ("{{ self }}", "模板里没有“self”"),
        ("{{ cycler }}", "模板里没有“cycler”"),
        ("{{ total.__class__ }}", "它只是文字，没有“__class__”"),
    ],
)
def test_a_fault_is_told_and_nothing_rendered(text: str, message: str, tmp_path: Path) -> None:
    (fault,) = told(tmp_path, Paragraph(text))
    assert fault.startswith(f"正文第5段：{message}")
    with pytest.raises(ScoringError):
        template(tmp_path, Paragraph(text)).render(DOCUMENT, RESULT)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ ''['__class__'] }}",
        "{{ 1 / 0 }}",
        "{{ total + 1 }}",
        "{% set x = total %}{{ x['__class__'].__mro__ }}",
    ],
)
def test_what_fails_only_when_it_runs_is_no_traceback(text: str, tmp_path: Path) -> None:
    with pytest.raises(ScoringError):
        template(tmp_path, Paragraph(text)).render(DOCUMENT, RESULT)


@pytest.mark.parametrize("text", ["{% if lost != '0' %}有{% else %}无{% endif %}", "{% set x = lost %}{{ x }}{# 注 #}"])
def test_choosing_and_naming_are_allowed(text: str, tmp_path: Path) -> None:
    assert told(tmp_path, Paragraph(text)) == []
    assert printed(tmp_path, Paragraph(text))[0] in ("有", "5")


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100, b"{\\rtf1}"])
def test_what_is_no_word_file_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "ours.docx").write_bytes(data)
    with pytest.raises(ScoringError, match="这不是 Word 文件"):
        Template(tmp_path / "ours.docx")


def test_a_zip_of_something_else_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "ours.docx", "w") as package:
        package.writestr("a.txt", "b")
    with pytest.raises(ScoringError, match="这不是 Word 文件"):
        Template(tmp_path / "ours.docx")


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_writes_the_sample_and_fills_it_in(tmp_path: Path) -> None:
    file = tmp_path / "ours.docx"
    assert run("report", "--template-sample", file).returncode == 0
    made = file.read_bytes()
    again = run("report", "--template-sample", file)
    assert (again.returncode, "已经有这个文件" in again.stderr, file.read_bytes()) == (1, True, made)
    assert run("report", "--template-sample", tmp_path / "no" / "x.docx").returncode == 1
    checked = run("report", EXAMPLE, "--template", file, "--template-check")
    assert (checked.returncode, checked.stdout) == (0, f"{file}：没有问题\n")
    done = run("report", EXAMPLE, "--template", file, "-o", tmp_path / "out", "--only", "附件2-1")
    assert done.returncode == 0, done.stderr
    (written,) = (tmp_path / "out").iterdir()
    assert written.name == "附件2-1 2019年省部级劳模补助项目支出绩效评价报告.docx"
    assert "- `grade`：等级" in run("report", "--template-names").stdout


def test_a_faulty_template_writes_nothing_and_each_fault_once(tmp_path: Path) -> None:
    office = template(tmp_path, Paragraph("{{ totl }}"))
    for arguments in (["--template-check"], ["-o", tmp_path / "out"]):
        done = run("report", EXAMPLE, "--template", office.file, *arguments)
        assert done.returncode == 1
        assert done.stderr == (f"{office.file}: 正文第5段：模板里没有“totl”\n  提示：是不是 total？\n共 1 处问题。\n")
    assert not (tmp_path / "out").exists()
    gone = run("report", EXAMPLE, "--template", tmp_path / "none.docx")
    assert (gone.returncode, "没有这个模板文件" in gone.stderr) == (1, True)


@pytest.mark.parametrize("more", [["--format", "md"], ["--page", "page.yaml"]])
def test_a_template_has_its_own_look_and_format(more: list[str], tmp_path: Path) -> None:
    done = run("report", EXAMPLE, "--template", tmp_path / "x.docx", *more)
    assert done.returncode == 2
    assert run("report", EXAMPLE, "--template-check").returncode == 2


def test_every_name_is_told_in_both_languages() -> None:
    def texts(names: Any) -> list[Text]:
        if isinstance(names, Text):
            return [names]
        return [text for each in (names.values() if isinstance(names, dict) else names) for text in texts(each)]

    assert all(text.zh and text.en and text.zh != text.en for text in texts(NAMES))
