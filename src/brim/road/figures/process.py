"""What the operating system says of this process. Unknown figures are 0."""

from __future__ import annotations

import sys
from pathlib import Path

from attrs import frozen

__all__ = ["Footprint", "footprint"]

MIB = 1024 * 1024
STATM = Path("/proc/self/statm")
"""Linux: sizes in pages, the second of them resident (man 5 proc)."""


@frozen
class Footprint:
    """Resident memory and its peak in MiB, and blocks read and written since the start."""

    memory: float = 0.0
    peak: float = 0.0
    reads: int = 0
    writes: int = 0


def footprint() -> Footprint:
    """Figures from `getrusage` and, on Linux, from /proc; elsewhere memory is the peak."""
    try:
        from resource import RUSAGE_SELF, getpagesize, getrusage
    except ImportError:  # not on Windows
        return Footprint()
    usage = getrusage(RUSAGE_SELF)
    peak = usage.ru_maxrss / (MIB if sys.platform == "darwin" else 1024)
    memory = peak
    if STATM.exists():
        memory = int(STATM.read_text().split()[1]) * getpagesize() / MIB
    return Footprint(memory, max(peak, memory), usage.ru_inblock, usage.ru_oublock)
