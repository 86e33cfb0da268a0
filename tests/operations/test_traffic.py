"""What all fits together came to."""

from __future__ import annotations

import json

import pytest
from operations_chat import chat

from brim.errors import BudgetInfeasible


def test_tokens_and_levels_add_up(app):
    whole = app()
    reports = [whole.fit(chat(turns), budget=2_000).report for turns in (1, 20, 40)]
    found = whole.stats().traffic
    assert found.tokens_before == sum(report.before.tokens for report in reports)
    assert found.tokens_after == sum(report.after.tokens for report in reports)
    assert found.condensed == sum(report.condensed for report in reports) == 2
    assert sum(found.levels.values()) == 3
    assert found.levels["overflow"] == 2
    assert found.level == str(reports[-1].decision.level)
    assert found.utilization == pytest.approx(reports[-1].after.utilization, abs=1e-4)


def test_prefix_reuse_is_the_mean_of_those_that_can_tell(app):
    whole = app()
    session = whole.session(chat(10), budget=3_000)
    reports = [session.fit().report]
    for _ in range(30):
        session.append({"role": "assistant", "content": "text " * 40})
        session.append({"role": "user", "content": "word " * 40})
        reports.append(session.fit().report)
    reuses = [one.prefix_reuse for one in reports if one.prefix_reuse is not None]
    found = whole.stats().traffic
    assert found.prefix_reuse_of == len(reuses) == 30
    assert found.prefix_reuse == pytest.approx(sum(reuses) / len(reuses), abs=1e-4)
    assert found.condensed > 0
    assert found.prefix_reuse < 1


def test_a_glance_counts_as_a_fit(app):
    whole = app()
    body = json.dumps({"model": "gpt-4o", "messages": chat(2)}).encode()
    assert whole.glance(body, dialect="openai-chat") is not None
    found = whole.stats().traffic
    assert found.tokens_before == found.tokens_after > 0
    assert found.levels == {"ok": 1}
    assert 0 < found.utilization < 0.1
    assert found.prefix_reuse_of == 0


def test_a_fit_that_fails_changes_nothing(app):
    whole = app()
    with pytest.raises(BudgetInfeasible):
        whole.fit(chat(1), budget=3)
    found = whole.stats().traffic
    assert (found.tokens_before, found.levels, found.level) == (0, {}, "")
