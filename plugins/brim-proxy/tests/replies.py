"""What a provider answers, as its clients read it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stub import Action, Recorded, chunk, chunked, whole

WORDS = ("Water", " boils", " at", " 100", " degrees.")


def provider(recorded: Recorded) -> Sequence[Action]:
    """Answers like the provider whose path this is, streamed where asked."""
    path = recorded.target.partition("?")[0]
    answers = {
        "/v1/chat/completions": chat,
        "/v1/messages": messages,
        "/v1/responses": responses,
        "/v1/messages/count_tokens": lambda _: [whole("200 OK", b'{"input_tokens": 7}')],
    }
    answer = answers.get(path)
    if answer is None:
        return [whole("200 OK", b'{"object": "list", "data": []}', "X-Request-Id: req_9")]
    return answer(recorded)


def _stream(events: list[bytes]) -> list[Action]:
    return [chunked("X-Request-Id: req_1"), *(chunk(event) for event in events), b"0\r\n\r\n"]


def chat(recorded: Recorded) -> list[Action]:
    base = {"id": "c1", "created": 1, "model": "gpt-4o"}
    if recorded.json.get("stream"):
        events = [
            {**base, "object": "chat.completion.chunk"}
            | {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
            for word in WORDS
        ]
        lines = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
        return _stream([*lines, b"data: [DONE]\n\n"])
    message = {"role": "assistant", "content": "".join(WORDS)}
    body = {**base, "object": "chat.completion"}
    body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body["usage"] = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    return [whole("200 OK", json.dumps(body).encode(), "X-Request-Id: req_1")]


def _event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def messages(recorded: Recorded) -> list[Action]:
    message = {"id": "m1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    message |= {"content": [], "stop_reason": None, "stop_sequence": None}
    message["usage"] = {"input_tokens": 9, "output_tokens": 5}
    if recorded.json.get("stream"):
        block = {"type": "text", "text": ""}
        deltas = [
            _event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
            for word in WORDS
        ]
        end = {"stop_reason": "end_turn", "stop_sequence": None}
        return _stream(
            [
                _event("message_start", message=message),
                _event("content_block_start", index=0, content_block=block),
                *deltas,
                _event("content_block_stop", index=0),
                _event("message_delta", delta=end, usage={"output_tokens": 5}),
                _event("message_stop"),
            ]
        )
    message["content"] = [{"type": "text", "text": "".join(WORDS)}]
    message["stop_reason"] = "end_turn"
    return [whole("200 OK", json.dumps(message).encode(), "request-id: req_1")]


def responses(recorded: Recorded) -> list[Action]:
    text = {"type": "output_text", "text": "".join(WORDS), "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    item["content"] = [text]
    body = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed"}
    body |= {"model": "gpt-4o", "output": [item], "parallel_tool_calls": True}
    body |= {"tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None}
    body |= {"instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0}
    if recorded.json.get("stream"):
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
        deltas = [
            _event("response.output_text.delta", delta=word, sequence_number=i, **place)
            for i, word in enumerate(WORDS, 1)
        ]
        start = {**body, "status": "in_progress", "output": []}
        opened = {**item, "status": "in_progress", "content": []}
        part = {**place, "part": {**text, "text": ""}}
        part.pop("logprobs")
        return _stream(
            [
                _event("response.created", response=start, sequence_number=0),
                _event("response.output_item.added", item=opened, output_index=0),
                _event("response.content_part.added", **part),
                *deltas,
                _event("response.completed", response=body, sequence_number=9),
            ]
        )
    return [whole("200 OK", json.dumps(body).encode(), "X-Request-Id: req_1")]
