"""Transcripts: all that was said, as it was said, in one file that is only added to.

A record is written in one step and never changed. It keeps so many of the messages before it, and
adds its own: so a turn that failed is taken back without being erased.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from attrs import define, field, frozen

from brim.chat.export import Form, Said, exported
from brim.errors import ChatError, StoreError, UnknownTranscript
from brim.store.home import data_home
from brim.store.sqlite import Store

__all__ = ["Transcript", "TranscriptInfo", "Transcripts"]

FILE = "transcripts.sqlite"
HEADS, RECORDS = "transcripts", "transcript records"
ID = 16
Message = dict[str, object]


@frozen
class TranscriptInfo:
    """What is known of a transcript. `created` is in seconds since 1970, `parent` the name of
    the one that it was forked from after its first `forked_at` messages."""

    name: str
    created: float
    parent: str = ""
    forked_at: int = 0


class _Head(msgspec.Struct, frozen=True):
    name: str
    created: float
    parent: str = ""
    forked_at: int = 0


class _Record(msgspec.Struct, frozen=True):
    time: float
    keep: int
    messages: list[Message]


class _Sizes(msgspec.Struct, frozen=True):
    """A record of which only the number of messages is wanted."""

    keep: int
    messages: list[msgspec.Raw]


@define(eq=False)
class Transcript:
    """One conversation in the file. Get it from `Transcripts`.

    Two processes may not add to one at the same time: the later one gets a `ChatError`.
    """

    info: TranscriptInfo
    _store: Store = field(repr=False)
    _key: bytes = field(repr=False)
    _records: int = 0
    _length: int = 0
    _owed: int | None = None

    @property
    def name(self) -> str:
        return self.info.name

    def __len__(self) -> int:
        """The number of messages."""
        return self._length if self._owed is None else self._owed

    @property
    def messages(self) -> list[Message]:
        """All messages of the conversation, read from the file."""
        return [one.message for one in self._said() if not one.withdrawn]

    def append(self, messages: Sequence[Message]) -> None:
        """Add messages, all or none. When this returns they are kept, whatever happens to the
        process. Raises `ChatError` when another one was quicker, and `StoreError`."""
        keep = len(self)
        record = self._encoded(_Record(self._store.clock(), keep, list(messages)))
        key = self._key + self._records.to_bytes(8, "big")
        if not self._store.add_many(RECORDS, {key: record}):
            raise ChatError(
                f"something else added to the transcript {self.name!r}: open it again to go on"
            )
        self._records += 1
        self._length, self._owed = keep + len(messages), None

    def withdraw(self, length: int) -> None:
        """Keep the first `length` messages. The others stay in the file, told as withdrawn. Where
        it cannot be written now, it is with what is appended next."""
        self._owed = min(length, len(self))
        self.append([])

    def export(self, form: Form = "jsonl") -> str:
        """As "jsonl", a line for each message, withdrawn ones too, or as "markdown" to read."""
        return exported(self.name, self._said(), form)

    def _said(self) -> list[Said]:
        """Every message that was ever added, in order, as the file has it."""
        said: list[Said] = []
        live: list[int] = []
        for _, value in self._store.items(RECORDS, self._key):
            record = msgspec.json.decode(value, type=_Record)
            for place in live[record.keep :]:
                said[place].withdrawn = True
            del live[record.keep :]
            live += range(len(said), len(said) + len(record.messages))
            said += [Said(message, record.time) for message in record.messages]
        return said

    def _look(self) -> Self:
        """Find out how far it goes."""
        for _, value in self._store.items(RECORDS, self._key):
            record = msgspec.json.decode(value, type=_Sizes)
            self._length = min(self._length, record.keep) + len(record.messages)
            self._records += 1
        return self

    def _encoded(self, record: _Record) -> bytes:
        try:
            return msgspec.json.encode(record)
        except (UnicodeError, TypeError, ValueError) as error:
            kind = type(error).__name__
            raise ChatError(f"a message cannot be kept, it is no JSON in UTF-8 ({kind})") from error


class Transcripts:
    """The transcripts of one file, by default in the user's own data folder, that only its owner
    can read. Those of different tenants do not see each other. Close it, or use it as a context
    manager.

    Raises `StoreError` when the file cannot be used.
    """

    def __init__(self, path: str | Path | None = None, *, tenant: str = "") -> None:
        self._store = Store(_path() if path is None else Path(path))
        self._scope = _digest(tenant)

    def create(self, name: str | None = None) -> Transcript:
        """An empty one. Raises `ChatError` when there is one of this name."""
        return self._made(_Head(name or secrets.token_hex(6), self._store.clock()), [])

    def open(self, name: str, *, create: bool = False) -> Transcript:
        """The one of this name, to go on with; with `create` a new one if there is none.

        Raises `UnknownTranscript`.
        """
        key = self._key(name)
        value = self._store.get_many(HEADS, [key]).get(key)
        if value is not None:
            head = msgspec.json.decode(value, type=_Head)
            return Transcript(_info(head), self._store, key)._look()
        if create:
            return self.create(name)
        from difflib import get_close_matches

        near = get_close_matches(name, [one.name for one in self.list()])
        hint = f"did you mean {near[0]!r}?" if near else "list() has all names"
        raise UnknownTranscript(f"no transcript is named {name[:80]!r}; {hint}")

    def fork(self, name: str, new: str | None = None, *, at: int | None = None) -> Transcript:
        """A new transcript that begins with the first `at` messages of another, or with all.

        Raises `UnknownTranscript`, and `ChatError` when there is one of the new name.
        """
        messages = self.open(name).messages[:at]
        head = _Head(new or secrets.token_hex(6), self._store.clock(), name, len(messages))
        return self._made(head, messages)

    def list(self) -> list[TranscriptInfo]:
        """All transcripts, the newest last."""
        heads = [
            msgspec.json.decode(value, type=_Head)
            for _, value in self._store.items(HEADS, self._scope)
        ]
        return [_info(head) for head in sorted(heads, key=lambda head: (head.created, head.name))]

    def delete(self, name: str) -> None:
        """Remove a transcript from the file; its forks stay. Raises `UnknownTranscript`."""
        key = self.open(name)._key
        records = [found for found, _ in self._store.items(RECORDS, key)]
        self._store.delete_many(RECORDS, records)
        self._store.delete_many(HEADS, [key])

    def close(self) -> None:
        """Close the file. Closing twice is allowed."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _made(self, head: _Head, messages: Sequence[Message]) -> Transcript:
        key = self._key(head.name)
        if not self._store.add_many(HEADS, {key: msgspec.json.encode(head)}):
            raise ChatError(
                f"there is a transcript {head.name!r} already: open it, or name another"
            )
        made = Transcript(_info(head), self._store, key)
        if messages:
            made.append(messages)
        return made

    def _key(self, name: str) -> bytes:
        return self._scope + _digest(name)


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=ID).digest()


def _info(head: _Head) -> TranscriptInfo:
    return TranscriptInfo(head.name, head.created, head.parent, head.forked_at)


def _path() -> Path:
    try:
        return data_home() / FILE
    except RuntimeError as error:
        raise StoreError(FILE, f"{error}: pass a path, or set BRIM_DATA_DIR") from error
