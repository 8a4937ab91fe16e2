"""Everything measured side by side in one run: python -m benchmarks [--quick] [--only NAME]

What is not installed is skipped aloud (pip install '.[bench]' has it all but LibreOffice). Read CPU seconds and ratios: they
carry over from one machine to another. At the end every goal, met or not.
"""

from __future__ import annotations

import argparse
import os
import platform

from benchmarks import columns, loading, reports, start
from benchmarks.measure import QUICK, Scale, report

SUBJECTS = {"start": start.run, "columns": columns.run, "loading": loading.run, "reports": reports.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a smaller run, to see that all works: its figures say little"
    )
    parser.add_argument("--only", choices=SUBJECTS, help="one subject")
    chosen = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    goals = []
    for name, run in SUBJECTS.items():
        if chosen.only in (None, name):
            goals += run(QUICK if chosen.quick else Scale())
    report(
        goals, "Goals (of a quick run: too small to say, here only to see that all works)" if chosen.quick else "Goals"
    )


if __name__ == "__main__":
    main()
