"""What is wrong with a request, in the shape that its client reads.

Shapes: the error objects of the OpenAI and Anthropic API references; the texts for requests
that are too long are those which clients look for.
"""

from __future__ import annotations

from math import ceil

import msgspec
from attrs import evolve, frozen

from brim.api import RequestRefused
from brim_proxy.asgi import Headers
from brim_proxy.routes import Vendor

__all__ = [
    "BAD_GATEWAY",
    "DEEP",
    "NOT_ADMITTED",
    "NOT_FOUND",
    "NO_KEY",
    "OVERLOADED",
    "STALLED",
    "TIMEOUT",
    "TOO_LARGE",
    "UNEXPECTED",
    "Declined",
    "Problem",
    "limited",
    "malformed",
    "rendered",
    "too_long",
]


@frozen
class Problem:
    """One refusal. `openai` and `anthropic` are the names these vendors have for its type;
    `headers` go out with it."""

    status: int
    message: str
    openai: str = "invalid_request_error"
    anthropic: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    anthropic_status: int = 0
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Declined(Exception):
    """A request that goes nowhere."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status)
        self.problem = problem


NOT_FOUND = Problem(
    404, "Not found: only paths under /v1/ are served here", anthropic="not_found_error"
)
TOO_LARGE = Problem(
    413,
    "Request exceeds the maximum size",
    anthropic="request_too_large",
    code="request_too_large",
)
DEEP = Problem(400, "The JSON body is nested too deeply", code="invalid_json")
STALLED = Problem(
    408, "The request body did not arrive in time", anthropic="timeout_error", code="timeout"
)
NO_KEY = Problem(
    401,
    "Incorrect API key provided; this proxy has keys of its own",
    anthropic="authentication_error",
    code="invalid_api_key",
)
NOT_ADMITTED = Problem(
    429, "Rate limit reached", "rate_limit_error", "rate_limit_error", "rate_limit_exceeded"
)
OVERLOADED = Problem(
    503,
    "Too many bytes of requests are held at once; try again",
    "server_error",
    "overloaded_error",
    "overloaded",
    anthropic_status=529,
)
BAD_GATEWAY = Problem(
    502, "The upstream could not be reached", "server_error", "api_error", "upstream_unreachable"
)
TIMEOUT = Problem(
    504, "The upstream did not answer in time", "server_error", "timeout_error", "upstream_timeout"
)
UNEXPECTED = Problem(500, "Internal error", "server_error", "api_error", "internal_error")


def malformed(detail: str) -> Problem:
    """A body that cannot be read."""
    return Problem(400, f"The request body could not be read: {detail}", code="invalid_json")


def limited(refused: RequestRefused) -> Problem:
    """A request that a guard does not admit, with the guard's own words.

    Retry-After is whole seconds (RFC 9110, section 10.2.3), rounded up; the headers x-ratelimit-*
    are those of OpenAI's API reference, for the limit that refused.
    """
    found: Headers = []
    seconds = refused.retry_after
    if seconds is not None:
        found.append((b"retry-after", str(ceil(seconds)).encode()))
    if refused.unit in {"requests", "tokens"}:
        facts = {"limit": str(refused.limit), "remaining": str(refused.remaining)}
        if seconds is not None:
            facts["reset"] = f"{seconds:.3f}s"
        found += [
            (f"x-ratelimit-{name}-{refused.unit}".encode(), value.encode())
            for name, value in facts.items()
        ]
    return evolve(NOT_ADMITTED, message=str(refused), headers=tuple(found))


def too_long(vendor: Vendor, dialect: str, tokens: int, limit: int) -> Problem:
    """A request that no condensation brings under `limit` tokens."""
    code = "context_length_exceeded"
    if vendor is Vendor.ANTHROPIC:
        return Problem(400, f"prompt is too long: {tokens} tokens > {limit} maximum", code=code)
    if dialect == "openai-responses":
        text = (
            "Your input exceeds the context window of this model. "
            "Please adjust your input and try again."
        )
        return Problem(400, text, code=code, param="input")
    text = (
        f"This model's maximum context length is {limit} tokens. However, your messages "
        f"resulted in {tokens} tokens. Please reduce the length of the messages."
    )
    return Problem(400, text, code=code, param="messages")


def rendered(problem: Problem, vendor: Vendor) -> tuple[int, bytes]:
    """Status and JSON body for a client of this vendor."""
    if vendor is Vendor.ANTHROPIC:
        error = {"type": problem.anthropic, "message": problem.message}
        status = problem.anthropic_status or problem.status
        return status, msgspec.json.encode({"type": "error", "error": error})
    fields = {
        "message": problem.message,
        "type": problem.openai,
        "param": problem.param,
        "code": problem.code,
    }
    return problem.status, msgspec.json.encode({"error": fields})
