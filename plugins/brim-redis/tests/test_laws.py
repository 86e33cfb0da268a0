"""Every law of a cache, on a real server."""

from __future__ import annotations

from typing import ClassVar

import pytest

from brim.testing.contracts import CacheContract
from brim_redis import RedisCache
from conftest import Server


class TestRedisCache(CacheContract):
    plugin = RedisCache
    settings: ClassVar = {}

    @pytest.fixture(autouse=True)
    def _served(self, shared_server: Server) -> None:
        # a second is plenty here: what is tested is not how fast a busy machine is
        type(self).settings = {"url": shared_server.url, "timeout": 1.0}
