"""The replay with the real Brim: what the demo promises, turn by turn."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from brim.demo.recording import Recording
from brim.demo.replay import Frame
from brim.demo.table import Summary, summarize
from brim.demo.ways import BRIM, FULL, LAST, WAYS
from brim.road.brim import Brim


def test_one_frame_for_each_turn(frames: Sequence[Frame], recording: Recording) -> None:
    assert [frame.turn for frame in frames] == list(range(1, len(list(recording.turns())) + 1))
    assert [frame.sent[FULL].messages for frame in frames] == list(recording.turns())


def test_brim_is_never_over_and_never_invalid(frames: Sequence[Frame]) -> None:
    assert {frame.sent[BRIM].state for frame in frames} == {"ok"}


def test_keep_last_fits_and_breaks_rules(frames: Sequence[Frame]) -> None:
    assert not any(frame.sent[LAST].over for frame in frames)
    broken = [violation for frame in frames for violation in frame.sent[LAST].broken]
    assert len(broken) > 50
    assert {violation.rule for violation in broken} <= {1, 2, 3}


def test_full_history_breaks_no_rule_and_outgrows_the_window(frames: Sequence[Frame]) -> None:
    over = [frame.sent[FULL].over for frame in frames]
    assert not any(frame.sent[FULL].broken for frame in frames)
    assert over == sorted(over)
    assert sum(over) > 200


def test_all_ways_are_equal_before_the_window_fills(frames: Sequence[Frame]) -> None:
    early = [frame for frame in frames if frame.tokens_in < frame.window // 2]
    assert len(early) > 5
    assert all(len({frame.sent[way].tokens for way in WAYS}) == 1 for frame in early)


def test_counts_by_increments_equal_a_count_of_the_whole(
    frames: Sequence[Frame], recording: Recording, brim: Brim
) -> None:
    for frame in (frames[0], frames[50], frames[-1]):
        request = recording.messages[: frame.sent[FULL].messages]
        whole = brim.count(request, model="gpt-4o", tools=recording.tools)
        assert frame.sent[FULL].tokens == whole.total


def test_brim_repeats_its_prefix_between_condensations(frames: Sequence[Frame]) -> None:
    quiet = [frame for frame in frames[1:] if frame.condensed is None]
    assert all(frame.sent[BRIM].reuse == 1.0 for frame in quiet)


def test_condensations_shrink_what_goes_out(summary: Summary) -> None:
    assert summary.condensations
    assert all(one.after < one.before for one in summary.condensations)
    assert all(one.task and one.strategies for one in summary.condensations)


def test_the_table_adds_up_the_frames(frames: Sequence[Frame], summary: Summary) -> None:
    for row in summary.rows:
        sent = [frame.sent[row.way] for frame in frames]
        shares = [one.reuse for one in sent if one.reuse is not None]
        assert row.tokens == sum(one.tokens for one in sent)
        assert row.over == sum(one.tokens > summary.window for one in sent)
        assert row.invalid == len([one for one in sent if one.broken])
        assert row.reuse == round(fmean(shares), 4)
    assert [row.way for row in summary.rows] == list(WAYS)


def test_one_turn_is_enough_for_a_table(frames: Sequence[Frame]) -> None:
    only = summarize(frames[:1], "gpt-4o")
    assert only.turns == 1
    assert {row.reuse for row in only.rows} == {1.0}
