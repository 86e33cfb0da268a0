"""Fingerprints never change, and sizes are those of what a message brings along."""

from __future__ import annotations

import json

import pytest
from dialect_samples import (
    ANTHROPIC,
    OPENAI,
    RESPONSES,
    Json,
    assistant,
    calls,
    output,
    result,
    text,
    thinking,
    use,
    user,
)
from model_rule_cases import png

from brim.dialects.sizes import utf8, weight
from brim.dialects.walk import Walker
from brim.model.fingerprint import fingerprint
from brim.model.messages import Document, Image, Opaque, Part, Text, Thinking, ToolCall, ToolResult

MIXED = ToolResult("a", (Text("found"), Image("beef"), Document("cafe"), Opaque("x", 3, "f00d")))
DIGESTS: list[tuple[str, tuple[Part, ...], str, str]] = [
    ("user", (), "", "f86e6aa25f609356124716608e4579cd"),
    ("user", (Text("hi"),), "Ann", "98033988e202e38afc44537d6170f0c0"),
    (
        "assistant",
        (Thinking("hm", 3, "d"), Text("ok \ud800 é"), ToolCall("a", "look", '{"x":1}')),
        "",
        "fd2af7be2cc1dd3007960710fd57bc36",
    ),
    (
        "tool",
        (ToolResult("a", MIXED.content, is_error=True),),
        "",
        "3e22993b0912dfbc50fb75657e40c4f4",
    ),
    (
        "user",
        (Image("beef"), Document("cafe"), Opaque("audio", 3, "f00d"), ToolResult("b", ())),
        "",
        "d34c5b7847734ba4a6146302e3262e1c",
    ),
]


@pytest.mark.parametrize(("role", "parts", "name", "digest"), DIGESTS)
def test_fingerprints_are_the_same_in_every_version(
    role: str, parts: tuple[Part, ...], name: str, digest: str
) -> None:
    """Ledgers and sessions are found by them."""
    assert fingerprint(role, parts, name).hex() == digest


def test_pieces_cannot_run_into_each_other() -> None:
    assert fingerprint("user", [Text("ab"), Text("c")]) != fingerprint(
        "user", [Text("a"), Text("bc")]
    )
    assert fingerprint("user", [], "x") != fingerprint("userx", [])


@pytest.mark.parametrize(
    ("dialect", "message", "size"),
    [
        (ANTHROPIC, user("héllo"), 5),
        (ANTHROPIC, user(text("ab"), text("c")), 3),
        (ANTHROPIC, assistant(thinking("hm"), use("a", x=1)), len("hm" + "c2ln" + '{"x":1}')),
        (ANTHROPIC, user(result("a", [text("found"), png(9, 9)])), 5 + 32),
        (OPENAI, calls("a", "b"), 4),
        (RESPONSES, output("a", "found"), 5),
    ],
)
def test_sizes(dialect: Walker, message: Json, size: int) -> None:
    assert dialect.parse(message, 0).size == size


def test_a_size_is_never_more_than_the_json() -> None:
    message = user(text("é" * 50), result("a", [png(9, 9), text("found")]), png(10, 10))
    assert ANTHROPIC.parse(message, 0).size <= len(json.dumps(message, ensure_ascii=False))
    parts = ANTHROPIC.parse(message, 0).message.parts
    assert weight(parts, utf8) == weight(parts) + 50


def test_images_of_results_are_found() -> None:
    message = user(result("a", [text("found"), png(9, 8)]), png(7, 6))
    sizes = [(one.width, one.height) for one in ANTHROPIC.parse(message, 0).images]
    assert sizes == [(9, 8), (7, 6)]
    assert OPENAI.parse(user("hi"), 0).images == ()
