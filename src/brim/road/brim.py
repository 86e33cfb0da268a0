"""The façade: one `Brim` for each application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from brim.kernel.host import Host
from brim.road.driver import Driver
from brim.road.figures.stats import stats_of
from brim.road.glancing.glance import Glance, Glancer
from brim.road.intake.pins import Pin, listed
from brim.road.intake.prepare import Options
from brim.road.memory.originals import Entry, Original
from brim.road.memory.past import undone_by
from brim.road.reports.fitted import Fitted
from brim.road.session import Session
from brim.settings.load import load
from brim.settings.schema import Settings

if TYPE_CHECKING:
    from brim.kernel.host import PluginStatus
    from brim.model.stats import Stats
    from brim.road.tokens.report_count import CountReport

__all__ = ["Brim"]


class Brim(Driver):
    """Keeps conversations inside of their context window.

    `settings` are overrides, nested like a settings file, on top of files and environment, or a
    finished `Settings`; `config` names a settings file. `plugins` are plugin objects beside
    the installed ones, `files` plugins in one file each. Building one costs milliseconds:
    make one for each application, and close it, or use it as a context manager. Safe for threads.

    Raises `SettingsError` and `PluginError`.
    """

    def __init__(
        self,
        settings: Settings | Mapping[str, object] | None = None,
        plugins: Sequence[object] = (),
        *,
        files: Sequence[str | Path] = (),
        config: str | Path | None = None,
    ) -> None:
        if not isinstance(settings, Settings):
            settings = load(path=Path(config) if config else None, overrides=settings)
        super().__init__(Host(settings, plugins, [Path(file) for file in files]), settings)
        self._glancer = Glancer(self.engine)
        if settings.monitor.publish == "on":
            self.publish("library", settings.model)

    def fit(
        self,
        messages_or_request: object,
        *,
        model: str | None = None,
        budget: int | None = None,
        system: object = None,
        tools: object = None,
        pin: Pin | Iterable[Pin] | None = None,
        tenant: str | None = None,
        dialect: str | None = None,
    ) -> Fitted:
        """Fit a conversation into `budget` tokens, or into the model's window.

        Takes a list of messages, a request object, or either as JSON bytes. `budget` counts
        input tokens; without one it is the window less what the answer may take. `pin` keeps
        messages as they are: positions, roles, or tests of a message's view. `tenant` keeps
        the memories of different users apart.

        Raises `MalformedRequest` when the input cannot be read and `BudgetInfeasible`, with the
        true minimum, when what must stay does not fit.
        """
        options = Options(model, budget, system, tools, tenant or "", dialect, tuple(listed(pin)))
        with self.lock:
            road = self.engine.fit(self.engine.case(messages_or_request, options))
        return self.drive(road, options.tenant)

    async def afit(
        self,
        messages_or_request: object,
        *,
        model: str | None = None,
        budget: int | None = None,
        system: object = None,
        tools: object = None,
        pin: Pin | Iterable[Pin] | None = None,
        tenant: str | None = None,
        dialect: str | None = None,
    ) -> Fitted:
        """`fit`, awaiting what a strategy asks of a model."""
        options = Options(model, budget, system, tools, tenant or "", dialect, tuple(listed(pin)))
        with self.lock:
            road = self.engine.fit(self.engine.case(messages_or_request, options))
        return await self.adrive(road, options.tenant)

    def glance(
        self,
        request: bytes,
        *,
        dialect: str,
        budget: int | None = None,
        tenant: str | None = None,
        most: int | None = None,
    ) -> Glance | None:
        """What `fit` would report of a request, as JSON bytes, that it would leave as it is.

        None where only `fit` can tell: because the request must be condensed, or was before, or
        because a provider has reported of its conversation, or its bytes say something odd. Much
        cheaper than `fit` for a conversation that grows, of which only what is new is read: None,
        too, where that takes more than `most` bytes. An answer stands in the place of a fit, and is
        told to observers as one.
        """
        options = Options(budget=budget, tenant=tenant or "", dialect=dialect)
        with self.lock:
            return self._glancer.glance(request, options, most)

    def session(
        self,
        messages: Iterable[object] = (),
        *,
        model: str | None = None,
        budget: int | None = None,
        system: object = None,
        tools: object = None,
        pin: Pin | Iterable[Pin] | None = None,
        tenant: str | None = None,
        dialect: str | None = None,
    ) -> Session:
        """A conversation to append to; see `fit` for the options."""
        options = Options(model, budget, system, tools, tenant or "", dialect, tuple(listed(pin)))
        session = Session(self, options)
        session.extend(messages)
        return session

    def count(
        self,
        messages_or_request: object,
        *,
        model: str | None = None,
        system: object = None,
        tools: object = None,
        dialect: str | None = None,
    ) -> CountReport:
        """Count a request's tokens. Raises `MalformedRequest`."""
        options = Options(model, None, system, tools, "", dialect)
        with self.lock:
            return self.engine.count(messages_or_request, options)

    async def acount(
        self,
        messages_or_request: object,
        *,
        model: str | None = None,
        system: object = None,
        tools: object = None,
        dialect: str | None = None,
    ) -> CountReport:
        """`count` in a thread of its own, so that the event loop goes on."""
        import asyncio

        call = partial(self.count, model=model, system=system, tools=tools, dialect=dialect)
        return await asyncio.to_thread(call, messages_or_request)

    def observe(
        self,
        request: object,
        usage: object,
        *,
        model: str | None = None,
        system: object = None,
        tools: object = None,
        tenant: str | None = None,
        dialect: str | None = None,
    ) -> None:
        """Learn from what the provider said of a request.

        `request` is what `fit` gave, or what went out; `usage` the answer, its usage, or the error
        that says that the request was too long. From then on budgets are the provider's tokens:
        counts are corrected by what it counts, and a window that an error tells of is believed
        for an hour. After such an error fit again, and send once more.

        Raises `MalformedRequest` when there are no counts in it.
        """
        options = Options(model, None, system, tools, tenant or "", dialect)
        with self.lock:
            road = self.engine.observe(request, usage, options)
        self.drive(road, options.tenant)

    async def aobserve(
        self,
        request: object,
        usage: object,
        *,
        model: str | None = None,
        system: object = None,
        tools: object = None,
        tenant: str | None = None,
        dialect: str | None = None,
    ) -> None:
        """`observe`, awaiting the cache tiers."""
        options = Options(model, None, system, tools, tenant or "", dialect)
        with self.lock:
            road = self.engine.observe(request, usage, options)
        await self.adrive(road, options.tenant)

    def plugins(self) -> tuple[PluginStatus, ...]:
        """All plugins there are, the inactive ones with the reason."""
        return self.host.statuses()

    def stats(self) -> Stats:
        """How well it has worked so far, under the names of the guides."""
        return stats_of(self.engine)

    def publish(
        self, kind: str, name: str = "", more: Callable[[], Mapping[str, object]] = dict
    ) -> Callable[[], None]:
        """From now on let `brim stats` and `brim top` show what this one does, unless the setting
        `monitor.publish` is off. Chat loops and proxies do so by themselves.

        `kind` says in a word what it is, `name` what it works on, and `more` gives figures beside
        its own; whoever asks first names it. They stand in a small file that only its owner reads,
        which is written a second after an operation. It goes with `close`, or when what this
        gives is called.
        """
        from brim.road.figures.publishing import publish

        return publish(self, kind, name, more)

    def expand(self, handle: str, tenant: str | None = None) -> Original:
        """The original that a note's or mark's handle stands for, in any conversation of this
        tenant that the archive holds, also after a restart.

        Raises `UnknownHandle`, also where conversations differ in what it stands for.
        """
        return self._found(handle, tenant)[1]

    def undo(self, handle: str, tenant: str | None = None) -> Original:
        """Pin what the handle stands for: the next fits of its conversation bring it back and
        leave it alone. `redo` takes that back. Raises `UnknownHandle`."""
        entry, original = self._found(handle, tenant)
        with self.lock:
            self.engine.ledger.undo(undone_by(entry))
        self.engine.archive.undo(undone_by(entry), self.settings.ledger.ttl)
        return original

    def redo(self, handle: str, tenant: str | None = None) -> Original:
        """Let what was undone be condensed again. Raises `UnknownHandle`."""
        entry, original = self._found(handle, tenant)
        with self.lock:
            self.engine.ledger.redo(undone_by(entry))
        self.engine.archive.redo(undone_by(entry))
        return original

    def _found(self, handle: str, tenant: str | None) -> tuple[Entry, Original]:
        return self.engine.archive.find(tenant or "", handle, self.host.calls.dialects())

    def close(self) -> None:
        """Close all plugins and files. Closing twice is allowed."""
        if self.publisher is not None:
            self.publisher.close()
        self.background.stop()
        self.engine.archive.close()
        if self.engine.tiers:
            self.engine.tiers.close()
        self.host.close()
        self.background.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
