"""Random trees of the expression language, well typed, and random facts for the names they use."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from hypothesis import strategies as st

from scoring.errors import Text
from scoring.expression.exact import SEVERITY, Unknown
from scoring.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Kind,
    Logic,
    Name,
    Named,
    Node,
    Not,
    Number,
    children,
)

KNOWN: dict[str, Kind] = {
    "spent": "number",
    "budget": "number",
    "count.late": "number",
    "ok": "truth",
    "check.plan": "truth",
}
TITLES = (Text("完成率", "completion"), Text("执行率", "execution"), Text("扣分", "deducted"))

decimals = st.builds(lambda whole, places: Fraction(whole, 10**places), st.integers(-3000, 3000), st.integers(0, 4))
fractions = st.one_of(st.integers(0, 3).map(Fraction), decimals, st.fractions(-50, 50, max_denominator=30))


def _name(kind: Kind) -> st.SearchStrategy[Node]:
    return st.sampled_from([Name(id, given) for id, given in KNOWN.items() if given == kind])


@cache
def numbers(depth: int = 3) -> st.SearchStrategy[Node]:
    """Trees that give a number, at most so many levels deep."""
    leaf = st.one_of(fractions.map(Number), _name("number"))
    if not depth:
        return leaf
    inner, truth = numbers(depth - 1), truths(depth - 1)
    return st.one_of(
        leaf,
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(Choose, truth, inner, inner),
        st.builds(Call, st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Call, st.sampled_from(["abs", "floor", "ceil"]), st.tuples(inner)),
        st.builds(Call, st.just("round"), st.tuples(inner, st.integers(0, 6).map(lambda n: Number(Fraction(n))))),
        # a bare number needs no name of its own
        st.builds(
            Named,
            st.sampled_from(TITLES),
            inner.filter(lambda n: not isinstance(n, Number)),
            st.sampled_from(["", "%"]),
        ),
    )


@cache
def truths(depth: int = 3) -> st.SearchStrategy[Node]:
    """Trees that give a truth."""
    leaf = _name("truth")
    if not depth:
        return leaf
    inner, number = truths(depth - 1), numbers(depth - 1)
    return st.one_of(
        leaf,
        st.builds(Compare, st.sampled_from(["<", "<=", "=", "!=", ">=", ">"]), number, number),
        st.builds(Logic, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(Not, inner),
        st.builds(Choose, inner, inner, inner),
    )


trees = st.one_of(numbers(), truths())

# every name is there, absent for one of the reasons, or not given at all
_absent = st.builds(Unknown, st.sampled_from(SEVERITY), st.sampled_from([(), ("甲",), ("乙", "甲")]))
facts = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(st.booleans() if kind == "truth" else fractions, _absent) for name, kind in KNOWN.items()
    },
)
present = st.fixed_dictionaries({name: st.booleans() if kind == "truth" else fractions for name, kind in KNOWN.items()})


def unnamed(node: Node) -> Node:
    """The tree less the names given to its parts."""
    match node:
        case Named(_, inner):
            return unnamed(inner)
        case Call(function, arguments):
            return Call(function, tuple(unnamed(argument) for argument in arguments))
        case Arithmetic(op, _, _) | Compare(op, _, _) | Logic(op, _, _):
            return type(node)(op, *map(unnamed, children(node)))
        case Not() | Choose():
            return type(node)(*map(unnamed, children(node)))
        case _:
            return node
