"""The rules of OpenAI Chat Completions that can be checked without asking the provider."""

from __future__ import annotations

import re
from collections.abc import Iterator

from brim.dialects.base import Wire
from brim.dialects.pairing import pair_in_groups
from brim.dialects.rules import Case, Finding, Flaw, MessageRule, Rule, RuleBook, same_roles
from brim.model.messages import Message, Opaque, ToolResult

__all__ = ["BOOK", "bad_names", "bad_tool_names"]

NAME = re.compile(r"[a-zA-Z0-9_-]+")
MAX_NAME = 64
MAX_CALLS = 128
SPEAKING = ("field:audio", "field:refusal")
"""Fields that stand in for an assistant's content."""


def _content_missing(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 4."""
    if not any(_says_something(part, message.role) for part in message.parts):
        results = message.results
        subject = results[0].call_id if results else message.role
        yield subject, f"a {message.role} message without content"


def _says_something(part: object, role: str) -> bool:
    if isinstance(part, ToolResult):
        return bool(part.content)
    if isinstance(part, Opaque) and part.kind.startswith("field:"):
        return role == "assistant" and part.kind in SPEAKING
    return True


def _too_many_calls(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 5."""
    calls = message.calls
    if len(calls) > MAX_CALLS:
        yield calls[0].id, f"{len(calls)} tool calls, at most {MAX_CALLS} are taken"


def bad_names(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 6, for participants and called functions."""
    if message.name and not NAME.fullmatch(message.name):
        yield message.name, f"the name {message.name!r} has other characters than a-z A-Z 0-9 _ -"
    for call in message.calls:
        yield from _bad_function(call.name)


def _bad_function(name: str) -> Iterator[Flaw]:
    if len(name) > MAX_NAME:
        yield name, f"the function name {name!r} is longer than {MAX_NAME} characters"
    elif not NAME.fullmatch(name):
        yield name, f"the function name {name!r} has other characters than a-z A-Z 0-9 _ -"


def bad_tool_names(case: Case) -> Iterator[Finding]:
    """Rule 6, for the tools that the request defines."""
    for tool in case.envelope.tools:
        if tool.kind == "function":
            yield from ((*flaw, None) for flaw in _bad_function(tool.name))


def _instructions(case: Case) -> Iterator[Finding]:
    """Rule 7."""
    for index, parsed in enumerate(case.messages):
        message = parsed.message
        if message.is_instruction:
            detail = f"the model takes no {message.role} messages"
            yield message.fingerprint.hex(), detail, index


def _orphans(case: Case) -> Iterator[Finding]:
    """Rule 1."""
    for call_id, index in case.pairing.orphans:
        yield call_id, f"the result {call_id!r} answers no open call", index


def _unanswered(case: Case) -> Iterator[Finding]:
    """Rule 2."""
    for call_id, index in case.pairing.unanswered:
        yield call_id, f"the call {call_id!r} is not answered directly after its message", index
    for call_id, index in case.pairing.repeated:
        yield call_id, f"two calls of one message have the id {call_id!r}", index


def _apart(case: Case) -> Iterator[Finding]:
    """Rule 3."""
    for call_id, index in case.pairing.apart:
        yield call_id, f"another message stands between the result {call_id!r} and its call", index


BOOK = RuleBook(
    message_rules=(
        MessageRule(4, _content_missing),
        MessageRule(5, _too_many_calls),
        MessageRule(6, bad_names),
    ),
    rules=(
        Rule(1, _orphans),
        Rule(2, _unanswered),
        Rule(3, _apart),
        Rule(6, bad_tool_names),
        Rule(7, _instructions, lambda case: not case.profile.instructions),
        Rule(19, same_roles, lambda case: case.profile.strict_alternation),
    ),
    pair=pair_in_groups,
)
