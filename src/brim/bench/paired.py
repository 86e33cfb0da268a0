"""Times that can be compared: each beside a reference, in the same moment of the same run.

What a machine does besides, and how fast it is today, slows an operation and the reference alike:
their ratio stays. Medians and their intervals need no assumption about how times are spread.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from math import comb
from statistics import median
from time import process_time

import msgspec
from attrs import frozen

__all__ = ["REFERENCE", "WARM", "Interval", "Measured", "interval", "measure", "reference"]

REFERENCE = 1
"""Number of the reference work. Ratios to another one cannot be compared."""

CONFIDENCE = 0.95

WARM = 2
"""Rounds before those that count."""

Clock = Callable[[], float]
Run = Callable[[], object]
Prepare = Callable[[int], Run]
"""Gets the number of the sample, and gives what is timed of it."""

_WORD = re.compile(r"\w+")


@frozen
class Interval:
    """A median, and between what the true one lies with 95 % confidence."""

    median: float
    low: float
    high: float


@frozen
class Measured:
    """One operation: `seconds` of CPU, and `ratios` of them to the reference, by sample."""

    name: str
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The median and its interval between two values, by their order alone (binomial, as in
    Conover, Practical Nonparametric Statistics). With fewer than 6 values it is their whole range,
    which holds the median less surely."""
    ordered = sorted(values)
    count = len(ordered)
    outside, cut = 0.5**count, 0
    while cut < count // 2 and outside + comb(count, cut + 1) * 0.5**count <= (1 - confidence) / 2:
        cut += 1
        outside += comb(count, cut) * 0.5**count
    return Interval(median(ordered), ordered[cut], ordered[count - 1 - cut])


def reference() -> None:
    """Fixed work of the kinds that Brim's is made of: objects, texts, patterns, digests, JSON."""
    seen: dict[str, int] = {}
    for number in range(400):
        text = f"message {number} of the reference, which is the same every time"
        for word in _WORD.findall(text):
            seen[word] = seen.get(word, 0) + len(word)
        seen[blake2b(text.encode(), digest_size=16).hexdigest()] = number
    msgspec.json.decode(msgspec.json.encode(seen))


def measure(
    works: Mapping[str, Prepare],
    rounds: int,
    *,
    clock: Clock = process_time,
    beside: Run = reference,
    warm: int = WARM,
) -> Iterator[tuple[str, Measured]]:
    """Every operation once in each round, between two runs of the reference. Gives each name as
    its sample is taken, with all that was measured of it so far."""
    samples: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in works}
    for number in range(-warm, rounds):
        for name, prepare in works.items():
            run = prepare(number + warm)
            before, taken, after = _timed((beside, run, beside), clock)
            seconds, ratios = samples[name]
            if number >= 0:
                seconds.append(taken)
                ratios.append(taken / max((before + after) / 2, 1e-9))
            yield name, Measured(name, tuple(seconds), tuple(ratios))


def _timed(runs: Iterable[Run], clock: Clock) -> list[float]:
    """Seconds of each, not interrupted by a collection of garbage that others made."""
    gc.collect()
    collecting = gc.isenabled()
    gc.disable()
    try:
        return [_one(run, clock) for run in runs]
    finally:
        if collecting:
            gc.enable()


def _one(run: Run, clock: Clock) -> float:
    began = clock()
    run()
    return clock() - began
