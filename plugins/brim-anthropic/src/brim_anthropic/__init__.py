"""Anthropic's client, with every request inside of its model's context window.

    client = brim_anthropic.wrap(Anthropic())
    client.messages.create(model="claude-sonnet-4-5", max_tokens=1_024, messages=messages)

Everything else about the client stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from brim import Brim, Fitted
from brim.road.intake.pins import Pin
from brim.road.shared import shared
from brim_anthropic.fitting import Fitting

__all__ = ["wrap"]

Client = TypeVar("Client")


def wrap(
    client: Client,
    *,
    brim: Brim | None = None,
    budget: int | None = None,
    pin: Pin | Iterable[Pin] | None = None,
    tenant: str | None = None,
    on_fit: Callable[[Fitted], object] | None = None,
) -> Client:
    """A copy of an `Anthropic` or `AsyncAnthropic` client that fits the conversation of each
    request.

    That is `messages.create`, `stream` and `parse`, and those of `beta`; all else passes
    through, and the copies that `with_options` makes do the same. The client given is not
    changed; the two share their connections. `brim` is the process's shared one unless given;
    `budget`, `pin` and `tenant` are those of `Brim.fit`. `on_fit` is told of each fit.

    What an answer says of its tokens corrects later counts. When the server finds a request too
    long after all, it is fitted again, harder, and sent once more.

    Requests raise `BudgetInfeasible`, with nothing sent, when what must stay does not fit. One
    that Brim cannot read goes out as it came: its server says best what is wrong with it.
    """
    options = {"budget": budget, "pin": pin, "tenant": tenant}
    fitting = Fitting(brim or shared(), options, on_fit or (lambda fitted: None))
    return cast(Client, _armed(cast(Any, client).copy(), fitting))


def _armed(client: Any, fitting: Fitting) -> Any:
    """All requests of a client go through its method `post`, which its resources take from
    the client itself when they are first used."""
    post, copy = client.post, client.copy

    def sent(path: str, **request: Any) -> Any:
        return fitting.send(post, path, request)

    async def awaited(path: str, **request: Any) -> Any:
        return await fitting.asend(post, path, request)

    def copied(*args: Any, **changes: Any) -> Any:
        return _armed(copy(*args, **changes), fitting)

    client.post = awaited if iscoroutinefunction(post) else sent
    client.copy = client.with_options = copied
    return client
