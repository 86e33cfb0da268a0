"""The way back from what went out to what came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from brim.dialects.base import Dialect, Parsed
from brim.errors import UnknownHandle
from brim.road.memory.archive import Archive
from brim.road.memory.ledger import Undone
from brim.road.memory.originals import Entry, Original, entries_of, original_in, quoted_of
from brim.road.plans.render import Rendering
from brim.road.plans.timeline import Timeline

__all__ = ["Past", "undone_by"]


@frozen(eq=False)
class Past:
    """One fit's conversation, of which the first `length` messages stand in `timeline`, and what
    was done to it; `head` are the instructions in front. `again` fits it without a change."""

    tenant: str
    timeline: Timeline
    rendering: Rendering | None
    head: Sequence[Parsed]
    archive: Archive
    dialects: Mapping[str, Dialect]
    again: Callable[[Undone], Any]
    length: int = field(init=False)

    @length.default
    def _length(self) -> int:
        return len(self.timeline)

    @property
    def offset(self) -> int:
        return len(self.head)

    @property
    def entries(self) -> list[Entry]:
        """All that was changed, in order."""
        if self.rendering is None:
            return []
        return entries_of(self.timeline, self.rendering.plan, self.rendering.handles, self.offset)

    @property
    def reachable(self) -> list[Entry]:
        """All that a handle in what goes out leads back to."""
        if self.rendering is None:
            return []
        return [*self.entries, *quoted_of(self.timeline, self.rendering.plan, self.offset)]

    def expand(self, handle: str) -> Original:
        """The original, of this fit or an earlier one of the conversation. Raises
        `UnknownHandle`."""
        return self._found(handle)[1]

    def undo(self, handle: str) -> Any:
        """Fit again with the original in its place. Raises `UnknownHandle`."""
        return self.again(undone_by(self._found(handle)[0]))

    def _found(self, handle: str) -> tuple[Entry, Original]:
        wanted = handle.strip().lower()
        here = [entry for entry in self.reachable if wanted and entry.named(wanted)]
        exact = [entry for entry in here if entry.handle == wanted] or here
        if len(exact) == 1:
            return exact[0], original_in(self.timeline, exact[0])
        if exact:
            raise UnknownHandle(
                f"handle {handle!r} stands for {len(exact)} things: write more of it"
            )
        return self.archive.find(self.tenant, wanted, self.dialects, self.timeline.chain)


def undone_by(entry: Entry) -> Undone:
    """What undoing this pins."""
    return Undone(entry.link, entry.index, entry.start, entry.stop)
