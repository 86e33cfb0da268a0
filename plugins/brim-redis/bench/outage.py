"""What a Redis that is healthy, frozen, slow, stopped and back costs a request, in milliseconds.

`python bench/outage.py [SECONDS]` starts a redis-server of its own on loopback. A request is one
look-up of 20 keys and, where nothing was found, one write, under the patience of one request;
four threads make 50 a second each, for so many seconds in each state. The first line is the same
without Redis: what the machine itself adds. The last column, less that of the first line, is
what Brim promises not to exceed 60. The lines called "first" are the first requests of four
threads at once on a new tier, which has no connection yet, with and without Redis in turn. Each
change of state that was logged is printed below.
"""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from brim.defaults.memory_cache import MemoryCacheSettings, MemoryTier  # noqa: E402
from brim.store.patience import patience  # noqa: E402
from brim.store.seal import Seal  # noqa: E402
from brim.store.tier import Tier  # noqa: E402
from brim.store.tiers import Tiers  # noqa: E402
from brim_redis import RedisCache, RedisCacheSettings  # noqa: E402
from conftest import Server, _free_port  # noqa: E402

THREADS = 4
PAUSE = 0.02
KEYS = 20
ROUNDS = 25


def request(tiers: Tiers, number: int) -> tuple[float, bool]:
    """Milliseconds, and whether it was a hit."""
    space = tiers.space("records")
    keys = [f"{number % 500}.{place}".encode() for place in range(KEYS)]
    began = time.perf_counter()
    with patience():
        found = space.get_many(keys)
        if not found:
            space.add(keys[0], b"x" * 2_000, 600)
    return 1_000 * (time.perf_counter() - began), bool(found)


def client(tiers: Tiers, seconds: float, first: int) -> list[tuple[float, bool]]:
    """Requests one after the other, with pauses."""
    end, results = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        results.append(request(tiers, first + len(results)))
        time.sleep(PAUSE)
    return results


def measured(name: str, tiers: Tiers, seconds: float) -> None:
    errors = tiers.tiers[0].counters.errors
    with ThreadPoolExecutor(THREADS) as pool:
        clients = [pool.submit(client, tiers, seconds, 1_000 * i) for i in range(THREADS)]
        results = [result for one in clients for result in one.result()]
    told(name, results, tiers.tiers[0].counters.errors - errors)


def told(name: str, results: Sequence[tuple[float, bool]], waited: int) -> None:
    times = sorted(taken for taken, _ in results)
    hits = sum(hit for _, hit in results) / len(results)
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    figures = f"{hits:7.1%} {waited:7} {p50:8.2f} {p99:8.2f} {times[-1]:8.2f}"
    print(f"{name:14} {len(times):9,} {figures}", flush=True)


def begun(makers: Mapping[str, Callable[[], Tiers]]) -> None:
    """First requests: each kind of tier anew in each round."""
    results: dict[str, list[tuple[float, bool]]] = {name: [] for name in makers}
    waited = dict.fromkeys(makers, 0)
    for _ in range(ROUNDS):
        for name, make in makers.items():
            tiers, gate = make(), threading.Barrier(THREADS)
            gc.collect()  # what earlier rounds left is not these requests' to clear away
            with ThreadPoolExecutor(THREADS) as pool:
                results[name] += pool.map(partial(_first, tiers, gate), range(THREADS))
            waited[name] += tiers.tiers[0].counters.errors
            tiers.close()
    for name, found in results.items():
        told(name, found, waited[name])


def _first(tiers: Tiers, gate: threading.Barrier, number: int) -> tuple[float, bool]:
    gate.wait()
    return request(tiers, number)


def relay(listener: socket.socket, port: int, seconds: float) -> None:
    """Pass everything on to another port, each piece so much later."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with source, sink, suppress(OSError):
            while data := source.recv(65_536):
                time.sleep(seconds)
                sink.sendall(data)

    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        for ends in ((client, server), (server, client)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


@contextmanager
def slow_relay(port: int, seconds: float) -> Iterator[int]:
    """The port of a relay in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, port, seconds)
        process = get_context("spawn").Process(target=relay, args=arguments, daemon=True)
        process.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            process.kill()
            process.join()


def in_memory(tell: Callable[[str], None]) -> Tiers:
    memory = MemoryTier(MemoryCacheSettings())
    return Tiers([Tier("memory", memory, tell)], Seal(b"k" * 32))


def tiers_on(url: str, tell: Callable[[str], None]) -> Tiers:
    cache = RedisCache(RedisCacheSettings(url)).provide_cache("redis-cache")
    assert cache is not None
    return Tiers([Tier("redis-cache", cache, tell)], Seal(b"k" * 32))


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    lines: list[str] = []
    head = f"{'hits':>7} {'waited':>7} {'p50':>8} {'p99':>8} {'max':>8}"
    print(f"{'redis':14} {'requests':>9} {head}")
    measured("none", in_memory(lines.append), seconds)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(_free_port(), Path(folder))
        server.start()
        try:
            quiet, on = partial(in_memory, [].append), partial(tiers_on, server.url)
            begun({"first, none": quiet, "first": partial(on, [].append)})
            server.freeze()
            begun({"first, none": quiet, "first, frozen": partial(on, [].append)})
            server.thaw()
            tiers = on(lines.append)
            for name, change in (
                ("cold", lambda: None),
                ("healthy", lambda: None),
                ("frozen", server.freeze),
                ("thawed", server.thaw),
                ("stopped", server.stop),
                ("restarted", server.start),
            ):
                change()
                measured(name, tiers, seconds)
            for delay in (0.01, 0.03):
                with slow_relay(server.port, delay) as port:
                    slow = tiers_on(f"redis://127.0.0.1:{port}/0", lines.append)
                    measured(f"slow {2_000 * delay:.0f} ms", slow, seconds)
        finally:
            server.stop()
    print("\n".join(lines))


if __name__ == "__main__":
    subprocess.run(["redis-server", "--version"], check=True, stdout=subprocess.DEVNULL)
    main()
