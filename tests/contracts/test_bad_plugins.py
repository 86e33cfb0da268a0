"""Each bad plugin fails the law that it breaks, and no other, with a small example."""

from __future__ import annotations

import re
from typing import Any

import bad_plugins as bad
import pytest

from brim.testing.contracts import (
    CacheContract,
    CondenseContract,
    Contract,
    CountTokensContract,
    DialectContract,
    InjectContextContract,
    LawBroken,
    ModelContract,
    MonitorContract,
    ShouldTrimContract,
)


class OwnModel(ModelContract):
    models = ("mine",)


CASES: list[tuple[type[Contract], type, str]] = [
    (CondenseContract, bad.Forgetful, "test_keeps_what_must_stay"),
    (CondenseContract, bad.Growing, "test_makes_it_smaller"),
    (CondenseContract, bad.Mutating, "test_leaves_its_task_alone"),
    (CondenseContract, bad.Slow, "test_stays_within_its_limits"),
    (CondenseContract, bad.Hoarding, "test_stays_within_its_limits"),
    (CondenseContract, bad.Lying, "test_claims_only_what_it_does"),
    (CondenseContract, bad.Boasting, "test_claims_only_what_it_does"),
    (CondenseContract, bad.Nondeterministic, "test_same_task_same_answer"),
    (CondenseContract, bad.PairBreaking, "test_keeps_calls_and_results_together"),
    (CondenseContract, bad.Raising, "test_never_raises"),
    (InjectContextContract, bad.Hanging, "test_answers_in_time"),
    (CondenseContract, bad.WrongType, "test_answers_in_the_promised_types"),
    (CondenseContract, bad.EmptyNote, "test_notes_say_something"),
    (CondenseContract, bad.SecretLeaking, "test_tells_no_secrets"),
    (CondenseContract, bad.SecretPrinting, "test_tells_no_secrets"),
    (CountTokensContract, bad.Undercounting, "test_a_batch_counts_as_its_texts_do"),
    (ShouldTrimContract, bad.NeverTrimming, "test_above_its_trigger_it_trims"),
    (InjectContextContract, bad.Flooding, "test_keeps_to_its_budget"),
    (MonitorContract, bad.Remembering, "test_holds_little"),
    (CacheContract, bad.Swapping, "test_gives_what_was_set"),
    (OwnModel, bad.FullWindows, "test_profiles_leave_room"),
    (DialectContract, bad.HalfReading, "test_taking_all_parts_gives_the_message_back"),
]
SMALL, LARGE = 2_500, 6_000
"""Characters of the largest message that passes for a small example; of what must be ended, few
smaller ones are tried."""


def broken_by(contract: type[Contract], plugin: type, law: str = "") -> dict[str, str]:
    """The laws that fail, each with its message; most examples are for the one that must."""
    seconds = 0.15 if plugin is bad.Slow else 1.0
    values = {"plugin": plugin, "cpu_seconds": seconds, "deadline": 0.1}
    kind: Any = type("Tried", (contract,), values)
    broken: dict[str, str] = {}
    try:
        for name in dir(kind):
            if name.startswith("test_"):
                kind.examples = 20 if name == law else 3
                try:
                    getattr(kind(), name)()
                except LawBroken as error:
                    broken[name] = str(error)
                except pytest.skip.Exception:
                    pass
    finally:
        kind.teardown_class()
    return broken


@pytest.mark.parametrize(
    ("contract", "plugin", "law"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_fails_the_law_that_it_breaks(contract: type[Contract], plugin: type, law: str) -> None:
    broken = broken_by(contract, plugin, law)
    assert list(broken) == [law]
    assert f"Tried.{law}: " in broken[law]
    assert re.search(r'\nwith [\[{"]', broken[law])
    assert len(broken[law]) < (LARGE if plugin is bad.Slow else SMALL)


def test_an_honest_plugin_breaks_none() -> None:
    assert broken_by(CondenseContract, bad.Honest) == {}
