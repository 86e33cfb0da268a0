"""What `import brim` costs, beside the two libraries that it cannot do without.

Every sample is a fresh interpreter; the candidates take turns, and CPU time is what
the operating system charged the process. Needs a system with `os.wait4`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from statistics import median

CANDIDATES = {
    "nothing": "pass",
    "pluggy, attrs": "import pluggy, attrs",
    "brim": "import brim",
    "brim, first use": "import brim; brim.Brim({'archive': {'where': 'memory'}}).close()",
}
HEAVY = ("tiktoken", "loguru", "cattrs", "limits", "rich", "click", "asyncio", "numpy")


def seconds(program: str) -> float:
    """CPU seconds, user and system, of one fresh interpreter."""
    child = subprocess.Popen([sys.executable, "-c", program])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"failed: {program}")
    return usage.ru_utime + usage.ru_stime


def heavy() -> list[str]:
    """The heavy modules that `import brim` loads; there should be none."""
    program = "import json, sys, brim; print(json.dumps(list(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return sorted(set(HEAVY) & set(json.loads(answer.stdout)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    samples: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for _ in range(args.rounds):
        for name, program in CANDIDATES.items():
            samples[name].append(seconds(program) * 1e3)
    found = {name: median(taken) for name, taken in samples.items()}
    loaded = heavy()
    if args.json:
        print(json.dumps({"ms": found, "heavy": loaded}, indent=2))
        return
    print(f"{'import':20} {'CPU ms':>8} {'beyond nothing':>15}")
    for name, value in found.items():
        print(f"{name:20} {value:8.1f} {value - found['nothing']:15.1f}")
    print(f"heavy modules loaded by `import brim`: {', '.join(loaded) or 'none'}")


if __name__ == "__main__":
    main()
