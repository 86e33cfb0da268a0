"""The example deployment says what Brim understands."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

from brim.settings.load import load

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy" / "compose.yaml"


def block(name: str) -> str:
    """A configuration that stands in the file itself."""
    found = re.search(rf"^  {name}:\n    content: \|\n((?:      .*\n|\n)+)", _text(), re.MULTILINE)
    assert found, f"no content of {name}"
    return dedent(found[1])


def _text() -> str:
    return COMPOSE.read_text(encoding="utf-8")


def test_its_settings_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "brim.toml"
    file.write_text(block("brim"))
    settings = load(path=file)
    assert settings.caches == ("memory-cache", "redis-cache")
    assert settings.archive.where == "caches"
    assert set(settings.plugin) == {"proxy", "redis-cache"}


def test_secrets_come_from_outside_and_images_are_names() -> None:
    text = _text()
    assert re.search(r"BRIM_CACHE_KEY: \$\{BRIM_CACHE_KEY:\?", text)
    assert not re.search(r"[0-9a-f]{32}|sk-\w", text)
    images = re.findall(r"^ +image: (\S+)$", text, re.MULTILINE)
    assert images
    assert all(re.fullmatch(r"[a-z]+:[\w.-]+", image) for image in images)


def test_the_balancer_does_not_buffer() -> None:
    said = block("balancer")
    assert "proxy_buffering off;" in said
    assert "proxy_read_timeout" in said
    assert "$host" in said.replace("$$", "$")
