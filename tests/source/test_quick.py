"""The quick way to read a file against the careful one: what it takes is the same data, and it takes nothing that is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scoring.source import nodes, parse, quick
from scoring.source.text import Source
from tests.conftest import EXAMPLE
from tests.source.test_text import SCALARS, fragments

HERE = Path("case.yaml")
ODD = [
    "001",
    "1e3",
    "0x10",
    ".inf",
    "1e99",
    "9" * 41,
    "9" * 18,
    "9" * 19,
    "1." + "1" * 18,
    "1." + "1" * 19,
    "-0",
    "-0.0",
]
PIECES = [*[written for written, _ in SCALARS], *ODD, "&a v", "*a", "!x a", '"\\x07"', "a: b", "? a", "'a\n    b'"]
LEFT = [
    *(
        "a: 1\na: 2",
        "<<: {a: 1}",
        "a: &x 1",
        "a: !!str 1",
        'a: "\\x07"',
        "a: 001",
        "[a]: 1",
        "'': 1",
        "a: 1\n---\nb: 2",
    ),
    *("a: .inf", "a: 1e99", "", "# only a note", "- " * 40 + "a", "word", "a: " + "b" * quick.LONGEST),
]
KEYS = ["a", "b", "'c'", "2019", "1.50", "NO", "~", "<<", "'<<'", "''", "[a]", "true", "a b"]

_line = st.tuples(st.sampled_from(KEYS), st.sampled_from(PIECES)).map(lambda pair: f"{pair[0]}: {pair[1]}")
_block = st.lists(_line, min_size=1, max_size=4).map("\n".join)
_nested = st.tuples(st.sampled_from(KEYS), _block).map(lambda p: f"{p[0]}:\n  " + p[1].replace("\n", "\n  "))
documents = st.lists(_line | _nested | st.sampled_from(["# 注", "", "- a", "---", "..."]), max_size=5).map("\n".join)


def carefully(text: str) -> tuple[object, bool]:
    """The data node by node, and whether there was a fault."""
    builder = nodes.Builder(text, HERE)
    root = nodes.compose(text)
    assert root is not None
    return builder.build(root, 1), bool(builder.faults)


def told(data: Any) -> Any:
    """The data with types and digits, so that 1, true, 1.0 and 1.00 all differ."""
    if isinstance(data, dict):
        return [(key, told(value)) for key, value in data.items()]
    if isinstance(data, list):
        return [told(value) for value in data]
    return type(data), data.as_tuple() if isinstance(data, Decimal) else data


def agrees(text: str) -> bool:
    """Whether the quick way takes the text; what it takes must be as the careful way has it."""
    try:
        data = quick.data_of(text)
    except (quick.Unsure, yaml.YAMLError, ValueError, OverflowError):
        return False
    careful, faulty = carefully(text)
    assert not faulty
    assert told(data) == told(careful)
    return True


@pytest.fixture(params=["C", "Python"], autouse=True, scope="module")
def _parser(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "Python":
            patch.setattr(nodes, "COMPOSER", nodes._PureComposer)
        yield


@given(documents | fragments | fragments.map(lambda text: f"a: {text}"))
def test_what_the_quick_way_takes_is_what_the_careful_way_has(text: str) -> None:
    if nodes.unreadable(text) is None:  # such a text is refused before
        agrees(text)


@pytest.mark.parametrize("written", PIECES)
def test_every_kind_of_scalar(written: str) -> None:
    for text in (f"a: {written}", f"- {written}", f"{written}: a", f"{{a: {written}}}", f"a: [{written}, b]"):
        agrees(text)


def test_sound_files_are_read_the_quick_way() -> None:
    files = sorted(EXAMPLE.glob("*.yaml"))
    assert len(files) == 4
    for file in files:
        assert agrees(file.read_text(encoding="utf-8")), file.name


@pytest.mark.parametrize("text", LEFT)
def test_what_is_odd_is_left_to_the_careful_way(text: str) -> None:
    with pytest.raises((quick.Unsure, yaml.YAMLError)):
        quick.data_of(text)


def test_places_are_the_same_either_way() -> None:
    text = "a:\n  - b: 4.10\n    c: 'it'\n"
    source = parse(text, HERE)
    assert source._composed is None, "read the quick way"
    careful = Source(HERE, text, source.data, nodes.compose(text))
    for path in ([], ["a"], ["a", 0], ["a", 0, "b"], ["a", 0, "c"], ["x"]):
        assert source.place(path) == careful.place(path)
        assert source.place_of_key(path) == careful.place_of_key(path)
