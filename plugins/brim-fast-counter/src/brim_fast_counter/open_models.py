"""Counts with the own vocabularies of open models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from brim.api import Counts, ModelProfile, SettingsError, hookimpl
from brim_fast_counter.texts import encodable

if TYPE_CHECKING:
    from splintr import AnyTokenizer

__all__ = [
    "MODELS",
    "VOCABULARIES",
    "SplintrCounter",
    "SplintrSettings",
    "vocabulary_of",
]

VOCABULARIES = ("glm4", "kimi_k2", "kimi_k3", "llama3", "mistral_v3", "qwen3")
"""Those of `splintr` that were found to agree with tiktoken's algorithm on the same tokens."""

MODELS: Mapping[str, str] = {
    r"(?:meta-)?llama-?3(?:[.-][123])?": "llama3",
    r"qwen-?2\.5": "qwen3",
    r"qwen3(?![-:](?:max|vl|omni|asr|tts))": "qwen3",
    r"glm-4[.p][56]": "glm4",
    r"kimi-k2(?:\.\d)?": "kimi_k2",
    r"kimi-k3": "kimi_k3",
    r"(?:open-)?mistral-nemo": "mistral_v3",
}
"""How the names of models begin, behind that of a provider, and their vocabulary."""

MARGIN = 0.05
"""For what chat templates add: texts are counted exactly, templates are not."""


def _known(_: object, __: object, given: Mapping[str, str]) -> None:
    for model, name in given.items():
        if name not in VOCABULARIES:
            raise SettingsError(
                f"vocabularies.{model}: expected one of {', '.join(VOCABULARIES)}, got {name!r}"
            )


@frozen
class SplintrSettings:
    """The section `[plugin.splintr-counter]`. `vocabularies` are those of further models, by
    name. `margin` is the share by which a count may fall short."""

    vocabularies: Mapping[str, str] = field(factory=dict, validator=_known)
    margin: float = MARGIN


@lru_cache
def vocabulary_of(model: str) -> str:
    """The vocabulary of a model by its public name, empty where it has none of these."""
    for pattern, vocabulary in MODELS.items():
        if re.fullmatch(rf"(?:.*[/.])?{pattern}(?:[-:_@].*)?", model, re.IGNORECASE):
            return vocabulary
    return ""


class SplintrCounter:
    """Counts for the models whose vocabulary it has, and for profiles whose `encoding` names
    one of them. Text that spells a special token counts as the text it is."""

    def __init__(self, settings: SplintrSettings) -> None:
        self._margin = settings.margin
        self._own = settings.vocabularies

    @hookimpl(tryfirst=True)
    def count_tokens(self, texts: Sequence[str], profile: ModelProfile) -> Counts | None:
        name = self._own.get(profile.name) or vocabulary_of(profile.name) or profile.encoding
        if name not in VOCABULARIES:
            return None
        encode = tokenizer(name).encode_ordinary
        return Counts(tuple(len(encode(encodable(text))) for text in texts), self._margin)


@lru_cache
def tokenizer(name: str) -> AnyTokenizer:
    from splintr import Tokenizer

    return Tokenizer.from_pretrained(name)
