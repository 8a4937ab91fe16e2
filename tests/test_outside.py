"""Published results of others, recomputed by the engine: a mean, a weakest link, and a weighting with its ratings.

HDI: UNDP, Human Development Report 2009, Table H: the index of 2007 is the plain mean of its three component indices
      (Denmark and New Zealand are left out: their printed components give 0.001 less, the table was made from longer ones).
PEFA: assessment summary 726 (pefa.org): PI-2 has dimensions C, C, A under M1 and is published as C+.
PART: section weights 20/10/20/50 and ratings as the US Department of Education states them (2005 report, methodology);
      no published overall number was found to compare with, so only weights and bands are checked.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.engine import score
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet
from scoring.result import Result

HEAD = {
    "id": "outside",
    "title": "外部结果",
    "version": "1",
    "subject": "other",
    "status": "unconfirmed",
    "weights": "confirmed",
    "rules": "confirmed",
    "effective": {"first": 2000},
    "citations": [{"title": "外部结果"}],
    "grades_source": "外部结果",
    "outline": "none",
}
PLAIN = [{"title": "通过", "at_least": 0}]
MARK = {"kind": "judged"}


def scored(
    head: dict[str, object], indicators: list[dict[str, object]], records: dict[str, dict[str, object]]
) -> Result:
    indicator_set = IndicatorSet.model_validate(HEAD | head | {"indicators": indicators})
    assert list(indicator_set.faults()) == []
    subject = {"name": "外部", "kind": "other", "unit": "外部"}
    evaluation = {"id": "e", "title": "外部", "year": 2009, "subject": subject, "set": "outside@1", "records": records}
    return score(indicator_set, Evaluation.model_validate(evaluation))


def mark(points: str) -> dict[str, object]:
    return {"mark": Decimal(points), "reason": "公布值", "waiver": "外部结果"}


@pytest.mark.parametrize(
    ("country", "life", "education", "income", "published"),
    [
        ("Norway", "0.925", "0.989", "1.000", "0.971"),
        ("Australia", "0.940", "0.993", "0.977", "0.970"),
        ("Iceland", "0.946", "0.980", "0.981", "0.969"),
        ("Ireland", "0.911", "0.985", "1.000", "0.965"),
        ("Netherlands", "0.914", "0.985", "0.994", "0.964"),
        ("Japan", "0.961", "0.949", "0.971", "0.960"),
        ("Liechtenstein", "0.903", "0.949", "1.000", "0.951"),
        ("Germany", "0.913", "0.954", "0.975", "0.947"),
    ],
)
def test_mean_of_a_public_composite_index(country: str, life: str, education: str, income: str, published: str) -> None:
    parts = [{"id": id, "title": id, "weight": 1, "rule": MARK} for id in ("life", "education", "income")]
    index = {"id": "hdi", "title": country, "weight": 1, "combine": "mean", "children": parts}
    head = {"maximum": 1, "rounding": {"places": 3}, "grades": PLAIN}
    result = scored(head, [index], {"life": mark(life), "education": mark(education), "income": mark(income)})
    assert str(result.total) == published


GRADES = [
    {"name": "A", "share": "100%"},
    {"name": "B", "share": "75%"},
    {"name": "C", "share": "50%"},
    {"name": "D", "share": "25%"},
]


@pytest.mark.parametrize(
    ("dimensions", "published"),
    [("CCA", "C+"), ("CAB", "C+"), ("DDA", "D+"), ("B", "B"), ("AA", "A")],
    ids=[
        "PI-2 of assessment 726",
        "the example of the method",
        "PI-6 of assessment 726",
        "PI-9 of assessment 726",
        "alike",
    ],
)
def test_weakest_link_grades(dimensions: str, published: str) -> None:
    """The lowest dimension decides; a plus says that another is higher. The shares only order the grades."""
    ids = [f"d{n}" for n in range(len(dimensions))]
    rule = {"kind": "levels", "levels": GRADES}
    parts = [{"id": id, "title": id, "weight": 4, "rule": rule} for id in ids]
    indicator = {"id": "pi", "title": "PI", "weight": 4, "combine": "weakest", "children": parts}
    records = {
        id: {"level": grade, "reason": "公布值", "waiver": "外部结果"}
        for id, grade in zip(ids, dimensions, strict=True)
    }
    result = scored({"maximum": 4, "grades": PLAIN}, [indicator], records)
    letter = {4: "A", 3: "B", 2: "C", 1: "D"}[int(result.total)]
    higher = any(leaf.points > result.total for leaf in result.leaves())
    assert letter + ("+" if higher else "") == published


@pytest.mark.parametrize(
    ("purpose", "planning", "management", "results", "total", "rating"),
    [
        ("100", "100", "100", "100", "100.00", "Effective"),
        ("100", "75", "86", "67", "78.20", "Moderately Effective"),
        ("80", "88", "100", "20", "54.80", "Adequate"),
        ("40", "50", "57", "7", "27.90", "Ineffective"),
    ],
)
def test_part_weights_and_ratings(
    purpose: str, planning: str, management: str, results: str, total: str, rating: str
) -> None:
    """20% purpose, 10% planning, 20% management, 50% results, each section out of 100; made-up section scores."""
    sections = {
        "purpose": (20, purpose),
        "planning": (10, planning),
        "management": (20, management),
        "results": (50, results),
    }
    groups = [
        {
            "id": f"section-{id}",
            "title": id,
            "weight": weight,
            "combine": "mean",
            "children": [{"id": id, "title": id, "weight": 100, "rule": MARK}],
        }
        for id, (weight, _) in sections.items()
    ]
    bands = {"Effective": 85, "Moderately Effective": 70, "Adequate": 50, "Ineffective": 0}
    grades = [{"title": title, "at_least": least} for title, least in bands.items()]
    result = scored({"grades": grades}, groups, {id: mark(points) for id, (_, points) in sections.items()})
    assert (str(result.total), result.grade and result.grade.title) == (total, rating)
