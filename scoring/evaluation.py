"""An evaluation: the facts, the evidence and the judgements recorded for one subject and year; and the dossier of many."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator

from scoring.errors import Fault, Text
from scoring.indicators import RESERVED, Open, Subject, Titled, Weighted, Wording, reserved
from scoring.rules import Answer, AnyRule, Formula, Judged, Levels, Prose, Ratio, Share
from scoring.source.model import Bool, Date, Id, Int, Model, Name, Number, Str, fault_in
from scoring.values import Sign, Target, read_target

T = TypeVar("T")
# a key with nothing but comments under it is null in YAML; it means there is nothing yet
Listed = Annotated[T, BeforeValidator(lambda value: {} if value is None else value)]
Year = Annotated[Int, Field(ge=1990, le=2100)]


class Fact(Model):
    """One figure of the subject, given once; reports refer to it by name."""

    value: Str | Number | Bool | None = Field(None, description="数值和单位，如 10.34万元；是或否写 true、false")
    title: Str | None = Field(None, description="名称（体系里没有列出的事实要写）")
    english: Str | None = Field(None, description="英文名称")
    source: Str | None = Field(None, description="出处")
    formula: Formula | None = Field(
        None, description="由其他事实算出的公式：没有 value 时取它的结果，有 value 时核对 value"
    )
    formula_unit: Str | None = Field(None, description="公式结果的单位；不写与这个事实相同")
    note: Prose | None = Field(None, description="说明，如与别处的出入")

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if self.value is None and self.formula is None:
            raise Fault(Text("事实要有 value 或 formula", "a fact needs a value or a formula"))
        return self


def _inside(file: str) -> bool:
    """Whether a path stays in the folder it is read from, on every system: no root, no drive, no way up."""
    path = PurePosixPath(file.replace("\\", "/"))
    return not (path.is_absolute() or ".." in path.parts or ":" in file)


def _digest(value: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise Fault(
            Text("这不是 SHA-256：应当是 64 位十六进制数", "this is no SHA-256, which has 64 hexadecimal digits"),
            Text("删去这一行，再运行 jixiao evidence seal", "delete the line and run jixiao evidence seal"),
        )
    return value.lower()


Sha256 = Annotated[Str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F]{64}$"})]

EvidenceKind = Literal["formal", "working", "voucher", "statement"]
EVIDENCE_KIND: dict[EvidenceKind, Text] = {  # 财预〔2021〕101号 三（八）
    "formal": Text("正式资料", "official paper"),
    "working": Text("工作资料", "working paper"),
    "voucher": Text("原始凭证", "original voucher"),
    "statement": Text("说明材料", "statement"),
}


class Evidence(Model):
    """What proves a record: which paper, where in it, and the file that holds it.

    `jixiao check` looks whether the file is there and still has this size and SHA-256; scoring never opens it.
    """

    title: Str = Field(description="材料名称")
    kind: EvidenceKind | None = Field(
        None,
        description="类别（财预〔2021〕101号）：formal 正式资料，working 工作资料，voucher 原始凭证，statement 说明材料",
    )
    place: Str | None = Field(None, description="页码或位置")
    file: Str | None = Field(None, description="材料文件，评价文件夹之内的路径，如 evidence/决算报表.pdf")
    sha256: Sha256 | None = Field(None, description="文件的 SHA-256，由 jixiao evidence seal 填写")
    size: Annotated[Int, Field(ge=0)] | None = Field(None, description="文件的字节数，由 jixiao evidence seal 填写")

    @model_validator(mode="after")
    def _is_of_the_case(self) -> Self:
        if self.file is None:
            for key in ("sha256", "size"):
                if getattr(self, key) is not None:
                    raise Fault(Text(f"{key} 要与 file 一起写", f"{key} goes with file"), inside=(key,))
            return self
        if not _inside(self.file):
            raise Fault(
                Text(f"文件“{self.file}”不在评价文件夹之内", f"'{self.file}' is outside the folder of the case"),
                Text(
                    "把材料放进 evidence 文件夹，写成 evidence/文件名",
                    "put the paper into the folder evidence and write evidence/name",
                ),
                inside=("file",),
            )
        if "\\" in self.file:
            meant = self.file.replace("\\", "/")
            raise Fault(
                Text("路径用“/”分隔", "a path is written with /"),
                Text(f"写成 {meant}", f"write {meant}"),
                inside=("file",),
            )
        return self


class OwnIndicator(Weighted, Wording):
    """An indicator the evaluation sets itself inside an open group: weight, target and sign."""

    id: Id = Field(description="编号")
    aspect: Str | None = Field(None, description="属于哪一个二级指标（开放组列出可选项时要写）")
    serves: Id | None = Field(None, description="为哪个目标服务（goals 里的 id），几个目标分比例时要写")
    target: Str = Field(description="预期指标值，如 ≥95%、＝10.34万元，或文字")
    sign: Sign | None = Field(None, description="目标值里没有写符号时用：>= <= = > < text")
    actual: Formula | None = Field(None, description="用事实算出实际值的公式；不写则由记录填")
    rule: AnyRule | None = Field(None, description="评分规则；不写则按符号：≥ ＝ ≤ 用比例法，文字用开放组的定性规则")
    evidence: tuple[Str, ...] = Field((), description="需要的佐证材料")

    @model_validator(mode="after")
    def _reads(self) -> Self:
        try:
            self.goal()
        except Fault as fault:
            raise Fault(fault.message, fault.hint, inside=("target",)) from None
        if self.goal().assumed and self.rule is None:
            raise Fault(
                Text(f"目标值“{self.target}”没有写符号", f"the target '{self.target}' has no sign"),
                Text(
                    f"写 ≥{self.target}、＝{self.target} 或 ≤{self.target}",
                    f"write ≥{self.target}, ={self.target} or ≤{self.target}",
                ),
                inside=("target",),
            )
        if self.actual and self.goal().quantity is None:
            raise Fault(Text("定性目标不能用公式算实际值", "a qualitative target takes no formula"), inside=("actual",))
        return self

    def goal(self) -> Target:
        return read_target(self.target, self.sign)

    def scored_by(self, group: Open) -> AnyRule:
        """The rule as written, or the one its target calls for in that group."""
        if self.rule is not None:
            return self.rule
        goal = self.goal()
        if goal.quantity is None:
            if group.qualitative == "judged":
                return Judged()
            return Levels() if group.levels is None else Levels(levels=group.levels)
        direction = {">": "higher", ">=": "higher", "<": "lower", "<=": "lower"}.get(goal.sign, "equal")
        signed = goal.printed if read_target(goal.printed).sign == goal.sign else f"{goal.sign}{goal.printed}"
        how = {name: getattr(group.quantitative, name) for name in group.quantitative.model_fields_set}
        if direction != "lower":
            how.pop("reverse", None)
        try:
            return Ratio.model_validate({"target": signed, "direction": direction, "actual": self.actual, **how})
        except ValidationError as error:
            raise fault_in(error) from None


class Record(Answer):
    """What was found for one indicator: the answer its rule scores, its evidence, and what follows from it."""

    not_applicable: Prose | None = Field(None, description="不适用的理由")
    self_score: Annotated[Number, Field(ge=0)] | None = Field(None, description="单位自评分（不参与计算，只作对照）")
    evidence: tuple[Evidence, ...] = Field((), description="佐证材料")
    by: Str | None = Field(None, description="填写人")
    on: Date | None = Field(None, description="填写日期")
    note: Prose | None = Field(None, description="备注")
    problem: Prose | None = Field(None, description="存在的问题（写进报告）")
    recommendation: Prose | None = Field(None, description="改进建议（写进报告）")
    same_problem_as: Id | None = Field(None, description="与哪个指标是同一个问题")
    waiver: Prose | None = Field(None, description="失分但不列为问题的理由")
    owner: Str | None = Field(None, description="整改责任人")
    due: Date | None = Field(None, description="整改期限")


class Goal(Model):
    """One line of the yearly goals of a project: what was expected and what was done."""

    id: Id | None = Field(None, description="目标编号，指标的 serves 用它")
    share: Share | None = Field(None, description="在各开放组里占的比例，如 60%；各目标合计 100%")
    expected: Prose = Field(description="预期目标")
    actual: Prose = Field(description="实际完成目标")


class About(Model):
    """What is evaluated, and by whom it is carried out."""

    name: Str = Field(description="部门或项目名称")
    kind: Subject = Field(description="department 部门整体，project 项目支出")
    unit: Str = Field(description="预算单位")
    department: Str | None = Field(None, description="主管部门，印在项目支出绩效自评表上")


def _reference(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*@\S+", value):
        raise Fault(
            Text(f"“{value}”没有写版本", f"'{value}' names no version"),
            Text(
                f"写成 体系@版本，如 {value.partition('@')[0]}@1",
                f"write set@version, such as {value.partition('@')[0]}@1",
            ),
        )
    return value


class EarlierReview(Model):
    """The score of an earlier review of the same subject, whose grade this one is held against."""

    total: Annotated[Number, Field(ge=0, le=100)] = Field(description="得分（百分制）")
    source: Str = Field(description="出处")


class Evaluation(Titled):
    """One evaluation of one subject and year."""

    id: Id = Field(description="编号")
    year: Year = Field(description="年度")
    subject: About = Field(description="评价对象")
    set: Annotated[Str, AfterValidator(_reference)] = Field(description="指标体系@版本")
    outside_years: Prose | None = Field(None, description="体系不适用于本年度而仍采用的理由")
    notice: Prose | None = Field(None, description="读者必须看到的说明，印在报告前")
    facts: Listed[dict[Name, Fact]] = Field(default_factory=dict, description="事实")
    indicators: Listed[dict[Id, tuple[OwnIndicator, ...]]] = Field(
        default_factory=dict, description="开放组里自设的指标"
    )
    records: Listed[dict[Id, Record]] = Field(default_factory=dict, description="各指标的记录")
    vetoes: dict[Name, Prose] = Field(default_factory=dict, description="发生的一票否决事项：id: 事实和依据")
    earlier_review: EarlierReview | None = Field(None, description="此前的评价，等级下降时按体系打折")
    goals: tuple[Goal, ...] = Field((), description="年度目标及完成情况")
    narrative: Listed[dict[Name, Prose]] = Field(
        default_factory=dict, description="报告文字；数字用 {{ facts.名称 }} 引用"
    )

    def faults(self) -> Iterator[Fault]:
        for name in self.facts:
            if name in RESERVED:
                yield reserved(name)


class Attachment(Model):
    """One attachment of the dossier and the evaluation it reports."""

    label: Str = Field(description="附件号，如 附件2-1")
    file: Str = Field(description="评价文件，与 dossier.yaml 同在一个文件夹")

    @model_validator(mode="after")
    def _stays_inside(self) -> Self:
        if not _inside(self.file):
            raise Fault(
                Text(f"文件“{self.file}”不在文件夹之内", f"'{self.file}' is outside the folder"),
                Text("写文件夹内的文件名，如 department.yaml", "write a file of this folder, such as department.yaml"),
                inside=("file",),
            )
        return self


class Dossier(Titled):
    """The evaluations of one body and year, in the order of their attachments."""

    id: Id = Field(description="编号")
    body: Str = Field(description="单位名称")
    year: Year = Field(description="年度")
    attachments: tuple[Attachment, ...] = Field(min_length=1, description="附件")

    def faults(self) -> Iterator[Fault]:
        for key, what in (("label", "附件号"), ("file", "文件")):
            seen: set[str] = set()
            for index, attachment in enumerate(self.attachments):
                value = getattr(attachment, key)
                if value in seen:
                    yield Fault(
                        Text(f"{what}“{value}”写了两次", f"{key} '{value}' appears twice"),
                        inside=("attachments", index, key),
                    )
                seen.add(value)
