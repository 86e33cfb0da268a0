"""The largest texts of an exchange give most."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from brim.api import Exchange, Image, Message, Rewrite, Text, Thinking, ToolCall, ToolResult
from brim.defaults.shortening import shortened


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def words(number: int) -> str:
    return " ".join(["word"] * number)


def exchange(*messages: Message) -> Exchange:
    texts = []
    for message in messages:
        for part in message.parts:
            texts.append(
                part.arguments if isinstance(part, ToolCall) else getattr(part, "text", "")
            )
    return Exchange(7, messages, sum(count(texts)))


def results(*sizes: int) -> Message:
    return Message(
        "tool", tuple(ToolResult(str(i), (Text(words(n)),)) for i, n in enumerate(sizes))
    )


def spots(found: Sequence[Rewrite]) -> list[tuple[int, int, tuple[str | int, ...]]]:
    return [(one.message, one.part, one.path) for one in found]


def test_the_largest_are_cut_to_the_same_size_and_the_rest_stays() -> None:
    found = shortened(exchange(results(500, 80, 1_000)), 400, count)
    assert spots(found) == [(0, 0, (0,)), (0, 2, (0,))]
    sizes = count([one.text for one in found])
    assert sum(sizes) + 80 <= 400
    assert all(120 < size < 165 for size in sizes)
    assert {one.exchange for one in found} == {7}


def test_where_it_cannot_be_nothing_is_cut() -> None:
    assert shortened(exchange(results(500, 500)), 100, count) == ()
    assert shortened(exchange(results(30, 30)), 10, count) == ()
    assert shortened(exchange(), 10, count) == ()


def test_what_fits_stays() -> None:
    assert shortened(exchange(results(100, 100)), 300, count) == ()


def test_texts_and_long_arguments_are_cut_but_only_results_where_told() -> None:
    arguments = json.dumps({"path": "a", "rows": [words(10), {"text": words(600)}]})
    said = Message(
        "assistant", (Thinking(words(300)), Text(words(300)), ToolCall("0", "f", arguments))
    )
    both = exchange(said, results(300))
    found = shortened(both, both.tokens - 600, count)
    assert spots(found) == [(0, 1, ()), (0, 2, ("rows", 1, "text")), (1, 0, (0,))]
    assert spots(shortened(both, both.tokens - 100, count, results_only=True)) == [(1, 0, (0,))]
    assert shortened(both, both.tokens - 600, count, results_only=True) == ()


def test_thinking_goes_first_where_it_may() -> None:
    said = Message("assistant", (Thinking(words(300)), Text(words(300)), Thinking(words(50))))
    alone = Message("assistant", (Thinking(words(100)),))
    one = exchange(said, alone)
    enough = shortened(one, one.tokens - 340, count, silently=True)
    assert [(edit.message, edit.part, edit.text) for edit in enough] == [(0, 0, "")]
    more = shortened(one, one.tokens - 400, count, silently=True)
    assert spots(more) == [(0, 0, ()), (0, 1, ())]
    assert shortened(one, one.tokens - 400, count) == ()


@pytest.mark.parametrize("size", [150, 200])
def test_short_arguments_stay_whole(size: int) -> None:
    call = Message("assistant", (ToolCall("0", "f", json.dumps({"t": words(size)})),))
    assert shortened(exchange(call, results(300)), 250, count)[:-1] == ()


@pytest.mark.parametrize(
    "arguments", ["{", "[" * 5_000, f'"{words(500)}"', f"no json {words(500)}"]
)
def test_arguments_without_strings_to_cut_stay(arguments: str) -> None:
    call = Message("assistant", (ToolCall("0", "f", arguments),))
    assert shortened(exchange(call), 100, count) == ()


def test_pictures_inside_of_a_result_are_passed_over() -> None:
    result = ToolResult("1", (Image("d"), Text(words(400)), Text(words(20)), Text(words(400))))
    found = shortened(exchange(Message("tool", (result,))), 400, count)
    assert spots(found) == [(0, 0, (1,)), (0, 0, (3,))]
    assert sum(count([one.text for one in found])) + 20 <= 400
