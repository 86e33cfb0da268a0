"""Puts a strategy to the test on one conversation: fitted at once, and grown turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from brim.compare.figures import Budget, Compared, Growth, Trial
from brim.errors import BrimError
from brim.pages.fates import fates, stretches
from brim.road.reports.report import BARE

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.road.reports.fitted import Fitted
    from brim.road.reports.report import FitReport, Step
    from brim.road.tokens.report_count import CountReport

__all__ = ["Subject", "compare"]

TASK = 120
"""Characters of the first task that are shown."""


@frozen
class Subject:
    """One conversation of a file. `messages` are its own, `whole` is the request as it came, and
    `request` makes the same request with only these messages."""

    line: int
    whole: object
    messages: Sequence[object]
    request: Callable[[Sequence[object]], object]
    model: str | None = None
    dialect: str | None = None

    @property
    def tenant(self) -> str:
        return f"line {self.line}"


def compare(
    subject: Subject, ways: Mapping[str, Brim | BrimError], budgets: Sequence[Budget]
) -> Iterator[Trial | Compared]:
    """Every trial as soon as it is done; last all of them, with what is known of the conversation.

    `ways` are strategies by name, each ready to fit, or why it cannot be. Raises `BrimError`
    where the conversation itself cannot be read.
    """
    counter = next(way for way in ways.values() if not isinstance(way, BrimError))
    counted = counter.count(subject.whole, model=subject.model, dialect=subject.dialect)
    trials: list[Trial] = []
    for budget in budgets:
        limit = budget.of(counted.total, counted.fixed)
        for name, way in ways.items():
            trials.append(_tried(subject, counted, way, Trial(name, budget.label, limit)))
            yield trials[-1]
    yield Compared(
        line=subject.line,
        task=_task(subject, counted),
        model=counted.model,
        tokens=counted.total,
        fixed=counted.fixed,
        messages=len(counted.per_message),
        raw=_raw(subject, counted),
        trials=tuple(trials),
    )


def _tried(subject: Subject, counted: CountReport, way: Brim | BrimError, trial: Trial) -> Trial:
    """The trial with what came of it."""
    if isinstance(way, BrimError):
        return evolve(trial, error=str(way))
    label, limit = trial.budget, trial.limit
    try:
        fitted = _fit(way, subject, subject.whole, limit, f"{label} at once")
        growth = _grown(way, subject, counted, limit, label)
    except BrimError as error:
        return evolve(trial, error=str(error))
    report = fitted.report
    states = fates(fitted.diff(), len(counted.per_message))
    return evolve(
        trial,
        limit=report.after.budget,
        tokens=report.tokens,
        survival=report.survival,
        messages=len(states),
        kept=states.count("kept"),
        notes=report.layout.notes,
        seconds=report.seconds,
        broken=_broken(report),
        by=report.strategies,
        degraded=report.degradation,
        remarks=tuple(_remarks(report, trial.strategy)),
        missing=report.missing,
        strip=stretches(states, counted.per_message),
        growth=growth,
    )


def _fit(brim: Brim, subject: Subject, request: object, limit: int, purpose: str) -> Fitted:
    """Each purpose has a memory of its own."""
    return brim.fit(
        request,
        model=subject.model,
        budget=limit,
        dialect=subject.dialect,
        tenant=f"{subject.tenant}, {purpose}",
    )


def _grown(
    brim: Brim, subject: Subject, counted: CountReport, limit: int, label: str
) -> Growth | None:
    """The requests that led here, each with all before it, as a program sends them."""
    reports: list[FitReport] = []
    for length in _lengths(counted.roles) if subject.messages else ():
        request = subject.request(subject.messages[:length])
        reports.append(_fit(brim, subject, request, limit, f"{label} in turns").report)
    if not reports:
        return None
    reuses = [one.prefix_reuse for one in reports if one.prefix_reuse is not None]
    return Growth(
        tokens=tuple(report.tokens for report in reports),
        condensations=sum(report.condensed for report in reports),
        reuse=fmean(reuses) if reuses else None,
        broken=sum(bool(_broken(report)) for report in reports if report.changed),
        milliseconds=1_000 * fmean(report.seconds for report in reports),
    )


def _lengths(roles: Sequence[str]) -> list[int]:
    """How long each request was: the model was asked before each of its turns, and is now."""
    answers = [
        place
        for place, (before, role) in enumerate(pairwise(roles), 1)
        if role == "assistant" != before and not _only_instructions(roles[:place])
    ]
    asked_now = bool(roles) and roles[-1] != "assistant"
    return [*answers, len(roles)] if asked_now or not answers else answers


def _only_instructions(roles: Iterable[str]) -> bool:
    return all(role in {"system", "developer"} for role in roles)


def _raw(subject: Subject, counted: CountReport) -> tuple[int, ...]:
    """Tokens of each request as it came; those outside of messages are the same in all."""
    if not subject.messages:
        return ()
    outside = counted.total - sum(counted.per_message)
    sizes = list(accumulate(counted.per_message, initial=outside))
    return tuple(sizes[length] for length in _lengths(counted.roles))


def _broken(report: FitReport) -> tuple[str, ...]:
    found = report.violations
    if not found:
        return ()
    known = {one.rule for one in report.input_violations}
    return tuple(f"rule {one.rule}: {one.detail}" for one in found if one.rule not in known)


def _remarks(report: FitReport, name: str) -> Iterator[str]:
    """What a reader must know to read the row rightly: that it shows another's work, and why."""
    if not report.changed:
        yield "nothing had to change"
    for step in report.steps:
        if step.strategy == name or step.outcome in {"failed", "refused"}:
            yield from _said(step)
    if report.degradation == BARE:
        yield BARE


def _said(step: Step) -> Iterator[str]:
    if step.outcome in {"failed", "refused"}:
        yield f"{step.strategy} {step.outcome}: {step.detail}"
    elif step.outcome in {"passed", "no gain"}:
        yield f"{step.strategy} found nothing to gain"
    elif step.outcome == "below quality":
        yield f"{step.strategy} kept {step.survival or 0:.0%} of the specifics: not taken"


def _task(subject: Subject, counted: CountReport) -> str:
    """The beginning of the first thing that a user wrote."""
    for role, message in zip(counted.roles, subject.messages, strict=False):
        if role == "user" and isinstance(message, Mapping):
            text = " ".join(_text(message.get("content")).split())
            if text:
                return text if len(text) <= TASK else text[: TASK - 1] + "…"
    return ""


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    texts = [block.get("text") for block in blocks if isinstance(block, Mapping)]
    return " ".join(text for text in texts if isinstance(text, str))
