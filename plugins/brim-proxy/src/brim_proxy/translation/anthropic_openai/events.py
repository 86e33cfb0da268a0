"""Chat completion chunks as the events of a streamed message.

Anthropic's grammar: message_start, then for each content block a start, deltas and a stop, no
two blocks at a time, then message_delta and message_stop; pings and one error anywhere after.
Chat Completions may interleave its tool calls.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from attrs import define, field

from brim_proxy.translation.anthropic_openai.answer import (
    CHUNK,
    Style,
    arguments_of,
    envelope,
    is_object,
    stop_of,
    text_in,
    tool_use,
    used,
)
from brim_proxy.translation.anthropic_openai.errors import UNREADABLE, error_of, failed, status_in
from brim_proxy.translation.anthropic_openai.shapes import (
    Called,
    Choice,
    Chunk,
    Said,
    Usage,
    given,
)
from brim_proxy.translation.anthropic_openai.sse import COMMENT, EventReader, TooLong, event

__all__ = ["ChatEvents"]

BROKEN = "The upstream broke off its answer"
STALLED = "The upstream has said nothing for too long"
DONE = b"[DONE]"
DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}
EMPTY: dict[str, dict[str, object]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}


@define
class Track:
    """A content block: `waiting` is what of it was not written yet, `said` all of a call's
    arguments."""

    kind: str
    block: dict[str, object]
    waiting: list[str] = field(factory=list)
    said: list[str] = field(factory=list)
    started: bool = False

    @property
    def startable(self) -> bool:
        return self.kind != "tool_use" or bool(self.block["name"])

    @property
    def is_whole(self) -> bool:
        """Whether nothing can come any more: of a call, when its arguments are an object."""
        if self.kind != "tool_use":
            return True
        ends = self.said and self.said[-1].rstrip().endswith("}")
        return bool(self.started and ends and is_object("".join(self.said)))


def _another(called: Called, track: Track) -> bool:
    """Whether this begins another call than the one of its index."""
    return bool(called.id and called.function.name and called.id != track.block["id"])


@define
class Blocks:
    """The content blocks in the order in which they began. The first is written while it comes;
    the others wait until it is over."""

    line: list[Track] = field(factory=list)
    calls: dict[object, Track] = field(factory=dict)
    index: int = 0

    def say(self, kind: str, text: str) -> None:
        """A piece of text or thinking."""
        if not self.line or self.line[-1].kind != kind:
            self.line.append(Track(kind, EMPTY[kind]))
        self.line[-1].waiting.append(text)

    def call(self, called: Called, message: object) -> None:
        """A piece of a tool call. Some servers give whole calls without an index, some give all
        of them the same one."""
        at = called.index if called.index is not None else called.id or len(self.calls)
        track = self.calls.get(at)
        if track is None or _another(called, track):
            track = Track("tool_use", tool_use(called, len(self.calls), message))
            self.calls[at] = track
            self.line.append(track)
        elif not track.startable and called.function.name:
            track.block["name"] = called.function.name
        if piece := arguments_of(called):
            track.waiting.append(piece)
            track.said.append(piece)

    def written(self, last: bool = False) -> Iterator[bytes]:
        """What can be written now; with `last` all of it."""
        while self.line:
            front = self.line[0]
            if not front.started and (last or front.startable):
                front.started = True
                yield event("content_block_start", index=self.index, content_block=front.block)
            if front.started:
                yield from self._deltas(front)
            if not last and (len(self.line) == 1 or not front.is_whole):
                return
            yield event("content_block_stop", index=self.index)
            self.line.pop(0)
            self.index += 1

    def _deltas(self, track: Track) -> Iterator[bytes]:
        kind, name = DELTAS[track.kind]
        for piece in track.waiting:
            yield event("content_block_delta", index=self.index, delta={"type": kind, name: piece})
        track.waiting.clear()


class ChatEvents:
    """Reads a streamed chat completion, cut anywhere, and writes a streamed message.

    Whatever comes, what is written is a whole message or ends with an error.
    """

    def __init__(self, style: Style, tokens: int) -> None:
        self.complete = False
        self._style = style
        self._tokens = tokens
        self._reader = EventReader()
        self._blocks = Blocks()
        self._id: object = None
        self._choice: Choice | None = None
        self._refused = False
        self._usage: Usage | None = None
        self._over = False

    def feed(self, piece: bytes) -> bytes:
        """The events that follow from these bytes."""
        if self._over:
            return b""
        try:
            found = self._reader.feed(piece)
        except TooLong:
            return self._fail(failed(502, UNREADABLE))
        return b"".join(self._read(data) for data in found)

    def quiet(self) -> bytes:
        """A ping, in a message that begins with it at the latest."""
        if self._over:
            return b""
        return event("ping") if self._id else b"".join(self._begun(None))

    def end(self, whole: bool, late: bool = False) -> bytes:
        """The last events. An answer that has said why it ended is complete even where the
        upstream broke off."""
        out = b"".join(self._read(data) for data in self._reader.end()) if whole else b""
        if self._over:
            return out
        fault = failed(504, STALLED) if late else failed(502, BROKEN)
        return out + (self._finish() if self._choice else self._fail(fault))

    def whole(self, chunk: Chunk) -> bytes:
        """All events of an answer that came whole."""
        return b"".join(self._taken(chunk)) + self._finish()

    def _read(self, data: bytes) -> bytes:
        if self._over:
            return b""
        if data == COMMENT:
            return event("ping") if self._id else b""
        if data.strip() == DONE:
            return self._finish() if self._id else self._fail(failed(502, UNREADABLE))
        try:
            chunk = CHUNK.decode(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return self._fail(failed(502, UNREADABLE))
        if given(chunk.error):
            return self._fail(error_of(status_in(data), data, self._tokens)[1])
        return b"".join(self._taken(chunk))

    def _taken(self, chunk: Chunk) -> Iterator[bytes]:
        if not self._id:
            yield from self._begun(chunk.id)
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices or ():
            said = choice.delta or choice.message
            if choice.index == 0 and said is not None:
                self._hear(said)
            if choice.index == 0 and choice.finish_reason:
                self._choice = choice
        yield from self._blocks.written()

    def _begun(self, given: str | None) -> Iterator[bytes]:
        message = envelope(self._style, given)
        self._id = message["id"]
        yield event("message_start", message=message)
        yield event("ping")

    def _hear(self, said: Said) -> None:
        if thought := self._style.reasoning(said):
            self._blocks.say("thinking", thought)
        if text := text_in(said.content) + (said.refusal or ""):
            self._blocks.say("text", text)
        self._refused |= bool(said.refusal)
        for called in said.tool_calls or ():
            self._blocks.call(called, self._id)

    def _finish(self) -> bytes:
        self._over = self.complete = True
        choice, called = self._choice or Choice(), bool(self._blocks.calls)
        stop = stop_of(choice, called=called, refused=self._refused)
        rest = b"".join(self._blocks.written(last=True))
        end = event("message_delta", delta=stop, usage=used(self._usage))
        return rest + end + event("message_stop")

    def _fail(self, error: dict[str, object]) -> bytes:
        self._over = True
        return event("error", error=error["error"])
