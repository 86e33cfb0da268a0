"""What a line of `pins` means: a text to look for, a role, or a position."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["ROLES", "PinRule", "pin_rule"]

ROLES = ("user", "assistant", "tool", "system", "developer")
EXPECTED = f"role: with one of {', '.join(ROLES)}, message: with a position, or text: with any text"


@frozen
class PinRule:
    """`value` is a text that a message contains, the role of a message, or its position."""

    kind: Literal["text", "role", "message"]
    value: str


def pin_rule(line: str) -> PinRule:
    """`role:user`, `message:0` (negative from the end), `text:...`; else all of it is the text.

    Raises `ValueError`, with what was expected, for a role or position that cannot be.
    """
    kind, colon, value = line.partition(":")
    if not colon or kind not in {"text", "role", "message"}:
        return PinRule("text", line)
    if kind == "role" and value in ROLES:
        return PinRule("role", value)
    if kind == "message" and value.removeprefix("-").isdecimal() and value.isascii():
        return PinRule("message", value)
    if kind == "text" and value:
        return PinRule("text", value)
    raise ValueError(EXPECTED)
