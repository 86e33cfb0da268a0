"""Folders of documents as passages; only files that changed are read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import Factory, define

from brim.retrieval.index import Index
from brim.retrieval.passages import Passage, pieces

__all__ = ["Library"]

Stamp = tuple[int, int]
"""Time of the last change, and size."""


@define(eq=False)
class Library:
    """The text files under `folders` whose names end in one of `suffixes`, none larger than
    `largest` bytes, at most `most`. Files and folders whose names begin with a dot are not looked
    at, and links are not followed."""

    folders: Sequence[Path]
    suffixes: Sequence[str]
    largest: int
    most: int
    index: Index = Factory(Index)
    passages: dict[tuple[str, int], Passage] = Factory(dict)
    _files: dict[str, tuple[Stamp, list[tuple[str, int]]]] = Factory(dict)

    def refresh(self) -> None:
        """Read what is new or has changed, and forget what is gone."""
        there = dict(self._found())
        for name in [one for one in self._files if one not in there]:
            self._forget(name)
        for name, (path, stamp) in there.items():
            if name not in self._files or self._files[name][0] != stamp:
                self._forget(name)
                self._read(name, path, stamp)

    def _found(self) -> Iterator[tuple[str, tuple[Path, Stamp]]]:
        number = 0
        for folder in self.folders:
            for path in _files(folder):
                stamp = _stamp(path) if path.name.endswith(tuple(self.suffixes)) else None
                if stamp is None or stamp[1] > self.largest:
                    continue
                number += 1
                if number > self.most:
                    return
                yield f"{folder.name}/{path.relative_to(folder).as_posix()}", (path, stamp)

    def _read(self, name: str, path: Path, stamp: Stamp) -> None:
        try:
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError:  # gone since it was listed; the next look tells
            return
        found = [
            Passage(name, place, piece, "line", line)
            for place, (line, piece) in enumerate(pieces(text))
        ]
        self.index.add({passage.key: passage.text for passage in found})
        self.passages |= {passage.key: passage for passage in found}
        self._files[name] = stamp, [passage.key for passage in found]

    def _forget(self, name: str) -> None:
        _, keys = self._files.pop(name, ((0, 0), []))
        self.index.remove(keys)
        for key in keys:
            del self.passages[key]


def _files(folder: Path) -> Iterator[Path]:
    """All files below, in the order of their names."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
