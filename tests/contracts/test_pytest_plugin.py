"""The `brim` fixture, and what it costs those who do not use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from brim.api import Condensation, CondenseTask, Drop, hookimpl
from brim.errors import UnknownPlugin
from brim.testing.pytest_plugin import MakeBrim

TURNS = [
    {"role": role, "content": f"{n} " + "word " * 50}
    for n in range(20)
    for role in ("user", "assistant")
]


class EveryOther:
    """Drops every other exchange."""

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        free = [e.index for e in task.conversation.exchanges if not (e.keep or e.newest)]
        return Condensation((Drop(tuple(free[::2])),)) if free else None


def test_what_is_registered_takes_part(brim: MakeBrim) -> None:
    app = brim(EveryOther, strategies=["every-other"])
    report = app.fit(TURNS, model="gpt-4o", budget=1500).report
    assert report.strategies[0] == "every-other"


def test_nothing_else_does(brim: MakeBrim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brim.toml").write_text('policy = "history-pairs"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIM_POLICY", "history-pairs")
    app = brim()
    assert app.settings.policy == "token-budget"
    assert {status.distribution for status in app.plugins()} == {"brim"}
    with pytest.raises(UnknownPlugin):
        brim(strategies=["keep-recent"])


def test_two_at_once_are_apart(brim: MakeBrim) -> None:
    assert brim(EveryOther).host is not brim().host


def pytest_run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_without_it_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    assert 'brim.testing.pytest_plugin' in sys.modules\n"
        "    assert not [m for m in sys.modules if m.startswith(('brim.road', 'brim.kernel'))]\n"
        "    assert 'brim.testing.strategies' not in sys.modules\n"
    )
    answer = pytest_run(tmp_path, "-q", "-W", "error", "-p", "no:hypothesispytest")
    assert answer.returncode == 0, answer.stdout + answer.stderr
