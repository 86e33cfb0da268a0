"""Order, breaker, trace: how honest implementations get their turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import pytest
from kernel_parts import PROFILE, condense_task, trim_task

from brim import hookspecs
from brim.api import Condensation, Counts, Drop, ModelProfile, Operation, hookimpl
from brim.errors import BrimError, HookError
from brim.kernel.breaker import FAILURES, REST
from brim.kernel.contract import MAY_AWAIT, STANDING
from brim.kernel.host import Host
from brim.kernel.turns import Step

MakeHost = Callable[..., Host]
ONE = Counts((1,))
OPERATION = Operation("fit", 0.1)


class Counter:
    """Counts every text as one token, and notes that it was asked."""

    def __init__(self, name: str, log: list[str], answer: Counts | None = None) -> None:
        self.name = name
        self.log = log
        self.answer = answer

    @hookimpl
    def count_tokens(self, texts: tuple[str, ...]) -> Counts | None:
        self.log.append(self.name)
        return self.answer


class Last(Counter):
    @hookimpl(trylast=True)
    def count_tokens(self, texts: tuple[str, ...]) -> Counts | None:
        self.log.append(self.name)
        return self.answer


class Eager(Counter):
    @hookimpl(tryfirst=True)
    def count_tokens(self, texts: tuple[str, ...]) -> Counts | None:
        self.log.append(self.name)
        return self.answer


def test_order_is_settings_then_marks_then_names(make_host: MakeHost) -> None:
    log: list[str] = []
    made = [Last("a", log), Counter("c", log), Counter("b", log), Eager("d", log)]
    host = make_host(*made, Counter("e", log), plugins={"order": ["e"]})
    names = host.calls.names("count_tokens")
    assert names[:4] == ("e", "d", "b", "c")
    assert names.index("a") > names.index("tiktoken-counter")
    assert names[-1] == "estimate-counter"
    host.calls.count_tokens(["x"], PROFILE)
    assert log == ["e", "d", "b", "c"]


def test_the_first_answer_ends_the_round(make_host: MakeHost) -> None:
    log: list[str] = []
    host = make_host(Counter("a", log, ONE), Counter("b", log, ONE))
    assert host.calls.count_tokens(["x"], PROFILE) == ONE
    assert log == ["a"]


class Moody:
    """Fails as long as it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.failing = True

    @hookimpl(tryfirst=True)
    def provide_model(self, name: str) -> ModelProfile | None:
        self.calls += 1
        if self.failing:
            raise RuntimeError
        return ModelProfile(name)


def test_three_failures_then_a_rest_of_fifty_calls_then_one_try(make_host: MakeHost) -> None:
    moody = Moody()
    calls = make_host(moody).calls
    for _ in range(FAILURES + REST):
        calls.provide_model("m")
    assert moody.calls == FAILURES
    for _ in range(1 + REST):
        calls.provide_model("m")
    assert moody.calls == FAILURES + 1
    moody.failing = False
    for _ in range(5):
        assert calls.provide_model("m") == ModelProfile("m")


def test_a_success_clears_the_failures(make_host: MakeHost) -> None:
    moody = Moody()
    calls = make_host(moody).calls
    for turn in range(20):
        moody.failing = turn % 3 != 0
        calls.provide_model("m")
    assert moody.calls == 20


def test_who_must_always_answer_never_rests(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make_host()
    task: Any = "no task"
    for _ in range(FAILURES + 1):
        with pytest.raises(HookError, match="no policy decided"):
            host.calls.should_trim("token-budget", task)
    assert host.calls.should_trim("token-budget", trim_task()).target >= 0


class Strategy:
    @hookimpl
    def condense(self) -> Condensation:
        return Condensation((Drop((99,)),))


def test_an_answer_that_is_refused_later_counts_as_a_failure(make_host: MakeHost) -> None:
    calls = make_host(Strategy()).calls
    for _ in range(FAILURES):
        with pytest.raises(StopIteration):
            next(calls.condense("strategy", condense_task()))
        calls.blame("strategy", "condense", BrimError("there is no exchange 99"))
    with pytest.raises(HookError, match="rests after 3 failures in a row"):
        next(calls.condense("strategy", condense_task()))


class Observer:
    def __init__(self, name: str, seen: list[str], error: BaseException | None = None) -> None:
        self.name = name
        self.seen = seen
        self.error = error

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.seen.append(f"{self.name}: {operation.name}")
        if self.error:
            raise self.error


def test_observers_are_isolated(make_host: MakeHost) -> None:
    seen: list[str] = []
    host = make_host(Observer("a", seen, ValueError()), Observer("b", seen))
    host.calls.monitor_operation(OPERATION)
    assert seen == ["a: fit", "b: fit"]


def test_trace_tells_every_turn(make_host: MakeHost) -> None:
    log: list[str] = []
    steps: list[Step] = []
    host = make_host(Counter("a", log), Counter("b", log, Counts(())), Counter("c", log, ONE))
    host.calls.trace = steps.append
    for _ in range(FAILURES + 1):
        host.calls.count_tokens(["x"], PROFILE)
    told = [(step.plugin, step.outcome.split(":")[0]) for step in steps]
    assert told[:3] == [("a", "passed"), ("b", "failed"), ("c", "answered")]
    assert told[-3:] == [("a", "passed"), ("b", "rests"), ("c", "answered")]
    assert "0 counts for 1 texts" in steps[1].outcome
    assert all(step.hook == "count_tokens" and step.seconds >= 0 for step in steps)


def test_dialects_are_asked_once_and_the_first_of_a_name_is_taken(make_host: MakeHost) -> None:
    asked: list[str] = []
    real = make_host().calls.dialects()["openai-chat"]

    class Mine:
        @hookimpl
        def provide_dialect(self) -> Any:
            asked.append("mine")
            return real

    class NoDialect:
        @hookimpl
        def provide_dialect(self) -> Any:
            return "openai-chat"

    host = make_host(Mine(), NoDialect())
    assert host.calls.dialects()["openai-chat"] is real
    assert set(host.calls.dialects()) == set(make_host().calls.dialects())
    assert asked == ["mine"]


class Tier:
    def get_many(self, keys: Any) -> dict[str, bytes]:
        return {}

    def set_many(self, entries: Any, ttl: Any) -> None: ...

    def delete_many(self, keys: Any) -> None: ...


class Caches:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    def provide_cache(self, name: str) -> Any:
        assert name == "caches"
        return self.answer


def test_a_cache_by_name(make_host: MakeHost) -> None:
    tier = Tier()
    assert make_host(Caches(tier)).calls.provide_cache("caches", {}) is tier
    assert make_host(Caches(None)).calls.provide_cache("caches", {}) is None
    with pytest.raises(HookError, match="a dict without 'get_many', no Cache"):
        make_host(Caches({})).calls.provide_cache("caches", {})


class Commands:
    def __init__(self, name: str, *commands: str, error: BaseException | None = None) -> None:
        self.name = name
        self.commands = commands
        self.error = error

    @hookimpl
    def extend_cli(self, group: click.Group) -> None:
        for command in self.commands:
            group.add_command(click.Command(command, help=self.name))
        if self.error:
            raise self.error


def test_commands_are_isolated(make_host: MakeHost, warnings_logged: list[str]) -> None:
    broken = Commands("b", error=RuntimeError())
    host = make_host(Commands("a", "one"), broken, Commands("c", "one", "two"))
    group = click.Group()
    host.calls.extend_cli(group)
    assert {name: command.help for name, command in group.commands.items()} == {
        "one": "a",
        "two": "c",
    }
    assert ["'b'" in line or "'one' is taken" in line for line in warnings_logged] == [True, True]


def test_awaiting_is_allowed_where_the_specification_says_so() -> None:
    documented = {
        name
        for name, spec in vars(hookspecs).items()
        if hasattr(spec, "brim_spec")
        and ("coroutine function" in spec.__doc__ or "async iterator" in spec.__doc__)
    }
    assert documented == MAY_AWAIT
    assert not MAY_AWAIT & STANDING
