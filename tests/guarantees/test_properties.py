"""Every guarantee on random fits: seeded trials of each kind, and Hypothesis for shrinking."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brim.testing.case import Case
from brim.testing.conversations import Options, seeded
from brim.testing.draw import Seeded
from brim.testing.guarantees import bound_thoughts_have_their_prefix, same, untouched
from brim.testing.hostile import COUNTERS, INJECTORS, POLICIES, STRATEGIES
from brim.testing.soak import soak
from brim.testing.strategies import conversations
from brim.testing.trials import KINDS, Lab, Trial, draw_trial, judge

EXAMPLES = 300


@pytest.mark.parametrize("kind", KINDS)
def test_trials(kind: str, examples: int) -> None:
    tally = soak([f"{kind} {number}" for number in range(examples)], kind=kind)
    assert tally.findings == ()
    assert tally.trials == examples
    assert tally.fits >= examples


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(case=conversations(options=Options(messages=40)), share=st.integers(1, 130))
def test_any_conversation_at_any_budget(lab: Lab, case: Case, share: int) -> None:
    trial = Trial("once", case, max(lab.size(case) * share // 100, 1))
    judge(trial, lab, f"{id(case)} {share}")


@pytest.mark.parametrize("plugin", [*STRATEGIES, *COUNTERS, *POLICIES, *INJECTORS])
def test_each_hostile_plugin(plugin: str, lab: Lab) -> None:
    for seed in range(6):
        trial = draw_trial(Seeded(f"{plugin} {seed}"), lab, "hostile")
        judge(
            Trial("hostile", trial.case, trial.budget, trial.pins, plugin), lab, f"{plugin} {seed}"
        )


def test_bound_thinking_goes_with_its_prefix(lab: Lab) -> None:
    changed = 0
    for seed in range(120):
        case = seeded(f"bound {seed}", "anthropic", Options(messages=40, bound=True, marked=True))
        trial = Trial("once", case, max(lab.size(case) * (seed % 8 + 2) // 10, 1))
        judge(trial, lab, f"bound {seed}")
        after, fitted, _ = lab.fit(lab.shared, trial, f"bound again {seed}")
        if after is not None and fitted is not None and fitted.report.changed:
            changed += 1
            bound_thoughts_have_their_prefix(case, after)
    assert changed > 30


def test_lone_surrogates_are_fitted_like_anything_else(lab: Lab) -> None:
    for seed in range(60):
        case = seeded(seed, options=Options(messages=30, surrogates=True))
        judge(Trial("once", case, max(lab.size(case) // 2, 1)), lab, f"surrogates {seed}")


def test_bytes_stay_bytes_where_nothing_changes(lab: Lab) -> None:
    for seed in range(60):
        case = seeded(seed)
        data = json.dumps(case.request, ensure_ascii=False, indent=1).encode()
        fitted = lab.shared.fit(data, model=case.model, budget=10**6, dialect=case.dialect)
        same(data.decode(), _text(fitted.request), 3, "bytes")


def test_bytes_and_objects_are_fitted_alike(lab: Lab) -> None:
    for seed in range(60):
        trial = draw_trial(Seeded(f"bytes {seed}"), lab, "once")
        after, _, _ = lab.fit(lab.shared, trial, f"object {seed}")
        if after is None:
            continue
        case = trial.case
        fitted = lab.shared.fit(
            json.dumps(case.request).encode(),
            model=case.model,
            budget=trial.budget,
            pin=trial.pins or None,
            tenant=f"bytes {seed}",
            dialect=case.dialect,
        )
        same(after.request, json.loads(_text(fitted.request)), 4, "objects and bytes")


def _text(data: object) -> str:
    assert isinstance(data, bytes)
    return data.decode()


def test_without_a_budget_the_window_less_the_answer_decides(lab: Lab) -> None:
    for seed in range(40):
        case = seeded(seed)
        size = lab.shared.count(case.request, dialect=case.dialect)
        if size.upper * 2 < size.window:
            fitted = lab.shared.fit(case.request, dialect=case.dialect)
            untouched(case.messages, fitted.messages)
            usage = fitted.report.after
            assert usage.upper + usage.reserve <= usage.window == size.window


SCRIPT = """
import json, sys
from brim.testing.draw import Seeded
from brim.testing.trials import Lab, draw_trial
lab = Lab()
for seed in range(25):
    trial = draw_trial(Seeded(f"hash {seed}"), lab, "once")
    after, fitted, minimum = lab.fit(lab.shared, trial, "t")
    print(json.dumps([after and after.request, minimum]))
"""


def test_the_hash_seed_changes_nothing() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0]
    assert outputs[0] == outputs[1]
