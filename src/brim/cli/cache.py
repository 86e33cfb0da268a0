"""`brim cache`: what the cache tiers hold, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import asdict

from brim.cli.context import State, state_of
from brim.cli.show import print_json, print_table
from brim.errors import BrimError

if TYPE_CHECKING:
    from brim.store.tier import Tier
    from brim.store.tiers import Tiers

__all__ = ["command"]

T = TypeVar("T")
Row = dict[str, object]

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
one_tier = click.option("--tier", "name", metavar="NAME", help="Only this tier.")


@click.group(name="cache")
def command() -> None:
    """Fill, show, clear and verify the cache tiers that the settings name."""


@command.command()
@one_tier
@as_json
@click.pass_context
def stats(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """Show how much each tier holds, and of what.

    Reads every entry. How often a tier had what was asked for is told by `Brim.stats()` of
    the program that asked. Exits 1 when a tier does not answer.
    """
    tiers = _tiers(state_of(ctx))
    _tell(ctx, as_json, [_counted(tier, tiers, remove=False) for tier in _chosen(tiers, name)])


@command.command()
@one_tier
@click.option("--remove", is_flag=True, help="Remove what does not open.")
@as_json
@click.pass_context
def verify(ctx: click.Context, name: str | None, remove: bool, as_json: bool) -> None:
    """Check the seal of every entry.

    Those that do not open are never used: they were written with another key, or by
    somebody else. Entries of another version of Brim are counted apart.

    Exits 1 when a seal does not hold or a tier does not answer.
    """
    tiers = _tiers(state_of(ctx))
    rows = [_counted(tier, tiers, remove) for tier in _chosen(tiers, name)]
    _tell(ctx, as_json, rows, bad=any(row.get("refused") for row in rows))


@command.command()
@one_tier
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@click.pass_context
def clear(ctx: click.Context, name: str | None, yes: bool, as_json: bool) -> None:
    """Remove everything from the tiers.

    Nothing is lost but time and money: what was removed is made again when it is needed.
    """
    from brim.store.inspection import clear as emptied

    chosen = _chosen(_tiers(state_of(ctx)), name)
    if not yes:
        names = ", ".join(tier.name for tier in chosen)
        click.confirm(f"Remove everything from {names}?", abort=True, err=True)
    _tell(ctx, as_json, [_row(tier, lambda: {"removed": emptied(tier)}) for tier in chosen])  # noqa: B023


@command.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False))
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option(
    "--budget", type=int, metavar="N", help="Tokens to fit into; else the model's window."
)
@click.option("--tenant", metavar="T", help="Whose conversations they are.")
@as_json
@click.pass_context
def warm(ctx: click.Context, /, files: tuple[str, ...], as_json: bool, **options: object) -> None:
    """Fill the nearer tiers from the farther ones, and all from the conversations in FILES.

    FILES are as for `brim fit`. Each conversation is fitted as it will be later, so that its
    condensations are there when it comes. Model, budget and tenant must be the same then.

    Exits 1 when a conversation cannot be fitted.
    """
    from brim.cli.warming import copied, fitted

    brim = state_of(ctx).brim()
    tiers = _needed(brim.engine.tiers)
    facts: Row = {"copied": copied(tiers), **fitted(brim, files, **options)}
    if as_json:
        print_json(facts)
    else:
        click.echo(", ".join(f"{value} {key}" for key, value in facts.items()))
    ctx.exit(1 if facts["failed"] else 0)


def _tiers(state: State) -> Tiers:
    from brim.kernel.caching import open_tiers

    host = state.host()
    return _needed(open_tiers(host.calls, host.settings))


def _needed(tiers: Tiers | None) -> Tiers:
    if tiers is None:
        raise BrimError(
            'the settings name no cache tier: set caches = ["disk-cache"], for one, in brim.toml'
        )
    return tiers


def _chosen(tiers: Tiers, name: str | None) -> list[Tier]:
    chosen = [tier for tier in tiers.tiers if name in (None, tier.name)]
    if not chosen:
        known = ", ".join(tier.name for tier in tiers.tiers) or "none that could be opened"
        raise click.UsageError(f"there is no tier {name!r}; there are {known}")
    return chosen


def _counted(tier: Tier, tiers: Tiers, remove: bool) -> Row:
    from brim.store.inspection import census

    def facts() -> Mapping[str, object]:
        found = census(tier, tiers.seal, remove)
        return {"entries": None} if found is None else asdict(found)

    return _row(tier, facts)


def _row(tier: Tier, facts: Callable[[], Mapping[str, object]]) -> Row:
    """A tier's facts, or what it says instead."""
    row: Row = {"tier": tier.name, "reach": tier.reach}
    try:
        return {**row, **facts(), "error": ""}
    except Exception as error:
        said = str(error) if isinstance(error, BrimError) else type(error).__name__
        return {**row, "error": said}


def _tell(ctx: click.Context, as_json: bool, rows: list[Row], bad: bool = False) -> None:
    if as_json:
        print_json(rows)
    else:
        told = dict.fromkeys(key for row in rows for key in row)
        columns = [key for key in told if any(row.get(key) not in ("", None) for row in rows)]
        print_table(columns, [[_cell(row.get(key)) for key in columns] for row in rows])
    ctx.exit(1 if bad or any(row["error"] for row in rows) else 0)


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return "\n".join(_parts(value))
    if isinstance(value, int):
        return f"{value:,}"
    return "?" if value is None else str(value)


def _parts(value: Mapping[object, object]) -> Iterator[str]:
    for name, number in value.items():
        yield f"{name} {_cell(number)}"
