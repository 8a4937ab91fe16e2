"""Eight processes record into one case at once and two are killed at any moment: nothing acknowledged may be lost.

python -m tests.exchange.stress 200
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from scoring.exchange.journal import new_text_of, read_journal, state_of, verify
from scoring.exchange.store import Change, apply
from scoring.load import load_case, load_set, set_files
from scoring.scaffold import evaluation_text
from scoring.source import read

WRITERS, KILLED, RECORDS = 8, 2, 4
SET = next(file for file in set_files() if file.stem == "county-department-2019")
processes: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def write(file: Path, told: Path, number: int) -> None:
    """One writer: a fact and an entry of a list that all share, then a line of its own for what it was told is safe."""
    with told.open("ab", buffering=0) as stream:
        for count in range(RECORDS):
            name = f"made_{number}_{count}"
            changes = [
                Change(("facts", name), {"title": name, "value": f"{count}件"}),
                Change(("records", "project-effect", "evidence", "-"), {"title": name}),
            ]
            apply(file, changes, f"writer {number}", check=lambda source: None)
            stream.write(f"{name}\n".encode())


def one_round(folder: Path, chance: random.Random) -> Counter[str]:
    """All writers on a fresh case. AssertionError: something was lost or broken; else what happened, counted."""
    file = folder / "case.yaml"
    file.write_text(evaluation_text(load_set(SET), "某区总工会", 2019, "case"), encoding="utf-8")
    told = [folder / f"told-{number}" for number in range(WRITERS)]
    writers = [processes.Process(target=write, args=(file, told[number], number)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    seen: Counter[str] = Counter(rounds=1)
    for writer in chance.sample(writers, KILLED):
        time.sleep(chance.uniform(0, 0.25))
        until = time.monotonic() + chance.choice(
            [0, 0.1]
        )  # every other one while somebody is about to replace the file
        while time.monotonic() < until and not new_text_of(file).exists():
            pass
        seen["killed while writing"] += writer.is_alive()
        writer.kill()
    for writer in writers:
        writer.join()
        seen["finished"] += writer.exitcode == 0
    acknowledged = [name for path in told if path.exists() for name in path.read_text().split()]
    seen["acknowledged"] += len(acknowledged)
    assert seen["finished"] >= WRITERS - KILLED, [writer.exitcode for writer in writers]
    load_case(file)  # whatever the moment, the file loads
    seen["torn entry left"] += read_journal(file).torn
    seen["last step left"] += state_of(file, read_journal(file)) == "pending"
    seen["new text left"] += new_text_of(file).exists()
    apply(file, [Change(("outside_years",), "收尾")], "end")
    load_case(file)
    journal = verify(file)
    assert journal.text.encode() == file.read_bytes()
    assert state_of(file, journal) == "same"
    assert [entry.kind for entry in journal.entries] == ["start"] + ["change"] * (len(journal.entries) - 1)
    data = read(file).data
    assert isinstance(data, dict)
    evidence = [each["title"] for each in data["records"]["project-effect"]["evidence"]]
    lost = [name for name in acknowledged if name not in data["facts"] or name not in evidence]
    assert not lost, lost
    assert len(evidence) == len(set(evidence)) == len(journal.entries) - 2
    seen["recorded"] += len(evidence)
    return seen


def run(rounds: int, seed: int) -> Counter[str]:
    chance, seen = random.Random(seed), Counter[str]()
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            seen.update(one_round(Path(folder), chance))
        if sys.stderr.isatty() or (number + 1) % 50 == 0:
            print(f"{number + 1}/{rounds}", file=sys.stderr, flush=True)
    return seen


if __name__ == "__main__":
    begun = time.monotonic()
    for what, count in run(int(sys.argv[1]) if len(sys.argv) > 1 else 20, os.getpid()).items():
        print(f"{what:24}{count:8}")
    print(f"nothing lost, every file loads, every journal verifies; {time.monotonic() - begun:.0f} s")
