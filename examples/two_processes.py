"""Two processes share what was condensed through one Redis. Needs the distribution `brim-redis`.

    python examples/two_processes.py redis://127.0.0.1:6379/0

The second process has never seen the conversation. It replays what the first one made of it, so
that both send the same, byte for byte.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys

import brim

TALK = [
    {"role": role, "content": f"{number}: " + "so it goes on. " * 60}
    for number in range(30)
    for role in ("user", "assistant")
] + [{"role": "user", "content": "And now?"}]


def fit(url: str) -> None:
    """What one process does. It prints what it would send, and where it had it from."""
    settings = {
        "caches": ["memory-cache", "redis-cache"],
        "plugin": {"redis-cache": {"url": url, "timeout": 2.0}},
    }
    with brim.Brim(settings) as app:
        fitted = app.fit(TALK, model="gpt-4o", budget=4_000)
    print(json.dumps({"messages": fitted.messages, "replayed": fitted.report.replayed}))


def main(url: str) -> None:
    environment = {**os.environ, "BRIM_CACHE_KEY": secrets.token_hex(32)}
    told = []
    for _ in range(2):
        command = [sys.executable, __file__, "--one", url]
        answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        told.append(json.loads(answer.stdout))
    first, second = told
    print(f"the first process condensed {len(TALK)} messages to {len(first['messages'])}")
    print(f"the second replayed that: {second['replayed']}")
    print(f"both send the same: {first['messages'] == second['messages']}")


if __name__ == "__main__":
    *one, where = sys.argv[1:] or ["redis://127.0.0.1:6379/0"]
    (fit if one else main)(where)
