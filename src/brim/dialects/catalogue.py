"""The provider rules in words: what each number asks for, and what the provider answers.

Numbers are stable; they stand in reports, in `brim check` and in `docs/reference/rules.md`,
which is written from here. Answers are as documented or reported by users late in 2026,
"…" where they vary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

__all__ = ["CATALOGUE", "MEANS", "Means", "RuleText"]

Means = Literal["message", "order", "request", "model", "input"]

MEANS: Mapping[Means, str] = {
    "message": "one message by itself, when it is read",
    "order": "which messages stand next to each other, and what comes first and last",
    "request": "the request as a whole: its other fields, its size",
    "model": "it holds for some models only; their profiles tell",
    "input": "what goes out, compared with what came in",
}
"""What Brim looks at to decide a rule."""


@frozen
class RuleText:
    """`title` says what must hold; `answer` is the provider's error text, empty if unknown.

    `by` is what decides it, empty where nothing at hand does; `remark` then says why, else
    which field of the profile tells, or what the rule leaves out.
    """

    provider: str
    by: tuple[Means, ...]
    title: str
    answer: str = ""
    remark: str = ""


def _openai(title: str, *by: Means, answer: str = "", remark: str = "") -> RuleText:
    return RuleText("OpenAI", by, title, answer, remark)


def _anthropic(title: str, *by: Means, answer: str = "", remark: str = "") -> RuleText:
    return RuleText("Anthropic", by, title, answer, remark)


_NO_RESULTS = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding "
    "to each 'tool_call_id'. The following tool_call_ids did not have response messages: …"
)
_NO_BLOCKS = (
    "`tool_use` ids were found without `tool_result` blocks immediately after: … Each "
    "`tool_use` block must have a corresponding `tool_result` block in the next message."
)

CATALOGUE: Mapping[int, RuleText] = {
    1: _openai(
        "a tool message answers a call of the assistant message before it",
        "order",
        answer="messages with role 'tool' must be a response to a preceeding message with "
        "'tool_calls'.",
    ),
    2: _openai(
        "every tool call is answered before anything else follows", "order", answer=_NO_RESULTS
    ),
    3: _openai("nothing stands between tool calls and their results", "order", answer=_NO_RESULTS),
    4: _openai("a message has content, unless it has tool calls", "message"),
    5: _openai(
        "at most 128 tool calls in one message",
        "message",
        answer="Invalid 'messages[…].tool_calls': array too long. Expected … maximum length 128",
    ),
    6: _openai(
        "names are letters, digits, _ and -; function names at most 64 characters",
        "message",
        "request",
        answer="Invalid 'messages[…].name': string does not match pattern",
    ),
    7: _openai(
        "system and developer messages only for models that take them",
        "request",
        "model",
        answer="Unsupported value: 'messages[…].role' does not support 'system' with this model.",
        remark="`instructions`; only o1-preview and o1-mini are known to refuse them. Newer "
        "models take role system for developer.",
    ),
    8: _openai(
        "a call's output follows its call",
        "order",
        answer="No tool call found for function call output with call_id …",
        remark="not with previous_response_id or conversation: the call may be with the provider",
    ),
    9: _openai(
        "every call has its output", "order", answer="No tool output found for function call …"
    ),
    10: _openai(
        "a reasoning item is followed by the item it belongs to",
        "order",
        answer="Item '…' of type 'reasoning' was provided without its required following item",
    ),
    11: _openai(
        "a call keeps the reasoning item before it",
        "input",
        "model",
        answer="Item '…' of type 'function_call' was provided without its required 'reasoning' "
        "item: '…'",
        remark="`reasoning_items`; which calls had one only the input tells, so that a request "
        "by itself is not judged",
    ),
    12: _openai(
        "item ids carry the prefix of their type, and calls have a name",
        "message",
        answer="Expected an ID that begins with 'fc'",
    ),
    13: _openai("reasoning and compaction items are sent back as they came", "input"),
    14: RuleText(
        "DeepSeek",
        ("order", "model"),
        "an output follows its call directly",
        "No tool output found for tool call …",
        "`adjacent_results`; parallel calls may stand together before their outputs",
    ),
    15: _anthropic("every tool_use is answered in the next message", "order", answer=_NO_BLOCKS),
    16: _anthropic(
        "a tool_result answers a tool_use of the previous message",
        "order",
        answer="unexpected `tool_use_id` found in `tool_result` blocks: …",
    ),
    17: _anthropic("all results stand first, in one user message", "order", answer=_NO_BLOCKS),
    18: _anthropic(
        "the first message is the user's",
        "order",
        answer='messages: first message must use the "user" role',
    ),
    19: _anthropic(
        "user and assistant take turns",
        "order",
        "model",
        answer='roles must alternate between "user" and "assistant"',
        remark="`strict_alternation`, in OpenAI Chat too; Anthropic itself joins equal roles now",
    ),
    20: _anthropic(
        "no text is empty or only whitespace",
        "message",
        "order",
        "request",
        answer="text content blocks must be non-empty",
    ),
    21: _anthropic(
        "a final assistant message does not end in whitespace",
        "order",
        answer="messages: final assistant content cannot end with trailing whitespace",
    ),
    22: _anthropic(
        "the conversation ends with a user message",
        "order",
        "model",
        answer="This model does not support assistant message prefill. "
        "The conversation must end with a user message.",
        remark="`prefill`",
    ),
    23: _anthropic(
        "at most four blocks carry cache_control",
        "request",
        answer="A maximum of 4 blocks with cache_control may be provided. Found ….",
    ),
    24: _anthropic(
        "thinking blocks are sent back as they came, in order",
        "input",
        answer="`thinking` or `redacted_thinking` blocks in the latest assistant message cannot "
        "be modified.",
    ),
    25: _anthropic(
        "with thinking on, an open tool loop starts with a thinking block",
        "order",
        "request",
        answer="Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` "
        "is enabled, a final `assistant` message must start with a thinking block",
    ),
    26: _anthropic(
        "a thinking block was signed by the model that it is sent to",
        answer="Invalid `signature` in `thinking` block",
        remark="a signature does not tell whose it is, and a request names only the model that it "
        "goes to. Brim never changes the model, and keeps signatures as they came (24)",
    ),
    27: _anthropic(
        "nothing before a kept thinking block has changed",
        "input",
        "model",
        answer="… The block is bound to a different conversation. Remove the block, or set "
        '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".',
        remark="`bound_thinking`; thinking behind a change goes with it, or the change waits. From "
        "which day on an account is held to it only the provider knows",
    ),
    28: _anthropic(
        "thinking has a budget from 1,024 to max_tokens, and tool_choice auto or none", "request"
    ),
    29: _anthropic(
        "system messages stand behind a user's, for models that take them",
        "order",
        "model",
        answer="role 'system' is not supported on this model",
        remark="`system_turns`; what follows a system message is not looked at",
    ),
    30: _anthropic("a compaction block is not empty, and sent back as it came", "message", "input"),
    31: _anthropic("at most 100,000 messages and 32 MB", "request", answer="request_too_large"),
    32: _anthropic(
        "images are within the limits of number, base64 and pixels, stricter among many",
        "request",
        "model",
        answer="… exceed max allowed size for many-image requests: 2000 pixels",
        remark="`image_limits`: 100 or 600 images of 10 MB (5 MB on Amazon Bedrock and Google "
        "Cloud) and 8,000 pixels a side, 2,000 among more than 20",
    ),
    33: _anthropic(
        "tool names are unique, 1 to 64 letters, digits, _ and -",
        "request",
        answer="tools: Tool names must be unique.",
    ),
    34: RuleText(
        "Bedrock",
        ("request", "model"),
        "tools are defined where the history has tool blocks",
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
        "by the model's name",
    ),
}
