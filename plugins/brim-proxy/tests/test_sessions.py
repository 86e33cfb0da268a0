"""The vendors' clients work through more files than their model's window holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest
from needed import package
from sessions import DONE, Agent, Session, document, overloaded, session
from stub import chunked

from brim import Brim

anthropic, openai = package("anthropic"), package("openai")

WINDOW = 12_000
FILES = 9
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
ASK = "Read all files and tell me the answer."


@pytest.fixture(scope="module")
def kernel() -> Iterator[Brim]:
    small = {"window": WINDOW, "max_output": 1_000}
    models = {
        "gpt-small": {**small, "like": "gpt-4o"},
        "claude-small": {**small, "like": "claude-sonnet-4-5"},
        "claude-believed-large": {"like": "claude-sonnet-4-5"},
        "gpt-believed-large": {"like": "gpt-4o"},
    }
    with Brim({"models": models, "archive": {"where": "memory"}}) as made:
        made.count([{"role": "user", "content": "warm"}], model="gpt-4o")
        yield made


def reader(**faults: object) -> Agent:
    return Agent("read", [{"n": n} for n in range(FILES)], WINDOW, **faults)


def read(arguments: dict[str, int]) -> str:
    return document(arguments["n"], 100)


def chat(url: str, model: str, stream: bool) -> str:
    """A conversation with OpenAI's client over Chat Completions, until it calls no tool."""
    tool = {"type": "function", "function": {"name": "read", "parameters": SCHEMA}}
    messages = [{"role": "system", "content": "Be exact."}, {"role": "user", "content": ASK}]
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k") as client:
        while True:
            asked = {"model": model, "messages": messages, "tools": [tool], "max_tokens": 500}
            if stream:
                with client.chat.completions.stream(**asked) as events:
                    message = events.get_final_completion().choices[0].message
            else:
                message = client.chat.completions.create(**asked).choices[0].message
            messages.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return message.content
            for call in message.tool_calls:
                said = read(json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": said})


def responses(url: str, model: str, stream: bool) -> str:
    """The same over Responses."""
    tool = {"type": "function", "name": "read", "parameters": SCHEMA, "strict": False}
    items: list = [{"role": "user", "content": ASK}]
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k") as client:
        while True:
            asked = {"model": model, "input": items, "tools": [tool], "max_output_tokens": 500}
            asked |= {"instructions": "Be exact.", "store": False}
            if stream:
                with client.responses.stream(**asked) as events:
                    answer = events.get_final_response()
            else:
                answer = client.responses.create(**asked)
            items += answer.output
            calls = [item for item in answer.output if item.type == "function_call"]
            if not calls:
                return answer.output_text
            for call in calls:
                said = read(json.loads(call.arguments))
                output = {"type": "function_call_output", "call_id": call.call_id}
                items.append({**output, "output": said})


def messages(url: str, model: str, stream: bool) -> str:
    """The same with Anthropic's client."""
    tool = {"name": "read", "input_schema": SCHEMA}
    said: list = [{"role": "user", "content": ASK}]
    with anthropic.Anthropic(base_url=url, api_key="k") as client:
        while True:
            asked = {"model": model, "messages": said, "tools": [tool], "max_tokens": 500}
            asked["system"] = "Be exact."
            if stream:
                with client.messages.stream(**asked) as events:
                    answer = events.get_final_message()
            else:
                answer = client.messages.create(**asked)
            said.append({"role": "assistant", "content": answer.content})
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return answer.content[0].text
            results = [{"type": "tool_result", "tool_use_id": call.id} for call in calls]
            for result, call in zip(results, calls, strict=True):
                result["content"] = read(call.input)
            said.append({"role": "user", "content": results})


Client = Callable[[str, str, bool], str]
CLIENTS = [
    pytest.param(chat, "gpt", "gpt-4o", id="openai-chat"),
    pytest.param(responses, "gpt", "gpt-4o", id="openai-responses"),
    pytest.param(messages, "claude", "claude-sonnet-4-5", id="anthropic"),
]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("client", "family", "profile"), CLIENTS)
def test_a_session_longer_than_the_window(kernel, client: Client, family, profile, stream):
    """Two requests meet an upstream that is busy, one of them after condensing began."""
    faults = {2: overloaded("429 Too Many Requests"), 8: overloaded()}
    with session(reader(faults=faults), kernel) as seen:
        assert client(seen.url, f"{family}-small", stream) == DONE
        seen.judge(profile=profile, condensed=3)
        assert [one.status for _, one in seen.fitted].count(200) == FILES + 1
        assert statuses(seen, {429, 529}) == 2


@pytest.mark.parametrize(("client", "family", "profile"), CLIENTS)
def test_a_window_that_only_the_upstream_knows(kernel, client: Client, family, profile):
    with session(reader(), kernel) as seen:
        assert client(seen.url, f"{family}-believed-large", True) == DONE
        seen.judge(profile=profile, condensed=2, recovered=1)
        assert statuses(seen, {200}) == FILES + 1


def statuses(seen: Session, those: set[int]) -> int:
    return sum(one.status in those for _, one in seen.fitted)


@pytest.mark.parametrize(("client", "family", "profile"), CLIENTS)
def test_an_answer_that_never_begins_is_asked_for_again(kernel, client: Client, family, profile):
    """The clients try once more by themselves, as they would without the proxy."""
    with session(reader(faults={1: ["close"], 8: ["reset"]}), kernel) as seen:
        assert client(seen.url, f"{family}-small", False) == DONE
        seen.judge(profile=profile, condensed=3)


def test_a_stream_that_breaks_off_is_the_clients_to_repeat(kernel):
    with session(reader(faults={8: [chunked(), 0.1, "reset"]}), kernel) as seen:
        with pytest.raises(openai.APIConnectionError):
            chat(seen.url, "gpt-small", True)
        before = len(seen.fitted)
        assert chat(seen.url, "gpt-small", True) == DONE
        assert before == 9
        seen.judge(profile="gpt-4o", condensed=1)


def test_async_clients(kernel):
    """Four at once, each with a conversation of its own that does not fit."""
    turns = [{"role": "user", "content": document(n, 100)} for n in range(12)]

    async def ask(url: str, first: int) -> tuple[str, str]:
        own = [{"role": "user", "content": f"Client {first}."}, *turns]
        asked = {"messages": own, "max_tokens": 100}
        async with (
            openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=f"k{first}") as gpt,
            anthropic.AsyncAnthropic(base_url=url, api_key=f"k{first}") as claude,
        ):
            said = await gpt.chat.completions.create(model="gpt-small", **asked)
            async with claude.messages.stream(model="claude-small", **asked) as stream:
                return said.choices[0].message.content, await stream.get_final_text()

    async def all_of(url: str) -> list[tuple[str, str]]:
        return await asyncio.gather(*(ask(url, n) for n in range(4)))

    with session(Agent("", [], WINDOW), kernel) as seen:
        answers = asyncio.run(all_of(seen.url))
        words = "Water boils at 100 degrees."
        assert answers == [(words, words)] * 4
        assert all(one.condensed for _, one in seen.fitted)
