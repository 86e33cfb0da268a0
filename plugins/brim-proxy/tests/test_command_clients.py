"""Coding agents from npm, as a user runs them, work past their model's window.

They are here where `claude`, `codex` and `opencode` are on PATH; `tox -e e2e` installs them. Each
runs with a home of its own, telemetry and updates off, and knows no address but the proxy's.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from needed import command
from sessions import DONE, Agent, Session, document, judge_rules, overloaded, session
from stub import chunk, chunked

from brim import Brim

WINDOW = 56_000
FILES, LINES = 12, 400
ASK = "Read all the files here and tell me the answer."
SECONDS = 240


@pytest.fixture(scope="module")
def kernel() -> Iterator[Brim]:
    small = {"window": WINDOW, "max_output": 4_000}
    models = {
        "claude-small": {**small, "like": "claude-opus-4-8"},
        "gpt-small": {**small, "like": "gpt-5"},
        "claude-believed-large": {"like": "claude-opus-4-8"},
    }
    with Brim({"models": models, "archive": {"where": "memory"}}) as made:
        made.count([{"role": "user", "content": "warm"}], model="gpt-4o")
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of large files, to work in."""
    work = tmp_path / "work"
    work.mkdir()
    for number in range(FILES):
        (work / f"file{number}.txt").write_text(document(number, LINES))
    return work


def run(name: str, words: list[str], folder: Path, typed: str = "", **environment: str) -> str:
    """What the client prints. It sees this environment and none of ours."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    known = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [command(name), *words],
        cwd=folder,
        env={**known, **environment},
        input=typed,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return done.stdout


def claude(seen: Session, folder: Path, model: str = "claude-small") -> str:
    words = ["-p", ASK, "--output-format", "json", "--allowedTools", "Read"]
    settings = {
        "ANTHROPIC_BASE_URL": seen.url,
        "ANTHROPIC_API_KEY": "sk-x",
        "ANTHROPIC_MODEL": model,
        "ANTHROPIC_SMALL_FAST_MODEL": model,
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "4000",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTO_COMPACT": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }
    return json.loads(run("claude", words, folder, **settings))["result"]


def reads(folder: Path) -> list[dict[str, object]]:
    return [{"file_path": str(folder / f"file{n}.txt")} for n in range(FILES)]


def test_claude_code(kernel, folder):
    with session(Agent("Read", reads(folder), WINDOW), kernel) as seen:
        assert claude(seen, folder) == DONE
        seen.judge(profile="claude-opus-4-8", condensed=3)


def test_claude_code_and_an_upstream_with_faults(kernel, folder):
    """Busy, a stream that breaks off, and a window that only the upstream knows."""
    event = b'event: ping\ndata: {"type": "ping"}\n\n'
    broken = [chunked(), chunk(event), 0.1, "reset"]
    faults = {1: overloaded(), 3: broken, 9: overloaded("429 Too Many Requests")}
    agent = Agent("Read", reads(folder), WINDOW, faults)
    with session(agent, kernel) as seen:
        assert claude(seen, folder, "claude-believed-large") == DONE
        seen.judge(profile="claude-opus-4-8", condensed=3, recovered=1)


def test_claude_code_before_a_server_of_openais_kind(kernel, folder):
    """It is busy, breaks off a stream, and knows no Messages. All of it goes up as Chat
    Completions, fitted to the window of the model there."""
    broken = [chunked(), chunk(b'data: {"id": "c", "choices": []}\n\n'), 0.1, "reset"]
    faults = {1: overloaded("503 Service Unavailable"), 3: broken, 9: overloaded("429 Too Many")}
    agent = Agent("Read", reads(folder), WINDOW, faults)
    names = {"claude-*": "gpt-small"}
    with session(agent, kernel, translate="anthropic-to-openai", model_map=names) as seen:
        assert claude(seen, folder, "claude-opus-4-8") == DONE
        assert agent.done
        assert agent.refused == 0
        assert sum(passage.condensed for _, passage in seen.fitted) >= 3
        sent = seen.running.stub.requests
        chats = [one for one in sent if one.target == "/v1/chat/completions"]
        assert not [one.target for one in sent if one.target.startswith("/v1/messages")]
        assert {one.json["model"] for one in chats} == {"gpt-small"}
        judge_rules([one.body for one in chats], "openai-chat", "gpt-5")


CODEX = """
model = "gpt-small"
model_provider = "brim"
model_context_window = 1000000
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.brim]
name = "Brim"
base_url = "{url}/v1"
env_key = "CLIENT_KEY"
wire_api = "responses"
"""


def codex(seen: Session, folder: Path, *lines: str) -> str:
    home = folder.parent / "home" / ".codex"
    home.mkdir(parents=True)
    (home / "config.toml").write_text("\n".join([*lines, CODEX.format(url=seen.url)]))
    words = ["exec", "--skip-git-repo-check", "-s", "danger-full-access", "--json", ASK]
    events = map(json.loads, run("codex", words, folder, CLIENT_KEY="sk-x").splitlines())
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    return [item["text"] for item in items if item["type"] == "agent_message"][-1]


def test_codex(kernel, folder):
    calls = [{"cmd": f"cat file{n}.txt"} for n in range(FILES)]
    faults = {1: overloaded("503 Service Unavailable"), 9: [chunked(), 0.1, "reset"]}
    with session(Agent("exec_command", calls, WINDOW, faults), kernel) as seen:
        assert codex(seen, folder) == DONE
        seen.judge(profile="gpt-5", condensed=3)


def test_codex_that_compacts_by_itself(kernel, folder):
    """Its request for a summary passes, and what it sends after it is another conversation."""
    calls = [{"cmd": f"cat file{n}.txt"} for n in range(FILES)]
    with session(Agent("exec_command", calls, WINDOW), kernel) as seen:
        assert codex(seen, folder, "model_auto_compact_token_limit = 25000") == DONE
        sizes = [len(json.loads(one.body)["input"]) for _, one in seen.fitted]
        assert any(later < earlier for earlier, later in pairwise(sizes))
        assert seen.agent.done
        assert seen.agent.refused == 0


def test_opencode(kernel, folder):
    model = {"name": "gpt-small", "limit": {"context": 1_000_000, "output": 4_000}}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Brim", "models": {"gpt-small": model}}
    calls = [{"filePath": one["file_path"]} for one in reads(folder)]
    with session(Agent("read", calls, WINDOW, {9: overloaded()}), kernel) as seen:
        provider["options"] = {"baseURL": f"{seen.url}/v1", "apiKey": "{env:CLIENT_KEY}"}
        config = {"model": "brim/gpt-small", "small_model": "brim/gpt-small", "autoupdate": False}
        config |= {"share": "disabled", "provider": {"brim": provider}}
        (folder / "opencode.json").write_text(json.dumps(config))
        quiet = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
        assert DONE in run("opencode", ["run", ASK], folder, CLIENT_KEY="sk-x", **quiet)
        assert seen.running.stub.requests[-1].headers["authorization"] == "Bearer sk-x"
        seen.judge(profile="gpt-5", condensed=3)


def test_aider(kernel, folder):
    """Which has no tools: every question comes with all that was said before."""
    questions = "".join(f"{document(n, LINES).replace(chr(10), '; ')}\n" for n in range(FILES))
    words = ["--model", "openai/gpt-small", "--chat-mode", "ask", "--no-git", "--yes"]
    words += ["--no-check-update", "--no-show-model-warnings", "--no-pretty", "--no-fancy-input"]
    words += ["--map-tokens", "0", "--max-chat-history-tokens", "1000000", "--analytics-disable"]
    with session(Agent("", [], WINDOW, step=1), kernel) as seen:
        known = {"OPENAI_API_BASE": f"{seen.url}/v1", "OPENAI_API_KEY": "sk-x"}
        printed = run("aider", words, folder, questions, **known)
        assert printed.count("Water boils at 100 degrees.") == FILES
        seen.judge(profile="gpt-5", condensed=2)
