"""Smart truncation: the oldest exchanges go, the newest are shortened last.

It needs no model. It gives up step by step what nothing keeps, oldest first, and leaves a
short note in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from brim.api import (
    Condensation,
    CondenseTask,
    Drop,
    Edit,
    Exchange,
    Replace,
    hookimpl,
    left_out,
    note_body,
)
from brim.defaults.shortening import LEAST, shortened

__all__ = ["condense"]

WORTH = 0.1
"""The exchange at the border is shortened, not dropped, where at least this share of the
target is still free."""

_OWN = re.compile(r"(\d{1,3}(?:,\d{3}){0,4}) earlier messages? left out", re.ASCII)

SCRAP = 8
"""Tokens that a shortened text keeps at least where nothing else would fill half of the limit."""

HALF = 0.5
"""Where the target lies above this share of the limit, no less is used while the next exchange
still fits."""

SHARED = 0.5
"""What is left at least of the newest exchange that is shortened so that notes can stay."""


@frozen
class _Split:
    """What goes, what is done to the exchange at the border, and the tokens that are left."""

    gone: tuple[Exchange, ...]
    border: tuple[Edit, ...]
    tokens: int


@hookimpl
def condense(task: CondenseTask) -> Condensation | None:
    """Drop the oldest exchanges that nothing keeps, shorten the one at the border where much
    room is left, and the newest one's results where the limit demands it."""
    split = _split(task)
    edits = list(split.border)
    excess = split.tokens - task.limit
    if excess > 0:
        edits += _under_limit(task, excess)
    edits += _removals(task, split.gone, room=-excess)
    return Condensation(tuple(edits)) if edits else None


def _split(task: CondenseTask) -> _Split:
    """Keep what fits the target, from the newest backwards."""
    loose = [one for one in task.conversation.exchanges if _may_go(one) and not one.note]
    if task.tokens <= task.target or not loose:
        return _Split((), (), task.tokens)
    tokens = task.tokens - sum(one.tokens for one in loose)
    first = len(loose)
    while first and _fits(task, tokens, loose[first - 1]):
        first -= 1
        tokens += loose[first].tokens
    gone = loose[:first]
    turn = task.conversation.exchanges[-1].turn
    for end, least in _ends(task, tokens) if gone else ():
        over = gone[-1].turn < turn
        border = shortened(gone[-1], end - tokens, task.count, silently=over, least=least)
        if border:
            return _Split(tuple(gone[:-1]), border, end)
    return _Split(tuple(gone), (), tokens)


def _ends(task: CondenseTask, tokens: int) -> list[tuple[int, int]]:
    """How far the exchange at the border may reach, where it is worth shortening, and what each
    of its texts keeps at least."""
    worth = task.target - tokens >= max(LEAST, WORTH * task.target)
    ends = [(task.target, LEAST)] if worth else []
    return [*ends, (task.limit, SCRAP)] if tokens < HALF * task.limit else ends


def _fits(task: CondenseTask, tokens: int, exchange: Exchange) -> bool:
    more = tokens + exchange.tokens
    return more <= task.target or (tokens < HALF * task.limit <= task.target and more <= task.limit)


def _under_limit(task: CondenseTask, excess: int) -> list[Edit]:
    """Edits that save `excess` tokens where nothing else is left to give: the newest results are
    shortened, and where that would take more than half, notes of others go before, oldest first."""
    exchanges = task.conversation.exchanges
    notes = [one for one in exchanges if one.note and _may_go(one) and not _own(one)]
    newest = [one for one in exchanges if one.newest and not one.keep]
    edits: list[Edit] = []
    while excess > 0:
        for one in newest:
            left = one.tokens - excess
            if notes and left < SHARED * one.tokens:
                continue
            shorter = shortened(one, left, task.count, results_only=True)
            if shorter:
                return [*edits, *shorter]
        if not notes:
            break
        edits.append(Drop((notes[0].index,)))
        excess -= notes.pop(0).tokens
    return edits


def _removals(task: CondenseTask, gone: Sequence[Exchange], room: int) -> list[Edit]:
    """One note for each run of neighbours that go, where there is room; older notes of ours
    are taken in."""
    leaving = {one.index for one in gone}
    own = [one for one in task.conversation.exchanges if _may_go(one) and _own(one)]
    runs = _runs(sorted([*gone, *own], key=lambda one: one.index))
    runs = [run for run in runs if leaving.intersection(one.index for one in run)]
    notes = [left_out(sum(map(_messages, run))) for run in runs]
    cost = sum(task.count(notes)) + len(notes) * task.note_overhead
    edits: list[Edit] = []
    for run, note in zip(runs, notes, strict=True):
        indexes = tuple(one.index for one in run)
        edits.append(Replace(indexes, note) if cost <= room else Drop(indexes))
    return edits


def _runs(exchanges: Iterable[Exchange]) -> list[list[Exchange]]:
    runs: list[list[Exchange]] = []
    for one in exchanges:
        if runs and runs[-1][-1].index == one.index - 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _may_go(exchange: Exchange) -> bool:
    return not exchange.keep and not exchange.newest


def _own(exchange: Exchange) -> bool:
    return exchange.note and _OWN.fullmatch(note_body(exchange.messages[0].text)) is not None


def _messages(exchange: Exchange) -> int:
    """How many messages it stands for."""
    if not exchange.note:
        return len(exchange.messages)
    found = _OWN.fullmatch(note_body(exchange.messages[0].text))
    return int(found[1].replace(",", "")) if found else 1
