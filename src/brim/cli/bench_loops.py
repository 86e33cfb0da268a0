"""`brim bench leak`, `load` and `memory`: chat loops that run for long, and many at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from brim.cli.bench_options import APART, as_json_option, profile_option
from brim.cli.context import State, state_of
from brim.cli.progress import progress
from brim.cli.show import print_json
from brim.errors import BrimError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brim.bench.leak import Growth, Look
    from brim.road.brim import Brim

__all__ = ["leak", "load", "memory"]

Tick = Callable[[int, str], None]


@click.command()
@click.option(
    "--iterations", type=click.IntRange(min=1), default=10_000, show_default=True, metavar="N"
)
@click.option(
    "--warm-up",
    "warm",
    type=click.IntRange(min=0),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Iterations before it counts: caches have to be full.",
)
@click.option(
    "--turns",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    metavar="N",
    help="Iterations of one conversation; 0 lets one grow for ever.",
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="MIB",
    help="Growth that up to 10,000 iterations may leave.",
)
@click.option("--trace", is_flag=True, help="Name lines that hold more; five times slower.")
@as_json_option
@profile_option
@click.pass_context
def leak(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    iterations: int,
    warm: int,
    turns: int,
    limit: float,
    trace: bool,
    as_json: bool,
    profile: Path | None,
) -> None:
    """Run chat loops, and see whether memory grows.

    Looks at the process after every 100 iterations. Exits 1 when the growth since the warm-up is
    over the limit, or over 10 MiB between two looks.
    """
    import asyncio

    from brim.bench.leak import Loops, watched
    from brim.bench.profiling import profiled

    with _scripted(state_of(ctx)) as brim, progress(hidden=as_json) as tick, profiled(profile):
        looks = watched(Loops(brim, turns), warm, iterations, each=limit, trace=trace)
        found = asyncio.run(_last(looks, warm + iterations, tick))
    if as_json:
        print_json(found.as_dict())
    else:
        from brim.cli.bench_view import show_growth

        show_growth(found)
    ctx.exit(1 if found.leaks else 0)


async def _last(looks: AsyncIterator[Look | Growth], total: int, tick: Tick) -> Growth:
    from brim.bench.leak import STRIDE, Growth

    tick(total // STRIDE + 1, "")
    async for one in looks:
        if isinstance(one, Growth):
            return one
        tick(0, f"{one.iterations:,} iterations, {one.resident:.1f} MiB")
    raise AssertionError("the last look is what has grown")


@click.command()
@click.option("--users", type=click.IntRange(1, 10_000), default=10, show_default=True, metavar="N")
@click.option(
    "--requests",
    type=click.IntRange(1, 10_000_000),
    default=1_000,
    show_default=True,
    metavar="M",
    help="Of all users together.",
)
@click.option(
    "--latency",
    type=click.FloatRange(0, 60_000),
    default=0.0,
    show_default=True,
    metavar="MS",
    help="What the model takes to answer.",
)
@as_json_option
@profile_option
@click.pass_context
def load(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    users: int,
    requests: int,
    latency: float,
    as_json: bool,
    profile: Path | None,
) -> None:
    """Serve many users at a time, a chat loop for each.

    Each user sends its next request when the last is answered. Exits 1 when one fails.
    """
    import asyncio

    from brim.bench.load import Load, loaded
    from brim.bench.profiling import profiled

    if users > requests:
        raise click.UsageError(f"{users} users need at least as many requests, not {requests}")
    with (
        _scripted(state_of(ctx), latency / 1e3) as brim,
        progress(hidden=as_json) as tick,
        profiled(profile),
    ):
        tick(requests, "")
        found = asyncio.run(loaded(brim, Load(users, requests), lambda: tick(0, "")))
    if as_json:
        print_json(found.as_dict())
    else:
        from brim.cli.bench_view import show_served

        show_served(found)
    ctx.exit(1 if found.failed else 0)


@click.command()
@click.option("--sizes", metavar="A,B", help="Messages; 10 to 5,000 if not given.")
@as_json_option
@profile_option
@click.pass_context
def memory(ctx: click.Context, sizes: str | None, as_json: bool, profile: Path | None) -> None:
    """Measure what conversations take in memory, by their number of messages.

    Messages have about 1,100 characters, and all fit the window. Held is what a session gives back
    when it is let go, texts and all; in caches is what stays, up to their bounds.
    """
    from brim.bench.holding import held
    from brim.bench.profiling import profiled

    state, wanted = state_of(ctx), _sizes(sizes)
    found = []
    with progress(hidden=as_json) as tick, profiled(profile):
        tick(len(wanted), "")
        for size in wanted:
            found.append(held(lambda settings: state.brim({**APART, **settings}), size))
            tick(0, f"{size:,} messages")
    if as_json:
        print_json([one.as_dict() for one in found])
    else:
        from brim.cli.bench_view import show_held

        show_held(found)


def _sizes(text: str | None) -> Sequence[int]:
    from brim.bench.holding import SIZES

    if text is None:
        return SIZES
    try:
        found = [int(one) for one in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise BrimError(f"{text!r} names no sizes; write 10,100,1000")
    return found


@contextmanager
def _scripted(state: State, seconds: float = 0.0) -> Iterator[Brim]:
    """A `Brim` whose model answers at once, with an archive that goes with it."""
    from brim.bench.scripted import Scripted

    with TemporaryDirectory(prefix="brim-bench-") as folder:
        archive = {"where": "disk", "directory": folder}
        settings = {**APART, "archive": archive, "complete": ("scripted",)}
        with state.brim(settings, [Scripted(seconds=seconds)]) as brim:
            yield brim
