"""How a conversation looks: for people, and as lines of JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import click
from attrs import asdict, define

from brim.cli.show import LEVELS

if TYPE_CHECKING:
    from rich.console import Console

    from brim.chat import Reply, ToolRun
    from brim.model.stats import Stats
    from brim.road.reports.explain import Explanation

__all__ = ["Lines", "Screen", "Shown"]

CELLS = 24
"""The width of the level meter."""

LONGEST = 200
"""Characters of a tool's result that are shown."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal, or show a text in another order than it has."""


class Shown(Protocol):
    """Where a conversation is shown."""

    def text(self, text: str) -> None:
        """A piece of the answer."""

    def thought(self, text: str) -> None:
        """A piece of what the model thinks before it answers."""

    def tool(self, run: ToolRun) -> None:
        """A call that ended."""

    def ended(self, reply: Reply) -> None:
        """The whole answer, and how full the window is."""

    def note(self, text: str) -> None:
        """What Brim says."""

    def failed(self, error: str) -> None:
        """Why there is no answer."""

    def explained(self, explanation: Explanation) -> None:
        """The last fit."""

    def figures(self, stats: Stats) -> None:
        """Statistics since the start."""


@define
class Screen:
    """Answers on standard output, all else on standard error."""

    _begun: bool = False
    _thinking: bool = False

    def text(self, text: str) -> None:
        self._end_thought()
        click.echo(_harmless(text), nl=False)
        self._begun = not text.endswith("\n")

    def thought(self, text: str) -> None:
        if not self._thinking:
            self._end_line()
        self._thinking = True
        click.secho(_harmless(text), nl=False, err=True, dim=True)

    def _end_thought(self) -> None:
        if self._thinking:
            click.echo(err=True)
        self._thinking = False

    def _end_line(self) -> None:
        self._end_thought()
        if self._begun:
            click.echo()
        self._begun = False

    def tool(self, run: ToolRun) -> None:
        self._end_line()
        outcome = run.error or f"{run.seconds:.1f} s"
        told = " ".join(run.text.split())[:LONGEST]
        self._print(f"[{run.name}, {outcome}: {_harmless(told)}]", "dim")

    def ended(self, reply: Reply) -> None:
        from rich.text import Text

        self._end_line()
        report = reply.report
        after, level = report.after, str(report.decision.level)
        filled = min(round(CELLS * after.utilization), CELLS)
        meter = Text().append("█" * filled, LEVELS.get(level, "white"))
        meter.append("░" * (CELLS - filled), "bright_black")
        meter.append(f" {after.tokens:,} of {after.budget:,} ({after.utilization:.0%}) {level}")
        if report.changed:
            meter.append(f", {report.before.tokens:,} before condensing", "cyan")
        if reply.stop == "length":
            meter.append(", the answer was cut at its longest", "yellow")
        self._console().print(meter, soft_wrap=True)

    def note(self, text: str) -> None:
        self._print(text)

    def failed(self, error: str) -> None:
        self._end_line()
        self._print(f"brim: {_harmless(error)}", "red")

    def explained(self, explanation: Explanation) -> None:
        from brim.cli.explain_view import view

        self._console().print(view(explanation))

    def figures(self, stats: Stats) -> None:
        from brim.cli.running import this_process
        from brim.cli.running_view import detail, view

        console, row = self._console(), this_process(asdict(stats), "chat")
        console.print(view([row], console.width))
        console.print(detail(row))

    def _print(self, text: str, style: str = "") -> None:
        from rich.text import Text

        self._console().print(Text(text, style), soft_wrap=True)

    def _console(self) -> Console:
        """Made each time, for the standard error of now."""
        from rich.console import Console

        return Console(stderr=True)


@define
class Lines:
    """A line of JSON on standard output for everything, with its `type`."""

    def text(self, text: str) -> None:
        _line("text", {"text": text})

    def thought(self, text: str) -> None:
        _line("reasoning", {"text": text})

    def tool(self, run: ToolRun) -> None:
        _line("tool", asdict(run))

    def ended(self, reply: Reply) -> None:
        after = reply.report.after
        facts = asdict(reply, filter=lambda field, _: field.name not in {"report", "tools"})
        level = str(reply.report.decision.level)
        window = {"tokens": after.tokens, "budget": after.budget, "level": level}
        _line("reply", {**facts, **window, "condensed": reply.report.changed})

    def note(self, text: str) -> None:
        _line("note", {"text": text})

    def failed(self, error: str) -> None:
        _line("error", {"text": error})

    def explained(self, explanation: Explanation) -> None:
        _line("explain", explanation.as_dict())

    def figures(self, stats: Stats) -> None:
        _line("stats", asdict(stats))


def _line(kind: str, facts: Mapping[str, object]) -> None:
    import msgspec

    click.echo(msgspec.json.encode({"type": kind, **facts}).decode())


def _harmless(text: str) -> str:
    """Without what steers terminals; halves of characters become question marks."""
    return _CONTROL.sub("\ufffd", text).encode("utf-8", "replace").decode()
