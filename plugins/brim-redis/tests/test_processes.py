"""Two machines, one Redis: the second makes no model call for a history that the first condensed,
and sends the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import Server

PROGRAM = """
import json, sys
import brim, brim.store.health, brim.store.patience
brim.store.patience.PATIENCE = brim.store.health.LATE = 60.0  # this is not about time
from brim.api import Ask, Completion, Condensation, Replace, hookimpl

class Summary:
    name = "summary"

    @hookimpl
    def condense(self, task):
        exchanges = task.conversation.exchanges[:-4]
        said = yield Ask((("user", f"sum up {len(exchanges)} exchanges"),))
        return Condensation((Replace(tuple(one.index for one in exchanges), said.text),))

class Model:
    name = "model"
    calls = 0

    @hookimpl
    async def complete(self, ask):
        self.calls += 1
        return Completion(f"a summary by {sys.argv[2]}")

model = Model()
settings = {
    "caches": ["memory-cache", "redis-cache"],
    "strategies": ["summary"],
    "complete": ["model"],
    "condensation": {"quality": 0},
    "archive": {"where": "memory"},
    "plugin": {"redis-cache": {"url": sys.argv[1], "timeout": 1.0}},
}
out = []
with brim.Brim(settings, [Summary(), model]) as app:
    for messages in json.loads(sys.stdin.read()):
        fitted = app.fit(messages, model="gpt-4o", budget=2000)
        out.append([fitted.report.replayed, json.dumps(fitted.messages)])
print(json.dumps([model.calls, out]))
"""


def chat(messages: int) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[i % 2], "content": f"message {i} " + f"word{i} " * 40}
        for i in range(messages)
    ]


def machine(server: Server, home: Path, name: str, key: str = "0123456789abcdef") -> Any:
    """What a machine with nothing of its own makes of the same conversation."""
    (home / name).mkdir()
    own = {"XDG_CACHE_HOME": str(home / name), "XDG_DATA_HOME": str(home / name)}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, server.url, name],
        input=json.dumps([chat(40), chat(42), chat(90)]),
        env={**os.environ, **own, "BRIM_CACHE_KEY": key},
        capture_output=True,
        text=True,
        check=True,
        cwd=home / name,
    )
    return json.loads(answer.stdout)


def test_the_second_machine_asks_nobody_and_sends_the_same_bytes(
    server: Server, tmp_path: Path
) -> None:
    calls, said = machine(server, tmp_path, "first")
    assert calls == 2
    assert [replayed for replayed, _ in said] == [False, True, True]
    calls_again, said_again = machine(server, tmp_path, "second")
    assert calls_again == 0
    assert [replayed for replayed, _ in said_again] == [True, True, True]
    assert [text for _, text in said_again] == [text for _, text in said]


def test_a_machine_with_another_key_believes_nothing(server: Server, tmp_path: Path) -> None:
    machine(server, tmp_path, "first")
    calls, said = machine(server, tmp_path, "intruder", "another key of 32")
    assert calls == 2
    assert "a summary by first" not in json.dumps(said)
