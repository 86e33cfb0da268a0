"""JSON that no request should be made of: refused by name, through both doors, or read exactly."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from brim import Brim, MalformedRequest

HI = '{"role":"user","content":"hi"}'


def body(*messages: str, fields: str = "") -> bytes:
    return f'{{"model":"gpt-4o",{fields}"messages":[{",".join(messages)}]}}'.encode()


def odd(value: str) -> bytes:
    """A second message with this value in an unknown field."""
    return body(HI, f'{{"role":"user","content":"hi","x":{value}}}')


@pytest.fixture(scope="module")
def app():
    with Brim({"model": "gpt-4o"}) as made:
        yield made


@pytest.fixture
def cutter():
    with Brim({"model": "gpt-4o", "strategies": ["smart-truncation"]}) as made:
        yield made


def refused(app: Brim, given: Any) -> tuple[int | None, str]:
    found = set()
    for door in (app.fit, app.count):
        with pytest.raises(MalformedRequest) as caught:
            door(given)
        found.add((caught.value.index, caught.value.rule))
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 4_301],
    ids=lambda number: number[:9],
)
def test_numbers_that_cannot_be_held_are_refused(app, number):
    assert refused(app, odd(number)) == (1, "number")
    assert refused(app, odd(f'{{"deep":[{number}]}}')) == (1, "number")
    assert refused(app, body(HI, fields=f'"seed":{number},')) == (None, "number")


UNWRITABLE = {"nan": float("nan"), "inf": float("inf"), "wide": 10**4_301, "low": -(10**5_000)}


@pytest.mark.parametrize("number", UNWRITABLE.values(), ids=UNWRITABLE)
def test_the_same_as_objects(app, number):
    message = {"role": "user", "content": "hi", "x": [{"y": number}]}
    assert refused(app, [{"role": "user", "content": "hi"}, message]) == (1, "number")


def test_a_number_beside_a_lone_surrogate_is_refused_too(app):
    message = '{"role":"user","content":"\\ud800","x":NaN}'
    assert refused(app, body(HI, message)) == (1, "number")


@pytest.mark.parametrize(
    "number", [2**64, -(2**63) - 1, 10**30, 10**4_299, 0.1, 1e308], ids=lambda n: str(n)[:9]
)
def test_large_numbers_are_exact(app, number):
    """Also in a message that is written anew."""
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {"n": number}}
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": "long " * 8_000, "n": number}
            ],
        },
    ]
    request = {"model": "claude-sonnet-4-5", "messages": messages}
    for given in (json.dumps(request).encode(), request):
        fitted = app.fit(given, budget=2_600)
        assert fitted.report.changed
        out = fitted.request if isinstance(fitted.request, dict) else json.loads(fitted.request)
        assert out["messages"][1]["content"][0]["input"]["n"] == number
        assert out["messages"][2]["content"][0]["n"] == number


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json"),
        (b" \n ", "json"),
        (b"\xef\xbb\xbf", "json"),
        (b"null", "messages"),
        (b"7", "messages"),
        (b'"hi"', "messages"),
        (b"{}", "messages"),
        (b'{"messages":"hi"}', "messages"),
        (b'{"messages":{"role":"user"}}', "messages"),
        (b'{"input":null}', "messages"),
        (body(HI) + b"x", "json"),
        (body(HI) + body(HI), "json"),
        (body(HI)[:-1], "json"),
        (body(HI).replace(b"hi", b"\xff\xfe"), "json"),
        (body(HI).replace(b"hi", b"\xed\xa0\x80"), "json"),
        (body(HI).replace(b"hi", b"a\0b"), "json"),
        (body(HI).replace(b"hi", b"a\nb"), "json"),
        (b"\xc2\xa0" + body(HI), "json"),
    ],
)
def test_what_is_no_request_is_refused(app, data, rule):
    index, found = refused(app, data)
    assert found == rule
    assert index in (None, 0)


@pytest.mark.parametrize("message", [None, 7, "hi", [], True])
def test_what_is_no_message_is_refused(app, message):
    assert refused(app, [{"role": "user", "content": "hi"}, message]) == (1, "shape")
    assert refused(app, body(HI, json.dumps(message))) == (1, "shape")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_other_encodings_go_out_as_they_came(app, encoding):
    data = body('{"role":"user","content":"grüß dich 🌍"}').decode().encode(encoding)
    assert app.fit(data).request == data
    assert (
        app.count(data).total == app.count(body('{"role":"user","content":"grüß dich 🌍"}')).total
    )


@pytest.mark.parametrize(
    "text",
    ["\ud800", "\udfff tail", "a\udc00\ud800b", "\0", "\x01\x1b[2J\x7f", "\u202e\ufeff", "\uffff"],
)
def test_strange_characters_survive(app, text):
    """In a message that stays, and in a field, when another message is left out."""
    messages = [
        {"role": "user", "content": "first " * 500},
        {"role": "assistant", "content": "done"},
        {"role": "user", "content": f"last {text}", "name": "n"},
    ]
    request = {"model": "gpt-4o", "user": text, text: text, "messages": messages}
    before = deepcopy(request)
    for given in (request, json.dumps(request).encode()):
        same = app.fit(given)
        assert same.request is given
        less = app.fit(given, budget=100)
        assert less.report.changed
        out = less.request if isinstance(less.request, dict) else json.loads(less.request)
        assert out["messages"][-1] == messages[-1]
        assert (out["user"], out[text]) == (text, text)
    assert request == before


def test_strange_characters_survive_being_cut(cutter):
    """In the result that is cut itself, at its ends."""
    result = "\ud800\0 begin " + "middle " * 3_000 + " end \udfff\x07"
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": '{"a":"\\ud800"}'},
    }
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": result},
    ]
    for given in (messages, json.dumps(messages).encode()):
        fitted = cutter.fit(given, budget=300)
        out = fitted.request if isinstance(fitted.request, list) else json.loads(fitted.request)
        assert out[1] == messages[1]
        assert out[2]["content"].startswith("\ud800\0 begin")
        assert out[2]["content"].endswith("end \udfff\x07")
