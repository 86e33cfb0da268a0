"""What Brim learns from what providers report: counts, windows, and that it only moves the room."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brim import Brim
from brim.api import Completion, CompletionError
from brim.errors import BudgetInfeasible, MalformedRequest
from brim.road.learning.calibrate import MARGIN
from brim.road.learning.reported import Reported, reported
from brim.road.tokens.slopes import NOISE, Scale, Slopes
from brim.testing.workbench import alone

WINDOW = 4_000
TOO_LONG = CompletionError("too long", kind="overflow", status=400)


def made(**more: Any) -> Brim:
    models = {"m": {"window": WINDOW, "max_output": 400}, "wide": {"window": 100_000}}
    given = {"models": models, "model": "m", "strategies": ["smart-truncation"], **more}
    return Brim(alone(**given, counting={"accurate": False}))


@pytest.fixture
def brim() -> Iterator[Brim]:
    with made() as app:
        yield app


def said(number: int, words: int = 40) -> dict[str, Any]:
    role = "user" if number % 2 == 0 else "assistant"
    return {"role": role, "content": f"message {number} " + "word " * words}


def chat(length: int, words: int = 40) -> list[dict[str, Any]]:
    return [said(number, words) for number in range(length)]


def test_nothing_is_expected_before_anything_was_reported(brim: Brim) -> None:
    report = brim.fit(chat(5)).report
    assert report.expected is None
    assert report.after.budget == WINDOW - 400


def test_an_anchor_and_what_came_since(brim: Brim) -> None:
    first = brim.fit(chat(5))
    brim.observe(first, {"prompt_tokens": first.report.tokens + 500})
    assert brim.fit(chat(5)).report.expected == first.report.tokens + 500
    later = brim.fit(chat(7)).report
    new = later.tokens - first.report.tokens
    assert later.expected == pytest.approx(first.report.tokens + 500 + new, rel=0.2)


def test_slopes_are_learned(brim: Brim) -> None:
    session = brim.session(model="wide")
    errors = []
    for number in range(0, 60, 2):
        session.extend([said(number), said(number + 1)])
        fitted = session.fit()
        truth = round(1_000 + 1.5 * fitted.report.tokens)
        if fitted.report.expected is not None:
            errors.append(abs(fitted.report.expected / truth - 1))
        brim.observe(fitted, {"prompt_tokens": truth})
    assert max(errors[3:]) < 0.005
    other = brim.fit(chat(9, 41), model="wide").report
    assert other.expected == pytest.approx(1.5 * other.tokens, rel=0.1), "another conversation"
    assert brim.fit(chat(9)).report.expected is None, "another model"
    assert brim.fit(chat(9), model="wide", tenant="x").report.expected is None


def test_the_budget_is_the_providers(brim: Brim) -> None:
    """Whatever is sent, the provider's count stays within the window."""
    session, cuts = brim.session(budget=WINDOW), 0
    for number in range(0, 400, 2):
        session.extend([said(number), said(number + 1, 30)])
        fitted = session.fit()
        truth = round(300 + 1.4 * fitted.report.tokens)
        assert truth <= WINDOW
        cuts += fitted.report.condensed
        brim.observe(fitted, {"prompt_tokens": truth})
    assert cuts > 2


def test_it_moves_the_trigger_and_never_what_is_replayed(brim: Brim) -> None:
    whole = chat(80)
    first = brim.fit(whole)
    assert first.report.condensed
    brim.observe(first, {"prompt_tokens": round(1.1 * first.report.tokens)})
    again = brim.fit(whole)
    assert again.messages == first.messages
    assert again.report.after.budget < first.report.after.budget
    assert again.report.replayed
    assert brim.fit([*whole, said(80, 3)]).messages[: len(first.messages)] == first.messages


def test_infeasible_is_told_in_the_providers_tokens(brim: Brim) -> None:
    long = [{"role": "user", "content": "word " * 2_000}]
    small = brim.fit(chat(3), model="wide")
    brim.observe(small, {"prompt_tokens": 2 * small.report.tokens})
    with pytest.raises(BudgetInfeasible) as caught:
        brim.fit(long, budget=1_000, model="wide")
    assert caught.value.budget == 1_000
    brim.fit(long, budget=caught.value.minimum, model="wide")
    with pytest.raises(BudgetInfeasible):
        brim.fit(long, budget=caught.value.minimum - 2, model="wide")


def test_a_window_is_learned(brim: Brim) -> None:
    first = brim.fit(chat(60), model="wide")
    assert not first.report.changed
    brim.observe(first, CompletionError("", kind="overflow", window=3_000, used=3_900))
    again = brim.fit(chat(60), model="wide").report
    assert again.after.window == 3_000
    assert again.condensed
    assert again.expected is not None
    assert again.expected * (1 + MARGIN) <= 3_000 - again.after.reserve + 1
    assert brim.fit(chat(3), model="wide", tenant="other").report.after.window == 100_000


def test_a_learned_window_is_forgotten(brim: Brim) -> None:
    now = itertools.count()
    brim.engine.learned.calibration.clock = lambda: float(next(now)) * 1_800
    brim.observe(brim.fit(chat(3)), CompletionError("", kind="overflow", window=3_000, used=0))
    assert brim.fit(chat(3)).report.after.window == 3_000
    assert brim.fit(chat(3)).report.after.window == WINDOW


def test_without_numbers_it_condenses_harder(brim: Brim) -> None:
    whole = chat(30)
    first = brim.fit(whole)
    assert not first.report.changed
    brim.observe(first, TOO_LONG)
    again = brim.fit(whole)
    assert again.report.tokens <= 0.7 * first.report.tokens
    brim.observe(again, {"prompt_tokens": again.report.tokens})
    later = brim.fit([*whole, said(30), said(31), said(32)])
    assert later.report.tokens <= 0.7 * first.report.tokens, "also from now on"
    assert not brim.fit(chat(30, 39)).report.changed, "another conversation"


def test_nonsense_is_not_believed(brim: Brim) -> None:
    fitted = brim.fit(chat(5))
    for tokens in (1, 100 * fitted.report.tokens):
        brim.observe(fitted, {"prompt_tokens": tokens})
    assert brim.fit(chat(5)).report.expected is None


NOTHING: list[object] = [{}, {"prompt_tokens": -1}, {"prompt_tokens": "5"}, None, 7, ValueError("")]


@pytest.mark.parametrize("said", NOTHING)
def test_what_has_no_counts_is_refused(brim: Brim, said: object) -> None:
    with pytest.raises(MalformedRequest, match="no count of input tokens"):
        brim.observe(brim.fit(chat(5)), said)


def test_a_request_that_brim_did_not_fit(brim: Brim) -> None:
    request = {"model": "m", "messages": chat(6)}
    counted = brim.count(request).total
    brim.observe(request, {"prompt_tokens": 2 * counted})
    assert brim.fit(request).report.expected == 2 * counted


def test_it_can_be_awaited(brim: Brim) -> None:
    fitted = brim.fit(chat(6))
    asyncio.run(brim.aobserve(fitted, {"prompt_tokens": 2 * fitted.report.tokens}))
    assert brim.fit(chat(6)).report.expected == 2 * fitted.report.tokens


USAGES: list[tuple[object, Reported]] = [
    ({"prompt_tokens": 9, "completion_tokens": 2}, Reported(9)),
    ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}, Reported(9, 4)),
    ({"prompt_tokens": 9, "prompt_tokens_details": None}, Reported(9)),
    ({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}}, Reported(9, 0)),
    (
        {"input_tokens": 2, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 5},
        Reported(37, 30),
    ),
    ({"input_tokens": 2, "cache_read_input_tokens": None}, Reported(2)),
    ({"promptTokenCount": 9, "cachedContentTokenCount": 4}, Reported(9, 4)),
    ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 8}, Reported(9, 8)),
    ({"id": "x", "usage": {"prompt_tokens": 9}}, Reported(9)),
    ({"usageMetadata": {"promptTokenCount": 9}}, Reported(9)),
    (SimpleNamespace(usage=SimpleNamespace(input_tokens=9)), Reported(9)),
    (Completion("x", input_tokens=9, cached_tokens=4), Reported(9, 4)),
]


@pytest.mark.parametrize(("usage", "found"), USAGES)
def test_usages(usage: object, found: Reported) -> None:
    assert reported(usage) == found


POSITIVE = st.floats(0.2, 5.0)


@given(st.floats(0, 1e6), st.floats(0, 1e6), POSITIVE, st.integers(0, 10**7))
def test_a_scale_is_its_own_inverse(ours: float, theirs: float, slope: float, n: int) -> None:
    scale = Scale(ours, theirs, slope)
    assert scale.within(scale.real(n)) >= n
    assert scale.real(scale.within(n)) <= n or scale.within(n) == 0


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("abc"), POSITIVE, min_size=1),
    st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(-5_000, 5_000)), max_size=40),
)
def test_slopes_stay_sane_and_come_near(
    truth: dict[str, float], mixes: list[dict[str, int]]
) -> None:
    slopes = Slopes()
    for mix in mixes:
        slopes.learn(mix, sum(truth.get(kind, 1.0) * n for kind, n in mix.items()), NOISE)
    assert all(0.2 <= mean <= 5.0 for mean in slopes.means.values())
    for _ in range(40):
        for kind, slope in truth.items():
            slopes.learn({kind: 1_000}, 1_000 * slope, NOISE)
    assert slopes.means == pytest.approx({**slopes.means, **truth}, rel=0.05)
