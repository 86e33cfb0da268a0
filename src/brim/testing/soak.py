"""`python -m brim.testing.soak --fits N --seed S`: random fits until one breaks a guarantee."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice
from multiprocessing import get_context
from typing import Any

from attrs import evolve, frozen

from brim.testing.draw import Seeded
from brim.testing.guarantees import Broken
from brim.testing.shrink import shrunk, verdict
from brim.testing.trials import KINDS, Lab, draw_trial
from brim.testing.writers import Json

__all__ = ["Finding", "Tally", "main", "soak"]

LEAST, MOST = 20, 1_000
"""Trials in one piece of work: a tenth of a worker's share, within these bounds. Each piece
makes its own `Brim`s, one for every hostile plugin that it meets."""

RENEW = 1_000
"""Trials after which a new `Brim` starts with an empty ledger."""


@frozen
class Finding:
    """A trial that broke a guarantee: how to draw it again, and the smallest like it."""

    seed: str
    number: int
    message: str
    trial: Json


@frozen
class Tally:
    """What was run. `seconds` is processor time, of all workers together."""

    trials: int = 0
    fits: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()

    def plus(self, other: Tally) -> Tally:
        return Tally(
            self.trials + other.trials,
            self.fits + other.fits,
            self.seconds + other.seconds,
            self.findings + other.findings,
        )


def soak(
    seeds: Iterator[str] | Sequence[str],
    *,
    kind: str | None = None,
    settings: dict[str, Any] | None = None,
    shrink: bool = True,
) -> Tally:
    """Run the trials of these seeds, until the first that breaks a guarantee."""
    lab = Lab(settings or {})
    tally = Tally()
    started = time.process_time()
    try:
        for seed in seeds:
            finding = _one(seed, kind, lab, shrink)
            tally = evolve(tally, trials=tally.trials + 1)
            if finding is not None:
                tally = evolve(tally, findings=(finding,))
                break
            if tally.trials % RENEW == 0:
                lab.close()
    finally:
        lab.close()
    return evolve(tally, fits=lab.fits[0], seconds=time.process_time() - started)


def _one(seed: str, kind: str | None, lab: Lab, shrink: bool) -> Finding | None:
    try:
        trial = draw_trial(Seeded(seed), lab, kind)
    except Broken as broken:
        return Finding(seed, broken.number, str(broken), {})
    found = verdict(trial, lab, seed)
    if found is None:
        return None
    if shrink:
        trial = shrunk(trial, lab, found.number)
        found = verdict(trial, lab, f"{seed} shrunk") or found
    return Finding(seed, found.number, str(found), trial.as_dict())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when all guarantees held, 1 when one broke."""
    options = _parser().parse_args(arguments)
    say: Callable[[str], object] = sys.stderr.write
    tally = _all(options, say)
    say("\n")
    _report(tally, options.json)
    return 1 if tally.findings else 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m brim.testing.soak", description=__doc__)
    parser.add_argument("--fits", type=int, default=10_000, help="fits to run at least")
    parser.add_argument("--seed", default="0", help="the same seed gives the same trials")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--kind", choices=tuple(KINDS), help="only trials of this kind")
    parser.add_argument("--counter", choices=("tokenizer", "estimate"), default="tokenizer")
    parser.add_argument("--strategies", default="auto", help="names, divided by commas")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    return parser


def _all(options: Namespace, say: Callable[[str], object]) -> Tally:
    settings = {
        "counting": {"accurate": options.counter == "tokenizer"},
        "strategies": tuple(options.strategies.split(",")),
    }
    share = options.fits // options.workers // 10
    batches = _batches(options.seed, max(LEAST, min(share, MOST)))
    tally = Tally()
    with ProcessPoolExecutor(options.workers, get_context("spawn"), _quiet) as pool:
        while tally.fits < options.fits and not tally.findings:
            jobs = [
                pool.submit(soak, batch, kind=options.kind, settings=settings)
                for batch in islice(batches, options.workers)
            ]
            for job in jobs:
                tally = tally.plus(job.result())
            say(f"\r{tally.fits:,} of {options.fits:,} fits, {_rate(tally):,.0f} fits/s and core")
    return tally


def _quiet() -> None:
    """Hostile plugins make Brim warn all the time."""
    from loguru import logger

    logger.disable("brim")


def _batches(seed: str, size: int) -> Iterator[list[str]]:
    for first in count(0, size):
        yield [f"{seed}/{number}" for number in range(first, first + size)]


def _rate(tally: Tally) -> float:
    return tally.fits / tally.seconds if tally.seconds else 0.0


def _report(tally: Tally, as_json: bool) -> None:
    write = sys.stdout.write
    if as_json:
        from attrs import asdict

        write(json.dumps(asdict(tally), indent=1) + "\n")
        return
    write(f"{tally.trials:,} trials, {tally.fits:,} fits, {_rate(tally):,.0f} fits/s and core\n")
    for finding in tally.findings:
        write(f"seed {finding.seed}: {finding.message}\n{json.dumps(finding.trial)}\n")
    if not tally.findings:
        write("no guarantee was broken\n")


if __name__ == "__main__":
    sys.exit(main())
