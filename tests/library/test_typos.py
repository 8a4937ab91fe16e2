"""A typo can never pass: one letter changed in any key, choice or reference of any shipped file is refused where it is.

Keys and choices are refused on their line with the right word named; they are tried many at a time, never one inside
another. References (ids, names in formulas and templates) are tried one by one and refused on their line; an id that
something refers to is refused at the reference. Free text, numbers, and ids nothing refers to are left alone.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zlib import crc32

import pytest
import yaml
from pydantic import BaseModel

import scoring.load
import scoring.report.write
from scoring.errors import Diagnostic, Fault, ScoringError
from scoring.evaluation import Dossier, Evaluation, OwnIndicator
from scoring.indicators import Indicator, IndicatorSet
from scoring.library.lint import remarks
from scoring.source import Source, parse, read
from scoring.source.model import build
from tests.conftest import ROOT

SETS = [f for f in sorted((ROOT / "indicator_sets").rglob("*.yaml")) if not f.stem.endswith(".cases")]
CASES = sorted((ROOT / "evaluations").rglob("*.yaml"))
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
BATCH = 30
FORMULA_WORDS = {"and", "or", "not", "if", "then", "else", "true", "false"}
TEMPLATES = {"problem", "recommendation", "expected"}
# what a key refers to, or defines; {} is the indicator it stands in
REFERS = {"same_problem_as": "indicator", "cause": "part/{}", "aspect": "aspect/{}", "level": "level/{}"}
REFERS |= {"set": "set", "outline": "outline", "profile": "profile", "file": "file", "grade": "grade"}
DEFINES = {"Indicator.id": "indicator", "OwnIndicator.id": "indicator", "Cause.id": "part/{}", "Item.id": "part/{}"}
DEFINES |= {"Milestone.id": "part/{}", "Open.aspects": "aspect/{}", "Level.name": "level/{}"}
DEFINES |= {"Veto.id": "veto", "Grade.title": "grade"}
REFERRING_KEYS = {"records": "indicator", "indicators": "indicator", "checks": "part/{}", "actuals": "part/{}"}
REFERRING_KEYS |= {"narrative": "narrative", "vetoes": "veto"}


@dataclass(frozen=True)
class Spot:
    """One word of a file and what it is; blocked: the path below which nothing is checked once it is wrong."""

    file: Path
    role: Literal["key", "choice", "reference", "definition"]
    path: tuple[str | int, ...]
    word: str
    index: int
    line: int
    blocked: tuple[str | int, ...] = ()
    others: tuple[str, ...] = ()
    thing: str = ""

    def typo(self) -> str:
        """The word with one letter dropped, doubled, swapped or replaced: always the same one, never another right word."""
        letters = [i for i, letter in enumerate(self.word) if letter.isalnum()]
        for n in count(crc32(f"{self.file.name}{self.path}{self.word}".encode())):
            i = letters[n // 4 % len(letters)]
            before, letter, after = self.word[:i], self.word[i], self.word[i + 1 :]
            other = "某" if letter > "\u2e80" else "x" if letter != "x" else "q"
            made = (after, letter * 2 + after, after[:1] + letter + after[1:], other + after)[n % 4]
            if (wrong := before + made) not in (self.word, "", *self.others) and wrong.strip("-_@.") == wrong:
                return wrong
        raise AssertionError


def parts(annotation: Any) -> Iterator[Any]:
    """The alternatives of an annotation, unions and Annotated opened."""
    if get_origin(annotation) is Annotated:
        yield from parts(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from parts(each)
    else:
        yield annotation


@dataclass
class Walk:
    """Every spot of one file, found by walking its YAML beside the model it is read as."""

    file: Path
    text: str
    spots: list[Spot] = field(default_factory=list)

    def add(self, role: Any, path: Any, node: Any, word: str = "", **more: Any) -> None:
        start = node.start_mark.index
        if word:  # a word inside a formula or template
            start += re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", self.text[start:]).start()  # type: ignore[union-attr]
        elif node.style in ("'", '"'):
            start += 1
        word, line = word or node.value, node.start_mark.line + 1
        self.spots.append(Spot(self.file, role, tuple(path), word, start, line, **more))

    def visit(self, node: Any, annotation: Any, path: tuple[str | int, ...], key: str, owner: str, about: Any) -> None:
        kinds = list(parts(annotation))
        if isinstance(node, yaml.MappingNode):
            written = {k.value: v.value for k, v in node.value}
            models = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
            model = next(
                (m for m in models if len(models) == 1 or written["kind"] in m.model_fields["kind"].default), None
            )
            if model is None:
                for k, v in node.value:
                    values = next(get_args(kind)[1] for kind in kinds if get_origin(kind) is dict)
                    self.named(k, v, key, (*path, k.value), owner)
                    self.visit(
                        v, values, (*path, k.value), key, owner if key in ("checks", "actuals") else k.value, None
                    )
                return
            model.model_rebuild()
            inner = written["id"] if model in (Indicator, OwnIndicator) else owner
            for k, v in node.value:
                blocked = path if k.value == "kind" and len(models) > 1 else (*path, k.value)
                self.add("key", (*path, k.value), k, blocked=blocked, others=tuple(model.model_fields))
                info = model.model_fields[k.value]
                place = owner if k.value == "aspect" else inner
                self.visit(v, info.annotation, (*path, k.value), k.value, place, (model, info, written))
        elif isinstance(node, yaml.SequenceNode):
            each = next(get_args(kind)[0] for kind in kinds if get_origin(kind) is tuple)
            for number, child in enumerate(node.value):
                self.visit(child, each, (*path, number), key, owner, about)
        else:
            self.scalar(node, kinds, path, key, owner, about)

    def named(self, node: Any, value: Any, key: str, path: tuple[str | int, ...], owner: str) -> None:
        """The key of a mapping from names to things: a name defined, or one that refers."""
        asked = key == "facts" and "evaluations" in str(self.file) and "title" not in {k.value for k, _ in value.value}
        if key == "facts" and not asked:
            self.add("definition", path, node, thing=f"fact:{node.value}")
        else:
            kind = "fact" if asked else REFERRING_KEYS[key].format(owner)
            self.add("reference", path, node, thing=f"{kind}:{node.value}")

    def scalar(self, node: Any, kinds: list[Any], path: Any, key: str, owner: str, about: Any) -> None:
        model, info, written = about or (None, None, {})
        choices = tuple(value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind))
        if bool in kinds and node.value in ("true", "false") and not node.style:
            choices = ("true", "false")
        if choices:
            blocked = path[:-1] if key == "kind" else path
            self.add("choice", path, node, blocked=blocked, others=choices)
        elif "_formula" in f"{info and info.annotation}{info and info.metadata}" or (
            key == "target" and "unit" in written
        ):
            for name in dict.fromkeys(re.findall(r"(?<![\d.])\b[a-z]\w*", node.value)):
                if name not in FORMULA_WORDS:
                    self.add("reference", path, node, name, thing=f"fact:{name}")
        elif key in TEMPLATES or (model is None and path[0] == "narrative") or path[0] == "goals":
            for name in dict.fromkeys(re.findall(r"\{\{\s*(\S+)\s*\}\}", node.value)):
                self.add("reference", path, node, name, thing=name.replace("facts.", "fact:"))
        elif key in REFERS:
            self.add("reference", path, node, thing=f"{REFERS[key].format(owner)}:{node.value}")
        elif model and f"{model.__name__}.{key}" in DEFINES:
            kind = DEFINES[f"{model.__name__}.{key}"].format(owner)
            self.add("definition", path, node, thing=f"{kind}:{node.value}")


def model_of(file: Path) -> type[BaseModel]:
    return IndicatorSet if file in SETS else Dossier if file.name == "dossier.yaml" else Evaluation


@cache
def source_of(file: Path) -> Source:
    return read(file)


@cache
def spots_of(file: Path) -> list[Spot]:
    walk = Walk(file, source_of(file).text)
    walk.visit(yaml.compose(walk.text, Loader=LOADER), model_of(file), (), "", "", None)
    return walk.spots


def with_typos(file: Path, spots: list[Spot]) -> str:
    text = source_of(file).text
    for spot in sorted(spots, key=lambda s: -s.index):
        assert text[spot.index :].startswith(spot.word), spot
        text = text[: spot.index] + spot.typo() + text[spot.index + len(spot.word) :]
    return text


def batches(spots: list[Spot]) -> Iterator[list[Spot]]:
    """Spots that can be wrong together: at most one a mapping, none under another."""
    waiting = spots
    while waiting:
        batch: list[Spot] = []
        for spot in waiting:
            apart = all(
                spot.path[: len(b.blocked)] != b.blocked
                and b.path[: len(spot.blocked)] != spot.blocked
                and spot.path[:-1] != b.path[:-1]
                for b in batch
            )
            if apart and len(batch) < BATCH:
                batch.append(spot)
        yield batch
        waiting = [spot for spot in waiting if spot not in batch]


@pytest.mark.parametrize("file", [*SETS, *CASES], ids=lambda file: file.name)
def test_a_key_or_choice_with_a_typo_is_refused_where_it_is_and_the_right_word_named(file: Path) -> None:
    missed = []
    for batch in batches([spot for spot in spots_of(file) if spot.role in ("key", "choice")]):
        with pytest.raises(ScoringError) as caught:
            build(parse(with_typos(file, batch), file), model_of(file))
        for spot in batch:
            said = [d.render("zh") for d in caught.value.diagnostics if d.line == spot.line]
            if not any(re.search(rf"(?<![\w-]){re.escape(spot.word)}(?![\w-])", text) for text in said):
                missed.append(f"{file.name}:{spot.line} {spot.word} → {spot.typo()}: {said}")
    assert not missed, "\n".join(missed)


def diagnostics(monkeypatch: pytest.MonkeyPatch, file: Path, text: str) -> list[Diagnostic]:
    """All that is said of the shipped files when this one reads so."""
    changed = parse(text, file)

    def reading(wanted: Path) -> Source:
        return changed if wanted == file else source_of(wanted)

    monkeypatch.setattr(scoring.load, "read", reading)
    monkeypatch.setattr(scoring.report.write, "read", reading)
    found: list[Diagnostic] = []
    affected = [file] if file in CASES else []
    try:
        if file in SETS:
            indicator_set = scoring.load.load_set(file)
            found += [
                changed.diagnose(remark.fault, ()) for remark in remarks(indicator_set) if remark.level == "error"
            ]
            affected = [case for case in CASES if f"\nset: {file.stem}@" in source_of(case).text]
    except ScoringError as error:
        return [*error.diagnostics]
    except Fault:  # met where nothing places it any more: as good as not refused
        return []
    for case in affected:
        try:
            loaded = scoring.load.load_case(case)
            scoring.report.write.documents(loaded, complete=False)
        except ScoringError as error:
            found += error.diagnostics
    return found


@pytest.mark.parametrize("file", [*SETS, *CASES], ids=lambda file: file.name)
def test_a_reference_with_a_typo_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = [case for case in CASES if f"\nset: {file.stem}@" in source_of(case).text] if file in SETS else []
    referring: dict[str, set[tuple[Path | None, int]]] = {}
    for spot in (spot for user in (file, *users) for spot in spots_of(user) if spot.role == "reference"):
        referring.setdefault(spot.thing, set()).add((spot.file, spot.line))
    missed = []
    for spot in spots_of(file):
        if spot.role == "reference":
            said = diagnostics(monkeypatch, file, with_typos(file, [spot]))
            fine = any(d.file == file and d.line == spot.line for d in said)
        elif spot.role == "definition" and spot.thing in referring:
            said = diagnostics(monkeypatch, file, with_typos(file, [spot]))
            fine = any((d.file, d.line) in referring[spot.thing] for d in said)
        else:
            continue
        if not fine:
            missed.append(f"{file.name}:{spot.line} {spot.thing} → {spot.typo()}: {[d.render('zh') for d in said]}")
    assert not missed, "\n".join(missed)


def test_no_key_of_any_shipped_file_is_passed_over() -> None:
    for file in (*SETS, *CASES):
        tried = {spot.index for spot in spots_of(file)}
        waiting = [yaml.compose(source_of(file).text, Loader=LOADER)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.MappingNode):
                assert {key.start_mark.index for key, _ in node.value} <= tried, file
                waiting += [value for _, value in node.value]
            elif isinstance(node, yaml.SequenceNode):
                waiting += node.value
