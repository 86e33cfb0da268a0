"""A planted key never stands in a log, an error, a report, a trace or `brim config`."""

from __future__ import annotations

import io
import traceback
from pathlib import Path
from typing import Any

import pytest
from loguru import logger
from model_server import Answer, Script, breaks, fails, resets, says, serving
from summary_parts import asked

from brim import Brim
from brim.defaults import model_http

KEY = "sk-Planted-Secret-0123456789"
LONG = asked(20)

ECHO = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY, "type": "a"}}
ANSWERS: dict[str, Answer] = {
    "401": says(ECHO, 401),
    "400": says({"error": {"code": KEY.lower(), "type": KEY}}, 400),
    "429": fails(429, retry_after="1000"),
    "500": says(ECHO, 500),
    "reset": resets,
    "broken": breaks,
    "no JSON": says("{no JSON"),
    "redirect": says(ECHO, 302, Location=f"http://{KEY}.example.org/"),
    "empty": says({"choices": [], "content": []}),
}
VARIABLES = {"openai-completion": "OPENAI_API_KEY", "anthropic-completion": "ANTHROPIC_API_KEY"}


def settings(name: str, script: Script) -> dict[str, Any]:
    return {
        "strategies": ["conversation-summary"],
        "complete": [name],
        "plugin": {name: {"base_url": script.url, "retries": 1}},
        "plugins": {"discover": False},
        "logging": {"verbose": True, "counting": True, "caches": True},
    }


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("answer", ANSWERS)
def test_nowhere(name: str, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[name], KEY)
    monkeypatch.setattr(model_http, "FIRST_PAUSE", 0.001)
    heard = io.StringIO()
    sink = logger.add(heard, level=0, diagnose=True, backtrace=True)
    errors: list[str] = []
    try:
        with serving(ANSWERS[answer]) as script, Brim(settings(name, script)) as brim:
            complete = brim.host.calls.complete

            async def traced(*given: Any) -> Any:
                try:
                    return await complete(*given)
                except Exception as error:
                    errors.append("".join(_whole(error)))
                    logger.exception("it failed")
                    raise

            monkeypatch.setattr(brim.host.calls, "complete", traced)
            fitted = brim.fit(LONG, model="gpt-4o", budget=2_000)
            told = [repr(fitted.report), repr(brim.host.plugin(name)), repr(brim.stats())]
            told += [repr(vars(brim.host.plugin(name)))]
    finally:
        logger.remove(sink)
    assert fitted.report.steps[0].outcome == "failed"
    assert len(errors) == 1
    for text in (heard.getvalue(), *errors, *told):
        assert KEY.lower() not in text.lower()
    assert any(KEY in str(seen.headers) for seen in script.seen)


def _whole(error: BaseException) -> list[str]:
    """The traceback with the values of all local variables."""
    return list(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("place", ["key_variable", "key_file", "base_url"])
def test_not_in_the_configuration(place: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from brim.cli.main import cli

    given = f"http://user:{KEY}@localhost/v1" if place == "base_url" else KEY
    path = tmp_path / "brim.toml"
    path.write_text(f'[plugin.openai-completion]\n{place} = "{given}"\n')
    shown = CliRunner().invoke(cli, ["--config", str(path), "config"])
    assert f"plugin.openai-completion.{place}" in shown.output
    assert "••••" in shown.output
    for words in (["config"], ["config", "--json"], ["plugins", "check"]):
        answer = CliRunner().invoke(cli, ["--config", str(path), *words])
        assert KEY not in answer.output
        assert KEY not in str(answer.exception)
