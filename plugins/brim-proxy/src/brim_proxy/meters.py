"""Counters and times of one worker, as Prometheus reads them."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from brim_proxy.call import Call

__all__ = ["Meters"]

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends of the histogram's buckets, in seconds."""

TOTALS: Mapping[str, str] = {
    "tokens_before": "Tokens of requests as they came.",
    "tokens_after": "Tokens of requests as they went up.",
    "fitted": "Requests that were changed to fit.",
    "recovered": "Requests sent once more after the upstream found them too long.",
    "unread": "Requests that went up as they came because Brim could not read them.",
    "gone": "Requests whose client left before the end.",
    "aborted": "Responses that broke off.",
    "bytes_in": "Bytes of request bodies.",
    "bytes_out": "Bytes of response bodies.",
}


@define
class Meters:
    """What happened since the start."""

    requests: Counter[tuple[str, int]] = field(factory=Counter)
    totals: Counter[str] = field(factory=Counter)
    active: int = 0
    held: int = 0
    buckets: list[int] = field(factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0
    started: float = field(factory=time.time)

    def note(self, call: Call) -> None:
        """Count a request that has ended."""
        totals, fit = self.totals, call.fit
        self.requests[call.route.name, call.status] += 1
        totals["bytes_in"] += call.bytes_in
        totals["bytes_out"] += call.bytes_out
        totals[call.outcome] += 1
        if fit is None:
            return
        self.buckets[bisect_left(BOUNDS, fit.seconds)] += 1
        self.seconds += fit.seconds
        totals["recovered"] += fit.recovered
        if fit.report is None:
            totals["unread"] += fit.refusal is None
            return
        totals["fitted"] += fit.changed
        totals["tokens_before"] += fit.report.before.tokens
        totals["tokens_after"] += fit.report.after.tokens

    def prometheus(self) -> bytes:
        """All figures in the text format, version 0.0.4."""
        return ("\n".join(self._lines()) + "\n").encode()

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        count = sum(self.buckets)
        return {
            "worker": os.getpid(),
            "active_requests": self.active,
            "held_bytes": self.held,
            "requests": {f"{route} {status}": n for (route, status), n in self.requests.items()},
            "fits": count,
            "avg_fit_ms": round(1000 * self.seconds / count, 3) if count else 0.0,
            **{name: self.totals[name] for name in TOTALS},
        }

    def _lines(self) -> Iterator[str]:
        yield "# HELP brim_proxy_requests_total Requests by route and status; 0 is none."
        yield "# TYPE brim_proxy_requests_total counter"
        for (route, status), count in sorted(self.requests.items()):
            yield f'brim_proxy_requests_total{{route="{route}",status="{status}"}} {count}'
        for name, text in TOTALS.items():
            yield f"# HELP brim_proxy_{name}_total {text}"
            yield f"# TYPE brim_proxy_{name}_total counter"
            yield f"brim_proxy_{name}_total {self.totals[name]}"
        for name, value in (("active_requests", self.active), ("held_bytes", self.held)):
            yield f"# TYPE brim_proxy_{name} gauge"
            yield f"brim_proxy_{name} {value}"
        yield "# TYPE brim_proxy_start_time_seconds gauge"
        yield f"brim_proxy_start_time_seconds {self.started:.3f}"
        yield "# HELP brim_proxy_fit_seconds Brim's own time for a request."
        yield "# TYPE brim_proxy_fit_seconds histogram"
        total = 0
        for bound, count in zip((*BOUNDS, "+Inf"), self.buckets, strict=True):
            total += count
            yield f'brim_proxy_fit_seconds_bucket{{le="{bound}"}} {total}'
        yield f"brim_proxy_fit_seconds_sum {self.seconds:.6f}"
        yield f"brim_proxy_fit_seconds_count {total}"
