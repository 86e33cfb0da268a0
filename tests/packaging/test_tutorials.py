"""The two tutorials, followed to the letter in a fresh folder, from the built wheel.

Every file of a page is written as it stands there, every command is run, must succeed, and must
print what the page shows: `...` stands for anything, and spaces and line ends may differ. There are
two liberties: `pip install .` installs the wheel, and lines of the operation log, which says that
a step was slow, are not compared.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

import pytest
from fresh_parts import ROOT, Fresh

pytestmark = pytest.mark.xdist_group("fresh")

TUTORIAL = ROOT / "docs" / "tutorial"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w./-]+\.\w+)\n")
SLOW = re.compile(r"^.*operation_log.*\n", re.MULTILINE)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what the page shows of its output."""
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, shown = command.partition("\n")
        yield line, shown


def outcome(fresh: Fresh, words: list[str], folder: Path) -> str:
    answer = subprocess.run(
        [str(fresh.commands / words[0]), *words[1:]],
        cwd=folder,
        env=fresh.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, f"{shlex.join(words)}\n{answer.stdout}"
    return SLOW.sub("", answer.stdout)


def follow(fresh: Fresh, page: Path, folder: Path) -> int:
    """Do what the page says. How many commands that were."""
    done = 0
    for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
        if language != "console":
            named = FILE_NAME.match(block)
            assert named, f"a reader could not tell where this goes:\n{block}"
            (folder / named[1]).write_text(block, encoding="utf-8")
            continue
        for line, shown in commands(block):
            done += 1
            words = shlex.split(line)
            if words[0] == "cd":
                folder = (folder / words[1]).resolve()
                continue
            if words == ["pip", "install", "."]:
                words[2] = str(fresh.wheel)
            said = outcome(fresh, words, folder)
            as_shown = OutputChecker().check_output(shown, said, ELLIPSIS | NORMALIZE_WHITESPACE)
            assert as_shown or words[0] == "pip", f"$ {line}\n{said}\nthe page shows:\n{shown}"
    return done


def test_first_fit(fresh: Fresh, tmp_path: Path) -> None:
    assert follow(fresh, TUTORIAL / "first-fit.md", tmp_path) > 10


def test_first_plugin(fresh: Fresh, tmp_path: Path) -> None:
    assert follow(fresh, TUTORIAL / "first-plugin.md", tmp_path) > 10
    fresh.run("python", "-m", "pip", "uninstall", "-q", "-y", "brim-short-answers", cwd=tmp_path)


def test_what_is_not_shown_is_noticed(fresh: Fresh, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ brim --version\nbrim, version 99\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="the page shows"):
        follow(fresh, page, tmp_path)
