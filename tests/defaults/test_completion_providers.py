"""Both providers of completions, against a real server on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from completion_parts import ANTHROPIC, ASK, KEY, NAMES, OPENAI, WHOLE, keys, provider
from model_server import Answer, Script, breaks, fails, hangs, resets, says, serving, streams

from brim.api import Ask, Completion, CompletionError, SettingsError
from brim.defaults import model_http
from brim.defaults.openai_completion import OpenAICompletionSettings

__all__ = ["keys"]

pytestmark = pytest.mark.usefixtures("keys")


def complete(name: str, script: Script, ask: Ask = ASK, **settings: Any) -> Completion:
    found: Completion = asyncio.run(provider(name, script, **settings).complete(ask))
    return found


def failure(name: str, *answers: Answer, **settings: Any) -> tuple[CompletionError, Script]:
    with serving(*answers) as script, pytest.raises(CompletionError) as caught:
        complete(name, script, **settings)
    return caught.value, script


def test_openai_asks_and_reads() -> None:
    with serving(says(OPENAI)) as script:
        found = complete("openai", script)
    assert found == Completion("kurz", "end", "gpt-x-2", 9, 3, 4)
    (seen,) = script.seen
    assert (seen.path, seen.headers["Authorization"]) == ("/chat/completions", f"Bearer {KEY}")
    assert seen.body == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "be short"},
            {"role": "user", "content": "grüße"},
            {"role": "user", "content": "bitte"},
        ],
        "max_tokens": 50,
        "temperature": 0.0,
    }


def test_anthropic_asks_and_reads() -> None:
    with serving(says(ANTHROPIC)) as script:
        found = complete("anthropic", script)
    assert found == Completion("kurz", "end", "claude-x-2", 9, 3, 4, reasoning="hm")
    (seen,) = script.seen
    assert (seen.path, seen.headers["x-api-key"]) == ("/v1/messages", KEY)
    assert seen.headers["anthropic-version"] == "2023-06-01"
    assert seen.body == {
        "model": "small",
        "max_tokens": 50,
        "system": "be short",
        "messages": [{"role": "user", "content": "grüße\n\nbitte"}],
        "temperature": 0.0,
    }


def test_models_that_reason() -> None:
    with serving(says(OPENAI)) as script:
        complete("openai", script, limit_field="max_completion_tokens", temperature=False)
    assert script.seen[0].body["max_completion_tokens"] == 50
    assert not {"max_tokens", "temperature"} & set(script.seen[0].body)


@pytest.mark.parametrize("name", NAMES)
def test_the_ask_may_name_the_model(name: str) -> None:
    with serving(says(WHOLE[name])) as script:
        complete(name, script, Ask((("user", "hi"),), model="large"))
    assert script.seen[0].body["model"] == "large"


STOPS = [
    ("openai", "finish_reason", "length", "length"),
    ("openai", "finish_reason", "content_filter", "refusal"),
    ("openai", "finish_reason", "tool_calls", "other"),
    ("anthropic", "stop_reason", "max_tokens", "length"),
    ("anthropic", "stop_reason", "refusal", "refusal"),
    ("anthropic", "stop_reason", "pause_turn", "other"),
]


@pytest.mark.parametrize(("name", "field", "given", "stop"), STOPS)
def test_why_it_stopped(name: str, field: str, given: str, stop: str) -> None:
    answer = json.loads(json.dumps(WHOLE[name]))
    (answer["choices"][0] if name == "openai" else answer)[field] = given
    with serving(says(answer)) as script:
        assert complete(name, script).stop == stop


def test_a_refusal_in_a_field_of_its_own() -> None:
    choice = {"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}
    with serving(says({**OPENAI, "choices": [choice]})) as script:
        found = complete("openai", script)
    assert (found.text, found.stop) == ("", "refusal")


THOUGHTS = {
    "openai": [
        {"choices": [{"delta": {"reasoning_content": "let me "}}]},
        {"choices": [{"delta": {"reasoning": "see", "content": None}}]},
        {"choices": [{"delta": {"reasoning": {"of": "another kind"}, "content": "kurz"}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ],
    "anthropic": [
        {"type": "message_start", "message": {"content": []}},
        {"type": "content_block_start", "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "delta": {"thinking": "let me "}},
        {"type": "content_block_delta", "delta": {"thinking": "see"}},
        {"type": "content_block_delta", "delta": {"signature": "c2lnbmVk"}},
        {"type": "content_block_delta", "delta": {"text": "kurz"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_model_thought_comes_apart_from_what_it_said(name: str) -> None:
    events = [f"data: {json.dumps(one)}\n\n".encode() for one in THOUGHTS[name]]

    async def pieces(script: Script) -> list[tuple[str, str]]:
        streamed = provider(name, script).stream(ASK)
        found = [piece async for piece in streamed]
        assert found[-1].completion is not None
        last = found[-1].completion
        return [*((one.text, one.reasoning) for one in found[:-1]), (last.text, last.reasoning)]

    with serving(streams(*events)) as script:
        found = asyncio.run(pieces(script))
    assert found == [("", "let me "), ("", "see"), ("kurz", ""), ("kurz", "let me see")]


def test_what_the_model_thought_in_a_whole_answer() -> None:
    message = {"content": "kurz", "reasoning_content": "hm"}
    whole = {**OPENAI, "choices": [{"message": message, "finish_reason": "stop"}]}
    for name, answer in (("openai", whole), ("anthropic", ANTHROPIC)):
        with serving(says(answer)) as script:
            found = complete(name, script)
        assert (found.text, found.reasoning) == ("kurz", "hm")


AGAIN = [fails(429), fails(500), fails(529), resets, breaks]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("first", AGAIN, ids=["429", "500", "529", "reset", "broken"])
def test_tries_again(name: str, first: Answer) -> None:
    with serving(first, first, says(WHOLE[name])) as script:
        assert complete(name, script).text == "kurz"
    assert len(script.seen) == 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 301, 308])
def test_never_tries_again_what_cannot_help(name: str, status: int) -> None:
    error, script = failure(name, fails(status, "invalid_request_error", Location="/elsewhere"))
    assert (error.kind, error.status, len(script.seen)) == ("refused", status, 1)
    assert str(error) == f"the provider answered {status} (invalid_request_error)"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("answer", "kind"), [(fails(503), "server"), (fails(429), "limit"), (resets, "connection")]
)
def test_gives_up_after_the_retries(name: str, answer: Answer, kind: str) -> None:
    error, script = failure(name, answer, retries=1)
    assert (error.kind, len(script.seen)) == (kind, 2)


@pytest.mark.parametrize("answer", ['{"choices": [', "<html>", "[]", '{"choices": []}', "{}"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_answer_is_an_error(name: str, answer: str) -> None:
    error, script = failure(name, says(answer))
    assert (error.kind, len(script.seen)) == ("answer", 1)


@pytest.mark.parametrize("name", NAMES)
def test_hanging_ends_at_the_timeout(name: str) -> None:
    error, script = failure(name, hangs, timeout=0.2)
    assert (error.kind, len(script.seen)) == ("timeout", 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_ask_may_leave_less_time_than_the_settings(name: str) -> None:
    with serving(hangs) as script, pytest.raises(CompletionError, match="in time"):
        complete(name, script, Ask((("user", "hi"),), seconds=0.2), timeout=600)


WAITS = [
    ({"retry-after": "2"}, 2.0),
    ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ({"retry-after": "soon"}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_waits_as_long_as_it_is_told(
    headers: dict[str, str], seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with serving(fails(429, **headers), says(OPENAI)) as script:
        asked = provider("openai", script)
        monkeypatch.setattr(model_http, "_rest", sleep)
        assert asyncio.run(asked.complete(ASK)).text == "kurz"
    assert len(slept) == 1
    assert slept[0] == seconds if seconds is not None else 0 < slept[0] <= 0.001


@pytest.mark.parametrize("name", NAMES)
def test_never_waits_past_the_deadline(name: str) -> None:
    error, script = failure(name, fails(429, retry_after="3600"))
    assert (error.kind, len(script.seen)) == ("limit", 1)


def test_nothing_listens() -> None:
    with serving(says(OPENAI)) as script:
        pass
    with pytest.raises(CompletionError, match="connection failed"):
        complete("openai", script, retries=0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"key_variable": KEY}, "never a key"),
        ({"base_url": "api.example.org"}, "must begin with http"),
        ({"timeout": 0}, "timeout"),
        ({"retries": -1}, "retries"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        OpenAICompletionSettings(**settings)
    assert KEY not in str(caught.value)


def test_a_key_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}-file\n")
    path.chmod(0o600)
    with serving(says(OPENAI)) as script:
        complete("openai", script, key_file=str(path))
    assert script.seen[0].headers["Authorization"] == f"Bearer {KEY}-file"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    error, script = failure("openai", says(OPENAI), key_file=str(path))
    assert (error.kind, script.seen) == ("setup", [])
    assert "chmod 600" in str(error)
    assert KEY not in str(error)
