"""Random valid conversations: LangChain's answer where an independent judge finds it whole."""

from __future__ import annotations

import pytest
from attrs import evolve
from langchain_core.messages import (
    BaseMessage,
    HumanMessage,
    ToolMessage,
    convert_to_messages,
    convert_to_openai_messages,
)
from langchain_core.messages import trim_messages as original
from langchain_core.messages.utils import count_tokens_approximately

from brim import Brim, BudgetInfeasible
from brim.testing.case import Case
from brim.testing.conversations import Options, seeded
from brim.testing.provider_rules import broken_rules
from brim_langchain import trim_messages

OPTIONS = Options(messages=16, media=False, surrogates=False)


def conversation(seed: int) -> tuple[Case, list[BaseMessage]] | None:
    """None where LangChain has no words for it."""
    case = seeded(f"langchain {seed}", "openai-chat", OPTIONS)
    try:
        return case, convert_to_messages([{"content": "", **one} for one in case.messages])
    except (NotImplementedError, TypeError, ValueError):
        return None


def faults(case: Case, messages: list[BaseMessage]) -> set[tuple[int, str]]:
    """What a judge that knows nothing of this code finds."""
    wires = convert_to_openai_messages(messages)
    request = {**case.request, "messages": [{"content": "", **one} for one in wires]}
    return broken_rules(evolve(case, request=request))


def is_whole(case: Case, found: list[BaseMessage], given: list[BaseMessage]) -> bool:
    """Valid, with a person's last words, and with the last message."""
    return found[-1:] == given[-1:] and is_valid(case, found, given)


def is_valid(case: Case, found: list[BaseMessage], given: list[BaseMessage]) -> bool:
    spoken = [one for one in given if isinstance(one, HumanMessage)][-1:]
    return all(one in found for one in spoken) and faults(case, found) <= faults(case, given)


def ends_alike(found: BaseMessage, given: BaseMessage) -> bool:
    """The same last message, or the same tool's result, shortened."""
    pair = (found, given)
    results = [one.tool_call_id for one in pair if isinstance(one, ToolMessage)]
    return found == given or (len(results) == 2 and results[0] == results[1])


def share(seeds: range, app: Brim) -> dict[str, int]:
    counts = {"theirs": 0, "ours": 0, "infeasible": 0}
    for case, given in filter(None, map(conversation, seeds)):
        part = 10 + 7 * (sum(counts.values()) % 12)
        most = max(count_tokens_approximately(given) * part // 100, 1)
        asked = {"max_tokens": most, "token_counter": "approximate", "include_system": True}
        theirs = original(given, **asked)  # type: ignore[arg-type]
        try:
            found = trim_messages(given, **asked, brim=app)  # type: ignore[arg-type]
        except BudgetInfeasible as refusal:
            assert not is_whole(case, theirs, given) or count_tokens_approximately(theirs) > most
            least = refusal.minimum
            assert least > most
            counts["infeasible"] += 1
            continue
        assert count_tokens_approximately(found) <= most
        assert is_valid(case, found, given)
        assert ends_alike(found[-1], given[-1])
        if is_whole(case, theirs, given) and count_tokens_approximately(theirs) <= most:
            assert found == theirs
            counts["theirs"] += 1
        else:
            counts["ours"] += 1
    return counts


@pytest.mark.parametrize("part", range(4))
def test_random_conversations(app: Brim, part: int) -> None:
    counts = share(range(part * 40, part * 40 + 40), app)
    assert counts["theirs"] > 5
    assert counts["ours"] > 2
