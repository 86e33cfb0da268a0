"""A glance knows what the provider has reported of a model, and leaves to a fit what it said of
the conversation itself."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from glance_parts import DIALECTS, Pair

from brim.api import CompletionError
from brim.road.learning.anchors import Anchor, Anchors
from brim.testing.case import Case
from brim.testing.conversations import seeded


def written(case: Case, length: int | None = None) -> bytes:
    return json.dumps(case.with_messages(case.messages[:length]).request).encode()


def told(pair: Pair, body: bytes, dialect: str, share: float = 1.3, tenant: str = "") -> None:
    """Both learn that the provider counts so many times as much."""
    for app in (pair.quick, pair.whole):
        fitted = app.fit(body, dialect=dialect, tenant=tenant)
        app.observe(fitted, {"prompt_tokens": round(share * fitted.report.tokens) + 1})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_learned_of_the_model_is_known_at_a_glance(pair: Pair, dialect: str) -> None:
    first = seeded(1, dialect)
    enough = total = 0
    for seed in range(2, 24):
        case = seeded(seed, dialect)
        case = evolve(case, request={**case.request, "model": first.request["model"]})
        told(pair, written(first), dialect, share=1 + seed / 20)
        for budget in (None, 10**6, 400):
            enough += pair.check(written(case), dialect, budget=budget)
            total += 1
    assert enough > total / 3
    assert pair.quick.engine.learned.calibration.usual("", str(first.request["model"]))


def chat(dialect: str, length: int, word: str = "word") -> bytes:
    roles = ("user", "assistant")
    said = [{"role": roles[i % 2], "content": f"{i} {word} " * 40} for i in range(length)]
    key = "input" if dialect == "openai-responses" else "messages"
    return json.dumps({"model": "claude-x", "max_tokens": 50, key: said}).encode()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_reported_of_the_conversation_is_for_a_fit(pair: Pair, dialect: str) -> None:
    told(pair, chat(dialect, 5), dialect)
    assert pair.check(chat(dialect, 3), dialect), "that was before"
    assert pair.check(chat(dialect, 7, "else"), dialect), "that is another one"
    assert not pair.check(chat(dialect, 7), dialect)
    assert not pair.check(chat(dialect, 5), dialect)
    assert pair.check(chat(dialect, 7), dialect, tenant="bob")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_learned_window_is_known_at_a_glance(pair: Pair, dialect: str) -> None:
    for app in (pair.quick, pair.whole):
        fitted = app.fit(chat(dialect, 5), dialect=dialect)
        app.observe(fitted, CompletionError("", kind="overflow", window=3_000))
    body = chat(dialect, 3, "else")
    assert pair.check(body, dialect)
    assert pair.whole.fit(body, dialect=dialect).report.after.window == 3_000


def test_a_policy_with_an_account_is_for_a_fit() -> None:
    made = Pair(policy="cache-economics")
    case = seeded(5, "anthropic")
    assert not made.check(written(case), "anthropic")
    assert not made.check(written(seeded(6, "anthropic")), "anthropic")
    made.quick.close()
    made.whole.close()


def test_anchors_and_how_their_conversations_begin() -> None:
    anchors = Anchors(most=3)
    chains = [
        [b"seed", bytes([first]), bytes([first, last])] for first in (1, 2) for last in (1, 2)
    ]
    for number, chain in enumerate(chains):
        anchors.keep("m", chain, Anchor(number, number, 1, {}))
        anchors.keep("m", chain, Anchor(number, number, 2, {}))
    assert len(anchors) == 3
    assert [anchors.begun("m", bytes([first])) for first in (1, 2, 3)] == [True, True, False]
    assert anchors.last("m", chains[0]) is None
    assert anchors.last("m", [*chains[1], b"more"]) == Anchor(1, 1, 2, {})
    assert anchors.at("n", chains[1][-1]) is None
    anchors.keep("m", [b"seed", b"9"], Anchor(9, 9, 1, {}))
    assert anchors.last("m", chains[1]) is not None, "it was used last"
    anchors.keep("m", [b"seed"], Anchor(9, 9, 1, {}))
    assert not anchors.begun("n", b"9")
    anchors.keep("m", [b"seed", b"8"], Anchor(9, 9, 1, {}))
    anchors.keep("m", [b"seed", b"7"], Anchor(9, 9, 1, {}))
    anchors.keep("m", [b"seed", b"6"], Anchor(9, 9, 1, {}))
    assert [anchors.begun("m", first) for first in (b"\1", b"\2", b"9", b"8")] == [
        False,
        False,
        False,
        True,
    ]
