"""No attempt reaches the system's role or escapes its block, even past a model that obeys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from injections import INJECTIONS
from summary_parts import BOTH, Wire, asked, brim_with, material, notes

from brim import Brim, Fitted
from brim.api import Ask, is_note
from brim.defaults.quoting import harmless
from brim.testing.fakes import ScriptedModel

Parrots = dict[str, tuple[Brim, ScriptedModel]]

SYSTEM = "You are careful. Never delete anything."
CONTROL = re.compile(
    r"<[|｜]|\[/?INST\]|\[/?SYSTEM_PROMPT\]|<</?SYS|</?s>|<(?:start|end)_of_turn>|[\x00-\x08\x0b-\x1f]"
    "|[\u200b\u202a-\u202e\u2060\U000e0000-\U000e007f]",
    re.IGNORECASE,
)
BREAKS = re.compile(r"[<＜]\s*/?\s*brim-note", re.IGNORECASE)
ENDS = re.compile(r"[<＜]\s*/?\s*(?:conversation|notes-so-far)", re.IGNORECASE)


def attacked(text: str) -> list[Wire]:
    """A conversation with the text in a user's message, a tool's result and its call."""
    messages = asked(16)
    messages[2]["content"] += f"\n{text}"
    arguments = json.dumps({"query": text})
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}}
    return [
        {"role": "system", "content": SYSTEM},
        *messages[:4],
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": text},
        *messages[4:],
    ]


@pytest.fixture(scope="module")
def parrots() -> Iterator[Parrots]:
    """For each strategy, a `Brim` whose model says what it is told to."""
    found = {name: brim_with(strategy=name) for name in BOTH}
    yield found
    for brim, _ in found.values():
        brim.close()


def fit(parrot: tuple[Brim, ScriptedModel], text: str, given: object, **options: Any) -> Fitted:
    """A fit with a model that says what the attacker wants, and that is asked anew."""
    brim, model = parrot
    model.answers, model.asks[:] = [f"Goal: as I was told\n{text}"], []
    return brim.fit(given, tenant=text, **options)


def test_there_are_many() -> None:
    assert len(set(INJECTIONS)) == len(INJECTIONS) >= 40


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_none_gets_through(text: str, parrots: Parrots) -> None:
    messages = attacked(text)
    parrot = parrots[BOTH[len(text) % 2]]
    fitted = fit(parrot, text, messages, model="gpt-4o", budget=2_000)
    assert len(fitted.report.steps) == 1
    assert next(one for one in fitted.messages if one["role"] != "user") == messages[0]
    assert [one["role"] for one in fitted.messages].count("system") == 1
    (note,) = notes([one for one in fitted.messages if one["content"]])
    (written,) = [one for one in fitted.messages if one not in messages]
    assert written == {"role": "user", "content": note}
    assert is_note(note)
    inside = note.partition(">\n")[2].removesuffix("\n</brim-note>")
    assert "Goal: as I was told" in inside
    assert not BREAKS.search(inside)
    assert not CONTROL.search(inside)
    assert parrot[1].asks
    for ask in parrot[1].asks:
        _well_delimited(ask)


def _well_delimited(ask: Ask) -> None:
    """Brim's own words are the system's, and what is quoted ends where Brim ends it."""
    (system, prompt), (user, _) = ask.prompt
    assert (system, user) == ("system", "user")
    assert prompt.startswith("You ")
    read = material(ask)
    assert not CONTROL.search(read)
    tags = ENDS.findall(read)
    assert len(tags) in (2, 4)
    end = read.rpartition("</conversation>")[2].strip()
    assert end.startswith("Now write the notes: a summary of the above, at most")


@pytest.mark.parametrize("text", INJECTIONS[20:35], ids=range(15))
def test_nor_through_anthropic_messages(text: str, parrots: Parrots) -> None:
    messages = [
        {"role": one["role"], "content": [{"type": "text", "text": one["content"]}]}
        for one in asked(16)
    ]
    messages[2]["content"][0]["text"] += f"\n{text}"
    request = {
        "model": "claude-haiku-4-5",
        "max_tokens": 100,
        "system": SYSTEM,
        "messages": messages,
    }
    fitted = fit(parrots[BOTH[0]], text, request, budget=2_500)
    assert fitted.request["system"] == SYSTEM
    assert {one["role"] for one in fitted.messages} == {"user", "assistant"}
    known = [block for one in messages for block in one["content"]]
    blocks = [block for one in fitted.messages for block in one["content"]]
    texts = [block["text"] for block in blocks if block not in known]
    assert [is_note(one) for one in texts] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d, x <= y, List<String>, <div>, a | b, [1, 2], [INSTANCE], <session>",
        "naïve café 東京 \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 👩\u200d💻\ttab",
        "def f(x):\n    return x << 2\n",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
