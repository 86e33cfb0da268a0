"""One line that says what a tool's output, a picture or a document was."""

from __future__ import annotations

import json

from brim.api import Document, Image, ToolCall
from brim.defaults.remembered import remembered

__all__ = ["LONGEST", "called", "document", "line", "picture", "size"]

LONGEST = 80
"""Characters of a call's arguments, and of any other piece of text that is shown."""

ARGUMENTS = 100_000
"""Characters of arguments that are read."""

MAIN = ("file_path", "path", "file", "filename", "notebook_path", "command", "cmd", "query")
"""Arguments that say by themselves what a call was for."""


def called(call: ToolCall | None) -> str:
    """A tool call by its name and its main arguments."""
    if call is None:
        return "a tool"
    told = _arguments(call.arguments)
    return f"{line(call.name)} {told}" if told else line(call.name)


def picture(image: Image) -> str:
    sides = f" {image.width}x{image.height}" if image.width and image.height else ""
    kind = image.media_type.removeprefix("image/")
    return f"image{sides}{' ' + line(kind) if kind else ''}"


def document(part: Document) -> str:
    title = f" {line(part.title)}" if part.title else ""
    pages = f", {part.pages:,} pages" if part.pages else ""
    return f"document{title}{pages}"


def size(text: str, tokens: int) -> str:
    lines = text.count("\n") + 1
    return f"{tokens:,} tokens" + (f", {lines:,} lines" if lines > 1 else "")


def line(text: str, longest: int = LONGEST) -> str:
    """A text on one line, its middle left out where it is long."""
    flat = " ".join(text[: 4 * longest].split())
    if len(flat) <= longest and len(text) <= 4 * longest:
        return flat
    tail = " ".join(text[-longest // 3 :].split())[-(longest // 3) :]
    return f"{flat[: longest - longest // 3 - 1]}…{tail}"


@remembered(200_000)
def _arguments(arguments: str) -> str:
    """The argument that says most, or as many as fit."""
    if len(arguments) > ARGUMENTS:
        return ""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return line(arguments)
    if not isinstance(value, dict):
        return ""
    plain = {
        key: str(item)
        for key, item in value.items()
        if isinstance(item, str | int | float) and not isinstance(item, bool) and str(item).strip()
    }
    for key in MAIN:
        if key in plain:
            return line(plain[key])
    if len(plain) == 1:
        return line(next(iter(plain.values())))
    told = ""
    for key, text in plain.items():
        more = f"{told}{', ' if told else ''}{line(key)}={line(text)}"
        told = more if len(more) <= LONGEST else told
    return told
