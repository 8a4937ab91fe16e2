"""What a score book is made from besides the values in its cells: a book filled in under one basis is not read under another."""

from __future__ import annotations

import hashlib
import json

from scoring.binding import bind
from scoring.errors import Text
from scoring.evaluation import Evaluation
from scoring.exchange.fields import unit_of_actual
from scoring.result import Result
from scoring.values import plain

PARTS = {
    "indicators": Text("指标", "indicators"),
    "weights": Text("分值", "weights"),
    "targets": Text("目标", "targets"),
    "units": Text("计量单位", "units"),
    "rules": Text("评分规则", "rules"),
}


def whose(evaluation: Evaluation) -> tuple[str, str, str]:
    """Of whom and when an evaluation is; ids alone are alike in many cases."""
    subject = evaluation.subject
    return subject.name, subject.unit, str(evaluation.year)


def basis(result: Result) -> dict[str, str]:
    """A digest of each part. Nothing that the book itself can change counts."""
    used, evaluation = result.indicator_set, result.evaluation
    bound, _, _ = bind(used, evaluation)
    nodes = [node for top in bound for node in top.walk()]
    leaves = [leaf for top in bound for leaf in top.leaves()]
    given: dict[str, object] = {
        "indicators": [
            (node.id, [title.zh for title in node.path], bool(node.record and node.record.not_applicable))
            for node in nodes
        ],
        "weights": [(node.id, plain(node.weight)) for node in nodes],
        "targets": [
            (leaf.id, leaf.goal.sign + leaf.goal.printed if leaf.goal else str(getattr(leaf.rule, "target", "")))
            for leaf in leaves
        ],
        "units": [
            *((leaf.id, getattr(leaf.rule, "unit", None) or unit_of_actual(leaf)) for leaf in leaves),
            *((name, fact.unit, fact.kind) for name, fact in used.facts.items()),
        ],
        "rules": [
            *((leaf.id, leaf.rule and leaf.rule.model_dump(exclude={"target", "unit"})) for leaf in leaves),
            *((node.id, node.combine, node.role, node.reducible) for node in nodes),
            *((name, fact.formula, fact.formula_unit) for name, fact in evaluation.facts.items() if fact.formula),
            *(part.model_dump() for part in (used.rounding, *used.grades, *used.vetoes)),
            used.grade_drop,
        ],
    }
    return {part: hashlib.sha256(json.dumps(given[part], default=str).encode()).hexdigest() for part in PARTS}


def changed_since(then: dict[str, str], result: Result) -> list[Text]:
    """What parts are others now. Other indicators have other weights and rules, so then these say no more."""
    now = basis(result)
    changed = [part for part in PARTS if then.get(part) != now[part]]
    return [PARTS[part] for part in (changed[:1] if "indicators" in changed else changed)]
