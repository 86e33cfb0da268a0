"""Between the loop's messages and what a completion plugin is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import evolve

from brim.chat.replies import ToolRun
from brim.chat.results import DIALECT, text_of
from brim.dialects.requests import read_tool
from brim.model.messages import Message, Text, ToolCall
from brim.model.operations import Ask, Completion
from brim.road.brim import Brim
from brim.road.reports.fitted import Fitted

__all__ = ["answered", "asked", "calls_in", "said", "unanswered"]

MOST_CALLS = 128
"""Calls that one message may hold (rule 5)."""

ANSWER, LEAST = 4_096, 256
"""Tokens of an answer, at most where nothing says more, and at least."""

INTERRUPTED = "Error: the program ended before this call had a result"

_BAD = re.compile(r"[^a-zA-Z0-9_-]")
Wire = dict[str, object]


def asked(brim: Brim, fitted: Fitted, system: str | None, tools: Iterable[Wire]) -> Ask:
    """The request for the model, of a fit's messages."""
    dialect = brim.host.calls.dialects()[DIALECT]
    wires = fitted.messages
    views = [dialect.parse(wire, i).message for i, wire in enumerate(wires)]  # type: ignore[arg-type]  # the loop's own
    head = [Message("system", (Text(system),))] if system else []
    messages = (*head, *views)
    return Ask(
        tuple(pair for message in messages for pair in _plain(message)),
        purpose="chat",
        max_tokens=_room(brim, fitted),
        model=fitted.report.model,
        seconds=brim.settings.chat.timeout,
        messages=messages,
        tools=tuple(map(read_tool, tools)),
    )


def _plain(message: Message) -> Iterable[tuple[str, str]]:
    """A message for plugins that know no tools."""
    role = message.role if message.role in ("system", "developer", "assistant") else "user"
    texts = [message.text, *(result.text for result in message.results)]
    return [(role, text) for text in texts if text]


def _room(brim: Brim, fitted: Fitted) -> int:
    """Tokens that the answer may take: those that the fit reserved for it."""
    usage = fitted.report.after
    if usage.reserve:
        return usage.reserve
    with brim.lock:
        profile = brim.engine.profile(fitted.report.model)
    return max(min(profile.max_output, ANSWER, profile.window - usage.upper), LEAST)


def calls_in(completion: Completion) -> tuple[ToolCall, ...]:
    """The calls of an answer, with names and ids that a provider takes back: some models write
    other characters, and some servers give no ids, or the same one twice."""
    seen: set[str] = set()
    calls = []
    for number, call in enumerate(completion.tool_calls[:MOST_CALLS]):
        call_id = call.id if call.id and call.id not in seen else f"call-{number}"
        while call_id in seen:
            call_id += "-again"
        seen.add(call_id)
        name = _BAD.sub("_", call.name)[:64] or "unnamed"
        calls.append(evolve(call, id=call_id, name=name, arguments=text_of(call.arguments)))
    return tuple(calls)


def said(text: str, calls: Sequence[ToolCall]) -> list[Wire]:
    """The model's message; none where it said nothing."""
    clean = text_of(text)
    if not calls:
        return [{"role": "assistant", "content": clean}] if clean.strip() else []
    wires = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in calls
    ]
    return [{"role": "assistant", "content": clean or None, "tool_calls": wires}]


def answered(runs: Iterable[ToolRun]) -> list[Wire]:
    """The messages of tools' results, none of them empty (rule 4)."""
    return [
        {"role": "tool", "tool_call_id": run.call_id, "content": run.text or "(empty)"}
        for run in runs
    ]


def unanswered(messages: Sequence[Wire]) -> list[Wire]:
    """Results for the calls at the end that have none, because a program ended there."""
    results: set[object] = set()
    for message in reversed(messages):
        calls = message.get("tool_calls")
        if message.get("role") == "tool":
            results.add(message.get("tool_call_id"))
        elif isinstance(calls, list):
            open_ = [call["id"] for call in calls if call["id"] not in results]
            return [{"role": "tool", "tool_call_id": i, "content": INTERRUPTED} for i in open_]
        else:
            break
    return []
