"""Summaries, streams, an overflow and a timeout with a real small model behind real HTTP.

What the model writes is poor, and none of this is about it: it proves that what is asked is
understood, that what is answered is judged, and that nothing that goes wrong costs the request.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from brim import Brim
from brim.api import Ask, Completion, CompletionError, Operation, hookimpl
from brim.defaults.summarizing import HEADER
from brim.errors import HookError

PROVIDERS = ["openai-completion", "anthropic-completion"]
STRATEGIES = ["conversation-summary", "progressive-summarization"]
FACTS = ("the parcel weighs 12 kg. Keep it dry", "gate 7 opens at 8 am", "the driver is Anna")
PATIENCE = 300.0
BUDGET = 255
MODELS = {"smol": {"like": "smollm2", "window": 2_048, "max_output": 64}}
SHORT = "Reply with: The parcel weighs 12 kg."
"""A prompt that a model of this size can obey."""


class Watcher:
    name = "watcher"

    def __init__(self) -> None:
        self.seen: list[Operation] = []

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.seen.append(operation)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [dict(one.facts) for one in self.seen if one.name == name]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none-is-needed")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none-is-needed")


def base(url: str, provider: str) -> str:
    return url if provider.startswith("anthropic") else f"{url}/v1"


def made(
    url: str, provider: str, strategy: str, *plugins: object, prompt: str = "", **condensation: Any
) -> Brim:
    chosen = {"quality": 0.0, "timeout": PATIENCE, "deadline": PATIENCE, "max_messages": 1_000}
    summary = {"window": 2_048, "ratio": 0.6} | ({"prompt": prompt} if prompt else {})
    settings = {
        "strategies": [strategy],
        "complete": [provider],
        "condensation": chosen | condensation,
        "archive": {"where": "memory"},
        "models": MODELS,
        "plugin": {
            strategy: summary,
            provider: {"base_url": base(url, provider), "model": "smol"},
        },
    }
    return Brim(settings, list(plugins))


def talk(turns: int) -> list[dict[str, str]]:
    found = []
    for n in range(turns):
        found.append({"role": "user", "content": f"Please note: {FACTS[n % len(FACTS)]}."})
        found.append({"role": "assistant", "content": "Noted."})
    return [*found, {"role": "user", "content": "And now?"}]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_summary(llm: str, provider: str, strategy: str, tmp_path: Path) -> None:
    prompt, watcher = tmp_path / "prompt.md", Watcher()
    prompt.write_text(SHORT)
    messages = talk(11)
    with made(llm, provider, strategy, watcher, prompt=str(prompt)) as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=BUDGET)
        again = brim.fit(messages, model="gpt-4o", budget=BUDGET)
    report = fitted.report
    assert report.after.upper <= BUDGET
    assert report.strategies == (strategy,), str(fitted.explain())
    note = str(fitted.messages[0]["content"])  # type: ignore[index]
    assert note.startswith("<brim-note ")
    assert f"{HEADER}\nThe parcel weighs 12 kg" in note
    (ask,) = watcher.of("ask")
    assert ask["stop"] == "end"
    assert 100 < ask["read"] < 400
    assert 0 < ask["written"] < 64
    assert again.report.replayed
    assert json.dumps(again.messages) == json.dumps(fitted.messages)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_that_is_no_good_is_told_why(llm: str, provider: str) -> None:
    """Brim's own prompt is beyond this model: it repeats itself until it is cut off. Whatever it
    says, the request goes out in time, and the report says what was made of the answer."""
    with made(llm, provider, "conversation-summary") as brim:
        fitted = brim.fit(talk(11), model="gpt-4o", budget=BUDGET)
    step = fitted.report.steps[0]
    assert fitted.report.after.upper <= BUDGET
    assert step.asks == 1
    if step.outcome == "passed":
        reason = str(step.facts["answer"])
        assert reason.startswith("turned down: ")
        assert f"answer {reason}" in str(fitted.explain())
    else:
        assert step.outcome == "applied"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream(llm: str, provider: str) -> None:
    ask = Ask((("user", "Say hello."),), purpose="chat", max_tokens=16)

    async def pieces(brim: Brim) -> list[Any]:
        return [piece async for piece in brim.host.calls.stream(ask, PATIENCE)]

    with made(llm, provider, "conversation-summary") as brim:
        found = brim.host.drive.run(pieces(brim))
        whole = brim.host.drive.run(brim.host.calls.complete(ask, PATIENCE))
    assert len(found) > 2
    last = found[-1].completion
    assert isinstance(last, Completion)
    assert last.text == "".join(piece.text for piece in found) == whole.text
    assert last.stop in ("end", "length")
    assert 0 < last.output_tokens <= 16
    assert last.input_tokens == whole.input_tokens > 3


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_ask_that_is_too_long_leaves_it_to_the_next(llm: str, provider: str) -> None:
    """A window that the summarizer does not have: its real refusal is a typed error, with what it
    says of its window, and the request goes out without it."""
    ask = Ask((("user", "word " * 3_000),), max_tokens=8)
    messages = [*talk(2)[:-1], *({"role": "user", "content": "so it is " * 900} for _ in range(4))]
    with made(llm, provider, "conversation-summary") as brim:
        with pytest.raises(HookError) as caught:
            brim.host.drive.run(brim.host.calls.complete(ask, PATIENCE))
        error = caught.value.__cause__
        assert isinstance(error, CompletionError)
        assert (error.kind, error.status, error.window) == ("overflow", 400, 2_048)
        assert error.used > 3_000
        settings = brim.settings
    plugin = {**settings.plugin, "conversation-summary": {"window": 64_000}}
    with Brim({**_plain(settings), "plugin": plugin}) as brim:
        fitted = brim.fit([*messages, *talk(1)], model="gpt-4o", budget=1_200)
    assert fitted.report.steps[0].outcome == "failed"
    assert fitted.report.after.upper <= 1_200


def _plain(settings: Any) -> dict[str, Any]:
    from brim.settings.describe import as_mapping

    return {**as_mapping(settings), "plugin": {}}


def test_an_overflow_of_the_conversation_is_recovered(llm: str) -> None:
    """Settings that believe in eight times the window: the refusal teaches the true one, and the
    second request is answered."""
    messages = [{"role": "user", "content": f"{n}: " + "and so on and on " * 25} for n in range(22)]
    settings = {
        "models": {"smol": {"like": "smollm2", "window": 16_384, "max_output": 64}},
        "archive": {"where": "memory"},
        "strategies": ["smart-truncation"],
    }
    request = {"model": "smol", "messages": messages, "max_tokens": 4}
    with Brim(settings) as brim:
        first = brim.fit(request)
        assert not first.report.changed
        status, body = sent(llm, first.request)
        assert status == 400
        brim.observe(first, body)
        second = brim.fit(request)
        assert second.report.changed
        status, body = sent(llm, second.request)
        assert status == 200
        brim.observe(second, json.loads(body))
    answer = json.loads(body)
    assert answer["usage"]["prompt_tokens"] + 4 <= 2_048
    assert second.report.after.upper >= answer["usage"]["prompt_tokens"]


def sent(url: str, request: Any) -> tuple[int, bytes]:
    data = json.dumps(request).encode()
    head = {"content-type": "application/json"}
    post = urllib.request.Request(f"{url}/v1/chat/completions", data, head)
    try:
        with urllib.request.urlopen(post, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_timeout(llm: str, provider: str) -> None:
    """It cannot have read the prompt by then."""
    with made(llm, provider, "conversation-summary", timeout=0.05) as brim:
        fitted = brim.fit(talk(20), model="gpt-4o", budget=400)
    outcomes: Sequence[tuple[str, str]] = [(s.strategy, s.outcome) for s in fitted.report.steps]
    assert outcomes == [("conversation-summary", "failed"), ("smart-truncation", "applied")]
    assert "0.05 s" in fitted.report.steps[0].detail
    assert fitted.report.after.upper <= 400


def test_requests_at_the_same_time_ask_once(llm: str, tmp_path: Path) -> None:
    prompt, watcher = tmp_path / "prompt.md", Watcher()
    prompt.write_text(SHORT)
    messages = talk(11)

    async def crowd(brim: Brim) -> list[Any]:
        fits = (brim.afit(messages, model="gpt-4o", budget=BUDGET) for _ in range(8))
        return await asyncio.gather(*fits)

    with made(llm, PROVIDERS[0], STRATEGIES[0], watcher, prompt=str(prompt)) as brim:
        found = asyncio.run(crowd(brim))
    assert len({json.dumps(one.messages) for one in found}) == 1
    assert sum(ask["misses"] for ask in watcher.of("ask")) == 1
