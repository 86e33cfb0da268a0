"""The few marks from which figures are drawn, as SVG text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["drawing", "element", "round_step", "runs", "short", "text"]


def element(name: str, inner: str = "", **attributes: str | float) -> str:
    """One SVG element. A trailing underscore of an attribute's name is left out,
    other underscores become hyphens; numbers keep one decimal."""
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{named}>{inner}</{name}>" if inner else f"<{name}{named}/>"


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    return element("text", escape(words), x=x, y=y, class_=css, text_anchor=anchor)


def drawing(
    width: float, height: float, body: Iterable[str], title: str, words: str = "", **more: str
) -> str:
    """A whole SVG image. `title` names it for those who cannot see it, `words` tell what it
    shows."""
    described = element("title", escape(title))
    if words:
        described += element("desc", escape(words))
    return element(
        "svg",
        described + "".join(body),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=f"{title}: {words}" if words else title,
        **more,
    )


def short(number: float) -> str:
    """12000 as '12k'."""
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"


def round_step(most: float, levels: int = 5) -> float:
    """A round distance that gives about half of `levels` to `levels` levels."""
    steps = (float(f"{base}e{power}") for power in range(-2, 10) for base in (1, 2, 5))
    return next(step for step in steps if most / step <= levels)


def runs(states: Sequence[str]) -> Iterable[tuple[str, int, int]]:
    """(state, first, number) for each run of equal neighbours."""
    start = 0
    for index in range(1, len(states) + 1):
        if index == len(states) or states[index] != states[start]:
            yield states[start], start, index - start
            start = index


def _value(value: str | float) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))
