"""Key-point extraction: a note of what the conversation will need, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from attrs import frozen

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
        texts = iter(notes(cover, task.count, self._settings.style))
        edits: list[Edit] = [
            Replace(tuple(one.index for one in span), next(texts)) for span in cover.spans
        ]
        edits += [
            Rewrite(one.exchange, one.message, one.part, text, (one.item,))
            for one, text in zip(cover.results, _long_enough(cover, texts, task), strict=True)
        ]
        return Condensation(tuple(edits))


def _long_enough(cover: Cover, texts: Iterator[str], task: CondenseTask) -> Iterator[str]:
    """Of a newest result some text stays: head and tail where too few points were found."""
    points = [*texts]
    counts = task.count(points)
    for one, text, tokens in zip(cover.results, points, counts, strict=True):
        yield text if tokens >= SHORT else cut(one.text, SHORT, task.count)
