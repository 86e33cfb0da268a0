"""LiteLLM itself, imported when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

__all__ = ["litellm"]

_LOCAL = "LITELLM_LOCAL_MODEL_COST_MAP"


def litellm() -> ModuleType:
    """The package: importing it takes seconds, and would fetch a list of prices."""
    with _local_prices():
        package = import_module("litellm")
    package.__dict__["suppress_debug_info"] = True
    return package


@contextmanager
def _local_prices() -> Iterator[None]:
    given = os.environ.get(_LOCAL)
    os.environ[_LOCAL] = "True"
    try:
        yield
    finally:
        if given is None:
            del os.environ[_LOCAL]
        else:
            os.environ[_LOCAL] = given
