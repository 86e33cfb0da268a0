"""Where settings come from, which source wins, and what each value says of its origin."""

from __future__ import annotations

import itertools
from pathlib import Path

import attrs
import pytest

from brim.errors import SettingsError
from brim.settings.load import load

GUIDE = "CONTEXT_CACHE_SIZE"
OWN = "BRIM_CACHING__ANALYSIS_ENTRIES"
KEY = "caching.analysis_entries"

# lowest first: (source, the number that it gives, the origin it is known by)
SOURCES = [
    ("default", 100, "default"),
    ("preset", 50, "preset memory-constrained"),
    ("guide", 3, f"environment {GUIDE}"),
    ("pyproject", 4, f"pyproject.toml: tool.brim.{KEY}"),
    ("file", 5, f"brim.toml: {KEY}"),
    ("own", 6, f"environment {OWN}"),
    ("override", 7, "override"),
]
SUBSETS = [
    ("default", *chosen)
    for size in range(len(SOURCES))
    for chosen in itertools.combinations([name for name, *_ in SOURCES[1:]], size)
]


@pytest.mark.parametrize("chosen", SUBSETS, ids="+".join)
def test_of_all_sources_the_highest_wins(chosen, place):
    environ, overrides = {}, {}
    if "preset" in chosen:
        overrides["preset"] = "memory-constrained"
    if "guide" in chosen:
        environ[GUIDE] = "3"
    if "pyproject" in chosen:
        (place / "pyproject.toml").write_text("[tool.brim.caching]\nanalysis_entries = 4\n")
    if "file" in chosen:
        (place / "brim.toml").write_text("[caching]\nanalysis_entries = 5\n")
    if "own" in chosen:
        environ[OWN] = "6"
    if "override" in chosen:
        overrides["caching"] = {"analysis_entries": 7}
    settings = load(environ=environ, overrides=overrides)
    _, number, origin = next(source for source in reversed(SOURCES) if source[0] in chosen)
    assert settings.caching.analysis_entries == number
    assert settings.origin(KEY) == origin


def test_sources_complete_each_other(read):
    settings = read(
        "[budget]\ntokens = 8000\n[plugin.token-budget]\ntrigger = 0.7\n[models.mine]\nwindow = 9",
        {"BRIM_BUDGET__RESERVE": "100", "BRIM_PLUGIN__TOKEN_BUDGET__TARGET": "0.3"},
        plugin={"history-pairs": {"max_history_pairs": 7}},
    )
    assert (settings.budget.tokens, settings.budget.reserve) == (8_000, 100)
    assert settings.plugin == {
        "token-budget": {"trigger": 0.7, "target": "0.3"},
        "history-pairs": {"max_history_pairs": 7},
    }
    assert settings.models == {"mine": {"window": 9}}


@pytest.mark.parametrize("source", ["file", "pyproject", "environment", "override"])
def test_a_preset_may_be_chosen_anywhere(source, place):
    environ, overrides = {}, {}
    match source:
        case "file":
            (place / "brim.toml").write_text('preset = "accuracy"')
        case "pyproject":
            (place / "pyproject.toml").write_text('[tool.brim]\npreset = "accuracy"')
        case "environment":
            environ["BRIM_PRESET"] = "accuracy"
        case "override":
            overrides["preset"] = "accuracy"
    settings = load(environ=environ, overrides=overrides)
    assert settings.preset == "accuracy"
    assert settings.condensation.quality == 0.9
    assert settings.origin("condensation.quality") == "preset accuracy"


def test_the_highest_choice_of_a_preset_is_the_only_one(read):
    settings = read('preset = "memory-constrained"', preset="accuracy")
    assert settings.condensation.timeout == 60
    assert settings.counting.memo == 2_000


def test_environment_text_is_read_by_the_type_of_its_setting(read):
    settings = read(
        environ={
            "BRIM_BUDGET__TOKENS": " 8_000 ",
            "BRIM_STRICT": "Yes",
            "BRIM_PLUGINS__DISCOVER": "0",
            "BRIM_STRATEGIES": "one, two ,,three",
            "BRIM_CONDENSATION__QUALITY": "1e-1",
            "BRIM_INJECTION__MODE": "off",
            "BRIM_MODEL": "7",
        }
    )
    assert (settings.budget.tokens, settings.strict, settings.plugins.discover) == (8000, True, 0)
    assert settings.strategies == ("one", "two", "three")
    assert settings.condensation.quality == 0.1
    assert settings.injection.mode == "off"
    assert settings.model == "7"
    assert type(settings.model) is str


def test_an_empty_variable_and_a_none_override_count_as_not_given(read):
    environ = {"BRIM_MODEL": "", "BRIM_BUDGET__TOKENS": " ", "CONDENSATION_TIMEOUT": ""}
    settings = read(environ=environ, preset=None, budget={"tokens": None})
    assert settings == read()
    assert settings.origin("model") == "default"


def test_the_cache_key_is_no_setting(read):
    assert read(environ={"BRIM_CACHE_KEY": "hidden"}) == read()


@pytest.mark.parametrize(
    "name", ["BRIM___TOKENS", "BRIM_", "BRIM_BUDGET__", "BRIM_BUDGET____TOKENS"]
)
def test_a_malformed_variable_says_how_to_write_it(name, read):
    with pytest.raises(SettingsError, match=f"environment {name}: .*BRIM_SECTION__SETTING"):
        read(environ={name: "1"})


def test_a_variable_for_a_whole_section_is_not_hidden_by_one_inside_of_it(read):
    with pytest.raises(SettingsError, match="BRIM_BUDGET: budget: expected a table"):
        read(environ={"BRIM_BUDGET": "5", "BRIM_BUDGET__TOKENS": "6"})


def test_the_process_environment_is_read_by_default(place, monkeypatch):
    monkeypatch.setenv("BRIM_MODEL", "from-process")
    assert load().model == "from-process"


# -- files -------------------------------------------------------------------------------------


def test_files_are_found_in_parents_up_to_the_repository_root(place):
    inner = place / "a" / "b"
    inner.mkdir(parents=True)
    (place / "brim.toml").write_text('model = "root"')
    settings = load(environ={}, cwd=inner)
    assert settings.model == "root"
    assert settings.origin("model") == "../../brim.toml: model"


def test_the_nearest_directory_that_says_anything_is_the_only_one(place):
    inner = place / "a"
    inner.mkdir()
    (place / "brim.toml").write_text('model = "root"\npolicy = "p"')
    (place / "pyproject.toml").write_text('[tool.brim]\nmodel = "project"\nstrict = true')
    assert load(environ={}, cwd=inner).model == "root"
    assert load(environ={}, cwd=inner).strict is True
    (inner / "pyproject.toml").write_text('[project]\nname = "x"')
    assert load(environ={}, cwd=inner).model == "root"
    (inner / "pyproject.toml").write_text('[tool.brim]\nmodel = "inner"')
    assert (load(environ={}, cwd=inner).model, load(environ={}, cwd=inner).policy) == (
        "inner",
        "token-budget",
    )


def test_nothing_above_the_repository_root_is_read(place):
    inner = place / "a"
    (inner / ".git").mkdir(parents=True)
    (place / "brim.toml").write_text('model = "outside"')
    assert load(environ={}, cwd=inner).model == ""


def test_home_is_the_last_directory(place, monkeypatch):
    home = place / "home"
    work = home / "work"
    work.mkdir(parents=True)
    (place / "brim.toml").write_text('model = "outside"')
    assert load(environ={}, cwd=work).model == ""
    (home / "brim.toml").write_text('model = "home"')
    assert load(environ={}, cwd=work).model == "home"


def test_outside_of_home_and_repository_only_the_directory_itself_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    inner = tmp_path / "shared" / "a"
    inner.mkdir(parents=True)
    (tmp_path / "shared" / "brim.toml").write_text('model = "planted"')
    assert load(environ={}, cwd=inner).model == ""
    (inner / "brim.toml").write_text('model = "own"')
    assert load(environ={}, cwd=inner).model == "own"


def test_a_named_file_stands_in_place_of_those_that_are_found(place, tmp_path):
    (place / "brim.toml").write_text('model = "found"\nstrict = true')
    named = place / "other.toml"
    named.write_text('model = "named"')
    settings = load(path=named, environ={})
    assert (settings.model, settings.strict) == ("named", False)
    assert settings.origin("model") == f"{named}: model"


def test_a_named_pyproject_is_read_by_its_section(place):
    (place / "pyproject.toml").write_text('[tool.brim]\nmodel = "here"')
    assert load(path="pyproject.toml", environ={}).model == "here"
    assert load(path=Path("pyproject.toml"), environ={}, cwd="/").model == "here"


def test_an_empty_table_takes_nothing_away(place):
    (place / "pyproject.toml").write_text("[tool.brim.budget]\ntokens = 9")
    (place / "brim.toml").write_text("[budget]\n[plugin.mine]")
    settings = load(environ={})
    assert settings.budget.tokens == 9
    assert settings.plugin == {"mine": {}}
    assert settings.plugin["mine"].asked


def test_sections_know_whether_the_user_asked_for_them(read):
    settings = read(
        "[plugin.mine]\nx = 1",
        {"CONDENSATION_CAUTION_THRESHOLD": "0.5", "BRIM_PLUGIN__OTHER__X": "1"},
        preset="production",
    )
    asked = {name: section.asked for name, section in settings.plugin.items()}
    assert asked == {
        "mine": True,
        "other": True,
        "token-budget": False,
        "history-pairs": False,
        "operation-log": False,
    }
    assert settings.asked_for() == ("mine", "other")
    assert attrs.evolve(settings, plugin={"by-hand": {}}).asked_for() == ("by-hand",)
