"""What observing one operation costs, in microseconds of processor time.

`python bench/cost.py [ROUNDS]` tells the same fit to observers again and again: to none, to Brim's
own two, and to those and this plugin, without providers, with the SDK's metrics, and with its spans
beside. The ways take turns, and the least of each way's rounds counts: what else the machine does
only adds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from time import process_time

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from brim import Brim
from brim.road.watch import Taken, Watch
from brim_opentelemetry import OpenTelemetry, OpenTelemetrySettings

CALLS = 3_000
BUILT_IN = ("operation-log", "operation-metrics")
FACTS = {
    "prefix_reuse": 0.91,
    "utilization": 0.62,
    "model": "gpt-4o",
    "level": "warning",
    "messages": 120,
    "tokens_before": 9_000,
    "tokens_after": 3_000,
    "saved": 6_000,
    "condensed": True,
    "replayed": False,
    "degraded": False,
}


def observer(spans: str, sdk: bool) -> OpenTelemetry:
    settings = OpenTelemetrySettings(spans=spans)
    if not sdk:
        return OpenTelemetry(settings)
    meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    return OpenTelemetry(settings, meters, TracerProvider(shutdown_on_exit=False))


def watches(stack: ExitStack) -> Mapping[str, Watch]:
    own: dict[str, object] = {"plugins": {"discover": True, "disabled": ["opentelemetry"]}}
    none: dict[str, object] = {"plugins": {"disabled": ["opentelemetry", *BUILT_IN]}}

    def watch(settings: dict[str, object], *extra: OpenTelemetry) -> Watch:
        for one in extra:
            one.name = "measured"
        return stack.enter_context(Brim(settings, plugins=extra)).engine.watch

    return {
        "no observer": watch(none),
        "Brim's own": watch(own),
        "and this, no providers": watch(own, observer("inside", False)),
        "and this, SDK metrics": watch(own, observer("never", True)),
        "and this, SDK spans too": watch(own, observer("always", True)),
    }


def cost(tell: Callable[[str, float, Taken], None]) -> float:
    """Microseconds for one operation."""
    began = process_time()
    for _ in range(CALLS):
        tell("fit", 0.003, Taken(dict(FACTS)))
    return 1e6 * (process_time() - began) / CALLS


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with ExitStack() as stack:
        ways = watches(stack)
        found = {name: [cost(watch.tell)] for name, watch in ways.items()}
        for _ in range(rounds):
            for name, watch in ways.items():
                found[name].append(cost(watch.tell))
    before = 0.0
    print(f"{'observers':26}{'µs an operation':>16}{'more':>8}")
    for name, times in found.items():
        least = min(times)
        print(f"{name:26}{least:16.1f}{least - before:8.1f}")
        before = least


if __name__ == "__main__":
    main()
