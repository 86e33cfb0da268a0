"""Every hook of API 1, as somebody wrote it then. It is never changed: see test_frozen_api."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from brim.api import (
    Ask,
    Completion,
    Condensation,
    CondenseTask,
    Counts,
    Delta,
    InjectTask,
    Level,
    ModelProfile,
    Operation,
    Replace,
    Request,
    Snippet,
    TrimDecision,
    TrimTask,
    hookimpl,
)


@frozen
class Settings:
    target: float = 0.5


@define
class Shelf:
    entries: dict[str, bytes] = field(factory=dict)

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        return {key: self.entries[key] for key in keys if key in self.entries}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self.entries.update(entries)

    def delete_many(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)


@define(eq=False)
class Everything:
    settings: Settings
    called: set[str] = field(factory=set)

    hook_api = 1

    @hookimpl
    def count_tokens(self, texts: Sequence[str], profile: ModelProfile) -> Counts | None:
        self.called.add("count_tokens")
        if not profile.name.startswith("frozen"):
            return None
        return Counts(tuple(len(text.encode("utf-8", "replace")) for text in texts), 0.0)

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision | None:
        self.called.add("should_trim")
        usage = task.usage
        trim = usage.tokens > usage.budget and task.shape.messages > 1
        level = Level.OVERFLOW if trim else Level.OK
        target = int(usage.budget * self.settings.target)
        return TrimDecision(trim, level, target, usage.budget, ("frozen-one",), "over the budget")

    @hookimpl
    def condense(self, task: CondenseTask) -> Generator[Ask, Completion, Condensation | None]:
        self.called.add("condense")
        old = [one for one in task.conversation.exchanges if not one.keep and not one.newest]
        if not old:
            return None
        said = " ".join(message.text for one in old for message in one.messages)[:200]
        answer = yield Ask((("system", "Say it in five words."), ("user", said)), max_tokens=40)
        return Condensation((Replace(tuple(one.index for one in old), answer.text),))

    @hookimpl
    def inject_context(self, task: InjectTask) -> Sequence[Snippet]:
        self.called.add("inject_context")
        return [Snippet("The office opens at nine.", "handbook", 1.0)] if task.query else []

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.called.add("monitor_operation")

    @hookimpl
    def provide_cache(self, name: str, settings: Mapping[str, object]) -> Any:
        self.called.add("provide_cache")
        return Shelf() if name == "frozen-one" else None

    @hookimpl
    def provide_model(self, name: str) -> ModelProfile | None:
        self.called.add("provide_model")
        return ModelProfile(name, window=4_000) if name == "frozen-model" else None

    @hookimpl
    async def complete(self, ask: Ask) -> Completion | None:
        self.called.add("complete")
        return Completion("They spoke of many things.", "end", ask.model, 10, 5)

    @hookimpl
    def stream(self, ask: Ask) -> AsyncIterator[Delta] | None:
        self.called.add("stream")

        async def pieces() -> AsyncIterator[Delta]:
            yield Delta("Good ")
            yield Delta("day.")
            yield Delta(completion=Completion("Good day."))

        return pieces()

    @hookimpl
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]] | None:
        self.called.add("embed")
        return [[float(len(text)), 1.0] for text in texts]

    @hookimpl
    async def check_input(self, text: str) -> str:
        self.called.add("check_input")
        return text.strip()

    @hookimpl
    def admit(self, request: Request) -> bool:
        self.called.add("admit")
        return request.tokens < 1_000_000

    @hookimpl
    def extend_cli(self, group: Any) -> None:
        self.called.add("extend_cli")
        import click

        group.add_command(click.Command("frozen", callback=lambda: click.echo("frozen one")))

    @hookimpl
    def close(self) -> None:
        self.called.add("close")
