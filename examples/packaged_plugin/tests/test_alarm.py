"""The laws of an observer, and what this one is for."""

from __future__ import annotations

import pytest
from brim_alarm import Alarm

from brim.testing.contracts import MonitorContract
from brim.testing.pytest_plugin import MakeBrim


class TestAlarm(MonitorContract):
    plugin = Alarm


def test_warns_of_what_is_too_large(brim: MakeBrim, caplog: pytest.LogCaptureFixture) -> None:
    app = brim(Alarm, plugin={"alarm": {"tokens": 500}})
    app.fit([{"role": "user", "content": "Good morning!"}], model="gpt-4o")
    assert not caplog.records
    app.fit([{"role": "user", "content": "word " * 600}], model="gpt-4o")
    assert [record.getMessage() for record in caplog.records] == [
        "a request came in with 608 tokens"
    ]
