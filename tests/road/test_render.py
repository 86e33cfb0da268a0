"""From a plan to the messages that go out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from road_parts import (
    Wire,
    answer,
    assistant,
    bare,
    block,
    call,
    chat,
    loop,
    results,
    timeline,
    use,
    user,
    words,
)

from brim import Brim
from brim.road.plans.plan import EMPTY, Plan, Span
from brim.road.plans.render import Rendering
from brim.texts import wrap_note

SHORTEST = wrap_note("…")


def rendered(
    brim: Brim, messages: list[Wire], plan: Plan, dialect: str = "openai-chat", merges: bool = False
) -> Rendering:
    return Rendering(timeline(brim, messages, dialect), plan, merges).grow()


def sent(rendering: Rendering) -> list[Any]:
    """What goes out: the position of a raw message, or a message that was made, no handles."""
    return [item.source if item.wire is None else bare(item.wire) for item in rendering.items]


def test_without_a_plan_everything_goes_out_as_it_came(brim: Brim) -> None:
    rendering = rendered(brim, loop(3), EMPTY)
    assert sent(rendering) == list(range(7))
    assert rendering.tokens == sum(rendering.timeline.tokens)


def test_a_note_stands_where_its_span_stood(brim: Brim) -> None:
    rendering = rendered(brim, chat(3), Plan((Span(1, 3, "gone"), Span(4, 5))))
    assert sent(rendering) == [0, user(wrap_note("gone")), 3, 5, 6]
    assert rendering.tokens == sum(item.tokens for item in rendering.items)


def test_a_whole_loop_step_goes_with_its_results(brim: Brim) -> None:
    messages = [user("a"), call("1", "2"), answer("1"), answer("2"), call("3"), answer("3")]
    assert sent(rendered(brim, messages, Plan((Span(1, 2),)))) == [0, 4, 5]


@pytest.mark.parametrize("note", [None, "gone"])
def test_instructions_inside_of_a_span_keep_their_place(brim: Brim, note: str | None) -> None:
    say = {"role": "developer", "content": "be brief"}
    messages = [user("a"), call("1"), answer("1"), say, user("b"), say, assistant("c"), user("d")]
    found = sent(rendered(brim, messages, Plan((Span(0, 4, note),))))
    notes = [] if note is None else [user(wrap_note(note))]
    assert found == [*notes, 3, 5, 7]


def test_an_instruction_between_call_and_result_stays_too(brim: Brim) -> None:
    say = {"role": "system", "content": "be brief"}
    messages = [user("a"), call("1"), say, answer("1"), user("b")]
    assert sent(rendered(brim, messages, Plan((Span(1, 2),)))) == [0, 2, 4]


@pytest.mark.parametrize("empty", [{"role": "assistant", "content": None}, assistant("")])
def test_an_empty_message_goes_like_any_other(brim: Brim, empty: Wire) -> None:
    messages = [empty, user("a"), empty, user("b")]
    assert sent(rendered(brim, messages, Plan((Span(0, 1), Span(2, 3))))) == [1, 3]
    assert sent(rendered(brim, messages, Plan((Span(0, 3, "n"),)))) == [user(wrap_note("n")), 3]
    assert sent(rendered(brim, messages, Plan((Span(1, 2),)))) == [0, 2, 3]


MIXED = [user("a"), use("1"), results("1", text="r", after="words"), use("2"), results("2")]


def test_half_of_a_mixed_message_can_go(brim: Brim) -> None:
    first = sent(rendered(brim, MIXED, Plan((Span(1, 2),)), "anthropic"))
    assert first == [0, {"role": "user", "content": [block("words")]}, 3, 4]
    second = sent(rendered(brim, MIXED, Plan((Span(2, 3),)), "anthropic"))
    assert second == [0, 1, results("1", text="r"), 3, 4]


def test_a_note_for_half_of_a_mixed_message(brim: Brim) -> None:
    note = {"role": "user", "content": [block(wrap_note("n"))]}
    after = sent(rendered(brim, MIXED, Plan((Span(2, 3, "n"),)), "anthropic"))
    assert after == [0, 1, results("1", text="r"), note, 3, 4]
    before = sent(rendered(brim, MIXED, Plan((Span(1, 2, "n"),)), "anthropic"))
    assert before == [0, note, {"role": "user", "content": [block("words")]}, 3, 4]


def test_a_made_message_keeps_the_unknown_fields_of_its_own(brim: Brim) -> None:
    messages = [*MIXED[:2], {**MIXED[2], "trace": 7}, *MIXED[3:]]
    found = sent(rendered(brim, messages, Plan((Span(2, 3),)), "anthropic"))
    assert found[2] == {**results("1", text="r"), "trace": 7}


def test_a_rewritten_result_stands_in_its_message(brim: Brim) -> None:
    plan = Plan((), {(1, 1, 0): {(): "[brim: x]"}})
    assert sent(rendered(brim, MIXED, plan, "anthropic"))[2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": "[brim: x]"},
            block("words"),
        ],
    }


def test_neighbours_merge_where_roles_must_take_turns(brim: Brim) -> None:
    messages = [user("a"), assistant("b"), user("c"), assistant("d"), user("e")]
    found = sent(rendered(brim, messages, Plan((Span(1, 2), Span(3, 4, "n"))), merges=True))
    assert found == [
        {"role": "user", "content": [block("a"), block("c"), block(wrap_note("n")), block("e")]}
    ]


def test_results_stay_in_front_when_messages_merge(brim: Brim) -> None:
    found = sent(rendered(brim, MIXED, Plan((Span(2, 3, "n"),)), "anthropic", merges=True))
    assert found[2] == {
        "role": "user",
        "content": [*results("1", text="r")["content"], block(wrap_note("n"))],
    }


def test_what_stood_side_by_side_before_is_left_alone(brim: Brim) -> None:
    messages = [user("a"), user("b"), assistant("c"), assistant("d"), user("e")]
    assert sent(rendered(brim, messages, EMPTY, merges=True)) == [0, 1, 2, 3, 4]


def test_assistants_are_kept_apart_by_the_shortest_note(brim: Brim) -> None:
    messages = [user("a"), assistant("b"), user("c"), assistant("d"), user("e")]
    plan = Plan((Span(2, 3),))
    assert sent(rendered(brim, messages, plan, merges=True)) == [0, 1, user(SHORTEST), 3, 4]
    assert sent(rendered(brim, messages, plan)) == [0, 1, 3, 4]


def test_a_user_speaks_first_where_the_provider_wants_it(brim: Brim) -> None:
    plan = Plan((Span(0, 1),))
    front = {"role": "user", "content": [block(SHORTEST)]}
    assert sent(rendered(brim, chat(1), plan, "anthropic")) == [front, 1, 2]
    assert sent(rendered(brim, chat(1), plan)) == [1, 2]


def test_nothing_is_put_in_front_of_what_began_with_an_assistant(brim: Brim) -> None:
    messages = [assistant("hello"), assistant("again"), user("a")]
    assert sent(rendered(brim, messages, Plan((Span(0, 1),)), "anthropic")) == [1, 2]


PLANS = [
    EMPTY,
    Plan((Span(0, 3),)),
    Plan((Span(0, 2, "a"), Span(3, 5, "b"))),
    Plan((Span(1, 2), Span(3, 5, "c")), {(2, 0, 0): {(): "[brim: x]"}}),
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic"])
def test_growing_gives_what_rendering_at_once_gives(
    brim: Brim, plan: Plan, merges: bool, dialect: str
) -> None:
    say = {"role": "system", "content": "brief"}
    if dialect == "anthropic":
        messages = [*MIXED, user("x"), use("3"), results("3", after="y"), assistant("z"), user("!")]
    else:
        messages = [*chat(2), say, call("1", "2"), answer("2"), say, answer("1"), *chat(2)]
    growing = Rendering(timeline(brim, messages[:7], dialect), plan, merges).grow()
    for message in messages[7:]:
        growing.timeline.extend([message])
        growing.grow()
    whole = rendered(brim, messages, plan, dialect, merges)
    assert sent(growing) == sent(whole)
    assert growing.tokens == whole.tokens
    assert [item.tokens for item in growing.items] == [item.tokens for item in whole.items]


def test_merging_in_a_strict_model_keeps_every_word_of_the_user(make: Any) -> None:
    messages = [user(f"hold on to {words(60)}"), *chat(40)]
    fitted = make().fit(messages, model="strict", budget=500, pin=0)
    roles = [message["role"] for message in fitted.messages]
    assert all(one != other for one, other in pairwise(roles))
    assert fitted.report.violations == ()
    first = fitted.messages[0]["content"]
    assert first[0] == block(messages[0]["content"])
    assert first[1]["text"].startswith("<brim-note ")
