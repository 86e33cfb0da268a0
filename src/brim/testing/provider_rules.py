"""The providers' rules once more, written apart from Brim's dialects: an oracle for tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from brim.testing.case import Case
from brim.testing.wire import Atom, canonical, role_of
from brim.testing.writers import Json

__all__ = ["broken_rules"]

Fault = tuple[int, str]
"""A rule's number in the table of provider rules, and what breaks it."""

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
PREFIXES = {"function_call": "fc_", "message": "msg_", "reasoning": "rs_"}
MOST_CALLS = 128
MOST_MARKS = 4


def broken_rules(case: Case) -> set[Fault]:
    """The rules this request breaks."""
    return set(CHECKS[case.dialect](case))


def _openai(case: Case) -> Iterator[Fault]:
    waiting: list[str] = []
    for message in case.messages:
        if message["role"] == "tool":
            if message["tool_call_id"] in waiting:
                waiting.remove(message["tool_call_id"])
            else:
                yield 1, message["tool_call_id"]
            if "content" not in message:
                yield 4, message["tool_call_id"]
            continue
        yield from ((2, call) for call in waiting)
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
        if len(waiting) > MOST_CALLS or (not waiting and "tool_calls" in message):
            yield 5, str(len(waiting))
        if not waiting and message.get("content") is None:
            yield 4, message["role"]
        if "name" in message and not NAME.fullmatch(message["name"]):
            yield 6, message["name"]
    yield from ((2, call) for call in waiting)


def _anthropic(case: Case) -> Iterator[Fault]:
    if case.messages[:1] and case.messages[0]["role"] != "user":
        yield 18, case.messages[0]["role"]
    waiting: set[str] = set()
    for index, group in groupby(case.atoms, lambda atom: atom.message):
        own, message = list(group), case.messages[index]
        yield from _pairs(waiting, own)
        yield from ((20, str(index)) for text in _texts(message) if not text.strip())
        waiting = {atom.key for atom in own if atom.kind == "call"}
    yield from ((15, call) for call in waiting)
    yield from _whole(case)


def _pairs(waiting: set[str], own: list[Atom]) -> Iterator[Fault]:
    results = [atom.key for atom in own if atom.kind == "result"]
    yield from ((15, call) for call in waiting - set(results))
    yield from ((16, call) for call in results if call not in waiting)
    yield from ((16, call) for call in set(results) if results.count(call) > 1)
    if any(atom.kind == "result" for atom in own[len(results) :]):
        yield 17, results[0]


def _whole(case: Case) -> Iterator[Fault]:
    marks = sum(_marks(case.request.get(key)) for key in ("system", "tools", "messages"))
    if marks > MOST_MARKS:
        yield 23, str(marks)
    last = case.messages[-1] if case.messages else {"role": "user"}
    if last["role"] == "assistant" and "".join(_texts(last)[-1:])[-1:].isspace():
        yield 21, "last"
    if "tools" not in case.request and any(atom.kind == "call" for atom in case.atoms):
        yield 34, "tools"
    if "thinking" in case.request and _loop_without_thought(case):
        yield 25, "last"


def _loop_without_thought(case: Case) -> bool:
    """Whether the call that the last message answers does not start with thinking."""
    last = len(case.messages) - 1
    first = next((atom for atom in case.atoms if atom.message == last - 1), None)
    return case.atoms[-1].kind == "result" and first is not None and first.kind != "thinking"


def _texts(message: Json) -> list[str]:
    content = message["content"]
    if isinstance(content, str):
        return [content]
    return [block["text"] for block in content if block.get("type") == "text"]


def _marks(value: object) -> int:
    if isinstance(value, dict):
        return ("cache_control" in value) + sum(map(_marks, value.values()))
    return sum(map(_marks, value)) if isinstance(value, list) else 0


def _responses(case: Case) -> Iterator[Fault]:
    waiting: set[str] = set()
    complete = case.request.get("previous_response_id") is None
    for atom in case.atoms:
        if atom.kind == "call":
            yield from ((9, atom.key) for _ in waiting & {atom.key})
            waiting.add(atom.key)
        elif atom.kind == "result" and atom.key in waiting:
            waiting.remove(atom.key)
        elif atom.kind == "result" and complete:
            yield 8, atom.key
    yield from ((9, call) for call in waiting)
    for item, following in zip(case.messages, [*case.messages[1:], None], strict=True):
        kind, item_id = item.get("type", "message"), item.get("id")
        if kind == "reasoning" and (following is None or role_of(following) != "assistant"):
            yield 10, canonical(item)
        if item_id is not None and not item_id.startswith(PREFIXES.get(kind, "")):
            yield 12, item_id
        if "name" in item and not NAME.fullmatch(item["name"]):
            yield (6 if item["name"] else 12), item["name"]
        if kind == "computer_call_output" and not isinstance(item["output"], dict):
            yield 9, item["call_id"]


CHECKS: Mapping[str, Callable[[Case], Iterator[Fault]]] = {
    "openai-chat": _openai,
    "anthropic": _anthropic,
    "openai-responses": _responses,
}
