"""A source of context that ranks by keywords and by meaning, and fuses both rankings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from operator import mul
from pathlib import Path
from threading import Lock
from typing import ClassVar

from attrs import Factory, define, field, frozen, validators

from brim.api import (
    InjectTask,
    Library,
    Passage,
    Snippet,
    Talk,
    cache_home,
    chosen,
    fused,
    hookimpl,
    relevance,
    spread,
)
from brim_embeddings.cache import EmbeddingCache, key_of, packed, unpacked

__all__ = ["EmbeddingContext", "EmbeddingContextSettings"]

TALKS = 16
"""Conversations whose index is kept."""

STEP = 16
"""Texts that are embedded at once."""

Key = tuple[str, int]
Passages = Mapping[Key, Passage]


@frozen
class EmbeddingContextSettings:
    """The section `[plugin.embedding-context]`. `conversation`, `folders` and the rest of where to
    look are as for `keyword-context`. Of passages that have no vector yet, `batch` are embedded for
    one message, the most promising first. Vectors are kept in the file `path`, by default
    `embeddings.sqlite` in the user's folder for caches; `entries` of them in memory. New ones are
    written `save_every` at a time. These two follow `caching.embedding_entries` and
    `caching.embedding_save_every`."""

    conversation: bool = True
    folders: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".md", ".rst", ".txt")
    max_files: int = field(default=2_000, validator=validators.ge(1))
    max_bytes: int = field(default=1_000_000, validator=validators.ge(1))
    batch: int = field(default=128, validator=validators.ge(1))
    path: str = ""
    entries: int = field(
        default=5_000,
        validator=validators.ge(0),
        metadata={"follows": "caching.embedding_entries"},
    )
    save_every: int = field(
        default=100,
        validator=validators.ge(1),
        metadata={"follows": "caching.embedding_save_every"},
    )

    @property
    def file(self) -> Path:
        return Path(self.path).expanduser() if self.path else cache_home() / "embeddings.sqlite"


@frozen
class _Look:
    """What there is to choose from, and how keywords rank it."""

    passages: Passages
    lexical: Mapping[Key, float]

    @property
    def promising(self) -> list[Key]:
        """Those that keywords find, best first, then the others, the newest first."""
        found = sorted(self.lexical, key=lambda key: (-self.lexical[key], key))
        return [*found, *(key for key in reversed(list(self.passages)) if key not in self.lexical)]


@define(eq=False)
class EmbeddingContext:
    """BM25 and cosines, fused by their ranks; keywords alone where nothing embeds. Safe for
    threads."""

    settings: EmbeddingContextSettings
    name: ClassVar[str] = "embedding-context"
    cache: EmbeddingCache = field(init=False)
    _library: Library = field(init=False)
    _talks: OrderedDict[tuple[bytes, ...], Talk] = Factory(OrderedDict)
    _lock: Lock = Factory(Lock)

    def __attrs_post_init__(self) -> None:
        own = self.settings
        paths = [Path(folder).expanduser().resolve() for folder in own.folders]
        self._library = Library(paths, own.suffixes, own.max_bytes, own.max_files)
        self.cache = EmbeddingCache(own.file, own.entries, own.save_every)

    @hookimpl
    async def inject_context(self, task: InjectTask) -> Sequence[Snippet]:
        """Files and vectors are read in threads; the model is awaited."""
        from asyncio import to_thread

        look = await to_thread(self._look, task)
        if not look.passages:
            return ()
        vectors = await self._vectors(task, look)
        return await to_thread(_found, task, look, vectors)

    @hookimpl
    def close(self) -> None:
        self.cache.close()

    def _look(self, task: InjectTask) -> _Look:
        with self._lock:
            talk = self._talk(task)
            if self.settings.folders:
                self._library.refresh()
            passages = {**talk.passages, **self._library.passages}
            lexical = {
                key: score
                for one in (talk, self._library)
                for key, score in relevance(one.index, one.passages, task.query).items()
            }
            return _Look(passages, lexical)

    def _talk(self, task: InjectTask) -> Talk:
        if not (self.settings.conversation and task.gone):
            return Talk()
        key = tuple(message.fingerprint for message in task.gone[0].messages)
        talk = self._talks.setdefault(key, Talk())
        self._talks.move_to_end(key)
        while len(self._talks) > TALKS:
            self._talks.popitem(last=False)
        talk.follow(task.gone)
        return talk

    async def _vectors(self, task: InjectTask, look: _Look) -> dict[str, bytes]:
        """Vectors of the query and of passages, those of `batch` of them made now. Without one for
        the query there are none."""
        from asyncio import to_thread

        texts = [task.query, *(look.passages[key].text for key in look.promising)]
        keys = {text: key_of(task.embedder, text) for text in texts}
        there = await to_thread(self.cache.get_many, list(keys.values()))
        missing = [text for text, key in keys.items() if key not in there][
            : self.settings.batch + 1
        ]
        for start in range(0, len(missing), STEP):  # what was made is kept if time runs out
            step = missing[start : start + STEP]
            made = await task.embed(step)
            if made is None:
                break
            new = {keys[text]: packed(vector) for text, vector in zip(step, made, strict=True)}
            await to_thread(self.cache.set_many, new)
            there |= new
        return {text: there[key] for text, key in keys.items() if key in there}


def _found(task: InjectTask, look: _Look, vectors: Mapping[str, bytes]) -> tuple[Snippet, ...]:
    rankings = [look.lexical]
    if task.query in vectors:
        rankings.append(spread(_cosines(task.query, look.passages, vectors), look.passages))
    runs = chosen(fused(rankings), look.passages, task.budget, task.count)
    counts = task.count([run.text for run in runs])
    return tuple(
        Snippet(run.text, run.source, run.score, tokens)
        for run, tokens in zip(runs, counts, strict=True)
    )


def _cosines(query: str, passages: Passages, vectors: Mapping[str, bytes]) -> dict[Key, float]:
    """How near each passage that has a vector is to the query, where nearer than the average."""
    wanted = unpacked(vectors[query])
    near: dict[Key, float] = {}
    for key, passage in passages.items():
        numbers = unpacked(vectors.get(passage.text, b""))
        if len(numbers) == len(wanted):
            near[key] = sum(map(mul, numbers, wanted))
    mean = sum(near.values()) / len(near) if near else 0.0
    return {key: score - mean for key, score in near.items() if score > mean}
