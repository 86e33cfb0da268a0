"""A walk through one conversation, with plots: measure it, check it, fit it, compare strategies.

    python examples/walkthrough.py pages

Writes `compare.html` and `diff.html` into the folder. They need no other file and no network.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from brim.cli.main import cli
from brim.demo.recording import load


def agent_run(turns: int) -> dict[str, object]:
    """The beginning of the conversation that comes with `brim demo`, as a request."""
    recording = load()
    *_, length = recording.turns(turns)
    messages = recording.messages[:length]
    return {"model": "gpt-4o", "messages": messages, "tools": recording.tools}


def brim(*words: str) -> None:
    """One command, as typed into a shell."""
    print(f"\n$ brim {' '.join(words)}", flush=True)
    cli.main(list(words), prog_name="brim", standalone_mode=False)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    talk = str(folder / "talk.json")
    Path(talk).write_text(json.dumps(agent_run(60)), encoding="utf-8")
    brim("count", talk)
    brim("check", talk)
    brim("explain", talk, "--budget", "16k")
    brim("diff", talk, "--budget", "16k", "--html", str(folder / "diff.html"))
    strategies = "auto,tool-masking,key-point-extraction,smart-truncation"
    page = str(folder / "compare.html")
    brim("compare", talk, "--budget", "25%", "--strategies", strategies, "--html", page)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pages"))
