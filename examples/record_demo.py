"""Records the conversation that `brim demo` replays.

A program with a plan plays the agent. It works on a small parcel pricing service with seeded
faults; its tools (files, search, tests, Python, SQL, diff) really run, and what it says is made
from what they really returned. Run from the repository: `python examples/record_demo.py`.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path

from demo_agent.agent import Agent
from demo_agent.data import make_workspace
from demo_agent.tasks import TASKS
from demo_agent.tools import Workspace

TARGET = Path(__file__).parent.parent / "src/brim/demo/recording.jsonl.gz"


def record() -> dict[str, object]:
    """Work through all tasks in a fresh workspace; the whole conversation as one request."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        make_workspace(root)
        agent = Agent(Workspace(root))
        for task in TASKS:
            task(agent)
        return agent.request()


def write(request: dict[str, object], target: Path) -> None:
    """One line of JSON, packed without name and time, so that equal input gives equal bytes."""
    line = json.dumps(request, ensure_ascii=False, separators=(",", ":")) + "\n"
    target.write_bytes(gzip.compress(line.encode(), compresslevel=9, mtime=0))


def main() -> None:
    request = record()
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    write(request, target)
    messages = request["messages"]
    turns = sum(message["role"] == "assistant" for message in messages)
    print(f"{len(messages)} messages, {turns} turns, {target.stat().st_size:,} bytes in {target}")


if __name__ == "__main__":
    main()
