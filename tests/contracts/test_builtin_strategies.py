"""The built-in strategies keep every law."""

from __future__ import annotations

from brim.defaults import smart_truncation
from brim.testing.contracts import CondenseContract


class TestSmartTruncation(CondenseContract):
    plugin = smart_truncation
