"""A report outline: which headings stand in which order, and what stands under each. A YAML file an office can change."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text, suggest
from scoring.source import Source, read
from scoring.source.model import Bool, Id, Model, Name, Str, build

SHIPPED = Path(__file__).parent / "templates" / "outlines"
Block = Literal[
    "notice",
    "conclusion",
    "analysis",
    "findings",
    "recommendations",
    "score_table",
    "goal_table",
    "ledger",
    "evidence",
    "basis",
]


class Part(Model):
    """One thing under a heading: the evaluation's own words, a template where it has none, or a block from the result."""

    narrative: Name | None = Field(None, description="取评价文件 narrative 里的哪一段")
    text: Str | None = Field(None, description="没有那一段时用的模板")
    block: Block | None = Field(None, description="由评分结果生成的内容")
    of: Id | None = Field(None, description="analysis 分析哪个指标")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.block is None) == (self.narrative is None and self.text is None):
            raise Fault(Text("写 block，或写 narrative、text", "write block, or narrative and text"))
        if (self.block == "analysis") != (self.of is not None):
            raise Fault(Text("of 与 block: analysis 一起写", "`of` goes with block: analysis"))
        return self


class Section(Model):
    """A heading (its number is generated) with what stands under it and the headings below."""

    heading: Str = Field(description="标题，不写序号")
    content: tuple[Part, ...] = Field((), description="标题下的内容")
    each_indicator: Bool = Field(False, description="每个一级指标一个下级标题，写它的得分和失分")
    sections: tuple["Section", ...] = Field((), description="下级标题")


class Outline(Model):
    """The whole outline of one kind of report."""

    id: Id = Field(description="提纲编号")
    title: tuple[Str, ...] = Field(min_length=1, description="报告标题，按意义分行")
    before: tuple[Part, ...] = Field((), description="第一个标题之前")
    sections: tuple[Section, ...] = Field(min_length=1, description="各级标题")
    after: tuple[Part, ...] = Field((), description="正文之后的附表")


def load_outline(id: str, folders: Iterable[Path] = ()) -> tuple[Outline, Source]:
    """The outline of that id and its file: from these folders, else a shipped one. Fault: unknown; ScoringError: faulty."""
    known = []
    for folder in (*folders, SHIPPED):
        file = folder / f"{id}.yaml"
        if file.is_file():
            source = read(file)
            return build(source, Outline), source
        known += sorted(other.stem for other in folder.glob("*.yaml"))
    raise Fault(Text(f"没有报告提纲“{id}”", f"there is no outline '{id}'"), suggest(id, known), inside=("outline",))
