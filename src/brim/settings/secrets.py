"""What must never be shown."""

from __future__ import annotations

import re

from brim.settings.tree import Key

__all__ = ["HIDDEN", "LARGEST", "is_secret", "shown"]

LARGEST = 2**63 - 1
HIDDEN = "••••"
_WORDS = frozenset(
    {"apikey", "auth", "authorization", "credential", "credentials", "key", "keys"}
    | {"passphrase", "passwd", "password", "passwords", "secret", "secrets"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_URL_PASSWORD = re.compile(r"(://[^/@\s]*:)[^/@\s]+@")


def is_secret(path: Key) -> bool:
    """Whether a key names a key, a token, a secret or a password.

    `tokens` and `show_token_usage` do not: the word token counts only at the end.
    """
    # The name of a plugin or model says nothing of its values: key-point-extraction.
    named = path[0] in {"models", "plugin"} if path else False
    return any(_names_secret(name) for name in (path[2:] if named else path))


def _names_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and (words[-1] == "token" or not _WORDS.isdisjoint(words))


def shown(path: Key, value: object) -> object:
    """The value as it may be shown: secrets hidden, and passwords inside of addresses."""
    if is_secret(path):
        return HIDDEN
    if isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\g<1>{HIDDEN}@", str(value))
    if isinstance(value, list | tuple):
        return [shown((*path, ""), item) for item in value]
    if isinstance(value, dict):
        return {name: shown((*path, str(name)), item) for name, item in value.items()}
    if isinstance(value, int) and abs(value) > LARGEST:
        return "an integer beyond 64 bits"
    return value
