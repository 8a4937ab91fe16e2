"""--format: which files are written, what is refused, and that nothing is written by halves."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from scoring.errors import ScoringError
from scoring.load import load_case
from scoring.report.formats import FORMATS, Format, chosen
from scoring.report.write import write
from tests.conftest import EXAMPLE, run

CASE = load_case(EXAMPLE)
BOOK = "广元市利州区总工会2019年绩效评价报告"
PAPERS = [
    "附件1 广元市利州区总工会2019年部门整体支出绩效评价报告",
    "附件2-1 2019年省部级劳模补助项目支出绩效评价报告",
    "附件2-2 2019年困难职工补助项目支出绩效评价报告",
]
FILES = {
    "docx": [*(f"{paper}.docx" for paper in PAPERS), f"{BOOK}（合订本）.docx"],
    "md": [f"{paper}.md" for paper in PAPERS],
    "html": [*(f"{paper}.html" for paper in PAPERS), f"{BOOK}（合订本）.html"],
    "pdf": [*(f"{paper}.pdf" for paper in PAPERS), f"{BOOK}（合订本）.pdf"],
    "xlsx": [*(f"{paper}.xlsx" for paper in PAPERS), f"{BOOK}（合订本）.xlsx"],
    "json": [f"{BOOK}.json"],
    "csv": [f"{BOOK}（指标）.csv", f"{BOOK}（失分）.csv"],
}


@pytest.mark.parametrize("format", FILES)
def test_each_format_has_its_files_and_the_same_bytes_again(format: str, tmp_path: Path) -> None:
    written = [write(CASE, tmp_path / name, formats=[format]) for name in ("one", "two")]
    assert [file.name for file in written[0]] == FILES[format]
    for one, two in zip(*written, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_without_a_format_word_and_markdown_are_written(tmp_path: Path) -> None:
    assert {file.name for file in write(CASE, tmp_path)} == {*FILES["docx"], *FILES["md"]}
    assert chosen(None) == chosen([]) == ("docx", "md")


def test_formats_are_taken_once_each_and_all_means_every_installed_one() -> None:
    assert chosen(["csv", "html", "csv"]) == ("csv", "html")
    everything = [name for name, each in FORMATS.items() if not each.library or find_spec(each.library)]
    assert chosen(["md", "all"]) == ("md", *(name for name in everything if name != "md"))


def test_the_program_takes_several_formats(tmp_path: Path) -> None:
    done = run("report", EXAMPLE, "-o", tmp_path, "--format", "json", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {*FILES["json"], *FILES["csv"]}


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "没有格式“doc”；有：docx、md、"), ("en", "there is no format 'doc'")]
)
def test_an_unknown_format_is_wrong_usage(lang: str, words: str, tmp_path: Path) -> None:
    done = run("report", EXAMPLE, "-o", tmp_path / "reports", "--format", "doc", "--lang", lang)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "reports").exists()


def test_a_format_that_is_not_installed_is_named_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(FORMATS, "odt", Format("odt", "document", library="no_such_library", extra="odt"))
    with pytest.raises(ScoringError, match=r"no_such_library.*\n.*jixiao\[odt\]"):
        write(CASE, tmp_path / "reports", formats=["md", "odt"])
    assert not (tmp_path / "reports").exists()
    assert "odt" not in chosen(["all"])


def test_one_evaluation_without_a_dossier_is_named_by_its_title(tmp_path: Path) -> None:
    files = write(load_case(EXAMPLE / "department.yaml"), tmp_path, formats=["html", "json"])
    assert [file.name for file in files] == [f"{BOOK[:-6]}部门整体支出绩效评价报告.{each}" for each in ("html", "json")]
