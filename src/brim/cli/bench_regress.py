"""`brim bench regress`: whether Brim became slower than it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brim.cli.bench_options import APART, FILE, as_json_option, profile_option
from brim.cli.context import State, state_of
from brim.cli.files import read_entries
from brim.cli.output import atomic_output
from brim.cli.progress import progress
from brim.cli.show import print_json
from brim.errors import BrimError

if TYPE_CHECKING:
    from brim.bench.baseline import Change
    from brim.bench.paired import Measured
    from brim.bench.subject import Subject

__all__ = ["regress"]


@click.command()
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option("--baseline", type=FILE, metavar="BASELINE", help="Compare with this file.")
@click.option("--save", type=FILE, metavar="BASELINE", help="Write what is measured to this file.")
@click.option(
    "--threshold",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="PERCENT",
    help="How much slower is a regression.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=6),
    default=25,
    show_default=True,
    help="Samples of each operation.",
)
@click.option("--only", metavar="A,B", help="Only these, with commas between.")
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@as_json_option
@profile_option
@click.pass_context
def regress(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    file: str | None,
    baseline: Path | None,
    save: Path | None,
    threshold: float,
    rounds: int,
    only: str | None,
    model: str | None,
    as_json: bool,
    profile: Path | None,
) -> None:
    """Time Brim's own operations, and compare them with a baseline.

    Works on a conversation that it makes, or on the first one in FILE. Each operation is timed
    between two runs of a fixed reference, in CPU time; what counts is the ratio, which a slow
    machine does not change. An operation is called slower where the whole 95 % interval of its
    change lies above the threshold. Exits 1 when one is.
    """
    from brim.bench.baseline import baseline_of, compared, read_baseline
    from brim.bench.operations import chosen
    from brim.bench.profiling import profiled

    if profile is not None and (baseline is not None or save is not None):
        raise click.UsageError("--profile slows what it looks at: leave out --save and --baseline")
    subject, names = _subject(file, model), chosen(only)
    before = read_baseline(baseline, subject.digest) if baseline is not None else None
    with progress(hidden=as_json) as tick, profiled(profile):
        measured = _measured(state_of(ctx), subject, names, rounds, tick)
    if save is not None:
        _save(save, baseline_of(measured, subject.digest))
    changes = list(compared(measured, before, threshold / 100))
    _show(changes, before is not None, threshold, as_json)
    if save is not None and not as_json:
        click.echo(f"wrote {save}")
    ctx.exit(1 if any(one.verdict == "slower" for one in changes) else 0)


def _subject(file: str | None, model: str | None) -> Subject:
    """The first conversation of the file, or one that is made."""
    from brim.bench.subject import MODEL, from_request, made

    if file is None:
        return made(model=model or MODEL)
    entry = next(read_entries(file), None)
    if entry is None or entry.error is not None:
        raise BrimError(f"{file}: {entry.error if entry else 'it is empty'}")
    return from_request(entry.request, entry.key, model)


def _measured(
    state: State,
    subject: Subject,
    names: Sequence[str],
    rounds: int,
    tick: Callable[[int, str], None],
) -> Mapping[str, Measured]:
    from brim.bench.operations import Operations
    from brim.bench.paired import WARM, measure

    found: dict[str, Measured] = {}
    with Operations(subject, lambda settings: state.brim({**APART, **settings})) as operations:
        tick(len(names) * (rounds + WARM), "")
        for name, one in measure(operations.prepared(names), rounds):
            found[name] = one
            tick(0, name)
    return found


def _save(path: Path, baseline: object) -> None:
    import msgspec

    with atomic_output(path) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(baseline)) + b"\n")


def _show(changes: Sequence[Change], against: bool, threshold: float, as_json: bool) -> None:
    if as_json:
        print_json([one.as_dict() for one in changes])
        return
    from brim.cli.bench_view import show_changes

    show_changes(changes, against, threshold)
