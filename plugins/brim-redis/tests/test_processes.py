"""Two machines, one Redis: the second makes no model call for a history that the first condensed,
sends the same bytes, and gives back what the first left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
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
    "archive": {"where": "caches"},
    "plugin": {"redis-cache": {"url": sys.argv[1], "timeout": 1.0}},
}
given = json.loads(sys.stdin.read())
out = []
with brim.Brim(settings, [Summary(), model]) as app:
    texts = [json.dumps(app.expand(handle).messages) for handle in given["handles"]]
    (tier,) = [one for one in app.engine.tiers.tiers if one.name == "redis-cache"]
    for messages in given["talks"]:
        before = tier.cache.client.info("commandstats").get("cmdstat_mget", {}).get("calls", 0)
        fitted = app.fit(messages, model="gpt-4o", budget=2000)
        after = tier.cache.client.info("commandstats").get("cmdstat_mget", {}).get("calls", 0)
        (handle,) = [change.handle for change in fitted.diff().changed if change.handle]
        original = json.dumps(fitted.expand(handle).messages)
        sent = json.dumps(fitted.messages)
        out.append([fitted.report.replayed, sent, handle, original, after - before])
print(json.dumps([model.calls, out, texts]))
"""


def chat(messages: int) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[i % 2], "content": f"message {i} " + f"word{i} " * 40}
        for i in range(messages)
    ]


def machine(
    server: Server,
    home: Path,
    name: str,
    key: str = "0123456789abcdef",
    handles: Sequence[str] = (),
) -> Any:
    """What a machine with nothing of its own makes of the same conversation, and what it finds
    under handles, before it has seen any."""
    (home / name).mkdir()
    own = {"XDG_CACHE_HOME": str(home / name), "XDG_DATA_HOME": str(home / name)}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, server.url, name],
        input=json.dumps({"talks": [chat(40), chat(42), chat(90)], "handles": handles}),
        env={**os.environ, **own, "BRIM_DATA_DIR": str(home / name), "BRIM_CACHE_KEY": key},
        capture_output=True,
        text=True,
        check=True,
        cwd=home / name,
    )
    return json.loads(answer.stdout)


def test_the_second_machine_asks_nobody_and_sends_the_same_bytes(
    server: Server, tmp_path: Path
) -> None:
    calls, said, _ = machine(server, tmp_path, "first")
    assert calls == 2
    assert [replayed for replayed, *_ in said] == [False, True, True]
    calls_again, said_again, _ = machine(server, tmp_path, "second")
    assert calls_again == 0
    assert [replayed for replayed, *_ in said_again] == [True, True, True]
    assert [text for _, text, *_ in said_again] == [text for _, text, *_ in said]
    assert [reads for *_, reads in said_again] == [1, 1, 1]


def test_the_second_machine_gives_back_what_the_first_left_out(
    server: Server, tmp_path: Path
) -> None:
    _, said, _ = machine(server, tmp_path, "first")
    handles = [handle for _, _, handle, _, _ in said]
    _, _, found = machine(server, tmp_path, "second", handles=handles)
    assert found == [original for _, _, _, original, _ in said]


def test_a_machine_with_another_key_believes_nothing(server: Server, tmp_path: Path) -> None:
    machine(server, tmp_path, "first")
    calls, said, _ = machine(server, tmp_path, "intruder", "another key of 32")
    assert calls == 2
    assert "a summary by first" not in json.dumps(said)
