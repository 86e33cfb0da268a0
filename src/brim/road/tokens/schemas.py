"""What the definition of a tool costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from brim.model.conversation import Tool
from brim.model.profiles import Overheads

__all__ = ["Cost", "tool_cost"]

Cost = tuple[list[str], int]
"""The texts to count, and the tokens that come on top."""

BUILT_IN = 700
"""Tokens of a tool that the provider defines itself: the larger ones in Anthropic's tool
reference are the text editor (700) and computer use (735 with its screen size)."""

OWN_KINDS = frozenset({"function", "custom"})
BYTES_PER_TOKEN = 2
_INNER = ("items", "additionalProperties", "not")
_BRANCHES = ("anyOf", "oneOf", "allOf", "prefixItems")
_SHARED = ("$defs", "definitions", "patternProperties")


def tool_cost(tool: Tool, overheads: Overheads) -> Cost:
    """The texts of a tool and its fixed tokens, after the formula that the OpenAI cookbook
    gives for functions: name and description in one line, one line for each property.

    Nested schemas count by the same rule, parameters that are no JSON as they stand, and
    a tool of the provider's own by its size, at least 700 tokens.
    """
    if tool.kind not in OWN_KINDS and not tool.parameters:
        return [], max(BUILT_IN, tool.size // BYTES_PER_TOKEN)
    texts = [f"{tool.name}:{tool.description}"]
    fixed = overheads.per_tool
    schema = _decoded(tool.parameters)
    if not isinstance(schema, Mapping):
        return [*texts, tool.parameters], fixed
    for inner in _schemas(schema):
        fixed += _properties(inner, texts, overheads)
    return texts, fixed


def _decoded(parameters: str) -> object:
    try:
        return msgspec.json.decode(parameters)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _schemas(schema: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The schema and every schema inside of it."""
    pending: list[object] = [schema]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping):
            yield one
            pending.extend(_inside(one))


def _inside(schema: Mapping[str, object]) -> Iterator[object]:
    for key in _INNER:
        yield schema.get(key)
    for key in _BRANCHES:
        branches = schema.get(key)
        yield from branches if isinstance(branches, list) else ()
    for key in ("properties", *_SHARED):
        named = schema.get(key)
        yield from named.values() if isinstance(named, Mapping) else ()


def _properties(schema: Mapping[str, object], texts: list[str], overheads: Overheads) -> int:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return 0
    fixed = overheads.tool_properties
    for name, value in properties.items():
        fixed += overheads.per_property
        details = value if isinstance(value, Mapping) else {}
        kind, description = _text(details.get("type", "")), _text(details.get("description", ""))
        texts.append(f"{name}:{kind}:{description}")
        options = details.get("enum")
        if isinstance(options, list):
            fixed += overheads.enum + overheads.per_enum_item * len(options)
            texts.extend(map(_text, options))
    return fixed


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
