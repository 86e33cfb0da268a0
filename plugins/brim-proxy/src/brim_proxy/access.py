"""One line for each request, written together with the others of the same moment."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TextIO

from brim_proxy.moments import Moments

__all__ = ["ACCESS", "Lines", "tell"]

ACCESS = logging.getLogger("brim_proxy.access")

Line = Callable[[], str]


class Lines(logging.Handler):
    """Writes what it is told to a stream, on an event loop all lines of a moment at once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(logging.INFO)
        self._stream = stream
        self._moments: Moments[Line] = Moments(self._write)

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self.add(lambda: line)

    def add(self, line: Line) -> None:
        """Write this line, soon."""
        self._moments.add(line)

    def flush(self) -> None:
        """Write what waits; a signal that ends the program may not."""
        self._moments.settle()

    def _write(self, lines: list[Line]) -> None:
        self._stream.write("".join([f"{line()}\n" for line in lines]))
        self._stream.flush()


def tell(line: Line) -> None:
    """Log an access line, past the costs of a log record where nobody else listens."""
    handlers = ACCESS.handlers
    if len(handlers) == 1 and isinstance(handlers[0], Lines):
        handlers[0].add(line)
    else:
        ACCESS.info(line())
