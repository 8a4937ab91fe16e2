"""Libraries only some commands need: imported by those commands, and asked for in plain words where they are not installed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from scoring.errors import Diagnostic, ScoringError, Text


def need(module: str, extra: str) -> ModuleType:
    """The module. ScoringError: it is not installed; says which extra of the package brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise ScoringError(
            Diagnostic(
                Text(
                    f"这个命令要用的程序库 {module} 没有安装",
                    f"the library {module} this command uses is not installed",
                ),
                Text(f"请运行 pip install 'jixiao[{extra}]'", f"run pip install 'jixiao[{extra}]'"),
            )
        ) from None
