"""The built-in strategies keep every law."""

from __future__ import annotations

from brim.defaults import smart_truncation
from brim.defaults.duplicate_removal import DuplicateRemoval
from brim.defaults.tool_masking import ToolMasking
from brim.testing.contracts import CondenseContract


class TestSmartTruncation(CondenseContract):
    plugin = smart_truncation


class TestDuplicateRemoval(CondenseContract):
    plugin = DuplicateRemoval


class TestToolMasking(CondenseContract):
    plugin = ToolMasking
