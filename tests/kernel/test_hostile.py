"""Implementations that raise, hang, lie or answer garbage cost their own turn."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator
from typing import Any

import pytest
from attrs import evolve
from kernel_parts import PROFILE, condense_task, trim_task

from brim.api import (
    Ask,
    Completion,
    Condensation,
    Counts,
    Drop,
    Level,
    PluginError,
    Replace,
    Rewrite,
    TrimDecision,
    hookimpl,
)
from brim.errors import HookError
from brim.kernel.host import Host

MakeHost = Callable[..., Host]
TEXTS = ["hello", "wörld", ""]


class PanicException(BaseException):
    """What compiled extensions raise: no `Exception`."""


class Counter:
    """Answers whatever it was made with."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer
        self.calls = 0

    @hookimpl(tryfirst=True)
    def count_tokens(self, texts: tuple[str, ...]) -> Any:
        self.calls += 1
        return self.answer()


def raising(error: BaseException) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


async def coroutine() -> Counts:
    return Counts((1, 1, 0))


class Sly(Counts):
    """A subclass, which could answer differently each time."""


BAD_COUNTS = [
    (raising(ValueError("hello")), "raised ValueError in test_hostile, line"),
    (raising(PanicException("unwrap on None")), "raised PanicException"),
    (raising(asyncio.CancelledError()), "raised CancelledError"),
    (raising(StopIteration(3)), "raised StopIteration"),
    (raising(PluginError("no licence")), "raised PluginError: no licence"),
    (lambda: [1, 1, 0], "the answer is a list, not a Counts"),
    (lambda: Sly((1, 1, 0)), "the answer is a Sly, not a Counts"),
    (coroutine, "the answer is a coroutine, and this hook may not await"),
    (lambda: Counts((1, 1)), "2 counts for 3 texts"),
    (lambda: Counts([1, 1, 0]), "values is a list, not a tuple"),  # type: ignore[arg-type]
    (lambda: Counts((1, -1, 0)), "values[1] is -1, and the text has 6 bytes"),
    (lambda: Counts((1, 7, 0)), "values[1] is 7, and the text has 6 bytes"),
    (lambda: Counts((1, 1, 1)), "values[2] is 1, and the text has 0 bytes"),
    (lambda: Counts((True, 1, 0)), "values[0] is a bool, not an int"),
    (lambda: Counts((1.0, 1, 0)), "values[0] is a float, not an int"),  # type: ignore[arg-type]
    (lambda: Counts((1, 1, 0), float("nan")), "margin is not finite"),
    (lambda: Counts((1, 1, 0), -0.1), "margin is under 0"),
    (lambda: Counts((1, 1, 0), "0"), "margin is a str, not a number"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("answer", "said"), BAD_COUNTS)
def test_a_bad_counter_is_passed_over_and_told_once(
    make_host: MakeHost, warnings_logged: list[str], answer: Callable[[], Any], said: str
) -> None:
    bad = Counter(answer)
    host = make_host(bad)
    honest = make_host().calls.count_tokens(TEXTS, PROFILE)
    for _ in range(2):
        assert host.calls.count_tokens(TEXTS, PROFILE) == honest
    assert bad.calls == 2
    (line,) = [line for line in warnings_logged if "'counter'" in line]
    assert "plugin 'counter': count_tokens: " in line
    assert said in line
    assert "hello" not in line


def test_six_bytes_may_be_six_tokens(make_host: MakeHost) -> None:
    host = make_host(Counter(lambda: Counts((5, 6, 0))))
    assert host.calls.count_tokens(TEXTS, PROFILE).values == (5, 6, 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_what_ends_a_program_passes(make_host: MakeHost, error: BaseException) -> None:
    host = make_host(Counter(raising(error)))
    with pytest.raises(type(error)):
        host.calls.count_tokens(TEXTS, PROFILE)


def test_a_counter_cannot_reach_the_callers_list(make_host: MakeHost) -> None:
    class Grower:
        @hookimpl(tryfirst=True)
        def count_tokens(self, texts: Any) -> None:
            texts.append("more")

    given = list(TEXTS)
    make_host(Grower()).calls.count_tokens(given, PROFILE)
    assert given == TEXTS


GOOD = TrimDecision(True, Level.WARNING, 40, 80)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raising(OSError("disk")), "raised OSError"),
        (lambda: True, "the answer is a bool, not a TrimDecision"),
        (lambda: evolve(GOOD, trim=1), "trim is an int, not a bool"),
        (lambda: evolve(GOOD, level="warning"), "level is a str, not a Level"),
        (lambda: evolve(GOOD, target=-1), "target is -1, under 0"),
        (lambda: evolve(GOOD, target=1.5), "target is a float, not an int"),
        (lambda: evolve(GOOD, trigger=True), "trigger is a bool, not an int"),
        (lambda: evolve(GOOD, strategies=["x"]), "strategies is a list, not a tuple"),
        (lambda: evolve(GOOD, strategies=(1,)), "strategies holds an int, not a str"),
        (lambda: evolve(GOOD, reason=None), "reason is a NoneType, not a str"),
    ],
)
def test_a_bad_policy_gives_way_to_token_budget(
    make_host: MakeHost, warnings_logged: list[str], answer: Callable[[], Any], said: str
) -> None:
    class Policy:
        @hookimpl
        def should_trim(self) -> Any:
            return answer()

    host = make_host(Policy(), policy="policy")
    expected = host.calls.should_trim("token-budget", trim_task())
    assert host.calls.should_trim("policy", trim_task()) == expected
    assert said in warnings_logged[0]


class Strategy:
    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    @hookimpl
    def condense(self) -> Any:
        return self.answer()


def garbage() -> Generator[Any, Any, Any]:
    yield "an ask"


def greedy() -> Generator[Any, Any, Any]:
    while True:
        yield Ask((("user", "again"),))


def clinging() -> Generator[Any, Any, Any]:
    try:
        yield Ask((("user", "once"),))
    finally:
        yield "never let go"


def failing() -> Generator[Any, Any, Any]:
    yield Ask((("user", "once"),))
    raise HookError("not me", hook="complete", plugin="somebody-else")


def wrong_in_the_end() -> Generator[Any, Any, Any]:
    yield Ask((("user", "once"),))
    return "done"


def _edits(*edits: Any) -> Callable[[], Any]:
    return lambda: Condensation(edits)


BAD_CONDENSATIONS = [
    (raising(RuntimeError("boom")), "raised RuntimeError"),
    (raising(PanicException()), "raised PanicException"),
    (lambda: {"drop": [1]}, "the answer is a dict, not a Condensation"),
    (coroutine, "the answer is a coroutine"),
    (lambda: Condensation([Drop((0,))]), "edits is a list, not a tuple"),  # type: ignore[arg-type]
    (_edits("drop"), "edits[0] is a str, not a Drop, Replace or Rewrite"),
    (_edits(Drop((0,)), Drop([1])), "edits[1].exchanges is a list, not a tuple"),  # type: ignore[arg-type]
    (_edits(Drop((True,))), "edits[0].exchanges holds a bool, not an int"),
    (_edits(Replace((0,), b"note")), "edits[0].note is a bytes, not a str"),  # type: ignore[arg-type]
    (_edits(Rewrite(0, 0, "0", "text")), "edits[0].part is a str, not an int"),  # type: ignore[arg-type]
    (_edits(Rewrite(0, 0, 0, "text", (1.5,))), "edits[0].path holds a float"),  # type: ignore[arg-type]
    (lambda: Condensation((), {"text": ["x"]}), "facts hold a list"),  # type: ignore[dict-item]
    (garbage, "the answer is a str, not an Ask"),
    (greedy, "it asks more than 32 times"),
    (failing, "raised HookError"),
    (wrong_in_the_end, "the answer is a str, not a Condensation"),
    (lambda: (x for x in [Ask("prompt")]), "prompt is a str, not a tuple"),  # type: ignore[arg-type]
    (lambda: (x for x in [Ask((("user",),))]), "prompt[0] has 1 items"),  # type: ignore[arg-type]
    (lambda: (x for x in [Ask((), max_tokens=0)]), "max_tokens is 0"),
]


def converse(host: Host, name: str = "strategy") -> tuple[Condensation | None, int]:
    """The strategy's answer, and how often it asked."""
    conversation, asks = host.calls.condense(name, condense_task()), 0
    try:
        next(conversation)
        while True:
            asks += 1
            conversation.send(Completion("answer"))
    except StopIteration as ended:
        return ended.value, asks


@pytest.mark.parametrize(("answer", "said"), BAD_CONDENSATIONS)
def test_a_bad_strategy_is_named(make_host: MakeHost, answer: Callable[[], Any], said: str) -> None:
    host = make_host(Strategy(answer))
    with pytest.raises(HookError) as caught:
        converse(host)
    assert (caught.value.plugin, caught.value.hook) == ("strategy", "condense")
    assert said in str(caught.value)


def test_thirty_two_asks_are_allowed(make_host: MakeHost) -> None:
    def honest() -> Generator[Any, Any, Any]:
        for _ in range(32):
            answer = yield Ask((("user", "more"),))
            assert answer == Completion("answer")
        return Condensation((Drop((0,)),))

    assert converse(make_host(Strategy(honest))) == (Condensation((Drop((0,)),)), 32)


@pytest.mark.parametrize("answer", [lambda: None, lambda: (x for x in ())])
def test_a_strategy_may_pass(make_host: MakeHost, answer: Callable[[], Any]) -> None:
    assert converse(make_host(Strategy(answer))) == (None, 0)


def test_leaving_a_strategy_midway_closes_it(make_host: MakeHost) -> None:
    closed = []

    def tidy() -> Generator[Any, Any, Any]:
        try:
            yield Ask((("user", "once"),))
        finally:
            closed.append(True)

    for answer in (tidy, clinging):
        conversation = make_host(Strategy(answer)).calls.condense("strategy", condense_task())
        next(conversation)
        conversation.close()
    assert closed == [True]


def test_a_strategy_that_is_not_there(make_host: MakeHost) -> None:
    with pytest.raises(HookError, match=r"not active for this hook \(active: .*smart-trunc"):
        converse(make_host(), "keep-lst")


def test_a_hostile_distribution_is_named_in_full(
    install: Callable[..., None], make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("good")
    host = make_host(strategies=["keep-last"])
    monkeypatch.setattr(sys.modules["acme_good"], "Drop", None)
    with pytest.raises(HookError) as caught:
        converse(host, "keep-last")
    assert str(caught.value).startswith("plugin 'keep-last' (acme-good 1.0): condense: raised")
    assert isinstance(caught.value.__cause__, TypeError)
