"""Bytes in, bytes out: what is untouched keeps every byte."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from road_parts import chat, user, words

from brim import Brim, MalformedRequest

FILLER = [json.dumps(message).encode() for message in chat(40)[:-1]]

STRANGE = {
    "space": b'{ "role"\t:  "user" ,\n  "content" : "a  b" }',
    "key order": b'{"content":"x","name":"ann","role":"user"}',
    "escapes": b'{"role":"user","content":"\\u00e9\\/\\u0041\\ud83d\\ude00 \xc3\xa9"}',
    "unknown fields": b'{"role":"user","content":"x","trace":{"z":1,"a":[null,true]}}',
    "numbers": b'{"role":"user","content":"x","n":[123456789012345678901234567890,1.0,1e2,-0.0]}',
    "twice the same key": b'{"role":"user","content":"first","content":"second"}',
    "lone surrogate": b'{"role" : "user","content":"half \\ud800 pair"}',
}


def request(shape: str, *messages: bytes) -> bytes:
    body = b" [\n" + b" , ".join(messages) + b" ] "
    if shape == "list":
        return body
    return b'{"stream":true, "messages" :' + body + b', "seed": 7.0,"x":"\\u00e9" }\n'


@pytest.mark.parametrize("shape", ["list", "object"])
@pytest.mark.parametrize("message", STRANGE.values(), ids=STRANGE)
def test_untouched_bytes_go_out_as_the_same_object(brim: Brim, shape: str, message: bytes) -> None:
    given = request(shape, message)
    assert brim.fit(given, model="m").request is given


@pytest.mark.parametrize("shape", ["list", "object"])
@pytest.mark.parametrize("message", STRANGE.values(), ids=STRANGE)
def test_untouched_messages_keep_their_bytes_in_a_changed_request(
    brim: Brim, shape: str, message: bytes
) -> None:
    given = request(shape, message, *FILLER, message)
    fitted = brim.fit(given, model="m", budget=500, pin=0)
    assert fitted.report.changed
    out = fitted.request
    assert isinstance(out, bytes)
    assert out.count(message) == 2
    out.decode()
    value = json.loads(out)
    if shape == "object":
        assert list(value) == ["stream", "messages", "seed", "x"]
        assert b'"seed":7.0' in out
        assert b'"x":"\\u00e9"' in out
        value = value["messages"]
    kept = [one for one in FILLER if one in out]
    assert len(value) == len(kept) + 3 == fitted.report.messages_after
    assert value[1]["content"].startswith("<brim-note ")


def test_a_lone_surrogate_somewhere_costs_the_others_nothing(brim: Brim) -> None:
    given = request("object", STRANGE["lone surrogate"], STRANGE["space"], *FILLER)
    out = brim.fit(given, model="m", budget=500, pin=[0, 1]).request
    assert isinstance(out, bytes)
    assert STRANGE["space"] in out
    assert FILLER[-1] in out


def test_a_lone_surrogate_in_a_shortened_text_goes_out_escaped(brim: Brim) -> None:
    text = "\ud800 " + words(900) + " \udfff"
    given = json.dumps([user(text), user("now?")]).encode()
    fitted = brim.fit(given, model="m", budget=300)
    assert fitted.report.messages_after == 2
    out = fitted.request
    assert isinstance(out, bytes)
    out.decode()
    assert b"\\ud800" in out
    assert b"characters cut" in out


def test_the_result_is_the_same_as_for_objects(brim: Brim) -> None:
    messages = chat(40)
    from_bytes = brim.fit(json.dumps(messages).encode(), model="m", budget=500, tenant="b")
    from_objects = brim.fit(messages, model="m", budget=500, tenant="o")
    assert json.loads(from_bytes.request) == from_objects.request  # type: ignore[arg-type]
    assert from_bytes.report == from_objects.report


@pytest.mark.parametrize(
    "given",
    [b"", b"{", b"[", b'"hi"', b"7", b"null", b'["hi"]', b"[1]", b"[[]]", b'{"messages":"x"}',
     b'{"messages":{}}', b"{}", b'[{"role":"user","content":"\xff"}]', b'[{"role":"user"}',
     b'[{"role":"user","content":"\\x"}]', b"[" * 5_000, b'{"messages":[7]}', b"\xff\xfe",
     b'[{"role":"user","content":"\\ud800"},7]'],
)  # fmt: skip
def test_bytes_that_are_no_request_are_malformed(brim: Brim, given: bytes) -> None:
    with pytest.raises(MalformedRequest):
        brim.fit(given, model="m")


@pytest.mark.parametrize("given", [None, 7, "hi", object(), {}, {"messages": 1}, [7], [None], {1}])
def test_objects_that_are_no_request_are_malformed(brim: Brim, given: Any) -> None:
    with pytest.raises(MalformedRequest):
        brim.fit(given, model="m")


def test_a_malformed_message_names_its_place(brim: Brim) -> None:
    for given in ([user("a"), {"role": "x"}], b'[{"role":"user","content":"a"},{"role":"x"}]'):
        with pytest.raises(MalformedRequest) as error:
            brim.fit(given, model="m")
        assert error.value.index == 1
        assert "messages[1]" in str(error.value)


def test_a_request_object_keeps_its_other_fields(brim: Brim) -> None:
    given = {"temperature": 0.1, "messages": tuple(chat(40)), "metadata": {"a": 1}, "model": "m"}
    fitted = brim.fit(given, budget=500)
    assert list(fitted.request) == list(given)  # type: ignore[call-overload]
    assert fitted.request["metadata"] is given["metadata"]  # type: ignore[index]
    assert fitted.request["messages"] == fitted.messages  # type: ignore[index]
    assert len(given["messages"]) == 81  # type: ignore[arg-type]


def test_nesting_has_an_end(brim: Brim) -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(MalformedRequest, match="nested"):
        brim.fit([{**user("a"), "x": deep}], model="m")
    with pytest.raises(MalformedRequest):
        brim.fit(msgspec.json.encode([{**user("a"), "x": deep}]), model="m")


def test_what_came_with_a_mark_in_front_is_read(brim: Brim) -> None:
    given = b"\xef\xbb\xbf" + request("list", *FILLER)
    out = brim.fit(given, model="m", budget=500).request
    assert isinstance(out, bytes)
    assert FILLER[-1] in out
