"""The soak runner: it runs what it says, finds what is broken, and makes it small."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest

from brim.testing import soak as runner
from brim.testing.case import Case
from brim.testing.lab import Lab, Result
from brim.testing.soak import Finding, Tally, main, soak
from brim.testing.trials import Trial, judge


def test_the_command_runs_the_fits_and_reports_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fits", "120", "--seed", "9", "--counter", "estimate", "--json"]) == 0
    told = capsys.readouterr()
    tally = json.loads(told.out)
    assert tally["fits"] >= 120
    assert tally["findings"] == []
    assert "of 120 fits" in told.err


def test_the_same_seeds_run_the_same_fits() -> None:
    runs = [soak([f"same {n}" for n in range(20)]) for _ in range(2)]
    assert runs[0].trials == runs[1].trials == 20
    assert runs[0].fits == runs[1].fits


def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose the last message of every output that is shorter than its input."""
    true = Lab.fit

    def fit(self: Lab, brim: Any, trial: Trial, tenant: str, budget: int | None = None) -> Result:
        after, fitted, minimum = true(self, brim, trial, tenant, budget)
        if after is not None and fitted is not None and fitted.report.changed:
            fitted.messages.pop()
            after = after.with_messages(list(fitted.messages))  # type: ignore[arg-type]
        return after, fitted, minimum

    monkeypatch.setattr(Lab, "fit", fit)


def test_a_fault_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    _forgetful(monkeypatch)
    tally = soak([f"fault {n}" for n in range(200)], kind="once")
    assert len(tally.findings) == 1
    found = tally.findings[0]
    assert found.number in (1, 6)
    request = found.trial["request"]
    assert len(request.get("messages") or request["input"]) <= 6
    assert f"guarantee {found.number}" in found.message


def test_a_fault_ends_the_command_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = Finding("5/1", 6, "guarantee 6 (...): gone", {"request": {"messages": []}})
    monkeypatch.setattr(runner, "_all", lambda options, say: Tally(1, 1, 0.1, (finding,)))
    assert main(["--fits", "1"]) == 1
    told = capsys.readouterr().out
    assert "seed 5/1" in told
    assert '"messages": []' in told


def test_the_strategies_asked_for_are_the_ones_that_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--fits", "20", "--strategies", "smart-truncation"]) == 0
    assert main(["--fits", "1", "--strategies", "smart-truncation,no-such-strategy"]) == 1
    assert "'no-such-strategy', which is no installed plugin" in capsys.readouterr().out


def test_a_budget_above_the_window_leaves_the_window() -> None:
    """More than the model takes is condensed, and must come inside what it takes."""
    window = {"small": {"window": 1_000, "max_output": 100, "like": "gpt-4o"}}
    turns = [{"role": role, "content": "word " * 60} for role in ("user", "assistant") * 10]
    case = Case("openai-chat", "small", {"model": "small", "messages": [*turns, turns[0]]})
    for budget, room in ((100_000, 1_000), (500, 500)):
        trial = Trial("once", case, budget, (), "")
        with closing(Lab({"models": window, "strategies": ["smart-truncation"]})) as lab:
            assert lab.room(trial) == room < lab.size(case)
            judge(trial, lab, "tenant")
