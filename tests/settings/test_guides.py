"""`docs/reference/guides.md` and `settings.md`, walked row by row."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_type_hints

import attrs
import pytest
from attrs import frozen

from brim.errors import SettingsError
from brim.settings.describe import as_mapping, entries
from brim.settings.environment import NOT_SETTINGS
from brim.settings.guides import ENVIRONMENT, recommended_memo
from brim.settings.load import load, structure
from brim.settings.presets import PRESETS
from brim.settings.schema import Settings
from brim.settings.tree import dotted, leaves, plant

ROOT = Path(__file__).parents[2]
GUIDES = (ROOT / "docs/reference/guides.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
MISSING = object()


@frozen
class Row:
    name: str
    setting: str
    default: object
    presets: dict[str, object]
    effect: str


def value(text: str) -> object:
    return tomllib.loads(f"x = {text}")["x"]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def row(line: str) -> Row:
    name, setting, default, presets, effect = cells(line)
    return Row(
        name.strip("`"),
        setting.strip("`"),
        value(default.strip("`")) if default else MISSING,
        {preset: value(text) for text, preset in re.findall(r"`([^`]+)` ([a-z-]+)", presets)},
        effect,
    )


ROWS = [row(line) for line in GUIDES.splitlines() if re.match(r"\| .* \| `\w+\.", line)]
NAMES = [r for r in ROWS if r.name in ENVIRONMENT]
PLUGINS = {point.name: point for point in entry_points(group="brim")}


def at(nested: object, setting: str) -> object:
    for name in setting.split("."):
        nested = nested[name]
    return nested


def plugin_defaults(name: str) -> dict[str, object]:
    """The defaults of the settings class that a plugin's factory is annotated with."""
    hints = get_type_hints(PLUGINS[name].load().__init__).values()
    kind = next(hint for hint in hints if inspect.isclass(hint) and attrs.has(hint))
    return attrs.asdict(structure(kind, {}, f"plugin.{name}"))


def ids(rows: list[Row]) -> list[str]:
    return [f"{r.name} -> {r.setting}" for r in rows]


def test_the_tables_are_there():
    assert len(ROWS) == 49
    assert {r.name: r.setting for r in NAMES} == {
        name: dotted(path) for name, path in ENVIRONMENT.items()
    }
    assert len(ENVIRONMENT) == 25


@pytest.mark.parametrize("r", ROWS, ids=ids(ROWS))
def test_the_setting_has_the_default_said(r):
    section, name, *_ = r.setting.split(".")
    if section == "plugin" and name not in PLUGINS:
        assert r.effect == f"planned: {name}"
    elif section == "plugin":
        found = plugin_defaults(name)[r.setting.split(".")[2]]
        assert (list(found) if isinstance(found, tuple) else found) == r.default
    else:
        found = at(as_mapping(Settings()), r.setting)
        assert (found, type(found)) == (r.default, type(r.default))


@pytest.mark.parametrize("r", ROWS, ids=ids(ROWS))
def test_presets_have_the_values_said(r):
    for preset in PRESETS:
        origin = load(environ={}, cwd="/", overrides={"preset": preset}).origin(r.setting)
        assert (preset in r.presets) == (origin == f"preset {preset}")
    for preset, expected in r.presets.items():
        settings = load(environ={}, cwd="/", overrides={"preset": preset})
        assert at(as_mapping(settings), r.setting) == expected


def test_presets_set_nothing_that_is_not_listed():
    said = {r.setting for r in ROWS}
    for name, preset in PRESETS.items():
        keys = {dotted(key) for key, _ in leaves(plant(preset, str))} if preset else set()
        assert keys <= said, name


@pytest.mark.parametrize("preset", PRESETS)
def test_sections_of_presets_are_taken_by_their_plugins(preset):
    settings = load(environ={}, cwd="/", overrides={"preset": preset})
    for name, section in settings.plugin.items():
        assert not section.asked
        if name in PLUGINS:
            kind = next(
                hint
                for hint in get_type_hints(PLUGINS[name].load().__init__).values()
                if inspect.isclass(hint) and attrs.has(hint)
            )
            assert isinstance(structure(kind, section, name), kind)


@pytest.mark.parametrize("line", re.findall(r"`(tests/[\w/]+\.py::\w+)`", GUIDES))
def test_the_tests_that_are_named_exist(line):
    path, name = line.split("::")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_what_is_planned_is_not_there_yet():
    planned = set(re.findall(r"planned: ([\w-]+) \|", GUIDES))
    assert not planned & set(PLUGINS)


# -- environment names -------------------------------------------------------------------------

OTHER = {
    "true": "false",
    "false": "true",
    "0.7": "0.61",
    "0.8": "0.81",
    "0.9": "0.91",
    '"conversation-summary"': "smart_truncation",
}


def another(default: object) -> tuple[str, object]:
    """Text for the environment that is not the default, and the value that it means."""
    match default:
        case bool():
            return str(not default).lower(), not default
        case int():
            return str(default + 1), default + 1
        case float():
            return str(default * 0.99), default * 0.99
        case _:
            return "smart_truncation", "smart-truncation"


@pytest.mark.parametrize("r", NAMES, ids=ids(NAMES))
def test_each_name_changes_exactly_its_setting(r, place):
    text, meant = another(r.default)
    settings = load(environ={r.name: text})
    before = {entry.key: entry.value for entry in entries(load(environ={}))}
    after = {entry.key: entry.value for entry in entries(settings)}
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == {r.setting}
    found = at(as_mapping(settings), r.setting)
    assert found == (text if r.setting.startswith("plugin.") else meant)
    assert settings.origin(r.setting) == f"environment {r.name}"
    assert settings.origins == {r.setting: f"environment {r.name}"}


@pytest.mark.parametrize("r", NAMES, ids=ids(NAMES))
def test_each_name_ranks_below_the_file_and_own_names(r, place):
    *section, last = r.setting.split(".")
    text, _ = another(r.default)
    own = "BRIM_" + r.setting.replace(".", "__").replace("-", "_").upper()
    (place / "brim.toml").write_text(f"[{'.'.join(section)}]\n{last} = {toml(r.default)}")
    assert load(environ={r.name: text}).origin(r.setting) == f"brim.toml: {r.setting}"
    settings = load(environ={r.name: text, own: toml(r.default).strip('"')})
    assert settings.origin(r.setting) == f"environment {own}"


@pytest.mark.parametrize("r", NAMES, ids=ids(NAMES))
def test_each_name_ranks_above_a_preset(r, place):
    text, _ = another(r.default)
    for preset in r.presets:
        settings = load(environ={r.name: text, "BRIM_PRESET": preset})
        assert settings.origin(r.setting) == f"environment {r.name}"


def test_names_that_only_look_like_the_guides_are_left_alone(place):
    environ = {"ENABLE_ANYTHING": "x", "CONDENSATION_": "x", "SHOW_ALL": "x", "CACHE_SIZE": "x"}
    assert load(environ=environ) == Settings()


def toml(given: object) -> str:
    return f'"{given}"' if isinstance(given, str) else str(given).lower()


# -- recommendation and reference --------------------------------------------------------------


@pytest.mark.parametrize(
    ("requests", "length", "expected"),
    [(1_000, 2_000, 200), (0, 1_000, 100), (100_000, 500, 1_000), (10**9, 10**9, 4_000)],
)
def test_the_recommended_memo(requests, length, expected):
    assert recommended_memo(requests, length) == expected


def test_the_reference_lists_every_setting_with_its_default():
    rows = [cells(line) for line in REFERENCE.splitlines() if line.startswith("| `")]
    said = {
        key.strip("`"): default.strip("`")
        for key, _, default, _ in (r for r in rows if len(r) == 4)
    }
    expected = {e.key: e.value for e in entries(Settings())}
    assert set(said) - {"models.NAME.*", "plugin.NAME.*"} == set(expected)
    for key, found in expected.items():
        given = list(found) if isinstance(found, tuple) else found
        assert (value(said[key]) if said[key] else None) == given, key


def test_the_reference_names_every_preset():
    assert all(f"`{name}`" in REFERENCE for name in PRESETS)


def test_the_example_in_the_reference_loads(place):
    example = re.search(r"```toml\n(.*?)```", REFERENCE, re.S)
    (place / "brim.toml").write_text(example[1])
    settings = load(environ={})
    assert settings.budget.tokens == 32_000
    assert settings.models["our-llama"]["window"] == 32_768


def test_names_that_are_no_settings_really_are_none(place):
    for name in NOT_SETTINGS:
        with pytest.raises(SettingsError):
            load(environ={}, overrides={name.removeprefix("BRIM_").lower(): "x"})
