"""Translation by `brim serve` and its files, and translators that others bring."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint

import pytest
from needed import package
from replies import WORDS, provider
from running import ask
from stub import Stub
from test_serving import process

from brim.api import SettingsError
from brim_proxy import ProxySettings, create_app
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
