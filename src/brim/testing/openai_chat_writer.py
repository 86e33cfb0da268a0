"""Generated conversations as OpenAI Chat Completions requests."""

from __future__ import annotations

import json

from brim.testing.draw import Draw
from brim.testing.media import encoded_pdf, encoded_picture
from brim.testing.texts import text
from brim.testing.writers import Json, Options, Writer, schema

__all__ = ["OpenAIChatWriter"]

MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5", "house-model")
"""The last one is known to nobody."""


class OpenAIChatWriter(Writer):
    """Writes system or developer messages anywhere, parallel calls, and parts of all kinds."""

    def __init__(self, draw: Draw, options: Options) -> None:
        super().__init__(draw, options)
        self.model = draw.choice(MODELS)
        self.instructor = "developer" if self.model == "gpt-5" else "system"

    def start(self) -> None:
        if self.draw.boolean(0.7):
            self._instruct()
        if self.draw.boolean(0.05):
            self.answer()

    def user(self) -> None:
        if self.messages and self.draw.boolean(0.06):
            self._instruct()
        message: Json = {"role": "user", "content": self._content(), **self.unknown()}
        if self.draw.boolean(0.1):
            message["name"] = self.draw.choice(("alice", "Bob_2"))
        self.messages.append(message)

    def step(self) -> None:
        calls = [self._call() for _ in range(self.draw.integer(1, self.traits.parallel))]
        message: Json = {"role": "assistant", "tool_calls": calls, **self.unknown()}
        content = self.draw.choice(("absent", "null", "text"))
        if content != "absent":
            message["content"] = self.text() if content == "text" else None
        results = [self._result(call["id"]) for call in calls]
        if len(results) > 1 and self.draw.boolean(0.3):
            results.reverse()
        self.messages += [message, *results]

    def answer(self, *, last: bool = False) -> None:
        content: object = self.text()
        if self.draw.boolean(0.15):
            content = [{"type": "text", "text": self.text()}]
        message: Json = {"role": "assistant", "content": content, **self.unknown()}
        if self.traits.thinking and self.draw.boolean(0.5):
            message["reasoning_content"] = self.text()
        if self.draw.boolean(0.05):
            message["refusal"] = None
        self.messages.append(message)

    @property
    def may_end(self) -> bool:
        return True

    def request(self) -> Json:
        request: Json = {"model": self.model, "messages": self.messages}
        if self.calls or self.draw.boolean(0.2):
            request["tools"] = [self._tool(name) for name in self.traits.tool_names]
        if self.draw.boolean(0.2):
            request["max_completion_tokens"] = self.draw.choice((256, 2048))
        if self.draw.boolean(0.2):
            request["temperature"] = 0.2
        return request | self.unknown(0.5)

    def _instruct(self) -> None:
        content: object = self.text()
        if self.draw.boolean(0.2):
            content = [{"type": "text", "text": content}]
        self.messages.append({"role": self.instructor, "content": content, **self.unknown()})

    def _content(self) -> str | list[Json]:
        if not self.draw.boolean(0.25):
            return self.text()
        return [self._part() for _ in range(self.draw.integer(1, 3))]

    def _part(self) -> Json:
        if self.traits.unknown and self.draw.boolean(0.2):
            return {"type": "x_widget", "x_widget": {"rows": [1, 2.5, None], "label": self.text()}}
        if self.traits.media and self.draw.boolean(0.5):
            return self._media()
        return {"type": "text", "text": self.text(), **self.unknown()}

    def _media(self) -> Json:
        kind = self.draw.choice(("data", "link", "file", "audio"))
        if kind == "link":
            return {"type": "image_url", "image_url": {"url": "https://example.com/plan.png"}}
        if kind == "file":
            data = f"data:application/pdf;base64,{encoded_pdf(self.draw)}"
            source = {"filename": "a.pdf", "file_data": data}
            return {"type": "file", "file": source}
        if kind == "audio":
            return {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
        media, data = encoded_picture(self.draw)
        url: Json = {"url": f"data:{media};base64,{data}"}
        if self.draw.boolean():
            url["detail"] = self.draw.choice(("low", "high", "auto"))
        return {"type": "image_url", "image_url": url}

    def _call(self) -> Json:
        name = self.draw.choice(self.traits.tool_names)
        arguments = json.dumps(self.arguments(), ensure_ascii=self.draw.boolean())
        if self.draw.boolean(0.05):
            arguments = self.draw.choice(("", "{}", '{"path": "cut of'))
        function = {"name": name, "arguments": arguments}
        return {"id": self.call_id("call_"), "type": "function", "function": function}

    def _result(self, call_id: str) -> Json:
        content: object = self.output()
        if self.draw.boolean(0.1):
            content = [{"type": "text", "text": self.text()} for _ in range(2)]
        return {"role": "tool", "tool_call_id": call_id, "content": content, **self.unknown()}

    def _tool(self, name: str) -> Json:
        function: Json = {"name": name, "description": text(self.draw, (12,))}
        if self.draw.boolean(0.8):
            function["parameters"] = schema(self.draw)
        return {"type": "function", "function": function}
