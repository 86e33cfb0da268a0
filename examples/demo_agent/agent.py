"""Holds the conversation: what the user says, what the agent says and calls, what came back."""

from __future__ import annotations

import json

from demo_agent.tools import TOOLS, Workspace

Call = tuple[str, dict[str, object]]
Message = dict[str, object]

SYSTEM = """\
You are a careful software engineer who looks after the parcel pricing service "portage".
Work with the tools; never guess what a file says or what a program prints.
Before you change code, say what you found. After you changed code, run the tests.
Several calls that do not depend on each other may go out together.
Finish every task with a short answer: what you found, what you changed, what is left.
Money is an integer number of cents. Weights are grams. Days are written 2025-11-03.\
"""


def tool(name: str, **arguments: object) -> Call:
    """A call that is not made yet."""
    return name, arguments


class Agent:
    """Writes an OpenAI Chat conversation while the tools really run."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.messages: list[Message] = [{"role": "system", "content": SYSTEM}]
        self._calls = 0

    def user(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def say(self, text: str) -> None:
        """An answer without calls."""
        self.messages.append({"role": "assistant", "content": text})

    def act(self, text: str, *calls: Call) -> list[str]:
        """One assistant message with one or more calls; the results in order."""
        numbered = [(self._next_id(), name, arguments) for name, arguments in calls]
        self.messages.append(
            {
                "role": "assistant",
                "content": text,
                "tool_calls": [_call(*each) for each in numbered],
            }
        )
        return [self._result(*each) for each in numbered]

    def one(self, text: str, name: str, **arguments: object) -> str:
        """One call and its result."""
        return self.act(text, (name, arguments))[0]

    def request(self) -> dict[str, object]:
        return {"tools": TOOLS, "messages": self.messages}

    def _next_id(self) -> str:
        self._calls += 1
        return f"call_{self._calls:04d}"

    def _result(self, call_id: str, name: str, arguments: dict[str, object]) -> str:
        output = str(getattr(self.workspace, name)(**arguments))
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": output})
        return output


def _call(call_id: str, name: str, arguments: dict[str, object]) -> dict[str, object]:
    body = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": call_id, "type": "function", "function": body}
