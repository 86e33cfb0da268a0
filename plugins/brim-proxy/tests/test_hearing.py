"""What upstreams report of requests teaches Brim how they count."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import replies
from running import ask
from stub import whole
from test_fitting import CHAT, MESSAGES, RESPONSES, request

from brim import Brim
from brim_proxy import hearing
from brim_proxy.hearing import HEAD, TAIL, Tap

MORE = 1.2
"""The upstream's tokens for each of ours."""

ROOM = 4_000
MODEL = {"window": 4_400, "max_output": 400, "like": "gpt-4o"}
PATHS = (CHAT, MESSAGES, RESPONSES)


class Heard(Brim):
    """Counts what it was told, and by whom."""

    def __init__(self, **settings: Any) -> None:
        given = {"models": {"m": MODEL, "n": MODEL}, "archive": {"where": "memory"}, **settings}
        super().__init__({"strategies": ["smart-truncation"], **given})
        self.told: list[tuple[str, object]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.news = threading.Semaphore(0)

    def observe(self, request: object, usage: object, **options: Any) -> None:
        self.gate.wait(20)
        try:
            super().observe(request, usage, **options)
        finally:
            self.told.append((threading.current_thread().name[:9], usage))
            self.news.release()


@contextmanager
def kernel(**settings: Any) -> Iterator[Heard]:
    with Heard(**settings) as made:
        yield made


@pytest.fixture
def brim_(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """And an upstream whose tokens are smaller than ours."""
    with kernel(plugin={"token-budget": {"trigger": 0.95}}) as made, Brim() as judge:

        def used(recorded: Any) -> int:
            body = {**recorded.json, "model": "gpt-4o"}
            path = recorded.target.partition("?")[0]
            dialect = {CHAT: "openai-chat", MESSAGES: "anthropic", RESPONSES: "openai-responses"}
            return round(MORE * judge.count(body, dialect=dialect[path]).total)

        monkeypatch.setattr(replies, "used", used)
        yield made


def conversation(path: str, turns: int, stream: bool, model: str = "m") -> bytes:
    roles = ("user", "assistant")
    said = [
        {"role": roles[i % 2], "content": f"{i} " + f"the word{i} stands here {i * 7919} " * 12}
        for i in range(2 * turns + 1)
    ]
    fields: dict[str, Any] = {"stream": stream, "max_tokens": 400}
    if path == RESPONSES:
        fields = {"stream": stream, "max_output_tokens": 400}
    if path == CHAT and stream:
        fields["stream_options"] = {"include_usage": True}
    return request(path, said, model, **fields)


def counts(proxy: Any) -> list[int]:
    """The upstream's count of all that went up."""
    return [replies.used(one) for one in proxy.stub.requests]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
def test_after_some_turns_nothing_is_too_long_for_it(serve, brim_, path, stream):
    proxy = serve(kernel=brim_)
    for turns in range(5, 40):
        assert ask(proxy.port, "POST", path, conversation(path, turns, stream))[0].status == 200
        if turns > 8:
            assert brim_.news.acquire(timeout=20), "each one is learned from"
    assert max(counts(proxy)) <= ROOM
    assert max(counts(proxy)) > 0.75 * ROOM, "and none is made much shorter than it must be"
    assert {name for name, _ in brim_.told} == {"brim-hear"}


def test_without_it_requests_are_too_long(serve, brim_):
    """By as much as the upstream counts more."""
    proxy = serve(kernel=brim_, learn=False)
    for turns in range(5, 40):
        ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
    assert max(counts(proxy)) > ROOM
    assert brim_.told == []
    assert proxy.app.forwarding.fitter.hearing is None


def test_what_is_learned_of_one_conversation_is_known_of_the_next(serve, brim_):
    proxy = serve(kernel=brim_)
    for turns in range(9, 12):
        ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
        assert brim_.news.acquire(timeout=20)
    known = brim_.engine.learned.calibration
    ((who, _),) = known._slopes
    assert known.usual(who, "m").slope == pytest.approx(MORE, rel=0.06)
    assert known.usual("somebody else", "m") is None
    assert known.usual(who, "n") is None


def test_short_requests_and_glances_are_let_be(serve, brim_):
    proxy = serve(kernel=brim_)
    for turns in (0, 1, 2):
        ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
    assert brim_.told == []
    for number in range(hearing.FIRST + 3):
        ask(
            proxy.port,
            "POST",
            CHAT,
            conversation(CHAT, 12, False).replace(b"0 the", b"%d" % number),
        )
    for _ in range(hearing.FIRST):
        assert brim_.news.acquire(timeout=20)
    assert not brim_.news.acquire(timeout=0.2), "more of those that a glance was enough for"


@pytest.mark.parametrize("mode", ["off", "observe"])
def test_what_was_not_fitted_teaches_nothing(serve, brim_, mode):
    proxy = serve(kernel=brim_, mode=mode)
    for turns in range(8, 30, 4):
        ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
    assert brim_.told == []


@pytest.mark.parametrize("answer", [
    b"{}",
    b'{"usage": null}',
    b'{"usage": {"prompt_tokens": "many"}}',
    b'{"usage": {"prompt_tokens": -4}}',
    b'{"usage": {"prompt_tokens": 1e400}}',
    b'{"usage": {"prompt_tokens": 99999999999999999999999999}}',
    b'{"usage": {"prompt_tokens": 5, "prompt_tokens_details": [[[]]]}}',
    b'{"usage": ' + b"[" * 3_000,
    b'"usage"' * 5_000,
    b"\xff\xfe" * 50_000,
])  # fmt: skip
def test_whatever_an_upstream_says_is_passed_on(serve, brim_, answer):
    proxy = serve(lambda _: [whole("200 OK", answer)], kernel=brim_)
    for turns in range(9, 13):
        response, came = ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
        assert (response.status, came) == (200, answer)
    last = ask(proxy.port, "POST", CHAT, conversation(CHAT, 30, False))[0]
    assert int(last.headers["x-brim-tokens-after"]) <= ROOM


def test_a_server_that_leaves_out_what_it_had_cached_is_not_believed(serve, brim_, monkeypatch):
    """It would be sent more than it has room for, and some servers cut that off without a word."""
    honest = replies.used
    monkeypatch.setattr(replies, "used", lambda one: honest(one) * 2 // 5)
    proxy = serve(kernel=brim_)
    for turns in range(9, 40):
        ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
    assert not brim_.news.acquire(timeout=0.2)
    last = ask(proxy.port, "POST", CHAT, conversation(CHAT, 41, False))[0].headers
    assert int(last["x-brim-budget"]) == ROOM


def test_a_fault_costs_no_request(serve, brim_, monkeypatch, caplog):
    def broken(*_: object, **__: object) -> None:
        brim_.news.release()
        raise RuntimeError("secret words")

    monkeypatch.setattr(brim_, "observe", broken)
    proxy = serve(kernel=brim_)
    for turns in range(9, 15):
        assert ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))[0].status == 200
    assert brim_.news.acquire(timeout=20)
    assert "secret" not in caplog.text


def test_no_more_than_so_many_wait(serve, brim_, monkeypatch):
    """However slow it is, answers do not wait for it."""
    monkeypatch.setattr(hearing, "WAITING", 2)
    proxy = serve(kernel=brim_)
    ask(proxy.port, "POST", CHAT, conversation(CHAT, 34, False))
    assert brim_.news.acquire(timeout=20)
    room = proxy.app.forwarding.fitter.hearing._room
    while room.acquire(blocking=False):
        pass
    room.release()
    room.release()
    brim_.gate.clear()
    for turns in range(35, 42):
        assert ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))[0].status == 200
    brim_.gate.set()
    for _ in range(2):
        assert brim_.news.acquire(timeout=20)
    assert len(brim_.told) <= 2 + 2


def test_reported_cached_reads_reach_the_policy(serve, monkeypatch):
    prices = {"input": 2.5, "output": 10.0, "cached_input": 0.25, "cache_ttl": 300}
    models = {"m": {**MODEL, "window": 60_000, "prices": prices}}
    usage = {"prompt_tokens": 5_000, "prompt_tokens_details": {"cached_tokens": 0}}
    body = json.dumps({"choices": [], "usage": usage}).encode()
    with kernel(models=models, policy="cache-economics") as made:
        proxy = serve(lambda _: [whole("200 OK", body)], kernel=made)
        for turns in range(30, 36):
            ask(proxy.port, "POST", CHAT, conversation(CHAT, turns, False))
            assert made.news.acquire(timeout=20)
        pages = list(made.engine.learned.accounts._pages.values())
    assert [page.cached for page in pages] == [0] * 6
    assert pages[-1].numbers[-1] < 0.5, "a cache that is never hit is no cache"


def chunks(*events: object, done: bytes = b"data: [DONE]\n\n") -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in events) + done


USED = {"prompt_tokens": 812, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}
START = {"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1}}}
END = {"type": "message_delta", "usage": {"output_tokens": 40}}
QUOTED = {"choices": [{"delta": {"content": '"usage": {"prompt_tokens": 1}'}}]}
LONG = [{"choices": [{"delta": {"content": f"word {i} " * 40}}]} for i in range(4_000)]


@pytest.mark.parametrize(("body", "expected"), [
    (json.dumps({"choices": [], "usage": USED}).encode(), USED),
    (json.dumps({"usage": USED, "choices": []}, indent=1).encode(), USED),
    (chunks({"usage": None}, QUOTED, {"usage": USED}), USED),
    (chunks({"usage": USED}, QUOTED), USED),
    (chunks(START, QUOTED, END, done=b""), START["message"]["usage"]),
    (chunks(START, *LONG, END, done=b""), START["message"]["usage"]),
    (chunks(*LONG, {"usage": USED}), USED),
    (chunks(*LONG, {"response": {"output": LONG[:900], "usage": USED}}), USED),
    (chunks(START, {"usage": {"input_tokens": 9}}), {"input_tokens": 9}),
    (chunks(QUOTED), None),
    (b"", None),
])  # fmt: skip
@pytest.mark.parametrize("size", [1, 1_000, 70_000, 10**9])
def test_the_usage_is_found_however_it_is_cut(body, expected, size):
    if size == 1:
        body = body if len(body) < 20_000 else body[:3_000] + body[-70_000:]
    tap = Tap()
    for at in range(0, len(body), size):
        tap.keep(body[at : at + size])
    assert tap.usage() == expected
    assert tap._held < TAIL + max(size, len(body) if size > len(body) else 0)
    assert len(tap._head) <= HEAD


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP"])
def test_compressed_answers(encoding):
    body = gzip.compress(json.dumps({"usage": USED}).encode())
    tap = Tap(encoding)
    tap.keep(body[:20])
    tap.keep(body[20:])
    assert tap.usage() == (USED if encoding.lower() == "gzip" else None)


def test_compressed_answers_that_are_too_long_are_let_be():
    noise = bytes(range(256)) * 40_000
    for body in (gzip.compress(noise, 0), gzip.compress(b"a" * 10**7)):
        tap = Tap("gzip")
        tap.keep(body)
        tap.keep(b"")
        assert tap.usage() is None
