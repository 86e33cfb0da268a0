"""Translation by `brim serve` and its files, and translators that others bring."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from importlib.metadata import EntryPoint

import pytest
from needed import package
from replies import WORDS, provider
from running import ask
from stub import Stub, chunk, chunked
from test_serving import process

from brim.api import SettingsError
from brim_proxy import ProxySettings, create_app, forwarding
from brim_proxy.server import check
from brim_proxy.translation import finding
from brim_proxy.translation.anthropic_openai.translator import AnthropicToOpenAI

package("anthropic")

BODY = json.dumps({"model": "claude-x", "messages": [{"role": "user", "content": "hi"}]}).encode()
TOML = """
[plugin.proxy]
translate = "anthropic-to-openai"

[plugin.proxy.model_map]
"claude-x*" = "tiny"
"claude-*" = "other"
"""


def test_the_settings_of_a_file(tmp_path, monkeypatch):
    (tmp_path / "brim.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    with Stub(provider) as stub, process(stub) as (_, port):
        response, body = ask(port, "POST", "/v1/messages", BODY)
        assert response.status == 200
        assert json.loads(body)["content"] == [{"type": "text", "text": "".join(WORDS)}]
        assert json.loads(body)["model"] == "claude-x"
        assert stub.requests[0].target == "/v1/chat/completions"
        assert stub.requests[0].json["model"] == "tiny"


def test_the_option():
    words = ("--translate", "anthropic-to-openai")
    with Stub(provider) as stub, process(stub, *words) as (_, port):
        assert ask(port, "POST", "/v1/messages", BODY)[0].status == 200
        assert stub.requests[0].json["model"] == "claude-x"


class Shouting(AnthropicToOpenAI):
    """One that somebody else has written."""

    def headers(self, headers):
        return [*super().headers(headers), (b"x-mine", b"1")]


def broken() -> None:
    raise RuntimeError("no")


def bring(monkeypatch, target: str) -> None:
    point = EntryPoint("mine", f"{__name__}:{target}", finding.GROUP)
    monkeypatch.setattr(finding, "entry_points", lambda group: [point])


def test_a_translator_of_ones_own(serve, monkeypatch):
    bring(monkeypatch, "Shouting")
    proxy = serve(translate="mine")
    assert ask(proxy.port, "POST", "/v1/messages", BODY)[0].status == 200
    assert proxy.stub.requests[0].headers["x-mine"] == "1"


@pytest.mark.parametrize(
    ("target", "settings", "word"),
    [
        ("Shouting", {"translate": "klingon"}, "here: mine"),
        ("Shouting", {"model_map": {"a": "b"}}, "translate"),
        ("broken", {"translate": "mine"}, "RuntimeError: no"),
        ("nothing", {"translate": "mine"}, "AttributeError"),
    ],
)
def test_settings_that_cannot_be(monkeypatch, target, settings, word):
    bring(monkeypatch, target)
    wrong = ProxySettings(upstream="http://127.0.0.1:9", **settings)
    for make in (create_app, check):
        with pytest.raises(SettingsError, match=word):
            make(wrong)


def delta(**fields: str) -> bytes:
    choice = {"index": 0, "delta": fields, "finish_reason": None}
    return chunk(f"data: {json.dumps({'id': 'c', 'choices': [choice]})}\n\n".encode())


def test_an_upstream_that_thinks_for_long_is_alive(serve):
    """Nobody asked for its thoughts, so there is nothing to write meanwhile."""
    thoughts = [action for _ in range(8) for action in (delta(reasoning_content="hm"), 0.1)]
    last = chunk(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n')
    script = [chunked(), *thoughts, delta(content="done"), last, b"0\r\n\r\n"]
    proxy = serve(lambda _: script, translate="anthropic-to-openai", idle_timeout=0.4)
    streamed = BODY.replace(b'"model"', b'"stream": true, "model"')
    _, body = ask(proxy.port, "POST", "/v1/messages", streamed)
    assert b"done" in body
    assert b"hm" not in body
    assert body.endswith(b'data: {"type":"message_stop"}\n\n')


def test_an_upstream_that_stalls_is_not(serve):
    script = [chunked(), delta(reasoning_content="hm"), "hang"]
    proxy = serve(lambda _: script, translate="anthropic-to-openai", idle_timeout=0.3)
    streamed = BODY.replace(b'"model"', b'"stream": true, "model"')
    with pytest.raises(http.client.IncompleteRead):
        ask(proxy.port, "POST", "/v1/messages", streamed)
    assert proxy.stub.requests[0].left.wait(5)


def test_what_is_compressed_or_large_does_not_hold_up_the_others(serve, monkeypatch):
    threads: list[int] = []

    def noted(*given):
        threads.append(threading.get_ident())
        return entered(*given)

    entered = forwarding.entered
    monkeypatch.setattr(forwarding, "entered", noted)
    proxy = serve(translate="anthropic-to-openai", offload=1_000)
    zipped = {"Content-Encoding": "gzip"}
    ask(proxy.port, "POST", "/v1/messages", BODY)
    ask(proxy.port, "POST", "/v1/messages", gzip.compress(BODY), zipped)
    ask(proxy.port, "POST", "/v1/messages", BODY.replace(b"hi", b"hi " * 1_000))
    loop, *others = threads
    assert len(others) == 2
    assert loop not in others
    assert len(proxy.stub.requests) == 3
