"""The loop with a scripted model: order, tools, limits, failures, and what observers see."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from attrs import evolve
from chat_parts import MODEL, Observer, calls, roles

import brim as package
from brim.api import (
    Ask,
    Completion,
    CompletionError,
    Delta,
    InputRefused,
    Request,
    RequestRefused,
    ToolCall,
    hookimpl,
)
from brim.chat import ChatLoop, Piece, Reply, Transcripts
from brim.errors import BudgetInfeasible, ChatError, HookError, MalformedRequest, ToolError
from brim.testing.fakes import ScriptedModel


def add(a: int, b: int = 1) -> int:
    return a + b


def test_an_iteration(make) -> None:
    model = ScriptedModel([calls(("add", '{"a": 2}'), text="let me see"), "three"])
    loop = ChatLoop(make(model), model=MODEL, system="be brief", tools=[add])
    reply = loop.run_iteration("1 + 2?")
    assert (str(reply), reply.stop, reply.requests) == ("three", "end", 2)
    assert [(run.name, run.text, run.ok) for run in reply.tools] == [("add", "3", True)]
    assert reply.input_tokens >= 10
    assert loop.messages == [
        {"role": "user", "content": "1 + 2?"},
        {
            "role": "assistant",
            "content": "let me see",
            "tool_calls": [
                {
                    "id": "c0",
                    "type": "function",
                    "function": {"name": "add", "arguments": '{"a": 2}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c0", "content": "3"},
        {"role": "assistant", "content": "three"},
    ]


def test_what_the_model_is_asked(make) -> None:
    model = ScriptedModel([calls(("add", '{"a": 2}')), "three"])
    loop = ChatLoop(make(model), model=MODEL, system="be brief", tools=[add], temperature=0.3)
    loop.run_iteration("1 + 2?")
    first, second = model.asks
    assert (first.purpose, first.model, first.temperature) == ("chat", MODEL, 0.3)
    assert [one.role for one in second.messages] == ["system", "user", "assistant", "tool"]
    assert second.messages[2].calls == (ToolCall("c0", "add", '{"a": 2}'),)
    assert second.messages[3].results[0].text == "3"
    assert second.prompt == (("system", "be brief"), ("user", "1 + 2?"), ("user", "3"))
    assert [one.name for one in second.tools] == ["add", "expand"]
    assert second.max_tokens == 4_096


def test_without_tools_nothing_of_tools_is_sent(make) -> None:
    model = ScriptedModel([calls(("add", "{}"), text="as you like")])
    loop = ChatLoop(make(model), model=MODEL)
    assert loop.run_iteration("hi").text == "as you like"
    assert model.asks[0].tools == ()
    assert loop.messages[-1] == {"role": "assistant", "content": "as you like"}


def test_async_is_the_same(make) -> None:
    async def talk() -> Reply:
        return await loop.arun_iteration("1 + 2?")

    script = [calls(("add", '{"a": 2}')), "three"]
    loop = ChatLoop(make(ScriptedModel(script)), model=MODEL, tools=[add])
    other = ChatLoop(make(ScriptedModel(script)), model=MODEL, tools=[add])
    assert asyncio.run(talk()).text == other.run_iteration("1 + 2?").text
    assert loop.messages == other.messages


def parts(pieces: list[Piece]) -> list[object]:
    return [
        piece.reply.text if piece.reply else piece.run.name if piece.run else piece.text
        for piece in pieces
    ]


def test_streams_texts_tools_and_the_reply(make) -> None:
    model = ScriptedModel([calls(("add", '{"a": 2}'), text="let me see"), "it is three"])
    loop = ChatLoop(make(model), model=MODEL, tools=[add])
    expected = ["let ", "me ", "see", "add", "it ", "is ", "three", "it is three"]
    assert parts(list(loop.stream("1 + 2?"))) == expected

    async def streamed() -> list[Piece]:
        return [piece async for piece in loop.astream("again")]

    assert parts(asyncio.run(streamed())) == expected[4:]
    assert roles(loop.messages) == [
        "user",
        "assistant",
        "tool",
        *["assistant", "user"],
        "assistant",
    ]


def test_streams_from_a_plugin_that_only_completes(make) -> None:
    class Whole:
        name = "whole"

        @hookimpl
        def complete(self, ask: Ask) -> Completion:
            return Completion("all at once")

    loop = ChatLoop(make(Whole()), model=MODEL)
    assert parts(list(loop.stream("hi"))) == ["all at once", "all at once"]


def test_a_stream_that_is_not_read_to_its_end_is_taken_back(make, transcripts: Transcripts) -> None:
    transcript = transcripts.create("a")
    loop = ChatLoop(make(ScriptedModel(["one two"])), model=MODEL, transcript=transcript)
    stream = loop.stream("hi")
    assert next(stream).text == "one "
    with pytest.raises(ChatError, match="in the middle"):
        loop.run_iteration("and me?")
    stream.close()
    assert (loop.messages, transcript.messages) == ([], [])
    assert loop.run_iteration("hi").text == "one two"


def test_a_reader_may_stop_at_the_reply(make) -> None:
    observer = Observer()
    loop = ChatLoop(make(ScriptedModel(["one"]), observer), model=MODEL)
    for piece in loop.stream("hi"):
        if piece.reply:
            break
    assert len(loop.messages) == 2
    assert observer.of("iteration")[0].ok


class Guard:
    name = "guard"

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.seen: list[Request] = []

    @hookimpl
    async def admit(self, request: Request) -> bool:
        self.seen.append(request)
        return self.answers.pop(0)


def test_guards_admit_every_request(make, transcripts: Transcripts) -> None:
    guard = Guard(True, False, True)
    model = ScriptedModel([calls(("add", '{"a": 2}')), "three"])
    transcript = transcripts.create("a")
    loop = ChatLoop(make(model, guard), model=MODEL, tools=[add], tenant="t", transcript=transcript)
    with pytest.raises(RequestRefused, match="guard"):
        loop.run_iteration("1 + 2?")
    assert [(one.tenant, one.model) for one in guard.seen] == [("t", MODEL)] * 2
    assert 0 < guard.seen[0].tokens < guard.seen[1].tokens
    assert (loop.messages, transcript.messages) == ([], [])
    assert loop.run_iteration("again").text == "three"


def test_a_provider_that_fails_changes_nothing(make, transcripts: Transcripts) -> None:
    down = CompletionError("the provider answered 503", kind="server", status=503)
    model = ScriptedModel(["one", calls(("add", '{"a": 1}')), "two"], failures={3: down})
    transcript = transcripts.create("a")
    loop = ChatLoop(make(model), model=MODEL, tools=[add], transcript=transcript)
    loop.run_iteration("first")
    before = loop.messages
    with pytest.raises(CompletionError) as caught:
        loop.run_iteration("second")
    assert caught.value.status == 503
    assert (loop.messages, transcript.messages) == (before, before)
    assert loop.run_iteration("third").text == "two"
    assert transcript.messages == loop.messages == [*before, *loop.messages[2:]]


def test_errors_of_plugins_name_them(make) -> None:
    model = ScriptedModel(failures={1: ValueError("secret words")})
    loop = ChatLoop(make(model), model=MODEL)
    with pytest.raises(HookError, match="scripted-model") as caught:
        loop.run_iteration("hi")
    assert "secret words" not in str(caught.value)
    with pytest.raises(HookError, match="settings must name one"):
        ChatLoop(make(), model=MODEL).run_iteration("hi")


def test_what_does_not_fit_changes_nothing(make) -> None:
    loop = ChatLoop(make(ScriptedModel(["x"])), model=MODEL, budget=100)
    with pytest.raises(BudgetInfeasible):
        loop.run_iteration("word " * 500)
    assert loop.messages == []


def test_a_long_conversation_stays_inside(make) -> None:
    model = ScriptedModel(["an answer of some words " * 10])
    loop = ChatLoop(make(model), model=MODEL, budget=1_200)
    for number in range(40):
        reply = loop.run_iteration(f"question {number}: " + "what about this " * 10)
        assert reply.report.after.upper <= 1_200
    assert len(loop.messages) == 80
    assert len(model.asks[-1].messages) < 40


def test_cancelling_changes_nothing(make) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(loop.arun_iteration("hi"))
        while not model.asks:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    model = ScriptedModel(["x"], delay=float("inf"))
    loop = ChatLoop(make(model), model=MODEL)
    asyncio.run(cancelled())
    assert loop.messages == []
    model.delay = 0.0
    assert loop.run_iteration("hi").text == "x"


class Reluctant:
    """A model that takes its time to stop."""

    name = "reluctant"
    asked = 0

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        self.asked += 1
        if self.asked == 1:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.3)
        return Completion("x", "end", MODEL, 1, 1)

    @hookimpl
    async def stream(self, ask: Ask) -> AsyncIterator[Delta]:
        yield Delta("", await self.complete(ask))


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """A shell makes what it starts in the background deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("streamed", [False, True])
def test_after_an_interrupt_the_next_turn_can_be_at_once(make, streamed: bool) -> None:
    """What was interrupted has come to its end before the caller goes on."""

    def turn() -> list[Piece]:
        return [*loop.stream("hi")] if streamed else [Piece(reply=loop.run_iteration("hi"))]

    loop = ChatLoop(make(Reluctant()), model=MODEL)
    with pytest.raises(KeyboardInterrupt):
        turn()
    assert loop.messages == []
    assert str(turn()[-1].reply) == "x"
    assert roles(loop.messages) == ["user", "assistant"]


def test_a_silent_model_adds_no_empty_message(make) -> None:
    loop = ChatLoop(make(ScriptedModel([Completion("", "refusal"), "x"])), model=MODEL)
    assert loop.run_iteration("hi").stop == "refusal"
    assert roles(loop.messages) == ["user"]
    loop.run_iteration("go on")
    assert roles(loop.messages) == ["user", "user", "assistant"]


def test_every_step_is_told(make) -> None:
    observer = Observer()
    model = ScriptedModel([calls(("add", '{"a": 2}'), ("add", "{}")), "three"])
    brim = make(model, observer)
    loop = ChatLoop(brim, model=MODEL, tools=[add])
    loop.run_iteration("1 + 2?")
    order = [one.name for one in observer.seen if one.name not in ("count", "read")]
    once = ["fit", "admit", "complete"]
    assert order == ["input", *once, "tool", "tool", *once, "iteration"]
    good, bad = observer.of("tool")
    assert (good.ok, good.facts["tool"], bad.ok, bad.error) == (True, "add", False, "BadArguments")
    assert observer.of("complete")[0].facts["calls"] == 2
    assert observer.of("iteration")[0].facts == {"requests": 2, "tools": 2}
    with pytest.raises(InputRefused):
        loop.run_iteration("\0")
    assert [one.error for one in observer.seen[-2:]] == ["InputRefused"] * 2
    assert brim.stats().tools_per_minute > 0


def test_two_tools_of_one_name(make) -> None:
    with pytest.raises(ToolError, match="two tools are named 'add'"):
        ChatLoop(make(), model=MODEL, tools=[add, add])


def test_the_public_name() -> None:
    assert package.ChatLoop is ChatLoop


def test_shows_what_the_settings_ask_for(make) -> None:
    from loguru import logger

    lines: list[Any] = []
    logger.enable("brim")
    sink = logger.add(lines.append, level="INFO", format="{message}")
    try:
        model = ScriptedModel([calls(("add", '{"a": 41}')), "SECRET"])
        chat = {"show_token_usage": True, "show_tool_details": True}
        ChatLoop(make(model, chat=chat), model=MODEL, tools=[add]).run_iteration("SECRET?")
    finally:
        logger.remove(sink)
    told = "".join(map(str, lines))
    assert "tool add: done in" in told
    assert "tokens: 1" in told
    assert "SECRET" not in told


@pytest.mark.parametrize(("shown", "told"), [(True, "one\n\ntwo"), (False, "")])
def test_reasoning_is_given_where_it_is_asked_for_and_never_sent(make, shown, told) -> None:
    first = calls(("add", '{"a": 41}'))
    model = ScriptedModel([evolve(first, reasoning="one"), Completion("ok", reasoning="two"), "ok"])
    loop = ChatLoop(make(model, chat={"show_reasoning": shown}), model=MODEL, tools=[add])
    pieces = list(loop.stream("go"))
    assert pieces[-1].reply is not None
    assert pieces[-1].reply.reasoning == told
    assert loop.run_iteration("again").reasoning == ""
    assert all("one" not in str(ask.prompt) for ask in model.asks)


def test_pins_hold_from_the_next_turn_on(make) -> None:
    model = ScriptedModel(["ok"] * 9)
    loop = ChatLoop(make(model), model=MODEL, budget=1_000)
    task = "The budget of project Heron is 4,711 euros. " * 20
    assert loop.fitted is None
    for text in (task, *(f"{i} " + "more words of mine " * 40 for i in range(6))):
        loop.run_iteration(text)
    assert loop.fitted is not None
    assert loop.fitted.handles
    assert task not in [message["content"] for message in loop.fitted.messages]
    with pytest.raises(MalformedRequest, match="there are 14 messages"):
        loop.pin(14)
    loop.pin(-14)
    loop.run_iteration("go on")
    assert task in [message["content"] for message in loop.fitted.messages]
