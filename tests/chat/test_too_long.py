"""A request that is too long for the model after all: learned from, condensed harder, sent once
more."""

from __future__ import annotations

from typing import Any

import pytest
from chat_parts import Observer
from model_server import says, serving

from brim.api import Ask, CompletionError
from brim.chat import ChatLoop
from brim.errors import BrimError
from brim.testing.fakes import ScriptedModel

MODELS = {"m": {"window": 8_000, "max_output": 400}}
WORDS = "some words that take room " * 30
TOO_LONG = CompletionError("too long", kind="overflow", status=400, window=2_000)


def size(ask: Ask) -> int:
    return sum(len(text) for _, text in ask.prompt)


def talked(make: Any, failures: dict[int, BaseException], **more: Any) -> tuple[ChatLoop, Any]:
    model = ScriptedModel(["fine"], failures)
    loop = ChatLoop(make(model, models=MODELS, **more), model="m")
    for _ in range(12):
        loop.run_iteration(WORDS)
    return loop, model


@pytest.mark.parametrize("streamed", [False, True])
def test_it_is_sent_once_more_and_shorter(make: Any, streamed: bool) -> None:
    loop, model = talked(make, {13: TOO_LONG})
    if streamed:
        *_, last = loop.stream("and now?")
        reply = last.reply
        assert reply is not None
    else:
        reply = loop.run_iteration("and now?")
    assert (reply.text, reply.requests) == ("fine", 1)
    first, second = model.asks[12:]
    assert size(second) <= 0.75 * size(first)
    assert len(loop.messages) == 26, "nothing is lost from the conversation itself"
    loop.run_iteration("and then?")
    assert len(model.asks) == 15, "the window is known now"


def test_only_once(make: Any) -> None:
    loop, model = talked(make, {13: TOO_LONG, 14: TOO_LONG})
    with pytest.raises(CompletionError, match="too long"):
        loop.run_iteration("and now?")
    assert len(model.asks) == 14
    assert len(loop.messages) == 24


def test_what_cannot_be_shorter_is_not_sent_again(make: Any) -> None:
    model = ScriptedModel(["fine"], {1: CompletionError("too long", kind="overflow")})
    loop = ChatLoop(make(model, models=MODELS), model="m")
    with pytest.raises(BrimError):
        loop.run_iteration(WORDS)
    assert len(model.asks) == 1
    assert loop.messages == []


def test_other_errors_are_not_tried_again(make: Any) -> None:
    loop, model = talked(make, {13: CompletionError("no", kind="refused", status=400)})
    with pytest.raises(CompletionError, match="no"):
        loop.run_iteration("and now?")
    assert len(model.asks) == 13


def test_what_the_provider_counts_is_learned(make: Any) -> None:
    loop, _ = talked(make, {})
    assert loop.run_iteration("one more").report.expected is not None


BODY = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "prompt is too long: 9001 tokens > 3000"},
}
ANSWER = {
    "choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}],
    "model": "m",
    "usage": {"prompt_tokens": 700, "completion_tokens": 3},
}


def test_over_http(make: Any) -> None:
    """The error of a provider is read by the completion plugin, and quoted nowhere."""
    watch = Observer()
    with serving(*[says(ANSWER)] * 12, says(BODY, 400), says(ANSWER)) as script:
        given = {"base_url": script.url, "model": "m", "key_variable": "NO_SUCH_KEY"}
        brim = make(
            watch,
            models=MODELS,
            complete=["openai-completion"],
            plugin={"openai-completion": given},
        )
        loop = ChatLoop(brim, model="m")
        for _ in range(12):
            loop.run_iteration(WORDS)
        assert loop.run_iteration("and now?").text == "fine"
        bodies = [len(str(one.body)) for one in script.seen]
    assert bodies[13] < bodies[12]
    assert "prompt is" not in str(watch.seen)
