"""Make a failing trial smaller, exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from brim.testing.guarantees import Broken
from brim.testing.provider_rules import broken_rules
from brim.testing.trials import Lab, Trial, judge

__all__ = ["shrunk", "verdict"]

ROUNDS = 400
"""Attempts at most."""


def verdict(trial: Trial, lab: Lab, tenant: str) -> Broken | None:
    """What the trial breaks."""
    try:
        judge(trial, lab, tenant)
    except Broken as broken:
        return broken
    return None


def shrunk(trial: Trial, lab: Lab, number: int) -> Trial:
    """The smallest trial found that still breaks this guarantee, of a valid conversation."""
    for attempt in range(ROUNDS):
        for smaller in _smaller(trial):
            if broken_rules(smaller.case):
                continue
            found = verdict(smaller, lab, f"shrink {id(smaller)} {attempt}")
            if found is not None and found.number == number:
                trial = smaller
                break
        else:
            return trial
    return trial


def _smaller(trial: Trial) -> Iterator[Trial]:
    """Without long runs of exchanges first, then without single ones and neighbours; at the
    same budget, and at one that has shrunk as much."""
    groups = trial.case.exchanges
    size = len(groups) // 2
    while size:
        for start in range(0, len(groups), max(size // 2, 1)):
            gone = [at for group in groups[start : start + size] for at in group]
            if gone and len(gone) < len(trial.case.messages):
                less = trial.without(gone)
                yield less
                share = len(less.case.messages) / len(trial.case.messages)
                yield evolve(less, budget=max(int(trial.budget * share), 1))
        size //= 2
    for pin in trial.pins:
        yield _unpinned(trial, pin)


def _unpinned(trial: Trial, pin: int) -> Trial:
    return evolve(trial, pins=tuple(other for other in trial.pins if other != pin))
