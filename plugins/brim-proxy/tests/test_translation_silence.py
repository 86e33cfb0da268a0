"""Upstreams that say nothing for a while, or no more: pings meanwhile, and an error in the end."""

from __future__ import annotations

import asyncio
import json
import re

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from needed import package
from running import ask
from stub import chunk, chunked
from test_translation import PIECE, client, proxied, streamed_message  # noqa: F401  a fixture
from translated import exchange, judged, parsed

from brim.api import SettingsError
from brim_proxy import ProxySettings
from brim_proxy.translation.crossing import Stream

anthropic = package("anthropic")

LAST = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
BODY = b'{"model": "claude-x", "stream": true, "messages": [{"role": "user", "content": "hi"}]}'
EXACT = {"idle_timeout": 0.5, "ping_interval": 0.125}
"""Seconds that add up without a rest: three pings, then an error."""


class Silence:
    """So many seconds in which nothing comes."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds


class Told:
    """A source and its clock: what comes in which order, without any time going by."""

    def __init__(self, *script: bytes | Exception | Silence) -> None:
        self.script = list(script)
        self.waits: list[float] = []

    def at_eof(self) -> bool:
        return not self.script

    async def readany(self) -> bytes:
        raise AssertionError("only the clock knows when")

    async def within(self, seconds: float, awaitable) -> bytes:
        awaitable.close()
        self.waits.append(seconds)
        front = self.script[0] if self.script else b""
        if isinstance(front, Silence):
            front.left -= seconds
            if front.left < 0:
                self.script.pop(0)
                return await self.within(seconds, self.readany())
            raise TimeoutError
        if self.script:
            self.script.pop(0)
        if isinstance(front, Exception):
            raise front
        return front


def relayed(told: Told, idle: float = 300.0, ping: float = 15.0) -> tuple[bytes, str]:
    """What the client is given, and how it ended for the proxy."""
    stream = Stream(told, exchange().events(), told, idle=idle, ping=ping)

    async def read() -> tuple[bytes, str]:
        out = b""
        while not stream.at_eof():
            try:
                out += await stream.readany()
            except Exception as fault:
                return out, type(fault).__name__
        return out, "whole"

    return asyncio.run(read())


def pings(written: bytes) -> int:
    return sum(one["type"] == "ping" for one in parsed(written))


@pytest.mark.parametrize(
    ("silence", "ping", "more"), [(14, 15, 0), (16, 15, 1), (299, 15, 19), (299, 0, 0), (99, 30, 3)]
)
def test_a_ping_after_each_interval_of_silence(silence, ping, more):
    told = Told(PIECE, Silence(silence), PIECE, LAST + DONE)
    written, end = relayed(told, ping=ping)
    assert (judged(written), end) == ("message_stop", "whole")
    assert pings(written) == 1 + more


def test_a_piece_ends_the_silence():
    told = Told(PIECE, Silence(290), PIECE, Silence(290), PIECE, Silence(290), PIECE, LAST)
    written, end = relayed(told)
    assert (judged(written), end) == ("message_stop", "whole")
    assert pings(written) == 1 + 3 * 19
    assert max(told.waits) == 15


@pytest.mark.parametrize("ping", [0, 15, 400])
@pytest.mark.parametrize("before", [[], [PIECE]])
def test_silence_for_too_long_is_an_error(ping, before):
    written, end = relayed(Told(*before, Silence(10_000)), ping=ping)
    assert (judged(written), end) == ("error", "TimeoutError")
    assert parsed(written)[-1]["error"]["type"] == "timeout_error"


def test_pings_do_not_make_it_wait_longer():
    told = Told(PIECE, Silence(10_000))
    relayed(told, idle=100)
    assert sum(told.waits[1:]) == 100


def test_silence_before_the_first_word_begins_the_message():
    """A server that reads a long prompt has sent its head, and nothing else."""
    written, end = relayed(Told(Silence(50), PIECE, LAST + DONE))
    assert end == "whole"
    kinds = [one["type"] for one in parsed(written)]
    assert kinds[:4] == ["message_start", "ping", "ping", "ping"]
    assert kinds.count("message_start") == 1
    assert judged(written) == "message_stop"


def test_an_answer_that_is_whole_is_waited_for_no_longer():
    told = Told(PIECE, LAST + DONE, Silence(10_000))
    written, end = relayed(told)
    assert (judged(written), end, len(told.waits)) == ("message_stop", "whole", 3)


def test_an_answer_that_has_said_why_it_ended_is_whole_however_late():
    written, end = relayed(Told(PIECE, LAST, Silence(10_000)))
    assert (judged(written), end) == ("message_stop", "whole")


def test_nothing_follows_an_error():
    fault = b'data: {"error": {"message": "full", "code": 503}}\n\n'
    written, end = relayed(Told(PIECE + fault, Silence(10_000)))
    assert (judged(written), end) == ("error", "TimeoutError")
    assert parsed(written)[-1]["error"]["type"] == "overloaded_error"


steps = st.one_of(
    st.just(PIECE),
    st.sampled_from([PIECE[:9], PIECE[9:], LAST, DONE, b": hm\n\n", b"data: {\n\n", b"\xff"]),
    st.builds(Silence, st.floats(0, 400)),
    st.builds(aiohttp.ClientError),
    st.builds(ConnectionResetError),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(steps, max_size=12), st.sampled_from([0.0, 1.0, 15.0]))
def test_whatever_comes_and_does_not_come_is_well_formed(script, ping):
    written, end = relayed(Told(*script), ping=ping)
    assert judged(written) in {"message_stop", "error"}
    assert (end == "whole") or judged(written) == "error"


def test_the_sdk_reads_why_a_stalled_stream_ended(proxied):  # noqa: F811
    proxy = proxied(lambda _: [chunked(), chunk(PIECE), "hang"], **EXACT)
    said: list[str] = []
    with pytest.raises(anthropic.APIStatusError, match="said nothing for too long") as caught:
        streamed_message(proxy, said)
    assert said == ["a"]
    assert caught.value.body["error"]["type"] == "timeout_error"
    assert proxy.stub.requests[0].left.wait(5), "the upstream is not kept busy"


def test_the_sdk_reads_it_where_nothing_had_come(proxied):  # noqa: F811
    proxy = proxied(lambda _: [chunked(), "hang"], **EXACT)
    with pytest.raises(anthropic.APIStatusError) as caught, client(proxy) as claude:
        list(claude.messages.create(model="m", max_tokens=9, messages=[HI], stream=True))
    assert caught.value.body["error"]["type"] == "timeout_error"


HI = {"role": "user", "content": "hi"}


def test_pings_and_the_error_on_the_wire(proxied):  # noqa: F811
    proxy = proxied(lambda _: [chunked(), chunk(PIECE), "hang"], **EXACT)
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n"
    data = b"".join(re.split(rb"\r\n[0-9a-f]+\r\n", proxy.raw(head.encode() + BODY))[1:])
    events = re.findall(rb"event: (\w+)\ndata: (\{.*\})\n\n", data.replace(b"\r\n", b""))
    assert [name for name, _ in events].count(b"ping") == 1 + 3
    assert events[-1][0] == b"error"
    assert json.loads(events[-1][1])["error"]["type"] == "timeout_error"


def test_a_silent_upstream_that_goes_on(proxied):  # noqa: F811
    script = [chunked(), 0.4, chunk(PIECE), 0.4, chunk(PIECE + LAST + DONE), b"0\r\n\r\n"]
    proxy = proxied(lambda _: script, idle_timeout=20.0, ping_interval=0.1)
    assert streamed_message(proxy).content[0].text == "aa"
    _, body = ask(proxy.port, "POST", "/v1/messages", BODY)
    assert judged(body) == "message_stop"


def test_the_interval_is_a_setting():
    assert ProxySettings().ping_interval == 15.0
    with pytest.raises((SettingsError, ValueError)):
        ProxySettings(ping_interval=-1.0)
