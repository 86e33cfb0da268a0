"""What was found in a text, remembered: a conversation's texts are looked at whenever it must be
condensed, and most of them stood there the last time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import update_wrapper
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Remembered", "remembered"]

T = TypeVar("T")

EACH = 256
"""Characters that an answer is thought to take beside its text."""


def remembered(size: int) -> Callable[[Callable[..., T]], Remembered[T]]:
    """Makes a pure function of a text remember its answers for the texts that it was given last,
    as many as have `size` characters together. What it gives must not be changed."""
    return lambda function: Remembered(function, size)


class Remembered(Generic[T]):
    """See `remembered`. What else it is given is part of the question. Safe among threads."""

    def __init__(self, function: Callable[..., T], size: int) -> None:
        update_wrapper(self, function)
        self._function = function
        self._size = size
        self._held = 0
        self._known: OrderedDict[tuple[object, ...], T] = OrderedDict()
        self._lock = Lock()

    def __call__(self, text: str, *more: object) -> T:
        key = (text, *more)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        answer = self._function(text, *more)
        with self._lock:
            if key not in self._known:
                self._known[key] = answer
                self._held += EACH + len(text)
            while self._held > self._size:
                gone, _ = self._known.popitem(last=False)
                self._held -= EACH + len(str(gone[0]))
        return answer
