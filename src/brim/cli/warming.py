"""What `brim cache warm` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from brim.cli.files import Entry, read_entries
from brim.errors import BrimError
from brim.store.inspection import names_in
from brim.store.patience import patience

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.store.tiers import Tiers

__all__ = ["copied", "fitted"]

PATIENCE = 1.0
"""Seconds for one batch: nobody waits for an answer meanwhile."""


def copied(tiers: Tiers) -> int:
    """Read all that the farther tiers hold, so that the nearer ones get it; how much was read.

    A tier that cannot list, or does not answer, is passed over.
    """
    total = 0
    for tier in tiers.tiers[1:]:
        try:
            batches = list(names_in(tier))
        except BrimError:
            continue
        for names in batches:
            with patience(PATIENCE):
                total += len(tiers.run(tiers.read(names)))
    return total


def fitted(brim: Brim, files: Sequence[str], **options: Any) -> Mapping[str, int]:
    """Fit the conversations of the files: how many were condensed, replayed, unchanged, failed. Why
    one failed is told on standard error."""
    done = Counter(condensed=0, replayed=0, unchanged=0, failed=0)
    for file in files:
        for entry in read_entries(file):
            try:
                done[_outcome(brim, entry, options)] += 1
            except BrimError as error:
                done["failed"] += 1
                click.echo(f"{file}, line {entry.line}: {error}", err=True)
    return done


def _outcome(brim: Brim, entry: Entry, options: Mapping[str, Any]) -> str:
    if entry.error is not None:
        raise BrimError(entry.error)
    report = brim.fit(entry.raw, **options).report
    if report.condensed:
        return "condensed"
    return "replayed" if report.replayed else "unchanged"
