"""One inheritable contract for each hook: name your plugin, and every law is a test.

class TestMine(CondenseContract):
    plugin = mine
"""

from __future__ import annotations

from brim.testing.contracts.base import Contract, LawBroken
from brim.testing.contracts.cache import CacheContract
from brim.testing.contracts.completing import CompleteContract, EmbedContract, StreamContract
from brim.testing.contracts.condense import CondenseContract
from brim.testing.contracts.counting import CountTokensContract
from brim.testing.contracts.dialect import DialectContract
from brim.testing.contracts.gates import AdmitContract, CheckInputContract
from brim.testing.contracts.injecting import InjectContextContract
from brim.testing.contracts.model import ModelContract
from brim.testing.contracts.monitor import MonitorContract
from brim.testing.contracts.policy import ShouldTrimContract

__all__ = [
    "AdmitContract",
    "CacheContract",
    "CheckInputContract",
    "CompleteContract",
    "CondenseContract",
    "Contract",
    "CountTokensContract",
    "DialectContract",
    "EmbedContract",
    "InjectContextContract",
    "LawBroken",
    "ModelContract",
    "MonitorContract",
    "ShouldTrimContract",
    "StreamContract",
]
