"""Generated conversations as Anthropic Messages requests."""

from __future__ import annotations

import base64

from brim.testing.draw import Draw
from brim.testing.media import encoded_pdf, encoded_picture
from brim.testing.texts import text
from brim.testing.writers import Json, Options, Writer, schema

__all__ = ["AnthropicWriter"]

MODELS = ("claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1", "house-model")
"""The last one is known to nobody."""
BOUND = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1")
"""Their thinking is bound to its prefix, and they take no prefilled answer."""

MARKS = 4


class AnthropicWriter(Writer):
    """Writes alternating roles, results first in a user message, and at most four cache marks."""

    def __init__(self, draw: Draw, options: Options) -> None:
        super().__init__(draw, options)
        self.model = draw.choice(BOUND if options.bound else MODELS)
        self.marks = 0

    def start(self) -> None:
        self.system = self._system()

    def user(self) -> None:
        content = self._content()
        if not self.messages or self.messages[-1]["role"] == "assistant":
            self.messages.append({"role": "user", "content": content, **self.unknown()})
        elif self._ends_with_results():
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            self.messages[-1]["content"] += blocks
        else:
            self.answer()
            self.user()

    def step(self) -> None:
        self._assistant_turn()
        calls = [self._call() for _ in range(self.draw.integer(1, self.traits.parallel))]
        said = [self._text()] if self.draw.boolean(0.4) else []
        blocks = [*self._thinking(), *said, *calls]
        self.messages.append({"role": "assistant", "content": blocks, **self.unknown()})
        results = [self._result(call["id"]) for call in calls]
        self.messages.append({"role": "user", "content": results, **self.unknown()})

    def answer(self, *, last: bool = False) -> None:
        self._assistant_turn()
        thinking = self._thinking()
        content: str | list[Json] = [*thinking, self._text()]
        if not thinking and self.draw.boolean():
            content = self.text()
        if last:
            content = "The answer is"
        self.messages.append({"role": "assistant", "content": content, **self.unknown()})

    @property
    def may_end(self) -> bool:
        last = self.messages[-1]
        if last["role"] == "user" or self.options.bound:
            return bool(last["role"] == "user")
        said = last["content"] if isinstance(last["content"], str) else last["content"][-1]["text"]
        return not self.traits.thinking and not said[-1:].isspace()

    def request(self) -> Json:
        request: Json = {"model": self.model, "max_tokens": self.draw.choice((2048, 4096))}
        if self.system:
            request["system"] = self.system
        request["messages"] = self.messages
        if self.calls or self.draw.boolean(0.2):
            request["tools"] = [self._tool(name) for name in self.traits.tool_names]
        if self.traits.thinking:
            request["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        return request | self.unknown(0.5)

    def _assistant_turn(self) -> None:
        if not self.messages or self.messages[-1]["role"] == "assistant":
            self.user()

    def _ends_with_results(self) -> bool:
        content = self.messages[-1]["content"]
        return isinstance(content, list) and content[-1]["type"] == "tool_result"

    def _mark(self) -> Json:
        if not (
            self.traits.marks
            and self.marks < MARKS
            and self.draw.boolean(0.8 if self.options.marked else 0.2)
        ):
            return {}
        self.marks += 1
        return {"cache_control": {"type": "ephemeral"}}

    def _system(self) -> str | list[Json]:
        kind = self.draw.choice(("none", "string", "blocks"))
        if kind == "none":
            return ""
        return self.text() if kind == "string" else [self._text(), self._text()]

    def _text(self) -> Json:
        return {"type": "text", "text": self.text(), **self._mark(), **self.unknown(0.1)}

    def _content(self) -> str | list[Json]:
        if self.draw.boolean(0.5):
            return self.text()
        return [self._block() for _ in range(self.draw.integer(1, 3))]

    def _block(self) -> Json:
        if self.traits.unknown and self.draw.boolean(0.2):
            return {"type": "x_widget", "rows": [1, 2.5, None], "label": self.text()}
        if self.traits.media and self.draw.boolean(0.5):
            return self._media()
        return self._text()

    def _media(self) -> Json:
        kind = self.draw.choice(("data", "link", "pdf", "plain"))
        if kind == "link":
            source: Json = {"type": "url", "url": "https://example.com/plan.png"}
        elif kind == "data":
            media, data = encoded_picture(self.draw)
            source = {"type": "base64", "media_type": media, "data": data}
        elif kind == "pdf":
            data = encoded_pdf(self.draw)
            source = {"type": "base64", "media_type": "application/pdf", "data": data}
        else:
            source = {"type": "text", "media_type": "text/plain", "data": self.text()}
        block = "image" if kind in ("link", "data") else "document"
        title = {"title": "plan"} if block == "document" and self.draw.boolean() else {}
        return {"type": block, "source": source, **title, **self._mark()}

    def _thinking(self) -> list[Json]:
        if not self.traits.thinking:
            return []
        signature = base64.b64encode(b"signed %d" % self.draw.integer(0, 99)).decode() * 4
        if self.draw.boolean(0.2):
            return [{"type": "redacted_thinking", "data": signature}]
        return [{"type": "thinking", "thinking": self.text(), "signature": signature}]

    def _call(self) -> Json:
        name = self.draw.choice(self.traits.tool_names)
        call: Json = {"type": "tool_use", "id": self.call_id("toolu_"), "name": name}
        return call | {"input": self.arguments() if self.draw.boolean(0.9) else {}, **self._mark()}

    def _result(self, call_id: str) -> Json:
        result: Json = {"type": "tool_result", "tool_use_id": call_id}
        kind = self.draw.choice(("string", "string", "blocks", "absent"))
        if kind == "string":
            result["content"] = self.output()
        elif kind == "blocks":
            result["content"] = self._result_blocks()
        if self.draw.boolean(0.1):
            result["is_error"] = self.draw.boolean()
        return result | self._mark()

    def _result_blocks(self) -> list[Json]:
        blocks: list[Json] = [{"type": "text", "text": self.text()}]
        if self.traits.media and self.draw.boolean():
            media, data = encoded_picture(self.draw)
            source = {"type": "base64", "media_type": media, "data": data}
            blocks.append({"type": "image", "source": source})
        if self.traits.unknown and self.draw.boolean(0.3):
            blocks.append({"type": "x_table", "cells": [[1, 2], [3, None]]})
        return blocks

    def _tool(self, name: str) -> Json:
        return {
            "name": name,
            "description": text(self.draw, (12,)),
            "input_schema": schema(self.draw),
            **self._mark(),
        }
