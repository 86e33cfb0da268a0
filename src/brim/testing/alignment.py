"""Where each piece of an output came from: unchanged, marked as rewritten, or a note."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from brim.testing.wire import NAMED, TEXTS, Atom, is_note
from brim.testing.writers import Json

__all__ = ["MARK", "Match", "align", "stands_for"]

MARK = re.compile(r"\[brim(?: [a-z2-7]{6,26})?: ")
"""What every text that Brim shortened or replaced holds."""

CUT = re.compile(r"\n?\[brim(?: [a-z2-7]{6,26})?: [\d,]+ characters cut\]\n?")
MARKED = re.compile(r"\[brim(?: [a-z2-7]{6,26})?: [^\]]*\]")
WORD = re.compile(r"\w+")
CONTENT = frozenset({"content"})


@frozen
class Match:
    """An output atom and the input atom it stands for; None for a note."""

    out: Atom
    source: Atom | None

    @property
    def exact(self) -> bool:
        """Whether it went out as it came."""
        return self.source is not None and self.source.content == self.out.content


def align(before: Sequence[Atom], after: Sequence[Atom]) -> tuple[list[Match], Atom | None]:
    """Match all output atoms in order, each with the earliest input atom it may stand for.

    Returns the matches, and the first output atom that stands for nothing or comes out of order.
    """
    matches: list[Match] = []
    place = 0
    for out in after:
        at = _find(before, place, out)
        if at is None and not is_note(out):
            return matches, out
        matches.append(Match(out, None if at is None else before[at]))
        place = place if at is None else at + 1
    return matches, None


def stands_for(out: Atom, source: Atom) -> bool:
    """Whether an output atom may be this input atom, as it came or marked as rewritten."""
    if source.content == out.content:
        return True
    if is_note(out):  # which may quote marks
        return False
    return MARK.search(out.value) is not None and _rewritten(source, out)


def _find(before: Sequence[Atom], place: int, out: Atom) -> int | None:
    return next((at for at in range(place, len(before)) if stands_for(out, before[at])), None)


def _rewritten(source: Atom, out: Atom) -> bool:
    if source.role != out.role or source.key != out.key:
        return False
    match source.kind, out.kind:
        case ("text" | "text+", "text" | "text+"):
            return _cut_of(_text(source), _text(out))
        case ("media", "text" | "text+"):
            return True
        case ("result", "result"):
            return _result(json.loads(source.value), json.loads(out.value))
        case ("call", "call"):
            return _call(json.loads(source.value), json.loads(out.value))
    return False


def _text(atom: Atom) -> str:
    return str(json.loads(atom.value)["text"]) if atom.kind == "text+" else atom.value


def _cut_of(source: str, out: str) -> bool:
    """Where the mark says that it was cut, what is around it is the source's own; its words are,
    where a mark in front says that it was written in another form before it was cut."""
    cuts = list(CUT.finditer(out))
    if cuts and MARK.match(out) and not CUT.match(out):
        return _says_only(source, out)
    ends = [(out[: cut.start()], out[cut.end() :]) for cut in cuts]
    return not ends or any(source.startswith(a) and source.endswith(b) for a, b in ends)


def _says_only(source: str, out: str) -> bool:
    """Whether all words outside of marks are the source's."""
    said = f"{source} {_decoded(source)}"
    return all(word in said for word in WORD.findall(MARKED.sub(" ", out)))


def _result(source: Any, out: Any) -> bool:
    """Everything but the content is the same, and every item of it is old or marked."""
    if isinstance(source, dict) and isinstance(out, dict) and "tool_use_id" in source:
        rest = [{k: v for k, v in one.items() if k not in CONTENT} for one in (source, out)]
        if json.dumps(rest[0]) != json.dumps(rest[1]):
            return False
        source, out = source.get("content"), out.get("content")
    if isinstance(out, str):
        return MARK.search(out) is not None and (
            not isinstance(source, str) or _cut_of(source, out)
        )
    old = [json.dumps(item) for item in source] if isinstance(source, list) else []
    return all(json.dumps(item) in old or _marked_text(item) for item in out)


def _marked_text(item: Json) -> bool:
    return item.get("type") in TEXTS and MARK.search(item["text"]) is not None


def _call(source: Json, out: Json) -> bool:
    """Only long string values of the arguments differ, and they are marked."""
    old, new = dict(source), dict(out)
    if "function" in source and "function" in out:
        old["function"], new["function"] = dict(source["function"]), dict(out["function"])
        given = (
            _decoded(old["function"].pop("arguments")),
            _decoded(new["function"].pop("arguments")),
        )
    elif "arguments" in source and "arguments" in out:
        given = _decoded(old.pop("arguments")), _decoded(new.pop("arguments"))
    elif "input" in source and "input" in out:
        given = old.pop("input"), new.pop("input")
    else:  # a provider's own tool: all of its fields are what it is called with
        given = (
            {k: old.pop(k) for k in source if k not in NAMED},
            {k: new.pop(k) for k in out if k not in NAMED},
        )
    return json.dumps(old) == json.dumps(new) and _same_shape(*given)


def _unnamed(call: Json) -> Json:
    """Take the fields that a built-in tool is called with out of a call."""
    return {key: call.pop(key) for key in list(call) if key not in NAMED}


def _decoded(arguments: str) -> object:
    try:
        return json.loads(arguments)
    except ValueError:
        return object()


def _same_shape(old: object, new: object) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return list(old) == list(new) and all(_same_shape(old[k], new[k]) for k in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same_shape, old, new))
    if isinstance(old, str) and isinstance(new, str):
        return old == new or (MARK.search(new) is not None and _cut_of(old, new))
    return type(old) is type(new) and old == new
