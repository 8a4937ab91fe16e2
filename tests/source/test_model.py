"""Files against a small model: every broken file is told apart at its line, in words a clerk can act on."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, field_validator, model_validator

from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.source import Source, nodes, parse, read
from scoring.source.model import Bool, Date, Id, Int, Model, Name, Number, Str, build

HERE = Path("case.yaml")
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


class Ratio(Model):
    kind: Literal["ratio"]
    target: Number = Field(title="目标值")
    floor: Number = Decimal(0)

    @model_validator(mode="after")
    def _has_a_span(self) -> Self:
        if self.floor == self.target:
            message = Text("起点等于目标", "the floor equals the target")
            raise Fault(message, Text("起点要不同", "use another floor"), inside=("floor",))
        return self


class Formula(Model):
    kind: Literal["formula"]
    formula: Str
    weight: Number = Decimal(0)

    @field_validator("formula")
    @classmethod
    def _closes(cls, formula: str) -> str:
        if formula.count("(") != formula.count(")"):
            raise Fault(Text("少了右括号", "a bracket is not closed"), offset=formula.index("("))
        return formula


AnyRule = Annotated[Ratio | Formula, Field(discriminator="kind")]


class Unit(Enum):
    YUAN = "元"
    PIECE = "个"


class Toy(Model):
    id: Id = Field(title="编号")
    name: Name = "toy"
    title: Str = Field("无题", title="标题")
    weight: Annotated[Number, Field(ge=0, le=100)] = Field(Decimal(0), title="权重")
    count: Int = 0
    open: Bool = False
    date: Date | None = None
    unit: Unit = Unit.YUAN
    rule: AnyRule | None = None
    rules: tuple[AnyRule, ...] = ()
    facts: tuple[Str, ...] = ()
    entries: dict[Id, Number] = Field(default_factory=dict)
    mark: Number | Literal["none"] = "none"
    origin: Str = Field("预算", alias="from", title="来源")


def load(text: str) -> Toy:
    return build(parse(text, HERE), Toy)


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(ScoringError) as caught:
        load(text)
    return caught.value.diagnostics


def only(text: str) -> Diagnostic:
    (found,) = faults(text)
    return found


@pytest.fixture(params=["C", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "Python":
        monkeypatch.setattr(nodes, "COMPOSER", nodes._PureComposer)
    return str(request.param)


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_broken_file_is_told_apart(file: Path, parser: str) -> None:
    """The first line says `# expect: LINE:COLUMN | words of the message | words of the hint`, `-` for no hint."""
    first = file.read_text("utf-8").splitlines()[0]
    place, message, hint = first.removeprefix("# expect: ").split(" | ")
    with pytest.raises(ScoringError) as caught:
        build(read(file), Toy)
    (found,) = caught.value.diagnostics
    assert found.file == file
    if (file.stem, parser) != ("escape-unknown", "Python"):  # it counts from the letter after the backslash
        assert f"{found.line}:{found.column}" == place
    assert message in found.message.zh
    assert found.hint is None if hint == "-" else found.hint and hint in found.hint.zh
    assert found.message.en != found.message.zh


def test_there_are_enough_broken_files() -> None:
    assert len(BROKEN) >= 60


def test_five_faults_in_one_file_are_all_told() -> None:
    found = faults(
        "id: Ab\nwieght: 4\nweight: 95 %\nopen: 是\nrules:\n  - {kind: ratio}\n  - {kind: ratoi, target: 1}\n"
    )
    assert [(f.line, f.column, f.path) for f in found] == [
        (1, 5, "id"),
        (2, 1, "wieght"),
        (3, 9, "weight"),
        (4, 7, "open"),
        (6, 5, "rules[0]"),
        (7, 12, "rules[1].kind"),
    ]


def test_a_whole_file_loads() -> None:
    toy = load(
        "id: on-time\nname: on_time\ntitle: 按时完成\nweight: 4.10\ncount: 3\nopen: true\ndate: 2020-02-29\nunit: 个\n"
        "rule: {kind: formula, formula: a + b}\nrules:\n  - {kind: ratio, target: 1}\nfacts: [甲]\nentries: {a: 1}\n"
        "mark: 0.5\nfrom: 决算\n"
    )
    assert str(toy.weight) == "4.10"
    assert (toy.count, toy.open, toy.date, toy.unit) == (3, True, date(2020, 2, 29), Unit.PIECE)
    assert toy.rule == Formula(kind="formula", formula="a + b")
    assert toy.rules == (Ratio(kind="ratio", target=Decimal(1)),)
    assert (toy.facts, toy.entries, toy.mark, toy.origin) == (("甲",), {"a": 1}, Decimal("0.5"), "决算")


def test_a_model_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load("id: a\n").id = "b"  # type: ignore[misc]


def test_the_tag_of_a_union_is_no_step_of_the_path() -> None:
    found = only("id: a\nrule:\n  kind: formula\n  formula: x\n  weight: 多\n")
    assert (found.path, found.line, found.column) == ("rule.weight", 5, 11)


def test_an_aliased_field_is_found_by_the_name_in_the_file() -> None:
    found = only("id: a\nfrom: 3\n")
    assert (found.path, found.line, found.hint) == ("from", 2, Text('加上引号，写成 "3"', 'put it in quotes: "3"'))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("95％", "只写数字 95，“%”是单位"),
        ("1,000", "写成 1000"),
        ("3 万元", "只写数字 3，“万元”是单位"),
        ("－5", "写成 -5"),
        ("≥95", "只写数字，例如 95"),
        ("90-100", "只写数字，例如 95"),
        ("九十", "只写数字，例如 95"),
    ],
)
def test_what_to_write_for_a_number(written: str, hint: str) -> None:
    found = only(f"id: a\nweight: {written}\n").hint
    assert found
    assert hint in found.zh


@pytest.mark.parametrize("written", ["true", "[1]", "{a: 1}", "null", "'4'", "四"])
def test_only_a_number_is_a_number(written: str) -> None:
    assert "应当写数字" in only(f"id: a\nweight: {written}\n").message.zh


@pytest.mark.parametrize("value", [True, 1.5, "1"])
def test_python_values_are_held_to_the_same(value: object) -> None:
    with pytest.raises(ValidationError):
        Ratio(kind="ratio", target=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["2019.12.31", "2019年12月31日", "20191231", "2019/12/31"])
def test_what_to_write_for_a_date(written: str) -> None:
    assert only(f"id: a\ndate: {written}\n").hint == Text("写成 2019-12-31", "write 2019-12-31")


@pytest.mark.parametrize("written", ["a", "a1", "a-b", "a_b", "a-b_c1"])
def test_an_id_that_will_do(written: str) -> None:
    assert load(f"id: {written}\n").id == written


@pytest.mark.parametrize("written", ["'1a'", "a--b", "a-", "A", "预算", "a b", "a.b", "''", "a" * 65, "-a", '"a\\n"'])
def test_an_id_that_will_not(written: str) -> None:
    assert only(f"id: {written}\n").path == "id"


def test_numbers_that_should_be_whole() -> None:
    assert only("id: a\ncount: 1.5\n").message.zh == "这里应当写整数，写的却是 1.5"
    assert only("id: a\ncount: true\n").message.zh == "这里应当写整数，写的却是 true"


def test_no_message_is_left_in_the_words_of_pydantic() -> None:
    """Each of pydantic's errors that data from a file can meet; the Chinese of none may be English."""

    class Odd(Model):
        a: list[int] = Field([], max_length=1)
        b: set[Str] = Field(default_factory=set)
        c: float = 0
        d: Decimal = Field(Decimal(0), decimal_places=1)
        e: Annotated[str, Field(pattern="^[0-9]+$")] = "1"
        f: None = None
        g: Annotated[str, Field(min_length=2)] = "xx"
        h: Literal[1, 2] = 1
        i: bytes = b""
        j: date | None = None
        k: dict[str, int] = Field(default_factory=dict)

    text = "a: [x, y]\nb: 甲\nc: 甲\nd: 1.25\ne: 甲\nf: 甲\ng: 甲\nh: 3\ni: 3\nj: 甲\nk: []\n"
    with pytest.raises(ScoringError) as caught:
        build(parse(text, HERE), Odd)
    assert {d.path[0] for d in caught.value.diagnostics} == set("abcdefghijk")
    for found in caught.value.diagnostics:
        assert not re.search("[A-Za-z]{3}", found.message.zh), found.message.zh


def test_a_value_error_without_a_hint_keeps_its_words() -> None:
    class Strict(Model):
        a: int

        @field_validator("a")
        @classmethod
        def _small(cls, a: int) -> int:
            if a > 1:
                raise ValueError("太大")
            return a

    with pytest.raises(ScoringError) as caught:
        build(parse("a: 3", HERE), Strict)
    assert caught.value.diagnostics[0].message.zh == "太大"


def test_too_many_faults_are_cut_short() -> None:
    found = faults("id: a\nrules:\n" + "  - x\n" * 500)
    assert len(found) == 101
    assert found[0].message.zh == "错误太多，后面的没有列出"


def test_the_json_schema_says_what_the_types_say() -> None:
    properties = Toy.model_json_schema()["properties"]
    assert properties["weight"]["type"] == "number"
    assert properties["id"]["pattern"].startswith("^[a-z]")
    assert properties["date"]["anyOf"][0] == {"type": "string", "format": "date"}


keys = st.sampled_from([*Toy.model_fields, "from", "kind", "target", "formula", "ratio", "权重", "[key]"]) | st.text(
    max_size=4
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(values | st.dictionaries(keys, values, max_size=6))
def test_any_data_builds_or_is_faulty(data: object) -> None:
    source = Source(HERE, "", data, parse("a: 1", HERE)._root)
    try:
        build(source, Toy)
    except ScoringError as error:
        found = error.diagnostics
    else:
        return
    assert found
    assert all(each.message.zh and each.message.en for each in found)
