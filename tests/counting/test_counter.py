"""Formulas, one batch for everything, and the bound above."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brim.api import (
    Counts,
    Document,
    Image,
    Message,
    ModelProfile,
    Opaque,
    Overheads,
    Part,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from brim.defaults.models import BuiltinModels
from brim.defaults.tiktoken_counter import TiktokenCounter
from brim.road.tokens.counting import PAGE_TOKENS, Counter
from brim.road.tokens.memo import Memo
from brim.road.tokens.report_count import count_report
from brim.settings.schema import CountingSettings

PLAIN = ModelProfile("plain")


class Recorder:
    """Counts words and a half, and remembers every batch."""

    def __init__(self, margin: float = 0.0) -> None:
        self.batches: list[tuple[str, ...]] = []
        self.margin = margin

    def __call__(self, texts: Sequence[str], profile: ModelProfile) -> Counts:
        self.batches.append(tuple(texts))
        return Counts(tuple(len(text.split()) for text in texts), self.margin)


def exact(name: str) -> Counter:
    profile = BuiltinModels().provide_model(name)
    assert profile is not None
    plugin = TiktokenCounter()

    def count(texts: Sequence[str], profile: ModelProfile) -> Counts:
        counts = plugin.count_tokens(texts, profile)
        assert counts is not None
        return counts

    return Counter(count, profile, Memo())


def said(role: str, text: str, name: str = "") -> Message:
    return Message(role, (Text(text),), name=name)


JARGON = [
    said(
        "system",
        "You are a helpful, pattern-following assistant that translates corporate jargon into "
        "plain English.",
    ),
    said("system", "New synergies will help drive top-line growth.", "example_user"),
    said("system", "Things working well together will increase revenue.", "example_assistant"),
    said(
        "system",
        "Let's circle back when we have more bandwidth to touch base on opportunities for "
        "increased leverage.",
        "example_user",
    ),
    said(
        "system",
        "Let's talk later when we're less busy about how to do better.",
        "example_assistant",
    ),
    said(
        "user",
        "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    ),
]
WEATHER = [
    said("system", "You are a helpful assistant that can answer to questions about the weather."),
    said("user", "What's the weather like in San Francisco?"),
]
TOOL = Tool(
    "get_current_weather",
    "Get the current weather in a given location",
    '{"type": "object", "required": ["location"], "properties": {"location": {"type": "string",'
    '"description": "The city and state, e.g. San Francisco, CA"}, "unit": {"type": "string",'
    '"description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}}}',
)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("gpt-3.5-turbo", 129), ("gpt-4-0613", 129), ("gpt-4o", 124), ("gpt-4o-mini", 124)],
)
def test_messages_as_the_provider_reported_them(model: str, tokens: int) -> None:
    """The figures that the OpenAI cookbook shows as reported by the API."""
    report = count_report(exact(model), (), (), JARGON)
    assert (report.total, report.upper) == (tokens, tokens)


@pytest.mark.parametrize(
    ("model", "tokens"), [("gpt-3.5-turbo", 105), ("gpt-4", 105), ("gpt-4o", 101)]
)
def test_tools_as_the_provider_reported_them(model: str, tokens: int) -> None:
    assert count_report(exact(model), (), (TOOL,), WEATHER).total == tokens


def test_claude_examples_stay_below_the_bound() -> None:
    """The two examples of Anthropic's token counting page, 14 and 403 tokens."""
    counter = exact("claude-sonnet-4-5")
    system, hello = (Text("You are a scientist"),), [said("user", "Hello, Claude")]
    assert 14 <= count_report(counter, system, (), hello).upper <= 24
    tool = Tool(
        "get_weather",
        "Get the current weather in a given location",
        '{"type": "object", "properties": {"location": {"type": "string", "description": '
        '"The city and state, e.g. San Francisco, CA"}}, "required": ["location"]}',
    )
    assert 403 <= count_report(counter, (), (tool,), WEATHER[1:]).upper <= 450


def test_every_kind_of_part() -> None:
    overheads = Overheads(per_message=5, per_name=2, per_call=11)
    counter = Counter(Recorder(), ModelProfile("m", overheads=overheads), Memo())
    message = Message(
        "assistant",
        (
            Text("one two"),
            Thinking("three four five", size=9_000),
            ToolCall("call-1", "search", "{ a b }"),
            ToolResult("call-0", (Text("six"), Image("d", width=512, height=512), Opaque("o", 9))),
            Document("d", title="a title", text="some more text"),
            Document("d", media_type="application/pdf", size=1, pages=3),
            Document("d", media_type="application/pdf", size=60_000),
            Opaque("server_tool_use", 101),
        ),
        name="bot",
    )
    assert counter.parts(message.parts) == [
        2,
        3,
        1 + 4 + 11,
        1 + 255 + 5,
        2 + 3,
        3 * PAGE_TOKENS,
        3 * PAGE_TOKENS,
        51,
    ]
    assert counter.overhead(message) == 1 + 1 + 5 + 2
    assert counter.messages([message]) == [9 + sum(counter.parts(message.parts))]


def test_pictures_of_unknown_size_follow_the_settings() -> None:
    picture = Message("user", (Image("d", size=3_000),))
    costs = [
        Counter(Recorder(), PLAIN, Memo(), settings).parts(picture.parts)[0]
        for settings in (
            CountingSettings(dynamic_image_tokens=False),
            CountingSettings(dynamic_image_tokens=True),
            CountingSettings(dynamic_image_tokens=False, image_tokens=1_000),
        )
    ]
    assert costs == [85, 85 + 1_000, 1_000]


def test_one_batch_for_everything_and_each_text_once() -> None:
    recorder = Recorder()
    counter = Counter(recorder, PLAIN, Memo())
    messages = [said("user", "a b"), said("assistant", "c"), said("user", "a b", "bob")]
    first = counter.messages(messages)
    assert recorder.batches == [("user", "a b", "assistant", "c", "bob")]
    assert counter.messages([*messages, said("user", "d")])[:3] == first
    assert recorder.batches[1:] == [("d",)]
    counter.head((Text("s"),), (TOOL, TOOL))
    assert len(recorder.batches) == 3
    assert len(recorder.batches[2]) == len(set(recorder.batches[2]))
    assert counter.texts([]) == []


def test_head_adds_system_tools_and_reply() -> None:
    counter = Counter(Recorder(), PLAIN, Memo())
    assert counter.head((), ()) == 3
    assert counter.head((Text("a b"),), ()) == 3 + 3 + 1 + 2
    system, tools, reply = counter.head_parts((Text("a b"),), (TOOL,))
    assert (system, reply) == (6, 3)
    assert counter.head((Text("a b"),), (TOOL,)) == system + tools + reply


def test_margin_is_the_largest_used_and_outlives_the_counter() -> None:
    memo = Memo()
    counter = Counter(Recorder(margin=0.4), PLAIN, memo)
    assert counter.margin == 0.0
    counter.texts(["a"])
    assert counter.margin == 0.4
    later = Counter(Recorder(margin=0.1), PLAIN, memo)
    later.texts(["b"])
    assert later.margin == 0.1
    later.texts(["a", "b"])
    assert later.margin == 0.4


@given(
    st.integers(0, 10**9),
    st.floats(0, 2, allow_nan=False).map(lambda margin: round(margin, 6)),
)
def test_upper_is_a_tight_bound(value: int, margin: float) -> None:
    counter = Counter(Recorder(margin=margin), PLAIN, Memo())
    counter.texts(["a"])
    upper = counter.upper(value)
    assert upper >= value
    assert value * (1 + margin) - 1e-3 <= upper <= ceil(value * (1 + margin)) + 1
    if margin == 0:
        assert upper == value


def test_scales_do_not_share_counts() -> None:
    memo, recorder = Memo(), Recorder()
    for scale in (1.0, 1.18, 1.0):
        Counter(recorder, ModelProfile("m", scale=scale), memo).texts(["x"])
    assert recorder.batches == [("x",), ("x",)]


TEXTS = st.text("ab c", max_size=8)
PARTS: st.SearchStrategy[Part] = st.one_of(
    TEXTS.map(Text),
    TEXTS.map(Thinking),
    st.builds(ToolCall, TEXTS, TEXTS, TEXTS),
    st.builds(ToolResult, TEXTS, st.lists(TEXTS.map(Text), max_size=3).map(tuple)),
    st.builds(Opaque, TEXTS, st.integers(0, 99)),
)
MESSAGES = st.lists(
    st.builds(
        Message,
        st.sampled_from(["system", "user", "assistant", "tool"]),
        st.lists(PARTS, max_size=4).map(tuple),
        name=TEXTS,
    ),
    max_size=6,
)


@given(MESSAGES)
def test_sums_agree(messages: list[Message]) -> None:
    counter = Counter(Recorder(margin=0.07), PLAIN, Memo())
    for message in messages:
        parts = counter.parts(message.parts)
        assert counter.messages([message]) == [sum(parts) + counter.overhead(message)]
    report = count_report(counter, (Text("s"),), (TOOL,), messages, "words")
    assert report.total == sum(report.per_role.values())
    assert report.total == counter.head((Text("s"),), (TOOL,)) + sum(report.per_message)
    instructions = [m for m in messages if m.is_instruction]
    fixed = counter.head((Text("s"),), (TOOL,)) + sum(counter.messages(instructions))
    assert report.fixed == fixed
    assert report.upper == counter.upper(report.total) >= report.total
    assert report.method == "words"
    assert report.as_dict()["utilization"] == round(report.total / 8_192, 6)
