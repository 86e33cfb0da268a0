"""The recorded conversation, and the requests that its agent sent."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from importlib.resources import files

import msgspec
from attrs import frozen

from brim.dialects.base import Wire

__all__ = ["Recording", "load"]

FILE = "recording.jsonl.gz"
TITLE_LENGTH = 90


@frozen
class Recording:
    """One conversation in OpenAI Chat format, made by `examples/record_demo.py`."""

    messages: list[Wire]
    tools: list[Mapping[str, object]]

    def turns(self, limit: int | None = None) -> Iterator[int]:
        """The lengths of the requests: each model answer was asked with all before it.

        `limit` ends after that many turns.
        """
        answers = (i for i, one in enumerate(self.messages) if one["role"] == "assistant")
        for number, index in enumerate(answers):
            if limit is not None and number >= limit:
                return
            yield index

    def task(self, length: int) -> str:
        """What the user asked last in the first `length` messages, shortened."""
        asked = [m for m in self.messages[:length] if m["role"] == "user"]
        text = str(asked[-1]["content"]) if asked else ""
        return text if len(text) <= TITLE_LENGTH else text[:TITLE_LENGTH].rsplit(" ", 1)[0] + " …"


def load() -> Recording:
    """The recording that comes with the package."""
    data = files("brim.demo").joinpath(FILE).read_bytes()
    line = gzip.decompress(data).splitlines()[0]
    request = msgspec.json.decode(line)
    return Recording(request["messages"], request["tools"])
