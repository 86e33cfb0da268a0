"""What a check of the rate limits costs, with each way of counting.

Requests and tokens of a key, and of its use of a model: four counts, in CPU time of this process.
It stands in a folder of its own because `bench/limits.py` has the name of the library.
"""

from __future__ import annotations

import argparse
import json
from time import process_time

from brim.api import Request
from brim.defaults.rate_limit import RateLimit, RateLimits, RateLimitSettings

MODEL = "gpt-4o"
MOST = RateLimits(10**6, 10**6)
TIMES, ROUNDS = 2_000, 5
ALGORITHMS = ("token-bucket", "fixed-window", "moving-window", "sliding-window")


def check(algorithm: str) -> float:
    """Microseconds of one check; the timers that clean up behind it are included."""
    settings = RateLimitSettings(10**6, 10**6, algorithm=algorithm, models={MODEL: MOST})
    guard = RateLimit(settings)
    asked = [Request(f"key {i % 50}", MODEL, 5) for i in range(TIMES)]
    guard.admit(asked[0])
    began = process_time()
    for one in asked:
        guard.admit(one)
    return (process_time() - began) / TIMES * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    table = {name: sorted(check(name) for _ in range(ROUNDS)) for name in ALGORITHMS}
    if parser.parse_args().json:
        print(json.dumps({f"{name}, microseconds": found for name, found in table.items()}))
        return
    for algorithm, found in table.items():
        print(f"{algorithm:16}{found[ROUNDS // 2]:>8.1f} us (worst of {ROUNDS}: {found[-1]:.1f})")


if __name__ == "__main__":
    main()
