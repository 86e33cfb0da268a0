"""Every law of a cache."""

from __future__ import annotations

from typing import ClassVar

import pytest

from brim.testing.contracts import CacheContract
from brim_diskcache import DiskcacheCache


class TestDiskcache(CacheContract):
    plugin = DiskcacheCache
    settings: ClassVar = {}
    examples: ClassVar = 15

    @pytest.fixture(autouse=True)
    def _own_folder(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        type(self).settings = {"path": str(tmp_path_factory.mktemp("contract") / "own")}
