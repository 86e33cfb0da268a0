"""What LiteLLM makes of the same requests and answers, which was written by others."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
from needed import package
from replies import Call, Turn, provider, used
from running import ask
from test_translation_request import BARE, MARKED, PNG, TOOL, USE, WEB, result, text, user
from translated import read

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it fetches its prices
    litellm = package("litellm")

pytestmark = pytest.mark.filterwarnings("ignore")  # LiteLLM's own

LOOK = Call("call_1", "look", {"at": [1, "\u00e9"]})
REQUESTS = {
    "words": {"messages": [user("hi")], "system": "Be brief."},
    "blocks": {"messages": [user([text("a"), text("b")])], "system": [MARKED, text("Or not.")]},
    "images": {"messages": [user([text("see"), PNG, WEB])]},
    "sampling": {"messages": [user("hi")], "temperature": 0.5, "top_p": 0.9},
    "stops": {"messages": [user("hi")], "stop_sequences": ["END", "STOP"]},
    "tools": {"messages": [user("hi")], "tools": [TOOL, {**BARE, "strict": False}]},
    "any": {"messages": [user("hi")], "tools": [TOOL], "tool_choice": {"type": "any"}},
    "auto": {"messages": [user("hi")], "tools": [TOOL], "tool_choice": {"type": "auto"}},
    "one tool": {
        "messages": [user("hi")],
        "tools": [TOOL],
        "tool_choice": {"type": "tool", "name": "look"},
    },
    "a call and its result": {
        "tools": [TOOL],
        "messages": [
            user("hi"),
            {"role": "assistant", "content": [text("I look."), USE]},
            user([result("nothing there")]),
        ],
    },
    "two results and words": {
        "tools": [TOOL],
        "messages": [
            user("hi"),
            {"role": "assistant", "content": [USE, {**USE, "id": "t2"}]},
            user([result("a"), {**result([text("b")]), "tool_use_id": "t2"}, text("and now?")]),
        ],
    },
}
TURNS = {
    "words": Turn(),
    "a call": Turn(("I look.",), LOOK),
    "a call alone": Turn((), LOOK),
}


@pytest.fixture(autouse=True)
def by_chat(monkeypatch) -> Iterator[None]:
    """LiteLLM has a second way, by OpenAI's Responses."""
    monkeypatch.setattr(litellm, "use_chat_completions_url_for_anthropic_messages", True)
    monkeypatch.setattr(litellm, "suppress_debug_info", True)
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("LiteLLM").setLevel(logging.NOTSET)


def by_litellm(url: str, body: dict) -> dict:
    """The message that LiteLLM gives, streamed where asked."""

    async def asked() -> bytes | dict:
        about = {"api_base": f"{url}/v1", "api_key": "k", "model": "openai/tiny", "max_tokens": 50}
        answer = await litellm.anthropic.messages.acreate(**{**body, **about})
        if not body.get("stream"):
            return dict(answer)
        return b"".join([piece async for piece in answer])

    answer = asyncio.run(asked())
    return read(answer) if isinstance(answer, bytes) else answer


def by_brim(proxy, body: dict) -> dict:
    asked = {**body, "model": "claude-x", "max_tokens": 50}
    response, answer = ask(proxy.port, "POST", "/v1/messages", json.dumps(asked).encode())
    assert response.status == 200, answer
    return read(answer) if body.get("stream") else json.loads(answer)


def words(content: object) -> object:
    """A text, whichever way it is written; marks for caches left out."""
    if not isinstance(content, list):
        return content or ""
    kept = [{name: one[name] for name in one if name != "cache_control"} for one in content]
    if all(one["type"] == "text" for one in kept):
        return "\n\n".join(one["text"] for one in kept)
    return kept


def request_of(sent: dict) -> dict:
    """What a request says, however it says it."""
    messages = []
    for message in sent["messages"]:
        calls = [
            (one["id"], one["function"]["name"], json.loads(one["function"]["arguments"]))
            for one in message.get("tool_calls") or []
        ]
        number = message.get("tool_call_id")
        messages.append((message["role"], words(message.get("content")), calls, number))
    tools = []
    for one in sent.get("tools") or []:
        function = one["function"]
        tools.append((function["name"], function.get("description"), function["parameters"]))
    names = ("tool_choice", "stop", "temperature", "top_p", "stream", "model")
    limit = sent.get("max_tokens") or sent.get("max_completion_tokens")
    rest = {name: sent[name] for name in names if sent.get(name)}
    return {**rest, "messages": messages, "tools": tools, "limit": limit}


def answer_of(message: dict) -> dict:
    """What an answer says. LiteLLM writes blocks of no words, which Anthropic refuses when they
    come back."""
    content = []
    for block in message["content"]:
        if block.get("text") == "":
            continue
        names = ("text",) if block["type"] == "text" else ("id", "name", "input")
        content.append((block["type"], *(block[name] for name in names)))
    used = (message["usage"]["input_tokens"], message["usage"]["output_tokens"])
    return {"content": content, "stop": message["stop_reason"], "used": used}


@pytest.fixture
def translated(serve):
    def start(turn: Turn):
        chosen = {"translate": "anthropic-to-openai", "model_map": {"claude-*": "tiny"}}
        return serve(lambda recorded: provider(recorded, turn), **chosen)

    return start


@pytest.mark.parametrize("name", REQUESTS)
def test_the_same_request_goes_up(translated, name):
    proxy = translated(Turn())
    by_brim(proxy, REQUESTS[name])
    by_litellm(proxy.stub.url, REQUESTS[name])
    ours, theirs = (one for one in proxy.stub.requests)
    assert ours.target == theirs.target == "/v1/chat/completions"
    assert request_of(ours.json) == request_of(theirs.json)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", TURNS)
def test_the_same_answer_comes_down(translated, name, streamed):
    proxy = translated(TURNS[name])
    body = {**REQUESTS["tools"], "stream": streamed}
    ours = by_brim(proxy, body)
    theirs = by_litellm(proxy.stub.url, body)
    sizes = [used(one) for one in proxy.stub.requests]
    ours, theirs = answer_of(ours), answer_of(theirs)
    assert [ours.pop("used"), theirs.pop("used")] == [(size, 5) for size in sizes]
    assert ours == theirs
