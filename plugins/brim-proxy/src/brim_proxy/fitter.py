"""Fitting a request's body: the only place that speaks with Brim."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
from attrs import evolve

from brim.api import (
    BrimError,
    BudgetInfeasible,
    MalformedRequest,
    Overflow,
    Request,
    RequestRefused,
)
from brim_proxy import problems
from brim_proxy.asgi import TooLarge
from brim_proxy.decoding import Undecodable, decoded, is_plain
from brim_proxy.hearing import Hearing
from brim_proxy.job import Fit, Job
from brim_proxy.overflow import Limits, budget_under, learn
from brim_proxy.problems import Problem
from brim_proxy.settings import ProxySettings

if TYPE_CHECKING:
    from brim import Brim, Glance

__all__ = ["Fitter"]

T = TypeVar("T")

REFUSED_RULES = {
    "json": problems.malformed("it is not valid JSON"),
    "depth": problems.DEEP,
    "max_depth": problems.DEEP,
    "max_bytes": problems.TOO_LARGE,
    "max_messages": problems.TOO_LARGE,
}
"""Faults of bodies that no upstream is bothered with; all others are the upstream's to judge."""

DEFAULT_ANSWER = 4_096
MOMENT = 0.002
"""Seconds for which the event loop waits for a thread that fits."""

BUSY = 0.02
"""Seconds for which it does not wait again where that was in vain."""


class _Asked(msgspec.Struct):
    """The fields that tell what a learned limit leaves for the input."""

    model: str = ""
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None

    @property
    def reserve(self) -> int:
        given = (self.max_completion_tokens, self.max_output_tokens, self.max_tokens)
        return next((one for one in given if one is not None and one >= 0), DEFAULT_ANSWER)


_ASKED = msgspec.json.Decoder(_Asked)


class Fitter:
    """Passes at once what little is new of and fits; all else is done in a thread."""

    def __init__(self, brim: Brim, settings: ProxySettings) -> None:
        self.brim = brim
        self.settings = settings
        self.limits = Limits(time.monotonic)
        self.hearing = Hearing(brim) if settings.learn else None
        self._busy_until = 0.0
        self.guarded = bool(brim.host.calls.names("admit"))
        waits = brim.settings.complete or brim.settings.inject
        # Brim does one fit at a time but for what it waits for: more threads only take turns.
        self._pool = ThreadPoolExecutor(settings.threads if waits else 1, "brim-fit")

    async def fit(self, job: Job) -> Fit:
        """What to send for this body. Raises nothing but what cancels."""
        if is_plain(job.encoding) and self._enters():
            try:
                glanced = self._glanced(job)
            finally:
                self.brim.lock.release()
            if glanced is not None:
                return glanced
        return await self._aside(self._fit, job)

    async def _aside(self, work: Callable[[Job], T], job: Job) -> T:
        """In a thread, where what is current here, such as a trace's span, stays current."""
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._pool, run, work, job)

    def _enters(self) -> bool:
        """Whether Brim is free now, or in a moment: the event loop waits for no long fit."""
        lock = self.brim.lock
        if lock.acquire(blocking=False):
            return True
        if time.monotonic() < self._busy_until:
            return False
        if lock.acquire(timeout=MOMENT):
            return True
        self._busy_until = time.monotonic() + BUSY
        return False

    def _glanced(self, job: Job) -> Fit | None:
        """A body of which little is new and that goes up as it came, without another thread."""
        began = time.perf_counter()
        try:
            report = self._glance(job, job.body, self.settings.offload)
        except Exception:  # a fault in Brim or a plugin never costs the request
            return None
        if report is None:
            return None
        return Fit(job.body, report=report, seconds=time.perf_counter() - began)

    def _glance(self, job: Job, plain: bytes, most: int | None = None) -> Glance | None:
        budget, dialect = self._budget(job, plain), job.route.dialect
        return self.brim.glance(plain, dialect=dialect, tenant=job.tenant, budget=budget, most=most)

    async def refit(self, job: Job, fit: Fit, overflow: Overflow) -> Fit | None:
        """The body for another try after an overflow, None when there is nothing to gain."""
        if fit.report is None:
            return None
        if self.hearing is not None:
            again = await self._relearned(self.hearing, job, fit, overflow)
            if again is not None:
                return again
        usage = fit.report.after
        reserve = usage.reserve or _asked(job.body).reserve
        learned = learn(overflow, usage.tokens)
        if learned is not None:
            self.limits.put(job.tenant, fit.report.model, learned)
        budget = budget_under(overflow, usage.tokens, reserve)
        return _gain(fit, await self.fit(evolve(job, budget=budget)))

    async def _relearned(
        self, hearing: Hearing, job: Job, fit: Fit, overflow: Overflow
    ) -> Fit | None:
        """The same by what Brim itself makes of the overflow."""
        told = partial(hearing.overflowed, fit=fit, told=overflow)
        if not is_plain(job.encoding) or not await self._aside(told, job):
            return None
        return _gain(fit, await self.fit(job))

    async def barred(self, job: Job, fit: Fit) -> Problem | None:
        """Why guards do not let this request pass, None where they do; it is `guarded` only
        where settings name some. One that was not fitted, or could not be read, has 0 tokens."""
        report = fit.report
        model = report.model if report is not None else _asked(job.body).model
        request = Request(job.tenant, model, report.after.tokens if report is not None else 0)
        try:
            agreed = await self.brim.host.calls.admit(request)
        except RequestRefused as refused:
            return problems.limited(refused)
        return None if agreed else problems.NOT_ADMITTED

    async def count(self, job: Job) -> int | None:
        """Tokens of a body, None when it cannot be read."""
        return await self._aside(self._counted, job)

    def warm(self) -> None:
        """Load what the first fit would otherwise wait for. The thread that counts first is the
        one that counts quickest (the regular expressions below keep their scratch space for it),
        and that should be the event loop's."""
        with suppress(BrimError):
            self.brim.count([{"role": "user", "content": "warm"}], model="gpt-4o")

    def close(self) -> None:
        """Let running fits end, start no new ones."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self.hearing is not None:
            self.hearing.close()

    def _fit(self, job: Job) -> Fit:
        began = time.perf_counter()
        fit = self._tried(job)
        return evolve(fit, seconds=time.perf_counter() - began)

    def _tried(self, job: Job) -> Fit:
        cap = self.settings.max_body
        try:
            plain = decoded(job.body, job.encoding, cap)
        except TooLarge:
            return Fit(job.body, refusal=problems.TOO_LARGE)
        except Undecodable:
            return Fit(job.body, failure="encoding")
        try:
            return self._fitted(job, plain)
        except MalformedRequest as error:
            refusal = REFUSED_RULES.get(error.rule)
            return Fit(job.body, refusal=refusal, failure=f"unread:{error.rule}")
        except BudgetInfeasible as error:
            return Fit(job.body, refusal=self._too_long(job, plain, error), failure="infeasible")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a fault in Brim or a plugin never costs the request
            return Fit(job.body, failure=type(error).__name__)

    def _fitted(self, job: Job, plain: bytes) -> Fit:
        glanced = self._glance(job, plain)
        if glanced is not None:
            return Fit(job.body, report=glanced)
        budget = self._budget(job, plain)
        fitted = self.brim.fit(plain, dialect=job.route.dialect, tenant=job.tenant, budget=budget)
        report = fitted.report
        if not report.changed:
            return Fit(job.body, report=report, fitted=fitted)
        if not isinstance(fitted.request, bytes):
            raise TypeError("fitting bytes gave something else")
        names = ",".join(report.strategies) or ("replay" if report.replayed else "least")
        return Fit(
            fitted.request, True, report, strategies=names, handles=fitted.handles, fitted=fitted
        )

    def _budget(self, job: Job, plain: bytes) -> int | None:
        return job.budget if job.budget is not None else self._learned(job, plain)

    def _learned(self, job: Job, plain: bytes) -> int | None:
        """The budget that an earlier overflow of this tenant and model taught."""
        if not self.limits:
            return None
        asked = _asked(plain)
        learned = self.limits.get(job.tenant, asked.model)
        return None if learned is None else learned.budget(asked.reserve)

    def _too_long(self, job: Job, plain: bytes, error: BudgetInfeasible) -> Problem | None:
        """The refusal; None for a model that nobody described, which its upstream knows better."""
        route, budget = job.route, error.budget
        counted = self.brim.count(plain, dialect=route.dialect)
        guessed = not counted.known and self.brim.settings.budget.tokens is None
        if guessed and self._learned(job, plain) is None:
            return None
        most = max(counted.upper, error.minimum, budget + 1)
        return problems.too_long(route.vendor, route.dialect, most, budget)

    def _counted(self, job: Job) -> int | None:
        try:
            plain = decoded(job.body, job.encoding, self.settings.max_body)
            return self.brim.count(plain, dialect=job.route.dialect).total
        except (BrimError, TooLarge, Undecodable):
            return None


def _gain(fit: Fit, again: Fit) -> Fit | None:
    """What to send in the place of what was too long, None where it is no better."""
    if again.refusal is not None or not again.changed or again.body == fit.body:
        return None
    return evolve(again, seconds=fit.seconds + again.seconds, recovered=True)


def _asked(body: bytes) -> _Asked:
    try:
        return _ASKED.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Asked()
