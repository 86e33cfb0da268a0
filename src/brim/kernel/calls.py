"""The typed facade: one method for each hook. Nothing else calls a plugin."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from brim.errors import HookError, RequestRefused
from brim.kernel import checks
from brim.kernel.converse import Patience, converse
from brim.kernel.implementation import Implementation
from brim.kernel.turns import Step, Turns

if TYPE_CHECKING:
    import click

    from brim.dialects.base import Dialect
    from brim.model.decisions import Condensation, CondenseTask, Counts, TrimDecision, TrimTask
    from brim.model.operations import (
        Ask,
        Completion,
        Delta,
        InjectTask,
        Operation,
        Request,
        Snippet,
    )
    from brim.model.profiles import ModelProfile
    from brim.store.base import Cache

__all__ = ["LAST_COUNTER", "Calls", "Step"]

LAST_POLICY = "token-budget"
LAST_COUNTER = "estimate-counter"
DEADLINE = 30.0


class Calls(Turns):
    """What the rest of Brim knows of plugins. See `Turns` for how each call is guarded."""

    patience = Patience()
    """What strategies that ask a model are given."""

    _dialects: Mapping[str, Dialect] | None = None

    def estimate_tokens(self, texts: Sequence[str], profile: ModelProfile) -> Counts:
        """The last counter's answer. Raises `HookError`."""
        given = tuple(texts)
        check = partial(checks.counts, texts=given)
        found = self.named("count_tokens", LAST_COUNTER, check, given, profile)
        if found is None:
            raise HookError("passed", hook="count_tokens", plugin=LAST_COUNTER)
        self.answered["count_tokens"] = LAST_COUNTER
        return found

    def count_tokens(self, texts: Sequence[str], profile: ModelProfile) -> Counts:
        """The first counter's answer. Raises `HookError` when even the last one fails."""
        given = tuple(texts)
        found = self.first("count_tokens", partial(checks.counts, texts=given), given, profile)
        if found is None:
            raise HookError("no counter answered", hook="count_tokens")
        return found

    def should_trim(self, policy: str, task: TrimTask) -> TrimDecision:
        """The named policy's decision, else that of token-budget."""
        for name in dict.fromkeys((policy, LAST_POLICY)):
            try:
                found = self.named("should_trim", name, checks.decision, task)
            except HookError as error:
                self.tell(error)
            else:
                if found is not None:
                    return found
        raise HookError("no policy decided", hook="should_trim")

    def condense(
        self, strategy: str, task: CondenseTask
    ) -> Generator[Ask, Completion, Condensation | None]:
        """Yields what the strategy asks, returns its checked answer. Raises `HookError`."""
        implementation = self.of("condense", strategy)
        with self.turn(implementation) as turn:
            proposal = implementation.call(checks.nothing, task)
            return turn.gave((yield from converse(implementation, proposal, self.patience)))

    async def inject_context(
        self, names: Sequence[str], task: InjectTask, deadline: float = DEADLINE
    ) -> tuple[tuple[Snippet, ...], ...]:
        """What each of the named sources offers, in that order; a failing one nothing."""
        from asyncio import gather

        return tuple(await gather(*(self._injected(name, task, deadline) for name in names)))

    async def _injected(self, name: str, task: InjectTask, deadline: float) -> tuple[Snippet, ...]:
        try:
            source = self.of("inject_context", name)
            with self.turn(source):
                return await source.acall(checks.snippets, deadline, task) or ()
        except HookError as error:
            self.tell(error)
            return ()

    def monitor_operation(self, operation: Operation) -> None:
        """Tell all observers. Never raises."""
        self.everyone("monitor_operation", operation)

    def provide_model(self, name: str) -> ModelProfile | None:
        return self.first("provide_model", checks.profile, name)

    def dialects(self) -> Mapping[str, Dialect]:
        """All dialects by name; the first of a name is taken. Asked once."""
        if self._dialects is None:
            found: dict[str, Dialect] = {}
            for implementation in self.all("provide_dialect"):
                dialect = self.quietly(implementation, checks.dialect)
                if dialect is not None:
                    found.setdefault(dialect.name, dialect)
            self._dialects = found
        return self._dialects

    def provide_cache(self, name: str, settings: Mapping[str, object]) -> Cache | None:
        """The tier of this name, from the plugin of this name. Raises `HookError`."""
        return self.named("provide_cache", name, checks.cache, name, settings)

    async def complete(self, ask: Ask, deadline: float = DEADLINE) -> Completion:
        """The first answer. Raises `HookError` when one fails or none answers."""
        found = await self.first_awaited("complete", checks.completion, deadline, ask)
        if found is None:
            raise HookError(
                "no completion plugin answered; settings must name one", hook="complete"
            )
        return found

    async def embed(
        self, texts: Sequence[str], deadline: float = DEADLINE
    ) -> tuple[tuple[float, ...], ...] | None:
        """One vector for each text, None when nothing embeds. Raises `HookError`."""
        given = tuple(texts)
        check = partial(checks.vectors, texts=given)
        return await self.first_awaited("embed", check, deadline, given)

    async def stream(self, ask: Ask, deadline: float = DEADLINE) -> AsyncGenerator[Delta]:
        """The first stream's pieces, each within `deadline` seconds. Raises `HookError`."""
        for source in self.all("stream"):
            with self.turn(source):
                pieces = await source.acall(checks.deltas, deadline, ask)
                if pieces is None:
                    continue
                last = None
                while (piece := await self._piece(source, pieces, deadline)) is not None:
                    last = piece
                    yield piece
                if last is None or last.completion is None:
                    raise source.error("ended without a Delta that carries the Completion")
                return
        raise HookError("no stream plugin answered; settings must name one", hook="stream")

    async def _piece(
        self, source: Implementation, pieces: AsyncIterator[object], deadline: float
    ) -> Delta | None:
        piece = await source.within(anext(pieces, None), deadline)
        with source.attributed():
            return None if piece is None else checks.delta(piece)

    async def check_input(self, text: str, deadline: float = DEADLINE) -> str:
        """The text after all checks. Raises `HookError` from the one that refuses."""
        for implementation in self.all("check_input"):
            with self.turn(implementation):
                found = await implementation.acall(_text, deadline, text)
            text = text if found is None else found
        return text

    async def admit(self, request: Request, deadline: float = DEADLINE) -> bool:
        """Whether all guards agree; a guard that fails does not. Raises the `RequestRefused` of
        one that says why."""
        for guard in self.all("admit"):
            try:
                with self.turn(guard):
                    agreed = await guard.acall(_bool, deadline, request)
            except HookError as error:
                if isinstance(error.__cause__, RequestRefused):
                    raise error.__cause__ from None
                self.tell(error)
                return False
            if not agreed:
                return False
        return True

    def extend_cli(self, group: click.Group) -> None:
        """Add every plugin's commands; the first of a name is taken. Never raises."""
        import click

        for implementation in self.all("extend_cli"):
            own = click.Group()
            self.quietly(implementation, checks.nothing, own)
            for name, command in own.commands.items():
                if group.commands.setdefault(name, command) is not command:
                    self.tell(implementation.error(f"the command {name!r} is taken"))

    def close(self) -> None:
        """Close all plugins. Never raises."""
        self.everyone("close")


def _text(value: object) -> str:
    return checks.exactly(value, str)


def _bool(value: object) -> bool:
    return checks.exactly(value, bool)
