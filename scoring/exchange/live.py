"""The scores of a sheet as live formulas: every rule, group, total and grade lowered by the cells reading."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from scoring.aggregate import units
from scoring.binding import Bound
from scoring.errors import Diagnostic, ScoringError, Text
from scoring.exchange.fields import EXAMINED, NO, NUMERIC, YES, Field, current, exact, unit_of_actual
from scoring.exchange.plan import Line, Plan
from scoring.expression.cells import Cells, Input, rounded_units
from scoring.expression.grammar import parse
from scoring.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Logic,
    Name,
    Named,
    Node,
    Not,
    Number,
    names,
    number,
)
from scoring.facts import Figure
from scoring.rules import Checklist, Deduct, Judged, Levels, Milestones, OwnFormula, Panel, Ratio, YesNo
from scoring.rules.measured import OfOneValue
from scoring.values import DATE, Quantity, of_number

WAITING, STUCK, OPEN_GRADE = "待填", "算不出", "待定"
EPOCH = 693_594  # the day Excel counts from, as date.toordinal counts
ONE, NONE = number(1), number(0)
NO_ANSWER: Node = Arithmetic("/", ONE, NONE)


class Live:
    """The formulas of one sheet; `cells` holds the hidden sheet they stand on, called `name`."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan, self.name = plan, name
        self.layout: dict[str, Input | Node | str] = {}
        self.cells = Cells(self.layout)
        self.points: dict[str, str] = {}  # line → formula
        self.policy = plan.set.rounding
        self._facts()
        for leaf in plan.leaves():
            self._leaf(leaf)
        for node in plan.bound:
            self._points(node)
        self._total()

    # --- what the names stand for ----------------------------------------------------------------------------------

    def _facts(self) -> None:
        known = {
            name: ("truth" if isinstance(f.value, bool) else "number") for name, f in self.plan.result.figures.items()
        }
        for name, line in self._lines("fact"):
            field = line.fields.get("actual")
            fact = self.plan.evaluation.facts.get(name)
            if field is not None and field.kind == "truth":
                self.layout[name] = _truth(self._ref(line, "actual"))
            elif field is not None:
                self.layout[name] = self._quantity(field, line)
            elif fact is not None and fact.formula is not None:
                figure: Figure = self.plan.result.figures[name]
                tree = parse(fact.formula, {**self.plan.set.kinds(), **known})  # type: ignore[dict-item]
                share = of_number(Fraction(1), fact.formula_unit or figure.unit).to(figure.unit).number()
                self.layout[name] = Arithmetic("*", tree, Number(share))

    def _lines(self, kind: str) -> list[tuple[str, Line]]:
        return [(line.id.removeprefix("facts."), line) for line in self.plan.lines.values() if line.kind == kind]

    def _ref(self, line: Line, key: str) -> str:
        return self.plan.cell(line.id, key)

    def _input(self, field: Field, ref: str, blank: str = "NA()") -> Input:
        """A number cell: blank, or a number within its limits."""
        value = f"{ref}+{EPOCH}" if field.kind == "date" else ref
        inside = [f"{ref}>={field.in_cell(field.low)}"] if field.low is not None else []
        inside += [f"{ref}<={field.in_cell(field.high)}"] if field.high is not None else []
        held = f"IF(AND({','.join(inside)}),{value},SQRT(-1))" if inside else value
        return Input(f"IF(ISBLANK({ref}),{blank},IF(ISNUMBER({ref}),{held},SQRT(-1)))", self._places(field))

    def _places(self, field: Field) -> int:
        return places_in_cell(field, self.plan)

    def _quantity(self, field: Field, line: Line, asked: str | None = None) -> Node | Input:
        """A cell in its own unit, as the number expressions work with in the unit asked for."""
        given = self._input(field, self._ref(line, "actual"))
        name = f"cell.{line.id}"
        self.layout[name] = given
        fact = self.plan.set.facts.get(line.id.removeprefix("facts."))
        wanted = asked if asked is not None else fact.unit if fact else field.unit
        if field.unit == DATE:
            return given
        share = Quantity(Fraction(100 if field.percent else 1), field.unit).to(wanted).number()
        return Name(name) if share == 1 else Arithmetic("*", Name(name), Number(share))

    def _answers(self, leaf: Bound) -> None:
        """Binds the names the rule reads to the cells of the leaf."""
        rule = leaf.rule
        own, *parts = self.plan.parts(leaf.id)
        judge = self._ref(own, "judge")
        by_id = {line.part.id: line for line in parts if line.part}

        def bind(name: str, value: Input | Node | str) -> None:
            self.layout[f"{leaf.id}/{name}"] = value

        def judged(line: Line, blank: str = "NA()") -> Input:
            return self._input(line.fields["judge"], self._ref(line, "judge"), blank)

        bind("weight", Number(Fraction(leaf.weight)))
        bind("reduced", judged(by_id["reduce"], "0") if "reduce" in by_id else NONE)
        if "actual" in own.fields and own.fields["actual"].kind in NUMERIC:
            bind("actual", self._quantity(own.fields["actual"], own, unit_of_actual(leaf)))
        match rule:
            case Checklist():
                for item in rule.items:
                    bind(f"check.{item.id}", _truth(self._ref(by_id[f"check.{item.id}"], "judge")))
            case YesNo():
                bind("met", _truth(judge))
                bind("mark", judged(by_id["mark"], "0") if "mark" in by_id else NONE)
            case Levels():
                bind("share", self._level(rule, judge, by_id.get("share")))
            case Milestones():
                for milestone in rule.milestones:
                    line = by_id[f"at.{milestone.id}"]
                    bind(f"at.{milestone.id}", self._quantity(line.fields["actual"], line, rule.unit))
            case Panel():
                for n in range(1, rule.raters + 1):
                    bind(f"mark.{n}", judged(by_id[f"mark.{n}"]))
            case Judged():
                bind("mark", judged(own))
            case Deduct():
                self._deductions(leaf, rule, judge, parts)

    def _level(self, rule: Levels, judge: str, line: Line | None) -> Input:
        """The share of the points: fixed by the level chosen, or given within its span."""
        chosen = "SQRT(-1)"
        share = self._ref(line, "judge") if line else ""
        places = self._places(line.fields["judge"]) if line else 4
        held_share = f"ROUND({share},{places})"  # 58.7/100 is not the float of 0.587
        for level in reversed(rule.levels):
            if level.share is not None:
                percent = exact(level.share * 100)
                assert percent is not None
                whole = percent.scaleb(-2).normalize()
                value = f"IF(OR(ISBLANK({share}),{held_share}={whole:f}),{whole:f},SQRT(-1))" if share else f"{whole:f}"
                places = max(places, -int(whole.as_tuple().exponent))
            else:
                ends = [(">=", level.at_least), ("<=", level.at_most), ("<", level.below)]
                held = ",".join(f"{held_share}{sign}{float(end)!r}" for sign, end in ends if end is not None)
                value = f"IF(ISBLANK({share}),NA(),IF(AND(ISNUMBER({share}),{held}),{share},SQRT(-1)))"
            chosen = f"IF({judge}={_quoted(level.name)},{value},{chosen})"
        return Input(f"IF(ISBLANK({judge}),NA(),{chosen})", places)

    def _deductions(self, leaf: Bound, rule: Deduct, judge: str, parts: list[Line]) -> None:
        refs = {line.id: self._ref(line, "judge") for line in parts if line.id.startswith(f"{leaf.id}#deduct.")}
        examined = f'OR({judge}="{EXAMINED}",COUNTA({",".join(refs.values())})>0)'
        for cause in rule.causes:
            mine = [line for line in parts if line.id.startswith(f"{leaf.id}#deduct.{cause.id}.")]
            places = max(self._places(line.fields["judge"]) for line in mine)
            sound = []
            for line in mine:
                field, ref = line.fields["judge"], refs[line.id]
                whole = f",{ref}=INT({ref})" if field.kind == "count" else ""
                sound.append(f"OR(ISBLANK({ref}),AND(ISNUMBER({ref}),{ref}>={field.low},{ref}<={field.high}{whole}))")
            total = f"ROUND(SUM({','.join(refs[line.id] for line in mine)}),{places})"
            name = ("count." if cause.each is not None else "taken.") + cause.id
            self.layout[f"{leaf.id}/{name}"] = Input(
                f"IF({examined},IF(AND({','.join(sound)}),{total},SQRT(-1)),NA())", places
            )

    def shown(self, fact: str) -> str:
        """A formula that shows a fact derived from others in its own unit."""
        unit = self.plan.result.figures[fact].unit
        share = Quantity(Fraction(1), unit).number()
        value = self._at(self.cells.number(Arithmetic("/", Name(fact), Number(share))).value)
        return f'=IF(ISERROR({value}),"{WAITING}",ROUND({value},6))'

    def measured(self, leaf: Bound) -> str | None:
        """A formula that shows the actual a rule works out from facts, in the rule's unit."""
        rule = leaf.rule
        formula = rule.actual if isinstance(rule, Ratio) else rule.of if isinstance(rule, OfOneValue) else None
        unit = unit_of_actual(leaf)
        if formula is None or unit == DATE or self.plan.closed(leaf):
            return None
        share = Quantity(Fraction(1), unit).number()
        value = self._at(self.cells.number(Arithmetic("/", parse(formula, leaf.known), Number(share))).value)
        return f'=IF(ISERROR({value}),"{WAITING}",ROUND({value},4))'

    # --- scores ----------------------------------------------------------------------------------------------------

    def _leaf(self, leaf: Bound) -> None:
        """Binds `leaf/points` to the exact points out of its own weight, 0 while there are none; `leaf/state` to why."""
        node = self.plan.nodes[leaf.id]
        if node.state == "not-applicable":
            self.layout[f"{leaf.id}/points"] = Number(Fraction(leaf.weight if node.points else 0))
            return
        self._answers(leaf)
        tree = _renamed(
            leaf.tree, {name: f"{leaf.id}/{name}" for name in names(leaf.tree) if f"{leaf.id}/{name}" in self.layout}
        )
        if isinstance(leaf.rule, OwnFormula):  # only this rule may leave its range: the engine refuses it then
            inside = Logic("and", Compare(">=", tree, NONE), Compare("<=", tree, Number(Fraction(leaf.weight))))
            tree = Choose(inside, tree, NO_ANSWER)
        value = self.cells.number(tree).value
        own = self.plan.lines[leaf.id]
        actual, words = self._ref(own, "actual"), own.fields["actual"].words if "actual" in own.fields else ()
        repeated = f"OR({','.join(f'EXACT({actual},{_quoted(word)})' for word in words)})" if words else "FALSE"
        mark = own.fields.get("judge")
        by_hand: Node = NONE
        if words and mark is not None and mark.path[-1] == "mark":
            self.layout[f"{leaf.id}/by-hand"] = self._input(mark, self._ref(own, "judge"), "0")
            by_hand = Name(f"{leaf.id}/by-hand")
        self.layout[f"{leaf.id}/known"] = f"NOT(ISERROR({value}))"
        self.layout[f"{leaf.id}/repeated"] = repeated
        otherwise = Choose(Name(f"{leaf.id}/repeated", "truth"), by_hand, NONE) if words else NONE
        self.layout[f"{leaf.id}/points"] = Choose(Name(f"{leaf.id}/known", "truth"), tree, otherwise)
        self.layout[f"{leaf.id}/state"] = (
            f'IF(OR(NOT(ISERROR({self._at(value)})),{repeated}),"",IF(ISNA({self._at(value)}),"{WAITING}","{STUCK}"))'
        )

    def _at(self, ref: str) -> str:
        """A cell of the hidden sheet, seen from another."""
        return f"'{self.name}'!{ref}"

    def _share(self, bound: Bound) -> Node | None:
        """The share of full points, as scoring.aggregate.share has it."""
        if bound.rule is not None:
            if self.plan.closed(bound) and not self.plan.nodes[bound.id].points:
                return None
            return Arithmetic("/", Name(f"{bound.id}/points"), Number(Fraction(bound.weight)))
        parts = [(Fraction(c.weight), s) for c in bound.children if (s := self._share(c)) is not None]
        if not parts:
            return None
        shares = [part for _, part in parts]
        match bound.combine:
            case "weakest" | "best":
                call: Node = Call("min" if bound.combine == "weakest" else "max", tuple(shares))
                return call if len(shares) > 1 else shares[0]
            case "geometric":
                title = bound.title
                message = Text(
                    f"“{title.zh}”取几何平均，评分簿的公式算不出精确的数，不能写出评分簿",
                    f"'{title.en}' is a geometric mean, which no formula of a score book computes exactly",
                )
                hint = Text(
                    "用 jixiao record 登记，或直接编辑评价文件", "use jixiao record, or edit the evaluation file"
                )
                raise ScoringError(Diagnostic(message, hint))
            case "product":
                total = shares[0]
                for part in shares[1:]:
                    total = Arithmetic("*", total, part)
                return total
            case _:
                total = Arithmetic("*", Number(parts[0][0]), shares[0])
                for weight, part in parts[1:]:
                    total = Arithmetic("+", total, Arithmetic("*", Number(weight), part))
                return Arithmetic("/", total, Number(sum((w for w, _ in parts), Fraction(0))))

    def _points(self, bound: Bound, inside: bool = False) -> None:
        """The points of a node and of all below it, as the sheet prints them."""
        line = bound.id if bound.rule is not None else f"{bound.id}#subtotal"
        if bound.rule is not None or bound.combine != "sum" or inside:
            share = self._share(bound)
            weight = bound.weight if inside else self.plan.nodes[bound.id].weight
            exactly = NONE if share is None else Arithmetic("*", share, Number(Fraction(weight)))
            text = self._rounded(exactly)
        else:
            mine = [id for child in bound.children for id in self._printed(child)]
            text = f"ROUND(SUM({','.join(self.plan.cell(id, 'points') for id in mine)}),{self.policy.places})"
        if state := self.layout.get(f"{bound.id}/state"):
            text = f'IF({state}="",{text},{state})'
        if line in self.plan.lines:
            self.points[line] = f"={text}"
        for child in bound.children:
            self._points(child, inside or bound.combine != "sum")

    def _printed(self, bound: Bound) -> list[str]:
        """The lines whose points add up to a node's."""
        return [unit.id if unit.rule is not None else f"{unit.id}#subtotal" for unit in units([bound])]

    def _rounded(self, node: Node) -> str:
        whole = self.cells.number(rounded_units(node, self.policy.places, self.policy.how == "cut"))
        return f"{self._at(whole.value)}/{10**self.policy.places}"

    def _total(self) -> None:
        """The total as scoring.adjust has it, and the grade."""
        plan, places, maximum = self.plan, self.policy.places, self.plan.result.maximum
        penalties = sum((plan.nodes[node.id].weight for node in plan.bound if node.role == "penalty"), Decimal(0))
        if self.policy.at == "leaf":
            cells = [plan.cell(id, "points") for node in plan.bound for id in self._printed(node)]
            added = f"SUM({','.join(cells)})"
        else:
            parts: list[Node] = []
            for unit in units(plan.bound):
                if (share := self._share(unit)) is not None:
                    parts.append(Arithmetic("*", share, Number(Fraction(plan.nodes[unit.id].weight))))
            exactly = parts[0]
            for part in parts[1:]:
                exactly = Arithmetic("+", exactly, part)
            added = self._rounded(exactly)
        held = self.cells.put(f"=ROUND(MIN(MAX({added}-{penalties},0),{maximum}),{places})")
        waiting = [f"COUNTIF({self._column()},{_quoted(word)})" for word in (WAITING, STUCK)]
        unfinished = self.cells.put(f"={'+'.join(waiting)}")
        self.layout["total/held"] = Input(held, places)
        total, grade = self._adjusted(Name("total/held"))
        done, open_ = f"{self._at(unfinished)}=0", self._at(unfinished)
        self.points["#total"] = f"=IF({done},{total},{self._at(held)})"
        titles = ",".join(_quoted(grade.title) for grade in plan.set.grades)
        self.grade = f'=IF({done},CHOOSE({grade},{titles}),"{OPEN_GRADE}（还有"&{open_}&"项）")'

    @property
    def grade_now(self) -> str:
        """What the formula of the grade gives for what is recorded."""
        result = self.plan.result
        return result.grade.title if result.grade else f"{OPEN_GRADE}（还有{len(result.open)}项）"

    def _column(self) -> str:
        rows = [line.row + 1 for line in self.plan.lines.values() if line.kind != "fact"]
        first = self.plan.cell(next(iter(self.plan.lines)), "points")
        letter = first.rpartition("!")[2].split("$")[1]
        return f"'{self.plan.name}'!${letter}${min(rows)}:${letter}${max(rows) - 1}"

    def _adjusted(self, total: Node) -> tuple[str, str]:
        """The final total and the number of its grade, once nothing is open: discount for a drop, then vetoes."""
        plan, grades = self.plan, self.plan.set.grades
        earlier = plan.evaluation.earlier_review
        before = plan.set.grade(earlier.total, Decimal(100)) if earlier else None
        if before is not None and (factors := plan.set.grade_drop):
            after: Node = total
            for index in reversed(range(len(grades))):
                drop = index - grades.index(before)
                factor = factors[min(drop, len(factors)) - 1] if drop > 0 else Fraction(1)
                after = Choose(self._reaches(total, index), Arithmetic("*", total, Number(factor)), after)
            self.layout["total/dropped"] = Input(f"{self._bare(self._rounded(after))}", self.policy.places)
            total = Name("total/dropped")
        index_of: Node = number(len(grades))
        for index in reversed(range(len(grades) - 1)):
            index_of = Choose(self._reaches(total, index), number(index + 1), index_of)
        text, chosen = self._at(self.cells.number(total).value), self._at(self.cells.number(index_of).value)
        for veto in plan.set.vetoes:
            if veto.id in plan.evaluation.vetoes and veto.effect == "zero":
                text, chosen = "0", str(len(grades))
            elif veto.id in plan.evaluation.vetoes:
                ceiling = next(i for i, grade in enumerate(grades, start=1) if grade.title == veto.grade)
                chosen = f"MAX({chosen},{ceiling})"
        return text, chosen

    def _bare(self, text: str) -> str:
        return text.replace(f"'{self.name}'!", "")

    def _reaches(self, total: Node, index: int) -> Node:
        least = Number(Fraction(self.plan.set.grades[index].at_least) * Fraction(self.plan.result.maximum) / 100)
        return Compare(">=", total, least)


def places_of(field: Field, plan: Plan) -> int:
    """The most decimals a number takes in its unit: 4, or as many as its value has already."""
    _, _, decimals = current(field, plan.evaluation).partition(".")
    return max(4, len(decimals)) if field.kind not in ("count", "date") and decimals.isdigit() else 4


def places_in_cell(field: Field, plan: Plan) -> int:
    return places_of(field, plan) + (2 if field.percent else 0)


def _truth(ref: str) -> str:
    return f'IF(ISBLANK({ref}),NA(),IF({ref}="{YES}",TRUE,IF({ref}="{NO}",FALSE,SQRT(-1)<0)))'


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _renamed(node: Node, to: dict[str, str]) -> Node:
    """The tree with names replaced."""
    match node:
        case Name(id, given):
            return Name(to.get(id, id), given)
        case Call(function, arguments):
            return Call(function, tuple(_renamed(argument, to) for argument in arguments))
        case Arithmetic(op, left, right):
            return Arithmetic(op, _renamed(left, to), _renamed(right, to))
        case Compare(order, left, right):
            return Compare(order, _renamed(left, to), _renamed(right, to))
        case Logic(join, left, right):
            return Logic(join, _renamed(left, to), _renamed(right, to))
        case Choose(condition, then, otherwise):
            return Choose(_renamed(condition, to), _renamed(then, to), _renamed(otherwise, to))
        case Number():
            return node
        case Not(inner):
            return Not(_renamed(inner, to))
        case Named(_, inner):
            return _renamed(inner, to)
