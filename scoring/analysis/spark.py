"""The scorer on a cluster: `mapInArrow` hands it the batches of a Spark table, wherever they lie.

    indicator_set, base = shared("some-set", None)
    score_frame(spark.read.parquet("2024/"), indicator_set, base).write.parquet("scores/")

A batch knows nothing of its neighbours, so the result is the same however the table is cut. Peers' figures do depend on the
others: here they are columns of the table, which Spark works out before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scoring.analysis.batch import Scorer
from scoring.analysis.fields import Fields
from scoring.analysis.output import answers, carried
from scoring.errors import Lang
from scoring.evaluation import Evaluation
from scoring.extras import need
from scoring.indicators import IndicatorSet


def score_frame(
    frame: Any, indicator_set: IndicatorSet, base: Evaluation, keep: tuple[str, ...] = (), lang: Lang = "zh"
) -> Any:
    """A Spark table of evaluations, a row each, as a table of totals, grades and, where a row is faulty, why.

    Columns of the result: what goes along, total, maximum, grade, open, fault. base: see analysis.open.shared.
    ScoringError: the columns do not fit the set.
    """
    types = need("pyspark", "spark").sql.types
    fields = Fields(indicator_set, frame.columns, base, Path("spark"), keep)
    points = types.DecimalType(18, indicator_set.rounding.places)
    made = {"total": points, "maximum": points, "grade": types.StringType(), "open": types.ShortType()}
    schema = types.StructType()
    for name, header in carried(Scorer(fields)):
        schema.add(name, frame.schema[header].dataType)
    for name, kind in {**made, "fault": types.StringType()}.items():
        schema.add(name, kind)

    headers = frame.columns

    def score(batches: Iterable[Any]) -> Iterator[Any]:
        scorer = Scorer(fields)  # one a task: it remembers what cells stand for
        return (answers(scorer, batch.rename_columns(headers), lang) for batch in batches)

    # mapInArrow takes a dot in a name for a step into a structure, so the columns go in by number
    return frame.toDF(*map(str, range(len(headers)))).mapInArrow(score, schema)
