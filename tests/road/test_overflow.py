"""What is read from errors that say that a request was too long, in the shapes of each provider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brim.api import CompletionError, Overflow, overflow_of


def error(message: str, **more: object) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


SHAPES: list[tuple[str, Any, Overflow]] = [
    (
        "openai",
        error(
            "This model's maximum context length is 128000 tokens. However, your messages resulted "
            "in 130001 tokens. Please reduce the length of the messages.",
            code="context_length_exceeded",
        ),
        Overflow(128_000, 130_001),
    ),
    (
        "openai with the answer's part",
        error(
            "This model's maximum context length is 8192 tokens. However, you requested 9000 "
            "tokens (8000 in the messages, 1000 in the completion). Please reduce the length.",
            code="context_length_exceeded",
        ),
        Overflow(8_192, 8_000),
    ),
    (
        "openai responses",
        error("Your input exceeds the context window.", code="context_length_exceeded"),
        Overflow(),
    ),
    (
        "anthropic",
        {"type": "error", **error("prompt is too long: 208310 tokens > 200000 maximum")},
        Overflow(200_000, 208_310),
    ),
    (
        "anthropic with the answer's part",
        {
            "type": "error",
            **error(
                "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, "
                "decrease input length or `max_tokens` and try again"
            ),
        },
        Overflow(200_000, 188_240),
    ),
    (
        "gemini",
        [
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (1200000) exceeds the maximum number of "
                    "tokens allowed (1048576).",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        Overflow(1_048_576, 1_200_000),
    ),
    (
        "llama.cpp",
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 5_001,
                "n_ctx": 4_096,
            }
        },
        Overflow(4_096, 5_001),
    ),
    (
        "llama.cpp in words",
        error("request (5001 tokens) exceeds the available context size (4096 tokens), try more"),
        Overflow(4_096, 5_001),
    ),
    (
        "a limit and no more",
        error("This model's maximum context length is 8192 tokens.", code="some"),
        Overflow(8_192, 0),
    ),
    (
        "a limit with a comma and no more",
        error("This model's maximum context length is 131,072 tokens.", code="some"),
        Overflow(131_072, 0),
    ),
    (
        "vllm, bare",
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested "
            "4600 tokens (4100 in the messages, 500 in the completion).",
            "type": "BadRequestError",
            "code": 400,
        },
        Overflow(4_096, 4_100),
    ),
    (
        "vllm, of the answer",
        error(
            "'max_tokens' or 'max_completion_tokens' is too large: 500. This model's maximum "
            "context length is 4096 tokens and your request has 3900 input tokens (500 > 4096 - "
            "3900)."
        ),
        Overflow(4_096, 3_900),
    ),
    (
        "vllm, of the prompt",
        error("The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
        Overflow(4_096, 5_000),
    ),
    (
        "litellm",
        error(
            "litellm.ContextWindowExceededError: litellm.BadRequestError: AnthropicException - "
            '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too '
            'long: 200251 tokens > 199999 maximum"}}',
            code="400",
        ),
        Overflow(199_999, 200_251),
    ),
    ("litellm without numbers", error("litellm.ContextWindowExceededError: no"), Overflow()),
    (
        "mistral",
        {
            "object": "error",
            "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with "
            "32768 maximum context length",
        },
        Overflow(32_768, 40_000),
    ),
    ("bedrock", {"message": "Input is too long for requested model."}, Overflow()),
]

IDS = [name for name, _, _ in SHAPES]


@pytest.mark.parametrize(("name", "body", "told"), SHAPES, ids=IDS)
def test_shapes(name: str, body: Any, told: Overflow) -> None:
    assert overflow_of(json.dumps(body).encode()) == told
    assert overflow_of(body) == told


class BadRequestError(Exception):
    """As vendors' libraries raise: the body beside the text."""

    def __init__(self, body: object) -> None:
        super().__init__(f"Error code: 400 - {body}")
        self.body = body


@pytest.mark.parametrize(("name", "body", "told"), SHAPES, ids=IDS)
def test_exceptions(name: str, body: Any, told: Overflow) -> None:
    assert overflow_of(BadRequestError(body)) == told
    inner = body.get("error", body) if isinstance(body, dict) else body
    assert overflow_of(BadRequestError(inner)) == told, "the libraries of OpenAI unpack it"


def test_own_errors() -> None:
    told = CompletionError("too long", kind="overflow", status=400, window=4_096, used=5_000)
    assert overflow_of(told) == Overflow(4_096, 5_000)
    assert overflow_of(CompletionError("no", kind="refused", status=400)) is None


OTHERS: list[Any] = [
    error("Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000."),
    error("max_tokens is too large: 100000. This model supports at most 16384 completion tokens."),
    error("max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens"),
    error("Request exceeds the maximum size", type="request_too_large"),
    error("bad temperature", code=["context_length_exceeded"]),
    {"error": None},
    {"error": {"message": 5, "n_ctx": True, "n_prompt_tokens": "9"}},
    {"usage": {"prompt_tokens": 5}},
    [],
    17,
    None,
]


@pytest.mark.parametrize("body", OTHERS, ids=[str(i) for i in range(len(OTHERS))])
def test_other_errors(body: Any) -> None:
    assert overflow_of(body) is None
    assert overflow_of(json.dumps(body).encode()) is None
    assert overflow_of(BadRequestError(body)) is None


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 5_000, b"prompt is too long", b"nul"])
def test_bodies_that_are_no_json(body: bytes) -> None:
    assert overflow_of(body) is None


def test_text_is_read_as_text() -> None:
    assert overflow_of("prompt is too long: 10 tokens > 9 maximum") is not None
    assert overflow_of("the prompt is short") is None
