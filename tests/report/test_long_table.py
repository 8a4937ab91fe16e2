"""A score table of forty indicators over many pages: on every page a reader sees which group the rows belong to."""

from __future__ import annotations

import io
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import docx as reader

from scoring.report import docx, markdown
from scoring.report.document import Cell, Document, Table
from scoring.report.tables import score_table
from scoring.result import Result
from tests.report.test_docx import W, needs_layout, out_of_order, part, read_pdf
from tests.test_outside import MARK, PLAIN, scored

GROUPS = {"决策": 2, "过程": 3, "产出": 3, "效益": 2}
REASON = "按合同约定逐项核对验收资料、支付凭证和现场记录，部分标段验收晚于约定，资料归档不齐全。"


def forty(reason: str = REASON) -> Result:
    """Four first levels, ten second levels of four indicators each."""
    records: dict[str, dict[str, object]] = {}
    groups: list[dict[str, object]] = []
    for number, (title, seconds) in enumerate(GROUPS.items()):
        middle = []
        for second in range(seconds):
            ids = [f"i{number}-{second}-{leaf}" for leaf in range(4)]
            records |= {id: {"mark": Decimal(1), "reason": reason, "waiver": "测试"} for id in ids}
            leaves = [{"id": id, "title": f"指标{id}", "weight": 2, "rule": MARK} for id in ids]
            middle.append({"id": f"s{number}-{second}", "title": f"{title}之{second}", "weight": 8, "children": leaves})
        groups.append({"id": f"g{number}", "title": title, "weight": 8 * seconds, "children": middle})
    return scored({"maximum": 80, "grades": PLAIN}, groups, records)


def document(reason: str = REASON) -> Document:
    return Document("附件1", ("四十项指标",), (score_table(forty(reason)),))


def test_the_first_level_is_repeated_where_a_second_level_begins() -> None:
    (table,) = reader.Document(io.BytesIO(docx.render(document()))).tables
    firsts = [row.cells[0] for row in table.rows]
    told = [cell.text for cell, before in zip(firsts[1:], firsts, strict=False) if cell._tc is not before._tc]
    assert told == [
        *("决策\n(8/16)", "决策（续）"),
        *("过程\n(12/24)", "过程（续）", "过程（续）"),
        *("产出\n(12/24)", "产出（续）", "产出（续）"),
        *("效益\n(8/16)", "效益（续）", "合计"),
    ]
    assert out_of_order(part(docx.render(document()))) == []
    assert "（续）" not in markdown.render(document())  # Markdown has no pages


def test_a_table_that_fits_a_page_repeats_nothing(scores: Table) -> None:
    assert "（续）" not in "".join(part(docx.render(Document("1", ("t",), (scores,)))).itertext())


def test_labels_beside_plain_rows_are_not_repeated() -> None:
    """Only where groups stand beside groups is there a place to repeat one at."""
    head = (Cell("a"), Cell("b"))
    rows = (head, (Cell("甲", rows=90), Cell("1")), *(((Cell(str(number)),)) for number in range(2, 91)))
    body = part(docx.render(Document("1", ("t",), (Table("", (1, 1), rows),))))
    assert "（续）" not in "".join(body.itertext())
    assert len([merge for merge in body.iter(f"{W}vMerge") if merge.get(f"{W}val") == "restart"]) == 1


def test_a_form_stays_as_it_is_printed() -> None:
    table = score_table(forty())
    form = Document("1", ("t",), (Table("", table.widths, table.rows, head=0),))
    assert "（续）" not in "".join(part(docx.render(form)).itertext())


@needs_layout
def test_every_page_names_the_first_level_of_its_rows(tmp_path: Path) -> None:
    (tmp_path / "forty.docx").write_bytes(docx.render(document(REASON * 2)))
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    outcome = [*command, "--outdir", str(tmp_path), str(tmp_path / "forty.docx")]
    subprocess.run(outcome, check=True, capture_output=True, timeout=180)
    pages = read_pdf(tmp_path / "forty.pdf")
    assert len(pages) > 3
    for page in pages:
        shown = {int(number) for number in re.findall(r"标i(\d)-", page)}
        named = {number for number, title in enumerate(GROUPS) if re.search(rf"{title}\s|{title}（续）", page)}
        assert named & shown or not shown, page
        assert "一级指标" in page
