"""What the dialects' requests have in common: model, tools, maximum output."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from brim.dialects.base import Wire
from brim.dialects.blocks import block_of
from brim.dialects.jsontext import compact, to_text
from brim.dialects.walk import marks, string
from brim.errors import MalformedRequest
from brim.model.conversation import Tool

__all__ = ["amount", "list_field", "marked", "model_of", "other_fields", "read_tool", "tools_of"]


def model_of(request: Wire) -> str:
    """The model's name, empty where none is given."""
    return "" if request.get("model") is None else string(request, "model")


def list_field(wire: Wire, key: str) -> Sequence[object]:
    """The list in this field, empty where there is none. Raises `MalformedRequest`."""
    value = wire.get(key)
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    raise MalformedRequest(f"{key} must be a list, not {type(value).__name__}", rule=key)


def amount(request: Wire, *keys: str) -> int | None:
    """The first of these fields that holds a number of tokens."""
    for key in keys:
        value = request.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise MalformedRequest(f"{key} must be a number of tokens, not {value!r}", rule=key)
        return value
    return None


def tools_of(request: Wire, *keys: str) -> tuple[Tool, ...]:
    """The tools that the request defines in these fields."""
    return tuple(read_tool(tool) for key in keys for tool in list_field(request, key))


def read_tool(value: object) -> Tool:
    """A tool in any provider's shape. One with a schema is a function; the rest keep their type.

    Nested (`{"type": "function", "function": {...}}`) and flat definitions are read alike.
    """
    tool = block_of(value, "a tool")
    kind = tool.get("type") or "function"
    if not isinstance(kind, str):
        raise MalformedRequest(f"a tool's type must be a string, not {kind!r}", rule="tools")
    nested = tool.get(kind)
    body = nested if isinstance(nested, Mapping) else tool
    schema = body.get("parameters", body.get("input_schema"))
    return Tool(
        name=_text(body, "name") or kind,
        description=_text(body, "description"),
        parameters="" if schema is None else to_text(schema),
        kind=kind if schema is None else "function",
        size=len(compact(tool)),
    )


def _text(body: Wire, key: str) -> str:
    value = body.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise MalformedRequest(
        f"a tool's {key} must be a string, not {type(value).__name__}", rule="tools"
    )


def marked(*blocks: object) -> int:
    """Cache marks on these blocks."""
    return sum(map(marks, blocks))


def other_fields(request: Wire, known: Collection[str]) -> dict[str, object]:
    """The fields that only rules look at, as they came."""
    return {key: value for key, value in request.items() if key not in known}
