"""Where the time goes: the profiler of the standard library around a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brim.errors import BrimError

__all__ = ["profiled"]


@contextmanager
def profiled(path: Path | None) -> Iterator[None]:
    """Write statistics for `python -m pstats` to this file, also where the run fails. None does
    nothing. Raises `BrimError` where the file cannot be written, before the run."""
    if path is None:
        yield
        return
    from cProfile import Profile

    try:
        path.write_bytes(b"")
    except OSError as error:
        raise BrimError(f"cannot write {path}: {error.strerror}") from error
    profile = Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(path)
