"""Where the secret comes from that seals what caches keep."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from brim.errors import SettingsError, StoreError, StoreUnsafe
from brim.store.files import owned_directory

__all__ = ["FIX", "LEAST", "VARIABLE", "given_key", "key_in"]

VARIABLE = "BRIM_CACHE_KEY"
LEAST = 16
"""Characters of a key. What `FIX` advises has 64."""

LONGEST = 4_096
FIX = 'python -c "import secrets; print(secrets.token_hex(32))"'


def given_key(environ: Mapping[str, str], file: str = "") -> bytes | None:
    """The key that the user gave, in the environment or in a file; None where there is neither.

    Raises `SettingsError` for a key that is too short or a file that is not there, and
    `StoreUnsafe` for a file that others can read.
    """
    if text := environ.get(VARIABLE, "").strip():
        return _checked(text, VARIABLE)
    if not file:
        return None
    path = Path(file).expanduser()
    found = _read(path)
    if found is None:
        raise SettingsError(
            f"caching.seal_file: there is no file {path}; make it with `umask 077; {FIX} > {path}`"
        )
    return _checked(found, str(path))


def key_in(path: Path) -> bytes:
    """The key in this file, which is made, for its owner only, when it is not there.

    Processes that make it at the same time agree on one. Raises as `given_key` does, and
    `StoreError` when it can be neither read nor made.
    """
    text = _read(path)
    if text is None:
        _make(path)
        text = _read(path) or ""
    return _checked(text, str(path))


def _checked(text: str, where: str) -> bytes:
    if len(text) < LEAST:
        raise SettingsError(
            f"{where}: a key has at least {LEAST} characters; make one with `{FIX}`"
        )
    return sha256(b"brim cache key\0" + text.encode("utf-8", "surrogatepass")).digest()


def _read(path: Path) -> str | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(path, f"it cannot be read: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        _owners_only(path, os.fstat(file.fileno()))
        return file.read(LONGEST).decode("utf-8", "replace").strip()


def _owners_only(path: Path, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise StoreUnsafe(path, "it is no ordinary file")
    if os.name != "posix":
        return
    if state.st_uid not in (os.geteuid(), 0):
        raise StoreUnsafe(path, "it belongs to another user")
    if state.st_mode & 0o077:
        raise StoreUnsafe(path, f"others than its owner may use it; run `chmod 600 {path}`")


def _make(path: Path) -> None:
    """Written beside its place and linked there: nobody ever reads half of a key."""
    owned_directory(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        _place(draft, path)
    except OSError as error:
        raise StoreError(path, f"it cannot be made: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def _place(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
