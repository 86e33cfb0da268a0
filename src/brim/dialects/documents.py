"""Files as OpenAI has them: a data URL, an address, or the id of an upload."""

from __future__ import annotations

from brim.dialects.base import Wire
from brim.dialects.walk import opaque
from brim.model.fingerprint import digest
from brim.model.messages import Document, Opaque

__all__ = ["file_part"]


def file_part(file: Wire) -> Document | Opaque:
    """A file by its content or by reference, opaque where it has neither."""
    name = file.get("filename")
    title = name if isinstance(name, str) else ""
    data = file.get("file_data")
    if isinstance(data, str):
        head, _, payload = data.rpartition(",")
        media_type = head.removeprefix("data:").partition(";")[0]
        return Document(digest(payload), media_type, len(payload) * 3 // 4, title)
    for key in ("file_url", "file_id"):
        reference = file.get(key)
        if isinstance(reference, str):
            return Document(digest(reference), title=title)
    return opaque("file", file)
