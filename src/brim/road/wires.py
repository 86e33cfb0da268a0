"""Requests as they come in, and the way back to the same shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec
from attrs import frozen

from brim.dialects.base import Wire
from brim.dialects.jsontext import values_in
from brim.errors import MalformedRequest

__all__ = ["Incoming", "as_object", "copied", "read"]

DEPTH = 100


@frozen
class Incoming:
    """A request taken apart: `messages` as they came (objects or raw JSON), the rest as `fields`.

    `given` is what the caller passed, handed back when nothing changes.
    """

    given: object
    fields: Mapping[str, object]
    messages: Sequence[object]
    key: str | None
    raw: Mapping[str, msgspec.Raw] | None = None

    @property
    def from_bytes(self) -> bool:
        return isinstance(self.given, bytes)

    def rebuilt(self, messages: Sequence[object]) -> object:
        """A request of the same shape with other messages; untouched fields are shared."""
        if self.from_bytes:
            body = b"[" + b",".join(map(_encoded, messages)) + b"]"
            if self.key is None:
                return body
            raw = {**(self.raw or {}), self.key: msgspec.Raw(body)}
            pairs = (_encoded(name) + b":" + bytes(value) for name, value in raw.items())
            return b"{" + b",".join(pairs) + b"}"
        if self.key is None:
            return list(messages)
        return {**self.fields, self.key: list(messages)}


def read(given: object, keys: Sequence[str]) -> Incoming:
    """Take a request apart. `keys` are the fields that may hold the messages.

    Raises `MalformedRequest` when it is neither a list of messages nor an object with one.
    """
    if isinstance(given, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(given), keys)
    if isinstance(given, Mapping):
        key = _key(given, keys)
        return Incoming(given, given, _list(given[key], key), key)
    return Incoming(given, {}, _list(given, "messages"), None)


def _from_bytes(data: bytes, keys: Sequence[str]) -> Incoming:
    try:
        if data.lstrip()[:1] == b"[":
            return Incoming(data, {}, msgspec.json.decode(data, type=list[msgspec.Raw]), None)
        raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        key = _key(raw, keys)
        messages = msgspec.json.decode(raw[key], type=list[msgspec.Raw])
        fields = {name: msgspec.json.decode(raw[name]) for name in raw if name != key}
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _leniently(data, keys)
    return Incoming(data, fields, messages, key, raw)


def _leniently(data: bytes, keys: Sequence[str]) -> Incoming:
    """JSON with lone surrogates, which the fast decoder refuses."""
    try:
        text = data.decode(json.detect_encoding(data)).strip()
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"not valid JSON: {error}", rule="json") from error
    if not isinstance(value, dict):
        _list(value, "messages")
        return Incoming(data, {}, _sliced(text), None)
    key = _key(value, keys)
    _list(value[key], key)
    raw = {str(name): _raw(text[start:end]) for name, start, end in values_in(text)}
    fields = {name: item for name, item in value.items() if name != key}
    return Incoming(data, fields, _sliced(bytes(raw[key]).decode()), key, raw)


def _sliced(text: str) -> list[msgspec.Raw]:
    return [_raw(text[start:end]) for _, start, end in values_in(text)]


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _encoded(value: object) -> bytes:
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


def as_object(message: object, index: int) -> Wire | bytes:
    """A message as a copy of our own: its JSON object, or the bytes of one.

    Objects with `model_dump()` are dumped. Raises `MalformedRequest`.
    """
    if isinstance(message, msgspec.Raw):
        return bytes(message)
    if isinstance(message, Mapping):
        return {str(key): copied(value, index) for key, value in message.items()}
    dump = getattr(message, "model_dump", None)
    dumped = dump(mode="json", exclude_unset=True) if callable(dump) else None
    if isinstance(dumped, dict):
        return dumped
    raise MalformedRequest(
        f"a message must be an object, not {type(message).__name__}", index=index
    )


def copied(value: object, index: int, depth: int = DEPTH) -> object:
    """A deep copy of JSON data. Raises `MalformedRequest` beyond 100 levels."""
    if isinstance(value, Mapping):
        _check(depth, index)
        return {key: copied(item, index, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        _check(depth, index)
        return [copied(item, index, depth - 1) for item in value]
    return value


def _check(depth: int, index: int) -> None:
    if depth <= 0:
        raise MalformedRequest(f"nested deeper than {DEPTH} levels", index=index, rule="depth")
