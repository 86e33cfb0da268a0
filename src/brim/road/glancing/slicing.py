"""Where the messages of a JSON request stand, found without reading them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import msgspec

__all__ = ["Opening", "Slices", "ends", "opening", "rest", "whole"]

STAND_IN = b"31415926535897932384"
"""A value in the place of the messages, to read what stands in front of them. A request that
has this very number there is left to others."""

TRIED = 4
"""How many places that look like the beginning of the messages are looked at."""

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


class Opening(NamedTuple):
    """`start` is the place behind the bracket that opens the list of messages, `fields` what
    stands in front of it."""

    start: int
    fields: dict[str, bytes]


class Slices(NamedTuple):
    """Messages, and the fields beside them."""

    messages: list[bytes]
    fields: dict[str, bytes]


def whole(body: bytes, key: str) -> Slices | None:
    """All messages in field `key`; None for what is no such JSON."""
    try:
        fields = _FIELDS.decode(body)
        listed = fields.pop(key, b"")
        return Slices(_listed(listed), _bare(fields))
    except _UNREADABLE:
        return None


def rest(body: bytes, start: int, key: str) -> Slices | None:
    """What stands behind a message of the list in field `key`, which ends at `start`. None for
    what is no JSON, or names the field again."""
    front, end = b'{"%s":' % key.encode(), body[start:]
    if STAND_IN in end:
        return None
    text = front + b'["' + STAND_IN + b'"' + end  # for the messages up to here
    try:
        fields = _FIELDS.decode(text)
        listed = fields.pop(key)
        if not text.startswith(listed, len(front)):  # a later list of this name stands for it
            return None
        return Slices(_listed(listed)[1:], _bare(fields))
    except _UNREADABLE:
        return None


def ends(body: bytes, start: int, messages: Iterable[bytes]) -> list[int]:
    """Where each of these messages ends, which follow one another from `start` on."""
    found, at = list[int](), start
    for message in messages:
        at = body.find(message, at) + len(message)
        found.append(at)
    return found


def opening(body: bytes, key: str) -> Opening | None:
    """Where the list in field `key` begins; None where that is not plain to see."""
    for found in islice(re.finditer(rb'"%s"\s*:\s*\[' % key.encode(), body), TRIED):
        front = body[: found.end() - 1]
        if STAND_IN in front:
            return None
        try:
            fields = _bare(_FIELDS.decode(front + STAND_IN + b"}"))
        except _UNREADABLE:
            continue
        if fields.pop(key, b"") == STAND_IN:
            return Opening(found.end(), fields)
    return None


def _listed(data: bytes | msgspec.Raw) -> list[bytes]:
    return [bytes(item) for item in _ITEMS.decode(data)]


def _bare(fields: Mapping[str, msgspec.Raw]) -> dict[str, bytes]:
    return {name: bytes(value) for name, value in fields.items()}
