"""What a chat loop gives back."""

from __future__ import annotations

from attrs import field, frozen

from brim.road.reports.report import FitReport

__all__ = ["Piece", "Reply", "ToolRun"]


@frozen
class ToolRun:
    """One call of a tool. `text` is what the model was told, `arguments` the JSON that it gave.

    `error` is empty, or the kind of what went wrong. `cached` tells that an earlier equal call
    was answered the same; `handle` leads to the whole result where it was cut.
    """

    call_id: str
    name: str
    arguments: str = field(repr=False)
    text: str = field(repr=False)
    error: str = ""
    seconds: float = field(default=0.0, eq=False)
    cached: bool = False
    handle: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


@frozen
class Reply:
    """The answer of one iteration. Tokens are those of all its requests together, as the
    provider reported them; `report` tells of the last fit. `stop` is why the model ended:
    "end", "length", "refusal" or "other". `reasoning` is what the model thought, in all of them,
    where `chat.show_reasoning` asks for it."""

    text: str
    stop: str
    model: str
    report: FitReport = field(repr=False)
    tools: tuple[ToolRun, ...] = ()
    requests: int = 1
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.text


@frozen
class Piece:
    """A piece of a streamed iteration: some text of the model, or of its `reasoning`, the end of a
    tool's `run`, or, the last one, the whole `reply`."""

    text: str = ""
    run: ToolRun | None = None
    reply: Reply | None = None
    reasoning: str = ""
