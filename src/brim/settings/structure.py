"""From plain values to typed settings, strictly, with errors that name the key.

Values from files keep the type they have: "8" is no number. Text from the
environment is read by the type of its setting.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

import attrs

from brim.errors import SettingsError
from brim.settings.schema import OutOfRange
from brim.settings.secrets import LARGEST, is_secret, shown
from brim.settings.tree import EnvironmentText, Key, Section, dotted

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["Refused", "did_you_mean", "structure", "typed"]

T = TypeVar("T")
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class Refused(Exception):
    """A value at `path` that cannot be taken."""

    def __init__(self, path: Key, problem: str) -> None:
        super().__init__(f"{dotted(path)}: {problem}" if path else problem)
        self.path = path
        self.problem = problem

    def named(self, origins: Mapping[str, str], where: str) -> SettingsError:
        """The error for users, beginning with the origin of the value, else with `where`."""
        key, parent = dotted(self.path), dotted(self.path[:-1])
        near = [origins[known] for known in origins if _related(known, key)]
        near += [origins[known] for known in origins if parent and _related(known, parent)]
        origin = near[0] if near else where
        return SettingsError(
            f"{origin}: {self.problem}" if origin.endswith(key) else f"{origin}: {self}"
        )


class Mismatch(Exception):
    """A value of the wrong type."""

    def __init__(self, value: object, expected: str) -> None:
        super().__init__(expected)
        self.value = value
        self.expected = expected


def structure(cls: type[T], values: Mapping[str, object], where: str) -> T:
    """An object of the attrs class `cls` with these values.

    Raises `SettingsError`, which begins with `where` (a file or section; a `Section`
    knows it better) and names the key, the value, what was expected, and for an unknown
    key the nearest known one.
    """
    section = values if isinstance(values, Section) else Section(values)
    try:
        return typed(cls, section, section.key)
    except Refused as refused:
        raise refused.named(section.origins, where) from None


def typed(cls: type[T], values: Mapping[str, object], path: Key = ()) -> T:
    """As `structure`, with `Refused` for the first fault; its path begins with `path`."""
    try:
        return _converter().structure(values, cls)
    except Exception as error:
        raise next(_faults(error, path)) from None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name."""
    options = sorted(known)
    near = difflib.get_close_matches(name, options, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(options) or 'none'}"


def _related(known: str, key: str) -> bool:
    """Whether one is the other, or a part of it."""
    return known == key or known.startswith(f"{key}.") or key.startswith(f"{known}.")


def _faults(error: BaseException, path: Key) -> Iterator[Refused]:
    from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

    if isinstance(error, BaseValidationError):
        unknown_first = sorted(
            error.exceptions, key=lambda inner: not isinstance(inner, ForbiddenExtraKeysError)
        )
        for inner in unknown_first:
            yield from _faults(inner, (*path, *_step(inner)))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.alias for field in attrs.fields(error.cl) if not _internal(field)]
        for name in sorted(map(str, error.extra_fields)):
            yield Refused((*path, name), f"unknown setting; {did_you_mean(name, known)}")
    elif isinstance(error, OutOfRange):
        yield _mismatch((*path, error.key), error.value, error.expected)
    elif isinstance(error, Mismatch):
        yield _mismatch(path, error.value, error.expected)
    elif isinstance(error, KeyError):
        yield Refused(path, "is required")
    else:
        yield _refused_by_class(path, str(error) or type(error).__name__)


def _refused_by_class(path: Key, problem: str) -> Refused:
    """What a class's own validators refuse; those of attrs begin with the field's name."""
    if name := re.match(r"'(\w+)'", problem):
        path = (*path, name[1])
    return Refused(path, "refused" if is_secret(path) else problem)


def _step(error: BaseException) -> Key:
    from cattrs.errors import AttributeValidationNote, IterableValidationNote

    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (note.name,)
        if isinstance(note, IterableValidationNote):
            return (str(note.index),)
    return ()


def _mismatch(path: Key, value: object, expected: str) -> Refused:
    text = repr(shown(path, value))
    text = text if len(text) <= 60 else text[:57] + "..."
    return Refused(path, f"expected {expected}, got {text}")


def _internal(field: attrs.Attribute[Any]) -> bool:
    return bool(field.metadata.get("internal"))


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    for kind, hook in ((int, _int), (float, _float), (bool, _bool), (str, _str)):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    converter.register_structure_hook_func(_of(Literal), _literal)
    factory = converter.register_structure_hook_factory
    factory(attrs.has)(_table_hook)
    factory(_of(Mapping))(_mapping_hook)
    factory(lambda kind: get_args(kind)[1:] == (...,))(_tuple_hook)
    return converter


def _of(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _table_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    from cattrs.gen import make_dict_structure_fn, override

    attrs.resolve_types(kind)
    omitted: dict[str, Any] = {
        field.name: override(omit=True) for field in attrs.fields(kind) if _internal(field)
    }
    inner = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True, **omitted)
    return lambda value, _: inner(_table(value), kind)


def _mapping_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner: Any = GenericAlias(dict, get_args(kind))
    return lambda value, _: converter.structure(_table(value), inner)


def _tuple_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner: Any = GenericAlias(list, get_args(kind)[:1])
    return lambda value, _: tuple(converter.structure(_items(value), inner))


def _table(value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise Mismatch(value, "a table")


def _items(value: object) -> Iterable[object]:
    if isinstance(value, EnvironmentText):
        words = (word.strip() for word in value.split(","))
        return [EnvironmentText(word) for word in words if word]
    if isinstance(value, list | tuple):
        return value
    raise Mismatch(value, "a list")


def _str(value: object, _: object) -> str:
    if isinstance(value, str):
        return str(value)
    raise Mismatch(value, "text")


def _bool(value: object, _: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, EnvironmentText) and value.lower() in TRUE | FALSE:
        return value.lower() in TRUE
    raise Mismatch(value, "true or false")


def _int(value: object, _: object) -> int:
    number = _read(value, int)
    if not isinstance(number, int) or isinstance(number, bool):
        raise Mismatch(value, "an integer")
    if abs(number) > LARGEST:
        raise Mismatch(value, "an integer of at most 64 bits")
    return number


def _float(value: object, _: object) -> float:
    number = _read(value, float)
    if isinstance(number, int | float) and not isinstance(number, bool) and abs(number) <= LARGEST:
        return float(number)
    raise Mismatch(value, "a finite number")


def _read(value: object, kind: type[int] | type[float]) -> object:
    if not isinstance(value, EnvironmentText):
        return value
    try:
        return kind(value)
    except ValueError:
        return math.nan if kind is float else None


def _literal(value: object, kind: Any) -> object:
    for option in get_args(kind):
        if type(option) is type(value) and option == value:
            return option
        if isinstance(value, EnvironmentText) and str(option) == value:
            return option
    raise Mismatch(value, "one of " + ", ".join(map(repr, get_args(kind))))
