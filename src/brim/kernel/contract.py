"""What a plugin must look like to be registered. Each refusal says what to change."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from types import ModuleType
from typing import TYPE_CHECKING

from brim.errors import PluginError
from brim.hookspecs import HOOK_API

if TYPE_CHECKING:
    from pluggy import PluginManager

__all__ = ["MAY_AWAIT", "STANDING", "Refused", "check_api", "check_hooks", "positions"]

MAY_AWAIT = frozenset(
    {"admit", "check_input", "complete", "embed", "inject_context", "stream"},
)
"""Hooks whose implementations may be coroutine functions."""

STANDING = frozenset(
    {
        "close",
        "count_tokens",
        "extend_cli",
        "monitor_operation",
        "provide_dialect",
        "provide_model",
    }
)
"""Hooks that act as soon as a plugin is installed; all others wait for the settings to name it."""

Function = Callable[..., object]


class Refused(PluginError):
    """A plugin breaks the contract; the host adds its name and origin."""


def check_api(loaded: object) -> None:
    """Refuse a plugin made for another API: `hook_api` on it, or `BRIM_API` on its module."""
    module = loaded if isinstance(loaded, ModuleType) else _module_of(loaded)
    wanted = getattr(loaded, "hook_api", getattr(module, "BRIM_API", HOOK_API))
    if wanted != HOOK_API:
        raise Refused(
            f"is made for hook API {wanted!r}; this Brim has {HOOK_API}:"
            f" {'upgrade Brim' if _newer(wanted) else 'upgrade the plugin'}"
        )


def _newer(wanted: object) -> bool:
    return isinstance(wanted, int) and wanted > HOOK_API


def _module_of(loaded: object) -> ModuleType | None:
    owner = loaded if hasattr(loaded, "__qualname__") else type(loaded)
    return sys.modules.get(getattr(owner, "__module__", ""))


def check_hooks(manager: PluginManager, plugin: object) -> tuple[str, ...]:
    """The hooks that a plugin implements. Raises `Refused`."""
    hooks = tuple(sorted(_checked(manager, plugin)))
    if not hooks:
        unmarked = [name for name in _specified(manager) if inspect.isroutine(_get(plugin, name))]
        hint = f"mark {', '.join(unmarked)}" if unmarked else "mark its functions"
        raise Refused(f"implements no hook; {hint} with brim.api.hookimpl")
    return hooks


def positions(function: Function, arguments: Sequence[str]) -> tuple[int, ...]:
    """Which of a hook's arguments a function takes, in its own order. Raises `Refused`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise Refused(f"its signature cannot be read ({error})") from error
    return tuple(_position(parameter, arguments) for parameter in parameters)


def _position(parameter: inspect.Parameter, arguments: Sequence[str]) -> int:
    shape = f"({', '.join(arguments)})"
    if parameter.kind is parameter.VAR_KEYWORD:
        raise Refused(
            f"takes **{parameter.name}, which would stay empty; name what it needs of {shape}"
        )
    if parameter.kind is parameter.VAR_POSITIONAL:
        raise Refused(f"takes *{parameter.name}; name what it needs of {shape}")
    if parameter.kind is parameter.KEYWORD_ONLY:
        raise Refused(f"has the keyword-only parameter {parameter.name!r}; remove the * before it")
    if parameter.name not in arguments:
        raise Refused(
            f"has the parameter {parameter.name!r}, which the hook does not give: {shape}"
        )
    return arguments.index(parameter.name)


def _checked(manager: PluginManager, plugin: object) -> Iterator[str]:
    known = _specified(manager)
    for attribute in (name for name in dir(plugin) if not name.startswith("__")):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            continue
        hook = options.get("specname") or attribute
        if hook not in known:
            raise Refused(_misspelt(hook, known))
        try:
            _check_function(getattr(plugin, attribute), hook, known[hook])
        except Refused as refused:
            raise Refused(f"{hook}: {refused.detail}") from refused.__cause__
        if options.get("wrapper") or options.get("hookwrapper"):
            raise Refused(f"{hook}: is a hook wrapper, and the kernel calls each plugin by itself")
        yield hook


def _check_function(function: Function, hook: str, arguments: Sequence[str]) -> None:
    inner = inspect.unwrap(function)
    if hook not in MAY_AWAIT and inspect.iscoroutinefunction(inner):
        raise Refused("is a coroutine function, and this hook may not await; make it a plain def")
    if hook != "stream" and inspect.isasyncgenfunction(inner):
        raise Refused("is an async generator function, and this hook gives no stream")
    positions(function, arguments)


def _misspelt(hook: str, known: Sequence[str] | dict[str, Sequence[str]]) -> str:
    near = get_close_matches(hook, list(known), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"hooks are {', '.join(sorted(known))}"
    return f"marks {hook!r} as a hook, and there is none of that name; {hint}"


def _specified(manager: PluginManager) -> dict[str, Sequence[str]]:
    """Hook name -> argument names."""
    callers = vars(manager.hook)
    return {name: caller.spec.argnames for name, caller in callers.items() if caller.spec}


def _get(plugin: object, name: str) -> object:
    return inspect.getattr_static(plugin, name, None)
