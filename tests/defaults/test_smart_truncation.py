"""Smart truncation: what goes, what is shortened, what is said about it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from brim.api import (
    Condensation,
    CondenseTask,
    Conversation,
    Drop,
    Exchange,
    Level,
    Message,
    ModelProfile,
    Replace,
    Rewrite,
    Text,
    ToolCall,
    ToolResult,
    TrimDecision,
)
from brim.defaults.smart_truncation import condense
from brim.texts import left_out, wrap_note


def count(texts: Sequence[str]) -> list[int]:
    """One token a word."""
    return [len(text.split()) for text in texts]


def said(index: int, tokens: int, *, keep: bool = False, newest: bool = False) -> Exchange:
    words = " ".join(["word"] * (tokens - 4))
    message = Message("user" if index % 2 == 0 else "assistant", (Text(words),))
    return Exchange(index, (message,), tokens, keep=keep, newest=newest)


def looked(index: int, tokens: int, *, newest: bool = False) -> Exchange:
    result = ToolResult("1", (Text(" ".join(["row"] * (tokens - 10))),))
    messages = (
        Message("assistant", (ToolCall("1", "look", "{}"),)),
        Message("tool", (result,)),
    )
    return Exchange(index, messages, tokens, newest=newest)


def noted(index: int, body: str) -> Exchange:
    message = Message("user", (Text(wrap_note(body)),), note=True)
    return Exchange(index, (message,), 12, note=True)


def task(exchanges: Sequence[Exchange], target: int, limit: int, *, head: int = 0) -> CondenseTask:
    tokens = head + sum(one.tokens for one in exchanges)
    return CondenseTask(
        conversation=Conversation("d", "m", (), (), (), tuple(exchanges)),
        tokens=tokens,
        target=target,
        limit=limit,
        profile=ModelProfile("m"),
        decision=TrimDecision(True, Level.WARNING, target, limit),
        count=count,
    )


def edits(given: CondenseTask) -> tuple[object, ...]:
    found = condense(given)
    return () if found is None else found.edits


def talk(number: int, tokens: int = 20) -> list[Exchange]:
    return [said(i, tokens, newest=i == number - 1) for i in range(number)]


def test_under_the_target_it_passes() -> None:
    assert condense(task(talk(5), 100, 200)) is None


def test_the_oldest_go_and_one_note_says_how_many() -> None:
    assert edits(task(talk(10), 100, 150)) == (Replace((0, 1, 2, 3, 4), left_out(5)),)


def test_what_is_kept_divides_the_notes() -> None:
    exchanges = talk(10)
    exchanges[2] = said(2, 20, keep=True)
    assert edits(task(exchanges, 100, 150)) == (
        Replace((0, 1), left_out(2)),
        Replace((3, 4, 5), left_out(3)),
    )


def test_without_room_for_a_note_there_is_none() -> None:
    assert edits(task(talk(10), 100, 100)) == (Drop((0, 1, 2, 3, 4)),)


def test_an_earlier_note_of_its_own_is_taken_in() -> None:
    exchanges = [noted(0, left_out(1_200)), *(said(i, 20, newest=i == 9) for i in range(1, 10))]
    assert edits(task(exchanges, 112, 150)) == (Replace((0, 1, 2, 3, 4), left_out(1_204)),)


@pytest.mark.parametrize("body", ["a summary", ", earlier messages left out", "9" * 5_000])
def test_a_note_of_another_strategy_stays_while_there_is_room(body: str) -> None:
    exchanges = [noted(0, body), *(said(i, 20, newest=i == 9) for i in range(1, 10))]
    (edit,) = edits(task(exchanges, 112, 150))
    assert edit == Replace((1, 2, 3, 4), left_out(4))


def test_a_note_of_another_strategy_goes_before_the_limit_is_broken() -> None:
    exchanges = [noted(0, "a summary"), said(1, 90, keep=True), said(2, 20, newest=True)]
    assert edits(task(exchanges, 60, 115)) == (Drop((0,)),)


def test_the_newest_result_gives_half_before_a_note_of_another_goes() -> None:
    exchanges = [noted(0, "a summary"), said(1, 50, keep=True), looked(2, 500, newest=True)]
    for limit, gone in [(350, False), (300, True)]:
        found = edits(task(exchanges, 200, limit))
        assert (Drop((0,)) in found) is gone
        (rewrite,) = (one for one in found if isinstance(one, Rewrite))
        assert rewrite.exchange == 2
        assert 12 * (not gone) + 50 + 10 + count([rewrite.text])[0] <= limit


def test_notes_of_others_go_oldest_first_and_no_more_of_them_than_must() -> None:
    exchanges = [*(noted(i, f"summary {i}") for i in range(5)), looked(5, 400, newest=True)]
    for limit, gone in [(459, 0), (260, 0), (259, 1), (248, 1), (247, 2), (212, 4), (150, 5)]:
        found = edits(task(exchanges, 50, limit))
        assert [one for one in found if isinstance(one, Drop)] == [Drop((i,)) for i in range(gone)]


def test_the_one_at_the_border_is_shortened_where_much_room_is_left() -> None:
    exchanges = [said(0, 50), looked(1, 500), said(2, 20, newest=True)]
    rewrite, note = edits(task(exchanges, 300, 350))
    assert isinstance(rewrite, Rewrite)
    assert (rewrite.exchange, rewrite.message, rewrite.part, rewrite.path) == (1, 1, 0, (0,))
    assert 200 < count([rewrite.text])[0] < 280
    assert note == Replace((0,), left_out(1))


def test_the_newest_result_is_cut_last() -> None:
    exchanges = [said(0, 50), said(1, 50, keep=True), looked(2, 500, newest=True)]
    given = task(exchanges, 200, 300)
    rewrite, drop = edits(given)
    assert isinstance(rewrite, Rewrite)
    assert rewrite.exchange == 2
    left = given.tokens - 50 - (490 - count([rewrite.text])[0])
    assert left <= 300
    assert drop == Drop((0,))


def test_nothing_can_be_done_about_what_must_stay() -> None:
    exchanges = [said(0, 300, keep=True), said(1, 20, newest=True)]
    assert condense(task(exchanges, 100, 150)) is None


def test_a_low_target_is_met_although_there_is_room() -> None:
    (edit,) = edits(task(talk(40), 100, 10_000))
    assert edit == Replace(tuple(range(35)), left_out(35))


def test_a_large_exchange_is_kept_rather_than_leaving_half_of_the_limit_empty() -> None:
    exchanges = [said(0, 400), said(1, 850), said(2, 40, newest=True)]
    assert edits(task(exchanges, 600, 1_000)) == (Replace((0,), left_out(1)),)
    assert edits(task(exchanges, 400, 1_000))[-1] == Replace((0,), left_out(1))


@pytest.mark.parametrize("target", range(60, 390, 13))
def test_the_result_is_within_the_limit(target: int) -> None:
    """Tokens of what is left, as the edits say it."""
    exchanges = [
        said(0, 40),
        noted(1, left_out(3)),
        looked(2, 120),
        said(3, 30, keep=True),
        said(4, 70),
        looked(5, 90),
        looked(6, 30, newest=True),
    ]
    given = task(exchanges, target, target + 10)
    found = condense(given)
    assert found is not None
    assert after(given, found) <= target + 10


def after(given: CondenseTask, found: Condensation) -> int:
    tokens = given.tokens
    for edit in found.edits:
        if isinstance(edit, Rewrite):
            part = (
                given.conversation.exchanges[edit.exchange].messages[edit.message].parts[edit.part]
            )
            old = part.text if isinstance(part, Text | ToolResult) else ""
            tokens += count([edit.text])[0] - count([old])[0]
            continue
        tokens -= sum(given.conversation.exchanges[i].tokens for i in edit.exchanges)
        if isinstance(edit, Replace):
            tokens += count([edit.note])[0] + given.note_overhead
    return tokens
