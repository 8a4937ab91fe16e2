"""Every fault a user can write into a case: one diagnostic, at its place, with the words that help.

tests/broken/base is a small sound case. Each entry of tests/broken/faults.yaml breaks one thing in it: in `file` it
replaces `old`, which stands there once, with `new`, and says what must then be reported. ‸ marks the place: in `new`, or
in `at`, a passage that stands once in the broken file (or in `found_in`, where the fault shows in another file). A hint
that ends in … need only begin so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import scoring
from scoring.errors import Diagnostic, ScoringError
from scoring.load import load_case
from scoring.report.write import documents
from scoring.values import UNITS

BROKEN = Path(__file__).parent / "broken"
BASE = BROKEN / "base"
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")
CHINESE = re.compile(r"[\u2e80-\u2fff\u3003-\u9fff]+|[\u3000-\u3002\uff00-\uffef]")  # words, or one punctuation mark


@dataclass(frozen=True)
class Broken:
    """One fault: the edit that makes it, and the diagnostic it must give."""

    name: str
    file: str
    old: str
    message: str
    new: str = ""
    path: str = ""
    hint: str | None = None
    at: str = ""
    found_in: str = ""

    @property
    def text(self) -> str:
        sound = (BASE / self.file).read_text(encoding="utf-8")
        assert sound.count(self.old) == 1, f"{self.old!r} does not stand in {self.file} exactly once"
        return sound.replace(self.old, self.new.replace("‸", ""))

    @property
    def place(self) -> tuple[str, int, int]:
        """File, line and column of the mark."""
        text = (BASE / self.found_in).read_text(encoding="utf-8") if self.found_in else self.text
        before, _, after = (self.at or self.new).partition("‸")
        assert text.count(before + after) == 1, f"{before + after!r} does not tell the place"
        lines = text[: text.index(before + after) + len(before)].split("\n")
        return self.found_in or self.file, len(lines), len(lines[-1]) + 1

    def write(self, folder: Path) -> Path:
        case = sound_case(folder)
        (case / self.file).write_text(self.text, encoding="utf-8", newline="\n")
        return case


def sound_case(folder: Path) -> Path:
    return shutil.copytree(BASE, folder / "case")


def check(case: Path) -> tuple[Diagnostic, ...]:
    """What `jixiao check` finds."""
    with pytest.raises(ScoringError) as caught:
        documents(load_case(case), complete=False)
    return caught.value.diagnostics


def foreign(text: str, user_text: str) -> list[str]:
    """The Chinese in an English text that is neither quoted, nor the user's own, nor a unit."""
    known = {*UNITS, "人"}
    return [
        found
        for found in CHINESE.findall(QUOTED.sub("", text))
        if found not in known and ((len(found) == 1 and not found.isalpha()) or found not in user_text)
    ]


CASES = [Broken(**entry) for entry in yaml.safe_load((BROKEN / "faults.yaml").read_text(encoding="utf-8"))]
BY_NAME = {broken.name: broken for broken in CASES}
each_fault = pytest.mark.parametrize("broken", CASES, ids=lambda broken: broken.name)


def test_the_base_is_sound(tmp_path: Path) -> None:
    assert len(documents(load_case(sound_case(tmp_path)))) == 1


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(CASES)


@each_fault
def test_one_fault_makes_one_diagnostic(broken: Broken, tmp_path: Path) -> None:
    case = broken.write(tmp_path)
    found = [
        (str(d.file.relative_to(case)) if d.file else "", d.line, d.column, d.path, d.message.zh) for d in check(case)
    ]
    assert found == [(*broken.place, broken.path, broken.message)]


@each_fault
def test_the_hint_says_what_to_write_instead(broken: Broken, tmp_path: Path) -> None:
    hint = check(broken.write(tmp_path))[0].hint
    if hint is not None and broken.hint and broken.hint.endswith("…"):
        assert hint.zh.startswith(broken.hint.removesuffix("…"))
    else:
        assert (hint and hint.zh) == broken.hint


@each_fault
def test_the_english_is_english(broken: Broken, tmp_path: Path) -> None:
    case = broken.write(tmp_path)
    user_text = "".join(file.read_text(encoding="utf-8") for file in case.rglob("*.yaml"))
    for diagnostic in check(case):
        for text in filter(None, (diagnostic.message, diagnostic.hint)):
            assert text.en.strip()
            assert not foreign(text.en, user_text), text.en


def broken_by(folder: Path, *names: str) -> Path:
    """The base with several of the faults, all of one file."""
    case = sound_case(folder)
    for name in names:
        broken = BY_NAME[name]
        file = case / broken.file
        text = file.read_text(encoding="utf-8")
        assert text.count(broken.old) == 1
        file.write_text(text.replace(broken.old, broken.new.replace("‸", "")), encoding="utf-8", newline="\n")
    return case


@pytest.mark.parametrize(
    "names",
    [
        ("unknown-key", "year-as-text", "id-with-capitals", "record-unknown-key", "share-without-percent"),
        ("level-unknown", "mark-above-the-weight", "own-id-of-the-set", "actual-negative", "fact-in-another-unit"),
    ],
    ids=["in the form of the file", "in what it says"],
)
def test_five_faults_of_a_file_are_reported_at_once_in_its_order(names: tuple[str, ...], tmp_path: Path) -> None:
    found = check(broken_by(tmp_path, *names))
    assert sorted(d.path for d in found) == sorted(BY_NAME[name].path for name in names)
    lines = [d.line for d in found]
    assert lines == sorted(lines)
    assert len(set(lines)) == 5


def test_faults_of_several_files_are_reported_at_once(tmp_path: Path) -> None:
    case = second_attachment(tmp_path, label="附件2", id="toy-second")
    for file in ("evaluation.yaml", "second.yaml"):
        text = (case / file).read_text(encoding="utf-8")
        (case / file).write_text(text.replace("mark: 10", "mark: 12"), encoding="utf-8", newline="\n")
    assert [(d.file, d.path) for d in check(case)] == [
        (case / "evaluation.yaml", "records.opinion.mark"),
        (case / "second.yaml", "records.opinion.mark"),
    ]


def test_a_faulty_set_is_reported_once_however_many_use_it(tmp_path: Path) -> None:
    case = second_attachment(tmp_path, label="附件2", id="toy-second")
    (case / "indicator_sets/toy.yaml").write_text(BY_NAME["set-no-grade-at-zero"].text, encoding="utf-8")
    assert [d.path for d in check(case)] == ["grades[2].at_least"]


def second_attachment(folder: Path, label: str, id: str) -> Path:
    """The base with a second evaluation, the same as the first but for its id."""
    case = sound_case(folder)
    text = (case / "evaluation.yaml").read_text(encoding="utf-8")
    (case / "second.yaml").write_text(text.replace("id: toy-project", f"id: {id}"), encoding="utf-8", newline="\n")
    with (case / "dossier.yaml").open("a", encoding="utf-8", newline="\n") as dossier:
        dossier.write(f"- {{label: {label}, file: second.yaml}}\n")
    return case


def test_a_label_given_twice(tmp_path: Path) -> None:
    case = second_attachment(tmp_path, label="附件1", id="toy-second")
    (found,) = check(case)
    assert (found.file, found.line, found.column, found.path) == (case / "dossier.yaml", 8, 11, "attachments[1].label")
    assert found.message.zh == "附件号“附件1”写了两次"


def test_an_id_of_two_evaluations(tmp_path: Path) -> None:
    case = second_attachment(tmp_path, label="附件2", id="toy-project")
    (found,) = check(case)
    assert (found.file, found.path) == (case / "second.yaml", "id")
    assert found.message.zh == "评价编号 toy-project 已用于 evaluation.yaml"


def test_a_folder_without_dossier(tmp_path: Path) -> None:
    (found,) = check(tmp_path)
    assert (found.file, found.line, found.path) == (tmp_path, 0, "")
    assert found.message.zh == "这个文件夹里没有 dossier.yaml"
    assert found.hint is not None
    assert found.hint.zh == "用 jixiao new 新建，或直接给出一个评价文件"


def jixiao(*arguments: object, lang: str = "zh") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from scoring.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(scoring.__file__).parent.parent), "JIXIAO_LANG": lang},
    )


@pytest.mark.parametrize(
    "name", ["set-formula-unknown-name", "level-unknown", "narrative-literal-figure", "dossier-of-another-year"]
)
def test_the_program_prints_the_fault_and_exits_with_1(name: str, tmp_path: Path) -> None:
    broken = BY_NAME[name]
    case = broken.write(tmp_path)
    ran = jixiao("check", case)
    place = ":".join(map(str, broken.place))
    lines = [f"{case}/{place}: {broken.path}: {broken.message}"]
    lines += [f"  提示：{broken.hint}"] if broken.hint else []
    assert ran.stderr.splitlines() == [*lines, "共 1 处问题。"]
    assert ran.stdout == ""
    assert ran.returncode == 1


def test_the_program_speaks_english(tmp_path: Path) -> None:
    case = BY_NAME["set-formula-unknown-name"].write(tmp_path)
    place = ":".join(map(str, BY_NAME["set-formula-unknown-name"].place))
    assert jixiao("check", case, lang="en").stderr.splitlines() == [
        f"{case}/{place}: indicators[3].rule.formula: formula, character 18: nothing is named 'budgets'",
        "  hint: did you mean budget?",
        "1 fault.",
    ]
