"""Every law of a strategy, on generated conversations."""

from brim.testing.contracts import CondenseContract
from brim_minimal import KeepRecent


class TestKeepRecent(CondenseContract):
    plugin = KeepRecent
