"""Read requests without Brim's own dialects, so that a fault there cannot hide itself.

A request is read as atoms: the smallest things a provider sees, each with the
role of its message. Only what the guarantees need is understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from brim.testing.writers import Json

__all__ = [
    "MESSAGES_KEYS",
    "Atom",
    "atoms",
    "canonical",
    "exchanges",
    "fields",
    "is_context",
    "is_note",
    "last_words",
    "role_of",
    "turns",
]

MESSAGES_KEYS = {"openai-responses": "input"}
"""Where a dialect has its messages, if not in `messages`."""

INSTRUCTORS = frozenset({"system", "developer"})
BODY = frozenset({"role", "content", "tool_calls", "arguments", "input", "output"})
NAMED = frozenset({"type", "id", "call_id", "name", "status"})
"""The fields of a call beside what it is called with."""

MEDIA = frozenset({"image", "image_url", "document", "file", "input_image", "input_file"})
SIGNED = frozenset({"thinking", "redacted_thinking", "reasoning", "compaction"})
TEXTS = frozenset({"text", "input_text", "output_text"})
ANSWER = "_output"
NOTE = re.compile(
    r"<brim-note(?: [a-z2-7]{6,26})?>\n(?:(?!</?brim-note).)*\n</brim-note>",
    re.DOTALL | re.IGNORECASE,
)

CONTEXT = re.compile(
    r"<brim-context>\n(?:(?!</?brim-(?:context|note)).)*\n</brim-context>",
    re.DOTALL | re.IGNORECASE,
)


@frozen
class Atom:
    """One text, call, result, picture, thought or anything else of message number `message`.

    `key` is the id of a call or of the call a result answers; `value` holds everything.
    """

    message: int
    role: str
    kind: str
    key: str
    value: str

    @property
    def content(self) -> tuple[str, str, str, str]:
        """All but the place."""
        return (self.role, self.kind, self.key, self.value)


def role_of(message: Json) -> str:
    """Who speaks; an item without a role is the model's, or the answer to its call."""
    if "role" in message:
        return str(message["role"])
    return "tool" if message["type"].endswith(ANSWER) else "assistant"


def canonical(value: object) -> str:
    """JSON text that is equal only for equal bytes: key order and number types count."""
    return value if isinstance(value, str) else json.dumps(value)


def atoms(messages: Iterable[Json]) -> list[Atom]:
    """All atoms of these messages, in order; a message without any counts as one."""
    found: list[Atom] = []
    for index, message in enumerate(messages):
        own = list(_of_message(index, message))
        found += own or [Atom(index, role_of(message), "empty", "", "")]
    return found


def fields(message: Json) -> Json:
    """What a message holds beside role, content and calls. The fields of a call of the
    provider's own tool are what it is called with."""
    if "call_id" in message and not BODY & message.keys():
        return {key: value for key, value in message.items() if key in NAMED}
    return {key: value for key, value in message.items() if key not in BODY}


def is_note(atom: Atom) -> bool:
    """Whether this is a note as Brim writes it, with a cache mark or without."""
    if atom.role != "user" or atom.kind not in {"text", "text+"}:
        return False
    if atom.kind == "text":
        return bool(NOTE.fullmatch(atom.value))
    block = json.loads(atom.value)
    return set(block) == {"type", "text", "cache_control"} and bool(NOTE.fullmatch(block["text"]))


def is_context(atom: Atom) -> bool:
    """Whether this is a block of injected context as Brim writes it."""
    return atom.role == "user" and atom.kind == "text" and bool(CONTEXT.fullmatch(atom.value))


def last_words(everything: Iterable[Atom]) -> list[Atom]:
    """What the user wrote in the last message that holds anything by the user."""
    said = [atom for atom in everything if atom.role == "user" and atom.kind != "result"]
    written = [atom for atom in said if not is_note(atom)]
    return [atom for atom in said if written and atom.message == written[-1].message]


def exchanges(messages: list[Json]) -> list[list[int]]:
    """Positions of the messages that belong together because of calls and results.

    Where items are messages of their own, what the model says without a pause belongs
    together, and whatever it says before all of its calls are answered belongs to them.
    """
    groups: list[list[int]] = []
    waiting: set[str] = set()
    items, speaks = any("role" not in message for message in messages), False
    for index, message in enumerate(messages):
        own = list(_of_message(index, message))
        calls = {atom.key for atom in own if atom.kind == "call"}
        answers = {atom.key for atom in own if atom.kind == "result"}
        by_model = role_of(message) == "assistant"
        more = by_model and (waiting or speaks)
        if waiting & answers or (items and more):
            groups[-1].append(index)
        else:
            groups.append([index])
            waiting = set()
        waiting -= answers
        waiting |= calls
        speaks = by_model
    return groups


def turns(messages: list[Json]) -> list[int]:
    """The lengths at which a client would have sent this conversation: the model is to speak."""
    ends = [group[-1] for group in exchanges(messages)]
    return [end + 1 for end in ends if role_of(messages[end]) in ("user", "tool")]


def _of_message(index: int, message: Json) -> Iterator[Atom]:
    role, content = role_of(message), message.get("content")
    if "role" not in message:
        yield _of_item(index, role, message)
        return
    if role == "tool":
        yield Atom(index, role, "result", message["tool_call_id"], json.dumps(content))
        return
    if isinstance(content, str):
        yield Atom(index, role, "text", "", content)
    for block in content if isinstance(content, list) else ():
        yield _of_block(index, role, block)
    for call in message.get("tool_calls") or ():
        yield Atom(index, role, "call", call["id"], json.dumps(call))


def _of_item(index: int, role: str, item: Json) -> Atom:
    if role == "tool":
        return Atom(index, role, "result", item["call_id"], json.dumps(item["output"]))
    kind = "thinking" if item["type"] in SIGNED else "call" if "call_id" in item else "other"
    return Atom(index, role, kind, item.get("call_id", ""), json.dumps(item))


def _of_block(index: int, role: str, block: Json) -> Atom:
    match block.get("type"):
        case kind if kind in TEXTS and block.keys() == {"type", "text"}:
            return Atom(index, role, "text", "", block["text"])
        case "tool_use":
            return Atom(index, role, "call", block["id"], json.dumps(block))
        case "tool_result":
            return Atom(index, role, "result", block["tool_use_id"], json.dumps(block))
        case kind if kind in TEXTS:
            kind = "text+"
        case kind if kind in MEDIA:
            kind = "media"
        case kind if kind in SIGNED:
            kind = "thinking"
        case _:
            kind = "other"
    return Atom(index, role, kind, "", json.dumps(block))
