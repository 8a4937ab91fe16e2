"""Two sets side by side, and a case scored under both."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from scoring.cli import sets
from scoring.indicators import IndicatorSet, Years
from scoring.library.catalogue import pick
from scoring.library.diff import compare, diff, score_under
from scoring.load import load_case
from tests.conftest import EXAMPLE, ROOT

SICHUAN = ROOT / "indicator_sets" / "sichuan" / "sichuan-project-2017.yaml"


def changed(**by_id: dict[str, Any]) -> IndicatorSet:
    """The Sichuan project set with some indicators changed; the id's - is written _."""
    one = pick(str(SICHUAN)).set

    def renewed(indicators: Any) -> Any:
        made = []
        for indicator in indicators:
            children = renewed(indicator.children) if indicator.children else None
            changes = by_id.get(indicator.id.replace("-", "_"), {})
            if changes != {"drop": True}:
                made.append(indicator.model_copy(update={"children": children, **changes}))
        return tuple(made)

    return one.model_copy(update={"indicators": renewed(one.indicators)})


def told(other: IndicatorSet) -> list[tuple[str, str, str, str]]:
    return [(c.sort, c.id, c.before.zh, c.after.zh) for c in diff(pick(str(SICHUAN)).set, other)]


def test_a_set_does_not_differ_from_itself() -> None:
    assert told(changed()) == []


def test_weights_titles_ids_and_rules_are_told_apart() -> None:
    from scoring.rules import Judged

    other = changed(
        necessity={"weight": Decimal(6)},
        feasibility={"weight": Decimal(4), "rule": Judged(at_least=Decimal(1))},
        clarity={"title": "明确程度"},
        reasonableness={"id": "fitness"},
        allocation={"drop": True},
    )
    assert told(other) == [
        ("weight", "necessity", "5", "6"),
        ("weight", "feasibility", "5", "4"),
        (
            "rule",
            "feasibility",
            "人工评分：得分 = 评价人在 0–5 分内评定，并写明理由",
            "人工评分：得分 = 评价人在 1–4 分内评定，并写明理由",
        ),
        ("title", "clarity", "明确性", "明确程度"),
        ("id", "reasonableness", "reasonableness", "fitness"),
        ("dropped", "allocation", "3", ""),
    ]
    assert ("added", "allocation", "", "3") in [(c.sort, c.id, c.before.zh, c.after.zh) for c in diff(other, changed())]


def test_another_place_and_another_set_are_told() -> None:
    assert ("place", "necessity", "项目决策 / 科学决策", "项目决策 / 决策") in told(
        changed(sound_decision={"title": "决策"})
    )
    other = changed().model_copy(update={"effective": Years(first=2019), "status": "official"})
    assert told(other) == [("set", "", "2017–2018", "2019–"), ("set", "", "部分已核实", "正式文件")]


def test_a_case_is_scored_under_both() -> None:
    one = pick(str(SICHUAN)).set
    (workers, difficulty) = compare(one, one, EXAMPLE)
    assert workers.before.result is not None
    assert (workers.before.result.total, workers.moved) == (Decimal("95.00"), ())
    other = changed(allocation={"weight": Decimal(4)}, use_of_funds={"weight": Decimal(3)})
    _, difficulty = compare(one, other, EXAMPLE)
    assert difficulty.after.result is not None  # 3 of 4 for the use of funds has become 3 of 3
    assert difficulty.moved == ()
    workers, _ = compare(one, other, EXAMPLE)
    assert workers.after.result is None  # 4 points for the use of funds no longer fit
    assert "评分 4 超出 0–3 分的范围" in [text.zh for text in workers.after.why_not]


def test_what_a_set_has_no_place_for_is_left_out_and_said() -> None:
    evaluation = load_case(EXAMPLE / "model-workers.yaml").entries[0].result.evaluation
    under = score_under(changed(necessity={"id": "need"}), evaluation)
    assert under.left == ("necessity",)
    assert under.result is not None
    assert under.result.total == Decimal("90.00")


def test_the_command_in_both_formats(tmp_path: Path) -> None:
    text = (
        SICHUAN.read_text(encoding="utf-8")
        .replace("id: sichuan-project-2017", "id: mine")
        .replace("id: necessity", "id: need")
    )
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    arguments = ["diff", "sichuan-project-2017", str(tmp_path / "mine.yaml"), "--case", str(EXAMPLE)]
    runner = CliRunner(env={"JIXIAO_LANG": "zh"})
    done = runner.invoke(sets.app, arguments)
    assert "编号    necessity  必要性  necessity                 need" in done.stdout
    assert "mine@1 没有这些记录的位置：necessity" in done.stdout
    data = json.loads(runner.invoke(sets.app, [*arguments, "--format", "json"]).stdout)
    assert [score["evaluation"] for score in data["scores"]] == ["model-workers", "workers-in-difficulty"]
    assert data["scores"][0]["before"] == "95.00"
    assert data["scores"][0]["moved"] == [{"id": "necessity", "title": "必要性", "before": "5.00", "after": None}]
