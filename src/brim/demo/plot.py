"""A few marks from which the demo's figures are drawn, as SVG text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from attrs import frozen

__all__ = ["Panel", "element", "runs", "short", "text"]


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


def short(number: float) -> str:
    """12000 as '12k'."""
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"


def runs(states: Sequence[str]) -> Iterable[tuple[str, int, int]]:
    """(state, first, number) for each run of equal neighbours."""
    start = 0
    for index in range(1, len(states) + 1):
        if index == len(states) or states[index] != states[start]:
            yield states[start], start, index - start
            start = index


@frozen
class Panel:
    """A rectangle with scales: turns from 1 to `turns`, values from 0 to `most`."""

    left: float
    top: float
    width: float
    height: float
    turns: int
    most: float

    def x(self, turn: float) -> float:
        return self.left + self.width * (turn - 1) / max(self.turns - 1, 1)

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - min(value, self.most) / self.most)

    def heading(self, words: str) -> str:
        return text(self.left, self.top - 12, words, "title")

    def levels(self, step: float, name: Callable[[float], str] = short) -> str:
        """Horizontal lines with their values."""
        marks: list[str] = []
        for number in range(int(self.most / step) + 1):
            y = self.y(number * step)
            marks.append(self._across(y, "grid"))
            marks.append(text(self.left - 8, y + 4, name(number * step), anchor="end"))
        return "".join(marks)

    def turn_marks(self, step: int) -> str:
        """Names of turns under the panel: the first, every `step`, and the last."""
        inner = range(step, self.turns - step // 2, step)
        y = self.top + self.height + 18
        names = [text(self.x(turn), y, str(turn), anchor="middle") for turn in inner]
        first = text(self.left, y, "turn 1")
        return first + "".join(names) + text(self.x(self.turns), y, str(self.turns), anchor="end")

    def line(self, values: Sequence[float], css: str) -> str:
        points = " ".join(f"{self.x(i):.1f},{self.y(v):.1f}" for i, v in enumerate(values, 1))
        return element("polyline", points=points, class_=f"line {css}")

    def area(self, values: Sequence[float], css: str) -> str:
        """One column for each turn, without gaps, from 0 up to its value."""
        column = self.width / self.turns
        steps = [f"M{self.left:.1f} {self.y(0):.1f}"]
        for turn, value in enumerate(values, 1):
            steps.append(f"V{self.y(value):.1f}H{self.left + turn * column:.1f}")
        return element("path", d="".join(steps) + f"V{self.y(0):.1f}Z", class_=f"area {css}")

    def window(self, tokens: int) -> str:
        """The dashed line that no request may cross."""
        y = self.y(tokens)
        end = self.left + self.width
        label = text(end, y - 7, f"window: {tokens:,} tokens", "window-label", "end")
        return self._across(y, "window") + label

    def dots(self, points: Iterable[tuple[int, float]]) -> str:
        return "".join(
            element("circle", cx=self.x(turn), cy=self.y(value), r=3.5, class_="dot")
            for turn, value in points
        )

    def _across(self, y: float, css: str) -> str:
        return element("line", x1=self.left, x2=self.left + self.width, y1=y, y2=y, class_=css)


def _value(value: str | float) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))
