"""How much room context may take, and what becomes of it when there is none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from inject_parts import Source, assistant, block, chat, on, saying, user

from brim import BudgetInfeasible
from brim.api import InjectTask, Passage, Snippet, chosen
from brim.defaults.vocabulary import encoding
from brim.road.injection.snippets import FRAME, composed
from brim.testing.pytest_plugin import MakeBrim


def test_it_takes_its_share_and_no_more(brim: MakeBrim) -> None:
    app = brim(Source(lambda task: [Snippet("word " * 5_000, "s")] * 9), **on("source", share=0.2))
    fitted = app.fit(chat(30, size=60), model="gpt-4o", budget=4_000)
    injected = fitted.report.injected
    assert 600 < injected.tokens <= injected.room == (4_000 - 3) // 5
    assert fitted.report.after.upper <= 4_000
    assert "characters cut]" in block(fitted.messages[-1])


def test_a_condensation_leaves_room_for_it(brim: MakeBrim) -> None:
    plain = brim(**{**on(), "inject": []}).fit(chat(30, size=60), model="gpt-4o", budget=4_000)
    app = brim(saying(*(f"{i} " + "word " * 80 for i in range(9))), **on("source", share=0.1))
    fitted = app.fit(chat(30, size=60), model="gpt-4o", budget=4_000)
    assert fitted.report.condensed
    assert fitted.report.after.tokens <= fitted.report.decision.target
    assert len(fitted.messages) < len(plain.messages)
    assert fitted.report.injected.tokens > 300


def test_it_is_no_reason_to_condense(brim: MakeBrim) -> None:
    messages = chat(10, size=60)
    source = saying("word " * 300)
    app = brim(source, **on("source", share=0.5))
    size = app.count(messages, model="gpt-4o").total
    fitted = app.fit(messages, model="gpt-4o", budget=size + 100)
    assert not fitted.report.condensed
    assert 0 < fitted.report.injected.tokens <= fitted.report.injected.room == 100
    assert not app.fit(messages, model="gpt-4o", budget=size + 20, tenant="b").report.changed


def test_without_room_nobody_is_asked(brim: MakeBrim) -> None:
    source = saying("17 days")
    app = brim(source, **on("source"))
    messages = [user("how long?")]
    assert app.fit(messages, model="gpt-4o", budget=200).messages == messages
    assert source.seen == []


def test_it_is_taken_back_before_a_request_fails(brim: MakeBrim) -> None:
    """An agent's one turn outgrows the budget: its own calls cannot be cut, what was injected can
    go. It never comes back, and nothing is infeasible because of it."""
    app = brim(saying("word " * 150), **on("source", share=0.3))
    messages = [user("do it")]
    first = app.fit(messages, model="gpt-4o", budget=600)
    assert first.report.injected.tokens > 100
    arguments = '{"a": "' + "word " * 480 + '"}'
    call = {"id": "c1", "type": "function", "function": {"name": "run", "arguments": arguments}}
    messages += [{"role": "assistant", "content": None, "tool_calls": [call]}]
    messages += [{"role": "tool", "tool_call_id": "c1", "content": "done"}]
    second = app.fit(messages, model="gpt-4o", budget=600)
    assert second.report.degradation == "there was no room left for the context that was injected"
    assert second.messages[0] is messages[0]
    messages += [{"role": "assistant", "content": "x"}, user("go on")]
    third = app.fit(messages, model="gpt-4o", budget=600)
    assert third.report.after.upper <= 600
    assert not block(third.messages[0])
    with pytest.raises(BudgetInfeasible) as with_it:
        app.fit(messages[:3], model="gpt-4o", budget=300)
    with pytest.raises(BudgetInfeasible) as without:
        brim().fit(messages[:3], model="gpt-4o", budget=300)
    assert with_it.value.minimum == without.value.minimum


def test_nothing_is_injected_that_does_not_fit(brim: MakeBrim) -> None:
    def twice(task: InjectTask) -> list[Snippet]:
        assert task.budget > 0
        return [Snippet("a" * 100_000, "s"), Snippet("ok", "t")]

    app = brim(Source(twice), **on("source"))
    fitted = app.fit([user("hi"), assistant("yes"), user("so?")], model="gpt-4o", budget=2_000)
    assert fitted.report.after.upper <= 2_000
    assert "> ok\n" in block(fitted.messages[-1])


def tokens(texts: Sequence[str]) -> list[int]:
    return [len(encoding("o200k_base").encode_ordinary(text)) for text in texts]


def test_a_block_fills_its_room() -> None:
    facts = [f"The code of door number {i} is {1_000 + i}." for i in range(40)]
    snippets = [Snippet(fact, f"exchange {i}", 1.0) for i, fact in enumerate(facts)]
    (size,) = tokens([composed(snippets, 10_000, tokens)[0]])
    assert composed(snippets, size, tokens)[1] == snippets
    text, fitting = composed(snippets, size - 1, tokens)
    assert len(fitting) == len(snippets) - 1
    assert tokens([text])[0] < size


def test_what_is_chosen_for_a_room_fits_it() -> None:
    texts = [f"user: line {i}\n" + "and more\n" * (i % 7) + "so." for i in range(90)]
    found = [Passage("", i, text, "exchange", i + 1) for i, text in enumerate(texts)]
    there = {one.key: one for one in found}
    for room in range(200, 1_200, 90):
        runs = chosen({key: 1.0 + key[1] % 11 for key in there}, there, room - FRAME, tokens)
        snippets = [Snippet(run.text, run.source, run.score) for run in runs]
        text, fitting = composed(snippets, room, tokens)
        assert fitting == snippets
        assert 0.9 * room - 20 < tokens([text])[0] <= room
