"""Names on their way out still work, warn, and go when they were said to."""

from __future__ import annotations

import pytest
from packaging.version import Version

import brim
import brim.api
from brim import deprecations
from brim.deprecations import DEPRECATED, Deprecation


@pytest.fixture
def old_names(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {
        "brim.shorten": Deprecation("brim.fit", "0.2", "0.4"),
        "brim.api.Removal": Deprecation("brim.api.Drop", "0.2", "0.4"),
    }
    monkeypatch.setattr(deprecations, "DEPRECATED", gone)


def test_an_old_name_warns_and_gives_the_new_one(old_names: None) -> None:
    said = r"brim\.shorten is deprecated since 0\.2 and goes in 0\.4: use brim\.fit"
    with pytest.warns(DeprecationWarning, match=said) as caught:
        assert brim.shorten is brim.fit
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"use brim\.api\.Drop"):
        assert brim.api.Removal is brim.api.Drop


@pytest.mark.parametrize("module", [brim, brim.api])
def test_a_name_that_never_was_is_an_attribute_error(module: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = module.nonsense  # type: ignore[attr-defined]


def test_no_removal_is_overdue() -> None:
    now = Version(brim.__version__)
    overdue = [name for name, one in DEPRECATED.items() if Version(one.removal) <= now]
    assert overdue == []
