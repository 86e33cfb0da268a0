"""Requests as they come in, and the way back to the same shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec
from attrs import evolve, frozen

from brim.dialects.base import Wire
from brim.dialects.jsonin import check_number, json_value, outline, text_of
from brim.dialects.jsontext import values_in
from brim.errors import MalformedRequest
from brim.settings.schema import LimitSettings

__all__ = ["Incoming", "as_object", "copied", "encoded", "plain", "read", "refuse_more"]

LIMITS = LimitSettings()
DEPTH = LIMITS.max_depth

TEXTUAL = "input"
"""The field whose text is short for one user message that holds it (OpenAI Responses)."""


@frozen
class Incoming:
    """A request taken apart: `messages` as they came (objects or raw JSON), the rest as `fields`.

    `given` is what the caller passed, handed back when nothing changes. Messages may be nested
    in `depth` levels.
    """

    given: object
    fields: Mapping[str, object]
    messages: Sequence[object]
    key: str | None
    raw: Mapping[str, msgspec.Raw] | None = None
    depth: int = DEPTH

    @property
    def from_bytes(self) -> bool:
        return isinstance(self.given, bytes)

    def rebuilt(
        self, messages: Sequence[object], changes: Mapping[str, object] | None = None
    ) -> object:
        """A request of the same shape with other messages and fields; the rest is shared."""
        if self.from_bytes:
            body = b"[" + b",".join(map(encoded, messages)) + b"]"
            if self.key is None:
                return body
            raw = {**(self.raw or {}), self.key: msgspec.Raw(body)}
            raw |= {name: msgspec.Raw(encoded(value)) for name, value in (changes or {}).items()}
            pairs = (encoded(name) + b":" + bytes(value) for name, value in raw.items())
            return b"{" + b",".join(pairs) + b"}"
        if self.key is None:
            return list(messages)
        return {**self.fields, **(changes or {}), self.key: list(messages)}


def read(given: object, keys: Sequence[str], limits: LimitSettings = LIMITS) -> Incoming:
    """Take a request apart. `keys` are the fields that may hold the messages.

    Raises `MalformedRequest` when it is neither a list of messages nor an object with one, or
    beyond a limit.
    """
    if isinstance(given, (bytes, bytearray, memoryview)):
        incoming = _from_bytes(bytes(given), keys, limits.max_bytes)
    else:
        incoming = _from_object(given, keys)
    refuse_more(len(incoming.messages), limits)
    return evolve(incoming, depth=limits.max_depth)


def refuse_more(count: int, limits: LimitSettings) -> None:
    """Raise `MalformedRequest` where these are more messages than a conversation may have."""
    if count > limits.max_messages:
        raise MalformedRequest(
            f"{count:,} messages; limits.max_messages allows {limits.max_messages:,}",
            rule="max_messages",
        )


def _from_object(given: object, keys: Sequence[str]) -> Incoming:
    fields = given if isinstance(given, Mapping) else _dumped(given)
    if not isinstance(fields, Mapping):
        return Incoming(given, {}, _list(given, "messages"), None)
    key = _key(fields, keys)
    value = fields[key]
    if key == TEXTUAL and isinstance(value, str):
        value = [{"role": "user", "content": value}]
    return Incoming(given, fields, _list(value, key), key)


def _from_bytes(data: bytes, keys: Sequence[str], most: int) -> Incoming:
    if len(data) > most:
        raise MalformedRequest(
            f"{len(data):,} bytes; limits.max_bytes allows {most:,}", rule="max_bytes"
        )
    try:
        if data.lstrip()[:1] == b"[":
            return Incoming(data, {}, msgspec.json.decode(data, type=list[msgspec.Raw]), None)
        raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        key = _key(raw, keys)
        messages = _raw_messages(raw[key], key)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _leniently(text_of(data), data, keys)
    return Incoming(data, _fields(raw, key), messages, key, raw)


def _leniently(text: str, data: bytes, keys: Sequence[str]) -> Incoming:
    """JSON with lone surrogates, and other encodings than UTF-8."""
    value = outline(text)
    if not isinstance(value, dict):
        _list(value, "messages")
        return Incoming(data, {}, _sliced(text), None)
    key = _key(value, keys)
    raw = {str(name): _raw(text[start:end]) for name, start, end in values_in(text)}
    return Incoming(data, _fields(raw, key), _raw_messages(raw[key], key), key, raw)


def _raw_messages(raw: msgspec.Raw, key: str) -> list[msgspec.Raw]:
    if key == TEXTUAL and bytes(memoryview(raw)[:1]) == b'"':
        return [msgspec.Raw(b'{"role":"user","content":' + bytes(raw) + b"}")]
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        text = text_of(bytes(raw))
        _list(outline(text), key)
        return _sliced(text)


def _fields(raw: Mapping[str, msgspec.Raw], key: str) -> dict[str, object]:
    return {name: json_value(bytes(value)) for name, value in raw.items() if name != key}


def _sliced(text: str) -> list[msgspec.Raw]:
    return [_raw(text[start:end]) for _, start, end in values_in(text)]


def _raw(text: str) -> msgspec.Raw:
    try:
        return msgspec.Raw(text.encode())
    except UnicodeEncodeError as error:  # a lone surrogate that is not escaped
        raise MalformedRequest(f"not valid JSON: {error}", rule="json") from error


def encoded(value: object) -> bytes:
    """Compact JSON; what came as raw JSON stays as it is, lone surrogates are escaped."""
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _key(fields: Mapping[str, object], keys: Sequence[str]) -> str:
    for key in keys:
        if key in fields:
            return key
    raise MalformedRequest(f"no field {' or '.join(map(repr, keys))}", rule="messages")


def _list(value: object, name: str) -> Sequence[object]:
    if isinstance(value, (list, tuple)):
        return value
    raise MalformedRequest(
        f"{name!r} must be a list of messages, not {type(value).__name__}", rule="messages"
    )


def as_object(message: object, index: int, depth: int = DEPTH) -> Wire | bytes:
    """A message as a copy of our own: its JSON object, or the bytes of one.

    Objects with `model_dump()` are dumped, also inside of a message. Raises `MalformedRequest`.
    """
    if isinstance(message, msgspec.Raw):
        return bytes(message)
    fields = message if isinstance(message, Mapping) else _dumped(message)
    if not isinstance(fields, Mapping):
        raise MalformedRequest(
            f"a message must be an object, not {type(message).__name__}", index=index
        )
    try:
        return {str(key): copied(value, depth) for key, value in fields.items()}
    except MalformedRequest as error:
        raise MalformedRequest(error.detail, index=index, rule=error.rule) from None


def copied(value: object, levels: int = DEPTH) -> object:
    """A deep copy of JSON data. Raises `MalformedRequest` beyond so many levels, and for
    numbers that JSON cannot hold."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        check_number(value)
        return value
    if isinstance(value, Mapping):
        _check(levels)
        return {key: copied(item, levels - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        _check(levels)
        return [copied(item, levels - 1) for item in value]
    dumped = _dumped(value)
    return value if dumped is None else copied(dumped, levels)


def plain(value: object) -> object:
    """A field's value with its SDK objects, or those in its list, as JSON data; others as is."""
    if isinstance(value, (Mapping, str)):
        return value
    if isinstance(value, (list, tuple)):
        known = isinstance(value, list) and all(isinstance(item, (Mapping, str)) for item in value)
        return value if known else copied(value)
    return copied(value)


def _dumped(value: object) -> object:
    """What an SDK's object says of itself, None where it is no such object."""
    dump = getattr(value, "model_dump", None)
    if not callable(dump) or isinstance(value, type):
        return None
    return dump(mode="json", exclude_unset=True)


def _check(levels: int) -> None:
    if levels <= 0:
        raise MalformedRequest("nested too deeply; see limits.max_depth", rule="depth")
