"""Key-point extraction: a note of what the conversation will need, without a model."""

from __future__ import annotations

from typing import Literal

from attrs import evolve, frozen

from brim.api import (
    Condensation,
    CondenseTask,
    Edit,
    Replace,
    Rewrite,
    SettingsError,
    cut,
    hookimpl,
)
from brim.defaults.keypoints.covering import SHORT, Cover, covering
from brim.defaults.keypoints.notes import notes

__all__ = ["KeyPoints", "KeyPointsSettings"]


@frozen
class KeyPointsSettings:
    """A note takes `ratio` of the tokens of what it covers; the newest exchanges stay as they
    are as far as that leaves room. In `style` "headline" English prose of chats loses its
    grammar; in "sentences" every sentence that is kept is kept whole.
    """

    ratio: float = 0.25
    style: Literal["headline", "sentences"] = "headline"

    def __attrs_post_init__(self) -> None:
        if not 0 < self.ratio < 1:
            raise SettingsError("ratio must lie between 0 and 1")


class KeyPoints:
    """Keeps whole sentences, lines and rows that hold the most of what comes up again."""

    name = "key-point-extraction"

    def __init__(self, settings: KeyPointsSettings) -> None:
        self._settings = settings

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        """One note for each run of older exchanges; the newest results last of all."""
        cover = covering(task, self._settings.ratio)
        if cover is None:
            return None
        texts = _texts(cover, task, self._settings.style)
        edits: list[Edit] = [
            Replace(tuple(one.index for one in span), text)
            for span, text in zip(cover.spans, texts, strict=False)
        ]
        edits += [
            Rewrite(one.exchange, one.message, one.part, text, (one.item,))
            for one, text in zip(cover.results, texts[len(cover.spans) :], strict=True)
        ]
        return Condensation(tuple(edits))


def _texts(cover: Cover, task: CondenseTask, style: str) -> list[str]:
    """Notes and results. Where a result must be longer than its points, the rest is shorter."""
    texts = _long_enough(cover, notes(cover, task.count, style), task)
    over = sum(task.count(texts)) - cover.room if cover.results else 0
    if 0 < over < cover.room:
        less = evolve(cover, room=cover.room - over)
        texts = _long_enough(cover, notes(less, task.count, style), task)
    return texts


def _long_enough(cover: Cover, texts: list[str], task: CondenseTask) -> list[str]:
    """Of a newest result some text stays: head and tail where too few points were found."""
    counts = task.count(texts)
    number = len(cover.spans)
    for at, one in enumerate(cover.results, number):
        if counts[at] < SHORT:
            texts[at] = cut(one.text, SHORT, task.count)
    return texts
