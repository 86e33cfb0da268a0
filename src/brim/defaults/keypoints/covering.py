"""Which exchanges a condensation covers, and how many tokens their notes may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from attrs import frozen

from brim.api import CondenseTask, Exchange, Part, Text, ToolResult, is_marked

__all__ = ["MODEST", "SHORT", "Cover", "Place", "covering"]

FOLD = 0.5
"""Notes that together exceed this share of the target are folded into one."""

FOLDED = 0.4
"""The share of the target that this one may take, so that there is room for the next ones."""

LEAST = 16
"""Tokens of text below which a note says nothing."""

MODEST = 72
"""Tokens of room below which the points of mere talk say less than its newest messages do."""

FLOOR = 0.1
"""Share of the target that notes may take where what must stay leaves them less, as long as
that is within the limit."""


SLACK = 2
"""Tokens left free for each text: what stands around it is known only nearly."""

HANDLE = 7
"""Tokens of the handle that the mark of a shortened result will bear, at most about."""

SHORT = 64
"""Tokens of a result up to which it stays as it is, and that are left of a longer one."""


@frozen
class Place:
    """A text of a result of the newest exchange, and where it stands."""

    exchange: int
    message: int
    part: int
    item: int
    text: str
    tokens: int


@frozen
class Cover:
    """`spans` are runs of neighbours, each to become one note; `results` are texts of the newest
    exchange that must become shorter too. `room` is the tokens that all their texts may have
    together."""

    spans: tuple[tuple[Exchange, ...], ...]
    room: int
    results: tuple[Place, ...] = ()


def covering(task: CondenseTask, ratio: float) -> Cover | None:
    """What to cover, None where nothing would be worth having.

    The newest exchanges stay verbatim as far as notes and `ratio` of what is older leave room;
    where they leave none, everything is covered, the newest results at last, and takes what there
    is. How many stay does not depend on whether notes are folded: with more room no fewer stay.
    """
    if task.tokens <= task.target:
        return None
    free = [one for one in task.conversation.exchanges if not one.keep and not one.newest]
    loose = [one for one in free if not one.note]
    total, share = _tokens(loose), int(FOLD * task.target)
    standing = _tokens(free) - total
    room = task.target - task.tokens + total + max(standing - share, 0)
    kept = _kept(loose, total, room - _unsaved(task, loose), ratio)
    old = loose[: len(loose) - kept]
    if not standing or standing + ratio * _tokens(old) <= share:
        return _cover(task, old, ratio, bare=not kept)
    gone = sorted([*old, *(one for one in free if one.note)], key=lambda one: one.index)
    return _cover(task, gone, ratio, bare=not kept, most=int(FOLDED * task.target))


def _cover(
    task: CondenseTask,
    gone: Sequence[Exchange],
    ratio: float,
    *,
    bare: bool,
    most: int | None = None,
) -> Cover | None:
    """Cover what goes. `bare` says that none of the older exchanges stays."""
    spans = [span for span in _runs(gone) if _pays(task, span)]
    covered = sum(map(_tokens, spans))
    overhead = len(spans) * (task.note_overhead + SLACK)
    left = task.target - task.tokens + covered - overhead
    results: tuple[Place, ...] = ()
    if bare and (left < ratio * covered or left < 0):
        results = _results(task)
        left += sum(one.tokens - HANDLE for one in results)
    over = task.limit - task.target
    least = int(min(ratio * covered, FLOOR * task.target))
    left = max(left, min(least, left + over))
    left = min(left, covered - overhead + sum(one.tokens for one in results) - 1)
    if most is not None:
        left = min(left, max(most, int(ratio * covered)))
    if left < LEAST * len(spans) + SHORT * len(results) or not (spans or results):
        return None
    if left < MODEST and not results and not any(map(_is_technical, spans)):
        return None
    return Cover(tuple(spans), left, results)


def _is_technical(span: Iterable[Exchange]) -> bool:
    """Whether tools took part, whose results say much in few words."""
    return any(message.calls or message.results for one in span for message in one.messages)


def _unsaved(task: CondenseTask, free: Sequence[Exchange]) -> int:
    """The most that stands around notes, and in runs too short for one: at the border as well."""
    runs = _runs(free)
    short = sum(_tokens(run) for run in runs if not _pays(task, run))
    return short + len(runs) * (task.note_overhead + SLACK) + task.note_overhead + 2 * LEAST


def _kept(free: Sequence[Exchange], total: int, room: int, ratio: float) -> int:
    """How many of the newest exchanges stay while the rest is left its ratio."""
    tokens = 0
    for number, one in enumerate(reversed(free)):
        tokens += one.tokens
        if tokens + ratio * (total - tokens) > room:
            return number
    return len(free)


def _results(task: CondenseTask) -> tuple[Place, ...]:
    """The texts of the newest results that are long enough to be shortened."""
    places = [
        (text, partial(Place, exchange.index, number, at, item, source))
        for exchange in task.conversation.exchanges
        if exchange.newest and not exchange.keep
        for number, (message, came) in enumerate(
            zip(exchange.messages, exchange.original, strict=True)
        )
        for at, (part, old) in enumerate(zip(message.parts, came.parts, strict=False))
        for item, text, source in _texts(part, old)
    ]
    counts = task.count([text for text, _ in places])
    return tuple(
        place(tokens) for (_, place), tokens in zip(places, counts, strict=True) if tokens > SHORT
    )


def _texts(part: Part, came: Part) -> Iterator[tuple[int, str, str]]:
    """Each text of a result: its place, what it says, and what it said as it came."""
    if not isinstance(part, ToolResult) or not isinstance(came, ToolResult):
        return
    alike = len(part.content) == len(came.content)
    for item, content in enumerate(part.content):
        source = came.content[item] if alike else content
        if isinstance(content, Text) and isinstance(source, Text) and not is_marked(source.text):
            yield item, content.text, source.text


def _pays(task: CondenseTask, span: Sequence[Exchange]) -> bool:
    """Whether a note in its place could be smaller."""
    return _tokens(span) > task.note_overhead + 2 * LEAST


def _tokens(span: Iterable[Exchange]) -> int:
    return sum(one.tokens for one in span)


def _runs(exchanges: Iterable[Exchange]) -> list[tuple[Exchange, ...]]:
    runs: list[list[Exchange]] = []
    for one in exchanges:
        if runs and runs[-1][-1].index == one.index - 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [tuple(run) for run in runs]
