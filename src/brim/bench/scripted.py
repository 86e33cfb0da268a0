"""A model that costs nothing, so that what is measured is Brim."""

from __future__ import annotations

from attrs import define

from brim.hookspecs import hookimpl
from brim.model.operations import Ask, Completion

__all__ = ["Scripted"]


@define(eq=False)
class Scripted:
    """A plugin that answers every request in the same way, after `seconds`. It keeps nothing."""

    answer: str = "That is done. The build passes, and nothing else changed."
    seconds: float = 0.0
    name: str = "scripted"

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        if self.seconds:
            from asyncio import sleep

            await sleep(self.seconds)
        read = sum(len(text) for _, text in ask.prompt) // 4
        return Completion(self.answer, "end", ask.model, read, len(self.answer) // 4)
