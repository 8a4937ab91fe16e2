"""`jixiao record` without options: asks for what is open, most points first, and writes every accepted answer at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scoring.cli.common import YES, lang, out, say
from scoring.errors import Diagnostic, ScoringError, Text

if TYPE_CHECKING:
    from scoring.binding import Bound
    from scoring.exchange.record import Sheet
    from scoring.rules.deduct import Cause

HELP = Text(
    "直接回车跳过；q 退出，已经答的都已写入；数值连同单位写，如 95%、141人、10.34万元",
    "Enter skips; q quits, what was answered is written; write a value with its unit, such as 95% or 10.34万元",
)


class _Quit(Exception):
    """The person has had enough, or the input ended."""


class _Skipped(Exception):
    """Nothing was given: the question stays open."""


def interview(sheets: Sequence["Sheet"], indicator: str | None, who: str, folders: Sequence[Path]) -> None:
    """Ask for every open indicator, or for the one that is named."""
    from scoring.exchange.record import find_indicator

    if indicator is not None:
        sheet, leaf = find_indicator(sheets, indicator)
        chosen = [(sheet, [leaf.id])]
    else:
        chosen = []
        for sheet in sheets:
            nodes = sorted(sheet.result.open, key=lambda node: node.low - node.high)
            chosen.append((sheet, [node.id for node in nodes]))
    count = sum(len(ids) for _, ids in chosen)
    if not count:
        out(say("没有待填的指标", "no indicator is open"))
        return
    out(
        say(
            f"待填 {count} 个指标，从可能得分最多的开始。",
            f"to fill: {count}; the indicator with most at stake comes first.",
        )
    )
    out(HELP.to(lang()) + say("；? 说明", "; ? helps"))
    try:
        for sheet, ids in chosen:
            _Interview(sheet, who, folders).run(ids)
    except _Quit:
        out(
            say(
                "已退出。没有答完的这一项没有写入，之前答完的都已写入。",
                "done; what was answered is written, the one in hand is not.",
            )
        )


class _Interview:
    """The questions to one evaluation, whose sheet is renewed after every answer."""

    def __init__(self, sheet: "Sheet", who: str, folders: Sequence[Path]):
        self.sheet, self.who, self.folders = sheet, who, folders
        self.help: list[str] = []

    def run(self, ids: Sequence[str]) -> None:
        for number, id in enumerate(ids, start=1):
            node = self.sheet.node(id)
            path = " / ".join(part.to(lang()) for part in node.path)
            out()
            out(f"[{number}/{len(ids)}] {path} ({id}) {node.weight}{say('分', ' points')}")
            self.help = list(self.about(self.sheet.bound[id]))
            for line in self.help:
                out(f"  {line}")
            for question in self.questions(id):
                self.put(id, question)

    def about(self, leaf: "Bound") -> Iterator[str]:
        """What a person needs to know to answer."""
        node, tongue = self.sheet.node(leaf.id), lang()
        yield say("规则：", "rule: ") + f"{node.rule.to(tongue)}{say('：', ': ')}{node.formula.to(tongue)}"
        if node.standard:
            yield say(f"标准：“{node.standard}”", f"standard: “{node.standard}”")
        if target := node.target.to(tongue):
            yield say(f"目标：{target}", f"target: {target}")
        if leaf.wanted:
            yield say(f"需要的材料：{'、'.join(leaf.wanted)}", f"evidence wanted: {', '.join(leaf.wanted)}")
        yield say(f"现在：{node.reason.zh}", f"now: {node.reason.en}")

    # One question: what it asks gives a part of the record or a fact

    def put(self, id: str, question: Callable[[], tuple[dict[str, object], dict[str, object]]]) -> None:
        """Ask until the answer is accepted and written, or skipped."""
        from scoring.exchange.record import open_sheet
        from scoring.source import read

        while True:
            try:
                given, facts = question()
                self.write(id, given, facts)
                return
            except _Skipped:
                return
            except ScoringError as error:
                self.complain(error)
                self.sheet = open_sheet(read(self.sheet.file), self.folders)  # somebody else may have written meanwhile

    def questions(self, id: str) -> Iterator[Callable[[], tuple[dict[str, object], dict[str, object]]]]:
        """The facts that are missing, what the rule asks for, and the evidence."""
        from scoring.result import OPEN

        leaf = self.sheet.bound[id]
        missing = [name for name in self.sheet.node(id).inputs if name not in self.sheet.result.figures]
        for name in missing:
            yield lambda name=name: ({}, {name: self.fact(name)})  # type: ignore[misc]
        assert leaf.rule is not None
        recorded = leaf.record
        if leaf.goal is not None and leaf.rule.by_judgement and not (recorded and recorded.actual):
            yield lambda: (self.actual(leaf), {})  # the completion table prints it
        for key in leaf.rule.needs():
            if key == "checks":
                for item in getattr(leaf.rule, "items", ()):
                    if item.id not in ((recorded and recorded.checks) or {}):
                        yield lambda item=item: ({"checks": {item.id: self.yes(item.label())}}, {})  # type: ignore[misc]
            elif key == "actuals":
                for milestone in getattr(leaf.rule, "milestones", ()):
                    if milestone.id not in ((recorded and recorded.actuals) or {}):
                        yield lambda each=milestone: ({"actuals": self.milestone(leaf, each)}, {})  # type: ignore[misc]
            else:
                yield lambda key=key: (getattr(self, key)(leaf), {})  # type: ignore[misc]
        if self.sheet.node(id).state not in OPEN:
            yield lambda: ({"evidence": [self.evidence()]}, {})

    def ask(self, text: Text, check: Callable[[str], object] | None = None) -> str:
        """What is typed. Nothing skips, ? explains, q quits; what the check refuses is asked again."""
        while True:
            print(f"  {text.to(lang())}{say('：', ': ')}", end="", flush=True)
            try:
                typed = input().strip()
            except (EOFError, KeyboardInterrupt):
                out()
                raise _Quit from None
            if typed in ("q", "Q"):
                raise _Quit
            if typed in ("?", "？"):
                for line in (*self.help, HELP.to(lang())):
                    out(f"    {line}")
                continue
            if not typed:
                raise _Skipped
            try:
                if check is not None:
                    check(typed)
                return typed
            except ScoringError as error:
                self.complain(error)

    def answer(self, leaf: "Bound", key: str, text: Text, beside: Mapping[str, object] | None = None) -> object:
        """An answer that the record and the rule accept, beside others."""
        from scoring.exchange.record import as_written, check_answer

        return as_written(self.ask(text, lambda typed: check_answer(leaf, {**(beside or {}), key: as_written(typed)})))

    def yes(self, text: Text) -> bool:
        def check(typed: str) -> None:
            if typed.lower() not in YES:
                raise ScoringError(Diagnostic(Text("请答 y（是）或 n（否）", "answer y or n")))

        question = Text(f"{text.zh}（y/n）", f"{text.en} (y/n)")
        return YES[self.ask(question, check).lower()]

    def fact(self, name: str) -> object:
        from scoring.exchange.record import as_written

        asked = self.sheet.result.indicator_set.facts.get(name)
        title = asked.text if asked else Text(name, name)
        if asked is not None and asked.kind == "truth":
            return self.yes(title)
        unit = asked.unit if asked else ""
        return as_written(self.ask(Text(f"{title.zh}（{unit or '数'}）", f"{title.en} ({unit or 'number'})")))

    # The keys a rule may need, by their names in the record

    def actual(self, leaf: "Bound") -> dict[str, object]:
        return {"actual": self.answer(leaf, "actual", Text("实际完成值", "actual"))}

    def mark(self, leaf: "Bound") -> dict[str, object]:
        return {"mark": self.answer(leaf, "mark", Text("评分", "mark")), **self.reason()}

    def met(self, leaf: "Bound") -> dict[str, object]:
        given: dict[str, object] = {"met": self.yes(leaf.labels["met"].title)}
        if not given["met"] and getattr(leaf.rule, "partial", False):
            with suppress(_Skipped):  # nothing left is no points
                marked = self.answer(leaf, "mark", Text("酌情给几分", "points left"), given)
                given |= {"mark": marked, **self.reason()}
        return given

    def milestone(self, leaf: "Bound", each: object) -> dict[str, object]:
        from scoring.exchange.record import as_written, check_answer

        id, label = getattr(each, "id", ""), leaf.labels[f"at.{getattr(each, 'id', '')}"].title
        return {id: as_written(self.ask(label, lambda typed: check_answer(leaf, {"actuals": {id: as_written(typed)}})))}

    def marks(self, leaf: "Bound") -> dict[str, object]:
        from scoring.exchange.record import as_written, check_answer

        def read(typed: str) -> list[object]:
            return [as_written(each.strip()) for each in typed.replace("，", ",").split(",")]

        question = Text("各位专家的评分，用逗号分开", "the marks, separated by commas")
        typed = self.ask(question, lambda typed: check_answer(leaf, {"marks": read(typed)}))
        return {"marks": read(typed), **self.reason()}

    def level(self, leaf: "Bound") -> dict[str, object]:
        from scoring.exchange.record import check_answer
        from scoring.rules import Levels

        assert isinstance(leaf.rule, Levels)
        levels = leaf.rule.levels
        for number, each in enumerate(levels, start=1):
            out(f"    {number} {say(each.name, each.english or each.name)} {each.span()}")

        def named(typed: str) -> str:
            return levels[int(typed) - 1].name if typed.isdecimal() and 0 < int(typed) <= len(levels) else typed

        def known(typed: str) -> None:
            if named(typed) not in [each.name for each in levels]:
                check_answer(leaf, {"level": named(typed)})

        name = named(self.ask(Text("等级（序号）", "level (number)"), known))
        given: dict[str, object] = {"level": name}
        if next(each for each in levels if each.name == name).share is None:
            given["share"] = self.ask(
                Text("比例，如 90%", "share, such as 90%"),
                lambda typed: check_answer(leaf, {"level": name, "share": typed}),
            )
        return {**given, **self.reason()}

    def deductions(self, leaf: "Bound") -> dict[str, object]:
        from scoring.rules import Deduct

        assert isinstance(leaf.rule, Deduct)
        found = [made for cause in leaf.rule.causes if (made := self.deduction(leaf, cause))]
        return {"deductions": found}

    def deduction(self, leaf: "Bound", cause: "Cause") -> dict[str, object] | None:
        from scoring.exchange.record import as_written, check_answer

        key = "points" if cause.each is None else "count"
        zh, en = cause.label()
        if cause.each is None:
            question = Text(
                f"{zh}，扣几分（0–{cause.at_most}，没有写 0）", f"{en}: points (0–{cause.at_most}; 0 for none)"
            )
        else:
            question = Text(
                f"{zh}，几次（每次扣 {cause.each} 分，没有写 0）", f"{en}: how often (each {cause.each}; 0 for none)"
            )

        def check(typed: str) -> None:
            if as_written(typed) != 0:
                check_answer(leaf, {"deductions": [{"cause": cause.id, key: as_written(typed), "reason": "—"}]})

        amount = as_written(self.ask(question, check))
        if amount == 0:
            return None
        return {"cause": cause.id, key: amount, **self.reason()}

    def reason(self) -> dict[str, object]:
        return {"reason": self.ask(Text("理由（事实和依据）", "reason (facts and grounds)"))}

    def evidence(self) -> dict[str, str]:
        title, sign, place = self.ask(Text("佐证材料@页码", "evidence@page")).partition("@")
        return {"title": title.strip(), "place": place.strip()} if sign else {"title": title.strip()}

    # Writing

    def write(self, id: str, given: dict[str, object], facts: dict[str, object]) -> None:
        """Write the answer; a loss it brings about asks for its problem, or why it is none, before anything is written."""
        from scoring.cli.telling import tell
        from scoring.exchange.record import changes_of, open_sheet, unexplained
        from scoring.exchange.store import apply
        from scoring.source import parse
        from scoring.source.splice import splice

        changes = changes_of(self.sheet, id, given, facts)
        source = self.sheet.source
        tried = open_sheet(parse(splice(source.text, changes, source.file), source.file), self.folders)
        old = {row.indicator for row in unexplained(self.sheet.result)} - {id}
        for row in {row.indicator: row for row in unexplained(tried.result) if row.indicator not in old}.values():
            changes += changes_of(self.sheet, row.indicator, self.explained(row.title, f"{row.points}"))
        written = apply(source.file, changes, self.who, expect=source, folders=self.folders)
        now = open_sheet(written.source, self.folders)
        if set(given) != {"evidence"}:  # which moves no points
            tell(self.sheet, now, id)
        self.sheet = now

    def explained(self, title: Text, points: str) -> dict[str, object]:
        """The problem behind a loss and what to do about it, or why it is no problem."""
        out(say(f"  “{title.zh}”失 {points} 分。", f"  '{title.en}' loses {points} points."))
        try:
            given: dict[str, object] = {
                "problem": self.ask(Text("存在的问题（不是问题就直接回车）", "problem (Enter if it is none)"))
            }
        except _Skipped:
            return {"waiver": self.ask(Text("不列为问题的理由", "why it is no problem"))}
        with suppress(_Skipped):
            given["recommendation"] = self.ask(Text("改进建议", "recommendation"))
        return given

    def complain(self, error: ScoringError) -> None:
        """What is wrong with an answer; the lines of a file that was not written would say nothing."""
        for diagnostic in error.diagnostics:
            out(f"  ! {replace(diagnostic, file=None, line=0, column=0, path='').render(lang())}")
