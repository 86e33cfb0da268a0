"""Operations as metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opentelemetry.metrics import Histogram, Meter

from brim.api import Operation
from brim_opentelemetry.conventions import OPERATIONS, Names, provider_of

__all__ = ["Metering"]

Attributes = dict[str, str | bool]

CALLS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
AGENTS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6)
TOKENS = tuple(4.0**power for power in range(14))
"""Bucket boundaries that the conventions ask for: of calls and tools, of agents, of tokens."""

STEPS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Those of Brim's own steps, most of which take a millisecond."""


class Metering:
    """Records each operation. `provider` is who serves the models, as far as their names do not
    tell, `agent` the name of what iterates; both may be empty."""

    def __init__(self, meter: Meter, provider: str, agent: str) -> None:
        self._provider, self._agent = provider, agent
        self._models, self._names = Names(), Names()
        self._create(meter)
        self._more: Mapping[str, Callable[[Operation, Attributes], None]] = {
            "fit": self._fit,
            "condense": self._condense,
            "count": self._count,
            "complete": self._usage,
            "ask": self._usage,
        }

    def _create(self, meter: Meter) -> None:
        def seconds(name: str, text: str, bounds: tuple[float, ...]) -> Histogram:
            return meter.create_histogram(
                name, "s", text, explicit_bucket_boundaries_advisory=list(bounds)
            )

        def tokens(name: str, text: str) -> Histogram:
            return meter.create_histogram(
                name, "{token}", text, explicit_bucket_boundaries_advisory=list(TOKENS)
            )

        calls = seconds("gen_ai.client.operation.duration", "Calls of models.", CALLS)
        self._durations = {
            "ask": calls,
            "complete": calls,
            "iteration": seconds("gen_ai.invoke_agent.duration", "Iterations of loops.", AGENTS),
            "tool": seconds("gen_ai.execute_tool.duration", "Calls of tools.", CALLS),
        }
        self._duration = seconds("brim.operation.duration", "Steps of Brim's own.", STEPS)
        self._tokens = tokens("gen_ai.client.token.usage", "Tokens that a model read and wrote.")
        self._fitted = tokens("brim.fit.tokens", "Tokens of requests before and after a fit.")
        self._turns = meter.create_counter(
            "brim.condensations", "{condensation}", "Turns of strategies, taken or not."
        )
        self._saved = meter.create_counter(
            "brim.condensation.saved", "{token}", "Tokens that strategies saved."
        )
        self._counted = meter.create_counter(
            "brim.counted", "{token}", "Tokens that were counted because no memory held them."
        )
        self._lookups = meter.create_counter(
            "brim.cache.lookups", "{lookup}", "Look-ups in Brim's memories."
        )

    def record(self, operation: Operation) -> None:
        name, facts = operation.name, operation.facts
        attributes = self._attributes(operation)
        self._durations.get(name, self._duration).record(operation.seconds, attributes)
        if more := self._more.get(name):
            more(operation, attributes)
        for fact, hit in (("hits", True), ("misses", False)):
            if count := _number(facts, fact):
                found: Attributes = {"brim.operation": self._names(name), "brim.cache.hit": hit}
                self._lookups.add(count, found)

    def _attributes(self, operation: Operation) -> Attributes:
        """Of the operation's duration: few, and each of few values."""
        name, facts = operation.name, operation.facts
        found: Attributes = {}
        if not operation.ok:
            found["error.type"] = self._names(operation.error or "_OTHER")
        known = OPERATIONS.get(name)
        if known is None:
            found["brim.operation"] = self._names(name)
        elif known == "chat":
            model = str(facts.get("model", ""))
            found["gen_ai.operation.name"] = known
            found["gen_ai.provider.name"] = self._provider or provider_of(model)
            self._with_model(found, model)
        elif known == "execute_tool":
            found["gen_ai.tool.name"] = self._names(str(facts.get("tool") or "_OTHER"))
            found["gen_ai.tool.type"] = "function"
        elif self._agent:
            found["gen_ai.agent.name"] = self._agent
        return found

    def _with_model(self, found: Attributes, model: str) -> None:
        if model:
            found["gen_ai.request.model"] = self._models(model)

    def _fit(self, operation: Operation, _: Attributes) -> None:
        facts = operation.facts
        if not operation.ok:
            return
        found: Attributes = {"brim.level": self._names(str(facts.get("level", "")))}
        self._with_model(found, str(facts.get("model", "")))
        for fact, state in (("tokens_before", "before"), ("tokens_after", "after")):
            self._fitted.record(_number(facts, fact), found | {"brim.fit.state": state})

    def _condense(self, operation: Operation, _: Attributes) -> None:
        facts = operation.facts
        if facts.get("tried"):
            applied = bool(facts.get("applied"))
            strategy = self._names(str(facts.get("strategy", "")))
            self._turns.add(1, {"brim.strategy": strategy, "brim.applied": applied})
            if applied:
                self._saved.add(_number(facts, "saved"), {"brim.strategy": strategy})

    def _count(self, operation: Operation, _: Attributes) -> None:
        self._counted.add(_number(operation.facts, "tokens"))

    def _usage(self, operation: Operation, attributes: Attributes) -> None:
        """An answer that was kept from an earlier call used no tokens, and says nothing of them."""
        for fact, kind in (("read", "input"), ("written", "output")):
            if count := _number(operation.facts, fact):
                self._tokens.record(count, attributes | {"gen_ai.token.type": kind})


def _number(facts: Mapping[str, str | int | float | bool], name: str) -> int:
    value = facts.get(name, 0)
    return max(value, 0) if isinstance(value, int) else 0
