"""The plugin as Brim finds it once it is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SETTINGS = """
strategies = ["keep-recent"]

[plugin.keep-recent]
exchanges = {exchanges}
"""


def brim(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from brim.cli.main import main; main()", *words]
    return subprocess.run(program, cwd=cwd, capture_output=True, text=True, check=False)


def status(cwd: Path) -> dict[str, Any]:
    answer = brim("plugins", "list", "--json", cwd=cwd)
    assert answer.returncode == 0, answer.stderr
    (found,) = [plugin for plugin in json.loads(answer.stdout) if plugin["name"] == "keep-recent"]
    return dict(found)


def test_installed_but_idle_until_settings_name_it(tmp_path: Path) -> None:
    found = status(tmp_path)
    assert (found["distribution"], found["hooks"]) == ("brim-minimal", ["condense"])
    assert not found["active"]
    assert "no setting names it" in found["reason"]


def test_active_when_settings_name_it(tmp_path: Path) -> None:
    (tmp_path / "brim.toml").write_text(SETTINGS.format(exchanges=4))
    assert status(tmp_path)["active"]


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "brim.toml").write_text(SETTINGS.format(exchanges='"many"'))
    answer = brim("plugins", "check", cwd=tmp_path)
    assert answer.returncode == 1
    assert "plugin.keep-recent.exchanges" in answer.stdout
