"""Agents whose conversation outgrows the window of a model that enforces it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.capabilities import ProcessHistory
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel

from brim import Brim, BudgetInfeasible, Fitted
from brim.defaults.vocabulary import encoding
from brim_pydantic_ai import FitHistory, history_processor

WINDOW = 1_000
TURNS = 8
QUESTION = "Question {}: what about the weather in the town of Aldermoor on that day? "
FORECAST = "Station reports rain, wind from north-west at {} knots, and a falling barometer. "


class TooLong(Exception):
    """What a provider raises."""


def texts(messages: list[ModelMessage]) -> list[str]:
    return [str(getattr(part, "content", "")) for one in messages for part in one.parts]


def tokens(messages: list[ModelMessage]) -> int:
    return sum(len(encoding("o200k_base").encode_ordinary(text)) for text in texts(messages))


class Windowed:
    """Calls the tool once for each question; refuses what is too long or breaks a pair."""

    def __init__(self) -> None:
        self.seen: list[list[ModelMessage]] = []
        self.model = FunctionModel(self.answer, model_name="small")

    def answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.seen.append(messages)
        calls = [p.tool_call_id for m in messages for p in m.parts if isinstance(p, ToolCallPart)]
        results = [
            p.tool_call_id for m in messages for p in m.parts if isinstance(p, ToolReturnPart)
        ]
        assert calls == results, "a call and its result must stay together"
        if tokens(messages) > WINDOW:
            raise TooLong(tokens(messages))
        if isinstance(messages[-1].parts[-1], ToolReturnPart):
            return ModelResponse([TextPart("It rains.")])
        number = len(self.seen)
        return ModelResponse([ToolCallPart("look_up", {"day": number}, tool_call_id=f"c{number}")])


def agent_of(windowed: Windowed, **more: Any) -> Agent[None, str]:
    agent = Agent(windowed.model, system_prompt="You are terse.", **more)

    @agent.tool_plain
    def look_up(day: int) -> str:
        """Look up the weather of a day."""
        return FORECAST.format(day) * 10

    return agent


def held(agent: Agent[None, str]) -> list[ModelMessage]:
    async def talk() -> list[ModelMessage]:
        history: list[ModelMessage] = []
        for turn in range(TURNS):
            result = await agent.run(QUESTION.format(turn) * 3, message_history=history)
            history = result.all_messages()
        return history

    return asyncio.run(talk())


def test_without_brim_the_window_overflows() -> None:
    with pytest.raises(TooLong):
        held(agent_of(Windowed()))


def test_the_capability(app: Brim) -> None:
    windowed, fits = Windowed(), list[Fitted]()
    agent = agent_of(windowed, capabilities=[FitHistory(brim=app, on_fit=fits.append)])
    history = held(agent)
    assert tokens(history) > 2 * WINDOW
    assert len(windowed.seen) == len(fits) == 2 * TURNS
    assert any(fit.report.condensed for fit in fits)
    assert all("You are terse." in texts(sent)[0] for sent in windowed.seen)
    spoken = [p.content for m in history for p in m.parts if isinstance(p, UserPromptPart)]
    assert spoken == [QUESTION.format(turn) * 3 for turn in range(TURNS)]


def test_tools_and_instructions_count(app: Brim) -> None:
    fits: list[Fitted] = []
    capability = FitHistory(brim=app, on_fit=fits.append)
    agent = agent_of(Windowed(), capabilities=[capability], instructions="Be kind. " * 20)
    asyncio.run(agent.run("Hello"))
    bare = app.count([{"role": "user", "content": "Hello"}], model="small").total
    assert fits[0].report.before.tokens > bare + 60 + 20


def test_the_history_processor(app: Brim) -> None:
    windowed = Windowed()
    processor = history_processor(brim=app, budget=800)
    held(agent_of(windowed, capabilities=[ProcessHistory(processor)]))
    assert len(windowed.seen) == 2 * TURNS
    assert all(texts(sent)[0] == "You are terse." for sent in windowed.seen)


def test_pydantic_ais_own_test_model(app: Brim) -> None:
    fits: list[Fitted] = []
    agent = Agent(TestModel(), capabilities=[FitHistory("small", brim=app, on_fit=fits.append)])

    @agent.tool_plain
    def look_up(day: int) -> str:
        """Look up the weather of a day."""
        return FORECAST.format(day) * 30

    history: list[ModelMessage] = []
    for turn in range(4):
        run = agent.run(QUESTION.format(turn), message_history=history)
        history = asyncio.run(run).all_messages()
    assert tokens(history) > WINDOW
    assert all(fit.report.after.upper <= WINDOW for fit in fits)
    assert fits[-1].report.changed


def test_what_cannot_fit_is_not_sent(app: Brim) -> None:
    windowed = Windowed()
    agent = agent_of(windowed, capabilities=[FitHistory(brim=app)])
    with pytest.raises(BudgetInfeasible):
        asyncio.run(agent.run("word " * 1_500))
    assert not windowed.seen


def test_what_fits_is_the_same_objects(app: Brim) -> None:
    given: list[ModelMessage] = [
        ModelRequest([UserPromptPart("Hello")]),
        ModelResponse([TextPart("Hi.")]),
        ModelRequest([UserPromptPart("So?")]),
    ]
    found = asyncio.run(FitHistory(brim=app).fit(given, "small"))
    assert all(one is other for one, other in zip(found, given, strict=True))
