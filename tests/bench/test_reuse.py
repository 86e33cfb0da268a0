"""The ceiling of prefix reuse, and how it is measured."""

from __future__ import annotations

import pytest

from reuse import ceiling, known_share, requests


def simulated(limit, target, growth):
    """Requests that grow to the limit and fall to the target, losing all of their prefix."""
    known = total = 0.0
    size = target
    for _ in range(100_000):
        total += size
        known += size if size + growth <= limit else 0.0
        size = size + growth if size + growth <= limit else target
    return known / total


@pytest.mark.parametrize(("limit", "target", "growth"), [(32_000, 12_800, 10), (20_000, 9_000, 50)])
def test_ceiling_is_what_a_simulation_finds(limit, target, growth):
    assert simulated(limit, target, growth) == pytest.approx(
        ceiling(limit, target, growth), abs=1e-3
    )


def say(role, text):
    return {"role": role, "content": text}


def test_a_request_is_due_before_the_assistant_speaks():
    roles = ("system", "user", "assistant", "tool", "assistant", "assistant", "user")
    sent = [[one["role"] for one in part] for part in requests([say(role, "x") for role in roles])]
    assert sent == [["system", "user"], ["assistant", "tool"]]


def testknown_share_is_the_share_that_the_next_request_begins_with():
    before = [say("user", "one"), say("assistant", "two")]
    assert known_share(before, [*before, say("user", "three")], 10) == 1
    assert known_share(before, [say("user", "note"), before[1]], 10) == pytest.approx(10 / 20)
    assert known_share([], before, 10) == 1
