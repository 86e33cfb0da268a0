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

    On an error the old file stands. What is no file, as a device or a pipe, is written to
    directly. Raises a usage error where nothing can be written.
    """
    place = Path(os.path.realpath(path))
    direct = place.exists() and not place.is_file()
    try:
        if direct:
            handle, draft = os.open(place, os.O_WRONLY), None
        else:
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            draft = Path(name)
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file, _packed(file, path) as stream:
            yield stream
        if draft is not None:
            _usual_mode(draft)
            draft.replace(place)
    except BaseException:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise


@contextmanager
def _packed(file: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """The stream that compresses, where the name of the file says so."""
    if path.suffix != ".gz":
        yield file
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        yield cast("IO[bytes]", packed)


def _usual_mode(path: Path) -> None:
    """What the user's umask allows, as for any file a command writes."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
