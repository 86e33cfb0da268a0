"""What the tests of completion providers share."""

from __future__ import annotations

from typing import Any

import pytest
from model_server import Script

from brim.api import Ask
from brim.defaults import model_http
from brim.defaults.anthropic_completion import AnthropicCompletion, AnthropicCompletionSettings
from brim.defaults.openai_completion import OpenAICompletion, OpenAICompletionSettings

ASK = Ask((("system", "be short"), ("user", "grüße"), ("user", "bitte")), max_tokens=50)
KEY = "sk-Planted-0123456789"

OPENAI = {
    "model": "gpt-x-2",
    "choices": [{"message": {"role": "assistant", "content": "kurz"}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4},
    },
}
ANTHROPIC = {
    "model": "claude-x-2",
    "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "kurz"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 3},
}
WHOLE = {"openai": OPENAI, "anthropic": ANTHROPIC}
NAMES = sorted(WHOLE)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setattr(model_http, "FIRST_PAUSE", 0.001)


def provider(name: str, script: Script, **settings: Any) -> Any:
    settings = {"model": "small", "timeout": 20.0, "base_url": script.url} | settings
    if name == "openai":
        return OpenAICompletion(OpenAICompletionSettings(**settings))
    return AnthropicCompletion(AnthropicCompletionSettings(**settings))
