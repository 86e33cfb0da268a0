"""How diskcache writes and reads here: bytes, and nothing else."""

from __future__ import annotations

from typing import Any

from diskcache_community import Disk

__all__ = ["BytesDisk"]

RAW = 1
"""diskcache's own mark of a value that stands in the database as it is."""


class BytesDisk(Disk):
    """Keys and values are bytes in the database. Nothing is ever pickled or unpickled, and no
    other file is opened: what somebody else wrote as a pickle, a text or a file is None."""

    def put(self, key: Any) -> Any:
        return memoryview(_bytes(key)), True

    def get(self, key: Any, raw: bool) -> Any:
        return key if raw and isinstance(key, bytes) else None

    def store(self, value: Any, read: bool, key: Any = None) -> Any:
        return 0, RAW, None, memoryview(_bytes(value))

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        plain = mode == RAW and filename is None and isinstance(value, bytes)
        return value if plain else None

    def remove(self, file_path: Any) -> None:
        """No entry has a file; a planted path must not be removed."""


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"only bytes are kept, not {type(value).__name__}")
    return value
