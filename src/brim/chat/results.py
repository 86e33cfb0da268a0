"""What a tool gave, as text of a bounded size; the whole of it goes to the archive."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from attrs import frozen

from brim.model.decisions import Counts
from brim.model.profiles import ModelProfile
from brim.road.brim import Brim
from brim.road.intake.prepare import Options
from brim.road.intake.wires import Incoming
from brim.road.memory.originals import Entry
from brim.road.plans.handles import SHORT, digest_of
from brim.road.plans.timeline import Timeline
from brim.road.tokens.counting import Counter
from brim.road.tokens.memo import Memo
from brim.texts import cut, with_handle

__all__ = ["DIALECT", "Bound", "text_of"]

DIALECT = "openai-chat"
"""The form in which a loop keeps its conversation; completion plugins speak their provider's."""

LARGEST = 16 * 1024 * 1024
"""Characters of a result that are looked at."""


def text_of(value: object) -> str:
    """A string as it is, anything else as JSON; what JSON cannot say, as Python writes it.

    NUL and halves of surrogate pairs, which not all providers take, become question marks.
    """
    text = value if isinstance(value, str) else _json(value)
    return text[:LARGEST].replace("\0", "?").encode("utf-8", "replace").decode()


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value, enc_hook=repr).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return repr(value)


@frozen
class Bound:
    """Cuts texts to `most` characters. What is cut can be read again by its handle, where the
    archive is on."""

    brim: Brim
    model: str
    tenant: str
    most: int

    def cut(self, text: str, call_id: str) -> tuple[str, str]:
        """The text with a mark where something is missing, and the handle, or "" without one."""
        if len(text) <= self.most:
            return text, ""
        handle = self._kept(text, call_id)
        shown = cut(text, self.most, _lengths)
        return (with_handle(shown, handle, text) if handle else shown), handle

    def _kept(self, text: str, call_id: str) -> str:
        """Put the whole result into the archive; its handle."""
        engine = self.brim.engine
        if not engine.archive.on:
            return ""
        wire: dict[str, object] = {"role": "tool", "tool_call_id": call_id, "content": text}
        with self.brim.lock:
            timeline = self._alone(wire)
            digest = digest_of(timeline, (0, 0, 0))
            entry = Entry(
                handle=digest[:SHORT],
                digest=digest,
                kind="shortened",
                dialect=DIALECT,
                link=timeline.chain[1],
                index=1,
                count=1,
                start=0,
                stop=1,
                places=[0],
                part=0,
            )
        self.brim.drive(engine.archive.keep(self.tenant, timeline, [entry]), self.tenant)
        return entry.handle

    def _alone(self, wire: dict[str, object]) -> Timeline:
        """A conversation of this message alone. Its tokens do not matter and are not counted."""
        engine, options = self.brim.engine, Options(self.model, tenant=self.tenant, dialect=DIALECT)
        fresh = engine.fresh(engine.read(Incoming([], {}, [], None), options), options)
        profile, settings = engine.profile(self.model), self.brim.settings.counting
        counter = Counter(_uncounted, profile, Memo(0), settings)
        timeline = Timeline(fresh.dialect, counter, fresh.seed, depth=fresh.depth)
        timeline.extend([wire])
        return timeline


def _lengths(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def _uncounted(texts: Sequence[str], profile: ModelProfile) -> Counts:
    return Counts((0,) * len(texts))
