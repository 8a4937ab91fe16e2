"""What is generated from the models is up to date, complete, and fit for an editor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scoring.cli import sets
from scoring.errors import ScoringError
from scoring.library.reference import DOCS, RULES, SCHEMAS, outdated, rule_reference, schemas, sections_of
from scoring.report.reference import REPORTS, report_reference
from tests.conftest import ROOT

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def everything(part: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    yield key, part
    for name, each in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from everything(each, str(name))


def test_the_generated_files_are_up_to_date() -> None:
    """After a change that is meant: jixiao sets schema; jixiao sets docs."""
    files = {**schemas(), DOCS: rule_reference(), REPORTS: report_reference()}
    assert not outdated(files, ROOT / "indicator_sets")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_draft_07_in_chinese(name: str) -> None:
    schema = json.loads(schemas()[name])
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    later = {"prefixItems", "$defs", "discriminator", "unevaluatedProperties", "dependentRequired"}
    assert not later & {key for key, _ in everything(schema)}
    for key, part in everything(schema):
        if key == "$ref":
            assert part.removeprefix("#/definitions/") in schema["definitions"]
        if isinstance(part, dict) and "$ref" in part:
            assert set(part) == {"$ref"}, "draft-07 reads nothing beside a $ref"
    for owner in (schema, *schema["definitions"].values()):
        assert CHINESE.search(owner["title"]), owner["title"]
        assert owner["additionalProperties"] is False
        for key, field in owner["properties"].items():
            assert CHINESE.search(field["title"]), key
            assert CHINESE.search(field["description"]), key


def test_a_schema_refuses_a_name_no_formula_could_use() -> None:
    facts = json.loads(schemas()["schema/indicator-set.schema.json"])["properties"]["facts"]
    assert facts["additionalProperties"] is False
    (pattern,) = facts["patternProperties"]
    assert re.search(pattern, "amount_spent")
    assert not re.search(pattern, "Amount spent")


def test_a_schema_lists_every_rule_and_every_choice() -> None:
    schema = json.loads(schemas()["schema/indicator-set.schema.json"])
    fields = [definition["properties"].get("kind", {}) for definition in schema["definitions"].values()]
    kinds = {field["const"] for field in fields if "const" in field}
    assert kinds == {rule.model_fields["kind"].default for rule in RULES}
    assert "illustrative" in schema["properties"]["status"]["enum"]
    assert schema["definitions"]["RoundingPolicy"]["properties"]["places"]["default"] == 2


def test_the_reference_has_every_rule_with_its_keys_and_a_source() -> None:
    text = rule_reference()
    for rule in RULES:
        kind = rule.model_fields["kind"].default
        part = text[text.index(f"\n## {kind}\n") :].split("\n## ")[1]
        assert rule.title.zh in part
        assert "Source:" in part, kind
        for key, field in rule.model_fields.items():
            assert key == "kind" or (f"| `{key}` |" in part and field.description), f"{kind}.{key}"


def test_a_docstring_falls_into_its_sections() -> None:
    doc = """One line,
    and another.

    Formula: a ÷ b,
             held to 1. higher: as it is.
    Source:  somewhere.
    """
    assert sections_of(doc) == (
        "One line, and another.",
        {"Formula": "a ÷ b, held to 1. higher: as it is.", "Source": "somewhere."},
    )


@pytest.mark.parametrize("command", ["schema", "docs"])
def test_check_tells_what_differs_and_writes_nothing(command: str, tmp_path: Path) -> None:
    runner = CliRunner(env={"JIXIAO_LANG": "zh"})
    done = runner.invoke(sets.app, [command, "-o", str(tmp_path), "--check"])
    assert isinstance(done.exception, ScoringError)
    assert not list(tmp_path.rglob("*.*"))
    assert runner.invoke(sets.app, [command, "-o", str(tmp_path)]).stdout.startswith("写出")
    assert runner.invoke(sets.app, [command, "-o", str(tmp_path), "--check"]).exit_code == 0
    assert runner.invoke(sets.app, [command, "-o", str(tmp_path)]).stdout == ""
