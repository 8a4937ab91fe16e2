"""score(set, evaluation) → Result: the one walk that computes.

Points of a leaf come from its rule's expression, exact, scaled where weights moved, and rounded once. A group has what
its children have. What each state does, settled here once:

    scored            the expression had a value
    judged            a person gave it, within the rule's range and with a reason
    not-demonstrated  the actual only repeats the target and nobody judged it: no points, though they may still come
    missing           nothing recorded: no points yet, and no grade and no report before it is filled
    undefined         a division by zero: treated as missing
    not-applicable    as the set's `not_applicable` says
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from scoring.binding import Bound, bind
from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.tree import names
from scoring.expression.words import absence, formula
from scoring.facts import values_of
from scoring.indicators import NOT_APPLICABLE, IndicatorSet, NotApplicable
from scoring.ledger import lay_out
from scoring.reasons import tell
from scoring.result import OPEN, Node, Result, State
from scoring.rules import Answer
from scoring.values import apportioned, plain, rounded

NOTHING = Answer()
SUM = Text("各下级指标得分之和", "the sum of its indicators")


def score(indicator_set: IndicatorSet, evaluation: Evaluation) -> Result:
    """The result of one evaluation. ScoringError: everything that is wrong with it, positions unknown."""
    result, faults = assess(indicator_set, evaluation)
    if result is None or faults:
        raise ScoringError(*(Diagnostic(f.message, f.hint, path=".".join(map(str, f.inside))) for f in faults))
    return result


def assess(indicator_set: IndicatorSet, evaluation: Evaluation) -> tuple[Result | None, list[Fault]]:
    """The result and every fault; no result when the parts do not fit together."""
    bound, figures, faults = bind(indicator_set, evaluation)
    if faults:
        return None, faults
    walk = _Walk(indicator_set, values_of(figures))
    weights = effective_weights(bound, indicator_set)
    if not weights:
        return None, [
            Fault(
                Text("所有指标都不适用，没有可评的内容", "no indicator applies: there is nothing to score"),
                inside=("records",),
            )
        ]
    nodes = tuple(walk.node(child, weights) for child in bound)
    if walk.faults:
        return None, walk.faults
    ledger, findings, faults = lay_out(nodes, {leaf.id: leaf for node in bound for leaf in node.leaves()}, evaluation)
    total, maximum = _sum(n.points for n in nodes), _sum(n.weight for n in nodes)
    low, high = _sum(n.low for n in nodes), _sum(n.high for n in nodes)
    complete = not any(leaf.state in OPEN for node in nodes for leaf in node.leaves())
    grade = indicator_set.grade(total, maximum) if complete else None
    return Result(evaluation, indicator_set, figures, nodes, maximum, total, low, high, grade, ledger, findings), faults


def _sum(numbers: object) -> Decimal:
    return sum(numbers, Decimal(0))  # type: ignore[call-overload, no-any-return]


def effective_weights(bound: list[Bound], indicator_set: IndicatorSet) -> dict[str, Decimal]:
    """What each leaf weighs once the weights of indicators that do not apply went where the set sends them.

    Formula: full — nothing moves; shrink — they become 0; whole — the rest grow in proportion to fill the maximum;
             parent — the siblings grow in proportion, and a group in which nothing applies is shared like a leaf.
    Weights that moved are printed with the set's places, the parts adding up (largest remainder). Empty: nothing applies.
    """
    policy: NotApplicable = indicator_set.not_applicable or "full"
    leaves = [leaf for node in bound for leaf in node.leaves()]
    applying = {leaf.id: leaf.weight for leaf in leaves if not _does_not_apply(leaf)}
    if not applying:
        return {}
    if policy == "full" or len(applying) == len(leaves):
        return {leaf.id: leaf.weight for leaf in leaves}
    if policy == "shrink":
        return {leaf.id: applying.get(leaf.id, Decimal(0)) for leaf in leaves}
    places = max(indicator_set.rounding.places, 2)
    if policy == "whole":
        parts = [Fraction(applying.get(leaf.id, 0)) for leaf in leaves]
        shared = apportioned(indicator_set.maximum, parts, places)
        return {leaf.id: weight for leaf, weight in zip(leaves, shared, strict=True)}
    weights: dict[str, Decimal] = {}
    _share_out(bound, indicator_set.maximum, places, weights)
    return weights


def _share_out(siblings: list[Bound], total: Decimal, places: int, weights: dict[str, Decimal]) -> None:
    alive = [any(not _does_not_apply(leaf) for leaf in node.leaves()) for node in siblings]
    parts = [Fraction(node.weight) if lives else Fraction(0) for node, lives in zip(siblings, alive, strict=True)]
    moved = not all(alive) or total != _sum(node.weight for node in siblings)
    shared = apportioned(total, parts, places) if moved else [node.weight for node in siblings]
    for node, weight in zip(siblings, shared, strict=True):
        if node.rule is not None:
            weights[node.id] = weight
        else:
            _share_out(node.children, weight, places, weights)


def _does_not_apply(leaf: Bound) -> bool:
    return leaf.record is not None and leaf.record.not_applicable is not None


class _Walk:
    def __init__(self, indicator_set: IndicatorSet, facts: Mapping[str, Value]):
        self.set, self.facts = indicator_set, facts
        self.faults: list[Fault] = []

    def node(self, bound: Bound, weights: dict[str, Decimal]) -> Node:
        if bound.rule is not None:
            return self.leaf(bound, weights[bound.id])
        children = tuple(self.node(child, weights) for child in bound.children)
        return Node(
            bound.id,
            bound.title,
            bound.path,
            _sum(c.weight for c in children),
            _sum(c.points for c in children),
            "group",
            _sum(c.low for c in children),
            _sum(c.high for c in children),
            SUM,
            SUM,
            children,
        )

    def leaf(self, bound: Bound, weight: Decimal) -> Node:
        rule, record = bound.rule, bound.record
        assert rule is not None
        answer = record or NOTHING
        facts = {**self.facts, **rule.answers(answer), "weight": Fraction(bound.weight)}
        value = evaluate(bound.tree, facts)
        by_hand = isinstance(value, Unknown) and value.why == "not-demonstrated" and answer.mark is not None
        if by_hand and answer.mark is not None:
            value = Fraction(answer.mark)
        if _does_not_apply(bound):
            return self._not_applicable(bound, weight)
        if isinstance(value, Unknown):
            why: State = "not-demonstrated" if bound.unproven else value.why
            nothing = rounded(Fraction(0), self.set.rounding.places)
            return self._node(
                bound, weight, nothing, why, Text(absence(value, bound.labels), absence(value, bound.labels, "en"))
            )
        assert isinstance(value, Fraction)
        if not 0 <= value <= Fraction(bound.weight):
            self.faults.append(
                Fault(
                    Text(
                        f"“{bound.title.zh}”的规则得 {plain(rounded(value, 4))} 分，不在 0–{plain(bound.weight)} 之内",
                        f"the rule of '{bound.id}' gives {plain(rounded(value, 4))} points, outside 0–{plain(bound.weight)}",
                    ),
                    Text("用 min、max 把结果限制在分值之内", "hold the result with min and max"),
                    inside=("records", bound.id),
                )
            )
        exact = value * Fraction(weight) / Fraction(bound.weight)
        points = rounded(exact, self.set.rounding.places, self.set.rounding.how)
        state: State = "judged" if rule.by_judgement or by_hand else "scored"
        own_points = rounded(value, self.set.rounding.places, self.set.rounding.how)
        told = tell(bound, facts, answer, weight, points, own_points, by_hand)
        return self._node(bound, weight, points, state, told.full, told.brief)

    def _not_applicable(self, bound: Bound, weight: Decimal) -> Node:
        policy = NOT_APPLICABLE[self.set.not_applicable or "full"]
        why = bound.record.not_applicable if bound.record else ""
        return self._node(
            bound,
            weight,
            weight,
            "not-applicable",
            Text(f"不适用：{why}；{policy.zh}", f"not applicable: {why}; {policy.en}"),
        )

    def _node(
        self, bound: Bound, weight: Decimal, points: Decimal, state: State, reason: Text, brief: Text | None = None
    ) -> Node:
        assert bound.rule is not None
        record, goal = bound.record, bound.goal
        at_stake = state in OPEN or state == "not-demonstrated"
        return Node(
            bound.id,
            bound.title,
            bound.path,
            weight,
            points,
            state,
            points,
            weight if at_stake else points,
            reason,
            brief or reason,
            (),
            bound.rule.title,
            self._standard(bound),
            Text(goal.show("zh"), goal.show("en")) if goal else Text("", ""),
            self._actual(bound),
            bound.form,
            bound.unproven,
            (record.note or "") if record else "",
            tuple(name for name in names(bound.tree) if name in self.facts),
            record.evidence if record else (),
        )

    def _standard(self, bound: Bound) -> Text:
        """The scoring standard in its own words where the set quotes them, else the rule in words."""
        if bound.standard:
            return Text(bound.standard, bound.standard)
        return Text(formula(bound.tree, bound.labels, "zh"), formula(bound.tree, bound.labels, "en"))

    def _actual(self, bound: Bound) -> Text:
        """The actual as recorded, or as the rule's own formula gives it, in the unit of the target."""
        from scoring.rules import Ratio
        from scoring.values import of_number

        if bound.record and bound.record.actual is not None:
            written = str(bound.record.actual)
            return Text(written, written)
        rule, goal = bound.rule, bound.goal
        if isinstance(rule, Ratio) and rule.actual and goal and goal.quantity:
            from scoring.expression.grammar import parse

            value = evaluate(parse(rule.actual), self.facts)
            if isinstance(value, Fraction):
                quantity = of_number(value, goal.quantity.unit)
                return Text(quantity.show("zh"), quantity.show("en"))
        return Text("", "")
