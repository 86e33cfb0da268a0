"""Tool definitions: the documented formula, nested schemas, and what is no schema."""

from __future__ import annotations

import json

import pytest

from brim.api import Overheads, Tool
from brim.road.tokens.schemas import tool_cost

OVERHEADS = Overheads()


def cost(schema: object, **fields: object) -> tuple[list[str], int]:
    return tool_cost(Tool("f", "does", json.dumps(schema), **fields), OVERHEADS)  # type: ignore[arg-type]


def test_no_parameters() -> None:
    assert tool_cost(Tool("f", "does"), OVERHEADS) == (["f:does", ""], 7)
    assert cost({"type": "object", "properties": {}}) == (["f:does"], 7)


def test_properties_and_options() -> None:
    texts, fixed = cost(
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "description": "first"},
                "b": {"type": "integer", "enum": [1, 20]},
            },
        }
    )
    assert texts == ["f:does", "a:string:first", "b:integer:", "1", "20"]
    assert fixed == 7 + 3 + 2 * 3 + (-3 + 2 * 3)


def test_nested_schemas_count_too() -> None:
    inner = {"type": "object", "properties": {"x": {"type": ["string", "null"]}}}
    texts, fixed = cost(
        {
            "properties": {"list": {"type": "array", "items": inner}},
            "$defs": {"shared": {"anyOf": [inner]}},
        }
    )
    assert sorted(texts) == [
        "f:does",
        "list:array:",
        'x:["string","null"]:',
        'x:["string","null"]:',
    ]
    assert fixed == 7 + 3 * (3 + 3)


@pytest.mark.parametrize("parameters", ["not json", "[1]", '"text"', "[" * 100_000])
def test_what_is_no_schema_counts_as_it_stands(parameters: str) -> None:
    assert tool_cost(Tool("f", "does", parameters), OVERHEADS) == (["f:does", parameters], 7)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": None},
        {"properties": {"a": None, "b": True}},
        {"properties": {"a": {"enum": "x", "items": [], "anyOf": {}, "type": 3}}},
        {"$defs": [], "anyOf": [None, 3]},
    ],
)
def test_odd_schemas_do_no_harm(schema: object) -> None:
    assert cost(schema)[1] >= 7


def test_tools_of_the_provider_count_by_size() -> None:
    assert tool_cost(Tool("bash", kind="bash_20250124", size=60), OVERHEADS) == ([], 700)
    assert tool_cost(Tool("ns", kind="namespace", size=60_000), OVERHEADS) == ([], 30_000)


def test_deep_schemas() -> None:
    schema: dict[str, object] = {"type": "string"}
    for _ in range(200):
        schema = {"type": "object", "properties": {"down": schema}}
    assert cost(schema)[1] == 7 + 200 * 6
