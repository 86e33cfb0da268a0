"""The laws of `provide_model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.model.profiles import ModelProfile
from brim.testing.contracts.base import law, require
from brim.testing.contracts.common import Repeatable
from brim.testing.draw import Draw
from brim.testing.examples import drawn
from brim.testing.texts import text

__all__ = ["ModelContract"]

NAMES = ("no-such-model", "gpt-4o", "claude-sonnet-4-5", "", "openai/", "a" * 500)


class ModelContract(Repeatable):
    """Laws of a provider of profiles; `models` are names that it must know."""

    hook: ClassVar[str] = "provide_model"
    models: ClassVar[Sequence[str]] = ()

    def strategy(self) -> SearchStrategy[str]:
        return drawn(self._name, 60)

    def inputs(self, example: str) -> tuple[str]:
        return (example,)

    def check(self, value: Any, *inputs: Any) -> ModelProfile:
        return checks.profile(value)

    def own(self) -> SearchStrategy[str]:
        return drawn(lambda draw: draw.choice(self.models) if self.models else "", 8)

    @law("own")
    def test_knows_its_models(self, name: str) -> None:
        """The names in `models` have a profile."""
        require(not name or self.answered(name) is not None, f"{name!r} is unknown")

    @law("own")
    def test_profiles_leave_room(self, name: str) -> None:
        """A profile names its encoding, and its window has room for more than the answer."""
        profile = self.answered(name) if name else None
        if profile is not None:
            require(profile.encoding, f"{profile!r}")
            require(profile.window >= profile.max_output, f"{profile!r}")

    @law()
    def test_passes_on_what_it_does_not_know(self, name: str) -> None:
        """A name that means nothing has no profile."""
        require(self.answered(f"?{len(name)}? no model at all") is None, "a profile for nothing")

    def _name(self, draw: Draw) -> str:
        names = (*self.models, *NAMES)
        return text(draw, (3,)) if draw.boolean(0.3) else draw.choice(names)
