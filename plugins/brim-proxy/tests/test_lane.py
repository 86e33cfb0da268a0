"""The quick way is taken where it may be, and left where only the whole road can tell."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest
from running import Running, ask

from brim import Brim, Fitted, Glance

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
WORDS = "the parser reads a line and gives back its words "
TINY = {"window": 2_000, "max_output": 400, "like": "gpt-4o"}


class Watched(Brim):
    """Writes down which way each request took: whether it was a glance that was enough or a fit,
    and whether it was the event loop's thread."""

    def __init__(self) -> None:
        super().__init__(
            {
                "models": {"tiny": TINY},
                "archive": {"where": "memory"},
                "strategies": ["smart-truncation"],
            }
        )
        self.ways: list[tuple[str, bool]] = []

    def glance(self, *given: object, **options: object) -> Glance | None:
        found = super().glance(*given, **options)
        if found is not None:
            self._note("glance")
        return found

    def fit(self, *given: object, **options: object) -> Fitted:
        self._note("fit")
        return super().fit(*given, **options)

    def _note(self, way: str) -> None:
        self.ways.append((way, not threading.current_thread().name.startswith("brim-fit")))


ON_THE_LOOP = ("glance", True)
IN_A_THREAD = ("glance", False)
WHOLE = ("fit", False)


@pytest.fixture
def serve(serve: Callable[..., Running]) -> Callable[..., Running]:
    """Without learning, whose thread has Brim to itself for a moment after an answer."""
    return partial(serve, learn=False)


@pytest.fixture
def watched() -> Iterator[Watched]:
    with Watched() as made:
        yield made


def body(path: str, pairs: int, model: str = "gpt-4o", words: int = 4) -> bytes:
    """A conversation that begins as all shorter ones do."""
    roles = ("user", "assistant") * pairs
    said = [{"role": role, "content": f"{i} {WORDS * words}"} for i, role in enumerate(roles)]
    key = "input" if path == RESPONSES else "messages"
    fields = {"max_tokens": 50} if path == MESSAGES else {}
    last = {"role": "user", "content": "and now?"}
    return json.dumps({"model": model, **fields, key: [*said, last]}).encode()


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("mode", ["on", "observe"])
def test_a_growing_conversation_takes_the_quick_way(serve, watched, path, mode):
    proxy = serve(kernel=watched, mode=mode)
    for pairs in range(7):
        response, _ = ask(proxy.port, "POST", path, body(path, pairs))
        assert response.headers["x-brim-level"] == "ok"
        assert proxy.stub.requests[-1].body == body(path, pairs)
    # nothing is known of a model and its fields before the first request: that one loads
    assert watched.ways == [IN_A_THREAD, *[ON_THE_LOOP] * 6]


def test_the_quick_way_reads_only_what_is_new(serve, watched):
    """A conversation of more bytes than are read on the loop, but for its first request."""
    proxy = serve(kernel=watched, offload=4_000)
    for pairs in range(30, 34):
        ask(proxy.port, "POST", CHAT, body(CHAT, pairs))
    assert len(body(CHAT, 30)) > 2 * 4_000
    assert watched.ways == [IN_A_THREAD, *[ON_THE_LOOP] * 3]


def test_much_that_is_new_is_read_in_a_thread(serve, watched):
    proxy = serve(kernel=watched, offload=4_000)
    for pairs in (1, 40):
        ask(proxy.port, "POST", CHAT, body(CHAT, pairs))
    assert watched.ways == [IN_A_THREAD, IN_A_THREAD]


def test_what_is_compressed_is_read_in_a_thread(serve, watched):
    proxy = serve(kernel=watched)
    packed = {"content-encoding": "gzip"}
    for pairs in range(3):
        ask(proxy.port, "POST", CHAT, gzip.compress(body(CHAT, pairs)), packed)
    assert watched.ways == [IN_A_THREAD] * 3


def test_what_must_be_condensed_takes_the_whole_road(serve, watched):
    """And so do the next requests of that conversation, but not those of another one."""
    proxy = serve(kernel=watched)
    other = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}).encode()
    for asked in (other, body(CHAT, 40, "tiny"), body(CHAT, 41, "tiny"), other):
        response, _ = ask(proxy.port, "POST", CHAT, asked)
        assert response.status == 200
    assert watched.ways == [IN_A_THREAD, WHOLE, WHOLE, ON_THE_LOOP]


def test_what_a_provider_taught_of_a_conversation_takes_the_whole_road(serve, watched):
    """What it taught of the model does not."""
    proxy = serve(kernel=watched)
    ask(proxy.port, "POST", CHAT, body(CHAT, 1))
    tenant = proxy.app.door.enter([]).tenant
    said = {"usage": {"prompt_tokens": 120}}
    watched.observe(body(CHAT, 1), said, dialect="openai-chat", tenant=tenant)
    ask(proxy.port, "POST", CHAT, body(CHAT, 2))
    longer = json.loads(body(CHAT, 1))
    longer["messages"] += [
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "?"},
    ]
    ask(proxy.port, "POST", CHAT, json.dumps(longer).encode())
    assert watched.ways == [IN_A_THREAD, ON_THE_LOOP, WHOLE]


def test_off_reads_nothing(serve, watched):
    proxy = serve(kernel=watched, mode="off")
    for pairs in range(3):
        ask(proxy.port, "POST", CHAT, body(CHAT, pairs))
    assert watched.ways == []


SPAN: ContextVar[str] = ContextVar("span", default="")


class Traced(Watched):
    """Writes down what is current where a request is fitted."""

    def _note(self, way: str) -> None:
        super()._note(way)
        self.spans.append(SPAN.get())

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[str] = []


def test_what_is_current_around_the_proxy_is_current_in_its_threads(serve) -> None:
    def around(app: Any) -> Any:
        async def traced(scope: Any, receive: Any, send: Any) -> None:
            for name, value in scope.get("headers", ()):
                if name == b"x-span":
                    SPAN.set(value.decode())
            await app(scope, receive, send)

        return traced

    with Traced() as kernel:
        proxy = serve(kernel=kernel, around=around)
        for pairs, span in ((1, "a"), (400, "b")):
            ask(proxy.port, "POST", CHAT, body(CHAT, pairs, "tiny"), {"x-span": span})
        assert not any(on_the_loop for _, on_the_loop in kernel.ways)
        assert kernel.spans == ["a", "b"]
