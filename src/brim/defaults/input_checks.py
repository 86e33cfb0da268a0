"""Input checks: what nobody types on purpose does not reach a model."""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

from brim.api import InputRefused, SettingsError, hookimpl

__all__ = ["InputChecks", "InputChecksSettings"]

Way = Literal["refuse", "remove", "allow"]

_NUL = re.compile("\0")
_HALF = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""C0, DEL and C1 but for tab, line feed and carriage return (Unicode 16, chapter 23.1)."""

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates, which can show a text in another order than a model reads
it (Unicode Standard Annex 9, sections 2.1 to 2.4). Marks of direction are no danger, and Arabic
and Hebrew need them."""


@frozen
class InputChecksSettings:
    """An input has at most `max_length`. What is no text (`encoding`: halves of surrogate
    pairs), NUL, other control characters but tab and line ends, and characters that turn the
    direction of writing are refused, removed or allowed."""

    max_length: int = 100_000
    encoding: Way = "refuse"
    nul: Way = "refuse"
    control: Way = "refuse"
    bidi: Way = "refuse"

    def __attrs_post_init__(self) -> None:
        if self.max_length < 1:
            raise SettingsError("max_length must be over 0")


class InputChecks:
    """Refuses, or cleans, what a user typed. Never quotes it."""

    name = "input-checks"

    def __init__(self, settings: InputChecksSettings) -> None:
        self._most = settings.max_length
        self._rules = (
            ("encoding", settings.encoding, _HALF, "half of a surrogate pair, which is no text"),
            ("nul", settings.nul, _NUL, "a NUL character"),
            ("control", settings.control, _CONTROL, "a control character"),
            ("bidi", settings.bidi, _BIDI, "a character that turns the direction of writing"),
        )

    @hookimpl
    def check_input(self, text: str) -> str:
        if len(text) > self._most:
            raise InputRefused(
                f"the input has {len(text):,} characters, at most {self._most:,} are taken: "
                "shorten it, or raise max_length in [plugin.input-checks]",
                reason="length",
            )
        for reason, way, pattern, what in self._rules:
            if way != "allow":
                text = _applied(text, reason, way, pattern, what)
        if not text.strip():
            raise InputRefused("the input is empty", reason="empty")
        return text


def _applied(text: str, reason: str, way: Way, pattern: re.Pattern[str], what: str) -> str:
    found = pattern.search(text)
    if found is None:
        return text
    if way == "remove":
        return pattern.sub("", text)
    raise InputRefused(
        f"the input has {what} (U+{ord(found[0]):04X} at character {found.start() + 1:,}): "
        f'take it out, or set {reason} = "remove" in [plugin.input-checks]',
        reason=reason,
    )
