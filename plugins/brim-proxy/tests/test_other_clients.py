"""Clients built upon the vendors': LangChain's, and Simon Willison's `llm`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from needed import package
from sessions import DONE, Agent, Session, document, overloaded, session

from brim import Brim

WINDOW = 12_000
FILES = 8
ASK = "Read all files and tell me the answer."


@pytest.fixture(scope="module")
def kernel() -> Iterator[Brim]:
    models = {"gpt-small": {"window": WINDOW, "max_output": 1_000, "like": "gpt-4o"}}
    with Brim({"models": models, "archive": {"where": "memory"}}) as made:
        made.count([{"role": "user", "content": "warm"}], model="gpt-4o")
        yield made


@pytest.fixture
def seen(kernel) -> Iterator[Session]:
    agent = Agent("read", [{"n": n} for n in range(FILES)], WINDOW, {7: overloaded()})
    with session(agent, kernel) as made:
        yield made


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])
def test_langchain(seen, stream, responses):
    langchain = package("langchain_openai")
    from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
    from langchain_core.tools import tool

    @tool
    def read(n: int) -> str:
        """Read a file."""
        return document(n, 100)

    model = langchain.ChatOpenAI(
        model="gpt-small",
        base_url=f"{seen.url}/v1",
        api_key="k",
        max_completion_tokens=500,
        use_responses_api=responses,
    ).bind_tools([read])
    messages = [SystemMessage("Be exact."), HumanMessage(ASK)]
    while True:
        if stream:
            first, *others = model.stream(messages)
            answer = sum(others, first)
        else:
            answer = model.invoke(messages)
        messages.append(answer)
        if not answer.tool_calls:
            break
        for call in answer.tool_calls:
            messages.append(ToolMessage(read.invoke(call["args"]), tool_call_id=call["id"]))
    assert answer.text == DONE
    seen.judge(profile="gpt-4o", condensed=3)


MODELS = """
- model_id: small
  model_name: gpt-small
  api_base: {url}/v1
  supports_tools: true
"""


def llm_at(url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`llm`, which knows one model and none of the plugins installed beside it."""
    (home / "extra-openai-models.yaml").write_text(MODELS.format(url=url))
    for name, value in {"USER_PATH": str(home), "LOAD_PLUGINS": ""}.items():
        monkeypatch.setenv(f"LLM_{name}", value)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    return package("llm")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_llm_works_with_tools(seen, tmp_path, monkeypatch, stream):
    llm = llm_at(seen.url, tmp_path, monkeypatch)

    def read(n: int) -> str:
        """Read a file."""
        return document(n, 100)

    conversation = llm.get_model("small").conversation(tools=[read], chain_limit=0)
    options = {"max_tokens": 500}
    chain = conversation.chain(ASK, system="Be exact.", stream=stream, options=options)
    assert chain.text().endswith(DONE)
    seen.judge(profile="gpt-4o", condensed=3)


def test_llm_chats_on_the_command_line(kernel, tmp_path, monkeypatch):
    """`llm -c` sends all that was said before, from its own log."""
    with session(Agent("", [], WINDOW, step=1), kernel) as seen:
        llm_at(seen.url, tmp_path, monkeypatch)
        from llm.cli import cli

        for number in range(9):
            asked = ["-m", "small", *(["-c"] if number else []), document(number, 100)]
            done = CliRunner().invoke(cli, asked, catch_exceptions=False)
            assert done.output.strip() == "Water boils at 100 degrees."
        seen.judge(profile="gpt-4o", condensed=2)
        assert len(json.loads(seen.fitted[-1][1].body)["messages"]) == 17
