"""Results recorded from the command line: by options, by questions through a pipe and a terminal; the log; undo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.exchange.journal import path_of, verify
from scoring.load import load_case
from scoring.result import Node
from scoring.source import read
from scoring.source.splice import value_at
from tests.conftest import ROOT, change, run

PROGRAM = [sys.executable, "-c", "from scoring.cli import main; main()"]


def answered(case: Path, *lines: str, options: tuple[str, ...] = ()) -> str:
    """The questions and what they say to these answers, one a line."""
    done = subprocess.run(
        [*PROGRAM, "record", str(case), *options],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "JIXIAO_LANG": "zh", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def recorded(case: Path, id: str, file: str = "department.yaml") -> object:
    return value_at(read(case / file).data, ("records", id))


def leaf(case: Path, id: str) -> Node:
    return next(node for entry in load_case(case).entries for node in entry.result.leaves() if node.id == id)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A case in which nothing is recorded yet."""
    sets = ("--set", "county-department-2019", "--set", "sichuan-project-2017")
    assert run("new", tmp_path / "case", *sets, "--body", "某区总工会", "--year", "2019").returncode == 0
    return tmp_path / "case"


def test_a_mark_is_written_and_the_new_score_shown(example: Path) -> None:
    done = run(
        "record",
        example,
        "project-effect",
        "--mark",
        "7",
        "--by",
        "张三",
        "--evidence",
        "总结@第3页",
        "--evidence",
        "名册",
    )
    assert done.returncode == 0, done.stderr
    assert "(project-effect): 8.00 → 7.00 / 10 (已评判)" in done.stdout
    assert "总分：93.00 / 100 优 → 92.00 / 100 优" in done.stdout
    found = recorded(example, "project-effect")
    assert isinstance(found, dict)
    assert (found["mark"], found["by"]) == (7, "张三")
    assert found["evidence"][1:] == [{"title": "总结", "place": "第3页"}, {"title": "名册"}]
    again = run("record", example, "project-effect", "--mark", "7", "--by", "张三", "--lang", "en")
    assert again.stdout == "no change: it was recorded like this\n"


# the indicator, the options, what is then recorded, and its points
OPTIONS: list[tuple[str, list[str], object, str]] = [
    ("objectives", ["--check", "goals_set=no", "--check", "goals_assigned=是"], {"goals_set": False}, "6.00"),
    ("submission-time", ["--deduct", "late=2:迟报两次", "--problem", "迟报"], [{"cause": "late", "count": 2, "reason": "迟报两次"}], ""),
    ("execution-rigour", ["--deduct", "none"], [], "10.00"),
    ("execution-rigour", ["--deduct", "unexplained_change=1.5：没有说明"],
     [{"cause": "unexplained_change", "points": "1.5", "reason": "没有说明"}], "8.50"),
    ("project-effect", ["--mark", "10", "--reason", "都已解决", "--due", "2020-06-30", "--owner", "办公室"], "10", "10.00"),
]  # fmt: skip


@pytest.mark.parametrize(("id", "options", "want", "points"), OPTIONS)
def test_options_become_the_record(example: Path, id: str, options: list[str], want: object, points: str) -> None:
    causes = {"late": "late"}
    if id == "submission-time":
        from scoring.load import find_set
        from scoring.rules import Deduct

        rule = next(each.rule for _, each in find_set("county-department-2019").walk() if each.id == id)
        assert isinstance(rule, Deduct)
        cause = next(cause for cause in rule.causes if cause.each is not None)
        causes["late"] = cause.id
        options = [option.replace("late", cause.id) for option in options]
    done = run("record", example, id, *options)
    assert done.returncode == 0, done.stderr
    found = recorded(example, id)
    assert isinstance(found, dict)
    key = {"--check": "checks", "--deduct": "deductions", "--mark": "mark"}[options[0]]
    if isinstance(want, dict):
        assert want.items() <= found[key].items()
    else:
        expected = json.loads(json.dumps(want).replace('"late"', f'"{causes["late"]}"'))
        assert json.loads(json.dumps(found[key], default=str)) == expected or str(found[key]) == expected
    if points:
        assert str(leaf(example, id).points) == points


def test_a_fact_moves_the_indicators_that_use_it(example: Path) -> None:
    done = run("record", example, "--fact", "projects_reviewed=1个", "--evaluation", "department.yaml")
    assert done.returncode == 0, done.stderr
    assert "(performance-management): 10.00 → 8.75 / 10" in done.stdout
    assert value_at(read(example / "department.yaml").data, ("facts", "projects_reviewed", "value")) == "1个"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["project-effect", "--mark", "12"], "--mark: 评分 12 超出 0–10 分的范围"),
        (["project-effect", "--mark", "八"], "--mark: 这里应当写数字，写的却是“八”"),
        (["project-effect", "--due", "2020-13-01"], "--due: 没有 2020-13-01 这一天"),
        (["project-effect", "--actual", "95%"], "--actual: “项目解决的问题与社会效益”的规则是“人工评分”，不用 actual"),
        (["objectives", "--check", "goal_set=yes"], "--check: 规则里没有要点“goal_set”"),
        (["objectives", "--check", "goals_set"], "--check: “goals_set”读不懂"),
        (["objectives", "--check", "goals_set=perhaps"], "--check: “goals_set=perhaps”读不懂"),
        (["execution-rigour", "--deduct", "unexplained=1:x"], "--deduct: 规则里没有扣分事项“unexplained”"),
        (["execution-rigour", "--deduct", "unexplained_change"], "--deduct: “unexplained_change”读不懂"),
        (["objectives", "--fact", "staff=12人"], "--fact staff: “在职人员”写的是 12人，公式算得 13人"),
        (["objectives", "--not-applicable", "没有"], "--not-applicable"),
        (["objectves", "--mark", "1"], "是不是 objectives"),
        (["--mark", "1"], "没有写是哪一个指标"),
        (["objectives", "--note", "x", "--evaluation", "departmen.yaml"], "--evaluation: 这个评价里没有文件"),
        (["completion-quality", "--note", "a\x07b"], "没有可以记录的指标"),
        (["objectives", "--note", "a\x07b"], "--note: 文字里有控制字符"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_written(example: Path, options: list[str], said: str) -> None:
    before = {file.name: file.read_bytes() for file in example.glob("*.yaml")}
    done = run("record", example, *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {file.name: file.read_bytes() for file in example.glob("*.yaml")} == before


def test_an_id_in_two_evaluations_needs_the_file(example: Path) -> None:
    both = {node.id for entry in load_case(example).entries[1:2] for node in entry.result.leaves()}
    both &= {node.id for entry in load_case(example).entries[2:3] for node in entry.result.leaves()}
    id = sorted(both)[0]
    done = run("record", example, id, "--note", "备注")
    assert done.returncode == 1
    assert "model-workers.yaml" in done.stderr
    assert "--evaluation" in done.stderr
    assert run("record", example, id, "--note", "备注", "--evaluation", "model-workers.yaml").returncode == 0
    found = recorded(example, id, "model-workers.yaml")
    assert isinstance(found, dict)
    assert found["note"] == "备注"


def test_questions_write_each_answer_at_once_and_ask_again(fresh: Path) -> None:
    shown = answered(
        fresh, "八", "12", "?", "8", "条件具备", "缺少论证", "补充论证", "方案@第3页", options=("project-feasibility",)
    )
    assert "[1/1]" in shown
    assert "需要的材料：项目实施方案" in shown
    assert "! 这里应当写数字，写的却是“八”" in shown
    assert "! 评分 12 超出 0–5 分的范围" in shown
    assert shown.count("规则：人工评分") == 2  # at the head, and for the question mark
    assert "! 评分 8 超出" in shown
    # every word after that is refused as a mark, until the input ends: nothing was accepted, so nothing is written
    assert recorded(fresh, "project-feasibility") is not None
    shown = answered(fresh, "4", "条件具备", "方案@第3页", options=("project-feasibility",))
    assert "0.00 → 4.00 / 5 (已评判)" in shown
    assert "总分：0.00 / 100 → 4.00 / 100" in shown
    assert re.search(r"还有 \d+ 个指标待填，得分在 4.00 到 99.00 之间", shown)
    assert recorded(fresh, "project-feasibility") == {
        "mark": 4,
        "reason": "条件具备",
        "evidence": [{"title": "方案", "place": "第3页"}],
    }


def test_questions_walk_what_is_open_by_what_is_at_stake(fresh: Path) -> None:
    shown = answered(fresh, *[""] * 100)
    stakes = [int(found) for found in re.findall(r"^\[\d+/\d+\] .*\) (\d+)分$", shown, re.M)]
    assert len(stakes) == sum(len(entry.result.open) for entry in load_case(fresh).entries)
    department = stakes[: len(load_case(fresh).entries[0].result.open)]
    assert department == sorted(department, reverse=True)
    assert not (fresh / ".jixiao").exists()


def test_quitting_keeps_what_was_answered(fresh: Path) -> None:
    shown = answered(fresh, "y", "n", "q", options=("objectives",))
    assert shown.endswith("已退出。没有答完的这一项没有写入，之前答完的都已写入。\n")
    assert "(缺数据，可能得 4.00–7.00)" in shown
    assert recorded(fresh, "objectives") == {"checks": {"goals_set": True, "goals_assigned": False}}
    answered(fresh, "y", "材料", options=("objectives",))  # only what is still open is asked
    assert recorded(fresh, "objectives") == {
        "checks": {"goals_set": True, "goals_assigned": False, "goals_measurable": True},
        "evidence": [{"title": "材料"}],
    }


def test_a_loss_asks_for_its_problem_before_it_is_written(tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    text = (ROOT / "indicator_sets" / "sichuan" / "county-department-2019.yaml").read_text(encoding="utf-8")
    bare = re.sub(r"^ +(problem|recommendation): .*\n", "", text, flags=re.M)
    (sets / "bare.yaml").write_text(bare.replace("id: county-department-2019", "id: bare", 1), encoding="utf-8")
    made = run("new", tmp_path / "case", "--set", "bare", "--body", "某区", "--year", "2019", "--sets", sets)
    assert made.returncode == 0, made.stderr
    options = ("project-feasibility", "--sets", str(sets))
    refused = run("record", tmp_path / "case", *options, "--mark", "4", "--reason", "x")
    assert refused.returncode == 1
    assert "没有写问题，也没有写免列理由" in refused.stderr
    assert "失 1.00 分" in answered(tmp_path / "case", "4", "缺论证", "缺少论证", "补充论证", "", options=options)
    assert recorded(tmp_path / "case", "project-feasibility") == {
        "mark": 4, "reason": "缺论证", "problem": "缺少论证", "recommendation": "补充论证",
    }  # fmt: skip
    options = ("project-effect", *options[1:])
    answered(tmp_path / "case", "9", "基本解决", "", "已在整改", "", options=options)
    assert recorded(tmp_path / "case", "project-effect") == {"mark": 9, "reason": "基本解决", "waiver": "已在整改"}


def test_questions_for_deductions_facts_and_levels(fresh: Path) -> None:
    options = ("project-violations",)
    answered(fresh, "1", "审计发现一项", "有违规", "整改", "审计报告", options=options)
    found = recorded(fresh, "project-violations")
    assert isinstance(found, dict)
    assert [(each["count"], each["reason"]) for each in found["deductions"]] == [(1, "审计发现一项")]
    shown = answered(fresh, "两个", "2个", "2个", "1个", "2个", "2个", options=("performance-management",))
    assert "! “两个”不是一个数值" in shown
    assert leaf(fresh, "performance-management").state == "scored"


def test_the_log_and_undo(example: Path) -> None:
    before = (example / "department.yaml").read_bytes()
    run("record", example, "project-effect", "--mark", "7", "--by", "张三")
    run("record", example, "execution-rigour", "--note", "复核", "--by", "李四")
    shown = run("log", example).stdout
    assert re.search(r"2  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  张三\n       project-effect.mark: 8 → 7\n", shown)
    (kept,) = [
        each for each in json.loads(run("log", example, "--format", "json").stdout)["journals"] if each["entries"]
    ]
    assert (kept["state"], kept["whole"]) == ("same", True)
    assert [entry["who"] for entry in kept["entries"]] == ["", "张三", "李四"]
    assert "execution-rigour.note: 复核 → " in run("undo", example).stdout
    done = run("undo", example, "--by", "王五")
    assert "project-effect.mark: 7 → 8" in done.stdout
    assert "总分：92.00 / 100 优 → 93.00 / 100 优" in done.stdout
    assert (example / "department.yaml").read_bytes() == before
    nothing = run("undo", example)
    assert nothing.returncode == 1
    assert "没有可以撤销的记录" in nothing.stderr
    assert "撤销第 2 条" in run("log", example).stdout


def test_the_log_tells_of_tampering_and_of_edits_by_hand(example: Path) -> None:
    file = example / "department.yaml"
    run("record", example, "project-effect", "--mark", "7", "--by", "张三")
    run("record", example, "project-effect", "--mark", "6", "--by", "张三")
    change(file, "mark: 6", "mark: 5")
    noted = run("log", example)
    assert noted.returncode == 0
    assert "之后手工改过" in noted.stdout
    path = path_of(file)
    path.write_bytes(path.read_bytes().replace("张三".encode(), "李四".encode()))
    broken = run("log", example)
    assert broken.returncode == 1
    assert f"{path.resolve()}:2: 日志的这一行被改动过" in broken.stderr
    assert json.loads(run("log", example, "--format", "json").stdout)["journals"][0]["whole"] is False


def test_undo_takes_the_file_that_was_changed_last(example: Path) -> None:
    run("record", example, "project-effect", "--mark", "7")
    run("record", example, "aid-paid", "--note", "x")
    assert "model-workers.yaml" in run("undo", example).stdout
    assert "department.yaml" in run("undo", example).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty: the questions are tried through a pipe only")
def test_questions_through_a_terminal(fresh: Path) -> None:
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(JIXIAO_LANG="zh", PYTHONPATH=str(ROOT), PYTHONUTF8="1")
        os.execv(sys.executable, [*PROGRAM, "record", str(fresh), "project-feasibility"])
    shown = ""
    try:
        for wait_for, typed in (
            ("评分：", "9\n"),
            ("! 评分 9 超出", "5\n"),
            ("理由", "充分\n"),
            ("佐证", "q\n"),
            ("已退出", ""),
        ):
            until = time.monotonic() + 60
            while wait_for not in shown and time.monotonic() < until:
                shown += os.read(terminal, 4096).decode(errors="ignore")
            assert wait_for in shown
            shown = shown[shown.index(wait_for) + len(wait_for) :]
            os.write(terminal, typed.encode())
        _, status = os.waitpid(child, 0)
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert recorded(fresh, "project-feasibility") == {"mark": 5, "reason": "充分"}
    assert [entry.kind for entry in verify(fresh / "department.yaml").entries] == ["start", "change"]


KINDS = """id: kinds
title: 各种规则
version: "1"
subject: project
status: illustrative
weights: illustrative
rules: illustrative
effective: {first: 2019}
citations: [{title: 示例}]
not_applicable: shrink
grades_source: 示例
grades: [{title: 优, at_least: 90}, {title: 差, at_least: 0}]
outline: general-project
facts:
  audited: {title: 是否审计, kind: truth}
indicators:
- {id: rules, title: 制度, weight: 10, rule: {kind: yes-no, question: 制度健全, partial: true}, problem: 制度不全}
- id: months
  title: 进度
  weight: 10
  problem: 进度慢
  rule:
    kind: milestones
    milestones: [{id: june, title: 6月底, target: 40%, points: 5}, {id: november, title: 11月底, target: 80%, points: 5}]
- {id: experts, title: 专家, weight: 20, rule: {kind: panel, raters: 3}, problem: 专家不满意}
- {id: audit, title: 审计, weight: 10, rule: {kind: formula, formula: if audited then weight else 0}, problem: 没有审计}
- {id: output, title: 产出, weight: 10, rule: {kind: ratio, target: ≥20户}, problem: 没有完成}
- {id: mood, title: 满意, weight: 20, rule: {kind: judged}, problem: 不满意, reducible: 3}
- {id: goals, title: 目标, weight: 20, open: {}, problem: 目标没有达到}
"""


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    """A case with an indicator of every kind of record that the others lack."""
    case = tmp_path / "kinds"
    (case / "indicator_sets").mkdir(parents=True)
    (case / "indicator_sets" / "kinds.yaml").write_text(KINDS, encoding="utf-8")
    (case / "project.yaml").write_text(
        "id: kinds-case\ntitle: 评价\nyear: 2019\nsubject: {name: 某项目, kind: project, unit: 某局}\nset: kinds@1\n"
        "indicators:\n  goals: [{id: own, title: 关爱劳模, weight: 20, target: 关爱各级劳模}]\n",
        encoding="utf-8",
    )
    return case / "project.yaml"


def test_questions_for_every_kind_of_rule(kinds: Path) -> None:
    answers = {
        "experts": ["9,8", "18, 17，19", "意见一致", "评分表"],
        "mood": ["19", "都满意", ""],
        "own": ["慰问20人", "9", "2", "70%", "有记录", ""],
        "rules": ["n", "11", "6", "缺一项", ""],
        "months": ["两成", "20%", "90%", ""],
        "audit": ["可能", "是", "审计报告@第1页"],
        "output": ["二十户", "20户", ""],
    }
    shown = answered(kinds, *[line for lines in answers.values() for line in lines])
    assert shown.count("  ! ") == 6
    for said in (
        "有 2 个评分，规则要 3 个",
        "规则里没有等级“9”",
        "评分 11 超出 0–10 分",
        "“两成”不是一个数值",
        "请答 y（是）",
    ):
        assert said in shown
    (entry,) = load_case(kinds).entries
    points = {node.id: str(node.points) for node in entry.result.leaves()}
    assert points == {
        "rules": "6.00", "months": "7.50", "experts": "18.00", "audit": "10.00", "output": "10.00", "mood": "19.00", "own": "14.00",
    }  # fmt: skip
    assert read(kinds).data["facts"] == {"audited": {"value": True}}  # type: ignore[index]
    assert "没有待填的指标" in answered(kinds)


def test_options_for_every_kind_of_rule(kinds: Path) -> None:
    def recording(*options: str) -> object:
        done = run("record", kinds, *options)
        assert done.returncode == 0, done.stderr
        return value_at(read(kinds).data, ("records", options[0]))

    assert recording("rules", "--not-met", "--mark", "6", "--reason", "缺一项") == {
        "mark": 6,
        "met": False,
        "reason": "缺一项",
    }
    assert recording("months", "--milestone", "june=20%", "--milestone", "november=80%") == {
        "actuals": {"june": "20%", "november": "80%"}
    }
    assert recording("experts", "--marks", "18,17.5，19", "--reason", "一致") == {
        "marks": [18, Decimal("17.5"), 19],
        "reason": "一致",
    }
    assert recording("mood", "--mark", "19", "--reason", "都满意", "--reduce", "2")
    assert recording("own", "--level", "达成年度指标", "--share", "90%", "--reason", "有记录", "--actual", "慰问20人")
    assert recording("output", "--actual", "15户") == {"actual": "15户"}
    assert recording("output", "--not-applicable", "没有安排") == {"not_applicable": "没有安排"}
    assert recording("output", "--actual", "20") == {"actual": 20}  # and it applies again
    assert recording("output", "--waiver", "不算问题") == {"actual": 20, "waiver": "不算问题"}
    assert recording("output", "--problem", "是问题") == {"actual": 20, "problem": "是问题"}
    assert recording("audit", "--fact", "audited=true")
    wrong = run("record", kinds, "months", "--milestone", "june=")
    assert (wrong.returncode, "--milestone: “june=”读不懂" in wrong.stderr) == (1, True)
