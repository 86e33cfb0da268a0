"""What all contracts share: the plugin, its worker process, and how a law is checked."""

from __future__ import annotations

import inspect
import io
import json
import logging
import pickle
from asyncio import run
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, ClassVar, Literal, TypeVar

from attrs import asdict, define, field, has
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from pluggy import PluginManager

from brim import hookspecs
from brim.errors import BrimError, HookError
from brim.kernel.checks import Breach
from brim.kernel.contract import MAY_AWAIT, check_hooks, positions
from brim.kernel.implementation import Implementation
from brim.kernel.loading import build, from_object
from brim.testing.workbench import alone, workbench
from brim.testing.worker import FORKS, Exceeded, Late, Worker, limited, out_of_memory

__all__ = ["Answer", "Contract", "LawBroken", "Moot", "Tools", "law", "overheard", "require"]

T = TypeVar("T")
C = TypeVar("C", bound="Contract")

About = Literal["", "limits", "time"]

LONGEST = 4_000
"""Characters of an example that a failure shows."""

KILLS = 8
"""Tasks that may exceed a limit, or come too late, before no smaller one is looked for."""


class LawBroken(AssertionError):
    """A plugin breaks a law of its hook. The text has the law, what happened, and the
    smallest example that was found."""


class Unlawful(Exception):
    """Raised inside of a law: what breaks it."""


class Moot(Exception):
    """Raised inside of a law that cannot be judged because another one is broken."""


def require(held: object, detail: str) -> None:
    """Break the law that is being checked unless `held`."""
    if not held:
        raise Unlawful(detail)


@define
class Answer:
    """What a hook gave, `value` as the kernel takes it, or how it failed: by raising, by
    an answer that breaks its promise. `refused` tells that it raised a `BrimError`."""

    value: Any = None
    raised: str = ""
    breach: str = ""
    refused: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.raised or self.breach)


def law(
    strategy: str = "strategy", *, about: About = ""
) -> Callable[[Callable[[C, Any], None]], Callable[[C], None]]:
    """Make a test of a method that judges one example; its docstring states the law.

    The contract's method `strategy` gives the examples. One law is about limits and one about
    time: all others are skipped once a task had to be ended or came too late.
    """

    def decorate(judge: Callable[[C, Any], None]) -> Callable[[C], None]:
        def test(self: C) -> None:
            self.hold(judge.__name__, getattr(self, strategy)(), about)

        test.__name__, test.__qualname__ = judge.__name__, judge.__qualname__
        test.__doc__, test.__module__ = judge.__doc__, judge.__module__
        test.judge = judge  # type: ignore[attr-defined]
        return test

    return decorate


class Contract:
    """Inherit one for each hook, name your plugin, and every law is a test.

    `plugin` is a class, factory, module or object; `settings` its section of the settings.
    A law is tried on `examples` examples. Each task may take `cpu_seconds` of processor
    time and `memory` times the memory of its input; a hook that awaits has `deadline` seconds.

    Laws judge one thing each: an answer that breaks another law is left to that one.
    """

    hook: ClassVar[str]
    plugin: ClassVar[Any]
    settings: ClassVar[Mapping[str, object]] = {}
    examples: ClassVar[int] = 25
    cpu_seconds: ClassVar[float] = 2.0
    memory: ClassVar[float] = 3.0
    deadline: ClassVar[float] = 2.0

    _worker: ClassVar[Worker | None] = None
    _exceeded: ClassVar[str] = ""
    _tools: Tools | None = None

    @classmethod
    def teardown_class(cls) -> None:
        if cls._worker is not None:
            cls._worker.close()
            cls._worker = None

    def hold(self, name: str, examples: SearchStrategy[Any], about: About) -> None:
        """Try one law. Raises `LawBroken` with the smallest example found."""
        import pytest

        kind = type(self)
        if about == "limits" and not FORKS:
            pytest.skip("this platform cannot fork: limits are not measured here")
        trial = _Trial(kind, name, about)

        @settings(
            max_examples=self.examples,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(examples)
        def every_example(example: Any) -> None:
            if found := trial.verdict(example):
                raise LawBroken(f"{kind.__name__}.{name}: {_stated(kind, name)}\n{found}")

        if not kind._exceeded or about:
            every_example()
        if kind._exceeded and not about:
            pytest.skip(f"a task {kind._exceeded}: see the laws of limits and of time")

    @property
    def tools(self) -> Tools:
        """The plugin, ready to be called."""
        if self._tools is None:
            self._tools = Tools(type(self))
        return self._tools

    def test_is_accepted(self) -> None:
        """The host accepts the plugin, and it implements the hook."""
        assert self.hook in Tools(type(self)).hooks


@define
class _Trial:
    """One law on one example after another, with a memory of what broke it."""

    kind: type[Contract]
    name: str
    about: About
    known: dict[bytes, str] = field(factory=dict)
    kills: int = 0

    def verdict(self, example: object) -> str:
        """What breaks the law, and by which example; empty when it holds."""
        key = pickle.dumps(example)
        if key in self.known:
            return self.known[key]
        if self.kills >= KILLS or (self.kind._exceeded and not self.about):
            return ""
        found = self._found(example)
        if found:
            self.kills += bool(self.about)
            self.known[key] = found = f"{found}\nwith {_shown(example)}"
        return found

    def _found(self, example: object) -> str:
        try:
            return self._worker().ask(self.name, example) or ""
        except Exceeded as exceeded:
            self.kind._exceeded = str(exceeded)
            own = "time" if isinstance(exceeded, Late) else "limits"
            return f"the task {exceeded}" if self.about == own else ""

    def _worker(self) -> Worker:
        if self.kind._worker is None:
            workbench()
            self.kind._worker = Worker(_judge_of(self.kind), self.kind.cpu_seconds)
        return self.kind._worker


def _judge_of(kind: type[Contract]) -> Callable[..., str | None]:
    contract = kind()

    def judge(name: str, example: object) -> str | None:
        from loguru import logger

        logger.disable("brim")
        try:
            getattr(kind, name).judge(contract, example)
        except Unlawful as unlawful:
            return str(unlawful)
        except Moot:
            return None
        return None

    return judge


class Tools:
    """A plugin, made and called as the kernel makes and calls it, beside no other."""

    def __init__(self, kind: type[Contract]) -> None:
        self._kind = kind
        given = inspect.getattr_static(kind, "plugin")
        candidate = from_object(given.__func__ if isinstance(given, staticmethod) else given)
        sections = (
            alone(plugin={candidate.name: dict(kind.settings)}).plugin if kind.settings else {}
        )
        self.plugin = build(candidate, sections.get(candidate.name))
        self.candidate = candidate
        self._manager = PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.hooks = check_hooks(self._manager, self.plugin)
        self._manager.register(self.plugin, candidate.name)

    @property
    def implementation(self) -> Implementation:
        """The plugin's own function for the hook. Raises `HookError` when it has none."""
        return self.of(self._kind.hook)

    def of(self, hook: str) -> Implementation:
        if hook not in self.hooks:
            raise HookError(f"is not implemented, only {self.hooks}", hook=hook)
        caller = getattr(self._manager.hook, hook)
        (found,) = caller.get_hookimpls()
        places = positions(found.function, caller.spec.argnames)
        return Implementation(hook, self.candidate, found.function, places)

    def call(
        self, implementation: Implementation, check: Callable[[Any], Any], *arguments: object
    ) -> Answer:
        kind = self._kind
        if implementation.hook in MAY_AWAIT:
            deadline = kind.deadline
            return self.guarded(lambda: run(implementation.acall(check, deadline, *arguments)))
        return self.guarded(lambda: implementation.call(check, *arguments))

    def guarded(self, call: Callable[[], object]) -> Answer:
        """The answer of this call, within the limits, whatever it raises."""
        try:
            with limited(self._kind.cpu_seconds):
                return Answer(call())
        except HookError as error:
            return _failure(error)


def _failure(error: HookError) -> Answer:
    cause = error.__cause__
    if isinstance(cause, MemoryError):
        out_of_memory()
    if isinstance(cause, Breach):
        return Answer(breach=error.detail)
    if cause is None and "took longer than" in error.detail:
        raise Late(error.detail.removeprefix(f"{error.hook}: "))
    if isinstance(cause, BrimError):
        return Answer(raised=error.detail, refused=True)
    return Answer(raised=error.detail)


@contextmanager
def overheard() -> Iterator[Callable[[], str]]:
    """What is printed or logged meanwhile."""
    from loguru import logger

    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    sink = logger.add(heard, level=0)
    root.addHandler(handler)
    root.setLevel(1)
    try:
        with redirect_stdout(heard), redirect_stderr(heard):
            yield heard.getvalue
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        logger.remove(sink)


def _stated(kind: type[Contract], name: str) -> str:
    return " ".join((getattr(kind, name).__doc__ or "").split())


def _shown(example: object) -> str:
    value = asdict(example) if has(type(example)) else example  # type: ignore[arg-type]
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"
