"""What a provider answers, as its clients read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stub import Action, Recorded, chunk, chunked, whole

from brim.defaults.vocabulary import encoding

WORDS = ("Water", " boils", " at", " 100", " degrees.")


@dataclass(frozen=True)
class Call:
    """A tool that the model wants to be called."""

    id: str
    name: str
    arguments: dict[str, object]

    @property
    def json(self) -> str:
        return json.dumps(self.arguments)


@dataclass(frozen=True)
class Turn:
    """What the model says next, and the tool that it then calls."""

    words: tuple[str, ...] = WORDS
    call: Call | None = None

    @property
    def text(self) -> str:
        return "".join(self.words)


def provider(recorded: Recorded, turn: Turn | None = None) -> Sequence[Action]:
    """Answers like the provider whose path this is, streamed where asked."""
    path = recorded.target.partition("?")[0]
    if path == "/v1/messages/count_tokens":
        return [whole("200 OK", b'{"input_tokens": 7}')]
    answer = ANSWERS.get(path)
    if answer is None:
        return [whole("200 OK", b'{"object": "list", "data": []}', "X-Request-Id: req_9")]
    body, events = answer(recorded, turn or Turn())
    if recorded.json.get("stream"):
        return [chunked(*REQUEST_IDS), *(chunk(event) for event in events), b"0\r\n\r\n"]
    return [whole("200 OK", json.dumps(body).encode(), *REQUEST_IDS)]


REQUEST_IDS = ("X-Request-Id: req_1", "request-id: req_1")

Answer = tuple[dict[str, object], Iterable[bytes]]
"""A whole body, and the events of the same answer when it is streamed."""


LARGE = 1_000_000
"""Bytes of a request that is not worth counting."""


def least(body: bytes) -> int:
    """Tokens of a request's texts alone: a provider counts these, and some more."""
    texts: list[str] = []
    left: list[object] = [json.loads(body)]
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict | list):
            left += value.values() if isinstance(value, dict) else value
    return sum(map(len, encoding("o200k_base").encode_ordinary_batch(texts)))


def used(recorded: Recorded) -> int:
    """As many tokens as the request has."""
    body = recorded.body
    return len(body) // 4 if len(body) > LARGE else least(body)


def chat(recorded: Recorded, turn: Turn) -> Answer:
    base = {"id": "c1", "created": 1, "model": "gpt-4o"}
    usage = {"prompt_tokens": used(recorded), "completion_tokens": 5}
    usage["total_tokens"] = usage["prompt_tokens"] + 5
    message: dict[str, object] = {"role": "assistant", "content": turn.text}
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in turn.words]
    end = "stop"
    if turn.call is not None:
        function = {"name": turn.call.name, "arguments": turn.call.json}
        call = {"id": turn.call.id, "type": "function", "function": function}
        message["tool_calls"] = [call]
        deltas += [{"tool_calls": [{"index": 0, **call}]}]
        end = "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": end}
    body = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
    base["object"] = "chat.completion.chunk"
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": end})
    events: list[dict[str, object]] = [{**base, "choices": [one]} for one in choices]
    if (recorded.json.get("stream_options") or {}).get("include_usage"):
        events.append({**base, "choices": [], "usage": usage})
    lines = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    return body, [*lines, b"data: [DONE]\n\n"]


def _event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def messages(recorded: Recorded, turn: Turn) -> Answer:
    usage = {"input_tokens": used(recorded), "output_tokens": 5}
    empty = {"id": "m1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    empty |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    blocks: list[dict[str, object]] = [{"type": "text", "text": turn.text}]
    events = [
        _event("message_start", message=empty),
        _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    ]
    for word in turn.words:
        delta = {"type": "text_delta", "text": word}
        events.append(_event("content_block_delta", index=0, delta=delta))
    events.append(_event("content_block_stop", index=0))
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    if turn.call is not None:
        block = {"type": "tool_use", "id": turn.call.id, "name": turn.call.name}
        blocks.append({**block, "input": turn.call.arguments})
        delta = {"type": "input_json_delta", "partial_json": turn.call.json}
        events += [
            _event("content_block_start", index=1, content_block={**block, "input": {}}),
            _event("content_block_delta", index=1, delta=delta),
            _event("content_block_stop", index=1),
        ]
        end["stop_reason"] = "tool_use"
    last = _event("message_delta", delta=end, usage={"output_tokens": 5})
    return {**empty, **end, "content": blocks}, [*events, last, _event("message_stop")]


def responses(recorded: Recorded, turn: Turn) -> Answer:
    text = {"type": "output_text", "text": turn.text, "annotations": []}
    item: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant"}
    item |= {"status": "completed", "content": [text]}
    output = [item]
    if turn.call is not None:
        call = {"type": "function_call", "id": f"fc_{turn.call.id}", "status": "completed"}
        call |= {"call_id": turn.call.id, "name": turn.call.name, "arguments": turn.call.json}
        output.append(call)
    body = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed"}
    body |= {"model": "gpt-4o", "output": output, "parallel_tool_calls": True}
    body |= {"tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None}
    body |= {"instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0}
    usage = {"input_tokens": used(recorded), "output_tokens": 5}
    usage |= {"total_tokens": used(recorded) + 5, "input_tokens_details": {"cached_tokens": 0}}
    body["usage"] = {**usage, "output_tokens_details": {"reasoning_tokens": 0}}
    return body, _numbered(_response_events(body, output, turn))


def _response_events(
    body: dict[str, object], output: Sequence[dict[str, object]], turn: Turn
) -> Iterable[dict[str, object]]:
    yield {"type": "created", "response": {**body, "status": "in_progress", "output": []}}
    for at, item in enumerate(output):
        opened = {**item, "status": "in_progress"}
        said = item["type"] == "message"
        opened |= {"content": []} if said else {"arguments": ""}
        yield {"type": "output_item.added", "item": opened, "output_index": at}
        place = {"item_id": item["id"], "output_index": at}
        yield from _said(place, item, turn) if said else _called(place, turn)
        yield {"type": "output_item.done", "item": item, "output_index": at}
    yield {"type": "completed", "response": body}


def _said(
    place: dict[str, object], item: dict[str, object], turn: Turn
) -> Iterable[dict[str, object]]:
    place = {**place, "content_index": 0}
    (part,) = item["content"]
    yield {"type": "content_part.added", **place, "part": {**part, "text": ""}}
    for word in turn.words:
        yield {"type": "output_text.delta", **place, "delta": word, "logprobs": []}
    yield {"type": "output_text.done", **place, "text": turn.text, "logprobs": []}
    yield {"type": "content_part.done", **place, "part": part}


def _called(place: dict[str, object], turn: Turn) -> Iterable[dict[str, object]]:
    yield {"type": "function_call_arguments.delta", **place, "delta": turn.call.json}
    done = {"arguments": turn.call.json, "name": turn.call.name}
    yield {"type": "function_call_arguments.done", **place, **done}


def _numbered(events: Iterable[dict[str, object]]) -> Iterable[bytes]:
    for number, event in enumerate(events):
        fields = {key: value for key, value in event.items() if key != "type"}
        yield _event(f"response.{event['type']}", **fields, sequence_number=number)


ANSWERS: dict[str, Callable[[Recorded, Turn], Answer]] = {
    "/v1/chat/completions": chat,
    "/v1/messages": messages,
    "/v1/responses": responses,
}
