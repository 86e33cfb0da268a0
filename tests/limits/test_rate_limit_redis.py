"""Limits that processes share over a real Redis, and what happens when it is gone."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brim import Brim
from brim.api import Request, RequestRefused

pytest.importorskip("redis")
pytestmark = pytest.mark.skipif(not shutil.which("redis-server"), reason="there is no redis-server")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    process = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
    for _ in range(500):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.01)
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()


@pytest.mark.parametrize("algorithm", ["fixed-window", "moving-window", "sliding-window"])
def test_processes_share_their_limits(
    algorithm: str, server: tuple[str, subprocess.Popen[bytes]], make: Callable[..., Brim]
) -> None:
    url, process = server
    section = {"algorithm": algorithm, "requests": 3, "tokens": 1_000, "storage": url}
    one, two = (make(plugin={"rate-limit": section}) for _ in range(2))

    def admit(brim: Brim, tokens: int) -> bool:
        return brim.host.drive.run(brim.host.calls.admit(Request("t", "m", tokens)))

    assert admit(one, 600)
    assert admit(two, 300)
    with pytest.raises(RequestRefused) as caught:
        admit(one, 200)
    assert (caught.value.unit, caught.value.remaining) == ("tokens", 100)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 120
    assert admit(two, 100)
    with pytest.raises(RequestRefused, match="3 requests"):
        admit(one, 0)
    process.send_signal(signal.SIGSTOP)
    assert not admit(two, 1)  # the answer that does not come is not waited for
    process.kill()
    process.wait()
    assert not admit(two, 1)
