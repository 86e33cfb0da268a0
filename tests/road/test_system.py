"""The system prompt that is given beside a list of messages."""

from __future__ import annotations

from typing import Any

import pytest
from road_parts import chat

from brim import Brim

MESSAGES = {
    "openai-chat": chat(2),
    "anthropic": chat(2),
    "openai-responses": [{"role": "user", "content": "hello"}],
}


@pytest.mark.parametrize("dialect", list(MESSAGES))
def test_it_counts_in_every_dialect(brim: Brim, dialect: str) -> None:
    given: dict[str, Any] = {"model": "m", "dialect": dialect}
    without = brim.count(MESSAGES[dialect], **given).fixed
    with_it = brim.count(MESSAGES[dialect], system="one two three four", **given).fixed
    assert with_it >= without + 4
    session = brim.session(MESSAGES[dialect], system="one two three four", **given)
    assert session.fit().report.before.fixed == with_it
