"""The scoring rules, one a file. A new rule is a file and its name here: everything else follows."""

from typing import Annotated

from pydantic import Field

from scoring.rules.bands import Bands
from scoring.rules.base import ANSWERS, Answer, Deduction, Formula, Loss, Points, Prose, Rule, Share
from scoring.rules.checklist import Checklist
from scoring.rules.deduct import Deduct
from scoring.rules.formula import OwnFormula
from scoring.rules.judged import Judged, mark_faults
from scoring.rules.levels import Levels
from scoring.rules.ratio import Ratio

AnyRule = Annotated[
    Ratio | Bands | Deduct | Checklist | Levels | OwnFormula | Judged,
    Field(discriminator="kind"),
]

__all__ = [
    "ANSWERS",
    "Answer",
    "AnyRule",
    "Bands",
    "Checklist",
    "Deduct",
    "Deduction",
    "Formula",
    "Judged",
    "Levels",
    "Loss",
    "OwnFormula",
    "Points",
    "Prose",
    "Ratio",
    "Rule",
    "Share",
    "mark_faults",
]
