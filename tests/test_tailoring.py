"""Tailored sets: what a short file makes of its parent, what it may not do, and that nothing changes without being said.

tests/tailoring/sets holds two parents and three tailorings; tests/tailoring/faults.yaml the wrong ones, one fault each.
After a change of the annex that is meant: JIXIAO_UPDATE_GOLDEN=1 pytest tests/test_tailoring.py
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import Fault, ScoringError, Text
from scoring.indicators import Indicator, IndicatorSet
from scoring.load import find_set
from scoring.report import docx, markdown
from scoring.report.annex import Difference, annex, differences
from scoring.report.document import Cell, Table
from scoring.source import parse, read
from scoring.source.model import build
from scoring.tailoring import TailoredSet, Tailoring, load_tailored, tailor

HERE = Path(__file__).parent / "tailoring"
SETS = HERE / "sets"
HEAD = 'id: toy\nextends: province@1\nversion: "1"\napprover: 某县财政局\n'
FAULTS = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))
CHINESE = re.compile(r"[⺀-鿿　-〿＀-￯]")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def finder(folder: Path, within: tuple[Path, ...] = ()) -> Callable[[str], IndicatorSet]:
    """What a loader does: a reference → its file → its set, tailored or not."""

    def find(reference: str) -> IndicatorSet:
        file = folder / f"{reference.partition('@')[0]}.yaml"
        if reference == "project-evaluation-2020@1":
            return find_set(reference)
        if not file.is_file():
            raise Fault(Text(f"没有“{reference}”", f"there is no '{reference}'"))
        source = read(file)
        assert isinstance(source.data, dict)
        if "extends" in source.data:
            return load_tailored(source, finder(folder, (*within, file)), within)
        indicator_set = build(source, IndicatorSet)
        assert not list(indicator_set.faults())
        return indicator_set

    return find


def a_set(id: str) -> Any:
    return finder(SETS)(f"{id}@1")


def toy(changes: list[dict[str, Any]], **keys: Any) -> Tailoring:
    data = {"id": "toy", "extends": "parent@1", "version": "1", "approver": "某县财政局", "changes": changes}
    return Tailoring.model_validate(data | keys)


def made(parent: IndicatorSet, changes: list[dict[str, Any]], **keys: Any) -> TailoredSet:
    child, faults = tailor(parent, toy(changes, **keys))
    assert child is not None, [fault.message.zh for fault in faults]
    return child


def plainly(indicator_set: IndicatorSet) -> dict[str, Any]:
    """All that makes the set, without the names it goes by."""
    names = IndicatorSet.model_fields.keys() - {"id", "version", "title", "english"}
    return {name: getattr(indicator_set, name) for name in names}


def outline(indicators: tuple[Indicator, ...]) -> list[Any]:
    return [(node.id, int(node.weight), *([outline(node.children)] if node.children else [])) for node in indicators]


# What a tailoring makes


def test_a_county_needs_fifteen_lines_at_most() -> None:
    for name in ("county", "town", "village", "lizhou-project-2021"):
        assert len((SETS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()) <= 15
        assert isinstance(a_set(name), TailoredSet)


def test_the_framework_of_the_ministry_becomes_a_countys_own() -> None:
    county = a_set("lizhou-project-2021")
    assert (county.reference, county.effective.first) == ("lizhou-project-2021@1", 2021)
    assert (county.weights, county.parent.weights) == ("illustrative", "none")
    assert outline(county.indicators)[-1] == (
        "benefit",
        30,
        [("project-benefit", 30, [("achieved-benefit", 20), ("satisfaction", 10)])],
    )
    assert sum(node.weight for node in county.indicators) == 100
    assert len([each for each in differences(county.parent, county) if each.what == "weight"]) == 31


def test_changes_are_applied_where_they_belong() -> None:
    county = a_set("county")
    assert outline(county.indicators) == [
        ("decision", 20, [("necessity", 10), ("clarity", 10)]),
        ("process", 20, [("execution", 10), ("delay", 10)]),
        ("output", 40),
        ("effect", 20, [("opinion", 15), ("upkeep", 5)]),
    ]
    nodes = {node.id: node for _, node in county.walk()}
    assert (nodes["necessity"].title, nodes["necessity"].english) == ("立项依据充分性", None)
    assert nodes["delay"].rule is not None
    assert nodes["delay"].rule.kind == "judged"
    assert (county.reference, county.title, county.english) == ("county@1", "县项目支出评价体系", None)
    assert county.parent.reference == county.tailoring.extends == "province@1"
    assert (county.grades, county.facts) == (county.parent.grades, county.parent.facts)


def test_what_a_county_changed_no_longer_rests_on_the_parents_sources() -> None:
    county = a_set("county")
    assert (county.status, county.weights, county.rules) == ("unconfirmed", "illustrative", "illustrative")
    town = a_set("town")
    assert (town.status, town.weights, town.rules) == ("official", "confirmed", "confirmed")
    assert [citation.title for citation in town.citations] == ["示例文件", "某镇预算绩效管理办法"]


def test_a_parent_without_weights_is_given_them() -> None:
    assert outline(a_set("town").indicators) == [
        ("decision", 60, [("necessity", 30), ("clarity", 30)]),
        ("output", 40),
    ]
    renamed = made(a_set("ministry"), [{"change": "rename", "id": "output", "title": "产出指标", "reason": "统一"}])
    assert (renamed.weights, renamed.rules) == ("none", "none")


def test_a_new_indicator_stands_where_it_is_put() -> None:
    leaf = {"title": "档案", "weight": 5, "rule": {"kind": "judged"}}
    changes = [
        {"change": "add", "under": "process", "after": "execution", "indicator": {"id": "a", **leaf}, "reason": "一"},
        {"change": "add", "under": "process", "after": "a", "indicator": {"id": "b", **leaf}, "reason": "二"},
        {"change": "reweight", "weights": {"execution": 5, "delay": 15}, "reason": "三"},
        {"change": "set_rule", "rules": {"delay": {"kind": "judged"}}, "reason": "四"},
    ]
    process = made(a_set("province"), changes).indicators[1]
    assert [node.id for node in process.children or ()] == ["execution", "a", "b", "delay"]


def test_a_new_rule_takes_the_place_of_the_old_text_of_the_standard() -> None:
    text = (
        (SETS / "province.yaml")
        .read_text(encoding="utf-8")
        .replace("title: 目标明确性,", "title: 目标明确性, standard: 目标明确得满分,")
    )
    parent = build(parse(text, SETS / "province.yaml"), IndicatorSet)
    rule = {"kind": "checklist", "items": [{"id": "clear", "title": "明确", "points": 10}]}
    child = made(parent, [{"change": "set_rule", "rules": {"clarity": rule}, "reason": "按要点"}])
    node = next(node for _, node in child.walk() if node.id == "clarity")
    assert node.standard is None
    assert [each.what for each in differences(parent, child) if each.id] == ["rule"]


# The annex


def test_the_annex_word_for_word() -> None:
    file = HERE / "county.md"
    county = a_set("county")
    text = markdown.render(annex(county.parent, county))
    if os.environ.get("JIXIAO_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")
    assert docx.render(annex(county.parent, county))


def test_a_chain_states_its_own_reasons_and_those_before_it() -> None:
    village = a_set("village")
    own = {(each.id, each.what): (each.reason, each.approver) for each in differences(village.parent, village)}
    assert own["", "grades"] == ("村级项目少，不分四档", "某镇人民政府")
    assert own["process", "weight"] == ("过程简单", "某县财政局")
    assert own["delay", "dropped"] == ("没有工期", "某镇人民政府")
    whole = {(each.id, each.what): (each.reason, each.approver) for each in differences(a_set("province"), village)}
    assert whole["process", "weight"] == ("本县项目以工程为主，侧重产出；过程简单", "某县财政局")
    assert whole["necessity", "title"] == ("与本县管理办法一致", "某县财政局")
    assert "upkeep" not in {id for id, _ in whole}, "added by the county and dropped by the village"
    assert whole["satisfaction", "replaced"][0] == "服务对象是农户；服务对象是村民；管护机制的分值并入"


def test_the_annex_shows_what_of_a_grade_changed() -> None:
    parent = a_set("province")
    grades = [{"title": "优", "at_least": 85}, *(grade.model_dump() for grade in parent.grades[1:])]
    child = made(parent, [], reason="按本县办法", grades=grades)
    (row,) = [row for row in _rows(parent, child) if row[1].text == "（体系）"]
    assert [cell.text for cell in row[2:]] == [
        "等级",
        "优（下限（含） 90）；良（下限（含） 60）；差（下限（含） 0）",
        "优（下限（含） 85）；良（下限（含） 60）；差（下限（含） 0）",
        "按本县办法",
        "某县财政局",
    ]


def _rows(parent: IndicatorSet, child: IndicatorSet) -> list[tuple[Cell, ...]]:
    return [row for block in annex(parent, child).blocks if isinstance(block, Table) for row in block.rows[1:]]


def test_what_no_file_states_is_shown_as_unstated() -> None:
    county = a_set("county")
    first = county.indicators[0].model_copy(update={"weight": Decimal(25), "title": "立项"})
    forged = county.model_copy(update={"indicators": (*county.indicators[1:], first)})
    unstated = [each for each in differences(county.parent, forged) if each.id and not each.reason]
    assert [(each.id, each.what) for each in unstated] == [("decision", "title"), ("decision", "weight")]
    assert "order" in {each.what for each in differences(county.parent, forged)}
    table = annex(county.parent, forged).blocks[1]
    assert isinstance(table, Table)
    assert sum(row[5].text == "未说明" for row in table.rows) == 2


def test_two_sets_that_are_no_kin_can_be_compared() -> None:
    found = differences(a_set("ministry"), a_set("province"))
    assert {("process", "added"), ("effect", "added"), ("output", "weight"), ("output", "open")} <= {
        (each.id, each.what) for each in found
    }
    moved = a_set("province")
    under = moved.indicators[1].model_copy(update={"children": (*moved.indicators[1].children, moved.indicators[3])})
    moved = moved.model_copy(update={"indicators": (moved.indicators[0], under, moved.indicators[2])})
    assert differences(a_set("province"), moved) == [Difference("effect", "效益", "moved", "", "过程")]


# Wrong tailorings


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case["name"])
def test_one_fault_gives_one_diagnostic(case: dict[str, Any]) -> None:
    marked = (HEAD if case.get("head", True) else "") + case["text"]
    assert marked.count("‸") == 1
    before = marked[: marked.index("‸")]
    file = Path("toy.yaml")
    with pytest.raises(ScoringError) as caught:
        load_tailored(parse(marked.replace("‸", ""), file), finder(SETS))
    (said,) = caught.value.diagnostics
    assert (said.file, said.line, said.column) == (file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert (said.path, said.message.zh, said.hint and said.hint.zh) == (
        case.get("path", ""),
        case["message"],
        case.get("hint"),
    )
    assert said.message.en == case["english"]
    if said.path.startswith("changes"):
        for text in (said.message, said.hint) if said.hint else (said.message,):
            assert not CHINESE.search(QUOTED.sub("", text.en)), "Chinese in the English text"


def test_no_two_faults_share_a_name() -> None:
    assert max(Counter(case["name"] for case in FAULTS).values()) == 1


def test_all_faults_are_reported_together() -> None:
    text = f"{HEAD}changes:\n- {{change: drop, id: a-b, reason: 一}}\n- {{change: drop, id: c-d, reason: 二}}\n"
    with pytest.raises(ScoringError) as caught:
        load_tailored(parse(text, Path("toy.yaml")), finder(SETS))
    assert [(each.line, each.column) for each in caught.value.diagnostics] == [(6, 22), (7, 22)]


def test_a_ring_is_refused_where_it_began(tmp_path: Path) -> None:
    for id, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        text = f'id: {id}\nextends: {parent}@1\nversion: "1"\napprover: 某县财政局\n'
        (tmp_path / f"{id}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScoringError) as caught:
        finder(tmp_path)("a@1")
    (said,) = caught.value.diagnostics
    assert (said.file, said.line, said.column, said.path) == (tmp_path / "a.yaml", 2, 10, "extends")
    assert said.message == ("extends 绕成了一圈：a → b → c → a", "extends goes round in a ring: a → b → c → a")


def test_a_fault_that_arises_between_file_and_parent_is_told_where_they_meet() -> None:
    text = (SETS / "province.yaml").read_text(encoding="utf-8")
    text += "vetoes: [{id: fraud, title: 弄虚作假, effect: ceiling, grade: 良}]\n"
    parent = build(parse(text, SETS / "province.yaml"), IndicatorSet)
    grades = [{"title": "合格", "at_least": 60}, {"title": "不合格", "at_least": 0}]
    child, (fault,) = tailor(parent, toy([], reason="不分四档", grades=grades))
    assert child is None
    assert (fault.message.zh, fault.inside) == ("没有等级“良”", ("extends",))


def test_a_fault_of_the_parent_is_told_in_the_parents_file(tmp_path: Path) -> None:
    shutil.copytree(SETS, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "county.yaml").read_text(encoding="utf-8").replace("id: necessity", "id: necesity")
    (tmp_path / "county.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScoringError) as caught:
        finder(tmp_path)("village@1")
    assert [(said.file, said.line) for said in caught.value.diagnostics] == [(tmp_path / "county.yaml", 9)]


# Laws

LEAF = {"weight": 10, "rule": {"kind": "judged"}}
COUNTS = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def parent_of(counts: list[int]) -> IndicatorSet:
    """Groups of so many leaves and one more that no change touches; weights none, so that any change stands alone."""
    groups = [
        {
            "id": f"g{g}",
            "title": f"组{g}",
            "weight": 10,
            "children": [{"id": f"g{g}-{n}", "title": f"指标{g}-{n}", **LEAF} for n in range(count + 1)],
        }
        for g, count in enumerate(counts)
    ]
    data = a_set("province").model_dump() | {"id": "parent", "weights": "none", "status": "illustrative"}
    data |= {"indicators": [*groups, {"id": "last", "title": "末项", **LEAF}], "facts": {}}
    return IndicatorSet.model_validate(data)


@st.composite
def tailorings(draw: st.DrawFn) -> tuple[IndicatorSet, list[dict[str, Any]]]:
    """A parent, and changes that go with it and with one another; the reason of each is its own."""
    parent = parent_of(draw(COUNTS))
    changes: list[dict[str, Any]] = []

    def add(**change: Any) -> None:
        changes.append({**change, "reason": f"理由{len(changes)}号"})

    weights = {}
    for group in parent.indicators[:-1]:
        verbs = ("keep", "weigh", "rename", "add")
        match draw(st.sampled_from((*verbs, "drop", "replace"))):
            case "drop":
                add(change="drop", id=group.id)
                continue
            case "replace":
                new = {"id": draw(st.sampled_from((group.id, f"new-{group.id}"))), "title": "新组", **LEAF}
                add(change="replace", id=group.id, **{"with": new})
                continue
            case "weigh":
                weights[group.id] = 7
            case "rename":
                add(change="rename", id=group.id, title="新名", english="new")
            case "add":
                leaf = {"id": f"more-{group.id}", "title": "新增", **LEAF}
                after = draw(st.sampled_from([None, *[node.id for node in (group.children or ())[:1]]]))
                add(change="add", under=group.id, after=after, indicator=leaf)
        for node in (group.children or ())[1:]:
            for verb in draw(st.sampled_from(((), ("weigh", "rename", "rule"), ("rule",), ("drop",), ("replace",)))):
                match verb:
                    case "weigh":
                        weights[node.id] = 3
                    case "rename":
                        add(change="rename", id=node.id, title=f"新{node.title}")
                    case "rule":
                        add(change="set_rule", rules={node.id: {"kind": "ratio", "target": "≥95%"}})
                    case "drop":
                        add(change="drop", id=node.id)
                    case "replace":
                        parts = [{"id": f"{node.id}-{n}", "title": f"分项{n}", **LEAF} for n in range(2)]
                        add(
                            change="replace",
                            id=node.id,
                            **{"with": {"id": node.id, "title": "细分", "children": parts}},
                        )
    if weights:
        add(change="reweight", weights=weights)
    return parent, changes


@given(COUNTS)
def test_no_changes_give_the_parent(counts: list[int]) -> None:
    parent = parent_of(counts)
    child = made(parent, [])
    assert plainly(child) == plainly(parent)
    assert differences(parent, child) == []


@given(tailorings())
def test_a_set_does_not_differ_from_itself(drawn: tuple[IndicatorSet, list[dict[str, Any]]]) -> None:
    parent, changes = drawn
    child = made(parent, changes, weights="none")
    assert differences(parent, parent) == differences(child, child) == []


@given(tailorings())
def test_each_change_stands_in_the_annex_once_and_nothing_else_does(
    drawn: tuple[IndicatorSet, list[dict[str, Any]]],
) -> None:
    parent, changes = drawn
    child = made(parent, changes, weights="none", rules=parent.rules)
    rows = _rows(parent, child)
    expected = Counter({each["reason"]: len(each.get("weights", [1])) for each in changes})
    assert Counter(row[5].text for row in rows) == expected
    assert [row[0].text for row in rows] == [str(number) for number in range(1, len(rows) + 1)]


@given(COUNTS, st.data())
def test_dropping_what_was_added_gives_the_parent_back(counts: list[int], data: st.DataObject) -> None:
    parent = parent_of(counts)
    under = data.draw(st.sampled_from([None, *[node.id for node in parent.indicators if node.children]]))
    siblings = next((node.children for node in parent.indicators if node.id == under), None) or parent.indicators
    after = data.draw(st.sampled_from([None, *[node.id for node in siblings]]))
    new = {"id": "new", "title": "新增", **LEAF}
    child = made(
        parent, [{"change": "add", "under": under, "after": after, "indicator": new, "reason": "加"}], weights="none"
    )
    again, faults = tailor(child, toy([{"change": "drop", "id": "new", "reason": "减"}], id="again", weights="none"))
    assert again is not None, faults
    assert again.indicators == parent.indicators
    assert again.parent is child
    assert [each for each in differences(parent, again) if each.id] == []


@given(tailorings(), st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(drawn: tuple[IndicatorSet, list[dict[str, Any]]], random: Any) -> None:
    parent, changes = drawn
    shuffled = random.sample(changes, len(changes))
    assert made(parent, changes, weights="none").indicators == made(parent, shuffled, weights="none").indicators


@given(tailorings())
def test_a_tailored_set_can_be_tailored_like_any_other(drawn: tuple[IndicatorSet, list[dict[str, Any]]]) -> None:
    parent, changes = drawn
    child = made(parent, changes, weights="none")
    flat = IndicatorSet.model_validate({name: getattr(child, name) for name in IndicatorSet.model_fields})
    again = [{"change": "rename", "id": "last", "title": "最后", "reason": "改"}]
    assert made(child, again, id="again").indicators == made(flat, again, id="again").indicators
