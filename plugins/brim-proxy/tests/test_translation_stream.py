"""Streams of Chat Completions, cut and interleaved at random, as streams of Messages.

The judges are Anthropic's grammar, the SDK's own reader, and the translation of the same answer
when it comes whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from translated import exchange, judged, parsed, read

from brim_proxy.translation.anthropic_openai import sse
from brim_proxy.translation.anthropic_openai.events import ChatEvents
from brim_proxy.translation.anthropic_openai.sse import COMMENT, EventReader, TooLong

EXAMPLES = int(os.environ.get("BRIM_FUZZ_EXAMPLES", "60"))
often = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Said:
    """What a model says: its thoughts, its words, its calls, why it ends, what it used."""

    thought: str = ""
    text: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    finish: str = "stop"
    usage: dict | None = None

    def whole(self) -> bytes:
        calls = [
            {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": args}}
            for at, (name, args) in enumerate(self.calls)
        ]
        message = {"role": "assistant", "content": self.text or None, "tool_calls": calls or None}
        message["reasoning_content"] = self.thought
        choice = {"index": 0, "message": message, "finish_reason": self.finish}
        return json.dumps({"id": "c1", "choices": [choice], "usage": self.usage}).encode()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, values, max_size=3)
arguments = st.builds(
    lambda value, escaped, indent: json.dumps(value, ensure_ascii=escaped, indent=indent),
    objects,
    st.booleans(),
    st.sampled_from([None, 1]),
)
numbers = st.integers(0, 10**6)
usages = st.none() | st.builds(
    lambda prompt, cached, out: {
        "prompt_tokens": prompt + cached,
        "completion_tokens": out,
        "prompt_tokens_details": {"cached_tokens": cached},
    },
    numbers,
    numbers,
    numbers,
)
said = st.builds(
    Said,
    texts,
    texts,
    st.lists(st.tuples(st.sampled_from(["look", "write"]), arguments | st.just("")), max_size=4),
    st.sampled_from(["stop", "length", "tool_calls", "content_filter", "function_call", "odd"]),
    usages,
)


def cut(draw, value, most: int = 6) -> list:
    """The same in pieces."""
    at = sorted(draw(st.lists(st.integers(0, len(value)), max_size=most)))
    return [value[a:b] for a, b in zip([0, *at], [*at, len(value)], strict=True)]


def call_deltas(draw, at: int, name: str, args: str) -> list[dict]:
    pieces = cut(draw, args)
    first = {"index": at, "id": f"call_{at}", "type": "function"}
    together = draw(st.booleans())
    head = {"name": name, "arguments": pieces[0] if together else draw(st.sampled_from(["", None]))}
    rest = [{"index": at, "function": {"arguments": one}} for one in pieces[together:]]
    if draw(st.booleans()):  # some servers say the name again and again
        rest = [{**one, "function": {**one["function"], "name": name}} for one in rest]
    return [{"tool_calls": [{**first, "function": head}]}, *({"tool_calls": [one]} for one in rest)]


def riffled(draw, queues: list[list]) -> Iterator:
    """All of them, each in its order, but for the beginnings: those are in order, too."""
    queues = [queue for queue in queues if queue]
    begun = 0
    while ready := [at for at, queue in enumerate(queues[: begun + 1]) if queue]:
        at = draw(st.sampled_from(ready))
        begun = max(begun, at + 1)
        yield queues[at].pop(0)


def framed(draw, deltas: list[dict], model: Said, done: bool = True) -> bytes:
    """The bytes of a stream with these deltas."""
    ends = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    space = draw(st.sampled_from([b"", b" "]))
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": model.finish})
    chunks = [{"id": "c1", "choices": [one]} for one in choices]
    if model.usage is not None:
        chunks += [{"id": "c1", "choices": [], "usage": model.usage}]
    lines = [b"data:" + space + json.dumps(one).encode() for one in chunks]
    lines += [b"data: [DONE]"] * done
    for at in draw(st.lists(st.integers(0, len(lines)), max_size=2)):
        lines.insert(at, b": keep-alive")
    return b"".join(line + ends * 2 for line in lines)


def without_ids(written: bytes) -> bytes:
    """Without those that had to be made up."""
    return re.sub(rb"[0-9a-f]{32}", b"", written)


def fed(draw, stream: bytes, *, whole: bool = True) -> bytes:
    """What comes out, cut anywhere, which is the same as what comes out at once."""
    events = exchange().events()
    out = b"".join(events.feed(piece) for piece in cut(draw, stream, 12)) + events.end(whole)
    assert events.complete == out.endswith(b'{"type":"message_stop"}\n\n')
    at_once = exchange().events()
    assert without_ids(at_once.feed(stream) + at_once.end(whole)) == without_ids(out)
    return out


def same_texts(message: dict) -> dict:
    """The message with all of its texts in one place."""
    content = message["content"]
    text = "".join(block["text"] for block in content if block["type"] == "text")
    rest = [block for block in content if block["type"] != "text"]
    return {**message, "content": [text, *rest]}


@often
@given(said, st.data())
def test_a_stream_is_the_same_message(model: Said, data):
    draw = data.draw
    deltas = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": one} for one in cut(draw, model.thought)]
    spoken = [{"content": one} for one in cut(draw, model.text)]
    calls = [call_deltas(draw, at, *call) for at, call in enumerate(model.calls)]
    in_order = draw(st.booleans())
    if in_order:
        deltas += [*spoken, *riffled(draw, calls)]
    else:
        calls.insert(draw(st.integers(0, len(calls))), spoken)
        deltas += riffled(draw, calls)
    stream = fed(draw, framed(draw, deltas, model, done=draw(st.booleans())))
    assert judged(stream) == "message_stop"
    plain = exchange(stream=False).answer(200, model.whole())
    expected, found = read(plain.body, stream=False), read(stream)
    if in_order:
        assert found == expected
    assert same_texts(found) == same_texts(expected)
    again = exchange().answer(200, model.whole())
    assert read(again.body) == expected


@often
@given(said, st.data())
def test_a_stream_that_breaks_off(model: Said, data):
    draw = data.draw
    deltas = [{"content": one} for one in cut(draw, model.text)]
    calls = [call_deltas(draw, at, *call) for at, call in enumerate(model.calls)]
    stream = framed(draw, [*deltas, *riffled(draw, calls)], model)
    stream = stream[: draw(st.integers(0, len(stream)))]
    assert judged(fed(draw, stream, whole=draw(st.booleans()))) in {"error", "message_stop"}


odd = st.none() | st.booleans() | st.integers() | texts | st.just([]) | st.just({})
calls = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(0, 3) | st.none(),
        "id": texts | st.none(),
        "function": st.fixed_dictionaries(
            {}, optional={"name": texts | st.none(), "arguments": odd}
        ),
    },
)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "content": odd,
        "refusal": texts | st.none(),
        "reasoning": odd,
        "tool_calls": st.lists(calls, max_size=3) | st.none(),
    },
)
choices = st.fixed_dictionaries(
    {"delta": deltas},
    optional={"index": st.integers(0, 1), "finish_reason": st.sampled_from(["stop", "", None])},
)
chunks = st.fixed_dictionaries({}, optional={"choices": st.lists(choices), "error": odd, "id": odd})


@often
@given(
    st.lists(st.one_of(chunks, chunks, chunks, odd, st.just("[DONE]")), max_size=12),
    st.binary(max_size=20),
    st.data(),
)
def test_whatever_comes_what_is_written_is_well_formed(found, garbage: bytes, data):
    draw = data.draw
    lines = [
        b"data: " + (b"[DONE]" if one == "[DONE]" else json.dumps(one).encode()) for one in found
    ]
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), b"data: " + garbage)
    stream = b"".join(line + b"\n\n" for line in lines)
    assert judged(fed(draw, stream, whole=draw(st.booleans()))) in {"error", "message_stop"}


def event(**delta: object) -> bytes:
    return b"data: " + json.dumps({"id": "c", "choices": [{"delta": delta}]}).encode() + b"\n\n"


def kinds(written: bytes) -> list[str]:
    return [one["type"].removeprefix("content_block_") for one in parsed(written)]


def test_a_second_call_is_streamed_as_soon_as_the_first_is_whole():
    events: ChatEvents = exchange().events()

    def piece(at: int, args: str, **head: object) -> list[str]:
        return kinds(
            events.feed(event(tool_calls=[{"index": at, "function": {"arguments": args, **head}}]))
        )

    assert piece(0, '{"a"', name="look") == ["message_start", "ping", "start", "delta"]
    assert piece(1, '{"b"', name="look") == []
    assert piece(0, ": 1}") == ["delta", "stop", "start", "delta"]
    assert piece(1, ": 2}") == ["delta"]


@pytest.mark.parametrize("index", [{"index": 0}, {"index": None}, {}])
def test_calls_without_an_index_of_their_own(index):
    events = exchange().events()
    heads = [{"name": "look", "arguments": '{"n": 1}'}, {"name": "look", "arguments": '{"n": 2}'}]
    calls = [{**index, "id": f"c{n}", "function": head} for n, head in enumerate(heads)]
    written = b"".join(events.feed(event(tool_calls=[call])) for call in calls)
    found = read(written + events.feed(b"data: [DONE]\n\n"))["content"]
    assert [(one["id"], one["input"]) for one in found] == [("c0", {"n": 1}), ("c1", {"n": 2})]


def test_the_first_choice_and_the_last_usage_count():
    events, said = exchange().events(), b""
    for n, word in enumerate("abc"):
        choices = [{"index": 1, "delta": {"content": "x"}, "finish_reason": "length"}]
        choices += [
            {"index": 0, "delta": {"content": word}, "finish_reason": "stop" if n else None}
        ]
        usage = {"prompt_tokens": 9, "completion_tokens": n}
        body = {"id": "c", "choices": choices, "usage": usage}
        said += events.feed(b"data: " + json.dumps(body).encode() + b"\n\n")
    written = parsed(said + events.end(whole=True))
    texts = [one["delta"]["text"] for one in written if one["type"] == "content_block_delta"]
    assert texts == ["a", "b", "c"]
    (end,) = [one for one in written if one["type"] == "message_delta"]
    assert end["delta"]["stop_reason"] == "end_turn"
    assert (end["usage"]["input_tokens"], end["usage"]["output_tokens"]) == (9, 2)


def test_words_are_streamed_at_once_and_comments_are_pings():
    events = exchange().events()
    assert events.feed(b": waiting\n\n") == b""
    assert kinds(events.feed(event(content="a"))) == ["message_start", "ping", "start", "delta"]
    assert kinds(events.feed(b": waiting\n\n")) == ["ping"]
    assert kinds(events.feed(event(content="b"))) == ["delta"]


def test_arguments_that_are_no_json_come_as_the_model_wrote_them():
    events = exchange().events()
    call = {"index": 0, "id": "c", "function": {"name": "look", "arguments": "{'a': 1"}}
    written = events.feed(event(tool_calls=[call])) + events.feed(b"data: [DONE]\n\n")
    assert judged(written) == "message_stop"
    (delta,) = [one["delta"] for one in parsed(written) if one["type"] == "content_block_delta"]
    assert delta["partial_json"] == "{'a': 1"
    with pytest.raises(ValueError, match="Unable to parse tool parameter JSON"):
        read(written)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_lines_of_an_event_stay_together_wherever_it_is_cut(end):
    lines = [b"event: a", b"data: 1", b"data:2", b"", b": 3", b"id: 4", b"data:  5", b"", b""]
    stream = end.join(lines)
    for at in range(len(stream)):
        for size in (1, 2, len(stream)):
            reader = EventReader()
            found = reader.feed(stream[:at]) + reader.feed(b"")
            for start in range(at, len(stream), size):
                found += reader.feed(stream[start : start + size])
            assert found + reader.end() == [b"1\n2", COMMENT, b" 5"]


def test_an_event_without_end_is_an_error():
    events = exchange().events()
    piece = b"data: " + b"x" * 2**20
    written = b"".join(events.feed(piece) for _ in range(20))
    assert judged(written) == "error"


@pytest.mark.parametrize("piece", [b"x", b"data:\n", b"data: x\n", b"event: x\ndata: y\n"])
def test_an_event_without_end_is_given_up(piece, monkeypatch):
    monkeypatch.setattr(sse, "LONGEST", 1_000)
    reader = EventReader()
    with pytest.raises(TooLong):
        [reader.feed(piece) for _ in range(1_001)]
    answer = ChatEvents(exchange().style, 0)
    written = b"".join(answer.feed(piece) for _ in range(1_001))
    assert judged(written) == "error"


def test_many_events_are_not_too_long(monkeypatch):
    monkeypatch.setattr(sse, "LONGEST", 100)
    reader = EventReader()
    found = [data for _ in range(1_000) for data in reader.feed(b"data: x\n\n")]
    assert found == [b"x"] * 1_000
