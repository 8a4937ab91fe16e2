"""A thousand Word reports in one process: documents per CPU second and memory, beside what else an office might use.

docx is composed anew from the scored evaluation each time, with words no report before had; the others write a table of 25
rows, or fill in the same template. Imports and the first compilation are not counted.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Cost, Goal, Scale, at_least, at_most, installed, jixiao, measured, python, table

if TYPE_CHECKING:
    from scoring.load import Case

CASE = ROOT / "evaluations" / "lizhou-union-2019"
ROWS = 25
CASES = 60  # of one run of the command
SLOW = 10  # so many times fewer of what is slow
KINDS = {  # what, the modules it needs, whether it is slow
    "house": ("jixiao docx: composed and written", (), False),
    "written": ("jixiao docx: written only", (), False),
    "pdf": ("jixiao pdf", ("typst",), False),
    "office": ("jixiao, the office's own template", ("docxtpl",), True),
    "docxtpl": ("docxtpl, the same template", ("docxtpl",), True),
    "table": ("docxtpl, a table of 25 rows", ("docxtpl",), True),
    "nothing": ("python-docx, a table of 25 rows from nothing", ("docx",), True),
}


def run(scale: Scale) -> list[Goal]:
    rate: dict[str, float] = {}
    rows, peaks = [], []
    for kind, (what, needed, slow) in KINDS.items():
        if not installed(*needed, what=what):
            continue
        number = max(1, scale.reports // (SLOW if slow else 1))
        sizes = [max(1, number // 10), number] if kind == "house" else [number]
        for size in sizes:
            cost = measured(python("benchmarks.reports", kind, size))
            rate[kind] = float(cost.said)
            rows.append((what, f"{size:,}", f"{rate[kind]:.0f}", cost.peak))
            peaks += [cost.peak] if kind == "house" else []
    table("reports in one process", ["number", "per CPU s", "peak MB"], rows)
    cases = min(CASES, scale.reports)
    many = _command(cases)
    print(f"\njixiao report of {cases} cases ({cases * 3} reports): {many.seconds:.2f} CPU s in {many.wall:.2f} s")
    return [
        at_least("reports in the house style, per CPU s", rate["house"], 300),
        at_least("the office's own template, x docxtpl", rate["office"] / rate["docxtpl"], 1)
        if "office" in rate
        else Goal("the office's own template, x docxtpl: at least 1", "docxtpl is not installed", None),
        at_most("memory flat: peak of ten times as many reports, x", peaks[-1] / peaks[0], 1.1),
        at_least("both cores used by jixiao report: CPU s a s", many.seconds / many.wall, 1.5),
        at_most("a PDF", 1000 / rate["pdf"], 25, " ms")
        if "pdf" in rate
        else Goal("a PDF: at most 25 ms", "typst is not installed", None),
    ]


def _command(cases: int) -> Cost:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copies = [shutil.copytree(CASE, folder / f"case-{n}") for n in range(cases)]
        return measured(jixiao("report", *copies, "-o", folder / "out"))


# --- in a process of its own: each kind makes ready, and gives what writes the n-th report and how many it is ---------------


def house() -> tuple[Callable[[int], object], int]:
    from scoring.load import load_case
    from scoring.report import docx
    from scoring.report.write import papers

    case = load_case(CASE)

    def write(turn: int) -> None:
        for paper in papers(worded(case, turn)):
            docx.render(paper.document)

    return write, len(papers(case))


def written() -> tuple[Callable[[int], object], int]:
    from scoring.load import load_case
    from scoring.report import docx
    from scoring.report.write import papers

    made = papers(load_case(CASE))
    return lambda _: [docx.render(paper.document) for paper in made], len(made)


def pdf() -> tuple[Callable[[int], object], int]:
    from scoring.load import load_case
    from scoring.report.pdf import render
    from scoring.report.write import papers

    made = papers(load_case(CASE))
    render(made[0].document)  # the compiler is made once
    return lambda _: [render(paper.document) for paper in made], len(made)


def office() -> tuple[Callable[[int], object], int]:
    from scoring.load import load_case
    from scoring.report import docx
    from scoring.report.office.sample import sample
    from scoring.report.office.word import Template
    from scoring.report.write import papers

    paper = papers(load_case(CASE))[0]
    assert paper.result
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sample.docx"
        file.write_bytes(docx.render(sample()))
        template, result = Template(file), paper.result
    return lambda _: template.render(paper.document, result), 1


def docxtpl() -> tuple[Callable[[int], object], int]:
    from scoring.load import load_case
    from scoring.report import docx
    from scoring.report.office.names import values
    from scoring.report.office.sample import sample
    from scoring.report.write import papers

    paper = papers(load_case(CASE))[0]
    assert paper.result
    known = values(paper.document, paper.result)
    return _filled(docx.render(sample()), known), 1


def table_of_rows() -> tuple[Callable[[int], object], int]:
    from docx import Document

    document, content = Document(), io.BytesIO()
    table = document.add_table(rows=3, cols=6)
    table.rows[0].cells[0].text = "{%tr for row in rows %}"
    for cell in table.rows[1].cells:
        cell.text = "{{ row }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    document.save(content)
    return _filled(content.getvalue(), {"rows": ["指标"] * ROWS}), 1


def _filled(content: bytes, known: dict[str, Any]) -> Callable[[int], object]:
    from docxtpl import DocxTemplate

    def fill(_: int) -> None:
        made = DocxTemplate(io.BytesIO(content))
        made.render(known, autoescape=True)
        made.save(io.BytesIO())

    return fill


def nothing() -> tuple[Callable[[int], object], int]:
    from docx import Document

    def write(_: int) -> None:
        document = Document()
        document.add_heading("绩效评价报告")
        table = document.add_table(rows=ROWS, cols=6)
        for row in table.rows:
            for cell in row.cells:
                cell.text = "指标"
        document.save(io.BytesIO())

    return write, 1


def worded(case: Case, turn: int) -> Case:
    """The case with narratives no report before had, as no two cases have the same."""
    sign = chr(0x4E00 + turn % 20_000)
    entries = []
    for entry in case.entries:
        narrative = {key: text + sign for key, text in entry.result.evaluation.narrative.items()}
        evaluation = entry.result.evaluation.model_copy(update={"narrative": narrative})
        entries.append(replace(entry, result=replace(entry.result, evaluation=evaluation)))
    return replace(case, entries=tuple(entries))


READY = {
    "house": house,
    "written": written,
    "pdf": pdf,
    "office": office,
    "docxtpl": docxtpl,
    "table": table_of_rows,
    "nothing": nothing,
}


def main(kind: str, number: str) -> None:
    """Prints documents per CPU second."""
    from time import process_time

    write, each = READY[kind]()
    begun = process_time()
    turns = -(-int(number) // each)
    for turn in range(turns):
        write(turn)
    print(turns * each / (process_time() - begun))


if __name__ == "__main__":
    main(*sys.argv[1:])
