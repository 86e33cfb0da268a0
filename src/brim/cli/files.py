"""Conversations in files: a JSON document, or JSON lines, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import PurePath
from typing import IO, Literal

from attrs import frozen

from brim.dialects.jsonin import json_value
from brim.errors import MalformedRequest

__all__ = ["Entry", "is_lines", "place", "read_entries"]

LINES = (".jsonl", ".ndjson")
TEXTUAL = "input"
KEYS = ("messages", TEXTUAL)
"""Fields that may hold the messages; the second may be a text."""

Stream = gzip.GzipFile | io.BufferedReader | io.BytesIO

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
BROKEN = (EOFError, gzip.BadGzipFile, zlib.error)


@frozen
class Entry:
    """One conversation of a file. `line` counts from 1; `raw` are its bytes, without space around.

    `shape` "list" is a bare list of messages, "request" an object that holds them under
    `key`. `value` is None exactly when `error` says why the bytes cannot be read.
    """

    line: int
    raw: bytes
    value: list[object] | dict[str, object] | None = None
    key: str = "messages"
    error: str | None = None

    @property
    def shape(self) -> Literal["list", "request"]:
        return "list" if isinstance(self.value, list) else "request"

    @property
    def request(self) -> dict[str, object]:
        """The conversation as a request object. Empty for an entry with an error."""
        return dict(self.value) if isinstance(self.value, dict) else {self.key: self.value or []}

    def rebuilt(self, messages: Sequence[object]) -> object:
        """The same shape, with these messages in the place of its own."""
        if isinstance(self.value, dict):
            return {**self.value, self.key: list(messages)}
        return list(messages)


def is_lines(path: str) -> bool:
    """Whether a file of this name holds one conversation per line."""
    return _suffix(path) in LINES


def place(path: str, line: int) -> str:
    """Where a conversation was found, for people: what is one document has no lines to count."""
    name = "standard input" if path == "-" else path
    return name if _suffix(path) == ".json" else f"{name}, line {line}"


def read_entries(path: str, stdin: IO[bytes] | None = None) -> Iterator[Entry]:
    """The conversations of a file, "-" for standard input, one by one.

    `.jsonl` and `.ndjson` hold one per line, `.json` is one document; anything else is read
    as lines if its first line is a whole conversation and more follows. A bad line or document
    becomes an entry with an `error`. Raises OSError if there is no such file.
    """
    with nullcontext(stdin or sys.stdin.buffer) if path == "-" else open(path, "rb") as source:
        stream = _plain(source)
        yield from _lines(stream) if is_lines(path) else _whole(stream, _suffix(path) == ".json")


def _suffix(path: str) -> str:
    name = PurePath(path.lower())
    return PurePath(name.stem).suffix if name.suffix == ".gz" else name.suffix


def _plain(source: IO[bytes]) -> Stream:
    """The stream without its compression, which its first two bytes tell."""
    stream = source if isinstance(source, io.BufferedReader) else io.BytesIO(source.read())
    head = stream.peek(2) if isinstance(stream, io.BufferedReader) else stream.getvalue()
    return gzip.GzipFile(fileobj=stream) if head[:2] == GZIP else stream


def _lines(stream: Stream) -> Iterator[Entry]:
    for number in count(1):
        try:
            line = stream.readline()
        except BROKEN as error:
            yield Entry(number, b"", error=f"cannot be decompressed: {error}")
            return
        if not line:
            return
        if line.strip():
            yield _entry(line, number)


def _whole(stream: Stream, document: bool) -> Iterator[Entry]:
    try:
        data = stream.read()
    except BROKEN as error:
        yield Entry(1, b"", error=f"cannot be decompressed: {error}")
        return
    if document or not _looks_like_lines(data):
        yield _entry(data, 1)
    else:
        yield from _lines(io.BytesIO(data))


def _looks_like_lines(data: bytes) -> bool:
    first, _, rest = data.strip().partition(b"\n")
    return bool(rest) and _entry(first, 1).error is None


def _entry(data: bytes, line: int) -> Entry:
    raw = data.strip().removeprefix(BOM)
    try:
        value = json_value(raw)
    except MalformedRequest as error:
        return Entry(line, raw, error=error.detail)
    if isinstance(value, list):
        return Entry(line, raw, value)
    if isinstance(value, dict):
        for key in KEYS:
            if isinstance(value.get(key), (list, str) if key == TEXTUAL else list):
                return Entry(line, raw, value, key)
    return Entry(line, raw, error="neither a list of messages nor an object with one in 'messages'")
