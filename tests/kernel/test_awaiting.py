"""Hooks that may await: sync or async, under a deadline, from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from brim.api import (
    Ask,
    Completion,
    Conversation,
    Delta,
    InjectTask,
    Request,
    Snippet,
    hookimpl,
)
from brim.errors import BrimError, HookError, RequestRefused
from brim.kernel.breaker import FAILURES
from brim.kernel.drive import Drive
from brim.kernel.host import Host

MakeHost = Callable[..., Host]
ASK = Ask((("user", "hello"),))
SHORT, LONG = 0.05, 60.0


def inject_task() -> InjectTask:
    return InjectTask(Conversation("openai-chat", "m", (), (), (), ()), "query", 100)


class Injector:
    def __init__(self, name: str, answer: Callable[[], Any]) -> None:
        self.name = name
        self.answer = answer

    @hookimpl
    def inject_context(self, task: InjectTask) -> Any:
        return self.answer()


async def soon() -> list[Snippet]:
    await asyncio.sleep(0)
    return [Snippet("later", "async")]


async def hang() -> None:
    await asyncio.Event().wait()


async def cling() -> None:
    """Ignores its cancellation, twice."""
    for _ in range(2):
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            continue


async def leave() -> None:
    raise SystemExit(1)


async def cancel() -> None:
    raise asyncio.CancelledError


def test_sources_answer_in_the_order_of_their_names(make_host: MakeHost) -> None:
    now = Injector("now", lambda: [Snippet("at once", "sync")])
    later = Injector("later", soon)
    host = make_host(now, later)
    found = host.drive.run(host.calls.inject_context(["later", "now"], inject_task(), LONG))
    assert [[one.text for one in offer] for offer in found] == [["later"], ["at once"]]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (hang, "took longer than 0.05 s"),
        (cling, "took longer than 0.05 s"),
        (leave, "raised SystemExit"),
        (cancel, "cancelled itself"),
        (lambda: "text", "the answer is a str, not a sequence of Snippet"),
        (lambda: ["text"], "snippets[0] is a str, not a Snippet"),
        (lambda: [Snippet("text", "x", float("inf"))], "snippets[0].score is not finite"),
        (lambda: [Snippet("text", "x", tokens=-1)], "snippets[0].tokens is under 0"),
    ],
)
def test_a_bad_source_gives_nothing_and_holds_nobody(
    make_host: MakeHost, warnings_logged: list[str], answer: Callable[[], Any], said: str
) -> None:
    host = make_host(Injector("bad", answer), Injector("good", soon))
    found = host.drive.run(host.calls.inject_context(["bad", "good"], inject_task(), SHORT), LONG)
    assert [[one.text for one in offer] for offer in found] == [[], ["later"]]
    (line,) = warnings_logged
    assert "plugin 'bad': inject_context: " in line
    assert said in line


def test_the_callers_own_cancellation_passes(make_host: MakeHost) -> None:
    host = make_host(Injector("slow", hang))

    async def main() -> None:
        task = asyncio.create_task(host.calls.inject_context(["slow"], inject_task(), LONG))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


class Model:
    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    @hookimpl
    def complete(self, ask: Ask) -> Any:
        return self.answer()


async def answered() -> Completion:
    return Completion("hello")


def test_a_completion(make_host: MakeHost) -> None:
    for answer in (answered, lambda: Completion("hello")):
        host = make_host(Model(answer))
        assert host.drive.run(host.calls.complete(ASK, LONG)) == Completion("hello")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (hang, "took longer than 0.05 s"),
        (lambda: "hello", "the answer is a str, not a Completion"),
        (lambda: Completion(None), "text is a NoneType, not a str"),  # type: ignore[arg-type]
        (lambda: Completion("", "stop"), "stop is none of"),  # type: ignore[arg-type]
        (lambda: Completion("", input_tokens=-1), "input_tokens is under 0"),
        (lambda: None, "no completion plugin answered"),
    ],
)
def test_a_bad_completion(make_host: MakeHost, answer: Callable[[], Any], said: str) -> None:
    host = make_host(Model(answer))
    with pytest.raises(HookError) as caught:
        host.drive.run(host.calls.complete(ASK, SHORT), LONG)
    assert said in str(caught.value)


class Spare(Model):
    """Comes after `Model` by name."""


def test_a_model_that_rests_is_passed_over(make_host: MakeHost) -> None:
    host = make_host(Model(lambda: "garbage"), Spare(answered))
    for _ in range(FAILURES):
        with pytest.raises(HookError, match="not a Completion"):
            host.drive.run(host.calls.complete(ASK, LONG))
    assert host.drive.run(host.calls.complete(ASK, LONG)) == Completion("hello")


class Guard:
    def __init__(self, name: str, answer: Callable[[Any], Any]) -> None:
        self.name = name
        self.answer = answer

    @hookimpl
    def check_input(self, text: str) -> Any:
        return self.answer(text)

    @hookimpl
    async def admit(self, request: Request) -> Any:
        return self.answer(request)


def _refuse(_: object) -> Any:
    raise BrimError("this text holds a key")


def test_input_is_folded_in_order(make_host: MakeHost) -> None:
    host = make_host(Guard("b", lambda text: f"{text}b"), Guard("a", lambda text: f"{text}a"))
    assert host.drive.run(host.calls.check_input("_")) == "_ab"


def test_a_refusal_never_wears_off(make_host: MakeHost) -> None:
    host = make_host(Guard("strict", _refuse))
    for _ in range(10):
        with pytest.raises(HookError, match="this text holds a key"):
            host.drive.run(host.calls.check_input("key"))
        assert not host.drive.run(host.calls.admit(Request("t", "m", 1)))


def test_a_guard_may_say_when_to_come_again(make_host: MakeHost) -> None:
    def refuse(_: object) -> Any:
        raise RequestRefused("too many", retry_after=2.5)

    host = make_host(Guard("limit", refuse))
    for _ in range(10):
        with pytest.raises(RequestRefused, match="too many") as caught:
            host.drive.run(host.calls.admit(Request("t", "m", 1)))
        assert caught.value.retry_after == 2.5


@pytest.mark.parametrize(
    ("answers", "admitted"),
    [((True, True), True), ((True, False), False), ((True, 1), False), ((True, None), False)],
)
def test_all_guards_must_agree(
    make_host: MakeHost, answers: tuple[Any, Any], admitted: bool
) -> None:
    guards = [Guard(f"g{i}", lambda _, answer=answer: answer) for i, answer in enumerate(answers)]
    host = make_host(*guards)
    assert host.drive.run(host.calls.admit(Request("t", "m", 1))) is admitted


class Embedder:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    async def embed(self, texts: tuple[str, ...]) -> Any:
        return self.answer


@pytest.mark.parametrize(
    "answer", [[[1.0]], [[1.0], [1.0, 2.0]], [[1.0], [float("nan")]], [["x"], ["y"]], 3]
)
def test_bad_vectors(make_host: MakeHost, answer: Any) -> None:
    host = make_host(Embedder(answer))
    with pytest.raises(HookError, match="embed"):
        host.drive.run(host.calls.embed(["a", "b"]))


def test_vectors(make_host: MakeHost) -> None:
    host = make_host(Embedder([[1, 0.5], [0.0, 2]]))
    assert host.drive.run(host.calls.embed(["a", "b"])) == ((1.0, 0.5), (0.0, 2.0))
    assert make_host().drive.run(make_host().calls.embed(["a"])) is None


async def pieces(*given: Any) -> AsyncIterator[Any]:
    for piece in given:
        yield piece


async def stuck() -> AsyncIterator[Any]:
    yield Delta("a")
    await hang()


class Streamer:
    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    @hookimpl
    def stream(self, ask: Ask) -> Any:
        return self.answer()


async def _texts(host: Host) -> list[str]:
    return [delta.text async for delta in host.calls.stream(ASK, SHORT)]


def test_a_stream(make_host: MakeHost) -> None:
    host = make_host(Streamer(lambda: pieces(Delta("a"), Delta("b", Completion("ab")))))
    assert host.drive.run(_texts(host)) == ["a", "b"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (stuck, "took longer than"),
        (lambda: pieces(Delta("a")), "ended without a Delta that carries the Completion"),
        (lambda: pieces("a"), "the answer is a str, not a Delta"),
        (lambda: ["a"], "not an async iterator"),
        (lambda: None, "no stream plugin answered"),
    ],
)
def test_a_bad_stream(make_host: MakeHost, answer: Callable[[], Any], said: str) -> None:
    host = make_host(Streamer(answer))
    with pytest.raises(HookError) as caught:
        host.drive.run(_texts(host))
    assert said in str(caught.value)


@pytest.fixture
def drive() -> Any:
    made = Drive()
    yield made
    made.close()


async def three() -> int:
    return 3


def test_the_door_opens_inside_of_a_running_loop(drive: Drive) -> None:
    async def main() -> int:
        return drive.run(three(), LONG)

    assert asyncio.run(main()) == 3


def test_the_door_has_a_timeout_cancels_and_goes_on(drive: Drive) -> None:
    ended = threading.Event()

    async def slow() -> None:
        try:
            await hang()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        drive.run(slow(), SHORT)
    assert ended.wait(LONG)
    assert drive.run(three(), LONG) == 3


def test_the_door_cannot_wait_for_itself(drive: Drive) -> None:
    async def inside() -> int:
        return drive.run(three(), LONG)

    with pytest.raises(BrimError, match="await instead"):
        drive.run(inside(), LONG)


def test_a_closed_door(drive: Drive) -> None:
    assert drive.run(three()) == 3
    drive.close()
    drive.close()
    with pytest.raises(BrimError, match="closed"):
        drive.run(three())
