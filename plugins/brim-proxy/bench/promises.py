"""Two promises: 1,000 requests at 50 at once all succeed with under 50 ms added, and when 300
clients leave, their upstream connections close within a second.

`python promises.py`
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvloop
from load import load
from proxy import Conversation, percentile, sides

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from running import serving
from stub import Stub, chunk, chunked

from brim import Brim

BODY = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
ASK = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


def many(requests: int = 1_000, clients: int = 50) -> None:
    case = partial(Conversation, 1_000, "roomy", False, 1)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        ports = sides(stack, folder, litellm=False)
        for _ in range(2):  # the first round warms
            seen = {}
            for name in ("direct", "bare", "brim"):
                bodies = [case().body for _ in range(clients)]
                times, failed = uvloop.run(load(ports[name][0], requests, bodies))
                seen[name] = times
                print(f"{name:7} {requests - failed}/{requests} answered with 200", end="  ")
                print(*(f"p{q} {percentile(times, q / 100):.1f} ms" for q in (50, 95, 99)))
        added = percentile(seen["brim"], 0.5) - percentile(seen["direct"], 0.5)
        print(f"added by Brim, p50 at {clients} at once: {added:.1f} ms")


def leaving(clients: int = 300) -> None:
    late: list[float] = []
    for streamed in (True, False):
        script = [chunked(), chunk(b"data: 1\n\n"), "hang"] if streamed else ["hang"]
        with (
            Stub(lambda _, s=script: s) as stub,
            Brim({"archive": {"where": "memory"}}) as brim,
            serving(stub, brim) as proxy,
        ):
            for i in range(clients // 2):
                with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
                    client.sendall(ASK)
                    while len(stub.requests) <= i:
                        time.sleep(0.001)
                    if streamed:
                        client.recv(10)
                left = time.monotonic()
                assert stub.requests[i].left.wait(10)
                late.append(time.monotonic() - left)
    worst = 1000 * max(late)
    print(f"{len(late)} clients left; upstream closed after at most {worst:.1f} ms")


if __name__ == "__main__":
    leaving()
    many()
