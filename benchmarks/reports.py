"""A thousand Word reports in one process: documents per CPU second and memory, beside what else an office might use."""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import process_time

from scoring.load import Case

CASE = Path(__file__).parent.parent / "evaluations" / "lizhou-union-2019"
ROWS = 25


def main() -> None:
    """docx and pdf are composed anew from the scored evaluation each time; the others write a table of 25 rows."""
    from scoring.load import load_case
    from scoring.report import docx
    from scoring.report.write import papers

    case = load_case(CASE)
    print(f"{'reports in one process':44} {'number':>7} {'per CPU s':>10} {'peak MB':>8}")

    turns = count()

    def house() -> None:
        for paper in papers(worded(case, next(turns))):
            docx.render(paper.document)

    made = len(papers(case))
    for number in (100, 1000):
        measure("jixiao docx: composed and written", house, number // made + 1, made)
    try:
        from scoring.report.pdf import render

        documents = [paper.document for paper in papers(case)]
        render(documents[0])  # the compiler is made once
        measure("jixiao pdf", lambda: [render(document) for document in documents], 17, made)
    except ImportError:
        print("  pdf: typst is not installed, skipped")
    measure("python-docx, a table of 25 rows from nothing", by_hand, 50)
    template = sample()
    if template is not None:
        measure("docxtpl, a table of 25 rows in a template", template, 50)


def worded(case: Case, turn: int) -> Case:
    """The case with narratives no report before had, as no two cases have the same."""
    sign = chr(0x4E00 + turn % 20_000)
    entries = []
    for entry in case.entries:
        narrative = {key: text + sign for key, text in entry.result.evaluation.narrative.items()}
        evaluation = entry.result.evaluation.model_copy(update={"narrative": narrative})
        entries.append(replace(entry, result=replace(entry.result, evaluation=evaluation)))
    return replace(case, entries=tuple(entries))


def measure(name: str, action: Callable[[], object], times: int, made: int = 1) -> None:
    begun = process_time()
    for _ in range(times):
        action()
    seconds, peak = process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:44} {times * made:7} {times * made / seconds:10.0f} {peak:8}")


def by_hand() -> None:
    from docx import Document

    document = Document()
    document.add_heading("绩效评价报告")
    table = document.add_table(rows=ROWS, cols=6)
    for row in table.rows:
        for cell in row.cells:
            cell.text = "指标"
    document.save(io.BytesIO())


def sample() -> Callable[[], object] | None:
    try:
        from docx import Document
        from docxtpl import DocxTemplate
    except ImportError:
        print("  docxtpl is not installed, skipped")
        return None
    document, content = Document(), io.BytesIO()
    table = document.add_table(rows=3, cols=6)
    table.rows[0].cells[0].text = "{%tr for row in rows %}"
    for cell in table.rows[1].cells:
        cell.text = "{{ row }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    document.save(content)

    def fill() -> None:
        made = DocxTemplate(io.BytesIO(content.getvalue()))
        made.render({"rows": ["指标"] * ROWS}, autoescape=True)
        made.save(io.BytesIO())

    return fill


if __name__ == "__main__":
    sys.exit(main())
