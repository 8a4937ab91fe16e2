"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def save(file: Path, data: bytes | str) -> Path:
    """Write beside the file and rename, so that a reader finds the old file or the new one, never a half."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data.encode() if isinstance(data, str) else data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return file
