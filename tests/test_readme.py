"""What README shows is what the program prints. After a change that is meant: JIXIAO_UPDATE_README=1 pytest tests/test_readme.py"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

RUN = re.compile(r"`jixiao ([^`\n]+)`[^`\n]*[:：]\n\n```text\n(.*?)\n```", re.S)


def shown(arguments: str) -> str:
    """The program's answer, run from the top of the project as a reader would."""
    done = subprocess.run(
        [sys.executable, "-c", "from scoring.cli import main; main()", *arguments.split()],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "JIXIAO_LANG": "zh", "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_run_shown_is_real(name: str) -> None:
    file = ROOT / name
    text = file.read_text(encoding="utf-8")
    runs = RUN.findall(text)
    assert len(runs) >= 3
    if os.environ.get("JIXIAO_UPDATE_README"):
        text = RUN.sub(lambda run: run[0][: run.start(2) - run.start()] + shown(run[1]) + "\n```", text)
        file.write_text(text, encoding="utf-8")
        runs = RUN.findall(text)
    for arguments, printed in runs:
        assert printed.splitlines() == shown(arguments).splitlines(), arguments


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_file_linked_is_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / Path(target)).exists(), target


def test_both_readmes_give_the_same_commands() -> None:
    """README.md marks the two commands for the continuous check; the Chinese one repeats them word for word."""
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    commands = re.findall(r"^python3 -m venv .*$", english, re.M)
    assert len(commands) == 2
    assert re.findall(r"^python3 -m venv .*$", chinese, re.M) == commands
