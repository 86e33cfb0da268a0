"""The rules of OpenAI Responses that can be checked without asking the provider."""

from __future__ import annotations

from collections.abc import Iterator

from brim.dialects.base import Wire
from brim.dialects.pairing import pair_anywhere
from brim.dialects.rules import Case, Finding, Flaw, MessageRule, Rule, RuleBook
from brim.dialects.rules_openai import bad_names, bad_tool_names
from brim.model.messages import Message, Thinking

__all__ = ["BOOK"]

PREFIXES = {"function_call": "fc", "message": "msg", "reasoning": "rs"}


def _ids_and_names(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 12."""
    kind, item_id = str(wire.get("type", "message")), wire.get("id")
    prefix = PREFIXES.get(kind, "")
    if isinstance(item_id, str) and not item_id.startswith(prefix):
        yield item_id, f"the id {item_id!r} of a {kind} does not begin with {prefix!r}"
    for call in message.calls:
        if not call.name:
            yield call.id, f"the call {call.id!r} has no name"


def _named(message: Message, wire: Wire) -> Iterator[Flaw]:
    """Rule 6, but for empty names, which are rule 12's."""
    return (flaw for flaw in bad_names(message, wire) if flaw[0])


def _orphans(case: Case) -> Iterator[Finding]:
    """Rule 8."""
    for call_id, index in case.pairing.orphans:
        yield call_id, f"the output {call_id!r} answers no call before it", index


def _unanswered(case: Case) -> Iterator[Finding]:
    """Rule 9."""
    for call_id, index in (*case.pairing.unanswered, *case.pairing.repeated):
        yield call_id, f"the call {call_id!r} has no output of its own", index


def _loose_reasoning(case: Case) -> Iterator[Finding]:
    """Rule 10."""
    following = ""
    for index in range(len(case.messages) - 1, -1, -1):
        message = case.messages[index].message
        first = message.parts[0] if message.parts else None
        if isinstance(first, Thinking) and following != "assistant":
            yield first.digest, "a reasoning item without the item it belongs to", index
        following = message.role


def _apart(case: Case) -> Iterator[Finding]:
    """Rule 14: between a call and its output stand other calls and outputs only."""
    near: set[str] = set()
    left: set[str] = set()
    for index, parsed in enumerate(case.messages):
        calls, results = parsed.message.calls, parsed.message.results
        for result in results:
            if result.call_id in left - near:
                detail = f"another item stands between the output {result.call_id!r} and its call"
                yield result.call_id, detail, index
        if calls or results:
            near.update(call.id for call in calls)
        else:
            left |= near
            near.clear()


def _is_complete(case: Case) -> bool:
    return not case.envelope.continues


BOOK = RuleBook(
    message_rules=(MessageRule(6, _named), MessageRule(12, _ids_and_names)),
    rules=(
        Rule(6, bad_tool_names),
        Rule(8, _orphans, _is_complete),
        Rule(9, _unanswered),
        Rule(10, _loose_reasoning),
        Rule(14, _apart, lambda case: case.profile.adjacent_results),
    ),
    pair=pair_anywhere,
    seals={"thinking": 13, "compaction": 13},
    bond=11,
)
