"""A chat loop with two tools. A scripted model stands in for a real one.

    python examples/chat_with_tools.py

With `complete = ["openai-completion"]` in `brim.toml` and a key in the environment, leave the
plugin out, and a model answers.
"""

from __future__ import annotations

from brim import Brim, ChatLoop
from brim.api import Completion, ToolCall
from brim.testing.fakes import ScriptedModel

STOCK = {"bolt": 1_200, "nut": 0}


def stock(part: str) -> int:
    """Tell how many of a part there are.

    Args:
        part: The part's name.
    """
    return STOCK[part]


def order(part: str, number: int = 100) -> str:
    """Order more of a part."""
    STOCK[part] += number
    return f"{number} of {part} ordered"


def called(number: int, name: str, arguments: str) -> Completion:
    return Completion("", "other", tool_calls=(ToolCall(f"call-{number}", name, arguments),))


SCRIPT = [
    called(1, "stock", '{"part": "nut"}'),
    called(2, "order", '{"part": "nut", "number": 500}'),
    "There were none, so I ordered 500.",
]


def main() -> None:
    with Brim(plugins=[ScriptedModel(SCRIPT)]) as app:
        loop = ChatLoop(app, model="gpt-4o", system="Keep the store filled.", tools=[stock, order])
        reply = loop.run_iteration("Do we have nuts?")
        for run in reply.tools:
            print(f"{run.name} -> {run.text}")
        print(reply.text)


if __name__ == "__main__":
    main()
