"""Functions that take what their hook does not give."""

from brim.api import Counts, ModelProfile, hookimpl


class Keywords:
    @hookimpl
    def count_tokens(self, **kwargs: object) -> None:
        """Never called."""


class Stars:
    @hookimpl
    def count_tokens(self, *args: object) -> None:
        """Never called."""


class KeywordOnly:
    @hookimpl
    def count_tokens(self, texts: tuple[str, ...], *, profile: ModelProfile) -> None:
        """Never called."""


class Unknown:
    @hookimpl
    def count_tokens(self, texts: tuple[str, ...], language: str = "en") -> None:
        """Never called."""


class Fewer:
    """Takes fewer arguments, in another order of mind: this is allowed."""

    @hookimpl
    def count_tokens(self, texts: tuple[str, ...]) -> Counts:
        return Counts(tuple(len(text) for text in texts))
