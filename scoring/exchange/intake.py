"""A file of official forms made into a case, or a framework into a draft set: read, understood, tried out, and only then written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scoring.errors import Diagnostic, ScoringError, Text
from scoring.exchange.draft import Draft, draft
from scoring.exchange.forms import Form, recognise
from scoring.exchange.framework import framework
from scoring.exchange.tabular import read_tables
from scoring.exchange.write import Notes, write_all
from scoring.indicators import IndicatorSet
from scoring.load import find_set, load_case, load_set
from scoring.scaffold import dossier_text
from scoring.source import parse
from scoring.source.misfit import ID_PATTERN
from scoring.source.model import build

As = Literal["case", "set"]
NOT_A_FORM = Text(
    "没有认出绩效自评表、绩效目标完成情况表或指标体系表",
    "no self-review form, completion table or framework is recognised here",
)
WHAT_IS = Text(
    "自评表要有 三级指标、年度指标值、实际完成值 等列；指标体系表要有 三级指标、分值 等列",
    "a form has columns such as 三级指标, 年度指标值, 实际完成值; a framework 三级指标 and 分值",
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written, and what a person has to look at."""

    files: tuple[Path, ...]
    what: As
    notes: Notes


def take_in(
    file: Path,
    output: Path,
    what: As | None = None,
    set_id: str | None = None,
    year: int | None = None,
    folders: Sequence[Path] = (),
) -> Imported:
    """Import the file. ScoringError: it cannot be read or understood, or something would be overwritten; nothing is written."""
    notes = Notes(file)
    tables = read_tables(file)
    forms: list[Form] = []
    for number, table in enumerate(tables, start=1):
        mine = recognise(table)
        if not mine and len(tables) > 1:
            zh, en = f"表{number}不是自评表或指标体系表，没有导入", f"table {number} is no such form"
            notes.remark("left", table.rows[0][0], Text(zh, en))
        forms += mine
    wanted = what or ("case" if any(not form.is_framework for form in forms) else "set")
    chosen = [form for form in forms if form.is_framework == (wanted == "set")] or (forms if wanted == "set" else [])
    if not chosen:
        hint = WHAT_IS
        if forms:
            hint = Text(
                "这像是指标体系表：用 --as set -o 体系.yaml", "this looks like a framework: use --as set -o my-set.yaml"
            )
        raise ScoringError(Diagnostic(NOT_A_FORM, hint, file))
    files = (
        _set(chosen, output, notes, year) if wanted == "set" else _case(chosen, output, notes, set_id, year, folders)
    )
    if wanted == "set":
        write_all(files, lambda folder: load_set(folder / output.name, folders), file)
    else:
        single = output.suffix in (".yaml", ".yml")
        write_all(files, lambda folder: load_case(folder / output.name if single else folder, folders), file)
    return Imported(tuple(files), wanted, notes)


def _set(forms: list[Form], output: Path, notes: Notes, year: int | None) -> dict[Path, str]:
    if output.suffix != ".yaml" or not re.fullmatch(ID_PATTERN, output.stem):
        message = Text(
            f"体系写成一个文件，不能写成“{output.name}”", f"a set is one file; '{output.name}' cannot be its name"
        )
        hint = Text(
            "用 -o 编号.yaml，编号是英文小写、数字和连字符", "use -o id.yaml, the id in small letters, digits, hyphens"
        )
        raise ScoringError(Diagnostic(message, hint, path="-o"))
    if len(forms) > 1:
        message = Text(f"文件里有 {len(forms)} 个指标体系表，一次只导入一个", f"the file holds {len(forms)} frameworks")
        raise ScoringError(
            Diagnostic(message, Text("每个另存为一个文件", "save each as a file of its own"), notes.file)
        )
    text = framework(forms[0], output.stem, notes, year)
    notes.check()
    return {output: text}


def _case(
    forms: list[Form], output: Path, notes: Notes, set_id: str | None, year: int | None, folders: Sequence[Path]
) -> dict[Path, str]:
    single = output.suffix in (".yaml", ".yml")
    if single and len(forms) > 1:
        message = Text(f"文件里有 {len(forms)} 张自评表，要写成一个文件夹", f"the file holds {len(forms)} forms")
        raise ScoringError(Diagnostic(message, Text("-o 写一个文件夹名称", "name a folder with -o"), notes.file))
    if not single and output.exists() and (not output.is_dir() or any(output.iterdir())):
        message = Text("文件夹已存在并且不是空的", "the folder exists and is not empty")
        hint = Text("换一个名称；已有的文件不会被覆盖", "choose another name; nothing is overwritten")
        raise ScoringError(Diagnostic(message, hint, output))
    ids = [_id(output.stem)] if single else _ids(forms)
    own = [Notes(notes.file) for _ in forms]
    made: list[Draft] = []
    for form, id, mine in zip(forms, ids, own, strict=True):
        if each := draft(form, id, mine, set_id, year, folders):
            made.append(each)
        notes.faults += mine.faults
    notes.check()
    for mine in own:
        notes.remarks += mine.remarks
    years = sorted({each.year for each in made})
    if not single and len(years) > 1:
        listed = "、".join(map(str, years))
        message = Text(f"各表的年度不同：{listed}", f"the forms are of different years: {', '.join(map(str, years))}")
        hint = Text(
            "一个文件夹只放一个年度：分开导入，或用 --year 写明",
            "a folder is of one year: split the file, or use --year",
        )
        raise ScoringError(Diagnostic(message, hint, notes.file))
    folder = output.parent if single else output
    files: dict[Path, str] = {}
    if not single:
        chosen = [_loaded(each, folders) for each in made]
        files[folder / "dossier.yaml"] = dossier_text(output.resolve().name, made[0].unit, years[0], chosen)
    for id, each in zip(ids, made, strict=True):
        files[output if single else folder / f"{id}.yaml"] = each.text
        if each.choice.own:
            files[folder / "indicator_sets" / f"{id}-set.yaml"] = each.choice.own
    return files


def _id(stem: str) -> str:
    return stem if re.fullmatch(ID_PATTERN, stem) else "self-review"


def _ids(forms: list[Form]) -> list[str]:
    """The names `jixiao new` gives: project.yaml, or project-1.yaml, project-2.yaml …"""
    kinds = [form.kind for form in forms]
    return [
        kind if kinds.count(kind) == 1 else f"{kind}-{kinds[: index + 1].count(kind)}"
        for index, kind in enumerate(kinds)
    ]


def _loaded(each: Draft, folders: Sequence[Path]) -> IndicatorSet:
    if each.choice.own:
        return build(parse(each.choice.own, Path("set.yaml")), IndicatorSet)
    return find_set(each.choice.set_reference, folders)
