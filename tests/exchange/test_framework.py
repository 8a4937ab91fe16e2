"""A framework in a table becomes a draft set: weights as printed, plain rules as rules, the rest judged with its wording."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scoring.exchange.intake import take_in
from scoring.load import load_set
from scoring.rules import AnyRule
from tests.conftest import run
from tests.exchange import writers
from tests.exchange.writers import Box

# first, second, third, weight, standard; the framework of a county that does not exist
ROWS = [
    ("决策（20分）", "项目立项", "立项依据充分性", "10", "①符合法律法规（4分）②符合发展规划（3分）③有实际需要（3分）"),
    ("决策（20分）", "项目立项", "立项程序规范性", "10", "程序规范得满分，否则不得分"),
    ("过程（30分）", "资金管理", "资金到位率", "10", "资金到位率×分值"),
    ("过程（30分）", "资金管理", "预算执行率", "10", "达到95%得10分，达到85%得8分，达到70%得5分，低于70%不得分"),
    ("过程（30分）", "组织实施", "制度执行有效性", "10", "每发现一处违规扣2分，扣完为止"),
    ("产出（30分）", "产出数量", "实际完成率", "20", "由专家组根据完成情况综合评定"),
    ("产出（30分）", "产出时效", "完成及时性", "10", "按期完成得10分，每拖延一个月扣3分"),
    ("效益（20分）", "项目效益", "实施效益", "10", "好得10分，较好得8分，一般得6分，差不得分"),
    ("效益（20分）", "项目效益", "满意度", "10", "90%（含）以上得10分、80%-90%得8分、60%-80%得5分、60%以下不得分"),
]
KINDS = ["checklist", "yes-no", "ratio", "bands", "deduct", "judged", "deduct", "levels", "bands"]


def layout(rows: list[tuple[str, ...]], total: str = "100", year: str = "（2022年度）") -> list[list[Box]]:
    heads = ("一级指标", "二级指标", "三级指标", "分值", "评分标准", "得分")
    made: list[list[Box]] = [[(f"示例县项目支出绩效评价指标体系{year}", 1, 6)], [(head, 1, 1) for head in heads]]
    for index, row in enumerate(rows):
        boxes: list[Box] = []
        for level in (0, 1):
            same = [other[: level + 1] == row[: level + 1] for other in rows[index:]]
            if not index or rows[index - 1][: level + 1] != row[: level + 1]:
                boxes.append((row[level], same.index(False) if False in same else len(same), 1))
        made.append([*boxes, *((text, 1, 1) for text in (*row[2:], ""))])
    return [*made, [("合计", 1, 3), (total, 1, 1), ("", 1, 1), ("", 1, 1)]]


def rule_of(standard: str, folder: Path) -> AnyRule:
    rows = [("决策", "立项", "指标甲", "10", standard), ("效益", "效果", "指标乙", "90", "")]
    writers.write_csv(layout(rows), file := folder / "framework.csv")
    take_in(file, folder / "draft.yaml")
    return next(leaf.rule for _, leaf in load_set(folder / "draft.yaml").walk() if leaf.rule)


@pytest.mark.parametrize("format", writers.WRITERS)
def test_a_framework_becomes_a_set_that_loads(format: str, tmp_path: Path) -> None:
    writers.WRITERS[format](layout(ROWS), file := tmp_path / f"framework{format}")
    made = take_in(file, tmp_path / "county-2022.yaml")
    assert made.what == "set"
    drafted = load_set(tmp_path / "county-2022.yaml")
    leaves = [indicator for _, indicator in drafted.walk() if indicator.rule]
    assert [(leaf.title, str(leaf.weight)) for leaf in leaves] == [(row[2], row[3]) for row in ROWS]
    assert [leaf.rule.kind for leaf in leaves if leaf.rule] == KINDS
    assert [leaf.standard for leaf in leaves] == [row[4] for row in ROWS]
    assert [(top.title, str(top.weight)) for top in drafted.indicators] == [
        ("决策", "20"),
        ("过程", "30"),
        ("产出", "30"),
        ("效益", "20"),
    ]
    assert (drafted.status, drafted.weights, drafted.effective.first) == ("unconfirmed", "secondary", 2022)
    linted = run("sets", "lint", tmp_path / "county-2022.yaml")
    assert linted.returncode == 0, linted.stderr


@pytest.mark.parametrize(
    ("standard", "kind", "parameters"),
    [
        ("优秀得10分，良好得8分，一般得5分，较差得0分", "levels", {"shares": ["100%", "80%", "50%", "0%"]}),
        ("好、较好、一般、差", "judged", {}),
        ("达到90%得10分、80%得8分", "bands", {"points": [10, 8, 0]}),
        ("达到90%得10分、85%得8分，每低1个百分点扣1分", "judged", {}),
        ("达到90%得9分，低于90%不得分", "judged", {}),  # nothing earns the whole weight
        ("90%以上得10分，60%-80%得5分，60%以下不得分", "judged", {}),  # a gap
        ("每迟报一次扣1分；每出现一处差错扣0.5分；扣完为止", "deduct", {"each": ["1", "0.5"]}),
        ("每低于1个百分点扣0.5分", "judged", {}),
        ("每发现一处扣1-3分", "judged", {}),
        ("按完成比例得分", "ratio", {}),
        ("按比例得分，低于60%不得分", "judged", {}),
        ("发现一处违规扣2分，扣完为止", "deduct", {"each": ["2"], "titles": ["违规"]}),
        ("每迟报一次扣1分；每出现一处差错扣0.5分", "deduct", {"each": ["1", "0.5"], "titles": ["迟报", "差错"]}),
        ("每发现一处扣2分", "deduct", {"each": ["2"], "titles": ["发现的问题"]}),
        ("每延迟1天扣1分", "deduct", {"each": ["1"], "titles": ["延迟1天"]}),
        ("按时完成得满分，每延迟1天扣1分，扣完为止", "deduct", {"each": ["1"]}),
        ("按时完成得5分，每延迟1天扣1分", "judged", {}),
        ("发现违规扣2分", "judged", {}),  # once, or for each?
        ("①制度健全得5分；②制度执行得5分", "checklist", {"points": ["5", "5"]}),
        ("①制度健全得5分；②制度执行得4分", "judged", {}),
        ("①制度健全得6分；②基本健全得4分", "judged", {}),  # one or the other
        ("达到100%得满分，每低于1个百分点扣1分", "steps", {"limit": "100%", "direction": "below", "each": "1"}),
        (
            "不超过5%得10分，每超过1个百分点扣0.5分，扣完为止",
            "steps",
            {"limit": "5%", "direction": "above", "each": "0.5"},
        ),
        ("不低于5%得10分，每超过1个百分点扣1分", "judged", {}),
        ("达到100%得8分，每低于1个百分点扣1分", "judged", {}),
        (
            "效益显著得10分，较显著得7.5分，一般得5分，不显著不得分",
            "levels",
            {"shares": ["100%", "75%", "50%", "0%"]},
        ),
        ("效益显著得10分，质量一般得5分，不显著不得分", "judged", {}),
        ("有管理制度得10分，没有的不得分", "yes-no", {"question": "有管理制度"}),
        ("有管理制度得5分，否则不得分", "judged", {}),
        ("1.制度健全（6分）；2.执行有效（4分）", "checklist", {"points": ["6", "4"]}),
        ("制度健全（6分）；执行有效（3分）", "judged", {}),
        ("合规性由评价组判断", "judged", {}),
    ],
)
def test_rules_are_taken_only_where_the_words_are_plain(
    standard: str, kind: str, parameters: dict[str, object], tmp_path: Path
) -> None:
    rule = rule_of(standard, tmp_path)
    assert rule.kind == kind
    data = rule.model_dump(mode="json")
    match kind:
        case "levels":
            assert re.findall(r"share: (\S+?)}", (tmp_path / "draft.yaml").read_text("utf-8")) == parameters["shares"]
        case "bands":
            assert [float(band["points"]) for band in data["bands"]] == parameters["points"]
        case "deduct":
            assert [str(cause["each"]) for cause in data["causes"]] == parameters["each"]
            titles = [cause["title"] for cause in data["causes"]]
            assert titles == parameters.get("titles", titles)
        case "steps":
            assert {key: str(data[key]) for key in parameters} == parameters
            assert "不满 1 个百分点怎么扣没有写" in (tmp_path / "draft.yaml").read_text("utf-8")
        case "checklist":
            assert [str(item["points"]) for item in data["items"]] == parameters["points"]
        case "yes-no":
            assert data["question"] == parameters["question"]


# standard, edges of the bands from the top, what is said to be assumed; no edges: left judged
EDGES = [
    ("完成率>95%得10分，90%-95%得8分，低于90%得0分", ["above 95%", "at_least 90%"], []),
    ("完成率＞95%得10分，90%＜完成率≤95%得8分，完成率≤90%不得分", ["above 95%", "above 90%"], []),
    ("大于95%得10分，大于90%小于等于95%得8分，90%及以下不得分", ["above 95%", "above 90%"], []),
    ("完成率超过90%得满分，90%以下不得分", ["above 90%"], []),
    ("高于90%得10分，不超过90%得5分", ["above 90%"], []),
    ("≥90%得10分，80%≤完成率<90%得8分，未达到80%不得分", ["at_least 90%", "at_least 80%"], []),
    ("90%以上得10分，90%以下不得分", ["at_least 90%"], ["90% 归哪一档没有写明，归高的一档"]),
    ("不低于95%得10分，90%-95%得8分，低于90%不得分", ["at_least 95%", "at_least 90%"], ["95% 归哪一档没有写明，归高的一档"]),
    ("90%以上得10分，80%至90%（含）得8分，低于80%不得分", ["above 90%", "at_least 80%"], ["90% 归哪一档没有写明，按符号归低的一档"]),
    ("低于60%不得分，60%-90%得5分，90%（不含）以上得10分", ["above 90%", "at_least 60%"], []),
    ("达到90%得10分、80%得8分", ["at_least 90%", "at_least 80%"], ["没有写最低一档，按不得分", "80% 没有写符号，按达到即算读"]),
    ("高于95%得10分，低于95%不得分", [], []),  # 95% belongs to neither
    ("≥95%得10分，≤95%得5分", [], []),  # 95% belongs to both
    ("完成率≥90%得10分，合格率≥80%得8分", [], []),  # two values
    ("达到90%得10分，达不到80%不得分", [], []),
]  # fmt: skip


@pytest.mark.parametrize(("standard", "edges", "assumed"), EDGES)
def test_the_number_at_an_edge_goes_where_the_sign_puts_it(
    standard: str, edges: list[str], assumed: list[str], tmp_path: Path
) -> None:
    rule = rule_of(standard, tmp_path)
    text = (tmp_path / "draft.yaml").read_text("utf-8")
    assert re.findall(r"\{(at_least|above): (\S+),", text) == [tuple(edge.split()) for edge in edges]
    assert rule.kind == ("bands" if edges else "judged")
    said = re.findall(r"# - 第3行第\d列：(.*)", text)
    assert said == (assumed if edges else ["评分标准不能照字面计算，由人评判，原文留在 standard"])


def without(rows: list[tuple[str, ...]], index: int, **values: str) -> list[tuple[str, ...]]:
    keys = ("first", "second", "third", "weight", "standard")
    return [
        tuple(values.get(key, text) for key, text in zip(keys, row, strict=True)) if at == index else row
        for at, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("rows", "total", "messages"),
    [
        (
            without(ROWS, 0, weight="15"),
            "100",
            [
                "表1 第3行第1列：“决策”印的是 20 分，下级合计 15 + 10 = 25",
                "表1 第12行第4列：各指标分值合计 105，应为 100",
            ],
        ),
        (
            without(ROWS, 4, weight="若干"),
            "100",
            ["表1 第7行第4列：“制度执行有效性”的分值应当是一个大于 0 的数，写的是“若干”"],
        ),
        (
            without(ROWS, 4, weight=""),
            "100",
            ["表1 第7行第4列：“制度执行有效性”的分值应当是一个大于 0 的数，这里是空的"],
        ),
        (ROWS, "90", ["表1 第12行第4列：各指标分值合计 100，应为 90"]),
    ],
)
def test_weights_that_do_not_add_up_are_reported_with_their_cells(
    rows: list[tuple[str, ...]], total: str, messages: list[str], tmp_path: Path
) -> None:
    writers.write_docx(layout(rows, total), file := tmp_path / "framework.docx")
    done = run("import", file, "-o", tmp_path / "draft.yaml")
    assert done.returncode == 1
    for message in messages:
        assert message in done.stderr
    assert f"共 {len(messages)} 处问题" in done.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_weights_of_levels_in_columns_of_their_own(tmp_path: Path) -> None:
    text = "一级指标,分值,二级指标,分值,三级指标,分值,评分标准\n决策,40,立项,40,依据,15,\n,,,,程序,25,\n效益,60,效果,60,满意度,60,\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    take_in(tmp_path / "a.csv", tmp_path / "draft.yaml", year=2022)
    assert [str(leaf.weight) for _, leaf in load_set(tmp_path / "draft.yaml").walk() if leaf.rule] == ["15", "25", "60"]
    (tmp_path / "b.csv").write_text(text.replace("立项,40", "立项,30"), "utf-8")
    done = run("import", tmp_path / "b.csv", "-o", tmp_path / "b.yaml", "--year", "2022")
    assert "第2行第3列：“立项”印的是 30 分，下级合计 15 + 25 = 40" in done.stderr


def test_a_framework_without_weights_is_kept_without_them(tmp_path: Path) -> None:
    rows = [(*row[:3], "", row[4]) for row in ROWS]
    writers.write_csv(
        [row[:-1] if n > 1 else row for n, row in enumerate(layout(rows, ""))], file := tmp_path / "a.csv"
    )
    take_in(file, tmp_path / "draft.yaml")
    assert load_set(tmp_path / "draft.yaml").weights == "none"


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("某区2021年项目支出绩效评价指标体系", 2021),
        ("某区2021年项目支出绩效评价指标体系（2022年度）", 2022),
        ("某区2021年项目支出绩效评价指标体系（2020年修订）", None),
        ("某区项目支出绩效评价指标体系", None),
    ],
)
def test_the_year_in_the_title_is_the_year_when_it_is_the_only_one(
    title: str, year: int | None, tmp_path: Path
) -> None:
    boxes = layout(ROWS)
    boxes[0] = [(title, 1, 6)]
    writers.write_csv(boxes, file := tmp_path / "framework.csv")
    done = run("import", file, "-o", tmp_path / "draft.yaml")
    if year is None:
        assert "加上 --year 年度" in done.stderr
    else:
        assert load_set(tmp_path / "draft.yaml").effective.first == year


def test_what_a_set_is_written_to(tmp_path: Path) -> None:
    writers.write_csv(layout(ROWS, year=""), file := tmp_path / "framework.csv")
    assert "不能写成“体系”" in run("import", file, "-o", tmp_path / "体系").stderr
    assert "加上 --year 年度" in run("import", file, "-o", tmp_path / "draft.yaml").stderr
    assert run("import", file, "-o", tmp_path / "draft.yaml", "--year", "2023").returncode == 0
    assert "文件已存在" in run("import", file, "-o", tmp_path / "draft.yaml", "--year", "2023").stderr
    assert "用 --as set" in run("import", file, "-o", tmp_path / "case", "--as", "case").stderr
