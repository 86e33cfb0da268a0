"""A diff as one HTML page with everything inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from string import Template
from typing import TYPE_CHECKING

from brim.kinds import ContentKind, content_kind

if TYPE_CHECKING:
    from brim.cli.shown import Shown
    from brim.road.reports.diff import Change

__all__ = ["page"]

LONG = 1_200
"""Characters above which a text is folded away."""

_PARAGRAPH = re.compile(r".+?(?:\n\s*\n|\Z)", re.DOTALL)
_ALIGNED = re.compile(r"^(?:\||\t| {2,}\S|[+-]{3,}|```)", re.MULTILINE)

KINDS = ("kept", "shortened", "replaced", "left out")


def page(shown: Sequence[Shown]) -> str:
    """The whole page as text. It needs no other file, no script and no network."""
    template = Template(files("brim.cli").joinpath("diff.html").read_text(encoding="utf-8"))
    return template.substitute(conversations="\n".join(map(_conversation, shown)))


def _conversation(one: Shown) -> str:
    title = f"<h2>Conversation {one.line}</h2>"
    if one.diff is None or one.report is None:
        return f'<section>{title}<p class="error">{_safe(one.error or "")}</p></section>'
    before, after = one.report.before.tokens, one.report.after.tokens
    counts = [(kind, sum(change.kind == kind for change in one.diff.changes)) for kind in KINDS]
    badges = " ".join(
        f'<span class="badge {_class(kind)}">{count:,} {kind}</span>'
        for kind, count in counts
        if count
    )
    numbers = f"<p><b>{before:,}</b> tokens came in, <b>{after:,}</b> go out. {badges}</p>"
    return f"<section>{title}{numbers}{''.join(_runs(one.diff.changes))}</section>"


def _runs(changes: Iterable[Change]) -> Iterator[str]:
    """What was kept is folded away in runs."""
    for kept, group in groupby(changes, lambda change: change.kind == "kept"):
        run = list(group)
        cards = "".join(map(_card, run))
        if not kept:
            yield cards
            continue
        where = _where(run[0].places[0], run[-1].places[-1])
        yield f'<details class="run"><summary>{where} kept</summary>{cards}</details>'


def _card(change: Change) -> str:
    where = _where(change.places[0], change.places[-1])
    handle = f" <code>{escape(change.handle)}</code>" if change.handle else ""
    role = f" {_safe(change.role)}" if change.role else ""
    head = f'<header>{where}{role} <span class="badge {_class(change.kind)}">{change.kind}</span>'
    if change.kind == "kept":
        texts = _text(change.before, "same")
    else:
        texts = _text(change.before, "before") + (
            _text(change.after, "after") if change.after else ""
        )
    return f'<article class="{_class(change.kind)}">{head}{handle}</header>{texts}</article>'


def _text(text: str, name: str) -> str:
    """Prose wraps; code, tables and the like keep their lines and scroll."""
    block = "".join(
        f'<pre class="{name} {shape}" tabindex="0">{_safe("".join(parts))}</pre>'
        for shape, parts in groupby(_PARAGRAPH.findall(text), _shape)
    )
    if len(text) <= LONG:
        return block
    label = {"before": "the original", "after": "what goes out", "same": "the text"}[name]
    return f"<details><summary>{label}, {len(text):,} characters</summary>{block}</details>"


def _shape(paragraph: str) -> str:
    """Whether it may be wrapped: "prose", else "lines"."""
    aligned = _ALIGNED.search(paragraph) or content_kind(paragraph) is not ContentKind.PROSE
    return "lines" if aligned else "prose"


def _where(first: int, last: int) -> str:
    return f"message {first:,}" if first == last else f"messages {first:,} to {last:,}"


def _class(kind: str) -> str:
    return kind.replace(" ", "-")


def _safe(text: str) -> str:
    """Text that any browser shows: no lone surrogates and no control characters."""
    shown = (
        one
        if one in "\n\t" or (one.isprintable() or one.isspace())
        else "\N{REPLACEMENT CHARACTER}"
        for one in text
    )
    return escape("".join(shown))
