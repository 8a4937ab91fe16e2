"""Text → tree → text: what may be written, how it is written back, and what a reader is told about the rest."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import Fault, Text
from scoring.expression.grammar import DEPTH, LENGTH, NODES, parse, write
from scoring.expression.tree import Arithmetic, Call, Choose, Compare, Logic, Name, Named, Node, Not, Number, children
from tests.expression.trees import KNOWN, trees, unnamed

WRITTEN = [
    # numbers
    ("4.10", "4.1"),
    ("007", "7"),
    ("95%", "0.95"),
    ("95％", "0.95"),
    ("0.125%", "0.00125"),
    ("-0.5", "-0.5"),
    ("-(-3)", "3"),
    ("2 - -3", "2 - (-3)"),
    # precedence and brackets
    ("1+2*3", "1 + 2 * 3"),
    ("(1 + 2) * 3", "(1 + 2) * 3"),
    ("1 - 2 - 3", "1 - 2 - 3"),
    ("1 - (2 - 3)", "1 - (2 - 3)"),
    ("8 / 4 / 2", "8 / 4 / 2"),
    ("8 / (4 / 2)", "8 / (4 / 2)"),
    ("((spent))", "spent"),
    ("-spent * 2", "-spent * 2"),
    ("-(spent * 2)", "-(spent * 2)"),
    ("0 - spent", "-spent"),
    # truths
    ("spent >= 60% and spent < 80%", "spent >= 0.6 and spent < 0.8"),
    ("not ok or check.plan and ok", "not ok or check.plan and ok"),
    ("not (ok or check.plan)", "not (ok or check.plan)"),
    ("not not ok", "not not ok"),
    ("(ok or check.plan) and ok", "(ok or check.plan) and ok"),
    ("not spent = budget", "not spent = budget"),
    # choices and functions
    ("if ok then 1 else 2 + 3", "if ok then 1 else 2 + 3"),
    ("(if ok then 1 else 2) + 3", "(if ok then 1 else 2) + 3"),
    ("if ok then 1 else if check.plan then 2 else 3", "if ok then 1 else if check.plan then 2 else 3"),
    ("min(1,spent/budget)", "min(1, spent / budget)"),
    ("round(spent, 2)", "round(spent, 2)"),
    ("10 * (if ok then max(1, 2) else 0)", "10 * (if ok then max(1, 2) else 0)"),
    # as a Chinese keyboard gives it
    ("spent×（1＋2）÷budget", "spent * (1 + 2) / budget"),
    ("min（spent，budget）－1", "min(spent, budget) - 1"),
    ("spent−1", "spent - 1"),
    ("spent ≥ 1 and spent ≧ 1", "spent >= 1 and spent >= 1"),
    ("spent ≤ 1 or spent ≦ 1", "spent <= 1 or spent <= 1"),
    ("spent ≠ 1 and spent ＝ 1", "spent != 1 and spent = 1"),
    ("spent == 1 or spent ＞ 1 or spent ＜ 1", "spent = 1 or spent > 1 or spent < 1"),
    (" \t\nspent\r\n", "spent"),
]


@pytest.mark.parametrize(("text", "written"), WRITTEN)
def test_a_text_is_written_back_in_one_form(text: str, written: str) -> None:
    assert write(parse(text, KNOWN)) == written
    assert write(parse(written, KNOWN)) == written


TREES = [
    ("95%", Number(Fraction(19, 20))),
    ("check.plan", Name("check.plan", "truth")),
    ("-spent", Arithmetic("-", Number(Fraction(0)), Name("spent"))),
    ("1 - 2 - 3", Arithmetic("-", Arithmetic("-", Number(Fraction(1)), Number(Fraction(2))), Number(Fraction(3)))),
    ("spent = 1", Compare("=", Name("spent"), Number(Fraction(1)))),
    ("ok and not ok", Logic("and", Name("ok", "truth"), Not(Name("ok", "truth")))),
    (
        "if ok then abs(spent) else 0",
        Choose(Name("ok", "truth"), Call("abs", (Name("spent"),)), Number(Fraction(0))),
    ),
]


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_a_text_means_its_tree(text: str, tree: Node) -> None:
    assert parse(text, KNOWN) == tree


FAULTS = [
    # syntax: text, place of the character at fault, words
    ("", 0, "公式没有写完"),
    ("1 +", 3, "公式没有写完"),
    ("1 +  ", 5, "公式没有写完"),
    ("min(1", 5, "这里应当是 )"),
    ("(1 + 2", 6, "这里应当是 )"),
    ("1 2", 2, "公式到这里应当结束"),
    ("spent)", 5, "公式到这里应当结束"),
    ("* 2", 0, "这里应当是数、名称或括号"),
    ("1 + * 2", 4, "这里应当是数、名称或括号"),
    ("--1", 1, "这里应当是数、名称或括号"),
    ("1 + then", 4, "这里应当是数、名称或括号"),
    ("1 + $", 4, "不认识的字符“$”"),
    ("预算数 + 1", 0, "不认识的字符“预”"),
    ("1.", 1, "不认识的字符“.”"),
    ("50 %", 3, "不认识的字符“%”"),
    ("spent.", 5, "不认识的字符“.”"),
    ("if ok 1 else 2", 6, "这里应当是 then"),
    ("if ok then 1", 12, "这里应当是 else"),
    ("1 < spent < 2", 10, "比较不能连写"),
    ("min 1", 0, "没有名为“min”的数据"),
    # names and functions
    ("weight * sspent", 0, "没有名为“weight”的数据"),
    ("1 + sspent", 4, "没有名为“sspent”的数据"),
    ("2 * maxx(1, 2)", 4, "没有函数“maxx”"),
    ("min(1)", 0, "min 要 2–20 个参数"),
    ("1 + abs(1, 2)", 4, "abs 要 1 个参数"),
    ("round(spent, 7)", 13, "round 的位数是 0 到 6 的整数"),
    ("round(spent, 0.5)", 13, "round 的位数是 0 到 6 的整数"),
    ("round(1, budget)", 9, "round 的位数是 0 到 6 的整数"),
    # a truth where a number belongs, and the other way round
    ("1 + ok", 4, "这里应当是一个数"),
    ("ok * 2", 0, "这里应当是一个数"),
    ("-ok", 1, "这里应当是一个数"),
    ("ok >= 1", 0, "这里应当是一个数"),
    ("min(1, ok)", 7, "这里应当是一个数"),
    ("if spent then 1 else 2", 3, "这里应当是一个判断（是或否）"),
    ("ok and spent", 7, "这里应当是一个判断（是或否）"),
    ("spent or ok", 0, "这里应当是一个判断（是或否）"),
    ("not spent", 4, "这里应当是一个判断（是或否）"),
    ("if ok then 1 else ok", 18, "这里应当是一个数"),
    ("if ok then ok else 1", 19, "这里应当是一个判断（是或否）"),
]


@pytest.mark.parametrize(("text", "offset", "words"), FAULTS)
def test_a_fault_points_at_its_character(text: str, offset: int, words: str) -> None:
    with pytest.raises(Fault) as caught:
        parse(text, KNOWN)
    assert (caught.value.offset, caught.value.message.zh) == (offset, f"公式第 {offset + 1} 个字符：{words}")
    assert caught.value.message.en.startswith(f"formula, character {offset + 1}: ")


HINTS = [
    ("1 + sspent", "是不是 spent？"),
    ("1 + zzz", "有：spent、budget、count.late、ok、check.plan"),
    ("maxx(1, 2)", "是不是 max？"),
    ("sqrtt(1)", "有：min、max、abs、floor、ceil、round"),
    ("1 < spent < 2", "写成 a <= b and b <= c"),
]


@pytest.mark.parametrize(("text", "hint"), HINTS)
def test_a_fault_says_what_to_write_instead(text: str, hint: str) -> None:
    with pytest.raises(Fault) as caught:
        parse(text, KNOWN)
    assert caught.value.hint is not None
    assert caught.value.hint.zh == hint


def test_without_known_names_only_the_syntax_counts() -> None:
    assert parse("whatever + 1") == Arithmetic("+", Name("whatever"), Number(Fraction(1)))


IFS = "if ok then 1 else "
LIMITS = [
    ("length", "1" * LENGTH, "1" * (LENGTH + 1), 0, "公式超过 1000 个字符"),
    (
        "brackets",
        "(" * (DEPTH - 1) + "1" + ")" * (DEPTH - 1),
        "(" * DEPTH + "1" + ")" * DEPTH,
        DEPTH,
        "公式嵌套超过 30 层",
    ),
    ("not", "not " * (DEPTH - 1) + "ok", "not " * DEPTH + "ok", 4 * DEPTH, "公式嵌套超过 30 层"),
    ("choices", IFS * (DEPTH - 1) + "1", IFS * DEPTH + "1", len(IFS) * (DEPTH - 1) + 3, "公式嵌套超过 30 层"),
    ("parts", "1" + "+1" * (NODES // 2 - 1), "1" + "+1" * (NODES // 2), 0, f"公式超过 {NODES} 个部分"),
]


@pytest.mark.parametrize(
    ("good", "bad", "offset", "words"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_limits(good: str, bad: str, offset: int, words: str) -> None:
    parse(good, KNOWN)
    with pytest.raises(Fault, match=words) as caught:
        parse(bad, KNOWN)
    assert caught.value.offset == offset


def normal(node: Node) -> Node:
    """What a tree reads back as: the names of parts are gone, and a number without a finite decimal is a division."""
    match unnamed(node):
        case Number(value) if 10**9 % value.denominator:
            return Arithmetic("/", Number(Fraction(value.numerator)), Number(Fraction(value.denominator)))
        case Call(function, arguments):
            return Call(function, tuple(map(normal, arguments)))
        case Arithmetic(op) | Compare(op) | Logic(op) as part:
            return type(part)(op, *map(normal, children(part)))
        case Not() | Choose() as part:
            return type(part)(*map(normal, children(part)))
        case part:
            return part


@given(trees)
def test_every_tree_reads_back(tree: Node) -> None:
    text = write(tree)
    assert text == write(unnamed(tree))
    assert parse(text, KNOWN) == normal(tree)


def test_a_named_number_reads_back() -> None:
    tree = Arithmetic("-", Number(Fraction(0)), Named(Text("上限", "cap"), Number(Fraction(5))))
    assert parse(write(tree)) == normal(tree)


# anything at all, and what looks like a formula
words = ["if", "then", "else", "and", "or", "not", "min", "max", "round", "abs", "spent", "ok", "check.plan", "x"]
pieces = st.sampled_from([*words, "1", "2.5", "95%", *"(),+-*/<>=≥（）×.%预_$"])
texts = st.one_of(
    st.text(max_size=60),
    st.lists(pieces, max_size=25).map(" ".join),
    st.lists(pieces, max_size=25).map("".join),
    st.lists(st.sampled_from(["(", "not ", "if ", "-", "1", ")"]), max_size=100).map("".join),
)


@given(texts, st.sampled_from([None, KNOWN]))
def test_any_text_is_read_or_refused_at_a_place_inside_it(text: str, known: dict[str, str] | None) -> None:
    fault: Fault | None = None
    try:
        tree = parse(text, known)
    except Fault as refusal:
        fault = refusal
    if fault is None:
        assert write(tree) == write(parse(write(tree), known))
    else:
        assert 0 <= fault.offset <= len(text)
        assert fault.message.zh.startswith(f"公式第 {fault.offset + 1} 个字符：")


def test_a_full_width_space_is_a_space() -> None:
    assert parse("spent\u3000+\u30001", KNOWN) == parse("spent + 1", KNOWN)
