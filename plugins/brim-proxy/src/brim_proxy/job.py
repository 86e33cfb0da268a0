"""What there is to fit, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from brim_proxy.problems import Problem
from brim_proxy.routes import Route

if TYPE_CHECKING:
    from brim import FitReport, Fitted, Glance

__all__ = ["Fit", "Job"]


@define
class Job:
    """One body to fit. `encoding` is its content-encoding."""

    route: Route
    body: bytes
    encoding: bytes
    tenant: str
    budget: int | None = None


@define
class Fit:
    """What became of a body. `body` is what goes up; `changed` bodies are never compressed.

    Without a `report` the body could not be read and goes up as it came, with `failure`
    saying why in a word. A `refusal` stands for a body that goes nowhere. `strategies` are those
    that changed it, `handles` what names the originals. What
    took the whole road has its `fitted`.
    """

    body: bytes
    changed: bool = False
    report: FitReport | Glance | None = None
    refusal: Problem | None = None
    failure: str = ""
    seconds: float = 0.0
    recovered: bool = False
    strategies: str = ""
    handles: tuple[str, ...] = ()
    fitted: Fitted | None = None
