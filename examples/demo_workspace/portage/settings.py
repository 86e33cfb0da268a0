"""Settings from a TOML file."""

import tomllib


def load(path):
    with open(path, "rb") as handle:
        return tomllib.load(handle)


def differences(left, right, prefix=""):
    """(key, left value, right value) wherever two settings differ."""
    found = []
    for key in sorted(left.keys() | right.keys()):
        a, b = left.get(key), right.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += differences(a, b, f"{prefix}{key}.")
        elif a != b:
            found.append((f"{prefix}{key}", a, b))
    return found
