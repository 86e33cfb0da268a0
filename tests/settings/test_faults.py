"""Every fault is a `SettingsError` that names place, key, value and what was expected."""

from __future__ import annotations

import os
import re
import socket

import pytest
from attrs import field, frozen, validators

from brim.errors import SettingsError
from brim.settings.load import load, structure
from brim.settings.schema import BudgetSettings, CondensationSettings

HUGE = "9" * 5_000

TOML_FAULTS = {
    "[bugdet]\ntokens = 1": "brim.toml: bugdet.tokens: bugdet: unknown setting; did you",
    "[budget]\ntoken = 1": "brim.toml: budget.token: unknown setting; did you mean 'tokens'?",
    "zzz = 1": "brim.toml: zzz: unknown setting; known are archive, budget, caches",
    "[budget]\ntokens = '8'": "brim.toml: budget.tokens: expected an integer, got '8'",
    "[budget]\ntokens = 8.0": "brim.toml: budget.tokens: expected an integer, got 8.0",
    "[budget]\ntokens = true": "brim.toml: budget.tokens: expected an integer, got True",
    "[budget]\ntokens = 0": "brim.toml: budget.tokens: expected at least 1, got 0",
    "[budget]\nreserve = -1": "brim.toml: budget.reserve: expected at least 0, got -1",
    f"[budget]\ntokens = {2**63}": "tokens: expected an integer of at most 64 bits, got ",
    "budget = 5": "brim.toml: budget: expected a table, got 5",
    "strict = 1": "brim.toml: strict: expected true or false, got 1",
    "strict = 'true'": "brim.toml: strict: expected true or false, got 'true'",
    "model = 4": "brim.toml: model: expected text, got 4",
    "strategies = 'auto'": "brim.toml: strategies: expected a list, got 'auto'",
    "strategies = [1]": "brim.toml: strategies: strategies.0: expected text, got 1",
    "[condensation]\nquality = nan": "condensation.quality: expected a finite number, got nan",
    "[condensation]\nquality = inf": "condensation.quality: expected a finite number, got inf",
    "[condensation]\nquality = 1.1": "expected a value from 0 to 1, got 1.1",
    "[condensation]\ntimeout = 0": "brim.toml: condensation.timeout: expected at least 0.001",
    "[condensation]\nmin_messages = 11": "max_messages: expected at least min_messages, 11",
    "[chat]\nmax_tools = 21": "brim.toml: chat.max_tools: expected a value from 1 to 20, got 21",
    "[injection]\nmode = 'of'": "injection.mode: expected one of 'auto', 'on', 'off', got 'of'",
    "preset = 'prodution'": "preset: there is no preset 'prodution'; did you mean 'production'?",
    "preset = 3": "brim.toml: preset: expected text, got 3",
    "origins = {}": "brim.toml: origins: unknown setting",
    "[bugdet]": "brim.toml: bugdet: unknown setting; did you mean 'budget'?",
    "[plugin]\nmine = 3": "brim.toml: plugin.mine: expected a table, got 3",
    "[models.mine]\nwindw = 3": "brim.toml: models.mine.windw: unknown setting; did you mean 'w",
    "[models.mine]\nwindow = 0": "brim.toml: models.mine.window: expected at least 1, got 0",
    "[models.mine]\nlike = 3": "brim.toml: models.mine.like: expected a model's name, got 3",
    "[models.mine]\nname = 'x'": "brim.toml: models.mine.name: the table's own name",
    '[models."a.b".image]\nkind = "x"': 'brim.toml: models."a.b".image.kind: expected one of',
    "[models.mine.prices]\ninput = 'x'": "models.mine.prices.input: expected a finite number",
}


@pytest.mark.parametrize(("toml", "message"), TOML_FAULTS.items(), ids=TOML_FAULTS.values())
def test_a_fault_in_the_file(toml, message, read):
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        read(toml)
    assert str(caught.value).startswith("brim.toml: ")


ENVIRONMENT_FAULTS = {
    ("BRIM_BUGDET__TOKENS", "1"): "bugdet: unknown setting; did you mean 'budget'?",
    ("BRIM_BUDGET__TOKENS", "8k"): "budget.tokens: expected an integer, got '8k'",
    ("BRIM_BUDGET__TOKENS", HUGE): "budget.tokens: expected an integer, got '999",
    ("BRIM_BUDGET__TOKENS", "9" * 30): "budget.tokens: expected an integer of at most 64 bits",
    ("BRIM_CONDENSATION__TIMEOUT", "nan"): "expected a finite number, got 'nan'",
    ("BRIM_CONDENSATION__TIMEOUT", "1e999"): "expected a finite number, got '1e999'",
    ("BRIM_STRICT", "maybe"): "strict: expected true or false, got 'maybe'",
    ("BRIM_PRESET", "long-talks"): "preset: there is no preset 'long-talks'",
    ("BRIM_PLUGIN", "x"): "plugin: expected a table, got 'x'",
    ("CONDENSATION_TIMEOUT", "soon"): "condensation.timeout: expected a finite number, got 'soon'",
    ("TIKTOKEN_CACHE_SIZE", "-1"): "counting.memo: expected at least 0, got -1",
}


@pytest.mark.parametrize(("given", "message"), ENVIRONMENT_FAULTS.items())
def test_a_fault_in_the_environment(given, message, read):
    name, value = given
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        read(environ={name: value})
    assert str(caught.value).startswith(f"environment {name}: ")
    assert len(str(caught.value)) < 400


def test_a_fault_in_an_override(read):
    for value in ("8", 10**5_000, float("nan"), [1]):
        with pytest.raises(SettingsError, match=r"override: budget\.tokens: expected an integer"):
            read(budget={"tokens": value})


def test_objects_made_by_hand_are_checked_too():
    with pytest.raises(SettingsError, match="tokens: expected at least 1, got -3"):
        BudgetSettings(tokens=-3)
    with pytest.raises(SettingsError, match="quality"):
        CondensationSettings(quality=float("nan"))


# -- files -------------------------------------------------------------------------------------


def test_a_syntax_error_names_file_and_line(read):
    for fault in ("strict = true\nmodel = ", "strict = true\nmodel = 3 3\n"):
        with pytest.raises(SettingsError, match=r"brim\.toml: not valid TOML: .*line 2"):
            read(fault)


def test_an_integer_too_long_to_read_is_a_fault_of_the_file(read):
    with pytest.raises(SettingsError, match=r"brim\.toml: not valid TOML: .*digits"):
        read(f"x = {HUGE}")


def test_a_file_that_is_no_utf8_names_the_line(place):
    (place / "brim.toml").write_bytes(b"strict = true\nmodel = '\xff'\n")
    with pytest.raises(SettingsError, match=r"brim\.toml: line 2: not UTF-8"):
        load(environ={})


def test_a_byte_order_mark_is_no_fault(place):
    (place / "brim.toml").write_bytes(b"\xef\xbb\xbfmodel = 'm'\r\n")
    assert load(environ={}).model == "m"


@pytest.mark.parametrize("name", ["brim.toml", "pyproject.toml"])
def test_a_directory_in_place_of_the_file(name, place):
    (place / name).mkdir()
    with pytest.raises(SettingsError, match=f"{name}: cannot be read: Is a directory"):
        load(environ={})


def test_a_file_that_cannot_be_opened(place):
    with socket.socket(socket.AF_UNIX) as unreadable:
        unreadable.bind("brim.toml")
        with pytest.raises(SettingsError, match=r"brim\.toml: cannot be read: "):
            load(environ={})


def test_a_link_to_nowhere(place):
    os.symlink("nowhere", place / "brim.toml")
    with pytest.raises(SettingsError, match=r"brim\.toml: cannot be read: No such file"):
        load(environ={})


def test_a_named_file_must_exist(place):
    with pytest.raises(SettingsError, match=r"missing\.toml: cannot be read: No such file"):
        load(path="missing.toml", environ={})


def test_tool_brim_must_be_a_table(place):
    (place / "pyproject.toml").write_text("[tool]\nbrim = 3")
    with pytest.raises(
        SettingsError, match=r"pyproject\.toml: tool\.brim: expected a table, got 3"
    ):
        load(environ={})


def test_a_fault_in_pyproject_names_the_whole_key(place):
    (place / "pyproject.toml").write_text("[tool.brim.budget]\ntokens = 'x'")
    with pytest.raises(
        SettingsError, match=r"pyproject\.toml: tool\.brim\.budget\.tokens: expected"
    ):
        load(environ={})


@pytest.mark.parametrize("depth", [17, 5_000])
def test_tables_without_end_are_refused(depth, read):
    with pytest.raises(SettingsError, match=r"brim\.toml: "):
        read(f"{'.'.join('a' * depth)} = 1")


# -- sections of plugins -----------------------------------------------------------------------


@frozen
class Mine:
    needed: int
    share: float = field(default=0.5, validator=validators.le(1))
    names: tuple[str, ...] = ()
    api_key: int = 0

    def __attrs_post_init__(self):
        if self.needed == 13:
            raise ValueError("13 brings bad luck")


SECTION_FAULTS = {
    "neded = 1": "brim.toml: plugin.mine.neded: unknown setting; did you mean 'needed'?",
    "share = 0.1": "brim.toml: plugin.mine.share: plugin.mine.needed: is required",
    "needed = 1\nshare = 2": "brim.toml: plugin.mine.share: 'share' must be <= 1: 2.0",
    "needed = 'x'": "brim.toml: plugin.mine.needed: expected an integer, got 'x'",
    "needed = 13": "brim.toml: plugin.mine.needed: plugin.mine: 13 brings bad luck",
    "needed = 1\nnames = 'a'": "brim.toml: plugin.mine.names: expected a list, got 'a'",
}


@pytest.mark.parametrize(("toml", "message"), SECTION_FAULTS.items())
def test_a_plugins_section_names_the_file(toml, message, read):
    settings = read(f"[plugin.mine]\n{toml}")
    with pytest.raises(SettingsError, match=re.escape(message)):
        structure(Mine, settings.plugin["mine"], "plugin.mine")


def test_a_plugins_section_from_the_environment_is_typed_by_its_class(read):
    environ = {
        "BRIM_PLUGIN__MINE__NEEDED": "3",
        "BRIM_PLUGIN__MINE__NAMES": "a,b",
        "BRIM_PLUGIN__MINE__SHARE": "x",
    }
    section = read(environ=environ).plugin["mine"]
    with pytest.raises(
        SettingsError, match=r"environment BRIM_PLUGIN__MINE__SHARE: .*number, got 'x'"
    ):
        structure(Mine, section, "plugin.mine")
    environ["BRIM_PLUGIN__MINE__SHARE"] = "0.25"
    made = structure(Mine, read(environ=environ).plugin["mine"], "plugin.mine")
    assert made == Mine(3, 0.25, ("a", "b"))


def test_a_plain_mapping_is_named_by_where():
    with pytest.raises(SettingsError, match=r"^my section: needed: expected an integer, got None$"):
        structure(Mine, {"needed": None}, "my section")


def test_a_secret_never_stands_in_an_error(read):
    section = read("[plugin.mine]\nneeded = 1\napi_key = 'planted'").plugin["mine"]
    with pytest.raises(
        SettingsError, match=r"plugin\.mine\.api_key: expected an integer"
    ) as caught:
        structure(Mine, section, "plugin.mine")
    assert "planted" not in str(caught.value)
