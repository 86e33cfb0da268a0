"""What happens to one request on its way out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen

from brim import Brim, BudgetInfeasible, Fitted, MalformedRequest
from brim.api import overflow_of

__all__ = ["Fitting"]

Request = dict[str, Any]

DIALECTS = {"/chat/completions": "openai-chat", "/responses": "openai-responses"}
"""The paths that take a conversation."""

LEFT_OUT = frozenset({"NotGiven", "Omit"})
"""The client's own types that stand for a field that is not sent."""


@frozen
class Fitting:
    """How the requests of one client are fitted."""

    brim: Brim
    options: Mapping[str, Any]
    on_fit: Callable[[Fitted], object]

    def send(self, post: Callable[..., Any], path: str, request: Request) -> Any:
        """Fit, send, and learn from the answer; once more where it was too long after all."""
        asked = self._asked(path, request)
        if asked is None:
            return post(path, **request)
        try:
            fitted = self.brim.fit(**asked)
        except MalformedRequest:
            return post(path, **request)
        try:
            answer = post(path, **self._told(request, fitted))
        except Exception as error:
            again = self._again(asked, fitted, error)
            if again is None:
                raise
            return post(path, **self._told(request, again))
        if _has_usage(answer):
            self.brim.observe(fitted, answer)
        return answer

    async def asend(self, post: Callable[..., Awaitable[Any]], path: str, request: Request) -> Any:
        """`send` in an event loop."""
        asked = self._asked(path, request)
        if asked is None:
            return await post(path, **request)
        try:
            fitted = await self.brim.afit(**asked)
        except MalformedRequest:
            return await post(path, **request)
        try:
            answer = await post(path, **self._told(request, fitted))
        except Exception as error:
            again = await self._aagain(asked, fitted, error)
            if again is None:
                raise
            return await post(path, **self._told(request, again))
        if _has_usage(answer):
            await self.brim.aobserve(fitted, answer)
        return answer

    def _asked(self, path: str, request: Request) -> Request | None:
        """What `fit` is asked for, None where there is no conversation to fit."""
        dialect, body = DIALECTS.get(path), _body(request)
        if dialect is None or body is None:
            return None
        return {"messages_or_request": body, "dialect": dialect, **self.options}

    def _told(self, request: Request, fitted: Fitted) -> Request:
        self.on_fit(fitted)
        if not fitted.report.changed:
            return request
        options = {**request.get("options", {})}
        options.pop("extra_json", None)  # it is part of the body now
        return {**request, "body": fitted.request, "options": options}

    def _again(self, asked: Request, fitted: Fitted, error: Exception) -> Fitted | None:
        """A harder fit after an overflow; None after other errors, and where there is none."""
        if overflow_of(error) is None:
            return None
        try:
            self.brim.observe(fitted, error)
            return _harder(self.brim.fit(**asked), fitted)
        except (BudgetInfeasible, MalformedRequest):
            return None

    async def _aagain(self, asked: Request, fitted: Fitted, error: Exception) -> Fitted | None:
        if overflow_of(error) is None:
            return None
        try:
            await self.brim.aobserve(fitted, error)
            return _harder(await self.brim.afit(**asked), fitted)
        except (BudgetInfeasible, MalformedRequest):
            return None


def _harder(found: Fitted, before: Fitted) -> Fitted | None:
    return found if found.request != before.request else None


def _has_usage(answer: object) -> bool:
    """Whether it is an answer that tells what it took; a stream does not yet."""
    return getattr(answer, "usage", None) is not None


def _body(request: Request) -> Request | None:
    """What will be sent: the body with the caller's `extra_body` laid over it."""
    body = request.get("body")
    if not isinstance(body, Mapping):
        return None
    extra = request.get("options", {}).get("extra_json") or {}
    whole = {**body, **extra}
    return {name: one for name, one in whole.items() if type(one).__name__ not in LEFT_OUT}
