"""Where the key of a model's provider comes from. It is read when needed, and kept nowhere."""

from __future__ import annotations

import os
import re
import stat

from attrs import frozen

from brim.api import CompletionError, SettingsError

__all__ = ["Key", "check_variable"]

LONGEST = 4_096
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)


def check_variable(name: str) -> None:
    """Raises `SettingsError` unless this may be the name of a variable. Keys have small letters,
    hyphens or dots, so that one that was written here by mistake is told apart, and not shown."""
    if name and not _VARIABLE.fullmatch(name):
        raise SettingsError(
            "key_variable takes the name of an environment variable, in capitals, never a key"
        )


@frozen
class Key:
    """The key in a file, else in an environment variable; `needed` where none is an error."""

    variable: str
    file: str = ""
    needed: bool = True

    def read(self) -> str:
        """The key, "" where there is none and none is needed. Raises `CompletionError`."""
        found = _in_file(self.file) if self.file else os.environ.get(self.variable, "").strip()
        if not found and self.needed:
            raise _unusable(f"there is no key: set {self.variable}, or name a file in key_file")
        if not (found.isascii() and found.isprintable() and len(found) <= LONGEST):
            raise _unusable("the key is not one line of ordinary characters")
        return found


def _in_file(path: str) -> str:
    """The content of a file that nobody but its owner can read."""
    problem = ""
    try:
        with open(os.path.expanduser(path), "rb") as file:
            problem = _exposed(os.fstat(file.fileno()))
            content = b"" if problem else file.read(LONGEST + 1)
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
    if problem:
        raise _unusable(f"key_file {path}: {problem}")
    return content.decode("utf-8", "replace").strip()


def _exposed(state: os.stat_result) -> str:
    if not stat.S_ISREG(state.st_mode):
        return "it is no ordinary file"
    if os.name == "posix" and state.st_mode & 0o077:
        return "others than its owner may use it; run `chmod 600` on it"
    if os.name == "posix" and state.st_uid not in (os.geteuid(), 0):
        return "it belongs to another user"
    return ""


def _unusable(detail: str) -> CompletionError:
    return CompletionError(detail, kind="setup")
