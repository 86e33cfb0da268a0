"""A Redis server of its own for each test that asks for one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define
from redis import Redis, RedisError


def pytest_configure() -> None:
    if shutil.which("redis-server") or "redis" not in os.environ.get("BRIM_REQUIRE", "").split(","):
        return
    pytest.exit("there is no redis-server, and BRIM_REQUIRE says that there must be one", 1)


@define(eq=False)
class Server:
    """A server on loopback, in a folder of its own, that keeps nothing on disk."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                with Redis(port=self.port) as client:
                    client.ping()
                return
            except RedisError:
                time.sleep(0.01)
        raise RuntimeError("redis-server does not start")

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            self.thaw()
            self.process.kill()
            self.process.wait()
            self.process = None

    def _signal(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from _served(tmp_path)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _served(tmp_path_factory.mktemp("redis"))


def _served(folder: Path) -> Iterator[Server]:
    if not shutil.which("redis-server"):
        pytest.skip("this test needs redis-server, which is not here")
    made = Server(_free_port(), folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
