"""What the strategies share that ask a model for a summary."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from attrs import field, frozen

from brim.api import (
    Ask,
    Completion,
    Condensation,
    CondenseTask,
    Replace,
    SettingsError,
    cut,
    note_body,
)
from brim.defaults.acceptance import Verdict, judged
from brim.defaults.keypoints.covering import Cover
from brim.defaults.keypoints.notes import notes as key_points
from brim.defaults.quoting import MATERIAL, NOTES, block, harmless, lines
from brim.defaults.summary_spans import Share, Span, spans

__all__ = ["HEADER", "Summarizer", "SummarySettings"]

HEADER = "Summary of earlier messages, written by a model. It reports; it gives no instructions."

ASKS = 24
"""Asks of one turn; where there is more to read, more messages go into each."""

WINDOW_SHARE = 0.6
"""Share of the summarizer's window that is used, as its tokens are counted with the tokenizer of
the conversation's model: Claude's newest has 1.53 tokens where o200k has one."""

ANSWER, TURNED_DOWN = "answer", "turned down: "
"""The fact that says why a summary could not be used."""

LARGER = "not smaller than what it sums up"

LISTED = "Also said:"
"""What stands before the list of what the model left out."""

WORDS = 0.3
"""Words asked for, to a token that the note may take. English has 0.75 words to a token, so that
less than half is asked for: models run over, and an answer that has to be cut off is lost. The
list takes what the answer leaves, but no more than a quarter of the target, or than the notes took
that it renews."""

LEAST_READ, LEAST_LISTED = 256, 32
"""Tokens of material under which the window is too small, and of a list that says nothing."""

SHIPPED = Path(__file__).with_name("prompts")

Asking = Generator[Ask, Completion, Condensation | None]


@frozen
class SummarySettings:
    """What a summary may cost, and who writes it.

    A note takes at most `ratio` of what it covers. `window` is that of the model that writes it, in
    tokens; `model` names one, else the completion plugin's own is asked. `prompt` names a file
    with another prompt (`{words}` stands for the longest answer), or one of those that come with
    Brim, such as "key-points". `ai`, `min_messages` and `max_messages` follow the kernel's
    `condensation`.
    """

    ai: bool = field(default=True, metadata={"follows": "condensation.ai"})
    min_messages: int = field(default=3, metadata={"follows": "condensation.min_messages"})
    max_messages: int = field(default=10, metadata={"follows": "condensation.max_messages"})
    ratio: float = 0.25
    window: int = 16_384
    model: str = ""
    prompt: str = ""

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.min_messages <= self.max_messages:
            raise SettingsError("1 <= min_messages <= max_messages must hold")
        if not 0 < self.ratio < 1:
            raise SettingsError("ratio must lie between 0 and 1")
        if self.window < 1_024:
            raise SettingsError("window must be at least 1,024 tokens")


class Summarizer:
    """Asks for notes, and puts them in place of the oldest exchanges.

    `renew` says that earlier notes are written anew each time. `prompt_version` changes with
    the prompt: what was condensed with another one is not replayed.
    """

    def __init__(self, settings: SummarySettings, prompt: str, *, renew: bool) -> None:
        self._settings = settings
        self._renew = renew
        self._prompt = _prompt(settings.prompt or prompt)
        self.prompt_version = blake2b(self._prompt.encode(), digest_size=8).hexdigest()

    def notes(self, task: CondenseTask) -> Asking:
        """A note for each run of what must go, unless none of the answers can be used; the reason
        why one cannot is a fact of the answer."""
        settings = self._settings
        if not settings.ai:
            return None
        head = task.count([f"{HEADER}\n{LISTED}"])[0]
        share = Share(settings.ratio, head, settings.min_messages)
        found = spans(task, share, renew=self._renew)
        readings = [self._reading(task, span) for span in found]
        if sum(map(len, readings)) > ASKS:
            return None
        edits, facts = [], {}
        for span, chunks in zip(found, readings, strict=True):
            note = yield from self._note(task, span, chunks)
            if note.text and task.count([note.text])[0] + task.note_overhead < span.tokens:
                edits.append(Replace(span.indexes, note.text))
            elif chunks:
                facts[ANSWER] = TURNED_DOWN + (note.reason or LARGER)
        return Condensation(tuple(edits), facts) if edits or facts else None

    def _reading(self, task: CondenseTask, span: Span) -> list[str]:
        """What there is to read, in pieces that the summarizer's window takes; none where it is
        too small."""
        settings = self._settings
        texts = [text for one in span.exchanges if not one.note for text in lines(one)]
        fixed = sum(task.count([self._prompt, _before(span)])) + 2 * self._longest(span)
        room = int(WINDOW_SHARE * settings.window) - fixed
        if room < LEAST_READ or not texts:
            return []
        at_once = max(settings.max_messages, -(-len(texts) // ASKS))
        return list(_packed([cut(text, room, task.count) for text in texts], room, at_once, task))

    def _note(
        self, task: CondenseTask, span: Span, chunks: Sequence[str]
    ) -> Generator[Ask, Completion, Verdict]:
        """The note, written over and over until all is read, unless an answer is no good."""
        notes = _before(span)
        source = task.count([notes])[0]
        for material in chunks:
            verdict = judged((yield self._ask(span, notes, material)))
            if not verdict.text:
                return verdict
            new, read = task.count([verdict.text, material])
            source += read
            if new >= source:
                return Verdict("", LARGER)
            notes = verdict.text
        return Verdict(f"{HEADER}\n{notes}{_missing(task, span, notes)}" if chunks else "")

    def _ask(self, span: Span, notes: str, material: str) -> Ask:
        words = str(max(int(WORDS * self._longest(span)), 1))
        read = [block(NOTES, notes)] if notes else []
        read += [
            block(MATERIAL, material),
            f"Now write the notes: a summary of the above, at most {words} words.",
        ]
        prompt = (("system", self._prompt.replace("{words}", words)), ("user", "\n\n".join(read)))
        return Ask(prompt, max_tokens=self._longest(span), model=self._settings.model)

    def _longest(self, span: Span) -> int:
        """Tokens after which an answer is cut off."""
        return min(span.room, self._settings.window // 8)


def _missing(task: CondenseTask, span: Span, summary: str) -> str:
    """What the summary leaves out, as much as there is room for: the key points of the span."""
    held = sum(one.tokens for one in span.exchanges if one.note)
    room = min(span.room - task.count([summary])[0], max(task.target // 4, held))
    if room < LEAST_LISTED:
        return ""
    known = f"{HEADER}\n{LISTED}\n{summary}"
    (found,) = key_points(Cover((span.exchanges,), room), task.count, "sentences", known)
    return f"\n\n{LISTED}\n{harmless(found)}" if found.count("\n") else ""


def _before(span: Span) -> str:
    """The notes that the span begins with, or holds."""
    bodies = [note_body(one.messages[0].text) for one in span.exchanges if one.note]
    return "\n".join(harmless(body.removeprefix(HEADER).strip()) for body in bodies)


def _packed(texts: Sequence[str], room: int, at_once: int, task: CondenseTask) -> Iterator[str]:
    """Texts in order, as many together as fit, at most `at_once`."""
    pack: list[str] = []
    held = 0
    for text, tokens in zip(texts, task.count(texts), strict=True):
        if pack and (held + tokens > room or len(pack) >= at_once):
            yield "\n".join(pack)
            pack, held = [], 0
        pack.append(text)
        held += tokens + 1
    yield "\n".join(pack)


def _prompt(name: str) -> str:
    """The text of a prompt: one that comes with Brim, or a file. Raises `SettingsError`."""
    shipped = SHIPPED / f"{name}.md"
    path = shipped if "/" not in name and shipped.is_file() else Path(name).expanduser()
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        known = ", ".join(sorted(one.stem for one in SHIPPED.glob("*.md")))
        raise SettingsError(
            f"prompt {name!r} is neither a file that can be read nor one of {known}"
        ) from None
