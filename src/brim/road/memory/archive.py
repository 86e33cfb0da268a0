"""The archive: originals of all that was condensed, by handle, within tenant and conversation.

Messages are kept under their value in the chain, each with the value before it. So a span is
found from its last message backwards, a message that several condensations cover is
written once, and what is read proves to be what was written: its value is computed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any, Protocol

import msgspec
from attrs import define, field

from brim.dialects.base import Dialect, Wire
from brim.dialects.jsonin import json_value
from brim.errors import BrimError, StoreError, UnknownHandle
from brim.road.intake.wires import encoded
from brim.road.memory.ledger import Undone
from brim.road.memory.originals import Entry, Original, original
from brim.road.memory.shared_originals import Filed, SharedOriginals
from brim.road.memory.sharing import Errand
from brim.road.plans.handles import SHORT
from brim.road.plans.timeline import Timeline, link
from brim.settings.schema import ArchiveSettings
from brim.store.home import data_home
from brim.store.shelf import Shelf

__all__ = ["FILE", "Archive", "archive_path"]

FILE = "archive.sqlite"
MESSAGES, ENTRIES, UNDONE = "messages", "originals", "undone"
LINK = 16
"""Bytes of a value in the chain."""

RENEWED = 8
"""What is still covered is written again when one of so many parts of its life is over."""

KNOWN = 200_000
"""Keys remembered as written."""

PATIENCE = 1.0
"""Seconds to wait for another process that holds the file."""

Tables = Mapping[str, Mapping[bytes, bytes]]


class Keeper(Protocol):
    """What the archive needs of a store."""

    def get_many(self, table: str, keys: Sequence[bytes]) -> Mapping[bytes, bytes]: ...

    def items(self, table: str, prefix: bytes = b"") -> list[tuple[bytes, bytes]]: ...

    def set_many(
        self, table: str, entries: Mapping[bytes, bytes], ttl: float | None = None
    ) -> None: ...

    def delete_many(self, table: str, keys: Sequence[bytes]) -> None: ...

    def purge(self) -> int: ...

    def close(self) -> None: ...


@define(eq=False)
class Archive:
    """Originals in memory or on disk. Nothing is opened before there is something to keep or
    to look up. A disk that cannot be used costs a warning, and memory takes its place. What is
    not here is looked for in `shared`, where others keep theirs."""

    settings: ArchiveSettings
    clock: Callable[[], float] = time.time
    shared: SharedOriginals | None = None
    _keeper: Keeper | None = field(default=None, init=False)
    _known: dict[bytes, float] = field(factory=dict, init=False)
    _lock: RLock = field(factory=RLock, init=False)

    @property
    def on(self) -> bool:
        return self.settings.where != "off"

    def keep(
        self, tenant: str, timeline: Timeline, entries: Sequence[Entry]
    ) -> Generator[Errand, Any, None]:
        """Write down what is new of these entries and of the messages that they cover."""
        if not self.on:
            return
        with self._lock:
            new = self._write(lambda: self._new(scope(tenant), timeline, entries))
        if self.shared and new[ENTRIES]:
            messages = {key[LINK:]: value for key, value in new[MESSAGES].items()}
            filed = [msgspec.msgpack.decode(one, type=Entry) for one in new[ENTRIES].values()]
            yield from self.shared.offer(tenant, timeline, messages, filed)

    def _new(self, prefix: bytes, timeline: Timeline, entries: Sequence[Entry]) -> Tables:
        messages: dict[bytes, bytes] = {}
        named: dict[bytes, bytes] = {}
        positions: list[int] = []
        for entry in entries:
            key = prefix + entry.digest.encode() + entry.link
            if not self._is_new(key):
                continue
            named[key] = msgspec.msgpack.encode(entry)
            positions = positions or _positions(timeline)
            for index in range(entry.index - entry.count + 1, entry.index + 1):
                key = prefix + timeline.chain[index]
                if self._is_new(key):
                    wire = timeline.wires[positions[index - 1]]
                    body = wire if isinstance(wire, bytes) else encoded(wire)
                    messages[key] = timeline.chain[index - 1] + body
        return {MESSAGES: messages, ENTRIES: named}

    def find(
        self, tenant: str, handle: str, dialects: Mapping[str, Dialect], chain: Sequence[bytes] = ()
    ) -> tuple[Entry, Original]:
        """What a handle stands for, in the conversation of this chain if one is given.

        Raises `UnknownHandle` where there is nothing, or more than one thing.
        """
        wanted = handle.strip().lower()
        with self._lock:
            here = ((e, self._wires(tenant, e, dialects)) for e in self._entries(tenant, wanted))
            found = _restored(here, dialects, chain)
        if self.shared and not found:
            filed = self.shared.entries(tenant, wanted)
            there = ((one.entry, self._fetched(tenant, one, dialects)) for one in filed)
            found = _restored(there, dialects, chain)
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownHandle(
                f"handle {handle!r} stands for {len(found)} different originals: "
                "expand it from the fit that gave it"
            )
        raise UnknownHandle(f"nothing is kept under the handle {handle[:32]!r}{self._why()}")

    def undone(self) -> list[Undone]:
        """All that was undone, if anything was ever kept."""
        if self._keeper is None and not self._is_there():
            return []
        try:
            with self._lock:
                items = self._open().items(UNDONE)
            return [msgspec.msgpack.decode(value, type=Undone) for _, value in items]
        except (StoreError, msgspec.MsgspecError) as error:
            self._give_up(error)
            return []

    def undo(self, undone: Undone, ttl: float) -> None:
        """Remember for `ttl` seconds that this must not be condensed."""
        if not self.on:
            return
        with self._lock:
            self._write(lambda: {UNDONE: {_name(undone): msgspec.msgpack.encode(undone)}}, ttl)

    def redo(self, undone: Undone) -> None:
        """Forget that this must not be condensed."""
        with self._lock:
            if self._keeper is not None or self._is_there():
                self._open().delete_many(UNDONE, [_name(undone)])

    def close(self) -> None:
        """Close the file. What comes later opens it again."""
        with self._lock:
            keeper, self._keeper = self._keeper, None
            if keeper is not None:
                keeper.close()

    def _entries(self, tenant: str, wanted: str) -> list[Entry]:
        if not self.on or len(wanted) < SHORT or (self._keeper is None and not self._is_there()):
            return []
        prefix = scope(tenant) + wanted.encode("utf-8", "surrogatepass")
        return [
            msgspec.msgpack.decode(value, type=Entry)
            for _, value in self._open().items(ENTRIES, prefix)
        ]

    def _wires(
        self, tenant: str, entry: Entry, dialects: Mapping[str, Dialect]
    ) -> list[Wire] | None:
        """The messages, None where one is gone or is not what was written."""
        dialect = dialects.get(entry.dialect)
        prefix, key, wires = scope(tenant), entry.link, list[Wire]()
        keeper = self._open()
        while dialect is not None and len(wires) < entry.count:
            value = keeper.get_many(MESSAGES, [prefix + key]).get(prefix + key)
            wire = None if value is None else _checked(value, key, dialect)
            if value is None or wire is None:
                return None
            key = value[:LINK]
            wires.append(wire)
        return wires[::-1]

    def _fetched(
        self, tenant: str, filed: Filed, dialects: Mapping[str, Dialect]
    ) -> list[Wire] | None:
        """The messages, None where one is gone or is not what was written."""
        dialect = dialects.get(filed.entry.dialect)
        if self.shared is None or dialect is None or not filed.consistent:
            return None
        found = self.shared.messages(tenant, filed)
        wires = [_checked(value, key, dialect) for key, value in found or ()]
        whole = [wire for wire in wires if wire is not None]
        return whole if len(whole) == filed.entry.count else None

    def _is_new(self, key: bytes) -> bool:
        """Whether this was not written of late; from now on it was."""
        now = self.clock()
        if now - self._known.get(key, float("-inf")) < self.settings.ttl / RENEWED:
            return False
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[key] = now
        return True

    def _write(self, tables: Callable[[], Tables], ttl: float | None = None) -> Tables:
        """Write what `tables` gives. After a failure it is asked again: memory has nothing yet."""
        life = self.settings.ttl if ttl is None else ttl
        try:
            return self._put(tables(), life)
        except StoreError as error:
            self._give_up(error)
            return self._put(tables(), life)

    def _put(self, tables: Tables, ttl: float) -> Tables:
        for table, entries in tables.items():
            if entries:
                self._open().set_many(table, entries, ttl)
        return tables

    def _open(self) -> Keeper:
        if self._keeper is None:
            if self.settings.where == "disk":
                try:
                    self._keeper = self._disk()
                    return self._keeper
                except StoreError as error:
                    self._give_up(error)
            self._keeper = Shelf(self.settings.max_bytes, self.clock)
        return self._keeper

    def _disk(self) -> Keeper:
        from brim.store.sqlite import Store

        path = archive_path(self.settings)
        return Store(
            path, max_bytes=self.settings.max_bytes, busy_timeout=PATIENCE, clock=self.clock
        )

    def _give_up(self, error: Exception) -> None:
        """Memory takes the place of a disk that does not work."""
        from loguru import logger

        detail = str(error) if isinstance(error, BrimError) else "its entries cannot be read"
        logger.warning(f"originals are kept in memory only, the archive cannot be used: {detail}")
        self.close_quietly()
        self._known.clear()
        self._keeper = Shelf(self.settings.max_bytes, self.clock)

    def close_quietly(self) -> None:
        """Close a store that may not even do that any more."""
        from contextlib import suppress

        with suppress(BrimError):
            self.close()

    def _is_there(self) -> bool:
        """Whether an earlier process kept something."""
        try:
            return self.settings.where == "disk" and archive_path(self.settings).exists()
        except (StoreError, OSError):
            return False

    def _why(self) -> str:
        if not self.on:
            return ": archive.where is off"
        return f"; originals live {self.settings.ttl / 86_400:g} days"


def archive_path(settings: ArchiveSettings) -> Path:
    """The archive's file. Raises `StoreError` where there is no home folder."""
    try:
        folder = Path(settings.directory).expanduser() if settings.directory else data_home()
    except RuntimeError as error:
        raise StoreError(FILE, f"{error}: set archive.directory or BRIM_DATA_DIR") from error
    return folder / FILE


def scope(tenant: str) -> bytes:
    """What all keys of a tenant begin with. It tells nothing of the name."""
    return blake2b(tenant.encode("utf-8", "surrogatepass"), digest_size=LINK).digest()


def _restored(
    found: Iterable[tuple[Entry, list[Wire] | None]],
    dialects: Mapping[str, Dialect],
    chain: Sequence[bytes],
) -> list[tuple[Entry, Original]]:
    """The originals that differ, of the conversation of this chain if one is given."""
    kept: list[tuple[Entry, Original]] = []
    for entry, wires in found:
        if wires is None or (chain and not entry.stands_in(chain)):
            continue
        one = original(entry, wires, dialects[entry.dialect])
        if all(one.messages != other.messages for _, other in kept):
            kept.append((entry, one))
    return kept


def _positions(timeline: Timeline) -> list[int]:
    """The messages that have a value in the chain, by its place less one."""
    apart = set(timeline.instructions)
    return [i for i in range(len(timeline)) if i not in apart]


def _checked(value: bytes, key: bytes, dialect: Dialect) -> Wire | None:
    """The message, if it is what was written under this value of the chain."""
    try:
        wire: Any = json_value(value[LINK:])
        if not isinstance(wire, dict):
            return None
        same = link(value[:LINK], dialect.parse(wire, 0).message.fingerprint) == key
    except BrimError:
        return None
    return wire if same else None


def _name(undone: Undone) -> bytes:
    return undone.link + b"%d-%d" % (undone.start, undone.stop)
