"""The turns of a conversation in the terminal, and the commands between them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from io import TextIOWrapper

import click
from attrs import define, field

from brim.chat import ChatLoop, Reply
from brim.cli.chat_screen import Shown
from brim.errors import BrimError, CompletionError
from brim.road.intake.pins import pin_of
from brim.road.reports.explain import Explanation

__all__ = ["Talk"]

HELP = """  /explain       what the last turn sent, and why
  /undo [HANDLE] bring back what was condensed; without a handle, the newest
  /pin [WHAT]    keep messages as they are: those with this text, role:user,
                 message:0, or what you said last
  /stats         figures since the start
  /help          this
  /quit          end; Ctrl-D does too. Ctrl-C ends a turn that is running
  //TEXT         say something that begins with /"""


class Quit(Exception):
    """The user wants to leave."""


@define(eq=False)
class Talk:
    """Reads lines and answers them. `live` where somebody types them."""

    loop: ChatLoop
    shown: Shown
    live: bool = field(factory=lambda: sys.stdin.isatty())  # noqa: PLW0108  the standard input of then
    reply: Reply | None = None
    failed: bool = False

    def run(self) -> bool:
        """All turns, to the end of the input. Gives whether one failed."""
        if isinstance(sys.stdin, TextIOWrapper):  # what is no UTF-8 is refused as an input
            sys.stdin.reconfigure(errors="surrogateescape")
        self._greet()
        while (line := self._read()) is not None:
            try:
                if line.strip():
                    self._do(line)
            except Quit:
                break
            except KeyboardInterrupt:
                self._fail("interrupted: the conversation is as it was before this turn")
            except BrimError as error:
                if isinstance(error, CompletionError) and error.kind == "setup":
                    raise
                self._fail(str(error))
        return self.failed

    def _fail(self, error: str) -> None:
        self.failed = True
        self.shown.failed(error)

    def _greet(self) -> None:
        name = self.loop.transcript.name if self.loop.transcript is not None else ""
        count = len(self.loop.messages)
        begun = f"{count:,} messages so far, " if count else ""
        self.shown.note(f"{self.loop.model}: {begun}/help for help; --resume {name} goes on later")

    def _read(self) -> str | None:
        """The next line, None at the end of the input."""
        while True:
            try:
                if not self.live:
                    line = sys.stdin.readline()
                    return line.removesuffix("\n") if line else None
                return input("> ")
            except EOFError:
                return None
            except KeyboardInterrupt:  # takes back what is being typed
                click.echo()

    def _do(self, line: str) -> None:
        if line.startswith("//"):
            self._turn(line[1:])
        elif line.startswith("/"):
            name, _, rest = line[1:].strip().partition(" ")
            self._commands.get(name, self._unknown)(rest.strip())
        else:
            self._turn(line)

    @property
    def _commands(self) -> Mapping[str, Callable[[str], None]]:
        return {
            "explain": self._explain,
            "undo": self._undo,
            "pin": self._pin,
            "stats": lambda _: self.shown.figures(self.loop.brim.stats()),
            "help": lambda _: self.shown.note(HELP),
            "quit": self._quit,
        }

    def _turn(self, text: str) -> None:
        with closing(self.loop.stream(text)) as pieces:
            for piece in pieces:
                if piece.reasoning:
                    self.shown.thought(piece.reasoning)
                if piece.text:
                    self.shown.text(piece.text)
                if piece.run is not None:
                    self.shown.tool(piece.run)
                self.reply = piece.reply or self.reply
        if self.reply is not None:
            self.shown.ended(self.reply)

    def _explain(self, _: str) -> None:
        if self.reply is None:
            self.shown.note("nothing was sent yet")
        else:
            self.shown.explained(Explanation(self.reply.report))

    def _undo(self, handle: str) -> None:
        fitted = self.loop.fitted
        handles = fitted.handles if fitted is not None else ()
        wanted = handle or (handles[-1] if handles else "")
        if not wanted:
            self.shown.note("nothing was condensed in the last turn")
            return
        original = self.loop.brim.undo(wanted, self.loop.tenant)
        count = len(original.messages)
        self.shown.note(f"{wanted}: {count:,} messages, back from the next turn on")

    def _pin(self, what: str) -> None:
        roles = [message["role"] for message in self.loop.messages]  # type: ignore[index]  # its own
        if what:
            self.loop.pin(pin_of(what))
        elif "user" in roles:
            self.loop.pin(len(roles) - 1 - roles[::-1].index("user"))
        else:
            self.shown.note("nothing was said yet")
            return
        self.shown.note(f"{what or 'what you said last'}: stays as it is while this runs")

    def _quit(self, _: str) -> None:
        raise Quit

    def _unknown(self, _: str) -> None:
        self.shown.note("there is no such command; /help shows all, // begins a text with /")
