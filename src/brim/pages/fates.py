"""What became of each message, and the strip that shows it."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence

from attrs import frozen

from brim.pages.marks import drawing, element, runs
from brim.road.reports.diff import Change, Diff
from brim.texts import left_out, note_body

__all__ = ["FATES", "Stretch", "fates", "legend", "stretches", "strip", "told"]

FATES = ("kept", "shortened", "noted", "left out")
"""From the best to the worst; "noted" are messages for which a note stands."""

LEAST = len(left_out(999_999))
"""A note that is no longer says no more than that something is gone."""

WIDTH, HEIGHT = 1000, 16


@frozen
class Stretch:
    """Neighbouring messages that met the same fate; `first` is a position in the request."""

    fate: str
    first: int
    messages: int
    tokens: int


def fates(diff: Diff, messages: int) -> list[str]:
    """One for each message that came in; where its parts met several, the worst."""
    found = ["kept"] * messages
    for change in diff.changes:
        fate = _fate(change)
        for place in change.places:
            found[place] = max(found[place], fate, key=FATES.index)
    return found


def _fate(change: Change) -> str:
    if change.kind != "replaced":
        return change.kind
    return "noted" if len(note_body(change.after)) > LEAST else "left out"


def stretches(states: Sequence[str], sizes: Sequence[int]) -> tuple[Stretch, ...]:
    """`sizes` are the tokens of each message."""
    return tuple(
        Stretch(state, first, number, sum(sizes[first : first + number]))
        for state, first, number in runs(states)
    )


def told(found: Sequence[Stretch]) -> str:
    """'3 kept, 12 noted': the messages of each fate."""
    tally: Mapping[str, int] = Tally[str]()
    for one in found:
        tally = Tally(tally) + Tally({one.fate: one.messages})
    return ", ".join(f"{tally[fate]:,} {fate}" for fate in FATES if fate in tally)


def strip(found: Sequence[Stretch], title: str) -> str:
    """The conversation from left to right, each message as wide as its tokens."""
    whole = sum(one.tokens for one in found) or 1
    marks: list[str] = []
    x = 0.0
    for one in found:
        width = WIDTH * one.tokens / whole
        last = one.first + one.messages - 1
        where = f"message {one.first:,}" if one.messages == 1 else f"{one.first:,} to {last:,}"
        words = element("title", f"{where}: {one.fate}, {one.tokens:,} tokens")
        css = one.fate.replace(" ", "-")
        marks.append(element("rect", words, x=x, y=0, width=width, height=HEIGHT, class_=css))
        x += width
    return drawing(
        WIDTH, HEIGHT, marks, title, told(found), class_="strip", preserveAspectRatio="none"
    )


def legend() -> str:
    """What the colours of a strip mean, as HTML."""
    return (
        '<p class="legend">'
        + " ".join(f'<span class="key {fate.replace(" ", "-")}"></span>{fate}' for fate in FATES)
        + "</p>"
    )
