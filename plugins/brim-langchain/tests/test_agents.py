"""Agents of LangChain whose conversation outgrows the window of a model that enforces it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph

from brim import Brim, BudgetInfeasible, Fitted
from brim.defaults.vocabulary import encoding
from brim_langchain import BrimMiddleware, afit_messages, fit_messages

WINDOW = 1_000
TURNS = 8
QUESTION = "Question {}: what about the weather in the town of Aldermoor on that day? "
FORECAST = "Station reports rain, wind from north-west at {} knots, and a falling barometer. "


class TooLong(Exception):
    """What a provider raises."""


def tokens(messages: list[BaseMessage]) -> int:
    count = encoding("o200k_base").encode_ordinary
    return sum(len(count(str(one.content))) for one in messages)


class Windowed(BaseChatModel):
    """Calls the tool once for each question; refuses what is too long or breaks a pair."""

    model_name: str = "small"
    seen: list[list[BaseMessage]] = []  # noqa: RUF012

    @property
    def _llm_type(self) -> str:
        return "windowed"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        self.seen.append(messages)
        refuse(messages)
        answer = AIMessage("It rains.")
        if isinstance(messages[-1], HumanMessage):
            call = {"name": "look_up", "args": {"day": len(self.seen)}, "id": f"c{len(self.seen)}"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def refuse(messages: list[BaseMessage]) -> None:
    waiting: set[str] = set()
    for message in messages:
        if isinstance(message, ToolMessage):
            assert message.tool_call_id in waiting, "a result has no call"
            waiting.discard(message.tool_call_id)
        else:
            assert not waiting, "a call has no result"
        if isinstance(message, AIMessage):
            waiting |= {str(call["id"]) for call in message.tool_calls}
    assert not waiting
    if tokens(messages) > WINDOW:
        raise TooLong(tokens(messages))


@tool
def look_up(day: int) -> str:
    """Look up the weather of a day."""
    return FORECAST.format(day) * 10


def held(agent: Any, asynchronously: bool) -> list[BaseMessage]:
    """The state's messages after so many questions."""
    state: dict[str, Any] = {"messages": []}
    for turn in range(TURNS):
        question = HumanMessage(QUESTION.format(turn) * 3)
        given = {"messages": [*state["messages"], question]}
        state = asyncio.run(agent.ainvoke(given)) if asynchronously else agent.invoke(given)
    found: list[BaseMessage] = state["messages"]
    return found


def test_without_brim_the_window_overflows() -> None:
    agent = create_agent(Windowed(seen=[]), [look_up], system_prompt="You are terse.")
    with pytest.raises(TooLong):
        held(agent, False)


@pytest.mark.parametrize("asynchronously", [False, True])
def test_agents(app: Brim, asynchronously: bool) -> None:
    fits: list[Fitted] = []
    model = Windowed(seen=[])
    middleware = [BrimMiddleware(brim=app, on_fit=fits.append)]
    agent = create_agent(model, [look_up], system_prompt="You are terse.", middleware=middleware)
    messages = held(agent, asynchronously)
    assert len(messages) == 4 * TURNS
    assert tokens(messages) > 2 * WINDOW
    assert len(model.seen) == len(fits) == 2 * TURNS
    assert all(sent[0].content == "You are terse." for sent in model.seen)
    assert sum(fit.report.condensed for fit in fits) >= 1
    assert fits[0].report.before.tokens > tokens(messages[:1]) + 20  # system and tool count too


def test_the_state_keeps_the_whole_history(app: Brim) -> None:
    agent = create_agent(Windowed(seen=[]), [look_up], middleware=[BrimMiddleware(brim=app)])
    spoken = [one.content for one in held(agent, False) if isinstance(one, HumanMessage)]
    assert spoken == [QUESTION.format(turn) * 3 for turn in range(TURNS)]


def test_budget_and_pins(app: Brim) -> None:
    model = Windowed(seen=[])
    fits: list[Fitted] = []
    middleware = BrimMiddleware(brim=app, budget=600, pin=0, on_fit=fits.append)
    held(create_agent(model, [look_up], middleware=[middleware]), False)
    assert all(fit.report.after.upper <= 600 for fit in fits)
    assert all(sent[0].content == QUESTION.format(0) * 3 for sent in model.seen)


def test_what_cannot_fit_is_not_sent(app: Brim) -> None:
    model = Windowed(seen=[])
    agent = create_agent(model, [look_up], middleware=[BrimMiddleware(brim=app)])
    with pytest.raises(BudgetInfeasible):
        agent.invoke({"messages": [HumanMessage("word " * 1_500)]})
    assert not model.seen


@pytest.mark.parametrize("asynchronously", [False, True])
def test_graphs_of_ones_own(app: Brim, asynchronously: bool) -> None:
    model = Windowed(seen=[])

    def node(state: MessagesState) -> dict[str, Any]:
        sent = fit_messages(state["messages"], model=model, brim=app)
        return {"messages": [model.invoke(sent)]}

    async def anode(state: MessagesState) -> dict[str, Any]:
        sent = await afit_messages(state["messages"], model=model, brim=app)
        return {"messages": [await model.ainvoke(sent)]}

    def tools(state: MessagesState) -> dict[str, Any]:
        last = state["messages"][-1]
        assert isinstance(last, AIMessage)
        return {"messages": [look_up.invoke(call) for call in last.tool_calls]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", anode if asynchronously else node)
    graph.add_node("tools", tools)
    graph.add_edge(START, "model")
    graph.add_edge("tools", "model")
    graph.add_conditional_edges(
        "model", lambda state: "tools" if state["messages"][-1].tool_calls else "__end__"
    )
    assert tokens(held(graph.compile(), asynchronously)) > 2 * WINDOW
