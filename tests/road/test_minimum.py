"""`BudgetInfeasible` is raised exactly when the minimum does not fit, and tells it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from road_parts import Wire, answer, assistant, block, call, chat, loop, results, use, user, words

from brim import Brim, BudgetInfeasible
from brim.api import Condensation, CondenseTask, hookimpl

PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    + (800).to_bytes(4, "big")
    + (600).to_bytes(4, "big")
    + b"\0" * 40
).decode()
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
SYSTEM = {"role": "system", "content": words(100, "s")}

CASES: dict[str, tuple[str, list[Wire], dict[str, Any]]] = {
    "chat": ("openai-chat", chat(20), {}),
    "system": ("openai-chat", [SYSTEM, *chat(20)], {}),
    "system in the middle": ("openai-chat", [*chat(5), SYSTEM, *chat(5)], {}),
    "pins": ("openai-chat", chat(20), {"pin": [0, 5, -2]}),
    "loop": ("openai-chat", loop(12, 100), {}),
    "parallel": (
        "openai-chat",
        [*loop(4), call("x", "y", "z"), *(answer(i, words(300, i)) for i in "xyz")],
        {},
    ),
    "open tail": ("openai-chat", [*loop(4), call("x", "y"), answer("x", words(300))], {}),
    "long arguments": (
        "openai-chat",
        [user("a"), call("1", arguments=f'{{"t": "{words(500)}"}}'), answer("1")],
        {},
    ),
    "orphan": ("openai-chat", [*chat(5), answer("nobody", words(400))], {}),
    "last is an assistant": ("openai-chat", [*chat(9), assistant(words(300))], {}),
    "tools": (
        "openai-chat",
        chat(5),
        {"tools": [{"type": "function", "function": {"name": "f", "description": words(50)}}]},
    ),
    "anthropic loop": ("anthropic", loop(12, 100, anthropic=True), {"system": words(50)}),
    "anthropic pins": ("anthropic", loop(12, 100, anthropic=True), {"pin": [3]}),
    "anthropic mixed": (
        "anthropic",
        [*loop(5, anthropic=True), use("x"), results("x", text=words(300), after="stop")],
        {},
    ),
    "picture in a result": (
        "anthropic",
        [
            *loop(3, anthropic=True),
            use("x"),
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "x",
                        "content": [block(words(100)), PICTURE, block(words(200))],
                    }
                ],
            },
        ],
        {},
    ),
    "a strange result": (
        "anthropic",
        [
            user("a"),
            use("x"),
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "x",
                        "content": [{"type": "holo", "data": "z" * 2_000}, block("seen")],
                    }
                ],
            },
        ],
        {},
    ),
}


@pytest.mark.parametrize(("dialect", "messages", "options"), CASES.values(), ids=CASES)
def test_a_fit_at_the_minimum_succeeds_and_below_it_does_not(
    brim: Brim, dialect: str, messages: list[Wire], options: dict[str, Any]
) -> None:
    def fit(budget: int, tenant: str) -> Any:
        return brim.fit(
            messages, model="m", budget=budget, dialect=dialect, tenant=tenant, **options
        )

    with pytest.raises(BudgetInfeasible) as error:
        fit(1, "first")
    minimum = error.value.minimum
    fitted = fit(minimum, "second")
    assert fitted.report.after.upper <= minimum
    assert fitted.report.violations == () or dialect == "openai-chat"
    with pytest.raises(BudgetInfeasible) as error:
        fit(minimum - 1, "third")
    assert error.value.minimum == minimum
    for budget in range(minimum, minimum + 60, 7):
        assert fit(budget, f"{budget}").report.after.upper <= budget


def assert_exact(brim: Brim, messages: list[Wire], **options: Any) -> None:
    """The stated minimum is met, none of the budgets right below it is, and all say the same."""

    def minimum(budget: int) -> int | None:
        options["tenant"] = str(budget)
        try:
            fitted = brim.fit(messages, model="m", budget=budget, dialect="anthropic", **options)
        except BudgetInfeasible as error:
            return error.minimum
        assert fitted.report.after.upper <= budget
        return None

    least = minimum(1)
    assert least is not None
    assert minimum(least) is None
    assert {minimum(budget) for budget in range(least - 20, least)} == {least}


def test_the_minimum_is_the_same_whatever_strategies_make_of_it(make: Any) -> None:
    """A result that is short and repeats itself could be said in fewer words, by one that may or
    may not be there, and may or may not have its turn."""
    both = ["duplicate-removal", "smart-truncation"]
    messages = [call("x"), answer("x", "KeyError: 'api_version'\n" * 8)]

    def minimum(budget: int, strategies: list[str]) -> int:
        with pytest.raises(BudgetInfeasible) as error:
            make(strategies=strategies).fit(messages, model="m", budget=budget)
        return error.value.minimum

    least = minimum(20, both)
    assert {minimum(b, names) for b in (20, least - 1) for names in (both, both[1:])} == {least}
    fitted = make(strategies=both).fit(messages, model="m", budget=least)
    assert fitted.report.after.upper <= least


def test_where_it_cannot_be_no_strategy_is_asked(make: Any) -> None:
    asked = list[int]()

    class Asked:
        name = "asked"

        @hookimpl
        def condense(self, task: CondenseTask) -> Condensation | None:
            asked.append(task.limit)
            return None

    brim = make(Asked(), strategies=["asked", "smart-truncation"])
    with pytest.raises(BudgetInfeasible) as error:
        brim.fit(chat(9), model="m", budget=5)
    assert asked == []
    brim.fit(chat(9), model="m", budget=error.value.minimum)
    assert len(asked) == 1


@pytest.mark.parametrize("said", range(1, 12))
def test_a_message_that_is_cheaper_than_the_note_in_its_place_is_no_way_below(
    make: Any, said: int
) -> None:
    """Something must stand before the pinned answer: with a little more room that is what the user
    said there, and not the shortest note."""
    messages = [user(words(60)), user(words(said)), assistant(words(40)), user("b")]
    brim = make(plugin={"token-budget": {"explicit_target": 1.0}})
    assert_exact(brim, messages, pin=2)


@pytest.mark.parametrize("beside", [0, 1, 20])
@pytest.mark.parametrize("width", range(14, 30))
def test_no_cut_at_the_end_of_a_line_goes_below_the_minimum(
    brim: Brim, width: int, beside: int
) -> None:
    """Of long lines 70 tokens may leave less than 64 do, and a short text beside them need not be
    cut. A note has to stand in front, of which nobody who shortens the result knows."""
    lines = "\n".join(" ".join(f"word{i * j}" for j in range(width)) for i in range(14))
    content = [*([block(words(beside))] if beside else []), block(lines)]
    result = {"type": "tool_result", "tool_use_id": "x", "content": content}
    messages = [
        user(words(60)),
        assistant(words(20)),
        user("a"),
        use("x"),
        {"role": "user", "content": [result]},
    ]
    assert_exact(brim, messages, pin=1)


def test_the_error_says_what_takes_the_room(brim: Brim) -> None:
    def reason(messages: list[Wire]) -> str:
        with pytest.raises(BudgetInfeasible) as error:
            brim.fit(messages, model="m", budget=30)
        return str(error.value)

    assert "system prompt and tools" in reason([SYSTEM, user("a")])
    assert "user's last message" in reason([user(words(100))])
    assert "newest exchange" in reason([user("a"), assistant(words(100))])
    assert "30 tokens" in reason([user(words(100))])


def test_only_instructions_are_a_minimum_too(brim: Brim) -> None:
    with pytest.raises(BudgetInfeasible) as error:
        brim.fit([SYSTEM], model="m", budget=30)
    assert brim.fit([SYSTEM], model="m", budget=error.value.minimum).messages == [SYSTEM]


def test_the_least_is_still_the_newest_exchange(brim: Brim) -> None:
    messages = CASES["picture in a result"][1]
    with pytest.raises(BudgetInfeasible) as error:
        brim.fit(messages, model="m", budget=1, dialect="anthropic")
    fitted = brim.fit(messages, model="m", budget=error.value.minimum, dialect="anthropic")
    assert fitted.messages[0] is messages[0]
    assert fitted.messages[1] is messages[-2]
    result = fitted.messages[2]["content"][0]
    assert result["tool_use_id"] == "x"
    assert "characters cut]" in str(result["content"])
    assert brim.count([user(str(result["content"]))], model="m").total < 100


def test_a_failed_fit_leaves_the_next_one_as_if_it_had_not_been(make: Any) -> None:
    tried, fresh = make(), make()
    messages = chat(30)
    with pytest.raises(BudgetInfeasible):
        tried.fit(messages, model="m", budget=5)
    first = tried.fit(messages, model="m", budget=400)
    assert first.messages == fresh.fit(messages, model="m", budget=400).messages
    assert not first.report.replayed


@pytest.mark.parametrize("said", range(2, 24))
def test_a_users_words_beside_dropped_results_are_no_cheap_bridge(brim: Brim, said: int) -> None:
    """They cost a whole message once their results are gone; the shortest note may be cheaper."""
    messages = [
        user(words(60)),
        use("1"),
        results("1", text=words(300), after="so " * said + "on"),
        assistant(words(20)),
        user(words(30)),
    ]
    with pytest.raises(BudgetInfeasible) as caught:
        brim.fit(messages, model="m", budget=1, pin=3, dialect="anthropic")
    minimum = caught.value.minimum
    fitted = brim.fit(messages, model="m", budget=minimum, pin=3, dialect="anthropic")
    assert fitted.report.after.upper <= minimum
    with pytest.raises(BudgetInfeasible):
        brim.fit(messages, model="m", budget=minimum - 1, pin=3, dialect="anthropic")


@pytest.mark.parametrize("more", range(12, 100, 8))
def test_no_cheap_message_stands_where_a_note_must(brim: Brim, more: int) -> None:
    """With more room the note would stand there: what is kept must not go when there is more."""
    content = [block(words(100)), PICTURE, block(words(200))]
    result = {"type": "tool_result", "tool_use_id": "1", "content": content}
    messages = [
        user(words(60)),
        assistant(words(300)),
        user("so"),
        assistant(words(20)),
        user(words(30)),
        use("1"),
        {"role": "user", "content": [result]},
    ]

    def fit(budget: int) -> Any:
        return brim.fit(
            messages, model="m", budget=budget, pin=3, dialect="anthropic", tenant=str(budget)
        )

    with pytest.raises(BudgetInfeasible) as error:
        fit(1)
    least = error.value.minimum
    assert messages[2] not in fit(least).messages
    assert messages[2] not in fit(least + more).messages
