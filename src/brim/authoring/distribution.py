"""A new distribution: all its files, made from templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path

from brim.authoring.kinds import Kind
from brim.authoring.names import Names
from brim.errors import PluginError, StoreError
from brim.hookspecs import HOOK_API

__all__ = ["new_files", "tree", "write_new"]

COMMON: Mapping[str, str] = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "LICENSE": "LICENSE",
    "tox.ini": "tox.ini",
    ".gitignore": "gitignore",
    ".github/workflows/tests.yml": "tests.yml",
    "tests/test_laws.py": "test_laws.py",
}
"""Path in the distribution -> name of its template. A hook's own template goes first."""

NOTES: Mapping[str, str] = {"tests/notes/report.md": "note.md"}
"""The same, for what only some hooks have."""

_PLACE = re.compile(r"@(\w+)@")
_PERSON = re.compile(r"\s*(?P<name>[^<>]*?)\s*(?:<(?P<email>[^<>\s]+)>)?\s*")


def new_files(names: Names, kind: Kind, author: str = "") -> dict[str, str]:
    """Path -> text of every file. `author` is "Name <address>", "Name" or empty.

    Raises `PluginError` for a name whose class would hide something else.
    """
    _refuse_hiding(names, kind)
    values = _values(names, kind, author)
    package = f"src/{names.package}"
    made = {f"{package}/__init__.py": _filled(kind, "plugin.py", values), f"{package}/py.typed": ""}
    made |= {path: _filled(kind, template, values) for path, template in COMMON.items()}
    for path, template in NOTES.items():
        if _own(kind, template).is_file():
            made[path] = _filled(kind, template, values)
    return made


def write_new(folder: Path, made: Mapping[str, str]) -> None:
    """Write all files. Raises `StoreError` when there is something already, or when the folder
    cannot be written; nothing is ever overwritten."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise StoreError(folder, "is not empty; name another folder with --dir, or empty it")
        for path, text in made.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        detail = f"cannot be written ({error}); name another folder with --dir"
        raise StoreError(folder, detail) from error


def tree(made: Mapping[str, str]) -> Iterator[str]:
    """The paths, those near the top first."""
    yield from sorted(made, key=lambda path: (path.count("/"), path))


def _refuse_hiding(names: Names, kind: Kind) -> None:
    source = _own(kind, "plugin.py").read_text(encoding="utf-8")
    if iskeyword(names.kind) or names.kind in re.findall(r"\w+", source):
        raise PluginError(
            f"{names.plugin!r} would make a class {names.kind}, a name that its own code uses;"
            f" take a longer one, such as {f'my-{names.plugin}'!r}"
        )


def _values(names: Names, kind: Kind, author: str) -> dict[str, str]:
    from datetime import date

    from brim import __version__

    holder = author.partition("<")[0].strip() or f"the {names.distribution} authors"
    values = {
        "plugin": names.plugin,
        "distribution": names.distribution,
        "package": names.package,
        "class": names.kind,
        "hook": kind.hook,
        "contract": kind.contract,
        "summary": kind.summary,
        "api": str(HOOK_API),
        "brim": ".".join(__version__.split(".")[:2]),
        "year": str(date.today().year),
        "holder": holder,
        "authors": _authors(author or holder),
        "except": ", but for `brim.dialects`" if kind.hook == "provide_dialect" else "",
    }
    values["use"] = _filled(kind, "use.md", values).strip()
    return values


def _authors(author: str) -> str:
    """The inside of the list `authors` in TOML; JSON writes strings as TOML reads them."""
    found = _PERSON.fullmatch(author)
    person = found.groupdict() if found else {"name": author}
    pairs = (f"{key} = {json.dumps(value)}" for key, value in person.items() if value)
    return f"{{ {', '.join(pairs)} }}"


def _filled(kind: Kind, template: str, values: Mapping[str, str]) -> str:
    own = _own(kind, template)
    source = own if own.is_file() else _templates("common", template)
    return _PLACE.sub(lambda found: values[found[1]], source.read_text(encoding="utf-8"))


def _own(kind: Kind, template: str) -> Path:
    return _templates(kind.hook, template)


def _templates(folder: str, template: str) -> Path:
    return Path(str(files("brim.authoring"))) / "templates" / folder / f"{template}.in"
