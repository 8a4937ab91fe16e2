"""The points of a set's own test case, reckoned a second way: from the raw text of both files, with Fractions only.

Nothing of the program is used: YAML is read as plain text, each kind of rule is written out here once more, formulas
become Python source. What a case expects must come out here too, so that a cases file never just repeats the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from tests import oracle

Raw = dict[str, Any]
WORTH = {"元": 1, "万元": 10_000, "亿元": 10**8, "%": Fraction(1, 100), "％": Fraction(1, 100)}
ARTICLE_16 = ("达成年度指标", "部分达成年度指标并具有一定效果", "未达成年度指标且效果较差")


def raw(file: Path) -> Raw:
    data: Raw = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)
    return data


def amount(text: str) -> Fraction:
    """A quantity in its base unit; a date in days."""
    text = re.sub(r"^[≥≤＝=<>]+", "", text.strip())
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return Fraction(date.fromisoformat(text).toordinal())
    found = re.fullmatch(r"(-?[\d.]+)\s*(\D*)", text)
    assert found, text
    return Fraction(found[1]) * WORTH.get(found[2], 1)


def truth(text: str) -> bool:
    return {"true": True, "false": False}[text]


def thousandths(text: str) -> int:
    value = amount(text) * 1000
    assert value.denominator == 1, text
    return int(value)


def calculated(text: str, facts: dict[str, Fraction | bool]) -> Any:
    """A formula of a set, through Python."""

    def python(part: str) -> str:
        found = re.match(r"\s*if (.+?) then (.+?) else (.+)$", part)
        if found:
            return f"(({python(found[2])}) if ({python(found[1])}) else ({python(found[3])}))"
        part = re.sub(r"(?<![<>!=])=(?!=)", "==", part)
        return re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)(%?)", lambda m: f"F('{m[1]}'){'/100' if m[2] else ''}", part)

    return eval(python(text), {"F": Fraction, "min": min, "max": max, **facts})


class Reckoner:
    def __init__(self, indicator_set: Raw):
        self.set = indicator_set
        rounding = indicator_set.get("rounding", {})
        self.places, how = int(rounding.get("places", 2)), rounding.get("how", "half-up")
        self.round = {"half-up": oracle.half_up, "cut": oracle.cut}[how]
        self.at = rounding.get("at", "leaf")

    def leaves(self, nodes: list[Raw] | None = None) -> Iterator[Raw]:
        for node in self.set["indicators"] if nodes is None else nodes:
            if "children" in node:
                yield from self.leaves(node["children"])
            elif "rule" in node or "open" in node:
                yield node

    def weight(self, leaf: Raw) -> Fraction:
        return Fraction(100) if self.set["weights"] == "none" else Fraction(leaf["weight"])

    def grade(self, case: Raw) -> str:
        share = Fraction(case["total"]) * 100 / Fraction(case.get("maximum", 100))
        return next(grade["title"] for grade in self.set["grades"] if share >= Fraction(grade["at_least"]))

    def facts(self, case: Raw) -> dict[str, Fraction | bool]:
        read: dict[str, Fraction | bool] = {}
        for name, text in case.get("facts", {}).items():
            read[name] = truth(text) if text in ("true", "false") else amount(text)
            unit = self.set["facts"][name].get("unit", "") if name in self.set.get("facts", {}) else ""
            if unit in WORTH and unit != "%":
                read[name] = read[name] / WORTH[unit]
        return read

    def points(self, case: Raw) -> Fraction:
        """Of a case of one indicator, as printed."""
        (leaf,) = (leaf for leaf in self.leaves() if leaf["id"] == case["indicator"])
        answer = case.get("answer", {})
        if case.get("not_applicable"):
            return Fraction(0)
        own = case.get("own") or {}
        weight = Fraction(own["weight"]) if "weight" in own else self.weight(leaf)
        return self.round(self.exact(leaf, own, answer, weight, self.facts(case)), self.places)

    def exact(self, leaf: Raw, own: Raw, answer: Raw, weight: Fraction, facts: dict[str, Any]) -> Fraction:
        if "rule" in leaf:
            rule = leaf["rule"]
        elif "rule" in own:
            rule = own["rule"]
        else:
            rule = self.own_rule(leaf["open"], own.get("target", "按计划完成"))
        worth = self.by_rule(rule, weight, answer, facts)
        return worth - Fraction(answer.get("reduce", 0))

    def own_rule(self, group: Raw, target: str) -> Raw:
        sign = {"≥": "higher", "≤": "lower", "＝": "equal"}.get(target[0])
        if sign is None:
            return (
                {"kind": "judged"}
                if group.get("qualitative") == "judged"
                else {"kind": "levels", "levels": group.get("levels")}
            )
        return {"kind": "ratio", "target": target, "direction": sign, **group.get("quantitative", {})}

    def by_rule(self, rule: Raw, weight: Fraction, answer: Raw, facts: dict[str, Any]) -> Fraction:
        def value() -> Any:
            return calculated(rule["of"], facts) if "of" in rule else amount(answer["actual"])

        match rule["kind"]:
            case "formula":
                return calculated(rule["formula"], {**facts, "weight": weight})
            case "judged":
                return Fraction(answer["mark"])
            case "yes-no":
                return weight if truth(answer["met"]) else Fraction(answer.get("mark", 0))
            case "levels":
                share = {level["name"]: level.get("share") for level in rule.get("levels") or []}.get(answer["level"])
                return weight * amount(share or answer["share"])
            case "checklist":
                items = rule["items"]
                met = [truth(answer["checks"][item["id"]]) for item in items]
                worth = [Fraction(item["points"]) if "points" in item else weight / len(items) for item in items]
                needed = [item.get("necessary") == "true" or rule.get("all_or_nothing") == "true" for item in items]
                return oracle.listed(met, worth, needed)
            case "deduct":
                each = {cause["id"]: cause.get("each") for cause in rule["causes"]}
                taken: dict[str, Fraction] = {}
                for entry in answer["deductions"]:
                    id = entry["cause"]
                    cost = (
                        Fraction(entry["points"])
                        if "points" in entry
                        else Fraction(each[id]) * int(entry.get("count", 1))
                    )
                    taken[id] = taken.get(id, Fraction(0)) + cost
                most = {cause["id"]: Fraction(cause["most"]) for cause in rule["causes"] if "most" in cause}
                return oracle.deducted(weight, Fraction(rule.get("floor", 0)), taken, most)
            case "bands":
                return self.banded(rule, weight, value())
            case "steps":
                terms = {key: amount(rule[key]) for key in ("limit", "step")}
                terms |= {key: Fraction(rule.get(key, 0)) for key in ("each", "floor")}
                return oracle.stepped(weight, value(), {**rule, **terms})
            case "ladder":
                knots = [(amount(knot["at"]), thousandths(knot["share"])) for knot in rule["knots"]]
                return oracle.interpolated(weight, knots, value())
            case "ratio":
                return self.ratio(rule, weight, answer, facts)
        raise AssertionError(rule)

    def ratio(self, rule: Raw, weight: Fraction, answer: Raw, facts: dict[str, Any]) -> Fraction:
        assert set(rule) <= {
            "kind",
            "target",
            "actual",
            "unit",
            "direction",
            "floor",
            "rescale",
            "ceiling",
            "over",
            "reverse",
            "english",
            "name",
        }, rule
        fixed = re.match(r"[≥≤＝\d]", rule["target"])
        target = amount(rule["target"]) if fixed else calculated(rule["target"], facts)
        actual = calculated(rule["actual"], facts) if "actual" in rule else amount(answer["actual"])
        over = rule.get("over")
        return oracle.ratio(
            weight,
            target,
            actual,
            rule.get("direction", "higher"),
            floor=thousandths(rule.get("floor", "0%")),
            rescale=rule.get("rescale") == "true",
            ceiling=thousandths(rule["ceiling"]) if "ceiling" in rule else None,
            over=(thousandths(over["start"]), over.get("slope", "1")) if over else None,
            linear=rule.get("reverse") == "linear",
        )

    def banded(self, rule: Raw, weight: Fraction, value: Fraction) -> Fraction:
        for band in rule["bands"]:
            edges = {key: amount(band[key]) for key in ("at_least", "above", "at_most", "below") if key in band}
            inside = (
                value >= edges.get("at_least", value)
                and value <= edges.get("at_most", value)
                and ("above" not in edges or value > edges["above"])
                and ("below" not in edges or value < edges["below"])
            )
            if inside:
                return Fraction(band["points"]) if "points" in band else weight * amount(band["share"])
        raise AssertionError((rule, value))

    # --- several indicators at once -------------------------------------------------------------------------------------

    def total(self, case: Raw) -> Fraction:
        """Of a case of records, as printed: what has no record counts nothing yet."""
        facts, records = self.facts(case), case.get("records", {})
        policy = self.set.get("not_applicable")
        share = {leaf["id"]: self.share(leaf, records.get(leaf["id"]), facts) for leaf in self.leaves()}
        applies = {id for id in share if not (records.get(id) or {}).get("not_applicable")}
        nodes = [*self.leaves()] if self.set["weights"] == "none" else self.set["indicators"]
        top = oracle.Group("top", [self.unit(node, share, applies) for node in nodes])
        weights = oracle.moved(top, policy or "full", self.places)
        due = [
            oracle.due(leaf, weights[leaf.id]) if leaf.applies or policy == "full" else Fraction(0)
            for leaf in top.leaves()
        ]
        if self.at == "leaf":
            return sum((self.round(each, self.places) for each in due), Fraction(0))
        return self.round(sum(due, Fraction(0)), self.places)

    def share(self, leaf: Raw, record: Raw | None, facts: dict[str, Any]) -> Fraction:
        weight = self.weight(leaf)
        try:
            return self.exact(leaf, {}, record or {}, weight, facts) / weight
        except (KeyError, NameError):
            return Fraction(0)  # not recorded

    def unit(self, node: Raw, share: dict[str, Fraction], applies: set[str]) -> oracle.Leaf | oracle.Group:
        """A group that is a sum is dealt out to its parts; any other is one whole, with the share its parts come to."""
        if "children" in node and node.get("combine", "sum") == "sum":
            return oracle.Group(node["id"], [self.unit(child, share, applies) for child in node["children"]])
        weight = self.weight(node)
        found = self.combined(node, share, applies)
        state = "scored" if found is not None else "not-applicable"
        return oracle.Leaf(node["id"], weight, (Fraction(1) if found is None else found) * weight, state)

    def combined(self, node: Raw, share: dict[str, Fraction], applies: set[str]) -> Fraction | None:
        if "children" not in node:
            return share[node["id"]] if node["id"] in applies else None
        parts = [(Fraction(child["weight"]), self.combined(child, share, applies)) for child in node["children"]]
        there = [(weight, part) for weight, part in parts if part is not None]
        return oracle.combined_share(node.get("combine", "sum"), there)
