"""YAML text → data straight from the parser's events, for files that hold nothing odd: half the work, as no nodes are made.

What is odd, rare or wrong is Unsure, and `nodes` reads the file again: it knows where everything stands, and it alone finds
fault. So all that matters here is that what is taken is what `nodes` makes of it, digit by digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from yaml.events import (
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from scoring.source import nodes

LONGEST = 100_000  # so short a text can hold neither too many values nor too long a one
DEEPEST = 30
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")

_Next = Callable[[], Event | None]


class Unsure(Exception):
    """The file is to be read node by node."""


def data_of(text: str) -> object:
    """The data. Unsure, or PyYAML's own error: something is odd."""
    if len(text) > LONGEST or "!" in text or "&" in text or "\\" in text:  # tags, anchors, escapes
        raise Unsure
    following: _Next = nodes.COMPOSER(text).get_event
    following()  # the stream begins
    if type(following()) is not DocumentStartEvent:
        raise Unsure
    data = _collection(following(), following, 1)
    following()  # the document ends
    if type(following()) is not StreamEndEvent:
        raise Unsure
    return data


def _collection(event: Event | None, following: _Next, depth: int) -> object:
    if depth > DEEPEST:
        raise Unsure
    if type(event) is SequenceStartEvent:
        entries: list[object] = []
        while type(event := following()) is not SequenceEndEvent:
            entries.append(_scalar(event) if type(event) is ScalarEvent else _collection(event, following, depth + 1))
        return entries
    if type(event) is not MappingStartEvent:
        raise Unsure
    mapping: dict[str, object] = {}
    while type(event := following()) is not MappingEndEvent:
        if type(event) is not ScalarEvent:
            raise Unsure
        key = event.value
        if not key or key in mapping or key == "<<":
            raise Unsure
        event = following()
        mapping[key] = _scalar(event) if type(event) is ScalarEvent else _collection(event, following, depth + 1)
    return mapping


def _scalar(event: ScalarEvent) -> object:
    value: str = event.value
    if event.style:
        return value
    if value in nodes.WORDS:
        return nodes.WORDS[value]
    if value[0] not in "+-.0123456789" or nodes.NUMBER.fullmatch(value) is None:
        return value
    if (found := _PLAIN_NUMBER.fullmatch(value)) is None:
        raise Unsure
    return Decimal(value) if found[1] else int(value)
