"""What regulations ask of the weights and grades of a set, as data. A set names the profile it obeys: `profile: <id>`.

A regulation speaks of heads (产出, 效益 …), a set of titles: a title belongs to a head when it contains one of the
head's words. What the text puts 原则上 (in principle), 一般 (usually) or 参考 (for reference) is a warning, the rest an
error; where only the printed weights are known and not the words around them, it is a warning too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from scoring.errors import Text

Level = Literal["error", "warning", "note"]
Head = Literal[
    "execution", "cost", "output", "benefit", "satisfaction", "decision", "process", "operation", "maintenance"
]
HEADS: Mapping[Head, tuple[Text, tuple[str, ...]]] = {
    "execution": (Text("预算执行率", "budget execution"), ("执行率",)),
    "cost": (Text("成本", "cost"), ("成本",)),
    "output": (Text("产出", "output"), ("产出",)),
    "benefit": (Text("效益", "benefit"), ("效益", "效果")),
    "satisfaction": (Text("满意度", "satisfaction"), ("满意",)),
    "decision": (Text("决策", "decision"), ("决策", "立项")),
    "process": (Text("过程（管理）", "process"), ("过程", "管理")),
    "operation": (Text("项目运营", "operation"), ("项目运营",)),
    "maintenance": (Text("项目维护", "maintenance"), ("项目维护",)),
}


class Article(NamedTuple):
    """Where a requirement stands and how bindingly it is put."""

    text: str
    level: Level = "warning"


class FirstLevel(NamedTuple):
    """The first-level weights, in per cent, are one of these variants."""

    article: Article
    variants: tuple[tuple[Text, Mapping[Head, int]], ...]


class Share(NamedTuple):
    """The heads together weigh at least so many per cent of everything."""

    article: Article
    heads: tuple[Head, ...]
    at_least: int


class Heavier(NamedTuple):
    """Some heads together weigh more than others, at the stage the article speaks of."""

    article: Article
    heads: tuple[Head, ...]
    than: tuple[Head, ...]
    when: Text


class Shape(NamedTuple):
    """Of every weight: a whole number; of a first-level weight: a multiple, and at least so much."""

    article: Article
    multiple: int
    first_at_least: int


class GradeBands(NamedTuple):
    """The lowest totals, out of 100, of the grades from the highest down."""

    article: Article
    at_least: tuple[int, ...] = (90, 80, 60, 0)


Requirement = FirstLevel | Share | Heavier | Shape | GradeBands
RESULTS: tuple[Head, ...] = ("output", "benefit")
SELF_REVIEW: tuple[Head, ...] = ("execution", "cost", "output", "benefit", "satisfaction")
STAGES: tuple[Head, ...] = ("decision", "process", "output", "benefit")


class Profile(NamedTuple):
    """What one regulation asks of one kind of set. heads: those it divides a set into."""

    title: Text
    regulation: str
    heads: tuple[Head, ...]
    requirements: tuple[Requirement, ...]


def _first_level(article: str, *rows: tuple[Text, tuple[int, ...]]) -> FirstLevel:
    """Rows of weights in the order of SELF_REVIEW; 0 where there is no such head."""
    variants = ((name, {h: w for h, w in zip(SELF_REVIEW, row, strict=True) if w}) for name, row in rows)
    return FirstLevel(Article(article), tuple(variants))


PRINTED = Text("文件所列", "as printed")
NO_SATISFACTION = Text("不设满意度", "no satisfaction")
NO_COST = Text("不设成本", "no cost")
NO_FISCAL = Text("运营期无财政资金", "operating without fiscal money")
BOTH = Text("两种情形并存", "both together")

_NATIONAL, _HENAN = "财预〔2020〕10号", "河南省政府专项债券项目资金绩效管理办法"
_RESULTS = Share(Article("第十四条"), RESULTS, 60)
_GRADES = GradeBands(Article("第十八条"))
_WEIGHTS = _first_level("第十三条", (PRINTED, (10, 0, 50, 30, 10)))
_CENTRAL = _first_level(
    "三（六）",
    (PRINTED, (10, 20, 40, 20, 10)),
    (NO_COST, (10, 0, 50, 30, 10)),
    (NO_SATISFACTION, (10, 20, 40, 30, 0)),
    (BOTH, (10, 0, 50, 40, 0)),
)
_HENAN_WEIGHTS = _first_level(
    "第二十二条",
    (PRINTED, (10, 20, 40, 20, 10)),
    (NO_SATISFACTION, (10, 20, 40, 30, 0)),
    (NO_FISCAL, (0, 30, 40, 20, 10)),
    (BOTH, (0, 30, 40, 30, 0)),
)
_HENAN_RESULTS = Share(Article("第二十四条，豫财效〔2020〕10号第十七条"), RESULTS, 60)
_HENAN_GRADES = GradeBands(Article("第二十五条", "error"))
_HENAN_SHAPE = Shape(Article("附件4 备注2"), 5, 15)
_HENAN_LATE = Heavier(Article("附件4 备注2"), RESULTS, ("decision", "process"), Text("项目中后期", "mid or late stage"))
_PPP = Article("附5", "error")

ProfileId = Literal[
    "cai-yu-2020-10",
    "cai-yu-2020-10-self-review",
    "cai-yu-2021-101",
    "henan-bond",
    "henan-bond-self-review",
    "cai-jin-2020-13",
]
PROFILES: Mapping[str, Profile] = {
    "cai-yu-2020-10": Profile(
        Text("项目支出部门评价、财政评价", "evaluation of projects"), _NATIONAL, STAGES, (_RESULTS, _GRADES)
    ),
    "cai-yu-2020-10-self-review": Profile(
        Text("项目支出单位自评", "self-review of projects"), _NATIONAL, SELF_REVIEW, (_WEIGHTS, _RESULTS, _GRADES)
    ),
    "cai-yu-2021-101": Profile(
        Text("中央部门项目支出单位自评", "self-review of central projects"),
        "财预〔2021〕101号",
        SELF_REVIEW,
        (_CENTRAL,),
    ),
    "henan-bond": Profile(
        Text("河南专项债券项目评价", "evaluation of Henan bond projects"),
        _HENAN,
        STAGES,
        (_HENAN_SHAPE, _HENAN_LATE, _HENAN_RESULTS, _HENAN_GRADES),
    ),
    "henan-bond-self-review": Profile(
        Text("河南专项债券项目单位自评", "self-review of Henan bond projects"),
        _HENAN,
        SELF_REVIEW,
        (_HENAN_WEIGHTS, _HENAN_RESULTS, _HENAN_GRADES),
    ),
    "cai-jin-2020-13": Profile(
        Text("PPP项目运营期项目公司", "PPP project company, operating period"),
        "财金〔2020〕13号",
        (),
        (Share(_PPP, ("output",), 80), Share(_PPP, ("operation", "maintenance"), 60)),
    ),
}


def heads_of(title: str, among: tuple[Head, ...]) -> frozenset[Head]:
    """The heads, among those, whose words the title contains."""
    return frozenset(head for head in among if any(word in title for word in HEADS[head][1]))


def named(heads: tuple[Head, ...]) -> Text:
    """产出 + 效益."""
    return Text(" + ".join(HEADS[head][0].zh for head in heads), " + ".join(HEADS[head][0].en for head in heads))
