"""Brim and LiteLLM: completions from every provider that it knows, a callback that fits
the calls it makes (`brim_litellm.callback`), and a `trim_messages` in the place of its own."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Mapping
from random import uniform
from typing import Any, Literal

from attrs import field, frozen

from brim.api import Ask, Completion, CompletionError, Delta, SettingsError, hookimpl, overflow_of
from brim_litellm.package import litellm
from brim_litellm.trimming import trim_messages

__all__ = ["LiteLLM", "Settings", "trim_messages"]

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before the first retry, which double, up to the longest; up to half is taken off."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)

Stop = Literal["end", "length", "refusal", "other"]
_STOPS: Mapping[str, Stop] = {"stop": "end", "length": "length", "content_filter": "refusal"}


@frozen
class Settings:
    """The section `[plugin.litellm]`. `model` answers asks that name none, spelled as LiteLLM has
    it. `key_variable` names the environment variable of the key where LiteLLM looks for another.
    `timeout` is seconds for an answer, with its `retries`."""

    model: str = "gpt-4o-mini"
    base_url: str = ""
    key_variable: str = ""
    timeout: float = field(default=30.0, metadata={"follows": "condensation.timeout"})
    retries: int = 2

    def __attrs_post_init__(self) -> None:
        if self.key_variable and not _VARIABLE.fullmatch(self.key_variable):
            raise SettingsError(
                "key_variable takes the name of an environment variable, in capitals, never a key"
            )
        if self.timeout <= 0 or self.retries < 0:
            raise SettingsError("timeout must be over 0, and retries not under")


class LiteLLM:
    """Asks through `litellm.acompletion`."""

    name = "litellm"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        answer = await self._asked(ask)
        choice = answer.choices[0]
        return _completion(choice.message.content or "", choice.finish_reason, answer, ask)

    @hookimpl
    async def stream(self, ask: Ask) -> AsyncIterator[Delta]:
        answer = await self._asked(ask, stream=True, stream_options={"include_usage": True})
        texts: list[str] = []
        finish, last = "", None
        failure = None
        try:
            async for last in answer:
                for choice in last.choices[:1]:
                    finish = choice.finish_reason or finish
                    if choice.delta.content:
                        texts.append(choice.delta.content)
                        yield Delta(choice.delta.content)
        except Exception as error:
            failure = _error(error)
        if failure is not None or last is None or not finish:
            raise failure or CompletionError("the answer ends before it is finished", kind="answer")
        yield Delta(completion=_completion("".join(texts), finish, last, ask))

    async def _asked(self, ask: Ask, **more: object) -> Any:
        """The answer, tried again where that may help and there is time."""
        from asyncio import get_running_loop, sleep

        clock = get_running_loop().time
        end = clock() + min(ask.seconds, self._settings.timeout)
        tried = 0
        while True:
            answer = await self._attempt(ask, max(end - clock(), 0.001), more)
            if not isinstance(answer, CompletionError):
                return answer
            pause = min(FIRST_PAUSE * 2**tried, LONGEST_PAUSE) * uniform(0.5, 1)  # noqa: S311 - spreads retries; nothing secret
            again = answer.kind in {"limit", "server", "connection"}
            if not again or tried >= self._settings.retries or clock() + pause >= end:
                raise answer
            tried += 1
            await sleep(pause)

    async def _attempt(self, ask: Ask, left: float, more: Mapping[str, object]) -> Any:
        from asyncio import timeout, to_thread

        try:
            async with timeout(left):
                package = await to_thread(litellm)
                return await package.acompletion(**self._request(ask), timeout=left, **more)
        except Exception as error:
            return _error(error)

    def _request(self, ask: Ask) -> dict[str, object]:
        settings = self._settings
        request: dict[str, object] = {
            "model": ask.model or settings.model,
            "messages": [{"role": role, "content": text} for role, text in ask.prompt],
            "max_tokens": ask.max_tokens,
            "temperature": ask.temperature,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        if settings.base_url:
            request["api_base"] = settings.base_url
        if settings.key_variable:
            request["api_key"] = os.environ.get(settings.key_variable, "")
        return request


def _completion(text: str, finish: str, answer: Any, ask: Ask) -> Completion:
    usage = getattr(answer, "usage", None)
    read = _number(usage, "prompt_tokens")
    cached = _number(getattr(usage, "prompt_tokens_details", None), "cached_tokens")
    return Completion(
        text,
        _STOPS.get(finish, "other"),
        str(answer.model or ask.model),
        read,
        _number(usage, "completion_tokens"),
        min(cached, read),
    )


def _number(value: object, name: str) -> int:
    found = getattr(value, name, 0)
    return max(found, 0) if isinstance(found, int) else 0


def _error(error: Exception) -> CompletionError:
    """The kind and the status of an error. Its text may quote the prompt or the key."""
    name = type(error).__name__
    status = getattr(error, "status_code", 0)
    status = status if isinstance(status, int) else 0
    told = overflow_of(error)
    if told is not None:
        detail, window, used = "the request is too long for the model", told.limit, told.used
        return CompletionError(detail, kind="overflow", status=status, window=window, used=used)
    if isinstance(error, TimeoutError) or name == "Timeout":
        return CompletionError("the provider did not answer in time", kind="timeout")
    if name == "APIConnectionError":
        return CompletionError("the connection failed", kind="connection")
    if status == 429 or status >= 500:
        kind = "limit" if status == 429 else "server"
        return CompletionError(f"the provider answered {status}", kind=kind, status=status)
    detail = f"the provider answered {status}" if status else f"LiteLLM raised {name}"
    return CompletionError(detail, kind="refused", status=status)
