"""Trials with injected context that once broke a promise."""

from __future__ import annotations

import pytest

from brim.testing.soak import soak

SETTINGS = {"strategies": ["smart-truncation"]}
BROKEN = {
    "20261123/2311": "context of earlier requests outgrew the window",
    "20261123/3760": "two messages say the same",
    "inject 10559": "nothing was found, and the request came back",
    "inject 10824": "a field of the message's own stands behind its context",
    "inject 11144": "there was room again once older context was taken back",
    "inject 11787": "a message that is first now says what the first one said",
}


@pytest.mark.parametrize("seed", BROKEN, ids=BROKEN.values())
def test_promises_hold(seed: str) -> None:
    kind = "inject" if seed.startswith("inject") else None
    tally = soak([seed], kind=kind, settings=SETTINGS, shrink=False)
    assert not tally.findings
    assert tally.fits > 0
