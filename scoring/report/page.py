"""The look of a page: margins, lines, fonts and page numbers, in a YAML file an office can change."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.source import read
from scoring.source.model import Id, Int, Model, Number, Str, build

SHIPPED = Path(__file__).parent / "templates" / "pages" / "gbt-9704.yaml"
OWN = "page.yaml"  # the profile in the folder of a case
WIDTH, HEIGHT = 11906, 16838  # A4, in twentieths of a point, Word's unit for lengths

Margin = Annotated[Int, Field(ge=5, le=80)]
Points = Annotated[Number, Field(ge=5, le=72)]
FontName = Annotated[Str, Field(max_length=31)]  # Word takes no longer one ([MS-OI29500] 2.1.262)


class Margins(Model):
    """The four margins in millimetres."""

    top: Margin = Field(description="上边距，毫米")
    bottom: Margin = Field(description="下边距，毫米")
    left: Margin = Field(description="左边距（订口），毫米")
    right: Margin = Field(description="右边距，毫米")


class Face(Model):
    """The type of one kind of text. Where a Chinese font is not installed the next one stands in."""

    chinese: tuple[FontName, ...] = Field(min_length=1, description="中文字体，按次序取用")
    latin: FontName = Field("Times New Roman", description="西文和数字的字体")
    size: Points = Field(description="字号，磅")
    line: Points | None = Field(None, description="行距，磅；不写随正文")

    @model_validator(mode="after")
    def _fits_its_line(self) -> Self:
        if (2 * self.size) % 1:
            raise Fault(
                Text(f"字号 {self.size} 不是半磅的倍数", f"{self.size} is no multiple of half a point"),
                Text("写成 10.5、16 这样的数", "write a number such as 10.5 or 16"),
                inside=("size",),
            )
        if self.line is not None and self.line < self.size:
            raise Fault(
                Text(f"行距 {self.line} 小于字号 {self.size}，字会被截去", f"a line of {self.line} cuts its text off"),
                Text(f"写 {self.size} 以上", f"write {self.size} or more"),
                inside=("line",),
            )
        return self


class Faces(Model):
    """The type of every kind of text."""

    body: Face = Field(description="正文")
    title: Face = Field(description="标题")
    label: Face = Field(description="附件号")
    heading1: Face = Field(description="一级标题")
    heading2: Face = Field(description="二级标题")
    heading3: Face = Field(description="三级标题")
    heading4: Face = Field(description="四级标题")
    caption: Face = Field(description="表名")
    table: Face = Field(description="表内文字")
    table_head: Face = Field(description="表头")
    note: Face = Field(description="说明和注")
    page_number: Face = Field(description="页码")


class PageNumber(Model):
    """How and where a page's number is printed."""

    style: Literal["dashes", "plain", "none"] = Field(description="dashes 为 — 1 —，plain 为 1，none 不印")
    place: Literal["outside", "center"] = Field(description="outside 单页居右、双页居左，center 居中")


class Page(Model):
    """The whole look. The pitch of lines and characters follows from how many there are."""

    id: Id = Field(description="版面编号")
    margins: Margins = Field(description="页边距")
    lines: Annotated[Int, Field(ge=10, le=60)] = Field(description="每页行数")
    characters: Annotated[Int, Field(ge=10, le=80)] = Field(description="每行字数")
    fonts: Faces = Field(description="字体和字号")
    page_number: PageNumber = Field(description="页码")

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        body = self.fonts.body.size * 20
        if self.pitch < body:
            most = self.height // int(body)
            raise Fault(
                Text(
                    f"每页 {self.lines} 行放不下 {self.fonts.body.size} 磅的字", f"{self.lines} lines do not fit a page"
                ),
                Text(f"最多 {most} 行，或把字号改小", f"at most {most}, or a smaller size"),
                inside=("lines",),
            )
        if self.character < body * 8 / 10:
            most = self.width // int(body * 8 / 10)
            raise Fault(
                Text(f"每行 {self.characters} 字太密，字会相叠", f"{self.characters} characters do not fit a line"),
                Text(f"最多 {most} 字，或把字号改小", f"at most {most}, or a smaller size"),
                inside=("characters",),
            )
        return self

    @property
    def width(self) -> int:
        """Of the type area, in twentieths of a point, like all lengths below."""
        return WIDTH - twips(self.margins.left) - twips(self.margins.right)

    @property
    def height(self) -> int:
        return HEIGHT - twips(self.margins.top) - twips(self.margins.bottom)

    @property
    def room(self) -> tuple[float, float]:
        """For a figure, in points: the type area less four lines for its caption and a heading above."""
        return self.width / 20, (self.height - 4 * self.pitch) / 20

    @property
    def pitch(self) -> int:
        """From one line of text to the next."""
        return self.height // self.lines

    @property
    def character(self) -> int:
        """The width of one character of text with the space to the next."""
        return self.width // self.characters


def twips(millimetres: int) -> int:
    return (millimetres * 14400 + 127) // 254


def profile(file: Path | None, folder: Path) -> Page:
    """The profile in that file, else in the folder of the case, else the shipped one. ScoringError: all its faults."""
    if file is not None and not file.is_file():
        raise ScoringError(
            Diagnostic(
                Text("没有这个版面文件", "there is no such page profile"),
                Text(f"可以从 {SHIPPED} 复制一份来改", f"copy {SHIPPED} and change it"),
                file,
            )
        )
    own = file or folder / OWN
    return build(read(own), Page) if own.is_file() else shipped()


@cache
def shipped() -> Page:
    return build(read(SHIPPED), Page)
