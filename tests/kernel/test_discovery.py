"""What is decided before any plugin is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from kernel_parts import settings

from brim.errors import PluginConflict, PluginRequired, SettingsError, UnknownPlugin
from brim.kernel.discover import ESSENTIAL, decide, installed

Install = Callable[..., None]


def plan(**overrides: object):  # type: ignore[no-untyped-def]
    chosen = settings(**overrides)
    return decide(installed(chosen.plugins.discover), chosen)


def enabled(**overrides: object) -> list[str]:
    return [candidate.name for candidate in plan(**overrides).enabled]


def test_reads_without_importing(install: Install) -> None:
    install("good", "blocked", "import_error")
    found = {candidate.name: candidate for candidate in installed()}
    assert found["keep-last"].distribution == "acme-good"
    assert found["keep-last"].version == "1.0"
    assert found["keep-last"].value == "acme_good:KeepLast"
    assert not {name for name in sys.modules if name.startswith("acme_")}


def test_third_parties_come_before_built_ins_and_then_by_name(install: Install) -> None:
    install("good")
    names = enabled()
    assert names[:2] == ["acme-log", "keep-last"]
    assert names[2:] == sorted(names[2:])


def test_order_comes_first(install: Install) -> None:
    install("good")
    names = enabled(plugins={"order": ["token-budget", "keep-last"]})
    assert names[:3] == ["token-budget", "keep-last", "acme-log"]


def test_without_discovery_only_built_ins(install: Install) -> None:
    install("good")
    names = enabled(plugins={"discover": False})
    assert "keep-last" not in names
    assert set(ESSENTIAL) <= set(names)


@pytest.mark.parametrize("name", ["keep-last", "acme-good", "Acme_Good"])
def test_disabled_by_name_or_distribution(install: Install, name: str) -> None:
    install("good")
    chosen = plan(plugins={"disabled": [name]})
    reasons = {candidate.name: reason for candidate, reason in chosen.disabled.items()}
    assert repr(name) in reasons["keep-last"]
    assert "keep-last" not in {candidate.name for candidate in chosen.enabled}


def test_a_duplicate_names_both_sides(install: Install) -> None:
    install("good", "duplicate")
    with pytest.raises(PluginConflict) as caught:
        plan()
    assert caught.value.plugin == "keep-last"
    assert "acme-good 1.0 (acme_good:KeepLast)" in str(caught.value)
    assert "acme-duplicate 2.0 (acme_duplicate:KeepLast)" in str(caught.value)


def test_a_duplicate_is_settled_by_disabling_one_distribution(install: Install) -> None:
    install("good", "duplicate")
    chosen = plan(plugins={"disabled": ["acme-duplicate"]})
    (kept,) = [candidate for candidate in chosen.enabled if candidate.name == "keep-last"]
    assert kept.distribution == "acme-good"


@pytest.mark.parametrize(
    ("where", "overrides"),
    [
        ("policy", {"policy": "keep-lst"}),
        ("strategies", {"strategies": ["auto", "keep-lst"]}),
        ("inject", {"inject": ["keep-lst"]}),
        ("caches", {"caches": ["keep-lst"]}),
        ("complete", {"complete": ["keep-lst"]}),
        ("plugin.keep-lst", {"plugin": {"keep-lst": {"keep": 3}}}),
        ("plugins.order", {"plugins": {"order": ["keep-lst"]}}),
        ("plugins.disabled", {"plugins": {"disabled": ["keep-lst"]}}),
    ],
)
def test_unknown_names_get_near_matches(
    install: Install, where: str, overrides: dict[str, object]
) -> None:
    install("good")
    with pytest.raises(UnknownPlugin) as caught:
        plan(**overrides)
    assert str(caught.value).startswith(f"{where} names 'keep-lst'")
    assert "did you mean 'keep-last'?" in str(caught.value)


@pytest.mark.parametrize("name", sorted(ESSENTIAL))
def test_essential_plugins_cannot_be_disabled(name: str) -> None:
    with pytest.raises(PluginRequired) as caught:
        plan(plugins={"disabled": [name]})
    assert caught.value.plugin == name
    assert ESSENTIAL[name] in str(caught.value)


def test_brim_as_a_whole_cannot_be_disabled() -> None:
    with pytest.raises(PluginRequired, match="cannot be"):
        plan(plugins={"disabled": ["brim"]})


def test_a_plugin_in_use_that_is_disabled_is_missed(install: Install) -> None:
    install("good")
    chosen = plan(strategies=["keep-last"], plugins={"disabled": ["keep-last"]})
    (missed,) = chosen.missed
    assert missed.plugin == "keep-last"
    assert "strategies names it, but it is disabled by plugins.disabled" in str(missed)
    assert not plan(plugins={"disabled": ["keep-last"]}).missed


@pytest.mark.parametrize(
    "text", ["keep-last", "acme-good", "acme-good>=1.0", "Acme.Good~=1.0", "keep-last<2"]
)
def test_required_and_there(install: Install, text: str) -> None:
    install("good")
    assert "keep-last" in enabled(plugins={"required": [text]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acme-good>=2", "asks for 'acme-good>=2'; installed is acme-good 1.0"),
        ("acme-god", "did you mean 'acme-good'?"),
        ("acme-blocked", "it is disabled by plugins.disabled"),
    ],
)
def test_required_and_not_there(install: Install, text: str, said: str) -> None:
    install("good", "blocked")
    with pytest.raises(PluginRequired) as caught:
        plan(plugins={"required": [text], "disabled": ["acme-blocked"]})
    assert said in str(caught.value)


def test_a_requirement_that_is_none() -> None:
    with pytest.raises(SettingsError, match=r"plugins\.required: 'acme >> 1'"):
        plan(plugins={"required": ["acme >> 1"]})
