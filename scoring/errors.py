"""What is wrong with a user's files, said so that it can be mended: one family of error, many diagnostics."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Text(NamedTuple):
    """One message in both languages, written side by side where it arises."""

    zh: str
    en: str

    def to(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: where it is, what is wrong, and what to write instead.

    line and column count from 1; 0 means the fault belongs to the whole file.
    path is the place in the data, such as `records.approval.mark`.
    """

    message: Text
    hint: Text | None = None
    file: Path | None = None
    line: int = 0
    column: int = 0
    path: str = ""

    def at(self, file: Path, line: int, column: int) -> Diagnostic:
        return replace(self, file=file, line=line, column=column)

    def render(self, lang: Lang = "zh") -> str:
        place = ":".join(str(part) for part in (self.file, self.line or None, self.column or None) if part)
        lines = [": ".join(part for part in (place, self.path, self.message.to(lang)) if part)]
        if self.hint:
            lines.append(f"  {'提示：' if lang == 'zh' else 'hint: '}{self.hint.to(lang)}")
        return "\n".join(lines)


class ScoringError(Exception):
    """The content is faulty. Carries every diagnostic found, in the order of file and line."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=lambda d: (str(d.file or ""), d.line, d.column)))
        super().__init__("\n".join(d.render("zh") for d in self.diagnostics))


class Fault(ValueError):
    """A fault found by code that does not know the file; whoever does turns it into a Diagnostic.

    inside names the part of the value that is at fault, so the diagnostic can point below the value itself;
    offset counts characters into the text at fault, so that a column can be precise; at_key points at the key.
    """

    def __init__(
        self,
        message: Text,
        hint: Text | None = None,
        *,
        inside: tuple[str | int, ...] = (),
        offset: int = 0,
        at_key: bool = False,
    ):
        super().__init__(message.zh)
        self.message, self.hint, self.inside, self.offset, self.at_key = message, hint, inside, offset, at_key

    def within(self, *path: str | int) -> Fault:
        """The same fault, seen from further up."""
        return Fault(self.message, self.hint, inside=(*path, *self.inside), offset=self.offset, at_key=self.at_key)


def nearest(word: str, known: list[str] | tuple[str, ...], rather: Collection[str] = ()) -> str | None:
    """The known word the user most likely meant, if any is near; of equally near ones one of `rather`."""
    from difflib import SequenceMatcher, get_close_matches

    found = get_close_matches(word, known, n=3, cutoff=0.6)
    return max(found, key=lambda near: (SequenceMatcher(None, near, word).ratio(), near in rather), default=None)


MANY = 30


def listed(words: Iterable[str]) -> Text:
    """Words as a list in both languages."""
    words = list(words)
    return Text("、".join(words) or "无", ", ".join(words) or "none")


def suggest(word: str, known: Iterable[str]) -> Text:
    """The known word that was meant, or all there are; of very many the first, and how many."""
    known = list(known)
    if near := nearest(word, known):
        return Text(f"是不是 {near}？", f"did you mean {near}?")
    if len(known) > MANY:
        some = listed(known[:8])
        return Text(f"有 {len(known)} 个，如 {some.zh}", f"there are {len(known)}, such as {some.en}")
    all_known = listed(known)
    return Text(f"有：{all_known.zh}", f"there are: {all_known.en}")
