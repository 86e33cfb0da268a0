"""The few ASGI things that all parts share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from brim_proxy.clock import Clock

__all__ = [
    "Headers",
    "Incomplete",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "TooLarge",
    "body_of",
    "discard",
    "gone",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class Incomplete(Exception):
    """The client left, or stalled, before its request was whole."""

    def __init__(self, stalled: bool = False) -> None:
        super().__init__("stalled" if stalled else "left")
        self.stalled = stalled


class TooLarge(Exception):
    """A body beyond its cap."""


async def body_of(receive: Receive, cap: int, clock: Clock, patience: float) -> bytes:
    """The whole body, counted while it comes in, with `patience` seconds for each piece. Raises
    `TooLarge` and `Incomplete`."""
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            message = await clock.within(patience, receive())
        except TimeoutError:
            raise Incomplete(stalled=True) from None
        if message["type"] == "http.disconnect":
            raise Incomplete
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > cap:
            raise TooLarge
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces) if len(pieces) > 1 else piece


async def discard(receive: Receive, seconds: float = 2.0) -> None:
    """Take in the rest of a refused body for a while: a client that is still writing would
    not see the answer."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


async def gone(receive: Receive) -> None:
    """Returns when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
