"""The proxies that are compared, each in a process of its own, before one upstream."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MODELS", "Side", "serve", "sides"]

HERE = Path(__file__).parent
CPU_CLOCK = 2
"""In the low bits of a clock's number: the CPU time of a process, that of ended threads included.
The bits above are the process, inverted; see `clock_getcpuclockid` of the C library."""

START = 300.0
"""Seconds that a side may take until it listens."""

MODELS = ("roomy", "narrow", "glm-4.5")
SETTINGS = """
[models.roomy]
window = 4000000
like = "gpt-4o"
[models.narrow]
window = 12000
max_output = 1000
like = "gpt-4o"
"""
LITELLM = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


@dataclass
class Side:
    """One way to the upstream. `slow` ones get fewer requests."""

    name: str
    port: int
    pid: int
    headers: bytes = b""
    slow: bool = False

    def cpu_ms(self) -> float:
        """CPU milliseconds of the process and its children so far."""
        return sum(map(_cpu_ms, _family(self.pid)))

    def rss_mib(self) -> float:
        """Resident memory."""
        pages = [
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _family(self.pid)
        ]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread may end meanwhile
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    return found


def _cpu_ms(pid: int) -> float:
    return time.clock_gettime_ns(~pid << 3 | CPU_CLOCK) / 1e6


def sides(stack: ExitStack, folder: Path, litellm: Path | None) -> list[Side]:
    """Direct, bare pass-through, Brim, Brim told to keep out, and LiteLLM where there is one."""
    python = sys.executable
    up, stub = _started(stack, folder, [python, str(HERE / "upstream.py"), "{port}"])
    bare = _started(stack, folder, [python, str(HERE / "bare.py"), "{port}", str(up)])
    brim = serve(stack, folder, up)
    found = [
        Side("direct", up, stub),
        Side("bare", *bare),
        Side("brim", *brim),
        Side("brim off", *brim, b"x-brim-mode: off\r\n"),
    ]
    if litellm:
        (folder / "litellm.json").write_text(json.dumps(_litellm(up)))
        command = [str(litellm), "--config", "litellm.json", "--host", "127.0.0.1"]
        found.append(
            Side("litellm", *_started(stack, folder, [*command, "--port", "{port}"]), slow=True)
        )
    return found


def serve(stack: ExitStack, folder: Path, up: int) -> tuple[int, int]:
    """`brim serve` before the upstream at port `up`: its port and process."""
    (folder / "brim.toml").write_text(SETTINGS)
    program = [sys.executable, "-c", "from brim.cli.main import main; main()"]
    options = ["--port", "{port}", "--upstream", f"http://127.0.0.1:{up}"]
    return _started(stack, folder, [*program, "serve", *options])


def _litellm(up: int) -> dict[str, object]:
    """A configuration that forwards all models to the upstream."""
    where = {"api_base": f"http://127.0.0.1:{up}/v1", "api_key": "k"}
    return {
        "model_list": [
            {"model_name": name, "litellm_params": {"model": f"openai/{name}", **where}}
            for name in MODELS
        ]
    }


def _started(stack: ExitStack, folder: Path, command: list[str]) -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    words = [word.replace("{port}", str(port)) for word in command]
    return port, stack.enter_context(_running(words, folder, port)).pid


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    log = folder / f"{port}.log"
    environment = {**os.environ, **LITELLM, "BRIM_DATA_DIR": str(folder)}
    with (
        log.open("wb") as told,
        subprocess.Popen(command, cwd=folder, stdout=told, stderr=told, env=environment) as run,
    ):
        try:
            _wait(run, port, log)
            yield run
        finally:
            run.terminate()


def _wait(run: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START
    while run.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{' '.join(run.args)} does not listen: {log.read_text()[-2000:]}")
