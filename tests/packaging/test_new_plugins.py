"""From the built wheels only: a new plugin is written, installed, tested, used and blocked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fresh_parts import Fresh

pytestmark = pytest.mark.xdist_group("fresh")

KERNEL_ONLY = '[plugins]\ndisabled = ["{name}"]\n'


@contextmanager
def installed(fresh: Fresh, name: str, hook: str, folder: Path) -> Iterator[Path]:
    """A new distribution, built and installed from its wheel."""
    fresh.run("brim", "plugins", "new", name, "--hook", hook, cwd=folder)
    project = folder / f"brim-{name}"
    build = ("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist", ".")
    fresh.run("python", "-m", *build, cwd=project)
    (wheel,) = (project / "dist").glob("*.whl")
    fresh.run("python", "-m", "pip", "install", "--quiet", "--no-deps", str(wheel), cwd=folder)
    try:
        yield project
    finally:
        fresh.run("python", "-m", "pip", "uninstall", "--quiet", "-y", project.name, cwd=folder)


def agent_run() -> list[dict[str, object]]:
    """A conversation of eight long results."""
    talk: list[dict[str, object]] = [{"role": "user", "content": "Read all parts."}]
    for number in range(8):
        call = {"name": "read", "arguments": f'{{"part": {number}}}'}
        calls = [{"id": f"c{number}", "type": "function", "function": call}]
        talk.append({"role": "assistant", "content": None, "tool_calls": calls})
        text = f"Part {number} tells a long story. " * 250
        talk.append({"role": "tool", "tool_call_id": f"c{number}", "content": text})
    return talk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "talk.json").write_text(json.dumps(agent_run()), encoding="utf-8")
    return tmp_path


def status(fresh: Fresh, name: str, folder: Path) -> tuple[str, str, list[str]]:
    """State, distribution and hooks of a plugin, as `brim plugins list` has them."""
    found = {plugin["name"]: plugin for plugin in fresh.json("brim", "plugins", "list", cwd=folder)}
    return found[name]["state"], found[name]["distribution"], found[name]["hooks"]


def test_brim_is_the_wheel(fresh: Fresh, folder: Path) -> None:
    where = fresh.run("python", "-c", "import brim; print(brim.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(fresh.folder)


def test_a_new_strategy(fresh: Fresh, folder: Path) -> None:
    fit = ("brim", "fit", "talk.json", "--model", "gpt-4o", "--budget", "9k")
    by_name = (*fit, "--strategy", "demo-strategy")
    with installed(fresh, "demo-strategy", "condense", folder) as project:
        assert " passed" in fresh.run("python", "-m", "pytest", cwd=project)
        idle = ("idle", "brim-demo-strategy", ["condense"])
        assert status(fresh, "demo-strategy", folder) == idle

        (report,) = fresh.json(*by_name, cwd=folder)
        assert report["strategies"] == ["demo-strategy"]
        assert report["tokens_after"] <= report["target"] < 9_000 < report["tokens_before"]

        (folder / "brim.toml").write_text(KERNEL_ONLY.format(name="demo-strategy"))
        assert status(fresh, "demo-strategy", folder)[0] == "disabled"
        answer = fresh.tried(*by_name, "--json", cwd=folder)
        (report,) = json.loads(answer.stdout)
        assert report["strategies"] == ["smart-truncation"]
        assert report["upper_bound"] <= 9_000
        said = "'demo-strategy': strategies names it, but it is disabled by plugins.disabled"
        assert said in answer.stderr
        (folder / "brim.toml").unlink()
    answer = fresh.tried(*by_name, cwd=folder)
    assert answer.returncode == 2
    assert "'demo-strategy', which is no installed plugin" in answer.stderr


def test_a_new_cache(fresh: Fresh, folder: Path) -> None:
    named = 'caches = ["demo-cache"]\n'
    with installed(fresh, "demo-cache", "cache", folder) as project:
        assert " passed" in fresh.run("python", "-m", "pytest", cwd=project)
        (folder / "brim.toml").write_text(named)
        active = ("active", "brim-demo-cache", ["provide_cache"])
        assert status(fresh, "demo-cache", folder) == active

        (folder / "use.py").write_text(USE, encoding="utf-8")
        assert fresh.run("python", "use.py", cwd=folder).split() == ["demo-cache", "wrote", "1"]

        (folder / "brim.toml").write_text(named + KERNEL_ONLY.format(name="demo-cache"))
        assert status(fresh, "demo-cache", folder)[0] == "disabled"
        answer = fresh.tried("python", "use.py", cwd=folder)
        assert (answer.returncode, answer.stdout) == (0, "")
        said = "'demo-cache': caches names it, but it is disabled by plugins.disabled"
        assert said in answer.stderr


USE = """
import json

import brim

talk = json.load(open("talk.json"))
with brim.Brim() as app:
    fitted = app.fit(talk, model="gpt-4o", budget=9_000)
    assert fitted.report.after.upper <= 9_000
    tiers = app.stats().caches
for name, tier in tiers.items():
    print(name, "wrote", tier.writes)
"""
