"""The last look: what goes out breaks no rule that came in whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from brim.dialects.base import Dialect, Envelope, Parsed, Violation
from brim.model.profiles import ModelProfile

__all__ = ["added_violations"]


def added_violations(
    dialect: Dialect,
    envelope: Envelope,
    profile: ModelProfile,
    before: Callable[[], Sequence[Parsed]],
    after: Sequence[Parsed],
) -> tuple[Violation, ...]:
    """The rules that `after` breaks and `before` did not. `before` is asked for only then."""
    broken = dialect.check(after, envelope, profile)
    if not broken:
        return ()
    known = {violation.key for violation in dialect.check(before(), envelope, profile)}
    return tuple(violation for violation in broken if violation.key not in known)
