"""Cold start and the whole job on one case, as ratios of the same run; and one evaluation inside a running process."""

from __future__ import annotations

import sys
import tempfile

from benchmarks.measure import ROOT, Goal, Scale, at_most, in_turn, jixiao, measured, python, table

CASE = ROOT / "evaluations" / "lizhou-union-2019"
ONE = CASE / "model-workers.yaml"
SET = ROOT / "indicator_sets" / "sichuan" / "sichuan-project-2017.yaml"
TIMES = 100
LIBRARIES = "import typer, pydantic, yaml"
PARSE = f"{LIBRARIES}; [yaml.load(open(f, encoding='utf-8'), yaml.CSafeLoader) for f in {[str(ONE), str(SET)]}]"
MODELS = "import typer, yaml; from pydantic import BaseModel; BaseModel.model_validate; type('M', (BaseModel,), {})"


def run(scale: Scale) -> list[Goal]:
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            LIBRARIES: [sys.executable, "-c", LIBRARIES],
            "the same, and both files parsed": [sys.executable, "-c", PARSE],
            "the libraries, one pydantic model defined": [sys.executable, "-c", MODELS],
            "jixiao --version": jixiao("--version"),
            "jixiao --help": jixiao("--help"),
            "jixiao score (one evaluation)": jixiao("score", ONE),
            "jixiao score (department and two projects)": jixiao("score", CASE),
            "jixiao report (seven files)": jixiao("report", CASE, "-o", folder),
        }
        in_turn(commands, runs=1)  # compiles the modules
        least = in_turn(commands, runs=2 * scale.runs)
    bare, base = (least[name].seconds for name in ("python -c pass", LIBRARIES))
    table(
        "whole process",
        ["CPU s", "x python", "x libraries", "peak MB"],
        [
            (name, f"{cost.seconds:.3f}", f"{cost.seconds / bare:.1f}", f"{cost.seconds / base:.2f}", cost.peak)
            for name, cost in least.items()
        ],
    )
    print()
    print(measured(python("benchmarks.start")).said, end="")
    parsed = least["the same, and both files parsed"].seconds
    return [
        at_most(f"jixiao {name}, x python", least[f"jixiao {name}"].seconds / bare, 7)
        for name in ("--help", "--version")
    ] + [
        at_most(
            "jixiao score of one evaluation, x libraries and one parse of its files",
            least["jixiao score (one evaluation)"].seconds / parsed,
            1.25,
        )
    ]


def inside() -> None:
    """One evaluation in a process that runs already: read and checked, and scored."""
    from time import process_time

    from scoring.engine import score
    from scoring.load import load_case

    result = load_case(ONE).entries[0].result
    for what, action in (
        ("one evaluation and its set read, checked and scored", lambda: load_case(ONE)),
        (
            "the same, already read: scored, every loss with its reason",
            lambda: score(result.indicator_set, result.evaluation),
        ),
    ):
        begun = process_time()
        for _ in range(TIMES):
            action()
        print(f"{what:60} {(process_time() - begun) / TIMES * 1000:8.2f} ms")


if __name__ == "__main__":
    inside()
