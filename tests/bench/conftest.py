"""Benches are scripts beside the tests; a source distribution does not carry them."""

from __future__ import annotations

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"

if BENCH.is_dir():
    sys.path.append(str(BENCH))  # last: a bench may bear the name of a package
else:
    collect_ignore_glob = ["test_*.py"]
