"""The figures of a comparison: a small panel for each strategy, all with the same scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from brim.compare.figures import Compared, Mean, Trial
from brim.pages.html import safe
from brim.pages.marks import drawing, round_step, text
from brim.pages.panel import Panel

__all__ = ["retention", "turns"]

WIDTH, HEIGHT = 192, 124
PLACE = (46.0, 16.0, 138.0, 84.0)
"""Left, top, width and height of a panel inside of its drawing."""

MANY = 4
"""More budgets than this are named only at both ends."""


def retention(found: Sequence[Mean]) -> str:
    """Survival at each budget, from the smallest; the other strategies stand behind in grey."""
    budgets = list(dict.fromkeys(one.budget for one in found))
    lines: dict[str, dict[str, float]] = {}
    for one in found:
        if one.fitted:
            lines.setdefault(one.strategy, {})[one.budget] = one.survival
    drawn = [
        (name, _retention(name, budgets, lines))
        for name in dict.fromkeys(m.strategy for m in found)
    ]
    return _grid(drawn)


def _retention(name: str, budgets: Sequence[str], lines: Mapping[str, Mapping[str, float]]) -> str:
    panel = Panel(*PLACE, len(budgets), 1)
    own = lines.get(name, {})
    places = {budget: place for place, budget in enumerate(budgets, 1)}
    marks = [panel.levels(0.5, lambda value: f"{value:.0%}")]
    for other, values in lines.items():
        if other != name:
            marks.append(_curve(panel, places, values, "behind"))
    marks.append(_curve(panel, places, own, "brim thick"))
    marks.append(panel.dots((places[budget], share) for budget, share in own.items()))
    for budget, share in own.items():
        marks.append(_value(panel, places[budget], share))
    marks += _budget_names(panel, budgets)
    words = ", ".join(f"{share:.0%} at {budget}" for budget, share in own.items())
    return drawing(WIDTH, HEIGHT, marks, f"Survival with {name}", words or "no result")


def _curve(panel: Panel, places: Mapping[str, int], values: Mapping[str, float], css: str) -> str:
    return panel.curve([(places[budget], value) for budget, value in values.items()], css)


def _value(panel: Panel, place: int, share: float) -> str:
    """The figure beside its dot, inside of the panel."""
    x, y = panel.x(place), panel.y(share)
    anchor = "start" if place == 1 else "end" if place == panel.turns else "middle"
    return text(x, y - 7 if share < 0.9 else y + 16, f"{share:.0%}", "value", anchor)


def _budget_names(panel: Panel, budgets: Sequence[str]) -> list[str]:
    y = panel.top + panel.height + 17
    names: list[str] = []
    for place, budget in enumerate(budgets, 1):
        inner = 1 < place < len(budgets)
        if inner and len(budgets) > MANY:
            continue
        anchor = "middle" if inner else "start" if place == 1 else "end"
        names.append(text(panel.x(place), y, budget, anchor=anchor))
    return names


def turns(one: Compared) -> str:
    """Tokens of each request of a conversation, a line for each budget, the conversation as it
    came in grey."""
    grown: dict[str, list[Trial]] = {}
    for trial in one.trials:
        if trial.growth is not None:
            grown.setdefault(trial.strategy, []).append(trial)
    top = 1.12 * max((trial.limit for trials in grown.values() for trial in trials), default=1)
    return _grid([(name, _turns(name, one.raw, trials, top)) for name, trials in grown.items()])


def _turns(name: str, raw: Sequence[int], trials: Sequence[Trial], top: float) -> str:
    panel = Panel(*PLACE, len(raw), top)
    whole = [(turn, float(size)) for turn, size in enumerate(raw, 1) if size <= top]
    marks = [panel.levels(round_step(top, 3)), panel.curve(whole, "behind")]
    for trial in trials:
        if trial.growth is not None:
            marks.append(panel.across(trial.limit, "window"))
            marks.append(panel.line(trial.growth.tokens, "brim"))
    y = panel.top + panel.height + 17
    marks.append(text(panel.left, y, "turn 1"))
    if len(raw) > 1:
        marks.append(text(panel.left + panel.width, y, f"{len(raw):,}", anchor="end"))
    words = ", ".join(
        f"at most {max(trial.growth.tokens):,} of {trial.limit:,} tokens"
        for trial in trials
        if trial.growth
    )
    return drawing(WIDTH, HEIGHT, marks, f"Tokens at each turn with {name}", words)


def _grid(drawn: Sequence[tuple[str, str]]) -> str:
    figures = "\n".join(
        f"<figure><figcaption>{safe(name)}</figcaption>{svg}</figure>" for name, svg in drawn
    )
    return f'<div class="panels">\n{figures}\n</div>'
