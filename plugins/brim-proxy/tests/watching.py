"""What the tests of the dashboard share: traffic, and a reader of its stream."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from running import ask

CHAT = "/v1/chat/completions"
EVIL = '<img src=x onerror="window.bad=1"><script>window.bad=1</script>'
SECRET = "the safe opens with 8341-kestrel"


def talk(
    port: int, name: str, turns: int, model: str = "tiny", path: str = CHAT, **headers: str
) -> list[dict[str, str]]:
    """A conversation that grows until it must be condensed; 60 tokens and more a turn."""
    messages = [{"role": "user", "content": f"{name}: {SECRET}. {EVIL}"}]
    for turn in range(turns):
        body = json.dumps({"model": model, "messages": messages}).encode()
        response, _ = ask(port, "POST", path, body, headers)
        assert response.status == 200
        orders = " ".join(f"order {turn * 100 + i} went to hall {i * 7 % 90}" for i in range(20))
        messages.append({"role": "assistant", "content": f"Step {turn} of {name}: {orders}."})
        messages.append({"role": "user", "content": f"Go on after {turn}. {EVIL}"})
    return messages


def stats(port: int, **headers: str) -> dict[str, Any]:
    return json.loads(ask(port, "GET", "/brim/stats", headers=headers)[1])


def events(port: int, **headers: str) -> Iterator[tuple[str, Any]]:
    """What the stream tells, event by event."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        client.request("GET", "/brim/events", headers=headers)
        response = client.getresponse()
        assert response.status == 200, response.read()
        assert response.getheader("content-type") == "text/event-stream"
        name = ""
        while line := response.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)


def look(port: int, **headers: str) -> dict[str, list[Any]]:
    """All that is told up to the first state."""
    told: dict[str, list[Any]] = {"hello": [], "condensed": [], "state": []}
    for name, data in events(port, **headers):
        told[name].append(data)
        if name == "state":
            return told
    raise AssertionError("the stream has ended")
