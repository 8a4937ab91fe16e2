"""Narrative templates: figures by reference, unknown names found, hostile ones refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from scoring.errors import Fault, Text
from scoring.facts import Figure
from scoring.report import template
from scoring.values import Quantity

FIGURES = {"spent": Figure(Text("执行数", "spent"), Quantity(Fraction("10.34"), "万元"))}
VALUES = {"facts": template.Facts({"spent": template.Shown("10.34万元", "10.34", "执行数")}), "year": "2019"}


def test_a_figure_is_printed_by_reference() -> None:
    text = "{{ year }}年执行{{ facts.spent }}（{{ facts.spent.title }}{{ facts.spent.number }}）"
    assert template.render(text, VALUES) == "2019年执行10.34万元（执行数10.34）"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("执行{{ facts.spend }}", "没有事实“spend”"),
        ("执行{{ fact.spent }}", "模板里没有“fact”"),
        ("执行{{ facts.spent }", "模板写法不对（第 1 行）：“{{ … }}”没有写完整"),
        ("执行10.34万元", "文字里直接写了数字“10.34万元”"),
        ("满意度95%以上", "文字里直接写了数字“95%”"),
        ("慰问 23 人", "文字里直接写了数字“23 人”"),
    ],
)
def test_faults(text: str, message: str) -> None:
    (fault,) = template.faults(text, FIGURES)
    assert fault.message.zh == message


@pytest.mark.parametrize("text", ["2019年按第十六条评价", "{{ facts.spent }}按期发放", "附件2-1、第3部分", "四个部门"])
def test_what_holds_is_left_alone(text: str) -> None:
    assert list(template.faults(text, FIGURES)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ facts.__class__ }}",
        "{{ facts._facts }}",
        "{{ facts.spent.__init__.__globals__ }}",
        "{% for x in range(10) %}{{ x }}{% endfor %}",
        "{{ 1 / 0 }}",
        "{{ cycler.__init__ }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
    ],
)
def test_nothing_escapes_the_sandbox(text: str) -> None:
    with pytest.raises(Fault):
        template.render(text, VALUES)
