"""Files that only their owner can read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from brim.road.intake.wires import encoded

__all__ = ["write_private"]


def write_private(path: str | Path, value: object) -> None:
    """Write JSON with mode 0600. A reader sees the old file or the new one, never a part."""
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encoded(value))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
