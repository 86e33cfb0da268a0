"""Kill a writer while it writes, again and again, and see what is left.

`python bench/kills.py [COUNT]` (1,000 if not given) starts COUNT writers, one after the other, on
files of the disk tier. Each tells every batch that its write has returned from, and is killed with
SIGKILL at some moment, be it while the file is being made. A batch that was told must be there,
whole and with its seal unbroken; of one that was not told either all or nothing. Exits 1 when an
entry is lost or damaged, or a writer cannot write any more.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from attrs import define

from brim.store.seal import Seal
from brim.store.sqlite import open_store
from brim.store.tiers import Space, Tiers

BATCH = 5
LARGEST = 20_000
LONGEST = 0.04
"""Seconds that a writer has at most, from its first batch on."""

EARLY = 0.2
"""The share of writers that are killed without waiting for their first batch."""

ROUND = 50
"""Writers to one file."""

SEAL = Seal(b"k" * 32)
SPACE: Space = Tiers([], SEAL).space("records", "somebody")
TABLE = "cache"


@define
class Toll:
    """What was found. `told` are batches whose write returned, `untold` those under way at a kill
    that were committed nevertheless, `stuck` writers that ended by themselves."""

    kills: int = 0
    told: int = 0
    untold: int = 0
    lost: int = 0
    torn: int = 0
    damaged: int = 0
    stuck: int = 0

    @property
    def clean(self) -> bool:
        return not (self.lost or self.torn or self.damaged or self.stuck)

    def __str__(self) -> str:
        return (
            f"{self.kills:,} kills, {self.told * BATCH:,} entries committed: {self.lost} lost, "
            f"{self.torn} batches torn, {self.damaged} entries or files damaged, {self.stuck} "
            f"writers stuck; {self.untold} batches were committed and not told"
        )


def entries(writer: int, batch: int) -> dict[str, bytes]:
    """What this batch writes, as it is kept: the same whenever it is asked."""
    dice = random.Random(f"{writer}-{batch}")
    names = (SPACE.named(f"{writer}.{batch}.{place}".encode()) for place in range(BATCH))
    return {name: SEAL.close(name, dice.randbytes(dice.randrange(LARGEST)), None) for name in names}


def write(path: Path, writer: int, pipe: int) -> None:
    """Write batches until killed, and tell each of them."""
    store = open_store(path)
    for batch in range(1_000_000):
        store.set_many(TABLE, entries(writer, batch))
        os.write(pipe, b".")


class Counted(Protocol):
    """What `killed` counts in."""

    kills: int
    stuck: int


def killed(
    work: Callable[[int], None],
    dice: random.Random,
    toll: Counted,
    *,
    early: float = EARLY,
    longest: float = LONGEST,
) -> int:
    """Start a process that works, and kill it; how often it told that something is done. `work`
    gets a pipe, and writes a byte for each time. The share `early` is killed without waiting for
    the first, the others at most `longest` seconds after it."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            work(theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    told = 0 if dice.random() < early else len(os.read(ours, 1))
    time.sleep(dice.random() * longest)
    os.kill(child, signal.SIGKILL)
    toll.stuck += not os.WIFSIGNALED(os.waitpid(child, 0)[1])
    toll.kills += 1
    with os.fdopen(ours, "rb") as pipe:
        return told + len(pipe.read())


def check(path: Path, told: dict[int, int], toll: Toll) -> None:
    """Look at all that these writers wrote, with a reader that has seen none of it."""
    store = open_store(path)
    for writer, count in told.items():
        for batch in range(count + 2):
            wanted = entries(writer, batch)
            found = store.get_many(TABLE, list(wanted))
            toll.damaged += sum(found[name] != wanted[name] for name in found)
            toll.damaged += sum(SEAL.open(name, value) is None for name, value in found.items())
            if batch < count:
                toll.lost += BATCH - len(found)
            else:
                toll.torn += 0 < len(found) < BATCH
                toll.untold += len(found) == BATCH
    store.close()


def sound(path: Path) -> bool:
    """Whether SQLite finds its file in order."""
    with sqlite3.connect(path) as link:
        (word,) = link.execute("PRAGMA integrity_check").fetchone()
    link.close()
    return bool(word == "ok")


def run(count: int, folder: Path, seed: int = 0) -> Toll:
    """So many kills, in rounds on a file each."""
    toll, dice = Toll(), random.Random(seed)
    for first in range(0, count, ROUND):
        path = folder / f"{first}" / "cache.sqlite"
        writers = range(first, min(first + ROUND, count))
        told = {writer: killed(partial(write, path, writer), dice, toll) for writer in writers}
        toll.told += sum(told.values())
        check(path, told, toll)
        toll.damaged += not sound(path)
    return toll


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        toll = run(count, Path(folder))
    print(toll)
    sys.exit(0 if toll.clean and toll.kills == count else 1)


if __name__ == "__main__":
    main()
