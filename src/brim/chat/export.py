"""Transcripts for other programs, and for readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from attrs import define

__all__ = ["Form", "Said", "exported"]

Form = Literal["jsonl", "markdown"]


@define
class Said:
    """One message, when it was kept (seconds since 1970), and whether it was taken back."""

    message: dict[str, Any]
    time: float
    withdrawn: bool = False

    @property
    def when(self) -> str:
        return datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")


def exported(name: str, said: Sequence[Said], form: Form) -> str:
    """Raises `ValueError` for another form."""
    if form == "jsonl":
        return "".join(f"{_line(number, one)}\n" for number, one in enumerate(said))
    if form == "markdown":
        blocks = [block for one in said if not one.withdrawn for block in _blocks(one)]
        return "\n\n".join([f"# {' '.join(name.split())}", *blocks]) + "\n"
    raise ValueError(f'a transcript is exported as "jsonl" or "markdown", not {form!r}')


def _line(number: int, one: Said) -> str:
    line = {
        "number": number,
        "time": one.when,
        "withdrawn": one.withdrawn,
        "message": one.message,
    }
    return msgspec.json.encode(line).decode()


def _blocks(one: Said) -> Iterator[str]:
    message = one.message
    if message["role"] == "tool":
        yield f"### Result of `{message['tool_call_id']}`"
        yield _fenced(str(message["content"]))
        return
    yield f"## {str(message['role']).capitalize()}"
    if message.get("content"):
        yield str(message["content"])
    for call in message.get("tool_calls") or ():
        yield f"### Call of `{call['function']['name']}` (`{call['id']}`)"
        yield _fenced(call["function"]["arguments"], "json")


def _fenced(text: str, language: str = "") -> str:
    """A block that nothing in the text can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
