"""Other tools that bring a conversation under a budget, each behind the same two calls.

Nothing here may reach a network: the switches below are the tools' own, and the
tokenizer that all of them share is built from the vocabulary that Brim carries.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol

os.environ |= {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "LANGSMITH_TRACING": "false",
    "HF_HUB_OFFLINE": "1",
}

Message = dict[str, Any]
ENCODING = "o200k_base"
MODEL = "gpt-4o"
RECOMMENDED = {"include_system": True, "start_on": "human"}
"""What langchain-core's documentation advises for trim_messages."""


class Side(Protocol):
    """One tool with one conversation of its own.

    `extend` adds what was said, `fit` gives what would be sent.
    """

    def extend(self, messages: Sequence[Message]) -> None: ...

    def fit(self) -> Any: ...


def share_encoding() -> Any:
    """Give tiktoken, and with it every tool in this process, Brim's own encodings."""
    import tiktoken
    import tiktoken.registry as registry

    from brim.defaults.vocabulary import VOCABULARIES, encoding

    registry.ENCODINGS.update({name: encoding(name) for name in VOCABULARIES})
    return tiktoken.get_encoding(ENCODING)


def text_of(message: Message) -> str:
    """Everything in a message that a model reads."""
    content = message.get("content") or ""
    if not isinstance(content, str):
        content = "\n".join(str(block.get("text", "")) for block in content)
    calls = (call["function"] for call in message.get("tool_calls") or ())
    return content + "".join(f"{call['name']}{call['arguments']}" for call in calls)


def exact_counter() -> Callable[[Any], int]:
    """tiktoken over content and calls, and the 3 tokens around a message."""
    encode = share_encoding().encode_ordinary
    return lambda message: 3 + len(encode(text_of(message)))


class LiteLLM:
    """litellm.trim_messages, which counts with tiktoken."""

    def __init__(self, budget: int) -> None:
        from litellm.utils import trim_messages

        logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
        self.trim, self.budget, self.messages = trim_messages, budget, list[Message]()

    def extend(self, messages: Sequence[Message]) -> None:
        self.messages.extend(messages)

    def fit(self) -> list[Message]:
        return self.trim(self.messages, model=MODEL, max_tokens=self.budget)


class LangChain:
    """langchain-core's trim_messages with the settings that its documentation recommends."""

    def __init__(self, budget: int, counter: Any = None, **options: Any) -> None:
        from langchain_core.messages import trim_messages

        self.budget, self.messages = budget, list[Any]()
        self.counter, self.trim = counter or self._exact(), trim_messages
        self.options = options or RECOMMENDED

    @staticmethod
    def _exact() -> Callable[[Sequence[Any]], int]:
        """As `exact_counter`, and 3 tokens for the reply."""
        count = exact_counter()

        def counter(messages: Sequence[Any]) -> int:
            from langchain_core.messages import convert_to_openai_messages

            return 3 + sum(count(one) for one in convert_to_openai_messages(list(messages)))

        return counter

    def extend(self, messages: Sequence[Message]) -> None:
        from langchain_core.messages import convert_to_messages

        complete = [{"content": "", **message} for message in messages]  # it demands the key
        self.messages.extend(convert_to_messages(complete))

    def fit(self) -> list[Any]:
        return self.trim(
            self.messages, max_tokens=self.budget, token_counter=self.counter, **self.options
        )


class ContextTrim:
    """contexttrim with one of its strategies, counting with tiktoken."""

    def __init__(self, budget: int, strategy: str = "RecencyDrop") -> None:
        from contexttrim import ContextManager, strategies

        self.manager = ContextManager(budget, getattr(strategies, strategy)(), exact_counter())

    def extend(self, messages: Sequence[Message]) -> None:
        self.manager.extend(messages)

    def fit(self) -> list[Message]:
        return [dict(message) for message in self.manager.fit()]


def installed(package: str) -> bool:
    """Whether a peer is here; the `bench` dependency group brings them all."""
    return find_spec(package) is not None


def peers() -> dict[str, Callable[[int], Side]]:
    """Every peer that is installed, by the name that the tables use."""
    found: dict[str, Callable[[int], Side]] = {}
    if installed("litellm"):
        found["litellm trim_messages"] = LiteLLM
    if installed("langchain_core"):
        found["LangChain, tiktoken"] = LangChain
        found["LangChain, approximate"] = lambda budget: LangChain(budget, "approximate")
    if installed("contexttrim"):
        found["contexttrim"] = ContextTrim
    return found


COUNTS_EXACTLY = frozenset({"litellm trim_messages", "LangChain, tiktoken", "contexttrim"})
