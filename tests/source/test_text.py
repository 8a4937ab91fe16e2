"""Text → data: what each scalar is read as, where each value stands, and that no bytes at all get past ScoringError."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.source import nodes, parse, read

HERE = Path("case.yaml")


def faults(text: str | bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(ScoringError) as caught:
        parse(text, HERE)
    return caught.value.diagnostics


def only(text: str | bytes) -> Diagnostic:
    (found,) = faults(text)
    return found


@pytest.fixture(params=["C", "Python"], autouse=True, scope="module")
def _parser(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "Python":
            patch.setattr(nodes, "COMPOSER", nodes._PureComposer)
        yield


# By the YAML 1.2 core schema (yaml.org/spec/1.2.2, 10.3.2); Decimal in place of float.
SCALARS: list[tuple[str, object]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("tRUE", "tRUE"),
    ("yes", "yes"),
    ("NO", "NO"),
    ("on", "on"),
    ("y", "y"),
    ("0", 0),
    ("-0", 0),
    ("12", 12),
    ("+12", 12),
    ("-19", -19),
    ("0o14", 12),
    ("0xC", 12),
    ("0o18", "0o18"),
    ("0.", Decimal(0)),
    ("1.", Decimal(1)),
    (".5", Decimal("0.5")),
    ("-.5", Decimal("-0.5")),
    ("4.10", Decimal("4.10")),
    ("0.10", Decimal("0.10")),
    ("1e3", Decimal(1000)),
    ("1E-3", Decimal("0.001")),
    ("+1.5e+2", Decimal(150)),
    ("1e", "1e"),
    (".", "."),
    ("-", [None]),
    ("+", "+"),
    ("1_000", "1_000"),
    ("1,000", "1,000"),
    ("1:30", "1:30"),
    ("12:30:45", "12:30:45"),
    ("1.2.3", "1.2.3"),
    ("2019-12-31", "2019-12-31"),
    ("2019-12-31 10:00:00", "2019-12-31 10:00:00"),
    ("95%", "95%"),
    ("95 %", "95 %"),
    ("５", "５"),
    ("1５", "1５"),
    ("≥95%", "≥95%"),
    ("'001'", "001"),
    ('"4.10"', "4.10"),
    ("'null'", "null"),
    ("''", ""),
    ('"a\\tb\\u4e2d"', "a\tb中"),
    ("!!str 001", "001"),
    ("!!str", ""),
    ("=", "="),
    ("<<", "<<"),
    ("a b  # note", "a b"),
    ("a#b", "a#b"),
    ("|\n  a\n  b\n", "a\nb\n"),
    (">-\n  a\n  b\n", "a b"),
    ("[1, a, ]", [1, "a"]),
    ("{a: 1, b}", {"a": 1, "b": None}),
]


@pytest.mark.parametrize(("written", "meant"), SCALARS, ids=[repr(written) for written, _ in SCALARS])
def test_what_a_scalar_is_read_as(written: str, meant: object) -> None:
    text = f"key:\n  {written}" if written == "-" else f"key: {written}"
    data: Any = parse(text, HERE).data
    assert data == {"key": meant}
    assert type(data["key"]) is type(meant)
    if isinstance(meant, Decimal):
        assert data["key"].as_tuple() == meant.as_tuple() or "e" in written.lower()


@pytest.mark.parametrize(
    "written", ["001", "-007", "00", "01.5", ".inf", "-.Inf", ".NaN", "1" * 41, "1e31", "1e-31", "1e" + "9" * 5000]
)
def test_a_number_that_would_mislead_is_refused(written: str) -> None:
    assert only(f"key: {written}").hint


def test_the_longest_numbers_keep_their_digits() -> None:
    text = f"a: {'9' * 40}\nb: {'9' * 20}.{'1' * 20}\nc: 1e30\nd: 1e-030\n"
    assert parse(text, HERE).data == {
        "a": int("9" * 40),
        "b": Decimal("9" * 20 + "." + "1" * 20),
        "c": Decimal("1e30"),
        "d": Decimal("1e-30"),
    }


def test_keys_are_their_text_as_written() -> None:
    text = "2019: a\n1.50: b\nNO: c\n007: d\n~: e\n'<<': f\n? long\n: g\n"
    assert parse(text, HERE).data == {"2019": "a", "1.50": "b", "NO": "c", "007": "d", "~": "e", "<<": "f", "long": "g"}


def test_an_alias_stands_for_what_its_anchor_holds() -> None:
    assert parse("a: &x {p: [1]}\nb: *x\n", HERE).data == {"a": {"p": [1]}, "b": {"p": [1]}}


def test_a_fault_under_an_anchor_is_told_once() -> None:
    assert only("a: &x [001]\nb: *x\nc: [*x, *x]\n").line == 1


def test_faults_of_the_data_are_all_told_at_once() -> None:
    text = "a: 001\nb: .inf\na: 2\nc: !!python/name:os.system x\n<<: {d: 1}\n[x]: 1\nd: 1e99\n"
    assert [found.line for found in faults(text)] == [1, 2, 3, 4, 5, 6, 7]


def test_very_many_faults_are_cut_short() -> None:
    found = faults("- 001\n" * 5000)
    assert len(found) == nodes.MAX_FAULTS + 1
    assert any("错误太多" in each.message.zh for each in found)


@pytest.mark.parametrize(
    "tag", ["!", "!x", "!!int", "!!python/object:os.x", "!<tag:yaml.org,2002:str>", "&a !x", "!!str &a !!str"]
)
def test_tags_are_refused(tag: str) -> None:
    assert faults(f"a: {tag} '12'")


def test_a_handle_of_ones_own_does_not_pass_for_str() -> None:
    assert "不支持" in only("%TAG !! tag:example.com,2000:\n---\na: !!str 12\n").message.zh


def test_a_byte_order_mark_and_line_ends_of_windows() -> None:
    source = parse(b"\xef\xbb\xbfid: a\r\nweight: 4\r\n", HERE)
    assert source.data == {"id": "a", "weight": 4}
    assert source.text == "id: a\r\nweight: 4\r\n"
    assert source.place(["id"]) == (1, 5)
    assert source.place(["weight"]) == (2, 9)


@pytest.mark.parametrize(
    ("content", "line", "column", "message"),
    [
        ("id: a\n权重: 4".encode("gbk"), 2, 2, "第 9 个字节起），看起来是 GBK (ANSI)"),
        ("id: 甲".encode("utf-16"), 1, 1, "第 1 个字节起），看起来是 UTF-16"),
        ("\ufeffid: 甲".encode("utf-16-be"), 1, 1, "看起来是 UTF-16"),
        (b"id: a\r\nb: \xff\xff\n", 2, 4, "第 11 个字节起）"),
        ("id: 甲".encode("utf-16-le"), 1, 2, "控制字符（U+0000）"),
        (b"id: a\x00", 1, 6, "控制字符（U+0000）"),
        (b"a: 1\nid: a\x1b[0m", 2, 6, "控制字符（U+001B）"),
        ("a: b\u2028c".encode(), 1, 5, "控制字符（U+2028）"),
        ("a: b\x85c".encode(), 1, 5, "控制字符（U+0085）"),
    ],
)
def test_bytes_that_are_not_text(content: bytes, line: int, column: int, message: str) -> None:
    found = only(content)
    assert (found.line, found.column) == (line, column)
    assert message in found.message.zh
    assert found.hint
    assert "另存为" in found.hint.zh


def test_lone_surrogates_are_refused() -> None:
    assert "U+D800" in only("a: \ud800").message.zh
    assert faults('a: "\\ud800"')


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only a note\n", b"---\n", b"\xef\xbb\xbf", b"---\n...\n"])
def test_an_empty_file(content: bytes) -> None:
    assert only(content).message.zh == "文件是空的"


def test_limits_of_depth() -> None:
    assert parse("[" * 50 + "]" * 50, HERE).data
    for deep in ("[" * 51 + "]" * 51, "[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "[{" * 100_000):
        assert "嵌套太深" in only(deep).message.zh
    assert "引用了自己" in str(only("a: &a {b: [*a, *a]}").hint)


def test_limits_of_size() -> None:
    assert "文件太大" in only("a" * 5_000_001).message.zh
    assert "文件太大" in only(b"a" * 5_000_001).message.zh
    assert "文字太长" in only("a: " + "b" * 1_000_001).message.zh
    if nodes.COMPOSER is nodes._PureComposer:
        return  # the same counting, only slower
    parse("- 1\n" * 199_999, HERE)
    assert faults("- " + " " * 1_000_000 + "a: b: c"), "no search of a line takes time beyond its length"
    assert "内容太多" in only("- 1\n" * 200_001).message.zh
    assert "内容太多" in only("a: &a [1]\nb: [" + "*a, " * 100_000 + "]").message.zh


@pytest.mark.parametrize(
    "text", ["a: [", "a: {b", "a: 'b", 'a: "\\U00110000"', "%YAML 2.0\n---\na", "a: !x!y z", "%TAG", "a: !<", "- >9x"]
)
def test_other_broken_syntax_is_told_in_chinese(text: str) -> None:
    found = only(text)
    assert any("\u4e00" <= c <= "\u9fff" for c in found.message.zh)
    assert "YAML" in found.message.en


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "evaluation.yaml").write_text("a: 1\n")
    expected = {
        "evaluatoin.yaml": ("没有这个文件", "“evaluation.yaml”"),
        "": ("文件夹", None),
        "nowhere/x.yaml": ("没有这个文件", None),
        "evaluation.yaml/x": ("这个文件读不出来", None),
        "a\0b": ("这个文件读不出来", None),
    }
    for name, (message, hint) in expected.items():
        with pytest.raises(ScoringError) as caught:
            read(tmp_path / name if name else tmp_path)
        (found,) = caught.value.diagnostics
        assert message in found.message.zh
        assert (found.hint is None) if hint is None else found.hint and hint in found.hint.zh
        assert found.line == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_file_without_permission(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n")
    file.chmod(0)
    with pytest.raises(ScoringError, match="权限"):
        read(file)


def test_permission_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ScoringError, match="权限"):
        read(HERE)


PLACED = """\
id: a
indicators:
  - id: b
    rule: {kind: ratio, target: 4}   # 行内
  - &x
    id: "c"
    note: 'it''s'
2019: |
  第一行
"""


def test_places() -> None:
    source = parse(PLACED, HERE)
    assert source.place([]) == (1, 1)
    assert source.place(["indicators"]) == (3, 3)
    assert source.place(["indicators", 0, "rule", "target"]) == (4, 33)
    assert source.place(["indicators", 0, "rule", "ratio", "target"]) == (4, 33), "a step that is not there is skipped"
    assert source.place(["indicators", 0, "rule", "floor"]) == (4, 11), "the deepest that is there"
    assert source.place(["indicators", 7, "id"]) == (3, 3)
    assert source.place(["indicators", 1, "id"]) == (6, 9)
    assert source.place(["2019"]) == source.place([2019]) == (8, 7)
    assert source.place(["nothing"]) == (1, 1)
    assert source.place_of_key(["indicators"]) == (2, 1)
    assert source.place_of_key(["indicators", 0, "rule"]) == (4, 5)
    assert source.place_of_key(["indicators", 0]) == (3, 5)
    assert source.place_of_key([]) == (1, 1)


def test_a_fault_becomes_a_diagnostic() -> None:
    source = parse(PLACED, HERE)
    said, hint = Text("错", "wrong"), Text("改", "mend it")
    found = source.diagnose(said, ["indicators", 0, "rule"], hint)
    assert found == Diagnostic(said, hint, HERE, 4, 11, "indicators[0].rule")
    inside = source.diagnose(Fault(said, hint, inside=("rule", "target")), ["indicators", 0])
    assert inside == Diagnostic(said, hint, HERE, 4, 33, "indicators[0].rule.target")
    assert source.diagnose(said, ["indicators", 0, "rule"], at_key=True).column == 5
    assert source.diagnose(said, []).path == ""


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("a + (b", 4 + 4),
        ("'a + (b'", 5 + 4),
        ('"a + (b"', 5 + 4),
        ("&x a + (b", 4),
        ('"a + \\x28b"', 4),
        ("a\n  + (b", 4),
        ("|\n  a + (b", 4),
        ("'a\n   + (b'", 4),
    ],
)
def test_an_offset_counts_where_the_text_shows_as_it_is(value: str, column: int) -> None:
    source = parse(f"f: {value}\n", HERE)
    assert source.diagnose(Fault(Text("错", "wrong"), offset=4), ["f"]).column == column


TOKENS = r"""
a b id 权重 001 4.10 1e99 0x1F true null ~ .inf ： : - # ' " “ ” [ ] { } , & * ! | > % @ ` ? \
<< --- ... !!str !x &a *a "\x07" "\U00110000"
"""
BLANKS = [" ", "  ", "\n", "\n  ", "\n    ", "\t", ": ", "- ", "\u3000", "\r\n", "\ufeff", "\x00", "\u2028"]
fragments = st.lists(st.sampled_from(TOKENS.split() + BLANKS), max_size=30).map("".join)


def outcome(text: str | bytes) -> Any:
    """The data, or None when it is faulty; whatever else is raised fails the test."""
    try:
        return parse(text, HERE)
    except ScoringError as error:
        found = error.diagnostics
    assert found
    assert all(each.line >= 0 and each.column >= 0 and each.file == HERE for each in found)
    assert all(each.render("zh").encode() and each.render("en").encode() for each in found)
    return None


@given(st.binary(max_size=200))
def test_any_bytes_load_or_are_faulty(content: bytes) -> None:
    outcome(content)


@given(st.text(max_size=100) | fragments)
def test_any_text_loads_or_is_faulty(text: str) -> None:
    outcome(text)


@given(fragments)
def test_what_loads_holds_what_the_file_says(text: str) -> None:
    """Against PyYAML's BaseLoader, for which every scalar is text: nothing is dropped, added or moved."""
    source = outcome(text)
    if source is not None:
        # The two parsers differ here and there (`a\t`), so each is held to its own loader.
        pure = nodes.COMPOSER is nodes._PureComposer
        same(source.data, yaml.load(source.text, yaml.BaseLoader if pure else yaml.CBaseLoader))


def same(data: object, written: object) -> None:
    if isinstance(data, dict):
        assert isinstance(written, dict)
        assert list(data) == list(written)
        for key in data:
            same(data[key], written[key])
    elif isinstance(data, list):
        assert isinstance(written, list)
        assert len(data) == len(written)
        for one, other in zip(data, written, strict=True):
            same(one, other)
    elif data is None:
        assert written in ("", "~", "null")
    elif isinstance(data, bool):
        assert written == str(data).lower()
    elif isinstance(data, int | Decimal):
        assert data == (int(str(written), 16) if "x" in str(written) else Decimal(str(written)))
    else:
        assert data == written


readable = st.characters(
    codec="utf-8", exclude_categories=["Cc"], include_characters="\n\t\r", exclude_characters="\u2028\u2029\ufffe\uffff"
)
leaves = st.none() | st.booleans() | st.integers(-(10**39), 10**39) | st.text(readable, max_size=12)
trees = st.recursive(
    leaves,
    lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text("ab权重", min_size=1, max_size=3), t, max_size=4),
)


@given(trees)
def test_json_is_read_as_json(tree: object) -> None:
    """JSON is YAML 1.2."""
    assert parse(json.dumps({"tree": tree}, ensure_ascii=False), HERE).data == {"tree": tree}
