"""Real messages on the whole road: what strategies really leave, and what stays in the cache."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import log
from typing import Any

from attrs import frozen

import brim
from brim.testing.workbench import alone
from economics_parts.money import PROFILES, Bill
from economics_parts.streams import STEP, STEP_SPREAD, TURN, TURN_SPREAD
from quality_parts.data import Message, Row, load

__all__ = ["Journey", "journeys"]

MODEL, ROOM = "priced", 32_000

POLICIES: Mapping[str, dict[str, Any]] = {
    "cache-economics": {"policy": "cache-economics"},
    "at the limit only": {
        "policy": "cache-economics",
        "plugin": {"cache-economics": {"floor": 1.0}},
    },
    "hysteresis 0.8": {"policy": "token-budget"},
}


@frozen
class Journey:
    """One conversation under one price list and policy."""

    conversation: str
    prices: str
    policy: str
    dollars: float
    cached: float
    fill: float
    condensations: int
    requests: int
    over: int
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.conversation:24}{self.prices:26}{self.policy:20}${self.dollars:8.4f}  "
            f"cached {self.cached:.3f}  fill {self.fill:.2f}  condensed {self.condensations} of "
            f"{self.requests}, over {self.over}\n    {self.reason}"
        )


def journeys(most: int = 500) -> list[Journey]:
    """The long conversations, under two price lists."""
    return [
        _taken(row, prices, policy, most)
        for row in load("long_concat")
        for prices in list(PROFILES)[:3:2]
        for policy in POLICIES
    ]


def _taken(row: Row, prices: str, policy: str, most: int) -> Journey:
    price, bill, now, last, reason = PROFILES[prices], Bill(), [0.0], 0, ""
    settings = {"models": {MODEL: _model(prices)}, "model": MODEL, **POLICIES[policy]}
    with brim.Brim(alone(**settings, plugins={"discover": True})) as app:
        app.engine.learned.accounts.clock = lambda: now[0]
        session = app.session(tools=row.get("tools"), dialect="openai-chat")
        for added, pause in _requests(row["messages"][:most]):
            now[0] += pause
            session.extend(added)
            fitted = session.fit()
            report = fitted.report
            warm = pause < price.cache_ttl and report.prefix_reuse is not None
            cached = int(last * (report.prefix_reuse or 0.0)) if warm else 0
            bill.pay(price, report.tokens, min(cached, report.tokens), ROOM)
            bill.condensations += report.condensed
            app.observe(fitted, {"prompt_tokens": report.tokens, "cached_tokens": cached})
            last, reason = report.tokens, report.decision.reason
            bill.over += report.after.upper > ROOM
    return Journey(
        row["id"],
        prices,
        policy,
        bill.dollars,
        bill.cached / bill.tokens,
        bill.fill / bill.requests,
        bill.condensations,
        bill.requests,
        bill.over,
        reason,
    )


def _model(prices: str) -> dict[str, object]:
    price = PROFILES[prices]
    listed = {
        "input": price.input,
        "output": price.output,
        "cached_input": price.cached_input,
        "cache_write": price.cache_write,
        "cache_ttl": price.cache_ttl,
    }
    return {"window": ROOM + 1_000, "max_output": 1_000, "prices": listed}


def _requests(messages: Sequence[Message]) -> Iterator[tuple[list[Message], float]]:
    """What is added before each request, and the pause before it."""
    draw, added = random.Random(1), list[Message]()
    for before, message in pairwise(messages):
        added.append(before)
        if message["role"] == "assistant" and before["role"] != "assistant":
            typed = before["role"] == "user"
            median, spread = (TURN, TURN_SPREAD) if typed else (STEP, STEP_SPREAD)
            yield added, draw.lognormvariate(log(median), spread)
            added = []
