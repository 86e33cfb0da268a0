"""What is shown of settings, and what never is."""

from __future__ import annotations

import json
import subprocess
import sys

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from brim.cli.main import cli
from brim.errors import SettingsError
from brim.model.profiles import ModelProfile, Prices
from brim.settings.describe import as_mapping, entries
from brim.settings.load import load
from brim.settings.profiles import profile
from brim.settings.schema import Settings
from brim.settings.secrets import HIDDEN, is_secret, shown

SECRETS = """
[plugin.mine]
api_key = "planted"
apiKey = "planted"
access-token = "planted"
client_secret_v2 = "planted"
PASSWORD = "planted"
url = "redis://user:planted@host/0"
urls = ["redis://:planted@host"]
[plugin.mine.auth]
deep = ["planted"]
[plugin.key-point-extraction]
tokens = 7
"""


def config(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["config", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_json_shows_every_value_with_its_origin(place, monkeypatch):
    (place / "brim.toml").write_text('[budget]\ntokens = 9\n[models."a.b"]\nwindow = 5')
    monkeypatch.setenv("BRIM_POLICY", "history-pairs")
    shown = json.loads(config("--json"))
    assert shown["budget.tokens"] == {"value": 9, "origin": "brim.toml: budget.tokens"}
    assert shown["policy"] == {"value": "history-pairs", "origin": "environment BRIM_POLICY"}
    assert shown["strategies"] == {"value": ["auto"], "origin": "default"}
    assert shown['models."a.b".window']["value"] == 5
    assert set(shown) >= {entry.key for entry in entries(Settings())}


def test_the_table_shows_the_same(place, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    (place / "brim.toml").write_text('preset = "accuracy"')
    lines = config().splitlines()
    assert any(
        line.split() == ["condensation.quality", "0.9", "preset", "accuracy"] for line in lines
    )
    assert any(line.split() == ["counting.memo", "2000", "default"] for line in lines)


def test_a_named_file(place):
    (place / "other.toml").write_text("strict = true")
    result = CliRunner().invoke(cli, ["--config", "other.toml", "config", "--json"])
    assert json.loads(result.output)["strict"] == {"value": True, "origin": "other.toml: strict"}


def test_a_fault_is_one_clear_line(place):
    (place / "brim.toml").write_text("strct = true")
    result = CliRunner().invoke(cli, ["config"])
    assert result.exit_code == 2
    assert "brim.toml: strct: unknown setting; did you mean 'strict'?" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_secrets_are_never_shown(arguments, place):
    (place / "brim.toml").write_text(SECRETS)
    output = config(*arguments)
    assert "planted" not in output
    assert output.count(HIDDEN) == 8
    assert "planted" not in repr(load(environ={}))


def test_values_that_json_could_not_write(place):
    (place / "brim.toml").write_text(
        f"[plugin.mine]\nhuge = 0x{'f' * 5_000}\nmany = [{10**30}]\nday = 2020-01-02\n"
    )
    assert json.loads(config("--json"))["plugin.mine.day"]["value"] == "2020-01-02"
    assert "64 bits" in config()


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("budget.tokens", False),
        ("chat.show_token_usage", False),
        ("counting.image_tokens_per_char", False),
        ("plugin.key-point-extraction.count", False),
        ("plugin.keyword-context.top", False),
        ("plugin.mine.monkey", False),
        ("plugin.mine.KEY", True),
        ("plugin.mine.APIKey", True),
        ("plugin.mine.bearer_token", True),
        ("plugin.mine.passwords.first", True),
        ("models.mine.key", True),
    ],
)
def test_which_keys_are_secret(key, secret):
    assert is_secret(tuple(key.split("."))) is secret


def test_only_the_password_of_an_address_is_hidden():
    assert shown(("url",), "https://a:b@c/d?e=f@g") == f"https://a:{HIDDEN}@c/d?e=f@g"
    assert shown(("url",), "https://host:80/a@b") == "https://host:80/a@b"


# -- loading what was shown --------------------------------------------------------------------

NUMBERS = st.integers(1, 2**63 - 1)
NAMES = st.lists(st.text(max_size=9), max_size=4).map(tuple)
PLAIN = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text(max_size=9)
SECTIONS = st.dictionaries(st.text(max_size=5), PLAIN.filter(lambda v: v is not None), max_size=3)
OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "strict": st.booleans(),
        "model": st.text(),
        "preset": st.sampled_from(["development", "long", "accuracy"]),
        "pins": NAMES,
        "strategies": NAMES,
        "budget": st.fixed_dictionaries({}, optional={"tokens": NUMBERS, "reserve": NUMBERS}),
        "condensation": st.fixed_dictionaries({"quality": st.floats(0, 1)}),
        "plugin": st.dictionaries(st.text(max_size=5), SECTIONS, max_size=3),
        "models": st.dictionaries(
            st.text(), st.fixed_dictionaries({"window": NUMBERS}), max_size=2
        ),
    },
)


@hypothesis(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OVERRIDES)
def test_loading_what_was_given_out_changes_nothing(overrides):
    once = load(environ={}, cwd="/", overrides=overrides)
    twice = load(environ={}, cwd="/", overrides=as_mapping(once))
    assert twice == once
    assert as_mapping(twice) == as_mapping(once)


# -- models ------------------------------------------------------------------------------------


def test_a_profile_starts_from_the_model_it_is_like(read):
    settings = read(
        '[models.mine]\nlike = "base"\nwindow = 7\n[models.mine.overheads]\nreply = 9\n'
        "[models.mine.prices]\ninput = 2"
    )
    base = ModelProfile("base", window=5, max_output=3, patterns=("b*",), source="s")
    made = profile(settings.models, "mine", base)
    assert made == attrs.evolve(
        base,
        name="mine",
        window=7,
        overheads=attrs.evolve(base.overheads, reply=9),
        prices=Prices(input=2.0),
    )
    assert profile(settings.models, "mine") == attrs.evolve(
        ModelProfile("mine", window=7),
        overheads=attrs.evolve(base.overheads, reply=9),
        prices=Prices(input=2.0),
    )
    assert profile(settings.models, "other", base) is None


def test_a_profile_made_by_hand_is_checked():
    with pytest.raises(SettingsError, match=r"models\.mine\.scale: expected at least 0\.01"):
        profile({"mine": {"scale": 0}}, "mine")


# -- cost --------------------------------------------------------------------------------------


def test_settings_alone_import_nothing_heavy():
    code = (
        "import sys, brim.settings.load, brim.settings.describe\n"
        "heavy = {'cattrs', 'tomllib', 'click', 'rich', 'msgspec', 'loguru', 'tiktoken'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
