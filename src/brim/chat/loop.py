"""The chat loop: one conversation between a user, a model and tools."""

from __future__ import annotations

import threading
from asyncio import Lock
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from functools import partial

from brim.chat.conversation import Conversation
from brim.chat.guards import checked
from brim.chat.replies import Piece, Reply
from brim.chat.results import DIALECT, Bound
from brim.chat.steps import step
from brim.chat.toolbox import Toolbox, expanding
from brim.chat.transcript import Transcript
from brim.chat.turn import Setup, Turn
from brim.errors import ChatError, MalformedRequest
from brim.road.brim import Brim
from brim.road.intake.pins import Pin
from brim.road.reports.fitted import Fitted

__all__ = ["ChatLoop"]


class ChatLoop:
    """A conversation that stays inside of its model's window, however long it becomes.

    Each iteration checks the input, fits the conversation, has every request admitted, asks the
    model, and runs the tools that it calls until it answers. Completion plugins are those that
    the settings of `brim` name, or that it was given. `tools` are typed functions, or what
    `brim.chat.tool` makes of them; with `expand` the model can read what was left out, by
    default where there are tools. `transcript` keeps all messages, and goes on where it ended.
    `budget` and `tenant` are as for `Brim.fit`, `parallel` overrides `chat.parallel_tools`.

    An iteration that fails, is cancelled or is not read to its end leaves conversation and
    transcript as they were. One iteration runs at a time. Raises `ToolError` for a function that
    cannot be a tool.
    """

    def __init__(
        self,
        brim: Brim,
        *,
        model: str | None = None,
        system: str | None = None,
        tools: Iterable[object] = (),
        transcript: Transcript | None = None,
        budget: int | None = None,
        tenant: str | None = None,
        expand: bool | None = None,
        parallel: bool | None = None,
        temperature: float = 1.0,
    ) -> None:
        chat = brim.settings.chat
        self.brim = brim
        self.model = model or brim.settings.model
        self.tenant = tenant or ""
        given = list(tools)
        if expand if expand is not None else bool(given):
            given.append(expanding(brim, tenant or "", chat.max_result))
        bound = Bound(brim, self.model, tenant or "", chat.max_result)
        toolbox = Toolbox.of(given, bound, chat.parallel_tools if parallel is None else parallel)
        make = partial(
            brim.session,
            model=self.model,
            budget=budget,
            system=system,
            tools=toolbox.definitions or None,
            tenant=tenant,
            dialect=DIALECT,
        )
        self._conversation = Conversation(make, transcript)
        self._setup = Setup(brim, self._conversation, toolbox, system, tenant or "", temperature)
        brim.publish("chat", self.model)
        self._running = threading.Lock()
        self._fitted: Fitted | None = None

    @property
    def messages(self) -> list[object]:
        """All messages so far, in OpenAI's chat form; never trimmed."""
        return self._conversation.session.messages

    @property
    def transcript(self) -> Transcript | None:
        return self._conversation.transcript

    @property
    def fitted(self) -> Fitted | None:
        """The fit of the last request that was answered, which can tell what it left out; None
        before there is one."""
        return self._fitted

    def pin(self, pin: Pin) -> None:
        """From now on keep messages as they are: a position in `messages`, a role, or a test of a
        message's view. Raises `MalformedRequest` for a position that is not there."""
        count = len(self._conversation.session)
        if isinstance(pin, int) and not -count <= pin < count:
            raise MalformedRequest(f"pin {pin}: there are {count} messages, from 0", rule="pin")
        self._setup.pins.append(pin % count if isinstance(pin, int) else pin)

    def run_iteration(self, text: str) -> Reply:
        """Send what a user typed, and give the model's answer.

        Raises `InputRefused` and `RequestRefused` when a check or a guard refuses,
        `BudgetInfeasible` when the input does not fit, `CompletionError` or `HookError` when the
        model cannot answer, `StoreError` when the transcript cannot be written, and `ChatError`
        when another iteration is still running. Whatever is raised, nothing was added.
        """
        return _reply([*self._driven(self._pieces(text, streamed=False))])

    async def arun_iteration(self, text: str) -> Reply:
        """`run_iteration` for an event loop."""
        async with aclosing(self._pieces(text, streamed=False)) as pieces:
            return _reply([piece async for piece in pieces])

    def stream(self, text: str) -> Generator[Piece]:
        """`run_iteration` piece by piece; the last one has the reply. What is not read to its
        end is taken back."""
        yield from self._driven(self.astream(text))

    def _driven(self, pieces: AsyncGenerator[Piece]) -> Generator[Piece]:
        drive, alone = self.brim.host.drive, Lock()
        try:
            while (piece := drive.run(_next(pieces, alone))) is not None:
                yield piece
        finally:
            drive.run(_close(pieces, alone))

    def astream(self, text: str) -> AsyncGenerator[Piece]:
        """`stream` for an event loop. Close it where it is not read to its end."""
        return self._pieces(text, streamed=True)

    async def _pieces(self, text: str, *, streamed: bool) -> AsyncGenerator[Piece]:
        with self._alone(), step(self.brim, "iteration") as taken:
            wanted = await checked(self.brim, text)
            turn = Turn(self._setup, streamed)
            self._conversation.begin()
            try:
                async with aclosing(turn.pieces(wanted)) as pieces:
                    async for piece in pieces:
                        yield piece
                self._conversation.commit()
            except BaseException:
                self._conversation.withdraw()
                raise
            taken.facts |= turn.facts
            self._fitted = turn.fitted
        yield Piece(reply=turn.reply())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._running.acquire(blocking=False):
            raise ChatError("this loop is in the middle of an iteration: wait, or make another")
        try:
            yield
        finally:
            self._running.release()


def _reply(pieces: Sequence[Piece]) -> Reply:
    last = pieces[-1].reply
    assert last is not None, "the last piece has the reply"
    return last


async def _next(pieces: AsyncGenerator[Piece], alone: Lock) -> Piece | None:
    async with alone:
        return await anext(pieces, None)


async def _close(pieces: AsyncGenerator[Piece], alone: Lock) -> None:
    """After what was interrupted has come to its end: until then the generator is running."""
    async with alone:
        await pieces.aclose()
