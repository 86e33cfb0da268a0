"""What is measured on: a conversation that Brim makes itself, or a user's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from random import Random

from attrs import frozen

from brim.errors import MalformedRequest

__all__ = ["MODEL", "Subject", "dice_of", "from_request", "made", "said"]

MODEL = "gpt-4o"
"""For whom is counted where nobody names another."""

Wire = dict[str, object]

SUBJECTS = "build cache invoice parser payment queue report scheduler server session token worker"
VERBS = "breaks calls closes drops empties keeps locks logs misses opens reads skips sends writes"
REST = "after again before because every first last often once only since still then until when"


@frozen
class Subject:
    """A conversation to measure on. `messages` gives it, by the number of the sample: one that was
    made has other words in every sample, so that nothing remembers it. `system` and `tools` are
    those of its request."""

    model: str
    messages: Callable[[int], Sequence[object]]
    system: object = None
    tools: object = None

    @property
    def digest(self) -> str:
        """Equal for what may be compared."""
        first = (self.model, self.system, self.tools, list(self.messages(0)))
        text = json.dumps(first, sort_keys=True, default=str)
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def made(turns: int = 75, model: str = MODEL) -> Subject:
    """An agent's conversation of 4 messages a turn, about 100 tokens each."""
    return Subject(model, lambda number: list(_agent(dice_of(number), turns)))


def from_request(request: Mapping[str, object], key: str, model: str | None = None) -> Subject:
    """A user's request, or its list of messages. Raises `MalformedRequest` where it has no
    messages."""
    messages = request.get(key)
    if not isinstance(messages, list) or not messages:
        raise MalformedRequest("there is no list of messages to measure with", rule="messages")
    own = request.get("model")
    named = model or (own if isinstance(own, str) else MODEL)
    system = request.get("system", request.get("instructions"))
    return Subject(named, lambda number: messages, system, request.get("tools"))


def dice_of(seed: int | str) -> Random:
    """The same words whenever it is asked."""
    return Random(seed)  # noqa: S311  these are words, and no secrets


def said(dice: Random, words: int) -> str:
    """A text of about so many words, one of eight of them a name or a number."""
    return " ".join(_word(dice) for _ in range(words)) + "."


def _word(dice: Random) -> str:
    if dice.random() < 0.125:
        return dice.choice((f"{dice.randrange(10**5)}", f"part_{dice.randrange(10**4)}.py"))
    return dice.choice(dice.choice((SUBJECTS, VERBS, REST)).split())


def _agent(dice: Random, turns: int) -> Iterator[Wire]:
    yield {"role": "system", "content": "You are a careful engineer. Never delete a file."}
    for turn in range(turns):
        call = f"call_{turn}"
        path = json.dumps({"path": f"src/part_{dice.randrange(10**4)}.py"})
        function = {"name": "read_file", "arguments": path}
        calls = [{"id": call, "type": "function", "function": function}]
        lines = (f"{line}: {said(dice, 9)}" for line in range(8))
        yield {"role": "user", "content": said(dice, 75)}
        yield {"role": "assistant", "content": said(dice, 40), "tool_calls": calls}
        yield {"role": "tool", "tool_call_id": call, "content": "\n".join(lines)}
        yield {"role": "assistant", "content": said(dice, 75)}
