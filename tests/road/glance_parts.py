"""Two that know the same, to hold a glance against the whole road."""

from __future__ import annotations

import re

import pytest

from brim import Brim
from brim.api import Operation, hookimpl
from brim.errors import BrimError

DIALECTS = ("openai-chat", "anthropic", "openai-responses")


class Observer:
    """Writes down every operation, without its time."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool, dict]] = []

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.told.append((operation.name, operation.ok, dict(operation.facts)))


class Pair:
    """Two that know the same: one glances, and fits where it must; one always fits."""

    def __init__(self, **settings: object) -> None:
        self.observers = Observer(), Observer()
        base = {"archive": {"where": "memory"}, "strategies": ["smart-truncation"], **settings}
        self.quick, self.whole = (Brim(base, plugins=[one]) for one in self.observers)
        self.glances = 0

    def check(self, body: bytes, dialect: str, budget: int | None = None, tenant: str = "") -> bool:
        """Both give the same answer, and tell the same. Whether a glance was enough."""
        for one in self.observers:
            one.told.clear()
        options = {"dialect": dialect, "budget": budget, "tenant": tenant}
        try:
            fitted = self.whole.fit(body, **options)
        except (BrimError, TypeError) as error:
            assert self.quick.glance(body, **options) is None, body
            with pytest.raises(type(error)):
                self.quick.fit(body, **options)
            return False
        glance = self.quick.glance(body, **options)
        if glance is None:
            again = self.quick.fit(body, **options)
            assert again.request == fitted.request
            assert again.report.before == fitted.report.before
            return False
        report = fitted.report
        assert not report.changed
        assert fitted.request == body
        assert (glance.before, glance.after) == (report.before, report.after)
        assert (glance.decision, glance.model) == (report.decision, report.model)
        assert glance.messages == report.messages_before
        quick, whole = (sorted(map(str, one.told)) for one in self.observers)
        assert [_misses(one) for one in quick] == [_misses(one) for one in whole]
        return True


def _misses(told: str) -> str:
    """Without the look-ups that memory answered: of short requests it knows texts, not messages.
    And without the share of the last output, which is none that only a glance was cast at."""
    return re.sub(r"'hits': \d+|'prefix_reuse': [\d.]+(, )?", "", told)
