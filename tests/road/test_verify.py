"""The last look: which rules the outgoing request breaks that the incoming one did not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import define, field

from brim.dialects.base import Envelope, Parsed
from brim.dialects.openai_chat import OpenAIChat
from brim.model.profiles import ModelProfile
from brim.road.condensing.verify import added_violations

DIALECT = OpenAIChat()
PROFILE = ModelProfile("m")


def parsed(messages: Sequence[dict[str, object]]) -> list[Parsed]:
    return [DIALECT.parse(message, at) for at, message in enumerate(messages)]


def call(name: str) -> dict[str, object]:
    function = {"name": "read", "arguments": "{}"}
    calls = [{"id": name, "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(name: str) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": name, "content": "x"}


HI: dict[str, object] = {"role": "user", "content": "hi"}
WHOLE = (HI, call("a"), result("a"), call("b"), result("b"), HI)


@define
class Before:
    messages: tuple[dict[str, object], ...]
    asked: int = field(default=0, init=False)

    def __call__(self) -> list[Parsed]:
        self.asked += 1
        return parsed(self.messages)


def added(
    before: Sequence[dict[str, object]], after: Sequence[dict[str, object]]
) -> tuple[set[str], int]:
    """The subjects of what was added, and how often the incoming request was looked at."""
    given = Before(tuple(before))
    found = added_violations(DIALECT, Envelope(), PROFILE, given, parsed(after))
    return {violation.subject for violation in found}, given.asked


def test_what_breaks_nothing_needs_no_comparison() -> None:
    assert added(WHOLE, WHOLE[:3]) == (set(), 0)


@pytest.mark.parametrize(("gone", "subjects"), [(2, {"a"}), (4, {"b"})])
def test_a_call_that_lost_its_result(gone: int, subjects: set[str]) -> None:
    after = [message for at, message in enumerate(WHOLE) if at != gone]
    found, asked = added(WHOLE, after)
    assert (found, asked) == (subjects, 1)


def test_what_was_broken_before_is_not_added() -> None:
    broken = (HI, call("a"), call("b"), result("b"), HI)
    assert added(broken, broken[1:]) == (set(), 1)


def test_only_what_is_new_is_told() -> None:
    broken = (HI, call("a"), call("b"), result("b"), HI)
    found, _ = added(broken, (HI, call("a"), call("b"), HI))
    assert found == {"b"}
