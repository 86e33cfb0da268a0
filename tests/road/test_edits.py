"""Edits: what a strategy may ask for, and all that it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from road_parts import answer, assistant, bare, call, results, texts, timeline, use, user, words

from brim import Brim
from brim.api import Condensation, Drop, Edit, Replace, Rewrite
from brim.road.plans.edits import EditRefused, folded
from brim.road.plans.plan import EMPTY, Plan, Span
from brim.road.plans.units import Unit, units_of
from brim.texts import wrap_note

LONG = words(400)
MESSAGES = [
    user("first"),  # 0
    call("1", arguments=json.dumps({"text": LONG, "list": [LONG, "b"], "n": 1})),  # 1
    answer("1", "found"),
    user(wrap_note("a note")),  # 2
    user("the last words"),  # 3: kept
    assistant("so"),  # 4
    call("2", arguments=json.dumps({"text": LONG})),  # 5: newest
    answer("2", "found too"),
]


def units(brim: Brim, plan: Plan = EMPTY) -> list[Unit]:
    return units_of(timeline(brim, MESSAGES), plan, {3}, {5})


def fold(brim: Brim, *edits: Edit, plan: Plan = EMPTY) -> Plan:
    counter = brim.engine.counter("m")
    return folded(plan, Condensation(edits), units(brim, plan), counter)


REFUSED: dict[str, tuple[Edit, ...]] = {
    "what is kept goes": (Drop((3,)),),
    "the newest goes": (Drop((5,)),),
    "kept inside of a note": (Replace((2, 3, 4), "x"),),
    "no such exchange": (Drop((6,)),),
    "a negative exchange": (Drop((-1,)),),
    "twice in one edit": (Drop((0, 0)),),
    "twice in two edits": (Drop((0,)), Replace((0, 1), "x")),
    "not neighbours": (Replace((0, 2), "x"),),
    "nothing to replace": (Replace((), "x"),),
    "an empty note": (Replace((0,), " \n "),),
    "removed and rewritten": (Drop((1,)), Rewrite(1, 1, 0, "x")),
    "rewritten twice": (Rewrite(0, 0, 0, "x"), Rewrite(0, 0, 0, "y")),
    "what is kept is rewritten": (Rewrite(3, 0, 0, "x"),),
    "a note is rewritten": (Rewrite(2, 0, 0, "x"),),
    "no such message": (Rewrite(0, 1, 0, "x"),),
    "a negative message": (Rewrite(0, -1, 0, "x"),),
    "no such part": (Rewrite(0, 0, 1, "x"),),
    "a negative part": (Rewrite(0, 0, -1, "x"),),
    "a place in a text": (Rewrite(0, 0, 0, "x", (0,)),),
    "a place that a result has not": (Rewrite(1, 1, 0, "x", (1,)),),
    "a negative place": (Rewrite(1, 1, 0, "x", (-1,)),),
    "a place of two steps": (Rewrite(1, 1, 0, "x", (0, 0)),),
    "a named place in a result": (Rewrite(1, 1, 0, "x", ("text",)),),
    "a whole call": (Rewrite(1, 0, 0, "x"),),
    "a number in a call": (Rewrite(1, 0, 0, "x", ("n",)),),
    "a list in a call": (Rewrite(1, 0, 0, "x", ("list",)),),
    "a short string in a call": (Rewrite(1, 0, 0, "x", ("list", 1)),),
    "counted from the end": (Rewrite(1, 0, 0, "x", ("list", -2)),),
    "no such key": (Rewrite(1, 0, 0, "x", ("nothing",)),),
    "a longer string in a call": (Rewrite(1, 0, 0, f"{LONG} more", ("text",)),),
    "an equally long string in a call": (Rewrite(1, 0, 0, LONG, ("text",)),),
    "the newest call": (Rewrite(5, 0, 0, "x", ("text",)),),
}


@pytest.mark.parametrize("edits", REFUSED.values(), ids=REFUSED)
def test_refused(brim: Brim, edits: tuple[Edit, ...]) -> None:
    with pytest.raises(EditRefused):
        fold(brim, *edits)


def test_a_good_edit_does_not_save_a_bad_one(brim: Brim) -> None:
    with pytest.raises(EditRefused):
        fold(brim, Drop((0,)), Rewrite(1, 1, 0, "x"), Drop((3,)))


def test_drops_and_notes_become_spans(brim: Brim) -> None:
    assert fold(brim, Drop((4, 0))).spans == (Span(0, 1), Span(4, 5))
    assert fold(brim, Replace((1, 0), " gone ")).spans == (Span(0, 2, "gone"),)


def test_texts_that_do_not_say_so_get_a_mark(brim: Brim) -> None:
    plan = fold(brim, Rewrite(0, 0, 0, "short"), Rewrite(1, 1, 0, "[brim: 5 characters cut]"))
    assert plan.rewrites == {
        (0, 0, 0): {(): "[brim: rewritten]\nshort"},
        (1, 1, 0): {(): "[brim: 5 characters cut]"},
    }


@pytest.mark.parametrize("path", [(), (0,)])
def test_the_newest_results_may_be_rewritten(brim: Brim, path: tuple[Any, ...]) -> None:
    plan = fold(brim, Rewrite(5, 1, 0, "x", path))
    assert plan.rewrites == {(5, 1, 0): {(): "[brim: rewritten]\nx"}}


def test_of_the_newest_nothing_but_results_may_be_rewritten(brim: Brim) -> None:
    found = units_of(timeline(brim, MESSAGES[:6]), EMPTY, {3}, {4})
    assert found[4].exchange.newest
    with pytest.raises(EditRefused):
        folded(EMPTY, Condensation((Rewrite(4, 0, 0, "x"),)), found, brim.engine.counter("m"))


def test_long_strings_in_older_calls_may_be_rewritten(brim: Brim) -> None:
    plan = fold(brim, Rewrite(1, 0, 0, "x", ("text",)), Rewrite(1, 0, 0, "y", ("list", 0)))
    shown = units(brim, plan)[1].exchange.messages[0].calls[0].arguments
    assert bare(json.loads(shown)) == {
        "text": "[brim: rewritten]\nx",
        "list": ["[brim: rewritten]\ny", "b"],
        "n": 1,
    }


@pytest.mark.parametrize(("tokens", "taken"), [(200, False), (201, True)])
def test_a_string_in_a_call_must_have_over_200_tokens(brim: Brim, tokens: int, taken: bool) -> None:
    counter = brim.engine.counter("m")
    text = next(t for t in map(words, range(1, 400)) if counter.texts([t]) == [tokens])
    messages = [
        user("first"),
        call("1", arguments=json.dumps({"text": text})),
        answer("1", "found"),
        user("last"),
    ]
    found = units_of(timeline(brim, messages), EMPTY, {2}, set())
    edits = Condensation((Rewrite(1, 0, 0, "short", ("text",)),))
    if taken:
        assert folded(EMPTY, edits, found, counter).rewrites
    else:
        with pytest.raises(EditRefused, match="over 200 tokens"):
            folded(EMPTY, edits, found, counter)


def test_edits_of_what_a_plan_left_lead_back_to_the_raw_exchanges(brim: Brim) -> None:
    plan = fold(brim, Drop((0,)))
    assert [unit.start for unit in units(brim, plan)] == [1, 2, 3, 4, 5]
    again = fold(brim, Replace((0, 1), "gone"), plan=plan)
    assert again.spans == (Span(0, 1), Span(1, 3, "gone"))
    noted = fold(brim, Replace((0, 1), "gone"))
    assert fold(brim, Replace((0, 1), "all"), plan=noted).spans == (Span(0, 3, "all"),)


def test_a_part_that_was_rewritten_is_rewritten_again(brim: Brim) -> None:
    once = fold(brim, Rewrite(1, 1, 0, "x"))
    text = units(brim, once)[1].exchange.messages[1].results[0].text
    assert bare(text) == "[brim: rewritten]\nx"
    twice = fold(brim, Rewrite(1, 1, 0, "y"), plan=once)
    assert twice.rewrites == {(1, 1, 0): {(): "[brim: rewritten]\ny"}}


def test_a_part_is_the_same_one_without_the_thinking_before_it(make: Any) -> None:
    from road_parts import Strategy

    def shorten(task: Any) -> Condensation:
        one = task.conversation.exchanges[1]
        place = [part.__class__.__name__ for part in one.messages[0].parts].index("Text")
        return Condensation((Rewrite(1, 0, place, "short"),))

    def messages(*thinking: Any) -> list[Any]:
        blocks = [{"type": "text", "text": f"first {LONG}"}, {"type": "text", "text": "second"}]
        return [user("a"), {"role": "assistant", "content": [*thinking, *blocks]}, user("b")]

    brim = make(Strategy(shorten), strategies=["mine"])
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    options = {"model": "m", "budget": 300, "dialect": "anthropic"}
    first = brim.fit(messages(thought), **options)
    second = brim.fit(messages(), **options)
    assert second.report.replayed
    for fitted in (first, second):
        sent = texts(fitted.messages)
        assert "second" in sent
        assert "first" not in sent
        assert sent.count("rewritten") == 1
    assert first.messages[1]["content"][1:] == second.messages[1]["content"]


def test_strings_with_half_a_surrogate_pair_can_be_rewritten(brim: Brim) -> None:
    messages = [user("a"), call("1", arguments=json.dumps({"t": f"{LONG}\ud800"})), answer("1")]
    found = units_of(timeline(brim, [*messages, user("b")]), EMPTY, {2}, {2})
    edit = Rewrite(1, 0, 0, "x", ("t",))
    plan = folded(EMPTY, Condensation((edit,)), found, brim.engine.counter("m"))
    assert plan.rewrites == {(1, 0, 0): {("t",): "[brim: rewritten]\nx"}}


def test_parts_of_a_mixed_message_are_found_in_the_whole_one(brim: Brim) -> None:
    messages = [user("a"), use("1"), results("1", text="r", after="words"), assistant("c")]
    found = units_of(timeline(brim, [*messages, user("z")], "anthropic"), EMPTY, {4}, {4})
    edits = (Rewrite(1, 1, 0, "x"), Rewrite(2, 0, 0, "y"))
    plan = folded(EMPTY, Condensation(edits), found, brim.engine.counter("m"))
    shown = units_of(timeline(brim, [*messages, user("z")], "anthropic"), plan, {4}, {4})
    assert bare(shown[1].exchange.messages[1].results[0].text) == "[brim: rewritten]\nx"
    assert bare(shown[2].exchange.messages[0].text) == "[brim: rewritten]\ny"
