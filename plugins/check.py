"""Test every distribution of this folder against the kernel that is installed.

Each is installed by itself, as a user would, with the group `test` of its own
pyproject. Its tests run from its own folder, so that nothing of the tree is
importable. `check.py NAME ...` takes only those, and `check.py ../folder ...` distributions
elsewhere. Exits 1 when one fails, after all have been tried.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LARGE = 60_000
"""Bytes of tests from which on processes share them, file by file; these tests wait a lot."""


def distributions(names: list[str]) -> list[Path]:
    """Folders of distributions: all of this folder, or those of these names and paths."""
    found = {path.parent.name: path.parent for path in sorted(HERE.glob("*/pyproject.toml"))}
    chosen = [found.get(name) or Path(name).resolve() for name in names]
    unknown = [str(path) for path in chosen if not (path / "pyproject.toml").is_file()]
    if unknown:
        sys.exit(f"no distribution: {', '.join(unknown)} (here are {', '.join(found)})")
    return chosen or list(found.values())


def run(*command: str, cwd: Path) -> int:
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, check=False).returncode


def check(folder: Path) -> bool:
    print(f"\n== {folder.name}", flush=True)
    installed = run("pip", "install", "--quiet", ".", "--group", "test", cwd=folder) == 0
    size = sum(path.stat().st_size for path in (folder / "tests").glob("*.py"))
    shared = ("-n", "4", "--dist", "loadfile") if size > LARGE else ()
    return installed and run("pytest", "tests", *shared, cwd=folder) == 0


def main() -> None:
    chosen = distributions(sys.argv[1:])
    failed = [folder.name for folder in chosen if not check(folder)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
