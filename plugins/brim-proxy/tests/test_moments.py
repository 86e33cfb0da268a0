"""What waits for a moment is handed over once, in its order, whatever becomes of event loops."""

from __future__ import annotations

import asyncio
import hmac
import io
import logging

from brim_proxy.access import Lines
from brim_proxy.credentials import Door
from brim_proxy.moments import MOMENT, Moments


def test_together_after_a_moment():
    handed: list[list[int]] = []
    moments: Moments[int] = Moments(handed.append)

    async def many() -> None:
        for i in range(5):
            moments.add(i)
        assert handed == []
        await asyncio.sleep(2 * MOMENT)
        moments.add(5)
        moments.settle()
        moments.settle()

    asyncio.run(many())
    assert handed == [[0, 1, 2, 3, 4], [5]]


def test_at_once_without_a_loop_and_after_one_that_stopped_early():
    handed: list[list[int]] = []
    moments: Moments[int] = Moments(handed.append)
    moments.add(0)

    async def add(i: int, seconds: float) -> None:
        moments.add(i)
        await asyncio.sleep(seconds)

    asyncio.run(add(1, 0))
    assert handed == [[0]], "its loop was gone before the moment was over"
    asyncio.run(add(2, 2 * MOMENT))
    assert handed == [[0], [1, 2]]


def test_lines_are_made_when_they_are_written():
    stream, made = io.StringIO(), []
    lines = Lines(stream)

    async def tell() -> None:
        lines.add(lambda: made.append(1) or "first")  # type: ignore[func-returns-value]
        lines.handle(logging.LogRecord("x", logging.INFO, "", 0, "second %s", ("one",), None))
        assert not made
        lines.flush()

    asyncio.run(tell())
    assert stream.getvalue() == "first\nsecond one\n"


def test_a_client_without_a_key_of_the_proxys_is_known_by_an_hmac():
    secret, shown = b"s" * 32, b"\0".join((b"", b"Bearer k", b"", b""))
    door = Door(secret)
    for _ in range(2):
        client = door.enter([(b"authorization", b"Bearer k"), (b"host", b"x")])
        assert client is not None
        assert client.tenant == hmac.digest(secret, shown, "sha256").hex()[:16]
