"""The report: one HTML page with everything inside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from brim.demo.picture import reuse_figure, tokens_figure
from brim.demo.replay import Frame
from brim.demo.table import HEADINGS, Condensation, Row, Summary
from brim.demo.ways import BRIM, FULL, LAST
from brim.pages.fates import legend, strip, told
from brim.pages.html import document

__all__ = ["page"]

WIDE, NARROW = 900, 362


def page(frames: Sequence[Frame], summary: Summary) -> str:
    """The whole page as text. It needs no other file and no network."""
    template = Template(files("brim.demo").joinpath("page.html").read_text(encoding="utf-8"))
    body = template.substitute(
        model=escape(summary.model),
        turns=f"{summary.turns:,}",
        window=f"{summary.window:,}",
        window_option=summary.window,
        conversation=f"{summary.conversation:,}",
        headings="".join(f"<th>{escape(name)}</th>" for name in HEADINGS),
        rows="\n".join(map(_row, summary.rows)),
        story=_story(frames, summary),
        condensed=_condensed(summary),
        left=_left(frames[-1]),
        condensations="\n".join(map(_condensation, summary.condensations)),
        tokens_wide=tokens_figure(frames, WIDE),
        tokens_narrow=tokens_figure(frames, NARROW),
        reuse_wide=reuse_figure(frames, WIDE),
        reuse_narrow=reuse_figure(frames, NARROW),
    )
    return document(f"brim demo: {summary.turns:,} turns in {summary.window:,} tokens", body)


def _row(row: Row) -> str:
    wrong = {2: row.over, 3: row.invalid}
    cells = "".join(
        f'<td class="wrong">{cell}</td>' if wrong.get(place) else f"<td>{cell}</td>"
        for place, cell in enumerate(map(escape, row.cells()))
    )
    return f'<tr class="brim">{cells}</tr>' if row.way == BRIM else f"<tr>{cells}</tr>"


def _condensation(one: Condensation) -> str:
    return (
        f"<tr><td>{one.turn}</td><td>{one.before:,}</td><td>{one.after:,}</td>"
        f'<td class="words name">{escape(", ".join(one.strategies))}</td>'
        f'<td class="words">{escape(one.task)}</td></tr>'
    )


def _story(frames: Sequence[Frame], summary: Summary) -> str:
    """Where each way goes wrong, in words."""
    over = next((frame.turn for frame in frames if frame.sent[FULL].over), None)
    broken = next((frame.turn for frame in frames if frame.sent[LAST].broken), None)
    full = f"leaves the window at turn {over} and never comes back" if over else "stays inside"
    last = f"first breaks a rule at turn {broken}" if broken else "breaks no rule here"
    most = max(frame.sent[BRIM].tokens for frame in frames)
    return (
        f"The full history {full}. Keep-last fills the window and {last}. "
        f"Brim never sends more than {most:,} of {summary.window:,} tokens."
    )


def _left(frame: Frame) -> str:
    """What became of each message of the last request."""
    found = frame.fate()
    drawn = strip(found, f"The conversation at turn {frame.turn}")
    return f'{legend()}<div class="fate"><span>{told(found)}</span>{drawn}</div>'


def _condensed(summary: Summary) -> str:
    number = len(summary.condensations)
    if not number:
        return "Nothing: everything fitted as it was."
    left_out = sum(one.exchanges for one in summary.condensations)
    return (
        f"{number} times in {summary.turns:,} turns. An exchange is one message, or tool calls "
        f"with their results; {left_out:,} exchanges were left out or shortened in all."
    )
