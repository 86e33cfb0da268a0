"""Every example runs, and says what it says it does."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BRIM = ("-c", "from brim.cli.main import main; main()")
Require = Callable[[str], None]


def run(*words: str, cwd: Path, **environ: str) -> str:
    answer = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def example(name: str) -> str:
    return str(EXAMPLES / name)


def test_library_loop(tmp_path: Path) -> None:
    lines = run(example("library_loop.py"), cwd=tmp_path).splitlines()
    sizes = [tuple(int(n.replace(",", "")) for n in re.findall(r"[\d,]{2,}", x)) for x in lines]
    before, after = zip(*(size[-2:] for size in sizes), strict=True)
    assert len(lines) == 30
    assert max(after) <= 2_000 < max(before)


def test_chat_with_tools(tmp_path: Path) -> None:
    assert run(example("chat_with_tools.py"), cwd=tmp_path).splitlines() == [
        "stock -> 0",
        "order -> 500 of nut ordered",
        "There were none, so I ordered 500.",
    ]


def test_one_file_plugin(tmp_path: Path) -> None:
    talk = [{"role": "system", "content": "Be brief."}]
    for turn in range(30):
        talk.append({"role": "user", "content": f"Question {turn}?"})
        talk.append({"role": "assistant", "content": f"Answer {turn}. " + "And more. " * 100})
    talk.append({"role": "user", "content": "And now?"})
    (tmp_path / "talk.json").write_text(json.dumps(talk), encoding="utf-8")
    words = ("--model", "gpt-4o", "--budget", "6k", "--strategy", "one-file-plugin", "--json")
    plugin = ("--plugin", example("one_file_plugin.py"))
    (report,) = json.loads(run(*BRIM, *plugin, "fit", "talk.json", *words, cwd=tmp_path))
    assert report["strategies"] == ["one-file-plugin"]
    assert report["messages_after"] == len(talk)


def test_packaged_plugin(tmp_path: Path) -> None:
    folder = EXAMPLES / "packaged_plugin"
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder))
    assert " passed" in run(*words, cwd=tmp_path, PYTHONPATH=str(folder / "src"))


def test_walkthrough(tmp_path: Path) -> None:
    said = run(example("walkthrough.py"), "pages", cwd=tmp_path)
    assert said.count("\n$ brim ") == 5
    assert "1 conversation, 0 violations" in said
    for name in ("compare.html", "diff.html"):
        page = (tmp_path / "pages" / name).read_text(encoding="utf-8")
        assert "<svg" in page or name == "diff.html"
        assert not re.search(r"""(?:src|href)=["']https?:""", page)


def test_proxy_client(tmp_path: Path, require: Require) -> None:
    require("brim_proxy")
    told = run(example("proxy_client.py"), "proxy.toml", cwd=tmp_path).splitlines()
    few, many = (
        re.match(r"(\d+) messages sent, (\d+) messages arrived: (\d+) -> (\d+) tokens", line)
        for line in told
    )
    assert few
    assert many
    assert few[1] == few[2]
    assert few[3] == few[4]
    assert int(many[1]) == 82 > int(many[2])
    assert int(many[4]) <= 3_500 < int(many[3])


@pytest.fixture
def redis(require: Require, tmp_path: Path) -> Iterator[str]:
    """The address of a Redis server of this test's own."""
    require("redis")
    require("brim_redis")
    server = shutil.which("redis-server")
    assert server
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path))
    process = subprocess.Popen([server, *words], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def test_two_processes(tmp_path: Path, redis: str) -> None:
    """A busy machine may need longer than a request waits for its tiers: then it condenses anew."""
    for _ in range(5):
        first, second, both = run(example("two_processes.py"), redis, cwd=tmp_path).splitlines()
        assert re.fullmatch(r"the first process condensed 61 messages to \d+", first)
        assert both == "both send the same: True"
        if second == "the second replayed that: True":
            return
    raise AssertionError(second)


def test_the_table_lists_them_all() -> None:
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        if not path.name.startswith((".", "_")) and path.name != "README.md":
            assert f"`{path.name}{'/' if path.is_dir() else ''}`" in told
