"""What a hook may give, checked value by value: from here on the types are true.

Every check takes what a plugin gave and returns it typed, or raises `Breach`. A
breach speaks of types and numbers only, never of content. Types must match exactly: a
subclass could answer differently each time it is asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from math import isfinite
from typing import TypeVar

from brim.dialects.base import Dialect
from brim.model.conversation import Tool
from brim.model.decisions import (
    Condensation,
    Counts,
    Drop,
    Edit,
    Level,
    Replace,
    Rewrite,
    TrimDecision,
)
from brim.model.messages import Message, ToolCall
from brim.model.operations import Ask, Completion, Delta, Snippet
from brim.model.profiles import ModelProfile
from brim.store.base import Cache

__all__ = [
    "Breach",
    "ask",
    "cache",
    "completion",
    "condensation",
    "counts",
    "decision",
    "delta",
    "deltas",
    "dialect",
    "exactly",
    "nothing",
    "profile",
    "snippets",
    "vectors",
]

T = TypeVar("T")
Plain = (str, int, float, bool)

ACCOUNT = 16
"""Numbers that a policy may keep for each conversation."""


class Breach(Exception):
    """A value that the contract of its hook forbids."""


def exactly(value: object, kind: type[T], what: str = "") -> T:
    """The value, if its type is `kind`; bool is no int."""
    if type(value) is not kind:
        raise Breach(f"{what or 'the answer'} is {_a(value)}, not {_an(kind.__name__)}")
    return value


def nothing(value: object) -> object:
    """For hooks that give nothing: whatever they do give is dropped."""
    return value


def counts(value: object, texts: Sequence[str]) -> Counts:
    """One count for each text, none over its bytes; a finite margin."""
    given = exactly(value, Counts)
    values = exactly(given.values, tuple, "values")
    if len(values) != len(texts):
        raise Breach(f"{len(values)} counts for {len(texts)} texts")
    for place, (number, text) in enumerate(zip(values, texts, strict=True)):
        if type(number) is not int:
            raise Breach(f"values[{place}] is {_a(number)}, not an int")
        if not 0 <= number <= len(text) and not 0 <= number <= _bytes(text):
            raise Breach(f"values[{place}] is {number}, and the text has {_bytes(text)} bytes")
    _at_least_zero(given.margin, "margin")
    return given


def decision(value: object) -> TrimDecision:
    given = exactly(value, TrimDecision)
    exactly(given.trim, bool, "trim")
    exactly(given.level, Level, "level")
    for name in ("target", "trigger"):
        if exactly(getattr(given, name), int, name) < 0:
            raise Breach(f"{name} is {getattr(given, name)}, under 0")
    _tuple_of(str, given.strategies, "strategies")
    exactly(given.reason, str, "reason")
    for number in _tuple_of(float, given.account, "account"):
        _finite(number, "account")
    if len(given.account) > ACCOUNT:
        raise Breach(f"account has {len(given.account)} numbers, over {ACCOUNT}")
    return given


def condensation(value: object) -> Condensation:
    """Edits of the three kinds with fields of the right types, and plain facts.

    Whether they fit the conversation is for the road to say.
    """
    given = exactly(value, Condensation)
    for place, edit in enumerate(exactly(given.edits, tuple, "edits")):
        _edit(edit, f"edits[{place}]")
    if not isinstance(given.facts, Mapping):
        raise Breach(f"facts is {_a(given.facts)}, not a mapping")
    facts = dict(given.facts)
    for name, fact in facts.items():
        if type(name) is not str or type(fact) not in Plain:
            raise Breach(f"facts hold {_a(fact)} under {_a(name)}; plain values only")
    return Condensation(given.edits, facts)


def _edit(edit: object, where: str) -> Edit:
    match edit:
        case Drop(exchanges):
            _tuple_of(int, exchanges, f"{where}.exchanges")
        case Replace(exchanges, note):
            _tuple_of(int, exchanges, f"{where}.exchanges")
            exactly(note, str, f"{where}.note")
        case Rewrite():
            for name in ("exchange", "message", "part"):
                exactly(getattr(edit, name), int, f"{where}.{name}")
            exactly(edit.text, str, f"{where}.text")
            for step in exactly(edit.path, tuple, f"{where}.path"):
                if type(step) not in (str, int):
                    raise Breach(f"{where}.path holds {_a(step)}, not a str or an int")
        case _:
            raise Breach(f"{where} is {_a(edit)}, not a Drop, Replace or Rewrite")
    if type(edit) not in (Drop, Replace, Rewrite):
        raise Breach(f"{where} is {_a(edit)}, a subclass")
    return edit


def ask(value: object) -> Ask:
    given = exactly(value, Ask)
    for place, pair in enumerate(exactly(given.prompt, tuple, "prompt")):
        if len(_tuple_of(str, pair, f"prompt[{place}]")) != 2:
            raise Breach(f"prompt[{place}] has {len(pair)} items; it is (role, text)")
    for name in ("purpose", "model"):
        exactly(getattr(given, name), str, name)
    _tuple_of(Message, given.messages, "messages")
    _tuple_of(Tool, given.tools, "tools")
    if exactly(given.max_tokens, int, "max_tokens") < 1:
        raise Breach(f"max_tokens is {given.max_tokens}, under 1")
    _at_least_zero(given.temperature, "temperature")
    if type(given.seconds) not in (int, float) or not given.seconds > 0:
        raise Breach("seconds is no number over 0")
    return given


def completion(value: object) -> Completion:
    given = exactly(value, Completion)
    exactly(given.text, str, "text")
    exactly(given.model, str, "model")
    exactly(given.reasoning, str, "reasoning")
    if given.stop not in ("end", "length", "refusal", "other"):
        raise Breach("stop is none of end, length, refusal and other")
    for name in ("input_tokens", "output_tokens", "cached_tokens"):
        if exactly(getattr(given, name), int, name) < 0:
            raise Breach(f"{name} is under 0")
    for call in _tuple_of(ToolCall, given.tool_calls, "tool_calls"):
        for name in ("id", "name", "arguments"):
            exactly(getattr(call, name), str, f"{name} of a tool call")
    return given


def snippets(value: object) -> tuple[Snippet, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Breach(f"the answer is {_a(value)}, not a sequence of Snippet")
    for place, snippet in enumerate(value):
        where = f"snippets[{place}]"
        exactly(snippet, Snippet, where)
        exactly(snippet.text, str, f"{where}.text")
        exactly(snippet.source, str, f"{where}.source")
        _finite(snippet.score, f"{where}.score")
        if exactly(snippet.tokens, int, f"{where}.tokens") < 0:
            raise Breach(f"{where}.tokens is under 0")
    return tuple(value)


def delta(value: object) -> Delta:
    given = exactly(value, Delta)
    exactly(given.text, str, "text")
    exactly(given.reasoning, str, "reasoning")
    if given.completion is not None:
        completion(given.completion)
    return given


def deltas(value: object) -> AsyncIterator[object]:
    if not isinstance(value, AsyncIterator):
        raise Breach(f"the answer is {_a(value)}, not an async iterator of Delta")
    return value


def profile(value: object) -> ModelProfile:
    given = exactly(value, ModelProfile)
    exactly(given.name, str, "name")
    for name in ("window", "max_output"):
        if exactly(getattr(given, name), int, name) < 1:
            raise Breach(f"{name} is {getattr(given, name)}, under 1")
    for name in ("scale", "margin"):
        _at_least_zero(getattr(given, name), name)
    return given


def vectors(value: object, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    """One vector of finite numbers for each text, all of one length."""
    if not isinstance(value, Sequence) or len(value) != len(texts):
        raise Breach(f"the answer is {_a(value)}, not {len(texts)} vectors")
    given = tuple(tuple(map(float, vector)) for vector in value)
    if len({len(vector) for vector in given}) > 1:
        raise Breach("the vectors differ in length")
    if not all(isfinite(number) for vector in given for number in vector):
        raise Breach("a vector holds a number that is not finite")
    return given


def dialect(value: object) -> Dialect:
    _has(value, Dialect)
    given: Dialect = value  # type: ignore[assignment]  # what _has has seen
    exactly(given.name, str, "name")
    return given


def cache(value: object) -> Cache:
    _has(value, Cache)
    return value  # type: ignore[return-value]  # what _has has seen


def _has(value: object, protocol: type) -> None:
    for name, member in vars(protocol).items():
        if name.startswith("_"):
            continue
        found = getattr(value, name, None)
        if found is None or (isinstance(member, Callable) and not callable(found)):  # type: ignore[arg-type]
            raise Breach(f"the answer is {_a(value)} without {name!r}, no {protocol.__name__}")


def _tuple_of(kind: type[T], value: object, what: str) -> tuple[T, ...]:
    given = exactly(value, tuple, what)
    for item in given:
        if type(item) is not kind:
            raise Breach(f"{what} holds {_a(item)}, not {_an(kind.__name__)}")
    return given


def _finite(value: object, what: str) -> float:
    if type(value) not in (int, float):
        raise Breach(f"{what} is {_a(value)}, not a number")
    number = float(value)  # type: ignore[arg-type]  # int or float, as just seen
    if not isfinite(number):
        raise Breach(f"{what} is not finite")
    return number


def _at_least_zero(value: object, what: str) -> None:
    if _finite(value, what) < 0:
        raise Breach(f"{what} is under 0")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _a(value: object) -> str:
    return _an(type(value).__name__)


def _an(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
