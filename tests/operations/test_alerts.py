"""Alerts: told once when something goes beyond its limit, and again after it was fine."""

from __future__ import annotations

from threading import Thread, current_thread

import pytest
from operations_chat import SECRET, chat

import brim
from brim import Alert, Alerts
from brim.errors import BudgetInfeasible
from brim.model.operations import Operation
from brim.testing.contracts import MonitorContract

NEVER = 1e9
"""Seconds; how fast a machine is decides nothing here."""


class TestLaws(MonitorContract):
    plugin = Alerts


def alerted(*operations: Operation, **limits: object) -> list[Alert]:
    found: list[Alert] = []
    alerts = Alerts(found.append, **limits)  # type: ignore[arg-type]
    for operation in operations:
        alerts.monitor_operation(operation)
    return found


def fits(count: int, **facts: float) -> list[Operation]:
    return [Operation("fit", 0.01, facts=facts)] * count


def test_a_slow_operation_is_told_until_a_fast_one():
    times = (4.9, 5.1, 9.0, 0.1, 7.0)
    operations = (Operation("complete", seconds) for seconds in times)
    found = alerted(*operations, memory=lambda: 118.4)
    assert [(one.kind, one.about, one.value) for one in found] == [
        ("slow", "complete", 5.1),
        ("slow", "complete", 7.0),
    ]
    thread = current_thread().name
    assert str(found[0]) == (f"slow: complete took 5.1 s (limit 5 s) in {thread}, 118 MiB in use")


def test_a_slow_operation_says_in_which_thread_and_when_debugging_from_where(app):
    found: list[Alert] = []
    whole = app(None, Alerts(found.append, slow=0.0, debug=True))
    worker = Thread(target=whole.fit, args=(chat(1),), name="worker 7")
    worker.start()
    worker.join()
    fit = next(one for one in found if one.about == "fit")
    assert fit.thread == "worker 7"
    assert fit.memory > 1  # MiB of this very process
    assert "in fit\n" in fit.stack
    assert fit.stack in str(fit)
    assert SECRET not in fit.stack


def test_only_slow_operations_have_a_place_and_only_when_debugging_a_stack():
    found = alerted(Operation("fit", 6.0, facts={"utilization": 0.9}))
    assert [(one.kind, bool(one.thread), one.stack) for one in found] == [
        ("slow", True, ""),
        ("utilization", False, ""),
    ]


def test_operations_are_judged_apart():
    found = alerted(Operation("fit", 6.0), Operation("tool", 6.0), Operation("fit", 6.0))
    assert [one.about for one in found] == ["fit", "tool"]


def test_a_request_that_goes_out_too_full(app):
    found: list[Alert] = []
    whole = app({"plugin": {"token-budget": {"trigger": 0.95}}}, Alerts(found.append, slow=NEVER))
    tokens = whole.count(chat(10)).total
    whole.fit(chat(10), budget=tokens * 2)
    assert found == []
    report = whole.fit(chat(10), budget=int(tokens / 0.9)).report
    (alert,) = found
    assert alert.kind == "utilization"
    assert alert.value == pytest.approx(report.after.utilization, abs=1e-4)
    assert str(alert) == "a request goes out that fills its budget to 90% (limit 80%)"


def test_errors_of_real_fits(app):
    found: list[Alert] = []
    whole = app(None, Alerts(found.append, slow=NEVER))
    for _ in range(30):
        whole.fit(chat(1))
    with pytest.raises(BudgetInfeasible):
        whole.fit(chat(1), budget=3)
    assert found == []  # one of 31
    for _ in range(2):
        with pytest.raises(brim.MalformedRequest):
            whole.fit([7])
    (alert,) = found
    assert (alert.kind, alert.limit) == ("errors", 0.05)
    assert alert.value == pytest.approx(2 / 32)


def test_few_requests_are_not_judged_by_their_errors():
    assert alerted(*[Operation("fit", 0.1, False, "Odd")] * 19) == []
    assert len(alerted(*[Operation("fit", 0.1, False, "Odd")] * 200)) == 1


@pytest.mark.parametrize(
    ("sizes", "growths"),
    [
        ([500, 90, 95, 99, 104], []),  # the first hundred fits are a warm-up
        ([100, 111, 121, 140], [(11, "over 100 fits"), (19, "over 100 fits")]),
        ([100 + 0.51 * look for look in range(101)], [(51, "over 10,000 fits")]),
        ([100 + 0.49 * look for look in range(101)], []),
    ],
)
def test_memory_that_grows(sizes: list[float], growths: list[tuple[float, str]]):
    looks = iter(sizes)
    found = alerted(*fits(100 * len(sizes)), memory=lambda: next(looks))
    assert [(round(one.value), one.about) for one in found] == growths


def test_without_a_callback_they_are_logged(told, app):
    secret = [{"role": "user", "content": SECRET}]
    app(None, Alerts(utilization=0.0, slow=NEVER)).fit(secret)
    (line,) = [message for level, message in told if level == "WARNING"]
    assert line.startswith("a request goes out that fills its budget to 0%")
    assert SECRET not in line


def test_a_callback_that_fails_costs_nothing(app):
    def tell(alert: Alert) -> None:
        raise RuntimeError("no")

    report = app(None, Alerts(tell, utilization=0.0)).fit(chat(1)).report
    assert report.tokens > 0
