"""Real conversations at five budgets; skipped where ../shared/data is absent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import turnsafe

from brim.testing import guarantees as g
from brim.testing.case import Case
from brim.testing.provider_rules import broken_rules
from brim.testing.trials import Lab, Trial

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NAMES = (
    "claude_code",
    "locomo",
    "long_concat",
    "moss",
    "multilingual_zh",
    "openhands",
    "swe_agent",
    "tau_airline",
)
SHARES = (10, 25, 50, 90, 120)
SAMPLE = 3
LONGEST = 700
"""Messages of a conversation in an ordinary run."""

MODELS = {"openai": ("openai-chat", "gpt-4o"), "anthropic": ("anthropic", "claude-sonnet-4-5")}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")


def load(name: str, thorough: bool) -> Iterator[Case]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if not thorough:
        rows = [row for row in rows if len(row["messages"]) <= LONGEST][:SAMPLE]
    for row in rows:
        dialect, model = MODELS[row["format"]]
        request: dict[str, Any] = {"model": model, "messages": row["messages"]}
        if row.get("tools"):
            request["tools"] = row["tools"]
        yield Case(dialect, model, request)


@pytest.mark.parametrize("name", NAMES)
def test_real_conversations_fit_or_say_the_true_minimum(
    name: str, thorough: bool, lab: Lab
) -> None:
    for number, case in enumerate(load(name, thorough)):
        size = lab.size(case)
        for share in SHARES:
            fit(case, share, max(size * share // 100, 1), lab, f"{name} {number} {share}")


def fit(case: Case, share: int, budget: int, lab: Lab, tenant: str) -> None:
    trial = Trial("once", case, budget)
    after, fitted, minimum = lab.fit(lab.shared, trial, tenant)
    if after is None or fitted is None:
        assert minimum is not None
        assert minimum > budget
        confirmed, _, _ = lab.fit(lab.shared, trial, tenant, minimum)
        assert confirmed is not None, f"{tenant}: infeasible at its own minimum {minimum}"
        return
    used = fitted.report.after
    g.within(used.upper, budget)
    budget = used.budget  # the model's window, where that is less
    if share > 100 and fitted.report.before.upper <= budget:
        g.untouched(case.messages, after.messages)
    else:
        assert used.upper * 2 >= budget, f"{tenant}: only {used.upper} of {budget} tokens used"
    g.valid(case, after)
    g.keeps_what_must_stay(case, after)
    g.pairs_are_true(case, after)
    g.thoughts_are_whole(case, after)
    g.unknown_survives(case, after)
    agrees(case, after)


def agrees(case: Case, after: Case) -> None:
    """turnsafe finds nothing in the output that it did not find in the input."""
    provider = "anthropic" if case.dialect == "anthropic" else "openai"
    known = {v.code for v in turnsafe.validate(case.messages, provider).errors}
    new = [v for v in turnsafe.validate(after.messages, provider).errors if v.code not in known]
    assert new == []


@pytest.mark.parametrize("name", NAMES)
def test_the_data_is_what_the_rules_expect(name: str, thorough: bool) -> None:
    for case in load(name, thorough):
        assert broken_rules(case) <= {(34, "tools")}, "some name no tools"
