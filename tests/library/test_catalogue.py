"""What there is: the list, the sets in force, one set laid out to read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scoring.cli import sets
from scoring.errors import ScoringError
from scoring.indicators import IndicatorSet, Subject, Years
from scoring.library.catalogue import Listed, catalogue, counts, find, in_words, lines, nearest_in_years, pick, span
from tests.conftest import ROOT

SICHUAN = ROOT / "indicator_sets" / "sichuan" / "sichuan-project-2017.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(sets.app, arguments, env={"JIXIAO_LANG": "zh"})


def listed(id: str, first: int, last: int | None, **changes: object) -> Listed:
    years = Years(first=first, last=last)
    return Listed(SICHUAN, pick(str(SICHUAN)).set.model_copy(update={"id": id, "effective": years, **changes}))


def test_every_shipped_set_is_listed_and_counted() -> None:
    found, faults = catalogue()
    assert not faults, "\n".join(fault.render() for fault in faults)
    assert [one.set.reference for one in found] == sorted(one.set.reference for one in found)
    assert sum(counts(found).values()) == len(found)
    shown = run("list").stdout
    assert all(one.set.reference in shown for one in found)
    assert shown.splitlines()[-1].startswith(f"共 {len(found)} 个：")


def test_a_faulty_file_is_told_beside_the_sound_ones(tmp_path: Path) -> None:
    shutil.copy(SICHUAN, tmp_path / "mine.yaml")
    found, faults = catalogue([tmp_path])
    assert [fault.message.zh for fault in faults] == ["文件名 mine 与编号 sichuan-project-2017 不一致"]
    assert "sichuan-project-2017" in [one.set.id for one in found]


def test_cases_beside_a_set_are_no_sets(tmp_path: Path) -> None:
    (tmp_path / "mine.cases.yaml").write_text("[]", encoding="utf-8")
    assert not catalogue([tmp_path])[1]


def test_the_issuers_own_come_first_then_the_fewest_years() -> None:
    open_ended, narrow, elsewhere = (
        listed("open", 2010, None),
        listed("narrow", 2017, 2018),
        listed("elsewhere", 2018, 2018, title="河南项目", citations=()),
    )
    found = find([open_ended, elsewhere, narrow, listed("over", 2010, 2017)], 2018, "project", "四川")
    assert [match.listed.set.id for match in found] == ["narrow", "open", "elsewhere"]
    assert found[0].reason.zh == "适用年度 2017–2018，出自四川"
    assert found[2].reason.en == "in force 2018, not from 四川"
    assert find([open_ended, elsewhere, narrow], 2018, "project")[0].listed.set.id == "elsewhere"
    assert find([narrow], 2018, "department") == []


def test_where_nothing_is_in_force_the_nearest_are_told() -> None:
    early, late, far = listed("early", 2010, 2015), listed("late", 2021, None), listed("far", 2000, 2001)
    assert nearest_in_years([far, early, late], 2018, "project") == [(3, early), (3, late)]
    assert nearest_in_years([early], 2018, "policy") == []
    done = run("find", "--year", "1990", "--subject", "policy")
    assert isinstance(done.exception, ScoringError)
    assert "没有适用于 1990 年度政策的指标体系" in str(done.exception)
    assert sets.Subject == Subject, "kept apart so that `jixiao --help` need not import the models"


@pytest.mark.parametrize(
    ("first", "last", "shown"), [(2019, 2019, "2019"), (2017, 2018, "2017–2018"), (2021, None, "2021–")]
)
def test_years_are_shown_short(first: int, last: int | None, shown: str) -> None:
    assert span(Years(first=first, last=last)) == shown


def test_show_gives_tree_rules_sources_and_facts() -> None:
    shown = run("show", "county-department-2019").stdout
    for words in (
        "  预算编制及执行",
        "扣分 = 逾期报送次数 × 1",
        "《项目支出绩效评价管理办法》（财预〔2020〕10号）",
        "projects_reviewed",
    ):
        assert words in shown
    data = json.loads(run("show", "county-department-2019@1", "--format", "json").stdout)
    assert data["leaves"] == 12
    assert data["rules_in_words"]["project-feasibility"].startswith("人工评分：")
    assert data["set"]["indicators"][0]["id"] == "budget-management"


def test_every_leaf_of_every_shipped_set_says_how_it_is_scored() -> None:
    for one in catalogue()[0]:
        for line in lines(one.set):
            assert line.rule.zh or line.indicator.children, f"{one.set.reference} {line.indicator.id}"


def test_a_leaf_without_a_weight_is_told_out_of_100() -> None:
    one: IndicatorSet = pick("sichuan-project-2017").set
    leaf = next(indicator for _, indicator in one.walk() if indicator.id == "necessity")
    weightless = leaf.model_copy(update={"weight": 0})
    assert in_words(one, weightless, "en").startswith("judged (out of 100): points = a mark from 0 to 100")


def test_a_misspelt_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(ScoringError) as caught:
        pick("sichuan-project-2071")
    assert caught.value.diagnostics[0].hint is not None
    assert "sichuan-project-2017" in caught.value.diagnostics[0].hint.zh
