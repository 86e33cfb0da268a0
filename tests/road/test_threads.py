"""One `Brim` for many threads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from road_parts import Wire, chat, loop, texts, user, words

from brim import Brim

THREADS = 20


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def conversation(number: int) -> list[Wire]:
    return [user(f"conversation {number}"), *chat(20 + number), *loop(5)]


def steps(number: int) -> Iterator[list[Wire]]:
    messages = conversation(number)
    for end in range(1, len(messages) + 1, 8):
        yield messages[:end]


def in_threads(work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(THREADS)))


def outputs(brim: Brim, number: int) -> list[str]:
    return [texts(brim.fit(step, model="m", budget=700).messages) for step in steps(number)]


@pytest.mark.usefixtures("_hasty")
def test_different_conversations_come_out_as_from_one_thread(make: Any) -> None:
    brim, alone = make(), make()
    found = in_threads(lambda number: outputs(brim, number))
    assert found == [outputs(alone, number) for number in range(THREADS)]


@pytest.mark.usefixtures("_hasty")
def test_the_same_conversation_at_any_length_at_once(make: Any) -> None:
    """Each output ends with its own last message and fits, whatever the others do."""
    brim = make()
    messages = conversation(3)

    def work(number: int) -> int:
        for i in range(12):
            end = 1 + (number * 7 + i * 5) % len(messages)
            fitted = brim.fit(messages[:end], model="m", budget=700)
            assert fitted.messages[-1] is messages[end - 1]
            assert fitted.report.after.upper <= 700
            assert fitted.report.messages_before == end
            mine = [one for one in fitted.messages if any(one is m for m in messages)]
            assert len(mine) >= len(fitted.messages) - 2
        return number

    assert in_threads(work) == list(range(THREADS))


@pytest.mark.usefixtures("_hasty")
def test_one_request_many_times_at_once_gives_one_answer(make: Any) -> None:
    brim = make()
    messages = conversation(5)
    found = in_threads(lambda _: texts(brim.fit(messages, model="m", budget=700).messages))
    assert len(set(found)) == 1
    assert found[0] == texts(make().fit(messages, model="m", budget=700).messages)


@pytest.mark.usefixtures("_hasty")
def test_sessions_of_many_threads(make: Any) -> None:
    brim = make()

    def work(number: int) -> str:
        session = brim.session(model="m", budget=700, tenant=str(number))
        for message in conversation(number):
            session.append(message)
            if message["role"] == "user" and len(session) % 3 == 0:
                session.fit()
        return texts(session.fit().messages)

    threaded = in_threads(work)
    brim = make()
    assert threaded == [work(number) for number in range(THREADS)]


@pytest.mark.usefixtures("_hasty")
def test_one_session_that_grows_and_is_fitted_at_once(make: Any) -> None:
    session = make().session([user(words(50))], model="m", budget=700)

    def work(number: int) -> None:
        for _ in range(10):
            if number % 2:
                session.append(user(words(20, number)))
            else:
                fitted = session.fit()
                assert fitted.report.after.upper <= 700
                assert len(fitted.messages) <= fitted.report.messages_before

    in_threads(work)
    assert len(session) == 101
