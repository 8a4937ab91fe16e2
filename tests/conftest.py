"""What tests share: where the example is, the program as a user runs it, and LibreOffice where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "evaluations" / "lizhou-union-2019"

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


def run(
    *arguments: str | Path, env: dict[str, str] | None = None, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, output captured as UTF-8; Chinese unless asked otherwise."""
    return subprocess.run(
        [sys.executable, "-c", "from scoring.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        input=typed,
        encoding="utf-8",
        env={**os.environ, "JIXIAO_LANG": "zh", "PYTHONPATH": str(ROOT), **(env or {})},
        timeout=120,
    )


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example that a test may change."""
    return shutil.copytree(EXAMPLE, tmp_path / EXAMPLE.name)


def change(file: Path, old: str, new: str) -> None:
    """Replace the one place where old stands."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")
