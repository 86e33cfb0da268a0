"""A rest for implementations that keep failing."""

from __future__ import annotations

from attrs import define

__all__ = ["FAILURES", "REST", "Breaker"]

FAILURES = 3
"""Failures in a row after which an implementation rests."""

REST = 50
"""Calls for which it rests before it is tried once more."""


@define
class Breaker:
    """Counts calls, not seconds: what is answered never depends on a clock.

    A `steady` one never opens.
    """

    steady: bool = False
    failures: int = 0
    rest: int = 0
    earlier: int = 0

    def allows(self) -> bool:
        """Whether this call may go through; each refusal is one call of the rest."""
        if not self.rest:
            return True
        self.rest -= 1
        return False

    def succeeded(self) -> None:
        self.earlier, self.failures = self.failures, 0

    def revoked(self) -> None:
        """What was taken for a success turned out to be none."""
        self.failures, self.earlier = self.earlier, 0
        self.failed()

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= FAILURES and not self.steady:
            self.rest = REST
