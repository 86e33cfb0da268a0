"""Every guarantee with the policy that condenses when it pays, while the provider reports, and its
cache expires."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from brim.testing.conversations import seeded
from brim.testing.draw import Seeded
from brim.testing.guarantees import condensed_for_a_reason, prefix_is_stable, untouched
from brim.testing.trials import KINDS, Lab, draw_trial, judge

MODEL = "claude-sonnet-4-5"
PAUSES = (1.0, 400.0)

APART = frozenset({"hostile", "inject"})
"""Hostile policies take this one's place. With context the output is larger than what was decided
about: fitted once more, it may be worth condensing."""


@pytest.fixture(params=PAUSES, ids=["warm", "cold"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    made = Lab({"policy": "cache-economics"}, roomy=2.0)
    ticks = count()
    made.shared.engine.learned.accounts.clock = lambda: next(ticks) * request.param
    yield made
    made.close()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in APART])
def test_trials(kind: str, lab: Lab) -> None:
    for number in range(40):
        seed = f"economics {kind} {number}"
        judge(draw_trial(Seeded(seed), lab, kind), lab, seed)


def test_it_cuts_early_and_only_then_breaks_the_prefix(lab: Lab) -> None:
    """Conversations that grow in a window of their size, with what the provider counts reported."""
    early = fits = 0
    for seed in range(25):
        case = seeded(seed, "anthropic")
        budget = max(lab.size(case) * 6 // 5, 400)
        before = None
        for length in case.turns:
            messages = case.messages[:length]
            request = {**case.request, "messages": messages, "model": MODEL}
            fitted = lab.shared.fit(request, budget=budget, tenant=str(seed), dialect="anthropic")
            report, fits = fitted.report, fits + 1
            if report.condensed:
                early += report.before.tokens <= report.before.budget
                condensed_for_a_reason(report.before.tokens, report.decision.trigger)
            elif before is not None and report.replayed:
                prefix_is_stable(before, fitted.messages)
            elif not report.changed:
                untouched(messages, fitted.messages)
            before = fitted.messages
            cached = {"cache_read_input_tokens": report.tokens // 2, "input_tokens": 0}
            lab.shared.observe(
                fitted, {**cached, "input_tokens": report.tokens - report.tokens // 2}
            )
    assert fits > 100
    assert early > 0
