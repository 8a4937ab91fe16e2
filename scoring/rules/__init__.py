"""The scoring rules, one a file. A new rule is a file and its name here: everything else follows."""

from typing import Annotated

from pydantic import Field

from scoring.rules.bands import Bands
from scoring.rules.base import ANSWERS, Answer, Deduction, Formula, Loss, Points, Prose, Rule, Share
from scoring.rules.checklist import Checklist
from scoring.rules.deduct import Deduct
from scoring.rules.formula import OwnFormula
from scoring.rules.judged import Judged, mark_faults
from scoring.rules.ladder import Ladder
from scoring.rules.levels import Level, Levels
from scoring.rules.milestones import Milestones
from scoring.rules.panel import Panel
from scoring.rules.ratio import Over, Ratio
from scoring.rules.steps import Steps
from scoring.rules.yesno import YesNo

AnyRule = Annotated[
    Ratio | Bands | Ladder | Steps | Deduct | Checklist | YesNo | Levels | Milestones | Panel | OwnFormula | Judged,
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
    "Ladder",
    "Level",
    "Levels",
    "Loss",
    "Milestones",
    "Over",
    "OwnFormula",
    "Panel",
    "Points",
    "Prose",
    "Ratio",
    "Rule",
    "Share",
    "Steps",
    "YesNo",
    "mark_faults",
]
