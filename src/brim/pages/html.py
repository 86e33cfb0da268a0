"""The frame of a page, and the tables in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

__all__ = ["colors", "document", "safe", "table"]


def document(title: str, body: str) -> str:
    """A whole page as text. It needs no other file, no script and no network."""
    return Template(_read("page.html")).substitute(
        title=safe(title), style=colors() + _read("page.css"), body=body
    )


def colors() -> str:
    """The colours, for light and dark."""
    return _read("colors.css")


def safe(text: str) -> str:
    """Text that any browser shows as it stands: no markup, no lone surrogates and no control
    characters."""
    shown = (
        one if one in "\n\t" or one.isprintable() or one.isspace() else "\N{REPLACEMENT CHARACTER}"
        for one in text
    )
    return escape("".join(shown))


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are HTML already; the first of a row names it."""
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in headings)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(map(_cell, rest))}</tr>' for first, *rest in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="plain"><caption>{safe(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(html: str) -> str:
    return html if html.startswith("<td") else f"<td>{html}</td>"


def _read(name: str) -> str:
    return files("brim.pages").joinpath(name).read_text(encoding="utf-8")
