"""Duplicate removal: what stands twice stands once, and tool output is written in short form.

It needs no model and leaves out nothing that is not still there: of equal blocks the last copy
stays, because older exchanges are the first to be given up by whatever comes next, and earlier
copies point to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import field, frozen, validators

from brim.api import Condensation, CondenseTask, hookimpl, is_marked
from brim.defaults.compaction.json_text import compacted
from brim.defaults.compaction.logs import folded
from brim.defaults.marks import COMPACT, FOLDED, pointer
from brim.defaults.places import Place, places_of
from brim.defaults.remembered import remembered
from brim.defaults.repeats import LONGEST, Run, Text, repeats
from brim.defaults.shortening import ARGUMENT

__all__ = ["DuplicateRemoval", "DuplicateRemovalSettings"]

Counting = Callable[[Sequence[str]], Sequence[int]]

CHARACTERS = 2
"""A block of fewer characters than this for each token that it needs is not looked at."""

MARGIN = 8
"""Tokens that any rewriting must save at least."""


@frozen
class DuplicateRemovalSettings:
    """The section `[plugin.duplicate-removal]`. `share`: a text is rewritten where that saves
    this share of its tokens; `block`: tokens of the smallest block that may point to its copy;
    `formats`: whether JSON and logs are written in short form."""

    share: float = field(default=0.15, validator=[validators.gt(0), validators.lt(1)])
    block: int = field(default=100, validator=validators.ge(40))
    formats: bool = True


@frozen
class _Draft:
    """A text on its way: as it stands (`old`) and as it may stand."""

    place: Place
    old: int
    text: str
    tokens: int

    @property
    def saved(self) -> int:
        return self.old - self.tokens


class DuplicateRemoval:
    """Rewrites results, long arguments and pasted blocks without loss."""

    def __init__(self, settings: DuplicateRemovalSettings) -> None:
        self._settings = settings

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        """Rewrites of everything that becomes clearly shorter; the newest exchange's results
        only where the limit demands it."""
        if task.tokens <= task.target:
            return None
        places = list(places_of(task.conversation))
        drafts = self._pointing(self._compact(places, task.count), task.count)
        changed = [one for one in drafts if one.text != one.place.text]
        taken = [one for one in changed if not one.place.newest]
        if task.tokens - sum(one.saved for one in taken) > task.limit:
            taken = changed
        edits = tuple(one.place.rewritten(one.text) for one in taken)
        return Condensation(edits) if edits else None

    def _compact(self, places: Sequence[Place], count: Counting) -> list[_Draft]:
        """Each text in the shortest form that its format allows."""
        short = {i: _shorter(one.text) for i, one in enumerate(places) if self._has_format(one)}
        texts = [place.text for place in places]
        texts += [new for new in short.values() if new is not None]
        known = dict(zip(texts, count(texts), strict=True))
        drafts = []
        for number, place in enumerate(places):
            old = known[place.text]
            new = short.get(number) or place.text
            if not self._pays(old, known[new]):
                new = place.text
            drafts.append(_Draft(place, old, new, known[new]))
        return drafts

    def _has_format(self, place: Place) -> bool:
        return self._settings.formats and place.kind == "result" and _may_change(place)

    def _pointing(self, drafts: Sequence[_Draft], count: Counting) -> list[_Draft]:
        """The drafts with blocks that stand again further down replaced by pointers."""
        new = {
            **self._pointers(drafts, count, exact=False),
            **self._pointers(drafts, count, exact=True),
        }
        tokens = dict(zip(new, count(list(new.values())), strict=True))
        return [
            _Draft(one.place, one.old, new[i], tokens[i])
            if i in new and self._may_point(one, tokens[i])
            else one
            for i, one in enumerate(drafts)
        ]

    def _may_point(self, draft: _Draft, tokens: int) -> bool:
        if draft.place.kind == "argument" and draft.old <= ARGUMENT:
            return False
        saved = draft.tokens - tokens
        return saved >= self._settings.block // 2 or self._pays(draft.tokens, tokens)

    def _pays(self, old: int, new: int) -> bool:
        return old - new >= max(self._settings.share * old, MARGIN)

    def _pointers(self, drafts: Sequence[_Draft], count: Counting, exact: bool) -> dict[int, str]:
        """New texts by their numbers. What users wrote is compared exactly, and with nothing
        else: their words must not hang on what a tool said."""
        chosen = [i for i, one in enumerate(drafts) if (one.place.kind == "user") is exact]
        texts = [_divided(drafts[i].text, exact) for i in chosen]
        free = [_may_change(drafts[i].place) and not drafts[i].place.newest for i in chosen]
        least = self._settings.block
        found = repeats(texts, free, lambda keys: _reach(keys, CHARACTERS * least))
        blocks = [texts[i].between(run) for i, runs in enumerate(found) for run in runs]
        large = {text for text, n in zip(blocks, count(blocks), strict=True) if n >= least}
        names = [drafts[i].place.name for i in chosen]
        new: dict[int, str] = {}
        for i, (text, runs) in enumerate(zip(texts, found, strict=True)):
            worth = [run for run in runs if text.between(run) in large]
            if worth:
                new[chosen[i]] = _pointed(text, worth, names)
        return new


def _may_change(place: Place) -> bool:
    return place.free and not is_marked(place.text)


_divided = remembered(500_000)(Text.of)


@remembered(500_000)
def _shorter(text: str) -> str | None:
    """A shorter form of JSON or of a log, marked; None where there is none."""
    if len(text) > LONGEST:
        return None
    if (new := compacted(text)) is not None:
        return COMPACT + new
    new = folded(text)
    return FOLDED + new if new != text else None


def _reach(keys: Sequence[str], least: int) -> bool:
    """Whether these lines have so many characters."""
    size = 0
    for key in keys:
        size += len(key)
        if size >= least:
            return True
    return False


def _pointed(text: Text, runs: Sequence[Run], names: Sequence[str]) -> str:
    """The text with each run replaced by a line that says where it stands."""
    lines: list[str] = []
    at = 0
    for run in runs:
        lines += text.lines[at : run.start]
        lines.append(pointer(run.stop - run.start, names[run.source]))
        at = run.stop
    return "\n".join([*lines, *text.lines[at:]])
