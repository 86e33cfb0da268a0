"""Brim's own operations, each ready to be timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from attrs import define, field, frozen

from brim.bench.paired import Prepare, Run
from brim.bench.subject import Subject, dice_of, said
from brim.errors import BrimError
from brim.road.brim import Brim
from brim.road.session import Session

__all__ = ["OPERATIONS", "Operations", "chosen"]

SHARE = 0.5
"""The budget, as a share of what can be condensed: every conversation has to be."""

TURNS = 5
"""Turns in one sample, that they are long enough to be timed."""

TRUNCATION = {"strategies": ("smart-truncation",)}


@frozen
class Kind:
    """One operation: what it is, for people, and how often a sample does it."""

    about: str
    times: int = 1


OPERATIONS: Mapping[str, Kind] = {
    "counting": Kind("count all tokens of a conversation never seen"),
    "trim": Kind("one trim by plain truncation, of a session that is read"),
    "condensing-turn": Kind("one trim by the whole chain, of a session that is read"),
    "session-turn": Kind("append two messages to a session, and fit", TURNS),
    "stateless-turn": Kind("fit a list that grew by two messages", TURNS),
    "cold-fit": Kind("read, count and condense a conversation never seen"),
}


@define(eq=False)
class Operations:
    """Makes them. `make` gives a new `Brim` with these settings beside the user's own; each sample
    has one of its own, which is closed with the next. Use it as a context manager; `whole` is then
    the conversation's number of tokens."""

    subject: Subject
    make: Callable[[Mapping[str, object]], Brim]
    whole: int = field(default=0, init=False)
    _budget: int = field(default=0, init=False)
    _open: ExitStack = field(factory=ExitStack, init=False)

    def __enter__(self) -> Operations:
        counted = self._brim().count(
            list(self.subject.messages(0)),
            model=self.subject.model,
            system=self.subject.system,
            tools=self.subject.tools,
        )
        self.whole = counted.total
        self._budget = counted.fixed + int(SHARE * (counted.total - counted.fixed))
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def prepared(self, names: Sequence[str]) -> Mapping[str, Prepare]:
        """By name, what `measure` takes."""
        ways: Mapping[str, Callable[[Brim, int], Run]] = {
            "counting": self._counting,
            "trim": self._fit,
            "condensing-turn": self._fit,
            "session-turn": self._session_turns,
            "stateless-turn": self._stateless_turns,
            "cold-fit": self._cold,
        }
        return {name: partial(self._prepare, name, ways[name]) for name in names}

    def _prepare(self, name: str, way: Callable[[Brim, int], Run], number: int) -> Run:
        return way(self._brim(TRUNCATION if name == "trim" else {}), number)

    def _brim(self, settings: Mapping[str, object] | None = None) -> Brim:
        self._open.close()
        return self._open.enter_context(self.make(settings or {}))

    def _counting(self, brim: Brim, number: int) -> Run:
        subject, messages = self.subject, self.subject.messages(number)
        whole = partial(brim.count, messages, model=subject.model)
        return partial(whole, system=subject.system, tools=subject.tools)

    def _cold(self, brim: Brim, number: int) -> Run:
        return partial(self._whole, brim, list(self.subject.messages(number)))

    def _fit(self, brim: Brim, number: int) -> Run:
        return self._session(brim, number).fit

    def _session_turns(self, brim: Brim, number: int) -> Run:
        session = self._session(brim, number)
        session.fit()
        turns = _turns(number)

        def run() -> None:
            for turn in turns:
                session.extend(turn)
                session.fit()

        return run

    def _stateless_turns(self, brim: Brim, number: int) -> Run:
        messages = list(self.subject.messages(number))
        self._whole(brim, messages)
        turns = _turns(number)

        def run() -> None:
            for turn in turns:
                messages.extend(turn)
                self._whole(brim, messages)

        return run

    def _session(self, brim: Brim, number: int) -> Session:
        subject = self.subject
        return brim.session(
            subject.messages(number),
            model=subject.model,
            budget=self._budget,
            system=subject.system,
            tools=subject.tools,
        )

    def _whole(self, brim: Brim, messages: Sequence[object]) -> object:
        subject = self.subject
        return brim.fit(
            messages,
            model=subject.model,
            budget=self._budget,
            system=subject.system,
            tools=subject.tools,
        )


def chosen(names: str | None) -> tuple[str, ...]:
    """Those named, with commas between, or all. Raises `BrimError` for others."""
    if names is None:
        return tuple(OPERATIONS)
    wanted = tuple(dict.fromkeys(filter(None, map(str.strip, names.split(",")))))
    unknown = [name for name in wanted if name not in OPERATIONS]
    if unknown or not wanted:
        told = repr(unknown[0]) if unknown else "one without a name"
        raise BrimError(f"there is no benchmark {told}; there are {', '.join(OPERATIONS)}")
    return wanted


def _turns(number: int) -> list[list[dict[str, object]]]:
    """Turns to append, with other words in each sample."""
    dice = dice_of(f"turns {number}")
    return [
        [
            {"role": "user", "content": said(dice, 60)},
            {"role": "assistant", "content": said(dice, 60)},
        ]
        for _ in range(TURNS)
    ]
