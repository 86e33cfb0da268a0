"""Anthropic's rules over a request as a whole: its limits, thinking, tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from brim.dialects.rules import Case, Finding, Rule
from brim.model.messages import Image, Part, Text, ToolCall, ToolResult

__all__ = ["REQUEST_RULES", "pictures"]

MAX_MARKS = 4
MIN_THINKING = 1_024
MAX_MESSAGES = 100_000
MAX_BYTES = 32 * 1024 * 1024
MANY_IMAGES = 20
MAX_SIDE = 2_000
"""Pixels, in requests of more than `MANY_IMAGES` images."""

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
BEDROCK = re.compile(r"bedrock|(^|\.)anthropic\.")
"""Model names as Amazon Bedrock has them, plain or behind a region or a router's prefix."""


def pictures(part: Part) -> Sequence[Image]:
    """The images of a part, those inside of a result included."""
    if isinstance(part, Image):
        return (part,)
    if isinstance(part, ToolResult):
        return [item for item in part.content if isinstance(item, Image)]
    return ()


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
    if 4 * _total(case, len) > MAX_BYTES:  # no character takes more than 4
        size = _total(case, _utf8)
        if size > MAX_BYTES:
            yield "bytes", f"over {size:,} bytes, at most {MAX_BYTES:,}", None


def _total(case: Case, measure: Callable[[str], int]) -> int:
    return sum(_size(part, measure) for parsed in case.messages for part in parsed.message.parts)


def _size(part: Part, measure: Callable[[str], int]) -> int:
    if isinstance(part, Text):
        return measure(part.text)
    if isinstance(part, ToolResult):
        return sum(_size(item, measure) for item in part.content)
    if isinstance(part, ToolCall):
        return measure(part.arguments)
    return part.size * 4 // 3 if isinstance(part, Image) else part.size


def _utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _many_large_images(case: Case) -> Iterator[Finding]:
    """Rule 32, for requests of many images."""
    images = [
        (image, index)
        for index, parsed in enumerate(case.messages)
        for part in parsed.message.parts
        if isinstance(part, (Image, ToolResult))
        for image in pictures(part)
    ]
    if len(images) <= MANY_IMAGES:
        return
    for image, index in images:
        if max(image.width or 0, image.height or 0) > MAX_SIDE:
            detail = f"{image.width} x {image.height} pixels among {len(images)} images"
            yield image.digest, detail, index


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


REQUEST_RULES = (
    Rule(20, _blank_system),
    Rule(23, _too_many_marks),
    Rule(28, _thinking_budget, thinks_manually),
    Rule(28, _thinking_choice, thinks_manually),
    Rule(31, _too_large),
    Rule(32, _many_large_images),
    Rule(33, _tool_names),
    Rule(34, _undefined_tools, _on_bedrock),
)
