"""Content blocks as content parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw

from brim_proxy.translation.anthropic_openai.shapes import Block, Source, given
from brim_proxy.translation.base import Untranslatable

__all__ = ["Part", "block_parts", "content_of", "is_kept", "parts_of", "result_of", "text_of"]

Part = dict[str, object]

_BLOCKS = msgspec.json.Decoder(str | list[Block])
_SOURCE = msgspec.json.Decoder(Source)


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def text_of(parts: Iterable[Part]) -> str:
    """The texts among them, with empty lines between."""
    return "\n\n".join(str(part["text"]) for part in parts if part["type"] == "text")


def content_of(parts: Sequence[Part]) -> str | Sequence[Part]:
    """A message's content: a text where it is nothing else, as every server reads it."""
    return text_of(parts) if all(part["type"] == "text" for part in parts) else parts


def is_kept(block: Block) -> bool:
    """Thinking stays behind: it is bound to the model that wrote it."""
    return block.type not in {"thinking", "redacted_thinking"}


def parts_of(content: str | list[Block], where: str) -> list[Part]:
    """The parts of these blocks. Raises `Untranslatable`, with the place of the block."""
    if isinstance(content, str):
        return [_text(content)]
    return [
        part for at, block in enumerate(content) for part in block_parts(block, f"{where}.{at}")
    ]


def block_parts(block: Block, where: str) -> list[Part]:
    """The parts of one block; none where it is not kept. Raises `Untranslatable`."""
    if not is_kept(block):
        return []
    if block.type == "text":
        return [_text(block.text)]
    if block.type == "image":
        return [_image(_source(block, where), where)]
    if block.type == "document":
        return _document(block, where)
    if block.type == "search_result":
        title = block.title or ""
        return [_text("\n".join(filter(None, (title, text_of(inner(block.content, where))))))]
    raise Untranslatable(f"{where}: this upstream does not take blocks of type {block.type!r}")


def inner(content: Raw, where: str) -> list[Part]:
    """The parts of the blocks inside of a block."""
    if not given(content):
        return []
    try:
        return parts_of(_BLOCKS.decode(content), f"{where}.content")
    except msgspec.MsgspecError as error:
        raise Untranslatable(f"{where}.content: {error}") from None


def _source(block: Block, where: str) -> Source:
    try:
        return _SOURCE.decode(block.source)
    except msgspec.MsgspecError as error:
        raise Untranslatable(f"{where}.source: {error}") from None


def _data(source: Source) -> str:
    return f"data:{source.media_type};base64,{source.data}"


def _image(source: Source, where: str) -> Part:
    if source.type == "base64":
        return {"type": "image_url", "image_url": {"url": _data(source)}}
    if source.type == "url":
        return {"type": "image_url", "image_url": {"url": source.url}}
    raise Untranslatable(f"{where}.source: this upstream does not have the image's {source.type!r}")


def _document(block: Block, where: str) -> list[Part]:
    """A text, or OpenAI's file part for what came as base64."""
    source = _source(block, where)
    about = [_text(text) for text in (block.title, block.context) if text]
    if source.type == "text":
        return [*about, _text(source.data)]
    if source.type == "content":
        return [*about, *inner(source.content, f"{where}.source")]
    if source.type == "base64":
        file = {"filename": block.title or "document.pdf", "file_data": _data(source)}
        return [*about, {"type": "file", "file": file}]
    raise Untranslatable(
        f"{where}.source: this upstream does not have the document's {source.type!r}"
    )


def result_of(block: Block, where: str) -> tuple[Part, list[Part]]:
    """A tool result as a message of its own, and what such a message cannot hold: images and
    files, which the next user message has to bring."""
    parts = inner(block.content, where)
    rest = [part for part in parts if part["type"] != "text"]
    text = text_of(parts)
    if block.is_error:
        text = f"Error: {text}" if text else "Error"
    message: Part = {"role": "tool", "tool_call_id": block.tool_use_id, "content": text}
    if not rest:
        return message, []
    message["content"] = text or "See the next message."
    return message, [_text(f"Result of {block.tool_use_id}:"), *rest]
