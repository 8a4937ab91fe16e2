"""What is still open and what is still wanted: laws over the example with anything taken out, and every shipped set."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.engine import assess
from scoring.evaluation import Evaluation, OwnIndicator
from scoring.indicators import IndicatorSet
from scoring.load import load_case, load_set, set_files
from scoring.progress import PROOF, Gap, gap, plan
from scoring.result import OPEN
from scoring.scaffold import evaluation_text
from scoring.source import parse
from scoring.source.model import build
from tests.conftest import EXAMPLE, ROOT

ENTRIES = load_case(EXAMPLE).entries
SHIPPED = [s for s in map(load_set, set_files()) if "none" not in (s.weights, s.rules)]


def state(indicator_set: IndicatorSet, evaluation: Evaluation) -> Gap:
    result, _ = assess(indicator_set, evaluation)
    assert result is not None
    return gap(result)


@given(st.data())
def test_what_is_open_makes_up_the_difference_between_worst_and_best(data: st.DataObject) -> None:
    result = data.draw(st.sampled_from(ENTRIES)).result
    evaluation = result.evaluation
    gone = data.draw(st.sets(st.sampled_from(sorted(evaluation.records))))
    silent = data.draw(st.sets(st.sampled_from(sorted(evaluation.records))))
    records = {id: record for id, record in evaluation.records.items() if id not in gone}
    for id in silent & set(records):
        records[id] = records[id].model_copy(update={"problem": None, "same_problem_as": None})
    for id, record in records.items():
        if record.same_problem_as in gone | silent:
            records[id] = record.model_copy(update={"same_problem_as": None})
    found = state(result.indicator_set, evaluation.model_copy(update={"records": records}))
    of = found.result
    assert sum((stake.points for stake in found.stakes), Decimal(0)) == of.high - of.low
    assert [s.points for s in found.stakes] == sorted((s.points for s in found.stakes), reverse=True)
    assert {s.node.id for s in found.stakes} >= {leaf.id for leaf in of.open}
    assert found.lowest == of.indicator_set.grade(of.low, of.maximum)
    assert found.highest == of.indicator_set.grade(of.high, of.maximum)
    assert all(not row.problem and not row.waiver and row.state not in OPEN for row in found.unexplained)
    lost = {row.indicator for row in of.ledger if not row.problem and not row.waiver}
    assert lost - {leaf.id for leaf in of.open} == {row.indicator for row in found.unexplained}


def test_a_finished_evaluation_has_nothing_open() -> None:
    for entry in ENTRIES:
        found = gap(entry.result)
        assert (found.stakes, found.unexplained) == ((), ())
        assert found.lowest == found.highest == entry.result.grade


def test_a_repeated_target_is_open_until_a_person_marks_it_and_shown_with_what_would_prove_it() -> None:
    entry = next(entry for entry in ENTRIES if entry.result.evaluation.id == "model-workers")
    result, id = entry.result, "satisfaction-of-model-workers"
    (marked,) = (stake for stake in gap(result).judged if stake.node.id == id)
    assert (marked.points, marked.proof) == (Decimal(2), (PROOF,))
    record = result.evaluation.records[id].model_copy(update={"mark": None, "reason": None, "same_problem_as": None})
    own = result.evaluation.indicators["satisfaction"]
    wanting = {"satisfaction": (own[0].model_copy(update={"evidence": ("满意度调查报告",)}),)}
    evaluation = result.evaluation.model_copy(
        update={
            "records": {**result.evaluation.records, id: record},
            "indicators": {**result.evaluation.indicators, **wanting},
        }
    )
    found = state(result.indicator_set, evaluation)
    (stake,) = found.stakes
    assert (stake.node.id, stake.node.state, stake.points) == (id, "not-demonstrated", Decimal(10))
    assert [paper.zh for paper in stake.proof] == ["满意度调查报告"]
    assert (found.result.low, found.result.high) == (Decimal(87), Decimal(97))
    assert found.lowest is not None
    assert found.lowest.title == "良"


@pytest.mark.parametrize("indicator_set", SHIPPED, ids=lambda s: s.id)
def test_the_plan_of_a_new_case_names_every_paper_and_figure_the_set_asks_for(indicator_set: IndicatorSet) -> None:
    evaluation = build(parse(evaluation_text(indicator_set, "某区", 2021, "new"), ROOT / "new.yaml"), Evaluation)
    result, _ = assess(indicator_set, evaluation)
    assert result is not None
    made = plan(result)
    asked = {(title, node.id) for _, node in indicator_set.walk() if node.rule for title in node.evidence}
    listed = {(paper.title, use.node.id) for paper in made.papers for use in paper.uses}
    assert asked <= listed
    groups = {title for _, node in indicator_set.walk() for title in node.evidence}
    assert groups == {paper.title for paper in made.papers}
    facts = [fact.name for source in made.sources for fact in source.facts]
    assert sorted(facts) == sorted(indicator_set.facts)
    assert len({paper.title for paper in made.papers}) == len(made.papers)
    assert {use.standing for paper in made.papers for use in paper.uses} <= {"wanted"}
    # every indicator is either asked something or said to be silent
    named = {id for _, id in listed} | {node.id for node in made.silent}
    assert all(leaf.id in named or leaf.inputs for leaf in result.leaves())


def test_the_plan_marks_what_is_recorded_and_takes_the_papers_of_groups_and_own_indicators() -> None:
    result = next(entry for entry in ENTRIES if entry.result.evaluation.id == "department").result
    standing = {(p.title, u.node.id): u for p in plan(result).papers for u in p.uses}
    accounts = standing["部门决算", "execution-rigour"]
    assert accounts.standing == "recorded"
    assert [evidence.title for evidence in accounts.evidence] == ["2019年度部门决算"]
    assert standing["预算调整文件", "execution-rigour"].standing == "other"
    assert all(fact.value.zh for source in plan(result).sources for fact in source.facts)

    project = next(entry for entry in ENTRIES if entry.result.evaluation.id == "model-workers").result
    indicators = tuple(top.model_copy(update={"evidence": ("项目档案",)}) for top in project.indicator_set.indicators)
    indicator_set = project.indicator_set.model_copy(update={"indicators": indicators})
    own: dict[str, tuple[OwnIndicator, ...]] = {
        group: tuple(each.model_copy(update={"evidence": ("发放清册",)}) for each in mine)
        for group, mine in project.evaluation.indicators.items()
    }
    left = {id: record for id, record in project.evaluation.records.items() if id != "necessity"}
    changed, _ = assess(indicator_set, project.evaluation.model_copy(update={"indicators": own, "records": left}))
    assert changed is not None
    made = plan(changed)
    papers = {paper.title: {use.node.id for use in paper.uses} for paper in made.papers}
    assert papers["项目档案"] == {leaf.id for leaf in changed.leaves()}
    assert papers["发放清册"] >= {each.id for mine in own.values() for each in mine}
    standings = {u.node.id: u.standing for p in made.papers if p.title == "项目档案" for u in p.uses}
    assert standings["necessity"] == "wanted"
    assert made.silent == ()


def test_an_indicator_that_does_not_apply_wants_nothing() -> None:
    result = next(entry.result for entry in load_case(ROOT / "tests/broken/base").entries if entry.result.evaluation.id)
    (leaf,) = (leaf for leaf in result.leaves() if leaf.state == "not-applicable")
    indicators = tuple(top.model_copy(update={"evidence": ("档案",)}) for top in result.indicator_set.indicators)
    changed, _ = assess(result.indicator_set.model_copy(update={"indicators": indicators}), result.evaluation)
    assert changed is not None
    uses = [use for paper in plan(changed).papers for use in paper.uses if use.node.id == leaf.id]
    assert [use.standing for use in uses] == ["not-applicable"]
    assert leaf.id not in [node.id for node in plan(result).silent]
