"""The tree speaks of the product only: no path of the machine it was written on."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "plugins", "docs", "bench", "examples", ".ci")
BINARY = {".pyc", ".png", ".svg", ".gif", ".jpg", ".webp", ".pdf"}
MACHINE_PATH = re.compile(r"(?<![\w.~}>-])/(?:root|work|tmp|home/\w+)/")


def _files() -> Iterator[Path]:
    yield from (path for path in ROOT.glob("*") if path.suffix in {".md", ".toml", ".ini"})
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            below = path.relative_to(ROOT / folder).parts
            if path.is_file() and not any(part.startswith(".") for part in below):
                yield path


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def test_no_path_of_a_machine() -> None:
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in _files()
        if path.suffix not in BINARY and (match := MACHINE_PATH.search(_text(path)))
    }
    assert not found


def test_the_test_would_notice() -> None:
    assert MACHINE_PATH.search('open("/' + 'tmp/x")')
    assert not MACHINE_PATH.search("https://example.org/work/page and docs/tmp/x")
