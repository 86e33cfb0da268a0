"""The provider rules in words: what each number asks for, and what the provider answers.

Numbers are stable; they stand in reports, in `brim check` and in the documentation.
Answers are as documented or reported by users late in 2026, "…" where they vary.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["CATALOGUE", "RuleText"]


@frozen
class RuleText:
    """`title` says what must hold; `answer` is the provider's error text, empty if unknown."""

    provider: str
    title: str
    answer: str = ""


def _openai(title: str, answer: str = "") -> RuleText:
    return RuleText("OpenAI", title, answer)


def _anthropic(title: str, answer: str = "") -> RuleText:
    return RuleText("Anthropic", title, answer)


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
        "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    ),
    2: _openai("every tool call is answered before anything else follows", _NO_RESULTS),
    3: _openai("nothing stands between tool calls and their results", _NO_RESULTS),
    4: _openai("a message has content, unless it has tool calls"),
    5: _openai(
        "at most 128 tool calls in one message",
        "Invalid 'messages[…].tool_calls': array too long. Expected … maximum length 128",
    ),
    6: _openai(
        "names are letters, digits, _ and -; function names at most 64 characters",
        "Invalid 'messages[…].name': string does not match pattern",
    ),
    8: _openai(
        "a call's output follows its call",
        "No tool call found for function call output with call_id …",
    ),
    9: _openai("every call has its output", "No tool output found for function call …"),
    10: _openai(
        "a reasoning item is followed by the item it belongs to",
        "Item '…' of type 'reasoning' was provided without its required following item",
    ),
    12: _openai(
        "item ids carry the prefix of their type, and calls have a name",
        "Expected an ID that begins with 'fc'",
    ),
    13: _openai("reasoning and compaction items are sent back as they came"),
    15: _anthropic("every tool_use is answered in the next message", _NO_BLOCKS),
    16: _anthropic(
        "a tool_result answers a tool_use of the previous message",
        "unexpected `tool_use_id` found in `tool_result` blocks: …",
    ),
    17: _anthropic("all results stand first, in one user message", _NO_BLOCKS),
    18: _anthropic(
        "the first message is the user's", 'messages: first message must use the "user" role'
    ),
    19: _anthropic(
        "user and assistant take turns", 'roles must alternate between "user" and "assistant"'
    ),
    20: _anthropic("no text is empty or only whitespace", "text content blocks must be non-empty"),
    21: _anthropic(
        "a final assistant message does not end in whitespace",
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    22: _anthropic(
        "the conversation ends with a user message",
        "This model does not support assistant message prefill. "
        "The conversation must end with a user message.",
    ),
    23: _anthropic(
        "at most four blocks carry cache_control",
        "A maximum of 4 blocks with cache_control may be provided. Found ….",
    ),
    24: _anthropic(
        "thinking blocks are sent back as they came, in order",
        "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
        "modified.",
    ),
    25: _anthropic(
        "with thinking on, an open tool loop starts with a thinking block",
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is "
        "enabled, a final `assistant` message must start with a thinking block",
    ),
    28: _anthropic("thinking has a budget from 1,024 to max_tokens, and tool_choice auto or none"),
    30: _anthropic("a compaction block is not empty"),
    31: _anthropic("at most 100,000 messages and 32 MB", "request_too_large"),
    32: _anthropic(
        "images have at most 5 MB of base64, and 2,000 pixels a side among many",
        "… exceed max allowed size for many-image requests: 2000 pixels",
    ),
    33: _anthropic(
        "tool names are unique, 1 to 64 letters, digits, _ and -",
        "tools: Tool names must be unique.",
    ),
    34: RuleText(
        "Bedrock",
        "tools are defined where the history has tool blocks",
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    ),
}
