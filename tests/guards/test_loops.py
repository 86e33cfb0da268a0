"""Leaks, load and memory: a leak on purpose is found, and what fails is counted."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from pstats import Stats

import pytest
from attrs import define, field

from brim import Brim
from brim.api import InputRefused, Operation, hookimpl
from brim.bench.holding import held
from brim.bench.leak import Growth, Look, Loops, limit_for, watched
from brim.bench.load import Load, loaded, quantile
from brim.bench.profiling import profiled
from brim.bench.scripted import Scripted
from brim.errors import BrimError

SETTINGS = {
    "archive": {"where": "off"},
    "counting": {"accurate": False},
    "monitor": {"publish": "off"},
}
MIB = 1024 * 1024


@define(eq=False)
class Hoarder:
    """An observer that never lets go."""

    name: str = "hoarder"
    kept: list[bytes] = field(factory=list)

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        if operation.name == "iteration":
            self.kept.append(bytes(range(256)) * 1_200)


def made(*plugins: object) -> Brim:
    return Brim(SETTINGS, [Scripted(), *plugins])


def wide(settings: Mapping[str, object]) -> Brim:
    return Brim({**SETTINGS, **settings})


def grown(brim: Brim, warm: int, iterations: int, turns: int = 20, **more: object) -> list[object]:
    async def looks() -> list[object]:
        return [one async for one in watched(Loops(brim, turns), warm, iterations, **more)]  # type: ignore[arg-type]

    with brim:
        return asyncio.run(looks())


def test_a_leak_on_purpose_is_found_and_its_line_named():
    *_, found = grown(made(Hoarder()), 10, 60, trace=True)
    assert isinstance(found, Growth)
    assert found.leaks
    assert found.traced == pytest.approx(60 * 256 * 1_200 / MIB, rel=0.2)
    assert "guards/test_loops.py" in found.lines[0].line
    assert found.lines[0].kibibytes == pytest.approx(60 * 300, rel=0.01)


def test_somebody_elses_tracing_goes_on():
    tracemalloc.start()
    try:
        grown(made(), 1, 1, trace=True)
        held(wide, 2)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    grown(made(), 1, 1, trace=True)
    assert not tracemalloc.is_tracing()


def test_loops_that_leave_nothing_pass():
    *looks, found = grown(made(), 40, 40)
    assert isinstance(found, Growth)
    assert not found.leaks
    assert not found.lines
    assert [one.iterations for one in looks] == [0, 40, 80]
    assert found.iterations == 40
    assert found.looks[0].blocks > 1_000


@pytest.mark.parametrize(
    ("sizes", "leaks"),
    [
        ([100.0, 104.0, 109.9], False),
        ([100.0, 104.0, 110.1], True),
        ([100.0, 111.0, 100.0], True),  # more than 10 MiB within 100 iterations
        ([100.0, 50.0, 40.0], False),
    ],
)
def test_limits(sizes: list[float], leaks: bool):
    looks = [Look(100 * number, size, 0) for number, size in enumerate(sizes)]
    assert Growth(looks, limit_for(200)).leaks is leaks


def test_what_goes_where_memory_was_free_is_found_where_it_is_traced():
    looks = [Look(0, 500.0, 0, 3.0), Look(100, 500.0, 0, 13.1)]
    assert Growth(looks, limit_for(100)).leaks
    assert not Growth(looks[:1] * 2, limit_for(100)).leaks


def test_the_limit_is_for_ten_thousand_iterations():
    assert [limit_for(n) for n in (1, 10_000, 25_000)] == [10.0, 10.0, 25.0]
    assert limit_for(20_000, 50.0) == 100.0


def test_the_memory_is_looked_at_where_it_is_said():
    sizes = iter([100.0, 101.0, 150.0])
    *_, found = grown(made(), 3, 4, memory=lambda: next(sizes))
    assert isinstance(found, Growth)
    assert (found.resident, found.steepest, found.leaks) == (49.0, 49.0, True)


def test_a_conversation_without_end_is_one_loop():
    with made() as brim:
        loops = Loops(brim, turns=0)
        asyncio.run(_iterate(loops, 5))
        assert len(loops._loop[0].messages) == 10
        short = Loops(brim, turns=2)
        asyncio.run(_iterate(short, 5))
        assert len(short._loop[0].messages) == 2


async def _iterate(loops: Loops, count: int) -> None:
    for number in range(count):
        await loops.iterate(number)


class Refusing:
    """Refuses what the second user says."""

    name = "refusing"

    @hookimpl
    def check_input(self, text: str) -> str:
        if text.endswith("of user 1."):
            raise InputRefused("no", reason="user")
        return text


def test_users_share_the_requests():
    assert [Load(3, 11).of(user) for user in range(3)] == [4, 4, 3]
    ticks: list[int] = []
    with made() as brim:
        served = asyncio.run(loaded(brim, Load(3, 11), lambda: ticks.append(1)))
    assert len(ticks) == 11
    assert (served.users, served.requests, served.failed) == (3, 11, {})
    assert served.success_rate == 1.0
    assert 0 < served.shortest <= served.p50 <= served.p95 <= served.p99 <= served.longest


def test_requests_that_fail_are_counted_and_the_others_go_on():
    with made(Refusing()) as brim:
        served = asyncio.run(loaded(brim, Load(2, 8)))
    assert served.failed == {"InputRefused": 4}
    assert served.success_rate == 0.5


def test_users_are_served_together():
    """While the model of one thinks, others are answered: all begin before any has ended."""
    running, most = [0], [0]

    @define(eq=False)
    class Slow(Scripted):
        @hookimpl
        async def complete(self, ask):  # type: ignore[no-untyped-def]
            running[0] += 1
            most[0] = max(most[0], running[0])
            await asyncio.sleep(0)
            running[0] -= 1
            return await Scripted.complete(self, ask)

    with Brim(SETTINGS, [Slow()]) as brim:
        asyncio.run(loaded(brim, Load(5, 5)))
    assert most[0] == 5


@pytest.mark.parametrize(("share", "expected"), [(0.5, 5), (0.95, 10), (0.1, 1), (1.0, 10)])
def test_quantiles_are_values_that_occurred(share: float, expected: int):
    assert quantile(list(range(1, 11)), share) == expected


def test_what_conversations_hold():
    small, large = (held(wide, size) for size in (20, 100))
    for one, size in ((small, 20), (large, 100)):
        assert one.messages == size
        assert 600 * size < one.text < 1_600 * size
        assert one.text < one.held < 4 * one.text
    assert large.held == pytest.approx(5 * small.held, rel=0.2)


def test_a_profile_is_written_even_where_the_run_fails(tmp_path: Path):
    path = tmp_path / "p"
    with pytest.raises(IndexError), profiled(path):
        quantile([], 0.5)
    assert any(name == "quantile" for _, _, name in Stats(str(path)).stats)  # type: ignore[attr-defined]


def test_a_profile_that_cannot_be_written_is_told_before_the_run(tmp_path: Path):
    with pytest.raises(BrimError, match="cannot write"), profiled(tmp_path / "no" / "p"):
        raise AssertionError("it began")
