"""Real conversations; skipped where ../shared/data is absent."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import brim
from brim.api import Level, TrimDecision, TrimTask, hookimpl
from brim.testing import guarantees as g
from brim.testing.case import Case

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NAMES = (
    "claude_code",
    "locomo",
    "moss",
    "multilingual_zh",
    "openhands",
    "swe_agent",
    "tau_airline",
)
LONGEST = {name: 700 if name == "locomo" else 80 for name in NAMES}
MODELS = {"openai": ("openai-chat", "gpt-4o"), "anthropic": ("anthropic", "claude-sonnet-4-5")}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")


class ExactTarget:
    name = "exact-target"

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        budget = task.usage.budget
        return TrimDecision(task.usage.tokens > budget, Level.OK, budget, budget)


def cases(name: str) -> list[Case]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = []
    for row in [row for row in rows if len(row["messages"]) <= LONGEST[name]][:1]:
        dialect, model = MODELS[row["format"]]
        request: dict[str, Any] = {"model": model, "messages": row["messages"]}
        if row.get("tools"):
            request["tools"] = row["tools"]
        found.append(Case(dialect, model, request))
    return found


def condensed(case: Case, share: float) -> tuple[Case, brim.Fitted, int] | None:
    settings = {
        "policy": "exact-target",
        "strategies": ["key-point-extraction"],
        "plugin": {"key-point-extraction": {"ratio": share}},
        "condensation": {"quality": 0.0},
        "plugins": {"discover": False},
    }
    with brim.Brim(settings, plugins=[ExactTarget()]) as app:
        whole = app.count(case.request, model=case.model, dialect=case.dialect).total
        budget = int(whole * share) + 400
        try:
            fitted = app.fit(case.request, model=case.model, budget=budget, dialect=case.dialect)
        except brim.BudgetInfeasible:
            return None
        return case.with_request(fitted.request), fitted, budget  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
@pytest.mark.parametrize("name", NAMES)
def test_real_conversations_are_valid_and_within_their_budget(name: str, share: float):
    for case in cases(name):
        outcome = condensed(case, share)
        if outcome is None:
            continue
        after, fitted, budget = outcome
        g.within(fitted.report.after.upper, budget)
        g.valid(case, after)
        g.keeps_what_must_stay(case, after)
        g.pairs_are_true(case, after)


SCRIPT = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
from defaults.test_keypoints_data import cases, condensed
names = ("tau_airline", "multilingual_zh")
found = [condensed(case, 0.25) for name in names for case in cases(name)]
texts = [json.dumps(one[0].request, ensure_ascii=False) for one in found if one]
print(hashlib.sha256("".join(texts).encode()).hexdigest(), len(texts))
"""


def test_every_process_writes_the_same_bytes():
    tests = str(Path(__file__).parents[1])
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, tests],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "77")
    }
    assert len(told) == 1
    assert hashlib.sha256(b"").hexdigest() not in next(iter(told))
