"""Files that appear whole or not at all."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import click

__all__ = ["atomic_output"]


@contextmanager
def atomic_output(path: Path) -> Iterator[IO[bytes]]:
    """Write a file beside its place and move it there at the end; `.gz` compresses.

    On an error the old file stands. Raises a usage error where nothing can be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    yield cast("IO[bytes]", packed)
            else:
                yield file
        _usual_mode(Path(name))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _usual_mode(path: Path) -> None:
    """What the user's umask allows, as for any file a command writes."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
