"""Several workers and several replicas with one shared cache: whoever gets a request, the same
bytes go up, and no model is asked twice."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from replies import provider
from stub import Recorded, Stub, whole
from test_serving import CHAT, process

KEY = "0123456789abcdef"
CLIENT = {"Authorization": "Bearer sk-client", "Connection": "close"}
SETTINGS = """
caches = [{caches}]
complete = ["openai-completion"]
strategies = ["conversation-summary"]

[plugins]
files = ["calm.py"]

[archive]
where = "caches"

[condensation]
quality = 0.0
max_messages = 1000

[models.tiny]
window = 2000
max_output = 200
like = "gpt-4o"

[plugin.openai-completion]
base_url = "{url}/v1"
model = "summarizer"

[plugin.disk-cache]
path = "{folder}/cache.sqlite"
"""
CALM = """
import brim.store.health, brim.store.patience
from brim.api import hookimpl

brim.store.patience.PATIENCE = brim.store.health.LATE = 60.0  # this is not about time

@hookimpl
def close():
    pass
"""
REDIS = '\n[plugin.redis-cache]\nurl = "redis://127.0.0.1:{port}/0"\ntimeout = 1.0\n'


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """The port of a server of one's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL) as served:
        try:
            for _ in range(500):
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.02)
            yield port
        finally:
            served.kill()


class Models:
    """An upstream that answers clients, and the summarizer with something new each time."""

    def __init__(self) -> None:
        self.summaries = 0
        self.bodies: list[bytes] = []
        self.lock = threading.Lock()

    def script(self, recorded: Recorded):
        if recorded.json["model"] != "summarizer":
            with self.lock:
                self.bodies.append(recorded.body)
            return provider(recorded)
        with self.lock:
            self.summaries += 1
            said = f"Goal: number {self.summaries}"
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 3}
        answer = {"model": "summarizer", "choices": [{"index": 0, **choice}], "usage": usage}
        return [whole("200 OK", json.dumps(answer).encode())]


def said(turns: int, who: int = 0) -> bytes:
    messages = [
        {"role": ("user", "assistant")[n % 2], "content": f"{who}.{n}: " + "so it goes, " * 20}
        for n in range(turns)
    ]
    return json.dumps({"model": "tiny", "messages": messages}).encode()


@pytest.fixture(params=["disk-cache", "redis-cache"])
def models(request, tmp_path, monkeypatch) -> Iterator[tuple[Models, Stub]]:
    """What replicas share: an upstream, and the tier of their settings file."""
    found, tier = Models(), request.param
    with ExitStack() as stack:
        stub = stack.enter_context(Stub(found.script))
        caches = f'"memory-cache", "{tier}"'
        text = SETTINGS.format(caches=caches, url=stub.url, folder=tmp_path / "own")
        if tier == "redis-cache":
            if not (find_spec("brim_redis") and shutil.which("redis-server")):
                pytest.skip("this test needs brim-redis and redis-server")
            text += REDIS.format(port=stack.enter_context(redis(tmp_path)))
        (tmp_path / "brim.toml").write_text(text)
        (tmp_path / "calm.py").write_text(CALM)
        monkeypatch.chdir(tmp_path)
        for name in ("BRIM_CACHE_KEY", "OPENAI_API_KEY"):
            monkeypatch.setenv(name, KEY)
        yield found, stub


def ask(port: int, method: str, path: str, body: bytes | None, headers: dict[str, str]):
    """One request, with the patience for workers that are still starting on a busy machine."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=180)) as client:
        client.request(method, path, body, headers)
        response = client.getresponse()
        return response, response.read()


def sent(port: int, body: bytes) -> tuple[str, str]:
    """What the proxy says of a request: strategies and handles."""
    response, _ = ask(port, "POST", CHAT, body, CLIENT)
    assert response.status == 200
    return response.headers["x-brim-strategies"] or "", response.headers["x-brim-handles"] or ""


def test_two_replicas(models) -> None:
    model, stub = models
    with process(stub) as (_, one), process(stub) as (_, other):
        for who in range(2):
            for turns in (41, 43, 45):
                ports = (one, other) if who % 2 else (other, one)
                first, second = (sent(port, said(turns, who)) for port in ports)
                assert first[1] == second[1] != ""
        made = model.summaries
        assert model.bodies[::2] == model.bodies[1::2]
        assert all(b"Goal: number" in body for body in model.bodies)
    assert 2 <= made <= 4
    with process(stub) as (_, late):
        sent(late, said(45, 0))
    assert model.summaries == made
    assert model.bodies[-1] == model.bodies[4]


def test_two_workers(models) -> None:
    model, stub = models
    with process(stub, "--workers", "2") as (served, port):
        seen = set()
        for _ in range(400):
            seen.add(
                json.loads(ask(port, "GET", "/brim/stats", None, CLIENT)[1])["proxy"]["worker"]
            )
            if len(seen) == 2:
                break
            time.sleep(0.05)
        assert len(seen) == 2
        sent(port, said(41))
        made = model.summaries
        for _ in range(30):
            sent(port, said(41))
        assert model.summaries == made == 1
        assert len(set(model.bodies)) == 1
        served.send_signal(signal.SIGTERM)
        assert served.wait(120) == 0


def test_without_the_same_key_nothing_is_shared(models, monkeypatch) -> None:
    model, stub = models
    with process(stub) as (_, one):
        sent(one, said(41))
    monkeypatch.setenv("BRIM_CACHE_KEY", KEY[::-1])
    with process(stub) as (_, other):
        sent(other, said(41))
    assert model.summaries == 2


def test_clients_are_told_apart_on_all_replicas(models) -> None:
    """Without keys: by what they present, with the same result on each."""
    model, stub = models
    with process(stub) as (_, one), process(stub) as (_, other):
        sent(one, said(41))
        headers = {**CLIENT, "Authorization": "Bearer sk-another"}
        assert ask(other, "POST", CHAT, said(41), headers)[0].status == 200
        assert model.summaries == 2
        sent(other, said(41))
    assert model.summaries == 2
