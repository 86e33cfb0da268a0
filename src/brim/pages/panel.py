"""A rectangle with scales, and what can be drawn into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from brim.pages.marks import element, short, text

__all__ = ["Panel"]


@frozen
class Panel:
    """Turns from 1 to `turns` lie from left to right, values from 0 to `most` upwards."""

    left: float
    top: float
    width: float
    height: float
    turns: int
    most: float

    def x(self, turn: float) -> float:
        """Left to right; a single turn stands at the left."""
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
            marks.append(self.across(number * step, "grid"))
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
        """From one turn to the next; a value for each, from the first on."""
        return self.curve(enumerate(values, 1), css)

    def curve(self, points: Iterable[tuple[int, float]], css: str) -> str:
        """Through values at these turns."""
        joined = " ".join(f"{self.x(turn):.1f},{self.y(value):.1f}" for turn, value in points)
        return element("polyline", points=joined, class_=f"line {css}")

    def area(self, values: Sequence[float], css: str) -> str:
        """One column for each turn, without gaps, from 0 up to its value."""
        column = self.width / self.turns
        steps = [f"M{self.left:.1f} {self.y(0):.1f}"]
        for turn, value in enumerate(values, 1):
            steps.append(f"V{self.y(value):.1f}H{self.left + turn * column:.1f}")
        return element("path", d="".join(steps) + f"V{self.y(0):.1f}Z", class_=f"area {css}")

    def window(self, tokens: int) -> str:
        """The dashed line that no request may cross."""
        end = self.left + self.width
        words = f"window: {tokens:,} tokens"
        return self.across(tokens, "window") + text(
            end, self.y(tokens) - 7, words, "window-label", "end"
        )

    def dots(self, points: Iterable[tuple[int, float]]) -> str:
        return "".join(
            element("circle", cx=self.x(turn), cy=self.y(value), r=3.5, class_="dot")
            for turn, value in points
        )

    def across(self, value: float, css: str) -> str:
        """A horizontal line at this value."""
        y = self.y(value)
        return element("line", x1=self.left, x2=self.left + self.width, y1=y, y2=y, class_=css)
