"""What a running process has done, as `brim stats` and `brim top` show it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from brim.store.running import Found, Notice

__all__ = ["Process", "Timed", "Total", "looked_up", "processes", "this_process"]

CALLS = ("read", "fit", "complete", "ask")
"""Operations whose errors a user notices."""

INDICATORS: Mapping[str, tuple[str, str]] = {
    "cache_hit_ratio": ("look-ups answered from memory", "{:.1%}"),
    "success_rate": ("condensations that were taken", "{:.1%}"),
    "avg_processing_time_ms": ("mean time of a condensation", "{:.1f} ms"),
    "error_rate": ("requests that failed", "{:.1%}"),
}
"""The guides' indicators, and how they are written."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@frozen
class Timed:
    """All operations of one name."""

    name: str
    count: int
    errors: int
    mean: float
    p50: float
    p95: float
    p99: float


@frozen
class Process:
    """One process. Times are seconds, shares are 0 to 1, None where there is no data yet.
    `indicators` are a name, a value and how good it is."""

    pid: int
    kind: str
    name: str
    running: float
    idle: float
    requests: int
    errors: int
    before: int
    after: int
    level: str
    utilization: float
    condensed: int
    degraded: int
    memory: float
    reuse: float | None = None
    hits: float | None = None
    p50: float | None = None
    p95: float | None = None
    levels: Mapping[str, int] = field(factory=dict)
    operations: tuple[Timed, ...] = ()
    indicators: tuple[tuple[str, str, str], ...] = ()

    @property
    def saved(self) -> float:
        return 1 - self.after / self.before if self.before else 0.0


@frozen
class Total:
    """All processes together."""

    processes: int
    requests: int
    errors: int
    before: int
    after: int
    condensed: int

    @classmethod
    def of(cls, found: Iterable[Process]) -> Total:
        rows = list(found)
        return cls(
            len(rows),
            sum(row.requests for row in rows),
            sum(row.errors for row in rows),
            sum(row.before for row in rows),
            sum(row.after for row in rows),
            sum(row.condensed for row in rows),
        )


def looked_up() -> Found:
    """The folder, looked through now. Raises `StoreError` where it is not safe."""
    from brim.store.running import found, run_folder

    return found(run_folder())


def processes(found: Found, now: float) -> list[Process]:
    """At this time, in seconds since 1970."""
    return [_process(notice, now) for notice in found.running]


def this_process(figures: Mapping[str, Any], kind: str) -> Process:
    """The process that asks, by what `Brim.stats()` says."""
    from brim.store.running import Notice

    now = time.time()
    began = now - _number(figures, "runtime_seconds")
    own = Notice(pid=os.getpid(), kind=kind, started=began, written=now, figures=dict(figures))
    return _process(own, now)


def _process(notice: Notice, now: float) -> Process:
    figures = notice.figures
    traffic, operations = _group(figures, "traffic"), _group(figures, "operations")
    fits, proxy = _group(operations, "fit"), _group(figures, "proxy")
    errors = sum(_count(_group(operations, name), "errors") for name in CALLS)
    known = _group(figures, "bands")
    levels, timed = _group(traffic, "levels"), _count(fits, "count") > 0
    return Process(
        pid=notice.pid,
        kind=_plain(notice.kind),
        name=_plain(notice.name),
        running=max(now - notice.started, 0.0),
        idle=max(now - notice.written, 0.0),
        requests=_count(proxy, "answers") or _count(figures, "total_requests"),
        errors=_count(proxy, "errors") if "errors" in proxy else errors,
        before=_count(traffic, "tokens_before"),
        after=_count(traffic, "tokens_after"),
        level=_plain(str(traffic.get("level", ""))),
        utilization=_number(traffic, "utilization"),
        condensed=_count(traffic, "condensed"),
        degraded=_count(traffic, "degraded"),
        memory=_number(figures, "memory_usage_mb"),
        reuse=_number(traffic, "prefix_reuse") if _count(traffic, "prefix_reuse_of") else None,
        hits=_number(figures, "cache_hit_ratio") if "cache_hit_ratio" in known else None,
        p50=_number(fits, "p50") if timed else None,
        p95=_number(fits, "p95") if timed else None,
        levels={_plain(level): _count(levels, level) for level in levels},
        operations=tuple(_timed(name, _group(operations, name)) for name in operations),
        indicators=tuple(_indicators(figures)),
    )


def _timed(name: str, one: Mapping[str, Any]) -> Timed:
    seconds = (_number(one, figure) for figure in ("mean", "p50", "p95", "p99"))
    return Timed(_plain(name), _count(one, "count"), _count(one, "errors"), *seconds)


def _indicators(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    bands, condensed = _group(figures, "bands"), _group(figures, "condensation_stats")
    for name, (title, form) in INDICATORS.items():
        if name in bands:
            value = _number(condensed if name in condensed else figures, name)
            yield title, form.format(value), _plain(str(bands[name]))


def _group(figures: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    group = figures.get(name)
    return group if isinstance(group, Mapping) else {}


def _number(figures: Mapping[str, Any], name: str) -> float:
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _count(figures: Mapping[str, Any], name: str) -> int:
    return int(_number(figures, name))


def _plain(text: str) -> str:
    """Without what steers terminals."""
    return _CONTROL.sub("\ufffd", text)
