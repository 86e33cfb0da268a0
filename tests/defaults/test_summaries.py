"""The strategies that ask a model: what they ask, what they take, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from summary_parts import BOTH, asked, brim_with, material, notes, talk

from brim import Brim
from brim.api import Ask, Completion, SettingsError
from brim.defaults.acceptance import judged
from brim.defaults.summarizing import HEADER, SummarySettings
from brim.testing.fakes import FakeClock

LONG = asked(20)
BUDGET = 2_000


def strategies(brim: Brim, messages: Any = LONG, budget: int = BUDGET) -> tuple[str, ...]:
    with brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=budget)
    assert fitted.report.after.upper <= budget
    return tuple(fitted.report.strategies)


@pytest.mark.parametrize("strategy", BOTH)
def test_a_summary_stands_for_the_oldest_messages(strategy: str) -> None:
    brim, model = brim_with("Goal: to know why", strategy=strategy)
    with brim:
        fitted = brim.fit(LONG, model="gpt-4o", budget=BUDGET)
    (note,) = notes(fitted.messages)
    assert fitted.messages[0] == {"role": "user", "content": note}
    assert note.endswith(f">\n{HEADER}\nGoal: to know why\n</brim-note>")
    kept = len(fitted.messages) - 1
    assert fitted.messages[1:] == LONG[-kept:]
    assert 3 < kept < len(LONG) - 3
    assert len(model.asks) == 1
    read = material(model.asks[0])
    assert "[user] question 0: why" in read
    assert f"answer {20 - kept // 2 - 1}:" in read
    assert LONG[-kept]["content"] not in read


@pytest.mark.parametrize("strategy", BOTH)
def test_what_is_asked(strategy: str) -> None:
    brim, model = brim_with(strategy=strategy, plugin={"model": "small"})
    strategies(brim)
    (ask,) = model.asks
    (first, prompt), (second, read) = ask.prompt
    assert (first, second, ask.model, ask.purpose) == ("system", "user", "small", "condense")
    for section in (
        "Goal",
        "Constraints and decisions",
        "State",
        "Facts",
        "Open questions",
        "Next",
    ):
        assert f"{section}" in prompt
    assert "{words}" not in prompt
    assert read.startswith("<conversation>\n[user] ")
    assert read.count("</conversation>") == 1
    words = int(read.rpartition("at most ")[2].split()[0])
    assert 0 < words < ask.max_tokens < 1_000
    assert 0 < ask.seconds <= 30


def test_tools_are_told_as_text() -> None:
    calls = []
    for n in range(12):
        call = {"id": f"c{n}", "type": "function"}
        call["function"] = {"name": "look", "arguments": json.dumps({"path": f"src/{n}.py"})}
        calls += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{n}", "content": f"line {n} of it " * 40},
        ]
    brim, model = brim_with()
    strategies(brim, [{"role": "user", "content": "look around"}, *calls])
    read = material(model.asks[0])
    assert '[assistant calls look] {"path": "src/0.py"}' in read
    assert "[result of look] line 0 of it" in read


REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    "I’m unable to summarize this conversation.",
    "Sorry, I can't do that.",
    "As an AI language model, I must not.",
    "Es tut mir leid, dabei kann ich nicht helfen.",
    "Ich kann das leider nicht zusammenfassen.",
    "Je ne peux pas vous aider.",
    "Désolé, je ne peux pas faire cela.",
    "Lo siento, no puedo ayudarte con eso.",
    "Desculpe, não posso ajudar com isso.",
    "Mi dispiace, ma non posso aiutarti.",
    "Извините, я не могу помочь с этим.",
    "Przepraszam, nie mogę pomóc.",
    "抱歉，我无法协助处理这个请求。",
    "對不起，我不能幫助你。",
    "申し訳ありませんが、お手伝いできません。",
    "죄송하지만 도와드릴 수 없습니다.",
    "عذرًا، لا أستطيع المساعدة.",
    "क्षमा करें, मैं इसमें मदद नहीं कर सकता।",
    "Üzgünüm, bu konuda yardımcı olamam.",
    "ขออภัย ฉันไม่สามารถช่วยได้",
]
NO_GOOD = [
    "",
    " \n\t",
    "***",
    "<think>it goes on and on",
    "<think>so</think>\n",
    "\u200b\u2060",
    Completion("Goal: to", "length"),
    Completion("Goal: to know", "refusal"),
    Completion("Goal: to know", "other"),
    "question and answer, at length. " * 1_500,
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals_are_told_in_many_languages(answer: str) -> None:
    assert judged(Completion(answer)).text == ""
    assert judged(Completion(answer)).reason == "a refusal"


@pytest.mark.parametrize("strategy", BOTH)
@pytest.mark.parametrize("answer", [REFUSALS[0], *NO_GOOD], ids=lambda one: repr(one)[:40])
def test_an_answer_that_is_no_good_leaves_it_to_the_next(
    strategy: str, answer: str | Completion
) -> None:
    brim, model = brim_with(answer, strategy=strategy)
    assert strategies(brim) == ("smart-truncation",)
    assert len(model.asks) == 1


SUMMARIES = [
    "Goal: the user is sorry and cannot say why",
    "Facts: I can't was said by the user",
    "Goal: find out why",
    "目标：用户想知道原因",
    "I can" + " see: the user wants to know why",
]


@pytest.mark.parametrize("answer", SUMMARIES)
def test_an_answer_that_only_looks_a_little_like_a_refusal_is_taken(answer: str) -> None:
    assert judged(Completion(answer)).text == answer


@pytest.mark.parametrize(
    "said", ["<think>let me see</think>\n\nGoal: why", "```markdown\nGoal: why\n```"]
)
def test_what_is_around_the_summary_is_taken_off(said: str) -> None:
    brim, _ = brim_with(said)
    with brim:
        (note,) = notes(brim.fit(LONG, model="gpt-4o", budget=BUDGET).messages)
    assert note.endswith(f"{HEADER}\nGoal: why\n</brim-note>")


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_at_any_call_leaves_it_to_the_next(failing: int) -> None:
    brim, model = brim_with(strategy="progressive-summarization", condensation={"max_messages": 10})
    model.failures = {failing: ConnectionError("secret")}
    before = json.dumps(LONG)
    with brim:
        fitted = brim.fit(LONG, model="gpt-4o", budget=BUDGET)
    assert [step.outcome for step in fitted.report.steps] == ["failed", "applied"]
    assert "secret" not in fitted.report.steps[0].detail
    assert len(model.asks) == failing
    assert json.dumps(LONG) == before


def test_without_leave_to_ask_nothing_is_asked() -> None:
    brim, model = brim_with(condensation={"ai": False})
    assert strategies(brim) == ("smart-truncation",)
    assert model.asks == []


def test_few_messages_are_not_worth_a_summary() -> None:
    brim, model = brim_with(condensation={"min_messages": 40, "max_messages": 40})
    assert strategies(brim) == ("smart-truncation",)
    assert model.asks == []


def test_pins_stay_and_split_the_summary() -> None:
    brim, model = brim_with("Goal: why", "State: so far")
    with brim:
        fitted = brim.fit(LONG, model="gpt-4o", budget=BUDGET, pin=12)
    assert LONG[12] in fitted.messages
    assert len(notes(fitted.messages)) == len(model.asks) == 2
    assert fitted.messages.index(LONG[12]) == 1
    assert "question 6:" not in material(model.asks[0]) + material(model.asks[1])


def test_the_prompt_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text("Say it in {words} words.")
    brim, model = brim_with(plugin={"prompt": str(path)})
    strategies(brim)
    assert model.asks[0].prompt[0][1].startswith("Say it in ")
    brim, model = brim_with(plugin={"prompt": "key-points"})
    strategies(brim)
    assert "key points" in model.asks[0].prompt[0][1]


def test_a_prompt_that_is_nowhere() -> None:
    with pytest.raises(SettingsError, match="neither a file that can be read nor one of") as caught:
        brim_with(plugin={"prompt": "nowhere"})
    assert "key-points" in str(caught.value)


def test_another_prompt_is_another_condensation(tmp_path: Path) -> None:
    seeds = set()
    for text in ("one", "two", "one"):
        path = tmp_path / "prompt"
        path.write_text(text)
        brim, _ = brim_with(plugin={"prompt": str(path)})
        with brim:
            seeds.add(brim.engine.seed(""))
    assert len(seeds) == 2


@pytest.mark.parametrize(
    "wrong", [{"min_messages": 0}, {"max_messages": 2}, {"ratio": 1.0}, {"window": 100}]
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        SummarySettings(**wrong)


class SlowClock(FakeClock):
    """One by which sleeping takes its time."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def test_equal_fits_at_the_same_time_ask_once() -> None:
    brim, model = brim_with()
    model.clock, model.delay = SlowClock(), 0.2

    async def all_at_once() -> list[Any]:
        fits = [brim.afit(LONG, model="gpt-4o", budget=BUDGET) for _ in range(50)]
        return await asyncio.gather(*fits)

    with brim:
        found = asyncio.run(all_at_once())
    assert len(model.asks) == 1
    assert len({json.dumps(one.messages) for one in found}) == 1


def test_tenants_do_not_share_answers() -> None:
    brim, model = brim_with()
    with brim:
        for tenant in ("a", "b", "a"):
            brim.fit(LONG, model="gpt-4o", budget=BUDGET, tenant=tenant)
    assert len(model.asks) == 2


def test_the_time_of_a_turn_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def monotonic() -> float:
        return now

    def slow(ask: Ask) -> str:
        nonlocal now
        left.append(ask.seconds)
        now += 25
        return "Goal: why"

    left: list[float] = []
    monkeypatch.setattr("brim.kernel.converse.monotonic", monotonic)
    brim, _ = brim_with(slow, condensation={"max_messages": 4, "timeout": 30, "deadline": 60})
    with brim:
        fitted = brim.fit(LONG, model="gpt-4o", budget=BUDGET)
    assert left == [30, 30, 10]
    assert fitted.report.steps[0].outcome == "failed"
    assert "longer than 60 s together" in fitted.report.steps[0].detail
    assert talk(1)[0] == LONG[0]
