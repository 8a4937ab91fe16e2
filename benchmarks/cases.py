"""A folder of evaluations as YAML: read, checked and scored, beside PyYAML alone: python -m benchmarks.cases [FILES]

CPU seconds (user + system) of one process that goes through the same files step by step, the least of RUNS taken in turn;
"x CSafeLoader" is the ratio to PyYAML's C loader alone, which neither checks anything nor knows a line. That both readings
come to the same records is checked before anything is timed.
"""

from __future__ import annotations

import gc
import random
import resource
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import yaml
from pydantic import BaseModel

from benchmarks.workset import ITEMS, LEAVES, LEVELS, TARGETS, write_set

RUNS = 3
FILES = 10_000
GOAL = 0.57
SCORED = 1_000  # of them, for what takes long
WORDS = "项目单位按计划组织实施资金及时足额到位资料完整手续齐全部分工作进度滞后验收记录没有归档台账登记不及时已督促整改"


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


class _Record(BaseModel):
    """A record as one would check it without us."""

    actual: str | float | None = None
    level: str | None = None
    checks: dict[str, bool] | None = None
    deductions: list[dict[str, Any]] | None = None
    reason: str | None = None
    self_score: float | None = None
    evidence: list[dict[str, str]] = []
    problem: str | None = None
    recommendation: str | None = None
    note: str | None = None
    by: str | None = None


class _Plain(BaseModel):
    id: str
    title: str
    year: int
    subject: dict[str, str]
    set: str
    records: dict[str, _Record]


def main() -> None:
    from scoring.evaluation import Evaluation
    from scoring.load import find_set, survey
    from scoring.source import read
    from scoring.source.model import build

    count = int(sys.argv[1]) if len(sys.argv) > 1 else FILES

    def plainly(file: Path) -> object:
        return yaml.load(file.read_bytes(), yaml.CSafeLoader)

    def ours(file: Path) -> Evaluation:
        return build(read(file), Evaluation)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_cases(folder, count)
        files = sorted(folder.glob("part-*/*.yaml"))
        indicator_set = find_set("workset@1", [folder / "indicator_sets"])
        for file in files[:100]:
            theirs = _Plain.model_validate(plainly(file))
            for id, record in ours(file).records.items():
                other = theirs.records[id]  # but for `on`, a key YAML 1.1 reads as true
                mine = float(record.actual) if isinstance(record.actual, Decimal) else record.actual
                if (mine, record.problem, record.by) != (other.actual, other.problem, other.by):
                    raise SystemExit(f"{file.name}: {id} is read differently: nothing is timed")
        steps: dict[str, tuple[Callable[[Path], object], list[Path]]] = {
            "raw bytes": (Path.read_bytes, files),
            "CSafeLoader": (plainly, files),
            "CSafeLoader, a pydantic model": (lambda file: _Plain.model_validate(plainly(file)), files),
            "jixiao: read and checked": (ours, files),
            "jixiao: read, checked, scored": (
                lambda f: survey(f, find=lambda *_: indicator_set, words=False),
                files[:SCORED],
            ),
            "jixiao: the same, with every reason": (lambda f: survey(f, find=lambda *_: indicator_set), files[:SCORED]),
        }
        least = dict.fromkeys(steps, float("inf"))
        for turn in range(RUNS):
            for name, (step, some) in steps.items():
                gc.collect()
                begun = process_time()
                for file in some:
                    step(file)
                least[name] = min(least[name], (process_time() - begun) / len(some))
            print(f"\rround {turn + 1} of {RUNS}", end="", file=sys.stderr)
        print(file=sys.stderr)
        size = sum(file.stat().st_size for file in files)
        print(f"{f'{count:,} files, {size / 1e6:.1f} MB':36} {'CPU s':>7} {'ms a file':>10} {'x CSafeLoader':>14}")
        loader = least["CSafeLoader"]
        for name, seconds in least.items():
            print(f"{name:36} {seconds * count:7.2f} {seconds * 1000:10.3f} {seconds / loader:14.2f}")
        print()
        ratio = least["jixiao: read and checked"] / loader
        print(f"{'met    ' if ratio <= GOAL else 'NOT MET'} read and checked at most {GOAL} x CSafeLoader: {ratio:.2f}")
        _together(folder, count)


def _together(folder: Path, count: int) -> None:
    """The whole command, on every core."""
    from scoring.analysis.folder import run_folder

    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), monotonic()
    run_folder(folder, folder / "out.csv")
    spent, after = monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    each = seconds / count * 1000
    print(f"jixiao batch FOLDER, in its processes: {each:.1f} ms of CPU a file, {seconds / spent:.1f} cores busy")


if __name__ == "__main__":
    main()
