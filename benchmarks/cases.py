"""A folder of evaluations as YAML: read, checked and scored, beside PyYAML: python -m benchmarks.cases [FILES]

CPU seconds (user + system) of this process, one step after the other over the same files, the least of RUNS taken in
turn; "x CSafeLoader" is the ratio to PyYAML's C loader alone, which neither checks nor knows a line.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import process_time

from benchmarks.workset import BANDS, ITEMS, LEAVES, LEVELS, TARGETS, write_set

RUNS = 3
FILES = 10_000
WORDS = "项目单位按计划组织实施资金及时足额到位资料完整手续齐全部分工作进度滞后验收记录没有归档台账登记不及时已督促整改".strip()


def evaluation(number: int, seed: int = 0) -> str:
    """One evaluation of the work set: 25 records with what was found, evidence, and a problem where points may go."""
    chance = random.Random(number + seed)

    def words(length: int) -> str:
        start = chance.randrange(len(WORDS) - 3)
        return (WORDS[start:] + WORDS)[:length]

    lines = [
        f"# 项目 {number}",
        f"id: project-{number}",
        f"title: 第{number}号项目绩效评价",
        f"year: {chance.randint(2020, 2024)}",
        f"subject: {{name: 第{number}号项目, kind: project, unit: 某县第{number % 97}局}}",
        "set: workset@1",
        "records:",
    ]
    for id, kind in LEAVES:
        lines += [f"  {id}:", *(f"    {line}" for line in _answer(id, kind, chance, words))]
        lines.append(f"    self_score: {Decimal(chance.randint(20, 40)) / 10:f}")
        place = f", place: 第{chance.randint(1, 90)}页" if chance.random() < 0.3 else ""
        lines.append(f"    evidence: [{{title: {words(6)}{place}}}]")
        lines.append(f"    problem: {words(8)}")
        if chance.random() < 0.25:
            lines.append(f"    recommendation: {words(12)}")
        if chance.random() < 0.1:
            lines.append(f"    note: {words(8)}  # 待核")
        if chance.random() < 0.3:
            lines += [f"    by: {words(3)}", f"    on: 2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"]
    return "\n".join(lines) + "\n"


def _answer(id: str, kind: str, chance: random.Random, words: Callable[[int], str]) -> list[str]:
    target = TARGETS[id]
    match kind:
        case "ratio" | "reverse" | "bands" | "ladder":
            actual = Decimal(chance.randint(target // 2, target * 5 // 4)).scaleb(-2)
            return [
                f"actual: {actual.normalize():f}人"
                if kind in ("ratio", "reverse")
                else f"actual: {actual.normalize():f}"
            ]
        case "deduct":
            found = [f"- {{cause: late, reason: {words(9)}}}" for _ in range(chance.randint(0, 3))]
            return ["deductions:", *found] if found else ["deductions: []"]
        case "checklist":
            truth = {n: "true" if chance.random() < 0.8 else "false" for n in range(1, ITEMS + 1)}
            return [f"checks: {{{', '.join(f'item{n}: {met}' for n, met in truth.items())}}}"]
        case _:
            return [f"level: {chance.choice(LEVELS)[0]}", f"reason: {words(16)}"]


def write_cases(folder: Path, files: int, each: int = 1000) -> None:
    """The set and so many evaluations, in folders of a thousand."""
    write_set(folder)
    for number in range(files):
        place = folder / f"part-{number // each:03}"
        place.mkdir(exist_ok=True)
        (place / f"project-{number:06}.yaml").write_text(evaluation(number), encoding="utf-8")
