"""Rules that hold for some models only, with a request that breaks each and one that does not."""

from __future__ import annotations

import base64
import struct

from dialect_samples import (
    ANTHROPIC,
    OPENAI,
    RESPONSES,
    Json,
    asks,
    assistant,
    output,
    reasoning,
    result,
    text,
    use,
    user,
)

from brim.dialects.walk import Walker
from brim.model.profiles import ImageLimits, ModelProfile

__all__ = ["BEDROCK", "MODEL_CASES", "PLAIN", "png"]

PLAIN = ModelProfile("any")
STRICT = ModelProfile("strict", strict_alternation=True)
NO_PREFILL = ModelProfile("new", prefill=False)
NO_ROLES = ModelProfile("old", instructions=False)
NO_TURNS = ModelProfile("older", system_turns=False)
ADJACENT = ModelProfile("look-alike", adjacent_results=True)
FEW = ModelProfile("few", image_limits=ImageLimits(count=2))
BEDROCK = ModelProfile("us.anthropic.claude-x-v1:0")
VERTEX = ModelProfile("claude-x@20260101")
HI, OK = user("hi"), assistant("ok")
SYSTEM: Json = {"role": "system", "content": "be brief"}
DEVELOPER: Json = {"role": "developer", "content": "be brief"}
LOOP = [HI, assistant(use("a")), user(result("a"))]
TOOLS = [{"name": "look", "input_schema": {}}]
MB = 2**20


def image(data: str) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def png(width: int, height: int) -> Json:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return image(base64.b64encode(head).decode())


def heavy(size: int) -> list[Json]:
    return [user(image("A" * size))]


Case = tuple[int, Walker, object, object, ModelProfile]

MODEL_CASES: list[Case] = [
    (7, OPENAI, [SYSTEM, HI], [HI, OK], NO_ROLES),
    (7, OPENAI, [DEVELOPER, HI], [HI], NO_ROLES),
    (14, RESPONSES, [asks("a"), HI, output("a")], [asks("a"), output("a"), HI], ADJACENT),
    (
        14,
        RESPONSES,
        [asks("a"), DEVELOPER, output("a")],
        [asks("a"), asks("b"), output("b"), output("a")],
        ADJACENT,
    ),
    (
        14,
        RESPONSES,
        [asks("a"), reasoning(), asks("b"), output("b"), output("a")],
        [reasoning(), asks("a"), output("a"), asks("a"), output("a")],
        ADJACENT,
    ),
    (19, ANTHROPIC, [HI, HI], [HI, OK, HI], STRICT),
    (19, OPENAI, [HI, HI], [HI, OK, HI], STRICT),
    (22, ANTHROPIC, [HI, OK], [HI, OK, HI], NO_PREFILL),
    (29, ANTHROPIC, [HI, SYSTEM], [HI], NO_TURNS),
    (34, ANTHROPIC, LOOP, {"tools": TOOLS, "messages": LOOP}, BEDROCK),
    (32, ANTHROPIC, [user(*[png(9, 9)] * 3)], [user(*[png(9, 9)] * 2)], FEW),
    (32, ANTHROPIC, heavy(5 * MB + 4), heavy(5 * MB - 4), BEDROCK),
    (32, ANTHROPIC, heavy(5 * MB + 4), heavy(5 * MB - 4), VERTEX),
]
"""Those of the plain model hold for all."""

MODEL_CASES += [
    (29, ANTHROPIC, [HI, OK, SYSTEM], [HI, SYSTEM, OK], PLAIN),
    (29, ANTHROPIC, [HI, OK, SYSTEM], [*LOOP, SYSTEM], PLAIN),
    (
        29,
        ANTHROPIC,
        [HI, OK, SYSTEM],
        [HI, assistant(text("x"), {"type": "server_tool_use", "id": "s"}), SYSTEM],
        PLAIN,
    ),
    (32, ANTHROPIC, heavy(10 * MB + 4), heavy(10 * MB - 4), PLAIN),
    (32, ANTHROPIC, [user(png(8001, 9))], [user(png(8000, 9))], PLAIN),
    (32, ANTHROPIC, [user(*[png(2001, 9)] * 21)], [user(*[png(2000, 9)] * 21)], PLAIN),
    (32, ANTHROPIC, [user(*[png(9, 2001)] * 21)], [user(*[png(9, 2001)] * 20)], PLAIN),
    (
        32,
        ANTHROPIC,
        [*LOOP[:2], user(result("a", [png(8001, 9)]))],
        [*LOOP[:2], user(result("a", [png(8000, 9)]))],
        PLAIN,
    ),
]
