"""Timed steps: what observers get to see of the road."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from attrs import define, field

from brim.model.operations import Operation

if TYPE_CHECKING:
    from brim.kernel.calls import Calls
    from brim.model.decisions import Counts
    from brim.model.profiles import ModelProfile

__all__ = ["Taken", "Watch"]

Fact = str | int | float | bool


@define
class Taken:
    """A step under way. `error` is a kind of error, never its text: that may quote a message."""

    facts: dict[str, Fact] = field(factory=dict)
    error: str = ""


class Watch:
    """Tells observers what was done; without any it does nothing."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._watched = bool(calls.names("monitor_operation"))

    @contextmanager
    def step(self, name: str) -> Iterator[Taken]:
        """One step, told when it ends, and as an error when it raises."""
        taken, began = Taken(), perf_counter()
        try:
            yield taken
        except Exception as error:
            taken.error = type(error).__name__
            raise
        finally:
            self._tell(name, perf_counter() - began, taken)

    def counting(
        self, count: Callable[[Sequence[str], ModelProfile], Counts]
    ) -> Callable[[Sequence[str], ModelProfile], Counts]:
        """The same function; each of its calls is a step."""
        if not self._watched:
            return count

        def counted(texts: Sequence[str], profile: ModelProfile) -> Counts:
            with self.step("count") as taken:
                counts = count(texts, profile)
                taken.facts.update(texts=len(texts), tokens=sum(counts.values))
            return counts

        return counted

    def _tell(self, name: str, seconds: float, taken: Taken) -> None:
        if self._watched:
            self._calls.monitor_operation(
                Operation(name, seconds, not taken.error, taken.error, taken.facts)
            )
