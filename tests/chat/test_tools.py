"""Schemas of typed functions, and calls of them."""

from __future__ import annotations

import dataclasses
import enum
from typing import Annotated, Any, Literal, Optional

import attrs
import pytest

from brim.chat import ChatTool, tool
from brim.chat.tools import BadArguments, as_tool
from brim.errors import ToolError


class Unit(enum.Enum):
    CELSIUS = "celsius"
    KELVIN = "kelvin"


@dataclasses.dataclass
class Place:
    city: str
    zip: Optional[str] = None  # noqa: UP045 - this spelling must work too


@attrs.define
class Trip:
    places: list[Place]
    days: int = 1


def weather(
    place: Place,
    unit: Unit = Unit.CELSIUS,
    days: Annotated[int, "How many days ahead."] = 1,
    detail: Literal["short", "long"] = "short",
    weights: dict[str, float] | None = None,
    exact: bool = False,
) -> str:
    """Tell the weather.

    In two paragraphs.

    Args:
        place: Where it is
            to be told.
        unit (Unit): Of temperatures.
        exact: Whether to be exact.

    Returns:
        A text.
    """
    return f"{place.city} {unit.value} {days} {detail} {weights} {exact}"


SCHEMA = {
    "type": "object",
    "properties": {
        "place": {
            "title": "Place",
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "zip": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            },
            "required": ["city"],
            "description": "Where it is to be told.",
        },
        "unit": {
            "title": "Unit",
            "enum": ["celsius", "kelvin"],
            "default": "celsius",
            "description": "Of temperatures.",
        },
        "days": {"type": "integer", "default": 1, "description": "How many days ahead."},
        "detail": {"enum": ["long", "short"], "default": "short"},
        "weights": {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "number"}},
                {"type": "null"},
            ],
            "default": None,
        },
        "exact": {"type": "boolean", "default": False, "description": "Whether to be exact."},
    },
    "required": ["place"],
    "additionalProperties": False,
}


def test_a_schema_of_everything() -> None:
    made = tool(weather)
    assert made.parameters == SCHEMA
    assert (made.name, made.description) == ("weather", "Tell the weather.\n\nIn two paragraphs.")
    assert made.definition["function"]["parameters"] == SCHEMA  # type: ignore[index]


def test_arguments_become_values() -> None:
    given = tool(weather).read('{"place": {"city": "Ulm"}, "unit": "kelvin", "weights": {"a": 1}}')
    assert given["place"] == Place("Ulm")
    assert given["unit"] is Unit.KELVIN
    assert weather(**given) == "Ulm kelvin 1 short {'a': 1.0} False"


BAD = [
    ('{"place": {"city": 3}}', r"Expected `str`, got `int` - at `\$.place.city`"),
    ("{}", "missing required field `place`"),
    ('{"place": {"city": "x"}, "color": 1}', "unknown field `color`"),
    ('{"place": {"city": "x"}, "unit": "f"}', "Invalid enum value"),
    ('{"place": ', "not JSON"),
    ('"x"', "Expected `object`"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD)
def test_bad_arguments_say_what_is_wrong(arguments: str, said: str) -> None:
    with pytest.raises(BadArguments, match=said):
        tool(weather).read(arguments)


def test_arguments_nested_too_deep_are_no_json() -> None:
    def anything(value: Any) -> None: ...

    with pytest.raises(BadArguments, match="not JSON"):
        tool(anything).read('{"value": ' + "[" * 100_000)


def test_attrs_classes_lists_and_anything() -> None:
    def plan(trip: Trip, notes: Any = None) -> int:
        return len(trip.places) * trip.days

    made = tool(plan)
    assert plan(**made.read('{"trip": {"places": [{"city": "a"}, {"city": "b"}], "days": 3}}')) == 6
    assert made.parameters["properties"]["notes"] == {"default": None}  # type: ignore[index]


def test_param_lines_describe_too() -> None:
    def found(word: str, limit: int = 5) -> None:
        """Find.

        :param word: What to
            look for.
        :param int limit: How many.
        """

    properties: Any = tool(found).parameters["properties"]
    assert properties["word"]["description"] == "What to look for."
    assert properties["limit"]["description"] == "How many."
    assert tool(found).description == "Find."


def test_a_mutable_default() -> None:
    def total(numbers: list[int] = [1, 2]) -> int:  # noqa: B006
        return sum(numbers)

    assert total(**tool(total).read("")) == 3


def test_decorated_functions_can_still_be_called() -> None:
    @tool(name="twice", description="Double it.", pure=True, timeout=2)
    def double(x: int) -> int:
        return 2 * x

    assert isinstance(double, ChatTool)
    assert (double(4), double.name, double.description) == (8, "twice", "Double it.")
    assert (double.pure, double.timeout) == (True, 2)
    assert as_tool(double) is double


class Greeter:
    def __call__(self, who: str) -> str:
        return f"hi {who}"

    def method(self, who: str) -> str:
        return f"ho {who}"


def test_methods_and_callable_objects() -> None:
    assert tool(Greeter()).read('{"who": "x"}') == {"who": "x"}
    made = tool(Greeter().method)
    assert made.name == "method"
    assert made(**made.read('{"who": "x"}')) == "ho x"


class Node:
    pass


@dataclasses.dataclass
class Tree:
    below: list[Tree]


def many(*values: int) -> None: ...
def named(**values: int) -> None: ...
def placed(value: int, /) -> None: ...
def odd(node: Node) -> None: ...
def deep(tree: Tree) -> None: ...
def unknown(value: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (many, "any number"),
        (named, "any names"),
        (placed, "positional only"),
        (odd, "plain data"),
        (deep, "contains itself"),
        (unknown, "means nothing at run time"),
        (lambda x: x, "no tool can be named '<lambda>'"),
        (3, "a tool is a function, not a int"),
    ],
)
def test_what_is_no_tool_is_refused(function: object, said: str) -> None:
    with pytest.raises(ToolError, match=said):
        as_tool(function)


def test_a_timeout_is_over_zero() -> None:
    with pytest.raises(ToolError, match="over 0"):
        tool(timeout=0)(weather)
