"""Sets held against regulations: the weights each article prints, at and beside its boundaries; and what is idle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from typer.testing import CliRunner

from scoring.cli import sets
from scoring.errors import ScoringError
from scoring.indicators import IndicatorSet
from scoring.library.catalogue import catalogue
from scoring.library.lint import generic, remarks
from scoring.library.profiles import PROFILES

Tree = Sequence[tuple[str, Any]]
GRADES = (90, 80, 60, 0)


def leaf(title: str, weight: Any, number: int, **more: Any) -> dict[str, Any]:
    evidence = {"evidence": ("凭证",)}
    return {"id": f"i{number}", "title": title, "weight": weight, "rule": {"kind": "judged"}, **evidence, **more}


def made(tree: Tree, grades: Sequence[int] = GRADES, **more: Any) -> IndicatorSet:
    """A set of these first-level titles; a weight that is a tree is a group."""
    numbers = iter(range(1000))

    def nodes(tree: Tree) -> list[dict[str, Any]]:
        made = []
        for title, weight in tree:
            node = leaf(title, weight, next(numbers))
            if isinstance(weight, list):
                children = nodes(weight)
                node = {
                    "id": node["id"],
                    "title": title,
                    "weight": sum(c["weight"] for c in children),
                    "children": children,
                }
            made.append(node)
        return made

    given = {
        "id": "made",
        "title": "拟定",
        "version": "1",
        "subject": "project",
        "status": "illustrative",
        "weights": "illustrative",
        "rules": "illustrative",
        "effective": {"first": 2020},
        "citations": ({"title": "拟定"},),
        "grades": tuple({"title": f"等级{n}", "at_least": n} for n in grades),
        "grades_source": "拟定",
        "outline": "sichuan-2019-project",
        "indicators": tuple(nodes(tree)),
    }
    return IndicatorSet.model_validate({**given, **more})


def first(names: str, *weights: Any) -> Tree:
    return list(zip(names.split("/"), weights, strict=True))


SELF = "预算执行率/产出指标/效益指标/满意度指标"
COST = "预算执行率/成本指标/产出指标/效益指标/满意度指标"
STAGES = "决策/过程/产出/效益"
PPP = [("产出", [("项目运营", 40), ("项目维护", 20), ("成本效益", 20)]), ("效果", 10), ("管理", 10)]
# profile, tree, and the articles that object, each with its level
CASES: list[tuple[str, Tree, list[tuple[str, str]]]] = [
    ("cai-yu-2020-10-self-review", first(SELF, 10, 50, 30, 10), []),
    ("cai-yu-2020-10-self-review", first(SELF, 10, 40, 40, 10), [("warning", "第十三条")]),
    ("cai-yu-2020-10-self-review", first(SELF, 10, 40, 19, 31), [("warning", "第十三条"), ("warning", "第十四条")]),
    ("cai-yu-2020-10-self-review", first(COST, 10, 20, 40, 20, 10), [("warning", "第十三条")]),
    ("cai-yu-2020-10", first(STAGES, 20, 20, 30, 30), []),
    ("cai-yu-2020-10", first(STAGES, 20, 25, 30, 25), [("warning", "第十四条")]),
    ("cai-yu-2020-10", first(STAGES, 20, "20.1", 30, "29.9"), [("warning", "第十四条")]),
    ("cai-yu-2020-10", [("项目绩效", [("产出", 30), ("效益", 30)]), ("决策", [("产出目标明确性", 40)])], []),
    ("cai-yu-2021-101", first(COST, 10, 20, 40, 20, 10), []),
    ("cai-yu-2021-101", first(SELF, 10, 50, 30, 10), []),
    ("cai-yu-2021-101", first("预算执行率/成本指标/产出指标/效益指标", 10, 20, 40, 30), []),
    ("cai-yu-2021-101", first("预算执行率/产出指标/效益指标", 10, 50, 40), []),
    ("cai-yu-2021-101", first("预算执行率/产出指标/效益指标", 10, 60, 30), [("warning", "三（六）")]),
    ("henan-bond-self-review", first("成本/产出/效益/满意度", 30, 40, 20, 10), []),
    ("henan-bond-self-review", first("成本/产出/效益", 30, 40, 30), []),
    ("henan-bond-self-review", first(SELF, 10, 50, 30, 10), [("warning", "第二十二条")]),
    ("henan-bond", first(STAGES, 15, 25, 30, 30), []),
    ("henan-bond", first(STAGES, 20, 30, 25, 25), [("warning", "附件4 备注2"), ("warning", "第二十四条")]),
    ("henan-bond", first(STAGES, 10, 30, 30, 30), [("warning", "附件4 备注2")]),
    ("henan-bond", first(STAGES, 15, 25, 32, 28), [("warning", "附件4 备注2")] * 2),
    (
        "henan-bond",
        [("决策", [("立项", "2.5"), ("目标", "12.5")]), *first("管理/产出/效果", 25, 30, 30)],
        [("warning", "附件4 备注2")] * 2,
    ),
    ("cai-jin-2020-13", PPP, []),
    (
        "cai-jin-2020-13",
        [("产出", [("项目运营", 35), ("项目维护", 20), ("安全", 30)]), ("管理", 15)],
        [("error", "附5")],
    ),
    ("cai-jin-2020-13", [("产出", [("项目运营", 50), ("项目维护", 29)]), ("管理", 21)], [("error", "附5")]),
]


def numbers(tree: Tree) -> Tree:
    """Weights written as text are decimals."""
    from decimal import Decimal

    return [(t, numbers(w) if isinstance(w, list) else Decimal(w) if isinstance(w, str) else w) for t, w in tree]


@pytest.mark.parametrize(("profile", "tree", "wanted"), CASES)
def test_every_article_objects_where_it_should_and_only_there(
    profile: str, tree: Tree, wanted: list[tuple[str, str]]
) -> None:
    indicator_set = made(numbers(tree))
    assert not list(indicator_set.faults())
    found = [remark for remark in remarks(indicator_set, profile) if remark.article]
    said = sorted((remark.level, remark.article) for remark in found)
    objects = [(level, f"{PROFILES[profile].regulation} {article}") for level, article in sorted(wanted)]
    assert [(level, article.partition("，")[0]) for level, article in said] == objects
    for remark in found:
        assert remark.article in remark.fault.message.zh
        assert remark.article in remark.fault.message.en


def test_grade_bands_are_held_against_the_article() -> None:
    other = made(first(STAGES, 15, 25, 30, 30), grades=(85, 75, 60, 0))
    said = {profile: [r for r in remarks(other, profile) if "等级下限" in r.fault.message.zh] for profile in PROFILES}
    assert [r.level for r in said["cai-yu-2020-10"]] == ["warning"]  # 第十八条 says 一般
    assert [r.level for r in said["henan-bond"]] == ["error"]
    assert said["cai-yu-2021-101"] == []


def test_a_set_without_weights_is_not_held_against_weights() -> None:
    none = made(first(STAGES, 0, 0, 0, 0), weights="none")
    assert not [r for r in remarks(none, "cai-jin-2020-13") if r.article]


def test_the_profile_a_set_names_is_used_and_a_misspelt_one_refused() -> None:
    tree = first(STAGES, 20, 25, 30, 25)
    assert [r.article for r in remarks(made(tree, profile="cai-yu-2020-10"))] == ["财预〔2020〕10号 第十四条"]
    (wrong,) = remarks(made(tree).model_copy(update={"profile": "cai-yu-2020-01"}))
    assert (wrong.level, wrong.fault.inside) == ("error", ("profile",))
    assert wrong.fault.hint is not None
    assert "cai-yu-2020-10" in wrong.fault.hint.zh
    with pytest.raises(ScoringError):
        list(remarks(made(tree), "cai-yu-2020-01"))


def test_what_is_idle_or_unfinished_is_told() -> None:
    asked = {"used": {"title": "用到"}, "idle": {"title": "没用到"}, "budget": {"title": "预算数"}}
    rule = {"kind": "formula", "formula": "min(weight, used)"}
    one = leaf("一", 60, 1, rule=rule, evidence=(), problem="有问题")
    indicator_set = made([], facts=asked, indicators=(one, leaf("二", 40, 2)))
    said = [(r.level, r.fault.message.zh) for r in generic(indicator_set)]
    assert ("warning", "“一”没有写需要的佐证材料") in said
    assert ("warning", "“一”有问题没有建议") in said
    assert ("warning", "事实 idle 没有用处") in said
    assert ("note", "事实 budget 只印在报告里") in said
    assert not [text for _, text in said if "used" in text]


def test_a_proof_that_finds_fault_is_told() -> None:
    bad = leaf("一", 100, 1, rule={"kind": "formula", "formula": "if used > 5 then 120 else 0"})
    indicator_set = made([], facts={"used": {"title": "用到"}}, indicators=(bad,))
    assert [r.fault.inside for r in generic(indicator_set) if r.level == "warning"][:1] == [("indicators", 0, "rule")]


BANDS = [{"at_least": "90%", "points": 4}, {"at_least": "60%", "points": 10}, {"points": 0}]
KNOTS = [{"at": "60%", "share": "0%"}, {"at": "80%", "share": "100%"}, {"at": "100%", "share": "90%"}]


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ({"kind": "bands", "unit": "%", "better": "higher", "bands": BANDS}, True),  # 90% gets less than 60%
        ({"kind": "bands", "unit": "%", "bands": BANDS}, False),  # nothing declared
        ({"kind": "bands", "unit": "%", "better": "lower", "bands": [*BANDS[:1], {"points": 10}]}, False),
        ({"kind": "ladder", "unit": "%", "better": "higher", "knots": KNOTS}, True),
        ({"kind": "ladder", "unit": "%", "better": "higher", "knots": KNOTS[:2]}, False),
        ({"kind": "ratio", "target": "≥95%"}, False),
        ({"kind": "ratio", "target": "≤5次", "direction": "lower"}, False),
        ({"kind": "steps", "limit": "100%", "unit": "%", "direction": "above", "step": "5%", "each": 2, "count": "whole"}, False),
    ],
)  # fmt: skip
def test_points_go_the_way_a_rule_declares(rule: dict[str, Any], wrong: bool) -> None:
    found = [
        r.fault.message.zh
        for r in generic(made([("产出", 10)], indicators=(leaf("产出", 10, 0, rule=rule),), maximum=10))
    ]
    assert any("变大时得分" in message for message in found) == wrong, found


def test_no_shipped_set_has_an_error() -> None:
    wrong = [
        (one.set.reference, r.fault.message.zh)
        for one in catalogue()[0]
        for r in remarks(one.set)
        if r.level == "error"
    ]
    assert not wrong


def test_the_command_prints_places_and_exits_1_on_an_error() -> None:
    runner = CliRunner(env={"JIXIAO_LANG": "zh"})
    done = runner.invoke(sets.app, ["lint", "sichuan-project-2017", "--profile", "henan-bond"])
    assert done.exit_code == 0
    assert "sichuan-project-2017.yaml:90:11: indicators[1].weight: “项目管理”的分值是 10" in done.stdout
    done = runner.invoke(sets.app, ["lint", "sichuan-project-2017", "--profile", "cai-jin-2020-13", "--format", "json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["counts"]["error"] == 2
