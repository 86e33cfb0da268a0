"""Tools: typed Python functions that a model may call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar, overload

import msgspec
from attrs import field, frozen

from brim.chat.signature import arguments_type, description_of, schema_of
from brim.errors import ToolError

__all__ = ["BadArguments", "ChatTool", "as_tool", "tool"]

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What providers take as the name of a function (rule 6)."""

Function = Callable[..., object]
F = TypeVar("F", bound=Function)


class BadArguments(ValueError):
    """A model gave arguments that the function does not take; the text is for the model."""


@frozen(eq=False)
class ChatTool:
    """A function as a model sees it. Calling it calls the function.

    `parameters` is the JSON schema of its arguments. A `pure` tool gives the same result for the
    same arguments, so that it may be kept. `timeout` is seconds, None for the settings' own. The
    result of a `whole` one bounds itself and is never cut.
    """

    name: str
    description: str
    parameters: dict[str, object]
    function: Function = field(repr=False)
    arguments: type[msgspec.Struct] = field(repr=False)
    pure: bool = False
    timeout: float | None = None
    whole: bool = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def definition(self) -> dict[str, object]:
        """The tool as a request in OpenAI's chat form defines it."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": json.loads(json.dumps(self.parameters)),
        }
        return {"type": "function", "function": function}

    def read(self, arguments: str) -> dict[str, Any]:
        """The function's arguments from a model's JSON. Raises `BadArguments`."""
        try:
            given = msgspec.json.decode(arguments.strip() or "{}", type=self.arguments)
        except msgspec.ValidationError as error:
            raise BadArguments(f"the arguments do not fit the schema: {error}") from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadArguments("the arguments are not JSON") from error
        return {name: getattr(given, name) for name in given.__struct_fields__}


@overload
def tool(function: Function, /) -> ChatTool: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    pure: bool = False,
    timeout: float | None = None,
) -> Callable[[Function], ChatTool]: ...


def tool(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    pure: bool = False,
    timeout: float | None = None,
) -> ChatTool | Callable[[Function], ChatTool]:
    """Make a tool of a function, as a decorator with or without options, or by a call.

    Its parameters are described by their annotations (str, int, float, bool, Literal, Enum, list,
    dict, Optional, attrs and data classes), by `Annotated[T, "text"]`, and by the docstring's
    `Args:` section or `:param name:` lines. Coroutine functions are awaited; others run in a
    thread of their own. Raises `ToolError`.
    """

    def made(wrapped: Function) -> ChatTool:
        called = str(name or getattr(wrapped, "__name__", type(wrapped).__name__))
        if not NAME.fullmatch(called):
            raise ToolError(f"no tool can be named {called!r}: pass name=, a-z A-Z 0-9 _ -")
        if timeout is not None and not timeout > 0:
            raise ToolError(f"the timeout of {called!r} must be over 0 seconds")
        kind = arguments_type(wrapped)
        said = description_of(wrapped) if description is None else description
        return ChatTool(called, said, schema_of(kind), wrapped, kind, pure, timeout)

    return made if function is None else made(function)


def as_tool(given: object) -> ChatTool:
    """A tool as it is, or one of a function. Raises `ToolError`."""
    if isinstance(given, ChatTool):
        return given
    if callable(given):
        return tool(given)
    raise ToolError(f"a tool is a function, not a {type(given).__name__}")
