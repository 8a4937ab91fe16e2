"""score(set, evaluation) → Result: the one walk that computes.

Points of a leaf come from its rule's expression, exact; groups and weights that moved are settled in `aggregate`, and
points are rounded once, where the set says. What each state does, settled here once:

    scored            the expression had a value
    judged            a person gave it, within the rule's range and with a reason
    not-demonstrated  the actual only repeats the target and nobody judged it: no points, though they may still come
    missing           nothing recorded: no points yet, and no grade and no report before it is filled
    undefined         a division by zero: treated as missing
    not-applicable    as the set's `not_applicable` says
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scoring.adjust import adjusted
from scoring.aggregate import Leaves, Measured, effective_weights, printed_points, share
from scoring.binding import Bound, bind
from scoring.errors import Diagnostic, Fault, Lang, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.expression.exact import Unknown, Value, evaluate
from scoring.expression.grammar import parse
from scoring.expression.tree import names
from scoring.expression.words import absence, formula
from scoring.facts import values_of
from scoring.indicators import COMBINE, NOT_APPLICABLE, IndicatorSet
from scoring.ledger import findings as findings_of
from scoring.ledger import lay_out
from scoring.reasons import Earned
from scoring.result import Node, Result, State
from scoring.rules import Answer, Ratio
from scoring.values import of_number, plain, rounded

NOTHING = Answer()
NO_WORDS = Text("", "")
UNPROVEN = Text(
    "完成值只重复目标值，未经证明，不得分；有材料证明的，填实际情况，或由评价人评分并写明理由",
    "the actual only repeats its target and earns nothing; record what was found, or have a person mark it with a reason",
)


def score(indicator_set: IndicatorSet, evaluation: Evaluation) -> Result:
    """The result of one evaluation. ScoringError: everything that is wrong with it, positions unknown."""
    result, faults = assess(indicator_set, evaluation)
    if result is None or faults:
        raise ScoringError(*(Diagnostic(f.message, f.hint, path=".".join(map(str, f.inside))) for f in faults))
    return result


def assess(
    indicator_set: IndicatorSet, evaluation: Evaluation, words: bool = True
) -> tuple[Result | None, list[Fault]]:
    """The result and every fault; no result when the parts do not fit together.

    words: without them reasons and formulas stay blank, which takes a third of the time.
    """
    bound, figures, faults = bind(indicator_set, evaluation)
    if faults:
        return None, faults
    walk = _Walk(indicator_set, values_of(figures))
    findings = {leaf.id: walk.measure(leaf) for node in bound for leaf in node.leaves()}
    if walk.faults:
        return None, walk.faults
    leaves = {id: found.measured for id, found in findings.items()}
    weights = effective_weights(bound, leaves, indicator_set)
    if not weights:
        message = Text("所有指标都不适用，没有可评的内容", "no indicator applies: there is nothing to score")
        return None, [Fault(message, inside=("records",))]
    builder = _Builder(indicator_set, findings, leaves, weights, bound, words)
    nodes = tuple(builder.node(child) for child in bound)
    rows, problems = lay_out(nodes, bound, leaves, evaluation)
    outcome = adjusted(nodes, indicator_set, evaluation)
    ledger = (*rows, *outcome.rows)
    result = Result(
        evaluation,
        indicator_set,
        figures,
        nodes,
        outcome.maximum,
        outcome.total,
        outcome.low,
        outcome.high,
        outcome.grade,
        ledger,
        findings_of(ledger),
    )
    return result, problems


def score_leaf(
    indicator_set: IndicatorSet, bound: Bound, facts: Mapping[str, Value], weight: Decimal, lang: Lang
) -> tuple[Decimal, State, str]:
    """Printed points, state and reason of a leaf, as `assess` has them in a set that rounds at the leaf."""
    found = _Walk(indicator_set, facts).measure(bound)
    share = found.measured.points / Fraction(bound.weight) if found.measured.applies else Fraction(0)
    points = _rounded(share * Fraction(weight), indicator_set)
    told = _earned(indicator_set, bound, found, weight, points)
    return points, found.state, told.to(lang) if isinstance(told, Text) else told.told(lang)[0]


def _rounded(value: Fraction, indicator_set: IndicatorSet) -> Decimal:
    return rounded(value, indicator_set.rounding.places, indicator_set.rounding.how)


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the walk found for one leaf: its exact points, its state, and what its reason is told from."""

    measured: Measured
    state: State
    facts: Mapping[str, Value]
    answer: Answer
    by_hand: bool = False
    absent: Text | None = None


def answers_of(bound: Bound, answer: Answer) -> dict[str, Value]:
    """What the record gives the rule; an actual that only repeats its target gives nothing."""
    assert bound.rule is not None
    if not bound.unproven or bound.rule.by_judgement:
        return bound.rule.answers(answer)
    given = answer.model_copy(update={"actual": None})
    return {**bound.rule.answers(given), "actual": Unknown("not-demonstrated", ("actual",))}


class _Walk:
    """Evaluates every leaf, exact, out of its own weight."""

    def __init__(self, indicator_set: IndicatorSet, facts: Mapping[str, Value]):
        self.set, self.facts = indicator_set, facts
        self.faults: list[Fault] = []

    def measure(self, bound: Bound) -> _Finding:
        rule, record = bound.rule, bound.record
        assert rule is not None
        weight, none = Fraction(bound.weight), Fraction(0)
        answer = record or NOTHING
        facts = {**self.facts, **answers_of(bound, answer), "weight": weight, "reduced": Fraction(answer.reduce or 0)}
        if record is not None and record.not_applicable is not None:
            # a bonus that does not apply adds nothing, a penalty takes nothing, whatever the set says of the rest
            full = bound.role == "penalty" or (bound.role == "normal" and self.set.not_applicable == "full")
            measured = Measured(weight, weight, weight) if full else Measured(none, none, none, applies=False)
            return _Finding(measured, "not-applicable", facts, answer)
        value = evaluate(bound.tree, facts)
        by_hand = isinstance(value, Unknown) and value.why == "not-demonstrated" and answer.mark is not None
        if by_hand and answer.mark is not None:
            value = Fraction(answer.mark)
        if isinstance(value, Unknown):
            why: State = "not-demonstrated" if bound.unproven else value.why
            absent = Text(absence(value, bound.labels), absence(value, bound.labels, "en"))
            if bound.unproven:
                absent = UNPROVEN
            low, high = self._still_possible(bound, facts) if why == "missing" else (none, weight)
            return _Finding(Measured(none, low, high), why, facts, answer, absent=absent)
        assert isinstance(value, Fraction)
        if not 0 <= value <= weight:
            self.faults.append(self._outside(bound, value))
        for fault in rule.due(facts, answer, bound.known):
            self.faults.append(Fault(fault.message, fault.hint, inside=("records", bound.id)))
        state: State = "judged" if rule.by_judgement or by_hand else "scored"
        return _Finding(Measured(value, value, value), state, facts, answer, by_hand)

    def _still_possible(self, bound: Bound, facts: Mapping[str, Value]) -> tuple[Fraction, Fraction]:
        """The least and most a leaf can still earn, by the bounds reading; what is not recorded yet is not negative."""
        from scoring.expression.bounds import Range, bounds  # only an unfinished evaluation needs it

        weight = Fraction(bound.weight)
        known = {name: value for name, value in facts.items() if not isinstance(value, Unknown)}
        ranges = {name: Range(Fraction(0)) for name in names(bound.tree)}
        ranges |= {name: Range(Fraction(0), weight) for name in names(bound.tree) if name.startswith("mark")}
        ranges |= {"share": Range(Fraction(0), Fraction(1))} if "share" in ranges else {}
        found = bounds(bound.tree, known, ranges)
        if found is None or found.low is None or found.high is None:
            return Fraction(0), weight
        return max(found.low, Fraction(0)), min(found.high, weight)

    def _outside(self, bound: Bound, value: Fraction) -> Fault:
        got, full = plain(rounded(value, 4)), plain(bound.weight)
        return Fault(
            Text(
                f"“{bound.title.zh}”的规则得 {got} 分，不在 0–{full} 之内",
                f"the rule of '{bound.id}' gives {got} points, outside 0–{full}",
            ),
            Text("用 min、max 把结果限制在分值之内", "hold the result with min and max"),
            inside=("records", bound.id),
        )


def _earned(
    indicator_set: IndicatorSet, bound: Bound, found: _Finding, weight: Decimal, points: Decimal
) -> Earned | Text:
    """What the reason of a leaf is told from, or the reason itself where it has no points of its own."""
    if found.absent is not None:
        return found.absent
    if found.state == "not-applicable":
        policy = NOT_APPLICABLE[indicator_set.not_applicable or "full"]
        why = bound.record.not_applicable if bound.record else ""
        return Text(f"不适用：{why}；{policy.zh}", f"not applicable: {why}; {policy.en}")
    own_points = _rounded(found.measured.points, indicator_set)
    return Earned(bound, found.facts, found.answer, weight, points, own_points, found.by_hand)


class _Builder:
    """Builds the score tree: printed weights and points, reasons, and what a reader looks up."""

    def __init__(
        self,
        indicator_set: IndicatorSet,
        findings: Mapping[str, _Finding],
        leaves: Leaves,
        weights: dict[str, Decimal],
        bound: list[Bound],
        words: bool,
    ):
        self.words = words
        self.set, self.findings, self.leaves, self.weights = indicator_set, findings, leaves, weights
        self.points = printed_points(bound, leaves, weights, indicator_set)
        self.low = self.high = self.points
        if any(leaf.low != leaf.high for leaf in leaves.values()):
            self.low = printed_points(bound, leaves, weights, indicator_set, "low")
            self.high = printed_points(bound, leaves, weights, indicator_set, "high")

    def node(self, bound: Bound, inside: bool = False) -> Node:
        """One node; inside a group that is no plain sum, nodes are printed out of their own weight."""
        if bound.id in self.weights:
            weight, points = self.weights[bound.id], self.points[bound.id]
            low, high = self.low[bound.id], self.high[bound.id]
        elif inside:
            own = [share(bound, self.leaves, which) for which in ("points", "low", "high")]
            weight = bound.weight
            points, low, high = (_rounded((part or Fraction(0)) * Fraction(weight), self.set) for part in own)
        if bound.rule is not None:
            return self.leaf(bound, weight, points, low, high)
        children = tuple(self.node(child, inside or bound.combine != "sum") for child in bound.children)
        if not inside and bound.combine == "sum":
            weight, points = _sum(c.weight for c in children), _sum(c.points for c in children)
            low, high = _sum(c.low for c in children), _sum(c.high for c in children)
        reason = COMBINE[bound.combine]
        return Node(
            bound.id,
            bound.title,
            bound.path,
            weight,
            points,
            "group",
            low,
            high,
            reason,
            reason,
            children,
            role=bound.role,
        )

    def leaf(self, bound: Bound, weight: Decimal, points: Decimal, low: Decimal, high: Decimal) -> Node:
        found = self.findings[bound.id]
        record, goal = bound.record, bound.goal
        reason = brief = written = NO_WORDS
        if self.words:
            told = _earned(self.set, bound, found, weight, points)
            reason = brief = told if isinstance(told, Text) else NO_WORDS
            if isinstance(told, Earned):
                reason, brief = map(Text, told.told("zh"), told.told("en"))
            written = Text(formula(bound.tree, bound.labels, "zh"), formula(bound.tree, bound.labels, "en"))
        assert bound.rule is not None
        return Node(
            bound.id,
            bound.title,
            bound.path,
            weight,
            points,
            found.state,
            low,
            high,
            reason,
            brief,
            (),
            bound.rule.title,
            written,
            bound.standard,
            Text(goal.show("zh"), goal.show("en")) if goal else Text("", ""),
            self._actual(bound, found.facts),
            bound.form,
            bound.unproven,
            (record.note or "") if record else "",
            tuple(name for name in names(bound.tree) if name in bound.known),
            record.evidence if record else (),
            bound.role,
            record.self_score if record else None,
        )

    def _actual(self, bound: Bound, facts: Mapping[str, Value]) -> Text:
        """The actual as recorded, or as the rule's own formula gives it, in the unit of the target."""
        if bound.record and bound.record.actual is not None:
            written = str(bound.record.actual)
            return Text(written, written)
        rule, goal = bound.rule, bound.goal
        if isinstance(rule, Ratio) and rule.actual and goal and goal.quantity:
            value = evaluate(parse(rule.actual, bound.known), facts)
            if isinstance(value, Fraction):
                quantity = of_number(value, goal.quantity.unit)
                return Text(quantity.show("zh"), quantity.show("en"))
        return Text("", "")
