"""What a proxy adds: direct, the bare pass-through, Brim, and LiteLLM where it is installed.

All sides run in turns within each round, each proxy in a process of its own, against one stub
on loopback. Prints milliseconds added to direct (p50 / p99) and the proxy's CPU milliseconds for
a request. `python proxy.py [--rounds N] [--quick] [--litellm]`
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import uvloop
from load import load

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
WORDS = "the parser reads line 42 of src/app.py and returns a list of tokens to its caller "
SERIAL = count()
ROLES = ("user", "assistant")

SETTINGS = """
[models.roomy]
window = 4000000
like = "gpt-4o"
[models.narrow]
window = 12000
max_output = 1000
like = "gpt-4o"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


@contextmanager
def process(port: int, command: list[str], folder: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers on this port."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=sys.stderr) as run:
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield run
        finally:
            run.terminate()


def cpu_ms(pid: int) -> float:
    """CPU milliseconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / TICKS


class Conversation:
    """Bodies of about `size` bytes, each of which goes on from the one before, as a client's do.

    With one message there is nothing to go on from: each is a conversation of its own.
    """

    LONGEST = 40
    """Turns, before a new conversation begins from the same messages."""

    def __init__(self, size: int, model: str, stream: bool, messages: int) -> None:
        self.single = messages == 1
        each = max(size // messages - 40, 20)
        said = [
            (f"{i} " + WORDS * (each // len(WORDS) + 1))[:each]
            for i in range(messages - 1 + messages % 2)
        ]
        self.start = json.dumps({"stream": stream, "model": model}, separators=(",", ":"))[:-1]
        self.known = [json.dumps({"role": ROLES[i % 2], "content": s}) for i, s in enumerate(said)]
        self.turns: list[str] = []

    def body(self) -> bytes:
        number = next(SERIAL)
        if self.single:
            self.turns = [f"{number}"]
            text = json.dumps({"role": "user", "content": f"{number} {self.known[0]}"})
            return f'{self.start},"messages":[{text}]}}'.encode()
        if len(self.turns) >= self.LONGEST:
            self.turns = []
        if self.turns:
            self.turns.append(json.dumps({"role": "assistant", "content": f"answer {number}"}))
        self.turns.append(json.dumps({"role": "user", "content": f"question {number}"}))
        known = ",".join([*self.known, *self.turns])
        return f'{self.start},"messages":[{known}]}}'.encode()


def percentile(times: list[float], share: float) -> float:
    return 1000 * sorted(times)[min(int(share * len(times)), len(times) - 1)]


def sides(stack: ExitStack, folder: str, litellm: bool) -> dict[str, tuple[int, int]]:
    """Name -> port and process of each side."""
    python = sys.executable
    up = free_port()
    stub = stack.enter_context(process(up, [python, str(HERE / "upstream.py"), str(up)], folder))
    bare, brim = free_port(), free_port()
    command = [python, str(HERE / "bare.py"), str(bare), str(up)]
    found = {"direct": (up, stub.pid)}
    found["bare"] = (bare, stack.enter_context(process(bare, command, folder)).pid)
    Path(folder, "brim.toml").write_text(SETTINGS + "[plugin.proxy]\naccess_log = false\n")
    serve = "from brim.cli.main import main; main()"
    command = [python, "-c", serve, "serve", "--upstream", f"http://127.0.0.1:{up}"]
    command += ["--port", str(brim)]
    found["brim"] = (brim, stack.enter_context(process(brim, command, folder)).pid)
    found["brim off"] = found["brim"]
    if litellm:
        port = free_port()
        models = [
            {"model_name": name, "litellm_params": {"model": f"openai/{name}", "api_key": "k"}}
            | {"api_base": f"http://127.0.0.1:{up}/v1"}
            for name in ("roomy", "narrow")
        ]
        for model in models:
            model["litellm_params"]["api_base"] = model.pop("api_base")
        Path(folder, "litellm.json").write_text(json.dumps({"model_list": models}))
        program = str(Path(python).parent / "litellm")
        command = [program, "--config", "litellm.json", "--port", str(port), "--host", "127.0.0.1"]
        found["litellm"] = (port, stack.enter_context(process(port, command, folder)).pid)
    return found


CASES = [
    ("1 KB", 1_000, "roomy", False, 1),
    ("1 KB, 64 events", 1_000, "roomy", True, 1),
    ("100 KB", 100_000, "roomy", False, 200),
    ("1 MB", 1_000_000, "roomy", False, 400),
    ("100 KB, fitted", 100_000, "narrow", False, 200),
]


async def measure(options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        ports = sides(stack, folder, options.litellm)
        for label, size, model, stream, messages in CASES:
            for clients in options.clients:
                number = max(options.requests // (1 + size // 50_000), 4 * clients, 40)
                case = partial(Conversation, size, model, stream, messages)
                await row(label, clients, number, options.rounds, ports, case)


async def row(
    label: str,
    clients: int,
    number: int,
    rounds: int,
    ports: dict[str, tuple[int, int]],
    case: partial[Conversation],
) -> None:
    times: dict[str, list[float]] = {name: [] for name in ports}
    talks = {name: [case() for _ in range(clients)] for name in ports}
    spent = dict.fromkeys(ports, 0.0)
    failed = 0
    for turn in range(-1, rounds):
        for name, (port, pid) in ports.items():
            before = cpu_ms(pid)
            extra = b"x-brim-mode: off\r\n" if name == "brim off" else b""
            bodies = [talk.body for talk in talks[name]]
            took, bad = await load(port, number if turn >= 0 else clients * 2, bodies, extra)
            if turn >= 0:
                spent[name] += cpu_ms(pid) - before
                times[name] += took
                failed += bad
    p50, p99 = (percentile(times["direct"], share) for share in (0.5, 0.99))
    line = f"{label:16} {clients:3} clients  direct {p50:.2f}/{p99:.2f}"
    for name in ports:
        if name != "direct":
            added = [percentile(times[name], share) for share in (0.5, 0.99)]
            cpu = spent[name] / len(times[name])
            line += f"  {name} +{added[0] - p50:.2f}/+{added[1] - p99:.2f} cpu {cpu:.2f}"
    print(line + (f"  FAILED {failed}" if failed else ""), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--requests", type=int, default=400, help="of 1 KB, for each side and round"
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 50])
    parser.add_argument("--litellm", action="store_true")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
