"""From a candidate to a plugin object: entry points, files and objects, all one way."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import attrs

from brim.errors import SettingsError
from brim.kernel.contract import Refused, check_api
from brim.kernel.discover import Candidate

__all__ = ["BadSection", "build", "from_file", "from_object"]


class BadSection(SettingsError):
    """A plugin's section of the settings is wrong: the user's to mend, not the plugin's."""


Section = Mapping[str, object]


def from_object(plugin: object) -> Candidate:
    """A candidate for an object, class, factory or module that the caller passed."""
    kind = plugin if hasattr(plugin, "__qualname__") else type(plugin)
    name = getattr(plugin, "name", None)
    if isinstance(plugin, ModuleType):
        name = plugin.__name__.rpartition(".")[2].replace("_", "-")
    elif not isinstance(name, str) or not name:
        name = _kebab(getattr(kind, "__name__", type(plugin).__name__))
    value = f"object {getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', name)}"
    return Candidate(name, value, by_hand=True, load=lambda: plugin)


def from_file(path: Path) -> Candidate:
    """A candidate for a plugin in one file; its name is the file's, with hyphens."""
    name = path.stem.replace("_", "-")
    return Candidate(name, f"file {path}", by_hand=True, load=lambda: _execute(path))


def build(candidate: Candidate, section: Section | None, kernel: object = None) -> object:
    """Import a candidate and make its plugin, with its own section of the settings.

    A field of its settings class whose metadata say `follows` takes the value of that
    dotted key of the `kernel`'s settings where the section does not set it.

    Raises `Refused` where it breaks the contract, `BadSection` where its section
    does, and whatever its own code raises.
    """
    loaded = candidate.load()
    check_api(loaded)
    if inspect.isclass(loaded) or inspect.isroutine(loaded):
        return _call(loaded, candidate.name, section, kernel)
    if not isinstance(loaded, ModuleType) and not candidate.by_hand:
        raise Refused(
            f"{candidate.value} is a {type(loaded).__name__};"
            " an entry point names a class, a factory or a module"
        )
    _no_settings(candidate.name, section)
    return loaded


def _execute(path: Path) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    if not path.is_file():
        raise Refused(f"there is no file {path}")
    spec = spec_from_file_location(f"brim_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise Refused(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def _call(
    factory: Callable[..., object], name: str, section: Section | None, kernel: object
) -> object:
    if inspect.iscoroutinefunction(factory):
        raise Refused("its factory is a coroutine function; make it a plain def")
    settings = _settings_parameter(factory)
    if settings is None:
        _no_settings(name, section)
        plugin = factory()
    else:
        parameter, kind = settings
        structured = _structured(kind, name, section, kernel)
        try:
            plugin = factory(**{parameter: structured})
        except SettingsError as error:
            raise BadSection(f"plugin.{name}: {error}") from error.__cause__
    if plugin is None:
        raise Refused("its factory gave None instead of a plugin")
    return plugin


def _structured(kind: type, name: str, section: Section | None, kernel: object) -> object:
    from brim.settings.load import structure

    try:
        own: Any = structure(kind, section or {}, f"plugin.{name}")
    except SettingsError as error:
        raise BadSection(str(error)) from error.__cause__
    return attrs.evolve(own, **_followed(kind, section or {}, kernel))


def _followed(kind: type, section: Section, kernel: object) -> dict[str, object]:
    return {
        field.name: attrgetter(field.metadata["follows"])(kernel)
        for field in attrs.fields(kind)
        if "follows" in field.metadata and field.name not in section and kernel is not None
    }


def _no_settings(name: str, section: Section | None) -> None:
    if section:
        raise BadSection(
            f"plugin.{name}: this plugin takes no settings; remove {', '.join(map(repr, section))}"
        )


def _settings_parameter(factory: Callable[..., object]) -> tuple[str, type] | None:
    """The parameter that is annotated with an attrs class, and that class."""
    found = None
    for parameter in inspect.signature(factory).parameters.values():
        kind = _attrs_class(parameter.annotation, factory.__module__)
        if kind is not None and found is None:
            found = parameter.name, kind
        elif parameter.default is parameter.empty and parameter.kind not in {
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        }:
            raise Refused(
                f"its factory needs {parameter.name!r}, which nothing gives: annotate it with an"
                " attrs class of settings, or give it a default"
            )
    return found


def _attrs_class(annotation: object, module: str) -> type | None:
    resolved = _resolved(annotation, module) if isinstance(annotation, str) else annotation
    options = (resolved, *get_args(resolved))
    return next((kind for kind in options if isinstance(kind, type) and attrs.has(kind)), None)


def _resolved(annotation: str, module: str) -> object:
    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        return get_type_hints(holder, globalns=vars(sys.modules[module]))["it"]
    except NameError as error:
        raise Refused(
            f"the annotation {annotation!r} of its factory means nothing: {error}"
        ) from error


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", "-", name).lower()
