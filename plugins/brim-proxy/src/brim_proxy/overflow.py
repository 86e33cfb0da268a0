"""What an upstream says when a request is too long for it, and what follows from it.

Texts: those of OpenAI, Anthropic, Google, vLLM and llama.cpp, as their users report them.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen

__all__ = ["Learned", "Limits", "Overflow", "budget_under", "learn", "overflow_of"]

_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error", "context_too_large"})
_NUMBER = r"([\d,]{2,15})"
_TEXTS = tuple(
    re.compile(text, re.IGNORECASE | re.DOTALL)
    for text in (
        rf"prompt is too long: (?P<used>{_NUMBER}) tokens > (?P<limit>{_NUMBER})",
        rf"exceed context limit: (?P<used>{_NUMBER}) \+ {_NUMBER} > (?P<limit>{_NUMBER})",
        rf"maximum context length is (?P<limit>{_NUMBER}).{{0,200}}?\((?P<used>{_NUMBER}) (?:in|of)"
        r" the (?:messages|prompt|text)",
        rf"maximum context length is (?P<limit>{_NUMBER}).{{0,200}}?(?P<used>{_NUMBER}) "
        r"(?:input )?tokens",
        rf"maximum context length is (?P<limit>{_NUMBER})",
        rf"input token count \((?P<used>{_NUMBER})\) exceeds .{{0,80}}\((?P<limit>{_NUMBER})\)",
    )
)
_PLAIN = re.compile(
    r"exceeds? the (?:available )?context (?:window|size|length)|context_length_exceeded"
    r"|(?:prompt|input) is too long",
    re.IGNORECASE,
)
SAFETY = 0.97
STEP = 0.7
"""Of what was sent, where the upstream names no number."""
SANE = (0.2, 5.0)
"""Tokens by the upstream's count, for each one by ours."""


@frozen
class Overflow:
    """`limit` is the upstream's window, `used` what the prompt takes of it by its own
    count; 0 where it does not say."""

    limit: int = 0
    used: int = 0


@frozen
class Learned:
    """What an overflow taught: the window, and the upstream's tokens for each one of ours."""

    limit: int
    ratio: float

    def budget(self, reserve: int) -> int:
        """Input tokens by our count that leave `reserve` of the window."""
        room = self.limit - min(reserve, self.limit // 2)
        return max(int(room / self.ratio * SAFETY), 1)


def overflow_of(body: bytes) -> Overflow | None:
    """The overflow that an error body tells of, None when it is about something else."""
    try:
        error = _error(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if error is None:
        return None
    limit, used = error.get("n_ctx"), error.get("n_prompt_tokens")
    if isinstance(limit, int) and isinstance(used, int):
        return Overflow(limit, used)
    text = error.get("message")
    text = text if isinstance(text, str) else ""
    for pattern in _TEXTS:
        if found := pattern.search(text):
            groups = found.groupdict()
            return Overflow(_int(groups["limit"]), _int(groups.get("used") or "0"))
    coded = {error.get("code"), error.get("type")} if _hashable(error) else set()
    return Overflow() if coded & _CODES or _PLAIN.search(text) else None


def _error(value: Any) -> dict[str, Any] | None:
    """The error object, which some upstreams send bare and some in a list."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None
    error = value.get("error", value)
    return {"message": error} if isinstance(error, str) else error if _is_object(error) else None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _hashable(error: dict[str, Any]) -> bool:
    return all(isinstance(error.get(key), str | int | None) for key in ("code", "type"))


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def learn(overflow: Overflow, sent: int) -> Learned | None:
    """What an overflow teaches about a request of `sent` tokens, None where it makes no sense."""
    if overflow.limit < 1:
        return None
    ratio = overflow.used / sent if overflow.used and sent else 1.0
    low, high = SANE
    return Learned(overflow.limit, ratio) if low <= ratio <= high else None


def budget_under(overflow: Overflow, sent: int, reserve: int) -> int:
    """The budget, by our count, to send a request of `sent` tokens once more with."""
    learned = learn(overflow, sent)
    known = learned.budget(reserve) if learned else int(sent * STEP)
    return max(min(known, int(sent * 0.95)), 1)


class Limits:
    """What was learned, by tenant and model: nobody can shrink the window of another."""

    def __init__(self, clock: Callable[[], float], most: int = 1024, ttl: float = 3600.0) -> None:
        self._clock = clock
        self._most = most
        self._ttl = ttl
        self._known: OrderedDict[tuple[str, str], tuple[float, Learned]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def put(self, tenant: str, model: str, learned: Learned) -> None:
        self._known[tenant, model] = (self._clock() + self._ttl, learned)
        self._known.move_to_end((tenant, model))
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def get(self, tenant: str, model: str) -> Learned | None:
        until, learned = self._known.get((tenant, model), (0.0, None))
        if learned is not None and until < self._clock():
            self._known.pop((tenant, model), None)
            return None
        return learned
