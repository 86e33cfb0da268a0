"""The strategy by itself: a task in, edits out. No model, no network, no Brim."""

from __future__ import annotations

import pytest

from brim.api import (
    CondenseTask,
    Conversation,
    Drop,
    Exchange,
    Level,
    Message,
    ModelProfile,
    Text,
    TrimDecision,
)
from brim_minimal import KeepRecent, Settings


def exchange(index: int, keep: bool = False) -> Exchange:
    return Exchange(index, (Message("user", (Text(f"message {index}"),)),), tokens=10, keep=keep)


def task(exchanges: list[Exchange], target: int) -> CondenseTask:
    return CondenseTask(
        conversation=Conversation("openai-chat", "model", (), (), (), tuple(exchanges)),
        tokens=10 * len(exchanges),
        target=target,
        limit=target,
        profile=ModelProfile("model"),
        decision=TrimDecision(True, Level.CRITICAL, target, target),
        count=lambda texts: [len(text) for text in texts],
    )


def dropped(strategy: KeepRecent, of: CondenseTask) -> tuple[int, ...]:
    condensation = strategy.condense(of)
    if condensation is None:
        return ()
    (edit,) = condensation.edits
    assert isinstance(edit, Drop)
    return edit.exchanges


def test_drops_the_oldest_and_no_more_than_needed() -> None:
    ten = [exchange(index) for index in range(10)]
    assert dropped(KeepRecent(Settings(exchanges=2)), task(ten, target=70)) == (0, 1, 2)


def test_never_drops_the_newest() -> None:
    ten = [exchange(index) for index in range(10)]
    assert dropped(KeepRecent(Settings(exchanges=8)), task(ten, target=0)) == (0, 1)


def test_leaves_what_is_kept() -> None:
    four = [exchange(index, keep=index == 1) for index in range(4)]
    assert dropped(KeepRecent(Settings(exchanges=1)), task(four, target=0)) == (0, 2)


@pytest.mark.parametrize("exchanges", [10, 50])
def test_passes_when_there_is_nothing_to_drop(exchanges: int) -> None:
    ten = [exchange(index) for index in range(10)]
    assert KeepRecent(Settings(exchanges)).condense(task(ten, target=0)) is None


def test_refuses_settings_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="exchanges"):
        Settings(exchanges=0)
