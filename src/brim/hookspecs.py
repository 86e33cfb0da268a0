"""The heart: every place where a plugin can act.

A plugin implements any of these functions, marked with `brim.api.hookimpl`. The
kernel calls implementations one by one, checks what they give, and names the
plugin in every error. Hooks exchange frozen typed objects; only None means "pass".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from brim.dialects.base import Dialect
    from brim.model.decisions import Condensation, CondenseTask, Counts, TrimDecision, TrimTask
    from brim.model.operations import (
        Ask,
        Completion,
        Delta,
        InjectTask,
        Operation,
        Request,
        Snippet,
    )
    from brim.model.profiles import ModelProfile
    from brim.store.base import Cache

__all__ = ["HOOK_API", "PROJECT", "hookimpl", "hookspec"]

PROJECT = "brim"
HOOK_API = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def count_tokens(texts: Sequence[str], profile: ModelProfile) -> Counts | None:
    """Count the tokens of many texts at once.

    Called: once for each batch of texts that the memo does not hold.
    Gives: `Counts` with one value for each text, 0 <= value <= bytes; None to pass.
    On error: the next counter is asked; the estimate counter answers last.
    Since: 1
    """


@hookspec(firstresult=True)
def should_trim(task: TrimTask) -> TrimDecision | None:
    """Decide whether a request must be condensed, and how far.

    Called: once for each fit, on the policy that the settings name.
    Gives: a `TrimDecision`; None to pass to the token-budget policy.
    On error: the token-budget policy decides.
    Since: 1
    """


@hookspec(firstresult=True)
def condense(
    task: CondenseTask,
) -> Condensation | Generator[Ask, Completion, Condensation | None] | None:
    """Propose edits that bring a conversation down to its target.

    Called: once for each strategy of the decision, in order, until the target is met.
    Gives: a `Condensation`, or a generator that yields at most 32 `Ask` and returns one;
        None to pass. It does no input or output of its own.
    On error: its edits are discarded and the next strategy is asked.
    Since: 1
    """


@hookspec
def inject_context(task: InjectTask) -> Sequence[Snippet]:
    """Offer context for the last user message.

    Called: once for each new user message, on every injector that the settings name.
    Gives: snippets, best first; may be a coroutine function.
    On error: the request goes on without this injector's snippets.
    Since: 1
    """


@hookspec
def monitor_operation(operation: Operation) -> None:
    """Watch a timed step.

    Called: after every operation, on every observer.
    Gives: nothing.
    On error: the observer is skipped; the request never notices.
    Since: 1
    """


@hookspec(firstresult=True)
def provide_cache(name: str, settings: Mapping[str, object]) -> Cache | None:
    """Open the cache tier of this name.

    Called: once for each tier that the settings name, on the plugin of that name.
    Gives: a `Cache` of bytes; None if the name is not its own.
    On error: the tier is left out; with `strict` the start fails.
    Since: 1
    """


@hookspec(firstresult=True)
def provide_model(name: str) -> ModelProfile | None:
    """Describe a model.

    Called: once for each model name that the settings do not describe.
    Gives: a `ModelProfile`; None if the name is unknown.
    On error: the next provider is asked; an unknown model gets a cautious default.
    Since: 1
    """


@hookspec
def provide_dialect() -> Dialect:
    """Offer a wire format.

    Called: once for each `Brim`.
    Gives: a `Dialect`; the first of a name is taken.
    On error: the dialect is left out.
    Since: 1
    """


@hookspec(firstresult=True)
def complete(ask: Ask) -> Completion | None:
    """Answer an `Ask` with a model.

    Called: once for each ask that no cache answers; may be a coroutine function.
    Gives: a `Completion`; None to pass.
    On error: the strategy that asked loses its turn.
    Since: 1
    """


@hookspec(firstresult=True)
def stream(ask: Ask) -> AsyncIterator[Delta] | None:
    """Answer an `Ask` piece by piece.

    Called: once for each streamed answer of a chat loop.
    Gives: an async iterator of `Delta`, the last with its `completion`; None to pass.
    On error: the error reaches the caller of the loop.
    Since: 1
    """


@hookspec(firstresult=True)
def embed(texts: Sequence[str]) -> Sequence[Sequence[float]] | None:
    """Embed texts.

    Called: once for each batch that the embedding cache does not hold; may be a coroutine function.
    Gives: one vector for each text, all of one length; None to pass.
    On error: retrieval goes on with keywords alone.
    Since: 1
    """


@hookspec
def check_input(text: str) -> str:
    """Look at what a user typed, before anything else does.

    Called: once for each input, on every check, each with what the one before gave.
    Gives: the text, changed or not; raises to refuse. May be a coroutine function.
    On error: the input is refused and the transcript is unchanged.
    Since: 1
    """


@hookspec
def admit(request: Request) -> bool:
    """Let a request pass, or refuse it.

    Called: once for each request of a loop or proxy, on every guard; all must agree.
    Gives: True to admit; raises `RequestRefused` to say why not, and when to try again. May be a
        coroutine function.
    On error: the request is refused.
    Since: 1
    """


@hookspec
def extend_cli(group: click.Group) -> None:
    """Add commands to `brim`.

    Called: once for each start of the command line.
    Gives: nothing; it adds to the group.
    On error: a warning names the plugin; the other commands work.
    Since: 1
    """


@hookspec
def close() -> None:
    """Release what the plugin holds.

    Called: once, when its `Brim` closes.
    Gives: nothing.
    On error: logged; the other plugins are closed all the same.
    Since: 1
    """
