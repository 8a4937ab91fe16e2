"""Jixiao: exact, explained scores of budget performance evaluations.

from pathlib import Path
import scoring
case = scoring.load_case(Path("evaluations/lizhou-union-2019"))
for entry in case.entries:
    print(entry.label, entry.result.total, entry.result.grade.title)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoring.engine import score
    from scoring.errors import Diagnostic, ScoringError
    from scoring.evaluation import Dossier, Evaluation
    from scoring.indicators import IndicatorSet
    from scoring.load import Case, load_case, load_set
    from scoring.progress import gap, plan
    from scoring.report.annex import annex, differences
    from scoring.result import Result
    from scoring.tailoring import TailoredSet, tailor

__version__ = "0.1.0"

_HOME = {
    "Case": "load",
    "Diagnostic": "errors",
    "Dossier": "evaluation",
    "Evaluation": "evaluation",
    "IndicatorSet": "indicators",
    "Result": "result",
    "ScoringError": "errors",
    "TailoredSet": "tailoring",
    "annex": "report.annex",
    "differences": "report.annex",
    "gap": "progress",
    "load_case": "load",
    "load_set": "load",
    "plan": "progress",
    "score": "engine",
    "tailor": "tailoring",
}

__all__ = [
    "Case",
    "Diagnostic",
    "Dossier",
    "Evaluation",
    "IndicatorSet",
    "Result",
    "ScoringError",
    "TailoredSet",
    "annex",
    "differences",
    "gap",
    "load_case",
    "load_set",
    "plan",
    "score",
    "tailor",
]


def __getattr__(name: str) -> object:
    """Public names are imported when first used, so that `jixiao --help` starts fast."""
    if name not in _HOME:
        raise AttributeError(f"module 'scoring' has no attribute {name!r}")
    return getattr(import_module(f"scoring.{_HOME[name]}"), name)
