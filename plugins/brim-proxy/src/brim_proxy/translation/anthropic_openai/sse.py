"""Server-sent events, read from bytes that are cut anywhere (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import re

import msgspec

__all__ = ["COMMENT", "EventReader", "TooLong", "event"]

COMMENT = b":"
"""Stands for a comment, which servers send so that nobody takes them for dead."""

LONGEST = 16 * 1024 * 1024
_LINE = re.compile(rb"\r\n|\n|\r")


class TooLong(Exception):
    """An event over 16 MiB."""


class EventReader:
    """Gives the data of each event as soon as it is whole."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._data: list[bytes] = []
        self._kept = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that end in this piece, and `COMMENT` for a comment. Raises
        `TooLong`."""
        if not piece:
            return []
        ended = bool(self._held) and self._held[-1].endswith(b"\r")
        self._held.append(piece)
        self._size += len(piece)
        if self._size > LONGEST:
            raise TooLong
        if not ended and b"\n" not in piece and b"\r" not in piece:
            return []
        text = b"".join(self._held)
        cut = len(text) - text.endswith(b"\r")  # what follows may be the other half of a line's end
        *lines, rest = _LINE.split(text[:cut])
        return self._read(lines, rest + text[cut:])

    def end(self) -> list[bytes]:
        """What was still to come of an upstream that forgot its last empty line."""
        return self._read([*_LINE.split(b"".join(self._held)), b""], b"")

    def _read(self, lines: list[bytes], rest: bytes) -> list[bytes]:
        found: list[bytes] = []
        for line in lines:
            if line.startswith(COMMENT):
                found.append(COMMENT)
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
                self._kept += len(line)
            elif not line and self._data:
                found.append(b"\n".join(self._data))
                self._data, self._kept = [], 0
        self._held = [rest] if rest else []
        self._size = len(rest) + self._kept
        return found


def event(kind: str, **fields: object) -> bytes:
    """One event as Anthropic writes it."""
    return b"event: %s\ndata: %s\n\n" % (
        kind.encode(),
        msgspec.json.encode({"type": kind, **fields}),
    )
