"""Compare a text with its golden file; JIXIAO_UPDATE_GOLDEN=1 writes the file anew."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def is_golden(name: str, text: str) -> bool:
    file = GOLDEN / name
    if os.environ.get("JIXIAO_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()
    return True
