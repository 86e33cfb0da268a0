"""A plugin of hook API 1, kept as it was written: what it does must work for ever."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from click.testing import CliRunner
from kernel_parts import DISTRIBUTIONS

from brim import Brim, ChatLoop
from brim.cli.main import main

FROZEN = DISTRIBUTIONS / "frozen_api_1" / "acme_frozen_1.py"
DIGEST = "19040460b3af147218c0f54c370774c032729db8c3f675753a5eae031103308e"
"""SHA-256 of the file. When this test fails, put the plugin back, and mend Brim."""

NAMED = {
    "model": "frozen-model",
    "policy": "frozen-one",
    "strategies": ("frozen-one",),
    "caches": ("frozen-one",),
    "complete": ("frozen-one",),
    "condensation": {"quality": 0.0},
    "archive": {"where": "memory"},
}

Install = Callable[..., None]


@pytest.fixture
def frozen_brim(install: Install, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BRIM_CACHE_KEY", "0123456789abcdef" * 4)
    install("frozen_api_1")
    with Brim(NAMED) as brim:
        yield brim


def plugin(brim: Brim) -> Any:
    return brim.host.plugin("frozen-one")


def test_the_plugin_is_unchanged() -> None:
    assert sha256(FROZEN.read_bytes()).hexdigest() == DIGEST


def test_a_fit_with_it(frozen_brim: Brim) -> None:
    talk = [
        {"role": "user" if n % 2 == 0 else "assistant", "content": f"{n}: " + "word " * 100}
        for n in range(21)
    ]
    fitted = frozen_brim.fit(talk, budget=3_000)
    assert fitted.report.strategies == ("frozen-one",)
    assert fitted.report.decision.reason == "over the budget"
    assert "They spoke of many things." in str(fitted.messages)
    assert fitted.messages[-1] is talk[-1]
    assert fitted.report.after.upper <= 3_000
    assert {
        "count_tokens",
        "should_trim",
        "condense",
        "complete",
        "monitor_operation",
        "provide_cache",
        "provide_model",
    } <= plugin(frozen_brim).called


def test_a_chat_turn_with_it(frozen_brim: Brim) -> None:
    loop = ChatLoop(frozen_brim)
    assert loop.run_iteration("  hello  ").text == "They spoke of many things."
    assert loop.messages[0] == {"role": "user", "content": "hello"}
    assert "".join(piece.text for piece in loop.stream("and now?")) == "Good day."
    assert {"check_input", "admit", "stream"} <= plugin(frozen_brim).called


def test_its_command_and_its_end(install: Install) -> None:
    install("frozen_api_1")
    assert CliRunner().invoke(main, ["frozen"]).output == "frozen one\n"
    with Brim(NAMED | {"caches": ()}) as brim:
        held = plugin(brim)
    assert "close" in held.called
