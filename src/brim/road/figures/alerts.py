"""Alerts: what an operator should hear of, once, when it begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Lock, current_thread
from traceback import format_stack
from typing import Literal

from attrs import evolve, frozen

from brim.hookspecs import hookimpl
from brim.model.operations import Operation
from brim.road.figures.process import footprint

__all__ = ["Alert", "Alerts"]

Kind = Literal["slow", "utilization", "errors", "growth"]

STRIDE = 100
"""Fits between two looks at the memory; the limits for its growth are those of the guides."""

LOOKS = 100
"""Looks that are kept: they reach back 10,000 fits."""

RECENT = 100
FEWEST = 20
"""Requests of which the share of errors is taken: so many, and at least these."""


@frozen
class Alert:
    """What goes beyond its limit. `about` is the name of the operation where it is about one;
    `value` and `limit` are seconds, shares of 1 or MiB.

    One about a slow operation says where that ended: with how many MiB of `memory` in the
    process, in which `thread`, and for those who debug with the `stack` of calls.
    """

    kind: Kind
    value: float
    limit: float
    about: str = ""
    memory: float = 0.0
    thread: str = ""
    stack: str = ""

    def __str__(self) -> str:
        if self.kind == "slow":
            slow = f"slow: {self.about} took {self.value:.1f} s (limit {self.limit:g} s)"
            where = f" in {self.thread}, {self.memory:.0f} MiB in use" if self.thread else ""
            return slow + where + (f"\n{self.stack}" if self.stack else "")
        if self.kind == "growth":
            return f"memory grew by {self.value:.0f} MiB {self.about} (limit {self.limit:g} MiB)"
        share = f"{self.value:.0%}"
        if self.kind == "errors":
            return f"{share} of the last {RECENT} requests failed (limit {self.limit:.0%})"
        return f"a request goes out that fills its budget to {share} (limit {self.limit:.0%})"


class Alerts:
    """An observer that tells of what goes beyond its limit, when it does and not again before it
    was fine in between. Pass it as a plugin: `Brim(plugins=[Alerts(tell)])`.

    `tell` gets each `Alert`; without it they are lines in the log, at WARNING. `slow` is for
    each operation, in seconds; `utilization` for how full a request goes out; `errors` for the
    share of failed requests, of the last 100. `growth` is MiB of the process's memory over 100 fits
    and over 10,000, after the first 100. With `debug` a slow operation comes with the stack of
    calls that led to it. What `tell` raises never reaches a fit.
    """

    name = "alerts"

    def __init__(
        self,
        tell: Callable[[Alert], object] | None = None,
        *,
        slow: float = 5.0,
        utilization: float = 0.8,
        errors: float = 0.05,
        growth: tuple[float, float] = (10.0, 50.0),
        debug: bool = False,
        memory: Callable[[], float] = lambda: footprint().memory,
    ) -> None:
        self._tell = tell or _log
        self._slow, self._utilization = slow, utilization
        self._errors, self._growth, self._memory = errors, growth, memory
        self._debug = debug
        self._over: set[tuple[str, str]] = set()
        self._failed: deque[bool] = deque(maxlen=RECENT)
        self._looks: deque[float] = deque(maxlen=LOOKS + 1)
        self._fits = 0
        self._lock = Lock()

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        with self._lock:
            new = [alert for alert in self._judged(operation) if self._is_new(alert)]
        for alert in new:
            self._tell(self._placed(alert) if alert.kind == "slow" else alert)

    def _placed(self, alert: Alert) -> Alert:
        """With where it happened: observers are told in the thread of the operation."""
        stack = "".join(format_stack()) if self._debug else ""
        return evolve(alert, memory=self._memory(), thread=current_thread().name, stack=stack)

    def _is_new(self, alert: Alert) -> bool:
        key = (alert.kind, alert.about)
        known = key in self._over
        if alert.value <= alert.limit:
            self._over.discard(key)
            return False
        self._over.add(key)
        return not known

    def _judged(self, operation: Operation) -> Iterator[Alert]:
        """All that this operation says something new about, within its limit or not."""
        yield Alert("slow", operation.seconds, self._slow, operation.name)
        fit = operation.name == "fit"
        if fit and operation.ok:
            full = operation.facts.get("utilization", 0.0)
            yield Alert("utilization", float(full), self._utilization)
        if fit or (operation.name == "read" and not operation.ok):
            self._failed.append(not operation.ok)
            if len(self._failed) >= FEWEST:
                yield Alert("errors", sum(self._failed) / len(self._failed), self._errors)
        if fit:
            self._fits += 1
            if self._fits % STRIDE == 0:
                self._looks.append(self._memory())
                yield from self._grown()

    def _grown(self) -> Iterator[Alert]:
        looks, (short, long) = self._looks, self._growth
        if len(looks) > 1:
            yield Alert("growth", looks[-1] - looks[-2], short, f"over {STRIDE} fits")
        if len(looks) > LOOKS:
            yield Alert("growth", looks[-1] - looks[0], long, f"over {STRIDE * LOOKS:,} fits")


def _log(alert: Alert) -> None:
    from loguru import logger

    logger.warning("{}", alert)
