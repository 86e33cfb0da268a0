"""A drop-in for `langchain_core.messages.trim_messages` that never breaks a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from inspect import signature
from typing import Any, Literal

from attrs import frozen
from langchain_core.language_models import BaseChatModel, BaseLanguageModel
from langchain_core.messages import (
    BaseMessage,
    HumanMessage,
    SystemMessage,
    convert_to_messages,
)
from langchain_core.messages import trim_messages as original
from langchain_core.messages.utils import count_tokens_approximately

from brim import Brim, BudgetInfeasible
from brim.road.shared import shared
from brim_langchain.fitting import Fitting, Job, Model, name_of
from brim_langchain.wires import Wires

__all__ = ["trim_messages"]

Kind = str | type[BaseMessage]
Kinds = Kind | Sequence[Kind] | None
Counter = Callable[[list[BaseMessage]], int] | Callable[[BaseMessage], int]
Count = Callable[[list[BaseMessage]], int]

FALLBACK = "gpt-4o"
"""Whose rules and counts are Brim's where no model is named."""

TRIES = 8
"""Fits to come under a count that is not Brim's own."""


def trim_messages(
    messages: Iterable[Any],
    *,
    max_tokens: int,
    token_counter: Counter | BaseLanguageModel[Any] | Literal["approximate"] | None = None,
    strategy: Literal["first", "last"] = "last",
    allow_partial: bool = False,
    end_on: Kinds = None,
    start_on: Kinds = None,
    include_system: bool = False,
    text_splitter: Any = None,
    model: Model | None = None,
    brim: Brim | None = None,
) -> list[BaseMessage]:
    """Messages of at most `max_tokens`, which make a valid request.

    The arguments are those of LangChain's function, and so is the answer wherever that is a
    request which providers take and which ends with what you gave last. Where it is not (a tool
    result without its call, your last words left out, nothing at all) Brim's answer comes in its
    place: condensed, with the system message if `include_system`, and within `max_tokens` by your
    `token_counter`.

    Without a `token_counter` Brim counts the tokens of `model` itself, and what does not fit is
    condensed rather than dropped. Objects that stay as they are go out themselves.

    Raises `ValueError` for arguments that LangChain refuses, and its subclasses `MalformedRequest`
    and `BudgetInfeasible`, when there is no valid request of that size.
    """
    given = convert_to_messages(messages)
    app, named = brim or shared(), _named(model, token_counter)
    if token_counter is None:
        if strategy != "last" or allow_partial:
            raise ValueError("strategy='first' and allow_partial need a token_counter")
        return _Trim(app, named, max_tokens, None).fitted(
            _begun(_ended(given, end_on), start_on, include_system)
        )
    found = original(
        given,
        max_tokens=max_tokens,
        token_counter=token_counter,
        strategy=strategy,
        allow_partial=allow_partial,
        end_on=end_on,
        start_on=start_on,
        include_system=include_system,
        text_splitter=text_splitter,
    )
    count = _counter(token_counter)
    trim = _Trim(app, named, max_tokens, count)
    if strategy == "first":
        return trim.shortened(found, given)
    ended = _ended(given, end_on)
    whole = _keeps_the_end(found, ended) and count(found) <= max_tokens
    if whole and trim.is_valid(found, given):
        return found
    return trim.fitted(_begun(ended, start_on, include_system))


def _named(model: Model | None, counter: object) -> Model:
    """The model to count for: as named, else the one that counts."""
    named = model or (counter if isinstance(counter, BaseChatModel) else FALLBACK)
    return named if name_of(named) else FALLBACK


def _keeps_the_end(found: Sequence[BaseMessage], given: Sequence[BaseMessage]) -> bool:
    """Whether the last message is there, and the last that a person wrote."""
    spoken = [one for one in given if isinstance(one, HumanMessage)][-1:]
    return list(found[-1:]) == list(given[-1:]) and all(one in found for one in spoken)


@frozen
class _Trim:
    """One trim. `count` is the caller's, None where Brim counts."""

    brim: Brim
    model: Model
    most: int
    count: Count | None

    def is_valid(self, found: Sequence[BaseMessage], given: Sequence[BaseMessage]) -> bool:
        """Whether it breaks no rule that was not broken before."""
        return self._faults(found) <= self._faults(given)

    def _faults(self, messages: Sequence[BaseMessage]) -> set[tuple[int, str]]:
        engine, name = self.brim.engine, name_of(self.model)
        dialect = engine.host.calls.dialects()["openai-chat"]
        parsed = [dialect.parse(wire, at) for at, wire in enumerate(Wires.of(messages).sent)]
        found = dialect.check(parsed, dialect.envelope({"model": name}), engine.profile(name or ""))
        return {one.key for one in found}

    def shortened(
        self, found: list[BaseMessage], given: Sequence[BaseMessage]
    ) -> list[BaseMessage]:
        """As much of the beginning as is valid."""
        left = list(found)
        assert self.count is not None
        while left and not (self.count(left) <= self.most and self.is_valid(left, given)):
            left.pop()
        if given and not left:
            raise self._infeasible(self._first(given))
        return left

    def _first(self, given: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The shortest beginning that is valid and holds more than a system message."""
        for end in range(1, len(given) + 1):
            messages = list(given[:end])
            if not isinstance(messages[-1], SystemMessage) and self.is_valid(messages, given):
                return messages
        return list(given)

    def fitted(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Brim's answer, within the caller's own count where there is one."""
        if self.count is None:
            return self._fit(messages, self.most)
        budget = self._budget(messages)
        for _ in range(TRIES):
            try:
                found = self._fit(messages, budget)
            except BudgetInfeasible as error:
                return self._least(messages, error)
            size = self.count(found)
            if size <= self.most:
                return found
            budget = max(int(budget * min(self.most / size, 0.9)), 1)
        return self._least(messages, None)

    def _fit(self, messages: Sequence[BaseMessage], budget: int) -> list[BaseMessage]:
        return Fitting(self.brim, budget).fit(Job(tuple(messages), self.model))

    def _budget(self, messages: Sequence[BaseMessage]) -> int:
        """`most` in Brim's tokens, if the share of both counts were the same everywhere."""
        assert self.count is not None
        ours = self.brim.count(Wires.of(messages).sent, model=name_of(self.model)).total
        return max(int(self.most * ours / max(self.count(list(messages)), 1)), 1)

    def _least(
        self, messages: Sequence[BaseMessage], error: BudgetInfeasible | None
    ) -> list[BaseMessage]:
        """What must stay, if the caller's count has room for it."""
        assert self.count is not None
        try:
            found = self._fit(messages, error.minimum if error else 1)
        except BudgetInfeasible as known:
            found = self._fit(messages, known.minimum)
        if self.count(found) <= self.most:
            return found
        raise self._infeasible(found)

    def _infeasible(self, messages: list[BaseMessage]) -> BudgetInfeasible:
        assert self.count is not None
        return BudgetInfeasible(self.count(messages), self.most, "what must stay")


def _counter(given: Any) -> Count:
    """The caller's counter as a function of a list of messages."""
    if given == "approximate":
        return count_tokens_approximately
    if isinstance(given, BaseLanguageModel):
        return given.get_num_tokens_from_messages
    first = next(iter(signature(given).parameters.values()))
    if first.annotation is BaseMessage:
        return lambda messages: sum(map(given, messages))
    counter: Count = given
    return counter


def _is(message: BaseMessage, kinds: Kinds) -> bool:
    listed = [kinds] if isinstance(kinds, (str, type)) else list(kinds or ())
    return any(
        message.type == kind if isinstance(kind, str) else isinstance(message, kind)
        for kind in listed
    )


def _ended(messages: Sequence[BaseMessage], end_on: Kinds) -> list[BaseMessage]:
    """Up to the last message of these kinds."""
    found = list(messages)
    while end_on and found and not _is(found[-1], end_on):
        found.pop()
    return found


def _begun(
    messages: Sequence[BaseMessage], start_on: Kinds, include_system: bool
) -> list[BaseMessage]:
    """From the first message of these kinds, behind the system message that stays or goes."""
    head = [one for one in messages[:1] if isinstance(one, SystemMessage)]
    rest = list(messages[len(head) :])
    if start_on:
        first = next((at for at, one in enumerate(rest) if _is(one, start_on)), 0)
        rest = rest[first:]
    return [*head, *rest] if include_system else rest
