"""What all benchmarks share: the cost of a whole process, rounds in turn, tables, and goals met or not.

CPU seconds are user + system of a process and of those it waited for, imports included; memory is the peak of the largest.
Linux counts into the peak of a process what its parent held when it was started, so the process that measures stays small:
data are made, compared and read in processes of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
MB = 1024 if sys.platform == "linux" else 1024 * 1024  # in the units of ru_maxrss
SMALL = 64  # MB the measuring process may hold
# as installed: modules compiled once and kept
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPATH": str(ROOT),
    "JIXIAO_LANG": "en",
}


class Scale(NamedTuple):
    """How much is measured: rows of a table, those given to the slow, sizes of the growth, evaluation files, reports."""

    rows: int = 1_000_000
    slow: int = 20_000
    growth: tuple[int, ...] = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    cases: int = 10_000
    reports: int = 1_000
    runs: int = 3


QUICK = Scale(100_000, 2_000, (100, 1_000, 10_000, 100_000), 500, 50, 2)


class Cost(NamedTuple):
    seconds: float
    peak: int  # MB
    wall: float = 0.0
    said: str = ""  # standard output


class Goal(NamedTuple):
    """met: None where it could not be measured; figure then says why."""

    what: str
    figure: str
    met: bool | None


def at_most(what: str, figure: float, limit: float, unit: str = "") -> Goal:
    return Goal(f"{what}: at most {limit:g}{unit}", f"{figure:.2f}{unit}", figure <= limit)


def at_least(what: str, figure: float, limit: float, unit: str = "") -> Goal:
    return Goal(f"{what}: at least {limit:g}{unit}", f"{figure:.2f}{unit}", figure >= limit)


def python(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def jixiao(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "from scoring.cli import main; main()", *map(str, arguments)]


def measured(command: Sequence[str], folder: Path = ROOT) -> Cost:
    """The cost of one process, run in that folder. SystemExit: it failed."""
    assert (own := _held()) <= SMALL, f"the measuring process holds {own} MB: every peak would show at least that"
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=said, stderr=wrong)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begun
        said.seek(0)
        wrong.seek(0)
        if status:
            raise SystemExit(f"failed: {' '.join(command)}\n{wrong.read().decode()[-2000:]}")
        return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss // MB, wall, said.read().decode())


def _held() -> int:
    """The peak of this process in MB, where the system tells it."""
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024 if status.exists() else 0


def in_turn(commands: Mapping[str, Sequence[str]], folder: Path = ROOT, runs: int = 3) -> dict[str, Cost]:
    """The least CPU time of several runs and the highest peak, each command once a round, so that a slow spell of the
    machine hits all alike."""
    taken: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(runs):
        for name, command in commands.items():
            if sys.stderr.isatty():
                print(f"\r{turn + 1}/{runs} {name}\x1b[K", end="", file=sys.stderr, flush=True)
            taken[name].append(measured(command, folder))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return {name: min(costs)._replace(peak=max(cost.peak for cost in costs)) for name, costs in taken.items()}


def a_row(command: Mapping[int, Cost]) -> float:
    """CPU microseconds a row between the smallest and the largest size: what starting costs is taken off."""
    least, most = min(command), max(command)
    return (command[most].seconds - command[least].seconds) / (most - least) * 1e6


def installed(*names: str, what: str) -> bool:
    """Whether these modules are there; says aloud what is skipped without them."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        print(f"skipped: {what} (not installed: {', '.join(missing)})")
    return not missing


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"\n{title}\n{'':46}" + "".join(f"{head:>14}" for head in heads))
    for name, *figures in rows:
        print(f"{name!s:46}" + "".join(f"{figure:>14}" for figure in figures))


def report(goals: Iterable[Goal], title: str = "Goals") -> None:
    words = {True: "met", False: "NOT MET", None: "not measured"}
    print(f"\n{title}")
    for goal in goals:
        print(f"{words[goal.met]:13} {goal.what} — {goal.figure}")
