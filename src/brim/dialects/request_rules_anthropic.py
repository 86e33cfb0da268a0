"""Anthropic's rules over a request as a whole: its limits, thinking, tools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from brim.dialects.rules import Case, Finding, Rule
from brim.dialects.sizes import utf8, weight
from brim.model.messages import Text, ToolCall, ToolResult

__all__ = ["REQUEST_RULES", "thinks_manually"]

MAX_MARKS = 4
MIN_THINKING = 1_024
MAX_MESSAGES = 100_000
MAX_BYTES = 32 * 1024 * 1024
CLOUD_IMAGE = 5 * 1024 * 1024
"""Bytes of a picture's base64 on Amazon Bedrock and Google Cloud."""

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
BEDROCK = re.compile(r"bedrock|(^|\.)anthropic\.")
"""Model names as Amazon Bedrock has them, plain or behind a region or a router's prefix."""
VERTEX = re.compile(r"vertex|@\d{8}")
"""Model names as Google Cloud has them."""


def _too_many_marks(case: Case) -> Iterator[Finding]:
    """Rule 23."""
    found = case.envelope.cache_marks + sum(parsed.cache_marks for parsed in case.messages)
    if found > MAX_MARKS:
        yield "cache_control", f"{found} blocks with cache_control, at most {MAX_MARKS}", None


def _blank_system(case: Case) -> Iterator[Finding]:
    """Rule 20, for the system blocks."""
    for part in case.envelope.system:
        if isinstance(part, Text) and not part.text.strip():
            yield "system", "an empty or whitespace-only system block", None


def _thinking_budget(case: Case) -> Iterator[Finding]:
    """Rule 28. Interleaved thinking may go beyond max_tokens."""
    budget = _thinking(case).get("budget_tokens")
    if not isinstance(budget, int):
        return
    if budget < MIN_THINKING:
        yield "budget_tokens", f"budget_tokens {budget} is below {MIN_THINKING}", None
    most = case.envelope.max_output
    if most is not None and budget >= most and not _interleaved(case):
        yield "budget_tokens", f"budget_tokens {budget} is not below max_tokens {most}", None


def _thinking_choice(case: Case) -> Iterator[Finding]:
    """Rule 28, for the choice of tools."""
    choice = case.envelope.fields.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, Mapping) else None
    if kind not in (None, "auto", "none"):
        yield "tool_choice", f"manual thinking with tool_choice {kind!r}", None


def _thinking(case: Case) -> Mapping[str, object]:
    thinking = case.envelope.fields.get("thinking")
    return thinking if isinstance(thinking, Mapping) else {}


def thinks_manually(case: Case) -> bool:
    """Whether the request asks for thinking with a budget of its own."""
    return _thinking(case).get("type") == "enabled"


def _interleaved(case: Case) -> bool:
    return any(
        "interleaved-thinking" in str(case.envelope.fields.get(key, ""))
        for key in ("betas", "anthropic_beta")
    )


def _too_large(case: Case) -> Iterator[Finding]:
    """Rule 31. Bytes are those of texts, calls and images: the least the request can have."""
    if len(case.messages) > MAX_MESSAGES:
        yield "messages", f"{len(case.messages):,} messages, at most {MAX_MESSAGES:,}", None
    head = weight(case.envelope.system) + sum(tool.size for tool in case.envelope.tools)
    if 4 * (head + sum(parsed.size for parsed in case.messages)) > MAX_BYTES:
        parts = (part for parsed in case.messages for part in parsed.message.parts)
        size = weight(chain(case.envelope.system, parts), utf8)
        size += sum(tool.size for tool in case.envelope.tools)
        if size > MAX_BYTES:
            yield "bytes", f"over {size:,} bytes, at most {MAX_BYTES:,}", None


def _images(case: Case) -> Iterator[Finding]:
    """Rule 32."""
    images = [
        (image, index)
        for index, parsed in enumerate(case.messages)
        if parsed.images
        for image in parsed.images
    ]
    if not images:
        return
    limits, size = case.profile.image_limits, _most_bytes(case)
    if len(images) > limits.count:
        yield "images", f"{len(images)} images, at most {limits.count}", None
    side = limits.many_side if len(images) > limits.many else limits.side
    for image, index in images:
        if image.size * 4 // 3 > size:
            detail = f"an image of {image.size * 4 // 3:,} bytes of base64, at most {size:,}"
            yield image.digest, detail, index
        if max(image.width or 0, image.height or 0) > side:
            detail = f"{image.width} x {image.height} pixels among {len(images)} images"
            yield image.digest, f"{detail}, at most {side:,} a side", index


def _most_bytes(case: Case) -> int:
    """Of one picture's base64; the clouds of others take less."""
    most = case.profile.image_limits.bytes
    return min(most, CLOUD_IMAGE) if _in_a_cloud(case) else most


def _tool_names(case: Case) -> Iterator[Finding]:
    """Rule 33."""
    seen: set[str] = set()
    for tool in case.envelope.tools:
        if tool.name in seen:
            yield tool.name, f"two tools are named {tool.name!r}", None
        elif not NAME.fullmatch(tool.name):
            yield tool.name, f"the tool name {tool.name!r} is not 1 to 64 of a-z A-Z 0-9 _ -", None
        seen.add(tool.name)


def _undefined_tools(case: Case) -> Iterator[Finding]:
    """Rule 34."""
    if case.envelope.tools:
        return
    for index, parsed in enumerate(case.messages):
        if any(isinstance(part, (ToolCall, ToolResult)) for part in parsed.message.parts):
            yield "tools", "tool blocks in the history, but the request defines no tools", index
            return


def _on_bedrock(case: Case) -> bool:
    return bool(BEDROCK.search(case.envelope.model or case.profile.name))


def _in_a_cloud(case: Case) -> bool:
    return _on_bedrock(case) or bool(VERTEX.search(case.envelope.model or case.profile.name))


REQUEST_RULES = (
    Rule(20, _blank_system),
    Rule(23, _too_many_marks),
    Rule(28, _thinking_budget, thinks_manually),
    Rule(28, _thinking_choice, thinks_manually),
    Rule(31, _too_large),
    Rule(32, _images),
    Rule(33, _tool_names),
    Rule(34, _undefined_tools, _on_bedrock),
)
