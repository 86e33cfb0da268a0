"""Test every distribution of this folder against the kernel that is installed.

Each is installed by itself, as a user would, and its tests run from its own
folder, so that nothing of the tree is importable. `check.py NAME ...` takes only
those. Exits 1 when one fails, after all have been tried.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def distributions(names: list[str]) -> list[Path]:
    found = sorted(path.parent for path in HERE.glob("*/pyproject.toml"))
    unknown = set(names) - {path.name for path in found}
    if unknown:
        sys.exit(f"no such distribution in plugins/: {', '.join(sorted(unknown))}")
    return [path for path in found if not names or path.name in names]


def run(*command: str, cwd: Path) -> int:
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, check=False).returncode


def check(folder: Path) -> bool:
    print(f"\n== {folder.name}", flush=True)
    installed = run("pip", "install", "--quiet", ".", cwd=folder) == 0
    return installed and run("pytest", "tests", cwd=folder) == 0


def main() -> None:
    chosen = distributions(sys.argv[1:])
    failed = [folder.name for folder in chosen if not check(folder)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
