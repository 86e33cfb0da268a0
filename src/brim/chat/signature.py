"""From a typed function to the JSON schema of its arguments, and from arguments to values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from brim.errors import ToolError

__all__ = ["arguments_type", "description_of", "schema_of"]

Function = Callable[..., object]
Field = tuple[str, Any] | tuple[str, Any, Any]

_BY_PLACE = {
    inspect.Parameter.POSITIONAL_ONLY: "is positional only",
    inspect.Parameter.VAR_POSITIONAL: "takes any number of values",
    inspect.Parameter.VAR_KEYWORD: "takes any names",
}
_SECTION = re.compile(r"^(?:Args|Arguments|Parameters):[ \t]*$")
_ENTRY = re.compile(r"^(\w+)(?:\s*\([^)]*\))?:\s+(.*)$")
_FIELD = re.compile(r"^:param\s+(?:[\w.\[\], |]+\s+)?(\w+):\s*(.*)$")


def arguments_type(function: Function) -> type[msgspec.Struct]:
    """A structure with one field for each parameter; one it does not know is refused.

    Raises `ToolError` for parameters that a model cannot name.
    """
    notes = dict(_parameter_notes(inspect.getdoc(function) or ""))
    hints = _hints(function)
    fields = [
        _field(parameter, hints.get(name, Any), notes.get(name, ""))
        for name, parameter in inspect.signature(function).parameters.items()
    ]
    return msgspec.defstruct("Arguments", fields, kw_only=True, forbid_unknown_fields=True)


def schema_of(kind: type[msgspec.Struct]) -> dict[str, object]:
    """The JSON schema of a structure, in one piece as far as it does not contain itself.

    Raises `ToolError` for types that JSON cannot say.
    """
    try:
        _, parts = msgspec.json.schema_components([kind], ref_template="{name}")
    except TypeError as error:
        raise ToolError(f"a tool's parameters must be plain data: {error}") from error
    schema: dict[str, object] = _inlined(parts[kind.__name__], parts, ())
    schema.pop("title", None)
    return schema


def description_of(function: Function) -> str:
    """The docstring up to the section that describes parameters."""
    lines = []
    for line in (inspect.getdoc(function) or "").splitlines():
        if _SECTION.match(line) or _FIELD.match(line) or re.match(r"(?:Returns|Raises):", line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def _hints(function: Function) -> Mapping[str, Any]:
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        return get_type_hints(target, include_extras=True)
    except NameError as error:
        raise ToolError(
            f"an annotation of {_name(function)!r} means nothing at run time: {error}; "
            "import it outside of TYPE_CHECKING"
        ) from error


def _field(parameter: inspect.Parameter, hint: Any, note: str) -> Field:
    if parameter.kind in _BY_PLACE:
        raise ToolError(
            f"the parameter {parameter.name!r} {_BY_PLACE[parameter.kind]}, and a model "
            "gives each argument by its name: make it an ordinary parameter"
        )
    described = _described(hint, note)
    if parameter.default is parameter.empty:
        return parameter.name, described
    return parameter.name, described, _default(parameter.default)


def _described(hint: Any, note: str) -> Any:
    """The type with its description: that of `Annotated[T, "..."]` before the docstring's."""
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        said = [extra for extra in extras if isinstance(extra, str)]
        kept = [extra for extra in extras if isinstance(extra, msgspec.Meta)]
        meta = [*kept, *(msgspec.Meta(description=text) for text in said[:1])]
        return Annotated[(base, *meta)] if meta else base
    return Annotated[hint, msgspec.Meta(description=note)] if note else hint


def _default(value: object) -> Any:
    try:
        hash(value)
    except TypeError:
        return msgspec.field(default_factory=lambda: value)
    return value


def _inlined(schema: Any, parts: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The schema with what it refers to put in its place."""
    if isinstance(schema, list):
        return [_inlined(item, parts, path) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = schema.get("$ref")
    if not isinstance(name, str):
        return {key: _inlined(value, parts, path) for key, value in schema.items()}
    if name in path:
        raise ToolError(f"the type {name!r} contains itself, and tools take plain shapes only")
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    return {**_inlined(parts[name], parts, (*path, name)), **rest}


def _parameter_notes(text: str) -> Iterator[tuple[str, str]]:
    """What a docstring says of parameters, under `Args:` or as `:param name:`."""
    inside, name, said = False, "", ""
    for line in text.splitlines():
        entry = _FIELD.match(line) or (_ENTRY.match(line.strip()) if inside else None)
        if entry is None and name and line.strip() and line[:1].isspace():
            said += " " + line.strip()
            continue
        if name:
            yield name, said.strip()
        name, said = (entry[1], entry[2]) if entry else ("", "")
        inside = bool(_SECTION.match(line)) or (inside and line[:1] in ("", " ", "\t"))
    if name:
        yield name, said.strip()


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)
