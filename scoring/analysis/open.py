"""What every row of a table shares: the set, the budget year, and the indicators an evaluation sets itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scoring.analysis.fields import in_two
from scoring.analysis.table import open_table
from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.evaluation import Evaluation
from scoring.indicators import IndicatorSet
from scoring.load import find_set
from scoring.source import read
from scoring.source.model import build


def shared(reference: str, like: Path | None, folders: Iterable[Path] = ()) -> tuple[IndicatorSet, Evaluation]:
    """The set and what every row has in common, years left open. ScoringError: no such set, or open groups left open."""
    pattern = build(read(like), Evaluation) if like is not None else None
    try:
        indicator_set = find_set(reference, folders)
    except Fault as fault:
        raise ScoringError(Diagnostic(fault.message, fault.hint)) from None
    if pattern is None and any(indicator.open for _, indicator in indicator_set.walk()):
        raise ScoringError(
            Diagnostic(
                Text(
                    f"体系 {indicator_set.id} 有开放组，指标由评价自设",
                    f"set {indicator_set.id} has open groups, which an evaluation fills",
                ),
                Text("用 --like 指定一个设好指标的评价文件", "name an evaluation that fills them with --like"),
            )
        )
    subject = {"name": "-", "kind": indicator_set.subject, "unit": "-"}
    year = pattern.year if pattern else indicator_set.effective.first
    head = {"id": "row", "title": "-", "year": year, "subject": subject, "set": indicator_set.reference}
    base = Evaluation.model_validate(head)
    if pattern is not None:
        base = base.model_copy(update={"indicators": pattern.indicators, "outside_years": pattern.outside_years})
    return indicator_set, base


def opened(
    reference: str, year: int | None, like: Path | None, table: Path, folders: Iterable[Path] = ()
) -> tuple[IndicatorSet, Evaluation]:
    """The set and the evaluation every row starts from. ScoringError: as `shared`, or no year."""
    indicator_set, base = shared(reference, like, (table.parent / "indicator_sets", *folders))
    headers = {in_two(header)[0] for header in open_table(table).headers}
    if (
        year is None and like is None and "id" in headers and "year" not in headers
    ):  # a head without id is told as a whole
        first = indicator_set.effective.first
        raise ScoringError(
            Diagnostic(
                Text("表中没有 year 列", "the table has no column year"),
                Text(f"加这一列，或写 --year {first}", f"add it, or write --year {first}"),
                table,
            )
        )
    return indicator_set, base if year is None else base.model_copy(update={"year": year})
