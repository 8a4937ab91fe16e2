"""A report outline: which headings stand in which order, and what stands under each. A YAML file an office can change."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Lang, Text, suggest
from scoring.source import Source, read
from scoring.source.model import Bool, Id, Model, Name, Str, build

SHIPPED = Path(__file__).parent / "templates" / "outlines"
Form = Literal["goal_table", "self_review", "department_self_review", "bond_self_review"]
"""The official forms, which are Chinese."""
BlockName = Literal[
    "notice",
    "conclusion",
    "achievements",
    "analysis",
    "findings",
    "recommendations",
    "charts",
    "score_table",
    "ledger",
    "rectification",
    "evidence",
    "basis",
    Form,
]


class Part(Model):
    """One thing under a heading: the evaluation's own words, or where it has none a template or a block from the result."""

    narrative: Name | None = Field(None, description="取评价文件 narrative 里的哪一段")
    text: Str | None = Field(None, description="没有那一段时用的模板")
    block: BlockName | None = Field(None, description="由评分结果生成的内容；与 narrative 一起写时，没有那一段才生成")
    of: Id | None = Field(None, description="analysis 分析哪个指标")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if self.block is None and self.narrative is None and self.text is None:
            raise Fault(Text("写 narrative、text 或 block", "write narrative, text or block"))
        if self.block is not None and self.text is not None:
            raise Fault(Text("text 与 block 只能写一个", "write text or block, not both"), inside=("text",))
        if (self.block == "analysis") != (self.of is not None):
            raise Fault(Text("of 与 block: analysis 一起写", "`of` goes with block: analysis"))
        return self


class Section(Model):
    """A heading (its number is generated) with what stands under it and the headings below."""

    heading: Str = Field(description="标题，不写序号")
    content: tuple[Part, ...] = Field((), description="标题下的内容")
    optional: Bool = Field(False, description="没有内容时连标题一起略去；不写则印出标题并说明没有内容")
    each_indicator: Bool = Field(False, description="每个一级指标一个下级标题，写它的得分和失分")
    sections: tuple["Section", ...] = Field((), description="下级标题")


class Outline(Model):
    """The whole outline of one kind of report."""

    id: Id = Field(description="提纲编号")
    lang: Lang = Field("zh", description="报告的语言：zh 中文，en 英文")
    title: tuple[Str, ...] = Field(min_length=1, description="报告标题，按意义分行")
    before: tuple[Part, ...] = Field((), description="第一个标题之前")
    sections: tuple[Section, ...] = Field((), description="各级标题；只有一张表的可以不写")
    after: tuple[Part, ...] = Field((), description="正文之后的附表")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.before or self.sections):
            raise Fault(
                Text("提纲没有内容", "the outline is empty"), Text("写 sections: 或 before:", "write sections:")
            )
        return self

    def parts(self) -> Iterator["Placed"]:
        """Every part with its path in the file."""

        def below(sections: tuple[Section, ...], path: tuple[str | int, ...]) -> Iterator["Placed"]:
            for index, section in enumerate(sections):
                here = (*path, index)
                yield from (((*here, "content", i), part) for i, part in enumerate(section.content))
                yield from below(section.sections, (*here, "sections"))

        yield from ((("before", i), part) for i, part in enumerate(self.before))
        yield from below(self.sections, ("sections",))
        yield from ((("after", i), part) for i, part in enumerate(self.after))


Placed = tuple[tuple[str | int, ...], Part]


@cache
def _shipped(file: Path) -> tuple[Outline, Source]:
    source = read(file)
    return build(source, Outline), source


def load_outline(id: str, folders: Iterable[Path] = ()) -> tuple[Outline, Source]:
    """The outline of that id and its file: from these folders, else a shipped one. Fault: unknown; ScoringError: faulty."""
    known = []
    for folder in (*folders, SHIPPED):
        file = folder / f"{id}.yaml"
        if folder == SHIPPED and file.is_file():
            return _shipped(file)
        if file.is_file():
            source = read(file)
            return build(source, Outline), source
        known += sorted(other.stem for other in folder.glob("*.yaml"))
    raise Fault(Text(f"没有报告提纲“{id}”", f"there is no outline '{id}'"), suggest(id, known), inside=("outline",))
