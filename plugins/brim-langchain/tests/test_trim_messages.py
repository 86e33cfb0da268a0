"""What LangChain documents of `trim_messages`, wherever its answer is a valid request."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages import trim_messages as original
from langchain_core.messages.utils import count_tokens_approximately

from brim import Brim, BudgetInfeasible, MalformedRequest
from brim_langchain import trim_messages

TALK: list[BaseMessage] = [
    SystemMessage("You answer in rhymes."),
    HumanMessage("Which bird cannot fly but runs like the wind?"),
    AIMessage("An ostrich, my friend, is the one you shall find."),
    HumanMessage("And which sleeps in the air, on the wing?"),
    AIMessage("The swift in the sky does that marvellous thing."),
    HumanMessage("What do owls eat?"),
]
LINES: list[BaseMessage] = [HumanMessage("one\ntwo\nthree"), AIMessage("yes"), HumanMessage("no")]
RECOMMENDED: dict[str, Any] = {"strategy": "last", "start_on": "human", "include_system": True}


class Counting(FakeListChatModel):
    """A chat model with a tokenizer of its own."""

    responses: list[str] = ["ok"]  # noqa: RUF012

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        return ten_each(messages)


def ten_each(messages: list[BaseMessage]) -> int:
    return 10 * len(messages)


def characters(messages: list[BaseMessage]) -> int:
    return sum(len(str(message.content)) for message in messages)


def words(messages: list[BaseMessage]) -> int:
    return sum(len(str(message.content).split()) for message in messages)


def three_for_a_word(message: BaseMessage) -> int:
    return 3 * len(str(message.content).split())


three_for_a_word.__annotations__["message"] = BaseMessage  # by which it is told from the others


@pytest.mark.parametrize(
    ("counter", "most"),
    [
        (Counting(), 45),
        ("approximate", 60),
        (count_tokens_approximately, 60),
        (len, 4),
        (ten_each, 20),
        (three_for_a_word, 80),
    ],
)
def test_the_newest_that_fit_behind_the_system_message(app: Brim, counter: Any, most: int) -> None:
    found = trim_messages(TALK, max_tokens=most, token_counter=counter, brim=app, **RECOMMENDED)
    assert found == original(TALK, max_tokens=most, token_counter=counter, **RECOMMENDED)
    assert found[0] is TALK[0]
    assert isinstance(found[1], HumanMessage)
    assert found[-1] == TALK[-1]
    assert len(found) < len(TALK)


def test_what_fits_stays_whole(app: Brim) -> None:
    assert (
        trim_messages(TALK, max_tokens=6, token_counter=len, include_system=True, brim=app) == TALK
    )


def test_len_counts_messages(app: Brim) -> None:
    found = trim_messages(TALK, max_tokens=4, token_counter=len, brim=app, **RECOMMENDED)
    assert found == [TALK[0], *TALK[-3:]]


def test_the_approximate_counter_has_a_short_name(app: Brim) -> None:
    named, given = (
        trim_messages(TALK, max_tokens=60, token_counter=one, brim=app, **RECOMMENDED)
        for one in ("approximate", count_tokens_approximately)
    )
    assert named == given


def test_without_include_system_it_goes(app: Brim) -> None:
    found = trim_messages(TALK, max_tokens=3, token_counter=len, brim=app)
    assert found == TALK[-3:]


def test_end_on_forgets_what_comes_after(app: Brim) -> None:
    for kind in ("ai", AIMessage, ["ai", "tool"]):
        found = trim_messages(TALK, max_tokens=2, token_counter=len, end_on=kind, brim=app)
        assert found == TALK[3:5]


def test_first_keeps_the_beginning(app: Brim) -> None:
    found = trim_messages(TALK, max_tokens=3, token_counter=len, strategy="first", brim=app)
    assert found == TALK[:3]


def test_a_part_of_a_message_at_the_end_of_the_beginning(app: Brim) -> None:
    blocks: Any = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
    talk = [SystemMessage("s"), HumanMessage("a"), AIMessage(blocks), HumanMessage("b")]

    def count(messages: list[BaseMessage]) -> int:
        return sum(6 + 4 * (1 if isinstance(m.content, str) else len(m.content)) for m in messages)

    given: Any = {"max_tokens": 30, "token_counter": count, "allow_partial": True}
    found = trim_messages(talk, strategy="first", brim=app, **given)
    assert found == [*talk[:2], AIMessage(blocks[:1])]


def test_a_part_of_an_old_message(app: Brim) -> None:
    given: Any = {"max_tokens": 14, "token_counter": characters, "allow_partial": True}
    found = trim_messages(LINES, brim=app, **given)
    assert [m.content for m in found] == ["two\nthree", "yes", "no"]
    split = trim_messages(
        LINES, text_splitter=lambda text: [text[:-5], text[-5:]], brim=app, **given
    )
    assert [m.content for m in split] == ["three", "yes", "no"]


def test_messages_in_other_forms(app: Brim) -> None:
    talk: list[Any] = [("system", "s"), {"role": "user", "content": "a"}, ("ai", "b"), "c"]
    found = trim_messages(talk, max_tokens=2, token_counter=len, brim=app, **RECOMMENDED)
    assert found == [SystemMessage("s"), HumanMessage("c")]


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": "first", "start_on": "human"},
        {"strategy": "first", "include_system": True},
        {"strategy": "middle"},
        {"token_counter": "exactly"},
        {"token_counter": None, "strategy": "first"},
        {"token_counter": None, "allow_partial": True},
    ],
)
def test_arguments_that_make_no_sense(app: Brim, given: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the original's texts are its own
        trim_messages(TALK, **{"max_tokens": 9, "token_counter": len, "brim": app, **given})


def test_nothing_of_nothing(app: Brim) -> None:
    assert trim_messages([], max_tokens=9, token_counter=len, brim=app) == []


# Where the original's answer is no valid request


def agent_run(results: int, size: int) -> list[BaseMessage]:
    run: list[BaseMessage] = [SystemMessage("You are terse."), HumanMessage("Survey all halls.")]
    for number in range(results):
        calls: Any = [{"name": "look", "args": {"hall": number}, "id": f"c{number}"}]
        run.append(AIMessage("", tool_calls=calls))
        run.append(ToolMessage(f"pump {number} runs dry. " * size, tool_call_id=f"c{number}"))
    return run


def test_it_is_never_more_than_asked_for(app: Brim) -> None:
    given: Any = {"max_tokens": 4, "token_counter": words, "allow_partial": True}
    assert words(original(LINES, **given)) == 5
    assert words(trim_messages(LINES, brim=app, **given)) <= 4


def test_a_result_keeps_its_call(app: Brim) -> None:
    run = agent_run(6, 20)
    given: Any = {"max_tokens": 3, "token_counter": len}
    assert isinstance(original(run, **given)[0], ToolMessage)
    found = trim_messages(run, brim=app, **given)
    assert len(found) <= 3
    assert found[0] is run[1]
    assert found[-2] is run[-2]
    assert isinstance(found[-1], ToolMessage)
    assert found[-1].tool_call_id == "c5"


def test_the_task_of_a_run_stays(app: Brim) -> None:
    run = agent_run(8, 20)
    given: Any = {"max_tokens": 400, "token_counter": "approximate", **RECOMMENDED}
    assert original(run, **given) == run[:1]
    found = trim_messages(run, brim=app, **given)
    assert run[1] in found
    assert found[-2] == run[-2]
    assert count_tokens_approximately(found) <= 400


def test_a_last_message_that_is_too_long_is_shortened(app: Brim) -> None:
    run = agent_run(1, 400)
    given: Any = {"max_tokens": 300, "token_counter": "approximate", "include_system": True}
    assert original(run, **given) == run[:1]
    found = trim_messages(run, brim=app, **given)
    assert found[:3] == run[:3]
    assert isinstance(found[3], ToolMessage)
    assert count_tokens_approximately(found) <= 300


def test_a_person_is_never_cut_short(app: Brim) -> None:
    talk = [*TALK, HumanMessage("word " * 300)]
    with pytest.raises(BudgetInfeasible) as caught:
        trim_messages(talk, max_tokens=100, token_counter="approximate", brim=app)
    least = caught.value.minimum
    found = trim_messages(talk, max_tokens=least, token_counter="approximate", brim=app)
    assert found[-1] is talk[-1]


def test_a_beginning_does_not_end_in_a_call(app: Brim) -> None:
    run = agent_run(3, 5)
    given: Any = {"max_tokens": 5, "token_counter": len, "strategy": "first"}
    assert isinstance(original(run, **given)[-1], AIMessage)
    assert trim_messages(run, brim=app, **given) == run[:4]
    with pytest.raises(BudgetInfeasible) as caught:
        trim_messages(run[1:], brim=app, max_tokens=0, token_counter=len, strategy="first")
    assert caught.value.minimum == 1


def test_brim_counts_and_condenses(app: Brim) -> None:
    run = agent_run(10, 40)
    found = trim_messages(run, max_tokens=900, model="gpt-4o", include_system=True, brim=app)
    assert found[:1] == run[:1]
    assert found[-2:] == run[-2:]
    assert run[1] in found
    assert any("brim" in str(one.content) for one in found if one not in run)


def test_what_is_no_message_of_a_request(app: Brim) -> None:
    from langchain_core.messages import ChatMessage

    talk = [HumanMessage("a"), ChatMessage("b", role="oracle"), HumanMessage("c")]
    with pytest.raises(MalformedRequest):
        trim_messages(talk, max_tokens=5, token_counter=len, brim=app)
