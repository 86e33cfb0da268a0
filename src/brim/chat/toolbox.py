"""The tools of a loop: described to the model, called when it asks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from time import perf_counter

import msgspec
from attrs import define, evolve, field

from brim.chat.replies import ToolRun
from brim.chat.results import DIALECT, Bound, text_of
from brim.chat.running import Failed, Runner
from brim.chat.steps import step
from brim.chat.tools import BadArguments, ChatTool, as_tool, tool
from brim.errors import ToolError
from brim.model.messages import ToolCall
from brim.road.brim import Brim
from brim.road.memory.expand_tool import expand_tool

__all__ = ["Toolbox", "expanding"]

LATE = "this turn may call no more tools; answer with what you have"


@define(eq=False)
class Toolbox:
    """Tools by name. Results of pure ones are kept, the `bound.brim` settings say how many."""

    tools: dict[str, ChatTool]
    bound: Bound
    parallel: bool
    _runner: Runner = field(factory=Runner)
    _kept: OrderedDict[tuple[str, bytes], ToolRun] = field(factory=OrderedDict)

    @classmethod
    def of(cls, given: Iterable[object], bound: Bound, parallel: bool) -> Toolbox:
        """Raises `ToolError` for what is no tool, and for two of one name."""
        tools: dict[str, ChatTool] = {}
        for one in map(as_tool, given):
            if tools.setdefault(one.name, one) is not one:
                raise ToolError(f"two tools are named {one.name!r}: pass name= to one of them")
        return cls(tools, bound, parallel)

    @property
    def definitions(self) -> list[dict[str, object]]:
        return [one.definition for one in self.tools.values()]

    async def run(self, calls: Sequence[ToolCall], most: int) -> list[ToolRun]:
        """The results of all calls, in order. Only the first `most` are made."""
        from asyncio import gather

        late = [_failed(call, Failed("TooMany", LATE)) for call in calls[max(most, 0) :]]
        now = calls[: max(most, 0)]
        if self.parallel:
            return [*await gather(*map(self._run, now)), *late]
        return [*[await self._run(call) for call in now], *late]

    async def _run(self, call: ToolCall) -> ToolRun:
        began = perf_counter()
        with step(self.bound.brim, "tool") as taken:
            run = await self._called(call)
            taken.error = run.error
            known = call.name if call.name in self.tools else ""
            taken.facts |= {"tool": known, "characters": len(run.text), "cached": run.cached}
        return evolve(run, seconds=perf_counter() - began)

    async def _called(self, call: ToolCall) -> ToolRun:
        found = self.tools.get(call.name)
        if found is None:
            known = ", ".join(self.tools)
            return _failed(call, Failed("UnknownTool", f"there is no such tool; there is {known}"))
        try:
            arguments = found.read(call.arguments)
        except BadArguments as error:
            return _failed(call, Failed("BadArguments", str(error)))
        key = _key(found, arguments)
        kept = self._kept.get(key) if key else None
        if key and kept:
            self._kept.move_to_end(key)
            return evolve(kept, call_id=call.id, arguments=call.arguments, cached=True)
        seconds = found.timeout or self.bound.brim.settings.chat.tool_timeout
        value = await self._runner.call(found.function, arguments, seconds)
        if isinstance(value, Failed):
            return _failed(call, value, self.bound)
        text, handle = text_of(value), ""
        if not found.whole:
            text, handle = self.bound.cut(text, call.id)
        return self._keep(key, ToolRun(call.id, call.name, call.arguments, text, handle=handle))

    def _keep(self, key: tuple[str, bytes] | None, run: ToolRun) -> ToolRun:
        if key is not None:
            self._kept[key] = run
            while len(self._kept) > self.bound.brim.settings.chat.tool_cache:
                self._kept.popitem(last=False)
        return run


def expanding(brim: Brim, tenant: str, most: int) -> ChatTool:
    """The built-in tool that reads what was left out, by its handle."""
    reader = expand_tool(DIALECT, brim, tenant=tenant, limit=most)

    def expand(handle: str, offset: int = 0) -> str:
        return reader({"handle": handle, "offset": offset})

    function = reader.definition["function"]
    made = tool(name=reader.name, description=function["description"])(expand)
    return evolve(made, parameters=function["parameters"], whole=True)


def _key(found: ChatTool, arguments: dict[str, object]) -> tuple[str, bytes] | None:
    """Equal for equal arguments, however they were written; None where nothing may be kept."""
    if not found.pure:
        return None
    return found.name, msgspec.json.encode(arguments, order="deterministic", enc_hook=repr)


def _failed(call: ToolCall, failed: Failed, bound: Bound | None = None) -> ToolRun:
    text = text_of(f"Error: {failed.text}")
    handle = ""
    if bound is not None:
        text, handle = bound.cut(text, call.id)
    return ToolRun(call.id, call.name, call.arguments, text, failed.kind, handle=handle)
