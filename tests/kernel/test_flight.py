"""Equal asks make one call, across tasks, event loops and threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from brim.errors import HookError
from brim.kernel.flight import Answers, Flight, key_of
from brim.model.operations import Ask, Completion
from brim.testing.fakes import FakeClock

ASK = Ask((("system", "sum up"), ("user", "a long story")))
KEY = key_of(ASK, "tenant")
DONE = Completion("done")


class Upstream:
    """Counts its calls; each waits until it is let go, then answers or raises."""

    def __init__(self, answer: Completion | BaseException = DONE) -> None:
        self.answer = answer
        self.calls = 0
        self.ended: list[str] = []
        self.gate = threading.Event()

    async def __call__(self) -> Completion:
        self.calls += 1
        try:
            while not self.gate.is_set():
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def flight(ttl: float = 60.0) -> Flight:
    return Flight(Answers(ttl))


async def until(true: Callable[[], Any]) -> None:
    for _ in range(5_000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came to be")


def waiting(shared: Flight) -> int:
    return sum(call.waiting for call in shared._calls.values())


def test_a_thousand_equal_asks_make_one_call() -> None:
    shared, upstream = flight(), Upstream()

    async def all_at_once() -> list[tuple[Completion, bool]]:
        asks = [asyncio.ensure_future(shared.complete(KEY, upstream, 30)) for _ in range(1_000)]
        await until(lambda: waiting(shared) == 1_000)
        upstream.gate.set()
        return await asyncio.gather(*asks)

    found = asyncio.run(all_at_once())
    assert upstream.calls == 1
    assert {answer for answer, _ in found} == {DONE}
    assert sum(new for _, new in found) == 1
    assert not shared._calls


def test_threads_with_event_loops_of_their_own_share_a_call() -> None:
    shared, upstream = flight(), Upstream()

    def one(_: int) -> Completion:
        return asyncio.run(shared.complete(KEY, upstream, 30))[0]

    with ThreadPoolExecutor(40) as pool:
        answers = [pool.submit(one, number) for number in range(40)]
        asyncio.run(until(lambda: waiting(shared) == 40))
        upstream.gate.set()
        assert {answer.result(30) for answer in answers} == {DONE}
    assert upstream.calls == 1


def test_a_cancelled_leader_does_not_fail_its_followers() -> None:
    shared, upstream = flight(), Upstream()

    async def all_at_once() -> list[Any]:
        asks = [asyncio.ensure_future(shared.complete(KEY, upstream, 30)) for _ in range(5)]
        await until(lambda: waiting(shared) == 5)
        asks[0].cancel()
        asks[3].cancel()
        await asyncio.gather(asks[0], asks[3], return_exceptions=True)
        upstream.gate.set()
        return await asyncio.gather(*asks, return_exceptions=True)

    found = asyncio.run(all_at_once())
    assert [isinstance(one, asyncio.CancelledError) for one in found] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert found[1] == found[2] == found[4] == (DONE, False)
    assert (upstream.calls, upstream.ended) == (1, [])


def test_a_leader_whose_event_loop_ends_does_not_fail_its_followers() -> None:
    shared, upstream = flight(), Upstream()

    async def leave() -> None:
        asyncio.ensure_future(shared.complete(KEY, upstream, 30)).set_name("leader")
        await until(lambda: waiting(shared) == 2)

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(asyncio.run, leave())
        asyncio.run(until(lambda: waiting(shared) == 1))
        follower = pool.submit(lambda: asyncio.run(shared.complete(KEY, upstream, 30)))
        leader.result(30)
        asyncio.run(until(lambda: upstream.calls == 2))
        upstream.gate.set()
        assert follower.result(30) == (DONE, True)
    assert upstream.ended == ["cancelled"]


def test_a_call_that_nobody_waits_for_ends() -> None:
    shared, upstream = flight(), Upstream()

    async def alone() -> None:
        asks = [asyncio.ensure_future(shared.complete(KEY, upstream, 30)) for _ in range(3)]
        await until(lambda: waiting(shared) == 3)
        for ask in asks:
            ask.cancel()
        await until(lambda: upstream.ended)
        upstream.gate.set()
        assert await shared.complete(KEY, upstream, 30) == (DONE, True)

    asyncio.run(alone())
    assert upstream.calls == 2


def test_all_learn_of_a_failure_and_nobody_keeps_it() -> None:
    shared = flight()
    upstream = Upstream(HookError("no", hook="complete", plugin="model"))
    upstream.gate.set()

    async def all_at_once() -> list[Any]:
        asks = [shared.complete(KEY, upstream, 30) for _ in range(3)]
        return await asyncio.gather(*asks, return_exceptions=True)

    found = asyncio.run(all_at_once())
    assert [str(one) for one in found] == ["plugin 'model': complete: no"] * 3
    assert len({id(one) for one in found}) == 3
    upstream.answer = DONE
    assert asyncio.run(shared.complete(KEY, upstream, 30)) == (DONE, True)
    assert upstream.calls == 2


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brim.kernel.flight.GRACE", 0.0)
    shared, upstream = flight(), Upstream()
    with pytest.raises(HookError, match=r"took longer than 0\.05 s"):
        asyncio.run(shared.complete(KEY, upstream, 0.05))


def test_a_blocked_event_loop_is_not_waited_for() -> None:
    shared, slow, quick = flight(), Upstream(), Upstream()
    quick.gate.set()

    async def both() -> tuple[Completion, bool]:
        first = asyncio.ensure_future(shared.complete(KEY, slow, 30))
        await until(lambda: slow.calls)
        blocked = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:  # this loop stands still until the thread is done
            other = pool.submit(asyncio.run, shared.complete(KEY, quick, 30, blocked)).result(30)
        slow.gate.set()
        assert await first == (DONE, True)
        return other

    assert asyncio.run(both()) == (DONE, True)


def test_answers_are_kept_for_a_while() -> None:
    clock, upstream = FakeClock(), Upstream()
    upstream.gate.set()
    shared = Flight(Answers(60.0, clock=clock))
    told = [asyncio.run(shared.complete(KEY, upstream, 30))[1] for _ in range(2)]
    clock.advance(60)
    told.append(asyncio.run(shared.complete(KEY, upstream, 30))[1])
    assert told == [True, False, True]
    assert upstream.calls == 2


@pytest.mark.parametrize(
    "answer",
    [Completion(""), Completion(" \n"), Completion("half", "length"), Completion("no", "refusal")],
)
def test_answers_that_are_no_good_are_not_kept(answer: Completion) -> None:
    shared, upstream = flight(), Upstream(answer)
    upstream.gate.set()
    assert asyncio.run(shared.complete(KEY, upstream, 30)) == (answer, True)
    assert asyncio.run(shared.complete(KEY, upstream, 30)) == (answer, True)


def test_answers_are_bounded() -> None:
    answers = Answers(60.0, entries=3, max_bytes=10)
    for number in range(5):
        answers.put(bytes([number]), Completion("abc"))
    assert [answers.get(bytes([n])) is not None for n in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    answers.put(b"long", Completion("x" * 8))
    assert answers.get(b"\x04") is None
    assert answers.get(b"long") is not None
    answers.put(b"too long", Completion("x" * 11))
    assert answers.get(b"too long") is None


def test_keys() -> None:
    same = key_of(Ask(ASK.prompt, seconds=3.0), "tenant")
    others = [
        key_of(ASK, "other"),
        key_of(Ask(ASK.prompt, model="m"), "tenant"),
        key_of(Ask(ASK.prompt, max_tokens=1), "tenant"),
        key_of(Ask(ASK.prompt, temperature=1.0), "tenant"),
        key_of(Ask((("system", "sum up"), ("user", "a long stor"), ("y", ""))), "tenant"),
        key_of(Ask((("system", "sum upuser"), ("", "a long story"))), "tenant"),
    ]
    assert same == KEY
    assert len({KEY, *others}) == 7
