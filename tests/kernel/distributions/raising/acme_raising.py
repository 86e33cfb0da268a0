"""Factories that fail."""

import sys


def make() -> object:
    raise RuntimeError("no licence found")


def leave() -> object:
    sys.exit(3)
