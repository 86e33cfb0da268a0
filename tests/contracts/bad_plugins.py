"""Twelve kinds of bad plugin, each wrong in one way and right in all others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from brim.api import (
    Condensation,
    CondenseTask,
    Counts,
    Drop,
    Edit,
    Exchange,
    InjectTask,
    ModelProfile,
    Operation,
    Replace,
    Rewrite,
    Snippet,
    ToolCall,
    TrimDecision,
    TrimTask,
    hookimpl,
)
from brim.dialects.openai_chat import OpenAIChat


def free(task: CondenseTask) -> list[Exchange]:
    """What may go, oldest first."""
    return [one for one in task.conversation.exchanges if not (one.keep or one.newest)]


def large(task: CondenseTask) -> list[Exchange]:
    """What may go and is larger than any note of these plugins."""
    return [one for one in free(task) if one.tokens > 120]


class Honest:
    """Wrong in no way: the measure of the others."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        found = large(task)
        return Condensation((Replace((found[0].index,), "it was said"),)) if found else None


class Forgetful:
    """Takes out what must stay."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        kept = [one.index for one in task.conversation.exchanges if one.keep]
        return Condensation((Drop(tuple(kept)),)) if kept else None


class Growing:
    """Its notes are longer than what they stand for."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        found = free(task)
        if not found:
            return None
        return Condensation((Replace((found[0].index,), "and so on " * found[0].tokens),))


class Mutating:
    """Changes its task behind the back of frozen classes."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        for message in task.conversation.exchanges[0].messages:
            object.__setattr__(message, "parts", ())
        return None


class Slow:
    """Needs more and more time for more and more exchanges."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        if len(task.conversation.exchanges) > 2:
            while True:
                pass
        return None


class Hoarding:
    """Takes a hundred times the memory of its input."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        hoard = [bytes(1 << 20) for _ in range(100)]
        return None if hoard else Condensation(())


class Lying:
    """Does nothing, and says that it saved a lot."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        return Condensation((), {"tokens_saved": task.tokens})


class Boasting:
    """Does something, and says that it was more."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        found = large(task)
        edits = (Drop((found[0].index,)),) if found else ()
        return Condensation(edits, {"tokens_saved": task.tokens * 3}) if edits else None


class Nondeterministic:
    """Answers by what it has seen before."""

    ticks = count()

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        found = large(task)
        note = f"note {next(self.ticks)}"
        return Condensation((Replace((found[0].index,), note),)) if found else None


class PairBreaking:
    """Rewrites calls, so that their results answer something else."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        for unit in free(task):
            for number, message in enumerate(unit.messages):
                for place, part in enumerate(message.parts):
                    if isinstance(part, ToolCall):
                        return Condensation((Rewrite(unit.index, number, place, "a call"),))
        return None


class Raising:
    """Does not expect tool calls."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        if any(message.calls for one in task.conversation.exchanges for message in one.messages):
            raise KeyError("tool")
        return None


class Hanging:
    """Awaits what never comes."""

    @hookimpl
    async def inject_context(self, task: InjectTask) -> Sequence[Snippet]:
        await asyncio.Event().wait()
        return ()


class WrongType:
    """Gives a list of edits, as one might think."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Any:
        return [Drop((one.index,)) for one in free(task)]


class EmptyNote:
    """Leaves notes that say nothing."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        edits: list[Edit] = [Replace((one.index,), " \n") for one in large(task)]
        return Condensation(tuple(edits)) if edits else None


class SecretLeaking:
    """Shows in its facts what the conversation says."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        found = large(task)
        if not found:
            return None
        said = " ".join(message.text for message in found[0].messages)
        return Condensation((Drop((found[0].index,)),), {"began": said})


class SecretPrinting(Honest):
    """Prints what it works on."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        print(json.dumps([m.text for one in task.conversation.exchanges for m in one.messages]))  # noqa: T201  the fault itself
        return super().condense(task)


class Undercounting:
    """Counts a batch as one text."""

    @hookimpl
    def count_tokens(self, texts: Sequence[str], profile: ModelProfile) -> Counts:
        first = len(texts[0].encode("utf-8", "surrogatepass")) if texts else 0
        return Counts((first, *(1 if text else 0 for text in texts[1:])))


class NeverTrimming:
    """Says that a full window is fine."""

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        from brim.api import Level

        return TrimDecision(False, Level.OK, 10, 10)


class Flooding:
    """Offers more than there is room for."""

    @hookimpl
    def inject_context(self, task: InjectTask) -> Sequence[Snippet]:
        return [Snippet("flood", "nowhere", 1.0, task.budget + 1)]


class Remembering:
    """An observer that forgets nothing."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.seen.append(bytes(10_000))


class Swapping:
    """A cache that gives every key the last value."""

    name = "swapping"

    @hookimpl
    def provide_cache(self, name: str, settings: Mapping[str, object]) -> Any:
        return _Swapped() if name == self.name else None


class _Swapped:
    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        last = list(self.values.values())[-1:]
        return {key: last[0] for key in keys if key in self.values}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self.values.update(entries)

    def delete_many(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.values.pop(key, None)


class FullWindows:
    """A model that may answer with more than its window."""

    @hookimpl
    def provide_model(self, name: str) -> ModelProfile | None:
        return ModelProfile(name, window=100, max_output=4096) if name == "mine" else None


class HalfReading(OpenAIChat):
    """A dialect that forgets the last of several parts."""

    def select(self, wire: Any, parts: Any, rewrites: Any) -> dict[str, object]:
        return super().select(wire, list(parts)[:1], rewrites)
