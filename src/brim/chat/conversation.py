"""A session and its transcript, which grow together and fail together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from brim.chat.transcript import Transcript
from brim.chat.wire import Wire, unanswered
from brim.errors import BrimError
from brim.road.session import Session

__all__ = ["Conversation"]


@define(eq=False)
class Conversation:
    """Turns that are kept whole or taken back whole.

    `make` gives a session of these messages. What is added is in the session at once, and in the
    transcript after `keep`. A turn begins with `begin` and ends with `commit` or `withdraw`.
    """

    make: Callable[[Sequence[Wire]], Session]
    transcript: Transcript | None = None
    session: Session = field(init=False)
    _pending: list[Wire] = field(factory=list, init=False)
    _start: int | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        messages = self.transcript.messages if self.transcript is not None else []
        self.session = self.make(messages)
        rest = unanswered(messages)
        if rest:
            self.add(rest)
            self.keep()

    def begin(self) -> None:
        self._start = len(self.session)

    def add(self, messages: Sequence[Wire]) -> None:
        self.session.extend(messages)
        self._pending += messages

    def keep(self) -> None:
        """Write what is new into the transcript. Raises `ChatError` and `StoreError`."""
        if self.transcript is not None and self._pending:
            self.transcript.append(self._pending)
        self._pending = []

    def commit(self) -> None:
        self.keep()
        self._start = None

    def withdraw(self) -> None:
        """Go back to before the turn. What the transcript has of it stays there as withdrawn."""
        if self._start is None:
            return
        start, self._start, self._pending = self._start, None, []
        self.session = self.make(self.session.messages[:start])  # type: ignore[arg-type]  # its own
        if self.transcript is not None and len(self.transcript) > start:
            self._taken_back(self.transcript, start)

    def _taken_back(self, transcript: Transcript, start: int) -> None:
        """What failed first is what the caller must hear of."""
        try:
            transcript.withdraw(start)
        except BrimError as error:
            from loguru import logger

            logger.warning(f"a failed turn is still to be marked as withdrawn: {error}")
