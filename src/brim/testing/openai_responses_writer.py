"""Generated conversations as OpenAI Responses requests."""

from __future__ import annotations

import base64
import json

from brim.testing.draw import Draw
from brim.testing.media import encoded_pdf, encoded_picture
from brim.testing.texts import text
from brim.testing.writers import Json, Options, Writer, schema

__all__ = ["OpenAIResponsesWriter"]

MODELS = ("gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4o", "house-model")
"""The last one is known to nobody."""

KINDS = ("function",) * 8 + ("custom", "custom", "shell", "computer")


class OpenAIResponsesWriter(Writer):
    """Writes items: easy and typed messages, calls and their outputs, reasoning before both,
    calls of tools that run at the provider, compactions, and items that nobody knows."""

    def __init__(self, draw: Draw, options: Options) -> None:
        super().__init__(draw, options)
        self.model = draw.choice(MODELS)
        self.ids = draw.boolean(0.6)
        self.continued = draw.boolean(0.05)
        self.items = 0

    def start(self) -> None:
        self.instructions = self.text() if self.draw.boolean(0.5) else None
        if self.continued and self.draw.boolean():
            self.messages.append(self._output("function", self.call_id("call_")))
        if self.draw.boolean(0.4):
            self._instruct()
        if self.traits.thinking and self.draw.boolean(0.3):
            self.messages.append(self._sealed("compaction", "cmp"))

    def user(self) -> None:
        if self.messages and self.draw.boolean(0.06):
            self._instruct()
        self.messages.append(self._message("user", self._content()))

    def step(self) -> None:
        calls: list[Json] = []
        self.messages += self._reasoning()
        if self.draw.boolean(0.2):
            self.messages.append(self._said())
            self.messages += self._reasoning()
        for number in range(self.draw.integer(1, self.traits.parallel)):
            if number and self.draw.boolean(0.1):
                self.messages += self._reasoning()
            calls.append(self._call(self.draw.choice(KINDS)))
            self.messages.append(calls[-1])
        outputs = [self._answer_to(call) for call in calls]
        if len(outputs) > 1 and self.draw.boolean(0.3):
            outputs.reverse()
        self.messages += outputs

    def answer(self, *, last: bool = False) -> None:
        if self.traits.unknown and self.draw.boolean(0.2):
            self.messages.append(self._provided())
        self.messages += [*self._reasoning(), self._said()]

    @property
    def may_end(self) -> bool:
        return True

    def request(self) -> Json:
        request: Json = {"model": self.model, "input": self.messages}
        if self.instructions is not None:
            request["instructions"] = self.instructions
        if self.calls or self.draw.boolean(0.2):
            request["tools"] = [*self._tools()]
        if self.continued:
            request["previous_response_id"] = "resp_0001"
        if self.traits.thinking:
            request |= {"store": False, "include": ["reasoning.encrypted_content"]}
        if self.draw.boolean(0.2):
            request["max_output_tokens"] = self.draw.choice((256, 2048))
        return request | self.unknown(0.5)

    def _id(self, prefix: str, chance: float = 0.9) -> Json:
        """The item's id as the provider gave it, where this client sends ids back."""
        self.items += 1
        if not (self.ids and self.draw.boolean(chance)):
            return {}
        return {"id": f"{prefix}_{self.items:04d}"}

    def _instruct(self) -> None:
        role = self.draw.choice(("developer", "developer", "system"))
        self.messages.append(self._message(role, self.text()))

    def _message(self, role: str, content: str | list[Json]) -> Json:
        """A message as an easy one, or as an item with its type."""
        easy = self.draw.boolean()
        if not easy and isinstance(content, str):
            content = [{"type": "input_text", "text": content}]
        typed = {} if easy else {"type": "message"}
        return {**typed, "role": role, "content": content, **self.unknown()}

    def _said(self) -> Json:
        if self.draw.boolean(0.4):
            return {"role": "assistant", "content": self.text()}
        block: Json = {"type": "output_text", "text": self.text()}
        if self.draw.boolean():
            block["annotations"] = []
        if self.traits.unknown and self.draw.boolean(0.2):
            block = {"type": "refusal", "refusal": "I may not."}
        status = {"status": "completed"} if self.ids else {}
        item = {"type": "message", **self._id("msg"), "role": "assistant", **status}
        return {**item, "content": [block], **self.unknown()}

    def _content(self) -> str | list[Json]:
        if not self.draw.boolean(0.3):
            return self.text()
        return [self._block() for _ in range(self.draw.integer(1, 3))]

    def _block(self) -> Json:
        if self.traits.unknown and self.draw.boolean(0.2):
            return {"type": "x_widget", "rows": [1, 2.5, None], "label": self.text()}
        if self.traits.media and self.draw.boolean():
            return self._media()
        return {"type": "input_text", "text": self.text(), **self.unknown(0.1)}

    def _media(self) -> Json:
        kind = self.draw.choice(("data", "link", "uploaded", "file"))
        if kind == "link":
            return {"type": "input_image", "image_url": "https://example.com/plan.png"}
        if kind == "uploaded":
            return {"type": "input_file", "file_id": "file-0001"}
        if kind == "file":
            data = f"data:application/pdf;base64,{encoded_pdf(self.draw)}"
            return {"type": "input_file", "filename": "a.pdf", "file_data": data}
        detail = self.draw.choice(("low", "high", "auto"))
        return {"type": "input_image", "image_url": self._picture(), "detail": detail}

    def _picture(self) -> str:
        media, data = encoded_picture(self.draw)
        return f"data:{media};base64,{data}"

    def _reasoning(self) -> list[Json]:
        if not (self.traits.thinking and self.draw.boolean(0.8)):
            return []
        told = [{"type": "summary_text", "text": self.text()}] if self.draw.boolean() else []
        return [self._sealed("reasoning", "rs") | {"summary": told}]

    def _sealed(self, kind: str, prefix: str) -> Json:
        self.items += 1
        seal = base64.b64encode(b"sealed %d" % self.draw.integer(0, 99)).decode() * 6
        return {"type": kind, "id": f"{prefix}_{self.items:04d}", "encrypted_content": seal}

    def _provided(self) -> Json:
        """A call that the provider itself answered, a reference, or an item of a new type."""
        kind = self.draw.choice(("web_search_call", "item_reference", "x_note"))
        if kind == "web_search_call":
            action = {"type": "search", "query": self.text()}
            return {"type": kind, **self._id("ws", 1.0), "status": "completed", "action": action}
        if kind == "item_reference":
            return {"type": kind, "id": "msg_0000"}
        return {"type": kind, "rows": [1, 2.5, None], "label": self.text()}

    def _call(self, kind: str) -> Json:
        call_id = {"call_id": self.call_id("call_")}
        name = {"name": self.draw.choice(self.traits.tool_names)}
        if kind == "custom":
            own = {"type": "custom_tool_call", **self._id("ctc"), **call_id, **name}
            return {**own, "input": self.output() or "ls"}
        if kind == "shell":
            action: Json = {"type": "exec", "command": ["ls", self.text()], "env": {}}
            return {"type": "local_shell_call", **self._id("lsh"), **call_id, "action": action}
        if kind == "computer":
            action = {"type": "click", "x": self.draw.integer(0, 99), "y": 7}
            return {"type": "computer_call", **self._id("cu"), **call_id, "action": action}
        given = json.dumps(self.arguments(), ensure_ascii=self.draw.boolean())
        if self.draw.boolean(0.05):
            given = self.draw.choice(("", "{}", '{"path": "cut of'))
        call = {"type": "function_call", **self._id("fc"), **call_id, **name, "arguments": given}
        return call | self.unknown(0.1)

    def _answer_to(self, call: Json) -> Json:
        kind = str(call["type"]).removesuffix("_call").removesuffix("_tool")
        return self._output(kind, call["call_id"])

    def _output(self, kind: str, call_id: str) -> Json:
        if kind == "computer":
            screen = {"type": "computer_screenshot", "image_url": self._picture()}
            return {"type": "computer_call_output", "call_id": call_id, "output": screen}
        name = {"custom": "custom_tool_call_output", "local_shell": "local_shell_call_output"}
        item: Json = {"type": name.get(kind, "function_call_output"), "call_id": call_id}
        content: object = self.output()
        if kind != "local_shell" and self.draw.boolean(0.15):
            content = [{"type": "input_text", "text": self.text()} for _ in range(2)]
            if self.traits.media:
                content.append({"type": "input_image", "image_url": self._picture()})
        return {**item, "output": content, **self.unknown(0.1)}

    def _tools(self) -> list[Json]:
        tools: list[Json] = [self._tool(name) for name in self.traits.tool_names]
        return [*tools, {"type": "web_search"}] if self.traits.unknown else tools

    def _tool(self, name: str) -> Json:
        tool: Json = {"type": "function", "name": name, "description": text(self.draw, (12,))}
        return tool | {"parameters": schema(self.draw), "strict": False}
