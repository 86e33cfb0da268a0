"""Timed steps: what observers get to see of the road."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING

from attrs import define, field

from brim.model.operations import Operation

if TYPE_CHECKING:
    from brim.kernel.calls import Calls
    from brim.model.decisions import Counts
    from brim.model.profiles import ModelProfile

__all__ = ["Fact", "Taken", "Watch"]

Fact = str | int | float | bool


@define
class Taken:
    """A step under way. `error` is a kind of error, never its text: that may quote a message."""

    facts: dict[str, Fact] = field(factory=dict)
    error: str = ""


@define
class Running:
    """A step that is told when it ends, and as an error when it raises."""

    watch: Watch
    name: str
    taken: Taken = field(factory=Taken)
    began: float = 0.0

    def __enter__(self) -> Taken:
        self.began = perf_counter()
        return self.taken

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self.taken.error = type(error).__name__
        self.watch.tell(self.name, perf_counter() - self.began, self.taken)


class Watch:
    """Tells observers what was done. `after`, where it is set, is called when they were told."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.after: Callable[[], None] | None = None
        self._watched = bool(calls.names("monitor_operation"))

    def step(self, name: str) -> Running:
        """One step, told when it ends, and as an error when it raises."""
        return Running(self, name)

    def counting(
        self, count: Callable[[Sequence[str], ModelProfile], Counts]
    ) -> Callable[[Sequence[str], ModelProfile], Counts]:
        """The same function; each of its calls is a step."""
        if not self._watched:
            return count

        def counted(texts: Sequence[str], profile: ModelProfile) -> Counts:
            taken, began = Taken(), perf_counter()
            try:  # as `step`, for what every request does
                counts = count(texts, profile)
                taken.facts.update(texts=len(texts), tokens=sum(counts.values))
            except Exception as error:
                taken.error = type(error).__name__
                raise
            finally:
                self.tell("count", perf_counter() - began, taken)
            return counts

        return counted

    def tell(self, name: str, seconds: float, taken: Taken) -> None:
        """One step that is over."""
        if self._watched:
            self._calls.monitor_operation(
                Operation(name, seconds, not taken.error, taken.error, taken.facts)
            )
        if self.after is not None:
            self.after()
