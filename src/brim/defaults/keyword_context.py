"""Context by keywords: what was left out of the conversation, and folders of documents."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from attrs import Factory, define, field, frozen, validators

from brim.api import InjectTask, Library, Passage, Snippet, Talk, chosen, hookimpl, relevance

__all__ = ["KeywordContext", "KeywordContextSettings"]

TALKS = 16
"""Conversations whose index is kept."""

State = tuple[bytes, int]


@frozen
class KeywordContextSettings:
    """The section `[plugin.keyword-context]`. `conversation`: whether to look in what was left out
    of the conversation itself; `folders`: where to look for documents, files that end in one of
    `suffixes`, at most `max_files` of at most `max_bytes` each. `cache` is results kept, which
    follows the kernel's `injection.cache`."""

    conversation: bool = True
    folders: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".md", ".rst", ".txt")
    max_files: int = field(default=2_000, validator=validators.ge(1))
    max_bytes: int = field(default=1_000_000, validator=validators.ge(1))
    cache: int = field(
        default=1_000, validator=validators.ge(0), metadata={"follows": "injection.cache"}
    )


@define(eq=False)
class KeywordContext:
    """BM25 over passages and what is around them. Safe for threads."""

    settings: KeywordContextSettings
    _library: Library = field(init=False)
    _talks: OrderedDict[tuple[bytes, ...], Talk] = Factory(OrderedDict)
    _results: OrderedDict[State, tuple[Snippet, ...]] = Factory(OrderedDict)
    _lock: Lock = Factory(Lock)

    def __attrs_post_init__(self) -> None:
        chosen, folders = self.settings, self.settings.folders
        paths = [Path(folder).expanduser().resolve() for folder in folders]
        self._library = Library(paths, chosen.suffixes, chosen.max_bytes, chosen.max_files)

    @hookimpl
    async def inject_context(self, task: InjectTask) -> Sequence[Snippet]:
        """Reads and ranks in a thread, so that no event loop waits for it."""
        from asyncio import to_thread

        return await to_thread(self._search, task)

    def _search(self, task: InjectTask) -> Sequence[Snippet]:
        with self._lock:
            talk = self._talk(task)
            if self.settings.folders:
                self._library.refresh()
            state = _state(task), self._library.index.version
            found = self._results.get(state)
            if found is None:
                found = self._results[state] = self._found(task, talk)
            self._results.move_to_end(state)
            while len(self._results) > self.settings.cache:
                self._results.popitem(last=False)
            return found

    def _talk(self, task: InjectTask) -> Talk:
        """The index of this conversation, which holds what is gone of it."""
        if not (self.settings.conversation and task.gone):
            return Talk()
        key = tuple(message.fingerprint for message in task.gone[0].messages)
        talk = self._talks.setdefault(key, Talk())
        self._talks.move_to_end(key)
        while len(self._talks) > TALKS:
            self._talks.popitem(last=False)
        talk.follow(task.gone)
        return talk

    def _found(self, task: InjectTask, talk: Talk) -> tuple[Snippet, ...]:
        passages: dict[tuple[str, int], Passage] = {**talk.passages, **self._library.passages}
        scores = {
            key: score
            for one in (talk, self._library)
            for key, score in relevance(one.index, one.passages, task.query).items()
        }
        runs = chosen(scores, passages, task.budget, task.count)
        counts = task.count([run.text for run in runs])
        return tuple(
            Snippet(run.text, run.source, run.score, tokens)
            for run, tokens in zip(runs, counts, strict=True)
        )


def _state(task: InjectTask) -> bytes:
    """What the result depends on beside the documents."""
    asked = blake2b(digest_size=16)
    said = (task.query, str(task.budget), task.conversation.model)
    asked.update("\0".join(said).encode("utf-8", "surrogatepass"))
    for exchange in task.gone:
        asked.update(b"%d" % exchange.index)
        asked.update(b"".join(message.fingerprint for message in exchange.messages))
    return asked.digest()
