"""A template to start from."""

from __future__ import annotations

from scoring.report.document import Cell, Document, Heading, Paragraph, Table


def sample() -> Document:
    """The template as a document in the house style: names stand where their text will."""
    rows = "{%%tr for %s in %s %%}"
    scores = Table(
        "绩效评价指标体系及评分表",
        (14, 15, 22, 9, 9, 31),
        (
            tuple(
                Cell(text, align="center") for text in ("一级指标", "二级指标", "三级指标", "分值", "得分", "评分说明")
            ),
            (Cell(rows % ("row", "indicators"), columns=6),),
            (
                Cell("{{ row.group1 }}", align="center"),
                Cell("{{ row.group2 }}", align="center"),
                Cell("{{ row.title }}"),
                Cell("{{ row.weight }}", align="center"),
                Cell("{{ row.points }}", align="center"),
                Cell("{{ row.reason }}"),
            ),
            (Cell("{%tr endfor %}", columns=6),),
            (
                Cell("合计", columns=3, align="center", strong=True),
                Cell("{{ maximum }}", align="center", strong=True),
                Cell("{{ total }}", align="center", strong=True),
                Cell("等级：{{ grade }}", strong=True),
            ),
        ),
    )
    findings = Table(
        "存在问题整改清单",
        (7, 35, 33, 12, 13),
        (
            tuple(Cell(text, align="center") for text in ("序号", "存在问题", "整改措施", "责任人", "整改期限")),
            (Cell(rows % ("finding", "findings"), columns=5),),
            (
                Cell("{{ finding.number }}", align="center"),
                Cell("{{ finding.problem }}"),
                Cell("{{ finding.recommendation }}"),
                Cell("{{ finding.owner }}", align="center"),
                Cell("{{ finding.due }}", align="center"),
            ),
            (Cell("{%tr endfor %}", columns=5),),
        ),
    )
    text = (
        Paragraph("{%p for section in sections %}"),
        Paragraph("{%p if section.level == 1 %}"),
        Heading(1, "{{ section.heading }}"),
        Paragraph("{%p elif section.level == 2 %}"),
        Heading(2, "{{ section.heading }}"),
        Paragraph("{%p else %}"),
        Heading(3, "{{ section.heading }}"),
        Paragraph("{%p endif %}"),
        Paragraph("{%p for paragraph in section.paragraphs %}"),
        Paragraph("{{ paragraph }}"),
        Paragraph("{%p endfor %}"),
        Paragraph("{%p endfor %}"),
    )
    return Document("{{ label }}", ("{{ title_lines }}",), (*text, scores, findings))
