"""What one process learned of a model, another knows."""

from __future__ import annotations

from typing import Any

import pytest

from brim import Brim
from brim.api import CompletionError
from brim.testing.fakes import FakeCache
from brim.testing.workbench import alone


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_CACHE_KEY", "0123456789abcdef")


def made(box: FakeCache) -> Brim:
    given: dict[str, Any] = {"models": {"m": {"window": 4_000, "max_output": 400}}, "model": "m"}
    return Brim(alone(**given, caches=["box"], counting={"accurate": False}), plugins=[box])


def chat(length: int, words: int = 40) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    text = "word " * words
    return [{"role": roles[n % 2], "content": f"message {n} {text}"} for n in range(length)]


def test_what_was_learned_is_shared_to_one_percent() -> None:
    box = FakeCache("box")
    with made(box) as first, made(box) as second:
        for number in range(3, 40, 2):
            fitted = first.fit(chat(number))
            first.observe(fitted, {"prompt_tokens": round(1.3 * fitted.report.tokens)})
        one = second.fit(chat(5, 60))
        assert one.report.expected is None, "nothing is read before anything is reported"
        second.observe(one, {"prompt_tokens": round(1.3 * one.report.tokens)})
        asked = box.calls.count("set_many")
        other = second.fit(chat(7, 70)).report
        assert other.expected == pytest.approx(1.3 * other.tokens, rel=0.02)
        for number in range(9, 20, 2):
            fitted = second.fit(chat(number, 60))
            second.observe(fitted, {"prompt_tokens": round(1.3 * fitted.report.tokens)})
        assert box.calls.count("set_many") - asked <= 1, "what others know is not written again"


def test_a_learned_window_is_shared() -> None:
    box = FakeCache("box")
    with made(box) as first, made(box) as second:
        told = CompletionError("", kind="overflow", window=3_000)
        first.observe(first.fit(chat(3)), told)
        fitted = second.fit(chat(3))
        second.observe(fitted, {"prompt_tokens": fitted.report.tokens})
        assert second.fit(chat(3)).report.after.window == 3_000
