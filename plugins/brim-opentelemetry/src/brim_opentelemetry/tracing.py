"""Operations as spans."""

from __future__ import annotations

from collections.abc import Mapping
from time import time_ns

from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span

from brim.api import Operation
from brim_opentelemetry.conventions import ATTRIBUTES, CALL, FINISH, OPERATIONS, clean, provider_of

__all__ = ["Tracing"]

Value = str | int | float | bool | list[str]


class Tracing:
    """Makes a span of each operation that is over, inside of the application's current one.

    Without a current span that is recorded, or `always`, there is nothing to belong to, and no
    span is made. A span ends when Brim tells of the operation; what it tells in one go, the turns
    of a fit's strategies, ends at the same time.
    """

    def __init__(self, tracer: Tracer, provider: str, agent: str, always: bool) -> None:
        self._tracer = tracer
        self._provider, self._agent, self._always = provider, agent, always

    def record(self, operation: Operation) -> None:
        if not (self._always or get_current_span().is_recording()):
            return
        end = time_ns()
        kind = OPERATIONS.get(operation.name)
        span = self._tracer.start_span(
            self._name(operation, kind),
            kind=SpanKind.CLIENT if kind == "chat" else SpanKind.INTERNAL,
            attributes=self._attributes(operation, kind),
            start_time=end - int(1e9 * operation.seconds),
        )
        if not operation.ok:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    def _name(self, operation: Operation, kind: str | None) -> str:
        """By the conventions: what is done, and to what or by whom."""
        if kind is None:
            return f"brim.{clean(operation.name)}"
        facts = operation.facts
        subject = {"invoke_agent": self._agent, "execute_tool": str(facts.get("tool", ""))}
        return f"{kind} {clean(subject.get(kind, str(facts.get('model', ''))))}".rstrip()

    def _attributes(self, operation: Operation, kind: str | None) -> dict[str, Value]:
        facts, found = operation.facts, dict[str, Value]()
        names = CALL if kind == "chat" else ATTRIBUTES
        for fact, value in facts.items():
            if (attribute := names.get(fact)) and value != "":
                found[attribute] = clean(value) if isinstance(value, str) else value
        if not operation.ok:
            found["error.type"] = clean(operation.error or "_OTHER")
        if facts.get("condensed") or facts.get("replayed"):
            found["gen_ai.conversation.compacted"] = True
        if kind is None:
            found["brim.operation"] = clean(operation.name)
            return found
        found["gen_ai.operation.name"] = kind
        if kind == "chat":
            model = str(facts.get("model", ""))
            found["gen_ai.provider.name"] = self._provider or provider_of(model)
            found |= _ended(facts)
        elif kind == "execute_tool":
            found["gen_ai.tool.type"] = "function"
        elif self._agent:
            found["gen_ai.agent.name"] = self._agent
        return found


def _ended(facts: Mapping[str, str | int | float | bool]) -> dict[str, Value]:
    """Why an answer ended, where there is one."""
    reason = FINISH.get(str(facts.get("stop", "")))
    if reason is None:
        return {}
    return {"gen_ai.response.finish_reasons": ["tool_calls" if facts.get("calls") else reason]}
