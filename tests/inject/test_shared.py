"""Injections on the cache tiers, after restarts, and in the chat loop."""

from __future__ import annotations

from typing import Any

import pytest
from inject_parts import Source, assistant, block, on, saying, user

from brim.api import Snippet
from brim.chat import ChatLoop
from brim.road.injection.injections import Injections
from brim.testing.case import Case
from brim.testing.draw import Seeded
from brim.testing.fakes import FakeClock, ScriptedModel
from brim.testing.guarantees import Broken, without_context
from brim.testing.pytest_plugin import MakeBrim
from brim.testing.trials import Lab, draw_trial, judge


def test_another_process_sends_the_same(
    brim: MakeBrim, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("BRIM_CACHE_KEY", "k" * 32)
    monkeypatch.setattr("brim.store.patience.PATIENCE", 60.0)  # however busy the machine is
    monkeypatch.setattr("brim.store.health.LATE", 60.0)
    number = iter(range(9))
    tier = {
        "caches": ["disk-cache"],
        "plugin": {"disk-cache": {"path": str(tmp_path / "c.sqlite")}},
    }
    source = Source(lambda task: [Snippet(f"finding {next(number)}", "s")])
    made = [brim(source, **on("source"), **tier) for _ in range(2)]
    messages = [user("how long?")]
    first = made[0].fit(messages, model="gpt-4o")
    assert made[1].fit(messages, model="gpt-4o").messages == first.messages
    messages += [assistant("17"), {"role": "user", "content": "sure? \ud800"}]
    second = made[1].fit(messages, model="gpt-4o")
    assert second.messages[:1] == first.messages
    assert made[0].fit(messages, model="gpt-4o").messages == second.messages
    assert made[0].fit(messages, model="gpt-4o", tenant="b").messages != second.messages
    assert next(number) == 3


def test_the_chat_loop_injects(brim: MakeBrim) -> None:
    model = ScriptedModel(["17 days", "yes"])
    app = brim(model, saying("the deadline is 17 days"), **on("source"))
    loop = ChatLoop(app, model="gpt-4o")
    loop.run_iteration("how long?")
    reply = loop.run_iteration("really?")
    said = [pair[1] for pair in model.asks[-1].prompt]
    assert "> the deadline is 17 days" in said[0]
    assert said[2] == "really?"
    assert reply.report.injected.earlier == 1
    assert loop.messages[0] == {"role": "user", "content": "how long?"}


def test_injections_are_bounded_and_expire() -> None:
    clock = FakeClock()
    known = Injections(1_000, 60.0, clock)
    assert known.put(b"a", "x") == "x"
    assert known.put(b"a", "y") == "x"
    clock.advance(50)
    assert known.get(b"a") == "x"
    clock.advance(50)
    assert known.get(b"a") == "x"
    clock.advance(61)
    assert known.get(b"a") is None
    for i in range(9):
        known.put(b"%d" % i, "z" * 100)
    assert known.held <= 1_000
    assert known.get(b"0") is None
    assert known.get(b"8") == "z" * 100
    known.adopt(b"8", "new")
    assert known.get(b"8") == "new"


def test_all_laws_hold_with_injection() -> None:
    lab = Lab()
    for seed in range(60):
        judge(draw_trial(Seeded(f"injected {seed}"), lab, "inject"), lab, f"injected {seed}")
    lab.close()


CONTEXT = "<brim-context>\nx\n</brim-context>"


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": CONTEXT}],
        [{"type": "text", "text": CONTEXT}, {"type": "text", "text": "hello"}],
        [{"type": "text", "text": t} for t in ("hello", CONTEXT, CONTEXT)],
    ],
)
def test_the_law_sees_context_in_the_wrong_place(content: list[dict[str, str]]) -> None:
    before = Case("openai-chat", "gpt-4o", {"messages": [user("hello")]})
    after = before.with_messages([{"role": "user", "content": content}])
    with pytest.raises(Broken, match="guarantee 6"):
        without_context(before, after)


def test_the_law_gives_back_what_came() -> None:
    before = Case("openai-chat", "gpt-4o", {"messages": [user("hello")]})
    content = [{"type": "text", "text": t} for t in ("hello", CONTEXT)]
    after = before.with_messages([{"role": "user", "content": content}])
    assert without_context(before, after).messages[0] is before.messages[0]
    assert without_context(before, before) is before
    assert block(after.messages[0]) == CONTEXT
