"""A filled-in score book read back: what was typed since its export, held against the files as they are now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from scoring.binding import bind
from scoring.errors import Diagnostic, Fault, ScoringError, Text
from scoring.exchange.basis import changed_since, whose
from scoring.exchange.book import FORMAT, MAP
from scoring.exchange.fields import NUMERIC, YES, Field, current, is_decimal
from scoring.exchange.plan import letters
from scoring.exchange.workbook import Workbook, refused
from scoring.load import Case, Entry, assess_source, load_case
from scoring.rules import Deduction
from scoring.source import Source, read
from scoring.source.splice import REMOVE, Change, splice, value_at
from scoring.source.text import parse
from scoring.values import PERCENT, plain, repeats

KEYS = {"actual": "实际完成值", "actuals": "实际完成值", "mark": "评分", "marks": "专家评分", "met": "是否符合", "level": "等级", "share": "得分比例",
        "checks": "要点", "deductions": "扣分", "reduce": "调减", "reason": "理由", "evidence": "佐证材料", "problem": "存在问题",
        "recommendation": "改进建议", "note": "备注", "value": "数值", "source": "出处", "count": "次数", "points": "扣分",
        "examined": "核查"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One input cell of a book: where it is, what it was at export, what it holds now."""

    file: Path
    sheet: str
    row: int
    column: int
    field: Field
    base: str
    now: str = ""

    @property
    def place(self) -> Path:
        return Path(f"{self.file}!{self.sheet}!{letters(self.column)}{self.row + 1}")

    def fault(self, zh: str, en: str, hint: Text | None = None) -> Diagnostic:
        return Diagnostic(Text(zh, en), hint, self.place)


@dataclass(frozen=True, slots=True)
class Edit:
    """One value that is to change."""

    cell: Cell
    title: str
    old: str
    new: str

    def shown(self, text: str) -> str:
        """The old or the new value with its unit."""
        return f"{text}{self.cell.field.unit}" if is_decimal(text) and self.cell.field.kind != "date" else text


@dataclass(frozen=True, slots=True)
class Update:
    """What is to change in one evaluation: the edits as typed, and the changes that write them."""

    entry: Entry
    source: Source
    edits: tuple[Edit, ...]
    changes: tuple[Change, ...]


@dataclass(slots=True)
class _Read:
    """One evaluation of one book."""

    id: str
    sheet: str
    reference: str
    whose: tuple[str, ...]
    basis: dict[str, str]
    cells: list[Cell]


def updates(files: Sequence[Path], path: Path | None, sets: Iterable[Path] = ()) -> list[Update]:
    """What these books change in the case. ScoringError: everything that stands against it; nothing is written here."""
    books = [_Book(file) for file in files]
    _refuse([fault for book in books for fault in book.faults])
    case = load_case(path or _find(books[0]), sets)
    entries = {entry.result.evaluation.id: entry for entry in case.entries}
    faults = [fault for book in books for fault in _foreign(book, case, entries)]
    _refuse(faults)
    found = []
    for id, entry in entries.items():
        cells = [cell for book in books for one in book.evaluations if one.id == id for cell in one.cells]
        settled = {
            cell
            for book in books
            for one in book.evaluations
            if one.id == id
            for cell in _settled(entry, one.cells, faults)
        }
        edits = _merged(entry, [cell for cell in cells if cell not in settled], faults)
        if edits:
            found.append(_update(entry, edits, cells, faults))
    _refuse(faults)
    for update in found:
        faults += _faults_after(update, [edit.cell for edit in update.edits], sets)
    _refuse(faults)
    return found


def write(found: list[Update], who: str, what: str, sets: Iterable[Path] = ()) -> None:
    """Writes the updates, each file in one step. ScoringError: somebody else changed a file meanwhile."""
    from scoring.exchange.store import apply

    for update in found:
        check = partial(_sound, sets=tuple(sets))
        apply(update.entry.file, update.changes, who, what, check, update.source)


def _sound(source: Source, sets: Iterable[Path]) -> None:
    _refuse(assess_source(source, sets)[1])


def _refuse(faults: list[Diagnostic]) -> None:
    if faults:
        raise ScoringError(*faults)


class _Book:
    """A workbook that says it is a score book, its input cells, and what is wrong with them."""

    def __init__(self, file: Path) -> None:
        self.file, self.workbook = file, Workbook(file)
        self.faults: list[Diagnostic] = []
        self.evaluations: list[_Read] = []
        self.case, self.body = "", list[str]()
        rows = [[str(cell) for cell in row] for row in self.workbook.sheets.get(MAP, [])]
        rows = [row[: max((i for i, text in enumerate(row, 1) if text), default=0)] for row in rows]
        if not rows or not rows[0] or not rows[0][0].startswith("jixiao-book-"):
            hint = Text("请填写 jixiao sheet export 写出的工作簿", "fill in a workbook written by jixiao sheet export")
            raise refused(file, "这不是评分簿", "this is not a score book", hint)
        if rows[0][0] != FORMAT:
            raise refused(
                file,
                f"评分簿的格式是 {rows[0][0]}，本版本读 {FORMAT}",
                f"the format is {rows[0][0]}, not {FORMAT}",
                _again(),
            )
        digest = hashlib.sha256(json.dumps(_padded(rows[:-1]), ensure_ascii=False).encode()).hexdigest()
        if rows[-1] != ["sha256", digest]:
            raise refused(file, "评分簿里的对照表被改动过", "the map inside the score book was changed", _again())
        try:
            self._read(rows)
        except (ValueError, KeyError, TypeError, IndexError):  # a map that fits its digest and was still not ours
            raise refused(
                file, "评分簿里的对照表被改动过", "the map inside the score book was changed", _again()
            ) from None

    def _read(self, rows: list[list[str]]) -> None:
        moved: set[str] = set()
        for kind, *rest in rows[1:-1]:
            if kind == "case":
                self.case, *self.body = rest
            elif kind == "evaluation":
                sheet, id, reference, *subject = rest
                self.evaluations.append(_Read(id, sheet, reference, tuple(subject), {}, []))
                if sheet not in self.workbook.sheets:
                    self.faults.append(
                        Diagnostic(Text(f"缺少工作表“{sheet}”", f"sheet '{sheet}' is missing"), _again(), self.file)
                    )
                    moved.add(sheet)
            elif kind == "basis":
                self.evaluations[-1].basis[rest[1]] = rest[2]
            elif kind == "line" and rest[0] not in moved:
                sheet, row, id = rest
                if self.workbook.text(sheet, int(row), 0) != id:
                    moved.add(sheet)
                    place = Path(f"{self.file}!{sheet}!A{int(row) + 1}")
                    message = Text(
                        "这一行不是导出时的那一行：有行被删除、插入或移动",
                        "this is not the row that was exported: rows were moved",
                    )
                    self.faults.append(Diagnostic(message, _again(), place))
            elif kind == "field" and rest[0] not in moved:
                sheet, row, column, described, *base = rest
                cell = Cell(self.file, sheet, int(row), int(column), _field(described), base[0] if base else "")
                self.evaluations[-1].cells.append(self._filled(cell))

    def _filled(self, cell: Cell) -> Cell:
        place = (cell.sheet, cell.row, cell.column)
        now, field, is_number = self.workbook.text(*place), cell.field, self.workbook.is_number(*place)
        if field.percent and is_number and is_decimal(now):
            now = plain(Decimal(now) * 100)
        if self.workbook.is_error(*place):
            self.faults.append(cell.fault("这个格子里是公式错误，不是值", "the cell shows an error, not a value"))
        elif now and now != cell.base and (fault := _unfit(field, now, is_number)):
            self.faults.append(cell.fault(fault.zh, fault.en))
        return Cell(cell.file, cell.sheet, cell.row, cell.column, field, cell.base, now)


def _again() -> Text:
    return Text("请重新导出，再把填写的内容抄过去", "export again and copy what was filled in")


def _padded(rows: list[list[str]]) -> list[list[str]]:
    """A field whose value was blank has lost its last cell."""
    return [[*row, ""] if row[0] == "field" and len(row) == 5 else row for row in rows]


def _field(described: str) -> Field:
    given = json.loads(described)
    part, _, key, *_ = given["path"]
    if part not in ("records", "facts") or key not in KEYS:
        raise ValueError(given["path"])
    low, high = (None if given[end] is None else Decimal(given[end]) for end in ("low", "high"))
    return Field(
        tuple(given["path"]), given["kind"], given["unit"], tuple(given["choices"]), low, high, tuple(given["words"])
    )


def _unfit(field: Field, text: str, is_number: bool) -> Text | None:
    """Why a cell cannot hold this."""
    if field.kind == "date":
        try:
            date.fromisoformat(text)
        except ValueError:
            return (
                None
                if text in field.words
                else Text(f"“{text}”不是日期，应填 2019-12-31 这样的日期", f"'{text}' is not a date")
            )
    elif field.kind in NUMERIC:
        if not is_number and text not in field.words and not _repeats(field, text):
            if is_decimal(text.removesuffix(PERCENT) if field.percent else text):
                return Text(f"“{text}”是按文本存的数字，请改成数字格式", f"'{text}' is a number stored as text")
            unit = f"，单位“{field.unit}”不用写" if field.unit else ""
            return Text(f"“{text}”不是数字，这里只填数字{unit}", f"'{text}' is not a number; write the number only")
        if is_number and field.kind == "count" and "." in text:
            return Text("次数应是整数", "a count is a whole number")
    elif field.choices and text not in field.choices:
        return Text(f"“{text}”不在选项内；可选：{'、'.join(field.choices)}", f"'{text}' is not one of the choices")
    return None


def _repeats(field: Field, text: str) -> bool:
    from scoring.values import read_target

    try:
        return any(repeats(read_target(word), text) for word in field.words)
    except Fault:
        return False


def _find(book: _Book) -> Path:
    """The case a book belongs to, where it usually is."""
    for place in (Path("evaluations") / book.case, Path(book.case), Path()):
        if (place / "dossier.yaml").is_file():
            return place
    hint = Text("用 --case 指明评价文件夹或文件", "name the folder or file with --case")
    raise refused(
        book.file, f"找不到评分簿所属的评价“{book.case}”", f"the case '{book.case}' of this book was not found", hint
    )


def _foreign(book: _Book, case: Case, entries: dict[str, Entry]) -> Iterator[Diagnostic]:
    """Why a book does not belong to the case, or no longer fits it."""
    other_case = Text("是不是选错了评价文件夹？", "is this the right case?")
    if case.dossier and book.body and (book.case, *book.body) != (case.id, case.dossier.body):
        message = Text(
            f"评分簿属于“{book.body[0]}”的评价“{book.case}”，这里是“{case.dossier.body}”的“{case.id}”",
            f"the book is of case '{book.case}' of '{book.body[0]}'; this is '{case.id}' of '{case.dossier.body}'",
        )
        yield Diagnostic(message, other_case, book.file)
        return
    for one in book.evaluations:
        entry = entries.get(one.id)
        if entry is None:
            have = "、".join(entries)
            message = Text(
                f"工作表“{one.sheet}”是评价“{one.id}”，这里只有 {have}",
                f"sheet '{one.sheet}' is evaluation '{one.id}'; here is only {have}",
            )
            yield Diagnostic(message, other_case, book.file)
        elif (here := whose(entry.result.evaluation)) != one.whose:
            message = Text(
                f"工作表“{one.sheet}”的评价对象是 {'，'.join(one.whose)}，这里是 {'，'.join(here)}",
                f"sheet '{one.sheet}' is of {', '.join(one.whose)}; this is {', '.join(here)}",
            )
            yield Diagnostic(message, other_case, book.file)
        elif (reference := entry.result.indicator_set.reference) != one.reference:
            message = Text(
                f"工作表“{one.sheet}”按体系 {one.reference} 导出，评价现在用的是 {reference}",
                f"sheet '{one.sheet}' was exported under {one.reference}; the evaluation uses {reference} now",
            )
            yield Diagnostic(message, _again(), book.file)
        elif changed := changed_since(one.basis, entry.result):
            message = Text(
                f"工作表“{one.sheet}”：评价文件的{'、'.join(part.zh for part in changed)}在导出后改过",
                f"sheet '{one.sheet}': the {', '.join(part.en for part in changed)} of the evaluation changed since the export",
            )
            yield Diagnostic(message, _again(), book.file)


def _settled(entry: Entry, cells: list[Cell], faults: list[Diagnostic]) -> Iterator[Cell]:
    """The cells of deductions that need no more looking at. A list of deductions is compared whole, for its places shift:
    as it was, as the file has it now, or (a fault) both changed."""
    groups: dict[tuple[str | int, ...], list[Cell]] = {}
    for cell in cells:
        if cell.field.path[2] == "deductions":
            groups.setdefault(cell.field.path[:3], []).append(cell)
    for path, group in groups.items():
        base, now = (_deductions({cell.field: getattr(cell, when) for cell in group}) for when in ("base", "now"))
        record = entry.result.evaluation.records.get(str(path[1]))
        given = None if record is None else record.deductions
        present = None if given is None else [_as_typed(deduction) for deduction in given]
        if now not in (base, present) and present != base:
            cell = next(cell for cell in group if cell.now != cell.base.strip())
            zh = "评价文件里这一指标的扣分记录在导出后改过，本簿也改了"
            faults.append(
                cell.fault(zh, "its deductions changed in the file after the export, and in this book", _again())
            )
        if now in (base, present) or present != base:
            yield from group


def _deductions(values: Mapping[Field, str]) -> list[dict[str, str]] | None:
    """The rows of one indicator's deductions as typed, in order; None when nobody says it was looked at."""
    rows: dict[tuple[str | int, ...], dict[str, str]] = {}
    for field, text in values.items():
        if text.strip() and field.path[3] != "examined":
            rows.setdefault(field.path[3:5], {"cause": str(field.path[4])})[str(field.path[5])] = text.strip()
    examined = any(field.path[3] == "examined" and text for field, text in values.items())
    return [rows[place] for place in sorted(rows, key=lambda place: int(place[0]))] if rows or examined else None


def _as_typed(deduction: Deduction) -> dict[str, str]:
    amount = (
        {"points": plain(deduction.points)} if deduction.points is not None else {"count": str(deduction.count or 1)}
    )
    texts = {key: getattr(deduction, key) for key in ("reason", "problem", "recommendation")}
    return {"cause": deduction.cause, **amount, **{key: text.strip() for key, text in texts.items() if text}}


def _merged(entry: Entry, cells: list[Cell], faults: list[Diagnostic]) -> list[Edit]:
    """What changes, by place; a place two people changed differently, or that changed in the file, is a fault."""
    evaluation = entry.result.evaluation
    titles = _titles(entry)
    found: dict[tuple[str | int, ...], Edit] = {}
    for cell in cells:
        if cell.now == cell.base.strip():
            continue
        present, path = current(cell.field, evaluation).strip(), cell.field.path
        if present == cell.now:
            continue
        if present != cell.base.strip():
            zh = f"评价文件里已改为“{present}”（导出时是“{cell.base}”），本簿填的是“{cell.now}”"
            en = f"the file now says '{present}' (it was '{cell.base}' at export), this book says '{cell.now}'"
            faults.append(cell.fault(zh, en, Text("商定后改成一致再导入", "agree on one value, then import again")))
        elif path in found and found[path].new != cell.now:
            other = found[path].cell
            zh, en = (
                f"与 {other.place} 不一致：“{other.now}”与“{cell.now}”",
                f"differs from {other.place}: '{other.now}' and '{cell.now}'",
            )
            faults.append(cell.fault(zh, en, Text("商定后改成一致再导入", "agree on one value, then import again")))
        else:
            found.setdefault(path, Edit(cell, _title(cell.field, titles), present, cell.now))
    return list(found.values())


def _titles(entry: Entry) -> dict[tuple[str, str], str]:
    """What facts, indicators, and the items, causes and milestones of their rules are called."""
    result = entry.result
    titles = {("facts", name): f"事实 {fact.title}" for name, fact in result.indicator_set.facts.items()}
    titles |= {("facts", name): f"事实 {figure.title.zh}" for name, figure in result.figures.items()}
    bound, _, _ = bind(result.indicator_set, result.evaluation)
    for leaf in (leaf for node in bound for leaf in node.leaves()):
        titles["records", leaf.id] = leaf.title.zh
        for kind in ("items", "causes", "milestones"):
            titles |= {(leaf.id, part.id): part.title for part in getattr(leaf.rule, kind, ())}
    return titles


def _title(field: Field, titles: dict[tuple[str, str], str]) -> str:
    part, id, *rest = map(str, field.path)
    words = [
        titles.get((id, step)) or KEYS.get(step, step) for step in rest if not step.isdigit() or rest[0] == "marks"
    ]
    return " ".join([titles.get((part, id), id), *words])


def _update(entry: Entry, edits: list[Edit], cells: list[Cell], faults: list[Diagnostic]) -> Update:
    source = read(entry.file)
    typed = {edit.cell.field.path: edit.new for edit in edits}
    whole: dict[tuple[str | int, ...], Change] = {}  # lists are written whole
    changes = []
    for edit in edits:
        field = edit.cell.field
        part, id, key, *_ = field.path
        if key in ("deductions", "marks", "evidence"):
            place = (part, id, key)
            if place not in whole:
                mine = list({cell.field.path: cell.field for cell in cells if cell.field.path[:3] == place}.values())
                value = _list(entry, str(key), mine, typed, edit.cell, faults)
                whole[place] = Change(place, value)
        elif part == "facts" and key == "value" and not edit.new:
            fact = entry.result.evaluation.facts[str(id)]
            changes.append(Change((part, id, key) if fact.formula else (part, id), REMOVE))
        else:
            changes.append(Change(field.path, _value(field, edit.new)))
    return Update(entry, source, tuple(edits), (*changes, *whole.values()))


def _value(field: Field, text: str) -> object:
    """The text of a cell as the file has it."""
    if not text:
        return REMOVE
    match field.kind:
        case "number" if is_decimal(text):
            return f"{text}{field.unit}" if field.unit else Decimal(text)
        case "points":
            return Decimal(text)
        case "count":
            return int(text)
        case "share":
            return f"{text}%"
        case "truth":
            return text == YES
    return text


def _list(
    entry: Entry,
    key: str,
    fields: list[Field],
    typed: dict[tuple[str | int, ...], str],
    cell: Cell,
    faults: list[Diagnostic],
) -> object:
    """A list as it will be: the values typed over those recorded."""
    evaluation = entry.result.evaluation
    values = {field: typed.get(field.path, current(field, evaluation)) for field in fields}
    if key == "evidence":
        return _papers(entry, fields[0], values[fields[0]])
    if key == "marks":
        marks = [_value(field, text) for field, text in sorted(values.items(), key=lambda pair: str(pair[0].path))]
        if REMOVE in marks and any(mark is not REMOVE for mark in marks):
            faults.append(cell.fault("专家评分要填全，或全部留空", "fill in all experts' marks or none"))
        return REMOVE if REMOVE in marks else marks
    rows = _deductions(values)
    kinds = {str(field.path[-1]): field for field in fields}
    given = (
        evaluation.records[str(fields[0].path[1])].deductions if str(fields[0].path[1]) in evaluation.records else ()
    )
    found = []
    for row in rows or ():
        written = {name: text if name == "cause" else _value(kinds[name], text) for name, text in row.items()}
        if "count" not in row and "points" not in row:
            faults.append(cell.fault("这一扣分行没有填次数或扣分", "this deduction has no count or points"))
        elif row.get("count") == "1" and not any(d.cause == row["cause"] and d.count == 1 for d in given or ()):
            del written["count"]  # once is what no count means
        found.append(written)
    return REMOVE if rows is None else found


def _papers(entry: Entry, field: Field, text: str) -> object:
    """One paper a line, its place after ｜; papers that stay keep whatever else is recorded of them."""
    recorded = value_at(read(entry.file).data, field.path)
    old = {(paper["title"], paper.get("place")): paper for paper in recorded} if isinstance(recorded, list) else {}
    papers = []
    for line in filter(None, (line.strip() for line in text.split("\n"))):
        title, _, place = (part.strip() for part in line.replace("|", "｜").partition("｜"))
        papers.append(old.get((title, place or None), {"title": title, **({"place": place} if place else {})}))
    return papers or REMOVE


def _faults_after(update: Update, cells: list[Cell], sets: Iterable[Path]) -> list[Diagnostic]:
    """What would be wrong with the file once written, each at the cell that was changed."""
    try:
        after = parse(splice(update.source.text, update.changes, update.entry.file), update.entry.file)
        faults = assess_source(after, sets)[1]
    except ScoringError as error:
        faults = list(error.diagnostics)
    return [Diagnostic(fault.message, fault.hint, _nearest(fault, cells)) for fault in faults]


def _nearest(fault: Diagnostic, cells: list[Cell]) -> Path:
    """The changed cell a fault speaks of: the one whose place in the file shares most with it."""
    steps = fault.path.replace("[", ".").replace("]", "").split(".")

    def shared(cell: Cell) -> int:
        path = [str(step) for step in cell.field.path]
        return next(
            (n for n, (a, b) in enumerate(zip(path, steps, strict=False)) if a != b), min(len(path), len(steps))
        )

    return max(cells, key=shared).place
