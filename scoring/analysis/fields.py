"""What the columns of a table of evaluations mean for an indicator set, and one row of it as an evaluation.

    id                    what the row is called; wanted
    name, unit, year …    about the subject; carried over to the result
    <fact>                a fact of the set, such as `spent`; those that come from peers are put in (scoring.analysis.peers)
    <indicator>.<part>    what a record gives its rule, by the name its formula uses: actual, mark, share, met,
                          check.<item>, count.<cause>, taken.<cause>, mark.<n>, at.<milestone>; and level, reduce,
                          reason, not_applicable
    veto.<event>          that a veto event happened: the fact and its ground
    earlier_review        the score of an earlier review

A header may end in a unit in brackets, `exec.actual(%)`: plain numbers below it are in that unit. A long table, a row an
indicator, is read as such a table too: see `long`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scoring.analysis.table import Wrong
from scoring.binding import Bound, bind
from scoring.errors import Diagnostic, Fault, ScoringError, Text, suggest
from scoring.evaluation import Evaluation
from scoring.expression.tree import names
from scoring.indicators import IndicatorSet
from scoring.rules import Ratio, YesNo
from scoring.source.misfit import TEXT_PATTERN
from scoring.values import normalised

ABOUT = ("id", "name", "unit", "year", "region", "department", "kind")
TITLES = {
    "编号": "id",
    "名称": "name",
    "预算单位": "unit",
    "年度": "year",
    "地区": "region",
    "部门": "department",
    "类别": "kind",
}
RESULT = (*ABOUT, "total", "maximum", "grade", "open")
JUDGED = ("mark", "marks", "level", "share", "reduce", "deductions")
PLURAL = {"check": "checks", "count": "deductions", "taken": "deductions", "mark": "marks", "at": "actuals"}
PLAIN = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?")
_HEADER = re.compile(r"(.*?)\s*(?:[(（]([^()（）]+)[)）])?\s*")
_TRUTHS = {"true": True, "false": False, "是": True, "否": False}
_SEPARATED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")  # 1,000
NO_REASON = "见评分表"


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its header, its place in an evaluation, and the unit its plain numbers are in."""

    header: str
    path: tuple[str, ...]
    unit: str = ""


def in_two(header: str) -> tuple[str, str]:
    """The name in a header, and its unit or ""."""
    match = _HEADER.fullmatch(header.strip())
    assert match
    return match[1], match[2] or ""


def tree_of(indicator_set: IndicatorSet, base: Evaluation) -> list[Bound]:
    """The indicators every row has. ScoringError: the set cannot be scored, or own indicators do not fit it."""
    bound, _, faults = bind(indicator_set, base)
    if faults:
        raise ScoringError(*(Diagnostic(f.message, f.hint, path=".".join(map(str, f.inside))) for f in faults))
    return bound


def parts(leaf: Bound) -> list[str]:
    """The columns an indicator may have."""
    assert leaf.rule is not None
    known: list[str] = [
        name for name in names(leaf.tree) if name not in leaf.known and name not in ("weight", "reduced")
    ]
    more: list[str] = [key for key in ("level", "mark") if key in leaf.rule.asks and key not in known]
    if leaf.goal is not None:  # printed beside a judgement; and a person may mark what only repeats its target
        more += [key for key in ("actual", "mark") if key not in (*known, *more)]
    barred = ["actual"] if isinstance(leaf.rule, Ratio) and leaf.rule.actual else []  # computed from facts
    barred += ["mark"] if isinstance(leaf.rule, YesNo) and not leaf.rule.partial else []
    more = [key for key in more if key not in barred]
    more += ["reduce"] if leaf.reducible is not None else []
    return [*known, *more, "reason", "not_applicable"]


def listed_parts(leaf: Bound) -> list[str]:
    """Those of them that only count together: every cause of deduction, every expert."""
    return [part for part in parts(leaf) if part.startswith(("count.", "taken.", "mark."))]


class Fields:
    """The columns of a table, read for one set. base: the evaluation whose year, subject kind and own indicators every
    row shares. keep: headers of columns that go along unchanged; the set need not know them."""

    def __init__(
        self,
        indicator_set: IndicatorSet,
        headers: Sequence[str],
        base: Evaluation,
        file: Path,
        keep: tuple[str, ...] = (),
    ):
        self.set, self.base, self.keep = indicator_set, base, keep
        self.bound = tree_of(indicator_set, base)
        self.leaves = {leaf.id: leaf for node in self.bound for leaf in node.leaves()}
        self.by_header: dict[str, Field] = {}
        wrong: list[Diagnostic] = []
        for header in headers:
            name, unit = in_two(header)
            try:
                found = Field(header, self._path(name), unit)
                if any(found.path == other.path for other in self.by_header.values()):
                    raise Fault(Text(f"“{name}”有两列", f"there are two columns '{name}'"))
                self.by_header[header] = found
            except Fault as fault:
                if header not in keep:
                    wrong.append(Diagnostic(fault.message, fault.hint, file, 1, path=header))
        for header in keep:
            if header not in headers or header in RESULT:
                wrong.append(self._not_kept(header, headers, file))
        wrong += [Diagnostic(fault.message, fault.hint, file, 1) for fault in self._left_out()]
        if wrong:
            raise ScoringError(*wrong)
        self.of_record: dict[str, list[Field]] = {}
        for each in self.by_header.values():
            if each.path[0] == "records":
                self.of_record.setdefault(each.path[1], []).append(each)

    def _path(self, header: str) -> tuple[str, ...]:
        if header in ABOUT:
            return (header,)
        if header in self.set.facts:
            return ("facts", header)
        if header == "earlier_review":
            return ("earlier_review",)
        first, _, part = header.partition(".")
        if first == "veto" and any(veto.id == part for veto in self.set.vetoes):
            return ("vetoes", part)
        if leaf := self.leaves.get(first):
            if part not in parts(leaf):
                raise Fault(
                    Text(f"“{leaf.title.zh}”没有“{part}”这一列", f"'{first}' has no column '{part}'"),
                    suggest(f"{first}.{part}", [f"{first}.{known}" for known in parts(leaf)]),
                )
            key, _, item = part.partition(".")
            return ("records", first, PLURAL[key], item) if item else ("records", first, part)
        if meant := self._by_title(header):
            raise Fault(
                Text(f"列名要用代号，不用“{header}”", f"columns are headed by names, not by '{header}'"),
                Text(f"写 {meant}", f"write {meant}"),
            )
        known = [*ABOUT, *self.set.facts, *(f"veto.{veto.id}" for veto in self.set.vetoes)]
        known += [f"{id}.{part}" for id, leaf in self.leaves.items() for part in parts(leaf)]
        raise Fault(
            Text(f"体系里没有与“{header}”列对应的内容", f"nothing in the set is called '{header}'"),
            suggest(header, known),
        )

    def _by_title(self, header: str) -> str | None:
        """The column whose Chinese title was written."""
        titles = {fact.title: name for name, fact in self.set.facts.items()} | TITLES
        if header.lower() in ABOUT:
            return header.lower()
        return titles.get(header)

    def _left_out(self) -> Iterator[Fault]:
        """What must be there: the id, and of lists that only count together all columns or none."""
        paths = {each.path for each in self.by_header.values()}
        if ("id",) not in paths:
            yield Fault(Text("表中没有 id 列", "the table has no column id"))
        for id, leaf in self.leaves.items():
            for part in listed_parts(leaf):
                key, _, item = part.partition(".")
                here = ("records", id, PLURAL[key])
                if any(path[:3] == here for path in paths) and (*here, item) not in paths:
                    yield Fault(Text(f"缺少 {id}.{part} 列", f"the column {id}.{part} is missing"))

    def _not_kept(self, header: str, headers: Sequence[str], file: Path) -> Diagnostic:
        if header in RESULT:
            message = Text(f"“{header}”是结果里的列，不能另带", f"'{header}' is a column of the result")
            return Diagnostic(message, None, file, 1)
        message = Text(f"要带上的列“{header}”不在表中", f"the table has no column '{header}' to keep")
        return Diagnostic(message, suggest(header, headers), file, 1)

    def headed(self, *path: str) -> Field | None:
        return next((each for each in self.by_header.values() if each.path == path), None)

    def owes_reason(self, id: str) -> bool:
        """Whether a record without a column for its reason takes the table as its reason: a person judged it."""
        return ("records", id, "reason") not in {each.path for each in self.of_record.get(id, ())}

    # --- one row ---

    def evaluation(self, cells: Mapping[str, str], whole: bool = True) -> tuple[Evaluation | None, list[Wrong]]:
        """The row as an evaluation (cells by header, blank cells left out), or what is wrong with its cells.

        whole: all cells of the row are here, so that what is not has been left out of it.
        """
        wrong: list[Wrong] = []
        data: dict[str, Any] = {"facts": {}, "records": {}, "vetoes": {}}
        for key, what in (("id", "编号"), ("year", "年度")):
            if whole and (needed := self.headed(key)) is not None and needed.header not in cells:
                hint = Text(f"每行写上{what}", f"every row needs its {key}")
                wrong.append(Wrong(needed.header, Text(f"没有{what}", f"there is no {key}"), hint))
        for header, text in cells.items():
            each = self.by_header[header]
            try:
                if not re.fullmatch(TEXT_PATTERN, text):
                    raise Fault(Text("有控制字符", "there are control characters"))
                self._put(data, each, text)
            except Fault as fault:
                wrong.append(Wrong(header, fault.message, fault.hint))
        wrong += self._settle(data, cells)
        if wrong:
            return None, wrong
        head = self.base.model_dump(include={"id", "title", "set", "outside_years"})
        subject = {"kind": self.base.subject.kind, **{"name": "-", "unit": "-"}, **data.pop("subject", {})}
        try:
            parsed = Evaluation.model_validate({**head, "year": self.base.year, "subject": subject, **data})
        except ValidationError as error:
            return None, [self._misfit(each) for each in error.errors(include_url=False)]
        return parsed.model_copy(update={"indicators": self.base.indicators}), []

    def _put(self, data: dict[str, Any], each: Field, text: str) -> None:
        match each.path:
            case ("year",):
                data["year"] = year(text)
            case ("name" | "unit",):
                data.setdefault("subject", {})[each.path[0]] = text
            case (_,) if each.path[0] == "earlier_review":
                data["earlier_review"] = {"total": number(text), "source": NO_REASON}
            case ("facts", name):
                asked = self.set.facts[name]
                data["facts"][name] = {"value": truth(text) if asked.kind == "truth" else with_unit(text, each.unit)}
            case ("vetoes", id):
                data["vetoes"][id] = text
            case ("records", id, *rest):
                put_answer(data["records"].setdefault(id, {}), tuple(rest), text, each)

    def _settle(self, data: dict[str, Any], cells: Mapping[str, str]) -> Iterator[Wrong]:
        """Lists from their cells, whole or not at all; and the reason a judged record has where the table has none."""
        for id, record in data["records"].items():
            mine = self.of_record[id]
            for key in ("deductions", "marks"):
                blank = [
                    each for each in mine if each.path[2] == key and len(each.path) == 4 and each.header not in cells
                ]
                if key in record and blank:
                    for each in blank:
                        hint = Text("没有发生写 0", "write 0 where there is none") if key == "deductions" else None
                        yield Wrong(
                            each.header, Text("同组其他列已填，这一格空着", "left blank beside filled-in ones"), hint
                        )
                elif key == "marks" and key in record:
                    record[key] = [record[key][n] for n in sorted(record[key], key=int)]
            if self.owes_reason(id) and any(key in record for key in JUDGED):
                record["reason"] = NO_REASON
            if record.get("deductions") and not self.owes_reason(id) and "reason" not in record:
                header = self.headed("records", id, "reason").header  # type: ignore[union-attr]
                yield Wrong(header, Text("扣分没有写理由", "points are taken without a reason"), reason_in(id))
            for deduction in record.get("deductions", ()):
                deduction["reason"] = record.get("reason", NO_REASON)

    def _misfit(self, error: Any) -> Wrong:
        fault = error.get("ctx", {}).get("error")
        message = fault.message if isinstance(fault, Fault) else Text(error["msg"], error["msg"])
        return Wrong(self.header_of(error["loc"]), message, fault.hint if isinstance(fault, Fault) else None)

    def header_of(self, inside: Sequence[str | int]) -> str:
        """The column a fault at that path of the evaluation comes from; of an indicator without columns, those of its facts."""
        path = tuple(str(step) for step in inside)
        path = path if path[:1] != ("subject",) else path[1:]
        for length in range(len(path), 0, -1):
            for each in self.by_header.values():
                if each.path[:length] == path[:length] and (
                    each.path[0] not in ("records", "facts", "vetoes") or length > 1
                ):
                    return each.header
        if path[:1] == ("records",) and path[1] in self.leaves:
            used = (self.headed("facts", name) for name in names(self.leaves[path[1]].tree))
            return "、".join(each.header for each in used if each is not None)
        return ""


def number(text: str) -> Decimal:
    if not PLAIN.fullmatch(plain := _SEPARATED.sub("", normalised(text))):
        raise Fault(
            Text(f"“{text}”不是一个数", f"'{text}' is not a number"),
            Text("写成 12 或 12.5，不带单位", "write it as 12 or 12.5, without a unit"),
        )
    return Decimal(plain)


def year(text: str) -> int:
    """2019, also where a workbook has made it 2019.0."""
    found = number(text)
    if found != int(found) or not 1990 <= found <= 2100:
        raise Fault(
            Text(f"“{text}”不是年度", f"'{text}' is no budget year"),
            Text("写成 2024 这样的四位年份", "write four digits, such as 2024"),
        )
    return int(found)


def reason_in(id: str) -> Text:
    return Text(f"在 {id}.reason 列写理由", f"write it in the column {id}.reason")


def truth(text: str) -> bool:
    if (found := _TRUTHS.get(text.lower())) is None:
        raise Fault(
            Text(f"“{text}”不是 true 或 false", f"'{text}' is neither true nor false"),
            Text("写 true、false、是 或 否", "write true or false"),
        )
    return found


def with_unit(text: str, unit: str) -> str:
    """The cell with the unit of its header where it is a plain number, full-width or with separators too."""
    plain = _SEPARATED.sub("", normalised(text))
    return f"{plain}{unit}" if PLAIN.fullmatch(plain) else text


def put_answer(record: dict[str, Any], part: tuple[str, ...], text: str, each: Field) -> None:
    """One cell of a record, as the record has it. Fault: the text does not read as what it should be."""
    match part:
        case ("met",):
            record["met"] = truth(text)
        case ("checks", item):
            record.setdefault("checks", {})[item] = truth(text)
        case ("mark" | "reduce",):
            record[part[0]] = number(text)
        case ("marks", n):
            record.setdefault("marks", {})[n] = number(text)
        case ("actuals", item):
            record.setdefault("actuals", {})[item] = with_unit(text, each.unit)
        case ("actual" | "share",):
            record[part[0]] = with_unit(text, each.unit)
        case ("deductions", cause):
            deductions, value = record.setdefault("deductions", []), number(text)
            counted = ".count." in each.header
            if counted and value != int(value):
                raise Fault(
                    Text(f"次数“{text}”不是整数", f"the count '{text}' is not whole"),
                    Text("写 0、1、2 这样的整数", "write a whole number such as 0, 1 or 2"),
                )
            if value:
                deductions.append({"cause": cause, "count" if counted else "points": int(value) if counted else value})
        case _:
            record[part[0]] = text
