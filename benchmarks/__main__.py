"""Cold start and the whole job as ratios within one run: python -m benchmarks

Every figure is CPU seconds (user + system) of a whole process, imports included; the minimum of several runs, taken in
turn so that a slow spell of the machine hits all alike. Ratios are what to compare between machines.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CASE = ROOT / "evaluations" / "lizhou-union-2019"
ONE = CASE / "model-workers.yaml"
RUNS = 7
JIXIAO = [sys.executable, "-c", "from scoring.cli import main; main()"]
MODELS = "import typer, yaml; from pydantic import BaseModel; BaseModel.model_validate; type('M', (BaseModel,), {})"


# as installed: modules compiled once and kept; the first round is a warm-up
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPATH": str(ROOT)
}


def cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    python = [sys.executable, "-c"]
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "python -c pass": [*python, "pass"],
            "import typer, pydantic, yaml": [*python, "import typer, pydantic, yaml"],
            "the same, one pydantic model defined": [*python, MODELS],
            "jixiao --version": [*JIXIAO, "--version"],
            "jixiao --help": [*JIXIAO, "--help"],
            "jixiao score (one evaluation)": [*JIXIAO, "score", str(ONE)],
            "jixiao score (department and two projects)": [*JIXIAO, "score", str(CASE)],
            "jixiao report (seven files)": [*JIXIAO, "report", str(CASE), "-o", folder],
        }
        best = dict.fromkeys(commands, float("inf"))
        for turn in range(RUNS + 1):
            for name, command in commands.items():
                seconds = cpu(command)
                best[name] = min(best[name], seconds) if turn else best[name]
            print(f"\rround {turn} of {RUNS}", end="", file=sys.stderr)
    print(file=sys.stderr)
    bare, libraries = best["python -c pass"], best["import typer, pydantic, yaml"]
    modelled = best["the same, one pydantic model defined"]
    print(f"{'whole process':44} {'CPU s':>7} {'x python':>9} {'x libraries':>12} {'x with a model':>15}")
    for name, seconds in best.items():
        print(f"{name:44} {seconds:7.3f} {seconds / bare:9.1f} {seconds / libraries:12.2f} {seconds / modelled:15.2f}")
    print()
    goal("jixiao --help, --version at most 7 x python", max(best["jixiao --help"], best["jixiao --version"]) / bare, 7)
    goal(
        "jixiao score at most 1.25 x import typer, pydantic, yaml",
        best["jixiao score (one evaluation)"] / libraries,
        1.25,
    )


def goal(what: str, ratio: float, limit: float) -> None:
    print(f"{'met    ' if ratio <= limit else 'NOT MET'} {what}: {ratio:.2f}")


if __name__ == "__main__":
    main()
