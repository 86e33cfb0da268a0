"""`brim check`: which provider rules do these conversations break?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click
from attrs import asdict, frozen

from brim.cli.context import state_of
from brim.cli.files import Entry, read_entries
from brim.errors import MalformedRequest

if TYPE_CHECKING:
    from brim.dialects.base import Violation
    from brim.road.brim import Brim

__all__ = ["Finding", "command"]

COLUMNS = ("line", "message", "rule", "must hold", "found", "the provider says")


@frozen
class Finding:
    """A broken rule, or input that cannot be read. `rule` is a number, or a name for the latter."""

    line: int
    message: int | None
    rule: int | str
    title: str
    detail: str
    answer: str = ""


@click.command(name="check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--dialect", metavar="D", help="The wire format; recognized where not given.")
@click.option("--model", metavar="M", help="Judge by this model's rules too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context, file: str, dialect: str | None, model: str | None, as_json: bool
) -> None:
    """Check the conversations in FILE against the documented rules of their providers.

    FILE is a JSON list of messages, a request object, JSON lines of either (also .gz), or -
    for standard input. Exits 1 when a rule is broken.
    """
    brim = state_of(ctx).brim()
    entries = 0
    found: list[Finding] = []
    for entry in read_entries(file):
        entries += 1
        found.extend(_check(brim, entry, dialect, model))
    if as_json:
        _print_json({"conversations": entries, "violations": [asdict(one) for one in found]})
    else:
        _print_table(found)
        click.echo(f"{_many(entries, 'conversation')}, {_many(len(found), 'violation')}")
    ctx.exit(1 if found else 0)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _check(brim: Brim, entry: Entry, dialect: str | None, model: str | None) -> Iterator[Finding]:
    if entry.error is not None:
        yield Finding(entry.line, None, "json", "the input is a conversation", entry.error)
        return
    try:
        violations = _violations(brim, entry, dialect, model)
    except MalformedRequest as error:
        yield Finding(
            entry.line, error.index, error.rule, "the input has the provider's shape", error.detail
        )
        return
    yield from (_finding(entry.line, violation) for violation in violations)


def _violations(
    brim: Brim, entry: Entry, dialect_name: str | None, model: str | None
) -> Sequence[Violation]:
    from brim.model.profiles import ModelProfile
    from brim.road.intake.prepare import choose
    from brim.road.intake.wires import read

    dialects = brim.engine.host.calls.dialects()
    incoming = read(entry.value, [dialect.messages_key for dialect in dialects.values()])
    dialect = choose(dialects, dialect_name, incoming)
    fields: Mapping[str, object] = {
        **incoming.fields,
        "model": model or incoming.fields.get("model"),
    }
    envelope = dialect.envelope(fields)
    messages = [dialect.parse(wire, i) for i, wire in enumerate(incoming.messages)]  # type: ignore[arg-type]
    name = envelope.model or brim.settings.model
    profile = brim.engine.profile(name) if name else ModelProfile("")
    return dialect.check(messages, envelope, profile)


def _finding(line: int, violation: Violation) -> Finding:
    from brim.dialects.catalogue import CATALOGUE

    text = CATALOGUE.get(violation.rule)
    title, answer = (text.title, text.answer) if text else ("", "")
    return Finding(line, violation.index, violation.rule, title, violation.detail, answer)


def _print_json(value: Mapping[str, object]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _print_table(found: Sequence[Finding]) -> None:
    if not found:
        return
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS, box=SIMPLE)
    for one in found:
        place = "" if one.message is None else str(one.message)
        cells = (str(one.line), place, str(one.rule), one.title, one.detail, one.answer)
        table.add_row(*map(Text, cells))
    Console().print(table)
