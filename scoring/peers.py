"""A fact that compares a subject with all that are scored together: which figure of theirs, and what is made of it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scoring.errors import Fault, Text
from scoring.source.model import Int, Model, Name

Take = Literal["mean", "median", "lowest", "highest", "rank", "count"]
TAKES: dict[Take, Text] = {
    "mean": Text("平均数", "the mean"),
    "median": Text("中位数", "the median"),
    "lowest": Text("最低值", "the lowest"),
    "highest": Text("最高值", "the highest"),
    "rank": Text("名次", "the rank"),
    "count": Text("个数", "the number"),
}
By = Literal["region", "department", "kind", "year"]
BY: dict[By, Text] = {
    "region": Text("同地区", "same region"),
    "department": Text("同部门", "same department"),
    "kind": Text("同类别", "same kind"),
    "year": Text("同年度", "same year"),
}


class Peers(Model):
    """What a fact is where many are scored together: reckoned from one figure of all of them, before any is scored."""

    of: Name = Field(description="取哪个事实")
    take: Take = Field(
        description="mean 平均数，median 中位数，lowest 最低值，highest 最高值，rank 名次（并列同名次，其后空出），count 个数"
    )
    by: tuple[By, ...] = Field((), description="这几列都相同的算同类；不写则全表为同类")
    places: Annotated[Int, Field(ge=0, le=6)] = Field(2, description="平均数、中位数四舍五入到几位小数")
    order: Literal["highest-first", "lowest-first"] = Field(
        "highest-first", description="名次的次序：highest-first 最高的第一，lowest-first 最低的第一"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for key, takes in (("places", ("mean", "median")), ("order", ("rank",))):
            if key in self.model_fields_set and self.take not in takes:
                raise Fault(
                    Text(f"take: {self.take} 不写 {key}", f"take: {self.take} has no {key}"),
                    Text(f"删去 {key}", f"remove {key}"),
                    inside=(key,),
                )
        return self

    def text(self, of: Text) -> Text:
        """In words; of: the title of the figure."""
        order = Text("从低到高", "lowest first") if self.order == "lowest-first" else Text("从高到低", "highest first")
        way = order if self.take == "rank" else Text("", "")
        take, same = TAKES[self.take], [BY[by] for by in self.by]
        return Text(
            f"批量评分时取{'、'.join(each.zh for each in same)}“{of.zh}”{way.zh}的{take.zh}",
            ", ".join(filter(None, (f"in a batch {take.en} of '{of.en}'", *(each.en for each in same), way.en))),
        )
