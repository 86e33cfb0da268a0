"""What is condensed, and what is asked of the result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from attrs import define, field, frozen

from quality_parts.data import Message, Row, load, tokens
from quality_parts.grounding import Question, questions_of
from quality_parts.specifics import near, specifics, stands
from quality_parts.texts import arguments_of, shown

__all__ = ["Need", "Trial", "agents", "chats", "compactions", "cut_before"]

LEAST = 500
"""Tokens of a body that is worth condensing."""
_CONTINUED = "This session is being continued"
_BOILERPLATE = re.compile(
    r"^This session is being continued.*?\n\n|\n+If you need specific details from before.*\Z",
    re.DOTALL,
)


@frozen
class Need:
    """A specific that a later call uses, and the words that stood near it."""

    text: str
    words: frozenset[str]


@define(slots=False)
class Trial:
    """A conversation up to a moment. Its body, all but system, tools and the user's last
    message, is what is condensed."""

    conversation: str
    name: str
    messages: list[Message]
    tools: list[dict[str, Any]] = field(factory=list)
    needs: tuple[Need, ...] = ()
    questions: tuple[Question, ...] = ()
    wanted: str = ""

    @cached_property
    def last(self) -> int:
        """Where the user's last message is."""
        return max(i for i, one in enumerate(self.messages) if one["role"] == "user")

    @cached_property
    def body(self) -> list[Message]:
        return [
            one
            for i, one in enumerate(self.messages)
            if i != self.last and one["role"] not in {"system", "developer"}
        ]

    @cached_property
    def texts(self) -> list[str]:
        return [shown(one) for one in self.body]

    @cached_property
    def text(self) -> str:
        return "\n".join(self.texts)

    @cached_property
    def size(self) -> int:
        """Tokens of the body's texts."""
        return sum(map(tokens, self.texts))

    @cached_property
    def head(self) -> list[Message]:
        """What is not condensed: system and the user's last message."""
        kept = [one for one in self.messages if one["role"] in {"system", "developer"}]
        return [*kept, self.messages[self.last]]


def agents(names: Sequence[str], cuts: Sequence[float]) -> Iterator[Trial]:
    """Each conversation before the calls that stand at these shares of all its calls, and what
    later calls will need of its body. Where nothing is needed there is no trial."""
    for row in (row for name in names for row in load(name)):
        calls = [
            i for i, message in enumerate(row["messages"]) for _ in message.get("tool_calls") or ()
        ]
        places = [calls[int(len(calls) * cut)] for cut in cuts if len(calls) > 1]
        for cut in dict.fromkeys(places):
            trial = cut_before(row, cut)
            if trial is not None and trial.needs:
                yield trial


def cut_before(row: Row, cut: int) -> Trial | None:
    messages = row["messages"][:cut]
    if not any(one["role"] == "user" for one in messages):
        return None
    trial = Trial(row["id"], f"{row['id']} before {cut}", messages, row.get("tools") or [])
    if trial.size < LEAST:
        return None
    trial.needs = tuple(_needs(trial, row["messages"][cut:]))
    return trial


def _needs(trial: Trial, later: Sequence[Message]) -> Iterator[Need]:
    """Specifics of later calls that only the body can tell: neither what stays beside it nor
    anything that the user or a tool says in between."""
    known = "\n".join([*map(shown, trial.head), *(str(tool) for tool in trial.tools)])
    seen: set[str] = set()
    for message in later:
        if message["role"] != "assistant":
            known = f"{known}\n{shown(message)}"
        for specific in _used(message):
            if specific in seen:
                continue
            seen.add(specific)
            if stands(trial.text, specific) and not stands(known, specific):
                yield Need(specific, frozenset(near(trial.text, specific)))


def _used(message: Message) -> list[str]:
    """The specifics in the arguments of a message's calls, each once."""
    arguments = (
        value
        for call in message.get("tool_calls") or ()
        for _, value in arguments_of(call["function"]["arguments"])
    )
    return list(dict.fromkeys(one for value in arguments for one in specifics(value)))


def chats() -> Iterator[Trial]:
    """Long chats as a whole; a closing word of the user is what is not condensed."""
    for row in load("locomo"):
        messages = [{**one, "content": shown(one)} for one in row["messages"]]
        closing = {"role": "user", "content": "Thank you."}
        trial = Trial(row["id"], row["id"], [*messages, closing])
        trial.questions = tuple(questions_of(row, trial.texts))
        yield trial


def compactions() -> Iterator[Trial]:
    """Sessions up to where Claude Code put its own summary; `wanted` is that summary."""
    for row in load("claude_code"):
        for place in row["meta"]["compaction_summary_at"]:
            at = row["places"][place]
            while _CONTINUED not in shown(row["messages"][at]):
                at += 1
            told = shown(row["messages"][at])
            summary = _BOILERPLATE.sub("", told[told.index(_CONTINUED) :])
            closing = {"role": "user", "content": "Please continue."}
            trial = Trial(row["id"], row["id"], [*row["messages"][:at], closing])
            trial.needs = tuple(_needs(trial, row["messages"][at + 1 :]))
            trial.wanted = summary
            yield trial
