"""Messages and their parts: frozen views of what a provider's JSON says.

Views hold strings and numbers only. The provider's own objects stay private to
the kernel, so nothing that receives a view can reach or change them.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

__all__ = [
    "INSTRUCTION_ROLES",
    "Document",
    "Image",
    "Message",
    "Opaque",
    "Part",
    "Text",
    "Thinking",
    "ToolCall",
    "ToolResult",
]

INSTRUCTION_ROLES = frozenset({"system", "developer"})


@frozen
class Text:
    """Plain text."""

    text: str


@frozen
class Image:
    """A picture. `width` and `height` are pixels, None when they cannot be read.

    `size` is the number of bytes of the encoded picture, 0 for a reference.
    `digest` identifies the content (hex).
    """

    digest: str
    media_type: str = ""
    size: int = 0
    width: int | None = None
    height: int | None = None
    detail: str = ""


@frozen
class Document:
    """A file given to the model. `text` is its content where it is plain text,
    `pages` its number of pages where that can be read."""

    digest: str
    media_type: str = ""
    size: int = 0
    title: str = ""
    text: str = ""
    pages: int | None = None


@frozen
class ToolCall:
    """A call of a tool by the model. `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@frozen
class ToolResult:
    """The answer to the call with the same id."""

    call_id: str
    content: tuple[Text | Image | Document | Opaque, ...]
    is_error: bool = False

    @property
    def text(self) -> str:
        """The text items, joined by newlines."""
        return "\n".join(item.text for item in self.content if isinstance(item, Text))


@frozen
class Thinking:
    """The model's reasoning. `size` is the bytes of signature or encrypted content."""

    text: str
    size: int = 0
    digest: str = ""


@frozen
class Opaque:
    """Anything Brim does not know. It survives untouched."""

    kind: str
    size: int
    digest: str = ""


Part = Text | Image | Document | ToolCall | ToolResult | Thinking | Opaque


@frozen
class Message:
    """One message. `fingerprint` is 16 bytes over the canonical role, name and parts.

    `note` marks a message that Brim itself wrote in place of others.
    """

    role: str
    parts: tuple[Part, ...]
    fingerprint: bytes = field(default=b"", repr=False)
    name: str = ""
    note: bool = False

    @property
    def text(self) -> str:
        """The text parts, joined by newlines."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def results(self) -> tuple[ToolResult, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolResult))

    @property
    def is_instruction(self) -> bool:
        return self.role in INSTRUCTION_ROLES

    def only(self, indexes: Iterable[int]) -> Message:
        """The same message with just these parts."""
        return Message(
            self.role,
            tuple(self.parts[i] for i in indexes),
            self.fingerprint,
            self.name,
            self.note,
        )
