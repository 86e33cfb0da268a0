"""A running proxy as `brim stats` and `brim top` find it."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from replies import provider
from running import ask
from stub import Recorded, Stub, whole
from test_serving import BODY, CHAT, process

from brim.cli.running import processes
from brim.store.running import Notice, found

SECRET = "sesame-8131"
TALK = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"{SECRET} " * 50}]}


def told(folder: Path, answers: int) -> Notice:
    """The only one, once it tells of so many answers."""
    for _ in range(600):
        running = found(folder).running
        if running and running[0].figures["proxy"]["answers"] == answers:
            return running[0]
        time.sleep(0.05)
    raise AssertionError(f"no file tells of {answers} answers: {running}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path))
    return tmp_path / "run"


def fails_later(recorded: Recorded) -> object:
    asked = json.loads(recorded.body)
    return provider(recorded) if len(asked["messages"]) < 2 else [whole("500 Broken", b"{}")]


def test_a_proxy_is_there_from_its_start_to_its_end(folder: Path) -> None:
    with Stub(fails_later) as stub, process(stub) as (served, port):
        first = told(folder, 0)
        assert (first.pid, first.kind, first.name) == (served.pid, "proxy", "127.0.0.1")
        ask(port, "POST", CHAT, BODY)
        ask(port, "POST", CHAT, json.dumps(TALK).encode())
        twice = {**TALK, "messages": TALK["messages"] * 2}
        assert ask(port, "POST", CHAT, json.dumps(twice).encode())[0].status == 500
        last = told(folder, 3)
        (row,) = processes(found(folder), time.time())
        assert (row.requests, row.errors) == (3, 1)
        assert row.before == row.after > 100
        assert row.level == "ok"
        assert last.figures["total_requests"] == 3
        assert SECRET not in (folder / f"{served.pid}-1.json").read_text()
        served.send_signal(signal.SIGTERM)
        served.wait(30)
    assert list(folder.iterdir()) == []


def test_it_can_be_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_MONITOR__PUBLISH", "off")
    with Stub(provider) as stub, process(stub) as (_, port):
        assert ask(port, "GET", "/readyz")[0].status in {200, 503}
        ask(port, "POST", CHAT, BODY)
        assert not folder.exists()
