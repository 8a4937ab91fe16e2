"""Evaluation files read: the bytes, PyYAML's C loader, the same with a pydantic model, and ours: checked, every fault at its line.

Each reads all files in a process of its own; "x CSafeLoader" is what to compare between machines.
"""

from __future__ import annotations

import random
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.measure import Goal, Scale, at_least, at_most, in_turn, jixiao, measured, python, table
from benchmarks.workset import ITEMS, LEAVES, LEVELS, TARGETS, write_set

WORDS = "项目单位按计划组织实施，资金及时足额到位，资料完整，部分工作进度滞后，验收记录没有归档。"
READERS = {
    "raw": "raw bytes",
    "safe": "PyYAML CSafeLoader",
    "pydantic": "PyYAML CSafeLoader + pydantic",
    "checked": "jixiao: read and checked",
}


def run(scale: Scale) -> list[Goal]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(measured(python("benchmarks.loading", "make", folder, scale.cases)).said, end="")
        measured(python("benchmarks.loading", "same", folder))
        commands = {kind: python("benchmarks.loading", kind, folder) for kind in READERS}
        least = in_turn(commands, runs=1 if scale.cases > 1000 else scale.runs)
        least["batch"] = whole = measured(jixiao("batch", folder, "-o", "out.parquet"), folder)
    safe = least["safe"].seconds
    table(
        f"{scale.cases:,} evaluation files, read the same by all",
        ["CPU s", "x CSafeLoader", "peak MB"],
        [
            (what, f"{least[kind].seconds:.2f}", f"{least[kind].seconds / safe:.2f}", least[kind].peak)
            for kind, what in {**READERS, "batch": "jixiao batch: the folder scored into a table"}.items()
        ],
    )
    checked = least["checked"].seconds
    return [
        at_most(
            f"{scale.cases:,} files read and checked (goal for 10,000 of 4.7 KB)",
            checked * 10_000 / scale.cases,
            8,
            " s",
        ),
        at_most("the same, x CSafeLoader", checked / safe, 0.57),
        at_least("both cores used: CPU s a s", whole.seconds / whole.wall, 1.5),
        Goal("with a faster reader, x CSafeLoader: at most 0.18", "there is no such extra", None),
    ]


def evaluation(number: int) -> str:
    """One evaluation of the work set, about 5 KB: what was found, evidence, and a problem now and then."""
    chance = random.Random(number)
    lines = [f"# 项目 {number}", f"id: project-{number}", f"title: 第{number}号项目", "year: 2024", "set: workset@1"]
    lines += [f"subject: {{name: 第{number}号项目, kind: project, unit: 某县第{number % 97}局}}", "records:"]
    for id, kind in LEAVES:
        target = TARGETS[id]
        lines += [f"  {id}:", f"    reason: {WORDS[chance.randrange(5) : 16]}"]
        match kind:
            case "deduct":
                lines.append("    deductions:")
                lines.append(f"    - {{cause: late, count: {chance.randint(1, 4)}, reason: {WORDS[:6]}}}")
            case "checklist":
                met = ", ".join(f"item{n}: {str(chance.random() < 0.8).lower()}" for n in range(1, ITEMS + 1))
                lines.append(f"    checks: {{{met}}}")
            case "levels":
                lines.append(f"    level: {chance.choice(LEVELS)[0]}")
            case _:
                lines.append(f"    actual: {chance.randint(target // 2, target) / 100}")
        lines += ["    evidence:", f"    - title: {id}材料", f"      place: 第{chance.randint(1, 80)}页"]
        lost = [f"    problem: {WORDS[12:24]}", f"    recommendation: {WORDS[:12]}"]
        lines += lost if chance.random() < 0.3 else ["    waiver: 不列为问题"]
    return "\n".join(lines) + "\n"


def make(folder: Path, count: str) -> None:
    write_set(folder)
    for number in range(int(count)):
        (folder / f"project-{number}.yaml").write_text(evaluation(number), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.glob("*.yaml"))
    print(f"\n{int(count):,} evaluation files, {size / 1e6:.1f} MB")


def raw(files: list[Path]) -> None:
    for file in files:
        file.read_bytes()


def safe(files: list[Path]) -> None:
    from yaml import CSafeLoader, load

    for file in files:
        with file.open("rb") as stream:
            load(stream, CSafeLoader)


def pydantic(files: list[Path]) -> None:
    from pydantic import BaseModel
    from yaml import CSafeLoader, load

    class Evidence(BaseModel):
        title: str
        place: str

    class Record(BaseModel):
        reason: str
        actual: float | None = None
        level: str | None = None
        checks: dict[str, bool] | None = None
        deductions: list[dict[str, Any]] | None = None
        evidence: list[Evidence]
        problem: str | None = None
        recommendation: str | None = None
        waiver: str | None = None

    class Evaluation(BaseModel):
        id: str
        title: str
        year: int
        set: str
        subject: dict[str, str]
        records: dict[str, Record]

    for file in files:
        with file.open("rb") as stream:
            Evaluation.model_validate(load(stream, CSafeLoader))


def checked(files: list[Path]) -> None:
    from scoring.evaluation import Evaluation
    from scoring.source import read
    from scoring.source.model import build

    for file in files:
        build(read(file), Evaluation)


def same(files: list[Path]) -> None:
    """SystemExit: our data are not those of PyYAML."""
    from yaml import CSafeLoader, load

    from scoring.source import read

    def plain(data: object) -> object:
        if isinstance(data, dict):
            return {key: plain(value) for key, value in data.items()}
        if isinstance(data, list):
            return [plain(value) for value in data]
        return float(data) if isinstance(data, Decimal) else data

    for file in files[:200]:
        if plain(read(file).data) != load(file.read_bytes(), CSafeLoader):
            raise SystemExit(f"{file.name} is read differently: nothing is timed")


if __name__ == "__main__":
    kind, where, *rest = sys.argv[1:]
    if kind == "make":
        make(Path(where), *rest)
    else:
        {"raw": raw, "safe": safe, "pydantic": pydantic, "checked": checked, "same": same}[kind](
            sorted(Path(where).glob("*.yaml"))
        )
