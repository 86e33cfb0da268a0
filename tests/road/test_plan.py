"""Plans: what one condensation leaves, another one condenses."""

from __future__ import annotations

from brim.road.plans.plan import EMPTY, Plan, Span


def test_an_empty_plan_touches_nothing() -> None:
    assert EMPTY.span_of(0) is None
    assert not EMPTY.touches(0)
    assert EMPTY.by_exchange() == {}


def test_drops_side_by_side_become_one_span() -> None:
    plan = EMPTY.folded([Span(3, 4), Span(1, 2), Span(2, 3)], {})
    assert plan.spans == (Span(1, 4),)
    assert [plan.span_of(i) for i in range(5)] == [None, *[Span(1, 4)] * 3, None]


def test_a_drop_next_to_a_note_leaves_the_note_alone() -> None:
    plan = Plan((Span(1, 3, "earlier"),)).folded([Span(0, 1), Span(3, 4)], {})
    assert plan.spans == (Span(0, 1), Span(1, 3, "earlier"), Span(3, 4))


def test_a_wider_span_swallows_the_older_ones_inside_of_it() -> None:
    old = Plan((Span(0, 2, "a"), Span(3, 4), Span(6, 7, "b")))
    plan = old.folded([Span(0, 5, "new")], {})
    assert plan.spans == (Span(0, 5, "new"), Span(6, 7, "b"))


def test_a_renewed_note_replaces_the_old_one() -> None:
    plan = Plan((Span(0, 2, "old"),)).folded([Span(0, 4, "new")], {})
    assert plan.spans == (Span(0, 4, "new"),)
    assert plan.folded([Span(0, 4)], {}).spans == (Span(0, 4),)


def test_what_is_gone_has_no_rewritten_parts() -> None:
    old = EMPTY.folded([], {(1, 0, 0): {(): "short"}, (5, 0, 0): {(): "too"}})
    plan = old.folded([Span(0, 2)], {})
    assert plan.by_exchange() == {5: {0: {0: {(): "too"}}}}
    assert plan.touches(5)
    assert plan.touches(1)
    assert not plan.touches(4)


def test_a_new_text_stands_for_the_whole_of_an_older_one() -> None:
    spot = (1, 0, 0)
    plan = EMPTY.folded([], {spot: {("a",): "x", ("b",): "y"}})
    assert plan.folded([], {spot: {("a",): "z"}}).rewrites[spot] == {("a",): "z", ("b",): "y"}
    assert plan.folded([], {spot: {(): "all"}}).rewrites[spot] == {(): "all"}


def test_a_plan_is_never_changed() -> None:
    old = EMPTY.folded([Span(0, 1)], {(3, 0, 0): {(): "a"}})
    before = (old.spans, {spot: dict(paths) for spot, paths in old.rewrites.items()})
    old.folded([Span(1, 2)], {(3, 0, 0): {(): "b"}, (4, 0, 0): {(): "c"}})
    assert before == (old.spans, old.rewrites)


def test_its_size_grows_with_its_texts() -> None:
    small = EMPTY.folded([Span(0, 1, "n")], {})
    large = EMPTY.folded([Span(0, 1, "n" * 1_000)], {(2, 0, 0): {(): "t" * 500}})
    assert large.bytes - small.bytes >= 1_400
