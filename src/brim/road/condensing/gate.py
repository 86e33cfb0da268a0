"""The gate: which of the strategies' results is taken.

A result that keeps enough is taken at once. Of those that keep too little, one is taken in the
end, and only where nothing better came down far enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, evolve, field, frozen

from brim.model.decisions import Edit, Rewrite
from brim.model.fingerprint import fingerprint
from brim.model.messages import Message, Text
from brim.road.condensing.choice import LAST_RESORT
from brim.road.grading.survival import Share, Survey, There
from brim.road.plans.plan import Plan
from brim.road.plans.render import Rendering
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit
from brim.road.reports.report import Step
from brim.texts import note_body

__all__ = ["Candidate", "Gate", "touched"]

NEAR = 0.1
"""Of what must go, the share that a candidate may leave and still count as down at the target:
there is no sense in losing everything for the last few tokens."""

HINDSIGHT = 0.5
"""What the last resort's score counts. It keeps the newest and nothing else, so that all it
loses is old, and words that are no specifics go uncounted."""

Touched = Mapping[tuple[int, int], tuple[Share, ...]]
"""Messages by the raw exchanges [start, stop) that they stand for."""


@frozen
class Candidate:
    """What a strategy offers: a whole plan, valid and smaller than what it started from; in
    `touched` the messages that its edits are about, see there; and how much of them it keeps."""

    plan: Plan
    rendering: Rendering
    tokens: int = 0
    touched: Touched = field(factory=dict)
    score: float = 0.0


@define(eq=False)
class Gate:
    """Open where `quality` is 0 or there is no choice; then nothing is measured. `steps` are
    the turns so far, `waiting` the candidates that were held back, by their step; `kept` is the
    share that the one taken of them keeps of what any of them is about; `known` is what was read of
    that which several are about."""

    trip: Trip
    survey: Survey
    quality: float
    steps: list[Step] = field(factory=list)
    waiting: dict[int, Candidate] = field(factory=dict)
    kept: float = 0.0
    known: list[tuple[Sequence[Share], There]] = field(factory=list)

    def lets_through(self, step: Step, candidate: Candidate | None) -> Candidate | None:
        """Note the turn, and its score; the candidate where it is taken at once."""
        if candidate is not None and self.quality > 0:
            score = self._score(candidate, candidate.touched)
            step = evolve(step, survival=score)
            if score < self.quality:
                step = evolve(step, outcome="below quality")
                self.waiting[len(self.steps)] = evolve(candidate, score=score)
                candidate = None
        self.steps.append(step)
        return candidate

    def least_evil(self, tokens: int, target: int) -> Candidate | None:
        """What to take of that which was held back, where `tokens` miss the target. Its turn
        counts as applied from now on."""
        near = target + int(NEAR * (tokens - target))
        best = self._best(tokens, min(near, self.trip.limit))
        if best is None:
            return None
        self.steps[best] = evolve(self.steps[best], outcome="applied")
        return self.waiting[best]

    def _best(self, tokens: int, near: int) -> int | None:
        """Of those that fit the one that keeps most, else the smallest."""
        smaller = {step: one for step, one in self.waiting.items() if one.tokens < tokens}
        for end in (near, self.trip.limit):
            fitting = {step: one for step, one in smaller.items() if one.tokens <= end}
            if fitting:
                return self._keeping_most(fitting)
        least = sorted(smaller, key=lambda step: smaller[step].tokens)[:1]
        return self._keeping_most({step: smaller[step] for step in least}) if least else None

    def _keeping_most(self, fitting: dict[int, Candidate]) -> int:
        """All are measured by the same exchanges: those that any of them is about."""
        everything = {
            place: one for each in fitting.values() for place, one in each.touched.items()
        }
        scores = {
            step: one.score if one.touched == everything else self._score(one, everything)
            for step, one in fitting.items()
        }
        best = max(scores, key=lambda step: self._weight(step) * scores[step])
        self.kept = scores[best]
        return best

    def _weight(self, step: int) -> float:
        return HINDSIGHT if self.steps[step].strategy == LAST_RESORT else 1.0

    def _score(self, candidate: Candidate, of: Touched) -> float:
        before = [share for place in sorted(of) for share in of[place]]
        left = (item.parsed.message for item in candidate.rendering.items)
        return self.survey.share(self._there(before), left)

    def _there(self, before: Sequence[Share]) -> There:
        for shares, there in self.known:
            if shares == before:
                return there
        self.known.append((before, self.survey.there(before)))
        return self.known[-1][1]

    @property
    def regret(self) -> str:
        """Why something was taken that had been held back; empty where nothing was."""
        for at in self.waiting:
            step = self.steps[at]
            if step.outcome == "applied":
                return (
                    f"no strategy that comes down far enough keeps {self.quality:.0%} of the "
                    f"specifics: {step.strategy} keeps most, {self.kept:.0%} of all at stake"
                )
        return ""


def touched(trip: Trip, edits: Iterable[Edit], units: Sequence[Unit]) -> Touched:
    """What these edits are about: the raw messages, and the notes as they stand, since what a note
    stands for was judged when it was made."""
    places = {
        place
        for edit in edits
        for place in ([edit.exchange] if isinstance(edit, Rewrite) else edit.exchanges)
    }
    return {(units[at].start, units[at].stop): _shares(trip, units[at]) for at in places}


def _shares(trip: Trip, unit: Unit) -> tuple[Share, ...]:
    if not unit.pieces:
        bodies = (note_body(message.text) for message in unit.exchange.messages)
        return tuple((_said(body), None) for body in bodies)
    return tuple((trip.timeline.message(piece.message), piece.parts) for piece in unit.pieces)


def _said(body: str) -> Message:
    """What a note says, with a fingerprint: it is asked about more than once."""
    parts = (Text(body),)
    return Message("user", parts, fingerprint("user", parts))
