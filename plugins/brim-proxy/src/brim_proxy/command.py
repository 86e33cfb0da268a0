"""`brim serve`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from brim_proxy.credentials import new_key as make_key
from brim_proxy.settings import ProxySettings

if TYPE_CHECKING:
    from brim.settings.schema import Settings

__all__ = ["serve_command"]

FILE = click.Path(exists=True, dir_okay=False)


def serve_command(defaults: ProxySettings) -> click.Command:
    """The command, for which these are the settings where no option is given."""

    @click.command(name="serve", short_help="Serve an upstream, with every request fitted.")
    @click.option("--upstream", metavar="URL", help="The provider, as https://api.openai.com.")
    @click.option("--host", metavar="H", help="Address to listen on; 127.0.0.1 if not given.")
    @click.option("--port", type=click.IntRange(0, 65_535), metavar="N", help="5000 if not given.")
    @click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes.")
    @click.option("--mode", type=click.Choice(["on", "observe", "off"]), help="What to do.")
    @click.option("--budget", type=click.IntRange(1), metavar="N", help="Input tokens, at most.")
    @click.option("--translate", metavar="NAME", help="As anthropic-to-openai, for that upstream.")
    @click.option("--keys", type=FILE, metavar="FILE", help="Keys of clients; see --new-key.")
    @click.option("--tls-cert", type=FILE, metavar="FILE", help="Certificate chain, PEM.")
    @click.option("--tls-key", type=FILE, metavar="FILE", help="Its private key, PEM.")
    @click.option("--new-key", metavar="NAME", help="Print a new key for a client, and stop.")
    @click.pass_context
    def serve(ctx: click.Context, /, new_key: str | None, budget: int | None, **given: Any) -> None:
        """Serve OpenAI and Anthropic clients, and keep every request inside its window.

        Clients use http://127.0.0.1:5000/v1 (OpenAI) or http://127.0.0.1:5000 (Anthropic) as
        their base URL. Requests go to the upstream and to nowhere else.
        """
        if new_key is not None:
            _print_key(new_key)
            return
        from brim_proxy.server import run

        chosen = {name: value for name, value in given.items() if value is not None}
        run(evolve(defaults, **chosen), _kernel(ctx, budget))

    return serve


def _kernel(ctx: click.Context, budget: int | None) -> Settings:
    from brim.cli.context import state_of

    return state_of(ctx).settings({} if budget is None else {"budget": {"tokens": budget}})


def _print_key(tenant: str) -> None:
    """The key for the client once, and the lines for the file."""
    key, digest = make_key()
    click.echo(f"key for {tenant}, shown only now: {key}", err=True)
    click.echo(f"[[key]]\ntenant = {json.dumps(tenant)}\nsha256 = {json.dumps(digest)}")
