"""One line for each request, written together with the others of the same moment."""

from __future__ import annotations

import asyncio
import logging
from typing import TextIO

__all__ = ["ACCESS", "Lines", "tell"]

ACCESS = logging.getLogger("brim_proxy.access")

MOMENT = 0.05
"""Seconds that a line waits for others."""


class Lines(logging.Handler):
    """Writes what it is told to a stream, on an event loop all lines of a moment at once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(logging.INFO)
        self._stream = stream
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.add(self.format(record))

    def add(self, line: str) -> None:
        """Write this line, soon."""
        self._lines.append(line)
        if len(self._lines) > 1:
            return
        try:
            asyncio.get_running_loop().call_later(MOMENT, self.flush)
        except RuntimeError:
            self.flush()

    def flush(self) -> None:
        """Write what waits; a signal that ends the program may not."""
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()


def tell(line: str) -> None:
    """Log an access line, past the costs of a log record where nobody else listens."""
    handlers = ACCESS.handlers
    if len(handlers) == 1 and isinstance(handlers[0], Lines):
        handlers[0].add(line)
    else:
        ACCESS.info(line)
