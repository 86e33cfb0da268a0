"""The operation log: which operations are told, at which level, and what never is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from operations_chat import SECRET, chat

from brim.defaults.operation_log import OperationLog, OperationLogSettings
from brim.errors import BudgetInfeasible, SettingsError
from brim.model.operations import Operation


def log(settings: OperationLogSettings, *operations: Operation) -> None:
    observer = OperationLog(settings)
    for operation in operations:
        observer.monitor_operation(operation)


def taking(*seconds: float) -> list[Operation]:
    return [Operation("fit", one) for one in seconds]


def test_levels_by_the_default_thresholds(told):
    log(OperationLogSettings(every=True), *taking(0.0, 0.999, 1.0, 4.999, 5.0, 60.0))
    levels = [level for level, _ in told]
    assert levels == ["DEBUG", "DEBUG", "INFO", "INFO", "WARNING", "WARNING"]


def test_fast_operations_are_not_told_by_default(told):
    log(OperationLogSettings(), *taking(0.0, 0.999, 1.5, 7.0))
    assert told == [("INFO", "fit took 1.500 s"), ("WARNING", "fit took 7.000 s")]


def test_thresholds_are_settings(told, app):
    limits = {"plugin": {"operation-log": {"info": 0.0, "warning": 100.0}}}
    app(limits).fit(chat(1))
    assert {level for level, _ in told} == {"INFO"}
    told.clear()
    app({"plugin": {"operation-log": {"info": 0.0, "warning": 0.0}}}).fit(chat(1))
    assert {level for level, _ in told} == {"WARNING"}


def test_thresholds_out_of_order_are_refused(app):
    with pytest.raises(SettingsError, match="info <= warning"):
        app({"plugin": {"operation-log": {"info": 6.0}}})


def names(told) -> set[str]:
    return {message.split()[0] for level, message in told if level == "DEBUG"}


def test_the_guides_name_turns_fast_lines_on(told, app, monkeypatch):
    app().fit(chat(40), budget=2_000)
    assert names(told) == set()
    monkeypatch.setenv("ENABLE_CONTEXT_PERFORMANCE_LOGGING", "true")
    app().fit(chat(40), budget=2_000)
    assert names(told) == {"read", "count", "condense", "fit"}


def test_verbose_turns_fast_lines_on(told, app):
    app({"logging": {"verbose": True}}).fit(chat(40), budget=2_000)
    assert names(told) == {"read", "count", "condense", "fit"}


def test_an_own_setting_wins_over_verbose(told, app):
    quiet = {"logging": {"verbose": True}, "plugin": {"operation-log": {"every": False}}}
    app(quiet).fit(chat(1))
    assert names(told) == set()


def test_counting_is_logged_alone(told, app):
    app({"logging": {"counting": True}}).fit(chat(1))
    assert names(told) == {"count"}


def test_look_ups_are_logged_alone(told, app):
    app({"logging": {"caches": True}}).fit(chat(1))
    assert names(told) == {"read"}
    assert any("hits" in message and "misses" in message for _, message in told)


def test_never_a_line_per_message(told, app):
    app({"logging": {"verbose": True}}).fit(chat(400, words=3), budget=100_000)
    assert len([message for message in told if message[1].split()[0] in names(told)]) < 10


def test_a_failure_is_told_by_its_kind(told, app):
    with pytest.raises(BudgetInfeasible):
        app({"logging": {"verbose": True}}).fit(chat(2), budget=5)
    failed = [message for _, message in told if "failed" in message]
    assert any(line.startswith("fit took") and "BudgetInfeasible" in line for line in failed)


def test_no_text_of_a_message_is_told(told, app):
    whole = app({"logging": {"verbose": True}})
    whole.fit(chat(60), budget=2_000)
    with pytest.raises(BudgetInfeasible):
        whole.fit(chat(2), budget=5)
    assert told
    assert not [message for _, message in told if SECRET in message]


def test_facts_stay_on_one_line(told):
    evil = "gpt\nWARNING forged\x1b[2J" + "x" * 500
    log(OperationLogSettings(info=0.0), Operation("fit", 2.0, facts={"model": evil, "n": 12_000}))
    (line,) = [message for _, message in told]
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 200
    assert "n 12,000" in line


def test_loguru_is_loaded_when_there_is_something_to_say():
    program = (
        "import sys; from brim.defaults.operation_log import *; from brim.api import Operation;"
        "log = OperationLog(OperationLogSettings()); log.monitor_operation(Operation('fit', 0.1));"
        "assert 'loguru' not in sys.modules and 'ddsketch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
