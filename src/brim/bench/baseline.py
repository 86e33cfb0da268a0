"""A baseline: what was measured once, in a file, to compare later runs with."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from attrs import asdict, frozen

from brim.bench.paired import REFERENCE, Interval, Measured, interval
from brim.errors import BrimError

__all__ = ["Baseline", "Change", "Verdict", "baseline_of", "compared", "read_baseline"]

FORMAT = 1

Verdict = Literal["faster", "same", "unclear", "slower", "new"]


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ratios of each operation to the reference, by sample, and what they depend on."""

    format: int
    brim: str
    python: str
    machine: str
    reference: int
    subject: str
    ratios: dict[str, list[float]]


@frozen
class Change:
    """One operation now and then. `change` is how much more it takes now, 0.1 for a tenth; None
    where the baseline does not have it."""

    name: str
    milliseconds: float
    ratio: Interval
    before: Interval | None
    change: Interval | None
    verdict: Verdict

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def baseline_of(measured: Mapping[str, Measured], subject: str) -> Baseline:
    from brim import __version__

    return Baseline(
        FORMAT,
        __version__,
        _python(),
        platform.machine(),
        REFERENCE,
        subject,
        {name: [round(ratio, 6) for ratio in one.ratios] for name, one in measured.items()},
    )


def read_baseline(path: Path, subject: str) -> Baseline:
    """The baseline in a file. Raises `BrimError` where it is none, or one of other things."""
    advice = "make another with --save"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise BrimError(f"{path}: {error.strerror}; {advice}") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BrimError(f"{path} is no baseline ({error}); {advice}") from error
    if (found.format, found.reference) != (FORMAT, REFERENCE):
        raise BrimError(f"{path} was made by another version of the benchmarks; {advice}")
    if found.subject != subject:
        raise BrimError(
            f"{path} was made with another conversation or model: name the same, or {advice}"
        )
    if found.python != _python() or found.machine != platform.machine():
        raise BrimError(
            f"{path} was made with {found.python} on {found.machine}, this is {_python()} on "
            f"{platform.machine()}: their ratios differ; {advice}"
        )
    for name, ratios in found.ratios.items():
        if not ratios or min(ratios) <= 0:
            raise BrimError(f"{path}: the ratios of {name!r} are not all above 0; {advice}")
    return found


def compared(
    measured: Mapping[str, Measured], before: Baseline | None, threshold: float
) -> Iterator[Change]:
    """What became of each operation. It is slower where the whole interval of its change lies above
    the threshold, and unclear where only its median does."""
    for name, one in measured.items():
        now = interval(one.ratios)
        then = interval(before.ratios[name]) if before and name in before.ratios else None
        change = then and Interval(
            now.median / then.median - 1, now.low / then.high - 1, now.high / then.low - 1
        )
        milliseconds = 1e3 * interval(one.seconds).median
        yield Change(name, milliseconds, now, then, change, _verdict(change, threshold))


def _verdict(change: Interval | None, threshold: float) -> Verdict:
    if change is None:
        return "new"
    if change.low > threshold:
        return "slower"
    if change.high < -threshold:
        return "faster"
    return "unclear" if change.median > threshold else "same"


def _python() -> str:
    """Ratios of interpreted code to compiled differ by the minor version."""
    return f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}"
