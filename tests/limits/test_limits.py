"""Depth, size and number of messages: bounded by settings, and cheap to refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brim import Brim, MalformedRequest

HI = {"role": "user", "content": "hi"}


def small(**limits: int) -> Brim:
    return Brim({"model": "gpt-4o", "limits": limits})


def rule(app: Brim, given: Any) -> tuple[int | None, str]:
    with pytest.raises(MalformedRequest) as caught:
        app.fit(given)
    return caught.value.index, caught.value.rule


def nested(levels: int, kind: type = list) -> Any:
    value: Any = kind()
    for _ in range(levels - 1):
        value = [value] if kind is list else {"in": value}
    return value


def test_bytes_are_bounded():
    data = json.dumps([HI]).encode()
    assert small(max_bytes=len(data)).fit(data).request == data
    assert rule(small(max_bytes=len(data) - 1), data) == (None, "max_bytes")
    assert rule(small(max_bytes=len(data) - 1), memoryview(data)) == (None, "max_bytes")


def test_messages_are_bounded_for_both_doors_and_sessions():
    app = small(max_messages=3)
    for number, fits in ((3, True), (4, False)):
        for given in ([HI] * number, json.dumps({"messages": [HI] * number}).encode()):
            if fits:
                assert app.count(given).total
            else:
                assert rule(app, given) == (None, "max_messages")
    session = app.session([HI] * 3)
    with pytest.raises(MalformedRequest, match=r"limits\.max_messages allows 3"):
        session.append(HI)
    assert len(session) == 3


@pytest.mark.parametrize("kind", [list, dict])
def test_depth_is_bounded_alike_for_both_doors(kind):
    app = small(max_depth=7)
    for levels in (7, 8):
        message = {**HI, "x": nested(levels, kind)}
        for given in ([HI, message], json.dumps([HI, message]).encode()):
            if levels == 7:
                assert app.fit(given).request is given
            else:
                assert rule(app, given) == (1, "depth")


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, "[" * 100_000, '{"a":' * 100_000])
def test_brackets_without_end(text):
    app = small()
    wholes = (text, f'{{"model":"gpt-4o","messages":{text}}}', f'{{"x":{text},"messages":[]}}')
    for whole in (*wholes, f'[{{"role":"user","content":"\\ud800","x":{text}}}]'):
        assert rule(app, whole.encode())[1] == "depth"


def test_deep_objects_and_circles():
    app = small()
    circle: dict[str, Any] = {**HI}
    circle["self"] = circle
    assert rule(app, [circle]) == (0, "depth")
    assert rule(app, [HI, {**HI, "x": nested(100_000)}]) == (1, "depth")


def test_many_siblings_are_not_deep():
    message = {**HI, "x": [[{}] * 5_000]}
    for given in ([message], json.dumps([message]).encode()):
        assert small(max_depth=3).fit(given).request is given


def test_a_refused_message_leaves_a_session_as_it_was():
    session = small().session([HI])
    for bad in ({**HI, "x": float("nan")}, {**HI, "x": nested(200)}, 7):
        with pytest.raises(MalformedRequest) as caught:
            session.append(bad)
        assert caught.value.index == 1
    assert session.messages == [HI]
    assert session.fit().messages == [HI]
