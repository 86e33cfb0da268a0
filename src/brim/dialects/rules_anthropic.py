"""The rules of Anthropic Messages that can be checked without asking the provider."""

from __future__ import annotations

from collections.abc import Iterator

from brim.dialects.base import Wire
from brim.dialects.pairing import pair_in_turns
from brim.dialects.request_rules_anthropic import REQUEST_RULES, thinks_manually
from brim.dialects.rules import Case, Finding, Flaw, MessageRule, Rule, RuleBook, same_roles
from brim.model.messages import Message, Opaque, Text, Thinking, ToolResult

__all__ = ["BOOK"]


def _blank(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 20. An assistant's wholly empty content is judged by its place, in `_nothing_said`."""
    if message.role == "assistant" and _is_empty(message):
        return
    if not message.parts:
        yield message.role, f"a {message.role} message without content"
    for part in message.parts:
        if isinstance(part, Text) and not part.text.strip():
            yield repr(part.text[:40]), "an empty or whitespace-only text block"


def _is_empty(message: Message) -> bool:
    return not message.parts or message.parts == (Text(""),)


def _nothing_said(case: Case) -> Iterator[Finding]:
    """Rule 20: only the last message may be an assistant's without content."""
    for index, parsed in enumerate(case.messages[:-1]):
        message = parsed.message
        if len(message.parts) < 2 and message.role == "assistant" and _is_empty(message):
            yield "assistant", "an assistant message without content before the end", index


def _empty_compaction(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 30."""
    content = wire.get("content")
    for block in content if isinstance(content, list) else ():
        if block.get("type") == "compaction" and block.get("content") == "":
            yield "compaction", "a compaction block with an empty string"


def _unanswered(case: Case) -> Iterator[Finding]:
    """Rule 15."""
    for call_id, index in case.pairing.unanswered:
        yield call_id, f"tool_use {call_id!r} has no tool_result in the next message", index
    for call_id, index in case.pairing.repeated:
        yield call_id, f"the tool_use id {call_id!r} is used twice", index


def _orphans(case: Case) -> Iterator[Finding]:
    """Rule 16."""
    for call_id, index in case.pairing.orphans:
        yield call_id, f"tool_result {call_id!r} answers no tool_use of the previous message", index


def _late(case: Case) -> Iterator[Finding]:
    """Rule 17."""
    for call_id, index in case.pairing.late:
        detail = f"tool_result {call_id!r} is not among the first blocks of the next message"
        yield call_id, detail, index


def _first_role(case: Case) -> Iterator[Finding]:
    """Rule 18. A compaction block stands for the user messages before it."""
    if not case.messages:
        return
    first = case.messages[0].message
    if first.role != "user" and not _is_compaction(first):
        yield "first message", f"the first message is of role {first.role}, not user", 0


def _is_compaction(message: Message) -> bool:
    first = message.parts[0] if message.parts else None
    return isinstance(first, Opaque) and first.kind == "compaction"


def _trailing_space(case: Case) -> Iterator[Finding]:
    """Rule 21."""
    last = case.messages[-1].message if case.messages else None
    if last is not None and last.role == "assistant" and last.parts:
        end = last.parts[-1]
        if isinstance(end, Text) and end.text != end.text.rstrip():
            index = len(case.messages) - 1
            yield last.fingerprint.hex(), "the final assistant message ends in whitespace", index


def _prefill(case: Case) -> Iterator[Finding]:
    """Rule 22."""
    if case.messages and case.messages[-1].message.role == "assistant":
        index = len(case.messages) - 1
        yield "last message", "the conversation ends with an assistant message", index


def _system_turns(case: Case) -> Iterator[Finding]:
    """Rule 29. A system message that comes first is rule 18's."""
    for index, parsed in enumerate(case.messages):
        if parsed.message.role == "system":
            detail = _wrong_there(case, index)
            if detail:
                yield parsed.message.fingerprint.hex(), detail, index


def _wrong_there(case: Case, index: int) -> str:
    if not case.profile.system_turns:
        return "the model takes no system messages among the others"
    before = case.messages[index - 1].message if index else None
    if before is None or before.role != "assistant":
        return ""
    if before.parts and isinstance(before.parts[-1], Opaque):  # a tool that the provider runs
        return ""
    return "a system message stands behind an assistant's"


def _loop_without_thinking(case: Case) -> Iterator[Finding]:
    """Rule 25: the turn whose results come last starts with thinking."""
    start = _open_turn(case)
    if start is not None:
        first = case.messages[start].message.parts[:1]
        if not first or not isinstance(first[0], Thinking):
            yield "tool loop", "thinking is on and the open tool loop does not start with it", start


def _open_turn(case: Case) -> int | None:
    """Where the assistant's turn begins whose results the last message holds."""
    if not case.messages or not case.messages[-1].message.results:
        return None
    start = None
    for index in range(len(case.messages) - 2, -1, -1):
        message = case.messages[index].message
        if message.role == "assistant":
            start = index
        elif not all(isinstance(part, ToolResult) for part in message.parts):
            break
    return start


BOOK = RuleBook(
    message_rules=(
        MessageRule(20, _blank),
        MessageRule(30, _empty_compaction),
    ),
    rules=(
        Rule(15, _unanswered),
        Rule(16, _orphans),
        Rule(17, _late),
        Rule(18, _first_role),
        Rule(19, same_roles, lambda case: case.profile.strict_alternation),
        Rule(20, _nothing_said),
        Rule(21, _trailing_space),
        Rule(22, _prefill, lambda case: not case.profile.prefill),
        Rule(25, _loop_without_thinking, thinks_manually),
        Rule(29, _system_turns),
        *REQUEST_RULES,
    ),
    pair=pair_in_turns,
    seals={"thinking": 24, "compaction": 30},
)
