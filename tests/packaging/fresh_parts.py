"""A virtual environment as a user has it: Brim from its wheel, and nothing of the tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
OURS = ("BRIM_", "COV_", "PYTEST_", "PYTHON", "TOX_", "VIRTUAL_ENV", "XDG_")
"""Beginnings of the variables that a user's shell would not have."""


@frozen
class Fresh:
    """A virtual environment with Brim in it, and with a home of its own."""

    folder: Path
    wheel: Path

    @property
    def commands(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
        path = os.pathsep.join((str(self.commands), kept.get("PATH", "")))
        own = {
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "100",
            "BRIM_DATA_DIR": str(self.folder / "data"),
        }
        return kept | own | {"PATH": path}

    def tried(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """What came of a command of this environment."""
        command = [str(self.commands / words[0]), *words[1:]]
        return subprocess.run(
            command, cwd=cwd, env=self.environment, capture_output=True, text=True, check=False
        )

    def run(self, *words: str, cwd: Path) -> str:
        """Standard output of a command that must succeed."""
        answer = self.tried(*words, cwd=cwd)
        assert answer.returncode == 0, f"{' '.join(words)}\n{answer.stdout}{answer.stderr}"
        return answer.stdout

    def json(self, *words: str, cwd: Path) -> Any:
        return json.loads(self.run(*words, "--json", cwd=cwd))


def _wheel(folder: Path) -> Path:
    """The wheel that tox built, else one of this tree."""
    for path in filter(None, os.environ.get("TOX_PACKAGE", "").split(os.pathsep)):
        if path.endswith(".whl"):
            return Path(path)
    words = ("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    subprocess.run([sys.executable, "-m", *words], check=True)
    (made,) = folder.glob("brim-*.whl")
    return made


@cache
def made(folder: Path) -> Fresh:
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    fresh = Fresh(folder / "venv", _wheel(folder / "wheel"))
    needed = (str(fresh.wheel), "hypothesis", "pytest", "hatchling")
    fresh.run("python", "-m", "pip", "install", "--quiet", *needed, cwd=folder)
    return fresh
