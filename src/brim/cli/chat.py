"""`brim chat`: a conversation in the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from brim.cli.context import State, state_of
from brim.cli.tokens import TOKENS

if TYPE_CHECKING:
    from brim.chat import ChatLoop

__all__ = ["command"]

KEYS: Mapping[str, str] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""Dialect -> the variable that its completion plugin takes the key from."""

NOWHERE = """there is no model to talk to. Do one of these:
  export OPENAI_API_KEY=... or ANTHROPIC_API_KEY=... and pass --model
      for the provider's own endpoint;
  brim chat --url http://127.0.0.1:11434/v1 --model NAME
      for a server of your own (Ollama, llama.cpp, vLLM, LM Studio, brim serve);
  complete = ["openai-completion"] in brim.toml
      for a completion plugin of your choice."""

NAMELESS = "which model? Pass --model NAME, or set model in brim.toml"


@click.command(name="chat")
@click.option("--url", metavar="URL", help="Where the API is, as http://127.0.0.1:11434/v1.")
@click.option("--model", metavar="M", help="The model; where not given, that of the settings.")
@click.option("--dialect", type=click.Choice([*KEYS]), help="What the endpoint speaks.")
@click.option("--system", metavar="TEXT", help="Instructions for the model.")
@click.option(
    "--tools",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Let the model call the functions of this Python file.",
)
@click.option("--resume", metavar="ID", help="Go on with an earlier conversation.")
@click.option("--budget", type=TOKENS, metavar="N", help="Input tokens, as 8000 or 8k.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for everything.")
@click.pass_context
def command(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    url: str | None,
    model: str | None,
    dialect: str | None,
    system: str | None,
    tools: Path | None,
    resume: str | None,
    budget: int | None,
    as_json: bool,
) -> None:
    """Talk with a model in the terminal, inside of its window however long it becomes.

    Answers go to standard output, everything else to standard error. /help shows what else can be
    typed. Keys come from OPENAI_API_KEY or ANTHROPIC_API_KEY, or as the settings say. Everything
    said is kept for --resume. With standard input from a file each line is a turn; exits 1 when
    one of these failed, 2 when there is no endpoint.
    """
    from brim.cli.chat_screen import Lines, Screen
    from brim.cli.chat_talk import Talk
    from brim.cli.chat_tools import tools_of

    overrides = _endpoint(state_of(ctx), url, model, dialect)
    given = tools_of(tools) if tools else []
    options = {"model": model, "system": system, "tools": given, "budget": budget}
    with _loop(state_of(ctx), overrides, resume, options) as loop:
        talk = Talk(loop, Lines() if as_json else Screen())
        failed = talk.run()
    ctx.exit(1 if failed and not talk.live else 0)


def _endpoint(
    state: State, url: str | None, model: str | None, dialect: str | None
) -> dict[str, object]:
    """Whom to talk to, as settings over those that there are.

    Raises `click.UsageError` where there is nobody, or no model is named.
    """
    settings = state.settings()
    overrides: dict[str, object] = {}
    if url or dialect or not settings.complete:
        speaks = dialect or _spoken(url, model)
        if not (url or dialect or os.environ.get(KEYS[speaks])):
            raise click.UsageError(NOWHERE)
        plugin = f"{speaks}-completion"
        overrides["complete"] = [plugin]
        if url:
            overrides["plugin"] = {plugin: {"base_url": url}}
    if not (model or settings.model):
        raise click.UsageError(NAMELESS)
    return overrides


def _spoken(url: str | None, model: str | None) -> str:
    """The dialect of an endpoint, as its names suggest."""
    host = urlsplit(url).hostname or "" if url else ""
    claude = (model or "").startswith("claude") and not url
    alone = not url and not os.environ.get(KEYS["openai"]) and os.environ.get(KEYS["anthropic"])
    return "anthropic" if host.endswith("anthropic.com") or claude or alone else "openai"


@contextmanager
def _loop(
    state: State,
    overrides: Mapping[str, object],
    resume: str | None,
    options: Mapping[str, object],
) -> Iterator[ChatLoop]:
    """A loop with its transcript. Raises what these raise."""
    from brim.chat import ChatLoop, Transcripts

    brim = state.brim(overrides)
    with closing(Transcripts()) as transcripts:
        transcript = transcripts.open(resume) if resume else transcripts.create()
        tenant = f"chat {transcript.name}"
        yield ChatLoop(brim, transcript=transcript, tenant=tenant, **options)  # type: ignore[arg-type]  # of the types that the command line gives
